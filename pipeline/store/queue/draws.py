"""The sampling plans and what they drew: made again for the calls that are concerned whenever one is listed.

Knows how candidates are read and draws are written; how a draw is made is in `pipeline.review.sampling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    ForeignKey,
    Named,
    Table,
    TypedColumns,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)

from pipeline.evaluation import Outcome
from pipeline.review.sampling import Candidate, Rule, SamplingPlan, draw_calls
from pipeline.review.urgency import Reason, bundled_urgency
from pipeline.review.worklist import Progress
from pipeline.store.queue.rows import worklist, worklist_criteria
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, calls, evaluations, findings, metadata


class SamplingPlanColumns(TypedColumns):
    """One row a sampling plan. It is stopped, and never changed."""

    id: Named[int] = Column(primary_key=True)
    name: Named[str] = Column(Text)
    seed: Named[str] = Column(Text)
    percent: Named[float | None]
    per_agent: Named[int | None]
    rule: Named[Any] = Column(Json, nullable=False)  # an object, named as `Rule` names it
    first_day: Named[date | None] = Column(Date)
    last_day: Named[date | None] = Column(Date)
    made_by: Named[str] = Column(Text)
    made_at: Named[datetime] = Column(Instant)
    stopped_by: Named[str | None] = Column(Text)
    stopped_at: Named[datetime | None] = Column(Instant)


class WorklistDrawColumns(TypedColumns):
    """One row a call that a sampling plan drew."""

    plan_id: Named[int] = Column(ForeignKey("sampling_plans.id", ondelete="CASCADE"), primary_key=True)
    call_id: Named[str] = Column(
        Text, ForeignKey("worklist.call_id", ondelete="CASCADE"), primary_key=True, index=True
    )


sampling_plans: Table[Any] = Table("sampling_plans", metadata, SamplingPlanColumns, sqlite_autoincrement=True)
worklist_draws: Table[Any] = Table("worklist_draws", metadata, WorklistDrawColumns)


def plan_values(plan: SamplingPlan) -> Values:
    """A row of `sampling_plans`, but for what the store gives."""
    return {
        "name": plan.name,
        "seed": plan.seed,
        "percent": plan.percent,
        "per_agent": plan.per_agent,
        "rule": {name: value for name, value in asdict(plan.rule).items() if value is not None},
        "first_day": plan.first_day,
        "last_day": plan.last_day,
    }


def to_plan(row: AnyRow) -> SamplingPlan:
    """The plan of a row."""
    return SamplingPlan(
        name=row.name,
        seed=row.seed,
        percent=row.percent,
        per_agent=row.per_agent,
        rule=Rule(**row.rule),
        first_day=row.first_day,
        last_day=row.last_day,
        id=row.id,
        made_by=row.made_by,
        made_at=row.made_at,
        stopped_by=row.stopped_by,
        stopped_at=row.stopped_at,
    )


def lock_draws(connection: Connection) -> None:
    """Wait until nobody else changes several rows of the queue, lest two wait for each other for ever."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.exec_driver_sql("LOCK TABLE worklist_draws IN SHARE ROW EXCLUSIVE MODE")


def active_plans(connection: Connection) -> tuple[SamplingPlan, ...]:
    """The plans that still draw, in the order in which they were made."""
    c = sampling_plans.c
    query = select(sampling_plans).where(c.stopped_at.is_(None)).order_by(c.id)
    return tuple(to_plan(row) for row in connection.execute(query))


def draw_reasons(connection: Connection, call_ids: Sequence[str]) -> dict[str, tuple[Reason, ...]]:
    """The reasons by which plans put calls into the queue, by call; also of plans that were stopped since."""
    found = defaultdict[str, tuple[Reason, ...]](tuple)
    query = (
        select(worklist_draws.c.call_id, sampling_plans)
        .join(sampling_plans, sampling_plans.c.id == worklist_draws.c.plan_id)
        .where(worklist_draws.c.call_id.in_(call_ids))
        .order_by(sampling_plans.c.id)
    )
    for row in connection.execute(query):
        found[row.call_id] += (to_plan(row).reason(bundled_urgency()),)
    return found


def redraw_calls(connection: Connection, plans: Iterable[SamplingPlan], call_ids: Sequence[str]) -> set[str]:
    """The calls whose draws changed because these calls were listed or judged anew."""
    changed: set[str] = set()
    w = worklist.c
    for plan in plans:
        if plan.per_agent is None:
            changed |= redraw(connection, plan, w.call_id.in_(call_ids))
            continue
        query = select(w.agent_id, w.month).where(w.call_id.in_(call_ids)).distinct()
        pairs = connection.execute(query).all()
        own = or_(*(and_(w.agent_id == pair.agent_id, w.month == pair.month) for pair in pairs))
        changed |= redraw(connection, plan, own)
    return changed


def redraw(connection: Connection, plan: SamplingPlan, which: ColumnElement[bool]) -> set[str]:
    """The calls that the plan draws now and did not before, or no longer draws; of some rows of the queue.

    A call that somebody took or finished stays drawn.

    Parameters
    ----------
    which : condition on `worklist`
        For a plan by agent, whole months of agents.
    """
    d = worklist_draws.c
    chosen = set(draw_calls(plan, candidates(connection, plan, which)))
    query = (
        select(d.call_id, worklist.c.status)
        .join(worklist, worklist.c.call_id == d.call_id)
        .where(d.plan_id == plan.id, which)
    )
    before = {row.call_id: row.status for row in connection.execute(query)}
    gone = {call_id for call_id, status in before.items() if call_id not in chosen and status == Progress.OPEN}
    new = chosen - before.keys()
    if gone:
        connection.execute(delete(worklist_draws).where(d.plan_id == plan.id, d.call_id.in_(gone)))
    if new:
        rows = [{"plan_id": plan.id, "call_id": call_id} for call_id in sorted(new)]
        connection.execute(insert(worklist_draws), rows)
    return gone | new


def candidates(connection: Connection, plan: SamplingPlan, which: ColumnElement[bool]) -> tuple[Candidate, ...]:
    """Rows of the queue as the plan looks at them; what it does not ask for is not read."""
    w, rule = worklist.c, plan.rule
    columns = (w.call_id, w.agent_id, w.team, w.queue, w.month, w.day, w.duration, w.score)
    ids = select(w.call_id).where(which)
    not_met, found = set[str](), defaultdict[str, set[tuple[str, str]]](set)
    if rule.criterion_id is not None:
        c = worklist_criteria.c
        lost = c.outcome.in_((Outcome.NOT_MET, Outcome.PARTLY_MET))
        query = select(c.call_id).where(c.criterion_id == rule.criterion_id, lost, c.call_id.in_(ids))
        not_met = set(connection.scalars(query))
    if rule.detector is not None:
        e, f = evaluations.c, findings.c
        latest = (
            select(func.max(e.id))
            .join(calls, calls.c.id == e.call_id)
            .where(calls.c.judged, e.call_id.in_(ids))
            .group_by(e.call_id)
        )
        pairs = (
            select(e.call_id, f.detector, f.term)
            .join(findings, f.evaluation_id == e.id)
            .where(e.id.in_(latest), f.detector == rule.detector)
            .distinct()
        )
        for row in connection.execute(pairs):
            found[row.call_id].add((row.detector, row.term))
    of = frozenset({rule.criterion_id} if rule.criterion_id else ())
    return tuple(
        Candidate(
            *row, not_met=of if row.call_id in not_met else frozenset(), found=frozenset(found.get(row.call_id, ()))
        )
        for row in connection.execute(select(*columns).where(which))
    )
