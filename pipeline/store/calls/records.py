"""Calls and recordings as rows, by the record of each call, and the queries that all others begin with.

Knows shapes and pages; what was heard of a call is in `hearings`, how it was judged in `evaluations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, not_, select

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Leg, Recording
from pipeline.evaluation.result import CallResult
from pipeline.hearing.transcript import Word
from pipeline.notices import from_lists, to_lists
from pipeline.store.schema import reading
from pipeline.store.tables import AnyRow, Values, calls, hearings, recordings
from pipeline.timeline import Span

PAGE = 200
"""Calls read in one transaction."""
T = TypeVar("T")


def recording_values(recording: Recording) -> Values:
    """A row of `recordings`; where it lies is left to the call, so that two names do not fight over one row."""
    return {
        "id": recording.id,
        "sampling_rate": recording.sampling_rate,
        "num_channels": recording.num_channels,
        "num_samples": recording.num_samples,
        "duration": recording.duration,
        "file_notices": to_lists(recording.notices),
    }


def to_recording(row: AnyRow) -> Recording:
    """The recording of a row of calls and recordings."""
    return Recording(
        id=row.recording_id,
        uri=row.uri,
        sampling_rate=row.sampling_rate,
        num_channels=row.num_channels,
        num_samples=row.num_samples,
        duration=row.duration,
        notices=from_lists(row.file_notices),
    )


def record_values(call: Call) -> Values:
    """The columns of `calls` that the record of a call fills."""
    return {
        "id": call.id,
        "agent_id": call.agent_id,
        "agent_name": call.agent_name,
        "queue": call.queue,
        "direction": call.direction,
        "caller": call.caller,
        "ring_at": call.ring_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "recording_name": call.recording_name,
        "answered": call.answered,
        "agent_channel": call.agent_channel,
        "hangup_by": call.hangup_by,
        "remark": call.remark,
        "source": call.source,
        "legs": [_leg_list(leg) for leg in call.legs],
        "parameters": [list(pair) for pair in call.parameters],
    }


def call_values(result: CallResult) -> Values:
    """A row of `calls`: the record and how the call ended."""
    opened = result.recording
    return (
        record_values(result.call)
        | {
            "row": result.row,
            "month": result.call.month,
            "uri": opened.uri if opened else result.uri,
            "recording_id": opened.id if opened else None,
        }
        | outcome_values(result)
    )


def outcome_values(result: CallResult) -> Values:
    """The columns of `calls` that tell how the call ended."""
    return {
        "status": result.status,
        "stage": result.stage,
        "reason": result.reason,
        "problem": result.problem,
        "fingerprint": str(result.fingerprint),
        "judged": result.evaluation is not None,
    }


def to_call(row: AnyRow) -> Call:
    """The call of a row of calls."""
    return Call(
        id=row.id,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        queue=row.queue,
        direction=Direction(row.direction),
        caller=row.caller,
        ring_at=row.ring_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        recording_name=row.recording_name,
        answered=row.answered,
        agent_channel=row.agent_channel,
        hangup_by=row.hangup_by,
        remark=row.remark,
        source=row.source,
        legs=tuple(_to_leg(*stored) for stored in row.legs),
        parameters=tuple((title, text) for title, text in row.parameters),
    )


def _leg_list(leg: Leg) -> list[Any]:
    instants = (at and at.isoformat() for at in (leg.ring_at, leg.answered_at, leg.ended_at))
    return [leg.agent_id, leg.answered, *instants, leg.recording_name, leg.source]


def _to_leg(
    agent_id: str | None,
    answered: bool | None,
    ring_at: str | None,
    answered_at: str | None,
    ended_at: str | None,
    recording_name: str | None,
    source: str,
) -> Leg:
    rang, picked, ended = (datetime.fromisoformat(at) if at else None for at in (ring_at, answered_at, ended_at))
    return Leg(agent_id, answered, rang, picked, ended, recording_name, source)


def to_speed_of_answer(row: AnyRow) -> SpeedOfAnswer:
    """The ring-to-answer time of a row of calls and hearings; by the record alone for a call that was not heard."""
    if row.call_id is None:
        return SpeedOfAnswer(by_record=to_call(row).ring_seconds, by_audio=None, rings=None)
    return SpeedOfAnswer(by_record=row.ring_by_record, by_audio=row.ring_by_audio, rings=row.rings)


def heard_calls() -> Select[*tuple[Any, ...]]:
    """Each call with its recording and its hearing, where it has them; `call_id` is None for one not heard."""
    r = recordings.c
    return (
        select(calls, r.sampling_rate, r.num_channels, r.num_samples, r.duration, r.file_notices, hearings)
        .outerjoin(recordings, recordings.c.id == calls.c.recording_id)
        .outerjoin(hearings, hearings.c.call_id == calls.c.id)
    )


def replayable(month: str | None, agent_id: str | None, *, yes: bool) -> ColumnElement[bool]:
    """Whether a row of `heard_calls` is of this agent and month, and can be judged from its findings; or cannot."""
    can = and_(calls.c.judged, hearings.c.call_id.is_not(None))
    return and_(calls.c.month == month, calls.c.agent_id == agent_id, can if yes else not_(can))


def pages(
    engine: Engine,
    query: Select[*tuple[Any, ...]],
    read: Callable[[Connection, Sequence[AnyRow]], Sequence[T]],
) -> Iterator[T]:
    """The results of `read` for the rows of a query of calls, in the order of their ids, page by page."""
    page = query.order_by(calls.c.id).limit(PAGE)
    while True:
        with reading(engine) as connection:
            rows = connection.execute(page).all()
            made = read(connection, rows)
        yield from made
        if len(rows) < PAGE:
            return
        page = query.where(calls.c.id > rows[-1].id).order_by(calls.c.id).limit(PAGE)


def span_pairs(spans: Iterable[Span]) -> list[list[float]]:
    """The spans as they are stored.

    Examples
    --------
    >>> span_pairs([Span(0.5, 2.0)])
    [[0.5, 2.0]]
    """
    return [[span.start, span.end] for span in spans]


def to_spans(pairs: Iterable[Sequence[float]]) -> tuple[Span, ...]:
    """The spans that were stored.

    Examples
    --------
    >>> to_spans([[0.5, 2.0]])
    (Span(start=0.5, end=2.0),)
    """
    return tuple(Span(start, end) for start, end in pairs)


def word_lists(words: Iterable[Word]) -> list[list[Any]]:
    """The words as they are stored: text, start, end, probability.

    Examples
    --------
    >>> word_lists([Word("您好", Span(0.5, 1.0), 0.9)])
    [['您好', 0.5, 1.0, 0.9]]
    """
    return [[word.text, word.span.start, word.span.end, word.probability] for word in words]


def to_words(stored: Iterable[Sequence[Any]]) -> tuple[Word, ...]:
    """The words that were stored.

    Examples
    --------
    >>> to_words([["您好", 0.5, 1.0, 0.9]])[0].text
    '您好'
    """
    return tuple(Word(text, Span(start, end), probability) for text, start, end, probability in stored)
