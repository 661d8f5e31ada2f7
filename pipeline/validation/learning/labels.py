"""A label: what a person said of one stretch of a call, kept as a fact to learn from and to measure by.

Knows what a label is and how a judgement becomes one; not how a classifier learns from it (`models`), nor where it
is kept (`store`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.enums import TitledEnum
from pipeline.findings import Finding
from pipeline.findings.finding import FLAG, SHADOW
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.learning.registry import phrase_criterion


class Source(TitledEnum):
    """The source of a label. Generated ones are for a start; only the others tell how good a classifier is."""

    REVIEW = "review", "复核"
    DISPUTE = "dispute", "申诉"
    IMPORT = "import", "导入"
    GENERATED = "generated", "生成"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's judgement of a stretch of a call: whether the criterion is there, who said so, and when.

    Parameters
    ----------
    at : datetime
        Timezone-aware.
    """

    holds: bool
    by: str
    at: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Label:
    """One judgement of a person on one criterion in one turn.

    Parameters
    ----------
    criterion : str
        What is judged: ``complaint``, ``sincere_apology``, ``empathy``, ``impatience``, ``shirking``,
        ``vague_answer``, ``over_promise``, ``proactive_offer``, ``plan_with_time``; or one term of a lexicon,
        as `phrase_criterion` names it.
    holds : bool
        Whether the criterion is there.
    call_id, agent_id : str, str | None
        Of which call and agent: both keep training and test apart.
    span : Span
        Where to listen, in seconds of the recording.
    role : Role
        Who speaks there.
    text, before : str
        What was heard in the turn, and in the turn of the other side before it.
    source : Source
        Who says so.
    by : str
        The person; the generator's name for generated ones.
    at : datetime
        When it was said, timezone-aware.
    gold : bool
        Held out: never trained on, only measured by.
    drawn : bool
        Whether the turn was drawn at random, so that it counts for unbiased estimates in the field.
    machine : float | None
        The probability that the live model gave when the person judged; None where none was live.
    rate : float
        With which probability the turn was drawn, where it was; turns that were likelier to be drawn stand for
        fewer others.

    Raises
    ------
    ValueError
        If the rate is not in (0, 1], the machine's probability not in [0, 1], or the instant without a zone.
    """

    criterion: str
    holds: bool
    call_id: str
    agent_id: str | None
    span: Span
    role: Role
    text: str
    before: str
    source: Source
    by: str
    at: datetime
    gold: bool = False
    drawn: bool = False
    machine: float | None = None
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise ValueError(f"a turn is drawn with a probability in (0, 1], not {self.rate}")
        if self.machine is not None and not 0 <= self.machine <= 1:
            raise ValueError(f"a machine's probability lies in [0, 1]: {self.machine}")
        if self.at.tzinfo is None:
            raise ValueError(f"a label without a time zone: {self.at}")


@dataclass(frozen=True, slots=True)
class Question:
    """A stretch of a call that a person is asked about; its fields mean what they mean in a `Label`.

    Parameters
    ----------
    why : str
        Why it was chosen: ``random``, ``uncertain``, ``likeliest``, ``diverse``; empty where nobody chose.
    """

    criterion: str
    call_id: str
    agent_id: str | None
    span: Span
    role: Role
    text: str
    before: str
    gold: bool = False
    drawn: bool = False
    machine: float | None = None
    rate: float = 1.0
    why: str = ""

    def label(self, judgement: Judgement) -> Label:
        """The label that a person's judgement gives.

        Examples
        --------
        >>> from datetime import UTC
        >>> question = Question("complaint", "C1", None, Span(1.0, 2.5), Role.CUSTOMER, "投诉", "", machine=0.7)
        >>> label = question.label(Judgement(True, "wang", datetime(2025, 4, 1, tzinfo=UTC), Source.REVIEW))
        >>> label.holds, label.machine, Question.of(label) == question
        (True, 0.7, True)
        """
        return Label(
            criterion=self.criterion,
            holds=judgement.holds,
            call_id=self.call_id,
            agent_id=self.agent_id,
            span=self.span,
            role=self.role,
            text=self.text,
            before=self.before,
            source=judgement.source,
            by=judgement.by,
            at=judgement.at,
            gold=self.gold,
            drawn=self.drawn,
            machine=self.machine,
            rate=self.rate,
        )

    @staticmethod
    def of(label: Label) -> Question:
        """The question that the person of a label was asked."""
        return Question(
            label.criterion,
            label.call_id,
            label.agent_id,
            label.span,
            label.role,
            label.text,
            label.before,
            label.gold,
            label.drawn,
            label.machine,
            label.rate,
        )


def label_of(finding: Finding, hearing: Hearing, judgement: Judgement, criterion: str = "") -> Label:
    """The label of a finding that a person judged, in a review or by upholding a dispute.

    Parameters
    ----------
    criterion : str
        What was judged; where it is left out, the finding's own term, or what a flag or shadow stands for.

    Raises
    ------
    ValueError
        If the finding is of another call, or was measured and not said: it belongs to no turn.

    Examples
    --------
    >>> from datetime import UTC
    >>> from types import SimpleNamespace
    >>> from pipeline.hearing.turns import Turn
    >>> turns = (Turn(0, Role.CUSTOMER, Span(0, 1), "我要投诉", (), 1.0),)
    >>> hearing = SimpleNamespace(call=SimpleNamespace(id="C1", agent_id="1001"), turns=turns)
    >>> found = Finding("C1", "complaint", "complaint", 0, Role.CUSTOMER, Span(0, 1), "", None, 0.8, "1")
    >>> judgement = Judgement(False, "wang", datetime(2025, 4, 1, tzinfo=UTC), Source.REVIEW)
    >>> label = label_of(found, hearing, judgement)
    >>> label.criterion, label.holds, label.machine
    ('complaint/complaint', False, 0.8)
    """
    if finding.call_id != hearing.call.id or finding.turn_index is None:
        raise ValueError(
            f"{finding.detector}/{finding.term} of {finding.call_id} is in no turn of {hearing.call.id}"
        )
    named = finding.term if finding.detector in (FLAG, SHADOW) else phrase_criterion(finding.detector, finding.term)
    label = label_of_turn(hearing, finding.turn_index, criterion or named, judgement)
    return replace(label, machine=finding.confidence)


def label_of_turn(hearing: Hearing, turn_index: int, criterion: str, judgement: Judgement) -> Label:
    """The label of a turn in which the machine found nothing, such as a greeting that it missed.

    Examples
    --------
    >>> from datetime import UTC
    >>> from types import SimpleNamespace
    >>> from pipeline.hearing.turns import Turn
    >>> turns = (Turn(0, Role.CUSTOMER, Span(0, 1), "我要投诉", (), 1.0),)
    >>> hearing = SimpleNamespace(call=SimpleNamespace(id="C1", agent_id="1001"), turns=turns)
    >>> judgement = Judgement(True, "wang", datetime(2025, 4, 1, tzinfo=UTC), Source.REVIEW)
    >>> label_of_turn(hearing, 0, "complaint", judgement).text
    '我要投诉'
    """
    turn = hearing.turns[turn_index]
    return Label(
        criterion=criterion,
        holds=judgement.holds,
        call_id=hearing.call.id,
        agent_id=hearing.call.agent_id,
        span=turn.span,
        role=turn.role,
        text=turn.text,
        before=words_before(hearing, turn_index),
        source=judgement.source,
        by=judgement.by,
        at=judgement.at,
    )


def words_before(hearing: Hearing, turn_index: int) -> str:
    """The words of the last turn of the other side before this one; empty where there is none.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from pipeline.hearing.turns import Turn
    >>> said = [(Role.AGENT, "您好"), (Role.CUSTOMER, "我要投诉")]
    >>> turns = [Turn(n, role, Span(n, n + 1), text, (), 1.0) for n, (role, text) in enumerate(said)]
    >>> words_before(SimpleNamespace(turns=turns), 1), words_before(SimpleNamespace(turns=turns), 0)
    ('您好', '')
    """
    role = hearing.turns[turn_index].role
    others = (turn.text for turn in reversed(hearing.turns[:turn_index]) if turn.role is not role)
    return next(others, "")


def majority_labels(labels: Iterable[Label]) -> tuple[Label, ...]:
    """One label for each criterion and stretch: what most people say there, by the last of them.

    Stretches on which as many people say yes as no are left out: nobody knows what is true there.

    Examples
    --------
    >>> from datetime import UTC
    >>> def label(by, holds):
    ...     who = ("complaint", holds, "C1", None, Span(0, 1), Role.CUSTOMER, "", "", Source.REVIEW, by)
    ...     return Label(*who, datetime(2025, 4, 1, tzinfo=UTC))
    >>> [each.holds for each in majority_labels([label("a", True), label("b", False), label("c", True)])]
    [True]
    >>> majority_labels([label("a", True), label("b", False)])
    ()
    """
    said = defaultdict[tuple[str, str, Span], list[Label]](list)
    for label in labels:
        said[label.criterion, label.call_id, label.span].append(label)
    kept = []
    for own in said.values():
        ayes = sum(label.holds for label in own)
        if 2 * ayes != len(own):
            holds = 2 * ayes > len(own)
            kept.append(max((label for label in own if label.holds is holds), key=lambda label: label.at))
    return tuple(kept)
