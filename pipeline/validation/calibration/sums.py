"""Figures over the ratings of a calibration, as they are and over many draws of its calls.

Knows choices as arrays, a criterion each; not what the figures are shown for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.accuracy.bootstrap import LEVEL
from pipeline.validation.accuracy.chance import (
    Counts,
    Metric,
    beyond_chance,
    coincidence_disagreement,
    coincidences,
    pair_chance,
    pair_disagreement,
)
from pipeline.validation.calibration.deal import Rating, Scale

LEAST_CALLS = 10
"""Over fewer calls a figure is not to be relied upon. Even over ten the interval of a kappa is some 0.6 wide.

Simulated: two reviewers who each give the next level in a quarter of the calls, the median width. Over 20 calls it
is 0.36, over 50 calls 0.19.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval.

    Parameters
    ----------
    value : float | None
        None where it is not defined.
    interval : tuple of float | None
        Over the draws in which it is defined; None where the value is.
    num_calls : int
        Calls that have something to compare.
    """

    value: float | None
    interval: tuple[float, float] | None
    num_calls: int

    @property
    def enough(self) -> bool:
        """Whether there are as many calls as a figure takes to be relied upon.

        Examples
        --------
        >>> Figure(0.8, (0.6, 0.9), num_calls=9).enough, Figure(0.8, (0.6, 0.9), num_calls=10).enough
        (False, True)
        """
        return self.num_calls >= LEAST_CALLS


@dataclass(frozen=True, slots=True)
class Grid:
    """One criterion: `chosen` float64 (raters, calls, choices), 1 where it was chosen; the machine comes last."""

    scale: Scale
    chosen: Counts

    @staticmethod
    def of(
        scale: Scale,
        reviewers: Sequence[str],
        calls: Mapping[str, int],
        people: Sequence[Rating],
        machine: Sequence[Rating],
    ) -> Grid:
        """The grid of the choices in these ratings.

        Examples
        --------
        >>> scale = Scale("A", "", ("符合", "不符合"))
        >>> rating = Rating("C1", "A", "wang", "不符合")
        >>> Grid.of(scale, ["wang"], {"C1": 0}, [rating], []).chosen.tolist()
        [[[0.0, 1.0, 0.0]], [[0.0, 0.0, 0.0]]]
        """
        rows = {reviewer: n for n, reviewer in enumerate(reviewers)}
        chosen = np.zeros((len(rows) + 1, len(calls), len(scale.choices) + 1))
        for rating in people:
            if rating.criterion == scale.criterion:
                if rating.rater not in rows:
                    raise ValueError(f"{rating.rater} is no reviewer of this calibration")
                _put(chosen[rows[rating.rater], calls[rating.call_id]], scale, rating)
        for rating in machine:
            if rating.criterion == scale.criterion and rating.call_id in calls:
                _put(chosen[-1, calls[rating.call_id]], scale, rating)
        return Grid(scale, chosen)

    @property
    def levels(self) -> Counts:
        """The choices that lie on the scale."""
        levels: Counts = self.chosen[:, :, :-1]
        return levels

    def majority(self) -> Counts:
        """The choice of more than half of at least two people, float64 (calls, choices); zeros where there is none.

        Examples
        --------
        >>> chosen = np.zeros((4, 1, 3))  # three people and the machine, one call, two levels and not applicable
        >>> chosen[0, 0, 0] = chosen[1, 0, 0] = chosen[2, 0, 1] = 1
        >>> Grid(Scale("A", "", ("符合", "不符合")), chosen).majority().tolist()
        [[1.0, 0.0, 0.0]]
        """
        votes = self.chosen[:-1].sum(axis=0)
        given = votes.sum(axis=1, keepdims=True)
        return np.where((2 * votes > given) & (given >= 2), 1.0, 0.0)


def _put(cell: Counts, scale: Scale, rating: Rating) -> None:
    if cell.any():
        raise ValueError(f"{rating.rater or 'the machine'} chose twice for {rating.criterion} of {rating.call_id}")
    step = scale.step(rating.choice)
    cell[len(scale.choices) if step is None else step] = 1


@dataclass(frozen=True, slots=True)
class _Apart:
    """Two raters on one criterion: in which calls both are, and how far apart, observed and by chance."""

    there: NDArray[np.bool_]
    observed: Counts
    expected: Counts


class Sums:
    """Figures over the calls as they are, in the first row of `times`, and over each draw of them."""

    def __init__(self, times: Counts, num_people: int) -> None:
        self.times, self.num_people = times, num_people
        self._known: dict[tuple[str, int, int], _Apart] = {}

    def exact(self, grids: Sequence[Grid], pairs: Sequence[tuple[int, int]]) -> Figure:
        """The share of answers on which two say the same, over these pairs.

        Examples
        --------
        >>> chosen = np.zeros((3, 2, 3))  # two people and the machine, two calls, two levels and not applicable
        >>> chosen[0, 0, 0] = chosen[1, 0, 0] = chosen[0, 1, 0] = chosen[1, 1, 1] = 1
        >>> sums = Sums(np.ones((2, 2)), num_people=2)
        >>> sums.exact([Grid(Scale("A", "", ("符合", "不符合")), chosen)], [(0, 1)]).value
        0.5
        """
        alike, both = np.zeros(self.times.shape[1]), np.zeros(self.times.shape[1])
        for grid in grids:
            given = grid.chosen.sum(axis=2)
            for one, two in pairs:
                alike += (grid.chosen[one] * grid.chosen[two]).sum(axis=1)
                both += given[one] * given[two]
        return self._share(alike, both)

    def kappa(self, grids: Sequence[Grid], pairs: Sequence[tuple[int, int]]) -> Figure:
        """The mean over these pairs of the quadratic kappa, each over all of these criteria.

        Examples
        --------
        >>> chosen = np.zeros((3, 2, 3))  # two people and the machine, two calls, two levels and not applicable
        >>> chosen[0, 0, 0] = chosen[1, 0, 0] = chosen[0, 1, 1] = chosen[1, 1, 1] = 1
        >>> sums = Sums(np.ones((2, 2)), num_people=2)
        >>> sums.kappa([Grid(Scale("A", "", ("符合", "不符合")), chosen)], [(0, 1)]).value
        1.0
        """
        return self._mean_kappa([[self._apart_by_rows(grid, one, two) for grid in grids] for one, two in pairs])

    def kappa_of(self, pairs: Sequence[tuple[Counts, Counts]]) -> Figure:
        """The quadratic kappa over criteria, of the levels (calls, levels) that two chose in each.

        Examples
        --------
        >>> both = np.array([[1.0, 0.0], [0.0, 1.0]])  # two calls, two levels
        >>> Sums(np.ones((2, 2)), num_people=2).kappa_of([(both, both)]).value
        1.0
        """
        return self._mean_kappa([[self._apart(*pair) for pair in pairs]])

    def alpha(self, chosen: Sequence[Counts], metric: Metric) -> Figure:
        """Krippendorff's alpha of choices (raters, calls, choices), a criterion each.

        Examples
        --------
        >>> chosen = np.zeros((2, 2, 2))  # two people, two calls, two levels
        >>> chosen[0, 0, 0] = chosen[1, 0, 0] = chosen[0, 1, 1] = chosen[1, 1, 1] = 1
        >>> Sums(np.ones((2, 2)), num_people=2).alpha([chosen], "ordinal").value
        1.0
        """
        tables = [coincidences(own.sum(axis=0)) for own in chosen]
        observed, expected = np.zeros(len(self.times)), np.zeros(len(self.times))
        for table in tables:
            found, by_chance = coincidence_disagreement(np.tensordot(self.times, table, 1), metric)
            observed, expected = observed + found, expected + by_chance
        return _figure(beyond_chance(observed, expected), _num_calls(tables, self.times.shape[1]))

    def strictness(self, row: int, others: Sequence[int], grids: Sequence[Grid]) -> Figure:
        """The number of steps by which a rater lies below the mean of the others.

        Examples
        --------
        >>> chosen = np.zeros((3, 2, 3))  # two people and the machine, two calls, two levels and not applicable
        >>> chosen[0, 0, 1] = chosen[1, 0, 0] = chosen[0, 1, 0] = chosen[1, 1, 0] = 1
        >>> sums = Sums(np.ones((2, 2)), num_people=2)
        >>> sums.strictness(0, [1], [Grid(Scale("A", "", ("符合", "不符合")), chosen)]).value
        0.5
        """
        below, both = np.zeros(self.times.shape[1]), np.zeros(self.times.shape[1])
        for grid in grids:
            steps = np.arange(grid.levels.shape[2])
            votes = grid.levels[list(others)].sum(axis=0)
            given = votes.sum(axis=1)
            mean = (votes @ steps) / np.maximum(1.0, given)
            compared = (given > 0) * grid.levels[row].sum(axis=1)
            below += compared * (grid.levels[row] @ steps - mean)
            both += compared
        return self._share(below, both)

    def _mean_kappa(self, pairs: Sequence[Sequence[_Apart]]) -> Figure:
        total, defined = np.zeros(len(self.times)), np.zeros(len(self.times))
        there = np.zeros(self.times.shape[1], bool)
        for own in pairs:
            observed = sum((apart.observed for apart in own), np.zeros(len(self.times)))
            expected = sum((apart.expected for apart in own), np.zeros(len(self.times)))
            kappas = beyond_chance(observed, expected)
            known = ~np.isnan(kappas)
            total, defined = total + np.where(known, kappas, 0.0), defined + known
            for apart in own:
                there |= apart.there
        mean = np.where(defined > 0, total / np.maximum(1, defined), np.nan)
        return _figure(mean, int(there.sum()))

    def _apart_by_rows(self, grid: Grid, one: int, two: int) -> _Apart:
        """The same pairs are asked for by the criterion, by all criteria, and by each of the two."""
        key = (grid.scale.criterion, min(one, two), max(one, two))
        if key not in self._known:
            self._known[key] = self._apart(grid.levels[one], grid.levels[two])
        return self._known[key]

    def _apart(self, first: Counts, second: Counts) -> _Apart:
        there = (first.sum(axis=1) * second.sum(axis=1)) > 0
        first, second = first * there[:, None], second * there[:, None]
        observed, _ = pair_disagreement(first[:, :, None] * second[:, None, :])
        drawn = self.times @ np.column_stack([observed, first, second])
        by_first, by_second = drawn[:, 1 : 1 + first.shape[1]], drawn[:, 1 + first.shape[1] :]
        return _Apart(there, drawn[:, 0], pair_chance(by_first, by_second))

    def _share(self, above: Counts, below: Counts) -> Figure:
        """A share whose numerator and denominator are added over calls and then divided."""
        tops, bottoms = self.times @ above, self.times @ below
        shares = np.where(bottoms > 0, tops / np.where(bottoms > 0, bottoms, 1.0), np.nan)
        return _figure(shares, int((below > 0).sum()))


def _num_calls(tables: Sequence[Counts], num_calls: int) -> int:
    """The number of calls in which any of the tables (calls, k, k) has something."""
    there = np.zeros(num_calls, bool)
    for table in tables:
        there |= table.any(axis=(1, 2))
    return int(there.sum())


def _figure(series: Counts, num_calls: int) -> Figure:
    """The figure in front of its draws; draws in which it is not defined are left out."""
    if np.isnan(series[0]):
        return Figure(None, None, num_calls)
    value, draws = float(series[0]), series[1:][~np.isnan(series[1:])]
    low, high = np.quantile(draws, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Figure(value, (min(value, float(low)), max(value, float(high))), num_calls)
