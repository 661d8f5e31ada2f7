"""The scorecard as it applies to an agent, a team or the line in a month: points by period, exempt calls, feeds.

Knows the calendar of a scorecard and whose feeds count; not how points are earned.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pipeline.call import SHANGHAI, Call
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds, Ratio, not_filled_in
from pipeline.month.assessment.calls import ScoredCall
from pipeline.scorecard import Period, Scorecard, Value

NO_FEEDS = Feeds.read(None)
"""Nothing from outside."""


@dataclass(frozen=True, slots=True)
class Assessee:
    """The agent, the team or the line whose month it is.

    ``agent`` and ``team`` have an id; ``line`` is everybody; ``nobody`` the calls without an agent, of whom no feed
    tells.
    """

    kind: Literal["agent", "team", "line", "nobody"]
    id: str | None = None

    @property
    def agent_id(self) -> str | None:
        """The agent, if it is one."""
        return self.id if self.kind == "agent" else None

    @property
    def team(self) -> str | None:
        """The team, if it is one."""
        return self.id if self.kind == "team" else None


@dataclass(frozen=True, slots=True)
class MonthCard:
    """The scorecard as it applies to somebody in one month, with the feeds."""

    scorecard: Scorecard
    month: str
    feeds: Feeds
    whose: Assessee

    def ratio(self, indicator: str, limit: float | None = None) -> Ratio | None:
        """The count of an indicator by the feeds; None where they say nothing."""
        tallied = self._tallied(indicator, limit)
        return tallied if tallied is not None and tallied.of > 0 else None

    def measures(self, indicator: str) -> bool:
        """Whether a feed could tell; if it could and does not, the indicator was not asked of them."""
        return self.whose.kind != "nobody" and self.feeds.measures(indicator, self.month)

    def unknown(self, indicator: str, limit: float | None = None) -> str:
        """What nobody filled in for an indicator, as a clause in Chinese; empty where all was, or no feed tells."""
        tallied = self._tallied(indicator, limit)
        return "" if tallied is None else not_filled_in(indicator, tallied.unknown)

    def _tallied(self, indicator: str, limit: float | None) -> Ratio | None:
        """The sums of an indicator, those of nothing known too."""
        if self.whose.kind == "nobody":
            return None
        whose = self.whose
        return self.feeds.measured(indicator, self.month, agent_id=whose.agent_id, team=whose.team, limit=limit)

    def errors_per_ticket(self) -> tuple[tuple[str, int], ...] | None:
        """Each ticket with its errors; None where no feed tells."""
        if self.whose.kind == "nobody":
            return None
        return self.feeds.errors_per_ticket(self.month, agent_id=self.whose.agent_id, team=self.whose.team)

    def person_value(self, item: str) -> Value | None:
        """The level or value that a person gave an agent for a criterion (``KF01-5``) or a part (``KF02-1-2``)."""
        if self.whose.agent_id is None:
            return None
        given = self.feeds.given(self.month, self.whose.agent_id).get(item)
        return None if given is None else given.value

    def person_says(self, item: str) -> str:
        """How a sentence begins that rests on what a person gave: where it was given, if not in a file.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("agent", "1001")).person_says("KF01-5")
        '人工评定'
        """
        given = self.feeds.given(self.month, self.whose.agent_id or "").get(item)
        return f"人工评定（{given.remark}）" if given is not None and given.remark else "人工评定"

    def points(self, criterion_id: str) -> float:
        """The points of a criterion in the month: the mean over its days.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("line")).points("KF01-4")
        15.0
        """
        base = self.scorecard.points_of[criterion_id]
        if not any(criterion_id in period.points for period in self.scorecard.periods):
            return base
        days = list(days_of(self.month))
        return sum(self._points_on(criterion_id, day, base) for day in days) / len(days)

    def _points_on(self, criterion_id: str, day: date, base: float) -> float:
        for period in self.scorecard.periods:
            if criterion_id in period.points and period.first <= day <= period.last:
                return period.points[criterion_id]
        return base

    def scale(self, criterion_id: str, scored: ScoredCall) -> float:
        """The points of a call's answer on its day as a multiple of the printed points.

        Examples
        --------
        >>> from pipeline.call import Direction, Status
        >>> from pipeline.scorecard import find_scorecard
        >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
        >>> card = MonthCard(find_scorecard("kf01"), "2026-07", NO_FEEDS, Assessee("line"))
        >>> card.scale("KF01-4", ScoredCall(call, Status.EVALUATED, "", "", None, (), None, None))
        1.0
        """
        base = self.scorecard.points_of[criterion_id]
        if not base or not self.scorecard.periods or scored.started_at is None:
            return 1.0  # a 一票否决 without points has none on any day
        return self._points_on(criterion_id, scored.started_at.astimezone(SHANGHAI).date(), base) / base

    def exempt(self, scored: ScoredCall) -> dict[str, str]:
        """The criteria that a call is not asked, each with the reason.

        Raises
        ------
        ConfigurationError
            If one is a 一票否决 of the call and others are asked: it took their points when the call was judged.
        """
        at = scored.started_at
        if at is None or not (self.scorecard.periods or self.feeds.has_exemptions):
            return {}
        why: dict[str, str] = {}
        for period in self.scorecard.periods:
            if _within(period, scored):
                why |= dict.fromkeys(period.exempt, f"{period.title}豁免")
        for exemption in self.feeds.exemptions_of(scored.call.agent_id, scored.call.queue, at):
            why |= dict.fromkeys(exemption.items, f"豁免：{exemption.reason}")
        asked = any(c.id not in why for c in self.scorecard.chosen)
        veto = next((c for c in self.scorecard.chosen if c.id in why and c.vetoes_calls), None)
        if asked and veto is not None:
            raise ConfigurationError(
                f"通话 {scored.call.id}：{veto.id} {veto.title} 是一票否决项，不能单独豁免（{why[veto.id]}）："
                "判这通话时已经按它扣过。请从豁免的项目里删去它；判错的通话由人复核改判。"
            )
        return why


def _within(period: Period, scored: ScoredCall) -> bool:
    if scored.started_at is None or (period.queues and scored.call.queue not in period.queues):
        return False
    at = scored.started_at.astimezone(SHANGHAI)
    if not period.first <= at.date() <= period.last:
        return False
    return period.hours is None or period.hours[0] <= at.time() < period.hours[1]


def in_scope(scorecard: Scorecard, call: Call, feeds: Feeds) -> bool:
    """Whether the scorecard is for this call: by its queue, and by the agent's team on its day.

    Examples
    --------
    >>> from pipeline.call import Direction
    >>> from pipeline.scorecard import find_scorecard
    >>> call = Call("C1", "1001", None, "热线", Direction.INBOUND, None, None, None, None, None)
    >>> in_scope(find_scorecard("kf01"), call, NO_FEEDS)
    True
    """
    team = feeds.team(call.agent_id, call.day) if call.agent_id and call.day else None
    return scorecard.applies_to.claims(call.queue, team)


def days_of(month: str) -> Iterator[date]:
    """The days of a month, ``YYYY-MM``.

    Examples
    --------
    >>> len(list(days_of("2028-02")))
    29
    """
    year, number = map(int, month.split("-"))
    for day in range(1, monthrange(year, number)[1] + 1):
        yield date(year, number, day)
