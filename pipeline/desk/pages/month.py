"""月度: who stands where and why, what follows from it, and what is done about it.

Knows how far each account sees: an agent the own month, a team lead the own team, quality people everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.desk.desk import MonthPort
from pipeline.desk.page import Page
from pipeline.desk.parameters import MONTH, FormMonth, FormName, MaybeMonth, Month, Name, PageNumber, RowId
from pipeline.desk.trend import trend_of
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.evaluation.fingerprint import judged_as
from pipeline.month.acknowledgement import LONGEST_NOTE, Acknowledgement, Word, objection
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.assessment.periods import months_of
from pipeline.month.ledger.changes import LedgerLine
from pipeline.month.ledger.entries import SIGNATURES, EntryState
from pipeline.month.ledger.standings import grades_touched
from pipeline.month.plan import LONGEST, LONGEST_OWNER, MOST_ACTIONS, PlanEdit, actions_of
from pipeline.month.workbook.wording import closing_title, month_title

router = APIRouter()
PAGE = Page(router, "/months", "月度", Right.SEE_MONTHS)
Signer = Annotated[Visit, Depends(allowed(Right.SIGN))]
Planner = Annotated[Visit, Depends(allowed(Right.EDIT_PLANS))]

LISTED = 20
"""Calls shown at once."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"proposal": "建议", "flag": "诚信问题", "looked": "人工定级"}


class PlanForm(BaseModel):
    """The fields of one row of a plan, each as its control is called; `seen` is the edit that stood then."""

    model_config = ConfigDict(frozen=True)

    month: Annotated[str, Field(pattern=f"^{MONTH}$")]
    standard: Annotated[str, Field(max_length=100)]
    agent: Annotated[str, Field(max_length=100)]
    criterion: Annotated[str, Field(max_length=100)]
    number: Annotated[int, Field(ge=0, le=999)]
    seen: Annotated[int, Field(ge=0, le=2**31 - 1)]
    due: Annotated[str, Field(max_length=10)]
    cause: Annotated[str, Field(max_length=2 * LONGEST)] = ""
    actions: Annotated[str, Field(max_length=2 * LONGEST * MOST_ACTIONS)] = ""
    owner: Annotated[str, Field(max_length=2 * LONGEST_OWNER)] = ""


@router.get("/months")
def months(visit: Visitor, month: MaybeMonth = "", standard: Name = "") -> Response:
    """The ranking of a month, the teams, and what waits for a signature; an agent goes on to the own month."""
    known = visit.store.months.closings(visit.scope)
    shown = _chosen(known, month, standard)
    if shown is None and (month or standard):
        visit.refuse("没有这个月份的成绩，或不在您的查看范围", 404)
    if shown is None:
        return visit.page("months.html", shown=None)
    if visit.scope.agent_id is not None:
        return RedirectResponse(address("/months/agent", shown, agent=visit.scope.agent_id), status_code=303)
    rows = visit.store.months.ranking(shown.id, visit.scope)
    agents = tuple(row for row in rows if row.agent_id is not None)
    return visit.page(
        "months.html",
        shown=shown,
        **_choices(visit, known, shown),
        ranked=ranked(agents),
        unassigned=tuple(row for row in rows if row.agent_id is None and row.team is None),
        teams=tuple(row for row in rows if row.agent_id is None and row.team is not None),
        sources=_sources(agents),
        whole=visit.scope == Scope(),
        edited=_edited(visit, shown),
        **_ledger(visit, shown, _whose(visit, agents)),
    )


def _edited(visit: Visit, shown: Closing) -> int:
    """Calls of the month that were judged by another content of the standard under the same number."""
    card = visit.desk.months.standard_of(shown.standard, shown.month) if visit.desk.months else None
    return len(visit.store.calls.edited(judged_as(card), shown.month)) if card else 0


@router.get("/months/agent")
def agent_month(visit: Visitor, month: Month, standard: Name, agent: Name) -> Response:
    """One agent's month: score, trend, points lost, where points come from, the plan."""
    shown, row = row_of(visit, month, standard, agent)
    year = visit.store.months.year(agent, standard, month)
    known = tuple(c for c in visit.store.months.closings(Scope(agent_id=agent)))
    return visit.page(
        "month_agent.html",
        shown=shown,
        row=row,
        **_choices(visit, known, shown),
        rank=visit.store.months.rank(shown.id, agent),
        year=year,
        trend=trend_of([each for _, each in year]),
        items=sorted(row.criteria, key=lambda criterion: -lost(criterion)),
        lost=lost,
        item_sources=item_sources,
        sources=_sources([row]),
        grades=_grades_to_give(visit, shown, row),
        tasks=[each for each in visit.store.coaching.tasks(agent) if each.proposal.standard == standard],
        **_acknowledged(visit, shown, agent),
        **_plan(visit, shown, agent),
        **_ledger(visit, shown, {agent}),
    )


@router.post("/months/acknowledge")
def acknowledge(
    visit: Visitor,
    month: FormMonth,
    standard: FormName,
    agent: FormName,
    word: Annotated[Word, Form()],
    closing: Annotated[int, Form(ge=1, le=2**31 - 1)],
    last: Annotated[int, Form(ge=0, le=2**31 - 1)],
    note: Annotated[str, Form(max_length=2 * LONGEST_NOTE)] = "",
) -> Response:
    """The agent's word about the own closed month, or an answer to it by whoever signs."""
    shown, _ = row_of(visit, month, standard, agent)
    may = _acknowledged(visit, shown, agent)
    if not may["may_reply" if word is Word.ANSWERED else "may_acknowledge"]:
        visit.forbid(f"{standard} {month} {agent}", f"对成绩说“{word.title}”")
    if (shown.id, shown.state) != (closing, ClosingState.CLOSED):
        visit.refuse("这个月的成绩已不是您看到的那一次关账，请刷新后再确认", 409)
    try:
        said = Acknowledgement(shown.id, agent, word, note.strip(), visit.account.id, visit.desk.now())
    except ValueError as error:
        visit.refuse(str(error))
    visit.store.acknowledgements.add(said, last)
    return RedirectResponse(address("/months/agent", shown, agent=agent) + "#acknowledgement", status_code=303)


@router.get("/months/lost")
def lost_calls(
    visit: Visitor,
    month: Month,
    standard: Name,
    agent: Name,
    criterion: Name,
    page: PageNumber = 1,
) -> Response:
    """The calls behind the points that one item lost, the most points first."""
    shown, row = row_of(visit, month, standard, agent)
    of = next((each for each in row.criteria if each.criterion_id == criterion), None)
    if of is None:
        visit.refuse(f"{standard} 没有评分项 {criterion}", 404)
    calls = visit.store.evaluations.losses(
        month, (standard, shown.revision), agent, criterion, LISTED * (page - 1), LISTED + 1
    )
    unseen = visit.blind_calls
    return visit.page(
        "month_lost.html",
        shown=shown,
        row=row,
        item=of,
        calls=[each for each in calls[:LISTED] if each.call_id not in unseen],
        page=page,
        more=len(calls) > LISTED,
    )


@router.get("/months/workbook")
def workbook(visit: Visitor, month: Month, standard: Name) -> Response:
    """The workbook of the month as it is kept, for those who see everybody."""
    if visit.scope != Scope():
        visit.forbid(f"{standard} {month}"[:200], "下载月度工作簿")
    shown = _chosen(visit.store.months.closings(Scope()), month, standard)
    if shown is None or (shown.month, shown.standard) != (month, standard):
        visit.refuse(f"没有 {month} 按 {standard} 的成绩", 404)
    if visit.store.calibrations.blind_calls(visit.account.id, month):
        visit.refuse("您正在盲评这个月的通话，工作簿里有它们的评分：校准结束后再下载", 403)
    content = port_of(visit).workbook(month, standard)
    new = {"closing": shown.id, "state": shown.state, "bytes": len(content)}
    visit.store.audit.append(Note(visit.account.id, Action.EXPORT, f"{standard} {month}", None, new))
    name = quote(f"{month}-{standard}.xlsx")
    headers = {"Content-Disposition": f"attachment; filename=\"month.xlsx\"; filename*=UTF-8''{name}"}
    return Response(content, media_type=XLSX, headers=headers)


@router.post("/months/plan")
def edit_plan(
    visit: Planner,
    form: Annotated[PlanForm, Form()],
) -> Response:
    """One row of the plan edited."""
    shown, _ = row_of(visit, form.month, form.standard, form.agent)
    try:
        edit = PlanEdit(
            month=form.month,
            standard=form.standard,
            agent_id=form.agent,
            criterion_id=form.criterion,
            number=form.number,
            cause=form.cause.strip(),
            actions=actions_of(form.actions),
            owner=form.owner.strip(),
            due=form.due,
            by=visit.account.id,
            at=visit.desk.now(),
        )
    except ValueError as error:
        visit.refuse(str(error))
    visit.store.plans.edit(edit, form.seen)
    if visit.request.headers.get("hx-request") == "true":
        return visit.page("month_plan.html", shown=shown, **_plan(visit, shown, form.agent))
    return RedirectResponse(address("/months/agent", shown, agent=form.agent) + "#plan", status_code=303)


@router.post("/months/ledger/{number}")
def say(
    visit: Signer,
    number: RowId,
    month: FormMonth,
    standard: FormName,
    word: Annotated[Literal["signed", "rejected", "withdrawn"], Form()],
    last: Annotated[int, Form(ge=1, le=2**31 - 1)],
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """A consequence signed, rejected or withdrawn; what is said no to needs a reason."""
    shown = _chosen(visit.store.months.closings(visit.scope), month, standard)
    if shown is None:
        visit.refuse("没有这个月份的成绩，或不在您的查看范围", 404)
    port = port_of(visit)
    entry = port.entry(standard, number)
    if entry is None:
        visit.refuse(f"奖惩台账里没有 {number}", 404)
    if visit.scope != Scope():
        row_of(visit, month, standard, entry.agent_id)
    if word != "signed" and not note.strip():
        visit.refuse("否决或撤回须写明原因")
    told = port.say(word, standard, number, visit.account.id, note.strip(), last)
    if visit.request.headers.get("hx-request") == "true":
        agents = _whose(visit, visit.store.months.ranking(shown.id, visit.scope))
        return visit.page("month_ledger.html", shown=shown, told=told, **_ledger(visit, shown, agents))
    return RedirectResponse(address("/months", shown) + "#ledger", status_code=303)


@router.post("/months/look")
def look(
    visit: Signer,
    month: FormMonth,
    standard: FormName,
    agent: FormName,
    grade: FormName,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """The grade of a result in doubt, given by a person who has looked at it."""
    shown, _ = row_of(visit, month, standard, agent)
    if not note.strip():
        visit.refuse("人工定级须写明依据")
    port_of(visit).look(standard, month, agent, grade, visit.account.id, note.strip())
    return RedirectResponse(address("/months/agent", shown, agent=agent) + "#ledger", status_code=303)


def lost(criterion: CriterionMonth) -> float:
    """Points lost of an item in the month; 0 where it had none to lose."""
    return 0.0 if criterion.earned is None else max(0.0, criterion.points - criterion.earned)


def item_sources(criterion: CriterionMonth) -> str:
    """Where an item's points came from, or why it has none, in Chinese."""
    return "、".join(_named(origin) for origin, _ in criterion.origins) or "—"


def ranked(rows: Sequence[AgentMonth]) -> tuple[tuple[int | None, AgentMonth], ...]:
    """The agents with their ranks, best first; equal scores share one; without a score, last."""
    known = sorted((row.score for row in rows if row.score is not None), reverse=True)
    given = [(None if row.score is None else 1 + known.index(row.score), row) for row in rows]
    return tuple(sorted(given, key=lambda pair: (pair[0] is None, pair[0] or 0, pair[1].agent_id or "")))


def address(path: str, shown: Closing, **more: object) -> str:
    """A page of this month and standard."""
    return f"{path}?{urlencode({'month': shown.month, 'standard': shown.standard} | more)}"


def _chosen(known: Iterable[Closing], month: str, standard: str) -> Closing | None:
    """The closing that is asked for; without a month the newest closed one, else the newest trial."""
    fitting = [c for c in known if month in ("", c.month) and standard in ("", c.standard)]
    return max(fitting, key=lambda c: (c.month, c.state == "closed", c.id), default=None)


def _grades_to_give(visit: Visit, shown: Closing, row: AgentMonth) -> tuple[str, ...]:
    """The grades of which a person may give one: those of a closed month in doubt."""
    card = visit.desk.months.standard(shown.standard) if visit.desk.months else None
    if card is None or shown.state != "closed" or row.grade is not None or not visit.can(Right.SIGN):
        return ()
    return tuple(grades_touched(card, row))


def _choices(visit: Visit, known: Sequence[Closing], shown: Closing) -> dict[str, Any]:
    """What is shown and what may be chosen instead: months, and standards."""
    months = sorted({c.month for c in known if c.standard == shown.standard}, reverse=True)
    standards = sorted({c.standard for c in known})
    earlier = [
        c for c in visit.store.months.history(shown.month) if c.standard == shown.standard and c.id < shown.id
    ]
    return {
        "choice": {"months": months, "standards": standards},
        "told_state": closing_title(shown, earlier),
        "month_title": month_title,
        "address": address,
    }


def row_of(visit: Visit, month: str, standard: str, agent: str) -> tuple[Closing, AgentMonth]:
    """The month of an agent; 404 where there is none, and 403, noted, where the account may not see it."""
    shown = next(
        (c for c in visit.store.months.closings(Scope()) if (c.month, c.standard) == (month, standard)), None
    )
    row = next(iter(visit.store.months.ranking(shown.id, Scope(agent_id=agent))), None) if shown else None
    if shown is None or row is None:
        if visit.scope.agent_id not in (None, agent):
            visit.forbid(f"{standard} {month} {agent}", "别人的月度成绩")
        visit.refuse(f"没有 {agent} 在 {month} 按 {standard} 的成绩", 404)
    if not visit.scope.holds(row.agent_id, row.team):
        visit.forbid(f"{standard} {month} {agent}", "别人的月度成绩")
    return shown, row


def _named(origin: Origin) -> str:
    return f"{origin.value} {origin.title}" if origin.scored else origin.title


@dataclass(frozen=True, slots=True)
class Part:
    """A source of points, or a reason for having none: its share of those that applied, and where it begins."""

    name: str
    origin: Origin
    share: float
    at: float


@dataclass(frozen=True, slots=True)
class Sources:
    """Where points came from, as shares of those that applied; what has no source is last."""

    parts: tuple[Part, ...]
    scored_share: float | None


def _sources(rows: Sequence[AgentMonth]) -> Sources:
    """The points of these months together."""
    sums = dict.fromkeys(Origin, 0.0)
    for row in rows:
        for origin, points in row.origins.items():
            sums[origin] += points
    del sums[Origin.NOT_APPLICABLE]
    total, at, parts = sum(sums.values()), 0.0, list[Part]()
    for origin in sorted(sums, key=lambda origin: not origin.scored):
        if sums[origin]:
            parts.append(Part(_named(origin), origin, sums[origin] / total, at))
            at += sums[origin] / total
    scored = sum(part.share for part in parts if part.origin.scored)
    return Sources(tuple(parts), scored if total else None)


def _acknowledged(visit: Visit, shown: Closing, agent: str) -> dict[str, Any]:
    """What was said about an agent's result, and what this account may say."""
    said = visit.store.acknowledgements.of_agent(shown.id, agent)
    objects = objection(said) is not None
    return {
        "acknowledged": said,
        "objects": objects,
        "may_acknowledge": visit.scope.agent_id == agent,
        "may_reply": objects and visit.can(Right.SIGN),
        "longest_note": LONGEST_NOTE,
    }


def _plan(visit: Visit, shown: Closing, agent: str) -> dict[str, Any]:
    return {
        "plan": visit.store.plans.of_agent(shown.month, shown.standard, agent),
        "agent": agent,
        "limits": {"cause": LONGEST, "owner": LONGEST_OWNER, "actions": LONGEST * MOST_ACTIONS},
    }


def _ledger(visit: Visit, shown: Closing, agents: set[str | None] | None) -> dict[str, Any]:
    """The entries of this month about some agents or all, and all that wait; an agent sees those in force."""
    port = visit.desk.months
    if port is None or port.standard(shown.standard) is None:
        return {"ledger": (), "ledger_known": False, "waiting": 0, **_WORDS}
    own = visit.scope.agent_id is not None
    lines = [
        line
        for line in port.ledger_lines(shown.standard)
        if agents is None or line.status.entry.agent_id in agents
        if months_of(line.status.entry.month)[-1] == shown.month or line.status.state is EntryState.OPEN
        if not own or line.status.state is EntryState.EFFECTIVE
    ]
    lines.sort(key=lambda line: (line.status.state is not EntryState.OPEN, -line.status.entry.id))
    waiting = sum(line.status.state is EntryState.OPEN for line in lines)
    return {"ledger": lines, "ledger_known": True, "waiting": waiting, "missing": _missing, **_WORDS}


def _whose(visit: Visit, rows: Iterable[AgentMonth]) -> set[str | None] | None:
    """About whom entries are shown beside these rows; None for everybody, also those who left."""
    return None if visit.scope == Scope() else {row.agent_id for row in rows if row.agent_id is not None}


_WORDS = {"KINDS": KINDS}


def _missing(line: LedgerLine) -> int:
    """How many signatures are still needed."""
    return max(0, SIGNATURES[line.status.entry.kind] - len(line.status.signers))


def port_of(visit: Visit) -> MonthPort:
    """What is done with months; 404 where nobody does it."""
    return visit.desk.months or _nobody(visit)


def _nobody(visit: Visit) -> NoReturn:
    visit.refuse("此服务没有接上月度功能，请用 callqa review 启动", 404)
