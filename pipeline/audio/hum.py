"""What the line adds below and between the voices: an offset, rumble, the hum of the mains; found and taken away.

Only what lasts goes: a ring-back tone, a note or a voice at the same pitch stays. A channel without such sounds is
left as it is, and one of hours is worked on in blocks and in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.audio.spool import release
from pipeline.timeline import Seconds

WINDOW_S: Seconds = 2.0  # tells pitches half a hertz apart
MOST_WINDOWS = 400  # are looked at, spread over the recording
LOWEST_VOICE_HZ = 75.0
LOUD_LOW = ((50, -50.0), (90, -40.0))
"""Percentile of the windows, and dB, above which what lies below any voice is taken away: lasting, or at times."""
LOW_SHARE = 0.5  # of the power up to `HIGHEST_HZ` in some window at least: white noise has a tenth
MAINS_HZ = (50, 60)
HIGHEST_HZ = 1000  # of the overtones of the mains
LINE_BINS, WANDER = 3, 0.003  # to either side of a line, and by how much of its pitch the mains wander
BESIDE_BINS = 20
STANDS_OUT_DB = 10.0  # of a line, above what is beside it
LASTING = (25, 50)  # percentiles of the windows: pauses between talk, or the half that hums
FAINTEST_LINE_DB = -80.0
FAINTEST_DB = -65.0  # of all lines together
FIRST, FEWEST = 3, 3
"""One of the first lines of the mains, or so many higher ones, are hum; a note of music has fewer."""

Samples = NDArray[np.float32]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hum:
    """Lasting sound that tells nothing.

    Parameters
    ----------
    low_db : float or None
        Level of what lies below any voice, an offset included; None where there is next to nothing.
    lines : tuple of (float, float)
        Pitch in hertz, and RMS, of each line of the mains that stands out.
    """

    low_db: float | None
    lines: tuple[tuple[int, float], ...]

    @property
    def lines_db(self) -> float:
        """Level of the lines together, in dB below full scale; -120 without any.

        Examples
        --------
        >>> Hum(None, ((50, 0.1), (150, 0.01))).lines_db, Hum(None, ()).lines_db
        (-20.0, -120.0)
        """
        return round(10 * float(np.log10(sum(rms**2 for _, rms in self.lines) + 1e-12)), 1)


def find_hum(samples: Samples) -> Hum | None:
    """The offset, rumble and hum that last through a channel; None for next to nothing.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel at 16 kHz.

    Examples
    --------
    >>> times = np.arange(10 * SAMPLING_RATE) / SAMPLING_RATE
    >>> hum = 0.02 + 0.1 * np.sin(2 * np.pi * 50 * times) + 0.03 * np.sin(2 * np.pi * 150 * times)
    >>> [(hz, round(rms, 3)) for hz, rms in find_hum(hum.astype(np.float32)).lines]
    [(50, 0.071), (150, 0.021)]
    """
    powers = [_powers(samples[start : start + _LENGTH]) for start in _some_starts(len(samples))]
    if not powers:
        return None
    spectra = np.stack(powers)
    border = int(LOWEST_VOICE_HZ * WINDOW_S)
    low, rest = spectra[:, :border].sum(axis=1) + 1e-12, spectra[:, border:].sum(axis=1)
    lows = [(float(np.percentile(10 * np.log10(low), percentile)), least) for percentile, least in LOUD_LOW]
    is_low = (low > LOW_SHARE * rest).any()
    low_db = max((round(db, 1) for db, least in lows if is_low and db > least), default=None)
    lasting = np.percentile(spectra, LASTING, axis=0)
    lines = max((_lines(usual, hz) for usual in lasting for hz in MAINS_HZ), key=_power)
    return Hum(low_db, lines) if lines or low_db is not None else None


def remove_hum(samples: Samples) -> Hum | None:
    """Take offset, rumble and hum out of a channel, in place; what was found.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        Changed where `find_hum` finds something; left alone otherwise.

    Examples
    --------
    >>> times = np.arange(10 * SAMPLING_RATE) / SAMPLING_RATE
    >>> hum = (0.1 + 0.1 * np.sin(2 * np.pi * 50 * times)).astype(np.float32)
    >>> remove_hum(hum).low_db, bool(np.abs(hum[16_000:-16_000]).max() < 1e-3)
    (-18.2, True)
    """
    hum = find_hum(samples)
    if hum is None:
        return None
    hop = _LENGTH // 2
    rest = np.zeros(hop)
    for start in range(-hop, len(samples), hop):
        window = np.zeros(_LENGTH)
        inside = samples[max(0, start) : start + _LENGTH]
        window[max(0, -start) : max(0, -start) + len(inside)] = inside
        kept = _without(hum, window)
        if start >= 0:
            here = samples[start : start + hop]
            here[:] = (rest + kept[:hop])[: len(here)]
            release(here)
        rest = kept[hop:]
    return hum


_LENGTH = int(WINDOW_S * SAMPLING_RATE)
_TAPER = np.hanning(_LENGTH + 1)[:-1]  # windows that overlap by half add up to one


def _some_starts(num_samples: int) -> Iterator[int]:
    starts = range(0, num_samples - _LENGTH + 1, _LENGTH // 2)
    return iter(starts[:: max(1, len(starts) // MOST_WINDOWS)])


def _powers(window: Samples) -> Reals:
    """The power of each half hertz up to a little above `HIGHEST_HZ`."""
    spectrum = np.fft.rfft(window * _TAPER)[: int(HIGHEST_HZ * WINDOW_S) + BESIDE_BINS + 1]
    powers = 2 * np.square(np.abs(spectrum)) / (_LENGTH * np.square(_TAPER).sum())
    powers[0] /= 2
    return np.asarray(powers)


def _lines(usual: Reals, mains_hz: int) -> tuple[tuple[int, float], ...]:
    """The lines of mains of a frequency in the usual spectrum of a channel; empty where they are no hum."""
    found = []
    for hz in range(mains_hz, HIGHEST_HZ + 1, mains_hz):
        at, bins = int(hz * WINDOW_S), _bins(hz)
        around = usual[at - BESIDE_BINS : at + BESIDE_BINS + 1]
        line = float(usual[bins].sum())
        noise = float(np.median(around)) * (bins.stop - bins.start)
        if line > 10 ** (FAINTEST_LINE_DB / 10) and line > 10 ** (STANDS_OUT_DB / 10) * noise:
            found.append((hz, line**0.5))
    lines = tuple(found)
    is_hum = len(lines) >= FEWEST or any(hz <= FIRST * mains_hz for hz, _ in lines)
    return lines if is_hum and _power(lines) > 10 ** (FAINTEST_DB / 10) else ()


def _bins(hz: int) -> slice:
    reach = LINE_BINS + round(WANDER * hz * WINDOW_S)
    return slice(int(hz * WINDOW_S) - reach, int(hz * WINDOW_S) + reach + 1)


def _power(lines: tuple[tuple[int, float], ...]) -> float:
    return sum(rms**2 for _, rms in lines)


def _without(hum: Hum, window: Reals) -> Reals:
    """A window, tapered, without the hum; at the pitch of a line only what is usual there is taken away."""
    spectrum = np.fft.rfft(window * _TAPER)
    if hum.low_db is not None:
        spectrum[: int(LOWEST_VOICE_HZ * WINDOW_S)] = 0.0
    scale = (_LENGTH * np.square(_TAPER).sum() / 2) ** 0.5
    for hz, rms in hum.lines:
        line = spectrum[_bins(hz)]
        heard = float(np.sqrt(np.square(np.abs(line)).sum())) / scale
        line *= max(0.0, 1 - 1.5 * rms / heard) if heard else 0.0
    return np.asarray(np.fft.irfft(spectrum, _LENGTH))
