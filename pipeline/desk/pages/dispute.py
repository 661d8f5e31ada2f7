"""One dispute: what is contested, the evidence, the history, and what each may do next; the effect before a ruling.

Knows forms; what may be done is in `pipeline.review.disputes`, what is written together in `store.disputes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Right
from pipeline.access.audit import Note
from pipeline.desk.effects import Effect
from pipeline.desk.fields import RowId
from pipeline.desk.pages.disputes import check_rights, grounds, title_of
from pipeline.desk.panel import Row, panel_of
from pipeline.desk.visit import Visit, allowed
from pipeline.errors import DisputeError, StaleError
from pipeline.evaluation import Answer
from pipeline.evaluation.result import CallResult
from pipeline.review.acts import Seen
from pipeline.review.answers import (
    Kind,
    Occasion,
    PersonAnswer,
    Reason,
    asked_of,
    person_answer,
    reasons,
    resting_on,
)
from pipeline.review.disputes.dispute import WORDS, Dispute, Move, State, refusal
from pipeline.review.overlay import machine_alone
from pipeline.scorecard import AskedOfCall, Scorecard
from pipeline.validation.learning.labels import Label
from pipeline.validation.learning.missed import label_of_missed, second_of
from pipeline.validation.learning.verdicts import labels_of

router = APIRouter()
Agent = Annotated[Visit, Depends(allowed(Right.DISPUTE))]
Decider = Annotated[Visit, Depends(allowed(Right.SETTLE))]
Anybody = Annotated[Visit, Depends(allowed(None))]
Version = Annotated[int, Form(ge=1, le=2**31 - 1)]
Words = Annotated[str, Form(max_length=4 * WORDS)]
Short = Annotated[str, Form(max_length=128)]

REJECT = "rejected"
MISSED = ("not_caught", "said_otherwise")
"""The reasons by which something was said that the machine did not hear."""

LEVEL = "level:"
"""What a chosen ruling begins with that gives a level."""


@router.get("/disputes/{id}")
def dispute(visit: Anybody, id: RowId) -> Response:
    """The dispute with all that was said about it."""
    own = _admitted(visit, id)
    visit.store.note(Note(visit.account.id, "read", own.contested.call_id))
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
    return _moved(visit, own, seen, Move(State.ANSWERED, visit.account, visit.desk.now(), words))


@router.post("/disputes/{id}/return")
def send_back(visit: Decider, id: RowId, seen: Version, words: Words = "") -> Response:
    """The agent asked for more."""
    own = _admitted(visit, id)
    return _moved(visit, own, seen, Move(State.RETURNED, visit.account, visit.desk.now(), words))


@router.post("/disputes/{id}/assign")
def assign(visit: Decider, id: RowId, seen: Version, assignee: Short = "", words: Words = "") -> Response:
    """The dispute given to somebody to decide."""
    own = _admitted(visit, id)
    to = visit.store.account(assignee)
    return _moved(visit, own, seen, Move(State.ASSIGNED, visit.account, visit.desk.now(), words, assignee=to))


@router.post("/disputes/{id}/rule")
def rule(
    visit: Decider,
    id: RowId,
    seen: Version,
    acts: Short,
    ruling: Short = "",
    reason: Short = "",
    said_at: Short = "",
    words: Words = "",
) -> Response:
    """The dispute decided: the answer kept, or another put in its place."""
    own = _admitted(visit, id)
    state = State.REJECTED if ruling == REJECT else State.UPHELD
    move = Move(state, visit.account, visit.desk.now(), words)
    if state is State.REJECTED:
        return _moved(visit, own, seen, move, told=_effect(visit, own, None))
    try:
        known = Seen.of(acts)
        given, machine, result = _ruling(visit, own, ruling, reason, words.strip()[:WORDS])
        labels = _labels(visit, given, machine, result, said_at)
    except ValueError as error:
        return _page(visit, own, str(error), words, ruling, 422)
    move = replace(move, ruling=given)
    return _moved(visit, own, seen, move, ruling, known, labels, _effect(visit, own, given))


def _admitted(visit: Visit, id: int) -> Dispute:
    """The dispute; 404 where there is none, 403 and a line in the audit log for one out of the account's scope."""
    check_rights(visit)
    own = visit.store.dispute(id)
    if own is None:
        visit.refuse(f"没有 {id} 号申诉", 404)
    if not visit.scope.holds(own.contested.agent_id, own.contested.team):
        visit.forbid(own.contested.call_id, f"{id} 号申诉：{visit.request.method} {visit.request.url.path}"[:200])
    visit.open_eyed(own.contested.call_id)
    return own


def _moved(
    visit: Visit,
    own: Dispute,
    seen: int,
    move: Move,
    ruling: str = REJECT,
    acts: Seen | None = None,
    labels: Sequence[Label] = (),
    told: Sequence[str] = (),
) -> Response:
    """To the dispute as it is then; where it is refused, the page with what was typed and why."""
    policy = visit.desk.dispute_policy
    try:
        visit.store.move_dispute(own.id, seen, move, policy, acts_seen=acts, labels=labels, effect=told)
    except (DisputeError, StaleError) as error:
        meanwhile = isinstance(error, StaleError) or error.reason == "changed_meanwhile"
        now = visit.store.dispute(own.id) or own
        return _page(visit, now, str(error), move.words, ruling, 409 if meanwhile else 422)
    if move.ruling is not None:
        visit.relist(own.contested.call_id)
    return RedirectResponse(f"/disputes/{own.id}", status_code=303)


def _ruling(
    visit: Visit, own: Dispute, chosen: str, reason: str, words: str
) -> tuple[PersonAnswer, Answer, CallResult]:
    """The answer that a chosen ruling gives, the machine's, and the call; ValueError in Chinese if it cannot be."""
    c = own.contested
    result = visit.call(c.call_id)
    card = visit.card(c.scorecard)
    if card is None:
        raise ValueError(f"评分表 {c.scorecard} 不在手边，不能改判")
    asked, machine = asked_of(card, c.criterion_id), machine_alone(result, card).get(c.criterion_id)
    if machine is None:
        raise ValueError("这通电话现在不可评，不能改判")
    if chosen not in _choices(card, asked):
        raise ValueError("请选择改判成什么")
    why = reasons().get(reason)
    denied = resting_on(asked, machine, result.findings) if why is not None and why.denies else ()
    given = person_answer(
        card,
        machine,
        Kind.NOT_APPLICABLE if chosen == "not_applicable" else Kind.LEVEL,
        call_id=c.call_id,
        by=visit.account.id,
        at=visit.desk.now(),
        level=chosen.removeprefix(LEVEL) if chosen.startswith(LEVEL) else None,
        met={"met": True, "not_met": False}.get(chosen),
        reason=reason,
        note=words,
        denied=denied,
        source=Occasion.DISPUTE,
    )
    return given, machine, result


def _labels(
    visit: Visit, given: PersonAnswer, machine: Answer, result: CallResult, said_at: str
) -> tuple[Label, ...]:
    """What the ruling teaches; ValueError in Chinese if it does not say where."""
    if result.hearing is None:
        return ()
    labels = labels_of(given, machine, result.findings, result.hearing)
    if given.reason in MISSED and said_at.strip():
        asked = asked_of(visit.desk.card(given.scorecard), given.criterion_id)
        labels += label_of_missed(given, asked, result.findings, result.hearing, second_of(said_at))
    return labels


def _choices(card: Scorecard, asked: AskedOfCall) -> dict[str, str]:
    """What an item can be ruled to be, by how the form names it."""
    if asked.criterion.scoring is None:
        given = {f"{LEVEL}{name}": name for name, _ in card.levels}
    else:
        given = {"met": "符合", "not_met": "不符合"}
    return given | {"not_applicable": "不适用"}


def _rulings(visit: Visit, own: Dispute) -> dict[str, str]:
    """The rulings to choose from; none where the item cannot be answered any more."""
    c = own.contested
    card = visit.card(c.scorecard)
    try:
        choices = _choices(card, asked_of(card, c.criterion_id)) if card else {}
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
    effects: Sequence[Effect] = visit.desk.effect(own.contested.call_id, [supposed] if supposed else [])
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
    return tuple(each for each in visit.store.accounts() if not refusal(unassigned, each, policy))


def _page(
    visit: Visit, own: Dispute, wrong: str = "", typed: str = "", chosen: str = REJECT, status: int = 200
) -> Response:
    c, policy = own.contested, visit.desk.dispute_policy
    panel = panel_of(visit, visit.call(c.call_id))
    same_card = panel.card is not None and panel.card.name == c.scorecard  # and not judged by another one since
    of_item = (row for row in panel.rows if same_card and row.asked.criterion.id == c.criterion_id)
    row: Row | None = next(of_item, None)
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
        events=visit.store.dispute_events(own.id),
        grounds=grounds(visit),
        policy=policy,
        most=WORDS,
        may_answer=visit.can(Right.DISPUTE) and own.state is State.RETURNED,
        refusal=refusal(own, visit.account, policy) if settles else "",
        rulings=_rulings(visit, own) if settles else {},
        could_decide=_could_decide(visit, own) if settles else (),
        answer_reasons=tuple(answer_reasons.values()),
        acts=str(panel.seen),
        wrong=wrong,
        typed=typed,
        chosen=chosen,
    )
