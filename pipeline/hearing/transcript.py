"""The transcript of a recording: the words on each channel, with their times.

Knows nothing of who said it; that is `turns`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.timeline import Seconds, Span, clipped


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of text as the recogniser timed it: for Mandarin one or a few characters."""

    text: str
    span: Span
    probability: float  # 0..1

    @property
    def spoken(self) -> bool:
        """Whether it sounds; punctuation has no time of its own and belongs to the word before it.

        Examples
        --------
        >>> Word("好", Span(0.0, 0.2), 1.0).spoken, Word("，", Span(0.2, 0.2), 1.0).spoken
        (True, False)
        """
        return any(character.isalnum() for character in self.text)


def text_of(words: Iterable[Word]) -> str:
    """The words joined: simplified Chinese, punctuation as the recogniser gave it.

    Examples
    --------
    >>> text_of([Word("您", Span(0.0, 0.2), 1.0), Word("好，", Span(0.2, 0.4), 1.0)])
    '您好，'
    """
    return "".join(word.text for word in words)


def span_of(words: Sequence[Word]) -> Span:
    """The stretch from the first word's start to the end of the last; there must be a word.

    Examples
    --------
    >>> span_of([Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0)])
    Span(start=0.0, end=0.4)
    """
    return Span(words[0].span.start, max(word.span.end for word in words))


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive words of one channel, between two pauses."""

    channel: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words joined."""
        return text_of(self.words)

    @property
    def span(self) -> Span:
        """The stretch from the first word's start to the last end.

        Examples
        --------
        >>> Segment(0, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0))).span
        Span(start=0.0, end=0.4)
        """
        return span_of(self.words)


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of a recording, and the speech they should cover.

    `speech` holds for each channel the spans in which a voice was found, ringing and music left out,
    so that speech without words can be told from silence.
    """

    model: str  # name and revision of the recogniser
    segments: tuple[Segment, ...]
    speech: tuple[tuple[Span, ...], ...]  # [channel]

    def only(self, channel: int) -> Transcript:
        """What is on one channel, as a transcript of that channel alone.

        Examples
        --------
        >>> words = (Word("您", Span(0.0, 0.2), 1.0),)
        >>> spoken = Transcript("whisper", (Segment(1, words),), ((), (Span(0.0, 0.5),)))
        >>> spoken.only(1) == Transcript("whisper", (Segment(0, words),), ((Span(0.0, 0.5),),))
        True
        """
        segments = tuple(Segment(0, segment.words) for segment in self.segments if segment.channel == channel)
        return Transcript(self.model, segments, (self.speech[channel],))

    def within(self, part: Span) -> Transcript:
        """What is in a part of the recording: the words whose middle lies in it, and the speech, cut to it.

        Examples
        --------
        >>> words = (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0))
        >>> part = Transcript("whisper", (Segment(0, words),), ((Span(0.0, 0.5),),)).within(Span(0.25, 9.0))
        >>> part.segments[0].text, part.speech
        ('好', ((Span(start=0.25, end=0.5),),))
        """
        cut = (Segment(s.channel, tuple(w for w in s.words if w.span.middle in part)) for s in self.segments)
        speech = tuple(clipped(spans, part) for spans in self.speech)
        return Transcript(self.model, tuple(segment for segment in cut if segment.words), speech)

    @property
    def speech_seconds(self) -> Seconds:
        """The length of the speech on all channels together, in seconds.

        Examples
        --------
        >>> Transcript("whisper", (), ((Span(0.0, 2.0),), (Span(2.5, 3.0),))).speech_seconds
        2.5
        """
        return sum(span.duration for spans in self.speech for span in spans)

    @property
    def confidence(self) -> float:
        """Mean probability of the words, weighted by their characters; 0.0 without words.

        Examples
        --------
        >>> segment = Segment(0, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 0.5)))
        >>> Transcript("whisper", (segment,), ()).confidence
        0.75
        """
        weights = [(len(w.text), w.probability) for s in self.segments for w in s.words]
        total = sum(n for n, _ in weights)
        return sum(n * p for n, p in weights) / total if total else 0.0
