"""The counts behind each indicator, row by row of its feed.

Knows what the columns mean for an indicator; not whose rows they are, nor of which month (`feeds`).
A time that is missing has not happened: where it was due, it is not in time. A yes or no, a kind or a number that
is missing is unknown: the row is in no denominator, and is counted as unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.indicators.clock import hours_of_the_clock, nights
from pipeline.indicators.registry import HOURS, INDICATORS, MINUTES, WORKING_DAYS
from pipeline.indicators.working_days import WorkingDays


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """What each row adds: numerator, denominator, and 1 where nobody filled in what is needed; all floats.

    `month` is the month of each row where the rows are not those of the feed, but the hours or nights of the month.
    """

    count: pd.Series
    of: pd.Series
    unknown: pd.Series
    month: pd.Series | None = None


def counts(indicator: str, table: pd.DataFrame, limit: float | None, days: WorkingDays) -> Counts:
    """What each row of a feed adds to an indicator.

    Parameters
    ----------
    limit : float | None
        In the indicator's own measure; None only for one that needs none.

    Examples
    --------
    >>> table = pd.DataFrame({"accurate": pd.Series([True, False, None], dtype="boolean")})
    >>> counted = counts("orders.accuracy", table, None, WorkingDays())
    >>> counted.count.tolist(), counted.of.tolist(), counted.unknown.tolist()
    ([1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0])
    """
    if indicator in _PLAIN:
        return _PLAIN[indicator](table)
    if indicator in _OF_HOURS:
        return _OF_HOURS[indicator](table, limit)
    clock = _CLOCKS[indicator]
    took = _took(table, clock.start, clock.end, INDICATORS[indicator].limit_in, days)
    in_time = (took <= limit).astype("boolean")
    return _share(in_time if clock.also is None else clock.also(table, in_time), clock.applies(table))


def _took(table: pd.DataFrame, start: str, end: str, unit: str, days: WorkingDays) -> pd.Series:
    """The time taken in each row, in the unit of the limit; missing where it has not happened."""
    if unit == WORKING_DAYS:
        return days.between(table[start], table[end])
    return _seconds(table, start, end) / {MINUTES: 60, HOURS: 3600}[unit]


def _seconds(table: pd.DataFrame, start: str, end: str) -> pd.Series:
    took: pd.Series = (table[end] - table[start]).dt.total_seconds()
    return took


def _share(met: pd.Series, applies: pd.Series) -> Counts:
    """The rows that were met, of those that apply; unknown where either is missing and would matter."""
    unknown = applies.isna() | (applies.fillna(False) & met.isna())
    of = applies.fillna(False) & ~unknown
    return Counts((met.fillna(False) & of).astype(float), of.astype(float), unknown.astype(float))


def _mean(values: pd.Series) -> Counts:
    """Values to be averaged; a missing one is unknown."""
    known = values.notna()
    return Counts(values.fillna(0.0).astype(float), known.astype(float), (~known).astype(float))


def _is(table: pd.DataFrame, column: str) -> pd.Series:
    """是 or 否, missing where it was left empty; 否 where the table does not have the column."""
    if column not in table:
        return pd.Series(False, index=table.index, dtype="boolean")
    return table[column].astype("boolean")


def _named(table: pd.DataFrame, column: str, word: str) -> pd.Series:
    """Whether a column holds a word, missing where it is empty."""
    return (table[column] == word).astype("boolean").where(table[column].notna())


def _all(table: pd.DataFrame) -> pd.Series:
    return pd.Series(True, index=table.index, dtype="boolean")


def _happened(table: pd.DataFrame, column: str) -> pd.Series:
    return table[column].notna().astype("boolean")


def _complaints(table: pd.DataFrame) -> pd.Series:
    return _named(table, "kind", "complaint")


def _suggestions(table: pd.DataFrame) -> pd.Series:
    return _named(table, "kind", "suggestion")


def _of_severity(word: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda table: _complaints(table) & _named(table, "severity", word)


def _urgent(table: pd.DataFrame) -> pd.Series:
    """Urgent ones of any kind; where nobody said whether, unknown for a request, and no for any other kind."""
    if "kind" not in table:
        return _is(table, "urgent")
    request = _named(table, "kind", "request")
    return _is(table, "urgent").where(table["urgent"].notna() | request.fillna(True), False)


def _general(table: pd.DataFrame) -> pd.Series:
    """一般诉求: requests of the day that are not urgent."""
    return _named(table, "kind", "request") & ~_is(table, "urgent") & ~_is(table, "night")


def _at_night(table: pd.DataFrame) -> pd.Series:
    """Requests that came at night and are not urgent."""
    return _named(table, "kind", "request") & ~_is(table, "urgent") & _is(table, "night")


def _within_days(table: pd.DataFrame, days: int) -> pd.Series:
    """Whether a ticket was closed after so many midnights at most; no while it is open."""
    midnights = (table["closed_at"].dt.normalize() - table["created_at"].dt.normalize()).dt.days
    within: pd.Series = (midnights <= days).astype("boolean")
    return within


def _unfinished(table: pd.DataFrame) -> pd.Series:
    """Requests not done on their day; those of the night that are not urgent have the next day too."""
    has_next_day = _is(table, "night") & ~_is(table, "urgent")
    in_time = _within_days(table, 0) | (has_next_day & _within_days(table, 1))
    return _named(table, "kind", "request") & ~in_time


def _first_reply(table: pd.DataFrame) -> Counts:
    """Minutes to the first reply; a chat that nobody replied to was waited for until its end."""
    waited = _seconds(table, "asked_at", "first_reply_at")
    if "ended_at" in table:
        waited = waited.fillna(_seconds(table, "asked_at", "ended_at"))
    return _mean(waited / 60)


def _calls(part: pd.Series, whole: pd.Series) -> Counts:
    """Calls out of calls, hour by hour; an hour of which either is missing is unknown."""
    part, whole = part.astype("Float64"), whole.astype("Float64")
    unknown = part.isna() | whole.isna()
    count, of = (each.mask(unknown).fillna(0).astype(float) for each in (part, whole))
    return Counts(count, of, unknown.astype(float))


def _of_clock(rows: pd.DataFrame, part: str, whole: str, limit: float | None) -> Counts:
    """The hours or nights with calls of which some were taken, and where there is a limit such a share of them."""
    calls, taken = rows[whole], rows[part]
    enough = (taken > 0) & (taken >= (limit or 0.0) * calls - 1e-9)
    counted = _share(enough.astype("boolean"), (calls > 0).astype("boolean"))
    return Counts(counted.count, counted.of, counted.unknown, rows["month"])


def _waited(table: pd.DataFrame, limit: float | None) -> Counts:
    """The calls of hours in which callers waited no longer than so many seconds on average."""
    in_time = (table["queue_wait"] <= limit).astype("Float64")
    offered = table["offered"].astype("Float64")
    return _calls(offered * in_time.where(offered > 0, 0), offered)


_PLAIN: Mapping[str, Callable[[pd.DataFrame], Counts]] = {
    "tickets.first_contact": lambda t: _share(_is(t, "first_contact"), _all(t)),
    "tickets.record_errors": lambda t: _mean(t["record_errors"]),
    "tickets.complaints_resolved": lambda t: _share(_is(t, "resolved"), _complaints(t)),
    "tickets.same_day": lambda t: _share(_within_days(t, 0), _general(t)),
    "tickets.next_day": lambda t: _share(_within_days(t, 1), _at_night(t)),
    "tickets.progress_told": lambda t: _share(_is(t, "progress_told"), _unfinished(t)),
    "tickets.reason_given": lambda t: _share(_is(t, "reason_given"), _of_severity("unreasonable")(t)),
    "tickets.minor_on_the_spot": lambda t: _share(_is(t, "first_contact"), _of_severity("minor")(t)),
    "tickets.closed": lambda t: _share(_happened(t, "closed_at"), _all(t)),
    "tickets.accuracy": lambda t: _share(_is(t, "accurate"), _all(t)),
    "orders.accuracy": lambda t: _share(_is(t, "accurate"), _all(t)),
    "satisfaction.score": lambda t: _mean(t["score"]),
    "satisfaction.empathy": lambda t: _mean(t["empathy"]),
    "callbacks.rate": lambda t: _share(_happened(t, "called_back_at"), _all(t)),
    "exams.score": lambda t: _mean(t["score"]),
    "chat.first_reply": _first_reply,
    "hours.answered": lambda t: _calls(t["answered"], t["offered"]),
    "hours.forwarded": lambda t: _calls(t["forwarded"], t["after_hours"]),
    "hours.served": lambda t: _calls(t["offered"] - t["busy"] - t["abandoned"], t["offered"]),
    "hours.lines_free": lambda t: _calls(t["offered"] - t["busy"], t["offered"]),
    "hours.stayed": lambda t: _calls(t["offered"] - t["busy"] - t["abandoned"], t["offered"] - t["busy"]),
}
"""Indicators without a limit."""

_OF_HOURS: Mapping[str, Callable[[pd.DataFrame, float | None], Counts]] = {
    "hours.staffed": lambda t, limit: _of_clock(hours_of_the_clock(t), "answered", "offered", limit),
    "hours.nights_forwarded": lambda t, limit: _of_clock(nights(t), "forwarded", "after_hours", limit),
    "hours.waited_in_time": _waited,
}
"""Indicators of the calls of an hour, with the limit that an hour or a night must keep."""


@dataclass(frozen=True, slots=True)
class _Clock:
    """The rows that are asked, the two instants between which the clock runs, and what else makes a row met."""

    applies: Callable[[pd.DataFrame], pd.Series]
    start: str
    end: str
    also: Callable[[pd.DataFrame, pd.Series], pd.Series] | None = None


_CLOCKS: Mapping[str, _Clock] = {
    "tickets.complaints_in_time": _Clock(_complaints, "created_at", "closed_at"),
    "tickets.urgent_in_time": _Clock(_urgent, "created_at", "responded_at"),
    # The work order follows the work: while it is not done, none is due.
    "tickets.urgent_handled": _Clock(
        *(_urgent, "created_at", "responded_at"),
        lambda t, in_time: in_time & (~_happened(t, "closed_at") | _is(t, "work_order")),
    ),
    "tickets.dispatched_in_time": _Clock(_general, "created_at", "dispatched_at"),
    "tickets.general_handled": _Clock(
        *(_general, "created_at", "dispatched_at"), lambda t, in_time: in_time & _within_days(t, 0)
    ),
    "tickets.replied_in_days": _Clock(lambda t: ~_is(t, "first_contact"), "created_at", "replied_at"),
    "tickets.forwarded_in_minutes": _Clock(_complaints, "created_at", "forwarded_at"),
    "tickets.major_forwarded": _Clock(_of_severity("major"), "created_at", "forwarded_at"),
    # What was settled at first contact has had its reply.
    "tickets.major_replied": _Clock(
        *(_of_severity("major"), "created_at", "replied_at"), lambda t, in_time: in_time | _is(t, "first_contact")
    ),
    "tickets.verified_in_days": _Clock(_complaints, "created_at", "verified_at"),
    "tickets.suggestions_in_days": _Clock(_suggestions, "created_at", "assessed_at"),
    "orders.checked_in_minutes": _Clock(_all, "created_at", "checked_at"),
    "callbacks.in_days": _Clock(_all, "served_at", "called_back_at"),
}
"""Indicators of a clock with a limit."""

FEED_INDICATORS = frozenset(_PLAIN) | frozenset(_OF_HOURS) | frozenset(_CLOCKS)
"""Every indicator that is measured on a feed."""
