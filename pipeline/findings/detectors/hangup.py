"""Who hung up first, and whether on somebody still talking. Detector ``hangup``; value in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings.detectors.measurement import measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds, Span

ABRUPT_S: Seconds = 1.0
"""An agent who hangs up sooner after the customer's last sound lets nobody finish."""
HANGS_UP = {"agent": Role.AGENT, "customer": Role.CUSTOMER}


def hangups(hearing: Hearing) -> Iterator[Finding]:
    """Who hung up first by the call record, and whether the agent did so on a customer still talking.

    Terms ``first``, whoever it was, and ``abrupt``, where it was the agent, the customer had the last word and
    less than `ABRUPT_S` passed to the end of the recording. Role: who hung up. Value: seconds from the last word
    to the end of the recording. Records that do not tell yield nothing.

    Note
    ----
    That no goodbye was said is a phrase missing, which a rule tells. Recorders that go on after the end, with a
    busy tone or silence, hide an abrupt end; none is made up.
    """
    role = HANGS_UP.get(hearing.call.hangup_by or "")
    spoken = [turn for turn in hearing.turns if turn.role is not Role.UNKNOWN]
    if role is None or not spoken:
        return
    last = max(spoken, key=lambda turn: turn.span.end)
    end = max(hearing.recording.duration, last.span.end)
    span = Span(last.span.end, end)
    # The record knows who hung up: only whose voice the last word was may be wrong.
    sure = {"first": 1.0, "abrupt": last.confidence}
    terms = ["first"]
    if role is Role.AGENT and last.role is Role.CUSTOMER and span.duration < ABRUPT_S:
        terms.append("abrupt")
    for term in terms:
        found = measurement(hearing, "hangup", term, span, span.duration, role, last, last.text)
        yield found.with_confidence(sure[term])
