"""How one speaker sounds, as a vector. `Embedder` is the seam; `Campplus` is CAM++ behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from speakerlab.models.campplus.DTDNN import CAMPPlus

from models.diarization import embed, load_voices
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.voices import Vector, unit
from pipeline.timeline import Seconds, Span

CHUNK_S: Seconds = 8.0  # embedded at a time; longer ones gain nothing
MOST_S: Seconds = 64.0  # of a speaker is listened to
LEAST_S: Seconds = 2.0  # below, a vector tells more of the words than of the voice


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
        return cls(load_voices(checkpoint), name)

    def embed(self, samples: NDArray[np.float32], spans: Sequence[Span]) -> Vector | None:
        """The voice in `spans`; see `Embedder`."""
        pieces = [samples[int(s.start * SAMPLING_RATE) : int(s.end * SAMPLING_RATE)] for s in spans]
        speech = np.concatenate(pieces)[: int(MOST_S * SAMPLING_RATE)] if pieces else np.zeros(0, np.float32)
        if len(speech) < LEAST_S * SAMPLING_RATE:
            return None
        chunks = np.array_split(speech, max(1, round(len(speech) / (CHUNK_S * SAMPLING_RATE))))
        return unit(np.stack([embed(self._network, chunk) for chunk in chunks]).sum(axis=0))
