"""Rows that tell of one call -> the call, or the calls where each agent was recorded on their own.

A call is scored for one agent by one recording. So where two agents answered one after the other and each leg names
a recording of its own, each leg is a call of its agent. Where there is one recording, there is one call: of the
agent who talked the longest, with the legs of the others beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.call.call import Call, Leg


def joined_legs(legs: Sequence[Call], rank: Callable[[Call], tuple[bool, float]]) -> list[Call]:
    """The calls of the legs of one id; each has all the legs where there are several.

    Parameters
    ----------
    legs : sequence of Call
        Each leg read as if it were a call.
    rank : Callable[[Call], tuple[bool, float]]
        How much a leg is the call itself; the highest is.
    """
    if len(legs) == 1:
        return list(legs)
    rows = tuple(map(leg_of, legs))
    answered = [leg for leg in legs if leg.answered and leg.recording_name]
    by_recording: dict[str, list[Call]] = {}
    for leg in sorted(answered, key=lambda leg: (leg.ring_at is None, leg.ring_at)):
        by_recording.setdefault((leg.recording_name or "").casefold(), []).append(leg)
    if len(by_recording) > 1:
        parts = [max(each, key=rank) for each in by_recording.values()]
        first, *others = (replace(part, legs=rows) for part in parts)
        return [first, *(replace(part, id=f"{part.id}+{n}") for n, part in enumerate(others, 2))]
    best = max(legs, key=rank)
    named = next((leg.recording_name for leg in (best, *answered, *legs) if leg.recording_name), None)
    return [replace(best, recording_name=named, legs=rows)]


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
