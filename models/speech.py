"""Where somebody speaks on a channel: energy draws the borders of what is clear, networks find what is not.

Silero alone misses whole stretches of clear telephone speech (its probability stays under one half for some
voices); energy alone takes music and tones for speech. Together: a stretch is *clear* speech when it stands out of
the noise of its channel and silero's probability inside it is not negligible.

A party who is far lower than the other one, and speech in the noise of a street or a fan, stand out of nothing. The
segmentation network hears them once every instant is brought to one loudness; it is believed where silero, given
the same, agrees that it is a voice, and where it is not the murmur of many.

In the murmur of many the networks hear voices all the time, and silero is no longer sure of the near one. There
the near voice is told by its loudness alone: over half a second it stands out of the murmur, which at that length
is even.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from faster_whisper.vad import get_vad_model
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from models.segmentation import WINDOW_S, Segmentation, pinned_segmentation
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.audio.loudness import FRAME_S, levels_db, loudness_db
from pipeline.audio.power import runs
from pipeline.audio.spool import blocks
from pipeline.timeline import Seconds, Span

VERSION = "speech-4"
"""Changes with where speech is found, or with what is cleared away before, so that recordings are heard again."""

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

SPEECH_DB = -23.0  # to which every instant is brought before the networks hear it
MOST_GAIN_DB, LEAST_GAIN_DB = 45.0, -20.0
MIN_SEGMENTED = 0.5
MIN_SURE_VOICE = 0.3  # of silero, on average over `VOICE_WINDOW_S` of what the segmentation network hears
MAX_MURMUR = 0.3  # probability of two voices at once, averaged likewise: more are the talk of others in the room
MURMUR_S: Seconds = 20.0  # around an instant, in which the murmur is listened to
MIN_MURMUR = 0.15  # probability of two voices at once beside the near one, averaged over `MURMUR_S`
MIN_MURMURED = 0.1  # of these seconds; what sounds more rarely is another party
NEAR_S: Seconds = 0.6  # over which murmur is even
MIN_NEAR = 0.3  # of the segmentation network, where loudness tells that it is one
NEAR_DB, STILL_NEAR_DB = 6.5, 3.0  # above the murmur, which a near voice reaches, and from where to where it lasts
MIN_FAINT_S: Seconds = 0.3  # of its own, beside what is clear
BESIDE_S: Seconds = 0.25  # around a clear voice, in which its own ends still sound
DEPTH_PERCENTILE, DEPTH_DB = 90, 25.0
"""A voice that stands less above the noise around it has no borders that energy could draw."""
NOISE_REACH_S: Seconds = 10.0  # to either side, in which the pauses tell the noise around a voice
STANDS_OUT_DB = 3.0  # above it; steady noise never does
MOST_WINDOWS = 30  # that are brought to one loudness at once


def find_speech(
    samples: NDArray[np.float32], tones: Iterable[Span] = (), segmentation: Segmentation | None = None
) -> tuple[Span, ...]:
    """The stretches of one channel in which somebody speaks, in order, in seconds.

    Parameters
    ----------
    samples : ndarray of float32, shape (n_samples,)
        One channel at 16 kHz.
    tones : iterable of Span
        Ringing and other signals that were found; never speech.
    segmentation : Segmentation | None
        The network that hears what is not clear; the pinned one by default.

    Raises
    ------
    WeightsError
        If the pinned network is needed and was not fetched.

    Examples
    --------
    >>> find_speech(np.zeros(16_000, np.float32))
    ()
    """
    level = levels_db(samples)
    usable = level > DIGITAL_SILENCE_DB
    for tone in tones:
        usable[_frames(Span(max(0.0, tone.start - TONE_MARGIN_S), tone.end + TONE_MARGIN_S))] = False
    if not usable.any():
        return ()
    voice = _voice_probability(samples, len(level))
    clear = _clear(level, usable, voice)
    voiced = _voiced(samples, level, usable, clear, voice, segmentation)
    return tuple(span for span in _runs(clear | voiced, MAX_PAUSE_S) if span.duration >= MIN_SPEECH_S)


def _clear(level: NDArray[np.float64], usable: NDArray[np.bool_], voice: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The frames of speech that stands out of the noise of its channel."""
    noise, peak = np.percentile(level[usable], (NOISE_PERCENTILE, PEAK_PERCENTILE))
    loud = usable & (level > max(noise + ABOVE_NOISE_DB, peak - BELOW_PEAK_DB))
    loud &= _moving_mean(voice, loud) >= MIN_VOICE_PROBABILITY
    clear = np.zeros(len(level), np.bool_)
    for span in _runs(loud, MAX_PAUSE_S):
        if span.duration >= MIN_SPEECH_S and voice[_frames(span)].mean() >= MIN_VOICE_PROBABILITY:
            clear[_frames(span)] = True
    return clear


def _voiced(
    samples: NDArray[np.float32],
    level: NDArray[np.float64],
    usable: NDArray[np.bool_],
    clear: NDArray[np.bool_],
    voice: NDArray[np.float64],
    segmentation: Segmentation | None,
) -> NDArray[np.bool_]:
    """The frames of a voice that is faint or in noise: a part of its own, or the borders of the clear one."""
    above = level - _noise_around(level)
    beside = usable & ~np.asarray(maximum_filter1d(clear, 2 * _num_frames(BESIDE_S) + 1), np.bool_)
    may_hold = (beside & (above > STANDS_OUT_DB)) | _murky(clear, above)
    if not may_hold.any():
        return may_hold
    heard, together, sure = _heard(samples, level, may_hold, segmentation or pinned_segmentation())
    any_voice = usable & (heard >= MIN_SEGMENTED)
    alone = any_voice & (_moving_mean(np.maximum(voice, sure), any_voice) >= MIN_SURE_VOICE)
    alone &= _moving_mean(together, alone & ~clear) < MAX_MURMUR
    near = _near(level)
    in_murmur = _in_murmur(together, any_voice & ~clear & ~near)
    voiced = np.where(in_murmur, usable & (heard >= MIN_NEAR) & near, alone)
    apart = np.zeros(len(level), np.bool_)
    for at in map(_frames, _runs(voiced & ~clear, MAX_PAUSE_S)):
        apart[at] = np.count_nonzero((voiced & beside)[at]) >= _num_frames(MIN_FAINT_S)
    return np.asarray(voiced & (apart | _murky(voiced | clear, above)))


def _heard(
    samples: NDArray[np.float32],
    level: NDArray[np.float64],
    may_hold: NDArray[np.bool_],
    segmentation: Segmentation,
) -> NDArray[np.float64]:
    """The probabilities at one loudness of a voice, of two at once, and silero's of a voice; shape (3, n_frames).

    Zero in the windows in which little may hold a voice: the networks would take as long as all else together.
    """
    heard = np.zeros((3, len(level)))
    size, hop = _num_frames(WINDOW_S), round(SAMPLING_RATE * FRAME_S)
    held = np.add.reduceat(may_hold, np.arange(0, len(level), size), dtype=np.intp)
    gain_db = np.clip(SPEECH_DB - loudness_db(level), LEAST_GAIN_DB, MOST_GAIN_DB)
    gain = 10 ** (gain_db / 20)
    for first, end in runs(held >= _num_frames(MIN_FAINT_S)).tolist():
        for start in range(first, end, MOST_WINDOWS):
            at = slice(start * size, min(min(start + MOST_WINDOWS, end) * size, len(level)))
            even = np.repeat(gain[at], hop) * samples[at.start * hop : at.stop * hop]
            piece = np.clip(even, -1.0, 1.0).astype(np.float32)
            heard[:2, at] = segmentation.voices(piece, FRAME_S)
            heard[2, at] = _voice_probability(piece, at.stop - at.start)
    return heard


def _near(level: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The runs `STILL_NEAR_DB` above what is around that reach `NEAR_DB`, by levels even over `NEAR_S`."""
    even = 10 * np.log10(uniform_filter1d(10 ** (level / 10), _num_frames(NEAR_S)))
    above, near = even - _noise_around(even), np.zeros(len(level), np.bool_)
    for start, end in runs(above >= STILL_NEAR_DB).tolist():
        near[start:end] = above[start:end].max() >= NEAR_DB
    return near


def _in_murmur(together: NDArray[np.float64], behind: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where many talk in the room: often enough the voices behind the near one are several at once."""
    often = _moving_mean(behind.astype(np.float64), np.ones(len(behind), np.bool_), MURMUR_S) >= MIN_MURMURED
    return np.asarray(often & (_moving_mean(together, behind, MURMUR_S) >= MIN_MURMUR))


def _murky(voiced: NDArray[np.bool_], above: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where speech stands out so little that energy draws no borders."""
    murky = np.zeros(len(voiced), np.bool_)
    for at in map(_frames, _runs(voiced, MAX_PAUSE_S)):
        murky[at] = np.percentile(above[at], DEPTH_PERCENTILE) < DEPTH_DB
    return murky


def _noise_around(level: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level of the pauses near each frame."""
    every, reach = _num_frames(1.0), _num_frames(NOISE_REACH_S)
    at = np.arange(0, len(level), every)
    noise = [np.percentile(level[max(0, n - reach) : n + reach], NOISE_PERCENTILE) for n in at]
    return np.asarray(np.interp(np.arange(len(level)), at, noise))


def _num_frames(seconds: Seconds) -> int:
    return round(seconds / FRAME_S)


def _frames(span: Span) -> slice:
    return slice(round(span.start / FRAME_S), round(span.end / FRAME_S))


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


def _moving_mean(
    values: NDArray[np.float64], where: NDArray[np.bool_], around: Seconds = VOICE_WINDOW_S
) -> NDArray[np.float64]:
    """Mean of `values` over the frames of `where` around each frame, so that pauses do not dilute a voice."""
    width = _num_frames(around)
    total = np.concatenate(([0.0], np.cumsum(values * where)))
    count = np.concatenate(([0], np.cumsum(where)))
    at = np.arange(len(values))
    low, high = np.maximum(0, at - width // 2), np.minimum(len(values), at + width // 2 + 1)
    return np.asarray((total[high] - total[low]) / np.maximum(1, count[high] - count[low]))


def _runs(active: NDArray[np.bool_], max_pause: Seconds) -> list[Span]:
    """Runs of active frames, joined over shorter pauses than `max_pause`."""
    joined: list[list[int]] = []
    for start, end in runs(active).tolist():
        if joined and start - joined[-1][1] < _num_frames(max_pause):
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [Span(start * FRAME_S, end * FRAME_S) for start, end in joined]
