"""The hearings: rows of what the machine heard, and the corrections of people that are laid over them.

Knows how a hearing is read; how a correction is made is in `people.corrections`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Named,
    Select,
    Table,
    TypedColumns,
    func,
    select,
)

from pipeline.audio.ringing import Ringback
from pipeline.call import SHANGHAI
from pipeline.hearing import Acoustics, Hearing, Look, Quality, Stretch, Unheard
from pipeline.hearing.amendment import corrected
from pipeline.hearing.corrections import Correction, CorrectionKind, standing_by_call
from pipeline.hearing.transcript import span_of, text_of
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import End
from pipeline.notices import from_lists, to_lists
from pipeline.store.calls.records import (
    PAGE,
    heard_calls,
    pages,
    span_pairs,
    to_call,
    to_recording,
    to_spans,
    to_speed_of_answer,
    to_words,
    word_lists,
)
from pipeline.store.schema import reading
from pipeline.store.tables import STARTED_AT, AnyRow, Instant, Text, Values, calls, hearings, metadata, turns
from pipeline.timeline import Span


class CorrectionColumns(TypedColumns):
    """One row an act of a person about what was heard. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    call_id: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    turn_index: Named[int | None]
    span_start: Named[float | None]
    span_end: Named[float | None]
    old: Named[str] = Column(Text)
    new: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    undoes: Named[int | None] = Column(ForeignKey("corrections.id"))


corrections: Table[Any] = Table(
    "corrections",
    metadata,
    CorrectionColumns,
    Index("ix_corrections_call_id", "call_id", "id"),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Hearings:
    """The hearings of calls, as the machine heard them and as people corrected them."""

    engine: Engine

    def get(self, call_id: str) -> Hearing | None:
        """The call as it was heard and corrected; None where it was not heard."""
        query = heard_calls().where(calls.c.id == call_id)
        with reading(self.engine) as connection:
            return hearings_of(connection, connection.execute(query).all()).get(call_id)

    def original(self, call_id: str) -> Hearing | None:
        """The call as the machine heard it, whatever people corrected since; None where it was not heard."""
        query = heard_calls().where(calls.c.id == call_id, hearings.c.call_id.is_not(None))
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else to_hearing(row, turns_of(connection, [call_id]).get(call_id, ()))

    def of_recording_of(self, call_id: str) -> tuple[Hearing, ...]:
        """The calls heard in the recording of a call, itself among them, as people corrected them; by id."""
        own = select(calls.c.recording_id).where(calls.c.id == call_id).scalar_subquery()
        query = heard_calls().where(calls.c.recording_id == own).order_by(calls.c.id)
        with reading(self.engine) as connection:
            return tuple(hearings_of(connection, connection.execute(query).all()).values())

    def all(self, since: date | None = None) -> Iterator[Hearing]:
        """Every call as it was heard and corrected, by call id, to be judged again; saving meanwhile is safe.

        Parameters
        ----------
        since : date | None
            Only calls whose first instant is on this day in Asia/Shanghai or later.
        """
        query = _since(heard_calls().where(hearings.c.call_id.is_not(None)), since)

        def read(connection: Connection, rows: Sequence[AnyRow]) -> list[Hearing]:
            return list(hearings_of(connection, rows).values())

        return pages(self.engine, query, read)

    def months(self, since: date | None = None) -> tuple[str | None, ...]:
        """The months of the calls that `all` gives, in order; None, for calls without an instant, comes last."""
        query = _since(select(calls.c.month).join(hearings, hearings.c.call_id == calls.c.id), since).distinct()
        with reading(self.engine) as connection:
            return tuple(sorted(connection.scalars(query), key=lambda month: (month is None, month)))

    def without_turns(self, call_ids: Sequence[str]) -> dict[str, Hearing]:
        """The corrected hearings of these calls, by id, without their turns: all that `evaluate` needs."""
        made: dict[str, Hearing] = {}
        for start in range(0, len(call_ids), PAGE):
            query = heard_calls().where(calls.c.id.in_(call_ids[start : start + PAGE]))
            with reading(self.engine) as connection:
                rows = connection.execute(query.where(hearings.c.call_id.is_not(None))).all()
                made |= hearings_of(connection, rows)
        return {call_id: replace(hearing, turns=()) for call_id, hearing in made.items()}


def _since(query: Select[Any], since: date | None) -> Select[Any]:
    return query if since is None else query.where(datetime.combine(since, time(), SHANGHAI) <= STARTED_AT)


def turns_of(connection: Connection, call_ids: Sequence[str]) -> Mapping[str, list[Turn]]:
    """The turns of each call that has some, in order."""
    found = defaultdict[str, list[Turn]](list)
    query = select(turns).where(turns.c.call_id.in_(call_ids)).order_by(turns.c.call_id, turns.c.position)
    for row in connection.execute(query):
        found[row.call_id].append(to_turn(row))
    return found


def hearings_of(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, Hearing]:
    """The corrected hearings of rows of `heard_calls`, by call id, in order; without those that were not heard."""
    own = [row.id for row in rows if row.call_id is not None]
    if not own:
        return {}
    turns, by_call = turns_of(connection, own), corrections_of(connection, own)
    hearings = {row.id: to_hearing(row, turns.get(row.id, ())) for row in rows if row.call_id is not None}
    return {id: corrected(each, by_call[id]) if id in by_call else each for id, each in hearings.items()}


def corrections_of(connection: Connection, call_ids: Sequence[str]) -> dict[str, tuple[Correction, ...]]:
    """The corrections that stand for each of these calls that has some."""
    return _standing_where(connection, corrections.c.call_id.in_(call_ids))


def corrections_of_agent(
    connection: Connection, month: str | None, agent_id: str | None
) -> dict[str, tuple[Correction, ...]]:
    """The corrections that stand for the calls of one agent in a month, by call id."""
    own = select(calls.c.id).where(calls.c.month == month, calls.c.agent_id == agent_id)
    return _standing_where(connection, corrections.c.call_id.in_(own))


def corrected_at(connection: Connection, call_ids: Sequence[str]) -> dict[str, datetime]:
    """The instant of the last correction, or of its undoing, of each of these calls that has one."""
    c = corrections.c
    query = select(c.call_id, func.max(c.id).label("id")).where(c.call_id.in_(call_ids)).group_by(c.call_id)
    last = query.subquery()
    rows = connection.execute(select(c.call_id, c.at).join(last, last.c.id == c.id))
    return {row.call_id: row.at for row in rows}


def _standing_where(connection: Connection, chosen: ColumnElement[bool]) -> dict[str, tuple[Correction, ...]]:
    return standing_by_call(map(to_correction, connection.execute(ordered().where(chosen))))


def ordered() -> Select[*tuple[Any, ...]]:
    """All corrections, in the order made."""
    return select(corrections).order_by(corrections.c.id)


def to_correction(row: AnyRow) -> Correction:
    """The correction of a row."""
    return Correction(
        id=row.id,
        call_id=row.call_id,
        kind=CorrectionKind(row.kind),
        turn_index=row.turn_index,
        span=None if row.span_start is None else Span(row.span_start, row.span_end),
        old=row.old,
        new=row.new,
        reason=row.reason,
        by=row.by,
        at=row.at,
        undoes=row.undoes,
    )


def hearing_values(hearing: Hearing) -> Values:
    """A row of `hearings`."""
    return {
        "call_id": hearing.call.id,
        "bursts": span_pairs(hearing.ringback.bursts),
        "ring_by_record": hearing.speed_of_answer.by_record,
        "ring_by_audio": hearing.speed_of_answer.by_audio,
        "rings": hearing.speed_of_answer.rings,
        "speech_seconds": hearing.quality.speech_seconds,
        "transcribed_seconds": hearing.quality.transcribed_seconds,
        "word_confidence": hearing.quality.word_confidence,
        "role_confidence": hearing.quality.role_confidence,
        "agent_seconds": hearing.quality.agent_seconds,
        "customer_seconds": hearing.quality.customer_seconds,
        "looks": [_look_list(look) for look in hearing.looks],
        "unheard": [_unheard_list(each) for each in hearing.unheard],
        "notices": to_lists(hearing.notices),
        "hung_up": hearing.hung_up,
        "fell_silent": _unheard_list(hearing.fell_silent) if hearing.fell_silent else None,
        "part_start": hearing.part and hearing.part.start,
        "part_end": hearing.part and hearing.part.end,
    } | _acoustics_values(hearing.acoustics)


def _unheard_list(each: Unheard) -> list[Any]:
    return [each.role, each.span.start, each.span.end]


def _to_unheard(role: str, start: float, end: float) -> Unheard:
    return Unheard(Role(role), Span(start, end))


def _acoustics_values(acoustics: Acoustics | None) -> Values:
    if acoustics is None:
        return {"stretches": None, "music": None}
    return {
        "stretches": [[s.role, s.span.start, s.span.end, s.level_db] for s in acoustics.stretches],
        "music": span_pairs(acoustics.music),
    }


def _to_acoustics(row: AnyRow) -> Acoustics | None:
    if row.stretches is None:
        return None
    return Acoustics(
        stretches=tuple(Stretch(Role(role), Span(start, end), level) for role, start, end, level in row.stretches),
        music=to_spans(row.music),
    )


def to_hearing(row: AnyRow, turns: Iterable[Turn]) -> Hearing:
    """The hearing of a row of calls, recordings and hearings."""
    return Hearing(
        call=to_call(row),
        recording=to_recording(row),
        ringback=Ringback(to_spans(row.bursts)),
        speed_of_answer=to_speed_of_answer(row),
        turns=tuple(turns),
        quality=Quality(
            speech_seconds=row.speech_seconds,
            transcribed_seconds=row.transcribed_seconds,
            word_confidence=row.word_confidence,
            role_confidence=row.role_confidence,
            agent_seconds=row.agent_seconds,
            customer_seconds=row.customer_seconds,
        ),
        acoustics=_to_acoustics(row),
        looks=tuple(_to_look(*stored) for stored in row.looks),
        unheard=tuple(_to_unheard(*stored) for stored in row.unheard),
        notices=from_lists(row.notices),
        hung_up=Role(row.hung_up) if row.hung_up else None,
        fell_silent=_to_unheard(*row.fell_silent) if row.fell_silent else None,
        part=None if row.part_start is None else Span(row.part_start, row.part_end),
    )


def turn_values(hearing: Hearing) -> list[Values]:
    """The rows of `turns`."""
    return [
        {
            "call_id": hearing.call.id,
            "position": turn.index,
            "role": turn.role,
            "span_start": turn.span.start,
            "span_end": turn.span.end,
            "text": turn.text,
            "words": word_lists(turn.words),
            "confidence": turn.confidence,
        }
        for turn in hearing.turns
    ]


def to_turn(row: AnyRow) -> Turn:
    """The turn of a row."""
    return Turn(
        index=row.position,
        role=Role(row.role),
        span=Span(row.span_start, row.span_end),
        text=row.text,
        words=to_words(row.words),
        confidence=row.confidence,
    )


def counted_list(turns: Iterable[Turn]) -> list[Any]:
    """The turns that count in place of those heard, as `search_calls` keeps them."""
    return [
        [turn.role, turn.span.start, turn.span.end, turn.text, word_lists(turn.words), turn.confidence]
        for turn in turns
    ]


def to_counted(index: int, stored: Sequence[Any]) -> Turn:
    """The turn that was kept so."""
    role, start, end, text, words, confidence = stored
    return Turn(index, Role(role), Span(start, end), text, to_words(words), confidence)


def _look_list(look: Look) -> list[Any]:
    turns = [[turn.role, word_lists(turn.words), turn.confidence] for turn in look.turns]
    return [look.zone, look.span.start, look.span.end, turns]


def _to_look(zone: End, start: float, end: float, stored: Iterable[Sequence[Any]]) -> Look:
    turns = tuple(_to_turn_of(n, *each) for n, each in enumerate(stored))
    return Look(zone, Span(start, end), turns)


def _to_turn_of(index: int, role: str, stored: Iterable[Sequence[Any]], confidence: float) -> Turn:
    words = to_words(stored)
    return Turn(index, Role(role), span_of(words), text_of(words), words, confidence)
