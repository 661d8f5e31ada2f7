"""The waveforms as they are kept: one a recording, made when it is first opened.

Knows rows and bytes; how peaks are made is in `pipeline.hearing.playback`.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Column, Engine, Named, Table, select

from pipeline.call import Recording
from pipeline.hearing.playback import Waveform
from pipeline.store import tables
from pipeline.store.closings import CODE_VERSION
from pipeline.store.schema import reading, writing
from pipeline.store.tables import Provenance, Text, metadata
from pipeline.store.upsert import upsert


class WaveformColumns(Provenance):
    """One row a recording: its peaks, channel after channel, a byte each, deflated."""

    recording_id: Named[str] = Column(Text, primary_key=True)
    rate_hz: Named[int]
    num_channels: Named[int]
    peaks: Named[bytes]


waveforms = Table("waveforms", metadata, WaveformColumns)


class Waveforms:
    """The part of the store that keeps waveforms."""

    engine: Engine

    def keep_waveform(self, recording_id: str, waveform: Waveform) -> None:
        """Keep how a recording looks, in place of what was kept."""
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

    def waveform(self, recording_id: str) -> Waveform | None:
        """How a recording looks; None for one that was opened before waveforms were kept."""
        with reading(self.engine) as connection:
            row = connection.execute(
                select(waveforms).where(waveforms.c.recording_id == recording_id)
            ).one_or_none()
        if row is None:
            return None
        peaks = np.frombuffer(zlib.decompress(row.peaks), np.uint8)
        return Waveform(row.rate_hz, peaks.reshape(row.num_channels, -1))

    def recording_of(self, call_id: str) -> Recording | None:
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
        return Recording(row.id, row.uri, row.sampling_rate, row.num_channels, row.num_samples, row.duration)
