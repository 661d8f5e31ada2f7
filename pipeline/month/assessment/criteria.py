"""One criterion over one month: what it is judged from, and how one value of the month becomes its points.

Knows calls, doubts and origins; how a level is reached is in `levels`, the value of a formula in `formulas`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.call import Status
from pipeline.evaluation import Answer, Outcome
from pipeline.month.assessment.asked import Asked
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.interval import Doubt
from pipeline.month.assessment.month import CriterionMonth, Origin
from pipeline.scorecard import Criterion, Scored, shown

DECIDED = (Outcome.MET, Outcome.PARTLY_MET, Outcome.NOT_MET)
OPEN = (Outcome.UNSURE, Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON, Outcome.COUNTED)
LOW_QUALITY = ("poor_transcript", "no_speech")
"""Reasons of calls that were talked in, or should have been, and could not be judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion over the month, and the doubts of the answers behind its points."""

    month: CriterionMonth
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A call with its answer to one criterion, None where it was exempt, and what its points are scaled by."""

    scored: ScoredCall
    answer: Answer | None
    scale: float

    @property
    def decided(self) -> bool:
        """Whether the call has a judgement of it."""
        return self.answer is not None and self.answer.outcome in DECIDED


@dataclass(frozen=True, slots=True)
class Taken:
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

    own: tuple[Answered, ...]
    timed: tuple[ScoredCall, ...]
    num_poor: int


def ruled(criterion: Criterion) -> float:
    """The share of a criterion that calls answer."""
    return sum(share for part, share in zip(criterion.parts, criterion.weights(), strict=True) if part.rule)


def origins_of(
    month: CriterionMonth, criterion: Criterion, shares: dict[Origin, float]
) -> tuple[tuple[Origin, float], ...]:
    """The shares in points; a bonus has a source, but none of the points of the standard."""
    points = 0.0 if criterion.bonus else month.points
    return tuple((origin, points * share) for origin, share in shares.items() if share)


def once(
    month: CriterionMonth,
    criterion: Criterion,
    asked: Asked,
    scored: Scored,
    weight: float,
    origin: Origin,
    unheard: float = 0.0,
) -> Judged:
    """The points of one value of the month; where none were possible it was not applicable."""
    if not scored.tally.possible and not (scored.tally.awarded or criterion.bonus):
        return Judged(replace(month, origins=origins_of(month, criterion, {Origin.NOT_APPLICABLE: 1.0})))
    tally = scored.tally * factor(month, asked, weight)
    shares = {origin: 1.0 - unheard, Origin.LOW_QUALITY: unheard}
    sentence, printed = month.sentence, asked.scorecard.points_of[criterion.id]
    if month.points != printed:
        now = shown(scored.tally.awarded * month.points / printed)
        sentence += f"；本月此项按天数折合分值 {shown(month.points)} 分，得 {now} 分"
    origins = origins_of(month, criterion, shares)
    sure = replace(month, tally=tally, low=tally.awarded, high=tally.awarded)
    return Judged(replace(sure, origins=origins, sentence=sentence, open=0))


def factor(month: CriterionMonth, asked: Asked, weight: float) -> float:
    """By what the points of one value are multiplied: the calls that it counts as, and the month's own points."""
    return weight * month.points / asked.scorecard.points_of[month.criterion_id]


def without(month: CriterionMonth, criterion: Criterion, origin: Origin, why: str) -> Judged:
    """No points, and why."""
    origins = origins_of(month, criterion, {origin: 1.0})
    return Judged(replace(month, origins=origins, sentence=f"{criterion.title}：{why}"))


def low_quality(scored: ScoredCall) -> bool:
    """Whether a call could not be judged because it was badly heard."""
    return scored.status is Status.UNSCORABLE and scored.reason in LOW_QUALITY
