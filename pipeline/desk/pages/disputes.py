"""Disputes: those that wait and those settled; of one, its evidence, its history and what may be done next.

Knows forms; what may be done is in `pipeline.review.disputes`, what is written together in `store.disputes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right
from pipeline.access.audit import Action, Note
from pipeline.desk.call_scorecard import CriterionRow, scorecard_of_call
from pipeline.desk.desk import Effect
from pipeline.desk.page import Page
from pipeline.desk.pages.dispute_form import grounds, title_of
from pipeline.desk.parameters import MaybeMonth, PageNumber, RowId
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import DisputeError, StaleError
from pipeline.evaluation import Said
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind, Occasion, PersonAnswer
from pipeline.review.disputes.dispute import Dispute, DisputeState
from pipeline.review.disputes.moves import WORDS, Move, refusal
from pipeline.review.opinions import Opinion, criterion_of_call, decisive_findings, to_answer
from pipeline.review.overlay import machine_answers
from pipeline.review.reasons import Reason, reasons
from pipeline.review.suspected import Standing, Suspected, bearing_on, suspected
from pipeline.scorecard import CallCriterion, Scorecard
from pipeline.validation.learning.labels import Label
from pipeline.validation.learning.lessons import label_of_phrase, labels_of, second_of

router = APIRouter()
PAGE = Page(router, "/disputes", "申诉", (Right.DISPUTE, Right.SETTLE))
Agent = Annotated[Visit, Depends(allowed(Right.DISPUTE))]
Decider = Annotated[Visit, Depends(allowed(Right.SETTLE))]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]
Words = Annotated[str, Form(max_length=4 * WORDS)]
Short = Annotated[str, Form(max_length=128)]

LISTED = 50
"""Disputes shown at once."""
REJECT = "rejected"
MISSED = ("not_caught", "said_otherwise")
"""The reasons by which something was said that the machine did not hear."""

LEVEL = "level:"
"""What a chosen ruling begins with that gives a level."""


class RulingForm(BaseModel):
    """The fields of a ruling, each as its control is called; `seen` and `acts` are what stood when it was read."""

    model_config = ConfigDict(frozen=True)

    seen: Annotated[int, Field(ge=1, le=2**31 - 1)]
    acts: Annotated[str, Field(max_length=128)]
    ruling: Annotated[str, Field(max_length=128)] = ""
    reason: Annotated[str, Field(max_length=128)] = ""
    said_at: Annotated[str, Field(max_length=128)] = ""
    words: Annotated[str, Field(max_length=4 * WORDS)] = ""


@router.get("/disputes")
def disputes(
    visit: Visitor,
    state: Annotated[DisputeState | Literal[""], Query()] = "",
    month: MaybeMonth = "",
    mine: Annotated[Literal["", "1"], Query()] = "",
    page: PageNumber = 1,
) -> Response:
    """What waits, the most urgent first, and what was decided; an agent's own, or those within the scope."""
    wanted = state or None
    assignee = visit.account.id if mine else None

    def listed(pending: bool) -> tuple[Dispute, ...]:
        return visit.store.disputes.page(
            visit.scope,
            pending=pending,
            state=wanted,
            assignee=assignee if pending else None,
            month=month or None,
            limit=LISTED + 1,
            offset=(page - 1) * LISTED,
        )

    is_ruling = wanted in (DisputeState.UPHELD, DisputeState.REJECTED)
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
        blind=visit.blind_calls,
    )


@router.get("/disputes/{id}")
def dispute(visit: Visitor, id: RowId) -> Response:
    """The dispute with all that was said about it."""
    own = _admitted(visit, id)
    visit.store.audit.append(Note(visit.account.id, Action.READ, own.subject.call_id))
    return _page(visit, own)


@router.get("/disputes/{id}/effect")
def effect(
    visit: Decider,
    id: RowId,
    ruling: Annotated[str, Query(max_length=128)] = REJECT,
    reason: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """What a ruling would do to the agent's month, before it is given."""
    own = _admitted(visit, id)
    return visit.page("dispute_effect.html", sentences=_effect(visit, own, _supposed(visit, own, ruling, reason)))


@router.post("/disputes/{id}/answer")
def answer(visit: Agent, id: RowId, seen: Version, words: Words = "") -> Response:
    """More said by the agent."""
    own = _admitted(visit, id)
    return _moved(visit, own, seen, Move(DisputeState.ANSWERED, visit.account, visit.desk.now(), words))


@router.post("/disputes/{id}/return")
def send_back(visit: Decider, id: RowId, seen: Version, words: Words = "") -> Response:
    """The agent asked for more."""
    own = _admitted(visit, id)
    return _moved(visit, own, seen, Move(DisputeState.RETURNED, visit.account, visit.desk.now(), words))


@router.post("/disputes/{id}/assign")
def assign(visit: Decider, id: RowId, seen: Version, assignee: Short = "", words: Words = "") -> Response:
    """The dispute given to somebody to decide."""
    own = _admitted(visit, id)
    to = visit.store.accounts.get(assignee)
    return _moved(
        visit, own, seen, Move(DisputeState.ASSIGNED, visit.account, visit.desk.now(), words, assignee=to)
    )


@router.post("/disputes/{id}/rule")
def rule(
    visit: Decider,
    id: RowId,
    form: Annotated[RulingForm, Form()],
) -> Response:
    """The dispute decided: the answer kept, or another put in its place."""
    own = _admitted(visit, id)
    if why := _own_word(visit, own):
        return _page(visit, own, why, form.words, form.ruling, 422)
    state = DisputeState.REJECTED if form.ruling == REJECT else DisputeState.UPHELD
    move = Move(state, visit.account, visit.desk.now(), form.words)
    if state is DisputeState.REJECTED:
        return _moved(visit, own, form.seen, move, Ruling(effect=_effect(visit, own, None)))
    try:
        acts = LastAct.of(form.acts)
        given, machine, result = _ruling(visit, own, form.ruling, form.reason, form.words.strip()[:WORDS])
        labels = _labels(visit, given, machine, result, form.said_at)
    except ValueError as error:
        return _page(visit, own, str(error), form.words, form.ruling, 422)
    ruling = Ruling(form.ruling, acts, labels, _effect(visit, own, given))
    return _moved(visit, own, form.seen, replace(move, ruling=given), ruling)


def _admitted(visit: Visit, id: int) -> Dispute:
    """The dispute; 404 where there is none, 403 and a line in the audit log for one out of the account's scope."""
    own = visit.store.disputes.get(id)
    if own is None:
        visit.refuse(f"没有 {id} 号申诉", 404)
    if not visit.scope.holds(own.subject.agent_id, own.subject.team):
        visit.forbid(own.subject.call_id, f"{id} 号申诉：{visit.request.method} {visit.request.url.path}"[:200])
    visit.open_eyed(own.subject.call_id)
    return own


@dataclass(frozen=True, slots=True)
class Ruling:
    """What goes with a ruling.

    Parameters
    ----------
    chosen : str
        The ruling, as the form names it.
    acts : LastAct | None
        The last act on the call that the decider saw; None where no answer changes.
    labels : sequence of Label
        What the classifiers learn by it.
    effect : sequence of str
        What it does to the agent's month, as the decider was told.
    """

    chosen: str = REJECT
    acts: LastAct | None = None
    labels: Sequence[Label] = ()
    effect: Sequence[str] = ()


def _moved(visit: Visit, own: Dispute, seen: int, move: Move, ruling: Ruling = Ruling()) -> Response:
    """To the dispute as it is then; where it is refused, the page with what was typed and why."""
    policy = visit.desk.dispute_policy
    try:
        visit.store.disputes.move(
            own.id, seen, move, policy, acts_seen=ruling.acts, labels=ruling.labels, effect=ruling.effect
        )
    except (DisputeError, StaleError) as error:
        meanwhile = isinstance(error, StaleError) or error.reason == "changed_meanwhile"
        now = visit.store.disputes.get(own.id) or own
        return _page(visit, now, str(error), move.words, ruling.chosen, 409 if meanwhile else 422)
    if move.ruling is not None:
        visit.relist(own.subject.call_id)
    return RedirectResponse(f"/disputes/{own.id}", status_code=303)


def _ruling(
    visit: Visit, own: Dispute, chosen: str, reason: str, words: str
) -> tuple[PersonAnswer, Said, CallResult]:
    """The answer that a chosen ruling gives, the machine's, and the call; ValueError in Chinese if it cannot be."""
    c = own.subject
    result = visit.call(c.call_id)
    card = visit.card(c.scorecard, c.revision)
    if card is None:
        raise ValueError(f"评分表 {c.scorecard} 不在手边，不能改判")
    asked, machine = criterion_of_call(card, c.criterion_id), machine_answers(result, card).get(c.criterion_id)
    if machine is None:
        raise ValueError("这通电话现在不可评，不能改判")
    if chosen not in _choices(card, asked):
        raise ValueError("请选择改判成什么")
    why = reasons().get(reason)
    denied: tuple[Finding, ...] = ()
    if why is not None and why.denies:
        denied = decisive_findings(asked, machine, result.findings)
        affirmed = (each for each in _judged(visit, result, asked) if each.standing is Standing.AFFIRMED)
        denied += tuple(each.finding for each in affirmed)
    opinion = Opinion(
        Kind.NOT_APPLICABLE if chosen == "not_applicable" else Kind.LEVEL,
        by=visit.account.id,
        at=visit.desk.now(),
        level=chosen.removeprefix(LEVEL) if chosen.startswith(LEVEL) else None,
        met={"met": True, "not_met": False}.get(chosen),
        reason=reason,
        note=words,
        denied=denied,
        source=Occasion.DISPUTE,
    )
    return to_answer(card, c.call_id, machine, opinion), machine, result


def _judged(visit: Visit, result: CallResult, asked: CallCriterion) -> tuple[Suspected, ...]:
    """The suspicions that bear on a criterion and of which a person said something."""
    acts = visit.store.answers.standing([result.call.id]).get(result.call.id, ())
    return tuple(each for each in bearing_on(asked, suspected(result.findings, acts)) if each.word is not None)


def _own_word(visit: Visit, own: Dispute) -> str:
    """Why the account may not decide: what is contested follows from its own word on a suspicion; empty else."""
    card = visit.card(own.subject.scorecard, own.subject.revision)
    asked = card.call_criterion(own.subject.criterion_id) if card else None
    if asked is None or not own.pending:
        return ""
    said = _judged(visit, visit.call(own.subject.call_id), asked)
    mine = any(each.word is not None and each.word.by == visit.account.id for each in said)
    return "与此项有关的一处疑似是您自己判的，请交别人裁定。" if mine else ""


def _labels(
    visit: Visit, given: PersonAnswer, machine: Said, result: CallResult, said_at: str
) -> tuple[Label, ...]:
    """What the ruling teaches; ValueError in Chinese if it does not say where."""
    if result.hearing is None:
        return ()
    labels = labels_of(given, machine, result.findings, result.hearing)
    if given.reason in MISSED and said_at.strip():
        asked = criterion_of_call(visit.desk.card(given.scorecard), given.criterion_id)
        labels += label_of_phrase(given, asked, result.findings, result.hearing, second_of(said_at))
    return labels


def _choices(card: Scorecard, asked: CallCriterion) -> dict[str, str]:
    """What an item can be ruled to be, by how the form names it."""
    if asked.criterion.scoring is None:
        given = {f"{LEVEL}{name}": name for name, _ in card.levels}
    else:
        given = {"met": "符合", "not_met": "不符合"}
    return given | {"not_applicable": "不适用"}


def _rulings(visit: Visit, own: Dispute) -> dict[str, str]:
    """The rulings to choose from; none where the item cannot be answered any more."""
    c = own.subject
    card = visit.card(c.scorecard, c.revision)
    try:
        choices = _choices(card, criterion_of_call(card, c.criterion_id)) if card else {}
    except ValueError:  # it is asked no more
        return {}
    stands = f"{LEVEL}{c.level}" if c.level else c.outcome.value
    return {code: name for code, name in choices.items() if code != stands}


def _supposed(visit: Visit, own: Dispute, ruling: str, reason: str) -> PersonAnswer | None:
    if ruling == REJECT:
        return None
    try:
        return _ruling(visit, own, ruling, reason or "other", "试算")[0]
    except ValueError as error:
        visit.refuse(str(error))


def _effect(visit: Visit, own: Dispute, supposed: PersonAnswer | None) -> tuple[str, ...]:
    """What the ruling does to the agent's month, a sentence a scorecard."""
    effects: Sequence[Effect] = visit.desk.effect(own.subject.call_id, [supposed] if supposed else [])
    return tuple(map(_sentence, effects)) or ("对本月成绩的影响算不出来（评分表不在手边，或本月须先重新评分）。",)


def _sentence(effect: Effect) -> str:
    month, before, after = effect.before.month, effect.before, effect.after
    if before == after:
        said = f"{month}《{effect.title}》不变：{before.result}。"
    else:
        said = f"{month}《{effect.title}》{before.result} → {after.result}"
        said += f"，{effect.gained:+.2f} 分。" if effect.gained is not None else "。"
    return said + effect.reopening


def _could_decide(visit: Visit, own: Dispute) -> tuple[Account, ...]:
    """To whom it could be given."""
    unassigned = replace(own, assignee=None)
    policy = visit.desk.dispute_policy
    return tuple(each for each in visit.store.accounts.all() if not refusal(unassigned, each, policy))


def _page(
    visit: Visit, own: Dispute, wrong: str = "", typed: str = "", chosen: str = REJECT, status: int = 200
) -> Response:
    c, policy = own.subject, visit.desk.dispute_policy
    panel = scorecard_of_call(visit, visit.call(c.call_id))
    same_card = panel.card is not None and panel.card.name == c.scorecard  # and not judged by another one since
    of_item = (row for row in panel.rows if same_card and row.asked.criterion.id == c.criterion_id)
    row: CriterionRow | None = next(of_item, None)
    settles = own.pending and visit.can(Right.SETTLE)
    answer_reasons: dict[str, Reason] = {
        each.code: each for each in reasons().values() if {Kind.LEVEL, Kind.NOT_APPLICABLE} & set(each.kinds)
    }
    return visit.page(
        "dispute.html",
        status,
        dispute=own,
        c=c,
        title=title_of(visit, c.scorecard, c.criterion_id) or c.criterion_id,
        standard=row.asked.criterion.standard if row else "",
        row=row,
        affirmed=[each for each in row.suspicions if each.is_affirmed] if row else [],
        events=visit.store.disputes.events(own.id),
        grounds=grounds(visit),
        policy=policy,
        most=WORDS,
        may_answer=visit.can(Right.DISPUTE) and own.state is DisputeState.RETURNED,
        refusal=(refusal(own, visit.account, policy) or _own_word(visit, own)) if settles else "",
        rulings=_rulings(visit, own) if settles else {},
        could_decide=_could_decide(visit, own) if settles else (),
        answer_reasons=tuple(answer_reasons.values()),
        acts=str(panel.seen),
        wrong=wrong,
        typed=typed,
        chosen=chosen,
    )


def _titles(visit: Visit, listed: tuple[Dispute, ...]) -> dict[tuple[str, str], str]:
    items = {(each.subject.scorecard, each.subject.criterion_id) for each in listed}
    return {item: title_of(visit, *item) for item in items}
