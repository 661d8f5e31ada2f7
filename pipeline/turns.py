"""Turns: the words of a call in the order of talk, each with who said it.

Knows how words and speakers are put together; which speaker is the agent is decided in `roles`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pipeline.timeline import Span
from pipeline.transcript import Word


class Role(StrEnum):
    """Who speaks. An announcement machine is `UNKNOWN`: it neither serves nor asks."""

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SpeakerSegment:
    """A stretch in which one voice speaks, by diarization. `speaker` counts from 0."""

    speaker: int
    span: Span


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says until the other one does.

    `confidence` is the probability, 0..1, that the role is right.
    """

    index: int
    role: Role
    span: Span
    text: str
    words: tuple[Word, ...]
    confidence: float
