"""Who was an agent in a month, under which name and in which team: whom an account may rate and coach."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.desk.visit import Visit
from pipeline.month.assessment.month_card import days_of


def agents_of(visit: Visit, month: str) -> Mapping[str, tuple[str, str | None]]:
    """Who was an agent in the month by the roster or by calls: name, and the last team of the month."""
    days = list(days_of(month))
    known: dict[str, tuple[str, str | None]] = {
        agent: ("", None) for agent in visit.store.calls.agents(month) if agent is not None
    }
    for membership in visit.store.roster.memberships():  # by agent and day: the last one of the month stays
        if membership.holds(days[0], days[-1]):
            known[membership.agent_id] = (membership.name, membership.team)
    return known


def admit_agent(visit: Visit, month: str, agent: str, what: str) -> tuple[str, str | None]:
    """The name and team of an agent of the month; 404 where there is none, and 403, noted, outside the scope.

    Parameters
    ----------
    what : str
        What was tried with somebody else's agent, in Chinese, for the log.
    """
    known = agents_of(visit, month)
    if agent not in known:
        visit.refuse(f"{month} 没有坐席 {agent}：花名册和通话里都没有", 404)
    name, team = known[agent]
    if not visit.scope.holds(agent, team):
        visit.forbid(f"{month} {agent}"[:200], what)
    return name, team
