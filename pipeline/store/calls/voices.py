"""The agents' voices as they are kept: at most one a recording and embedder, forgotten by agent.

Knows how they are written, read and erased; what they are good for is in `pipeline.hearing.voices`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Engine, delete, func, insert, select

from pipeline.hearing.voices import Voice
from pipeline.store import tables
from pipeline.store.schema import reading, writing
from pipeline.store.upsert import CODE_VERSION
from pipeline.timeline import Seconds


@dataclass(frozen=True, slots=True)
class VoicesKept:
    """The amount that is kept of one agent's voice."""

    agent_id: str
    num_calls: int
    seconds: Seconds
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Voices:
    """The agents' voices, at most one a recording and embedder."""

    engine: Engine

    def keep(self, recording_id: str, embedder: str, voice: Voice | None) -> None:
        """Keep how the agent sounds in a recording in place of what was kept of it; None keeps nothing of it."""
        c = tables.voices.c
        with writing(self.engine) as connection:
            connection.execute(delete(tables.voices).where(c.recording_id == recording_id, c.embedder == embedder))
            if voice is not None:
                values = {
                    "recording_id": recording_id,
                    "embedder": embedder,
                    "agent_id": voice.agent_id,
                    "speaker": voice.speaker,
                    "seconds": voice.seconds,
                    "role_confidence": voice.role_confidence,
                    "vector": np.asarray(voice.vector, dtype="<f4").tobytes(),
                    "code_version": CODE_VERSION,
                    "created_at": datetime.now(UTC),
                }
                connection.execute(insert(tables.voices), values)

    def of_agent(self, agent_id: str, embedder: str) -> tuple[Voice, ...]:
        """The kept stretches of one agent's voice, the newest first; never anybody else's."""
        c = tables.voices.c
        query = select(tables.voices).where(c.agent_id == agent_id, c.embedder == embedder)
        with reading(self.engine) as connection:
            return tuple(
                Voice(
                    row.recording_id,
                    row.embedder,
                    row.agent_id,
                    row.speaker,
                    row.seconds,
                    row.role_confidence,
                    np.frombuffer(row.vector, dtype="<f4").astype(np.float32),
                )
                for row in connection.execute(query.order_by(c.created_at.desc(), c.recording_id))
            )

    def amounts(self) -> tuple[VoicesKept, ...]:
        """The amounts that are kept of voices, by agent."""
        c = tables.voices.c
        query = select(
            c.agent_id,
            func.count().label("num_calls"),
            func.sum(c.seconds).label("seconds"),
            func.max(c.created_at).label("last_at"),
        ).group_by(c.agent_id)
        with reading(self.engine) as connection:
            rows = connection.execute(query.order_by(c.agent_id)).all()
            return tuple(VoicesKept(row.agent_id, row.num_calls, row.seconds, row.last_at) for row in rows)

    def forget(self, agent_id: str) -> int:
        """Erase all that is kept of an agent's voice; returns of how many recordings."""
        with writing(self.engine) as connection:
            done = connection.execute(delete(tables.voices).where(tables.voices.c.agent_id == agent_id))
            return int(done.rowcount)
