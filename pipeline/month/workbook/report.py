"""The report that becomes a workbook: a month with everything that stands behind it and follows from it.

Knows how the parts belong together; each of them is computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.month.assessment import AgentMonth, ScoredCall
from pipeline.month.assessment.closing import Closing
from pipeline.month.fairness import FairnessReport
from pipeline.month.ledger.proposals import Proposal
from pipeline.month.overrides import OverridesReport
from pipeline.month.plan import PlanResult, PlanRow
from pipeline.month.tickets import TicketReport
from pipeline.month.tiers import TierRow
from pipeline.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class MonthReport:
    """One month by one scorecard, as it is handed out.

    Parameters
    ----------
    month : str
        ``YYYY-MM``.
    months : tuple of AgentMonth
        One for each agent, as `assess` gives them for `calls`.
    line : AgentMonth
        All calls at once.
    teams : tuple of AgentMonth
        One for each team, named by `agent_name`.
    history : mapping
        The earlier months of each agent, in order, for the chart.
    notices : tuple of str
        What the lint has to say about the scorecard, a line each, in Chinese.
    closing : Closing | None
        What was done with the month; None for figures that nobody keeps.
    earlier : tuple of Closing
        What was done with the same month before, in order.
    plans, plan_results : mapping
        By agent: the plan drafted from this month, and what became of last month's.
    proposals : tuple of Proposal
        What follows from the month for each agent.
    unlisted : frozenset of str | None
        Agents whose calls are not listed: they were judged otherwise since the figures were kept.
    overrides, fairness : OverridesReport, FairnessReport | None
        People against the machine, and points against the line; None where they were not asked for.
    tickets : TicketReport | None
        The tickets of the month against the calls; None where they name no calls.
    tiers : tuple of TierRow
        What was named, suspected and judged, by agent.
    """

    month: str
    scorecard: Scorecard
    months: tuple[AgentMonth, ...]
    calls: tuple[ScoredCall, ...]
    line: AgentMonth
    teams: tuple[AgentMonth, ...] = ()
    history: Mapping[str, tuple[AgentMonth, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    closing: Closing | None = None
    earlier: tuple[Closing, ...] = ()
    plans: Mapping[str, tuple[PlanRow, ...]] = field(default_factory=dict)
    plan_results: Mapping[str, tuple[PlanResult, ...]] = field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    unlisted: frozenset[str | None] = frozenset()
    overrides: OverridesReport | None = None
    fairness: FairnessReport | None = None
    tickets: TicketReport | None = None
    tiers: tuple[TierRow, ...] = ()

    @property
    def by_formula(self) -> bool:
        """Whether the scorecard scores values of the month (表2) rather than levels (KF01)."""
        return any(criterion.scoring for criterion in self.scorecard.chosen)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One agent in the workbook: the month, the calls behind it, the name of the sheet if there is one."""

    month: AgentMonth
    calls: tuple[ScoredCall, ...]
    sheet: str | None
