"""What is measured rather than said: every detector that needs no phrase list of its own, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.call import Direction
from pipeline.findings.detectors.gaps import gaps
from pipeline.findings.detectors.hangup import hangups
from pipeline.findings.detectors.interruption import interruptions
from pipeline.findings.detectors.loudness import raised_voices
from pipeline.findings.detectors.measurement import measurement
from pipeline.findings.detectors.repetition import repetitions
from pipeline.findings.detectors.speech_rate import speech_rates
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.timeline import Seconds, Span

MAX_RING_DISAGREEMENT_S: Seconds = 1.0
DURATION_SLACK_S, DURATION_SLACK = 0.5, 0.01  # codecs pad; the record has whole seconds


def measured(hearing: Hearing, phrases: Sequence[Finding] = ()) -> Iterator[Finding]:
    """Everything measured in one call.

    Parameters
    ----------
    phrases : sequence of Finding
        What the phrase lists found in it; those of the list ``hold_wording`` tell a hold from dead air.
    """
    yield from _ringing(hearing)
    yield from _contradictions(hearing)
    yield from gaps(hearing, phrases)
    yield from interruptions(hearing)
    yield from speech_rates(hearing)
    yield from raised_voices(hearing)
    yield from repetitions(hearing)
    yield from hangups(hearing)


def _head(hearing: Hearing) -> Span:
    """Where it rings."""
    bursts = hearing.ringback.bursts
    return Span(bursts[0].start, bursts[-1].end) if bursts else Span(0.0, 0.0)


def _ringing(hearing: Hearing) -> Iterator[Finding]:
    if rings := hearing.ringback.rings:
        yield measurement(hearing, "ringing", "rings", _head(hearing), float(rings))


def _contradictions(hearing: Hearing) -> Iterator[Finding]:
    """Where record and recording disagree."""
    apart = hearing.speed_of_answer.disagreement
    # Outbound, the record tells when the customer answered: nothing that the agent's first word could contradict.
    inbound = hearing.call.direction is Direction.INBOUND
    if inbound and apart is not None and apart > MAX_RING_DISAGREEMENT_S:
        yield measurement(hearing, "data_quality", "ring_disagreement", _head(hearing), apart)
    call, length = hearing.call, hearing.recording.duration
    began = call.answered_at if not hearing.ringback.bursts else call.ring_at
    if began and call.ended_at:
        apart = abs((call.ended_at - began).total_seconds() - length)
        # The record counts whole seconds at both ends.
        if apart > 1.0 + DURATION_SLACK_S + DURATION_SLACK * length:
            yield measurement(hearing, "data_quality", "duration_disagreement", Span(0.0, length), apart)
