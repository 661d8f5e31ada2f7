"""What one channel picks up of the other: found as a path of delays and gains, and taken away.

A party's voice comes back in the other party's channel through earpiece, hybrid or conference bridge: late by up to
`LATEST_S`, 10 to 35 dB fainter, coloured. A path is estimated by weighted least squares over the whole call, and
its echo is subtracted: what the other party says at the same time stays. Without a path nothing is changed.

A recording of hours is worked on in blocks and in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio
from pipeline.audio.spool import release
from pipeline.timeline import Seconds

EARLIEST_S, LATEST_S = 0.02, 0.45  # before and after the source, within which its echo is looked for
BLOCK_S: Seconds = 8.0
FRAME = SAMPLING_RATE // 50  # 20 ms, of which powers are compared
LEAD_S, TAIL_S = 0.004, 0.028  # of an echo around its strongest delay
MOST_ECHOES = 4
BAND_HZ = (150.0, 3500.0)
STANDS_OUT = 12.0
"""A delay counts when its correlation is so many times the usual one of all delays."""
LOUDEST_DB = -5.0
"""Of a leak beside its source; what is louder is no leak, but the same sound on both channels."""
SMOOTHING = 1e-3  # of the power of the source, so that bands without sound cannot blow up a path
SILENT = 1e-12  # power
DEAD = 1e-10  # power of what changes from sample to sample
RESIDUE_MARGIN = 4.0
"""As power, above what is usually left of an echo, below which what is left counts as residue."""

Samples = NDArray[np.float32]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """How the sound of one channel comes to the other.

    Parameters
    ----------
    taps : ndarray of float64, shape (n_taps,)
        The echo of one click, at `SAMPLING_RATE`.
    first : int
        The delay of the first tap in samples; negative where the echo comes first.
    strength : float
        How far the correlation at its delay stands out of that at all others.
    """

    taps: Reals
    first: int
    strength: float

    @property
    def delay(self) -> Seconds:
        """The delay of the strongest tap.

        Examples
        --------
        >>> Path(np.array([0.0, 0.1]), 799, 20.0).delay
        0.05
        """
        return (self.first + int(np.abs(self.taps).argmax())) / SAMPLING_RATE

    @property
    def gain_db(self) -> float:
        """How loud the echo is beside its source.

        Examples
        --------
        >>> round(Path(np.array([0.0, 0.1]), 0, 20.0).gain_db)
        -20
        """
        return float(10 * np.log10(np.square(self.taps).sum() + SILENT))

    def echo(self, source: Samples, start: int, end: int) -> Reals:
        """What arrives of `source` in the samples ``[start, end)`` of the other channel."""
        last = self.first + len(self.taps) - 1
        heard = _padded(source, start - last, end - self.first)
        size = _fft_size(len(heard))
        spectrum = np.fft.rfft(heard, size) * np.fft.rfft(self.taps, size)
        return np.asarray(np.fft.irfft(spectrum, size)[len(self.taps) - 1 : len(self.taps) - 1 + end - start])


def remove_leaks(audio: Audio) -> tuple[Path | None, ...]:
    """Take out of each of two channels what leaks into it from the other one, in place.

    Parameters
    ----------
    audio : ndarray of float32, shape (2, n_samples)
        Changed where a leak is found; left alone otherwise.

    Returns
    -------
    tuple of Path or None
        For each channel how the other one leaks into it; empty unless there are two channels.

    Examples
    --------
    >>> voice, line = np.random.default_rng(1).standard_normal((2, 10 * SAMPLING_RATE)) * [[0.1], [1e-4]]
    >>> voice *= np.repeat([1, 0, 1, 0, 1], 2 * SAMPLING_RATE)
    >>> audio = np.stack([voice, line + 0.1 * np.roll(voice, 1600)]).astype(np.float32)
    >>> paths = remove_leaks(audio)
    >>> paths[0], round(paths[1].delay, 2), round(paths[1].gain_db), bool(np.std(audio[1]) < 2e-3)
    (None, 0.1, -20, True)
    """
    if len(audio) != 2:
        return ()
    paths = tuple(find_path(audio[1 - n], audio[n], LOUDEST_DB) for n in (0, 1))
    residues = [_Residue.of(audio[1 - n], audio[n], path) if path else None for n, path in enumerate(paths)]
    if not any(paths):
        return paths
    reach = round(LATEST_S * SAMPLING_RATE) + _REACH
    past = audio[:, :0].copy()
    for start, end in _blocks(audio.shape[1]):
        sound = np.concatenate(
            (past, audio[:, start : end + _REACH]), axis=1
        )  # as it was: a source may be changed too
        at = past.shape[1]
        for n, residue in enumerate(residues):
            if residue:
                audio[n, start:end] = residue.without_echo(sound[1 - n], sound[n], at, at + end - start)
        past = sound[:, : at + end - start][:, -reach:]
        release(audio[:, start:end])
    return paths


def find_path(source: Samples, target: Samples, loudest_db: float, earliest: Seconds = EARLIEST_S) -> Path | None:
    """How the sound of `source` comes to `target`; None where it does not.

    Parameters
    ----------
    source, target : ndarray of float32, shape (n_samples,)
    loudest_db : float
        What is louder beside its source is not taken for an echo.
    earliest : float
        Seconds before the source in which an echo is looked for too.

    Examples
    --------
    >>> one, other = np.random.default_rng(1).standard_normal((2, 48_000)).astype(np.float32)
    >>> find_path(one, other, 0.0) is None
    True
    """
    lags = (-round(earliest * SAMPLING_RATE), round(LATEST_S * SAMPLING_RATE))
    path = None
    for _ in range(MOST_ECHOES):
        correlation = _correlation(source, target, path, lags)
        at, strength = _peak(correlation)
        if strength < STANDS_OUT:
            break
        echo = _fitted(source, target, path, lags[0] + at)
        joined = _joined(path, echo, strength)
        if joined.gain_db > loudest_db:
            break
        path = joined
    return path


_LEAD, _TAIL = round(LEAD_S * SAMPLING_RATE), round(TAIL_S * SAMPLING_RATE)
_REACH = round(EARLIEST_S * SAMPLING_RATE) + _LEAD  # samples that an echo may come before its source


def _correlation(source: Samples, target: Samples, path: Path | None, lags: tuple[int, int]) -> Reals:
    """The whitened correlation of target and source at each lag from the first to the last of `lags`."""
    low, high = lags
    size = _fft_size(round(BLOCK_S * SAMPLING_RATE) + high - low)
    cross, power, other = np.zeros(size // 2 + 1, np.complex128), np.zeros(size // 2 + 1), np.zeros(size // 2 + 1)
    for start, end in _blocks(len(target)):
        left, weights = _weighed(source, target, path, start, end)
        if not weights.any():
            continue
        theirs = np.fft.rfft(_padded(source, start - high, end - low), size)
        ours = np.fft.rfft(np.sqrt(weights) * left, size)
        cross += np.conj(ours) * theirs
        power += np.square(np.abs(theirs))
        other += np.square(np.abs(ours))
    hz = np.fft.rfftfreq(size, 1 / SAMPLING_RATE)
    cross[(hz < BAND_HZ[0]) | (hz > BAND_HZ[1])] = 0.0
    whitened = cross / np.sqrt(power * other + SILENT)
    return np.asarray(np.fft.irfft(whitened, size)[: high - low + 1][::-1])


def _peak(correlation: Reals) -> tuple[int, float]:
    """The position of the strongest correlation, and how far it stands out of the usual one."""
    sizes = np.abs(correlation)
    usual = float(np.median(sizes)) / 0.6745
    at = int(sizes.argmax())
    return at, float(sizes[at]) / usual if usual > 0 else 0.0


def _fitted(source: Samples, target: Samples, path: Path | None, delay: int) -> Path:
    """The echo around a delay by least squares, each frame weighed by how little else sounds in it."""
    first, num = delay - _LEAD, _LEAD + _TAIL
    cross, own = np.zeros(num), np.zeros(num)
    size = _fft_size(round(BLOCK_S * SAMPLING_RATE) + num)
    for start, end in _blocks(len(target)):
        left, weights = _weighed(source, target, path, start, end)
        if not weights.any():
            continue
        heard = _padded(source, start - first - num + 1, end - first)
        spectrum = np.fft.rfft(heard, size)
        ours = np.fft.rfft(weights * left, size)
        cross += np.fft.irfft(np.conj(ours) * spectrum, size)[:num][::-1]
        # The weights change slowly beside the length of an echo, so the equations are those of a stationary source.
        middle = heard[_TAIL - 1 : _TAIL - 1 + end - start]
        own += np.fft.irfft(np.square(np.abs(np.fft.rfft(np.sqrt(weights) * middle, size))), size)[:num]
    own[0] = own[0] * (1 + SMOOTHING) + SILENT
    lag = np.abs(np.arange(num)[:, None] - np.arange(num))
    return Path(np.linalg.solve(own[lag], cross), first, 0.0)


def _joined(path: Path | None, echo: Path, strength: float) -> Path:
    """Both echoes as one path."""
    if path is None:
        return Path(echo.taps, echo.first, strength)
    first = min(path.first, echo.first)
    taps = np.zeros(max(path.first + len(path.taps), echo.first + len(echo.taps)) - first)
    for each in (path, echo):
        taps[each.first - first : each.first - first + len(each.taps)] += each.taps
    return Path(taps, first, path.strength)


def _weighed(source: Samples, target: Samples, path: Path | None, start: int, end: int) -> tuple[Reals, Reals]:
    """The target without the echo known so far, and the weight of each sample: one over what sounds there.

    Where the target is the louder one it speaks itself, and has no weight; nor has it where its line is dead.
    """
    left = target[start:end].astype(np.float64)
    if path is not None:
        left -= path.echo(source, start, end)
    ours = _powers(left)
    frames = len(ours)
    reach = round(LATEST_S * SAMPLING_RATE) // FRAME
    theirs = _powers(_padded(source, start - reach * FRAME, start + frames * FRAME))
    lately = sliding_window_view(theirs, reach + 1).max(axis=1)[:frames]
    alive = _powers(np.diff(left, prepend=left[:1])) > DEAD
    weights = np.where(alive & (lately > 2 * ours), 1 / (ours + SILENT), 0.0)
    return left, np.repeat(weights, FRAME)[: len(left)]


@dataclass(frozen=True, slots=True)
class _Residue:
    """What is left of an echo when its path is subtracted, as codecs and rooms are no filters."""

    path: Path
    share: float  # of the power of the echo that is usually left
    noise: float  # power of the line

    @classmethod
    def of(cls, source: Samples, target: Samples, path: Path) -> _Residue:
        echoes, rests, powers = [], [], []
        for start, end in _blocks(len(target)):
            echo = path.echo(source, start, end)
            ours = target[start:end]
            echoes.append(_powers(echo))
            rests.append(_powers(ours - echo))
            powers.append(_powers(ours))
        echo, rest, power = (np.concatenate(each) for each in (echoes, rests, powers))
        noise = float(np.percentile(power, 10))
        clear = echo > 4 * noise + SILENT
        share = float(np.median(np.maximum(0.0, rest[clear] - noise) / echo[clear])) if clear.any() else 0.0
        return cls(path, min(share, 1.0), noise)

    def without_echo(self, source: Samples, target: Samples, start: int, end: int) -> Samples:
        """The samples ``[start, end)`` of the target without the echo; what is left of it as faint as the line."""
        echo = self.path.echo(source, start, end)
        rest = target[start:end] - echo
        residue = RESIDUE_MARGIN * self.share * _powers(echo)
        power = _powers(rest) + SILENT
        gain = np.sqrt(np.clip(np.maximum(self.noise / power, 1 - residue / power), 0.0, 1.0))
        at = (np.arange(len(gain)) + 0.5) * FRAME
        return np.asarray(rest * np.interp(np.arange(len(rest)), at, gain), np.float32)


def _blocks(num_samples: int) -> Iterator[tuple[int, int]]:
    length = round(BLOCK_S * SAMPLING_RATE)
    return ((start, min(start + length, num_samples)) for start in range(0, num_samples, length))


def _powers(samples: Samples | Reals) -> Reals:
    """Mean power of each frame of `FRAME` samples, a last shorter one filled up with silence."""
    padded = np.pad(np.asarray(samples, np.float64), (0, -len(samples) % FRAME)).reshape(-1, FRAME)
    return np.asarray(np.square(padded).mean(axis=1))


def _padded(samples: Samples | Reals, start: int, end: int) -> Samples | Reals:
    """The samples ``[start, end)``, silence where there are none."""
    inside = samples[max(0, start) : max(0, end)]
    outside = max(0, min(end, 0) - start), max(0, end - max(start, len(samples)))
    return np.concatenate((np.zeros(outside[0], inside.dtype), inside, np.zeros(outside[1], inside.dtype)))


def _fft_size(length: int) -> int:
    return 1 << (length - 1).bit_length()
