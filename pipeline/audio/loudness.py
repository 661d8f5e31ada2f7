"""How loud a channel is from instant to instant, and a channel whose parties are of like loudness.

One end of a line often comes through 20 to 30 dB lower than the other: networks that hear both in one window then
hear one of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.audio.power import FLOOR, frame_power
from pipeline.timeline import Seconds, Span

FRAME_S: Seconds = 0.01
SMOOTHED_FRAMES = 3
AROUND_S: Seconds = 0.5
"""To either side of an instant, in which its loudness is the highest level."""
LOUD_PERCENTILE = 95  # of the loudness of all speech: the louder party's
MOST_APART_DB = 12.0
"""Parties further apart are brought as near; usual ones stay as they are, to the last sample."""
MOST_GAIN_DB = 30.0


def levels_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The level of each frame of `FRAME_S`, smoothed over its neighbours, in dB below full scale.

    Examples
    --------
    >>> levels_db(np.full(480, 0.1, np.float32)).round(1).tolist()
    [-21.8, -20.0, -21.8]
    """
    power = frame_power(samples, round(SAMPLING_RATE * FRAME_S))
    if len(power) >= SMOOTHED_FRAMES:
        power = np.convolve(power, np.full(SMOOTHED_FRAMES, 1 / SMOOTHED_FRAMES), mode="same")
    return np.asarray(10 * np.log10(power + FLOOR))


def loudness_db(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The loudness around each frame, out of the levels of all."""
    width = round(AROUND_S / FRAME_S)
    return np.asarray(uniform_filter1d(maximum_filter1d(levels, 2 * width + 1), width))


def even(samples: NDArray[np.float32], speech: Sequence[Span]) -> NDArray[np.float32]:
    """A channel whose fainter voices are raised to `MOST_APART_DB` below the loud one.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel at 16 kHz; returned as it is where no voice is so faint.
    speech : sequence of Span
        Where somebody speaks.

    Examples
    --------
    >>> voice = 0.1 * np.random.default_rng(1).standard_normal(80_000).astype(np.float32)
    >>> voice[40_000:] *= 0.03
    >>> raised = even(voice, [Span(0.0, 2.0), Span(3.0, 5.0)])
    >>> gain = raised[-9] / voice[-9]
    >>> round(20 * np.log10(gain)), round(float(np.std(raised[60_000:]) / np.std(raised[:20_000])), 2)
    (18, 0.25)
    """
    loudness = loudness_db(levels_db(samples))
    spoken = [loudness[round(span.start / FRAME_S) : round(span.end / FRAME_S)] for span in speech]
    if not any(map(len, spoken)):
        return samples
    target = float(np.percentile(np.concatenate(spoken), LOUD_PERCENTILE)) - MOST_APART_DB
    if target <= min(float(np.median(each)) for each in spoken if len(each)):
        return samples
    gain = np.clip(target - loudness, 0.0, MOST_GAIN_DB)
    raised = samples.copy()
    for span in speech:
        at = slice(round(span.start * SAMPLING_RATE), min(round(span.end * SAMPLING_RATE), len(samples)))
        frames = np.arange(at.start, at.stop) / (SAMPLING_RATE * FRAME_S) - 0.5
        raised[at] *= 10 ** (np.interp(frames, np.arange(len(gain)), gain) / 20)
    return raised
