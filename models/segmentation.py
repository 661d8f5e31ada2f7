"""Which frames of a channel hold a voice, and which several, by pyannote's segmentation network.

It was trained on far rooms and noise, and hears a voice among them that neither energy nor silero finds; it also
takes tones and music for one, so whoever asks it asks somebody else too.
"""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.weights import find
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.errors import WeightsError
from pipeline.timeline import Seconds

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torchcodec finds no FFmpeg: harmless, waveforms are passed in memory
    from pyannote.audio import Model

FILE = "pytorch_model.bin"
WINDOW_S: Seconds = 10.0
"""That the network was trained on."""
BATCH = 8
FIRST_OF_TWO = 4
"""Of the classes of its powerset: nobody, one of three voices, and from here on two of them."""


class Segmentation:
    """The segmentation network, asked how probable a voice and two at once are in each frame.

    Parameters
    ----------
    model : pyannote.audio.Model
        Segmentation over a powerset of three voices, two of them at once at most.
    """

    def __init__(self, model: Model) -> None:
        self._model = model.eval()

    @classmethod
    def from_file(cls, path: Path) -> Segmentation:
        """One out of a checkpoint whose sha256 was verified: it is a pickle."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = Model.from_pretrained(str(path))
        if model is None:
            raise WeightsError(f"{path} holds no segmentation network")
        return cls(model)

    def voices(self, samples: NDArray[np.float32], frame_s: Seconds) -> NDArray[np.float64]:
        """The probabilities of a voice and of two at once, shape (2, n_frames), in frames of `frame_s`.

        Parameters
        ----------
        samples : ndarray of float32, shape (n_samples,)
            One channel at 16 kHz, heard in windows of `WINDOW_S` one after another.
        """
        size = round(WINDOW_S * SAMPLING_RATE)
        num_windows = max(1, -(-len(samples) // size))
        windows = np.pad(samples, (0, num_windows * size - len(samples))).reshape(num_windows, 1, size)
        found = []
        with torch.inference_mode():
            for first in range(0, num_windows, BATCH):
                found.append(self._model(torch.from_numpy(windows[first : first + BATCH])).exp().numpy())
        classes = np.concatenate(found)
        step = WINDOW_S / classes.shape[1]
        flat = classes.reshape(-1, classes.shape[2])
        at = (np.arange(round(len(samples) / SAMPLING_RATE / frame_s)) + 0.5) * frame_s
        centres = (np.arange(len(flat)) + 0.5) * step
        asked = (1.0 - flat[:, 0], flat[:, FIRST_OF_TWO:].sum(axis=1))
        return np.stack([np.interp(at, centres, each) for each in asked])


@cache
def pinned_segmentation() -> Segmentation:
    """The network of the cpu profile, loaded once.

    Raises
    ------
    WeightsError
        If it was not fetched; says which command to type.
    """
    pin = find("cpu", "segmentation")
    if pin is None:
        raise WeightsError("profile cpu pins no weights of kind segmentation")
    return Segmentation.from_file(pin.folder / FILE)
