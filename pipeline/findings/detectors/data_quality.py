"""Disagreements of call record and recording. Detector ``data_quality``; value in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.call import Direction
from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.detectors.ringing import head
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.lost import SLACK, SLACK_S
from pipeline.timeline import Seconds, Span

MAX_RING_DISAGREEMENT_S: Seconds = 1.0


def disagreements(hearing: Hearing, _phrases: Sequence[Finding] = ()) -> Iterator[Measurement]:
    """The seconds by which record and recording differ: of the ring-to-answer time, of the length of the call.

    Terms ``ring_disagreement``, inbound calls only, and ``duration_disagreement``.

    Note
    ----
    Outbound, the record tells when the customer answered: nothing that the agent's first word could contradict.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.audio.speed_of_answer import SpeedOfAnswer
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = replace(hearing_of("坐席：您好"), speed_of_answer=SpeedOfAnswer(8.0, 11.5, 3))
    >>> [(one.term, one.value) for one in disagreements(call)]
    [('ring_disagreement', 3.5)]
    """
    apart = hearing.speed_of_answer.disagreement
    inbound = hearing.call.direction is Direction.INBOUND
    if inbound and apart is not None and apart > MAX_RING_DISAGREEMENT_S:
        yield Measurement("ring_disagreement", head(hearing), apart)
    call, length = hearing.call, hearing.recording.duration
    began = call.answered_at if not hearing.ringback.bursts else call.ring_at
    if began and call.ended_at and not call.shares_recording:
        apart = abs((call.ended_at - began).total_seconds() - length)
        if apart > SLACK_S + SLACK * length:
            yield Measurement("duration_disagreement", Span(0.0, length), apart)


DATA_QUALITY = Detector(
    name="data_quality",
    title="数据质量",
    unit="秒",
    terms={"ring_disagreement": "振铃时长不一致", "duration_disagreement": "通话时长不一致"},
    detect=disagreements,
    version=VERSION,
)
