"""The interval of a month's points around the truth, from the confidence of each answer.

Knows points and probabilities; not where they come from, nor what follows from a line that is crossed.

The model
---------
The machine's answer is right with probability `confidence`. If it is wrong, points that were awarded (fully or in
part) were not earned at all, and points that were withheld were earned in full. The true points of an answer are so
either 0 or one height h, the latter with probability p::

    awarded > 0    h = awarded     p = confidence
    awarded = 0    h = possible    p = 1 - confidence

Answers of different calls err independently. Answers of one call share the doubt about who is the agent and how
well the line was heard; how strongly is unknown, so the worst is taken: they all move the score in one direction
at once (comonotone: X_i = h_i where one uniform U < p_i). No dependence with these p has a larger variance.
The interval holds the middle `coverage` of the distribution of the sum. For few calls that distribution is computed
exactly; for many it is normal with the sum's mean and variance, widened on each side by half of the largest step
that a call can make (continuity).

What it assumes
---------------
- The confidence is a probability *after* the answer is known: of 100 answers "not met" with 0.8, 80 are right. The
  hit rate of a detector is something else: where nearly everybody greets, most "not met" are misses of the machine.
- A person's answer is certain. Whether a criterion applied to the call at all is taken as known.
- The centre is the expected truth, not the awarded points: where everything was met, errors can only be against the
  machine's answer. The awarded points are always inside nevertheless.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import fsum, sqrt
from statistics import NormalDist
from typing import TypeAlias

from pipeline.scorecard.scoring import DIGITS
from pipeline.tally import rounded

FEW_CALLS, FEW_SUMS = 20, 20_000
"""The most doubtful calls, and the most different sums of them, that are still added exactly."""

Atoms: TypeAlias = tuple[tuple[float, float], ...]
"""The points that one call may truly have, ascending, each with its probability."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """The points of one answer and how sure they are.

    Parameters
    ----------
    awarded, possible : float
        In points.
    confidence : float
        The probability, 0..1, that the answer is right.
    call : str
        Answers of the same call err together; without a call the answer errs on its own.
    """

    awarded: float
    possible: float
    confidence: float
    call: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence is a probability from 0 to 1, not {self.confidence}")
        if not self.awarded >= 0:
            raise ValueError(f"points awarded are 0 or more, not {self.awarded}")


def interval(doubts: Sequence[Doubt], coverage: float = 0.9) -> tuple[float, float]:
    """The low and the high of the points truly earned, in points; the points awarded always lie between.

    Note
    ----
    The order of the doubts is irrelevant to the last bit. Without doubt, low and high are the points awarded.

    Examples
    --------
    >>> interval([Doubt(15, 15, 1.0), Doubt(5, 5, 0.99), Doubt(0, 10, 0.8)])
    (20.0, 30.0)
    """
    awarded = fsum(doubt.awarded for doubt in doubts)
    certain, calls = _calls(doubts)
    low, high = _exactly(calls, coverage) or _normally(calls, coverage)
    return min(awarded, certain + low), max(awarded, certain + high)


def central(chances: Mapping[float, float] | Mapping[float, Fraction], coverage: float) -> tuple[float, float]:
    """The ends of the middle `coverage` of a distribution; beyond each lies half of the rest at most.

    Examples
    --------
    >>> central({0.0: 0.04, 1.0: 0.86, 2.0: 0.1}, 0.9)
    (1.0, 2.0)
    """
    tail = (1 - coverage) / 2
    return _beyond(tail, sorted(chances.items())), _beyond(tail, sorted(chances.items(), reverse=True))


def crosses(low: float, high: float, lines: Iterable[float]) -> float | None:
    """The highest line of a grade that divides the interval; None when all of it has one grade.

    A grade begins at its line, so a line is crossed when low < line <= high, both as they are shown.

    Examples
    --------
    >>> crosses(88.5, 91.0, [90, 80]), crosses(90.0, 91.0, [90, 80])
    (90, None)
    """
    low, high = rounded(low), rounded(high)
    return max((line for line in lines if low < line <= high), default=None)


def _beyond(tail: float, chances: Sequence[tuple[float, float | Fraction]]) -> float:
    """The first value with which more than `tail` has been passed."""
    passed = accumulate(chance for _, chance in chances)
    return next(value for (value, _), before in zip(chances, passed, strict=True) if before > tail)


def _calls(doubts: Iterable[Doubt]) -> tuple[float, list[Atoms]]:
    """The points that are certain, and the atoms of each call that has doubtful ones, in an order of their own."""
    certain: list[float] = []
    alone: list[Atoms] = []
    together: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for doubt in doubts:
        met = doubt.awarded > 0
        height, chance = (doubt.awarded, doubt.confidence) if met else (doubt.possible, 1 - doubt.confidence)
        if chance == 1:
            certain.append(height)
        elif chance and height:
            if doubt.call:
                together[doubt.call].append((chance, height))
            else:
                alone.append(_comonotone([(chance, height)]))
    return fsum(certain), sorted(alone + [_comonotone(own) for own in together.values()])


def _comonotone(own: list[tuple[float, float]]) -> Atoms:
    """The sum of answers that are right or wrong together; `own` holds the probability and height of each."""
    own.sort(reverse=True)
    atoms, above = [(0.0, 1 - own[0][0])], own[0][0]
    for number in range(1, len(own) + 1):
        below = own[number][0] if number < len(own) else 0.0
        if above > below:
            atoms.append((fsum(height for _, height in own[:number]), above - below))
        above = below
    return tuple(atoms)


def _exactly(calls: Sequence[Atoms], coverage: float) -> tuple[float, float] | None:
    """The interval of the sum of independent calls by convolution; None where they are too many for it."""
    if len(calls) > FEW_CALLS:
        return None
    sums = {0.0: 1.0}
    for atoms in calls:
        more: defaultdict[float, float] = defaultdict(float)
        for total, chance in sums.items():
            for points, own in atoms:
                more[round(total + points, DIGITS)] += chance * own
        sums = more
        if len(sums) > FEW_SUMS:
            return None
    return central(sums, coverage)


def _normally(calls: Sequence[Atoms], coverage: float) -> tuple[float, float]:
    """The interval of the sum of many independent calls, never beyond what they can reach."""
    means = [fsum(points * chance for points, chance in atoms) for atoms in calls]
    variances = [
        fsum(chance * (points - mean) ** 2 for points, chance in atoms)
        for mean, atoms in zip(means, calls, strict=True)
    ]
    largest_step = max(after[0] - before[0] for atoms in calls for before, after in pairwise(atoms))
    reach = NormalDist().inv_cdf((1 + coverage) / 2) * sqrt(fsum(variances)) + largest_step / 2
    mean = fsum(means)
    return max(0.0, mean - reach), min(fsum(atoms[-1][0] for atoms in calls), mean + reach)
