"""The queue: which calls wait for a person and why; taken, given back, assigned and done, alone or many at once.

Knows the addresses and what is filled in; which call comes first is in `pipeline.review.worklist`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Note
from pipeline.desk.blind import blind_calls
from pipeline.desk.pages.queue_asked import Asked, AskedNext, asked_of
from pipeline.desk.security import is_cross_site
from pipeline.desk.visit import MOST_ID, Visit, allowed
from pipeline.evaluation import Outcome
from pipeline.review.worklist import TITLES, WORTH_FILTERING, bundled_urgency
from pipeline.store.worklist import Handled

router = APIRouter()
Reviewer = Annotated[Visit, Depends(allowed(Right.REVIEW))]
CallId = Annotated[str, Form(min_length=1, max_length=MOST_ID)]
AskedText = Annotated[str, Form(max_length=2000)]

SIZE = 25
MOST_AT_ONCE = 200
STATUSES = {"open": "待复核", "taken": "已领取", "done": "已复核", "all": "全部"}
ACTS = {"take": "领取", "give_back": "退回", "assign": "分派", "finish": "标为已复核"}


@router.get("/queue")
def queue(visit: Reviewer, asked: Annotated[Asked, Query()]) -> Response:
    """A page of the queue; for htmx the table alone."""
    if visit.request.headers.get("hx-target") == "queue":
        return visit.page("queue_table.html", **_table(visit, asked))
    return visit.page(
        "queue.html",
        choices=visit.store.worklist_choices(visit.scope),
        saved=visit.store.saved_filters(visit.account.id),
        titles=TITLES,
        outcomes=[outcome for outcome in Outcome if outcome in WORTH_FILTERING],
        statuses=STATUSES,
        **_table(visit, asked),
    )


@router.get("/queue/next")
def next_call(visit: Reviewer, asked: Annotated[AskedNext, Query()]) -> Response:
    """On to the next call in the filter, which is now taken; back to the queue when nothing is left."""
    back = f"/queue?{asked.query}"
    if is_cross_site(visit.request.headers):  # a link elsewhere takes no calls
        return RedirectResponse(back, status_code=303)
    filters = asked.filters(visit.account.id, blind_calls(visit.store, visit.account))
    call_id = visit.store.take_next(visit.account.id, visit.scope, filters, asked.after or "")
    return RedirectResponse(back if call_id is None else _call(call_id, asked), status_code=303)


@router.post("/queue/batch")
def batch(
    visit: Reviewer,
    act: Annotated[Literal["take", "give_back", "assign", "finish"], Form()],
    call: Annotated[list[CallId] | None, Form(max_length=MOST_AT_ONCE)] = None,
    to: Annotated[str, Form(max_length=MOST_ID)] = "",
    queue: AskedText = "",
) -> Response:
    """One act on all chosen calls, and the table as it is then."""
    asked = asked_of(queue)
    if not call:
        visit.refuse("请先选择通话：勾选，或用 J、K 移到一行后按 X")
    for call_id in call if visit.scope != Scope() else ():
        if visit.sees(call_id) is False:  # the rest is done, and this one told like one that is not there
            visit.store.note(Note(visit.account.id, "refused", call_id, why=f"批量{ACTS[act]}"))
    handled = _handled(visit, act, call, to)
    if visit.request.headers.get("hx-request") != "true":
        return RedirectResponse(f"/queue?{asked.query}", status_code=303)
    said = f"{ACTS[act]} {len(handled.done)} 通"
    return visit.page(
        "queue_table.html", said=said, refused=handled.refused, **_table(visit, asked, keep=("said", "refused"))
    )


@router.post("/queue/take")
def take(visit: Reviewer, call: CallId, queue: AskedText = "") -> Response:
    """The call taken, and on to it."""
    return _single(visit, "take", call, queue)


@router.post("/queue/back")
def give_back(visit: Reviewer, call: CallId, queue: AskedText = "") -> Response:
    """The call given back, and on to the queue."""
    _single(visit, "give_back", call, queue)
    return RedirectResponse(f"/queue?{asked_of(queue).query}", status_code=303)


@router.post("/queue/finish")
def finish(visit: Reviewer, call: CallId, queue: AskedText = "") -> Response:
    """The call done, and on to the next one in the same filter."""
    _single(visit, "finish", call, queue)
    asked = asked_of(queue)
    query = "&".join(part for part in (asked.query, f"after={quote(call, safe='')}") if part)
    return RedirectResponse(f"/queue/next?{query}", status_code=303)


@router.post("/queue/filters")
def save_filter(
    visit: Reviewer, name: Annotated[str, Form(min_length=1, max_length=40)], queue: AskedText = ""
) -> Response:
    """The filter kept under a name."""
    if not name.strip():
        visit.refuse("请给筛选起个名字")
    visit.store.save_filter(visit.account.id, name.strip(), asked_of(queue).query)
    return _saved(visit, asked_of(queue))


@router.post("/queue/filters/{number}/delete")
def delete_filter(visit: Reviewer, number: int, queue: AskedText = "") -> Response:
    """One of the own filters deleted."""
    if not (0 < number < 2**31 and visit.store.delete_filter(visit.account.id, number)):
        visit.refuse("没有这个筛选，可能已经删除", 404)
    return _saved(visit, asked_of(queue))


def _saved(visit: Visit, asked: Asked) -> Response:
    if visit.request.headers.get("hx-request") != "true":
        return RedirectResponse(f"/queue?{asked.query}", status_code=303)
    return visit.page("queue_saved.html", saved=visit.store.saved_filters(visit.account.id), asked=asked)


def _single(visit: Visit, act: Literal["take", "give_back", "finish"], call_id: str, queue: str) -> Response:
    visit.admit(call_id)
    asked = asked_of(queue)
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
            return store.take(call_ids, by, scope)
        case "give_back":
            return store.give_back(call_ids, by, scope, anybodys=visit.can(Right.ASSIGN))
        case "finish":
            return store.finish(call_ids, by, scope)
        case "assign":
            if not visit.can(Right.ASSIGN):
                visit.forbid("/queue/batch", "缺少权限 assign")
            given = next((each for each in _reviewers(store.accounts()) if each.id == to), None)
            if given is None:
                visit.refuse("请选择要分派给谁")
            return store.assign(call_ids, given.id, by, scope, given.scope)


def _reviewers(accounts: tuple[Account, ...]) -> list[Account]:
    return [account for account in accounts if Right.REVIEW in account.rights]


def _call(call_id: str, asked: Asked) -> str:
    """The address of a call's page, which so knows from which filter one came."""
    return f"/calls/{quote(call_id, safe='')}" + (f"?queue={quote(asked.query, safe='')}" if asked.query else "")


def _table(visit: Visit, asked: Asked, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    unseen = blind_calls(visit.store, visit.account)
    page = visit.store.worklist(visit.scope, asked.filters(visit.account.id, unseen), asked.page, SIZE)
    nothing: dict[str, Any] = {"said": "", "refused": ()}
    return {name: value for name, value in nothing.items() if name not in keep} | {
        "asked": asked,
        "listed": page,
        "blind": unseen,
        "reviewers": _reviewers(visit.store.accounts()),
        "every": bundled_urgency().random_every,
        "address": lambda call_id: _call(call_id, asked),
    }
