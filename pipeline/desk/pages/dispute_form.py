"""A dispute as an agent raises it: beside each criterion of a call how it stands, and the form to contest it.

Knows the form; what may be contested is in `pipeline.review.disputes`, the disputes that were raised in `disputes`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right
from pipeline.desk.addresses import CallId
from pipeline.desk.environment import environment
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import DisputeError
from pipeline.evaluation.result import CallResult
from pipeline.review.disputes.dispute import Dispute, DisputeState
from pipeline.review.disputes.moves import CONTESTABLE, WORDS, Claim, raise_dispute
from pipeline.review.disputes.policy import shown_end
from pipeline.review.disputes.subject import Subject, subject_of
from pipeline.review.suspected import bearing_on, suspected

router = APIRouter()
PAGE = Page(router, right=Right.SEE_CALLS)
Agent = Annotated[Visit, Depends(allowed(Right.DISPUTE))]
Item = Annotated[str, Query(min_length=1, max_length=128)]
Words = Annotated[str, Form(max_length=4 * WORDS)]


@router.get("/calls/{call_id}/disputes")
def item(visit: Visitor, call_id: CallId, criterion: Item) -> Response:
    """How an item of a call stands: its dispute, and the button to raise one."""
    return _item(visit, visit.call(call_id), criterion)


@router.get("/calls/{call_id}/disputes/new")
def new(visit: Agent, call_id: CallId, criterion: Item) -> Response:
    """The form for a dispute, or why there is none to be had."""
    return _form(visit, visit.call(call_id), criterion)


@router.post("/calls/{call_id}/disputes")
def raise_one(
    visit: Agent,
    call_id: CallId,
    criterion: Annotated[str, Form(min_length=1, max_length=128)],
    reason: Annotated[str, Form(max_length=64)] = "",
    words: Words = "",
) -> Response:
    """A dispute raised."""
    result = visit.call(call_id)
    try:
        about = contested_item(visit, result, criterion)
        policy, now = visit.desk.dispute_policy, visit.desk.now()
        dispute = visit.store.disputes.file(about, policy, visit.account, now, reason, words)
    except DisputeError as error:
        return _form(visit, result, criterion, reason, words, str(error))
    if visit.request.headers.get("hx-request") == "true":
        return _item(visit, result, criterion)
    return RedirectResponse(f"/disputes/{dispute.id}", status_code=303)


def contested_item(visit: Visit, result: CallResult, criterion_id: str) -> Subject:
    """The item of a call as it counts now, with since when its agent can see it.

    Raises
    ------
    DisputeError
        If the call has no such item, or was not judged.
    """
    call, machine = result.call, result.evaluation
    judged_at = visit.store.evaluations.made_at(call.id)
    if machine is None or judged_at is None:
        raise DisputeError("unknown_item", "这通电话没有评分，没有可申诉的评分项。")
    acts = visit.store.answers.acts(call.id)
    counts = visit.counted(result).evaluation or machine
    team = visit.store.roster.team_of(call.agent_id, call.day)
    asked = card.call_criterion(criterion_id) if (card := visit.card_of(result)) else None
    bearing = bearing_on(asked, suspected(result.findings)) if asked else ()
    ids = {each.id for each in bearing}
    return subject_of(counts, criterion_id, acts, judged_at, team, call.month, ids)


def disputes_by_item(visit: Visit, call_id: str, scorecard: str) -> dict[str, Dispute]:
    """The last dispute about each item of a call that has one, by criterion."""
    return {
        each.subject.criterion_id: each
        for each in visit.store.disputes.of_call(call_id)
        if each.subject.scorecard == scorecard
    }


def title_of(visit: Visit, scorecard: str, criterion_id: str) -> str:
    """What the item is called; empty where the scorecard is not at hand, or has it no more."""
    card = visit.card(scorecard)
    return next((each.title for each in card.criteria if each.id == criterion_id), "") if card else ""


def grounds(visit: Visit) -> dict[str, str]:
    """The titles of the reasons of disputes, by id."""
    return {reason.id: reason.title for reason in visit.desk.dispute_policy.reasons}


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
    claim = Claim(visit.account, visit.desk.now(), policy.reasons[0].id, "…")
    would_be = raise_dispute(about, policy, claim, before)
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
    "DISPUTE_STATES": {state: state.title for state in DisputeState},
    "CONTESTABLE": CONTESTABLE,
    "disputes_by_item": disputes_by_item,
}
