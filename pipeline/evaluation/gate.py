"""Whether a call can be scored at all by a standard: long enough, both sides heard, and heard well enough."""

from __future__ import annotations

from pipeline.hearing import Hearing
from pipeline.scorecard import QualityGate
from pipeline.timeline import Seconds, Span

TOO_SHORT, ONE_SIDE, POOR = "too_short", "one_side", "poor_transcript"


def refusal(hearing: Hearing, gate: QualityGate) -> tuple[str, str]:
    """Reason and sentence, in Chinese, why a call is unscorable; two empty strings when it is not.

    Parameters
    ----------
    hearing : Hearing
        The turns are not looked at, so a hearing without them will do.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["坐席：您好请讲", "客户：喂"])
    >>> refusal(call, QualityGate())
    ('', '')
    >>> refusal(call, QualityGate(customer_speech_seconds=2))
    ('one_side', '客户话音只有 0.2 秒，不足标准规定的 2 秒，只有一方说话')
    """
    quality, least = hearing.quality, gate.customer_speech_seconds
    talked = talk_seconds(hearing)
    if talked < gate.call_seconds:
        return TOO_SHORT, f"通话只有 {talked:.0f} 秒，不足标准规定的 {gate.call_seconds:g} 秒"
    if quality.agent_seconds < gate.agent_speech_seconds:
        told = f"坐席话音只有 {quality.agent_seconds:.1f} 秒，不足 {gate.agent_speech_seconds:g} 秒"
        return (ONE_SIDE, f"{told}，只有一方说话") if least else (POOR, told)
    if quality.customer_seconds is not None and quality.customer_seconds < least:
        told = f"客户话音只有 {quality.customer_seconds:.1f} 秒，不足标准规定的 {least:g} 秒"
        return ONE_SIDE, f"{told}，只有一方说话"
    if quality.coverage < gate.coverage:
        return POOR, f"有人说话的时间只转写出 {quality.coverage:.0%}，不足 {gate.coverage:.0%}"
    if quality.word_confidence < gate.word_confidence:
        return POOR, f"转写把握度 {quality.word_confidence:.2f}，低于 {gate.word_confidence:g}"
    return "", ""


def talk_seconds(hearing: Hearing) -> Seconds:
    """The length of the talk in seconds: from answer to end by the record, else what is recorded behind ringing.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> round(talk_seconds(hearing_of(["坐席：您好请讲"])), 1) > 0
    True
    """
    call = hearing.call
    if call.answered_at is not None and call.ended_at is not None:
        return (call.ended_at - call.answered_at).total_seconds()
    rings, heard = hearing.ringback.bursts, hearing.part or Span(0.0, hearing.recording.duration)
    return heard.end - (rings[-1].end if rings else heard.start)
