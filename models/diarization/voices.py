"""Voices as vectors: how one speaker sounds, and two speakers told apart by it.

`Embedder` is the seam; `Campplus` is CAM++ behind it. `two_voices` parts stretches of speech by their vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from speakerlab.models.campplus.DTDNN import CAMPPlus
from torchaudio.compliance import kaldi

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.voices import Vector, unit
from pipeline.timeline import Seconds, Span

NUM_SPEAKERS = 2
EMBEDDING_SIZE = 192
MIN_SAMPLES = SAMPLING_RATE // 10
LONG_STRETCH_S: Seconds = 1.0  # long enough to found a cluster on
FULL_WEIGHT_S: Seconds = 4.0  # a stretch counts by its length up to here
ROUNDS = 20
CHUNK_S: Seconds = 8.0  # embedded at a time; longer ones gain nothing
MOST_S: Seconds = 64.0  # of a speaker is listened to
LEAST_S: Seconds = 2.0  # below, a vector tells more of the words than of the voice


Embeddings = NDArray[np.float32]


class Embedder(Protocol):
    """Gives a voice as a vector. Used by one thread at a time."""

    name: str

    def embed(self, samples: NDArray[np.float32], spans: Sequence[Span]) -> Vector | None:
        """The voice in `spans` of samples float32 (n_samples,), 16 kHz, of unit length; None for too little."""
        ...


class Campplus:
    """CAM++ behind the seam.

    Parameters
    ----------
    network : CAMPPlus
        Ready to embed.
    name : str
        Model and revision, for provenance.
    """

    def __init__(self, network: CAMPPlus, name: str) -> None:
        self.name = name
        self._network = network

    @classmethod
    def from_file(cls, checkpoint: Path, name: str) -> Campplus:
        """One out of a checkpoint whose sha256 was verified: it is a pickle."""
        return cls(load_network(checkpoint), name)

    def embed(self, samples: NDArray[np.float32], spans: Sequence[Span]) -> Vector | None:
        """The voice in `spans`; see `Embedder`."""
        pieces = [samples[int(s.start * SAMPLING_RATE) : int(s.end * SAMPLING_RATE)] for s in spans]
        speech = np.concatenate(pieces)[: int(MOST_S * SAMPLING_RATE)] if pieces else np.zeros(0, np.float32)
        if len(speech) < LEAST_S * SAMPLING_RATE:
            return None
        chunks = np.array_split(speech, max(1, round(len(speech) / (CHUNK_S * SAMPLING_RATE))))
        return unit(np.stack([embed(self._network, chunk) for chunk in chunks]).sum(axis=0))


def load_network(checkpoint: Path) -> CAMPPlus:
    """The CAM++ network with its weights, ready to embed."""
    voices = CAMPPlus(feat_dim=80, embedding_size=EMBEDDING_SIZE)
    voices.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    return voices.eval()


def embed(voices: CAMPPlus, samples: NDArray[np.float32]) -> Embeddings:
    """The voice in `samples` as a unit vector, shape (EMBEDDING_SIZE,); zeros when there is too little sound."""
    if len(samples) < MIN_SAMPLES:
        return np.zeros(EMBEDDING_SIZE, np.float32)
    with torch.inference_mode():
        vector = voices(mel(torch.from_numpy(np.ascontiguousarray(samples)))[None])[0].numpy()
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def mel(samples: torch.Tensor) -> torch.Tensor:
    """Mean-free log mel bands, (n_frames, 80), as CAM++ was trained on."""
    bands: Any = kaldi.fbank(samples[None], num_mel_bins=80, sample_frequency=SAMPLING_RATE, dither=0.0)
    return torch.as_tensor(bands - bands.mean(0, keepdim=True))


def two_voices(
    embeddings: Embeddings, seconds: NDArray[np.float64], first_guess: NDArray[np.int_]
) -> NDArray[np.int_]:
    """Labels 0 and 1 that part the stretches into two voices.

    Spherical 2-means, weighted by length, from two starts: the pipeline's guess and an average-linkage tree over
    the long stretches; the one whose stretches lie closer to their own voice wins.

    Parameters
    ----------
    embeddings : ndarray, shape (n, EMBEDDING_SIZE), unit vectors
    seconds : ndarray, shape (n,)
    first_guess : ndarray of int, shape (n,)

    Examples
    --------
    >>> voices = np.eye(2, dtype=np.float32)[[0, 1, 1, 0]]
    >>> two_voices(voices, np.full(4, 2.0), np.array([0, 0, 0, 0])).tolist() in ([0, 1, 1, 0], [1, 0, 0, 1])
    True
    """
    weights = np.minimum(seconds, FULL_WEIGHT_S)
    starts = [first_guess]
    long = seconds >= min(LONG_STRETCH_S, float(np.sort(seconds)[-min(2, len(seconds))]))
    if long.sum() >= NUM_SPEAKERS:
        tree = linkage(embeddings[long], "average", metric="cosine")
        founded = fcluster(tree, NUM_SPEAKERS, "maxclust") - 1
        centres = _centres(embeddings[long], weights[long], founded)
        starts.append((embeddings @ centres.T).argmax(axis=1))
    solved = [_settle(embeddings, weights, start) for start in starts]
    return max(solved, key=lambda solution: solution[1])[0]


def _settle(
    embeddings: Embeddings, weights: NDArray[np.float64], labels: NDArray[np.int_]
) -> tuple[NDArray[np.int_], float]:
    for _ in range(ROUNDS):
        nearness = embeddings @ _centres(embeddings, weights, labels).T
        moved = nearness.argmax(axis=1)
        if (moved == labels).all():
            break
        labels = moved
    return labels, float((weights * nearness.max(axis=1)).sum())


def _centres(embeddings: Embeddings, weights: NDArray[np.float64], labels: NDArray[np.int_]) -> NDArray[np.float64]:
    """The mean direction of each voice, shape (2, EMBEDDING_SIZE); zeros for a voice nobody has."""
    sums = np.stack([(embeddings * (weights * (labels == n))[:, None]).sum(axis=0) for n in range(NUM_SPEAKERS)])
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(norms > 0, norms, 1.0))
