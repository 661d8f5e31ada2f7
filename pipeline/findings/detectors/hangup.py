"""Hangups: who ended the call, and whether on somebody still talking. Detector ``hangup``; value in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED
from pipeline.findings.thresholds import Hangup as Limits
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.timeline import Span

BY_TONE = 0.8
"""How far a busy tone on one party's line is believed to say who hung up."""
BY_SILENCE = 0.7
"""How far a line that dies while the other party still speaks is: a line that broke down looks the same."""
HANGS_UP = {"agent": Role.AGENT, "customer": Role.CUSTOMER}


def hangups(
    hearing: Hearing, _phrases: Sequence[Finding] = (), limits: Limits = AS_SHIPPED.hangup
) -> Iterator[Measurement]:
    """The end of the call: by whom, as the record has it, and whether the customer was still talking.

    Terms ``first``, whoever it was, and ``abrupt``, where it was the agent, the customer had the last word and
    less than `limits.abrupt_s` passed to the end of the recording: nobody could finish. Role: who hung up. Value:
    seconds from the last word to the end of the recording. Where the record does not tell, the busy tone on one
    party's channel does, less surely, and of ``first`` alone; less surely still a line that goes dead while the
    other party speaks on (value: for how long). Where none does, or another agent was there at the end, nothing is
    found.

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
    if not hearing.call.closes:
        return
    by_record = HANGS_UP.get(hearing.call.hangup_by or "")
    silent = hearing.fell_silent if not (hearing.call.hangup_by or hearing.hung_up) else None
    by_sound = silent.role if silent else hearing.hung_up if not hearing.call.hangup_by else None
    role = by_record or by_sound
    turns = [turn for turn in hearing.turns if turn.role.is_party]
    if role is None or not turns:
        return
    last = max(turns, key=lambda turn: turn.span.end)
    end = max(hearing.recording.duration, last.span.end)
    span = silent.span if silent else Span(last.span.end, end)
    # The record knows who hung up: only whose voice the last word was may be wrong.
    heard = (BY_SILENCE if silent else BY_TONE) * hearing.quality.role_confidence
    sure = {"first": 1.0 if by_record else heard, "abrupt": last.confidence}
    terms = ["first"]
    if by_record is Role.AGENT and last.role is Role.CUSTOMER and span.duration < limits.abrupt_s:
        terms.append("abrupt")
    for term in terms:
        yield Measurement(term, span, span.duration, role, last, last.text, sure[term])


HANGUP = Detector(
    name="hangup",
    title="挂机",
    unit="秒",
    terms={"first": "先挂机", "abrupt": "突然挂机"},
    detect=hangups,
    version=VERSION,
    tuned=lambda thresholds: partial(hangups, limits=thresholds.hangup),
)
