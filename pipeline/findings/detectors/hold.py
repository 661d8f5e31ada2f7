"""Holds: waits into which the agent puts the customer (等待). Detector ``hold``; value in seconds.

The same stretches as `silence`, as the agent's doing; the phrases are in the lexicon ``hold_wording``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.detectors.silence import waits
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, Silence
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role


def holds(
    hearing: Hearing, phrases: Sequence[Finding], limits: Silence = AS_SHIPPED.silence
) -> Iterator[Measurement]:
    """Every wait in which the customer was put on hold, with the request.

    Term ``asked`` after a polite request (请您稍等), quiet or music; ``bare`` when the music follows an impolite
    one (稍等) and ``unasked`` when it follows none. Role agent.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing import Acoustics, Stretch
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.timeline import Span
    >>> call = hearing_of(["坐席：我看看", "（6秒）", "客户：喂"])
    >>> voices = tuple(Stretch(turn.role, turn.span, -25.0) for turn in call.turns)
    >>> music = (Span(1.0, 7.0),)
    >>> [(one.term, one.value) for one in holds(replace(call, acoustics=Acoustics(voices, music)), ())]
    [('unasked', 6.5)]
    """
    for wait in waits(hearing, phrases, limits):
        if wait.excused:
            term = wait.request.term if wait.request else "unasked"
            quote = wait.request.quote if wait.request else ""
            yield Measurement(term, wait.span, wait.span.duration, Role.AGENT, quote=quote)


HOLD = Detector(
    name="hold",
    title="等待",
    unit="秒",
    terms={"asked": "礼貌请客户等待", "bare": "生硬地让客户等待", "unasked": "没打招呼就让客户等"},
    detect=holds,
    version=VERSION,
    tuned=lambda thresholds: partial(holds, limits=thresholds.silence),
)
