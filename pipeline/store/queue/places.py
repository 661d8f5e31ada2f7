"""The places of calls in the queue: given as calls are judged, and anew as months, disputes and plans change.

Knows which stored facts a row of the queue is made of; why a call is urgent is in `pipeline.review.urgency`, and
who reviews it in `queue`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, select, update

from pipeline.call import Status
from pipeline.evaluation.result import CallResult
from pipeline.review.urgency import (
    DOUBTS,
    Code,
    Reason,
    bundled_urgency,
    dispute_reasons,
    exchange_reasons,
    lot_reasons,
    risk,
    stake_reasons,
    suspicions,
)
from pipeline.review.worklist import WORTH_FILTERING, Progress, Stream, WorklistRow, position
from pipeline.store import tables
from pipeline.store.people.roster import memberships
from pipeline.store.queue.draws import active_plans, draw_reasons, lock_draws, redraw_calls
from pipeline.store.queue.rows import place_values, row_values, to_row, worklist, worklist_criteria
from pipeline.store.tables import AnyRow, Values
from pipeline.store.upsert import upsert

FEW = 500
"""Rows written at once."""


def list_calls(connection: Connection, results: Sequence[CallResult]) -> None:
    """List calls in the transaction that saved them; who took one, and what is due, stays.

    A call without a recording, or one that failed, leaves the queue, unless somebody has it already.
    """
    absent = [r.call.id for r in results if r.recording is None or r.status is Status.FAILED]
    if absent:
        w = worklist.c
        untouched = (w.status == Progress.OPEN, w.due_at.is_(None))
        connection.execute(delete(worklist).where(w.call_id.in_(absent), *untouched))
    present = [r for r in results if r.recording is not None and r.status is not Status.FAILED]
    if not present:
        return
    plans = active_plans(connection)
    if any(plan.per_agent for plan in plans):
        lock_draws(connection)
    ids = [result.call.id for result in present]
    due = _due(connection, ids)
    teams, months = _teams(connection, present), _undecided(connection, present)
    drawn = draw_reasons(connection, ids)
    rows = []
    for result in present:
        evaluation, call_id = result.evaluation, result.call.id
        standard = evaluation.scorecard if evaluation else None
        reasons = suspicions(result, bundled_urgency())
        undecided = months.get((result.call.agent_id, result.call.month, standard), "")
        more = (
            *stake_reasons(undecided, reasons, bundled_urgency()),
            *dispute_reasons(due.get(call_id), bundled_urgency()),
            *lot_reasons(call_id, bundled_urgency()),
            *drawn.get(call_id, ()),
        )
        row = _row(result, teams, exchange_reasons(reasons, (), more), due.get(call_id))
        rows.append(row_values(row, _position(row)))
    _put_rows(connection, rows)
    _put_criteria(connection, present, known=bool(due.keys() & set(ids)))
    if plans:
        settle(connection, redraw_calls(connection, plans, ids))


def _due(connection: Connection, ids: Sequence[str]) -> dict[str, datetime | None]:
    """The instants at which disputes about calls in the queue are due, by call id; None without a dispute."""
    query = select(worklist.c.call_id, worklist.c.due_at).where(worklist.c.call_id.in_(ids))
    return {row.call_id: row.due_at for row in connection.execute(query)}


def _row(
    result: CallResult,
    teams: Mapping[str, Sequence[AnyRow]],
    reasons: tuple[Reason, ...],
    due_at: datetime | None,
) -> WorklistRow:
    call = result.call
    row = WorklistRow(
        call_id=call.id,
        agent_id=call.agent_id,
        agent_name=call.agent_name,
        team=_team(teams.get(call.agent_id or "", ()), call.day),
        queue=call.queue,
        month=call.month,
        day=call.day,
        at=call.started_at or datetime.now(UTC),
        duration=result.recording.duration if result.recording else None,
        score=result.evaluation.score if result.evaluation else None,
        risk=0.0,
        stream=Stream.BY_RISK,
        reasons=(),
        due_at=due_at,
        scorecard=result.evaluation.scorecard if result.evaluation else None,
    )
    return _placed(row, reasons)


def _placed(row: WorklistRow, reasons: tuple[Reason, ...]) -> WorklistRow:
    stream, _ = position(row.call_id, reasons, row.due_at, bundled_urgency().seed)
    return replace(row, reasons=reasons, risk=risk(reasons), stream=stream)


def _position(row: WorklistRow) -> float:
    return position(row.call_id, row.reasons, row.due_at, bundled_urgency().seed)[1]


def _teams(connection: Connection, results: Iterable[CallResult]) -> dict[str, list[AnyRow]]:
    """The memberships of the calls' agents, the newest first."""
    found = defaultdict[str, list[AnyRow]](list)
    agents = {result.call.agent_id for result in results if result.call.agent_id}
    m = memberships.c
    query = select(m.agent_id, m.team, m.first_day, m.last_day).where(m.agent_id.in_(agents))
    for row in connection.execute(query.order_by(m.first_day.desc())) if agents else ():
        found[row.agent_id].append(row)
    return found


def _team(rows: Sequence[AnyRow], day: date | None) -> str | None:
    """As `Accounts.team_of` has it."""
    lasting = (r for r in rows if day is None or r.first_day <= day <= (r.last_day or date.max))
    return next((row.team for row in lasting), None)


def _undecided(
    connection: Connection, results: Iterable[CallResult]
) -> dict[tuple[str | None, str | None, str | None], str]:
    """The reasons why months of the calls' agents have no grade, by agent, month and scorecard."""
    asked = [(r.call.agent_id, r.call.month) for r in results if r.call.agent_id and r.call.month]
    if not asked:
        return {}
    m, c = tables.months.c, tables.closings.c
    query = (
        select(m.agent_id, c.month, c.standard, m.undecided)
        .join(tables.closings, c.id == m.closing_id)
        .where(m.agent_id.in_({agent for agent, _ in asked}), c.month.in_({month for _, month in asked}))
        .order_by(c.id)  # the newest wins
    )
    return {(row.agent_id, row.month, row.standard): row.undecided for row in connection.execute(query)}


def _put_rows(connection: Connection, written: Sequence[Values]) -> None:
    kept = ("call_id",) if all(values["day"] for values in written) else ("call_id", "at")
    again = tuple(name for name in written[0] if name not in kept)
    first = {"status": Progress.OPEN}
    upsert(connection, worklist, [first | values for values in written], again)


def _put_criteria(connection: Connection, results: Iterable[CallResult], *, known: bool) -> None:
    c = worklist_criteria.c
    if known:
        connection.execute(delete(worklist_criteria).where(c.call_id.in_([r.call.id for r in results])))
    rows = {
        (result.call.id, answer.criterion_id): answer.outcome
        for result in results
        if result.evaluation
        for answer in result.evaluation.answers
        if answer.outcome in WORTH_FILTERING
    }
    if rows:
        values = [{"call_id": k[0], "criterion_id": k[1], "outcome": outcome} for k, outcome in rows.items()]
        connection.execute(insert(worklist_criteria), values)


def settle(connection: Connection, call_ids: Collection[str]) -> None:
    """List calls anew by the plans that drew them; what else is known of them stays."""
    wanted = sorted(call_ids)
    for start in range(0, len(wanted), FEW):
        ids = wanted[start : start + FEW]
        drawn = draw_reasons(connection, ids)
        _rewrite(
            connection,
            select(worklist).where(worklist.c.call_id.in_(ids)),
            lambda row: exchange_reasons(row.reasons, {Code.RULE, Code.SAMPLED}, drawn.get(row.call_id, ())),  # noqa: B023
        )


def restake(connection: Connection, month: str, standard: str, undecided: Mapping[str | None, str]) -> None:
    """List anew the calls of a month whose doubts decide a grade, and those that do so no longer.

    Parameters
    ----------
    undecided : mapping of str to str
        By agent, why the month has no grade.
    """
    lock_draws(connection)
    w, asked = worklist.c, sum(code.bit for code in (*DOUBTS, Code.GRADE_AT_STAKE))
    of_month = select(worklist).where(w.month == month, w.scorecard == standard, w.status != Progress.DONE)

    def with_stake(row: WorklistRow) -> tuple[Reason, ...]:
        without = exchange_reasons(row.reasons, {Code.GRADE_AT_STAKE}, ())
        new = stake_reasons(undecided.get(row.agent_id, ""), without, bundled_urgency()) if row.agent_id else ()
        return exchange_reasons(without, (), new)

    _rewrite(connection, of_month.where(w.codes.bitwise_and(asked) != 0), with_stake)


def set_due(connection: Connection, call_id: str, due_at: datetime | None) -> bool:
    """Whether the call is listed; if so, it now waits for a dispute to be settled until then, or no longer.

    A call that was done is open again when a dispute about it is raised.
    """
    row = connection.execute(select(worklist).where(worklist.c.call_id == call_id)).one_or_none()
    if row is None:
        return False
    now = replace(to_row(row), due_at=due_at)
    now = _placed(now, exchange_reasons(now.reasons, {Code.DISPUTE}, dispute_reasons(due_at, bundled_urgency())))
    values = place_values(now, _position(now)) | {"due_at": due_at}
    if due_at is not None and now.status is Progress.DONE:
        values |= {"status": Progress.OPEN, "assignee": None, "taken_at": None, "done_by": None, "done_at": None}
    connection.execute(update(worklist).where(worklist.c.call_id == call_id).values(values))
    return True


def _rewrite(
    connection: Connection,
    query: Select[*tuple[Any, ...]],
    reasons: Callable[[WorklistRow], tuple[Reason, ...]],
) -> None:
    """Give the rows other reasons, and their places by them; those that keep theirs are not written."""
    changed = []
    for stored in connection.execute(query.order_by(worklist.c.call_id)):
        row = to_row(stored)
        if (new := reasons(row)) != row.reasons:
            placed = _placed(row, new)
            changed.append({"key": row.call_id} | place_values(placed, _position(placed)))
    if changed:
        connection.execute(update(worklist).where(worklist.c.call_id == bindparam("key")), changed)
