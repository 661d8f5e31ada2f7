"""The improvement plans of months: drafted with a closing, and the edits of people laid over them.

Knows that no edit is lost unseen: who edits must have seen the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Table, TypedColumns, delete, insert, select

from pipeline.access.audit import Action, Note
from pipeline.errors import ConfigurationError, StoreError
from pipeline.month.plan import PlanEdit, PlanEntry, PlanRow, key_rows, lay_edits
from pipeline.store import tables
from pipeline.store.months.months import closing_history, shown_by_key
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, metadata


class PlanEditColumns(TypedColumns):
    """One row an edit of a row of an improvement plan, in the order written. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    month: Named[str] = Column(Text)
    standard: Named[str] = Column(Text)
    agent_id: Named[str] = Column(Text)
    criterion_id: Named[str] = Column(Text)
    number: Named[int]  # which of the criterion's rows, from 0
    cause: Named[str] = Column(Text)
    actions: Named[Any] = Column(Json, nullable=False)  # [action, …]
    owner: Named[str] = Column(Text)
    due: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


plan_edits: Table[Any] = Table(
    "plan_edits",
    metadata,
    PlanEditColumns,
    Index("ix_plan_edits_month_standard", "month", "standard", "id"),
    sqlite_autoincrement=True,
)
FIELDS = ("month", "standard", "agent_id", "criterion_id", "number", "cause", "actions", "owner", "due", "by")


@dataclass(frozen=True, slots=True)
class Plans:
    """The improvement plans of months, drafted and edited."""

    engine: Engine

    def save(self, closing_id: int, rows: Iterable[PlanRow]) -> None:
        """Keep the improvement plan of a trial or closing, in place of the one that it has.

        Raises
        ------
        StoreError
            If there is no such trial or closing.
        """
        with writing_alone(self.engine, "closings") as connection:
            known = connection.execute(select(tables.closings.c.id).where(tables.closings.c.id == closing_id))
            if known.one_or_none() is None:
                raise StoreError(f"there is no closing {closing_id}: compute the month again, then save its plan")
            connection.execute(delete(tables.plans).where(tables.plans.c.closing_id == closing_id))
            if values := plan_values(closing_id, rows):
                connection.execute(insert(tables.plans), values)

    def rows(self, month: str, standard: str) -> tuple[PlanRow, ...]:
        """The improvement plan of the rows that `months` gives for this month and scorecard."""
        with reading(self.engine) as connection:
            return plan_rows(connection, month, standard)

    def edit(self, edit: PlanEdit, seen: int) -> PlanEdit:
        """The edit as it was written.

        Parameters
        ----------
        seen : int
            The id of the last edit of the row that the person had seen; 0 for none.

        Raises
        ------
        ConfigurationError
            In Chinese: the plan has no such row, or somebody has edited it meanwhile.
        """
        with writing_alone(self.engine, "plan_edits, audit") as connection:
            if edit.key not in dict(key_rows(plan_rows(connection, edit.month, edit.standard))):
                raise ConfigurationError(
                    f"{edit.month} {edit.standard} 的改进计划里没有 {edit.agent_id} 的这一行，"
                    "可能已重新计算，请刷新页面"
                )
            own = [e for e in _edits(connection, edit.month, edit.standard, edit.agent_id) if e.key == edit.key]
            if own and own[-1].id != seen:
                raise ConfigurationError(f"{own[-1].by} 刚刚改过这一行，您的修改没有保存；请核对后再改")
            values = {name: getattr(edit, name) for name in FIELDS} | {"actions": list(edit.actions)}
            at = datetime.now(UTC)
            statement = insert(plan_edits).values(values | {"at": at}).returning(plan_edits.c.id)
            number = connection.execute(statement).scalar_one()
            about = f"{edit.standard} {edit.month} {edit.agent_id} {edit.criterion_id}"
            old = _written(own[-1]) if own else None
            noted(connection, Note(edit.by, Action.PLAN_EDIT, about, old, _written(edit)))
            return replace(edit, at=at, id=number)

    def edits(self, month: str, standard: str, agent_id: str | None = None) -> tuple[PlanEdit, ...]:
        """Everything written into the plan of a month and scorecard, of one agent or of all, in order."""
        with reading(self.engine) as connection:
            return _edits(connection, month, standard, agent_id)

    def of_agent(self, month: str, standard: str, agent_id: str) -> tuple[PlanEntry, ...]:
        """One agent's plan as people left it."""
        with reading(self.engine) as connection:
            rows = [row for row in plan_rows(connection, month, standard) if row.agent_id == agent_id]
            return lay_edits(rows, _edits(connection, month, standard, agent_id))


def _edits(connection: Connection, month: str, standard: str, agent_id: str | None) -> tuple[PlanEdit, ...]:
    c = plan_edits.c
    query = select(plan_edits).where(c.month == month, c.standard == standard).order_by(c.id)
    if agent_id is not None:
        query = query.where(c.agent_id == agent_id)
    return tuple(_to_edit(row) for row in connection.execute(query))


def _written(edit: PlanEdit) -> Values:
    return {"cause": edit.cause, "actions": list(edit.actions), "owner": edit.owner, "due": edit.due}


def _to_edit(row: AnyRow) -> PlanEdit:
    return PlanEdit(
        **{name: getattr(row, name) for name in FIELDS if name != "actions"},
        actions=tuple(row.actions),
        at=row.at,
        id=row.id,
    )


def plan_rows(connection: Connection, month: str, standard: str) -> tuple[PlanRow, ...]:
    """The drafted plan of the rows that are shown of this month and scorecard."""
    shown = shown_by_key(closing_history(connection, month)).get((month, standard))
    if shown is None:
        return ()
    c = tables.plans.c
    query = select(c.row).where(c.closing_id == shown.id).order_by(c.position)
    return tuple(to_plan_row(stored) for stored in connection.scalars(query))


def plan_values(closing_id: int, rows: Iterable[PlanRow]) -> list[Values]:
    """The rows of `plans`."""
    return [
        {"closing_id": closing_id, "position": position, "row": asdict(row)} for position, row in enumerate(rows)
    ]


def to_plan_row(stored: Mapping[str, Any]) -> PlanRow:
    """The problem that was stored as an object."""
    return PlanRow(**{**stored, "actions": tuple(stored["actions"])})
