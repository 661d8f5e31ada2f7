"""Incidents: what happened in an agent's calls that a consequence asks for, whatever the score.

Knows where to look; what is proposed is in `ledger`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.call import Status
from pipeline.evaluation import Outcome
from pipeline.hearing.turns import Role
from pipeline.month.assessment.agent_month import Incident
from pipeline.month.assessment.calls import ScoredCall
from pipeline.scorecard import Event, Scorecard


def incidents(card: Scorecard, calls: Sequence[ScoredCall], vetoed: str = "") -> tuple[Incident, ...]:
    """The incidents of one agent's evaluated calls, in the order of consequences, calls and time.

    Parameters
    ----------
    calls : sequence of ScoredCall
        As they count: what a person denied is not among their findings.
    vetoed : str
        The title of the auto-fail criterion that the month did not meet; empty for none.

    Examples
    --------
    >>> from pipeline.call import Call, Direction
    >>> from pipeline.findings import Finding
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.timeline import Span
    >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
    >>> rude = Finding("C1", "banned_wording", "诱导好评", 3, Role.AGENT, Span(12, 13), "", None, 0.9, "1")
    >>> taken = ScoredCall(call, Status.EVALUATED, "", "", None, (rude,), None, None)
    >>> {each.consequence_id: each.place for each in incidents(find_scorecard("table1"), [taken])}
    {'诚信': '诱导好评 C1@12.0', '追责': '诱导好评 C1@12.0'}
    """
    found: list[Incident] = []
    for consequence in card.consequences:
        if consequence.when.event is not None:
            found += _of_event(consequence.id, consequence.when.event, card, calls, vetoed)
    return tuple(found)


def _of_event(
    consequence_id: str, event: Event, card: Scorecard, calls: Iterable[ScoredCall], vetoed: str
) -> Iterator[Incident]:
    judged = [scored for scored in calls if scored.status is Status.EVALUATED]
    if event.detector:
        for scored in judged:
            said = (f for f in scored.findings if f.detector == event.detector and f.role is Role.AGENT)
            own = (f for f in said if not event.terms or f.term in event.terms)
            for finding in sorted(own, key=lambda finding: finding.span):
                yield Incident(consequence_id, finding.term, scored.call.id, finding.span.start)
        return
    if vetoed and vetoed == card.criterion(event.criterion).title:
        yield Incident(consequence_id, event.criterion)
    for scored in judged:
        for answer in scored.answers:
            if (answer.criterion_id, answer.outcome) == (event.criterion, Outcome.NOT_MET):
                places = (scored.findings[position].span.start for position in answer.findings)
                yield Incident(consequence_id, event.criterion, scored.call.id, min(places, default=None))
