"""The rows that leave callqa: an interface, so the columns and their order are fixed.

Knows what a row looks like from outside; which file it goes to is the command's knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import Connection, select

from pipeline.call import SHANGHAI
from pipeline.evaluation import Answer
from pipeline.findings import Finding
from pipeline.findings.titles import shipped_titles
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing
from pipeline.review.answers import PersonAnswer
from pipeline.store.calls.evaluations import Judgement, judgements_of
from pipeline.store.calls.hearings import turns_of
from pipeline.store.calls.nights import notices_of
from pipeline.store.calls.records import heard_calls, pages, to_speed_of_answer
from pipeline.store.people.answers import counting_on
from pipeline.store.store import Store
from pipeline.store.tables import AnyRow, calls
from pipeline.tally import rounded

Export: TypeAlias = Literal["calls", "turns", "findings", "evaluations", "notices", "ratings", "months", "tiers"]
EXPORTS: tuple[Export, ...] = get_args(Export)

Exported: TypeAlias = dict[str, Any]


def export_rows(store: Store, what: Export) -> Iterator[Exported]:
    """The rows of one kind, calls in the order of their ids; each a dict whose keys are the columns, in order.

    calls
        call_id, agent_id, status, reason, duration, channels, ring_to_answer_s, rings, ring_source, recording.
        `reason` is ``code: sentence``, empty for an evaluated call; `recording` is where the recording lies.
    turns
        call_id, index, role, start, end, text, role_confidence.
    findings
        call_id, detector, term, role, start, end, quote, value, confidence: those behind the latest evaluation.
    evaluations
        call_id, agent_id, scorecard, revision, status, score, answers: the latest of each call, and none of a call
        that stopped before it was judged. `answers` is a list of objects criterion_id, outcome, awarded, possible,
        findings, person_outcome, and `findings` in them a list of objects detector, term, start, end. All is what
        the machine said but `person_outcome`: what a person answered last, None where nobody did.
    notices
        call_id, area, kind, about, problem: what was doubtful about each call's recording and its hearing.
    ratings
        month, standard, agent_id, item, value, reason, by, at, stands: every value that people gave, in the order
        given; `value` is None where it was taken back, `stands` says whether it is the last word on its item.
    months
        agent_id, agent_name, month, scorecard, revision, evaluated, unscorable, failed, awarded, possible, score,
        speed_of_answer_s, within_three_rings, banned_wording, apologies_owed, apologies_given, score_low,
        score_high, grade, state: the rows that stand now. `within_three_rings` is a share, 0..1; `state` is
        ``closed``, or ``trial`` for a month that is not closed.

    tiers
        month, agent_id, detector, term, title, named, suspected_open, suspected_affirmed, suspected_rejected,
        judged: how often each thing was found in an agent's month, by what found it and what people made of it.

    Times are seconds of the recording, scores 0..100.
    """
    if what == "months":
        return starmap(_month, store.months.shown())
    if what == "tiers":
        return _tiers(store)
    if what == "ratings":
        return _ratings(store)
    readers = {"turns": _turns, "findings": _findings, "evaluations": _evaluations, "notices": _notices}
    if what == "calls":
        return pages(store.engine, heard_calls(), _calls)
    return pages(store.engine, select(calls.c.id), readers[what])


def _calls(_connection: Connection, rows: Sequence[AnyRow]) -> list[Exported]:
    return [_call(row) for row in rows]


def _call(row: AnyRow) -> Exported:
    answer = to_speed_of_answer(row)
    return {
        "call_id": row.id,
        "agent_id": row.agent_id,
        "status": row.status,
        "reason": f"{row.reason}: {row.problem}" if row.problem else row.reason,
        "duration": row.duration,
        "channels": row.num_channels,
        "ring_to_answer_s": answer.seconds,
        "rings": answer.rings,
        "ring_source": answer.source,
        "recording": row.uri,
    }


def _turns(connection: Connection, rows: Sequence[AnyRow]) -> list[Exported]:
    turns = turns_of(connection, [row.id for row in rows])
    return [
        {
            "call_id": row.id,
            "index": turn.index,
            "role": turn.role.value,
            "start": turn.span.start,
            "end": turn.span.end,
            "text": turn.text,
            "role_confidence": turn.confidence,
        }
        for row in rows
        for turn in turns.get(row.id, ())
    ]


def _findings(connection: Connection, rows: Sequence[AnyRow]) -> list[Exported]:
    return [
        {
            "call_id": finding.call_id,
            "detector": finding.detector,
            "term": finding.term,
            "role": finding.role.value,
            "start": finding.span.start,
            "end": finding.span.end,
            "quote": finding.quote,
            "value": finding.value,
            "confidence": finding.confidence,
        }
        for judgement in _judgements(connection, rows)
        for finding in judgement.findings
    ]


def _evaluations(connection: Connection, rows: Sequence[AnyRow]) -> list[Exported]:
    people = counting_on(connection, [row.id for row in rows])
    return [_evaluation(judgement, people) for judgement in _judgements(connection, rows)]


def _evaluation(judgement: Judgement, people: Mapping[str, Sequence[PersonAnswer]]) -> Exported:
    evaluation = judgement.evaluation
    acts = {
        act.criterion_id: act for act in people.get(evaluation.call_id, ()) if act.scorecard == evaluation.scorecard
    }
    return {
        "call_id": evaluation.call_id,
        "agent_id": evaluation.agent_id,
        "scorecard": evaluation.scorecard,
        "revision": evaluation.revision,
        "status": evaluation.status.value,
        "score": evaluation.score,
        "answers": [
            _answer(answer, judgement.findings, acts.get(answer.criterion_id)) for answer in evaluation.answers
        ],
    }


def _notices(connection: Connection, rows: Sequence[AnyRow]) -> list[Exported]:
    return [
        {
            "call_id": call_id,
            "area": notice.kind.area.value,
            "kind": notice.kind.value,
            "about": notice.about,
            "problem": notice.problem,
        }
        for call_id, notice in notices_of(connection, [row.id for row in rows])
    ]


def _ratings(store: Store) -> Iterator[Exported]:
    acts = store.ratings.all()
    last = set({(act.month, act.standard, act.agent_id, act.item): act.id for act in acts}.values())
    for act in acts:
        yield {
            "month": act.month,
            "standard": act.standard,
            "agent_id": act.agent_id,
            "item": act.item,
            "value": act.value,
            "reason": act.reason,
            "by": act.by,
            "at": act.at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
            "stands": act.value is not None and act.id in last,
        }


def _tiers(store: Store) -> Iterator[Exported]:
    for month in store.tiers.months():
        for row in store.tiers.of_month(month, shipped_titles()):
            yield {
                "month": month,
                "agent_id": row.agent_id,
                "detector": row.detector,
                "term": row.term,
                "title": row.title,
                "named": row.named,
                "suspected_open": row.open,
                "suspected_affirmed": row.affirmed,
                "suspected_rejected": row.rejected,
                "judged": row.judged,
            }


def _judgements(connection: Connection, rows: Sequence[AnyRow]) -> list[Judgement]:
    judgements = judgements_of(connection, [row.id for row in rows])
    return [judgements[row.id] for row in rows if row.id in judgements]


def _answer(answer: Answer, findings: Sequence[Finding], person: PersonAnswer | None) -> Exported:
    return {
        "criterion_id": answer.criterion_id,
        "outcome": answer.outcome.value,
        "awarded": answer.tally.awarded,
        "possible": answer.tally.possible,
        "findings": [_place(findings[position]) for position in answer.findings],
        "person_outcome": person.outcome.value if person and person.outcome else None,
    }


def _place(finding: Finding) -> Exported:
    return {
        "detector": finding.detector,
        "term": finding.term,
        "start": finding.span.start,
        "end": finding.span.end,
    }


def _month(closing: Closing, month: AgentMonth) -> Exported:
    return {
        "agent_id": month.agent_id,
        "agent_name": month.agent_name,
        "month": month.month,
        "scorecard": month.scorecard,
        "revision": month.revision,
        "evaluated": month.evaluated,
        "unscorable": month.unscorable,
        "failed": month.failed,
        "awarded": month.tally.awarded,
        "possible": month.tally.possible,
        "score": month.score,
        "speed_of_answer_s": month.speed_of_answer_s,
        "within_three_rings": month.within_three_rings.share,
        "banned_wording": month.banned_wording,
        "apologies_owed": month.apologies_owed,
        "apologies_given": month.apologies_given,
        "score_low": None if month.low is None else rounded(month.low),
        "score_high": None if month.high is None else rounded(month.high),
        "grade": month.grade,
        "state": closing.state.value,
    }
