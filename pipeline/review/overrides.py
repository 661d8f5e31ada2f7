"""The overrides of calls: what people answered beside what the machine had said then.

Knows acts of people; how they are counted is in `pipeline.month.overrides`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.evaluation import Outcome
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.overrides import Override, answered_calls, points_apart
from pipeline.review.answers import PersonAnswer, valid_acts
from pipeline.scorecard import Scorecard


def overrides_of(
    calls: Iterable[ScoredCall], acts: Mapping[str, Sequence[PersonAnswer]], card: Scorecard
) -> Iterator[Override]:
    """An override for each criterion of which both spoke, with its points.

    Parameters
    ----------
    calls : iterable of ScoredCall
        As they count.
    acts : mapping
        What counts of all that people said, by call.
    """
    criteria = _criteria(card)
    for scored, machine, counts in answered_calls(calls):
        said = valid_acts(acts.get(scored.call.id, ()), card)
        own = [act for id, act in said.items() if criteria[id] == machine.criterion_id and spoke(act)]
        if own:
            last = max(own, key=lambda act: act.id)
            overturned = any(map(overturns, own))
            yield Override(
                month=scored.call.month or "",
                call_id=scored.call.id,
                agent_id=scored.call.agent_id,
                criterion_id=machine.criterion_id,
                by=last.by,
                overturned=overturned,
                points=points_apart(machine, counts) if overturned else 0.0,
            )


def overrides_of_acts(month: str, acts: Iterable[PersonAnswer], card: Scorecard) -> Iterator[Override]:
    """The overrides of another month, from what people said alone: without agents and points."""
    criteria, found = _criteria(card), defaultdict[tuple[str, str], list[PersonAnswer]](list)
    for act in acts:
        if spoke(act):
            found[act.call_id, criteria.get(act.criterion_id, act.criterion_id)].append(act)
    for (call_id, criterion_id), own in found.items():
        yield Override(month, call_id, None, criterion_id, own[-1].by, any(map(overturns, own)))


def num_filled(calls: Iterable[ScoredCall], acts: Mapping[str, Sequence[PersonAnswer]], card: Scorecard) -> int:
    """Items that people answered and of which the machine had said nothing."""
    said = [act for scored in calls for act in valid_acts(acts.get(scored.call.id, ()), card).values()]
    return sum(not spoke(act) for act in said)


def spoke(act: PersonAnswer) -> bool:
    """Whether the machine had said something that a person could overturn."""
    return act.machine_outcome.decided or act.machine_outcome is Outcome.NOT_APPLICABLE


def overturns(act: PersonAnswer) -> bool:
    """Whether a person says something else than the machine had."""
    if act.outcome is not act.machine_outcome:
        return True
    return act.level is not None and act.machine_level is not None and act.level != act.machine_level


def _criteria(card: Scorecard) -> dict[str, str]:
    """The criterion of each id by which a call is answered."""
    return {id: asked.criterion.id for asked in card.call_criteria for id in asked.ids}
