"""The tail of a recording: whose line went dead first, by the busy tone of the exchange on it, or by silence.

Knows one party a channel alone: in a mix nobody can say on whose line a tone sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.hearing.hearing import Unheard
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

BURST_S: tuple[Seconds, Seconds] = (0.25, 0.85)
"""Of busy (0.35 s on and off in China, 0.5 elsewhere) and of congestion (0.7): ringing lasts longer, keys less."""
LEAST_BURSTS = 3
EVEN = 0.25  # by which bursts and gaps may differ from the usual one
TO_THE_END_S: Seconds = 2.0  # after the last burst
GONE_S: tuple[Seconds, Seconds] = (1.5, 20.0)
"""How long a line that was hung up may be dead before the recording ends; longer, it was rather not recorded."""
STILL_SPEAKING_S: Seconds = 0.5
"""So much, at least, the other party must have said by then: a line that is merely there tells little."""


def hung_up(signals: Sequence[Sequence[Span]], agent: int, talk_end: Seconds, length: Seconds) -> Role | None:
    """Whose channel ends in a busy tone, while the other one's does not; None where that does not tell.

    Parameters
    ----------
    signals : sequence of sequence of Span
        Of each channel (`pipeline.audio.signals.find_signals`), in order.
    agent : int
        The agent's channel.
    talk_end : float
        Where the last word ends, in seconds: what sounds before it ended nothing.
    length : float
        Of the recording, in seconds.

    Examples
    --------
    >>> busy = [Span(60 + 0.7 * n, 60.35 + 0.7 * n) for n in range(5)]
    >>> hung_up([[], busy], 0, 58.0, 63.5), hung_up([busy, busy], 0, 58.0, 63.5), hung_up([busy], 0, 58.0, 63.5)
    (<Role.CUSTOMER: 'customer'>, None, None)
    """
    if len(signals) != 2:
        return None
    dead = [ends_busy([span for span in spans if span.start >= talk_end], length) for spans in signals]
    if dead[0] == dead[1]:
        return None
    return Role.AGENT if dead[agent] else Role.CUSTOMER


def fell_silent(
    gone: Sequence[Seconds | None], agent: int, turns: Sequence[Turn], length: Seconds
) -> Unheard | None:
    """The party whose line went dead while the other one still spoke, and from when; None where that does not tell.

    Parameters
    ----------
    gone : sequence of float or None
        Of each channel from when it has no line behind it (`pipeline.audio.channels.dead_from`), in order.
    agent : int
        The agent's channel.
    turns : sequence of Turn
        Of the call: one of the dead party after that second contradicts it.
    length : float
        Of the recording, in seconds.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：好的再见", "坐席：感谢您的来电祝您生活愉快"])
    >>> at = call.turns[1].span.start
    >>> fell_silent([None, at], 0, call.turns, at + 4.0) == Unheard(Role.CUSTOMER, Span(at, at + 4.0))
    True
    >>> fell_silent([at, at], 0, call.turns, at + 4.0) is None
    True
    """
    dead = [n for n, start in enumerate(gone) if start is not None]
    if len(gone) != 2 or len(dead) != 1:
        return None
    start, role = gone[dead[0]] or 0.0, Role.AGENT if dead[0] == agent else Role.CUSTOMER
    after = Span(start, max(start, length))
    said = {role: 0.0, role.other: 0.0}
    for turn in turns:
        if turn.role in said:
            said[turn.role] += sum(word.span.overlap(after) for word in turn.words if word.spoken)
    if not GONE_S[0] <= after.duration <= GONE_S[1] or said[role] or said[role.other] < STILL_SPEAKING_S:
        return None
    return Unheard(role, after)


def ends_busy(bursts: Sequence[Span], length: Seconds) -> bool:
    """Whether tones are a busy or congestion tone that lasts to the end of a recording.

    Examples
    --------
    >>> ends_busy([Span(1.0 * n, 1.0 * n + 0.5) for n in range(4)], 4.0)
    True
    >>> ends_busy([Span(5.0 * n, 5.0 * n + 1.0) for n in range(4)], 17.0)  # it rings
    False
    """
    whole = bursts[:-1] if bursts and bursts[-1].end > length - 0.1 else bursts  # the end cuts the last one short
    if len(whole) < LEAST_BURSTS or length - bursts[-1].end > TO_THE_END_S:
        return False
    on = [span.duration for span in whole]
    gaps = [later.start - earlier.end for earlier, later in pairwise(whole)]
    return all(BURST_S[0] <= each <= BURST_S[1] for each in (*on, *gaps)) and _even(on) and _even(gaps)


def _even(seconds: Sequence[Seconds]) -> bool:
    usual = sorted(seconds)[len(seconds) // 2]
    return all(abs(each - usual) <= EVEN * usual for each in seconds)
