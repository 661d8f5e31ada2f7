"""Disputes as an agent raises them and as everybody finds them: the form beside an item, and the lists.

Knows forms and lists; one dispute and its ruling is in `dispute`, what may be done in `pipeline.review.disputes`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right
from pipeline.desk.blind import blind_calls
from pipeline.desk.fields import MaybeMonth, Page
from pipeline.desk.templating import environment
from pipeline.desk.visit import Visit, allowed
from pipeline.errors import DisputeError
from pipeline.evaluation.result import CallResult
from pipeline.review.disputes.dispute import CONTESTABLE, STATES, WORDS, Dispute, State, raised
from pipeline.review.disputes.policy import shown_end
from pipeline.review.disputes.subject import Contested, contested

router = APIRouter()
Agent = Annotated[Visit, Depends(allowed(Right.DISPUTE))]
Seer = Annotated[Visit, Depends(allowed(Right.SEE_CALLS))]
Anybody = Annotated[Visit, Depends(allowed(None))]
Item = Annotated[str, Query(min_length=1, max_length=128)]
Words = Annotated[str, Form(max_length=4 * WORDS)]

LISTED = 50


@router.get("/calls/{call_id}/disputes")
def item(visit: Seer, call_id: str, criterion: Item) -> Response:
    """How an item of a call stands: its dispute, and the button to raise one."""
    return _item(visit, visit.call(call_id), criterion)


@router.get("/calls/{call_id}/disputes/new")
def new(visit: Agent, call_id: str, criterion: Item) -> Response:
    """The form for a dispute, or why there is none to be had."""
    return _form(visit, visit.call(call_id), criterion)


@router.post("/calls/{call_id}/disputes")
def raise_one(
    visit: Agent,
    call_id: str,
    criterion: Annotated[str, Form(min_length=1, max_length=128)],
    reason: Annotated[str, Form(max_length=64)] = "",
    words: Words = "",
) -> Response:
    """A dispute raised."""
    result = visit.call(call_id)
    try:
        about = contested_item(visit, result, criterion)
        policy, now = visit.desk.dispute_policy, visit.desk.now()
        dispute = visit.store.raise_dispute(about, policy, visit.account, now, reason, words)
    except DisputeError as error:
        return _form(visit, result, criterion, reason, words, str(error))
    if visit.request.headers.get("hx-request") == "true":
        return _item(visit, result, criterion)
    return RedirectResponse(f"/disputes/{dispute.id}", status_code=303)


@router.get("/disputes")
def disputes(
    visit: Anybody,
    state: Annotated[State | Literal[""], Query()] = "",
    month: MaybeMonth = "",
    mine: Annotated[Literal["", "1"], Query()] = "",
    page: Page = 1,
) -> Response:
    """What waits, the most urgent first, and what was decided; an agent's own, or those within the scope."""
    check_rights(visit)
    wanted = state or None
    assignee = visit.account.id if mine else None

    def listed(pending: bool) -> tuple[Dispute, ...]:
        return visit.store.disputes(
            visit.scope,
            pending=pending,
            state=wanted,
            assignee=assignee if pending else None,
            month=month or None,
            limit=LISTED + 1,
            offset=(page - 1) * LISTED,
        )

    is_ruling = wanted in (State.UPHELD, State.REJECTED)
    pending = None if is_ruling else listed(pending=True)
    settled = listed(pending=False) if is_ruling or (wanted is None and not mine) else None
    return visit.page(
        "disputes.html",
        pending=pending if pending is None else pending[:LISTED],
        settled=settled if settled is None else settled[:LISTED],
        more=max(len(pending or ()), len(settled or ())) > LISTED,
        page=page,
        asked={"state": str(state), "month": month, "mine": mine},
        titles=_titles(visit, (*(pending or ()), *(settled or ()))),
        grounds=grounds(visit),
        now=visit.desk.now(),
        blind=blind_calls(visit.store, visit.account),
    )


def check_rights(visit: Visit) -> None:
    """Answer 403, noted, to who neither raises nor settles disputes."""
    if not visit.can(Right.DISPUTE) and not visit.can(Right.SETTLE):
        visit.forbid(visit.request.url.path[:200], "既不能申诉，也不能裁定")


def contested_item(visit: Visit, result: CallResult, criterion_id: str) -> Contested:
    """The item of a call as it counts now, with since when its agent can see it.

    Raises
    ------
    DisputeError
        If the call has no such item, or was not judged.
    """
    call, machine = result.call, result.evaluation
    judged_at = visit.store.judged_at(call.id)
    if machine is None or judged_at is None:
        raise DisputeError("unknown_item", "这通电话没有评分，没有可申诉的评分项。")
    acts = visit.store.answers_on(call.id)
    counts = visit.counted(result).evaluation or machine
    team = visit.store.team_of(call.agent_id, call.day)
    return contested(counts, criterion_id, acts, judged_at, team, call.month)


def disputes_by_item(visit: Visit, call_id: str, scorecard: str) -> dict[str, Dispute]:
    """The last dispute about each item of a call that has one, by criterion."""
    return {
        each.contested.criterion_id: each
        for each in visit.store.disputes_of_call(call_id)
        if each.contested.scorecard == scorecard
    }


def title_of(visit: Visit, scorecard: str, criterion_id: str) -> str:
    """What the item is called; empty where the scorecard is not at hand, or has it no more."""
    card = visit.card(scorecard)
    return next((each.title for each in card.criteria if each.id == criterion_id), "") if card else ""


def grounds(visit: Visit) -> dict[str, str]:
    """The titles of the reasons of disputes, by id."""
    return {reason.id: reason.title for reason in visit.desk.dispute_policy.reasons}


def _titles(visit: Visit, listed: tuple[Dispute, ...]) -> dict[tuple[str, str], str]:
    items = {(each.contested.scorecard, each.contested.criterion_id) for each in listed}
    return {item: title_of(visit, *item) for item in items}


def _last(visit: Visit, result: CallResult, criterion_id: str) -> Dispute | None:
    scorecard = result.evaluation.scorecard if result.evaluation else ""
    return disputes_by_item(visit, result.call.id, scorecard).get(criterion_id)


def _item(visit: Visit, result: CallResult, criterion_id: str) -> Response:
    answers = result.evaluation.answers if result.evaluation else ()
    if criterion_id not in {answer.criterion_id for answer in answers}:
        visit.refuse(f"这通电话没有评分项 {criterion_id[:64]}", 404)
    return visit.page(
        "_dispute.html",
        call_id=result.call.id,
        criterion_id=criterion_id,
        outcome=contested_item(visit, result, criterion_id).outcome,
        dispute=_last(visit, result, criterion_id),
    )


def _form(
    visit: Visit, result: CallResult, criterion_id: str, reason: str = "", words: str = "", wrong: str = ""
) -> Response:
    """The form; where it cannot be sent at all, the sentence why."""
    about = contested_item(visit, result, criterion_id)
    policy, before = visit.desk.dispute_policy, _last(visit, result, criterion_id)
    would_be = raised(about, policy, visit.account, visit.desk.now(), policy.reasons[0].id, "…", before)
    ends_at = before.due_at if before is not None and would_be.round > 1 else None
    return visit.page(
        "dispute_new.html",
        422 if wrong else 200,
        about=about,
        title=title_of(visit, about.scorecard, criterion_id) or criterion_id,
        round=would_be.round,
        until=shown_end(ends_at or about.ends_at(policy)),
        policy=policy,
        reason=reason,
        words=words,
        wrong=wrong,
        most=WORDS,
    )


environment.filters["end"] = lambda instant: shown_end(instant) if instant else "—"
environment.globals |= {
    "DISPUTE_STATES": STATES,
    "CONTESTABLE": CONTESTABLE,
    "disputes_by_item": disputes_by_item,
}
