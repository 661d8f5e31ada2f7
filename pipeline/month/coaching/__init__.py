"""Coaching: tasks from items that lost points, and whether they helped."""

from pipeline.month.coaching.effect import Effect, effect
from pipeline.month.coaching.policy import CoachingPolicy, bundled_coaching
from pipeline.month.coaching.proposals import proposal_for, proposals
from pipeline.month.coaching.task import Act, ActKind, Listening, Proposal, Task, tasks_of

__all__ = [
    "Act",
    "ActKind",
    "CoachingPolicy",
    "Effect",
    "Listening",
    "Proposal",
    "Task",
    "bundled_coaching",
    "effect",
    "proposal_for",
    "proposals",
    "tasks_of",
]
