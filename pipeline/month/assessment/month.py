"""One agent, one month: what every sheet, page and ledger reads.

Knows what a month consists of; how it is computed is in `assess`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.scorecard import shown
from pipeline.tally import NOTHING, Tally
from pipeline.timeline import Seconds


class Origin(StrEnum):
    """Where an item's points came from, or why it has none. The first three carry points."""

    CALLS = "A"
    FEED = "E"
    PERSON = "M"
    NOT_APPLICABLE = "not_applicable"
    NO_CALLS = "no_calls"  # nothing was evaluated that could answer it
    LOW_QUALITY = "low_quality"  # calls too badly heard to be judged
    NO_FEED = "no_feed"
    NO_PERSON = "no_person"


@dataclass(frozen=True, slots=True)
class CriterionMonth:
    """One criterion over a month.

    Parameters
    ----------
    points : float
        What it is worth, in the month.
    tally : Tally
        Summed over the evaluated calls; a value of the whole month counts as much as its printed points do against
        the items that calls answer.
    answered, not_applicable, open : int
        Evaluated calls: answered, not applicable, left to a feed or a person. They add up to the evaluated ones
        for a criterion that is asked of each call.
    low, high : float
        Points awarded at the ends of the interval, in the unit of `tally.awarded`.
    origins : tuple of pairs
        Where `points` came from; sums to `points`.
    value : float | None
        The month's value where a formula scores it.
    counted : Tally
        Numerator and denominator behind the value.
    sentence : str
        评分依据 of a criterion with a value of the month, in Chinese; empty for one judged by call.
    drawn : tuple of str
        The calls of the draw, where the standard asks for one.
    """

    criterion_id: str
    title: str
    points: float
    tally: Tally
    answered: int
    not_applicable: int
    open: int
    low: float = 0.0
    high: float = 0.0
    origins: tuple[tuple[Origin, float], ...] = ()
    value: float | None = None
    counted: Tally = NOTHING
    sentence: str = ""
    drawn: tuple[str, ...] = ()

    @property
    def earned(self) -> float | None:
        """The month's points out of `points`; None when nothing was possible."""
        share = self.tally.share
        return None if share is None else self.points * share


@dataclass(frozen=True, slots=True)
class AgentMonth:
    """One agent, one month, by one revision of one scorecard.

    Parameters
    ----------
    agent_id : str | None
        None for the calls that have no agent (`agent_name` is then ``未分配``), for a team and for the whole line.
    month : str
        ``YYYY-MM`` in Asia/Shanghai.
    evaluated, unscorable, failed : int
        Calls by outcome; every call of the agent is in exactly one.
    speed_of_answer_s : float | None
        Mean ring to answer over the inbound calls that were answered and where it is known, in seconds.
    within_three_rings : Tally
        Calls answered within the rings that the scorecard allows, out of the calls in which that was judged.
    banned_wording : int
        Times the agent used banned wording, in the evaluated calls.
    apologies_owed, apologies_given : int
        Evaluated calls in which the customer complained, and those among them with a sincere apology after it.
    team : str | None
        By the roster, at the end of the month.
    qualitative : tuple of float | None
        What a person gave beside the formulas, and the percent that the formulas count; None where the standard
        has no such part.
    vetoed : str
        The auto-fail criterion of the month that was not met; nothing is then left.
    low, high : float | None
        The ends of the score's interval, 0..100.
    grade : str | None
        None where none is given; `undecided` then says why, in Chinese.
    """

    agent_id: str | None
    agent_name: str | None
    month: str
    scorecard: str
    revision: int
    evaluated: int
    unscorable: int
    failed: int
    criteria: tuple[CriterionMonth, ...]
    speed_of_answer_s: Seconds | None
    within_three_rings: Tally
    banned_wording: int
    apologies_owed: int
    apologies_given: int
    team: str | None = None
    qualitative: tuple[float, float] | None = None
    vetoed: str = ""
    low: float | None = None
    high: float | None = None
    grade: str | None = None
    undecided: str = ""

    @property
    def calls(self) -> int:
        """All calls of the month."""
        return self.evaluated + self.unscorable + self.failed

    @property
    def tally(self) -> Tally:
        """Points over all criteria."""
        return Tally.sum(criterion.tally for criterion in self.criteria)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100; None when none were."""
        return self.score_of(self.tally)

    def score_of(self, tally: Tally) -> float | None:
        """The score that such a tally gives under this month's qualitative part and veto."""
        if tally.share is None:
            return None
        if self.vetoed:
            return 0.0
        if self.qualitative is None:
            return 100 * tally.share
        given, percent = self.qualitative
        return percent * tally.share + given

    @property
    def scored_share(self) -> float | None:
        """How much of the points that applied was scored at all, 0..1; None when none applied."""
        origins = self.origins
        total = sum(points for origin, points in origins.items() if origin is not Origin.NOT_APPLICABLE)
        scored = sum(origins.get(origin, 0.0) for origin in (Origin.CALLS, Origin.FEED, Origin.PERSON))
        return scored / total if total else None

    @property
    def origins(self) -> dict[Origin, float]:
        """Where the points came from, and how many had no source; they sum to the points of the standard."""
        sums = dict.fromkeys(Origin, 0.0)
        for criterion in self.criteria:
            for origin, points in criterion.origins:
                sums[origin] += points
        return {origin: points for origin, points in sums.items() if points}

    @property
    def result(self) -> str:
        """Score, interval and grade in a few Chinese words."""
        if self.score is None:
            return "没有可计分的项目"
        between = "" if self.low is None or self.high is None else f"（{shown(self.low)}–{shown(self.high)}）"
        return f"{shown(self.score)} 分{between} {self.grade or self.undecided or '未定级'}".strip()
