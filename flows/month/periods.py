"""Months by name, and closed months added up to a quarter or a year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from flows.policy.library import scorecard_of
from flows.policy.revisions import card_of, standard_name
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.calls import UNASSIGNED
from pipeline.month.assessment.closing import ClosingState
from pipeline.month.assessment.periods import PeriodResult, add_months, last_month, months_of
from pipeline.month.workbook.wording import person
from pipeline.store import Store


def period_results(store_url: str, period: str, scorecard: str) -> tuple[tuple[str, PeriodResult], ...]:
    """Each agent, each team and the whole line over the closed months of a quarter or a year, each with its name.

    The grade lines are those of the revision by which the last of these months was closed.

    Raises
    ------
    ConfigurationError
        If it is no period, or none of its months is closed.
    """
    settings = load_settings()
    standard = standard_name(scorecard, settings)
    try:
        months = months_of(period)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    with Store.open(store_url, create=False) as store:
        closed = [
            (closing, row)
            for closing, row in store.months.shown()
            if closing.state is ClosingState.CLOSED and closing.standard == standard and row.month in months
        ]
        last = max((closing for closing, _ in closed), key=lambda closing: closing.month, default=None)
        card = scorecard_of(scorecard, settings) if last is None else card_of(store, last, settings)
    if not closed:
        raise ConfigurationError(
            f"no month of {period} is closed by {card.name}; close one: callqa month {months[0]} --close --by NAME"
        )
    return tuple((name, add_months(own, period, card)) for name, own in _named([row for _, row in closed]))


def _named(rows: Sequence[AgentMonth]) -> Iterator[tuple[str, list[AgentMonth]]]:
    """The months of each agent, of each team, of nobody and of all, each with its name in the table.

    What people gave counts for agents alone, so a team is its agents; its own month stands in where it has none.
    All are the agents and the calls without one, so the lines of the table add up to the last.
    """
    agents = [row for row in rows if row.agent_id is not None]
    nobody = [row for row in rows if row.agent_id is None and row.team is None]
    for agent in sorted({row.agent_id or "" for row in agents}):
        own = [row for row in agents if row.agent_id == agent]
        name = next((row.agent_name for row in reversed(own) if row.agent_name), None)
        yield person(agent, name), own
    staffed = {(row.team, row.month) for row in agents}
    alone = [row for row in rows if row.agent_id is None and (row.team, row.month) not in staffed]
    for team in sorted({row.team for row in rows if row.team is not None}):
        yield team, [row for row in (*agents, *alone) if row.team == team]
    if any(row.score is not None for row in nobody):
        yield UNASSIGNED, nobody
    yield "合计", [*agents, *nobody]


def valid_month(month: str) -> str:
    """The month as it was typed, where it is one.

    Raises
    ------
    ConfigurationError
        If it is not ``YYYY-MM`` of this century.

    Examples
    --------
    >>> valid_month("2026-10")
    '2026-10'
    """
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise ConfigurationError(f"{month!r} is not a month; write it like 2026-10")
    return month


def month_before(month: str) -> str:
    """The month before a month, both as ``YYYY-MM``.

    Examples
    --------
    >>> month_before("2026-01")
    '2025-12'
    """
    return last_month(datetime.strptime(month, "%Y-%m"))
