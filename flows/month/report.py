"""A month as it is handed out: its figures with what stands behind them.

Knows what a workbook needs of the store; not how the figures are computed (`pipeline.month.assessment`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from flows.month.periods import month_before
from pipeline.call import SHANGHAI
from pipeline.indicators import Feeds
from pipeline.month import plan
from pipeline.month.assessment import AgentMonth, ScoredCall, assess, assess_teams, whole_line
from pipeline.month.assessment.closing import Closing
from pipeline.month.ledger import propose
from pipeline.month.plan import apply_edits
from pipeline.month.workbook import MonthReport
from pipeline.scorecard import Scorecard
from pipeline.store import Store


@dataclass(frozen=True)
class MonthFigures:
    """The figures of a month by one scorecard, and the calls behind them.

    Parameters
    ----------
    rows : tuple of AgentMonth
        A row an agent, and one for calls without an agent.
    teams : tuple of AgentMonth
        A row a team.
    line : AgentMonth
        All calls together.
    """

    rows: tuple[AgentMonth, ...]
    teams: tuple[AgentMonth, ...]
    line: AgentMonth
    calls: tuple[ScoredCall, ...]

    @staticmethod
    def of(card: Scorecard, month: str, calls: tuple[ScoredCall, ...], feeds: Feeds) -> MonthFigures:
        """The figures that a scorecard makes of the calls of a month and the tables from outside.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> MonthFigures.of(find_scorecard("kf01"), "2026-10", (), Feeds.read(None)).rows
        ()
        """
        rows, teams = assess(month, card, calls, feeds), assess_teams(month, card, calls, feeds)
        return MonthFigures(rows, teams, whole_line(month, card, calls, feeds), calls)

    @cached_property
    def agents(self) -> dict[str, AgentMonth]:
        """The rows of agents, by agent."""
        return {row.agent_id: row for row in self.rows if row.agent_id is not None}


def report_of(store: Store, card: Scorecard, closing: Closing, figures: MonthFigures) -> MonthReport:
    """A month as it is handed out: the rows with what stands behind them, plans as people left them."""
    month, standing = closing.month, store.months.standing(card.name)
    agents = figures.agents
    history = defaultdict[str, list[AgentMonth]](list)
    for row in standing:
        if row.month < month and row.agent_id is not None:
            history[row.agent_id].append(row)
    months = [*(row for row in standing if row.month != month), *figures.rows, *figures.teams]
    edits = store.plans.edits(month, card.name)
    before, earlier = month_before(month), defaultdict[str, list[plan.PlanRow]](list)
    for planned in apply_edits(store.plans.rows(before, card.name), store.plans.edits(before, card.name)):
        earlier[planned.agent_id or ""].append(planned)
    return MonthReport(
        month=month,
        scorecard=card,
        months=figures.rows,
        calls=figures.calls,
        teams=figures.teams,
        line=figures.line,
        history={agent: tuple(own) for agent, own in history.items()},
        notices=(*_difference(store, closing, figures), *closing.notices),
        closing=closing,
        earlier=tuple(c for c in store.months.history(month) if c.standard == card.name and c.id < closing.id),
        plans={agent: apply_edits(own, edits) for agent, own in plans_of(card, figures).items()},
        plan_results={agent: plan.review(earlier[agent], row) for agent, row in agents.items() if agent in earlier},
        proposals=tuple(p for p in propose(card, months, store.ledger.entries(card.name)) if p.month == month),
    )


def plans_of(card: Scorecard, figures: MonthFigures) -> dict[str, tuple[plan.PlanRow, ...]]:
    """The improvement plan of each agent, as it is drafted from the agent's month."""
    return {agent: plan.draft(card, row) for agent, row in figures.agents.items()}


def rows_of(store: Store, closing: Closing) -> tuple[AgentMonth, ...]:
    """The rows that are kept under a closing or trial: agents, then teams."""
    return tuple(row for of, row in store.months.shown(closing.month) if of.id == closing.id)


def _difference(store: Store, closing: Closing, figures: MonthFigures) -> tuple[str, ...]:
    """A sentence that the month was closed with other figures; none where it was not."""
    official = store.months.closing(closing.month, closing.standard)
    if official is None or official.id == closing.id:
        return ()
    now = (*figures.rows, *figures.teams)
    changed = sum(before != after for before, after in zip(rows_of(store, official), now, strict=False))
    by = f"{official.by} {official.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return (f"本月已由 {by} 关账；现在重算，有 {changed} 行与关账时不同。正式结果以关账为准。",)
