"""What the bundled classifier makes of a turn, as a field beside the words for a classifier of one's own.

It has read thousands of sentences before the first label of a deployment: a few dozen labels alone teach next to
nothing, on top of it they move what is known. Not where generated labels are learned from: of those it read most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from models.classifiers.bundled import FAULT, bundled
from models.classifiers.features import Spoken
from pipeline.findings.suspicion import suspicions


class Suspected(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The scores of the bundled classifier for a criterion; for a kind of fault also that of any fault.

    Parameters
    ----------
    criterion : str
    version : str
        Of the bundled classifier whose scores were learned from; those of another mean something else.
    """

    def __init__(self, criterion: str = "", version: str = "") -> None:
        self.criterion = criterion
        self.version = version

    def fit(self, _turns: Sequence[Spoken], _holds: object = None) -> Self:
        """Nothing is learned."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, turns: Sequence[Spoken]) -> NDArray[np.float64]:
        """Scores, float64, shape (n_turns, n_heads)."""
        model = bundled()
        columns = [model.heads.index(head) for head in heads_of(self.criterion)]
        return model.scores([turn.text for turn in turns])[:, columns]


def heads_of(criterion: str) -> tuple[str, ...]:
    """The heads of the bundled classifier that tell of a criterion; none for one that it never learned.

    Examples
    --------
    >>> heads_of("shirking"), heads_of("complaint")
    (('shirking', 'fault'), ('complaint',))
    """
    if criterion not in bundled().heads:
        return ()
    return (criterion, FAULT) if suspicions()[criterion].is_fault else (criterion,)


def prior(criterion: str) -> Pipeline | None:
    """The field, not yet fitted; None for a criterion that the bundled classifier never learned."""
    if not heads_of(criterion):
        return None
    return Pipeline([("scores", Suspected(criterion, bundled().version)), ("scale", StandardScaler())])
