"""One criterion over one month: what it is judged from, and how one value of the month becomes its points.

Knows calls, doubts and origins; how a level is reached is in `levels`, the value of a formula in `formulas`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.call import Status
from pipeline.evaluation import Answer, Outcome
from pipeline.month.assessment.agent_month import CriterionMonth, Origin
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.interval import Doubt
from pipeline.month.assessment.month_card import MonthCard
from pipeline.scorecard import Criterion, Scored, shown
from pipeline.tally import Tally

OPEN = (Outcome.UNSURE, Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON, Outcome.COUNTED)
LOW_QUALITY = ("poor_transcript", "no_speech")
"""Reasons of calls that were talked in, or should have been, and could not be judged."""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion over the month, and what is doubtful about its points.

    Parameters
    ----------
    doubts : tuple of Doubt
        Of the answers behind its points.
    failed : bool
        The value of the month earned nothing, also without points: what a 一票否决 asks.
    by_call : tuple of (str, Tally)
        The points of each call that has some.
    reach : tuple of float
        By how many points the value of as many other calls might lie below and above; see `chance`.
    """

    month: CriterionMonth
    doubts: tuple[Doubt, ...] = ()
    failed: bool = False
    by_call: tuple[tuple[str, Tally], ...] = ()
    reach: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """A call with its answer to one criterion, None where it was exempt, and what its points are scaled by."""

    scored: ScoredCall
    answer: Answer | None
    scale: float

    @property
    def decided(self) -> bool:
        """Whether the call has a judgement of the criterion."""
        return self.answer is not None and self.answer.outcome.decided


@dataclass(frozen=True, slots=True)
class CriterionCalls:
    """The calls that somebody took, as one criterion sees them.

    Parameters
    ----------
    own : tuple of Answered
        The evaluated ones.
    timed : tuple of ScoredCall
        All that are not exempt, whatever became of them: how long it rang is known of a call that was badly heard.
    num_poor : int
        Those too badly heard to be judged; they take no points, but are shown among the origins.
    """

    own: tuple[CallAnswer, ...]
    timed: tuple[ScoredCall, ...]
    num_poor: int


@dataclass(frozen=True, slots=True)
class ScoringTask:
    """One criterion to be scored over one month.

    Parameters
    ----------
    card : MonthCard
        The scorecard as it applies to whom the month is of, with the feeds.
    calls : CriterionCalls
        The calls as the criterion sees them.
    weight : float
        The number of calls that a value of the whole month counts as; see `levels.weight_of_month`.
    """

    criterion: Criterion
    card: MonthCard
    calls: CriterionCalls
    weight: float


def share_by_calls(criterion: Criterion) -> float:
    """The share of a criterion's points that calls answer, 0..1; the rest is for feeds and people.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> share_by_calls(card.criterion("KF01-4")), share_by_calls(card.criterion("KF01-1"))
    (1.0, 0)
    """
    return sum(share for part, share in zip(criterion.parts, criterion.weights(), strict=True) if part.counts)


def origins_of(
    month: CriterionMonth, criterion: Criterion, shares: dict[Origin, float]
) -> tuple[tuple[Origin, float], ...]:
    """The shares of each origin in points; a bonus has a source, but none of the points of the scorecard.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> criterion = find_scorecard("kf01").criterion("KF01-4")
    >>> month = CriterionMonth(criterion.id, criterion.title, 10, NOTHING, 4, 1, 0)
    >>> origins_of(month, criterion, {Origin.CALLS: 0.8, Origin.NOT_APPLICABLE: 0.2, Origin.NO_FEED: 0.0})
    ((<Origin.CALLS: 'A'>, 8.0), (<Origin.NOT_APPLICABLE: 'not_applicable'>, 2.0))
    """
    points = 0.0 if criterion.bonus else month.points
    return tuple((origin, points * share) for origin, share in shares.items() if share)


def score_once(
    task: ScoringTask, month: CriterionMonth, scored: Scored, origin: Origin, unheard: float = 0.0
) -> CriterionResult:
    """The points of one value of the month; where none were possible the criterion was not applicable.

    Parameters
    ----------
    scored : Scored
        The value scored out of the points that the scorecard prints.
    unheard : float
        The share, 0..1, of the calls that were too badly heard to count into the value.

    Examples
    --------
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> scorecard = find_scorecard("kf01")
    >>> criterion = scorecard.criterion("KF01-5")
    >>> card = MonthCard(scorecard, "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> task = ScoringTask(criterion, card, CriterionCalls((), (), 0), weight=20.0)  # counts as much as 20 calls
    >>> month = CriterionMonth(criterion.id, criterion.title, card.points(criterion.id), NOTHING, 0, 0, 0)
    >>> score_once(task, month, Scored(Tally(4, 5), ""), Origin.PERSON).month.tally
    Tally(awarded=80.0, possible=100.0)
    """
    criterion = task.criterion
    if not scored.tally.possible and not (scored.tally.awarded or criterion.bonus):
        origins = origins_of(month, criterion, {Origin.NOT_APPLICABLE: 1.0})
        return CriterionResult(replace(month, origins=origins), failed=scored.failed)
    tally = scored.tally * factor(task, month)
    shares = {origin: 1.0 - unheard, Origin.LOW_QUALITY: unheard}
    sentence, scale = month.sentence, _scale(task, month)
    if scale != 1.0:
        now = shown(scored.tally.awarded * scale)
        sentence += f"；本月此项按天数折合分值 {shown(month.points)} 分，得 {now} 分"
    origins = origins_of(month, criterion, shares)
    sure = replace(month, tally=tally, low=tally.awarded, high=tally.awarded)
    return CriterionResult(replace(sure, origins=origins, sentence=sentence, open=0), failed=scored.failed)


def factor(task: ScoringTask, month: CriterionMonth) -> float:
    """The factor of the points of a value: the calls that it counts as, times the share of the printed points.

    Examples
    --------
    >>> from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> scorecard = find_scorecard("kf01")
    >>> criterion = scorecard.criterion("KF01-5")
    >>> card = MonthCard(scorecard, "2026-07", NO_FEEDS, Assessee("agent", "1001"))
    >>> month = CriterionMonth(criterion.id, "", scorecard.points_of["KF01-5"] / 2, NOTHING, 0, 0, 0)
    >>> factor(ScoringTask(criterion, card, CriterionCalls((), (), 0), weight=20.0), month)
    10.0
    """
    return task.weight * _scale(task, month)


def _scale(task: ScoringTask, month: CriterionMonth) -> float:
    """The points of the month as a multiple of the printed ones; 1 for a 一票否决 that has none."""
    printed = task.card.scorecard.points_of[month.criterion_id]
    return month.points / printed if printed else 1.0


def no_points(criterion: Criterion, month: CriterionMonth, origin: Origin, why: str) -> CriterionResult:
    """A month without points of a criterion, with the origin and the Chinese sentence that say why.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> criterion = find_scorecard("kf01").criterion("KF01-5")
    >>> month = CriterionMonth(criterion.id, criterion.title, 5, NOTHING, 0, 0, 0)
    >>> result = no_points(criterion, month, Origin.NO_PERSON, "待人工评定").month
    >>> result.earned, result.origins, result.sentence
    (None, ((<Origin.NO_PERSON: 'no_person'>, 5.0),), '聆听技巧：待人工评定')
    """
    origins = origins_of(month, criterion, {origin: 1.0})
    return CriterionResult(replace(month, origins=origins, sentence=f"{criterion.title}：{why}"))


def low_quality(scored: ScoredCall) -> bool:
    """Whether a call could not be judged because it was badly heard.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> whys = ("no_speech", "no_answer")
    >>> [low_quality(ScoredCall(call, Status.UNSCORABLE, why, "", None, (), None, None)) for why in whys]
    [True, False]
    """
    return scored.status is Status.UNSCORABLE and scored.reason in LOW_QUALITY
