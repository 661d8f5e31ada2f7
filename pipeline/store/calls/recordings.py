"""The recordings, with the transcripts, diarizations and waveforms that models made of each."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Column, Engine, Named, Table, select

from pipeline.audio.playback import Waveform
from pipeline.call import Recording
from pipeline.hearing.transcript import Segment, Transcript
from pipeline.hearing.turns import SpeakerSegment
from pipeline.notices import from_lists
from pipeline.store import tables
from pipeline.store.calls.records import span_pairs, to_spans, to_words, word_lists
from pipeline.store.schema import reading, writing
from pipeline.store.tables import AnyRow, Provenance, Text, Values, metadata
from pipeline.store.upsert import CODE_VERSION, put, upsert
from pipeline.timeline import Span


class WaveformColumns(Provenance):
    """One row a recording: its peaks, channel after channel, a byte each, deflated."""

    recording_id: Named[str] = Column(Text, primary_key=True)
    rate_hz: Named[int]
    num_channels: Named[int]
    peaks: Named[bytes]


waveforms = Table("waveforms", metadata, WaveformColumns)


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings, and what models made of each: transcripts, diarizations, waveforms."""

    engine: Engine

    def transcript(self, recording_id: str, model: str, settings: str) -> Transcript | None:
        """The transcript of a recording by `model` under `settings`; None when it has not listened yet."""
        row = self._kept(tables.transcripts, recording_id, model, settings)
        return None if row is None else to_transcript(row)

    def save_transcript(self, recording_id: str, settings: str, transcript: Transcript) -> None:
        """Keep what `transcript.model` heard in the recording; the first one saved stays."""
        key = {"recording_id": recording_id, "model": transcript.model, "settings": settings}
        with writing(self.engine) as connection:
            put(connection, tables.transcripts, key | transcript_values(transcript), replace=False)

    def diarization(self, recording_id: str, model: str, settings: str) -> tuple[SpeakerSegment, ...] | None:
        """The speakers' segments of a recording by `model` under `settings`; None when it has not listened yet."""
        row = self._kept(tables.diarizations, recording_id, model, settings)
        return None if row is None else to_diarization(row)

    def save_diarization(
        self, recording_id: str, model: str, settings: str, segments: Iterable[SpeakerSegment]
    ) -> None:
        """Keep who spoke when in the recording; the first one saved stays."""
        key = {"recording_id": recording_id, "model": model, "settings": settings}
        with writing(self.engine) as connection:
            put(connection, tables.diarizations, key | diarization_values(segments), replace=False)

    def waveform(self, recording_id: str) -> Waveform | None:
        """The waveform of a recording; None for one that was opened before waveforms were kept."""
        with reading(self.engine) as connection:
            row = connection.execute(
                select(waveforms).where(waveforms.c.recording_id == recording_id)
            ).one_or_none()
        if row is None:
            return None
        peaks = np.frombuffer(zlib.decompress(row.peaks), np.uint8)
        return Waveform(row.rate_hz, peaks.reshape(row.num_channels, -1))

    def save_waveform(self, recording_id: str, waveform: Waveform) -> None:
        """Keep the waveform of a recording, in place of the earlier one."""
        values = {
            "recording_id": recording_id,
            "rate_hz": waveform.rate_hz,
            "num_channels": len(waveform.peaks),
            "peaks": zlib.compress(np.ascontiguousarray(waveform.peaks).tobytes()),
            "code_version": CODE_VERSION,
            "created_at": datetime.now(UTC),
        }
        with writing(self.engine) as connection:
            upsert(connection, waveforms, values, tuple(values))

    def of_call(self, call_id: str) -> Recording | None:
        """The recording of a call, and where it lies; None for a call without one that could be opened."""
        query = (
            select(tables.calls.c.uri, tables.recordings)
            .join(tables.recordings, tables.recordings.c.id == tables.calls.c.recording_id)
            .where(tables.calls.c.id == call_id)
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None or row.uri is None:
            return None
        return Recording(
            row.id,
            row.uri,
            row.sampling_rate,
            row.num_channels,
            row.num_samples,
            row.duration,
            from_lists(row.file_notices),
        )

    def uris(self, call_ids: Iterable[str]) -> Mapping[str, str]:
        """The addresses of the recordings of these calls, by call id; calls without one are left out."""
        wanted = set(call_ids)
        query = select(tables.calls.c.id, tables.calls.c.uri).where(tables.calls.c.uri.is_not(None))
        with reading(self.engine) as connection:
            return {row.id: row.uri for row in connection.execute(query) if row.id in wanted}

    def _kept(self, table: Table[Any], recording_id: str, model: str, settings: str) -> AnyRow | None:
        c = table.c
        query = select(table).where(c.recording_id == recording_id, c.model == model, c.settings == settings)
        with reading(self.engine) as connection:
            return connection.execute(query).one_or_none()


def transcript_values(transcript: Transcript) -> Values:
    """The words and the speech of a row of `transcripts`."""
    return {
        "segments": [[segment.channel, word_lists(segment.words)] for segment in transcript.segments],
        "speech": [span_pairs(spans) for spans in transcript.speech],
    }


def to_transcript(row: AnyRow) -> Transcript:
    """The transcript of a row."""
    return Transcript(
        model=row.model,
        segments=tuple(Segment(channel, to_words(words)) for channel, words in row.segments),
        speech=tuple(to_spans(spans) for spans in row.speech),
    )


def diarization_values(segments: Iterable[SpeakerSegment]) -> Values:
    """The segments of a row of `diarizations`."""
    return {"segments": [[segment.speaker, segment.span.start, segment.span.end] for segment in segments]}


def to_diarization(row: AnyRow) -> tuple[SpeakerSegment, ...]:
    """The segments of a row."""
    return tuple(SpeakerSegment(speaker, Span(start, end)) for speaker, start, end in row.segments)
