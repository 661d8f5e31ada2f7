"""The answers to the criteria of one call: outcomes, items, levels and points, and who gave them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.enums import TitledEnum
from pipeline.scorecard import AnsweredBy
from pipeline.tally import NOTHING, Tally

Source: TypeAlias = Literal["machine", "suggestion", "person"]
"""By whom an item is answered; a suggestion is the machine's, and counts nowhere."""


class Outcome(TitledEnum):
    """The outcome of a criterion; the title is shown where no level says it."""

    MET = "met", "符合"
    PARTLY_MET = "partly_met", "部分符合"
    NOT_MET = "not_met", "不符合"
    NOT_APPLICABLE = "not_applicable", "不适用"
    UNSURE = "unsure", "听不清，待复核"  # applies, but cannot be made out in the transcript; waits for a person
    NEEDS_FEED = "needs_feed", "缺外部数据"  # waits for an outside feed
    NEEDS_PERSON = "needs_person", "待人工"  # waits for a person's judgement
    COUNTED = "counted", "计入月度指标"  # counts into a value of the whole month

    @property
    def decided(self) -> bool:
        """Whether the criterion was met, partly or not: the only outcomes that can carry points.

        Examples
        --------
        >>> [outcome.value for outcome in Outcome if outcome.decided]
        ['met', 'partly_met', 'not_met']
        """
        return self in (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET)

    @classmethod
    def left_to(cls, source: AnsweredBy) -> Outcome:
        """The outcome of a criterion of which a single call tells nothing, by who will.

        Examples
        --------
        >>> Outcome.left_to("feed").title
        '缺外部数据'
        """
        return {"calls": cls.COUNTED, "feed": cls.NEEDS_FEED, "person": cls.NEEDS_PERSON}[source]

    @classmethod
    def of_share(cls, share: float) -> Outcome:
        """The outcome by how much was met, 0..1.

        Examples
        --------
        >>> [Outcome.of_share(share).value for share in (1.0, 0.6, 0.0)]
        ['met', 'partly_met', 'not_met']
        """
        return cls.MET if share >= 1.0 else cls.PARTLY_MET if share > 0 else cls.NOT_MET


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """What is said of one item of a criterion.

    Parameters
    ----------
    id : str
        The item's; see `scorecard.Item`.
    share : float | None
        How much of it was met, 0..1; None where that is not decided, or it does not apply.
    level : str | None
        The level that a person gave.
    findings : tuple[int, ...]
        The evidence: positions in the call's list of findings.
    reasons : tuple[str, ...]
        In Chinese: what is missing, or what the person says.
    """

    id: str
    outcome: Outcome
    share: float | None = None
    level: str | None = None
    findings: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    source: Source = "machine"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The judgement on one criterion of one call.

    Parameters
    ----------
    level : str | None
        The level's name on the scorecard (符合, 基本符合 …); None when no points are at stake.
    tally : Tally
        Points of what the call answers by itself; ``Tally(0, 0)`` for not applicable and open criteria, which so
        leave the denominator, and for what a formula scores once a month.
    findings : tuple[int, ...]
        The evidence: positions in the call's list of findings.
    reasons : tuple[str, ...]
        In Chinese, a sentence for each point lost or left open.
    source : str
        ``machine`` or ``person``.
    confidence : float
        Probability that the answer is right, 0..1: of what was heard, by whom, and of what was not heard.
    items : tuple of ItemAnswer
        What is said of each item, in the order of the scorecard; empty where a call is not asked.
    given : Tally
        Points of the items that only people answer, as far as one did on this call.
    """

    criterion_id: str
    outcome: Outcome
    level: str | None
    tally: Tally
    findings: tuple[int, ...]
    reasons: tuple[str, ...]
    source: str = "machine"
    confidence: float = 1.0
    items: tuple[ItemAnswer, ...] = ()
    given: Tally = NOTHING

    @property
    def id(self) -> str:
        """What is answered: the criterion."""
        return self.criterion_id

    def item(self, item_id: str) -> ItemAnswer | None:
        """What is said of one item; None where it is not asked."""
        return next((each for each in self.items if each.id == item_id), None)


Said: TypeAlias = Answer | ItemAnswer
"""What is said of a criterion, or of one item of it."""


@dataclass(frozen=True, slots=True)
class Override:
    """The decision of a person on one item or criterion, in place of what the rules say; it is certain.

    Parameters
    ----------
    outcome : Outcome
        One that a call can be given.
    level : str | None
        The level's name on the scorecard; None where the criterion has none.
    share : float | None
        Of the points, 0..1, where points are at stake and no level tells.
    reason : str
        In Chinese, who decided it and why.
    """

    outcome: Outcome
    level: str | None = None
    share: float | None = None
    reason: str = ""
