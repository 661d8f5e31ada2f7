"""Hangups: who ended the call, and whether on somebody still talking. Detector ``hangup``; value in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.timeline import Seconds, Span

ABRUPT_S: Seconds = 1.0
"""An agent who hangs up sooner after the customer's last sound lets nobody finish."""
HANGS_UP = {"agent": Role.AGENT, "customer": Role.CUSTOMER}


def hangups(hearing: Hearing, _phrases: Sequence[Finding] = ()) -> Iterator[Measurement]:
    """The end of the call: by whom, as the record has it, and whether the customer was still talking.

    Terms ``first``, whoever it was, and ``abrupt``, where it was the agent, the customer had the last word and
    less than `ABRUPT_S` passed to the end of the recording. Role: who hung up. Value: seconds from the last word
    to the end of the recording. Records that do not tell yield nothing.

    Note
    ----
    That no goodbye was said is a phrase missing, which a rule tells. Recorders that go on after the end, with a
    busy tone or silence, hide an abrupt end; none is made up.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["坐席：就这样", "客户：等一下我还没说完"])
    >>> rude = replace(call, call=replace(call.call, hangup_by="agent"))
    >>> [(one.term, one.value) for one in hangups(rude)]
    [('first', 0.5), ('abrupt', 0.5)]
    """
    role = HANGS_UP.get(hearing.call.hangup_by or "")
    turns = [turn for turn in hearing.turns if turn.role.is_party]
    if role is None or not turns:
        return
    last = max(turns, key=lambda turn: turn.span.end)
    end = max(hearing.recording.duration, last.span.end)
    span = Span(last.span.end, end)
    # The record knows who hung up: only whose voice the last word was may be wrong.
    sure = {"first": 1.0, "abrupt": last.confidence}
    terms = ["first"]
    if role is Role.AGENT and last.role is Role.CUSTOMER and span.duration < ABRUPT_S:
        terms.append("abrupt")
    for term in terms:
        yield Measurement(term, span, span.duration, role, last, last.text, sure[term])


HANGUP = Detector("hangup", "挂机", "秒", {"first": "先挂机", "abrupt": "突然挂机"}, hangups, VERSION)
