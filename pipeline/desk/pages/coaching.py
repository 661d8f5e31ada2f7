"""辅导: tasks from items that lost points; who has them, what is done about them, and whether it helped.

Knows who sees a task: the agent the own ones, a team lead those of the team, quality people all. What may follow on
a task is in `pipeline.month.coaching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right
from pipeline.access.audit import Action
from pipeline.call import SHANGHAI
from pipeline.desk.forest import Figure, Forest, forest_of
from pipeline.desk.page import Page
from pipeline.desk.pages.month import port_of
from pipeline.desk.parameters import MONTH, Blank, Day, Month, Name, RowId
from pipeline.desk.staff import admit_agent, agents_of
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import ConfigurationError
from pipeline.month.coaching import Act, ActKind, Effect, Proposal, Task, bundled_coaching
from pipeline.month.coaching.effect import CAUTION
from pipeline.month.coaching.task import LONGEST_NOTE, same_need

router = APIRouter()
PAGE = Page(router, "/coaching", "辅导", Right.SEE_MONTHS)
Coach = Annotated[Visit, Depends(allowed(Right.COACH))]

Shown = Literal["open", "overdue", "done", "all"]
SHOWN: dict[Shown, str] = {"open": "未完成", "overdue": "逾期", "done": "待复查", "all": "全部"}
OTHERS = "别人的辅导任务"
"""What was tried, as the log has it."""
Said = Literal["taken", "assigned", "due", "done", "closed", "cancelled"]
LongName = Annotated[str, Field(max_length=255)]
Words = Annotated[str, Field(max_length=2 * LONGEST_NOTE)]


class NewTask(BaseModel):
    """The fields of a new task, each as its control is called; `call` is empty for one made from the month."""

    model_config = ConfigDict(frozen=True)

    month: Annotated[str, Field(pattern=f"^{MONTH}$")]
    standard: Annotated[str, Field(max_length=100)]
    agent: Annotated[str, Field(max_length=100)]
    item: Annotated[str, Field(max_length=100)]
    due: date
    call: LongName = ""
    coach: LongName = ""
    note: Words = ""


class TaskForm(BaseModel):
    """One act on a task; `last` is the act that stood last when the page was opened."""

    model_config = ConfigDict(frozen=True)

    kind: Said
    last: Annotated[int, Field(ge=1, le=2**31 - 1)]
    due: Day = None
    coach: Annotated[str | None, Field(max_length=255), Blank] = None
    note: Words = ""


@router.get("/coaching")
def tasks(visit: Visitor, show: Shown = "open", agent: Name = "", item: Name = "") -> Response:
    """The tasks in scope, the earliest day first."""
    today = _today(visit)
    every = list(_in_scope(visit, visit.store.coaching.tasks(visit.scope.agent_id or agent.strip() or None)))
    listed = [task for task in every if _is(task, show, today) and item in ("", task.proposal.criterion_id)]
    listed.sort(key=lambda task: (not task.open, task.due or date.max, task.id))
    return visit.page(
        "coaching.html",
        tasks=listed,
        shown=SHOWN,
        asked={"show": show, "agent": agent, "item": item},
        items=sorted({(task.proposal.criterion_id, task.proposal.title) for task in every}),
        today=today,
    )


@router.get("/coaching/new")
def new_task(visit: Coach, month: Month, standard: Name, agent: Name, item: Name, call: LongName = "") -> Response:
    """What a task from one item would be: where to listen, until when, and for whom."""
    made = _proposal(visit, month, standard, agent, item, call)
    known = next((task for task in visit.store.coaching.tasks(agent) if same_need(task, made)), None)
    return visit.page(
        "coaching_new.html",
        made=made,
        known=known,
        call=call,
        due=_today(visit) + timedelta(days=bundled_coaching().due_days),
        today=_today(visit),
        coaches=_coaches(visit, month, agent),
        longest=LONGEST_NOTE,
    )


@router.post("/coaching")
def propose(visit: Coach, form: Annotated[NewTask, Form()]) -> Response:
    """A task made, and given to somebody where one was chosen."""
    made = _proposal(visit, form.month, form.standard, form.agent, form.item, form.call)
    coach = form.coach.strip()
    if coach:
        _check_coach(visit, form.month, form.agent, coach)
    if form.due < _today(visit):
        visit.refuse("期限不能早于今天")
    act = _act(visit, ActKind.PROPOSED, form.note, due=form.due, proposal=made)
    written = visit.store.coaching.propose([act], coach)
    if not written:
        visit.refuse("这一项已有没完成的辅导任务，或本月已经提过，没有再提；请在辅导页面查看", 409)
    return RedirectResponse(f"/coaching/{written[0].id}", status_code=303)


@router.get("/coaching/{number}")
def task(visit: Visitor, number: RowId) -> Response:
    """One task: where to listen, what was done, and whether it helped."""
    found = _task(visit, number)
    proposal = found.proposal
    effect, why = _effect(visit, found)
    return visit.page(
        "coaching_task.html",
        task=found,
        proposal=proposal,
        today=_today(visit),
        listen=[each for each in proposal.calls if each.call_id not in visit.blind_calls],
        acts=[(Action(f"coaching_{act.kind.value}").title, act) for act in found.acts],
        effect=effect,
        why=why,
        forest=_picture(effect),
        caution=CAUTION,
        coaches=_coaches(visit, proposal.month, proposal.agent_id) if visit.can(Right.COACH) else (),
        can={kind.value: not found.refusal(kind) for kind in ActKind},
        own=visit.scope.agent_id == proposal.agent_id,
        longest=LONGEST_NOTE,
    )


@router.post("/coaching/{number}")
def say(visit: Coach, number: RowId, form: Annotated[TaskForm, Form()]) -> Response:
    """A task taken on, given, put off, carried out, closed or cancelled."""
    found, kind = _task(visit, number), ActKind(form.kind)
    coach, due = "", None
    if kind is ActKind.ASSIGNED:
        coach = _check_coach(visit, found.proposal.month, found.proposal.agent_id, form.coach or "")
    if kind is ActKind.DUE:
        due = form.due
        if due is None or due < _today(visit):
            visit.refuse("请填写新的期限，不能早于今天")
    visit.store.coaching.add(_act(visit, kind, form.note, number, due, coach), form.last)
    return RedirectResponse(f"/coaching/{number}", status_code=303)


@router.post("/coaching/{number}/seen")
def seen(
    visit: Visitor,
    number: RowId,
    last: Annotated[int, Form(ge=1, le=2**31 - 1)],
    note: Annotated[str, Form(max_length=2 * LONGEST_NOTE)] = "",
) -> Response:
    """The agent's word that the own task was read."""
    found = _task(visit, number)
    if visit.scope.agent_id != found.proposal.agent_id:
        visit.forbid(f"{number}", "替坐席确认辅导任务")
    visit.store.coaching.add(_act(visit, ActKind.SEEN, note, number), last)
    return RedirectResponse(f"/coaching/{number}", status_code=303)


def _act(
    visit: Visit,
    kind: ActKind,
    note: str,
    task_id: int = 0,
    due: date | None = None,
    coach: str = "",
    proposal: Proposal | None = None,
) -> Act:
    try:
        return Act(kind, visit.account.id, visit.desk.now(), note.strip(), task_id, due, coach, proposal)
    except ValueError as error:
        visit.refuse(str(error))


def _proposal(visit: Visit, month: str, standard: str, agent: str, item: str, call: str) -> Proposal:
    """The proposal that is asked for, of an agent and a call that the account may see."""
    admit_agent(visit, month, agent, OTHERS)
    if call:
        visit.admit(call)
        visit.open_eyed(call)
    return port_of(visit).lost_item(standard, month, agent, item, call)


def _task(visit: Visit, number: int) -> Task:
    """The task; 404 where there is none, and 403, noted, where the account may not see it."""
    found = next((each for each in visit.store.coaching.tasks() if each.id == number), None)
    if found is None:
        visit.refuse(f"没有编号为 {number} 的辅导任务", 404)
    if not list(_in_scope(visit, [found])):
        visit.forbid(f"{number}", OTHERS)
    return found


def _in_scope(visit: Visit, tasks: Iterable[Task]) -> Iterator[Task]:
    """Those about agents whom the account sees, by their team in the month of the task."""
    known: dict[str, Any] = {}
    for each in tasks:
        month, agent = each.proposal.month, each.proposal.agent_id
        if visit.scope.team is not None and month not in known:
            known[month] = agents_of(visit, month)
        if visit.scope.holds(agent, known.get(month, {}).get(agent, ("", None))[1]):
            yield each


def _is(task: Task, show: Shown, today: date) -> bool:
    if show == "done":
        return task.state is ActKind.DONE
    return show == "all" or (task.overdue(today) if show == "overdue" else task.open)


def _coaches(visit: Visit, month: str, agent: str) -> tuple[Account, ...]:
    """Who may coach the agent, by name."""
    team = agents_of(visit, month).get(agent, ("", None))[1]
    found = (each for each in visit.store.accounts.all() if Right.COACH in each.rights)
    return tuple(sorted((each for each in found if each.scope.holds(agent, team)), key=lambda each: each.name))


def _check_coach(visit: Visit, month: str, agent: str, coach: str) -> str:
    if coach not in {each.id for each in _coaches(visit, month, agent)}:
        visit.refuse("请选择由谁辅导：须是能看到这名坐席、有辅导权限的人")
    return coach


def _effect(visit: Visit, task: Task) -> tuple[Effect | None, str]:
    """Whether it helped, or why that cannot be told, in Chinese."""
    if task.taken is None:
        return None, "还没有人接手：接手之后的通话才用来复查"
    try:
        return port_of(visit).coaching_effect(task), ""
    except ConfigurationError as error:
        return None, str(error)


def _picture(effect: Effect | None) -> Forest | None:
    """The change with its interval, in points of a hundred; None where nothing can be compared."""
    if effect is None or effect.before is None or effect.after is None:
        return None
    change = 100 * (effect.after - effect.before)
    return forest_of([Figure("辅导后减辅导前", change, 100 * effect.low, 100 * effect.high)], "%")


def _today(visit: Visit) -> date:
    now: datetime = visit.desk.now()
    return now.astimezone(SHANGHAI).date()
