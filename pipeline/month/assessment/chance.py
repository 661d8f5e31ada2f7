"""The share of chance in a month: how far as many other calls of the same person might have come out.

Knows points of calls; not how sure each of them is (`interval`).

The model
---------
The calls of a month are a sample of how somebody works. Their score is a ratio R of sums, points awarded by points
possible, and the variance of its numerator is estimated by the residuals of the calls, as for any ratio estimator::

    reach = z * sqrt(sum((a_i - R p_i)**2) + q (1 - q) p**2)

The second term stands for one call more, of mean size p, that is met with chance q and else missed: no call can
spread wider. q is R with half a call on either side, (sum(a) / p + 1/2) / (n + 1). For many calls the term
vanishes; for one or two, which show no spread of their own, it is nearly all there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from statistics import NormalDist

from pipeline.tally import Tally


def reach(calls: Iterable[Tally], coverage: float = 0.9) -> float:
    """The points, to either side, within which the sum of as many other calls lies; 0 where none could have any.

    Parameters
    ----------
    calls : iterable of Tally
        One for each call that could have points.
    coverage : float
        The chance, 0..1, of lying within.

    Examples
    --------
    >>> one, hundred = reach([Tally(94, 100)]), reach([Tally(94, 100)] * 100)
    >>> round(one), round(hundred / 100, 2)  # in points of 100
    (74, 0.4)
    """
    own = [call for call in calls if call.possible > 0]
    if not own:
        return 0.0
    awarded, possible = fsum(call.awarded for call in own), fsum(call.possible for call in own)
    share, mean = awarded / possible, possible / len(own)
    chance = min(1.0, (awarded / mean + 0.5) / (len(own) + 1))
    spread = fsum((call.awarded - share * call.possible) ** 2 for call in own)
    return _z(coverage) * sqrt(spread + chance * (1 - chance) * mean**2)


def reach_of_mean(values: Sequence[float], coverage: float = 0.9) -> float:
    """The distance, to either side, within which the mean of as many other values lies, none of them below 0.

    A wait spreads as widely as it is long on average, as an exponential does: one such stands beside those known.

    Examples
    --------
    >>> round(reach_of_mean([12.0]), 1), round(reach_of_mean([10.0, 14.0] * 50), 2)
    (19.7, 0.38)
    """
    if not values:
        return 0.0
    mean = fsum(values) / len(values)
    spread = fsum((value - mean) ** 2 for value in values)
    return _z(coverage) * sqrt(spread + mean**2) / len(values)


def widened(low: float, score: float, high: float, reaches: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The ends of an interval with what chance adds below and above; independent of each other, so by squares.

    Examples
    --------
    >>> widened(87.0, 90.0, 94.0, [(4.0, 3.0)])
    (85.0, 95.0)
    """
    below, above = zip(*reaches, (0.0, 0.0), strict=True)
    return (
        score - sqrt((score - low) ** 2 + fsum(each**2 for each in below)),
        score + sqrt((high - score) ** 2 + fsum(each**2 for each in above)),
    )


def _z(coverage: float) -> float:
    return NormalDist().inv_cdf((1 + coverage) / 2)
