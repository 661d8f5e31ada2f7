"""Closings and months as rows, from our types and back, without loss.

Knows both shapes; asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.month.assessment import AgentMonth, CriterionMonth, Incident, Origin
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.store.tables import AnyRow, Values
from pipeline.tally import Tally


def closing_values(closing: Closing) -> Values:
    """A row of `closings`, but for what the store gives."""
    return {
        "month": closing.month,
        "standard": closing.standard,
        "revision": closing.revision,
        "digest": closing.digest,
        "by": closing.by,
        "reason": closing.reason,
        "at": closing.at,
        "feeds": [list(feed) for feed in closing.feeds],
        "notices": list(closing.notices),
    }


def to_closing(row: AnyRow) -> Closing:
    """The closing of a row."""
    return Closing(
        month=row.month,
        standard=row.standard,
        revision=row.revision,
        digest=row.digest,
        by=row.by,
        reason=row.reason,
        at=row.at,
        feeds=tuple((name, digest) for name, digest in row.feeds),
        notices=tuple(row.notices),
        state=ClosingState(row.state),
        id=row.id,
        code_version=row.code_version,
    )


def month_values(closing_id: int, months: Iterable[AgentMonth]) -> list[Values]:
    """The rows of `months`."""
    return [
        {
            "closing_id": closing_id,
            "position": position,
            "agent_id": month.agent_id,
            "agent_name": month.agent_name,
            "team": month.team,
            "calls_evaluated": month.evaluated,
            "calls_unscorable": month.unscorable,
            "calls_failed": month.failed,
            "awarded": month.tally.awarded,
            "possible": month.tally.possible,
            "score": month.score,
            "score_low": month.low,
            "score_high": month.high,
            "heard": month.heard,
            "grade": month.grade,
            "undecided": month.undecided,
            "vetoed": month.vetoed,
            "qualitative": month.qualitative,
            "speed_of_answer_s": month.speed_of_answer_s,
            "answered_within_three_rings": month.within_three_rings.awarded,
            "possible_within_three_rings": month.within_three_rings.possible,
            "banned_wording": month.banned_wording,
            "apologies_owed": month.apologies_owed,
            "apologies_given": month.apologies_given,
            "criteria": [_criterion(criterion) for criterion in month.criteria],
            "incidents": [[each.consequence_id, each.what, each.call_id, each.at] for each in month.incidents],
        }
        for position, month in enumerate(months)
    ]


def to_month(closing: Closing, row: AnyRow) -> AgentMonth:
    """The month of a row that belongs to the closing."""
    return AgentMonth(
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        month=closing.month,
        scorecard=closing.standard,
        revision=closing.revision,
        evaluated=row.calls_evaluated,
        unscorable=row.calls_unscorable,
        failed=row.calls_failed,
        criteria=tuple(_to_criterion(criterion) for criterion in row.criteria),
        speed_of_answer_s=row.speed_of_answer_s,
        within_three_rings=Tally(row.answered_within_three_rings, row.possible_within_three_rings),
        banned_wording=row.banned_wording,
        apologies_owed=row.apologies_owed,
        apologies_given=row.apologies_given,
        team=row.team,
        qualitative=None if row.qualitative is None else (row.qualitative[0], row.qualitative[1]),
        vetoed=row.vetoed,
        low=row.score_low,
        high=row.score_high,
        heard=None if row.heard is None else (row.heard[0], row.heard[1]),
        grade=row.grade,
        undecided=row.undecided,
        incidents=tuple(Incident(*each) for each in row.incidents),
    )


def _criterion(criterion: CriterionMonth) -> Values:
    return {
        "criterion_id": criterion.criterion_id,
        "title": criterion.title,
        "points": criterion.points,
        "awarded": criterion.tally.awarded,
        "possible": criterion.tally.possible,
        "answered": criterion.answered,
        "not_applicable": criterion.not_applicable,
        "open": criterion.open,
        "low": criterion.low,
        "high": criterion.high,
        "origins": [[origin.value, points] for origin, points in criterion.origins],
        "value": criterion.value,
        "counted": [criterion.counted.awarded, criterion.counted.possible],
        "sentence": criterion.sentence,
        "drawn": list(criterion.drawn),
    }


def _to_criterion(stored: Mapping[str, Any]) -> CriterionMonth:
    return CriterionMonth(
        criterion_id=stored["criterion_id"],
        title=stored["title"],
        points=stored["points"],
        tally=Tally(stored["awarded"], stored["possible"]),
        answered=stored["answered"],
        not_applicable=stored["not_applicable"],
        open=stored["open"],
        low=stored["low"],
        high=stored["high"],
        origins=tuple((Origin(origin), points) for origin, points in stored["origins"]),
        value=stored["value"],
        counted=Tally(*stored["counted"]),
        sentence=stored["sentence"],
        drawn=tuple(stored["drawn"]),
    )
