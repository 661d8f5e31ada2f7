"""What a recording lost, by the record of its call or where a line went dead: nothing counts as not said there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from pipeline.audio.audio import Audio
from pipeline.audio.channels import dead_stretches
from pipeline.audio.clearing import channel_title
from pipeline.audio.ringing import Ringback
from pipeline.call import Call, Recording
from pipeline.hearing.hearing import Unheard
from pipeline.hearing.turns import Role
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Seconds, Span, place

SLACK_S: Seconds = 1.5
"""The record counts whole seconds at both ends, and codecs pad."""
SLACK = 0.01  # of the length


def lost(call: Call, recording: Recording, ringback: Ringback) -> tuple[tuple[Unheard, ...], tuple[Notice, ...]]:
    """The stretches of a call that its recording does not hold, and a notice of how far it differs from the record.

    The talk, from answer to end, must fit into what was recorded behind the ringing. Where it does not, the end is
    missing; without ringing at its head, so may be the start, and nobody knows which.

    Returns
    -------
    tuple of Unheard, tuple of Notice
        Seconds from the start of the recording; what was lost before it has negative ones.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from datetime import UTC, datetime, timedelta
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> hearing = hearing_of(["坐席：您好", "客户：喂"])
    >>> answered = datetime(2025, 3, 3, 9, 12, 14, tzinfo=UTC)
    >>> call = replace(hearing.call, answered_at=answered, ended_at=answered + timedelta(seconds=42))
    >>> unheard, (notice,) = lost(call, replace(hearing.recording, duration=20.0), Ringback(()))
    >>> [(each.role.value, each.span.start, each.span.end) for each in unheard]
    [('unknown', 20.0, 42.0), ('unknown', -22.0, 0.0)]
    >>> notice.problem
    '录音比话单短 22 秒，缺的部分按未听到处理'
    """
    if call.ended_at is None or call.answered_at is None:
        return (), ()
    length = recording.duration
    head = ringback.bursts[-1].end if ringback.bursts else 0.0
    missing = (call.ended_at - call.answered_at).total_seconds() - (length - head)
    slack = SLACK_S + SLACK * length
    if missing > slack:
        unheard = [Unheard(Role.UNKNOWN, Span(length, length + missing))]
        if not ringback.bursts:
            unheard.append(Unheard(Role.UNKNOWN, Span(-missing, 0.0)))
        problem = f"录音比话单短 {missing:.0f} 秒，缺的部分按未听到处理"
        return tuple(unheard), (Notice(NoticeKind.DURATION_APART, _name(recording), problem),)
    began = call.ring_at if call.ring_at else call.answered_at
    longer = length - (call.ended_at - began).total_seconds()
    if longer > slack:
        problem = f"录音比话单长 {longer:.0f} 秒，可能含有别的通话或话后录音，请核对"
        return (), (Notice(NoticeKind.DURATION_APART, _name(recording), problem),)
    return (), ()


def dead_lines(audio: Audio, parties: Sequence[Role]) -> tuple[tuple[Unheard, ...], tuple[Notice, ...]]:
    """The stretches in which the channel of a party has no line behind it, and a notice of each such channel.

    Parameters
    ----------
    audio : ndarray of float32, shape (2, n_samples)
        A party a channel, both of them heard somewhere.
    parties : sequence of Role
        Whose each channel is.

    Examples
    --------
    >>> import numpy as np
    >>> line = 1e-3 * np.random.default_rng(1).standard_normal((2, 480_000)).astype(np.float32)
    >>> line[1, 192_000:] = 0
    >>> unheard, (notice,) = dead_lines(line, (Role.AGENT, Role.CUSTOMER))
    >>> unheard
    (Unheard(role=<Role.CUSTOMER: 'customer'>, span=Span(start=12.0, end=30.0)),)
    >>> str(notice)
    '一个声道中途断了（第 2 声道）：00:12 起 18 秒没有客户一方的线路声，可能没有录到，请人工核对'
    """
    unheard, notices = [], []
    for n, (samples, party) in enumerate(zip(audio, parties, strict=True)):
        if dead := dead_stretches(samples):
            unheard += [Unheard(party, span) for span in dead]
            seconds = sum(span.duration for span in dead)
            problem = (
                f"{place(dead[0].start)} 起 {seconds:.0f} 秒没有{party.title}一方的线路声，可能没有录到，请人工核对"
            )
            notices.append(Notice(NoticeKind.CHANNEL_DEAD, channel_title(audio, n), problem))
    return tuple(unheard), tuple(notices)


def _name(recording: Recording) -> str:
    return PurePosixPath(recording.uri).name
