"""Figures with their intervals as a picture, a row each (forest plot): where points, lines and words stand.

Knows geometry; what is drawn there is the template's knowledge. A table beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from pipeline.tally import shown

WIDTH, LEFT, RIGHT, TOP, ROW = 720, 230, 700, 12, 28
MOST_LETTERS = 15
"""Letters of a name that fit beside the picture; the table has the whole of it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure to be drawn: its name, itself, the ends of its interval, and whether it stands out."""

    name: str
    value: float
    low: float
    high: float
    found: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure at its place."""

    figure: Figure
    name: str
    y: float
    x: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forest:
    """The picture.

    Parameters
    ----------
    ticks : tuple of pairs
        The figures at the axis, as words, each with its place.
    zero : float | None
        The place of naught, where it is not an end of the axis.
    """

    rows: tuple[Drawn, ...]
    ticks: tuple[tuple[str, float], ...]
    zero: float | None
    height: float
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP

    @property
    def bottom(self) -> float:
        """The height of the axis."""
        return self.height - 24


def forest_of(figures: Sequence[Figure], unit: str = "") -> Forest | None:
    """The picture of figures in their order; None where there are none. The axis holds naught and every interval.

    Examples
    --------
    >>> drawn = forest_of([Figure("礼貌", 40.0, 12.0, 77.0), Figure("问候", 10.0, 2.0, 30.0)], "%")
    >>> [tick for tick, _ in drawn.ticks], [(row.y, row.x) for row in drawn.rows]
    (['0%', '20%', '40%', '60%', '80%'], [(26.0, 465.0), (54.0, 288.8)])
    """
    if not figures:
        return None
    least = min(0.0, *(each.low for each in figures))
    most = max(0.0, *(each.high for each in figures))
    step = _step(most - least)
    first, last = floor(least / step), max(ceil(most / step), floor(least / step) + 1)
    start, end = first * step, last * step

    def place(value: float) -> float:
        return round(LEFT + (RIGHT - LEFT) * (min(max(value, start), end) - start) / (end - start), 1)

    def rows() -> Iterator[Drawn]:
        for number, each in enumerate(figures):
            name = each.name if len(each.name) <= MOST_LETTERS else f"{each.name[: MOST_LETTERS - 1]}…"
            places = (place(value) for value in (each.value, each.low, each.high))
            yield Drawn(each, name, TOP + ROW * (number + 0.5), *places)

    return Forest(
        rows=tuple(rows()),
        ticks=tuple((f"{shown(n * step)}{unit}", place(n * step)) for n in range(first, last + 1)),
        zero=place(0.0) if first < 0 < last else None,
        height=TOP + ROW * len(figures) + 30,
    )


def _step(width: float) -> float:
    """A round step of which at most six cover the width.

    Examples
    --------
    >>> _step(77.0), _step(1.3), _step(0.0)
    (20.0, 0.5, 1.0)
    """
    if width <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(width / 5))
    return float(next(unit * times for times in (1, 2, 5, 10) if width / (unit * times) <= 5))
