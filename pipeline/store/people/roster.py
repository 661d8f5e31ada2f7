"""The roster: which agent is in which team, from which day to which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Engine,
    Named,
    Table,
    TypedColumns,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from pipeline.access.audit import Action, Note
from pipeline.indicators.roster import Membership
from pipeline.store.people.audit import noted
from pipeline.store.queue.draws import lock_draws
from pipeline.store.queue.rows import worklist
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Text, Values, metadata


class MembershipColumns(TypedColumns):
    """One row an agent in a team, both days included; the last day is NULL while it lasts."""

    id: Named[int] = Column(primary_key=True)
    agent_id: Named[str] = Column(Text, index=True)
    name: Named[str] = Column(Text)
    team: Named[str] = Column(Text)
    first_day: Named[date] = Column(Date)
    last_day: Named[date | None] = Column(Date)


memberships = Table("memberships", metadata, MembershipColumns)


@dataclass(frozen=True, slots=True)
class Roster:
    """The roster: which agent is in which team, and when."""

    engine: Engine

    def save(self, rows: Iterable[Membership], by: str) -> int:
        """Replace the roster, unless it is the same; returns how many memberships it has now."""
        new = sorted(set(rows), key=_order)
        with writing_alone(self.engine, "audit") as connection:
            old = sorted(map(_to_membership, connection.execute(select(memberships))), key=_order)
            if old != new:
                connection.execute(delete(memberships))
                if new:
                    connection.execute(insert(memberships), [_membership_values(row) for row in new])
                _reteam(connection)
                noted(connection, Note(by, Action.ROSTER, "", {"memberships": len(old)}, {"memberships": len(new)}))
        return len(new)

    def memberships(self) -> tuple[Membership, ...]:
        """Every membership, by agent and day."""
        with reading(self.engine) as connection:
            return tuple(sorted(map(_to_membership, connection.execute(select(memberships))), key=_order))

    def team_of(self, agent_id: str | None, day: date | None) -> str | None:
        """The agent's team on a day, the newest one where no day is known; None where the roster has none."""
        with reading(self.engine) as connection:
            return team_of(connection, agent_id, day)

    def teams(self) -> tuple[str, ...]:
        """The teams of the roster, by name."""
        with reading(self.engine) as connection:
            return tuple(connection.scalars(select(memberships.c.team).distinct().order_by(memberships.c.team)))


def team_of(connection: Connection, agent_id: str | None, day: date | None) -> str | None:
    """The agent's team on a day; see `Roster.team_of`."""
    if agent_id is None:
        return None
    m = memberships.c
    query = select(m.team).where(m.agent_id == agent_id).order_by(m.first_day.desc()).limit(1)
    if day is not None:
        query = query.where(m.first_day <= day, func.coalesce(m.last_day, date.max) >= day)
    return connection.scalar(query)


def _reteam(connection: Connection) -> None:
    """Let the queue say in which team each call's agent is on its day, by the roster as it is now."""
    lock_draws(connection)
    m, w = memberships.c, worklist.c
    lasts = and_(m.first_day <= w.day, func.coalesce(m.last_day, date.max) >= w.day)
    of_day = select(m.team).where(m.agent_id == w.agent_id, or_(w.day.is_(None), lasts))
    team = of_day.order_by(m.first_day.desc()).limit(1).scalar_subquery()
    connection.execute(update(worklist).where(w.team.is_distinct_from(team)).values(team=team))


def _to_membership(row: AnyRow) -> Membership:
    return Membership(row.agent_id, row.name, row.team, row.first_day, row.last_day)


def _membership_values(row: Membership) -> Values:
    return {
        "agent_id": row.agent_id,
        "name": row.name,
        "team": row.team,
        "first_day": row.first_day,
        "last_day": row.last_day,
    }


def _order(row: Membership) -> tuple[str, date, str]:
    return row.agent_id, row.first_day, row.team
