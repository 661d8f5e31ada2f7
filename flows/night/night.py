"""The night: recordings and records fetched, every call heard, judged and kept. A thin layer of Prefect.

A task is a shard of calls, so that a night of many thousands costs the orchestrator little; the models are loaded
once per worker. A shard that is tried again skips what it had finished: the store knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.learning.gate import GateCheck, check_gate
from flows.learning.shadow import shadow_disagreements
from flows.month.calls import edited_sentence
from flows.night.assignment import Assignment, assignment_of
from flows.night.identity import is_done, recognised
from flows.night.quality import keep_quality
from flows.night.sources import FetchedCall, Intake, join, list_recordings, read_records
from flows.night.stages import judged_by_record, run_call
from flows.night.unclaimed import keep_unclaimed, unclaimed_notices
from flows.policy.claims import lines_of
from flows.settings import Settings
from models.ears import Ears, load_ears
from pipeline.call import Call, Rejected, Status
from pipeline.call.cdr.records import one_spelling
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.evaluation.result import CallResult
from pipeline.indicators import Feeds
from pipeline.month.ledger.entries import MACHINE
from pipeline.notices import NoticeCount
from pipeline.store import Store
from pipeline.validation.learning.shadow import Disagreement

if TYPE_CHECKING:
    from flows.night.judging import Asking

Progress = Callable[[int], None]
"""Told how many more calls have ended."""


@dataclass(frozen=True)
class Night:
    """The outcome of a night.

    Parameters
    ----------
    by_status : Counter of Status
        Calls by how they ended; they add up to the calls fetched.
    failures : tuple of CallResult
        Calls that failed in this run, each with its reason.
    num_processed : int
        Calls that this run worked on; the others were done already.
    disagreements : tuple of Disagreement
        Classifiers that are not live beside what is, in the calls of this run.
    demotions : tuple of GateCheck
        Classifiers and terms that the gate took the points from before this run.
    doubts : tuple of NoticeCount
        What was doubtful about the material, by kind.
    unclaimed : Counter of str
        Calls that no line claims, by queue and team; they are unscorable.
    edited : tuple of str
        Sentences in Chinese about standards that were changed under the same number: calls of other nights are
        still judged as before.
    asking : Asking | None
        What a language model was asked about the calls of this run; None where it is off.

    Examples
    --------
    >>> Night(Counter({Status.EVALUATED: 7, Status.FAILED: 1}), (), 8).num_calls
    8
    """

    by_status: Counter[Status]
    failures: tuple[CallResult, ...]
    num_processed: int
    disagreements: tuple[Disagreement, ...] = ()
    demotions: tuple[GateCheck, ...] = ()
    doubts: tuple[NoticeCount, ...] = ()
    unclaimed: Counter[str] = field(default_factory=Counter)
    edited: tuple[str, ...] = ()
    asking: Asking | None = None

    @property
    def num_calls(self) -> int:
        """All calls of the night."""
        return sum(self.by_status.values())


@task(name="听一批通话", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE, persist_result=False)
def hear_shard(
    shard: tuple[FetchedCall, ...],
    standards: tuple[str, ...],
    settings: Settings,
    store_url: str,
    progress: Progress,
) -> tuple[CallResult, ...]:
    """Hear, judge and keep the calls of a shard; returns those that failed."""
    ears = load_ears(settings.profile, settings.weights, settings.threads, settings.voices)
    lines = lines_of(standards, settings)
    with Store.open(store_url) as store:
        return tuple(hear_calls(shard, ears, assignment_of(lines, store), store, progress))


def hear_calls(
    pairs: Sequence[FetchedCall], ears: Ears, assignment: Assignment, store: Store, progress: Progress
) -> Iterable[CallResult]:
    """Hear, judge and keep calls, but for those that were done meanwhile; those that failed are handed on.

    A call that no line claims is left alone. The models are the same for every line.
    """
    kept = store.calls.kept(pair.call.id for pair in pairs)
    for pair in pairs:
        line = assignment.line(pair.call)
        if line is None:
            continue
        own, policy = ears.with_hotwords(line.hotwords), assignment.policy_of(line, pair.call.month)
        if not is_done(pair, kept.get(pair.call.id), Fingerprint(own.version, policy.version)):
            result = run_call(pair, own, policy, store)
            store.calls.save(result)
            if store.answers.acts(pair.call.id):
                store.queue.relist(pair.call.id, policy.scorecard)
            if result.status is Status.FAILED:
                yield result
        progress(1)


# Prefect's own runner is not of the type that its own decorator asks for.
ONE_AT_A_TIME: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=1)


@flow(name="callqa-nightly", task_runner=ONE_AT_A_TIME, validate_parameters=False)
def nightly(
    recordings: str,
    cdr: str,
    store_url: str,
    dialect: str = "csv",
    scorecard: str | Sequence[str] = (),
    settings: Settings | None = None,
    progress: Callable[[int, int], Progress] | None = None,
    feeds: str | None = None,
) -> Night:
    """Score every call of a night; safe to start again at any time.

    Parameters
    ----------
    recordings, cdr : str
        fsspec URLs of the folder of recordings and of the call detail records.
    dialect : str
        Of the call detail records, by name; see `pipeline.call.cdr.dialects`.
    scorecard : str | sequence of str
        The standards, each for the calls of its `applies_to`; none for those of the file of lines, or KF01.
    feeds : str | None
        Folder of tables from outside; its roster tells who is in which team, and is kept.
    progress : callable, optional
        Given the number of calls and of those to do, returns what is told of each call that ends.

    Raises
    ------
    CallqaError
        If nothing could be run at all; a single call never stops the night.
    """
    settings = settings or Settings()
    standards = (scorecard,) if isinstance(scorecard, str) else tuple(scorecard)
    if settings.judge_url:
        from flows.night.judging import check_judge  # noqa: PLC0415  off, it costs nothing

        check_judge(settings)
    lines = lines_of(standards, settings)  # wrong policy stops before any call is touched
    given = Feeds.read(Path(feeds) if feeds else None)
    ears = load_ears(settings.profile, settings.weights, settings.threads, settings.voices)
    records = read_records(cdr, dialect)
    files = list_recordings(recordings, records)
    with Store.open(store_url) as store:
        if given.memberships:
            store.roster.save(given.memberships, MACHINE)
        checks = tuple(check_gate(store))  # before the calls: what falls tonight costs nothing tonight
        assignment = assignment_of(lines, store)
        records = one_spelling(records, PurePosixPath(cdr).name, store.calls.all_agents())
        known = recognised(join(records, files), store, fingerprints(ears, assignment))
        todo, unclaimed = list(known.todo), keep_unclaimed(known.unclaimed, assignment, store)
        intake = replace(known.intake, notices=(*known.intake.notices, *unclaimed_notices(unclaimed)))
        rejected = tuple(keep_rejected(intake.rejected, assignment, store))
    tell = progress(_num_calls(intake), len(todo)) if progress else _in_silence
    futures = [
        hear_shard.submit(shard, standards, settings, store_url, tell) for shard in _shards(todo, settings.shard)
    ]
    failures = rejected + tuple(result for future in futures for result in future.result())
    asking = None
    with Store.open(store_url) as store:
        if settings.judge_url:
            from flows.night.judging import judge_night  # noqa: PLC0415

            asking = judge_night([pair.call.id for pair in todo], lines, settings, store)
            intake = replace(intake, notices=(*intake.notices, *asking.notices))
        disagreements = shadow_disagreements(store, [pair.call.id for pair in todo])
        by_status = _by_status(intake, store)
        doubts = keep_quality(store, recordings, intake, by_status)
        edited = tuple(filter(None, (edited_sentence(store, card) for card in assignment.scorecards)))
    demotions = tuple(check for check in checks if check.demoted)
    return Night(by_status, failures, len(todo), disagreements, demotions, doubts, unclaimed, edited, asking)


def fingerprints(ears: Ears, assignment: Assignment) -> Callable[[Call], Fingerprint | None]:
    """A function that tells what hears and judges a call; None for a call that no line claims."""

    def fingerprint_of(call: Call) -> Fingerprint | None:
        line = assignment.line(call)
        if line is None:
            return None
        policy = assignment.policy_of(line, call.month)
        return Fingerprint(ears.with_hotwords(line.hotwords).version, policy.version)

    return fingerprint_of


def _in_silence(_done: int) -> None:
    """Nobody watches a scheduled night."""


def _shards(pairs: list[FetchedCall], size: int) -> Iterable[tuple[FetchedCall, ...]]:
    return (tuple(pairs[n : n + size]) for n in range(0, len(pairs), size))


def _num_calls(intake: Intake) -> int:
    return len(intake.fetched) + len(intake.rejected)


def keep_rejected(lines: Sequence[Rejected], assignment: Assignment, store: Store) -> Iterable[CallResult]:
    """Keep each line that gives no call to hear; those that count as failed are handed on.

    A call that was heard on an earlier night stays as it is when its recording has been archived since. Where its
    record says otherwise now, it is judged again from what was heard.
    """
    kept = store.calls.kept(line.call_id for line in lines)
    for line in lines:
        before = kept.get(line.call_id)
        heard = store.hearings.original(line.call_id) if before is not None else None
        if before is not None and heard is not None:
            policy = assignment.policy(line.call) if line.call is not None else None
            if line.call is not None and policy is not None and not before.has_record(line.call):
                fingerprint = Fingerprint.read(before.fingerprint)
                store.calls.save(judged_by_record(heard, line.call, fingerprint, policy, store))
            continue
        result = CallResult.rejected(line)
        store.calls.save(result)
        if result.status is Status.FAILED:
            yield result


def _by_status(intake: Intake, store: Store) -> Counter[Status]:
    """Every call fetched, counted by how it stands in the store now."""
    ids = [pair.call.id for pair in intake.fetched] + [line.call_id for line in intake.rejected]
    statuses = store.calls.statuses()
    return Counter(statuses[call_id] for call_id in ids)
