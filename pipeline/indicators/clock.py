"""The hours of the clock and the nights of a month, each one row, from a table of calls by hour.

Knows the calendar of Asia/Shanghai; an hour or a night of which the table tells nothing is a row of blanks.
"""

from __future__ import annotations

import pandas as pd

_NOON = pd.Timedelta(hours=12)


def hours_of_the_clock(table: pd.DataFrame) -> pd.DataFrame:
    """Every hour of the months in the feed ``hours``, all queues together: `month`, `offered`, `answered`.

    Examples
    --------
    >>> at = pd.to_datetime(["2025-02-01 00:00", "2025-02-01 00:30"]).tz_localize("Asia/Shanghai")
    >>> table = pd.DataFrame({"hour": at, "month": "2025-02", "offered": [3, 1], "answered": [0, 1]})
    >>> hours = hours_of_the_clock(table)
    >>> len(hours), int(hours["offered"].notna().sum()), int(hours["offered"].sum())
    (672, 1, 4)
    """
    return _complete(table, table["hour"].dt.floor("h"), ["offered", "answered"], "h")


def nights(table: pd.DataFrame) -> pd.DataFrame:
    """Every night of the months in the feed ``hours``, from noon to noon: `month`, `after_hours`, `forwarded`.

    A night is of the day on which it begins: three in the morning of the 1st belongs to the month before.

    Examples
    --------
    >>> at = pd.to_datetime(["2025-02-01 22:00", "2025-02-02 03:00"]).tz_localize("Asia/Shanghai")
    >>> table = pd.DataFrame({"hour": at, "month": "2025-02", "after_hours": [3, 1], "forwarded": [0, 1]})
    >>> of = nights(table)
    >>> len(of), int(of["after_hours"].notna().sum()), int(of["after_hours"].sum())
    (28, 1, 4)
    """
    told = table[table["after_hours"].notna() & table["forwarded"].notna()]
    return _complete(table, (told["hour"] - _NOON).dt.floor("D"), ["after_hours", "forwarded"], "D")


def _complete(table: pd.DataFrame, at: pd.Series, columns: list[str], step: str) -> pd.DataFrame:
    """The sums of columns by hour or day, with a row of blanks for each one that is missing in its month."""
    sums = table.loc[at.index, columns].astype("Float64").groupby(at).sum(min_count=1)
    zone = table["hour"].dt.tz
    months = [pd.Period(month, "M") for month in sorted(set(table["month"]))]
    every = [
        pd.date_range(month.start_time, (month + 1).start_time, freq=step, inclusive="left", tz=zone)
        for month in months
    ]
    whole = pd.concat([each.to_series() for each in every]) if every else pd.Series(dtype="datetime64[us]")
    rows = sums.reindex(whole.index)
    rows.insert(0, "month", whole.dt.strftime("%Y-%m") if every else pd.Series(dtype="str"))
    return rows.reset_index(drop=True)
