"""What a person judges on one call: items beside the machine's answers, corrections, undoing, the month's change.

Knows forms and fragments; what may be said is in `answers` and `corrections`, what counts of it in `counted`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Note
from pipeline.desk.panel import panel_of
from pipeline.desk.visit import Visit, allowed
from pipeline.errors import StaleError
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.corrections import (
    Correction,
    corrected,
    role_corrected,
    roles_swapped,
    standing_corrections,
    words_corrected,
)
from pipeline.hearing.turns import Role
from pipeline.review.acts import Seen
from pipeline.review.answers import Kind, asked_of, person_answer, reasons, resting_on
from pipeline.review.overlay import machine_alone
from pipeline.scorecard import Scorecard
from pipeline.store.corrections import undoable
from pipeline.validation.learning.verdicts import labels_of

router = APIRouter()
Seer = Annotated[Visit, Depends(allowed(Right.SEE_CALLS))]
Judge = Annotated[Visit, Depends(allowed(Right.REVIEW))]
Short = Annotated[str, Form(max_length=128)]
Long = Annotated[str, Form(max_length=2000)]
Id = Annotated[int, Form(ge=1, le=2**62)]

Given = Literal["confirm", "overturn", "level", "not_applicable"]
Way = Literal["words", "turn_role", "swap"]


@router.get("/calls/{call_id}/scorecard")
def scorecard(visit: Seer, call_id: str) -> Response:
    """The scorecard of a call: every item with the machine's answer and the person's."""
    result = visit.call(call_id)
    visit.store.note(Note(visit.account.id, "read", call_id))
    return _shown(visit, result)


@router.get("/calls/{call_id}/effect")
def effect(visit: Annotated[Visit, Depends(allowed(Right.SEE_MONTHS))], call_id: str) -> Response:
    """What people's answers on the call do to its agent's month."""
    visit.admit(call_id)
    visit.open_eyed(call_id)
    return visit.page("_effect.html", effects=visit.desk.effect(call_id))


@router.post("/calls/{call_id}/answers")
def answer(
    visit: Judge,
    call_id: str,
    criterion: Short,
    kind: Annotated[Given, Form()],
    seen: Short,
    level: Short = "",
    met: Annotated[Literal["", "yes", "no"], Form()] = "",
    reason: Short = "",
    note: Long = "",
    deny: Annotated[list[int], Form(max_length=200)] = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """An item answered; 409 with what stands where somebody else did so meanwhile."""
    result = visit.call(call_id)
    card = _card(visit, result)
    try:
        asked = asked_of(card, criterion)
        machine = machine_alone(result, card).get(criterion)
        if machine is None:
            raise ValueError("这通电话不可评，没有可以评定的项目")
        denied = _denied(result, deny)
        chosen = reasons().get(reason)
        if not denied and kind == "overturn" and chosen is not None and chosen.denies:
            denied = resting_on(asked, machine, result.findings)
        act = person_answer(
            card,
            machine,
            Kind(kind),
            call_id=call_id,
            by=visit.account.id,
            at=visit.desk.now(),
            level=level or None,
            met={"yes": True, "no": False}.get(met),
            reason=reason,
            note=note,
            denied=denied,
        )
        labels = labels_of(act, machine, result.findings, result.hearing) if result.hearing else ()
        visit.store.save_answer(act, Seen.of(seen), labels)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        mine = [("criterion", criterion), ("kind", kind), ("level", level), ("met", met), ("reason", reason)]
        mine += [("note", note), *(("deny", str(position)) for position in deny)]
        return _stale(visit, call_id, error, "answers", mine)
    visit.relist(call_id)
    return _shown(visit, result, f"已{'认可' if act.kind is Kind.CONFIRM else '改判'}“{asked.criterion.title}”")


@router.post("/calls/{call_id}/corrections")
def correct(
    visit: Judge,
    call_id: str,
    kind: Annotated[Way, Form()],
    seen: Short,
    turn: Annotated[int, Form(ge=0, le=100_000)] = 0,
    text: Annotated[str, Form(max_length=4000)] = "",
    role: Annotated[Role | None, Form()] = None,
    reason: Short = "",
) -> Response:
    """What was heard corrected, and the call judged again at once."""
    result = visit.call(call_id)
    if not visit.can(Right.CLEARANCE):  # who reads the words masked would write the mask over them
        visit.forbid(call_id, f"更正听写：缺少权限 {Right.CLEARANCE}")
    if result.hearing is None or result.evaluation is None:
        visit.refuse("这通电话没有转写或没有评分，不能更正")
    try:
        act = _correction(visit, result.hearing, kind, turn, text, role, reason)
        again = _judged(visit, call_id, act)
        visit.store.correct(act, Seen.of(seen), again)
        visit.relist(call_id)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        mine = [("kind", kind), ("turn", str(turn)), ("text", text), ("role", role or ""), ("reason", reason)]
        return _stale(visit, call_id, error, "corrections", mine)
    page = _shown(visit, visit.call(call_id), "已更正，评分已按更正后的内容重算")
    page.headers["HX-Trigger"] = "corrected"  # the transcript beside shows what it was
    return page


@router.post("/calls/{call_id}/undo")
def undo(
    visit: Judge, call_id: str, what: Annotated[Literal["answer", "correction"], Form()], id: Id, seen: Short
) -> Response:
    """One's own answer or correction undone; what stood before counts again."""
    result = visit.call(call_id)
    by, now = visit.account.id, visit.desk.now()
    try:
        if what == "answer":
            visit.store.undo_answer(call_id, id, by, now, Seen.of(seen))
            visit.relist(call_id)
            return _shown(visit, result, "已撤销")
        gone = undoable(visit.store.corrections_on(call_id), id, by)
        again = _judged(visit, call_id, without=gone)
        visit.store.undo_correction(call_id, id, by, now, Seen.of(seen), again)
        visit.relist(call_id)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        return _stale(visit, call_id, error, "undo", [("what", what), ("id", str(id))])
    page = _shown(visit, visit.call(call_id), "已撤销更正，评分已重算")
    page.headers["HX-Trigger"] = "corrected"
    return page


def _shown(visit: Visit, result: CallResult, said: str = "") -> Response:
    return visit.page("_scorecard.html", panel=panel_of(visit, result), said=said)


def _card(visit: Visit, result: CallResult) -> Scorecard:
    if result.evaluation is None:
        visit.refuse("这通电话没有评分，没有可以评定的项目")
    return visit.desk.card(result.evaluation.scorecard)


def _denied(result: CallResult, positions: list[int]) -> tuple[Finding, ...]:
    if any(not 0 <= position < len(result.findings) for position in positions):
        raise ValueError("所选的命中已不存在，请刷新后重试")
    return tuple(result.findings[position] for position in dict.fromkeys(positions))


def _correction(
    visit: Visit, hearing: Hearing, kind: Way, turn: int, text: str, role: Role | None, reason: str
) -> Correction:
    """What the form says; ValueError in Chinese if it says nothing that can be done."""
    call_id, by, now = hearing.call.id, visit.account.id, visit.desk.now()
    if reason and reason not in reasons():
        raise ValueError("请从列表里选一个理由")
    if kind == "swap":
        return roles_swapped(hearing, by=by, at=now, reason=reason)
    if turn >= len(hearing.turns):
        raise ValueError("没有这一句，请刷新后重试")
    own = hearing.turns[turn]
    if kind == "turn_role":
        if role is None:
            raise ValueError("请选择说话人")
        return role_corrected(own, role, call_id=call_id, by=by, at=now, reason=reason)
    return words_corrected(own, text, call_id=call_id, by=by, at=now, reason=reason)


def _judged(
    visit: Visit, call_id: str, also: Correction | None = None, without: Correction | None = None
) -> CallResult:
    """The call judged with one correction more, or one less."""
    heard = visit.store.first_heard(call_id)
    if heard is None:
        raise ValueError("这通电话没有转写，不能更正")
    stand = [act for act in standing_corrections(visit.store.corrections_on(call_id)) if act != without]
    return visit.desk.judge(corrected(heard, [*stand, *([also] if also else [])]))


def _stale(visit: Visit, call_id: str, error: StaleError, act: str, mine: list[tuple[str, str]]) -> Response:
    """409: what somebody else did meanwhile, and one's own words to be sent again by who has seen it."""
    page = visit.page(
        "_stale.html",
        409,
        path=f"/calls/{quote(call_id, safe='')}/{act}",
        call_path=f"/calls/{quote(call_id, safe='')}",
        problem=error.problem,
        standing=error.standing,
        mine=[(name, value) for name, value in mine if value],
        seen=visit.store.seen(call_id),
    )
    page.headers["HX-Retarget"], page.headers["HX-Reswap"] = "#stale", "innerHTML"
    return page
