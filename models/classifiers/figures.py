"""How good a classifier is: shares with their intervals, counted by groups that belong together.

Knows probabilities, a threshold and what is true; not which classifier, nor what is good enough.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.learning.gate import Proportion

NUM_DRAWS = 1000
"""Bootstrap draws of groups."""
DRAWS_AT_ONCE = 50  # so that many thousands of labels fit into memory
NUM_BINS = 10
"""Bins of equal width for the calibration error."""

Bools: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval; all None where it is not defined, such as precision without any hit."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How probabilities and a threshold do on labels.

    Parameters
    ----------
    num_holds, num_not, num_groups : int
        Labels of either class, and groups of call and agent among them.
    precision, recall, f1 : Estimate
        At the threshold, 0..1.
    average_precision : Estimate
        Over all thresholds, 0..1; by chance it is the share of labels that hold.
    brier, ece : Estimate
        Mean squared error of the probabilities, and their expected calibration error; 0 is best.
    """

    num_holds: int
    num_not: int
    num_groups: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    average_precision: Estimate
    brier: Estimate
    ece: Estimate


def figures_of(probabilities: Floats, holds: Bools, groups: Ints, threshold: float) -> Figures | None:
    """The figures of some labels; None without any.

    Parameters
    ----------
    probabilities, holds, groups : ndarray, shape (n,)
        Of each label: what the classifier says, 0..1; what is true; which group it belongs to.

    Note
    ----
    Intervals are percentiles of a bootstrap that draws whole groups (Davison & Hinkley 1997, 3.8), because turns of
    one call resemble each other. For precision and recall the Wilson interval (1927) counts where it is the wider
    one: however often a perfect score is drawn again, it stays perfect, but 3 right out of 3 prove little.
    """
    if not len(holds):
        return None
    _, members = np.unique(groups, return_inverse=True)
    num_groups = int(members.max()) + 1
    draw = np.random.default_rng(0)
    once = np.ones((1, num_groups), np.int64)
    measures = _measures(probabilities, holds, threshold)
    values = {name: float(measure(once[:, members])[0]) for name, measure in measures.items()}
    drawn: dict[str, list[Floats]] = {name: [] for name in measures}
    for _ in range(0, NUM_DRAWS, DRAWS_AT_ONCE):
        weights = draw.multinomial(num_groups, np.full(num_groups, 1 / num_groups), DRAWS_AT_ONCE)[:, members]
        for name, measure in measures.items():
            drawn[name].append(measure(weights))
    estimates = {name: _estimate(values[name], np.concatenate(drawn[name])) for name in measures}
    hits = probabilities >= threshold
    right = int((hits & holds).sum())
    return Figures(
        num_holds=int(holds.sum()),
        num_not=int((~holds).sum()),
        num_groups=num_groups,
        precision=_wider(estimates["precision"], right, int(hits.sum())),
        recall=_wider(estimates["recall"], right, int(holds.sum())),
        f1=estimates["f1"],
        average_precision=estimates["average_precision"],
        brier=estimates["brier"],
        ece=estimates["ece"],
    )


def _measures(probabilities: Floats, holds: Bools, threshold: float) -> dict[str, Callable[[Ints], Floats]]:
    """Each measure, given how often each label counts: (n_draws, n) -> (n_draws,); NaN where undefined."""
    hits = probabilities >= threshold
    order = np.argsort(-probabilities, kind="stable")
    # Labels of the same probability stand or fall together.
    last_of_ties = np.flatnonzero(np.diff(probabilities[order], append=-1.0))
    bins = np.minimum((probabilities * NUM_BINS).astype(int), NUM_BINS - 1)
    in_bin = np.eye(NUM_BINS)[bins]

    def precision(counts: Ints) -> Floats:
        return _ratio(counts @ (hits & holds), counts @ hits)

    def recall(counts: Ints) -> Floats:
        return _ratio(counts @ (hits & holds), counts @ holds)

    def f1(counts: Ints) -> Floats:
        return _ratio(2 * (counts @ (hits & holds)), counts @ hits + counts @ holds)

    def average_precision(counts: Ints) -> Floats:
        found = np.cumsum(counts[:, order] * holds[order], axis=1)[:, last_of_ties]
        listed = np.cumsum(counts[:, order], axis=1)[:, last_of_ties]
        gained = np.diff(found, axis=1, prepend=0)
        return _ratio((gained * (found / np.maximum(listed, 1))).sum(axis=1), found[:, -1])

    def brier(counts: Ints) -> Floats:
        return _ratio(counts @ (probabilities - holds) ** 2, counts.sum(axis=1))

    def ece(counts: Ints) -> Floats:
        return _ratio(np.abs((counts * (probabilities - holds)) @ in_bin).sum(axis=1), counts.sum(axis=1))

    named = (precision, recall, f1, average_precision, brier, ece)
    return {measure.__name__: measure for measure in named}


def _ratio(over: NDArray[np.number], under: NDArray[np.number]) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(under > 0, over / under, np.nan)


def _estimate(value: float, drawn: Floats) -> Estimate:
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Estimate(None, None, None)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Estimate(round(value, 4), round(min(value, float(low)), 4), round(max(value, float(high)), 4))


def _wider(estimate: Estimate, num_right: int, num: int) -> Estimate:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return estimate
    low, high = Proportion(num_right, num).interval
    return Estimate(estimate.value, round(min(estimate.low, low), 4), round(max(estimate.high, high), 4))
