"""The legs of a call, and the parts that its agents had in it, one after the other.

A leg is one stretch at one telephone, as a row of its own tells it. A part is what one agent has of a call that was
handed on: who begins the call opens it, who is there at its end closes it, and nobody answers for another's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from pipeline.timeline import Seconds, Span

SLACK_S: Seconds = 2.0
"""By which a clock time may be off in the recording: records count whole seconds at both ends, and codecs pad."""
AT_ONCE = timedelta(seconds=1)
"""By which one agent's leg may begin before the other's has ended, in records of whole seconds."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch of a call at one telephone, as a row of its own tells it; instants are in UTC."""

    agent_id: str | None
    answered: bool | None
    ring_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    recording_name: str | None
    source: str

    @property
    def began_at(self) -> datetime | None:
        """When its agent may first have spoken: at the answer, else from the first ring on."""
        return self.answered_at or self.ring_at


@dataclass(frozen=True, slots=True)
class Part:
    """What one agent has of a call, from the first answer to the last end.

    `number` counts the parts of a call from 1, `of` is how many there are.
    """

    number: int
    of: int
    legs: tuple[Leg, ...]
    start: datetime
    end: datetime

    @property
    def opens(self) -> bool:
        """Whether the call begins with it."""
        return self.number == 1

    @property
    def closes(self) -> bool:
        """Whether the call ends with it."""
        return self.number == self.of


def parts_of(legs: Sequence[Leg]) -> tuple[Part, ...]:
    """The parts of a call that two agents or more had one after the other, in order; none for any other call.

    Legs that nobody answered, or that name no agent, are nobody's part. Nothing is parted where somebody has to
    decide who spoke: two agents on the line at once (a conference, a consultation), or a leg without its times.

    Examples
    --------
    >>> from datetime import UTC
    >>> def leg(agent, begins, ends):
    ...     at = datetime(2025, 3, 3, 9, tzinfo=UTC)
    ...     return Leg(agent, True, None, at.replace(minute=begins), at.replace(minute=ends), None, "")
    >>> [part.legs[0].agent_id for part in parts_of([leg("1002", 2, 5), leg("1001", 0, 2), leg("1001", 5, 9)])]
    ['1001', '1002', '1001']
    >>> parts_of([leg("1001", 0, 9), leg("1002", 2, 5)]), parts_of([leg("1001", 0, 9)])
    ((), ())
    """
    own = [leg for leg in legs if leg.answered and leg.agent_id]
    timed = [(leg.began_at, leg.ended_at, leg) for leg in own]
    known = sorted(((a, b, leg) for a, b, leg in timed if a and b), key=lambda each: each[:2])
    if len(known) < len(own) or any(later[0] < before[1] - AT_ONCE for before, later in pairwise(known)):
        return ()
    runs = [list(run) for _, run in groupby(known, key=lambda each: (each[2].agent_id or "").casefold())]
    if len(runs) < 2:
        return ()
    return tuple(
        Part(n, len(runs), tuple(leg for *_, leg in run), run[0][0], run[-1][1]) for n, run in enumerate(runs, 1)
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """A part in its recording, in seconds.

    Parameters
    ----------
    span : Span
        The parts of a call share its recording out: the first begins with it, the last ends with it.
    doubts : tuple of Span
        Around the hand-overs: what is said there at the agents' end may be either one's.
    """

    span: Span
    doubts: tuple[Span, ...]


def placed(number: int, legs: Sequence[Leg], duration: Seconds) -> Placed | None:
    """A part in the one recording of all parts; None where times of the legs and length of the recording disagree.

    Parameters
    ----------
    number : int
        The part's, from 1.
    legs : sequence of Leg
        All that tell of what is in the recording.
    duration : float
        Of the recording, in seconds.

    Note
    ----
    A recording begins with a ring or with the answer of the first agent, and ends with the last leg. Its length
    says with which; where it fits neither within `SLACK_S`, nobody knows where a part begins.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2025, 3, 3, 9, tzinfo=UTC)
    >>> first = Leg("1001", True, at, at.replace(second=8), at.replace(minute=2), None, "")
    >>> over = at.replace(minute=2)
    >>> second = Leg("1002", True, over, over.replace(second=5), at.replace(minute=4), None, "")
    >>> placed(2, [first, second], 240.4)
    Placed(span=Span(start=120.0, end=240.4), doubts=(Span(start=118.0, end=127.0),))
    >>> placed(1, [first, second], 232.0)
    Placed(span=Span(start=0.0, end=112.0), doubts=(Span(start=110.0, end=119.0),))
    >>> placed(1, [first, second], 200.0) is None
    True
    """
    parts = parts_of(legs)
    if not 1 <= number <= len(parts):
        return None
    end = parts[-1].end
    begins = {at for leg in legs for at in (leg.ring_at, leg.answered_at) if at and at <= parts[0].start}
    zero = min(begins, key=lambda at: abs((end - at).total_seconds() - duration))
    if abs((end - zero).total_seconds() - duration) > SLACK_S:
        return None
    last = [(part.end - zero).total_seconds() for part in parts]
    first = [(part.start - zero).total_seconds() for part in parts]
    borders = [0.0, *last[:-1], duration]
    doubts = [Span(max(0.0, a - SLACK_S), max(a, b) + SLACK_S) for a, b in zip(last[:-1], first[1:], strict=True)]
    around = doubts[max(0, number - 2) : number]
    return Placed(Span(borders[number - 1], max(borders[number - 1 : number + 1])), tuple(around))
