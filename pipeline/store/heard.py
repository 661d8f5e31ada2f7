"""Rows of what was heard (recordings, calls, hearings, turns, transcripts) from our types and back, without loss.

Knows both shapes; asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.audio.ringing import Ringback, SpeedOfAnswer
from pipeline.call import Call, Direction, Recording
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Acoustics, Hearing, Look, LookZone, Quality, Stretch
from pipeline.hearing.transcript import Segment, Transcript, Word, span_of, text_of
from pipeline.hearing.turns import Role, SpeakerSegment, Turn
from pipeline.store.tables import AnyRow, Values
from pipeline.timeline import Span


def recording_values(recording: Recording) -> Values:
    """A row of `recordings`; where it lies is left to the call, so that two names do not fight over one row."""
    return {
        "id": recording.id,
        "sampling_rate": recording.sampling_rate,
        "num_channels": recording.num_channels,
        "num_samples": recording.num_samples,
        "duration": recording.duration,
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
    )


def call_values(result: CallResult) -> Values:
    """A row of `calls`: the record and how the call ended."""
    call = result.call
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
        "month": call.month,
        "uri": result.recording.uri if result.recording else result.uri,
        "recording_id": result.recording.id if result.recording else None,
    } | outcome_values(result)


def outcome_values(result: CallResult) -> Values:
    """The columns of `calls` that tell how the call ended."""
    return {
        "status": result.status,
        "stage": result.stage,
        "reason": result.reason,
        "problem": result.problem,
        "fingerprint": result.fingerprint,
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
    )


def hearing_values(hearing: Hearing) -> Values:
    """A row of `hearings`."""
    return {
        "call_id": hearing.call.id,
        "bursts": _pairs(hearing.ringback.bursts),
        "ring_by_record": hearing.speed_of_answer.by_record,
        "ring_by_audio": hearing.speed_of_answer.by_audio,
        "rings": hearing.speed_of_answer.rings,
        "speech_seconds": hearing.quality.speech_seconds,
        "transcribed_seconds": hearing.quality.transcribed_seconds,
        "word_confidence": hearing.quality.word_confidence,
        "role_confidence": hearing.quality.role_confidence,
        "agent_seconds": hearing.quality.agent_seconds,
        "looks": [_look_list(look) for look in hearing.looks],
    } | _acoustics_values(hearing.acoustics)


def _acoustics_values(acoustics: Acoustics | None) -> Values:
    if acoustics is None:
        return {"stretches": None, "music": None}
    return {
        "stretches": [[s.role, s.span.start, s.span.end, s.level_db] for s in acoustics.stretches],
        "music": _pairs(acoustics.music),
    }


def _to_acoustics(row: AnyRow) -> Acoustics | None:
    if row.stretches is None:
        return None
    return Acoustics(
        stretches=tuple(Stretch(Role(role), Span(start, end), level) for role, start, end, level in row.stretches),
        music=_spans(row.music),
    )


def to_speed_of_answer(row: AnyRow) -> SpeedOfAnswer:
    """The ring-to-answer time of a row of calls and hearings; by the record alone for a call that was not heard."""
    if row.call_id is None:
        return SpeedOfAnswer(by_record=to_call(row).ring_seconds, by_audio=None, rings=None)
    return SpeedOfAnswer(by_record=row.ring_by_record, by_audio=row.ring_by_audio, rings=row.rings)


def to_hearing(row: AnyRow, turns: Iterable[Turn]) -> Hearing:
    """The hearing of a row of calls, recordings and hearings."""
    return Hearing(
        call=to_call(row),
        recording=to_recording(row),
        ringback=Ringback(_spans(row.bursts)),
        speed_of_answer=to_speed_of_answer(row),
        turns=tuple(turns),
        quality=Quality(
            speech_seconds=row.speech_seconds,
            transcribed_seconds=row.transcribed_seconds,
            word_confidence=row.word_confidence,
            role_confidence=row.role_confidence,
            agent_seconds=row.agent_seconds,
        ),
        acoustics=_to_acoustics(row),
        looks=tuple(_to_look(*stored) for stored in row.looks),
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
            "words": _words_list(turn.words),
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
        words=_words(row.words),
        confidence=row.confidence,
    )


def counted_list(turns: Iterable[Turn]) -> list[Any]:
    """The turns that count in place of those heard, as `search_calls` keeps them."""
    return [
        [turn.role, turn.span.start, turn.span.end, turn.text, _words_list(turn.words), turn.confidence]
        for turn in turns
    ]


def to_counted(index: int, stored: Sequence[Any]) -> Turn:
    """The turn that was kept so."""
    role, start, end, text, words, confidence = stored
    return Turn(index, Role(role), Span(start, end), text, _words(words), confidence)


def _look_list(look: Look) -> list[Any]:
    turns = [[turn.role, _words_list(turn.words), turn.confidence] for turn in look.turns]
    return [look.zone, look.span.start, look.span.end, turns]


def _to_look(zone: LookZone, start: float, end: float, stored: Iterable[Sequence[Any]]) -> Look:
    turns = tuple(_to_turn_of(n, *each) for n, each in enumerate(stored))
    return Look(zone, Span(start, end), turns)


def _to_turn_of(index: int, role: str, stored: Iterable[Sequence[Any]], confidence: float) -> Turn:
    words = _words(stored)
    return Turn(index, Role(role), span_of(words), text_of(words), words, confidence)


def transcript_values(transcript: Transcript) -> Values:
    """The words and the speech of a row of `transcripts`."""
    return {
        "segments": [[segment.channel, _words_list(segment.words)] for segment in transcript.segments],
        "speech": [_pairs(spans) for spans in transcript.speech],
    }


def to_transcript(row: AnyRow) -> Transcript:
    """The transcript of a row."""
    return Transcript(
        model=row.model,
        segments=tuple(Segment(channel, _words(words)) for channel, words in row.segments),
        speech=tuple(_spans(spans) for spans in row.speech),
    )


def diarization_values(segments: Iterable[SpeakerSegment]) -> Values:
    """The segments of a row of `diarizations`."""
    return {"segments": [[segment.speaker, segment.span.start, segment.span.end] for segment in segments]}


def to_diarization(row: AnyRow) -> tuple[SpeakerSegment, ...]:
    """The segments of a row."""
    return tuple(SpeakerSegment(speaker, Span(start, end)) for speaker, start, end in row.segments)


def _pairs(spans: Iterable[Span]) -> list[list[float]]:
    return [[span.start, span.end] for span in spans]


def _spans(pairs: Iterable[Sequence[float]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in pairs)


def _words_list(words: Iterable[Word]) -> list[list[Any]]:
    return [[word.text, word.span.start, word.span.end, word.probability] for word in words]


def _words(stored: Iterable[Sequence[Any]]) -> tuple[Word, ...]:
    return tuple(Word(text, Span(start, end), probability) for text, start, end, probability in stored)
