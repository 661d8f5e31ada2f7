"""A trained classifier of one criterion, and its probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV

from models.classifiers.criteria import TunedCriterion, tuned_criterion
from models.classifiers.features import Spoken


@dataclass(frozen=True, slots=True)
class Classifier:
    """What was learned of one criterion.

    Parameters
    ----------
    criterion : str
        Its name.
    version : str
        Which labels, settings and libraries made it, see `Card.version`.
    threshold : float
        From this probability on it is a hit, 0..1.
    model : CalibratedClassifierCV
        Fitted, on `Spoken` turns.
    """

    criterion: str
    version: str
    threshold: float
    model: CalibratedClassifierCV

    @property
    def tuned(self) -> TunedCriterion:
        """The criterion it was trained for."""
        return tuned_criterion(self.criterion)

    def probability(self, turns: Sequence[Spoken]) -> NDArray[np.float64]:
        """Probability of the criterion in each turn, calibrated, float64 (n,); 0 in turns of the other role."""
        probabilities = np.zeros(len(turns))
        own = [n for n, turn in enumerate(turns) if turn.role is self.tuned.speaker]
        if own:
            probabilities[own] = self.model.predict_proba([turns[n] for n in own])[:, 1]
        return probabilities
