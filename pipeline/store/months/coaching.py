"""Coaching tasks as they are kept: acts are added, and none is ever changed or taken out, not even by SQL.

Knows that nothing is proposed twice and that no act follows that cannot; what may follow is in
`pipeline.month.coaching`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Table, TypedColumns, insert, select

from pipeline.access.audit import Action, Note
from pipeline.errors import ConfigurationError
from pipeline.month.coaching import Act, ActKind, Listening, Proposal, Task, tasks_of
from pipeline.month.coaching.task import same_need
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Json, Text, metadata


class CoachingActColumns(TypedColumns):
    """One row an act, in the order done. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    task_id: Named[int]  # the id of the first act of the task; 0 in that one
    agent_id: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    due: Named[str | None] = Column(Text)
    coach: Named[str] = Column(Text)  # whom the task is given to; empty in every other act
    proposal: Named[Any] = Column(Json, nullable=True)  # the fields of `Proposal`
    note: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


coaching_acts: Table[Any] = Table(
    "coaching_acts",
    metadata,
    CoachingActColumns,
    Index("ix_coaching_acts_agent_id", "agent_id", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Coaching:
    """The coaching tasks."""

    engine: Engine

    def propose(self, acts: Iterable[Act], coach: str = "") -> tuple[Task, ...]:
        """The tasks that were made of proposals; one for which there is a task already makes none.

        Parameters
        ----------
        coach : str
            Who has them at once: who proposes them takes them on, anybody else is given them.
        """
        made: list[int] = []
        with writing_alone(self.engine, "coaching_acts, audit") as connection:
            tasks = _tasks(connection)
            for act in acts:
                if act.proposal is None or any(same_need(task, act.proposal) for task in tasks):
                    continue
                first = _add(connection, act, act.proposal)
                if coach:
                    kind = ActKind.TAKEN if coach == act.by else ActKind.ASSIGNED
                    given = "" if coach == act.by else coach
                    _add(connection, Act(kind, act.by, act.at, task_id=first.id, coach=given), act.proposal)
                made.append(first.id)
                tasks = (*tasks, Task(first.id, act.proposal, (first,)))
            return tuple(task for task in _tasks(connection) if task.id in made)

    def add(self, act: Act, last: int | None = None) -> Task:
        """The task after one more act.

        Parameters
        ----------
        last : int | None
            The id of the last act that the person had seen; None where nobody looked.

        Raises
        ------
        ConfigurationError
            In Chinese: there is no such task, the act cannot follow what was done, or somebody else has acted.
        """
        with writing_alone(self.engine, "coaching_acts, audit") as connection:
            task = next((each for each in _tasks(connection) if each.id == act.task_id), None)
            if task is None:
                raise ConfigurationError(f"没有编号为 {act.task_id} 的辅导任务；callqa coaching list 列出全部")
            if last is not None and task.acts[-1].id != last:
                raise ConfigurationError(f"辅导任务 {task.id} 刚刚有人改过，您的操作没有保存；请刷新后再定")
            if refusal := task.refusal(act.kind):
                raise ConfigurationError(refusal)
            return replace(task, acts=(*task.acts, _add(connection, act, task.proposal)))

    def tasks(self, agent_id: str | None = None) -> tuple[Task, ...]:
        """The tasks of all agents, or of one, in the order proposed."""
        with reading(self.engine) as connection:
            return _tasks(connection, agent_id)


def _tasks(connection: Connection, agent_id: str | None = None) -> tuple[Task, ...]:
    query = select(coaching_acts).order_by(coaching_acts.c.id)
    if agent_id is not None:
        query = query.where(coaching_acts.c.agent_id == agent_id)
    return tasks_of(_to_act(row) for row in connection.execute(query))


def _add(connection: Connection, act: Act, about: Proposal) -> Act:
    values = {
        "task_id": act.task_id,
        "agent_id": about.agent_id,
        "kind": act.kind.value,
        "due": act.due.isoformat() if act.due else None,
        "coach": act.coach,
        "proposal": asdict(act.proposal) if act.proposal else None,
        "note": act.note,
        "by": act.by,
        "at": act.at,
    }
    statement = insert(coaching_acts).values(values).returning(coaching_acts.c.id)
    key = connection.execute(statement).scalar_one()
    subject = f"{about.standard} {about.month} {about.agent_id} {about.criterion_id}"
    new = {"task": act.task_id or key, "due": values["due"]} | ({"coach": act.coach} if act.coach else {})
    # What an agent wrote stays out of the log: it may repeat what a customer said.
    why = "" if act.kind is ActKind.SEEN else act.note
    noted(connection, Note(act.by, Action(f"coaching_{act.kind.value}"), subject, None, new, why))
    return replace(act, id=key)


def _to_act(row: AnyRow) -> Act:
    return Act(
        kind=ActKind(row.kind),
        by=row.by,
        at=row.at,
        note=row.note,
        task_id=row.task_id,
        due=date.fromisoformat(row.due) if row.due else None,
        coach=row.coach,
        proposal=_to_proposal(row.proposal) if row.proposal else None,
        id=row.id,
    )


def _to_proposal(written: dict[str, Any]) -> Proposal:
    calls = tuple(Listening(**each) for each in written["calls"])
    return Proposal(**written | {"calls": calls})
