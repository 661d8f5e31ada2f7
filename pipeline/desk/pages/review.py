"""What a person judges on one call: items beside the machine's answers, corrections, undoing, the month's change.

Knows forms and fragments; what may be said is in `opinions` and `corrections`, what counts of it in `overlay`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Action, Note
from pipeline.desk.addresses import CallId, call_address
from pipeline.desk.call_scorecard import scorecard_of_call
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import StaleError
from pipeline.evaluation import Said
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.amendment import corrected
from pipeline.hearing.corrections import (
    Correction,
    role_corrected,
    roles_swapped,
    standing_corrections,
    words_corrected,
)
from pipeline.hearing.turns import Role
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind, PersonAnswer
from pipeline.review.opinions import Opinion, criterion_of_call, decisive_findings, to_answer
from pipeline.review.overlay import machine_answers, overlay
from pipeline.review.reasons import reasons
from pipeline.review.suspected import suspected
from pipeline.scorecard import Scorecard
from pipeline.store.people.corrections import undoable
from pipeline.validation.learning.lessons import labels_of

router = APIRouter()
PAGE = Page(router, right=Right.SEE_CALLS)
Judge = Annotated[Visit, Depends(allowed(Right.REVIEW))]
Short = Annotated[str, Form(max_length=128)]
Id = Annotated[int, Form(ge=1, le=2**62)]


class AnswerForm(BaseModel):
    """The fields by which a person answers a criterion, each as its control is called; `seen` stood then."""

    model_config = ConfigDict(frozen=True)

    criterion: Annotated[str, Field(max_length=128)]
    kind: Literal["confirm", "overturn", "level", "not_applicable"]
    seen: Annotated[str, Field(max_length=128)]
    level: Annotated[str, Field(max_length=128)] = ""
    met: Literal["", "yes", "no"] = ""
    reason: Annotated[str, Field(max_length=128)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    deny: Annotated[tuple[int, ...], Field(max_length=200)] = ()

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What was filled in, to be sent again beside what stands by then."""
        kept = [(name, getattr(self, name)) for name in ("criterion", "kind", "level", "met", "reason", "note")]
        return [*kept, *(("deny", str(position)) for position in self.deny)]


class CorrectionForm(BaseModel):
    """The fields by which a person corrects what was heard, each as its control is called."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["words", "turn_role", "swap"]
    seen: Annotated[str, Field(max_length=128)]
    turn: Annotated[int, Field(ge=0, le=100_000)] = 0
    text: Annotated[str, Field(max_length=4000)] = ""
    role: Role | None = None
    reason: Annotated[str, Field(max_length=128)] = ""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What was filled in, to be sent again beside what stands by then."""
        kept = [(name, getattr(self, name)) for name in ("kind", "turn", "text", "role", "reason")]
        return [(name, "" if value is None else str(value)) for name, value in kept]


@router.get("/calls/{call_id}/scorecard")
def scorecard(visit: Visitor, call_id: CallId) -> Response:
    """The scorecard of a call: every item with the machine's answer and the person's."""
    result = visit.call(call_id)
    visit.store.audit.append(Note(visit.account.id, Action.READ, call_id))
    return _shown(visit, result)


@router.get("/calls/{call_id}/effect")
def effect(visit: Annotated[Visit, Depends(allowed(Right.SEE_MONTHS))], call_id: CallId) -> Response:
    """What people's answers on the call do to its agent's month."""
    visit.admit(call_id)
    visit.open_eyed(call_id)
    return visit.page("_effect.html", effects=visit.desk.effect(call_id))


@router.post("/calls/{call_id}/answers")
def answer(
    visit: Judge,
    call_id: CallId,
    form: Annotated[AnswerForm, Form()],
) -> Response:
    """An item answered; 409 with what stands where somebody else did so meanwhile."""
    result = visit.call(call_id)
    card = _card(visit, result)
    try:
        act, machine = _answered(visit, result, card, form)
        labels = labels_of(act, machine, result.findings, result.hearing) if result.hearing else ()
        visit.store.answers.save(act, LastAct.of(form.seen), labels)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        return _stale(visit, call_id, error, "answers", form.fields)
    visit.relist(call_id)
    done = "认可" if act.kind is Kind.CONFIRM else "改判" if machine.outcome.decided else "评定"
    return _shown(visit, result, f"已{done}“{criterion_of_call(card, act.criterion_id).title(act.criterion_id)}”")


@router.post("/calls/{call_id}/supposed")
def supposed(visit: Judge, call_id: CallId, form: Annotated[AnswerForm, Form()]) -> Response:
    """The score that the call would have with this answer; nothing is kept."""
    result = visit.call(call_id)
    card = _card(visit, result)
    try:
        act, _ = _answered(visit, result, card, form)
    except ValueError as error:
        visit.refuse(str(error))
    standing = visit.store.answers.standing([call_id]).get(call_id, ())
    others = [each for each in standing if (each.scorecard, each.criterion_id) != (card.name, act.criterion_id)]
    before, after = (overlay(result, card, acts).evaluation for acts in (standing, (*others, act)))
    return visit.page("_supposed.html", before=before and before.score, after=after and after.score)


@router.post("/calls/{call_id}/suspicions")
def suspicion(
    visit: Judge,
    call_id: CallId,
    about: Short,
    so: Annotated[Literal["yes", "no"], Form()],
    seen: Short,
) -> Response:
    """A suspicion that is so, or not; 409 with what stands where somebody else said so meanwhile."""
    result = visit.call(call_id)
    _card(visit, result)  # without a score there is nothing that it could bear on
    standing = visit.store.answers.standing([call_id]).get(call_id, ())
    meant = next((each for each in suspected(result.findings, standing) if each.id == about), None)
    if meant is None:
        visit.refuse("这一处疑似已不存在，请刷新后重试")
    act = meant.act(so=so == "yes", by=visit.account.id, at=visit.desk.now())
    try:
        labels = labels_of(act, None, [meant.finding], result.hearing) if result.hearing else ()
        visit.store.answers.save(act, LastAct.of(seen), labels)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        return _stale(visit, call_id, error, "suspicions", [("about", about), ("so", so)])
    visit.relist(call_id)
    return _shown(visit, result, f"已{act.title}“{meant.title(visit.titles)}”")


@router.post("/calls/{call_id}/corrections")
def correct(
    visit: Judge,
    call_id: CallId,
    form: Annotated[CorrectionForm, Form()],
) -> Response:
    """What was heard corrected, and the call judged again at once."""
    result = visit.call(call_id)
    if not visit.can(Right.CLEARANCE):  # who reads the words masked would write the mask over them
        visit.forbid(call_id, f"更正听写：缺少权限 {Right.CLEARANCE}")
    if result.hearing is None or result.evaluation is None:
        visit.refuse("这通电话没有转写或没有评分，不能更正")
    try:
        act = _correction(visit, result.hearing, form)
        again = _judged(visit, call_id, act)
        visit.store.corrections.save(act, LastAct.of(form.seen), again)
        visit.relist(call_id)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        return _stale(visit, call_id, error, "corrections", form.fields)
    page = _shown(visit, visit.call(call_id), "已更正，评分已按更正后的内容重算")
    page.headers["HX-Trigger"] = "corrected"  # the transcript beside shows what it was
    return page


@router.post("/calls/{call_id}/undo")
def undo(
    visit: Judge, call_id: CallId, what: Annotated[Literal["answer", "correction"], Form()], id: Id, seen: Short
) -> Response:
    """One's own answer or correction undone; what stood before counts again."""
    result = visit.call(call_id)
    by, now = visit.account.id, visit.desk.now()
    try:
        if what == "answer":
            visit.store.answers.undo(call_id, id, by, now, LastAct.of(seen))
            visit.relist(call_id)
            return _shown(visit, result, "已撤销")
        gone = undoable(visit.store.corrections.acts(call_id), id, by)
        again = _judged(visit, call_id, without=gone)
        visit.store.corrections.undo(call_id, id, by, now, LastAct.of(seen), again)
        visit.relist(call_id)
    except ValueError as error:
        visit.refuse(str(error))
    except StaleError as error:
        return _stale(visit, call_id, error, "undo", [("what", what), ("id", str(id))])
    page = _shown(visit, visit.call(call_id), "已撤销更正，评分已重算")
    page.headers["HX-Trigger"] = "corrected"
    return page


def _answered(visit: Visit, result: CallResult, card: Scorecard, form: AnswerForm) -> tuple[PersonAnswer, Said]:
    """The answer that the form gives, and the machine's; ValueError in Chinese if it cannot be given."""
    asked = criterion_of_call(card, form.criterion)
    machine = machine_answers(result, card).get(form.criterion)
    if machine is None:
        raise ValueError("这通电话不可评，没有可以评定的项目")
    denied = _denied(result, form.deny)
    chosen = reasons().get(form.reason)
    if not denied and form.kind == "overturn" and chosen is not None and chosen.denies:
        denied = decisive_findings(asked, machine, result.findings)
    opinion = Opinion(
        Kind(form.kind),
        by=visit.account.id,
        at=visit.desk.now(),
        level=form.level or None,
        met={"yes": True, "no": False}.get(form.met),
        reason=form.reason,
        note=form.note,
        denied=tuple(denied),
    )
    return to_answer(card, result.call.id, machine, opinion), machine


def _shown(visit: Visit, result: CallResult, said: str = "") -> Response:
    return visit.page("_scorecard.html", panel=scorecard_of_call(visit, result), said=said)


def _card(visit: Visit, result: CallResult) -> Scorecard:
    if result.evaluation is None:
        visit.refuse("这通电话没有评分，没有可以评定的项目")
    return visit.desk.card(result.evaluation.scorecard, result.evaluation.revision)


def _denied(result: CallResult, positions: Sequence[int]) -> tuple[Finding, ...]:
    if any(not 0 <= position < len(result.findings) for position in positions):
        raise ValueError("所选的命中已不存在，请刷新后重试")
    return tuple(result.findings[position] for position in dict.fromkeys(positions))


def _correction(visit: Visit, hearing: Hearing, form: CorrectionForm) -> Correction:
    """What the form says; ValueError in Chinese if it says nothing that can be done."""
    call_id, by, now, reason = hearing.call.id, visit.account.id, visit.desk.now(), form.reason
    if reason and reason not in reasons():
        raise ValueError("请从列表里选一个理由")
    if form.kind == "swap":
        return roles_swapped(hearing, by=by, at=now, reason=reason)
    if form.turn >= len(hearing.turns):
        raise ValueError("没有这一句，请刷新后重试")
    own = hearing.turns[form.turn]
    if form.kind == "turn_role":
        if form.role is None:
            raise ValueError("请选择说话人")
        return role_corrected(own, form.role, call_id=call_id, by=by, at=now, reason=reason)
    return words_corrected(own, form.text, call_id=call_id, by=by, at=now, reason=reason)


def _judged(
    visit: Visit, call_id: str, also: Correction | None = None, without: Correction | None = None
) -> CallResult:
    """The call judged with one correction more, or one less."""
    heard = visit.store.hearings.original(call_id)
    if heard is None:
        raise ValueError("这通电话没有转写，不能更正")
    stand = [act for act in standing_corrections(visit.store.corrections.acts(call_id)) if act != without]
    return visit.desk.judge(corrected(heard, [*stand, *([also] if also else [])]))


def _stale(visit: Visit, call_id: str, error: StaleError, act: str, mine: list[tuple[str, str]]) -> Response:
    """409: what somebody else did meanwhile, and one's own words to be sent again by who has seen it."""
    page = visit.page(
        "_stale.html",
        409,
        path=f"{call_address(call_id)}/{act}",
        call_path=call_address(call_id),
        problem=error.problem,
        standing=error.standing,
        mine=[(name, value) for name, value in mine if value],
        seen=visit.store.answers.seen(call_id),
    )
    page.headers["HX-Retarget"], page.headers["HX-Reswap"] = "#stale", "innerHTML"
    return page
