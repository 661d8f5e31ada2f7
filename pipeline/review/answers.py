"""What a person judged on one call: an answer to one item, why, and which findings are wrong.

Knows what may be said of an item and what counts of all that was said; neither how points follow from it
(`evaluation`) nor how it is kept (`store.answers`). Nothing is changed afterwards: undoing is an act of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pipeline.evaluation import Answer, Outcome, Override
from pipeline.findings import Finding
from pipeline.policy.load import load_policy
from pipeline.scorecard import AskedOfCall, Scorecard
from pipeline.scorecard.scoring import Policy
from pipeline.timeline import Span
from pipeline.titles import OUTCOMES

LONGEST_NOTE = 500


class Kind(StrEnum):
    """What a person does about the machine's answer."""

    CONFIRM = "confirm"
    OVERTURN = "overturn"
    LEVEL = "level"  # gives a level, or met or not met where no levels are
    NOT_APPLICABLE = "not_applicable"
    UNDO = "undo"


KINDS = {
    Kind.CONFIRM: "认可",
    Kind.OVERTURN: "推翻",
    Kind.LEVEL: "评定",
    Kind.NOT_APPLICABLE: "判为不适用",
    Kind.UNDO: "撤销",
}


class Occasion(StrEnum):
    """On which occasion it was said."""

    REVIEW = "review"
    DISPUTE = "dispute"  # a ruling: no review changes it
    CALIBRATION = "calibration"


OCCASIONS = {Occasion.REVIEW: "人工复核", Occasion.DISPUTE: "申诉裁定", Occasion.CALIBRATION: "校准结论"}


class Reason(Policy):
    """A reason to choose from. `denies`: the machine's finding is not there at all."""

    code: str
    title: str
    kinds: tuple[str, ...]
    denies: bool = False
    needs_note: bool = False


class _Reasons(Policy):
    reasons: tuple[Reason, ...]


@cache
def reasons() -> Mapping[str, Reason]:
    """The reasons to choose from, by code, in the order shown."""
    listed, _ = load_policy(files("pipeline.policy") / "reasons.yaml", _Reasons)
    return {reason.code: reason for reason in listed.reasons}


def reasons_for(kind: str) -> tuple[Reason, ...]:
    """The reasons to choose from for one kind of act; ``correction`` is one too."""
    return tuple(reason for reason in reasons().values() if kind in reason.kinds)


@dataclass(frozen=True, slots=True)
class Denied:
    """A finding that a person says is not there."""

    detector: str
    term: str
    span: Span

    def means(self, finding: Finding) -> bool:
        """Whether this is the finding, also where a second hearing timed it a little differently."""
        if (finding.detector, finding.term) != (self.detector, self.term):
            return False
        shorter = min(finding.span.duration, self.span.duration)
        return finding.span == self.span or finding.span.overlap(self.span) > shorter / 2

    @staticmethod
    def of(finding: Finding) -> Denied:
        """The finding as it is denied."""
        return Denied(finding.detector, finding.term, finding.span)


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """One act of a person about one item of one call.

    Parameters
    ----------
    scorecard, criterion_digest : str
        The scorecard's name, and what the item said: the answer stands while the item says this.
    outcome : Outcome | None
        None for an undoing.
    level : str | None
        The level given or confirmed; None where the item has none.
    share : float | None
        Of the item's points, 0..1, where points are at stake and no level tells.
    reason : str
        A code of `reasons`; may be empty for a confirmation.
    denied : tuple of Denied
        Findings that are not there; they count nowhere any more, by no scorecard.
    machine_outcome, machine_level
        What the machine said then, before an auto-fail took the call.
    by : str
        The account's id.
    at : datetime
        When, timezone-aware.
    source : Occasion
    id : int
        As the store numbers it; 0 before it is kept.
    undoes : int | None
        The act that this one undoes.
    """

    call_id: str
    scorecard: str
    criterion_id: str
    criterion_digest: str
    kind: Kind
    outcome: Outcome | None
    level: str | None
    by: str
    at: datetime
    machine_outcome: Outcome
    machine_level: str | None = None
    share: float | None = None
    reason: str = ""
    note: str = ""
    denied: tuple[Denied, ...] = ()
    source: Occasion = Occasion.REVIEW
    id: int = 0
    undoes: int | None = None

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("评定须有署名")
        if self.at.tzinfo is None:
            raise ValueError(f"an answer without a time zone: {self.at}")
        if (self.kind is Kind.UNDO) != (self.undoes is not None) or (self.kind is Kind.UNDO) != (
            self.outcome is None
        ):
            raise ValueError("an undoing names what it undoes and has no outcome; any other act has an outcome")

    @property
    def said(self) -> str:
        """What was answered, in Chinese: the level, or the outcome."""
        return self.level or (OUTCOMES[self.outcome] if self.outcome else KINDS[self.kind])

    @property
    def sentence(self) -> str:
        """Who said it and why, in Chinese."""
        machine = self.machine_level or OUTCOMES[self.machine_outcome]
        chosen = reasons().get(self.reason)
        why = "：".join(part for part in (chosen.title if chosen else self.reason, self.note) if part)
        told = f"{OCCASIONS[self.source]}（{self.by}）{KINDS[self.kind]}，机器判{machine}"
        return f"{told}；{why}" if why else told


def overrides(people: Mapping[str, PersonAnswer]) -> dict[str, Override]:
    """What people answered (`in_force`), by criterion, as an evaluation takes it."""
    return {
        criterion_id: Override(act.outcome, act.level, act.share, act.sentence)
        for criterion_id, act in people.items()
        if act.outcome is not None
    }


def standing(answers: Iterable[PersonAnswer]) -> dict[tuple[str, str], PersonAnswer]:
    """What counts now of all acts on one call, by scorecard and criterion: the last that was not undone.

    Parameters
    ----------
    answers : iterable of PersonAnswer
        In the order of their ids.
    """
    acts = tuple(answers)
    undone = {act.undoes for act in acts if act.undoes is not None}
    return {
        (act.scorecard, act.criterion_id): act for act in acts if act.kind is not Kind.UNDO and act.id not in undone
    }


def by_call(answers: Iterable[PersonAnswer]) -> dict[str, tuple[PersonAnswer, ...]]:
    """What counts now on each call of which any counts."""
    acts = defaultdict[str, list[PersonAnswer]](list)
    for act in answers:
        acts[act.call_id].append(act)
    counting = {call_id: tuple(standing(own).values()) for call_id, own in acts.items()}
    return {call_id: own for call_id, own in counting.items() if own}


def in_force(counting: Iterable[PersonAnswer], card: Scorecard) -> dict[str, PersonAnswer]:
    """Of what counts on a call, what answers the card's items as they are written now, by criterion.

    An answer to an item that was rewritten since, or is not asked any more, is kept and answers nothing.
    """
    asked = {each.criterion.id: each for each in card.asked if each.rules}
    levels = dict(card.levels)
    return {
        act.criterion_id: act
        for act in counting
        if act.scorecard == card.name
        and act.criterion_id in asked
        and act.criterion_digest == asked[act.criterion_id].criterion.digest
        and (act.level is None or act.level in levels)
    }


def without_denied(findings: Sequence[Finding], counting: Iterable[PersonAnswer]) -> tuple[Finding, ...]:
    """The findings without those that people deny."""
    denied = [each for act in counting for each in act.denied]
    if not denied:
        return tuple(findings)
    return tuple(f for f in findings if not any(each.means(f) for each in denied))


def asked_of(card: Scorecard, criterion_id: str) -> AskedOfCall:
    """The item as a call is asked it.

    Raises
    ------
    ValueError
        In Chinese, if the card has no such item in use, or a call is not asked it.
    """
    asked = next((each for each in card.asked if each.criterion.id == criterion_id), None)
    if asked is None:
        raise ValueError(f"评分表 {card.name} 没有在用的评分项 {criterion_id}")
    if not asked.rules:
        raise ValueError(f"“{asked.criterion.title}”{NOT_BY_CALL[asked.source]}，不能在一通电话里评定")
    return asked


NOT_BY_CALL = {"calls": "按全月的数值计分", "feed": "由外部数据评定", "person": "由人工按月评定"}
"""Why a single call is not asked an item, by who answers it."""


def person_answer(
    card: Scorecard,
    machine: Answer,
    kind: Kind,
    *,
    call_id: str,
    by: str,
    at: datetime,
    level: str | None = None,
    met: bool | None = None,
    reason: str = "",
    note: str = "",
    denied: Iterable[Finding] = (),
    source: Occasion = Occasion.REVIEW,
) -> PersonAnswer:
    """What a person says of the machine's answer to one item, checked.

    Parameters
    ----------
    machine : Answer
        The item for itself, before an auto-fail takes the call (`evaluation.answers_alone`).
    level, met : str | None, bool | None
        With `Kind.LEVEL`: the level, or, for an item without levels, whether it is met.

    Raises
    ------
    ValueError
        In Chinese, if a call cannot be asked the item, or this cannot be said of it.
    """
    asked = asked_of(card, machine.criterion_id)
    _check_reason(kind, reason, note)
    outcome, given, share = _said(card, asked, machine, kind, level, met)
    return PersonAnswer(
        call_id=call_id,
        scorecard=card.name,
        criterion_id=machine.criterion_id,
        criterion_digest=asked.criterion.digest,
        kind=kind,
        outcome=outcome,
        level=given,
        share=share,
        reason=reason,
        note=note.strip(),
        denied=tuple(dict.fromkeys(Denied.of(finding) for finding in denied)),
        machine_outcome=machine.outcome,
        machine_level=machine.level,
        by=by,
        at=at,
        source=source,
    )


def _check_reason(kind: Kind, reason: str, note: str) -> None:
    if kind is Kind.UNDO:
        raise ValueError("撤销请用撤销操作")
    if len(note) > LONGEST_NOTE:
        raise ValueError(f"说明过长，请在 {LONGEST_NOTE} 字以内")
    if not reason and kind is Kind.CONFIRM:
        return
    chosen = reasons().get(reason)
    if chosen is None or kind not in chosen.kinds:
        raise ValueError(f"{KINDS[kind]}须选一个理由")
    if chosen.needs_note and not note.strip():
        raise ValueError(f"理由“{chosen.title}”须写明")


def _said(
    card: Scorecard, asked: AskedOfCall, machine: Answer, kind: Kind, level: str | None, met: bool | None
) -> tuple[Outcome, str | None, float | None]:
    """The outcome, the level, and the share of the points where no level tells."""
    title, by_levels = asked.criterion.title, asked.criterion.scoring is None
    unasked = kind is Kind.CONFIRM and machine.outcome is Outcome.NOT_APPLICABLE
    if kind is Kind.NOT_APPLICABLE or unasked:
        return Outcome.NOT_APPLICABLE, None, None
    if kind is Kind.LEVEL:
        return _level(card, title, by_levels, level, met)
    if machine.outcome not in DECIDED:
        raise ValueError(f"“{title}”机器判{OUTCOMES[machine.outcome]}，没有可{KINDS[kind]}的结论，请直接评定")
    if kind is Kind.CONFIRM:
        possible = machine.tally.possible or asked.stake
        share = machine.tally.awarded / possible if by_levels and machine.level is None else None
        return machine.outcome, machine.level, share
    met = machine.outcome is not Outcome.MET
    return _level(card, title, by_levels, card.levels[0 if met else -1][0] if by_levels else None, met)


def _level(
    card: Scorecard, title: str, by_levels: bool, level: str | None, met: bool | None
) -> tuple[Outcome, str | None, float | None]:
    """What a level means, or met and not met where there are none."""
    if not by_levels:
        if met is None or level is not None:
            raise ValueError(f"“{title}”没有等级，请判符合或不符合")
        return (Outcome.MET if met else Outcome.NOT_MET), None, None
    worth = dict(card.levels).get(level or "")
    if worth is None:
        raise ValueError(f"“{title}”没有等级 {level or '（空）'}，请选：{'、'.join(dict(card.levels))}")
    return outcome_of(worth), level, None


DECIDED = (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET)


def outcome_of(worth: float) -> Outcome:
    """The outcome of a level item by the share of the points that it is worth."""
    return Outcome.MET if worth == 1.0 else Outcome.PARTLY_MET if worth > 0 else Outcome.NOT_MET


def resting_on(asked: AskedOfCall, machine: Answer, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The evidence without which the machine would have answered otherwise, of what was said in a turn.

    What must not be said and was, for an item that is not fully met; what was asked for and found, for one that is.
    """
    met = machine.outcome is Outcome.MET
    wanted: set[str] = set()
    for _, rule, _ in asked.rules:
        against = rule.kind == "absent" or (rule.kind == "condition" and rule.expect == "absent")
        if against is not met:
            wanted.add("condition" if rule.kind == "condition" else rule.detector)
    evidence = [findings[position] for position in machine.findings]
    return tuple(f for f in evidence if f.turn_index is not None and f.detector in wanted)
