"""The belief in a hit: how often a phrase that was heard so well was really said.

A logistic curve over what the hit cost for each syllable and how many syllables it has, fitted on simulated calls
(`belief.csv` says on which, written by ``python -m models.matcher``).
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

FEATURES = ("constant", "cost", "log_syllables", "cost_log_syllables")
"""Rows of the curve: 1, the cost for each syllable, the logarithm of how many, and the two multiplied."""

Figures = NDArray[np.float64]


def features(costs: Figures, num_syllables: NDArray[np.int32]) -> Figures:
    """The figures on which the belief in hits rests, float64 (num_hits, len(FEATURES)), from costs in syllables.

    Examples
    --------
    >>> features(np.array([0.5]), np.array([1], np.int32)).tolist()
    [[1.0, 0.5, 0.0, 0.0]]
    """
    lengths = np.log(num_syllables)
    each = costs / num_syllables
    return np.stack([np.ones_like(each), each, lengths, each * lengths], axis=1)


def believed(costs: Figures, num_syllables: NDArray[np.int32]) -> Figures:
    """Probability that each hit was really said, 0..1.

    Parameters
    ----------
    costs : ndarray of float64, shape (n,)
        What the hits cost altogether, in syllables.
    num_syllables : ndarray of int32, shape (n,)
        Syllables of the phrase that are its own.

    Examples
    --------
    >>> (believed(np.array([0.0, 3.0]), np.array([6, 6], np.int32)) > 0.5).tolist()
    [True, False]
    """
    return np.asarray(1 / (1 + np.exp(-features(costs, num_syllables) @ _weights())))


@cache
def _weights() -> Figures:
    table = (files("pipeline.lexicon") / "belief.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.reader(line for line in table if not line.startswith("#")))[1:]
    return np.array([float(weight) for _, weight in rows])
