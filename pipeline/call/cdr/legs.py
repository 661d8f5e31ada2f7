"""Rows that tell of one call -> the call, or a call for each part that an agent had in it.

A call is scored for one agent. So where agents answered one after the other, each part is a call of its agent,
whether they were recorded apart or in one recording. Where nobody can tell who spoke when (two on the line at once,
a leg without its times), there is one call: of the agent who talked the longest, with the legs of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.call.call import Call
from pipeline.call.leg import Leg, Part, parts_of

Rank = Callable[[Call], tuple[bool, float]]
"""How much a leg is the call itself; the highest is."""


def joined_legs(legs: Sequence[Call], rank: Rank) -> list[Call]:
    """The calls of the legs of one id; each has all the legs where there are several.

    Parameters
    ----------
    legs : sequence of Call
        Each leg read as if it were a call.

    Note
    ----
    One of the calls keeps the id, the others have their number behind it: of agents recorded apart the first, of
    those in one recording the one who talked the longest, whose call it is where it cannot be parted.
    """
    if len(legs) == 1:
        return list(legs)
    rows = tuple(map(leg_of, legs))
    answered = [leg for leg in legs if leg.answered and leg.recording_name]
    by_recording: dict[str, list[Call]] = {}
    for leg in sorted(answered, key=lambda leg: (leg.ring_at is None, leg.ring_at)):
        by_recording.setdefault((leg.recording_name or "").casefold(), []).append(leg)
    if len(by_recording) > 1:
        parts = [part for each in by_recording.values() for part in _of_one_recording(each, rank)]
        return _numbered(parts, parts[0], rows)
    parts = _of_one_recording(legs, rank)
    return _numbered(parts, max(parts, key=rank), rows)


def _of_one_recording(legs: Sequence[Call], rank: Rank) -> list[Call]:
    """A call for each part, all naming the one recording; the best leg where there are no parts."""
    best = max(legs, key=rank)
    answered = [leg for leg in legs if leg.answered and leg.recording_name]
    named = next((leg.recording_name for leg in (best, *answered, *legs) if leg.recording_name), None)
    of_leg = {leg_of(leg): leg for leg in legs}
    calls = [_call_of(part, of_leg) for part in parts_of(tuple(of_leg))] or [best]
    return [replace(call, recording_name=named) for call in calls]


def _call_of(part: Part, of_leg: dict[Leg, Call]) -> Call:
    """The call of a part: its first leg, to the end of its last one."""
    first, last = of_leg[part.legs[0]], of_leg[part.legs[-1]]
    return replace(first, ended_at=part.end, hangup_by=last.hangup_by)


def _numbered(parts: Sequence[Call], whole: Call, rows: tuple[Leg, ...]) -> list[Call]:
    """The calls in order of time, `whole` under the id itself, the others with their number."""
    numbers = iter(range(2, len(parts) + 1))
    ids = [part.id if part is whole else f"{part.id}+{next(numbers)}" for part in parts]
    return [replace(part, id=id, legs=rows) for part, id in zip(parts, ids, strict=True)]


def leg_of(call: Call) -> Leg:
    """A row that was read as a call, as a leg of one."""
    return Leg(
        call.agent_id,
        call.answered,
        call.ring_at,
        call.answered_at,
        call.ended_at,
        call.recording_name,
        call.source,
    )


def leg_rank(call: Call) -> tuple[bool, float]:
    """How much a leg is the call itself: one that was answered before one that was not, then the longest."""
    lasted = (call.ended_at - call.ring_at).total_seconds() if call.ended_at and call.ring_at else 0.0
    return call.answered is True, lasted
