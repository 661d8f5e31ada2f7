"""The year of an agent as a picture: where its points, lines and words stand, in units of the picture.

Knows geometry; what is drawn there is the template's knowledge. Words on the page say the same again in a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.periods import next_period

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 700, 16, 190
"""The ends of the axes within the picture."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One month with a score: its place, and the ends of its interval."""

    month: AgentMonth
    x: float
    y: float
    high: float
    low: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The picture.

    Parameters
    ----------
    marks : tuple of Mark
        The months with a score, in order.
    lines : tuple of str
        Points of a line each: only months that follow each other are joined.
    scale : tuple of pairs
        The scores at the axis, each with its height.
    names : tuple of pairs
        The months at the axis, each with its place.
    """

    marks: tuple[Mark, ...]
    lines: tuple[str, ...]
    scale: tuple[tuple[int, float], ...]
    names: tuple[tuple[str, float], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM


def trend_of(months: Sequence[AgentMonth]) -> Trend | None:
    """The picture of months in order; None where fewer than two have a score."""
    known = [month for month in months if month.score is not None]
    if len(known) < 2:
        return None
    calendar = [known[0].month]
    while calendar[-1] < known[-1].month:
        calendar.append(next_period(calendar[-1]))
    least = min(month.score if month.low is None else month.low for month in known if month.score is not None)
    bottom = max(0, int(least // 10) * 10 - 10)
    step = (RIGHT - LEFT) / len(calendar)
    places = {name: LEFT + step * (n + 0.5) for n, name in enumerate(calendar)}

    def height(score: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (max(bottom, min(100.0, score)) - bottom) / (100 - bottom), 1)

    marks = []
    for month in known:
        score = month.score or 0.0
        ends = (score if month.high is None else month.high, score if month.low is None else month.low)
        marks.append(Mark(month, round(places[month.month], 1), height(score), *map(height, ends)))
    runs: list[list[Mark]] = []
    for mark in marks:
        if runs and next_period(runs[-1][-1].month.month) == mark.month.month:
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return Trend(
        marks=tuple(marks),
        lines=tuple(" ".join(f"{mark.x},{mark.y}" for mark in run) for run in runs if len(run) > 1),
        scale=tuple((score, height(score)) for score in range(bottom, 101, 10 if bottom >= 50 else 20)),
        names=tuple((name[2:], round(place, 1)) for name, place in places.items()),
    )
