"""The roster: the team of each agent on each day.

Knows the feed ``roster``; not what is measured on whom (`feeds`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd


@dataclass(frozen=True, slots=True)
class Membership:
    """One agent in one team, both days included; `last_day` is None while it lasts."""

    agent_id: str
    name: str
    team: str
    first_day: date
    last_day: date | None

    def holds(self, first: date, last: date) -> bool:
        """Whether it holds on any of these days, both included.

        Examples
        --------
        >>> Membership("1001", "林", "甲组", date(2025, 3, 1), None).holds(date(2025, 2, 1), date(2025, 3, 1))
        True
        """
        return self.first_day <= last and (self.last_day is None or self.last_day >= first)


@dataclass(frozen=True, slots=True)
class Roster:
    """Every membership by agent, in the order of time."""

    by_agent: Mapping[str, tuple[Membership, ...]]

    @staticmethod
    def of(table: pd.DataFrame | None) -> Roster:
        """The roster in the table of its feed; an empty one without it.

        Examples
        --------
        >>> rows = {"agent_id": ["1001"], "name": "林", "team": "甲组", "first_day": pd.Timestamp("2025-03-01")}
        >>> roster = Roster.of(pd.DataFrame(rows))
        >>> roster.team("1001", date(2025, 3, 15))
        '甲组'
        """
        by_agent: dict[str, tuple[Membership, ...]] = {}
        if table is not None:
            ends = table["last_day"] if "last_day" in table else [pd.NaT] * len(table)
            rows = zip(table["agent_id"], table["name"], table["team"], table["first_day"], ends, strict=True)
            for agent_id, name, team, first, last in sorted(rows, key=lambda row: (row[0], row[3])):
                own = Membership(agent_id, name, team, first.date(), None if pd.isna(last) else last.date())
                by_agent[agent_id] = (*by_agent.get(agent_id, ()), own)
        return Roster(by_agent)

    @staticmethod
    def of_rows(rows: Iterable[Membership]) -> Roster:
        """The roster of memberships, in whatever order.

        Examples
        --------
        >>> row = Membership("1001", "林", "甲组", date(2025, 3, 1), None)
        >>> Roster.of_rows([row]).team("1001", date(2025, 3, 2))
        '甲组'
        """
        by_agent: dict[str, tuple[Membership, ...]] = {}
        for row in sorted(rows, key=lambda each: (each.agent_id, each.first_day)):
            by_agent[row.agent_id] = (*by_agent.get(row.agent_id, ()), row)
        return Roster(by_agent)

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """Every membership, by agent and in order of time."""
        return tuple(row for own in self.by_agent.values() for row in own)

    def team(self, agent_id: str, day: date) -> str | None:
        """The agent's team on a day.

        Examples
        --------
        >>> first = Membership("1001", "林", "甲组", date(2025, 3, 1), date(2025, 3, 15))
        >>> then = Membership("1001", "林", "乙组", date(2025, 3, 16), None)
        >>> roster = Roster({"1001": (first, then)})
        >>> roster.team("1001", date(2025, 3, 15)), roster.team("1001", date(2025, 3, 16))
        ('甲组', '乙组')
        """
        return next((own.team for own in self.by_agent.get(agent_id, ()) if own.holds(day, day)), None)

    def name(self, agent_id: str) -> str | None:
        """The agent's name, as the latest row gives it.

        Examples
        --------
        >>> first = Membership("1001", "林", "甲组", date(2025, 3, 1), date(2025, 3, 15))
        >>> then = Membership("1001", "林", "乙组", date(2025, 3, 16), None)
        >>> roster = Roster({"1001": (first, then)})
        >>> roster.name("1001"), roster.name("1002")
        ('林', None)
        """
        own = self.by_agent.get(agent_id)
        return own[-1].name if own else None

    def agents(self, first: date, last: date) -> Iterator[str]:
        """The agents who are in a team on any of these days.

        Examples
        --------
        >>> first = Membership("1001", "林", "甲组", date(2025, 3, 1), date(2025, 3, 15))
        >>> then = Membership("1001", "林", "乙组", date(2025, 3, 16), None)
        >>> roster = Roster({"1001": (first, then)})
        >>> list(roster.agents(date(2025, 2, 1), date(2025, 2, 28)))
        []
        """
        for agent_id, own in self.by_agent.items():
            if any(membership.holds(first, last) for membership in own):
                yield agent_id

    def teams(self, agents: pd.Series, at: pd.Series) -> pd.Series:
        """The team of each row, by its agent and the day of its instant; missing where the roster has none.

        Examples
        --------
        >>> first = Membership("1001", "林", "甲组", date(2025, 3, 1), date(2025, 3, 15))
        >>> then = Membership("1001", "林", "乙组", date(2025, 3, 16), None)
        >>> roster = Roster({"1001": (first, then)})
        >>> at = pd.to_datetime(pd.Series(["2025-03-15", "2025-03-16"])).dt.tz_localize("Asia/Shanghai")
        >>> roster.teams(pd.Series(["1001", "1001"]), at).tolist()
        ['甲组', '乙组']
        """
        days = at.dt.tz_localize(None).dt.normalize()
        pairs = pd.DataFrame({"agent": agents, "day": days})
        teams = {
            pair: self.team(pair[0], pair[1].date()) for pair in pairs.drop_duplicates().itertuples(False, None)
        }
        return pd.Series(
            [teams[pair] for pair in pairs.itertuples(False, None)], index=agents.index, dtype="object"
        )
