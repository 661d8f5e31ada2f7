"""Filters of the queue as conditions on its rows, and the rows found by them in indexes alone."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    false,
    func,
    literal_column,
    select,
)

from pipeline.access.accounts import Scope
from pipeline.review.worklist import Filters, Stream, WorklistRow
from pipeline.store.queue.draws import worklist_draws
from pipeline.store.queue.rows import to_row, worklist, worklist_criteria

MOST = 10_000
"""Rows of one order that are counted and paged through; who has more needs another filter."""


def conditions(scope: Scope, filters: Filters) -> list[ColumnElement[bool]]:
    """The conditions on rows of `worklist` that a scope and a filter of the page put."""
    w, f = worklist.c, filters
    where = [
        column == value
        for column, value in (
            (w.agent_id, scope.agent_id),
            (w.team, scope.team if scope.agent_id is None else None),
            (w.status, f.status),
            (w.team, f.team),
            (w.agent_id, f.agent_id),
            (w.assignee, f.assignee),
        )
        if value is not None
    ]
    if f.blind and f.by_judgement:
        where.append(w.call_id.not_in(f.blind))
    if f.first_day is not None:
        where.append(w.day >= f.first_day)
    if f.last_day is not None:
        where.append(w.day <= f.last_day)
    if f.least_score is not None:
        where.append(w.score >= f.least_score)
    if f.most_score is not None:
        where.append(w.score <= f.most_score)
    if f.code is not None:
        where.append(w.codes.bitwise_and(f.code.bit) != 0)
    if f.criterion_id is not None or f.outcome is not None:
        c = worklist_criteria.c
        asked = select(c.call_id)
        if f.criterion_id is not None:
            asked = asked.where(c.criterion_id == f.criterion_id)
        if f.outcome is not None:
            asked = asked.where(c.outcome == f.outcome)
        where.append(w.call_id.in_(asked))
    if f.plan_id is not None:
        # A number that no column could hold is no plan's.
        known = 0 < f.plan_id < 2**31
        drawn = select(worklist_draws.c.call_id).where(worklist_draws.c.plan_id == f.plan_id)
        where.append(w.call_id.in_(drawn) if known else false())
    return where


def count_rows(connection: Connection, where: Sequence[ColumnElement[bool]]) -> int:
    """The number of rows under the conditions, counted up to one more than `MOST`."""
    some = select(literal_column("1")).select_from(worklist).where(*where).limit(MOST + 1).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def read_rows(
    connection: Connection, where: Sequence[ColumnElement[bool]], stream: Stream, skipped: int, number: int
) -> list[WorklistRow]:
    """Some rows of one order. They are found in an index alone, and only those that are shown are read."""
    if number <= 0:
        return []
    w = worklist.c
    order = (w.position.desc(), w.at.desc(), w.call_id.desc())
    ids = select(w.call_id).where(*where, w.stream == int(stream)).order_by(*order).offset(skipped).limit(number)
    found = list(connection.scalars(ids))
    rows = {row.call_id: to_row(row) for row in connection.execute(select(worklist).where(w.call_id.in_(found)))}
    return [rows[call_id] for call_id in found]


def distinct_values(connection: Connection, column: Column[str | None]) -> tuple[str, ...]:
    """The values of an indexed column, found by one look at the index for each instead of one for each row."""
    own = column.table.alias()
    values = own.c[column.name]
    first = select(func.min(values).label("value"))
    walk = first.cte("walk", recursive=True)
    after = select(func.min(values)).where(values > walk.c.value).scalar_subquery()
    walk = walk.union_all(select(after).where(walk.c.value.is_not(None)))
    query = select(walk.c.value).where(walk.c.value.is_not(None))
    return tuple(connection.scalars(query))
