"""Whether one thing follows another within groups: a permutation test over many pairs at once, and the difference.

Knows arrays; not what is in them. What a group is better at as a whole says nothing: only differences between the
rows of one group count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Tests:
    """Each pair of a column of y (or a group) and a column of x.

    Parameters
    ----------
    correlation : ndarray
        float64 (n_y, n_x): of y with x within groups, -1..1; NaN where nothing could be compared.
    p : ndarray
        float64 (n_y, n_x): how often chance alone shows one such pair or a clearer one among *all* pairs.
    """

    correlation: Array
    p: Array


def dependences(
    x: Array, y: Array, groups: NDArray[np.intp], by_group: Array, permutations: int, seed: int, least: int
) -> tuple[Tests, Tests]:
    """Test every column of y, over all rows, and `by_group` in every group alone, against every column of x.

    Parameters
    ----------
    x : ndarray
        float64 (n_rows, n_x); NaN where it is unknown, which then speaks for neither side.
    y : ndarray
        float64 (n_rows, n_y); NaN where a row has none.
    groups : ndarray
        int (n_rows,) from 0, ascending.
    by_group : ndarray
        float64 (n_rows,).
    least : int
        Rows that a column of y, or a group, must have to be compared.

    Note
    ----
    The rows of x change places within their groups, all columns together, so that what hangs together in x and in y
    stays so; each pair is measured by the sum of x times y about the mean of the group, over the spread that this
    sum has under such exchanges. The largest of all pairs in each exchange is what each pair is held against
    (Westfall and Young 1993): with probability 1 - p or more not a single pair is found where none depends.

    Examples
    --------
    >>> x, y = np.tile([0.0, 1.0], 20)[:, None], np.tile([0.0, 1.0, 0.0, 1.0], 10)[:, None]
    >>> pooled, _ = dependences(x, y, np.repeat([0, 1], 20), y[:, 0], permutations=99, seed=1, least=10)
    >>> round(float(pooled.correlation[0, 0]), 6), float(pooled.p[0, 0])
    (1.0, 0.01)
    """
    num_groups = int(groups[-1]) + 1 if len(groups) else 0
    starts = np.searchsorted(groups, np.arange(num_groups))
    centred_x = np.nan_to_num(_centred(x, groups, num_groups))
    columns = np.column_stack((y, by_group))
    enough = (~np.isnan(columns)).sum(axis=0) >= least
    centred_y = np.nan_to_num(_centred(columns, groups, num_groups)) * enough
    sizes = np.bincount(groups, minlength=num_groups)
    variance = _sums(centred_x**2, starts) / np.maximum(1, sizes - 1)[:, None]
    squares = _sums(centred_y**2, starts)
    spread = np.sqrt(squares.T @ variance)[:-1]
    alone = np.sqrt(squares[:, -1:] * variance) * (sizes >= least)[:, None]
    known = (~np.isnan(columns)).astype(float)
    length = np.sqrt((known.T @ centred_x**2) * squares.sum(axis=0)[:, None])[:-1]

    def sums(rows: Array) -> tuple[Array, Array]:
        return centred_y[:, :-1].T @ rows, _sums(rows * centred_y[:, -1:], starts)

    seen, seen_alone = sums(centred_x)
    z, z_alone = _over(np.abs(seen), spread), _over(np.abs(seen_alone), alone)
    as_clear, as_clear_alone = np.ones_like(z), np.ones_like(z_alone)
    chance = np.random.default_rng(seed)
    for _ in range(permutations):
        order = np.argsort(groups + chance.random(len(groups)))
        drawn, drawn_alone = sums(centred_x[order])
        largest = max(_most(_over(np.abs(drawn), spread)), _most(_over(np.abs(drawn_alone), alone)))
        as_clear += z <= largest + 1e-9
        as_clear_alone += z_alone <= largest + 1e-9
    both = np.sqrt(_sums(centred_x**2, starts) * squares[:, -1:])
    return (
        _tests(seen, length, as_clear / (permutations + 1), spread),
        _tests(seen_alone, both, as_clear_alone / (permutations + 1), alone),
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more y is where x is high than where it is low, within groups, with its 95 % interval.

    Parameters
    ----------
    num_rows : int
        Rows on both sides together.
    """

    difference: float
    low: float
    high: float
    num_rows: int


def gap(x: Array, y: Array, groups: NDArray[np.intp]) -> Gap | None:
    """The mean of y in the highest third of x less that in the lowest, by group, then weighed by rows.

    Of an x with two values it is the one against the other. None where no group has both sides.

    Note
    ----
    Thirds are those of each group. A group with n rows on the one side and m on the other weighs nm / (n + m). The
    interval is normal, from the spread within the sides; it is of this pair alone.

    Examples
    --------
    >>> x, y = np.array([0.0, 0, 1, 1, 0, 0, 1, 1]), np.array([0.0, 0.5, 1, 0.5, 4, 4.5, 5, 4.5])
    >>> found = gap(x, y, np.repeat([0, 1], 4))
    >>> found.difference, found.num_rows
    (0.5, 8)
    """
    sides = [(y[low], y[high]) for low, high in ends(x, y, groups) if len(low) and len(high)]
    if not sides:
        return None
    weights = [len(low) * len(high) / (len(low) + len(high)) for low, high in sides]
    gaps = [float(high.mean() - low.mean()) for low, high in sides]
    spreads = [_spread([side[which] for side in sides]) for which in (0, 1)]
    errors = [spreads[0] / len(low) + spreads[1] / len(high) for low, high in sides]
    total = sum(weights)
    difference = sum(w * g for w, g in zip(weights, gaps, strict=True)) / total
    error = sqrt(sum(w * w * e for w, e in zip(weights, errors, strict=True))) / total
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    num_rows = sum(len(low) + len(high) for low, high in sides)
    return Gap(difference, difference - reach, difference + reach, num_rows)


def ranks(values: Array) -> Array:
    """The ranks of values, equal ones sharing the mean of theirs; NaN stays NaN.

    Examples
    --------
    >>> ranks(np.array([0.3, 0.1, 0.3, np.nan])).tolist()
    [1.5, 0.0, 1.5, nan]
    """
    known = ~np.isnan(values)
    _, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranked = np.full(len(values), np.nan)
    ranked[known] = (ends - (counts + 1) / 2)[place]
    return ranked


def ends(x: Array, y: Array, groups: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The rows of each group in which x is low, and those in which it is high: the two sides that `gap` compares.

    Examples
    --------
    >>> x, y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([0.0, 0, np.nan, 1, 1, 1])
    >>> [(low.tolist(), high.tolist()) for low, high in ends(x, y, np.zeros(6, np.intp))]
    [([0, 1], [4, 5])]
    """
    known = np.flatnonzero(~(np.isnan(x) | np.isnan(y)))
    x, groups = x[known], groups[known]
    two = len(np.unique(x)) == 2
    borders = np.flatnonzero(np.diff(groups, prepend=-1, append=-1))
    for first, last in pairwise(borders):
        own, rows = x[first:last], known[first:last]
        if two:
            yield rows[own == x.min()], rows[own == x.max()]
            continue
        ranked, third = ranks(own), len(own) / 3
        yield rows[ranked < third - 0.5], rows[ranked > 2 * third - 0.5]


def _spread(sides: list[Array]) -> float:
    """The variance about the mean of each side, pooled."""
    free = sum(len(side) - 1 for side in sides)
    return float(sum(((side - side.mean()) ** 2).sum() for side in sides)) / free if free else 0.0


def _centred(values: Array, groups: NDArray[np.intp], num_groups: int) -> Array:
    """The values less the mean of those that their group has; NaN stays."""
    known = ~np.isnan(values)
    starts = np.searchsorted(groups, np.arange(num_groups))
    counts = np.maximum(1, _sums(known.astype(float), starts))
    centred: Array = values - (_sums(np.nan_to_num(values), starts) / counts)[groups]
    return centred


def _sums(rows: Array, starts: NDArray[np.intp]) -> Array:
    """The rows of each group, added."""
    if not len(starts):
        return np.zeros((0, rows.shape[1]))
    added: Array = np.add.reduceat(rows, starts, axis=0)
    return added


def _over(above: Array, below: Array) -> Array:
    """The quotient, 0 where there is nothing to compare."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 1e-9)


def _most(values: Array) -> float:
    return float(values.max()) if values.size else 0.0


def _tests(seen: Array, length: Array, p: Array, spread: Array) -> Tests:
    compared = spread > 1e-9
    return Tests(np.where(compared, _over(seen, length), np.nan), np.where(compared, p, np.nan))
