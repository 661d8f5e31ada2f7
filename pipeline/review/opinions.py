"""Opinions of people on the machine's answer to one criterion of a call, and the answers that they become.

Knows what can be said of which criterion; not what counts of all that was said (`answers`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.evaluation import ItemAnswer, Outcome, Said
from pipeline.findings import Finding
from pipeline.review.answers import Kind, Mark, Occasion, PersonAnswer
from pipeline.review.reasons import reasons
from pipeline.scorecard import CallCriterion, Scorecard

LONGEST_NOTE = 500
"""Characters of a note."""
NOT_BY_CALL = {"calls": "按全月的数值计分", "feed": "由外部数据评定", "person": "由人工按月评定"}
"""The reason why a single call is not asked a criterion, by who answers it."""


def criterion_of_call(card: Scorecard, criterion_id: str) -> CallCriterion:
    """The criterion of that id, or with an item of that id, as a call is asked it.

    Raises
    ------
    ValueError
        In Chinese, if the card has no such criterion in use, or a call is not asked it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> criterion_of_call(find_scorecard("kf01"), "KF01-4").stake
    15.0
    """
    asked = card.call_criterion(criterion_id)
    if asked is None:
        raise ValueError(f"评分表 {card.name} 没有在用的评分项 {criterion_id}")
    if not asked.items:
        raise ValueError(f"“{asked.criterion.title}”{NOT_BY_CALL[asked.source]}，不能在一通电话里评定")
    return asked


@dataclass(frozen=True, slots=True)
class Opinion:
    """A person's opinion of the machine's answer to one criterion, before it is checked.

    Parameters
    ----------
    kind : Kind
    by : str
        The account's id.
    at : datetime
        When, timezone-aware.
    level, met : str | None, bool | None
        With `Kind.LEVEL`: the level, or, for a criterion without levels, whether it is met.
    reason, note : str
        A code of `reasons`, and the person's own words.
    denied : tuple of Finding
        Findings that the person says are not there.
    source : Occasion
    """

    kind: Kind
    by: str
    at: datetime
    level: str | None = None
    met: bool | None = None
    reason: str = ""
    note: str = ""
    denied: tuple[Finding, ...] = ()
    source: Occasion = Occasion.REVIEW


def to_answer(card: Scorecard, call_id: str, machine: Said, opinion: Opinion) -> PersonAnswer:
    """The answer that an opinion gives to a criterion of a call, checked.

    Parameters
    ----------
    machine : Said
        The machine's answer to the criterion or item for itself, before an auto-fail takes the call
        (`evaluation.answers_before_veto`).

    Raises
    ------
    ValueError
        In Chinese, if a call cannot be asked the criterion, or this cannot be said of it.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import Tally
    >>> from pipeline.evaluation import Answer
    >>> machine = Answer("KF01-4", Outcome.NOT_MET, "不符合", Tally(0, 15), (), ())
    >>> opinion = Opinion(Kind.OVERTURN, "wang", datetime(2025, 4, 1, tzinfo=UTC), reason="context")
    >>> to_answer(find_scorecard("kf01"), "C1", machine, opinion).sentence
    '人工复核（wang）推翻，机器判不符合；语境不算（转述、引用、客户要求等）'
    """
    asked = criterion_of_call(card, machine.id)
    _check_reason(opinion)
    outcome, level, share = _verdict(card, asked, machine, opinion)
    return PersonAnswer(
        call_id=call_id,
        scorecard=card.name,
        criterion_id=machine.id,
        criterion_digest=asked.criterion.digest,
        kind=opinion.kind,
        outcome=outcome,
        level=level,
        share=share,
        reason=opinion.reason,
        note=opinion.note.strip(),
        denied=tuple(dict.fromkeys(Mark.of(finding) for finding in opinion.denied)),
        machine_outcome=machine.outcome,
        machine_level=machine.level,
        by=opinion.by,
        at=opinion.at,
        source=opinion.source,
    )


def _check_reason(opinion: Opinion) -> None:
    kind, reason, note = opinion.kind, opinion.reason, opinion.note
    if kind is Kind.UNDO:
        raise ValueError("撤销请用撤销操作")
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"说明过长，请在 {LONGEST_NOTE} 字以内")
    if not reason and kind is Kind.CONFIRM:
        return
    chosen = reasons().get(reason)
    if chosen is None or kind not in chosen.kinds:
        raise ValueError(f"{kind.title}须选一个理由")
    if chosen.needs_note and not note.strip():
        raise ValueError(f"理由“{chosen.title}”须写明")


def _verdict(
    card: Scorecard, asked: CallCriterion, machine: Said, opinion: Opinion
) -> tuple[Outcome, str | None, float | None]:
    """The outcome, the level, and the share of the points where no level tells."""
    kind, title, by_levels = opinion.kind, asked.title(machine.id), asked.criterion.scoring is None
    unasked = kind is Kind.CONFIRM and machine.outcome is Outcome.NOT_APPLICABLE
    if kind is Kind.NOT_APPLICABLE or unasked:
        return Outcome.NOT_APPLICABLE, None, None
    if kind is Kind.LEVEL:
        return _level(card, title, by_levels, opinion.level, opinion.met)
    if not machine.outcome.decided:
        raise ValueError(f"“{title}”机器判{machine.outcome.title}，没有可{kind.title}的结论，请直接评定")
    if kind is Kind.CONFIRM:
        share = _share(asked, machine) if by_levels and machine.level is None else None
        return machine.outcome, machine.level, share
    met = machine.outcome is not Outcome.MET
    return _level(card, title, by_levels, card.levels[0 if met else -1][0] if by_levels else None, met)


def _share(asked: CallCriterion, machine: Said) -> float | None:
    """How much of the points the machine gave, 0..1."""
    if isinstance(machine, ItemAnswer):
        return machine.share
    stake = machine.tally.possible or asked.stake
    return machine.tally.awarded / stake if stake else float(machine.outcome is Outcome.MET)


def _level(
    card: Scorecard, title: str, by_levels: bool, level: str | None, met: bool | None
) -> tuple[Outcome, str | None, float | None]:
    """The outcome and level of an opinion, or met and not met where there are no levels."""
    if not by_levels:
        if met is None or level is not None:
            raise ValueError(f"“{title}”没有等级，请判符合或不符合")
        return (Outcome.MET if met else Outcome.NOT_MET), None, None
    worth = dict(card.levels).get(level or "")
    if worth is None:
        raise ValueError(f"“{title}”没有等级 {level or '（空）'}，请选：{'、'.join(dict(card.levels))}")
    return outcome_of(worth), level, None


def outcome_of(worth: float) -> Outcome:
    """The outcome of a criterion with levels by the share of the points that a level is worth.

    Examples
    --------
    >>> [outcome_of(worth).value for worth in (1.0, 0.6, 0.0)]
    ['met', 'partly_met', 'not_met']
    """
    return Outcome.MET if worth == 1.0 else Outcome.PARTLY_MET if worth > 0 else Outcome.NOT_MET


def decisive_findings(asked: CallCriterion, machine: Said, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The evidence without which the machine would have answered otherwise, of what was said in a turn.

    What must not be said and was, for a criterion that is not fully met; what was asked for and found, for one that
    is.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import Tally
    >>> from pipeline.timeline import Span
    >>> asked = criterion_of_call(find_scorecard("kf01"), "KF01-4")
    >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(10, 12), "", None, 0.9, "1")
    >>> from pipeline.evaluation import Answer
    >>> machine = Answer("KF01-4", Outcome.NOT_MET, "不符合", Tally(0, 15), (0,), ())
    >>> [each.term for each in decisive_findings(asked, machine, [found])]
    ['不归我管']
    """
    met = machine.outcome is Outcome.MET
    wanted: set[str] = set()
    for item in asked.items:
        if item.rule and machine.id in (item.id, asked.criterion.id):
            wanted |= {each.evidence_of for each in item.rule.single() if each.forbids is not met}
    evidence = [findings[position] for position in machine.findings]
    return tuple(f for f in evidence if f.turn_index is not None and f.detector in wanted)
