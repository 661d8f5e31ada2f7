"""The counts behind each indicator, row by row of its feed: numerator and denominator, both 0 where it is not due.

Knows what the columns mean for an indicator; not whose rows they are, nor of which month (`feeds`).
A time that is missing has not happened: where it was due, it is not in time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pandas as pd

from pipeline.indicators.registry import HOURS, INDICATORS, MINUTES, WORKING_DAYS
from pipeline.indicators.working_days import WorkingDays

Counts: TypeAlias = tuple[pd.Series, pd.Series]
"""Numerator and denominator of each row, both floats."""


def counts(indicator: str, table: pd.DataFrame, limit: float | None, days: WorkingDays) -> Counts:
    """The numerator and the denominator that each row of a feed adds to an indicator.

    Parameters
    ----------
    limit : float | None
        In the indicator's own measure; None only for one that takes none.

    Examples
    --------
    >>> table = pd.DataFrame({"accurate": pd.Series([True, False, None], dtype="boolean")})
    >>> count, of = counts("orders.accuracy", table, None, WorkingDays())
    >>> count.tolist(), of.tolist()
    ([1.0, 0.0, 0.0], [1.0, 1.0, 0.0])
    """
    if indicator in _PLAIN:
        return _PLAIN[indicator](table)
    applies, start, end = _CLOCKS[indicator]
    took = _took(table, start, end, INDICATORS[indicator].limit_in, days)
    return _share(took <= limit, applies(table))


def _took(table: pd.DataFrame, start: str, end: str, unit: str, days: WorkingDays) -> pd.Series:
    """The time taken in each row, in the unit of the limit; missing where it has not happened."""
    if unit == WORKING_DAYS:
        return days.between(table[start], table[end])
    return _seconds(table, start, end) / {MINUTES: 60, HOURS: 3600}[unit]


def _seconds(table: pd.DataFrame, start: str, end: str) -> pd.Series:
    took: pd.Series = (table[end] - table[start]).dt.total_seconds()
    return took


def _share(met: pd.Series, applies: pd.Series) -> Counts:
    return (met & applies).astype(float), applies.astype(float)


def _marked(table: pd.DataFrame, column: str) -> Counts:
    """The rows marked 是, of those marked at all."""
    return _share(_is(table, column), table[column].notna())


def _mean(values: pd.Series) -> Counts:
    """Values to be averaged; a missing one is not."""
    return values.fillna(0.0).astype(float), values.notna().astype(float)


def _is(table: pd.DataFrame, column: str) -> pd.Series:
    """Which rows are marked 是; none where the table does not have the column."""
    if column not in table:
        return pd.Series(False, index=table.index)
    return table[column].fillna(False).astype(bool)


def _all(table: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=table.index)


def _complaints(table: pd.DataFrame) -> pd.Series:
    return table["kind"] == "complaint"


def _suggestions(table: pd.DataFrame) -> pd.Series:
    return table["kind"] == "suggestion"


def _general(table: pd.DataFrame) -> pd.Series:
    """一般诉求: requests that are not urgent."""
    return (table["kind"] == "request") & ~_is(table, "urgent")


def _nights(table: pd.DataFrame) -> Counts:
    """Requests of the night, done by the end of the next day."""
    return _share(_days(table) <= 1, _general(table) & _is(table, "night"))


def _days(table: pd.DataFrame) -> pd.Series:
    """Midnights between creation and closing, missing while a ticket is open."""
    midnights: pd.Series = (table["closed_at"].dt.normalize() - table["created_at"].dt.normalize()).dt.days
    return midnights


def _first_reply(table: pd.DataFrame) -> Counts:
    """Minutes to the first reply; a chat that nobody replied to was waited for until its end."""
    waited = _seconds(table, "asked_at", "first_reply_at")
    if "ended_at" in table:
        waited = waited.fillna(_seconds(table, "asked_at", "ended_at"))
    return _mean(waited / 60)


def _resolved(table: pd.DataFrame) -> Counts:
    return _share(_is(table, "resolved"), _complaints(table) & table["resolved"].notna())


def _of_hours(part: str, whole: str) -> Callable[[pd.DataFrame], Counts]:
    return lambda table: (table[part].fillna(0).astype(float), table[whole].fillna(0).astype(float))


def _served(table: pd.DataFrame) -> Counts:
    """Calls that neither met a busy line nor gave up in the queue."""
    offered = table["offered"].astype(float)
    return offered - (table["busy"].fillna(0) + table["abandoned"].fillna(0)).astype(float), offered


_PLAIN: Mapping[str, Callable[[pd.DataFrame], Counts]] = {
    "tickets.first_contact": lambda t: _marked(t, "first_contact"),
    "tickets.record_errors": lambda t: _mean(t["record_errors"]),
    "tickets.complaints_resolved": _resolved,
    "tickets.same_day": lambda t: _share(_days(t) == 0, _general(t) & ~_is(t, "night")),
    "tickets.next_day": _nights,
    "tickets.closed": lambda t: _share(t["closed_at"].notna(), _all(t)),
    "tickets.accuracy": lambda t: _marked(t, "accurate"),
    "orders.accuracy": lambda t: _marked(t, "accurate"),
    "satisfaction.score": lambda t: _mean(t["score"]),
    "satisfaction.empathy": lambda t: _mean(t["empathy"]),
    "callbacks.rate": lambda t: _share(t["called_back_at"].notna(), _all(t)),
    "exams.score": lambda t: _mean(t["score"]),
    "chat.first_reply": _first_reply,
    "hours.answered": _of_hours("answered", "offered"),
    "hours.forwarded": _of_hours("forwarded", "after_hours"),
    "hours.served": _served,
}
"""Indicators without a limit."""

_CLOCKS: Mapping[str, tuple[Callable[[pd.DataFrame], pd.Series], str, str]] = {
    "tickets.complaints_in_time": (_complaints, "created_at", "closed_at"),
    "tickets.urgent_in_time": (lambda t: _is(t, "urgent"), "created_at", "responded_at"),
    "tickets.dispatched_in_time": (_general, "created_at", "dispatched_at"),
    "tickets.replied_in_days": (lambda t: ~_is(t, "first_contact"), "created_at", "replied_at"),
    "tickets.forwarded_in_minutes": (_complaints, "created_at", "forwarded_at"),
    "tickets.verified_in_days": (_complaints, "created_at", "verified_at"),
    "tickets.suggestions_in_days": (_suggestions, "created_at", "assessed_at"),
    "orders.checked_in_minutes": (_all, "created_at", "checked_at"),
    "callbacks.in_days": (_all, "served_at", "called_back_at"),
}
"""Indicators with a limit: the rows that are asked, and the two instants between which the clock runs."""

FEED_INDICATORS = frozenset(_PLAIN) | frozenset(_CLOCKS)
"""Every indicator that is measured on a feed."""
