"""Working days between two instants: Monday to Friday, and what a feed of holidays changes about that.

Knows the calendar of Asia/Shanghai days; holidays are never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Days off between Monday and Friday, and weekends worked in exchange (调休). Both may be empty."""

    off: tuple[pd.Timestamp, ...] = ()
    worked: tuple[pd.Timestamp, ...] = ()

    @staticmethod
    def of(holidays: pd.DataFrame | None) -> WorkingDays:
        """The days off and the weekends worked, of the feed ``holidays``.

        Examples
        --------
        >>> WorkingDays.of(pd.DataFrame({"day": [pd.Timestamp("2025-05-01")], "works": [pd.NA]})).off
        (Timestamp('2025-05-01 00:00:00'),)
        """
        if holidays is None:
            return WorkingDays()
        works = holidays.reindex(columns=["works"])["works"].astype("boolean").fillna(False).astype(bool)
        return WorkingDays(tuple(holidays.loc[~works, "day"]), tuple(holidays.loc[works, "day"]))

    def between(self, start: pd.Series, end: pd.Series) -> pd.Series:
        """Working days after the day of `start`, up to and with the day of `end`; missing where either is.

        The day of the start itself does not count: what comes on a Friday and is answered on Monday took one.

        Examples
        --------
        >>> days = pd.Series(pd.to_datetime(["2025-03-07", "2025-03-10"])).dt.tz_localize("Asia/Shanghai")
        >>> WorkingDays().between(days[:1], days[1:].set_axis([0])).tolist()  # from a Friday to the Monday
        [1.0]
        """
        first, last = (at.dt.tz_localize(None).dt.normalize().dropna() for at in (start, end))
        both = first.index.intersection(last.index)
        if both.empty:
            return pd.Series(np.nan, index=start.index)
        origin, final = first[both].min(), max(first[both].max(), last[both].max())
        days = pd.date_range(origin, final)
        working = ((days.day_of_week < 5) & ~days.isin(list(self.off))) | days.isin(list(self.worked))
        so_far = np.cumsum(working)
        at = [((day[both] - origin) // pd.Timedelta(days=1)).to_numpy() for day in (first, last)]
        return pd.Series(so_far[at[1]] - so_far[at[0]], index=both).reindex(start.index).astype(float)
