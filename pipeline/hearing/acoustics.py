"""What the audio tells besides words: who sounds when and how loud, and where music plays.

Knows samples and spans; which voice has which role is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio, cut, level_db
from pipeline.hearing.hearing import Acoustics, Stretch
from pipeline.hearing.turns import Role, SpeakerSegment, Utterance
from pipeline.timeline import Seconds, Span, subtract, union

FRAME_S: Seconds = 0.05
ABOVE_NOISE_DB, BELOW_PEAK_DB = 10.0, 35.0
NOISE_PERCENTILE, PEAK_PERCENTILE = 10, 97
DIGITAL_SILENCE_DB = -90.0
EDGE_S: Seconds = 0.15  # around speech and tones, in which their own ends still sound
MAX_REST_S: Seconds = 1.0  # inside music
MIN_MUSIC_S: Seconds = 2.0
SOUNDING = 0.5  # of music, at least: coughs and clicks sound for less of the time between them
WORDED = 0.2  # of a stretch of speech that words cover, at least, to be speech for certain


def acoustics(
    audio: Audio,
    voices: Sequence[SpeakerSegment],
    utterances: Sequence[Utterance],
    role_of: Callable[[int], Role],
    tones: Iterable[Span],
) -> Acoustics:
    """Who sounds when and how loud, and where music plays.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        One channel for a mixed recording, whichever voice speaks; else a channel for each speaker.
    voices : sequence of SpeakerSegment
        The speech of each channel, or of each voice.
    utterances : sequence of Utterance
        By the same speakers.
    role_of : callable
        The role of the utterance at a position.
    tones : iterable of Span
        Ringing; never music.

    Note
    ----
    What sounds like a voice, has no words and lies in music is music.
    """
    words = [word.span for utterance in utterances for word in utterance.words if word.spoken]
    worded = [voice.span for voice in voices if _covered(voice.span, words) >= WORDED]
    music = find_music(audio, worded, [voice.span for voice in voices], tones)
    stretches = [
        Stretch(_role(voice, utterances, role_of), voice.span, _level(audio, voice))
        for voice in voices
        if _covered(voice.span, words) >= WORDED or _covered(voice.span, music) < SOUNDING
    ]
    return Acoustics(tuple(sorted(stretches, key=lambda stretch: stretch.span)), music)


def find_music(
    audio: Audio, speech: Iterable[Span], voiced: Iterable[Span], tones: Iterable[Span]
) -> tuple[Span, ...]:
    """Where something sounds for a while that is neither speech nor ringing, on any channel, in order.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
    speech : iterable of Span
        What is certainly speech: it has words.
    voiced : iterable of Span
        All that sounds like a voice; music must last without it.
    """
    hop = int(FRAME_S * SAMPLING_RATE)
    num_frames = audio.shape[1] // hop
    frames = audio[:, : num_frames * hop].reshape(len(audio), num_frames, hop)
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=2) + 1e-12)
    excluded = _marked([*speech, *tones], num_frames)
    sounding = np.zeros(num_frames, np.bool_)
    for channel in level:
        usable = channel > DIGITAL_SILENCE_DB
        if usable.any():
            noise, peak = np.percentile(channel[usable], (NOISE_PERCENTILE, PEAK_PERCENTILE))
            sounding |= usable & (channel > max(noise + ABOVE_NOISE_DB, peak - BELOW_PEAK_DB))
    sounding &= ~excluded
    instrumental = sounding & ~_marked(voiced, num_frames)
    found = []
    for span in union(_runs(sounding), MAX_REST_S):
        at = slice(round(span.start / FRAME_S), round(span.end / FRAME_S))
        if instrumental[at].sum() * FRAME_S >= MIN_MUSIC_S and sounding[at].mean() >= SOUNDING:
            found += [piece for piece in subtract([span], speech) if piece.duration >= MIN_MUSIC_S]
    return tuple(found)


def _marked(spans: Iterable[Span], num_frames: int) -> NDArray[np.bool_]:
    marked = np.zeros(num_frames, np.bool_)
    for span in spans:
        marked[max(0, int((span.start - EDGE_S) / FRAME_S)) : int((span.end + EDGE_S) / FRAME_S) + 1] = True
    return marked


def _runs(active: NDArray[np.bool_]) -> list[Span]:
    edges = np.flatnonzero(np.diff(active.astype(np.int8), prepend=0, append=0)) * FRAME_S
    return [Span(a, b) for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)]


def _covered(span: Span, by: Iterable[Span]) -> float:
    """The share of a span that others cover, 0..1."""
    return sum(piece.overlap(span) for piece in union(by)) / span.duration if span.duration else 0.0


def _role(voice: SpeakerSegment, utterances: Sequence[Utterance], role_of: Callable[[int], Role]) -> Role:
    """The role of what the voice says there, or nearest to there."""
    own = [n for n, utterance in enumerate(utterances) if utterance.speaker == voice.speaker]
    if not own:
        return Role.UNKNOWN
    return role_of(
        max(own, key=lambda n: (utterances[n].span.overlap(voice.span), -utterances[n].span.gap(voice.span)))
    )


def _level(audio: Audio, voice: SpeakerSegment) -> float:
    channel = voice.speaker if len(audio) > 1 else 0
    return round(level_db(cut(audio, channel, voice.span)), 1)
