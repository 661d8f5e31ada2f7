"""Who belongs together: labels that share a call or an agent never stand on both sides of a test.

A turn of the same call repeats its topic, a turn of the same agent his wording: a model that has seen either is
praised for remembering. The groups are the connected components of "same call or same agent".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from pipeline.validation.learning.labels import Label

Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Positions to learn from and positions to test on, once each position."""


def groups_of(labels: Sequence[Label]) -> NDArray[np.int64]:
    """The group of each label, numbered from 0 in the order of meeting, int64 (n,)."""
    parents: dict[tuple[str, str], tuple[str, str]] = {}

    def root(node: tuple[str, str]) -> tuple[str, str]:
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for label in labels:
        call = root(("call", label.call_id))
        if label.agent_id is not None:
            parents[call] = root(("agent", label.agent_id))
    numbers: dict[tuple[str, str], int] = {}
    return np.array([numbers.setdefault(root(("call", x.call_id)), len(numbers)) for x in labels], np.int64)


def folds(holds: NDArray[np.bool_], groups: NDArray[np.int64], num: int) -> Folds:
    """At most `num` folds with whole groups and both classes to learn from, the same for the same labels.

    Note
    ----
    There are no more folds than groups that hold the rarer class; fewer than two cannot be made, and the list is
    then empty.
    """
    num = min(num, *(len(np.unique(groups[holds == each])) for each in (True, False)))
    if num < 2:
        return []
    splitter = StratifiedGroupKFold(num, shuffle=True, random_state=0)
    made = [(train, test) for train, test in splitter.split(np.zeros(len(holds)), holds, groups)]
    return made if all(len(np.unique(holds[train])) == 2 for train, _ in made) else []
