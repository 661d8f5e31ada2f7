"""Speech of which no word was made out: so long a gap among the words of a voice that something may be missing.

A recogniser leaves gaps, and what it invents is taken out again; either way somebody spoke there. Knows voices and
words; what a gap may hide is the question of `findings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.hearing.hearing import Stretch, Unheard
from pipeline.hearing.transcript import Transcript, Word
from pipeline.hearing.turns import Role, Turn
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Seconds, Span, place, subtract

LEAST_S: Seconds = 0.5
"""A shorter gap holds a breath, a cough or a lost syllable, not a phrase."""
EDGE_S: Seconds = 0.25  # by which words are timed inside or outside of their sound


def unheard_speech(voices: Iterable[Stretch], turns: Sequence[Turn]) -> tuple[Unheard, ...]:
    """The stretches in which a voice sounds for `LEAST_S` or more without a word, in order of time.

    Parameters
    ----------
    voices : iterable of Stretch
        Where each role sounds (`Acoustics.stretches`); machines are left out.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turns = hearing_of("坐席：您好请讲").turns  # a second of it
    >>> unheard_speech([Stretch(Role.AGENT, Span(0.0, 4.0), -25.0)], turns)
    (Unheard(role=<Role.AGENT: 'agent'>, span=Span(start=1.25, end=4.0)),)
    """
    gaps = [
        Unheard(voice.role, gap)
        for voice in voices
        if voice.role is not Role.SYSTEM
        for gap in subtract([voice.span], _covered(turns, voice.role))
        if gap.duration >= LEAST_S
    ]
    return tuple(sorted(gaps, key=lambda each: each.span))


def transcribed_seconds(transcript: Transcript) -> Seconds:
    """The part of the speech that carries words, in seconds: all but whole stretches without any, and long gaps.

    A gap is as long as `LEAST_S`, among the words of its own channel.

    Examples
    --------
    >>> from pipeline.hearing.transcript import Segment
    >>> said = Segment(0, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0)))
    >>> transcribed_seconds(Transcript("whisper", (said,), ((Span(0.0, 10.0), Span(11.0, 11.4)),)))
    0.65
    """
    gaps = (
        gap
        for channel, spans in enumerate(transcript.speech)
        for gap in subtract(spans, _around(w for s in transcript.segments if s.channel == channel for w in s.words))
    )
    stretches = {span for spans in transcript.speech for span in spans}
    wordless = sum(gap.duration for gap in gaps if gap.duration >= LEAST_S or gap in stretches)
    return round(transcript.speech_seconds - wordless, 6)


def _covered(turns: Sequence[Turn], role: Role) -> list[Span]:
    """Where there are words of a role, or words that may be its own."""
    others = Role.CUSTOMER if role is Role.AGENT else Role.AGENT
    return _around(w for turn in turns if role is Role.UNKNOWN or turn.role is not others for w in turn.words)


def _around(words: Iterable[Word]) -> list[Span]:
    return [Span(word.span.start - EDGE_S, word.span.end + EDGE_S) for word in words]


def unheard_notice(unheard: Sequence[Unheard]) -> tuple[Notice, ...]:
    """What is told of speech without words; nothing where there is none.

    Examples
    --------
    >>> str(unheard_notice([Unheard(Role.AGENT, Span(61.25, 64.0))])[0])
    '有话音而听不出字：共 1 处 2.8 秒，01:01 处最长；可能在这些地方说过的话按听不清处理'
    """
    if not unheard:
        return ()
    seconds = sum(each.span.duration for each in unheard)
    longest = max(unheard, key=lambda each: each.span.duration)
    where = f"共 {len(unheard)} 处 {seconds:.1f} 秒，{place(longest.span.start)} 处最长"
    problem = f"{where}；可能在这些地方说过的话按听不清处理"
    return (Notice(NoticeKind.WORDS_UNHEARD, "", problem),)
