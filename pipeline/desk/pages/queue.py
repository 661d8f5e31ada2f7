"""The queue: which calls wait for a person and why; taken, given back, assigned and done, alone or many at once.

Knows the addresses and what is filled in; which call comes first is in `pipeline.review.worklist`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Form, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.desk.addresses import call_address
from pipeline.desk.page import Page
from pipeline.desk.parameters import MOST_ID, Blank, Day, Text
from pipeline.desk.security import is_cross_site
from pipeline.desk.visit import Visit, Visitor
from pipeline.evaluation import Outcome
from pipeline.review.urgency import Code, bundled_urgency
from pipeline.review.worklist import WORTH_FILTERING, Filters, Progress
from pipeline.store.queue.queue import Handled

router = APIRouter()
PAGE = Page(router, "/queue", "队列", Right.REVIEW, landing=1)
CallId = Annotated[str, Form(min_length=1, max_length=MOST_ID)]
QueueQuery = Annotated[str, Form(max_length=2000)]

SIZE = 25
MOST_AT_ONCE = 200
STATUSES = {"open": "待复核", "taken": "已领取", "done": "已复核", "all": "全部"}
ACTS = {"take": "领取", "give_back": "退回", "assign": "分派", "finish": "标为已复核"}
MINE = "me"
"""Stands for the own account, so that a saved filter means whoever opens it."""
Percent = Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False), Blank]


class QueueFilter(BaseModel):
    """The fields of the queue's filter, each as its control is called."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    status: Literal["open", "taken", "done", "all"] = "open"
    team: Text = None
    agent: Text = None
    item: Text = None
    outcome: Annotated[Outcome | None, Blank] = None
    first: Day = None
    last: Day = None
    least: Percent = None
    most: Percent = None
    reason: Annotated[Code | None, Blank] = None
    assignee: Text = None
    plan: Annotated[int | None, Field(ge=1, lt=2**31), Blank] = None
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def filters(self, account_id: str, blind: frozenset[str] = frozenset()) -> Filters:
        """What the store is asked for by an account, which scores some calls blind."""
        return Filters(
            status=None if self.status == "all" else Progress(self.status),
            team=self.team,
            agent_id=self.agent,
            criterion_id=self.item,
            outcome=self.outcome,
            first_day=self.first,
            last_day=self.last,
            least_score=self.least,
            most_score=self.most,
            code=self.reason,
            assignee=account_id if self.assignee == MINE else self.assignee,
            plan_id=self.plan,
            blind=blind,
        )

    @property
    def query(self) -> str:
        """The filter as a query string: what is as ever is left out, and so is the page."""
        return self.query_with()

    def query_with(self, **changes: Any) -> str:
        """The filter as a query string, with other values."""
        values = self.model_dump(mode="json", exclude_defaults=True) | changes
        kept = {
            name: value for name, value in values.items() if value is not None and name in QueueFilter.model_fields
        }
        if "page" not in changes:
            kept.pop("page", None)
        return urlencode(kept)

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for but what the queue shows by itself."""
        return bool(self.query)


class QueuePlace(QueueFilter):
    """The filter, and the call in it from which one goes on."""

    after: Text = None


def filter_of(query: str) -> QueueFilter:
    """The filter of a query string; 422 for one that is none."""
    try:
        return QueueFilter.model_validate(dict(parse_qsl(query, max_num_fields=50)))
    except (ValidationError, ValueError) as error:
        raise HTTPException(422, "筛选条件有误，请重新选择") from error


@router.get("/queue")
def queue(visit: Visitor, asked: Annotated[QueueFilter, Query()]) -> Response:
    """A page of the queue; for htmx the table alone."""
    if visit.request.headers.get("hx-target") == "queue":
        return visit.page("queue_table.html", **_table(visit, asked))
    return visit.page(
        "queue.html",
        choices=visit.store.queue.choices(visit.scope),
        saved=visit.store.queue.filters(visit.account.id),
        titles={code: code.title for code in Code},
        outcomes=[outcome for outcome in Outcome if outcome in WORTH_FILTERING],
        statuses=STATUSES,
        **_table(visit, asked),
    )


@router.get("/queue/next")
def next_call(visit: Visitor, asked: Annotated[QueuePlace, Query()]) -> Response:
    """On to the next call in the filter, which is now taken; back to the queue when nothing is left."""
    back = f"/queue?{asked.query}"
    if is_cross_site(visit.request.headers):  # a link elsewhere takes no calls
        return RedirectResponse(back, status_code=303)
    filters = asked.filters(visit.account.id, visit.blind_calls)
    call_id = visit.store.queue.take_next(visit.account.id, visit.scope, filters, asked.after or "")
    return RedirectResponse(back if call_id is None else _call(call_id, asked), status_code=303)


@router.post("/queue/batch")
def batch(
    visit: Visitor,
    act: Annotated[Literal["take", "give_back", "assign", "finish"], Form()],
    call: Annotated[list[CallId] | None, Form(max_length=MOST_AT_ONCE)] = None,
    to: Annotated[str, Form(max_length=MOST_ID)] = "",
    queue: QueueQuery = "",
) -> Response:
    """One act on all chosen calls, and the table as it is then."""
    asked = filter_of(queue)
    if not call:
        visit.refuse("请先选择通话：勾选，或用 J、K 移到一行后按 X")
    for call_id in call if visit.scope != Scope() else ():
        if visit.sees(call_id) is False:  # the rest is done, and this one told like one that is not there
            visit.store.audit.append(Note(visit.account.id, Action.REFUSED, call_id, why=f"批量{ACTS[act]}"))
    handled = _handled(visit, act, call, to)
    if visit.request.headers.get("hx-request") != "true":
        return RedirectResponse(f"/queue?{asked.query}", status_code=303)
    said = f"{ACTS[act]} {len(handled.done)} 通"
    return visit.page(
        "queue_table.html", said=said, refused=handled.refused, **_table(visit, asked, keep=("said", "refused"))
    )


@router.post("/queue/take")
def take(visit: Visitor, call: CallId, queue: QueueQuery = "") -> Response:
    """The call taken, and on to it."""
    return _single(visit, "take", call, queue)


@router.post("/queue/back")
def give_back(visit: Visitor, call: CallId, queue: QueueQuery = "") -> Response:
    """The call given back, and on to the queue."""
    _single(visit, "give_back", call, queue)
    return RedirectResponse(f"/queue?{filter_of(queue).query}", status_code=303)


@router.post("/queue/finish")
def finish(visit: Visitor, call: CallId, queue: QueueQuery = "") -> Response:
    """The call done, and on to the next one in the same filter."""
    _single(visit, "finish", call, queue)
    asked = filter_of(queue)
    query = "&".join(part for part in (asked.query, f"after={quote(call, safe='')}") if part)
    return RedirectResponse(f"/queue/next?{query}", status_code=303)


@router.post("/queue/filters")
def save_filter(
    visit: Visitor, name: Annotated[str, Form(min_length=1, max_length=40)], queue: QueueQuery = ""
) -> Response:
    """The filter kept under a name."""
    if not name.strip():
        visit.refuse("请给筛选起个名字")
    visit.store.queue.save_filter(visit.account.id, name.strip(), filter_of(queue).query)
    return _saved(visit, filter_of(queue))


@router.post("/queue/filters/{number}/delete")
def delete_filter(visit: Visitor, number: int, queue: QueueQuery = "") -> Response:
    """One of the own filters deleted."""
    if not (0 < number < 2**31 and visit.store.queue.delete_filter(visit.account.id, number)):
        visit.refuse("没有这个筛选，可能已经删除", 404)
    return _saved(visit, filter_of(queue))


def _saved(visit: Visit, asked: QueueFilter) -> Response:
    if visit.request.headers.get("hx-request") != "true":
        return RedirectResponse(f"/queue?{asked.query}", status_code=303)
    return visit.page("queue_saved.html", saved=visit.store.queue.filters(visit.account.id), asked=asked)


def _single(visit: Visit, act: Literal["take", "give_back", "finish"], call_id: str, queue: str) -> Response:
    visit.admit(call_id)
    asked = filter_of(queue)
    handled = _handled(visit, act, [call_id], "")
    for _, why in handled.refused:
        visit.refuse(why, 409)
    return RedirectResponse(_call(call_id, asked), status_code=303)


def _handled(
    visit: Visit, act: Literal["take", "give_back", "assign", "finish"], call_ids: list[str], to: str
) -> Handled:
    store, by, scope = visit.store, visit.account.id, visit.scope
    match act:
        case "take":
            return store.queue.take(call_ids, by, scope)
        case "give_back":
            return store.queue.give_back(call_ids, by, scope, anybodys=visit.can(Right.ASSIGN))
        case "finish":
            return store.queue.finish(call_ids, by, scope)
        case "assign":
            if not visit.can(Right.ASSIGN):
                visit.forbid("/queue/batch", "缺少权限 assign")
            given = next((each for each in _reviewers(store.accounts.all()) if each.id == to), None)
            if given is None:
                visit.refuse("请选择要分派给谁")
            return store.queue.assign(call_ids, given.id, by, scope, given.scope)


def _reviewers(accounts: tuple[Account, ...]) -> list[Account]:
    return [account for account in accounts if Right.REVIEW in account.rights]


def _call(call_id: str, asked: QueueFilter) -> str:
    """The address of a call's page, which so knows from which filter one came."""
    return call_address(call_id) + (f"?queue={quote(asked.query, safe='')}" if asked.query else "")


def _table(visit: Visit, asked: QueueFilter, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    unseen = visit.blind_calls
    page = visit.store.queue.page(visit.scope, asked.filters(visit.account.id, unseen), asked.page, SIZE)
    nothing: dict[str, Any] = {"said": "", "refused": ()}
    return {name: value for name, value in nothing.items() if name not in keep} | {
        "asked": asked,
        "listed": page,
        "blind": unseen,
        "reviewers": _reviewers(visit.store.accounts.all()),
        "every": bundled_urgency().random_every,
        "address": lambda call_id: _call(call_id, asked),
    }
