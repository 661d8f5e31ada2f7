"""The part of a recording that one agent of several has: what is heard of it, and where it is doubtful whose it is.

Knows a part in seconds of the recording; how the records tell it is in `pipeline.call.leg`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.audio.ringing import Ringback
from pipeline.call import Placed
from pipeline.hearing.hearing import Acoustics, Hearing, Unheard
from pipeline.hearing.turns import Role, SpeakerSegment, Turn, Utterance
from pipeline.timeline import Span, clipped


def part_of(hearing: Hearing) -> Span:
    """Where in the recording a call is heard: its agent's part of it, or the whole.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> part_of(hearing_of(["坐席：您好"])).start
    0.0
    """
    return hearing.part or Span(0.0, hearing.recording.duration)


def said_within(utterances: Iterable[Utterance], part: Span) -> tuple[Utterance, ...]:
    """What is said in a part: the words whose middle lies in it.

    Examples
    --------
    >>> from pipeline.hearing.transcript import Word
    >>> said = Utterance(1, (Word("您", Span(0.0, 0.2), 1.0), Word("好", Span(0.2, 0.4), 1.0)))
    >>> [each.text for each in said_within([said], Span(0.25, 9.0))]
    ['好']
    """
    cut = (replace(u, words=tuple(w for w in u.words if w.span.middle in part)) for u in utterances)
    return tuple(utterance for utterance in cut if utterance.words)


def voices_within(voices: Iterable[SpeakerSegment], part: Span) -> tuple[SpeakerSegment, ...]:
    """Who speaks when in a part.

    Examples
    --------
    >>> voices_within([SpeakerSegment(0, Span(0.0, 2.0)), SpeakerSegment(1, Span(3.0, 4.0))], Span(1.0, 3.0))
    (SpeakerSegment(speaker=0, span=Span(start=1.0, end=2.0)),)
    """
    return tuple(SpeakerSegment(voice.speaker, span) for voice in voices for span in clipped([voice.span], part))


def rings_within(ringback: Ringback, part: Span) -> Ringback:
    """The ringing of a part.

    Examples
    --------
    >>> rings_within(Ringback((Span(0.5, 1.5), Span(5.5, 6.5))), Span(60.0, 90.0)).rings
    0
    """
    return Ringback(clipped(ringback.bursts, part))


def sounds_within(acoustics: Acoustics, part: Span) -> Acoustics:
    """The sounds of a part: of a recording whose other voices were taken out they may be taken for music.

    Examples
    --------
    >>> sounds_within(Acoustics((), (Span(2.0, 5.0), Span(60.0, 70.0))), Span(4.0, 50.0)).music
    (Span(start=4.0, end=5.0),)
    """
    stretches = (replace(s, span=span) for s in acoustics.stretches for span in clipped([s.span], part))
    return Acoustics(tuple(stretches), clipped(acoustics.music, part))


def unheard_within(unheard: Iterable[Unheard], part: Span) -> tuple[Unheard, ...]:
    """What is missing of a part.

    Examples
    --------
    >>> unheard_within([Unheard(Role.CUSTOMER, Span(0.0, 9.0))], Span(4.0, 50.0))
    (Unheard(role=<Role.CUSTOMER: 'customer'>, span=Span(start=4.0, end=9.0)),)
    """
    return tuple(Unheard(each.role, span) for each in unheard for span in clipped([each.span], part))


def of_either(placed: Placed, turns: Sequence[Turn]) -> tuple[Unheard, ...]:
    """Where words at the agents' end lie so near to a hand-over that they may be the other agent's.

    There, what was to be said may have been said, and nobody is blamed for what was.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turns = hearing_of(["坐席：您好请讲", "客户：喂"]).turns  # up to 1.0
    >>> of_either(Placed(Span(0.0, 60.0), (Span(0.75, 4.0),)), turns)
    (Unheard(role=<Role.AGENT: 'agent'>, span=Span(start=0.75, end=1.0)),)
    >>> of_either(Placed(Span(0.0, 60.0), (Span(57.0, 63.0),)), turns)
    ()
    """
    words = [w.span for turn in turns if turn.role in (Role.AGENT, Role.UNKNOWN) for w in turn.words]
    near = (clipped(words, doubt) for doubt in placed.doubts)
    return tuple(Unheard(Role.AGENT, Span(said[0].start, said[-1].end)) for said in near if said)
