"""The power and the peak of frames of equal length, block by block, and the runs of those that stand out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.spool import BLOCK_SAMPLES, blocks

FLOOR = 1e-12
"""Added to a power before it becomes a level: -120 dB for digital silence."""


def frame_power(samples: NDArray[np.float32], size: int) -> NDArray[np.float64]:
    """The mean power of each frame, shape (..., n_frames); what is left over at the end belongs to none.

    Parameters
    ----------
    samples : ndarray of float32, shape (..., n_samples)
    size : int
        Samples a frame.

    Examples
    --------
    >>> frame_power(np.array([1, 1, 0.5, 0.5, 9], np.float32), 2).tolist()
    [1.0, 0.25]
    """
    num_frames = samples.shape[-1] // size
    power = np.empty((*samples.shape[:-1], num_frames))
    at = 0
    for block in blocks(samples[..., : num_frames * size], max(1, BLOCK_SAMPLES // size) * size):
        frames = block.reshape(*block.shape[:-1], -1, size)
        end = at + frames.shape[-2]
        power[..., at:end] = np.mean(np.square(frames, dtype=np.float64), axis=-1)
        at = end
    return power


def frame_peak(samples: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The highest magnitude of each frame, shape (..., n_frames); the last frame may be shorter than the others.

    Examples
    --------
    >>> frame_peak(np.array([0.25, -1, 0.5], np.float32), 2).tolist()
    [1.0, 0.5]
    """
    num_frames = -(-samples.shape[-1] // size)
    peak = np.empty((*samples.shape[:-1], num_frames), np.float32)
    at = 0
    for block in blocks(samples, max(1, BLOCK_SAMPLES // size) * size):
        starts = np.arange(0, block.shape[-1], size)
        highest = np.maximum(  # no copy of the audio, as np.abs would make
            np.maximum.reduceat(block, starts, axis=-1), -np.minimum.reduceat(block, starts, axis=-1)
        )
        peak[..., at : at + len(starts)] = highest
        at += len(starts)
    return peak


def runs(active: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Each run of active frames, shape (n_runs, 2): the first of them, and the first behind them.

    Examples
    --------
    >>> runs(np.array([True, True, False, True])).tolist()
    [[0, 2], [3, 4]]
    """
    return np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
