"""The levels of a recording before anything is heard: peak, voice, noise, offset, clipping, and what leaks over.

Knows frames and where voices are; takes nothing away and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio
from pipeline.audio.power import FLOOR, frame_peak, frame_power
from pipeline.audio.spool import blocks
from pipeline.timeline import Seconds, Span

FRAME_S: Seconds = 0.02
MARGIN_S: Seconds = 0.2  # around voices, in which their ends still sound
LEAST_NOISE_S: Seconds = 0.5  # without a voice, to tell the noise by
CLIPPED = 0.97  # of full scale; the highest step of A-law is 0.98
DIGITAL_SILENCE_DB = -90.0
LEAK_SPREAD_S: Seconds = 0.4  # an echo comes back within
LOUDEST_LEAK_DB, LEAST_ABOVE_NOISE_DB = -5.0, 6.0


@dataclass(frozen=True, slots=True)
class ChannelLevels:
    """The levels of one channel, in dB below full scale.

    Parameters
    ----------
    peak_db : float
        Of the loudest sample.
    offset : float
        The mean of the samples, as a share of full scale.
    speech_seconds : float
        For how long a voice sounds.
    speech_db : float | None
        Mean power while a voice sounds; None without one.
    noise_db : float | None
        Usual power while none does; None where that is digital silence.
    clipped : float
        Share of the frames with a voice that reach full scale, 0..1.
    """

    peak_db: float
    offset: float
    speech_seconds: Seconds
    speech_db: float | None
    noise_db: float | None
    clipped: float

    @property
    def snr_db(self) -> float | None:
        """Estimated signal-to-noise ratio of the voice; None without a voice or without noise.

        Examples
        --------
        >>> ChannelLevels(-3.0, 0.0, 20.0, -25.0, -55.0, 0.0).snr_db
        30.0
        """
        if self.speech_db is None or self.noise_db is None:
            return None
        voice = 10 ** (self.speech_db / 10) - 10 ** (self.noise_db / 10)
        return round(_db(max(voice, 0.0)) - self.noise_db, 1)


@dataclass(frozen=True, slots=True)
class Frames:
    """The power and the highest magnitude of frames of `FRAME_S`, shape (n_channels, n_frames), and the means."""

    power: NDArray[np.float64]
    peak: NDArray[np.float32]
    offset: NDArray[np.float64]

    @classmethod
    def of(cls, audio: Audio) -> Frames:
        """The frames of a recording, float32, shape (n_channels, n_samples), at `SAMPLING_RATE`."""
        size, total = int(FRAME_S * SAMPLING_RATE), np.zeros(len(audio))
        for block in blocks(audio):
            total += block.sum(axis=1, dtype=np.float64)
        return cls(frame_power(audio, size), frame_peak(audio, size), total / max(1, audio.shape[1]))

    def levels(self, channel: int, speech: Sequence[Span]) -> ChannelLevels:
        """The levels of one channel in which voices were found.

        Examples
        --------
        >>> times = np.arange(2 * SAMPLING_RATE) / SAMPLING_RATE
        >>> voice = np.where(times < 1, 0.1, 0.001) * np.sin(2000 * times)
        >>> Frames.of(voice[None].astype(np.float32)).levels(0, [Span(0.0, 1.0)]).speech_db
        -23.0
        """
        power, peak = self.power[channel], self.peak[channel]
        voiced, near = (_marked(speech, len(power), margin) for margin in (0.0, MARGIN_S))
        quiet = power[~near & (power > 10 ** (DIGITAL_SILENCE_DB / 10))]
        is_long = len(quiet) * FRAME_S >= LEAST_NOISE_S
        offset = float(self.offset[channel])
        return ChannelLevels(
            peak_db=round(20 * float(np.log10(max(float(peak.max(initial=0.0)), 1e-6))), 1),
            offset=round(offset, 4),
            speech_seconds=round(sum(span.duration for span in speech), 1),
            speech_db=round(_db(float(power[voiced].mean()) - offset**2), 1) if voiced.any() else None,
            noise_db=round(_db(float(np.median(quiet)) - offset**2), 1) if is_long else None,
            clipped=float((peak[: len(power)][voiced] >= CLIPPED).mean()) if voiced.any() else 0.0,
        )

    def leak_db(self, source: int, speech: Sequence[Sequence[Span]]) -> float | None:
        """How loud a channel's voice is on the other channel, beside itself; None where it does not stand out.

        Told by the usual power there while the voice sounds: parties who talk in turn are silent then.

        Parameters
        ----------
        speech : sequence of sequence of Span
            The voices of each channel.
        """
        if len(self.power) != 2:
            return None
        talks, width = _marked(speech[source], self.power.shape[1], 0.0), int(LEAK_SPREAD_S / FRAME_S)
        if talks.sum() < width:
            return None
        own, other = (_moving_mean(self.power[n], width)[talks] for n in (source, 1 - source))
        loud = own >= np.median(own)
        noise = self.levels(1 - source, [*speech[0], *speech[1]]).noise_db
        floor = 10 ** ((DIGITAL_SILENCE_DB if noise is None else noise) / 10)
        there, leak = float(np.median(other[loud])), float(np.median(other[loud] / own[loud]))
        stands_out = _db(there) - _db(floor) >= LEAST_ABOVE_NOISE_DB
        return round(_db(leak), 1) if stands_out and _db(leak) <= LOUDEST_LEAK_DB else None


def _marked(spans: Iterable[Span], num_frames: int, margin: Seconds) -> NDArray[np.bool_]:
    marked = np.zeros(num_frames, np.bool_)
    for span in spans:
        marked[max(0, int((span.start - margin) / FRAME_S)) : ceil((span.end + margin) / FRAME_S)] = True
    return marked


def _moving_mean(power: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """The mean of each frame and of those before it."""
    total = np.concatenate([np.zeros(1), np.cumsum(power)])
    at = np.arange(1, len(total))
    first = np.maximum(0, at - width)
    return np.asarray((total[at] - total[first]) / (at - first))


def _db(power: float) -> float:
    return 10 * float(np.log10(max(power, 0.0) + FLOOR))
