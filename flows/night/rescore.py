"""Stored calls judged again, each by the standard and the lexicons of its line: no audio, no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rich.progress import track

from flows.night.assignment import Assignment, assignment_of
from flows.night.judgement import result_of
from flows.policy.claims import lines_of, lines_to_rescore
from flows.policy.revisions import check_revision, standard_name
from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.store import Store


@dataclass(frozen=True, slots=True)
class Rescored:
    """The number of calls that were judged again, and of those that no line claims and that stay as they are."""

    judged: int
    unclaimed: int


def rescore_calls(
    standards: str | Sequence[str], store_url: str, since: date | None, settings: Settings
) -> Rescored:
    """Judge stored calls again; earlier evaluations stay beside the new ones.

    Parameters
    ----------
    standards : str | sequence of str
        Those by which calls are judged again, each for the calls of its `applies_to`; where a file of lines is in
        force, only calls of lines by one of these, or for none given those of every line.
    since : date | None
        Only calls from this day on, in Asia/Shanghai; None for all.

    Raises
    ------
    ConfigurationError
        If no revision of a scorecard is in force in one of their months.
    """
    given = _given(standards)
    lines = lines_to_rescore(given, settings)
    wanted = {standard_name(name, settings) for name in given}
    num_judged = num_unclaimed = 0
    with Store.open(store_url, create=False) as store:
        assignment = assignment_of(lines, store, strict=True)
        _check(assignment, wanted, store, since)
        for hearing in track(store.hearings.all(since), description="重新评分", transient=True):
            before, line = store.calls.get(hearing.call.id), assignment.line(hearing.call)
            if before is None or before.recording is None:
                continue
            if line is None:
                num_unclaimed += 1
                continue
            if wanted and line.card.name not in wanted:
                continue
            policy = assignment.policy_of(line, hearing.call.month)
            result = result_of(hearing, policy, before.fingerprint.ears)
            result = replace(result, fingerprint=_heard_as(before.fingerprint, result.fingerprint))
            if result.evaluation is not None:
                store.calls.save_evaluation(result)
                if store.answers.acts(hearing.call.id):
                    store.queue.relist(hearing.call.id, policy.scorecard)
                num_judged += 1
    return Rescored(num_judged, num_unclaimed)


def _heard_as(before: Fingerprint, now: Fingerprint) -> Fingerprint:
    """The fingerprint of what was judged anew and not heard anew: a later night notices that."""
    return replace(now, policy=replace(now.policy, hearing=before.policy.hearing))


def _check(assignment: Assignment, wanted: set[str], store: Store, since: date | None) -> None:
    """Refuse before any call is judged: no revision for a month, or one that was edited after it closed a month."""
    try:
        for line in assignment.lines.lines:
            for month in store.hearings.months(since) if not wanted or line.card.name in wanted else ():
                check_revision(store, assignment.policy_of(line, month).scorecard)
    except PolicyError as error:
        raise ConfigurationError(f"{error}；--since 只评这一天以后的通话") from None


def gold_agreement(standards: str | Sequence[str], store_url: str, settings: Settings) -> tuple[int, int]:
    """Number of answers that a person decided on appeal and the machine now gives as ruled, and number of them all.

    Calls that were last judged by another scorecard are left out.
    """
    names = [standard_name(name, settings) for name in _given(standards)]
    names = names or [line.card.name for line in lines_of((), settings).lines]
    right, ruled = 0, 0
    with Store.open(store_url, create=False) as store:
        for name in dict.fromkeys(names):
            agreed, decided = _agreement(store, name)
            right, ruled = right + agreed, ruled + decided
    return right, ruled


def _agreement(store: Store, name: str) -> tuple[int, int]:
    """The same of one scorecard."""
    right, ruled = 0, 0
    for case in store.disputes.gold_cases(name):
        result = store.calls.get(case.call_id)
        if result is None or result.evaluation is None or result.evaluation.scorecard != name:
            continue
        answers = {answer.criterion_id: answer for answer in result.evaluation.answers}
        if answer := answers.get(case.criterion_id):
            ruled += 1
            right += answer.outcome is case.ruling.outcome and case.ruling.level in (None, answer.level)
    return right, ruled


def _given(standards: str | Sequence[str]) -> tuple[str, ...]:
    return (standards,) if isinstance(standards, str) else tuple(standards)
