"""Sampling plans as they are kept: started, previewed and stopped, each noted in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, func, insert, select, true, update

from pipeline.access.audit import Action, Note
from pipeline.errors import StoreError
from pipeline.review.sampling import SamplingPlan, draw_calls
from pipeline.store.people.audit import noted
from pipeline.store.queue.draws import (
    candidates,
    lock_draws,
    plan_values,
    redraw,
    sampling_plans,
    to_plan,
    worklist_draws,
)
from pipeline.store.queue.places import settle
from pipeline.store.schema import reading, writing_alone


@dataclass(frozen=True, slots=True)
class SamplingPlans:
    """The sampling plans."""

    engine: Engine

    def start(self, plan: SamplingPlan, by: str) -> tuple[SamplingPlan, int]:
        """The plan as it is kept, and how many of the listed calls it drew; from new ones it draws by itself.

        Raises
        ------
        StoreError
            If a plan that draws has this name already.
        """
        c = sampling_plans.c
        with writing_alone(self.engine, "audit") as connection:
            same = select(c.id).where(c.name == plan.name, c.stopped_at.is_(None))
            if connection.execute(same).first():
                raise StoreError(f"已有名为“{plan.name}”的抽样计划在用：请换个名字，或先停止它")
            lock_draws(connection)
            values = plan_values(plan) | {"made_by": by, "made_at": datetime.now(UTC)}
            statement = insert(sampling_plans).values(values).returning(sampling_plans)
            started = to_plan(connection.execute(statement).one())
            new = redraw(connection, started, true())
            settle(connection, new)
            note = {"draws": started.sentence, "seed": started.seed, "drawn": len(new)}
            noted(connection, Note(by, Action.PLAN_START, started.name, None, note))
        return started, len(new)

    def preview(self, plan: SamplingPlan) -> int:
        """The number of calls listed so far that the plan would draw."""
        with reading(self.engine) as connection:
            return len(draw_calls(plan, candidates(connection, plan, true())))

    def stop(self, plan_id: int, by: str) -> SamplingPlan:
        """The plan, which draws no more; what it drew stays in the queue.

        Raises
        ------
        StoreError
            If there is no such plan, or it was stopped before.
        """
        c = sampling_plans.c
        with writing_alone(self.engine, "audit") as connection:
            stopped = (
                update(sampling_plans)
                .where(c.id == plan_id, c.stopped_at.is_(None))
                .values(stopped_by=by, stopped_at=datetime.now(UTC))
                .returning(sampling_plans)
            )
            row = connection.execute(stopped).one_or_none()
            if row is None:
                raise StoreError("这个抽样计划不存在，或已经停止")
            noted(connection, Note(by, Action.PLAN_STOP, row.name))
        return to_plan(row)

    def all(self) -> tuple[tuple[SamplingPlan, int], ...]:
        """Every plan with how many calls it drew, the newest first."""
        draws = select(worklist_draws.c.plan_id, func.count().label("drawn")).group_by(worklist_draws.c.plan_id)
        by_plan = draws.subquery()
        query = select(sampling_plans, func.coalesce(by_plan.c.drawn, 0).label("drawn")).outerjoin(
            by_plan, by_plan.c.plan_id == sampling_plans.c.id
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query.order_by(sampling_plans.c.id.desc())).all()
        return tuple((to_plan(row), row.drawn) for row in rows)
