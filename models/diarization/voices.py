"""Voices as vectors: how one speaker sounds, and two speakers told apart by it.

`Embedder` is the seam; `Campplus` is CAM++ behind it. `count_voices` parts stretches of speech by their vectors
into as many voices as there are; `two_voices` parts them into two.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
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
APART = 0.70
"""Cosine of two voices of a recording below which they are two. The parties of 24 synthetic calls have 0.69 at most
and the halves of one voice 0.83 at least; pieces of real read clips 0.54 at most and 0.68 at least."""
ONE = 0.80
"""Cosine above which what was taken for two parties of a mix is one."""
LEAST_VOICE_S: Seconds = 3.0  # of speech that found a voice of its own
MOST_VOICES = 6


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


def count_voices(
    embeddings: Embeddings, seconds: NDArray[np.float64], labels: NDArray[np.int_]
) -> NDArray[np.int_]:
    """The labels with every voice parted that is two, numbered by who speaks first.

    Parameters
    ----------
    embeddings : ndarray, shape (n, EMBEDDING_SIZE), unit vectors
    seconds : ndarray, shape (n,)
    labels : ndarray of int, shape (n,)
        All nought for what ought to be one voice; nought and one for the two parties of a mix, which are one where
        they sound so.

    Examples
    --------
    >>> voices, seconds = np.eye(3, dtype=np.float32)[[2, 2, 0, 1, 0]], np.full(5, 4.0)
    >>> count_voices(voices, seconds, np.zeros(5, int)).tolist()
    [0, 0, 1, 2, 1]
    >>> count_voices(voices[:2], seconds[:2], np.array([1, 0])).tolist()
    [0, 0]
    """
    labels, weights = labels.copy(), np.minimum(seconds, FULL_WEIGHT_S)
    if labels.any() and _is_two(embeddings, seconds, labels, ONE) is False:
        labels[:] = 0
    waiting = sorted(set(labels.tolist()))
    while waiting and labels.max() + 1 < MOST_VOICES:
        own = np.flatnonzero(labels == waiting.pop())
        if len(own) < NUM_SPEAKERS:
            continue
        parted = two_voices(embeddings[own], seconds[own], np.arange(len(own)) % NUM_SPEAKERS)
        if _is_two(embeddings[own], seconds[own], parted, APART):
            waiting += [int(labels[own[0]]), int(labels.max() + 1)]
            labels[own[parted == 1]] = labels.max() + 1
    centres = _centres(embeddings, weights, labels, int(labels.max()) + 1)
    if len(centres) > NUM_SPEAKERS:
        labels = (embeddings @ centres.T).argmax(axis=1)
    order = list(dict.fromkeys(labels.tolist()))
    return np.array([order.index(label) for label in labels.tolist()], int)


def _is_two(
    embeddings: Embeddings, seconds: NDArray[np.float64], labels: NDArray[np.int_], apart: float
) -> bool | None:
    """Whether the voices labelled nought and one are two; None where one of them says too little to tell."""
    if min(seconds[labels == n].sum() for n in range(NUM_SPEAKERS)) < LEAST_VOICE_S:
        return None
    one, other = _centres(embeddings, np.minimum(seconds, FULL_WEIGHT_S), labels)
    return bool(one @ other < apart)


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


def _centres(
    embeddings: Embeddings, weights: NDArray[np.float64], labels: NDArray[np.int_], num: int = NUM_SPEAKERS
) -> NDArray[np.float64]:
    """The mean direction of each voice, shape (num, EMBEDDING_SIZE); zeros for a voice nobody has."""
    sums = np.stack([(embeddings * (weights * (labels == n))[:, None]).sum(axis=0) for n in range(num)])
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(norms > 0, norms, 1.0))


def voices_of_channel(samples: NDArray[np.float32], spans: Sequence[Span], embedder: Embedder) -> tuple[int, ...]:
    """The voice of each span of a channel that ought to hold one, counted from nought by who speaks first.

    Spans too short to tell are taken together with what is nearest in time.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,), 16 kHz

    Examples
    --------
    >>> class Loudness:
    ...     name = "loudness"
    ...     def embed(self, samples, spans):
    ...         return np.eye(2, dtype=np.float32)[int(samples[int(spans[0].start * 16000)] > 0)]
    >>> samples = np.repeat(np.array([0, 1], np.float32), 5 * 16000)
    >>> voices_of_channel(samples, [Span(0, 4), Span(4.1, 4.4), Span(5, 9)], Loudness())
    (0, 0, 1)
    """
    groups = _long_enough([[span] for span in spans])
    vectors = [embedder.embed(samples, group) for group in groups]
    told = [n for n, vector in enumerate(vectors) if vector is not None]
    if len(told) < NUM_SPEAKERS:
        return (0,) * len(spans)
    labels = count_voices(
        np.stack([vector for vector in vectors if vector is not None]),
        np.array([sum(span.duration for span in groups[n]) for n in told]),
        np.zeros(len(told), int),
    )
    voices = {span: voice for n, voice in zip(told, labels.tolist(), strict=True) for span in groups[n]}
    return tuple(voices[min(voices, key=lambda other: (other.gap(span), other))] for span in spans)


def _long_enough(groups: list[list[Span]]) -> list[list[Span]]:
    """The groups, each too short for a voice put together with the one that is nearer in time."""
    groups = list(groups)
    while len(groups) > 1:
        seconds = [sum(span.duration for span in group) for group in groups]
        n = seconds.index(min(seconds))
        if seconds[n] >= LEAST_S:
            break
        gaps = [one[-1].gap(other[0]) for one, other in pairwise(groups)]
        first = n - 1 if n == len(gaps) or (n > 0 and gaps[n - 1] <= gaps[n]) else n
        groups[first : first + 2] = [groups[first] + groups[first + 1]]
    return groups
