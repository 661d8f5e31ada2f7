"""Sampling plans: made, tried and stopped by who gives out the work. A team lead's plans are for the own team."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right
from pipeline.desk.page import Page
from pipeline.desk.parameters import Blank, Day, Text
from pipeline.desk.visit import Visit, Visitor
from pipeline.errors import StoreError
from pipeline.review.sampling import Rule, SamplingPlan

router = APIRouter()
PAGE = Page(router, right=Right.ASSIGN)
Number = Annotated[float | None, Field(allow_inf_nan=False, ge=0, le=1_000_000), Blank]


class Planned(BaseModel):
    """The fields of a plan, each as its control is called."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    name: Annotated[str, Field(max_length=255)] = ""
    percent: Number = None
    per_agent: Annotated[int | None, Field(ge=0, le=1_000_000), Blank] = None
    seed: Text = None
    below: Number = None
    item: Text = None
    detector: Text = None
    term: Text = None
    queue: Text = None
    shortest: Number = None
    longest: Number = None
    agent: Text = None
    team: Text = None
    first: Day = None
    last: Day = None

    def plan(self, team: str | None) -> SamplingPlan:
        """The plan; ValueError, in Chinese, for one that cannot be carried out.

        Parameters
        ----------
        team : str | None
            The only team that whoever makes the plan sees.
        """
        rule = Rule(
            score_below=self.below,
            criterion_id=self.item,
            detector=self.detector,
            term=self.term,
            queue=self.queue,
            least_duration=self.shortest,
            most_duration=self.longest,
            agent_id=self.agent,
            team=team or self.team,
        )
        return SamplingPlan(
            name=self.name,
            seed=self.seed or secrets.token_hex(4),
            percent=self.percent,
            per_agent=self.per_agent,
            rule=rule,
            first_day=self.first,
            last_day=self.last,
        )


Filled = Annotated[Planned, Form()]


@router.get("/queue/plans")
def plans(visit: Visitor) -> Response:
    """All plans with what they drew, and the form for a new one."""
    return _page(visit)


@router.post("/queue/plans")
def start(visit: Visitor, filled: Filled) -> Response:
    """A plan made; it draws at once from what is there, and from what comes."""
    try:
        visit.store.sampling_plans.start(filled.plan(visit.scope.team), visit.account.id)
    except (ValueError, StoreError) as error:
        if error.__cause__ is not None:  # the database, and not what was filled in
            raise
        return _page(visit, str(error), filled, 422)
    return RedirectResponse("/queue/plans", status_code=303)


@router.post("/queue/plans/preview")
def preview(visit: Visitor, filled: Filled) -> Response:
    """How many calls the plan would draw from what is there; nothing is kept."""
    try:
        plan = filled.model_copy(update={"name": filled.name or "试算"}).plan(visit.scope.team)
    except ValueError as error:
        return visit.page("sampling_preview.html", 422, wrong=str(error), plan=None, number=0)
    number = visit.store.sampling_plans.preview(plan)
    return visit.page("sampling_preview.html", wrong="", plan=plan, number=number)


@router.post("/queue/plans/{number}/stop")
def stop(visit: Visitor, number: int) -> Response:
    """A plan stopped; what it drew stays in the queue."""
    own = {plan.id: plan for plan, _ in visit.store.sampling_plans.all()}
    plan = own.get(number)
    if plan is None or plan.stopped_at is not None:
        visit.refuse("这个抽样计划不存在，或已经停止", 404)
    if visit.scope.team is not None and plan.rule.team != visit.scope.team:
        visit.forbid(f"/queue/plans/{number}/stop", "抽样计划不是本班组的")
    visit.store.sampling_plans.stop(number, visit.account.id)
    return RedirectResponse("/queue/plans", status_code=303)


def _page(visit: Visit, wrong: str = "", filled: Planned | None = None, status: int = 200) -> Response:
    return visit.page(
        "sampling_plans.html",
        status,
        plans=[each for each in visit.store.sampling_plans.all() if _concerns(each[0], visit.scope.team)],
        choices=visit.store.queue.choices(visit.scope),
        detectors={each.name: visit.titles.detector(each.name) for each in visit.titles.table},
        filled=filled or Planned(),
        wrong=wrong,
    )


def _concerns(plan: SamplingPlan, team: str | None) -> bool:
    """Whether who sees this team alone, or everybody, is told of the plan: it names no other team and no agent."""
    return team is None or plan.rule.team == team or (plan.rule.team is None and plan.rule.agent_id is None)
