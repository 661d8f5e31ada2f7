"""The ring-back tone in the audio, ring by ring.

Knows the Chinese ring-back tone (ITU-T E.180, supplement 2); not who answered, which is `turns`' knowledge.

A ring is found by what nothing else in a call does: it keeps one pitch and one loudness for a whole second.
Summed in phase over 0.8 s, speech or music on top of it averages out, so a ring is heard under both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from pipeline.timeline import Seconds, Span

RING_HZ = 450.0
RING_SECONDS: Seconds = 1.0
PERIOD_SECONDS: Seconds = 5.0
"""From the start of a ring to the start of the next."""
HEAD_SECONDS: Seconds = 20.0
"""The first ring starts within this time; later ringing is a transfer, not ring-to-answer."""
LONGEST_RINGING: Seconds = 120.0
"""Nothing after this time is looked at: exchanges give up earlier."""

TOLERANCE = 0.10  # of the cadence: of a ring and of a period
EDGE_SLACK: Seconds = 0.05  # by which speech over a ring moves its edges
PITCH_RANGE_HZ = 26.0  # +-25 Hz, and 1 Hz for measuring it
SAME_PITCH_HZ = 2.0
SAME_LEVEL = 10 ** (3 / 20)  # within 3 dB, as a ratio of amplitudes
FAINTEST = 10 ** (-42 / 20)  # RMS of full scale; ring-back comes at -30 dB or more
QUIET = 0.1  # power beside the tone, relative to the tone

FRAMES = 200  # a second: the rate of the baseband
WINDOW = 160  # frames summed in phase: 0.8 s fit into the shortest ring

Baseband = NDArray[np.complex64]
"""A channel with 450 Hz turned down to 0 Hz, +-50 Hz of it, 200 frames a second; a tone is as large as its RMS."""


@dataclass(frozen=True, slots=True)
class Ringback:
    """The ringing recorded at the head of a call: one span a ring, in order, in seconds."""

    bursts: tuple[Span, ...]

    @property
    def rings(self) -> int:
        """The number of rings, a last one cut off by the answer included.

        Examples
        --------
        >>> Ringback((Span(0.5, 1.5), Span(5.5, 6.5))).rings
        2
        """
        return len(self.bursts)


def find_ringback(audio: NDArray[np.float32], sampling_rate: int = 16000) -> Ringback:
    """The ringing at the head of a recording, ring by ring; empty when none was recorded.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        Each channel is listened to by itself; the one with the most rings counts.
    sampling_rate : int
        In Hz, a multiple of 200.

    Raises
    ------
    ValueError
        If `sampling_rate` is no multiple of 200 Hz.

    Notes
    -----
    Two rings in cadence are ringing, whatever sounds over them. A ring alone must be a clean tone with quiet
    beside it; one shorter than a second (cut by the answer) must also be the first sound of the recording.

    Examples
    --------
    >>> times = np.arange(7 * 16000) / 16000
    >>> tone = 0.1 * np.sin(2 * np.pi * 450 * times) * (times % 5 < 1)
    >>> find_ringback(tone[None].astype(np.float32)).rings
    2
    """
    if sampling_rate % FRAMES:
        raise ValueError(f"{sampling_rate} Hz: resample to a multiple of {FRAMES} Hz, such as 16000 Hz")
    heads = audio[:, : round(LONGEST_RINGING * sampling_rate)]
    trains = (_Channel(head, sampling_rate, _baseband(head, sampling_rate)).first_train() for head in heads)
    return Ringback(max(trains, key=len, default=()))


@dataclass(frozen=True, slots=True)
class _Tone:
    """A pitch that stands out in the `WINDOW` frames from `start` on."""

    start: int  # frame
    hz: float
    level: float  # RMS

    def matches(self, other: _Tone) -> bool:
        """Whether both have the same pitch and the same loudness."""
        as_loud = 1 / SAME_LEVEL < self.level / other.level < SAME_LEVEL
        return as_loud and abs(self.hz - other.hz) < SAME_PITCH_HZ


@dataclass(frozen=True, slots=True)
class _Channel:
    """One channel, as recorded and as baseband."""

    samples: NDArray[np.float32]
    sampling_rate: int  # Hz
    baseband: Baseband

    def first_train(self) -> tuple[Span, ...]:
        """The rings of the first ringing, in order; empty without any."""
        tones = _tones(self.baseband)
        for tone in tones:
            if tone.start > HEAD_SECONDS * FRAMES:
                break
            if first := self._burst(tone):
                alike = (self._burst(other) for other in tones if other.matches(tone))
                rings = self._in_cadence(first, tone, [burst for burst in alike if burst])
                is_train = sum(self._is_note(ring, tone) for ring in rings) * 2 <= len(rings) > 1
                if is_train or (rings == [first] and self._is_first_sound(first, tone)):
                    return self._completed(rings, tone)
        return self._cut_at_once()

    def _in_cadence(self, first: Span, tone: _Tone, bursts: Sequence[Span]) -> list[Span]:
        """The rings from `first` on, up to where its like is missing or comes too early."""
        rings = [first]
        while True:
            expected, slack = _expected(rings)
            near = [burst for burst in bursts if rings[-1].end <= burst.start <= expected.start + slack]
            is_hidden = not near and len(rings) > 1 and self._is_heard(expected, tone)
            if not is_hidden and (not near or near[0].start < expected.start - slack):
                return rings
            rings.append(expected if is_hidden else near[0])

    def _completed(self, rings: list[Span], tone: _Tone) -> tuple[Span, ...]:
        """The rings, with hidden ones before them and a last one cut short by the answer."""
        expected, slack = _expected(rings)
        cut = self._cut_ring(tone, expected.start - slack, expected.start + slack)
        period = expected.start - rings[-1].start
        while len(rings) > 1 and rings[0].start > 0 and self._is_heard(rings[0].shift(-period), tone):
            earlier = rings[0].shift(-period)
            rings = [Span(max(0.0, earlier.start), earlier.end), *rings]
        return (*rings, cut) if cut else tuple(rings)

    def _is_heard(self, ring: Span, tone: _Tone) -> bool:
        """Whether the tone lasts from start to end of the ring and not beyond, whatever else sounds."""
        inside = self._still(ring, tone)
        if len(inside) < 0.2 * FRAMES or ring.end * FRAMES > len(self.baseband):
            return False
        mean = complex(inside.mean())
        as_loud = 1 / SAME_LEVEL < abs(mean) / tone.level < SAME_LEVEL
        beside = (Span(ring.start - 0.35, ring.start - 0.05), Span(ring.end + 0.05, ring.end + 0.35))
        levels = (float(abs(self._still(span, tone).sum())) / (0.3 * FRAMES) for span in beside)
        return as_loud and max(levels) < 0.6 * tone.level and _is_even((inside / mean).real)

    def _cut_ring(self, tone: _Tone, earliest: Seconds, latest: Seconds) -> Span | None:
        """A ring cut short that starts from quiet between the two times."""
        runs = list(self._clean_runs(tone, Span(earliest - 1.0, latest + 2.0)))
        for run in runs:
            if earliest <= run.start <= latest and run.duration < RING_SECONDS * (1 - TOLERANCE):
                # A busy or congestion tone has its like beside it.
                near = any(0 < other.gap(run) < 0.8 and other.duration > 0.25 for other in runs)
                before = self._power(Span(run.start - 0.15, run.start - 0.03))
                return run if not near and before < QUIET * tone.level**2 else None
        return None

    def _cut_at_once(self) -> tuple[Span, ...]:
        """The only ring of a recording that opens with it, cut short by the answer; empty without one."""
        loud = np.flatnonzero(np.abs(self.baseband[:-44][: round(HEAD_SECONDS * FRAMES)]) > FAINTEST)
        if len(loud) == 0:
            return ()
        start = int(loud[0])
        beginning = self.baseband[start + 4 : start + 44]  # 0.2 s, the onset left out
        turn = float(np.angle(np.vdot(beginning[:-1], beginning[1:])))
        tone = _Tone(start, RING_HZ + turn / (2 * np.pi) * FRAMES, float(np.abs(beginning).mean()))
        ring = self._cut_ring(tone, start / FRAMES - 0.05, start / FRAMES + 0.05)
        if ring is None or ring.duration < 0.2 or abs(tone.hz - RING_HZ) > PITCH_RANGE_HZ:
            return ()
        return (ring,) if self._is_first_sound(ring, tone, is_cut=True) else ()

    def _is_note(self, ring: Span, tone: _Tone) -> bool:
        """Whether it is music rather than ringing: it has overtones, or takes the place of the sound beside it."""
        inside, after = self._power(ring, without_hz=tone.hz), self._power(_just_after(ring))
        before = self._power(Span(ring.start - 0.15, ring.start - 0.03)) if ring.start > 0.15 else after
        replaces = min(before, after) > tone.level**2 / 4 and inside < QUIET * min(before, after)
        samples = self._samples(ring)
        turns = tone.hz / self.sampling_rate * np.arange(len(samples))
        faded = samples * np.hanning(len(samples)) * 2**1.5 / len(samples)
        overtones = (abs(np.dot(faded, np.exp(-2j * np.pi * k * turns))) for k in (2, 3))
        return replaces or max(overtones) > tone.level / 4

    def _is_first_sound(self, ring: Span, tone: _Tone, is_cut: bool = False) -> bool:
        """Whether a ring by itself is a clean tone that opens the recording, repeated in cadence or never."""
        faint = QUIET * tone.level**2
        inside, after = self._power(ring, without_hz=tone.hz), self._power(_just_after(ring))
        opens = self._power(Span(-1.0, ring.start - 0.03)) * ring.start < faint * ring.duration
        later = self._clean_runs(tone, Span(ring.end + 0.03, ring.end + 1.25 * PERIOD_SECONDS))
        alike = [run.start - ring.start for run in later if run.duration > (0.25 if is_cut else 0.8)]
        in_cadence = (abs(gap / PERIOD_SECONDS - 1) <= TOLERANCE for gap in alike)
        return max(inside, after) < faint and opens and (not alike if is_cut else all(in_cadence))

    def _clean_runs(self, tone: _Tone, within: Span) -> Iterator[Span]:
        """The stretches, from 0.06 s on, in which a tone like it sounds and nothing else."""
        begin, width = max(0, round(within.start * FRAMES)), FRAMES // 20
        still = self._still(within, tone)
        smooth = np.convolve(still, np.full(width, 1 / width))[width // 2 :][: len(still)] if len(still) else still
        sounding = np.concatenate([[False], np.abs(smooth) > tone.level / 2, [False]])
        for start, end in np.flatnonzero(sounding[1:] != sounding[:-1]).reshape(-1, 2).tolist():
            run = Span((begin + start) / FRAMES, (begin + end) / FRAMES)
            level = abs(still[start:end].mean())
            in_phase = level**2 > 0.8 * np.mean(np.abs(still[start:end]) ** 2)
            as_loud = 1 / SAME_LEVEL < level / tone.level < SAME_LEVEL
            clean = self._power(run, without_hz=tone.hz) < QUIET * level**2
            if run.duration > 0.06 and in_phase and as_loud and clean:
                yield run

    def _burst(self, tone: _Tone) -> Span | None:
        """The span of a tone that is as long as a ring and even from start to end; None for any other."""
        begin = max(0, tone.start - FRAMES)
        middle = tone.start + WINDOW // 2 - begin
        still = _turned(self.baseband[begin : tone.start + WINDOW + FRAMES], tone.hz - RING_HZ)
        # In its own phase the tone is a step from 0 to 1 and back, in whatever else sounds. The edges, most likely,
        # are where the sum of (signal - 1/2) is least before and greatest after the middle; the signal is clipped,
        # lest a loud syllable outweigh the ring.
        step = (still / still[middle - WINDOW // 2 : middle + WINDOW // 2].mean()).real
        gain = np.concatenate([[0.0], np.cumsum(np.clip(step - 0.5, -1.0, 1.0))])
        on, off = int(gain[:middle].argmin()), middle + int(gain[middle:].argmax())
        # The first frame above one half lies half a frame after the edge, on average.
        span = Span(max(0.0, (begin + on - 0.5) / FRAMES), (begin + off - 0.5) / FRAMES)
        is_long = abs(span.duration - RING_SECONDS) <= TOLERANCE * RING_SECONDS + EDGE_SLACK
        return span if is_long and _is_even(step[on:off]) else None

    def _still(self, span: Span, tone: _Tone) -> Baseband:
        """The baseband turned until the tone stands still."""
        start, end = (max(0, round(at * FRAMES)) for at in (span.start, span.end))
        return _turned(self.baseband[start:end], tone.hz - RING_HZ)

    def _samples(self, span: Span) -> NDArray[np.float32]:
        start, end = (max(0, round(at * self.sampling_rate)) for at in (span.start, span.end))
        return self.samples[start:end]

    def _power(self, span: Span, without_hz: float | None = None) -> float:
        """Mean power in the telephone band, 200 to 3400 Hz; 0.0 where the recording has nothing."""
        samples = self._samples(span)
        if len(samples) < 0.01 * self.sampling_rate:
            return 0.0
        hz = np.fft.rfftfreq(len(samples), 1 / self.sampling_rate)
        in_band = (hz >= 200) & (hz <= 3400)
        window = np.ones(len(samples))
        if without_hz is not None:
            in_band &= np.abs(hz - without_hz) > 12 + 2 / span.duration
            window = np.hanning(len(samples))  # lest the tone leak into the rest
        power = np.abs(np.fft.rfft(samples * window)) ** 2
        return float(power[in_band].sum() * 2 / (np.mean(window**2) * len(samples) ** 2))


def _baseband(samples: NDArray[np.float32], sampling_rate: int) -> Baseband:
    """The channel turned down by 450 Hz, low-passed by a windowed sinc of 40 ms, at 200 frames a second."""
    frame, blocks = sampling_rate // FRAMES, 8
    times = (np.arange(frame * blocks) - frame * blocks / 2) / sampling_rate
    low_pass = np.sinc(110 * times) * np.hamming(len(times))
    kernel = 2**0.5 * low_pass / low_pass.sum() * np.exp(-2j * np.pi * RING_HZ * times)
    weights = kernel.reshape(blocks, frame).T.astype(np.complex64)
    num_frames = len(samples) // frame
    framed = samples[: num_frames * frame].reshape(-1, frame)
    parts = np.zeros((num_frames + blocks, blocks), np.complex64)
    parts.real[blocks // 2 : -blocks // 2] = framed @ np.ascontiguousarray(weights.real)
    parts.imag[blocks // 2 : -blocks // 2] = framed @ np.ascontiguousarray(weights.imag)
    summed = np.sum([parts[k : k + num_frames, k] for k in range(blocks)], axis=0)
    # The kernel starts anew in each frame, and 450 Hz go on from frame to frame.
    return _turned(summed, RING_HZ)


def _turned(baseband: Baseband, hz: float) -> Baseband:
    """The baseband with `hz` turned down to 0 Hz."""
    turned: Baseband = baseband * np.exp(-2j * np.pi * hz / FRAMES * np.arange(len(baseband))).astype(np.complex64)
    return turned


def _tones(baseband: Baseband) -> list[_Tone]:
    """The pitches that stand out of what is 0.3 s and 3 Hz around them, in order of time."""
    if len(baseband) < WINDOW:
        return []
    hop, reach = FRAMES // 20, 30  # frames; Hz to either side of 450, one bin each
    window = np.hanning(WINDOW).astype(np.float32)
    windows = sliding_window_view(baseband, WINDOW)[::hop] * (window / window.sum())
    levels = np.abs(np.fft.fftshift(np.fft.fft(windows, FRAMES), axes=1))
    levels = levels[:, FRAMES // 2 - reach : FRAMES // 2 + reach + 1]
    around = sliding_window_view(np.pad(levels, ((6, 6), (0, 0))), 13, axis=0).max(axis=-1)
    around = sliding_window_view(np.pad(around, ((0, 0), (3, 3))), 7, axis=1).max(axis=-1)
    standing_out = (levels == around) & (levels > FAINTEST)
    standing_out[:, [0, -1]] = False  # may stand out of what lies beyond, or not
    tones = []
    for row, column in np.argwhere(standing_out):
        below, at, above = np.log(levels[row, column - 1 : column + 2])  # a parabola through the three
        shift = 0.5 * (below - above) / (below - 2 * at + above)
        hz = RING_HZ - reach + column + shift
        if abs(hz - RING_HZ) <= PITCH_RANGE_HZ:
            tones.append(_Tone(int(row) * hop, float(hz), float(np.exp(at - 0.25 * (below - above) * shift))))
    return tones


def _just_after(ring: Span) -> Span:
    return Span(ring.end + 0.03, ring.end + 0.15)


def _expected(rings: Sequence[Span]) -> tuple[Span, Seconds]:
    """The ring after these, and by how much it may be early or late: less once the period is known."""
    if len(rings) == 1:
        return rings[0].shift(PERIOD_SECONDS), TOLERANCE * PERIOD_SECONDS + EDGE_SLACK
    return rings[-1].shift((rings[-1].end - rings[0].end) / (len(rings) - 1)), 3 * EDGE_SLACK


def _is_even(step: NDArray[np.float32]) -> bool:
    """Whether all four quarters of a tone, 1.0 on average, are about as loud and in phase: no busy tone is."""
    quarters = [quarter.mean() for quarter in np.array_split(step, 4)]
    return bool(min(quarters) > 0.5 and max(quarters) < 1.7)
