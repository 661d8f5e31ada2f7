"""Agreement of raters beyond chance: Cohen's weighted kappa and Krippendorff's alpha.

Knows tables of counts, many of them at a time, so that figures can be drawn again; not who rates what. Both figures
are one minus the disagreement that is there over the one that chance would bring. Both disagreements are given
apart, as sums, so that they can be added over questions of which each has a chance of its own.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Counts: TypeAlias = NDArray[np.float64]
Metric: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]


def kappa(cells: Counts) -> Counts:
    """Cohen's kappa with quadratic weights of tables (..., k, k) of two raters; NaN where it is not defined.

    Of two levels it is the kappa without weights.

    References
    ----------
    J. Cohen, "Weighted kappa: nominal scale agreement with provision for scaled disagreement or partial credit",
    Psychol. Bull. 70 (1968).

    Examples
    --------
    >>> float(kappa(np.array([[3.0, 1, 0], [0, 2, 0], [0, 0, 2]])).round(3))
    0.905
    """
    return beyond_chance(*pair_disagreement(cells))


def pair_disagreement(cells: Counts) -> tuple[Counts, Counts]:
    """The squared distances of two raters added over all that both rated, and what chance would make of the sum.

    Parameters
    ----------
    cells : ndarray
        float64 (..., k, k): how often the first gives the one level and the second the other, levels in order.
        Neighbouring levels lie 1 / (k - 1) apart, so that sums over questions with other levels can be added.

    Examples
    --------
    >>> observed, by_chance = pair_disagreement(np.array([[3.0, 1.0], [0.0, 2.0]]))
    >>> float(observed), round(float(by_chance), 3)
    (1.0, 3.0)
    """
    observed = (cells * _steps_apart(cells.shape[-1])).sum(axis=(-2, -1))
    return observed, pair_chance(cells.sum(axis=-1), cells.sum(axis=-2))


def pair_chance(by_first: Counts, by_second: Counts) -> Counts:
    """The squared distances that chance would make, of how often each rater gives each level, (..., k) each.

    Examples
    --------
    >>> float(pair_chance(np.array([2.0, 2.0]), np.array([2.0, 2.0])))
    2.0
    """
    total = by_first.sum(axis=-1)
    chance = ((by_first @ _steps_apart(by_first.shape[-1])) * by_second).sum(axis=-1)
    return np.asarray(chance / np.where(total > 0, total, 1.0))


def alpha(ratings: ArrayLike, metric: Metric) -> float | None:
    """Krippendorff's alpha of ratings (raters, units), NaN where there is none; None where it is not defined.

    Undefined where no unit has two ratings, or all ratings are one and the same: nothing could have differed.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", University of Pennsylvania (2011).

    Examples
    --------
    >>> round(alpha([[1, 2, 3, 3], [1, 2, 3, 4]], "nominal"), 3)
    0.696
    """
    given = np.asarray(ratings, float)
    values = np.unique(given[~np.isnan(given)])
    if not len(values):
        return None
    counts = (given[:, :, None] == values).sum(axis=0).astype(float)
    cells = coincidences(counts).sum(axis=0)
    once = float(beyond_chance(*coincidence_disagreement(cells, metric, values)))
    return None if np.isnan(once) else once


def coincidences(counts: Counts) -> Counts:
    """The pairs of values in each unit, float64 (units, k, k), of how often each value is given in it (units, k).

    A unit with m ratings adds up to m; one with fewer than two has nothing to compare and adds nothing.

    Examples
    --------
    >>> coincidences(np.array([[2.0, 0.0], [1.0, 1.0]])).tolist()
    [[[2.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]]
    """
    num_ratings = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    own = np.arange(counts.shape[1])
    pairs[:, own, own] -= counts
    return np.asarray(pairs / np.maximum(1.0, num_ratings - 1)[:, None, None])


def coincidence_disagreement(
    cells: Counts, metric: Metric, values: ArrayLike | None = None
) -> tuple[Counts, Counts]:
    """The disagreement in tables of coincidences, and what chance would make of it, each as a sum over ratings.

    Parameters
    ----------
    cells : ndarray
        float64 (..., k, k), symmetric; for ``ordinal`` the values in their order.
    values : array_like | None
        What the values are, for ``interval`` and ``ratio``; 0, 1, 2 … where left out.

    Examples
    --------
    >>> observed, by_chance = coincidence_disagreement(np.array([[2.0, 1.0], [1.0, 0.0]]), "nominal")
    >>> float(observed), float(by_chance)
    (2.0, 2.0)
    """
    of_value = cells.sum(axis=-1)
    total = of_value.sum(axis=-1)
    apart = _apart(of_value, metric, np.asarray(range(cells.shape[-1]) if values is None else values, float))
    chance = (of_value[..., :, None] * of_value[..., None, :] * apart).sum(axis=(-2, -1))
    return (cells * apart).sum(axis=(-2, -1)), chance / np.where(total > 1, total - 1, 1.0)


def beyond_chance(observed: Counts, expected: Counts) -> Counts:
    """One minus observed over expected; NaN where chance would bring no disagreement either.

    Examples
    --------
    >>> beyond_chance(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist()
    [0.75, nan]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))


def _steps_apart(num_levels: int) -> Counts:
    """The squared distance of any two levels in order, (k, k), that of the ends being 1."""
    steps = np.arange(num_levels) / max(1, num_levels - 1)
    return np.asarray((steps[:, None] - steps) ** 2)


def _apart(of_value: Counts, metric: Metric, values: Counts) -> Counts:
    """The squared distance of any two values, (..., k, k); ordinal ones as share of the largest."""
    match metric:
        case "nominal":
            return 1.0 - np.eye(len(values))
        case "ratio":
            sums = values[:, None] + values
            return np.asarray(((values[:, None] - values) / np.where(sums == 0, 1.0, sums)) ** 2)
        case "interval":
            return np.asarray((values[:, None] - values) ** 2)
        case "ordinal":  # all ratings from the one value to the other, those at the ends by half: mid-ranks
            ranks = of_value.cumsum(axis=-1) - of_value / 2
            squares = (ranks[..., :, None] - ranks[..., None, :]) ** 2
            largest = squares.max(axis=(-2, -1), keepdims=True)
            return np.asarray(squares / np.where(largest > 0, largest, 1.0))
