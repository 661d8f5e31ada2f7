"""An agent's own calls with their scores, what they lost, and until when that can be contested.

Knows the list; a call is shown by its own page, which refuses everybody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.call import SHANGHAI, Status
from pipeline.desk.page import Page
from pipeline.desk.parameters import MaybeMonth, PageNumber
from pipeline.desk.visit import Visit, Visitor
from pipeline.evaluation import Answer
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.disputes.dispute import Dispute
from pipeline.review.disputes.moves import CONTESTABLE
from pipeline.review.overlay import overlay_month
from pipeline.timeline import Seconds

router = APIRouter()
PAGE = Page(router, "/mine", "我的通话", Right.DISPUTE, landing=2)

LISTED = 30


@dataclass(frozen=True, slots=True)
class Lost:
    """An item that lost points."""

    criterion_id: str
    title: str
    says: str
    points: float


@dataclass(frozen=True, slots=True)
class Line:
    """A call as its agent finds it."""

    call_id: str
    started_at: datetime | None
    duration: Seconds | None
    status: Status
    score: float | None
    lost: tuple[Lost, ...]
    disputes: tuple[Dispute, ...]


@router.get("/mine")
def mine(
    visit: Visitor, month: MaybeMonth = "", page: PageNumber = 1, lost: Annotated[Literal["", "1"], Query()] = ""
) -> Response:
    """The account's own calls of a month, the newest first, below the own coaching tasks that are open."""
    agent_id = visit.account.agent_id or ""
    months = visit.store.calls.months(agent_id)
    shown = month or (months[0] if months else "")
    skip = (page - 1) * LISTED
    calls = visit.store.calls.page(agent_id, shown, LISTED + 1, skip) if shown else ()
    lines = _lines(visit, calls[:LISTED])
    return visit.page(
        "own_calls.html",
        months=months if not month or month in months else (month, *months),
        month=shown,
        rows=visit.store.months.shown(shown, agent_id) if shown and agent_id else (),
        lines=tuple(line for line in lines if line.lost) if lost else lines,
        lost=lost,
        tasks=[task for task in visit.store.coaching.tasks(agent_id) if task.open] if agent_id else [],
        today=datetime.now(SHANGHAI).date(),
        page=page,
        more=len(calls) > LISTED,
        num_calls=visit.store.calls.count(agent_id, shown) if shown else 0,
        num_pending=visit.store.disputes.count(visit.scope),
    )


def _lines(visit: Visit, calls: tuple[ScoredCall, ...]) -> tuple[Line, ...]:
    ids = [scored.call.id for scored in calls]
    said = visit.store.answers.standing(ids)
    hearings = visit.store.hearings.without_turns(list(said)) if said else {}
    raised = visit.store.disputes.of_calls(ids)
    lines = []
    for machine in calls:
        scored, call_id = machine, machine.call.id
        judged = machine.evaluation
        card = visit.card(judged.scorecard, judged.revision) if judged else None
        if card is not None and call_id in hearings and machine.answers:
            scored = overlay_month(machine, hearings[call_id], card, said[call_id])
        lines.append(
            Line(
                call_id,
                scored.started_at,
                scored.duration,
                scored.status,
                scored.evaluation.score if scored.evaluation else None,
                _lost(visit, scored),
                raised.get(call_id, ()),
            )
        )
    return tuple(lines)


def _lost(visit: Visit, scored: ScoredCall) -> tuple[Lost, ...]:
    """The items that lost points, the most first."""
    evaluation = scored.evaluation
    if evaluation is None:
        return ()
    card = visit.card(evaluation.scorecard, evaluation.revision)
    titles = {criterion.id: criterion.title for criterion in card.criteria} if card else {}
    lost = [
        Lost(answer.criterion_id, titles.get(answer.criterion_id, ""), _says(answer), missing)
        for answer in evaluation.answers
        if answer.outcome in CONTESTABLE and (missing := answer.tally.possible - answer.tally.awarded) > 0
    ]
    return tuple(sorted(lost, key=lambda each: -each.points))


def _says(answer: Answer) -> str:
    return answer.level or answer.outcome.title
