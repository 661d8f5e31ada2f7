"""What an agent should work on after a month: the items that lost the most points, with calls to listen to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from pipeline.evaluation import Answer
from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.coaching.policy import CoachingPolicy
from pipeline.month.coaching.task import Listening, Proposal
from pipeline.scorecard import Scorecard

AskedCalls: TypeAlias = Sequence[tuple[ScoredCall, Collection[str]]]
"""Calls, each with the criteria that it is exempt from."""


def proposals(row: AgentMonth, card: Scorecard, calls: AskedCalls, policy: CoachingPolicy) -> tuple[Proposal, ...]:
    """The proposals for one agent, the most points first.

    An item of which no call lost points (a value of the month, a feed) is left out: there is nothing to listen to.

    Parameters
    ----------
    row : AgentMonth
        The agent's month by `card`.
    calls : sequence of (ScoredCall, ids)
        The agent's, as they count, each with the criteria that it is exempt from.
    """
    found = []
    for month in row.criteria:
        lost = 0.0 if month.earned is None else month.points - month.earned
        listen = sorted(_lost(calls, month.criterion_id), key=_worth_hearing)[: policy.calls]
        if lost < policy.least_lost or not listen or row.agent_id is None:
            continue
        digest = card.criterion(month.criterion_id).digest
        found.append(
            Proposal(
                month=row.month,
                standard=row.scorecard,
                revision=row.revision,
                agent_id=row.agent_id,
                criterion_id=month.criterion_id,
                criterion_digest=digest,
                title=month.title,
                lost=lost,
                points=month.points,
                calls=tuple(listen),
                recheck=policy.recheck_calls,
            )
        )
    found.sort(key=lambda each: -each.lost)
    return tuple(found[: policy.items])


def points_in(scored: ScoredCall, criterion_id: str) -> Answer | None:
    """The answer of a call by which a criterion has points; None where it has none."""
    return next((a for a in scored.answers if a.criterion_id == criterion_id and a.tally.possible > 0), None)


def _lost(calls: AskedCalls, criterion_id: str) -> Iterator[Listening]:
    for scored, exempt in calls:
        answer = None if criterion_id in exempt else points_in(scored, criterion_id)
        if answer is not None and answer.tally.awarded < answer.tally.possible:
            starts = [scored.findings[n].span.start for n in answer.findings if n < len(scored.findings)]
            lost = answer.tally.possible - answer.tally.awarded
            yield Listening(scored.call.id, min(starts, default=None), lost)


def _worth_hearing(each: Listening) -> tuple[float, bool, str]:
    """The most points first, then those with a place, then by id."""
    return -each.lost, each.at is None, each.call_id
