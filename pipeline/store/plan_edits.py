"""Edits of improvement plans as they are kept: added over the drafted rows, never changed.

Knows that nobody's edit is lost unseen: who edits must have seen the last one.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select

from pipeline.access.audit import ACTIONS, Note
from pipeline.errors import ConfigurationError
from pipeline.month.plan_edits import PlanEdit, PlannedRow, numbered, planned
from pipeline.store import planned as tables
from pipeline.store.audit import noted
from pipeline.store.closings import plan_rows
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Values

ACTIONS["plan_edit"] = "修改改进计划"
FIELDS = ("month", "standard", "agent_id", "criterion_id", "number", "cause", "actions", "owner", "due", "by")


class PlanEdits:
    """The part of the store that keeps what people wrote into plans."""

    engine: Engine

    def edit_plan(self, edit: PlanEdit, seen: int) -> PlanEdit:
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
            if edit.key not in dict(numbered(plan_rows(connection, edit.month, edit.standard))):
                raise ConfigurationError(
                    f"{edit.month} {edit.standard} 的改进计划里没有 {edit.agent_id} 的这一行，"
                    "可能已重新计算，请刷新页面"
                )
            own = [e for e in _edits(connection, edit.month, edit.standard, edit.agent_id) if e.key == edit.key]
            if own and own[-1].id != seen:
                raise ConfigurationError(f"{own[-1].by} 刚刚改过这一行，您的修改没有保存；请核对后再改")
            values = {name: getattr(edit, name) for name in FIELDS} | {"actions": list(edit.actions)}
            at = datetime.now(UTC)
            statement = insert(tables.plan_edits).values(values | {"at": at}).returning(tables.plan_edits.c.id)
            number = connection.execute(statement).scalar_one()
            about = f"{edit.standard} {edit.month} {edit.agent_id} {edit.criterion_id}"
            old = _written(own[-1]) if own else None
            noted(connection, Note(edit.by, "plan_edit", about, old, _written(edit)))
            return replace(edit, at=at, id=number)

    def plan_edits(self, month: str, standard: str, agent_id: str | None = None) -> tuple[PlanEdit, ...]:
        """Everything written into the plan of a month and standard, of one agent or of all, in order."""
        with reading(self.engine) as connection:
            return _edits(connection, month, standard, agent_id)

    def planned_rows(self, month: str, standard: str, agent_id: str) -> tuple[PlannedRow, ...]:
        """One agent's plan as people left it."""
        with reading(self.engine) as connection:
            rows = [row for row in plan_rows(connection, month, standard) if row.agent_id == agent_id]
            return planned(rows, _edits(connection, month, standard, agent_id))


def _edits(connection: Connection, month: str, standard: str, agent_id: str | None) -> tuple[PlanEdit, ...]:
    c = tables.plan_edits.c
    query = select(tables.plan_edits).where(c.month == month, c.standard == standard).order_by(c.id)
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
