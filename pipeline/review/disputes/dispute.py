"""Disputes (申诉): an agent contests an answer, and people decide, round by round, each within a time.

Knows the states of a dispute and its history; not who may do what (`moves`), nor how disputes are kept (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipeline.enums import TitledEnum
from pipeline.evaluation import Outcome
from pipeline.review.disputes.subject import Subject


class DisputeState(TitledEnum):
    """The last thing that became of a dispute. An event of its history is named by the state to which it led."""

    RAISED = "raised", "待裁定"
    ASSIGNED = "assigned", "已指派"
    RETURNED = "returned", "退回补充"  # the agent is asked for more
    ANSWERED = "answered", "已补充"  # and has said more
    UPHELD = "upheld", "改判"
    REJECTED = "rejected", "维持"

    @property
    def pending(self) -> bool:
        """Whether the dispute waits for somebody.

        Examples
        --------
        >>> DisputeState.RETURNED.pending, DisputeState.UPHELD.pending
        (True, False)
        """
        return self not in (DisputeState.UPHELD, DisputeState.REJECTED)


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer that an upheld dispute puts in place of the contested one."""

    outcome: Outcome
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute as it stands.

    Parameters
    ----------
    contested : Contested
        The answer as it was when it was contested, in this round.
    state : State
        What became of it last.
    round : int
        1 for the first.
    due_at : datetime | None
        While it is pending, when whoever is next should have acted; after a ruling, until when the next round may
        be raised. None after the final ruling.
    assignee : str | None
        The account that is to decide; None: anybody who may.
    barred : frozenset of str
        Who may not decide: the person who gave the answer, and those who decided an earlier round.
    ruled_at : datetime | None
        When the last ruling was given.
    version : int
        How many events it has; rises with each. Whoever acts says which one they saw.
    """

    id: int
    subject: Subject
    state: DisputeState
    round: int
    raised_by: str
    raised_at: datetime
    reason: str
    due_at: datetime | None
    assignee: str | None = None
    barred: frozenset[str] = field(default_factory=frozenset)
    ruled_at: datetime | None = None
    version: int = 1

    @property
    def pending(self) -> bool:
        """Whether it waits for somebody."""
        return self.state.pending

    @property
    def final(self) -> bool:
        """Whether its ruling can be contested no more.

        Examples
        --------
        >>> from datetime import UTC
        >>> from pipeline.tally import Tally
        >>> at = datetime(2025, 3, 3, 10, tzinfo=UTC)
        >>> about = Subject("C1", "kf01", 1, "A", "1001", None, None, Outcome.NOT_MET, None, Tally(0, 5), at)
        >>> [Dispute(7, about, DisputeState.REJECTED, 2, "lin", at, "said", due).final for due in (None, at)]
        [True, False]
        """
        return not self.state.pending and self.due_at is None


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """One act of a dispute's history as it is kept: what was done, by whom, and what they said."""

    id: int
    dispute_id: int
    at: datetime
    by: str
    state: DisputeState
    round: int
    reason: str = ""
    words: str = ""
    assignee: str | None = None
    ruling: Ruling | None = None
    final: bool = False
    effect: tuple[str, ...] = ()  # what the decider was shown of month and grade, in Chinese
