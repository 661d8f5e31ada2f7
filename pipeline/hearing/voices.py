"""An agent's own voice: embeddings of calls whose roles are sure, and how near the voices of another call are.

Off unless a deployment asks for it: a voice print is personal data, is kept under the agent's id only, and can be
listed and forgotten (`callqa voices`). Knows vectors; not the network that makes them (`models.diarization`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.timeline import Seconds

LEAST_CONFIDENCE = 0.95  # of the roles, by other evidence than the voice: a mistake must not feed on itself
LEAST_SECONDS: Seconds = 10.0  # of the agent's speech in a call
LEAST_CALLS = 2
SAME_VOICE = 0.75
"""Least cosine of two calls with one voice. On telephone speech CAM++ gives one speaker 0.9 and more over calls of
one codec, but 0.5-0.6 from a codec to another, which is what two speakers of one line get."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """The voice of the agent in one call.

    Parameters
    ----------
    embedder : str
        The network that made the vector, with its revision; vectors of two embedders cannot be compared.
    speaker : int
        The channel, or the voice of the diarization.
    seconds : float
        Speech that the vector was made from.
    role_confidence : float
        Probability, without the voice as evidence, that this is the agent and not the customer, 0..1.
    vector : ndarray of float32, shape (n,)
        Of unit length.
    """

    recording_id: str
    embedder: str
    agent_id: str
    speaker: int
    seconds: Seconds
    role_confidence: float
    vector: Vector

    @property
    def enrols(self) -> bool:
        """Whether its roles are sure enough and it is long enough to stand for the agent.

        Examples
        --------
        >>> voice = Voice("R1", "campplus", "1001", 0, 30.0, 0.99, unit(np.array([1, 0], np.float32)))
        >>> voice.enrols, Voice("R2", "campplus", "1001", 0, 3.0, 0.99, voice.vector).enrols
        (True, False)
        """
        return self.role_confidence >= LEAST_CONFIDENCE and self.seconds >= LEAST_SECONDS


def enrolled(voices: Iterable[Voice], agent_id: str, embedder: str) -> Vector | None:
    """The voice that recurs in an agent's calls, of unit length; None while too few calls agree on one.

    A call that sounds like somebody else (a colleague on the same login) is left out; where more than half of the
    calls do, there is no voice to go by.

    Parameters
    ----------
    voices : iterable of Voice
        Those of other agents and embedders are not looked at.

    Examples
    --------
    >>> alike = [unit(np.array([1, y], np.float32)) for y in (0.1, -0.1)]
    >>> voices = [Voice(f"R{n}", "campplus", "1001", 0, 30.0, 0.99, vector) for n, vector in enumerate(alike)]
    >>> enrolled(voices, "1001", "campplus").round(6).tolist()
    [1.0, 0.0]
    """
    fit = [v for v in voices if v.enrols and v.agent_id == agent_id and v.embedder == embedder]
    if len(fit) < LEAST_CALLS:
        return None
    vectors = np.stack([voice.vector for voice in fit])
    central = vectors[(vectors @ vectors.T).sum(axis=1).argmax()]  # the call most like all others
    alike = vectors @ central >= SAME_VOICE
    if alike.sum() < max(LEAST_CALLS, len(fit) / 2):
        return None
    return unit(vectors[alike].sum(axis=0))


def own_voice(agent: Vector, voices: Sequence[Vector | None]) -> float:
    """By how much voice 0 is nearer to the agent's than voice 1: the difference of the cosines, -2..2.

    0.0 where either has said too little to have a voice.

    Examples
    --------
    >>> agent, other = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    >>> own_voice(agent, [agent, other]), own_voice(agent, [other, None])
    (1.0, 0.0)
    """
    first, second = voices
    if first is None or second is None:
        return 0.0
    return float(agent @ first - agent @ second)


def unit(vector: NDArray[np.float32]) -> Vector:
    """The vector at length 1; a vector of nought stays.

    Examples
    --------
    >>> unit(np.array([3, 4], np.float32)).tolist() == np.array([0.6, 0.8], np.float32).tolist()
    True
    """
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length else vector, dtype=np.float32)
