"""Ring-back tone in the audio, rings counted, and ring-to-answer time.

Knows the Chinese ring-back cadence (450 Hz, 1 s on, 4 s off); not who answered, which is `turns`' knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.timeline import Seconds, Span


@dataclass(frozen=True, slots=True)
class Ringback:
    """The ringing recorded at the head of a call: one span a ring, in order, in seconds."""

    bursts: tuple[Span, ...]

    @property
    def rings(self) -> int:
        """How many rings were heard, a last one cut off by the answer included."""
        return len(self.bursts)


@dataclass(frozen=True, slots=True)
class SpeedOfAnswer:
    """Ring to answer, by the call record and by the audio; both are kept.

    `by_record` runs from the first ring to the pick-up, `by_audio` from the first ring heard to the agent's
    first word, in seconds. `rings` is None where no ringing was recorded.
    """

    by_record: Seconds | None
    by_audio: Seconds | None
    rings: int | None

    @property
    def source(self) -> str | None:
        """The one that counts: ``audio`` where ringing was recorded, else ``cdr``; None when neither is known."""
        return "audio" if self.by_audio is not None else "cdr" if self.by_record is not None else None

    @property
    def seconds(self) -> Seconds | None:
        """The value that counts, in seconds."""
        return self.by_audio if self.by_audio is not None else self.by_record
