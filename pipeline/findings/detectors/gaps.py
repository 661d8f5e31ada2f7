"""When nobody speaks: holds that the agent asked for or music tells, and dead air.

Detectors ``hold`` and ``silence``; values in seconds. Whether the wait was too long, its length told or thanks
given is a rule's question; the phrases are in the list ``hold_wording``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.findings.detectors.measurement import measurement
from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Seconds, Span, union

MIN_SECONDS: Seconds = 3.0
"""From here on quiet on both sides is a finding (MiiTel: both quiet for more than 3 s)."""
REQUEST_REACH_S: Seconds = 12.0
"""So long before it begins a wait may have been asked for: the agent says why, the customer agrees."""
MUSICAL = 0.5  # of a gap, at least, to be music on hold
LATE_TIMES_S: Seconds = 0.5  # by which the recogniser may time a word too late
QUOTED = 15  # characters before a silence


def gaps(hearing: Hearing, phrases: Sequence[Finding]) -> Iterator[Finding]:
    """Every stretch of at least `MIN_SECONDS` in which neither agent nor customer speaks, between their words.

    ``hold``: the customer was put on hold. Term ``asked`` after a polite request (请您稍等), quiet or music;
    ``bare`` when the music follows an impolite one (稍等) and ``unasked`` when it follows none. Role agent.

    ``silence``: the same stretch as the customer feels it. Term ``hold`` when the wait is excused by a polite
    request or filled with music, else ``after_agent`` or ``after_customer``, whoever spoke last; a bare 稍等
    excuses nothing. Role: who spoke next.

    Note
    ----
    Ringing and announcements before the first and after the last word of the two lie outside; announcements
    between them sound, and so break a silence. A customer who speaks for long takes a request back.
    """
    if hearing.acoustics is None:
        return
    requests = [f for f in phrases if f.detector == "hold_wording" and f.term in ("asked", "bare")]
    for span, before, after in _quiet(hearing):
        music = [played for played in hearing.acoustics.music if played.overlap(span) > 0]
        on_hold = sum(played.overlap(span) for played in music) >= MUSICAL * span.duration
        request = _request(hearing, requests, span.start)
        polite = request is not None and request.term == "asked"
        if polite or on_hold:
            term = request.term if request else "unasked"
            quote = request.quote if request else ""
            yield measurement(hearing, "hold", term, span, span.duration, Role.AGENT, quote=quote)
        term = "hold" if polite or on_hold else f"after_{before}"
        said = _last_turn(hearing, span.start)
        words = [w.text for w in said.words if w.span.start < span.start + LATE_TIMES_S] if said else []
        yield measurement(hearing, "silence", term, span, span.duration, after, quote="".join(words)[-QUOTED:])


def _quiet(hearing: Hearing) -> Iterator[tuple[Span, Role, Role]]:
    """The stretches without a voice, with who spoke before and after."""
    if hearing.acoustics is None:
        return
    voices = hearing.acoustics.stretches
    ends = {s.span.end: s.role for s in voices}
    starts = {s.span.start: s.role for s in reversed(voices)}
    sounds = union([*(s.span for s in voices), *hearing.ringback.bursts])
    people = [s.span for s in voices if s.role is not Role.UNKNOWN]
    if not people:
        return
    talk = Span(people[0].start, max(span.end for span in people))
    for one, other in pairwise(sounds):
        span = Span(one.end, other.start)
        before, after = ends.get(one.end, Role.UNKNOWN), starts.get(other.start, Role.UNKNOWN)
        within = talk.start <= span.start and span.end <= talk.end
        if within and span.duration >= MIN_SECONDS and Role.UNKNOWN not in (before, after):
            yield span, before, after


def _request(hearing: Hearing, requests: Sequence[Finding], instant: Seconds) -> Finding | None:
    """The last request to wait before `instant`, the politest where there are several, if it still holds."""
    recent = [
        f
        for f in requests
        if instant - REQUEST_REACH_S <= f.span.start < instant + LATE_TIMES_S
        and not _customer_talks(hearing, Span(min(f.span.end, instant), instant))
    ]
    return max(recent, key=lambda f: (f.term == "asked", f.span), default=None)


MUCH_TALK_S: Seconds = 2.0


def _customer_talks(hearing: Hearing, span: Span) -> bool:
    if hearing.acoustics is None:
        return False
    return sum(s.span.overlap(span) for s in hearing.acoustics.of(Role.CUSTOMER)) > MUCH_TALK_S


def _last_turn(hearing: Hearing, instant: Seconds) -> Turn | None:
    begun = [t for t in hearing.turns if t.role is not Role.UNKNOWN and t.span.start < instant]
    return begun[-1] if begun else None
