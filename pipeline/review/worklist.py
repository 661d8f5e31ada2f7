"""The queue of calls that a person should look at: its rows, its filters, and the place of a call in it.

Knows how rows stand in order; not why a call is in the queue (`urgency`), nor how the queue is kept (`store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from pipeline.evaluation import Outcome
from pipeline.review.urgency import Code, Reason, lot, risk
from pipeline.timeline import Seconds

BY_LOT = frozenset({Code.SAMPLED, Code.RANDOM})
"""Reasons that say nothing against the call."""

WORTH_FILTERING = frozenset({Outcome.PARTLY_MET, Outcome.NOT_MET, Outcome.UNSURE})
"""The outcomes by which a reviewer looks for calls; all others are what is expected."""


class Progress(StrEnum):
    """The progress of the review of a call."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class Stream(IntEnum):
    """The two orders in one of which a call stands."""

    BY_RISK = 0
    BY_LOT = 1


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One call of the queue.

    Parameters
    ----------
    day : date | None
        The day of the call in Asia/Shanghai; None where its record gives no instant.
    at : datetime
        Its first instant; where the record gives none, when it was listed.
    duration : float | None
        Of the recording, in seconds.
    score : float | None
        Percent, 0..100; None for a call that has none.
    scorecard : str | None
        The standard by which it was judged; None where none did.
    risk : float
        0..1.
    due_at : datetime | None
        When a dispute about it must be settled.
    """

    call_id: str
    agent_id: str | None
    agent_name: str | None
    team: str | None
    queue: str | None
    month: str | None
    day: date | None
    at: datetime
    duration: Seconds | None
    score: float | None
    risk: float
    stream: Stream
    reasons: tuple[Reason, ...]
    status: Progress = Progress.OPEN
    assignee: str | None = None
    taken_at: datetime | None = None
    done_by: str | None = None
    done_at: datetime | None = None
    due_at: datetime | None = None
    scorecard: str | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the rows of the queue; a field that is None does not matter.

    Parameters
    ----------
    status : Progress | None
        None for any.
    criterion_id, outcome
        Calls in which the criterion was not plainly met, or came out as said.
    first_day, last_day : date | None
        Both inclusive, in Asia/Shanghai.
    least_score, most_score : float | None
        Percent, both inclusive; calls without a score are then left out.
    plan_id : int | None
        Only what this sampling plan drew.
    blind : frozenset of str
        Calls of whose judgement nothing must show: left out where rows are chosen by how they were judged.
    """

    status: Progress | None = Progress.OPEN
    team: str | None = None
    agent_id: str | None = None
    criterion_id: str | None = None
    outcome: Outcome | None = None
    first_day: date | None = None
    last_day: date | None = None
    least_score: float | None = None
    most_score: float | None = None
    code: Code | None = None
    assignee: str | None = None
    plan_id: int | None = None
    blind: frozenset[str] = frozenset()

    @property
    def by_judgement(self) -> bool:
        """Whether being among the rows tells something of how a call was judged.

        Examples
        --------
        >>> Filters(team="一组").by_judgement, Filters(most_score=60).by_judgement
        (False, True)
        """
        asked = (self.criterion_id, self.outcome, self.least_score, self.most_score, self.code, self.plan_id)
        return any(each is not None for each in asked)


def position(call_id: str, reasons: Sequence[Reason], due_at: datetime | None, seed: str) -> tuple[Stream, float]:
    """The order in which a call stands, and its place in it: the larger, the earlier.

    Note
    ----
    A dispute stands before all risk (above 1), the earliest deadline first; so no clock is needed to keep the order
    true. A call that was only drawn stands in the order of the lots, those of sampling plans in front. All others,
    also those without any reason, stand by risk.

    Examples
    --------
    >>> from datetime import UTC
    >>> drawn, low = Reason(Code.RANDOM, "", 0.1), Reason(Code.LOW_SCORE, "", 0.4)
    >>> position("C1", [low], None, "s"), position("C1", [drawn], None, "s")[0].name
    ((<Stream.BY_RISK: 0>, 0.4), 'BY_LOT')
    >>> position("C1", [Reason(Code.DISPUTE, "", 1.0)], datetime(2025, 3, 5, 16, tzinfo=UTC), "s")[1] > 1
    True
    """
    kinds = {reason.code for reason in reasons}
    if Code.DISPUTE in kinds and due_at is not None:
        return Stream.BY_RISK, 2.0 - due_at.timestamp() / 1e12
    if kinds and kinds <= BY_LOT:
        return Stream.BY_LOT, (1.0 if Code.SAMPLED in kinds else 0.0) + lot(seed, call_id)
    return Stream.BY_RISK, risk(reasons)


def split_rows(before: int, num_by_risk: int, num_by_lot: int, every: int) -> tuple[int, int]:
    """The number of rows of either order, by risk and by lot, among the first `before` rows of the queue.

    Every `every`-th row is the next by lot, as long as there are some of both.

    Examples
    --------
    >>> split_rows(10, 100, 100, 5), split_rows(10, 100, 1, 5), split_rows(10, 3, 100, 5)
    ((8, 2), (9, 1), (3, 7))
    """
    before = min(before, num_by_risk + num_by_lot)
    drawn = max(min(before // every, num_by_lot), before - num_by_risk)
    return before - drawn, drawn
