"""The suspicions of one call as people meet them: what was said of each, on which items it bears, the act on it.

Knows what a yes and a no are; what follows from them is in `answers` and `evaluation`, how they look is the desk's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.enums import TitledEnum
from pipeline.evaluation import Outcome
from pipeline.findings import Finding
from pipeline.findings.finding import FLAG
from pipeline.findings.suspicion import affirmed, filed_under, suspected_of
from pipeline.findings.titles import title_of
from pipeline.review.answers import Kind, Mark, Occasion, PersonAnswer, suspicion_id, word_on
from pipeline.scorecard import CallCriterion, Item
from pipeline.timeline import place
from pipeline.titles import Titles

WORDS = ((0.9, "很可能"), (0.7, "多半"), (0.5, "可能"), (0.0, "拿不准"))
"""A probability in words, each from its least share on."""


LISTED = "词库里有这样的话，整句听下来却未必是这个意思；收听后判断"
"""Of what a phrase list has."""


class Standing(TitledEnum):
    """What people made of a suspicion."""

    OPEN = "open", "待确认"
    AFFIRMED = "affirmed", "确认"
    REJECTED = "rejected", "排除"


@dataclass(frozen=True, slots=True)
class Suspected:
    """A suspicion of a call, and the act that says last what is true of it; None where nobody said anything."""

    finding: Finding
    word: PersonAnswer | None = None

    @property
    def id(self) -> str:
        """The name by which acts call it."""
        return suspicion_id(self.finding)

    @property
    def standing(self) -> Standing:
        """What people made of it."""
        if self.word is None:
            return Standing.OPEN
        so = any(mark.means(self.finding) for mark in self.word.affirmed)
        return Standing.AFFIRMED if so else Standing.REJECTED

    @property
    def is_settled(self) -> bool:
        """Whether a dispute was ruled on it, so that no review changes it."""
        return self.word is not None and self.word.source is Occasion.DISPUTE

    def title(self, titles: Titles) -> str:
        """What is suspected, in Chinese."""
        meant = suspected_of(self.finding)
        return meant.title if meant else title_of(affirmed(self.finding), titles)

    @property
    def is_listed(self) -> bool:
        """Whether a phrase list has it: its term was demoted, or the sentence hardly means it."""
        return suspected_of(self.finding) is None

    @property
    def means(self) -> str:
        """The sentence by which a person judges."""
        meant = suspected_of(self.finding)
        return meant.means if meant else LISTED

    def bears_on(self, item: Item) -> bool:
        """Whether an item asks for what it suspects, forbids it, or has something follow from it.

        Examples
        --------
        >>> from pipeline.hearing.turns import Role
        >>> from pipeline.scorecard import find_scorecard
        >>> from pipeline.timeline import Span
        >>> found = Finding("C1", "flag", "complaint", 0, Role.CUSTOMER, Span(1, 2), "给我个说法", "", 0.8, "1")
        >>> asked = find_scorecard("kf01").call_criteria
        >>> [item.id for each in asked for item in each.items if Suspected(found).bears_on(item)]
        ['KF01-4-3']
        """
        if item.rule is None:
            return False
        sure = affirmed(self.finding)
        return any(sought.names(sure) for rule in item.rule.single() for _, sought in rule.sought())

    def act(self, *, so: bool, by: str, at: datetime) -> PersonAnswer:
        """The act of a person who says that it is so, or not.

        Examples
        --------
        >>> from datetime import UTC
        >>> from pipeline.hearing.turns import Role
        >>> from pipeline.timeline import Span
        >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(1, 2), "那您找物业去", "", 0.8, "1")
        >>> act = Suspected(found).act(so=True, by="wang", at=datetime(2025, 4, 1, tzinfo=UTC))
        >>> act.title, act.sentence, act.affirmed[0].term
        ('确认疑似', '人工复核（wang）确认疑似', 'shirking')
        """
        mark = (Mark.of(self.finding),)
        return PersonAnswer(
            call_id=self.finding.call_id,
            scorecard="",
            criterion_id=self.id,
            criterion_digest="",
            kind=Kind.AFFIRM if so else Kind.REJECT,
            outcome=Outcome.MET if so else Outcome.NOT_MET,
            level=None,
            by=by,
            at=at,
            machine_outcome=Outcome.UNSURE,
            affirmed=mark if so else (),
            denied=() if so else mark,
        )


def suspected(findings: Iterable[Finding], acts: Sequence[PersonAnswer] = ()) -> tuple[Suspected, ...]:
    """The suspicions of a call in the order of time, each with what counts of what people said.

    Parameters
    ----------
    findings : iterable of Finding
        As the machine made them.
    acts : sequence of PersonAnswer
        What counts of all that people said of the call.
    """
    flags = (finding for finding in findings if filed_under(finding))
    return tuple(Suspected(f, word_on(f, acts)) for f in sorted(flags, key=lambda f: (f.span, f.term)))


def bearing_on(asked: CallCriterion, of: Iterable[Suspected]) -> tuple[Suspected, ...]:
    """Those that bear on some item of a criterion."""
    return tuple(each for each in of if any(each.bears_on(item) for item in asked.items))


def likelihood(probability: float) -> str:
    """A probability in words and percent, in Chinese.

    Examples
    --------
    >>> likelihood(0.72), likelihood(0.95), likelihood(0.3)
    ('多半是，72%', '很可能是，95%', '拿不准，30%')
    """
    word = next(word for least, word in WORDS if probability >= least)
    return f"{word}{'' if word == WORDS[-1][1] else '是'}，{probability:.0%}"


def subject_title(act: PersonAnswer, titles: Titles) -> str:
    """What an act is about, as people read it: the criterion, or the suspicion with its place.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.findings.titles import shipped_titles
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> found = Finding("C1", "flag", "shirking", 0, Role.AGENT, Span(61.5, 63), "那您找物业去", "", 0.8, "1")
    >>> act = Suspected(found).act(so=True, by="wang", at=datetime(2025, 4, 1, tzinfo=UTC))
    >>> subject_title(act, shipped_titles())
    '01:01 疑似推诿'
    """
    term, at, second = act.criterion_id.rpartition("@")
    if act.scorecard or not at:
        return act.criterion_id
    detector, slash, demoted = term.partition("/")
    title = titles.term(detector, demoted) if slash else titles.term(FLAG, term)
    return f"{place(float(second))} 疑似{title}"
