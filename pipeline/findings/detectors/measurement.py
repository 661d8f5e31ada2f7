"""A finding whose value was measured, not said."""

from __future__ import annotations

from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Span

VERSION = "measures-2"


def measurement(
    hearing: Hearing,
    detector: str,
    term: str,
    span: Span,
    value: float,
    role: Role = Role.UNKNOWN,
    turn: Turn | None = None,
    quote: str = "",
) -> Finding:
    """A finding of one call; as sure as its role is, by `turn` or by the whole call.

    Parameters
    ----------
    value : float
        In the unit that the detector gives; kept to a thousandth.
    turn : Turn, optional
        In which it lies.
    """
    by_role = turn.confidence if turn else hearing.quality.role_confidence
    return Finding(
        call_id=hearing.call.id,
        detector=detector,
        term=term,
        turn_index=turn.index if turn else None,
        role=role,
        span=span,
        quote=quote,
        value=round(value, 3),
        confidence=1.0 if role is Role.UNKNOWN else by_role,
        detector_version=VERSION,
    )
