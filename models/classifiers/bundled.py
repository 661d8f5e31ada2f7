"""The bundled classifier: from the turns of a call to what each may be, with probability and nearest example.

One model for everything that may be suspected. Every head is a vector of weights over the pieces of a sentence; the
kinds of fault share one probability, since the same words may be of two kinds. Trained in `bundling` on the seed
sentences alone: it has never heard a real call, so what it says costs nothing until people have confirmed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from models.classifiers.grams import said, vectors
from models.classifiers.sentences import sentences
from pipeline.findings.suspicion import suspicions
from pipeline.hearing.turns import Role

FILE, CARD = "bundled.npz", "bundled.json"
FAULT = "fault"
"""The head that says whether an agent's sentence is any fault at all."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bundled:
    """What was learned from the seed sentences.

    Parameters
    ----------
    columns : dict of str to int
        The column of each piece of a sentence.
    idf : ndarray, shape (n_columns,)
    heads : tuple of str
        `FAULT`, then names of suspicions.
    weights : ndarray, shape (n_columns, n_heads)
    offsets : ndarray, shape (n_heads,)
        Of the scores.
    calibration : dict of str to tuple of float
        Of each head that claims something, the factors by which its scores become log-odds: those of `FAULT` of its
        own score and the highest of its kinds, and a constant.
    thresholds : dict of str to float
        From which probability on it is claimed.
    version : str
        The hash of all of it.
    """

    columns: dict[str, int]
    idf: NDArray[np.float32]
    heads: tuple[str, ...]
    weights: NDArray[np.float32]
    offsets: Floats
    calibration: dict[str, tuple[float, ...]]
    thresholds: dict[str, float]
    version: str

    def scores(self, texts: Sequence[str]) -> Floats:
        """The score of each head, float64 (n_texts, n_heads)."""
        return np.asarray(vectors(texts, self.columns, self.idf) @ self.weights) + self.offsets

    def claims(self, texts: Sequence[str], role: Role) -> Iterator[dict[str, float]]:
        """Of each text of one party, the suspicions that reach their thresholds, with their probabilities.

        Of the kinds of fault only the likeliest is claimed.
        """
        for row in self.scores(texts) if texts else ():
            yield {
                name: probability
                for name, probability in self._probable(row, role)
                if probability >= self.thresholds[FAULT if suspicions()[name].is_fault else name]
            }

    def fault_odds(self, texts: Sequence[str]) -> Floats:
        """The log-odds that each sentence of an agent is a fault of any kind, float64 (n_texts,)."""
        return np.array([self._fault(row)[1] for row in self.scores(texts)])

    def _probable(self, row: Floats, role: Role) -> Iterator[tuple[str, float]]:
        """The likeliest kind of fault, and every other suspicion of the role, with their probabilities."""
        if role is Role.AGENT:
            kind, odds = self._fault(row)
            yield self.heads[kind], _probability(odds)
        for n, name in enumerate(self.heads):
            if name != FAULT and n not in self._kinds and suspicions()[name].speaker is role:
                yield name, _probability(self._odds(name, (row[n],)))

    def _fault(self, row: Floats) -> tuple[int, float]:
        """The likeliest kind of fault, and the log-odds of any."""
        kind = max(self._kinds, key=lambda n: row[n])
        return kind, self._odds(FAULT, (row[self.heads.index(FAULT)], row[kind]))

    def _odds(self, name: str, scores: Sequence[float]) -> float:
        *factors, constant = self.calibration[name]
        return float(constant + sum(factor * score for factor, score in zip(factors, scores, strict=True)))

    @cached_property
    def _kinds(self) -> tuple[int, ...]:
        return tuple(n for n, name in enumerate(self.heads) if name != FAULT and suspicions()[name].is_fault)

    def nearest(self, text: str, name: str) -> str:
        """The seed sentence of a suspicion that shares most pairs of characters with a text.

        Note
        ----
        Likeness by Dice (1945): twice what is shared over what both have.
        """
        own = _pairs(text)
        shared = (
            (2 * len(own & pairs) / (len(own) + len(pairs) or 1), -len(pairs), like)
            for pairs, like in _examples(name)
        )
        return max(shared, default=(0.0, 0, ""))[2]


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def _pairs(text: str) -> frozenset[str]:
    spoken = said(text)
    return frozenset(spoken[n : n + 2] for n in range(max(len(spoken) - 1, 1)))


@cache
def _examples(name: str) -> tuple[tuple[frozenset[str], str], ...]:
    return tuple((_pairs(each.text), each.text) for each in sentences() if name in each.holds)


def packed(model: Bundled) -> bytes:
    """The model as the bytes of its file, without its version."""
    told = {"heads": model.heads, "calibration": model.calibration, "thresholds": model.thresholds}
    scale = np.abs(model.weights).max(axis=0) / 127
    content = BytesIO()
    np.savez_compressed(
        content,
        pieces=np.frombuffer("\n".join(model.columns).encode(), np.uint8),
        idf=model.idf.astype(np.float16),
        weights=np.rint(model.weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        offsets=model.offsets,
        told=np.frombuffer(json.dumps(told).encode(), np.uint8),
    )
    return content.getvalue()


def read(content: bytes) -> Bundled:
    """The model of the bytes of its file."""
    with np.load(BytesIO(content), allow_pickle=False) as file:
        told = json.loads(file["told"].tobytes())
        pieces = file["pieces"].tobytes().decode().split("\n")
        return Bundled(
            columns={piece: n for n, piece in enumerate(pieces)},
            idf=file["idf"].astype(np.float32),
            heads=tuple(told["heads"]),
            weights=file["weights"].astype(np.float32) * file["scale"],
            offsets=file["offsets"],
            calibration={name: tuple(factors) for name, factors in told["calibration"].items()},
            thresholds=told["thresholds"],
            version=f"bundled-{hashlib.sha256(content).hexdigest()[:12]}",
        )


@cache
def bundled() -> Bundled:
    """The model that comes with callqa, loaded once a process."""
    return read((files("models.classifiers") / FILE).read_bytes())
