"""Turns: the words of a call in the order of talk, each with who said it.

Knows how words and voices are put together; which voice is the agent's is decided in `roles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.enums import TitledEnum
from pipeline.hearing.transcript import Segment, Word, span_of, text_of
from pipeline.timeline import Span


class Role(TitledEnum):
    """The role of a speaker: a machine that announces or plays is `SYSTEM`, a voice nobody can place `UNKNOWN`."""

    AGENT = "agent", "坐席"
    CUSTOMER = "customer", "客户"
    SYSTEM = "system", "录音播报"
    UNKNOWN = "unknown", "身份不明"

    @property
    def is_party(self) -> bool:
        """Whether it serves or is served: of nobody else's words can a duty or an offence be made.

        Examples
        --------
        >>> [role.value for role in Role if role.is_party]
        ['agent', 'customer']
        """
        return self in (Role.AGENT, Role.CUSTOMER)

    @property
    def other(self) -> Role:
        """The role on the other end of the line; any other stays what it is.

        Examples
        --------
        >>> Role.AGENT.other.value, Role.SYSTEM.other.value
        ('customer', 'system')
        """
        return {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}.get(self, self)


@dataclass(frozen=True, slots=True)
class SpeakerSegment:
    """A stretch in which one voice speaks, by diarization. `speaker` counts from 0."""

    speaker: int
    span: Span


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words that one voice says without a pause. `speaker` is the channel, or the voice of the diarization.

    `confidence` is the probability, 0..1, that it is this voice.
    """

    speaker: int
    words: tuple[Word, ...]
    confidence: float = 1.0

    @property
    def text(self) -> str:
        """The words joined.

        Examples
        --------
        >>> Utterance(0, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0))).text
        '您好'
        """
        return text_of(self.words)

    @property
    def span(self) -> Span:
        """The stretch from the first word's start to the last end.

        Examples
        --------
        >>> Utterance(0, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0))).span
        Span(start=0.0, end=0.4)
        """
        return span_of(self.words)


@dataclass(frozen=True, slots=True)
class Turn:
    """The words of one speaker until the other one speaks.

    `confidence` is the probability, 0..1, that the role is right.
    """

    index: int
    role: Role
    span: Span
    text: str
    words: tuple[Word, ...]
    confidence: float

    def span_of(self, start: int, end: int) -> Span:
        """The stretch in which the characters ``[start, end)`` of the text are heard, in seconds of the recording.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> hearing_of(["坐席：您好请讲"]).turns[0].span_of(2, 4)
        Span(start=0.5, end=1.0)
        """
        at, inside = 0, []
        for word in self.words:
            if at < end and at + len(word.text) > start:
                inside.append(word.span)
            at += len(word.text)
        return Span(inside[0].start, max(span.end for span in inside)) if inside else self.span


def by_channel(segments: Iterable[Segment]) -> tuple[Utterance, ...]:
    """The utterances of a recording with one party a channel, in order of time.

    Examples
    --------
    >>> late, early = (Word("好", Span(2.0, 2.2), 1.0),), (Word("喂", Span(1.0, 1.2), 1.0),)
    >>> [(u.speaker, u.text) for u in by_channel([Segment(0, late), Segment(1, early)])]
    [(1, '喂'), (0, '好')]
    """
    return _in_order(Utterance(segment.channel, segment.words) for segment in segments)


def by_voice(segments: Iterable[Segment], voices: Sequence[SpeakerSegment]) -> tuple[Utterance, ...]:
    """The utterances of a mixed recording, each word given to the voice that speaks at its time.

    Parameters
    ----------
    segments : iterable of Segment
        Of the one mixed channel.
    voices : sequence of SpeakerSegment
        By diarization; must not be empty unless `segments` is.

    Examples
    --------
    >>> mixed = Segment(0, (Word("喂", Span(1.0, 1.2), 1.0), Word("您好", Span(1.4, 1.8), 1.0)))
    >>> voices = [SpeakerSegment(1, Span(0.9, 1.3)), SpeakerSegment(0, Span(1.3, 2.0))]
    >>> [(u.speaker, u.text) for u in by_voice([mixed], voices)]
    [(1, '喂'), (0, '您好')]
    """
    return _in_order(
        Utterance(speaker, tuple(word for _, word in pairs))
        for segment in segments
        for speaker, pairs in groupby(_given(segment.words, voices), key=lambda pair: pair[0])
    )


def swapped(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns with agent and customer taken for each other, each as sure as it was of the other role.

    Examples
    --------
    >>> [(t.role.value, t.confidence) for t in swapped([Turn(0, Role.AGENT, Span(0, 1), "喂", (), 0.75)])]
    [('customer', 0.25)]
    """
    return tuple(
        replace(turn, role=turn.role.other, confidence=1.0 - turn.confidence) if turn.role.is_party else turn
        for turn in turns
    )


def to_turns(
    utterances: Sequence[Utterance], role_of: Callable[[int], Role], confidence: float
) -> tuple[Turn, ...]:
    """The turns out of utterances in order of time: those of one role that follow each other are one turn.

    Parameters
    ----------
    role_of : callable
        The role of the utterance at a position.
    confidence : float
        Probability that agent and customer are not swapped, 0..1.

    Examples
    --------
    >>> said = [Utterance(n, (Word(text, Span(n, n + 1), 1.0),)) for n, text in enumerate(("您好", "请讲", "喂"))]
    >>> roles = [Role.AGENT, Role.AGENT, Role.CUSTOMER]
    >>> [(t.role.value, t.text, t.confidence) for t in to_turns(said, roles.__getitem__, 0.9)]
    [('agent', '您好请讲', 0.9), ('customer', '喂', 0.9)]
    """
    roles = [role_of(n) for n in range(len(utterances))]
    turns: list[Turn] = []
    for role, positions in groupby(range(len(utterances)), key=lambda n: roles[n]):
        group = [utterances[n] for n in positions]
        words = tuple(word for utterance in group for word in utterance.words)
        sure = confidence * min(utterance.confidence for utterance in group) if role.is_party else 1.0
        turns.append(Turn(len(turns), role, span_of(words), text_of(words), words, sure))
    return tuple(turns)


def _in_order(utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
    return tuple(sorted(utterances, key=lambda utterance: utterance.span))


def _given(words: Iterable[Word], voices: Sequence[SpeakerSegment]) -> Iterator[tuple[int, Word]]:
    """Each word with its voice; punctuation stays with the word before it."""
    speaker = None
    for word in words:
        if word.spoken or speaker is None:
            speaker = _voice_at(word.span, voices)
        yield speaker, word


def _voice_at(span: Span, voices: Sequence[SpeakerSegment]) -> int:
    """The voice that covers most of a word; the nearest one when none covers any of it."""
    return max(voices, key=lambda voice: (span.overlap(voice.span), -span.gap(voice.span))).speaker
