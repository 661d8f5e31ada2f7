"""What a telephone line makes of a clean clip: its band, the steps of A-law, and noise.

Knows samples; what is heard in them is asked elsewhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from pipeline.audio.audio import SAMPLING_RATE

BAND = butter(4, [300, 3400], "bandpass", fs=SAMPLING_RATE, output="sos")
CODING_LAW = 87.6  # of A-law (ITU-T G.711)
STEPS = 127
LOWEST_HZ = 30.0  # below which noise rises no further
SEED = 1

Samples = NDArray[np.float64]


def in_band(samples: Samples) -> Samples:
    """300 to 3400 Hz of samples at 16 kHz."""
    return np.asarray(sosfilt(BAND, samples), np.float64)


def a_law(samples: Samples) -> Samples:
    """Samples through the steps of A-law, clipped at full scale.

    Examples
    --------
    >>> a_law(np.array([0.0, 0.001, -0.5, 2.0])).round(4).tolist()
    [0.0, 0.001, -0.5018, 1.0]
    """
    size = np.minimum(np.abs(samples), 1.0)
    whole = 1 + np.log(CODING_LAW)
    law = np.where(size < 1 / CODING_LAW, CODING_LAW * size, 1 + np.log(np.maximum(CODING_LAW * size, 1))) / whole
    law = np.round(law * STEPS) / STEPS
    back = np.where(law < 1 / whole, law * whole / CODING_LAW, np.exp(law * whole - 1) / CODING_LAW)
    return np.asarray(np.sign(samples) * back, np.float64)


def on_a_telephone(samples: NDArray[np.float32], snr_db: float | None = None) -> NDArray[np.float32]:
    """A clip at 16 kHz as a telephone of 8 kHz hands it on, at 16 kHz again; with pink noise if a ratio is given.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
    snr_db : float | None
        The power of the clip above that of the noise, both in the band of the telephone.
    """
    said = in_band(samples.astype(np.float64))
    if snr_db is not None:
        noise = in_band(shaped(len(said), 0.5, SEED))
        said += noise * np.sqrt(np.mean(np.square(said)) / np.mean(np.square(noise))) * 10 ** (-snr_db / 20)
    narrow = a_law(resample_poly(said, 1, 2))
    return np.asarray(resample_poly(narrow, 2, 1)[: len(samples)], np.float32)


def shaped(num_samples: int, falling: float, seed: int) -> Samples:
    """Noise whose amplitude falls with the frequency to a power: 0 is white, 0.5 pink, 1 a low roar."""
    rng = np.random.default_rng(seed)
    hz = np.maximum(np.fft.rfftfreq(num_samples, 1 / SAMPLING_RATE), LOWEST_HZ)
    spectrum = (rng.standard_normal(len(hz)) + 1j * rng.standard_normal(len(hz))) / hz**falling
    return np.asarray(np.fft.irfft(spectrum, num_samples), np.float64)
