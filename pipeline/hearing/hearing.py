"""The hearing of one call, before any rule looks at it: all that rescoring needs, and nothing of audio."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Recording
from pipeline.hearing.turns import Role, Turn, swapped
from pipeline.hearing.zones import End
from pipeline.notices import Notice
from pipeline.timeline import Seconds, Span, clipped, union

VERSION = "hearing-8"
"""Changes when attribution or measures change, so that calls are heard again (from stored transcripts)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The measures of how far a hearing can be trusted.

    Parameters
    ----------
    speech_seconds : float
        Speech found in the audio, all channels.
    transcribed_seconds : float
        The part of it that carries words.
    word_confidence : float
        Mean probability of the words, 0..1.
    role_confidence : float
        Probability that the agent is the agent, 0..1.
    agent_seconds : float
        Speech of the agent that carries words.
    customer_seconds : float | None
        The same of the customer; None where it was not measured.
    """

    speech_seconds: Seconds
    transcribed_seconds: Seconds
    word_confidence: float
    role_confidence: float
    agent_seconds: Seconds
    customer_seconds: Seconds | None = None

    @property
    def coverage(self) -> float:
        """Share of the speech that carries words, 0..1; 0.0 without speech.

        Examples
        --------
        >>> Quality(40.0, 30.0, 0.9, 1.0, 15.0).coverage
        0.75
        """
        return min(1.0, self.transcribed_seconds / self.speech_seconds) if self.speech_seconds else 0.0


def said_seconds(turns: Iterable[Turn], role: Role) -> Seconds:
    """The lengths of the words of a role, added, in seconds.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> turns = hearing_of(["坐席：您好", "客户：喂"]).turns
    >>> said_seconds(turns, Role.AGENT), said_seconds(turns, Role.SYSTEM)
    (0.5, 0)
    """
    return sum(word.span.duration for turn in turns if turn.role is role for word in turn.words)


@dataclass(frozen=True, slots=True)
class Look:
    """A zone that was heard a second time, because its words were doubtful.

    `turns` are those of the second hearing, numbered by themselves; none where it made out nothing.
    """

    zone: End
    span: Span
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Unheard:
    """A stretch in which somebody of this role may have spoken, and nothing could be made out or nothing is there.

    `role` is `Role.UNKNOWN` where it is not known whose words are missing. A stretch beyond the end of the
    recording is what the recording lost.
    """

    role: Role
    span: Span


@dataclass(frozen=True, slots=True)
class Stretch:
    """A voice sounding without a pause, and its mean power in dB below full scale."""

    role: Role
    span: Span
    level_db: float


@dataclass(frozen=True, slots=True)
class Acoustics:
    """The sounds of a call beside its words.

    Parameters
    ----------
    stretches : tuple of Stretch
        In order of time; those of two roles overlap where both speak at once. Signals of the network are the
        system's.
    music : tuple of Span
        Where something sounds that is neither speech nor a signal: hold music, mostly.
    """

    stretches: tuple[Stretch, ...]
    music: tuple[Span, ...]

    def of(self, role: Role) -> tuple[Stretch, ...]:
        """The stretches of one role, in order.

        Examples
        --------
        >>> speech = (Stretch(Role.AGENT, Span(0.0, 2.0), -30.0), Stretch(Role.CUSTOMER, Span(2.0, 3.0), -35.0))
        >>> [stretch.level_db for stretch in Acoustics(speech, ()).of(Role.CUSTOMER)]
        [-35.0]
        """
        return tuple(stretch for stretch in self.stretches if stretch.role is role)


@dataclass(frozen=True, slots=True)
class Hearing:
    """One call as it was heard.

    Parameters
    ----------
    acoustics : Acoustics | None
        None where it was heard before they were measured.
    unheard : tuple of Unheard
        Stretches of which nobody can say what was said in them, so that nothing counts as not said there.
    notices : tuple of Notice
        What was doubtful about channels, levels, voices and words; those about the file are in the recording.
    hung_up : Role | None
        Whose line went dead first, by the tone at the end (`tail`); None where that does not tell.
    fell_silent : Unheard | None
        Whose line went dead while the other one still spoke, and from when (`tail`); None for nobody's.
    part : Span | None
        Where in the recording the agent's part of the call is, and nothing of it is heard outside; None where the
        agent has the whole recording, or nobody knows which part.
    """

    call: Call
    recording: Recording
    ringback: Ringback
    speed_of_answer: SpeedOfAnswer
    turns: tuple[Turn, ...]
    quality: Quality
    acoustics: Acoustics | None = None
    looks: tuple[Look, ...] = ()
    unheard: tuple[Unheard, ...] = ()
    notices: tuple[Notice, ...] = ()
    hung_up: Role | None = None
    fell_silent: Unheard | None = None
    part: Span | None = None

    @property
    def undivided(self) -> bool:
        """Whether other agents speak in it too, and nobody knows which words are this call's agent's."""
        return self.call.handed_over and self.part is None

    @property
    def spoken_over(self) -> tuple[Span, ...]:
        """Where agent and customer speak at once on the one channel that carries both, in order.

        Whose a word is there, and whether the other one said something besides, nobody can tell for certain.

        Examples
        --------
        >>> from dataclasses import replace
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> heard = hearing_of(["坐席：您好请讲", "客户：喂"])
        >>> both = Stretch(Role.AGENT, Span(0.0, 3.0), -25.0), Stretch(Role.CUSTOMER, Span(2.0, 4.0), -25.0)
        >>> mix = replace(heard.recording, num_channels=1)
        >>> replace(heard, recording=mix, acoustics=Acoustics(both, ())).spoken_over
        (Span(start=2.0, end=3.0),)
        """
        if self.acoustics is None or self.recording.num_channels > 1:
            return ()
        customer = union(stretch.span for stretch in self.acoustics.of(Role.CUSTOMER))
        return union(both for each in self.acoustics.of(Role.AGENT) for both in clipped(customer, each.span))

    def turns_of(self, role: Role) -> tuple[Turn, ...]:
        """The turns of one role, in order.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> [turn.text for turn in hearing_of(["坐席：您好", "客户：喂", "坐席：请讲"]).turns_of(Role.AGENT)]
        ['您好', '请讲']
        """
        return tuple(turn for turn in self.turns if turn.role is role)

    def swapped(self) -> Hearing:
        """The same call with agent and customer taken for each other, in turns, sounds and second looks.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> [(turn.role.value, turn.text) for turn in hearing_of(["坐席：您好", "客户：喂"]).swapped().turns]
        [('customer', '您好'), ('agent', '喂')]
        """
        turns = swapped(self.turns)
        quality = replace(
            self.quality,
            role_confidence=1.0 - self.quality.role_confidence,
            agent_seconds=said_seconds(turns, Role.AGENT),
            customer_seconds=said_seconds(turns, Role.CUSTOMER),
        )
        acoustics = self.acoustics and replace(
            self.acoustics,
            stretches=tuple(replace(each, role=each.role.other) for each in self.acoustics.stretches),
        )
        looks = tuple(replace(look, turns=swapped(look.turns)) for look in self.looks)
        unheard = tuple(replace(each, role=each.role.other) for each in self.unheard)
        return replace(
            self,
            turns=turns,
            quality=quality,
            acoustics=acoustics,
            looks=looks,
            unheard=unheard,
            hung_up=self.hung_up and self.hung_up.other,
            fell_silent=self.fell_silent and replace(self.fell_silent, role=self.fell_silent.role.other),
        )
