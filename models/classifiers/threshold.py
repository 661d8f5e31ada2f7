"""The threshold of a classifier, by a rule that is stated before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.classifiers.criteria import ThresholdRule


@dataclass(frozen=True, slots=True)
class Chosen:
    """A threshold, 0..1, and the sentence that says how it came about; `kept` is False if the rule could not be."""

    threshold: float
    how: str
    kept: bool


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
    order = np.argsort(-probabilities, kind="stable")
    last_of_ties = np.flatnonzero(np.diff(probabilities[order], append=-1.0))
    candidates = probabilities[order][last_of_ties]
    right = np.cumsum(holds[order])[last_of_ties]
    wrong = np.cumsum(~holds[order])[last_of_ties]
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
