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
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.desk.page import Page
from pipeline.desk.parameters import MONTH, MOST_ID, RowId
from pipeline.desk.visit import Visit, Visitor, allowed
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
PAGE = Page(router, "/calibration", "校准", Right.CALIBRATE)
Lead = Annotated[Visit, Depends(allowed(Right.LEAD_CALIBRATION))]
Number = Annotated[int, Path(ge=1, le=MOST_CALLS)]
Line = Annotated[str, Field(max_length=64)]
Lines = Annotated[tuple[Annotated[str, Field(max_length=MOST_ID)], ...], Field(max_length=200)]

LONGEST_NOTE = 300
MOST_SECONDS = 86_400.0
MOST_SPLITS = 100
"""Shown; the widest come first."""


class DealForm(BaseModel):
    """The fields of a calibration to be dealt, each as its control is called."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=200)]
    scorecard: Line
    how: Literal["drawn", "chosen"]
    criteria: Lines = ()
    reviewers: Lines = ()
    month: Line = ""
    team: Line = ""
    agent: Line = ""
    num_calls: Annotated[int, Field(ge=1, le=MOST_CALLS)] = 20
    seed: Annotated[int | None, Field(ge=0, le=2**31 - 1)] = None
    calls: Annotated[str, Field(max_length=60_000)] = ""

    @property
    def among(self) -> Scope:
        """Among whose calls they are drawn: an agent's, else a team's, else everybody's."""
        agent_id = self.agent.strip() or None
        return Scope(agent_id, None if agent_id else self.team.strip() or None)

    @property
    def call_ids(self) -> tuple[str, ...]:
        """The calls that were typed, each once.

        Examples
        --------
        >>> DealForm(name="三月", scorecard="kf01", how="chosen", calls="D04，D05 D04").call_ids
        ('D04', 'D05')
        """
        typed = self.calls.strip()
        return tuple(dict.fromkeys(re.split(r"[\s,，;；、]+", typed))) if typed else ()


async def _fields(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as fields:
        yield fields


@router.get("/calibration")
def calibrations(visit: Visitor) -> Response:
    """The own calibrations, or for who leads them all."""
    leads = visit.can(Right.LEAD_CALIBRATION)
    return visit.page(
        "calibrations.html",
        progresses=visit.store.calibrations.progress(None if leads else visit.account.id),
    )


@router.get("/calibration/new")
def new(visit: Lead, scorecard: Annotated[str, Query(max_length=64)] = "") -> Response:
    """The form by which one is dealt."""
    return _form(visit, scorecard)


@router.post("/calibration")
def deal(
    visit: Lead,
    form: Annotated[DealForm, Form()],
) -> Response:
    """A calibration dealt; on to its page."""
    try:
        card, drawing, call_ids = _card(visit, form.scorecard), None, form.call_ids
        if form.how == "drawn":
            candidates = _candidates(visit, card, form.month.strip(), form.among)
            seed = secrets.randbelow(1_000_000) if form.seed is None else form.seed
            team, agent_id = form.among.team or "", form.among.agent_id or ""
            drawing = Drawing(form.month.strip(), team, agent_id, seed, len(candidates))
            call_ids = tuple(draw_calls(candidates, form.num_calls, seed))
        _check_sight(visit, form.reviewers, call_ids)
        made = visit.store.calibrations.deal(
            form.name.strip(), card, form.criteria, call_ids, form.reviewers, visit.account.id, drawing
        )
    except (CalibrationError, PolicyError) as error:
        return _form(visit, form.scorecard, str(error), status=422)
    return RedirectResponse(f"/calibration/{made.id}", status_code=303)


@router.get("/calibration/{id}")
def calibration(visit: Visitor, id: RowId) -> Response:
    """How far it is, and the own calls; what came of it, once it is closed."""
    own = _seen(visit, id)
    if not own.is_open:
        return visit.page("calibration_results.html", calibration=own, **_told(visit, own))
    by_call = _given(visit, own)
    (progress,) = visit.store.calibrations.progress(id=id)
    return visit.page(
        "calibration.html",
        calibration=own,
        progress=progress,
        own=[len(by_call.get(call_id, {})) for call_id in own.order_for(visit.account.id)],
        is_reviewer=visit.account.id in own.reviewers,
        is_complete=all(num == own.num_answers for num in progress.num_answers.values()),
    )


@router.get("/calibration/{id}/next")
def next_call(visit: Visitor, id: RowId, after: Annotated[int, Query(ge=0, le=MOST_CALLS)] = 0) -> Response:
    """On to the next call that is not answered, beginning after one of them; back to the calibration at the end."""
    own = _answering(visit, id)
    by_call, order = _given(visit, own), own.order_for(visit.account.id)
    numbers = [n % len(order) for n in range(after, after + len(order))]
    waiting = next((n for n in numbers if len(by_call.get(order[n], {})) < len(own.scales)), None)
    there = f"/calibration/{id}" if waiting is None else f"/calibration/{id}/calls/{waiting + 1}"
    return RedirectResponse(there, status_code=303)


@router.get("/calibration/{id}/calls/{number}")
def card(visit: Visitor, id: RowId, number: Number) -> Response:
    """One call to be scored blind: its sound and its words, and nothing that anybody or anything made of it."""
    own = _answering(visit, id)
    return _blind(visit, own, number)


@router.post("/calibration/{id}/calls/{number}")
def answer(visit: Visitor, id: RowId, number: Number, fields: Annotated[FormData, Depends(_fields)]) -> Response:
    """The answers to one call, those that were given; on to the next one."""
    own = _answering(visit, id)
    call_id = _dealt(visit, own, number)
    visit.admit(call_id)
    try:
        ratings = [rating for n, scale in enumerate(own.scales) if (rating := _rating(fields, n, scale, call_id))]
        visit.store.calibrations.answer(id, ratings, visit.account.id)
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
        (progress,) = visit.store.calibrations.progress(id=id)
        if any(num < own.num_answers for num in progress.num_answers.values()):
            visit.refuse("还有人没有评完；确要现在结束，请勾选“未评完也结束”")
    visit.store.calibrations.close(id, visit.account.id, why.strip())
    return RedirectResponse(f"/calibration/{id}", status_code=303)


def _form(visit: Visit, scorecard: str, wrong: str = "", status: int = 200) -> Response:
    judged = visit.store.evaluations.scorecards()
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
        teams=visit.store.roster.teams(),
        most=MOST_CALLS,
        least=LEAST_CALLS,
        wrong=wrong,
    )


def _card(visit: Visit, name: str) -> Scorecard:
    if name not in dict(visit.store.evaluations.scorecards()):
        raise CalibrationError(f"没有按评分表 {name} 评过的通话")
    return visit.desk.card(name)


def _candidates(visit: Visit, card: Scorecard, month: str, among: Scope) -> tuple[str, ...]:
    if not re.fullmatch(MONTH, month):
        raise CalibrationError("抽取通话须写明月份，如 2025-03")
    found = visit.store.calibrations.candidates(card.name, card.revision, month, among)
    if not found:
        raise CalibrationError(f"{month} 在此范围内没有按 {card.title} 第 {card.revision} 版评过分的通话")
    return found


def _able(visit: Visit) -> tuple[Account, ...]:
    """Who can be asked to score."""
    return tuple(account for account in visit.store.accounts.all() if Right.CALIBRATE in account.rights)


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
            if not account.scope.holds(*(visit.store.calls.whose(call_id) or (None, None))):
                raise CalibrationError(f"{account.name} 平时看不到通话 {call_id}，不能请其评这一通")


def _seen(visit: Visit, id: int) -> Calibration:
    """The calibration, for those who are in it, dealt it or lead; 404 or 403 for the others."""
    own = visit.store.calibrations.get(id)
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
    for rating in visit.store.calibrations.ratings(own.id, visit.account.id):
        by_call.setdefault(rating.call_id, {})[rating.criterion] = rating
    return by_call


def _blind(visit: Visit, own: Calibration, number: int, wrong: str = "", status: int = 200) -> Response:
    call_id = _dealt(visit, own, number)
    visit.admit(call_id)
    heard = visit.store.hearings.original(call_id)
    visit.store.audit.append(Note(visit.account.id, Action.READ, call_id, new={"calibration": own.id}))
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
    own = store.calibrations.get(id)
    if own is None:
        raise CalibrationError(f"没有校准 {id}")
    people, machine = store.calibrations.answers(id)
    return results_of(own.scales, own.reviewers, people, machine)


def _standards(visit: Visit, own: Calibration) -> dict[str, str]:
    """The printed sentence of each criterion, by id; empty where that revision of the scorecard is not at hand."""
    card = visit.card(own.scorecard, own.revision)
    if card is None or card.revision != own.revision:
        return {}
    return {criterion.id: criterion.standard for criterion in card.criteria}
