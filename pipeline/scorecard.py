"""A scorecard: criteria, points and levels of one standard, by revision. Policy as data.

Knows how such a file is read and checked; not how a call is judged (`evaluation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """How a part of a criterion is decided from findings. `kind` says which fields count.

    ``heard``    share of `terms` that `detector` found
    ``absent``   nothing found by `detector`
    ``duty``     a finding of `trigger` asks for one of `detector`/`terms` after it; no trigger: not applicable
    ``rings``    at most `at_most` rings, or `seconds` where only the record is known; inbound calls only
    ``hangup``   the customer hung up first, by the call record
    """

    kind: Literal["heard", "absent", "duty", "rings", "hangup"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    trigger: str = ""
    at_most: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Part:
    """A ▲ of a criterion, with its weight inside it."""

    title: str
    weight: float
    rule: Rule


@dataclass(frozen=True, slots=True)
class Criterion:
    """One item of a scorecard.

    `answered_by` is ``calls`` (from the audio and the record), ``feed`` or ``person``; the last two are left
    open. `standard` is the sentence of the printed document.
    """

    id: str
    title: str
    standard: str
    points: float
    answered_by: Literal["calls", "feed", "person"]
    parts: tuple[Part, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One signed-off revision of a standard.

    `levels` maps a level's name to the share of the points; `cutoffs` maps it to the least share of the parts met
    that earns it. Both run from best to worst.
    """

    name: str
    title: str
    revision: int
    effective_from: date
    source: str
    levels: tuple[tuple[str, float], ...]
    cutoffs: tuple[tuple[str, float], ...]
    criteria: tuple[Criterion, ...]

    @property
    def points(self) -> float:
        """The printed total."""
        return sum(criterion.points for criterion in self.criteria)
