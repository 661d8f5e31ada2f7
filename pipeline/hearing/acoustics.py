"""The sounds of a call beside its words: voices with their loudness and channel, music, and pauses.

Knows samples and spans; which voice has which role is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline.audio.audio import SAMPLING_RATE, Audio, cut, level_db
from pipeline.audio.clearing import channel_title
from pipeline.audio.levels import Frames
from pipeline.audio.playback import Waveform
from pipeline.audio.power import FLOOR, frame_power, runs
from pipeline.hearing.hearing import Acoustics, Hearing, Stretch
from pipeline.hearing.turns import Role, SpeakerSegment, Utterance
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Seconds, Span, subtract, union

FRAME_S: Seconds = 0.05
ABOVE_NOISE_DB, BELOW_PEAK_DB = 10.0, 35.0
NOISE_PERCENTILE, PEAK_PERCENTILE = 10, 97
DIGITAL_SILENCE_DB = -90.0
EDGE_S: Seconds = 0.15  # around speech and tones, in which their own ends still sound
MAX_REST_S: Seconds = 1.0  # inside music
MIN_MUSIC_S: Seconds = 2.0
SOUNDING = 0.5  # of music, at least: coughs and clicks sound for less of the time between them
NOISY_DB = 20.0  # of a voice above the noise: below, words and voices are mistaken measurably more often
FAINT_DB = 18.0  # below the other party: so much lower, it is told
WORDED = 0.2  # of a stretch of speech that words cover, at least, to be speech for certain

QUIET_S: Seconds = 2.0
"""Shorter pauses belong to talk."""
BREATH_S: Seconds = 0.3
"""Left of a pause on either side: a word has no sharp edge."""


def acoustics(
    audio: Audio,
    voices: Sequence[SpeakerSegment],
    utterances: Sequence[Utterance],
    role_of: Callable[[int], Role],
    tones: Iterable[Span],
) -> Acoustics:
    """Voices with their role and loudness, and music, of a recording whose words are known.

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
        Ringing and other signals; never music.

    Note
    ----
    What sounds like a voice, has no words and lies in music is music.

    Examples
    --------
    >>> from pipeline.hearing.transcript import Word
    >>> tone = 0.1 * np.sin(np.arange(2 * SAMPLING_RATE)).astype(np.float32)
    >>> said = [Utterance(0, (Word("您好", Span(0.2, 0.8), 1.0),))]
    >>> voices = [SpeakerSegment(0, Span(0.0, 1.0))]
    >>> acoustics(tone[None], voices, said, lambda n: Role.AGENT, []).stretches
    (Stretch(role=<Role.AGENT: 'agent'>, span=Span(start=0.0, end=1.0), level_db=-23.0),)
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


def with_signals(heard: Acoustics, audio: Audio, signals: Sequence[Sequence[Span]]) -> Acoustics:
    """The same sounds, and the signals of each channel as sounds of a machine: they are neither silence nor speech.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
    signals : sequence of sequence of Span
        Of each channel (`pipeline.audio.signals.find_signals`).

    Examples
    --------
    >>> tone = 0.1 * np.sin(np.arange(2 * SAMPLING_RATE)).astype(np.float32)
    >>> with_signals(Acoustics((), ()), tone[None], [[Span(0.0, 1.0)]]).stretches
    (Stretch(role=<Role.SYSTEM: 'system'>, span=Span(start=0.0, end=1.0), level_db=-23.0),)
    """
    machines = (
        Stretch(Role.SYSTEM, span, round(level_db(cut(audio, channel, span)), 1))
        for channel, spans in enumerate(signals)
        for span in spans
    )
    return replace(heard, stretches=tuple(sorted((*heard.stretches, *machines), key=lambda stretch: stretch.span)))


def faint_party(heard: Acoustics) -> tuple[Notice, ...]:
    """What is told of a party whose voice is far lower than the other one's; nothing of usual ones.

    Examples
    --------
    >>> levels = ((Role.AGENT, -22.0), (Role.CUSTOMER, -47.5))
    >>> voices = tuple(Stretch(role, Span(n, n + 1.0), level) for n, (role, level) in enumerate(levels))
    >>> str(faint_party(Acoustics(voices, ()))[0])
    '一方声音很轻：客户的声音比坐席低约 26 分贝，可能听不全，请检查录音电平'
    """
    levels = {role: [voice.level_db for voice in heard.of(role)] for role in (Role.AGENT, Role.CUSTOMER)}
    if not all(levels.values()):
        return ()
    usual = {role: median(each) for role, each in levels.items()}
    faint = min(usual, key=lambda role: usual[role])
    apart = usual[faint.other] - usual[faint]
    if apart < FAINT_DB:
        return ()
    problem = f"{faint.title}的声音比{faint.other.title}低约 {apart:.0f} 分贝，可能听不全，请检查录音电平"
    return (Notice(NoticeKind.FAINT, "", problem),)


def noisy(audio: Audio, speech: Sequence[Sequence[Span]]) -> tuple[Notice, ...]:
    """What is told of channels whose voice stands little above their noise.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
    speech : sequence of sequence of Span
        The voices of each channel.

    Examples
    --------
    >>> sound = 0.01 * np.random.default_rng(1).standard_normal((1, 4 * SAMPLING_RATE)).astype(np.float32)
    >>> sound[0, SAMPLING_RATE : 2 * SAMPLING_RATE] *= 4
    >>> str(noisy(sound, [[Span(1.0, 2.0)]])[0])
    '噪声大：人声只比噪声高约 12 分贝，字和说话人都可能听错，请人工核对'
    """
    frames, notices = Frames.of(audio), []
    for n, spans in enumerate(speech):
        ratio = frames.levels(n, spans).snr_db
        if ratio is not None and ratio < NOISY_DB:
            told = f"人声只比噪声高约 {max(ratio, 0.0):.0f} 分贝，字和说话人都可能听错，请人工核对"
            notices.append(Notice(NoticeKind.NOISE, channel_title(audio, n), told))
    return tuple(notices)


def find_music(
    audio: Audio, speech: Iterable[Span], voiced: Iterable[Span], tones: Iterable[Span]
) -> tuple[Span, ...]:
    """The stretches of sound on any channel that last and are neither speech nor ringing, in order.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
    speech : iterable of Span
        What is certainly speech: it has words.
    voiced : iterable of Span
        All that sounds like a voice; music must last without it.

    Examples
    --------
    >>> times = np.arange(6 * SAMPLING_RATE) / SAMPLING_RATE
    >>> waiting = np.sin(2000 * times) * np.where(times < 2, 0.001, 0.1)
    >>> (music,) = find_music(waiting[None].astype(np.float32), speech=[Span(5.0, 6.0)], voiced=[], tones=[])
    >>> round(music.start, 1), round(music.end, 1)  # it ends just before the speech
    (2.0, 4.8)
    """
    level = 10 * np.log10(frame_power(audio, int(FRAME_S * SAMPLING_RATE)) + FLOOR)
    num_frames = level.shape[1]
    is_other = _marked([*speech, *tones], num_frames)
    is_loud = np.zeros(num_frames, np.bool_)
    for channel in level:
        usable = channel > DIGITAL_SILENCE_DB
        if usable.any():
            noise, peak = np.percentile(channel[usable], (NOISE_PERCENTILE, PEAK_PERCENTILE))
            is_loud |= usable & (channel > max(noise + ABOVE_NOISE_DB, peak - BELOW_PEAK_DB))
    is_loud &= ~is_other
    instrumental = is_loud & ~_marked(voiced, num_frames)
    music = []
    for span in union(_runs(is_loud), MAX_REST_S):
        at = slice(round(span.start / FRAME_S), round(span.end / FRAME_S))
        if instrumental[at].sum() * FRAME_S >= MIN_MUSIC_S and is_loud[at].mean() >= SOUNDING:
            music += [piece for piece in subtract([span], speech) if piece.duration >= MIN_MUSIC_S]
    return tuple(music)


def parties(drawn: Waveform, hearing: Hearing) -> tuple[Role, ...]:
    """The role whose voice each channel carries; unknown where there is one channel, or nobody spoke alone.

    A channel is the agent's if it is the louder one of the two while only the agent speaks.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from dataclasses import replace
    >>> hearing = hearing_of(["坐席：您好", "客户：喂喂喂"])
    >>> speech = tuple(Stretch(turn.role, turn.span, -30.0) for turn in hearing.turns)
    >>> drawn = Waveform(20, np.array([[9] * 20 + [99] * 20, [99] * 20 + [9] * 20], np.uint8))
    >>> [party.value for party in parties(drawn, replace(hearing, acoustics=Acoustics(speech, ())))]
    ['customer', 'agent']
    """
    unknown = (Role.UNKNOWN,) * len(drawn.peaks)
    if len(drawn.peaks) != 2 or hearing.acoustics is None:
        return unknown
    spoken = {
        role: [stretch.span for stretch in hearing.acoustics.of(role)] for role in (Role.AGENT, Role.CUSTOMER)
    }
    alone = {
        Role.AGENT: subtract(spoken[Role.AGENT], spoken[Role.CUSTOMER]),
        Role.CUSTOMER: subtract(spoken[Role.CUSTOMER], spoken[Role.AGENT]),
    }
    amplitudes = drawn.amplitudes
    lead = {role: _lead_of_first(amplitudes, drawn.rate_hz, spans) for role, spans in alone.items()}
    if lead[Role.AGENT] == lead[Role.CUSTOMER]:
        return unknown
    first_is_agent = lead[Role.AGENT] > lead[Role.CUSTOMER]
    return (Role.AGENT, Role.CUSTOMER) if first_is_agent else (Role.CUSTOMER, Role.AGENT)


def _lead_of_first(amplitudes: NDArray[np.float32], rate_hz: int, spans: Sequence[Span]) -> float:
    """By how much the first channel is louder than the second inside the spans, summed; 0.0 without any."""
    return float(
        sum(
            (amplitudes[0, a:b] - amplitudes[1, a:b]).sum()
            for a, b in ((int(span.start * rate_hz), int(np.ceil(span.end * rate_hz))) for span in spans)
        )
    )


def pauses(hearing: Hearing) -> tuple[Span, ...]:
    """The stretches of `QUIET_S` or more in which nobody speaks: what a hurried listener may skip.

    A voice in which no word was made out counts as speech: what the recogniser missed must not be skipped.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> pauses(hearing_of(["坐席：请稍等", "（8秒）", "客户：好"]))
    (Span(start=1.05, end=8.95),)
    """
    spoken = [(word.span.start, word.span.end) for turn in hearing.turns for word in turn.words]
    if hearing.acoustics is not None:
        spoken += [(stretch.span.start, stretch.span.end) for stretch in hearing.acoustics.stretches]
    length = hearing.recording.duration
    silences, quiet_since = [], 0.0
    for start, end in [*sorted(spoken), (length, length)]:
        if start - quiet_since >= QUIET_S:
            silences.append(Span(quiet_since + BREATH_S, start - BREATH_S))
        quiet_since = max(quiet_since, end)
    return tuple(silences)


def _marked(spans: Iterable[Span], num_frames: int) -> NDArray[np.bool_]:
    frames = np.zeros(num_frames, np.bool_)
    for span in spans:
        frames[max(0, int((span.start - EDGE_S) / FRAME_S)) : int((span.end + EDGE_S) / FRAME_S) + 1] = True
    return frames


def _runs(active: NDArray[np.bool_]) -> list[Span]:
    return [Span(a, b) for a, b in (runs(active) * FRAME_S).tolist()]


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
