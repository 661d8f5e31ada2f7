"""Where somebody speaks on a channel: energy draws the borders, silero decides whether it is a voice.

Silero alone misses whole stretches of clear telephone speech (its probability stays under one half for some
voices); energy alone takes music and tones for speech. Together: a stretch is speech when it stands out of the
noise of its channel *and* the voice probability inside it is not negligible.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.audio.power import FLOOR, frame_power
from pipeline.audio.spool import blocks
from pipeline.timeline import Seconds, Span

FRAME_S = 0.01
VOICE_FRAME = 512  # samples a silero frame
CONTEXT = 64  # samples of the frame before that silero is given as well
VOICE_FRAMES = 10_000  # that silero is given at once
ABOVE_NOISE_DB, BELOW_PEAK_DB = 12.0, 35.0
NOISE_PERCENTILE, PEAK_PERCENTILE = 10, 97
DIGITAL_SILENCE_DB = -90.0
MAX_PAUSE_S: Seconds = 0.25
MIN_SPEECH_S: Seconds = 0.12
VOICE_WINDOW_S: Seconds = 2.0
MIN_VOICE_PROBABILITY = 0.1
"""Mean over a stretch: speech of the measured calls lies above 0.17, tones and hold music below 0.07."""
TONE_MARGIN_S: Seconds = 0.1


def find_speech(samples: NDArray[np.float32], tones: Iterable[Span] = ()) -> tuple[Span, ...]:
    """The stretches of one channel in which somebody speaks, in order, in seconds.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel at 16 kHz.
    tones : iterable of Span
        Ringing and other signals that were found; never speech.

    Examples
    --------
    >>> find_speech(np.zeros(16_000, np.float32))
    ()
    """
    level = _level_db(samples)
    usable = level > DIGITAL_SILENCE_DB
    for tone in tones:
        usable[_frames(Span(max(0.0, tone.start - TONE_MARGIN_S), tone.end + TONE_MARGIN_S))] = False
    if not usable.any():
        return ()
    noise, peak = np.percentile(level[usable], (NOISE_PERCENTILE, PEAK_PERCENTILE))
    loud = usable & (level > max(noise + ABOVE_NOISE_DB, peak - BELOW_PEAK_DB))
    voice = _voice_probability(samples, len(level))
    loud &= _moving_mean(voice, loud, int(VOICE_WINDOW_S / FRAME_S)) >= MIN_VOICE_PROBABILITY
    return tuple(
        span
        for span in _runs(loud, max_pause=int(MAX_PAUSE_S / FRAME_S))
        if span.duration >= MIN_SPEECH_S and voice[_frames(span)].mean() >= MIN_VOICE_PROBABILITY
    )


def _frames(span: Span) -> slice:
    return slice(round(span.start / FRAME_S), round(span.end / FRAME_S))


def _level_db(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level of each 10 ms frame, smoothed over three, in dB below full scale."""
    power = frame_power(samples, int(SAMPLING_RATE * FRAME_S))
    smooth = np.convolve(power, np.full(3, 1 / 3), mode="same") if len(power) >= 3 else power
    return np.asarray(10 * np.log10(smooth + FLOOR))


def _voice_probability(samples: NDArray[np.float32], num_frames: int) -> NDArray[np.float64]:
    """Silero's probability of a voice at each 10 ms frame."""
    probability = _silero(samples)
    centres = (np.arange(len(probability)) + 0.5) * VOICE_FRAME / SAMPLING_RATE
    return np.asarray(np.interp((np.arange(num_frames) + 0.5) * FRAME_S, centres, probability), np.float64)


def _silero(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """What silero's own model gives for all frames at once, in as many as its state is carried over by there.

    That holds three copies of the samples, and an hour of one channel is 230 MB.
    """
    session, state = get_vad_model().session, np.zeros((2, 1, 1, 128), np.float32)
    probability, context = [np.zeros(0, np.float32)], np.zeros(CONTEXT, np.float32)
    for block in blocks(samples, VOICE_FRAMES * VOICE_FRAME):
        frames = np.pad(block, (0, -len(block) % VOICE_FRAME)).reshape(-1, VOICE_FRAME)
        before = np.concatenate([context[None], frames[:-1, -CONTEXT:]])
        given = {"input": np.concatenate([before, frames], 1), "h": state[0], "c": state[1]}
        found, *state = session.run(None, given)
        probability.append(np.asarray(found).reshape(-1))
        context = frames[-1, -CONTEXT:]
    return np.concatenate(probability)


def _moving_mean(values: NDArray[np.float64], where: NDArray[np.bool_], width: int) -> NDArray[np.float64]:
    """Mean of `values` over the frames of `where` around each frame, so that pauses do not dilute a voice."""
    total = np.concatenate(([0.0], np.cumsum(values * where)))
    count = np.concatenate(([0], np.cumsum(where)))
    at = np.arange(len(values))
    low, high = np.maximum(0, at - width // 2), np.minimum(len(values), at + width // 2 + 1)
    return np.asarray((total[high] - total[low]) / np.maximum(1, count[high] - count[low]))


def _runs(active: NDArray[np.bool_], max_pause: int) -> list[Span]:
    """Runs of active frames, joined over pauses of at most `max_pause` frames."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], active.astype(np.int8), [0]))))
    runs: list[list[int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if runs and start - runs[-1][1] < max_pause:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [Span(start * FRAME_S, end * FRAME_S) for start, end in runs]
