"""How often it rang before somebody answered. Detector ``ringing``; value in rings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.timeline import Span


def rings(hearing: Hearing, _phrases: Sequence[Finding] = ()) -> Iterator[Measurement]:
    """The rings at the head of the recording, if any is there. Term ``rings``, span from the first to the last.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.audio.ringing import Ringback
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = replace(hearing_of("坐席：您好"), ringback=Ringback((Span(0.5, 1.5), Span(5.5, 6.5))))
    >>> [(one.term, one.value, one.span) for one in rings(call)]
    [('rings', 2.0, Span(start=0.5, end=6.5))]
    """
    if number := hearing.ringback.rings:
        yield Measurement("rings", head(hearing), float(number))


def head(hearing: Hearing) -> Span:
    """The stretch in which it rings; empty at 0 where it does not.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> head(hearing_of("坐席：您好"))
    Span(start=0.0, end=0.0)
    """
    bursts = hearing.ringback.bursts
    return Span(bursts[0].start, bursts[-1].end) if bursts else Span(0.0, 0.0)


RINGING = Detector("ringing", "振铃", "声", {"rings": "铃声"}, rings, VERSION)
