"""One agent, one month: what every sheet, page and ledger reads.

Knows what a month consists of; how it is computed is in `months`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.enums import TitledEnum
from pipeline.tally import NOTHING, Tally, rounded, shown
from pipeline.timeline import Seconds


class Origin(TitledEnum):
    """The source of a criterion's points, or the reason why it has none. The first three carry points."""

    CALLS = "A", "通话"
    FEED = "E", "外部数据"
    PERSON = "M", "人工"
    NOT_APPLICABLE = "not_applicable", "不适用"
    NO_CALLS = "no_calls", "没有通话"  # nothing was evaluated that could answer it
    LOW_QUALITY = "low_quality", "听不清"  # calls too badly heard to be judged
    NO_FEED = "no_feed", "缺外部数据"
    NO_PERSON = "no_person", "待人工"

    @property
    def scored(self) -> bool:
        """Whether it gives points; the others say why there are none.

        Examples
        --------
        >>> Origin.FEED.scored, Origin.NO_FEED.scored
        (True, False)
        """
        return self in (Origin.CALLS, Origin.FEED, Origin.PERSON)


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing in a call on which a consequence hangs whatever the score.

    Parameters
    ----------
    consequence_id : str
        Of the consequence that asks for it.
    what : str
        The term that was heard, or the criterion that was not met.
    call_id : str
        Empty for what a whole month did not meet.
    at : float | None
        Where to listen, in seconds of the recording.
    """

    consequence_id: str
    what: str
    call_id: str = ""
    at: Seconds | None = None

    @property
    def place(self) -> str:
        """Where it is, as evidence keeps it.

        Examples
        --------
        >>> Incident("警告", "辱骂", "C1", 12.34).place, Incident("警告", "H-2").place
        ('辱骂 C1@12.3', 'H-2')
        """
        where = self.call_id if self.at is None else f"{self.call_id}@{self.at:.1f}"
        return f"{self.what} {where}".strip()


@dataclass(frozen=True, slots=True)
class CriterionMonth:
    """One criterion over a month.

    Parameters
    ----------
    points : float
        What it is worth, in the month.
    tally : Tally
        Summed over the evaluated calls; a value of the whole month counts as much as its printed points do against
        the criteria that calls answer.
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
        The calls of the draw, where the scorecard asks for one.
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
        """The month's points out of `points`; None when nothing was possible.

        Examples
        --------
        >>> CriterionMonth("KF01-3", "普通话", 10, Tally(45, 50), answered=5, not_applicable=0, open=0).earned
        9.0
        """
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
        What a person gave beside the formulas, and the percent that the formulas count; None where the scorecard
        has no such part.
    vetoed : str
        The auto-fail criterion of the month that was not met; nothing is then left.
    low, high : float | None
        The ends of the score's interval, 0..100: doubt about what was heard, and chance in few calls.
    heard : tuple of float | None
        The ends by the doubt about what was heard alone; None where that was not kept apart.
    grade : str | None
        None where none is given; `undecided` then says why, in Chinese.
    incidents : tuple of Incident
        What happened in an agent's calls that a consequence asks for, by consequence, call and time.
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
    incidents: tuple[Incident, ...] = ()
    heard: tuple[float, float] | None = None

    @property
    def calls(self) -> int:
        """All calls of the month.

        Examples
        --------
        >>> AgentMonth("1001", "林", "2026-07", "kf01", 1, 8, 1, 1, (), None, NOTHING, 0, 0, 0).calls
        10
        """
        return self.evaluated + self.unscorable + self.failed

    @property
    def tally(self) -> Tally:
        """Points over all criteria.

        Examples
        --------
        >>> one, other = (CriterionMonth("A", "", p, Tally(a, p), 1, 0, 0) for a, p in [(10, 10), (45, 90)])
        >>> AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (one, other), None, NOTHING, 0, 0, 0).tally
        Tally(awarded=55.0, possible=100.0)
        """
        return Tally.sum(criterion.tally for criterion in self.criteria)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100, `rounded` for grade, rank and eye; None when none were.

        Examples
        --------
        >>> one, other = (CriterionMonth("A", "", p, Tally(a, p), 1, 0, 0) for a, p in [(10, 10), (45, 90)])
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (one, other), None, NOTHING, 0, 0, 0)
        >>> row.score  # not the mean of 100 % and 50 %
        55.0
        """
        return None if self.unrounded is None else rounded(self.unrounded)

    @property
    def unrounded(self) -> float | None:
        """The score as it is added up further: to the interval, to a quarter, to a year."""
        return self.score_of(self.tally)

    def score_of(self, tally: Tally) -> float | None:
        """The score that such a tally gives under this month's qualitative part and veto.

        Examples
        --------
        >>> month = AgentMonth("", "", "", "", 1, 1, 0, 0, (), None, NOTHING, 0, 0, 0, qualitative=(15, 80))
        >>> month.score_of(Tally(45, 50))  # 80 % of what the formulas give, and 15 points from a person
        87.0
        """
        if self.vetoed:
            return 0.0
        if tally.share is None:
            return None
        if self.qualitative is None:
            return 100 * tally.share
        given, percent = self.qualitative
        return percent * tally.share + given

    @property
    def scored_share(self) -> float | None:
        """The share of the points that applied which was scored, 0..1; None when none applied.

        Examples
        --------
        >>> origins = ((Origin.CALLS, 60.0), (Origin.NO_FEED, 20.0), (Origin.NOT_APPLICABLE, 20.0))
        >>> part = CriterionMonth("A", "", 100, Tally(60, 60), 1, 0, 0, origins=origins)
        >>> AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0).scored_share
        0.75
        """
        origins = self.origins
        total = sum(points for origin, points in origins.items() if origin is not Origin.NOT_APPLICABLE)
        scored = sum(points for origin, points in origins.items() if origin.scored)
        return scored / total if total else None

    @property
    def origins(self) -> dict[Origin, float]:
        """The points of the scorecard by where they came from, or why they have no source; they sum to all.

        Examples
        --------
        >>> origins = ((Origin.CALLS, 7.0), (Origin.NO_FEED, 3.0))
        >>> part = CriterionMonth("A", "", 10, NOTHING, 1, 0, 0, origins=origins)
        >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (part, part), None, NOTHING, 0, 0, 0)
        >>> {origin.title: points for origin, points in row.origins.items()}
        {'通话': 14.0, '缺外部数据': 6.0}
        """
        sums = dict.fromkeys(Origin, 0.0)
        for criterion in self.criteria:
            for origin, points in criterion.origins:
                sums[origin] += points
        return {origin: points for origin, points in sums.items() if points}

    def ends(self, few_calls: int) -> tuple[float | None, float | None]:
        """The ends between which its grade must lie: with fewer calls than these, chance counts too.

        Examples
        --------
        >>> ends = {"low": 70.0, "high": 99.0, "heard": (88.0, 92.0)}
        >>> row = AgentMonth("", "", "", "", 1, 9, 0, 0, (), None, NOTHING, 0, 0, 0, **ends)
        >>> row.ends(10), row.ends(5)
        ((70.0, 99.0), (88.0, 92.0))
        """
        return (self.low, self.high) if self.heard is None or self.evaluated < few_calls else self.heard

    @property
    def shares_told(self) -> str:
        """Which share of the interval is doubt about what was heard, and which is few calls, in Chinese.

        Examples
        --------
        >>> ends = {"low": 70.0, "high": 99.0, "heard": (88.0, 92.0)}
        >>> row = AgentMonth("", "", "", "", 1, 9, 0, 0, (), None, NOTHING, 0, 0, 0, **ends)
        >>> row.shares_told
        '其中因听写、角色判断有疑 88–92，其余因为只有 9 通'
        """
        if self.heard is None or self.low is None or self.high is None or self.heard == (self.low, self.high):
            return ""
        low, high = self.heard
        return f"其中因听写、角色判断有疑 {shown(low)}–{shown(high)}，其余因为只有 {self.evaluated} 通"

    @property
    def result(self) -> str:
        """Score, interval and grade in a few Chinese words.

        Examples
        --------
        >>> part = CriterionMonth("A", "", 10, Tally(9, 10), 1, 0, 0)
        >>> row = AgentMonth("", "", "", "", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, low=85, high=93.5)
        >>> row.result
        '90 分（85–93.5） 未定级'
        """
        if self.score is None:
            return "没有可计分的项目"
        between = "" if self.low is None or self.high is None else f"（{shown(self.low)}–{shown(self.high)}）"
        return f"{shown(self.score)} 分{between} {self.grade or self.undecided or '未定级'}".strip()
