"""The percentile bootstrap: the interval of a figure if other calls of the same kind had been heard.

Knows counts by call. Calls are drawn, not findings: what is said in one call hangs together.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DRAWS, SEED = 2000, 20250303
LEVEL = 0.95


def interval(numerators: Sequence[float], denominators: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of a share whose numerator and denominator are added over calls and then divided.

    Every share over as many calls is drawn with the same calls, so that two of them can be compared draw by draw.
    None without calls, or with nothing in any denominator.

    Notes
    -----
    Efron (1979): as many calls as there are, drawn with replacement; the 2.5th and 97.5th percentile over 2000
    draws. Draws in which nothing is to be measured are left out. A figure without a mistake has an interval without
    width: the draws know nothing of mistakes that these calls do not hold.

    Examples
    --------
    >>> interval([3, 5], [3, 5]), interval([0, 0], [0, 0]), interval([], [])
    ((1.0, 1.0), None, None)
    """
    above, below = np.asarray(numerators, float), np.asarray(denominators, float)
    if not below.any():
        return None
    times = draw_counts(len(above))
    drawn_above, drawn_below = times @ above, times @ below
    measured = drawn_below > 0
    low, high = np.quantile(drawn_above[measured] / drawn_below[measured], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@lru_cache(maxsize=8)
def draw_counts(num_calls: int) -> NDArray[np.float64]:
    """The number of times each call is drawn, float64 (DRAWS, num_calls); every row adds up to `num_calls`.

    Examples
    --------
    >>> draw_counts(3).shape, set(draw_counts(3).sum(axis=1).tolist())
    ((2000, 3), {3.0})
    """
    evenly = np.full(num_calls, 1 / num_calls)
    return np.random.default_rng(SEED).multinomial(num_calls, evenly, DRAWS).astype(float)
