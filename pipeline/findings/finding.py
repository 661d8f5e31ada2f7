"""A finding: one thing heard or measured in a call, and the place to listen to it.

A finding is a fact. Whether it costs points, and that something is *missing*, is decided in `evaluation`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.hearing.turns import Role
from pipeline.timeline import Span

FLAG = "flag"
"""The detector of what is shown in review and costs nothing."""

SHADOW = "shadow"
"""The detector of what a classifier finds that is not live."""

JUDGE = "judge"
"""The detector of what a language model suggests beside an item; it costs nothing."""

JUDGED = "judged"
"""The detector of what a language model says that passed the gate: a rule of kind ``judged`` asks for it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about one call.

    Parameters
    ----------
    detector : str
        By whose name scorecards ask for it: that of a lexicon, such as ``required_phrase`` or ``apology``, of a
        rulebook, or of one of `detectors`, such as ``ringing`` or ``silence``.
    term : str
        One of those that the detector declares: ``greeting``, ``不归我管``, ``sincere``.
    span : Span
        Where to listen, in seconds of the recording.
    quote : str
        The recogniser's words there.
    value : float | str | None
        The phrase of the lexicon that matched, or the quantity that was measured.
    confidence : float
        Probability that it was said, and by that role, 0..1.
    detector_version : str
        Name, revision and content hash of the lexicon or rulebook, or the version of the detector.
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
