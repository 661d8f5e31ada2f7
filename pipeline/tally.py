"""Points awarded out of points possible: the one thing that is added up everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


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

DECIMALS = 2
"""Of a score, wherever it is compared with a line or another score, and wherever it is shown."""

EXACT = 9
"""Decimals to which sums of binary fractions are those of the decimals that people wrote."""


def rounded(number: float, decimals: int = DECIMALS) -> float:
    """A number rounded as people do it: half away from nothing, on the decimals that they would write.

    Examples
    --------
    >>> rounded(89.995), rounded(100 * 0.89995), rounded(2.675), rounded(-0.125)
    (90.0, 90.0, 2.68, -0.13)
    """
    written = Decimal(f"{number:.{EXACT}f}")
    return float(written.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def shown(number: float) -> str:
    """A number as people write it: `rounded`, and no more decimals than needed.

    Examples
    --------
    >>> shown(20.0), shown(23.04), shown(0.999), shown(89.995), shown(-0.001)
    ('20', '23.04', '1', '90', '0')
    """
    return f"{rounded(number) + 0.0:.{DECIMALS}f}".rstrip("0").rstrip(".")
