"""Time inside one recording: half-open spans in seconds.

Knows nothing of clocks or calendars; instants of the day belong to `call`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Seconds: TypeAlias = float


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch ``[start, end)`` of a recording, in seconds from its start.

    Raises
    ------
    ValueError
        If `end` lies before `start`.

    Examples
    --------
    >>> Span(1.0, 3.0).overlap(Span(2.5, 9.0))
    0.5
    """

    start: Seconds
    end: Seconds

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span ends before it starts: [{self.start}, {self.end})")

    @property
    def duration(self) -> Seconds:
        """The length in seconds.

        Examples
        --------
        >>> Span(1.5, 4.0).duration
        2.5
        """
        return self.end - self.start

    @property
    def middle(self) -> Seconds:
        """The instant halfway, in seconds.

        Examples
        --------
        >>> Span(1.0, 4.0).middle
        2.5
        """
        return (self.start + self.end) / 2

    def overlap(self, other: Span) -> Seconds:
        """The seconds that both have in common; 0.0 when they only touch.

        Examples
        --------
        >>> Span(1.0, 3.0).overlap(Span(2.0, 9.0)), Span(1.0, 2.0).overlap(Span(2.0, 9.0))
        (1.0, 0.0)
        """
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def gap(self, other: Span) -> Seconds:
        """The silence between the two, in seconds; 0.0 when they overlap.

        Examples
        --------
        >>> Span(1.0, 2.0).gap(Span(4.5, 9.0)), Span(1.0, 3.0).gap(Span(2.0, 9.0))
        (2.5, 0.0)
        """
        return max(0.0, max(self.start, other.start) - min(self.end, other.end))

    def shift(self, offset: Seconds) -> Span:
        """The same stretch, `offset` seconds later.

        Examples
        --------
        >>> Span(1.0, 2.0).shift(-0.5)
        Span(start=0.5, end=1.5)
        """
        return Span(self.start + offset, self.end + offset)

    def __contains__(self, instant: Seconds) -> bool:
        return self.start <= instant < self.end


def union(spans: Iterable[Span], max_gap: Seconds = 0.0) -> tuple[Span, ...]:
    """The spans merged where they overlap or lie at most `max_gap` seconds apart, in order.

    Examples
    --------
    >>> union([Span(4, 5), Span(0, 2), Span(1, 3)])
    (Span(start=0, end=3), Span(start=4, end=5))
    """
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start - merged[-1].end <= max_gap:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def clipped(spans: Iterable[Span], part: Span) -> tuple[Span, ...]:
    """The spans as far as they lie in a part, in the order given.

    Examples
    --------
    >>> clipped([Span(0, 2), Span(3, 9), Span(9, 10)], Span(1, 5))
    (Span(start=1, end=2), Span(start=3, end=5))
    """
    return tuple(
        Span(max(span.start, part.start), min(span.end, part.end)) for span in spans if span.overlap(part) > 0
    )


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """The parts of `spans` outside `holes`, in order.

    Examples
    --------
    >>> subtract([Span(0, 10)], [Span(2, 3), Span(9, 12)])
    (Span(start=0, end=2), Span(start=3, end=9))
    """
    left = list(union(spans))
    for hole in union(holes):
        left = [
            piece
            for span in left
            for piece in (
                (span,)
                if span.overlap(hole) == 0
                else tuple(Span(a, b) for a, b in ((span.start, hole.start), (hole.end, span.end)) if b > a)
            )
        ]
    return tuple(left)


def place(instant: Seconds) -> str:
    """An instant of a recording as a person writes it, ``mm:ss``.

    Examples
    --------
    >>> place(75.9)
    '01:15'
    """
    return f"{int(instant) // 60:02d}:{int(instant) % 60:02d}"
