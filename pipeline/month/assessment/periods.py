"""Quarters and years: the months of an agent, a team or the whole line added up, then divided.

Knows months and how they add; which consequences follow from a quarter or a year is in `ledger`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.errors import ConfigurationError
from pipeline.month.assessment.agent_month import AgentMonth, Origin
from pipeline.month.assessment.grades import GradeBasis, grade_of
from pipeline.scorecard import Scorecard
from pipeline.tally import NOTHING, Tally, rounded

PERIOD = re.compile(r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?")


@dataclass(frozen=True, slots=True)
class PeriodResult:
    """Months added up.

    Parameters
    ----------
    period : str
        ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY``.
    months : tuple of str
        The months that had a score, in order.
    tally : Tally
        Points of these months, each month with its qualitative part and its veto; see `add_months`.
    scored_share : float | None
        How much of the points that applied was scored at all, 0..1; None when none applied.
    low, high : float | None
        The ends of the score's interval, 0..100.
    grade : str | None
        None where none is given; `undecided` then says why, in Chinese.
    """

    period: str
    months: tuple[str, ...]
    tally: Tally
    scored_share: float | None
    low: float | None
    high: float | None
    grade: str | None = None
    undecided: str = ""

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100, `rounded`; None when none were.

        Examples
        --------
        >>> PeriodResult("2026-Q3", ("2026-07",), Tally(45, 50), 1.0, 85.0, 95.0).score
        90.0
        """
        return None if self.tally.share is None else rounded(100 * self.tally.share)


def months_of(period: str) -> tuple[str, ...]:
    """The months of a month, quarter or year, in order.

    Raises
    ------
    ValueError
        If it is none of the three.

    Examples
    --------
    >>> months_of("2026-Q2")
    ('2026-04', '2026-05', '2026-06')
    """
    parts = PERIOD.fullmatch(period)
    if parts is None:
        raise ValueError(f"{period!r} is no month (2026-07), quarter (2026-Q3) or year (2026)")
    if parts["month"]:
        return (period,)
    first, last = (1, 12) if not parts["quarter"] else (3 * int(parts["quarter"]) - 2, 3 * int(parts["quarter"]))
    return tuple(f"{parts['year']}-{month:02d}" for month in range(first, last + 1))


def quarter_of(month: str) -> str:
    """The quarter in which a month lies.

    Examples
    --------
    >>> quarter_of("2026-05")
    '2026-Q2'
    """
    year, number = month.split("-")
    return f"{year}-Q{(int(number) + 2) // 3}"


def last_month(today: datetime) -> str:
    """The month before that of a day, as ``YYYY-MM``.

    Examples
    --------
    >>> last_month(datetime(2026, 1, 15))
    '2025-12'
    """
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def next_period(period: str) -> str:
    """The next period of the same length.

    Examples
    --------
    >>> next_period("2026-12"), next_period("2026-Q4"), next_period("2026")
    ('2027-01', '2027-Q1', '2027')
    """
    months = months_of(period)
    year, number = (int(part) for part in months[-1].split("-"))
    after = f"{year + number // 12}-{number % 12 + 1:02d}"
    return {1: after, 3: quarter_of(after), 12: after[:4]}[len(months)]


def add_months(months: Sequence[AgentMonth], period: str, card: Scorecard) -> PeriodResult:
    """The months of a period added up; months of other periods are left out.

    Parameters
    ----------
    months : sequence of AgentMonth
        Those of one agent; of the agents of a team; of all. In any order.
    period : str
        ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY``.

    Raises
    ------
    ConfigurationError
        If months of another scorecard are among them: points of two scorecards do not add up.

    Note
    ----
    Points awarded and possible are added and divided once, so a month counts by the points that it had. A month
    enters with its own score: a vetoed month has nothing of what was possible, and a qualitative part counts by
    the points of its month. The ends of the interval are added alike; a month without an interval enters with its
    score at both ends. No grade is given when less than `least_scored` was scored, or when the interval reaches
    over a grade line. Revisions of one scorecard add up; the grade lines are those of `card`.

    Examples
    --------
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.scorecard import find_scorecard
    >>> def month(name, awarded, possible):
    ...     part = CriterionMonth("A", "", 100, Tally(awarded, possible), 1, 0, 0, origins=((Origin.CALLS, 100.0),))
    ...     return AgentMonth("1001", "林", name, "kf01", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0)
    >>> both = month("2026-07", 10, 10), month("2026-08", 45, 90)
    >>> quarter = add_months(both, "2026-Q3", find_scorecard("kf01"))
    >>> quarter.score, quarter.months
    (55.0, ('2026-07', '2026-08'))
    """
    within = set(months_of(period))
    own = sorted(
        (month for month in months if month.month in within),
        key=lambda month: (month.month, month.agent_id or "", month.agent_name or ""),
    )  # always in the same order: floats added in another may round otherwise
    if others := sorted({month.scorecard for month in own} - {card.name}):
        raise ConfigurationError(
            f"{period}: months by {', '.join(others)} do not add up with months by {card.name}"
        )
    return _grade_period(_sum_months(own, period, card.few_calls), card)


def _sum_months(own: Sequence[AgentMonth], period: str, few_calls: int) -> PeriodResult:
    """The months added, without a grade."""
    low, tally, high = (Tally.sum(_points(month, end, few_calls) for month in own) for end in range(3))
    origins = [month.origins for month in own]
    applied = sum(sum(each.values()) - each.get(Origin.NOT_APPLICABLE, 0.0) for each in origins)
    scored = sum(each.get(origin, 0.0) for each in origins for origin in Origin if origin.scored)
    return PeriodResult(
        period=period,
        months=tuple(sorted({month.month for month in own if month.score is not None})),
        tally=tally,
        scored_share=scored / applied if applied else None,
        low=None if low.share is None else 100 * low.share,
        high=None if high.share is None else 100 * high.share,
    )


def _points(month: AgentMonth, end: int, few_calls: int) -> Tally:
    """The tally that a month adds: its score, or an end of the interval, out of the points that were possible."""
    if month.unrounded is None:
        return NOTHING
    low, high = month.ends(few_calls)
    score = (low, month.unrounded, high)[end]
    possible = month.tally.possible
    return Tally((month.unrounded if score is None else score) / 100 * possible, possible)


def _grade_period(result: PeriodResult, card: Scorecard) -> PeriodResult:
    grade, undecided = grade_of(card, GradeBasis(result.score, result.low, result.high, result.scored_share))
    return replace(result, grade=grade, undecided=undecided)
