"""Silence: dead air, and waits that the agent asked for or music fills. Detector ``silence``; value in seconds.

Knows the stretches, whom they follow and what was said before them; whether a wait was too long, its length told or
thanks given is a rule's question. The wait as the agent's doing is in `hold`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from pipeline.findings.detectors.detector import VERSION, Detector, Measurement
from pipeline.findings.finding import Finding
from pipeline.findings.thresholds import AS_SHIPPED, Silence
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span, union

MUCH_TALK_S: Seconds = 2.0  # of the customer, which takes a request to wait back
LATE_TIMES_S: Seconds = 0.5  # by which the recogniser may time a word too late
QUOTED = 15  # characters before a silence


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch of dead air or more in which neither agent nor customer speaks, between their words.

    Parameters
    ----------
    before, after : Role
        Who spoke last, and who speaks next.
    request : Finding | None
        The agent's request to wait, polite or not, that still holds.
    musical : bool
        Whether music fills it.
    """

    span: Span
    before: Role
    after: Role
    request: Finding | None
    musical: bool

    @property
    def excused(self) -> bool:
        """Whether the customer was put on hold: politely asked, or by music. A bare 稍等 excuses nothing.

        Examples
        --------
        >>> Wait(Span(2.0, 9.0), Role.AGENT, Role.CUSTOMER, None, musical=True).excused
        True
        """
        return self.musical or (self.request is not None and self.request.term == "asked")


def silences(
    hearing: Hearing, phrases: Sequence[Finding], limits: Silence = AS_SHIPPED.silence
) -> Iterator[Measurement]:
    """Every wait as the customer feels it, with the last words before it.

    Term ``hold`` when it is excused by a polite request or filled with music, else ``after_agent`` or
    ``after_customer``, whoever spoke last. Role: who spoke next.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing import Acoustics, Stretch
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["坐席：我看看", "（6秒）", "客户：喂"])
    >>> voices = tuple(Stretch(turn.role, turn.span, -25.0) for turn in call.turns)
    >>> [(one.term, one.value, one.quote) for one in silences(replace(call, acoustics=Acoustics(voices, ())), ())]
    [('after_agent', 6.5, '我看看')]
    """
    for wait in waits(hearing, phrases, limits):
        term = "hold" if wait.excused else f"after_{wait.before}"
        last = _last_turn(hearing, wait.span.start)
        words = [w.text for w in last.words if w.span.start < wait.span.start + LATE_TIMES_S] if last else []
        yield Measurement(term, wait.span, wait.span.duration, wait.after, quote="".join(words)[-QUOTED:])


def waits(hearing: Hearing, phrases: Sequence[Finding], limits: Silence = AS_SHIPPED.silence) -> Iterator[Wait]:
    """The waits of a call, in order of time.

    Parameters
    ----------
    phrases : sequence of Finding
        Those of the lexicon ``hold_wording`` tell a hold from dead air.

    Note
    ----
    From 3 s on quiet on both sides is a finding (MiiTel). A wait may have been asked for some seconds before it
    begins: the agent says why, the customer agrees. Ringing and announcements before the first and after the last
    word of the two lie outside; announcements between them sound, and so break a silence. A customer who speaks
    for long takes a request back.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing import Acoustics, Stretch
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["坐席：我看看", "（6秒）", "客户：喂"])
    >>> voices = tuple(Stretch(turn.role, turn.span, -25.0) for turn in call.turns)
    >>> [(wait.span, wait.excused) for wait in waits(replace(call, acoustics=Acoustics(voices, ())), ())]
    [(Span(start=0.75, end=7.25), False)]
    """
    if hearing.acoustics is None:
        return
    requests = [f for f in phrases if f.detector == "hold_wording" and f.term in ("asked", "bare")]
    for span, before, after in _quiet(hearing, limits.dead_air_s):
        music = [played for played in hearing.acoustics.music if played.overlap(span) > 0]
        musical = sum(played.overlap(span) for played in music) >= limits.musical * span.duration
        yield Wait(span, before, after, _request(hearing, requests, span.start, limits.request_reach_s), musical)


def _quiet(hearing: Hearing, least: Seconds) -> Iterator[tuple[Span, Role, Role]]:
    """The stretches without a voice, with who spoke before and after."""
    if hearing.acoustics is None:
        return
    voices = hearing.acoustics.stretches
    ends = {s.span.end: s.role for s in voices}
    starts = {s.span.start: s.role for s in reversed(voices)}
    sounds = union([*(s.span for s in voices), *hearing.ringback.bursts])
    people = [s.span for s in voices if s.role.is_party]
    if not people:
        return
    talk = Span(people[0].start, max(span.end for span in people))
    for one, other in pairwise(sounds):
        span = Span(one.end, other.start)
        before, after = ends.get(one.end, Role.UNKNOWN), starts.get(other.start, Role.UNKNOWN)
        within = talk.start <= span.start and span.end <= talk.end
        if within and span.duration >= least and before.is_party and after.is_party:
            yield span, before, after


def _request(hearing: Hearing, requests: Sequence[Finding], instant: Seconds, reach: Seconds) -> Finding | None:
    """The last request to wait before `instant`, the politest where there are several, if it still holds."""
    recent = [
        f
        for f in requests
        if instant - reach <= f.span.start < instant + LATE_TIMES_S
        and not _customer_talks(hearing, Span(min(f.span.end, instant), instant))
    ]
    return max(recent, key=lambda f: (f.term == "asked", f.span), default=None)


def _customer_talks(hearing: Hearing, span: Span) -> bool:
    if hearing.acoustics is None:
        return False
    return sum(s.span.overlap(span) for s in hearing.acoustics.of(Role.CUSTOMER)) > MUCH_TALK_S


def _last_turn(hearing: Hearing, instant: Seconds) -> Turn | None:
    begun = [t for t in hearing.turns if t.role.is_party and t.span.start < instant]
    return begun[-1] if begun else None


SILENCE = Detector(
    name="silence",
    title="静音",
    unit="秒",
    terms={"after_agent": "坐席说完后没人说话", "after_customer": "客户说完后没人说话", "hold": "已请客户等待"},
    detect=silences,
    version=VERSION,
    tuned=lambda thresholds: partial(silences, limits=thresholds.silence),
)
