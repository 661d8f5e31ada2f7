"""Signals of the telephone network and its machines on one channel: tones that are neither talk nor music.

Knows call-progress and special information tones (ITU-T E.180), keyed digits (Q.23), fax (T.30, V.25) and the beeps
of recorders and answering machines; not how often it rang, which is `ringing`'s question.

A signal is told from a voice and from an instrument by what neither does: one or two lines of the spectrum hold
nearly all of the power, at frequencies that somebody standardised, and stay there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.audio.power import runs
from pipeline.timeline import Seconds, Span, union

FRAME_S: Seconds = 0.04  # Hann: two lines 70 Hz apart are told apart
HOP_S: Seconds = 0.01
BLOCK_S: Seconds = 60.0  # analysed at a time
BIN_HZ = 12.5  # of the padded spectrum
LOBE_HZ = 50.0  # to either side of a line
BAND_HZ = (200.0, 3600.0)
PURE = 0.88  # share of the power in the band that the lines hold
FAINTEST_DB = -52.0  # below full scale
SECOND_LINE = 0.06  # of the power of the first, from which a second line counts
SHORTEST_S: Seconds = 0.06  # keyed digits last that long
BESIDE_S: Seconds = 0.8
DRIFT_HZ = 12.0  # standard deviation of a line over a signal
HOLE_FRAMES = 2  # in a signal, spoilt by a click
NEIGHBOUR_S: Seconds = 0.12  # a tone so near that belongs to no signal makes a melody of it

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tone:
    """One or two frequencies that sound together, how far off each may be, and how long they last at least."""

    hz: tuple[float, ...]
    off_hz: float
    least: Seconds


DTMF_LOW, DTMF_HIGH = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
TONES = (
    Tone((450.0,), 27.0, 0.25),  # dial, busy, congestion, ringing, waiting in China; 425 and 440 Hz elsewhere
    Tone((950.0,), 50.0, 0.2),  # special information: 950, 1400, 1800 Hz
    Tone((1400.0,), 50.0, 0.2),  # and the recording beep
    Tone((1800.0,), 50.0, 0.2),
    Tone((1000.0,), 20.0, 0.15),  # beep of recorders, test tone
    Tone((1100.0,), 38.0, 0.3),  # a fax calls
    Tone((1300.0,), 20.0, 0.3),  # a modem calls
    Tone((2100.0,), 20.0, 0.3),  # a fax or modem answers
    Tone((350.0, 440.0), 10.0, 0.2),  # dial tone in North America
    Tone((440.0, 480.0), 10.0, 0.2),  # ringing there
    Tone((480.0, 620.0), 10.0, 0.15),  # busy there
    *(Tone((low, high), 0.025 * high, SHORTEST_S) for low in DTMF_LOW for high in DTMF_HIGH),
)


@dataclass(frozen=True, slots=True)
class _Lines:
    """The strongest line of each frame and the second beside it; a frequency of 0 where there is none."""

    first: Floats
    second: Floats

    def of(self, tone: Tone) -> NDArray[np.bool_]:
        """The frames in which a tone sounds, and nothing else."""
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        if len(tone.hz) == 1:
            low, wanted = np.where(low == 0, tone.hz[0], np.inf), (tone.hz[0], tone.hz[0])
        else:
            wanted = (tone.hz[0], tone.hz[1])
        near = (np.abs(low - wanted[0]) <= tone.off_hz) & (np.abs(high - wanted[1]) <= tone.off_hz)
        return np.asarray(near, np.bool_)


def find_signals(samples: Samples, sampling_rate: int = 16000) -> tuple[Span, ...]:
    """The stretches of one channel in which a signal sounds and nobody speaks, in order, in seconds.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel, full scale 1.
    sampling_rate : int
        In Hz, a multiple of 100.

    Examples
    --------
    >>> times = np.arange(3 * 16000) / 16000
    >>> busy = 0.1 * np.sin(2 * np.pi * 450 * times) * (times % 0.7 < 0.35)
    >>> [round(span.start, 1) for span in find_signals(busy.astype(np.float32))]
    [0.0, 0.7, 1.4, 2.1, 2.8]
    >>> find_signals((0.1 * np.sin(2 * np.pi * 523 * times)).astype(np.float32))  # a note is no signal
    ()
    """
    lines = _lines(samples, sampling_rate)
    return union(Span(a * HOP_S, (b - 1) * HOP_S + FRAME_S) for tone in TONES for a, b in _sounding(lines, tone))


def _sounding(lines: _Lines, tone: Tone) -> Iterator[tuple[int, int]]:
    """The frames, from one to the other, through which a tone sounds; short bursts only beside long ones."""
    single = len(tone.hz) == 1
    there = lines.of(tone)
    bursts = [
        (start, end)
        for start, end in _runs(there)
        if _seconds(start, end) >= SHORTEST_S
        and not (single and lines.first[start:end][there[start:end]].std() > DRIFT_HZ)
        and not (single and _in_melody(lines, start, end))
    ]
    long = [burst for burst in bursts if _seconds(*burst) >= tone.least]
    for start, end in bursts:
        if any(_seconds(min(end, b), max(start, a)) <= BESIDE_S for a, b in long):
            yield start, end


def _seconds(start: int, end: int) -> Seconds:
    """From one frame to the other; a frame is told by its middle, so a quarter of one is lost at either edge."""
    return (end - start) * HOP_S + FRAME_S / 2


def _in_melody(lines: _Lines, start: int, end: int) -> bool:
    """Whether a single tone goes over into another one, at a pitch that no signal has."""
    reach = round((NEIGHBOUR_S + FRAME_S) / HOP_S)
    beside = np.r_[lines.first[max(0, start - reach) : start], lines.first[end : end + reach]]
    notes = beside[beside > 0]
    foreign = [all(abs(hz - one) > tone.off_hz for tone in TONES for one in tone.hz) for hz in notes.tolist()]
    return sum(foreign) * HOP_S >= FRAME_S


def _runs(active: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Runs of active frames, holes of at most `HOLE_FRAMES` closed."""
    edges = runs(active)
    apart = np.flatnonzero(edges[1:, 0] - edges[:-1, 1] > HOLE_FRAMES) + 1
    for run in np.split(edges, apart) if len(edges) else ():
        yield int(run[0, 0]), int(run[-1, 1])


def _lines(samples: Samples, sampling_rate: int) -> _Lines:
    """The lines of every frame of `HOP_S`, block by block."""
    frame, hop = round(FRAME_S * sampling_rate), round(HOP_S * sampling_rate)
    num_frames = max(0, (len(samples) - frame) // hop + 1)
    first, second = np.zeros(num_frames), np.zeros(num_frames)
    per_block = round(BLOCK_S / HOP_S)
    for at in range(0, num_frames, per_block):
        until = min(at + per_block, num_frames)
        block = np.asarray(samples[at * hop : (until - 1) * hop + frame], np.float32)
        first[at:until], second[at:until] = _lines_of(sliding_window_view(block, frame)[::hop], sampling_rate)
    return _Lines(first, second)


def _lines_of(frames: Samples, sampling_rate: int) -> tuple[Floats, Floats]:
    """The frequencies, in Hz, of the two lines that hold nearly all of the power of each frame; 0 for none."""
    frame, size = frames.shape[1], round(sampling_rate / BIN_HZ)
    window = np.hanning(frame).astype(np.float32)
    low, high = (round(hz / BIN_HZ) for hz in BAND_HZ)
    power = np.abs(np.fft.rfft(frames * window, size)[:, low:high]) ** 2
    total = power.sum(axis=1)
    # A sine of amplitude a puts a^2 / 4 * sum(window^2) * size into its lobe.
    loud = total > 10 ** (FAINTEST_DB / 10) / 2 * np.square(window).sum() * size
    first, of_first = _strongest(power)
    power[np.abs(np.arange(high - low) - first[:, None]) <= LOBE_HZ / BIN_HZ] = 0.0
    second, of_second = _strongest(power)
    paired = of_second > SECOND_LINE * of_first
    pure = loud & (of_first + np.where(paired, of_second, 0.0) > PURE * total)
    return np.where(pure, (first + low) * BIN_HZ, 0.0), np.where(pure & paired, (second + low) * BIN_HZ, 0.0)


def _strongest(power: Floats) -> tuple[Floats, Floats]:
    """The strongest line of each spectrum: its place, in bins, as the centre of its lobe, and its power."""
    bins, reach = power.shape[1], round(LOBE_HZ / BIN_HZ)
    peak = power.argmax(axis=1)
    lobe = np.clip(peak[:, None] + np.arange(-reach, reach + 1), 0, bins - 1)
    held = np.take_along_axis(power, lobe, axis=1)
    energy = held.sum(axis=1)
    return (held * lobe).sum(axis=1) / np.maximum(energy, 1e-30), energy
