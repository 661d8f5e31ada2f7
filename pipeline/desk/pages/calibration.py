"""Calibration: calls dealt to several reviewers who score them blind, and, once it is closed, what came of it.

Knows who may deal, answer, close and read; the figures are made in `calibration.results`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Note
from pipeline.desk.fields import MONTH, RowId
from pipeline.desk.visit import MOST_ID, Visit, allowed
from pipeline.errors import CalibrationError, PolicyError
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.validation.calibration import (
    MOST_CALLS,
    NOT_APPLICABLE,
    Calibration,
    Drawing,
    Rating,
    Scale,
    draw_calls,
    scales_of,
)
from pipeline.validation.calibration.results import Results, results_of
from pipeline.validation.calibration.sums import LEAST_CALLS

router = APIRouter()
Reviewer = Annotated[Visit, Depends(allowed(Right.CALIBRATE))]
Lead = Annotated[Visit, Depends(allowed(Right.LEAD_CALIBRATION))]
Number = Annotated[int, Path(ge=1, le=MOST_CALLS)]
Line = Annotated[str, Form(max_length=64)]
Lines = Annotated[list[Annotated[str, Form(max_length=MOST_ID)]], Form(max_length=200)]

LONGEST_NOTE = 300
MOST_SECONDS = 86_400.0
MOST_SPLITS = 100
"""Shown; the widest come first."""


async def _fields(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as fields:
        yield fields


@router.get("/calibration")
def calibrations(visit: Reviewer) -> Response:
    """The own calibrations, or for who leads them all."""
    leads = visit.can(Right.LEAD_CALIBRATION)
    return visit.page(
        "calibrations.html",
        progresses=visit.store.calibrations(None if leads else visit.account.id),
    )


@router.get("/calibration/new")
def new(visit: Lead, scorecard: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The form by which one is dealt."""
    return _form(visit, scorecard)


@router.post("/calibration")
def deal(
    visit: Lead,
    name: Annotated[str, Form(max_length=200)],
    scorecard: Line,
    how: Annotated[Literal["drawn", "chosen"], Form()],
    criteria: Lines = [],  # noqa: B006  FastAPI copies it
    reviewers: Lines = [],  # noqa: B006
    month: Line = "",
    team: Line = "",
    agent: Line = "",
    num_calls: Annotated[int, Form(ge=1, le=MOST_CALLS)] = 20,
    seed: Annotated[int | None, Form(ge=0, le=2**31 - 1)] = None,
    calls: Annotated[str, Form(max_length=60_000)] = "",
) -> Response:
    """A calibration dealt; on to its page."""
    try:
        card, drawing = _card(visit, scorecard), None
        if how == "drawn":
            among = Scope(agent.strip() or None, None if agent.strip() else team.strip() or None)
            found = _candidates(visit, card, month.strip(), among)
            seed = secrets.randbelow(1_000_000) if seed is None else seed
            drawing = Drawing(month.strip(), among.team or "", among.agent_id or "", seed, len(found))
            call_ids: Sequence[str] = draw_calls(found, num_calls, seed)
        else:
            call_ids = tuple(dict.fromkeys(re.split(r"[\s,，;；、]+", calls.strip()))) if calls.strip() else ()
        _check_sight(visit, reviewers, call_ids)
        made = visit.store.deal_calibration(
            name.strip(), card, criteria, call_ids, reviewers, visit.account.id, drawing
        )
    except (CalibrationError, PolicyError) as error:
        return _form(visit, scorecard, str(error), status=422)
    return RedirectResponse(f"/calibration/{made.id}", status_code=303)


@router.get("/calibration/{id}")
def calibration(visit: Reviewer, id: RowId) -> Response:
    """How far it is, and the own calls; what came of it, once it is closed."""
    own = _seen(visit, id)
    if not own.is_open:
        return visit.page("calibration_results.html", calibration=own, **_told(visit, own))
    by_call = _given(visit, own)
    (progress,) = visit.store.calibrations(id=id)
    return visit.page(
        "calibration.html",
        calibration=own,
        progress=progress,
        own=[len(by_call.get(call_id, {})) for call_id in own.order_for(visit.account.id)],
        is_reviewer=visit.account.id in own.reviewers,
        is_complete=all(num == own.asked for num in progress.given.values()),
    )


@router.get("/calibration/{id}/next")
def next_call(visit: Reviewer, id: RowId, after: Annotated[int, Query(ge=0, le=MOST_CALLS)] = 0) -> Response:
    """On to the next call that is not answered, beginning after one of them; back to the calibration at the end."""
    own = _answering(visit, id)
    by_call, order = _given(visit, own), own.order_for(visit.account.id)
    numbers = [n % len(order) for n in range(after, after + len(order))]
    waiting = next((n for n in numbers if len(by_call.get(order[n], {})) < len(own.scales)), None)
    there = f"/calibration/{id}" if waiting is None else f"/calibration/{id}/calls/{waiting + 1}"
    return RedirectResponse(there, status_code=303)


@router.get("/calibration/{id}/calls/{number}")
def card(visit: Reviewer, id: RowId, number: Number) -> Response:
    """One call to be scored blind: its sound and its words, and nothing that anybody or anything made of it."""
    own = _answering(visit, id)
    return _blind(visit, own, number)


@router.post("/calibration/{id}/calls/{number}")
def answer(visit: Reviewer, id: RowId, number: Number, fields: Annotated[FormData, Depends(_fields)]) -> Response:
    """The answers to one call, those that were given; on to the next one."""
    own = _answering(visit, id)
    call_id = _dealt(visit, own, number)
    visit.admit(call_id)
    try:
        ratings = [rating for n, scale in enumerate(own.scales) if (rating := _rating(fields, n, scale, call_id))]
        visit.store.answer_calibration(id, ratings, visit.account.id)
    except CalibrationError as error:
        return _blind(visit, own, number, str(error), status=422)
    return RedirectResponse(f"/calibration/{id}/next?after={number}", status_code=303)


@router.post("/calibration/{id}/close")
def close(
    visit: Lead,
    id: RowId,
    why: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
    anyway: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """The calibration closed: its figures are shown from now on."""
    own = _seen(visit, id)
    if own.is_open and not anyway:
        (progress,) = visit.store.calibrations(id=id)
        if any(num < own.asked for num in progress.given.values()):
            visit.refuse("还有人没有评完；确要现在结束，请勾选“未评完也结束”")
    visit.store.close_calibration(id, visit.account.id, why.strip())
    return RedirectResponse(f"/calibration/{id}", status_code=303)


def _form(visit: Visit, scorecard: str, wrong: str = "", status: int = 200) -> Response:
    judged = visit.store.judged_by()
    chosen = scorecard if scorecard in dict(judged) else next(iter(dict(judged)), "")
    try:
        card = visit.desk.card(chosen) if chosen else None
    except PolicyError as error:
        card, wrong = None, wrong or str(error)
    told = {scale.criterion for scale in scales_of(card)} if card else set()
    return visit.page(
        "calibration_new.html",
        status,
        judged=judged,
        chosen=chosen,
        card=card,
        told=told,
        accounts=_able(visit),
        teams=visit.store.teams(),
        most=MOST_CALLS,
        least=LEAST_CALLS,
        wrong=wrong,
    )


def _card(visit: Visit, name: str) -> Scorecard:
    if name not in dict(visit.store.judged_by()):
        raise CalibrationError(f"没有按评分表 {name} 评过的通话")
    return visit.desk.card(name)


def _candidates(visit: Visit, card: Scorecard, month: str, among: Scope) -> tuple[str, ...]:
    if not re.fullmatch(MONTH, month):
        raise CalibrationError("抽取通话须写明月份，如 2025-03")
    found = visit.store.calibration_candidates(card.name, card.revision, month, among)
    if not found:
        raise CalibrationError(f"{month} 在此范围内没有按 {card.title} 第 {card.revision} 版评过分的通话")
    return found


def _able(visit: Visit) -> tuple[Account, ...]:
    """Who can be asked to score."""
    return tuple(account for account in visit.store.accounts() if Right.CALIBRATE in account.rights)


def _check_sight(visit: Visit, reviewers: Sequence[str], call_ids: Sequence[str]) -> None:
    """Refuse reviewers who may not score, or not see one of the calls at other times either."""
    able = {account.id: account for account in _able(visit)}
    for reviewer in reviewers:
        account = able.get(reviewer)
        if account is None:
            raise CalibrationError(f"账号 {reviewer} 不能参加校准")
        if account.scope == Scope():
            continue
        for call_id in call_ids[:MOST_CALLS]:
            if not account.scope.holds(*(visit.store.whose(call_id) or (None, None))):
                raise CalibrationError(f"{account.name} 平时看不到通话 {call_id}，不能请其评这一通")


def _seen(visit: Visit, id: int) -> Calibration:
    """The calibration, for those who are in it, dealt it or lead; 404 or 403 for the others."""
    own = visit.store.calibration(id)
    if own is None:
        visit.refuse(f"没有校准 {id}", 404)
    takes_part = visit.account.id in (own.by, *own.reviewers)
    if not takes_part and not visit.can(Right.LEAD_CALIBRATION):
        visit.forbid(f"/calibration/{id}", "不在这次校准之中")
    return own


def _answering(visit: Visit, id: int) -> Calibration:
    """The calibration, for its reviewers while it is open."""
    own = _seen(visit, id)
    if visit.account.id not in own.reviewers:
        visit.forbid(f"/calibration/{id}", "不是这次校准的评分人")
    if not own.is_open:
        visit.refuse(f"校准「{own.name}」已经结束，不能再评", 409)
    return own


def _dealt(visit: Visit, own: Calibration, number: int) -> str:
    if number > len(own.calls):
        visit.refuse(f"这次校准没有第 {number} 通", 404)
    return own.order_for(visit.account.id)[number - 1]


def _given(visit: Visit, own: Calibration) -> dict[str, dict[str, Rating]]:
    """The visitor's own answers, by call and criterion."""
    by_call: dict[str, dict[str, Rating]] = {}
    for rating in visit.store.calibration_ratings(own.id, visit.account.id):
        by_call.setdefault(rating.call_id, {})[rating.criterion] = rating
    return by_call


def _blind(visit: Visit, own: Calibration, number: int, wrong: str = "", status: int = 200) -> Response:
    call_id = _dealt(visit, own, number)
    visit.admit(call_id)
    heard = visit.store.first_heard(call_id)
    visit.store.note(Note(visit.account.id, "read", call_id, new={"calibration": own.id}))
    return visit.page(
        "calibration_call.html",
        status,
        calibration=own,
        number=number,
        call_id=call_id,
        opening=secrets.token_urlsafe(9),
        turns=heard.turns if heard else (),
        standards=_standards(visit, own),
        given=_given(visit, own).get(call_id, {}),
        not_applicable=NOT_APPLICABLE,
        longest=LONGEST_NOTE,
        wrong=wrong,
    )


def _rating(fields: FormData, n: int, scale: Scale, call_id: str) -> Rating | None:
    """What was chosen for the n-th criterion; None where nothing was."""
    choice, heard_at, note = (str(fields.get(f"{name}-{n}", "")).strip() for name in ("choice", "at", "note"))
    if not choice:
        return None
    if len(note) > LONGEST_NOTE:
        raise CalibrationError(f"{scale.title}：说明不超过 {LONGEST_NOTE} 字")
    if heard_at and not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", heard_at):
        raise CalibrationError(f"{scale.title}：位置是从录音开头起的秒数，如 75.5")
    at = float(heard_at) if heard_at else None
    if at is not None and at > MOST_SECONDS:
        raise CalibrationError(f"{scale.title}：位置超出录音")
    return Rating(call_id, scale.criterion, "", choice, at, note)


def _told(visit: Visit, own: Calibration) -> dict[str, Any]:
    results = _results(visit.store, own.id)
    return {
        "results": results,
        "splits": results.splits[:MOST_SPLITS],
        "scales": {scale.criterion: scale for scale in own.scales},
        "least": LEAST_CALLS,
        "coefficient": "{:z.2f}".format,
        "steps": "{:+z.2f}".format,
    }


@lru_cache(maxsize=16)
def _results(store: Store, id: int) -> Results:
    """What came of a closed calibration: nothing of it changes any more, and its draws take their time."""
    own = store.calibration(id)
    if own is None:
        raise CalibrationError(f"没有校准 {id}")
    people, machine = store.calibration_answers(id)
    return results_of(own.scales, own.reviewers, people, machine)


def _standards(visit: Visit, own: Calibration) -> dict[str, str]:
    """The printed sentence of each criterion, by id; empty where that revision of the scorecard is not at hand."""
    card = visit.card(own.scorecard)
    if card is None or card.revision != own.revision:
        return {}
    return {criterion.id: criterion.standard for criterion in card.criteria}
