"""The threshold of a classifier, by a rule that is stated before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.classifiers.criteria import Cost, ThresholdRule
from pipeline.validation.learning.gate import HitCounts


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold, 0..1, and the sentence that says how it came about; `kept` is False if the rule could not be."""

    threshold: float
    how: str
    kept: bool


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Hits, misses and false alarms of a threshold, 0..1, on labels; `num_not` of them do not hold."""

    threshold: float
    measured: HitCounts
    num_not: int

    @property
    def false_alarm_rate(self) -> float | None:
        """Of what does not hold, the share that is claimed all the same; None of nothing."""
        return self.measured.false_alarms / self.num_not if self.num_not else None

    def cost(self, each: Cost) -> float:
        """The cost of its false alarms and misses together, in the unit of `each`."""
        return each.false_alarm * self.measured.false_alarms + each.miss * self.measured.missed


def operating_points(probabilities: NDArray[np.float64], holds: NDArray[np.bool_]) -> tuple[OperatingPoint, ...]:
    """The operating point of every threshold that makes a difference on the labels, from the highest on.

    Parameters
    ----------
    probabilities, holds : ndarray, shape (n,)
        As for `choose_threshold`.

    Examples
    --------
    >>> points = operating_points(np.array([0.1, 0.4, 0.9]), np.array([False, True, True]))
    >>> [(point.threshold, point.measured.found, point.measured.false_alarms) for point in points]
    [(0.9, 1, 0), (0.4, 2, 0), (0.1, 2, 1)]
    """
    thresholds, right, wrong = _counted(probabilities, holds)
    all_true = int(holds.sum())
    return tuple(
        OperatingPoint(threshold, HitCounts(found, false_alarms, all_true - found), len(holds) - all_true)
        for threshold, found, false_alarms in zip(thresholds.tolist(), right.tolist(), wrong.tolist(), strict=True)
    )


def choose_threshold(probabilities: NDArray[np.float64], holds: NDArray[np.bool_], rule: ThresholdRule) -> Chosen:
    """The threshold that the rule asks for on out-of-fold probabilities.

    With a precision floor it is the one of the best recall among those whose precision is no lower; where none is
    that precise, the one of the best precision. With a cost it is the one of the least cost. Of equals the highest.

    Parameters
    ----------
    probabilities, holds : ndarray, shape (n,)
        What the classifier says of labels that it has not seen, and what is true of them; both classes.

    Examples
    --------
    >>> given = np.array([0.1, 0.4, 0.6, 0.9]), np.array([False, True, False, True])
    >>> choose_threshold(*given, ThresholdRule(precision_floor=1.0)).threshold
    0.9
    """
    candidates, right, wrong = _counted(probabilities, holds)
    if rule.cost is not None:
        cost = rule.cost.false_alarm * wrong + rule.cost.miss * (holds.sum() - right)
        said = f"代价最低：误报 {rule.cost.false_alarm:g}、漏报 {rule.cost.miss:g}"
        if cost.min() > rule.cost.miss * holds.sum():  # even the surest hit costs more than to say nothing
            return Chosen(1.0, f"{said}；任何阈值都不如不判", False)
        best = int(np.argmin(cost))
        return Chosen(float(candidates[best]), f"{said}，合计 {cost[best]:g}", True)
    precision = right / (right + wrong)
    enough = precision >= (rule.precision_floor or 0.0)
    if enough.any():
        best = int(np.argmax(np.where(enough, right, -1)))
        return Chosen(float(candidates[best]), f"准确率不低于 {rule.precision_floor:g} 时召回率最高", True)
    best = int(np.argmax(precision))
    return Chosen(
        float(candidates[best]),
        f"准确率达不到 {rule.precision_floor:g}，取最高的 {precision[best]:.2f}",
        False,
    )


def _counted(
    probabilities: NDArray[np.float64], holds: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Every probability as a threshold, from the highest on, and what it claims rightly and wrongly."""
    order = np.argsort(-probabilities, kind="stable")
    last_of_ties = np.flatnonzero(np.diff(probabilities[order], append=-1.0))
    right, wrong = (np.cumsum(said[order], dtype=np.int64)[last_of_ties] for said in (holds, ~holds))
    return probabilities[order][last_of_ties], right, wrong
