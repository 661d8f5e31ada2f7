"""What is measured rather than said: ringing, and data that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.timeline import Seconds, Span
from pipeline.turns import Role

VERSION = "measures-1"
MAX_RING_DISAGREEMENT_S: Seconds = 1.0
DURATION_SLACK_S, DURATION_SLACK = 0.5, 0.01  # codecs pad; the record has whole seconds


def measured(hearing: Hearing) -> Iterator[Finding]:
    """Rings counted, and where record and recording disagree."""
    bursts = hearing.ringback.bursts
    head = Span(bursts[0].start, bursts[-1].end) if bursts else Span(0.0, 0.0)
    if bursts:
        yield _finding(hearing, "ringing", "rings", head, float(hearing.ringback.rings))
    apart = hearing.speed_of_answer.disagreement
    # Outbound, the record tells when the customer answered: nothing that the agent's first word could contradict.
    inbound = hearing.call.direction is Direction.INBOUND
    if inbound and apart is not None and apart > MAX_RING_DISAGREEMENT_S:
        yield _finding(hearing, "data_quality", "ring_disagreement", head, apart)
    call, length = hearing.call, hearing.recording.duration
    began = call.answered_at if not bursts else call.ring_at
    if began and call.ended_at:
        apart = abs((call.ended_at - began).total_seconds() - length)
        # The record counts whole seconds at both ends.
        if apart > 1.0 + DURATION_SLACK_S + DURATION_SLACK * length:
            yield _finding(hearing, "data_quality", "duration_disagreement", Span(0.0, length), apart)


def _finding(hearing: Hearing, detector: str, term: str, span: Span, value: float) -> Finding:
    return Finding(
        call_id=hearing.call.id,
        detector=detector,
        term=term,
        turn_index=None,
        role=Role.UNKNOWN,
        span=span,
        quote="",
        value=round(value, 3),
        confidence=1.0,
        detector_version=VERSION,
    )
