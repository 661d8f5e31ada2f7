"""What an agent should work on after a month: the items that lost the most points, with calls to listen to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from pipeline.evaluation import Answer
from pipeline.month.assessment.agent_month import AgentMonth, CriterionMonth
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
    every = (proposal_for(row, card, month, calls, policy) for month in row.criteria)
    found = [each for each in every if each is not None and each.lost >= policy.least_lost]
    found.sort(key=lambda each: -each.lost)
    return tuple(found[: policy.items])


def proposal_for(
    row: AgentMonth,
    card: Scorecard,
    item: CriterionMonth,
    calls: AskedCalls,
    policy: CoachingPolicy,
    first: str = "",
) -> Proposal | None:
    """The proposal for one item of the month, however little it lost; None where no call lost points of it.

    Parameters
    ----------
    first : str
        The call to listen to before others, if it lost points of the item.
    """
    listen = sorted(
        _lost(calls, item.criterion_id), key=lambda each: (each.call_id != first, *_worth_hearing(each))
    )
    if not listen or row.agent_id is None:
        return None
    return Proposal(
        month=row.month,
        standard=row.scorecard,
        revision=row.revision,
        agent_id=row.agent_id,
        criterion_id=item.criterion_id,
        criterion_digest=card.criterion(item.criterion_id).digest,
        title=item.title,
        lost=0.0 if item.earned is None else max(0.0, item.points - item.earned),
        points=item.points,
        calls=tuple(listen[: policy.calls]),
        recheck=policy.recheck_calls,
    )


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
