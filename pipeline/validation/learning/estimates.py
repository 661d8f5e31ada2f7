"""Precision and recall of the machine in the field, estimated from the turns that were drawn by lot.

Knows draws and their rates; not how turns are drawn (`review_queue`).

A turn that was drawn with rate r stands for 1/r turns (Horvitz and Thompson 1952). Turns with one rate and one
answer of the machine are a stratum h: W_h = n_h / r_h turns of the field, in k_h of n_h of which people say yes.

    precision = sum of W_h k_h/n_h over claimed strata  /  sum of W_h over claimed strata
    recall    = sum of W_h k_h/n_h over claimed strata  /  sum of W_h k_h/n_h over all strata

Where one stratum decides, the interval is Wilson's. Otherwise the shares are drawn again and again, each from what
its stratum leaves open, Beta(k + 1/2, n - k + 1/2) (Jeffreys), and the interval holds the middle 95 % of the
figures. Drawing the labels themselves again (the plain bootstrap) would be sure of what it has not seen: of 200
turns without a claim in which nobody heard anything, every resample has none either, and recall would be 100-100 %.

What it assumes: turns err independently, and the people who judge are right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.learning.gate import Proportion
from pipeline.validation.learning.labels import Label

DRAWS = 4000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure of the field with its 95 % interval, 0..1; `value` is None where nothing tells of it."""

    value: float | None
    low: float
    high: float

    def __str__(self) -> str:
        if self.value is None:
            return "—"
        return f"{self.value:.1%}（{100 * self.low:.1f}–{self.high:.1%}）"


@dataclass(frozen=True, slots=True)
class FieldEstimate:
    """Precision and recall in the field, and the number of drawn labels behind them."""

    precision: Estimate
    recall: Estimate
    labels: int


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Turns with one rate and one answer of the machine."""

    claimed: bool
    rate: float
    yes: int
    labels: int

    @property
    def weight(self) -> float:
        """For how many turns of the field it stands."""
        return self.labels / self.rate


def estimate_field(labels: Iterable[Label], threshold: float, seed: int = 0) -> FieldEstimate:
    """Precision and recall in the field, by the labels drawn by lot to which the machine gave a probability.

    Parameters
    ----------
    labels : iterable of Label
        Of one criterion, one a stretch; those that were not drawn are not looked at.
    threshold : float
        From which probability on the machine claims it.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> from pipeline.validation.learning.labels import Source
    >>> def label(n, holds, machine, rate):
    ...     who = ("complaint", holds, f"C{n}", None, Span(0, 1), Role.CUSTOMER, "", "", Source.REVIEW, "wang")
    ...     return Label(*who, datetime(2025, 4, 1, tzinfo=UTC), drawn=True, machine=machine, rate=rate)
    >>> claimed = [label(n, n < 18, 0.9, 0.5) for n in range(20)]  # 18 of 20 right, each stands for 2 turns
    >>> others = [label(n, n == 20, 0.1, 0.01) for n in range(20, 60)]  # 1 of 40 missed, each stands for 100
    >>> field = estimate_field([*claimed, *others], threshold=0.5)
    >>> field.precision.value, round(field.recall.value, 3), field.labels
    (0.9, 0.265, 60)
    """
    counts = defaultdict[tuple[bool, float], list[bool]](list)
    for label in labels:
        if label.drawn and label.machine is not None:
            counts[label.machine >= threshold, label.rate].append(label.holds)
    strata = [_Stratum(claimed, rate, sum(said), len(said)) for (claimed, rate), said in sorted(counts.items())]
    claimed = [stratum for stratum in strata if stratum.claimed]
    if len(claimed) == 1:
        precision = _wilson(claimed[0].yes, claimed[0].labels)
    else:
        precision = _draw_estimate(claimed, seed, np.array([stratum.weight for stratum in claimed]))
    if len({stratum.rate for stratum in strata}) == 1:  # every turn stands for as many others
        recall = _wilson(sum(s.yes for s in claimed), sum(s.yes for s in strata))
    else:
        recall = _draw_estimate(strata, seed)
    return FieldEstimate(precision, recall, sum(stratum.labels for stratum in strata))


def _wilson(hits: int, of: int) -> Estimate:
    proportion = Proportion(hits, of)
    return Estimate(proportion.value, *proportion.interval)


def _draw_estimate(strata: Sequence[_Stratum], seed: int, of: NDArray[np.float64] | None = None) -> Estimate:
    """The share of what is yes and claimed, of `of` turns in each stratum, or else of all that is yes."""
    weights = np.array([stratum.weight for stratum in strata])
    claimed = np.array([stratum.claimed for stratum in strata], dtype=bool)

    def figure(yes: NDArray[np.float64]) -> NDArray[np.float64]:
        """For shares of yes by stratum, the last axis."""
        given = yes * weights
        whole = given.sum(axis=-1) if of is None else np.broadcast_to(of.sum(), given.shape[:-1])
        hits = (given * claimed).sum(axis=-1)
        shares: NDArray[np.float64] = np.divide(hits, whole, out=np.full_like(hits, np.nan), where=whole > 0)
        return shares

    seen = np.array([stratum.yes / stratum.labels for stratum in strata])
    value = float(figure(seen[None, :])[0]) if strata else float("nan")
    if np.isnan(value):
        return Estimate(None, 0.0, 1.0)
    yes = np.array([stratum.yes for stratum in strata])
    no = np.array([stratum.labels for stratum in strata]) - yes
    lots = np.random.default_rng(seed)
    low, high = np.quantile(figure(lots.beta(yes + 0.5, no + 0.5, (DRAWS, len(strata)))), (0.025, 0.975))
    return Estimate(value, min(float(low), value), max(float(high), value))
