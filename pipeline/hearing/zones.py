"""The opening and the closing of a call: how far each reaches, for whatever is looked for there.

The three reaches differ because their purposes do. A required phrase is late for half a minute before it counts as
missing; a second hearing is paid for by the second and looks where greeting and goodbye mostly are; and wording
overrules a voice only where the diarizer errs most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span

End: TypeAlias = Literal["opening", "closing"]
"""Either end of a call."""
Zone: TypeAlias = Literal["opening", "closing", "anywhere", "after"]
"""A part of a call as policy files name it; ``after`` an event is anywhere, as far as the clock goes."""

ENDS: tuple[End, ...] = ("opening", "closing")


@dataclass(frozen=True, slots=True)
class Reach:
    """Seconds after a first word that are opening, and before a last word that are closing."""

    opening: Seconds
    closing: Seconds


PHRASES = Reach(30.0, 30.0)
"""Of one role: where a phrase counts as said in the opening or closing."""
SECOND_LOOK = Reach(15.0, 15.0)
"""Of the agent: what is heard a second time where its words are in doubt."""
VOICES = Reach(8.0, 12.0)
"""Of the whole call: where wording overrules the voice; 还有其他需要吗 comes some turns before 再见."""

OPENING_TURNS, CLOSING_TURNS = 3, 4
"""The first and the last turns of one role, in which a phrase counts as said in the opening or closing."""


def in_zone(zone: Zone, turns: Sequence[Turn], order: int, instant: Seconds) -> bool:
    """Whether a phrase said at an instant, in the turn at position `order`, lies in a part of the call.

    Parameters
    ----------
    turns : sequence of Turn
        All turns of one role, in order.
    instant : float
        Seconds of the recording.

    Note
    ----
    An opening is over after its turns or its seconds, whichever comes first; a closing begins with whichever comes
    first. The first turn is no part of the closing, unless it is the only one.

    Examples
    --------
    >>> turns = [Turn(n, Role.AGENT, Span(10.0 * n, 10.0 * n + 5), "好", (), 1.0) for n in range(9)]
    >>> [in_zone("opening", turns, n, 10.0 * n) for n in (0, 2, 3)]
    [True, True, False]
    >>> [in_zone("closing", turns, n, 10.0 * n) for n in (4, 5, 8)]
    [False, True, True]
    """
    if zone == "opening":
        return order < OPENING_TURNS and instant - turns[0].span.start <= PHRASES.opening
    if zone == "closing":
        late = len(turns) - order <= CLOSING_TURNS or turns[-1].span.end - instant <= PHRASES.closing
        return late and (order > 0 or len(turns) == 1)
    return True


def touches(zone: End, turns: Sequence[Turn], span: Span) -> bool:
    """Whether something said in a stretch between the turns of one role would lie in the opening or closing.

    Parameters
    ----------
    turns : sequence of Turn
        All turns of that role, in order; there must be one.
    span : Span
        May lie beyond the end of the recording, which is closing.

    Examples
    --------
    >>> turns = [Turn(n, Role.AGENT, Span(20.0 * n, 20.0 * n + 5), "好", (), 1.0) for n in range(9)]
    >>> [touches("opening", turns, Span(at, at + 2.0)) for at in (6.0, 50.0)]
    [True, False]
    >>> [touches("closing", turns, Span(at, at + 2.0)) for at in (90.0, 110.0, 300.0)]
    [False, True, True]
    """
    if zone == "opening":
        before = sum(turn.span.start < span.start for turn in turns)
        return before <= OPENING_TURNS and span.start - turns[0].span.start <= PHRASES.opening
    after = sum(turn.span.end > span.end for turn in turns)
    late = after < CLOSING_TURNS or turns[-1].span.end - span.end <= PHRASES.closing
    return late and (span.start > turns[0].span.start or len(turns) == 1)


def span_of_end(end: End, turns: Sequence[Turn]) -> Span | None:
    """The stretch of the agent's opening or closing that a second look covers; None when the agent says nothing.

    The first turn is no part of the closing, unless it is the only one.

    Examples
    --------
    >>> turns = [Turn(n, Role.AGENT, Span(20.0 * n, 20.0 * n + 5), "好", (), 1.0) for n in range(3)]
    >>> span_of_end("opening", turns), span_of_end("closing", turns)
    (Span(start=0.0, end=15.0), Span(start=30.0, end=45.0))
    """
    spoken = [turn for turn in turns if turn.role is Role.AGENT]
    if not spoken:
        return None
    first, last = spoken[0].span, spoken[-1].span
    if end == "opening":
        return Span(first.start, min(first.start + SECOND_LOOK.opening, last.end))
    after = spoken[1].span.start if len(spoken) > 1 else first.start
    return Span(max(last.end - SECOND_LOOK.closing, after), last.end)
