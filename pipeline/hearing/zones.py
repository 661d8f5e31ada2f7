"""Parts of a call by name: where an opening ends and a closing begins, for one role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from pipeline.hearing.turns import Turn
from pipeline.timeline import Seconds

Zone: TypeAlias = Literal["opening", "closing", "anywhere", "after"]
"""``after`` an event is anywhere, as far as the clock goes."""

OPENING_TURNS, OPENING_S = 3, 30.0  # of one role, and seconds after its first word
CLOSING_TURNS, CLOSING_S = 4, 30.0  # of one role, and seconds before its last word


def in_zone(zone: Zone, turns: Sequence[Turn], order: int, instant: Seconds) -> bool:
    """Whether an instant of the turn at position `order` lies in a part of the call.

    Parameters
    ----------
    turns : sequence of Turn
        All turns of one role, in order.
    instant : float
        Seconds of the recording.
    """
    if zone == "opening":
        return order < OPENING_TURNS and instant - turns[0].span.start <= OPENING_S
    if zone == "closing":
        late = len(turns) - order <= CLOSING_TURNS or turns[-1].span.end - instant <= CLOSING_S
        return late and (order > 0 or len(turns) == 1)
    return True
