"""Where somebody speaks on a channel: energy draws the borders, silero decides whether it is a voice.

Silero alone misses whole stretches of clear telephone speech (its probability stays under one half for some
voices); energy alone takes music and tones for speech. Together: a stretch is speech when it stands out of the
noise of its channel *and* the voice probability inside it is not negligible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.audio.power import FLOOR, frame_power, runs
from pipeline.audio.spool import blocks
from pipeline.timeline import Seconds, Span

VERSION = "speech-2"
"""Changes with where speech is found, or with what is cleared away before, so that recordings are heard again."""

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

ABOVE_NOISE_AROUND_DB = 3.0
FAINT_ABOVE_NOISE_DB = 6.5  # on average: the talk of others in the room stands out less of itself
NOISE_REACH_S: Seconds = 10.0  # to either side, in which the pauses tell the noise around a faint voice
MIN_FAINT_S: Seconds = 0.3
MIN_FAINT_PROBABILITY = 0.6
LOUD_PERCENTILE = 90
LONGEST_PIECE_S: Seconds = 4.0  # given to silero at one loudness
SPEECH_DB = -23.0  # as which a faint voice is offered to silero
CONTEXT_S: Seconds = 0.5  # with which silero hears a faint voice
BESIDE_S: Seconds = 0.25  # around a clear voice, in which its own ends still sound


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
    clear = [
        span
        for span in _runs(loud, max_pause=int(MAX_PAUSE_S / FRAME_S))
        if span.duration >= MIN_SPEECH_S and voice[_frames(span)].mean() >= MIN_VOICE_PROBABILITY
    ]
    return tuple(sorted([*clear, *_faint(samples, level, usable, clear)]))


def _faint(
    samples: NDArray[np.float32], level: NDArray[np.float64], usable: NDArray[np.bool_], clear: Iterable[Span]
) -> Iterator[Span]:
    """The stretches of a voice that is faint beside the rest of the recording.

    What lies between the clear stretches is brought to the loudness of speech and given to silero alone, which
    hears no faint voice as it is: so a loud noise elsewhere, or a loud other party, hides nobody.
    """
    hop = int(SAMPLING_RATE * FRAME_S)
    noise = _noise_around(level)
    quiet = usable & (level > noise + ABOVE_NOISE_AROUND_DB)
    for span in clear:
        usable[_frames(Span(max(0.0, span.start - BESIDE_S), span.end + BESIDE_S))] = False
    context, longest = round(CONTEXT_S / FRAME_S), round(LONGEST_PIECE_S / FRAME_S)
    voiced = np.zeros(len(level), np.bool_)
    for gap in _runs(usable, 0):
        whole = _frames(gap)
        for start in range(whole.start, whole.stop, longest):
            at = slice(start, min(start + longest, whole.stop))
            if quiet[at].sum() * FRAME_S < MIN_FAINT_S:
                continue
            first = max(0, start - context)
            piece = samples[first * hop : (at.stop + context) * hop]
            gain = 10 ** ((SPEECH_DB - np.percentile(level[at], LOUD_PERCENTILE)) / 20)
            voice = _voice_probability(np.clip(gain * piece, -1.0, 1.0).astype(np.float32), len(piece) // hop)
            voiced[at] = quiet[at] & (voice[at.start - first :][: at.stop - at.start] >= MIN_FAINT_PROBABILITY)
    for span in _runs(voiced, max_pause=int(MAX_PAUSE_S / FRAME_S)):
        at = _frames(span)
        if span.duration >= MIN_FAINT_S and np.mean(level[at] - noise[at]) >= FAINT_ABOVE_NOISE_DB:
            yield span


def _noise_around(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level of the pauses near each frame."""
    every, reach = round(1 / FRAME_S), round(NOISE_REACH_S / FRAME_S)
    at = np.arange(0, len(level), every)
    noise = [np.percentile(level[max(0, n - reach) : n + reach], NOISE_PERCENTILE) for n in at]
    return np.asarray(np.interp(np.arange(len(level)), at, noise))


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
    joined: list[list[int]] = []
    for start, end in runs(active).tolist():
        if joined and start - joined[-1][1] < max_pause:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [Span(start * FRAME_S, end * FRAME_S) for start, end in joined]
