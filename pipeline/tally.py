"""Points awarded out of points possible: the one thing that is added up everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """Points awarded out of points possible. Tallies are added first and divided last.

    Examples
    --------
    >>> (Tally(10, 10) + Tally(45, 90)).share
    0.55
    """

    awarded: float = 0.0
    possible: float = 0.0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.awarded + other.awarded, self.possible + other.possible)

    def __mul__(self, factor: float) -> Tally:
        return Tally(self.awarded * factor, self.possible * factor)

    @property
    def share(self) -> float | None:
        """Awarded by possible, 0..1; None when nothing was possible.

        Examples
        --------
        >>> Tally(3, 4).share, Tally().share
        (0.75, None)
        """
        return self.awarded / self.possible if self.possible else None

    @staticmethod
    def sum(tallies: Iterable[Tally]) -> Tally:
        """The tallies added; `Tally()` for none.

        Examples
        --------
        >>> Tally.sum([Tally(1, 2), Tally(3, 4)])
        Tally(awarded=4.0, possible=6.0)
        """
        return sum(tallies, NOTHING)


NOTHING = Tally()
"""No points, and none possible."""
