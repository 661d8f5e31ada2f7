"""The turns that a person should judge next, so that each judgement teaches most and the field can be measured.

Knows what is uncertain and what is unlike the rest; not where turns come from, nor how a probability is made.

Shares make the queue:

- *random*: drawn by lot, half of them from what the machine claims and half from what it does not, each turn with
  the rate of its half. Only these tell how good the machine is in the field (`estimates`).
- *uncertain*: the nearest to the machine's threshold, of those to which it gives any probability.
- *likeliest*: to which it gives the highest probability.
- *diverse*: each the least like everything chosen or labelled before (farthest first), by shared characters; only
  where the machine gives too few a probability.

The likeliest took the place of the diverse where a kind of fault is new: of a rare thing a label that holds teaches
most, and they find two to three times as many (docs/measured.md).

Source of farthest first: T. F. Gonzalez, "Clustering to minimize the maximum intercluster distance" (1985).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.learning.labels import Question

Matrix: TypeAlias = NDArray[np.float32]

RANDOM_SHARE = 0.2
GRAMS = (1, 2, 3)
"""Lengths of the character n-grams by which texts are compared."""

FEATURES = 1024
"""Dimensions into which n-grams are hashed."""

WEIGHED = 4000
"""Texts compared for diversity at most; more are thinned by lot first."""


def queue(
    candidates: Sequence[Question],
    size: int,
    threshold: float = 0.5,
    random_share: float = RANDOM_SHARE,
    seed: int = 0,
    known: Iterable[str] = (),
) -> tuple[Question, ...]:
    """The turns to judge, each with why it was chosen and, if drawn by lot, with which rate; shuffled.

    Parameters
    ----------
    candidates : sequence of Question
        What may be asked, with the machine's probability where there is one; the order does not matter.
    size : int
        How many; fewer if there are no more candidates.
    threshold : float
        From which probability on the machine claims it.
    random_share : float
        0..1: the part that is drawn by lot, of the rest one half is uncertain and one likeliest.
    known : iterable of str
        Texts that were labelled already.

    Note
    ----
    The same candidates and seed give the same queue.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> def turn(n):
    ...     return Question("complaint", f"C{n}", None, Span(0, 1), Role.CUSTOMER, f"第{n}句", "", machine=n / 20)
    >>> chosen = queue([turn(n) for n in range(20)], size=10)
    >>> len(chosen), sorted({question.why for question in chosen})
    (10, ['likeliest', 'random', 'uncertain'])
    """
    if not 0 <= random_share <= 1:
        raise ValueError(f"a share lies in [0, 1]: {random_share}")
    lots = np.random.default_rng(seed)
    left = sorted(candidates, key=lambda q: (q.call_id, q.span, q.criterion))
    size = min(size, len(left))
    chosen = _by_lot(left, round(size * random_share), threshold, lots)
    left = _without(left, chosen)
    unsure = sorted((q for q in left if q.machine), key=_distance_from(threshold))
    unsure = unsure[: (size - len(chosen) + 1) // 2]
    chosen += [replace(q, why="uncertain") for q in unsure]
    left = _without(left, unsure)
    likeliest = sorted((q for q in left if q.machine), key=lambda q: -(q.machine or 0.0))[: size - len(chosen)]
    chosen += [replace(q, why="likeliest") for q in likeliest]
    left = _without(left, likeliest)
    chosen += _diverse(left, size - len(chosen), [*known, *(q.text for q in chosen)], lots)
    return tuple(chosen[n] for n in lots.permutation(len(chosen)))


def _diverse(
    candidates: list[Question], number: int, anchors: list[str], lots: np.random.Generator
) -> list[Question]:
    """The questions the least like all anchors and each other; of very many, those drawn by lot are compared."""
    if len(candidates) > WEIGHED:
        candidates = [candidates[n] for n in sorted(lots.choice(len(candidates), WEIGHED, replace=False))]
    if len(anchors) > WEIGHED:
        anchors = [anchors[n] for n in lots.choice(len(anchors), WEIGHED, replace=False)]
    far = farthest_first([q.text for q in candidates], number, anchors)
    return [replace(candidates[n], why="diverse") for n in far]


def _by_lot(
    candidates: Sequence[Question], number: int, threshold: float, lots: np.random.Generator
) -> list[Question]:
    """The questions drawn by lot, half from what is claimed; where one half has too few, the other gives more."""
    claimed = [q for q in candidates if q.machine is not None and q.machine >= threshold]
    others = _without(candidates, claimed)
    of_claimed = min(len(claimed), max(number // 2, number - len(others)))
    drawn = []
    for half, wanted in ((claimed, of_claimed), (others, number - of_claimed)):
        for n in sorted(lots.choice(len(half), wanted, replace=False)) if wanted else ():
            drawn.append(replace(half[n], drawn=True, rate=wanted / len(half), why="random"))
    return drawn


def _without(candidates: Sequence[Question], taken: Iterable[Question]) -> list[Question]:
    gone = {(q.call_id, q.span, q.criterion) for q in taken}
    return [q for q in candidates if (q.call_id, q.span, q.criterion) not in gone]


def _distance_from(threshold: float) -> Callable[[Question], float]:
    return lambda q: abs((q.machine or 0.0) - threshold)


def farthest_first(texts: Sequence[str], number: int, anchors: Sequence[str] = ()) -> list[int]:
    """Positions of texts, each the least like all anchors and those before it.

    Examples
    --------
    >>> farthest_first(["我要投诉", "我要投诉你们", "水管漏水了"], 2)
    [0, 2]
    """
    if not texts or number <= 0:
        return []
    vectors = tf_idf([*texts, *anchors])
    own, nearest = vectors[: len(texts)], np.full(len(texts), -1.0, dtype=np.float32)
    for anchor in vectors[len(texts) :]:
        np.maximum(nearest, own @ anchor, out=nearest)
    picked: list[int] = []
    for _ in range(min(number, len(texts))):
        n = int(np.argmin(nearest))
        picked.append(n)
        np.maximum(nearest, own @ own[n], out=nearest)
        nearest[picked] = np.inf
    return picked


def tf_idf(texts: Sequence[str]) -> Matrix:
    """Hashed character n-grams, weighted by how rare they are: shape (len(texts), `FEATURES`), rows of length 1.

    A text without characters has a row of zeros.

    Examples
    --------
    >>> unit = tf_idf(["我要投诉", "我要投诉", ""])
    >>> unit.shape, round(float(unit[0] @ unit[1]), 3), float(unit[2].sum())
    ((3, 1024), 1.0, 0.0)
    """
    counts = np.zeros((len(texts), FEATURES), dtype=np.float32)
    for row, text in enumerate(texts):
        said = "".join(character for character in text if character.isalnum())
        grams = Counter(said[n : n + length] for length in GRAMS for n in range(len(said) - length + 1))
        for gram, times in grams.items():
            counts[row, _hashed(gram)] += 1 + np.log(times)
    seen_in = np.count_nonzero(counts, axis=0)
    weighted = counts * (np.log((1 + len(texts)) / (1 + seen_in)) + 1).astype(np.float32)
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    unit: Matrix = np.divide(weighted, lengths, out=np.zeros_like(weighted), where=lengths > 0)
    return unit


def _hashed(gram: str) -> int:
    """The same in every process, unlike `hash`.

    Examples
    --------
    >>> _hashed("投诉")
    695
    """
    value = 0
    for character in gram:
        value = (value * 1_000_003 + ord(character)) & 0xFFFFFFFF
    return (value ^ (value >> 15)) % FEATURES
