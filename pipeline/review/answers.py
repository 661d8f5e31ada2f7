"""A person's answer to one criterion of one call, and which of all answers count.

Knows what was answered and what counts of it; neither what may be answered (`opinions`), nor how points follow
from it (`evaluation`), nor how it is kept (`store`). Nothing is changed afterwards: undoing is an act of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf

from pipeline.enums import TitledEnum
from pipeline.evaluation import Outcome, Override
from pipeline.findings import Finding
from pipeline.findings.detection import time_key
from pipeline.findings.suspicion import affirmed
from pipeline.review.reasons import reasons
from pipeline.scorecard import CallCriterion, Scorecard
from pipeline.timeline import Span


class Kind(TitledEnum):
    """The act of a person about the machine's answer."""

    CONFIRM = "confirm", "认可"
    OVERTURN = "overturn", "推翻"
    LEVEL = "level", "评定"  # gives a level, or met or not met where no levels are
    NOT_APPLICABLE = "not_applicable", "判为不适用"
    AFFIRM = "affirm", "确认疑似"  # a suspicion that is so
    REJECT = "reject", "排除疑似"  # one that is not
    UNDO = "undo", "撤销"


ON_SUSPICIONS = frozenset({Kind.AFFIRM, Kind.REJECT})
"""The acts on a suspicion, which no scorecard asks for."""


class Occasion(TitledEnum):
    """On which occasion it was said."""

    REVIEW = "review", "人工复核"
    DISPUTE = "dispute", "申诉裁定"  # a ruling: no review changes it
    CALIBRATION = "calibration", "校准结论"


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding of which a person says that it is not there, or that it is."""

    detector: str
    term: str
    span: Span

    def means(self, finding: Finding | Mark) -> bool:
        """Whether this is the finding, also where a second hearing timed it a little differently.

        Examples
        --------
        >>> from pipeline.hearing.turns import Role
        >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(10, 12), "", None, 0.9, "1")
        >>> mark = Mark("banned_wording", "不归我管", Span(10.5, 12.5))
        >>> mark.means(found), Mark("banned_wording", "不归我管", Span(30.0, 32.0)).means(found)
        (True, False)
        """
        if (finding.detector, finding.term) != (self.detector, self.term):
            return False
        shorter = min(finding.span.duration, self.span.duration)
        return finding.span == self.span or finding.span.overlap(self.span) > shorter / 2

    @staticmethod
    def of(finding: Finding) -> Mark:
        """The mark of a finding."""
        return Mark(finding.detector, finding.term, finding.span)


@dataclass(frozen=True, slots=True)
class PersonAnswer:
    """One act of a person about one criterion of one call, or one item of it.

    Parameters
    ----------
    criterion_id : str
        The criterion (``KF01-7``), or the item (``KF01-7-3``); of a suspicion its `suspicion_id`.
    scorecard, criterion_digest : str
        The scorecard's name, and what the criterion said: the answer stands while the criterion says this. Both are
        empty for a suspicion, which is judged for every scorecard.
    outcome : Outcome | None
        None for an undoing.
    level : str | None
        The level given or confirmed; None where the criterion has none.
    share : float | None
        Of the criterion's points, 0..1, where points are at stake and no level tells.
    reason : str
        A code of `reasons`; may be empty for a confirmation.
    denied, affirmed : tuple of Mark
        Findings that are not there, which count nowhere any more, by no scorecard; and suspicions that are so,
        which count as what they are, by every scorecard.
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
    denied: tuple[Mark, ...] = ()
    affirmed: tuple[Mark, ...] = ()
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
    def title(self) -> str:
        """The level that was answered, or the outcome, in Chinese.

        Examples
        --------
        >>> from datetime import UTC
        >>> at = datetime(2025, 4, 1, tzinfo=UTC)
        >>> act = PersonAnswer("C1", "a", "A", "", Kind.OVERTURN, Outcome.MET, "符合", "wang", at, Outcome.NOT_MET)
        >>> act.title
        '符合'
        """
        if self.kind in ON_SUSPICIONS:
            return self.kind.title
        return self.level or (self.outcome.title if self.outcome else self.kind.title)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """All findings of which it says that they are there or not."""
        return (*self.denied, *self.affirmed)

    @property
    def sentence(self) -> str:
        """The person who said it and why, in Chinese.

        Examples
        --------
        >>> from datetime import UTC
        >>> at = datetime(2025, 4, 1, tzinfo=UTC)
        >>> act = PersonAnswer("C1", "a", "A", "", Kind.OVERTURN, Outcome.MET, "符合", "wang", at, Outcome.NOT_MET)
        >>> act.sentence
        '人工复核（wang）推翻，机器判不符合'
        """
        if not self.scorecard:
            return f"{self.source.title}（{self.by}）{self.kind.title}"
        machine = self.machine_level or self.machine_outcome.title
        chosen = reasons().get(self.reason)
        why = "：".join(part for part in (chosen.title if chosen else self.reason, self.note) if part)
        told = f"{self.source.title}（{self.by}）{self.kind.title}，机器判{machine}"
        return f"{told}；{why}" if why else told


_SIGNATURE = re.compile(rf"({'|'.join(each.title for each in Occasion)}|人工评定)（(?:[^（）]|（[^（）]*）)*）")
_ACTOR = re.compile(r"^\S+ (?=已于 \d{4}-)")


def unsigned(sentence: str) -> str:
    """A sentence about what people said of a call or a month, without who said it.

    Examples
    --------
    >>> unsigned("人工复核（wang）推翻，机器判不符合；语境不算（转述）"), unsigned("人工评定（复核台 li）符合")
    ('人工复核推翻，机器判不符合；语境不算（转述）', '人工评定符合')
    """
    return _ACTOR.sub("", _SIGNATURE.sub(r"\1", sentence))


def overrides(people: Mapping[str, PersonAnswer]) -> dict[str, Override]:
    """The overrides of an evaluation by criterion, of the acts that `valid_acts` gives.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2025, 4, 1, tzinfo=UTC)
    >>> act = PersonAnswer("C1", "a", "A", "", Kind.OVERTURN, Outcome.MET, "符合", "wang", at, Outcome.NOT_MET)
    >>> overrides({"A": act})["A"].level
    '符合'
    """
    return {
        criterion_id: Override(act.outcome, act.level, act.share, act.sentence)
        for criterion_id, act in people.items()
        if act.outcome is not None
    }


def last_acts(answers: Iterable[PersonAnswer]) -> dict[tuple[str, str], PersonAnswer]:
    """The act that counts on each criterion of one call, by scorecard and criterion: the last that was not undone.

    Parameters
    ----------
    answers : iterable of PersonAnswer
        In the order of their ids.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2025, 4, 1, tzinfo=UTC)
    >>> def act(id, kind, outcome=Outcome.MET, undoes=None):
    ...     return PersonAnswer("C", "a", "A", "", kind, outcome, None, "b", at, Outcome.MET, id=id, undoes=undoes)
    >>> acts = [act(1, Kind.CONFIRM), act(2, Kind.OVERTURN, Outcome.NOT_MET), act(3, Kind.UNDO, None, undoes=2)]
    >>> {key: each.id for key, each in last_acts(acts).items()}
    {('a', 'A'): 1}
    """
    acts = tuple(answers)
    undone = {act.undoes for act in acts if act.undoes is not None}
    return {
        (act.scorecard, act.criterion_id): act for act in acts if act.kind is not Kind.UNDO and act.id not in undone
    }


def acts_by_call(answers: Iterable[PersonAnswer]) -> dict[str, tuple[PersonAnswer, ...]]:
    """The acts that count on each call on which any counts.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2025, 4, 1, tzinfo=UTC)
    >>> act = PersonAnswer("C1", "a", "A", "", Kind.CONFIRM, Outcome.MET, None, "wang", at, Outcome.MET, id=1)
    >>> undo = PersonAnswer("C2", "a", "A", "", Kind.UNDO, None, None, "wang", at, Outcome.MET, id=3, undoes=2)
    >>> list(acts_by_call([act, undo]))
    ['C1']
    """
    acts = defaultdict[str, list[PersonAnswer]](list)
    for act in answers:
        acts[act.call_id].append(act)
    counting = {call_id: tuple(last_acts(own).values()) for call_id, own in acts.items()}
    return {call_id: own for call_id, own in counting.items() if own}


def valid_acts(acts: Iterable[PersonAnswer], card: Scorecard) -> dict[str, PersonAnswer]:
    """The acts that answer the card's criteria as they are written now, by criterion or item, of those that count.

    An answer to a criterion that was rewritten since, or is not asked any more, is kept and answers nothing. Where
    a criterion and an item of it were answered, the later act stands.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> from datetime import UTC
    >>> at, digest = datetime(2025, 4, 1, tzinfo=UTC), card.criterion("KF01-4").digest
    >>> def act(digest):
    ...     return PersonAnswer("", "kf01", "KF01-4", digest, Kind.CONFIRM, Outcome.MET, None, "b", at, Outcome.MET)
    >>> sorted(valid_acts([act(digest)], card)), sorted(valid_acts([act("rewritten since")], card))
    (['KF01-4'], [])
    """
    asked = {id: each for each in card.call_criteria for id in each.ids}
    levels = dict(card.levels)
    valid = {
        act.criterion_id: act
        for act in acts
        if act.scorecard == card.name
        and act.criterion_id in asked
        and act.criterion_digest == asked[act.criterion_id].criterion.digest
        and (act.level is None or act.level in levels)
    }
    return {id: act for id, act in valid.items() if not _outdated(act, asked[id], valid)}


def _outdated(act: PersonAnswer, asked: CallCriterion, valid: Mapping[str, PersonAnswer]) -> bool:
    """Whether a criterion and one of the items that it stands for were both answered, and this one first."""
    whole = valid.get(asked.criterion.id)
    covered = [item for item in asked.items if item.counts] or asked.items
    by_item = [valid[item.id] for item in covered if item.id in valid and item.id != asked.criterion.id]
    if whole is None or not by_item:
        return False
    later = max(by_item, key=lambda each: each.id).id > whole.id
    return act is whole if later else act in by_item


def suspicion_id(finding: Finding) -> str:
    """The name by which people's acts call a suspicion of a call: what is suspected, and at which second.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(10.5, 12), "", None, 0.9, "1")
    >>> suspicion_id(found)
    'shirking@10.50'
    """
    return f"{finding.term}@{finding.span.start:.2f}"


def word_on(finding: Finding, acts: Iterable[PersonAnswer]) -> PersonAnswer | None:
    """The act that says last whether a finding is there, of those that count; a ruling before any review.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from datetime import UTC
    >>> from pipeline.hearing.turns import Role
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(10, 12), "", None, 0.9, "1")
    >>> at, so = datetime(2025, 4, 1, tzinfo=UTC), (Mark.of(found),)
    >>> yes = PersonAnswer("", "", "", "", Kind.AFFIRM, Outcome.MET, None, "b", at, Outcome.UNSURE, affirmed=so)
    >>> no = PersonAnswer("", "", "", "", Kind.REJECT, Outcome.NOT_MET, None, "c", at, Outcome.UNSURE, denied=so)
    >>> word_on(found, [replace(no, id=2), replace(yes, id=1)]).by, word_on(found, [])
    ('c', None)
    """
    speaking = [act for act in acts if any(each.means(finding) for each in act.marks)]
    # What is only supposed has no id yet: it comes after all that was said.
    return max(speaking, key=lambda act: (act.source is Occasion.DISPUTE, act.id or inf), default=None)


def counting_findings(findings: Sequence[Finding], acts: Iterable[PersonAnswer]) -> tuple[Finding, ...]:
    """The findings as people leave them: without what they deny, and what they affirm as what it is.

    In order of time where something was affirmed: rules take the first one.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.hearing.turns import Role
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(10, 12), "", None, 0.9, "1")
    >>> at, so = datetime(2025, 4, 1, tzinfo=UTC), (Mark.of(found),)
    >>> yes = PersonAnswer("", "", "", "", Kind.AFFIRM, Outcome.MET, None, "b", at, Outcome.UNSURE, affirmed=so)
    >>> no = PersonAnswer("", "", "", "", Kind.REJECT, Outcome.NOT_MET, None, "b", at, Outcome.UNSURE, denied=so)
    >>> [each.term for each in counting_findings([found], [yes])], counting_findings([found], [no])
    (['推诿'], ())
    >>> counting_findings([found], []) == (found,)
    True
    """
    speaking = [act for act in acts if act.marks]
    if not speaking:
        return tuple(findings)
    kept, lifted = [], False
    for finding in findings:
        word = word_on(finding, speaking)
        if word is None:
            kept.append(finding)
        elif any(each.means(finding) for each in word.affirmed):
            kept.append(affirmed(finding))
            lifted = True
    return tuple(sorted(kept, key=time_key) if lifted else kept)
