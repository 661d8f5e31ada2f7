"""What sampling plans drew, as it is kept: made again for the calls that are concerned whenever one is listed.

Knows how candidates are read and draws are written; how a draw is made is in `pipeline.review.sampling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select

from pipeline.evaluation import Outcome
from pipeline.review.sampling import Candidate, SamplingPlan, drawn
from pipeline.review.worklist import Progress, Reason, bundled_urgency
from pipeline.store.listed import sampling_plans, to_plan, worklist, worklist_criteria, worklist_draws
from pipeline.store.tables import calls, evaluations, findings


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
    """Why plans put calls into the queue, by call; also plans that were stopped since."""
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
    chosen = set(drawn(plan, candidates(connection, plan, which)))
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
    listed = select(w.call_id).where(which)
    not_met, found = set[str](), defaultdict[str, set[tuple[str, str]]](set)
    if rule.criterion_id is not None:
        c = worklist_criteria.c
        lost = c.outcome.in_((Outcome.NOT_MET, Outcome.PARTLY_MET))
        query = select(c.call_id).where(c.criterion_id == rule.criterion_id, lost, c.call_id.in_(listed))
        not_met = set(connection.scalars(query))
    if rule.detector is not None:
        e, f = evaluations.c, findings.c
        latest = (
            select(func.max(e.id))
            .join(calls, calls.c.id == e.call_id)
            .where(calls.c.judged, e.call_id.in_(listed))
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
