"""The wages: the bases from which amounts are computed, of each person and month.

Knows the feed ``wages``; not what is paid (`pipeline.month.payroll`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Wage:
    """The bases of one person in one month, in yuan; None where the feed does not give one.

    Parameters
    ----------
    wage, bonus, team_bonus : float | None
        The month's wage; what a coefficient multiplies by the own result, and by the team's.
    heads : str
        The team that the person heads, or ``全部``; empty for nobody's head.
    """

    wage: float | None = None
    bonus: float | None = None
    team_bonus: float | None = None
    heads: str = ""


def wages_of(table: pd.DataFrame | None) -> Mapping[tuple[str, str], Wage]:
    """The wages in the table of their feed, by month and agent; none without it.

    Examples
    --------
    >>> rows = {"month": ["2026-10"], "agent_id": ["1001"], "wage": [6000.0], "bonus": [None]}
    >>> wages_of(pd.DataFrame(rows))
    {('2026-10', '1001'): Wage(wage=6000.0, bonus=None, team_bonus=None, heads='')}
    """
    if table is None:
        return {}
    return {(str(row["month"]), str(row["agent_id"])): _wage(row) for row in _rows(table)}


def _rows(table: pd.DataFrame) -> Iterator[dict[str, object]]:
    names = [str(name) for name in table]
    for values in table.itertuples(index=False, name=None):
        yield dict(zip(names, values, strict=True))


def _wage(row: Mapping[str, object]) -> Wage:
    def yuan(name: str) -> float | None:
        value = row.get(name)
        return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type,call-overload]

    heads = row.get("heads")
    return Wage(yuan("wage"), yuan("bonus"), yuan("team_bonus"), heads if isinstance(heads, str) else "")
