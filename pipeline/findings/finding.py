"""A finding: something heard or measured in a call, and the place to listen to it.

A finding is a fact. Whether it costs points, and that something is *missing*, is decided in `evaluation`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipeline.hearing.turns import Role
from pipeline.timeline import Span


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about one call.

    Parameters
    ----------
    detector : str
        Who found it: the detector of a lexicon, such as ``required_phrase`` or ``apology``, or a measure:
        ``ringing``, ``data_quality``, ``silence``, ``hold``, ``interruption``, ``speech_rate``, ``loudness``,
        ``repetition``, ``hangup``.
    term : str
        What was found, in the lexicon's word: ``greeting``, ``不归我管``, ``sincere``.
    span : Span
        Where to listen, in seconds of the recording.
    quote : str
        What the recogniser heard there.
    value : float | str | None
        The phrase of the lexicon that matched, or the quantity that was measured.
    confidence : float
        0..1: how sure we are that it was said, and by that role.
    detector_version : str
        Revision of the lexicon, or of the measure.
    """

    call_id: str
    detector: str
    term: str
    turn_index: int | None
    role: Role
    span: Span
    quote: str
    value: float | str | None
    confidence: float
    detector_version: str

    def with_confidence(self, confidence: float) -> Finding:
        """The same fact, believed with another probability."""
        return replace(self, confidence=confidence)
