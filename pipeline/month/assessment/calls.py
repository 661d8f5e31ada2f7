"""One call as the month sees it: how it ended, what was answered, what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Status
from pipeline.evaluation import Answer, Evaluation
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.month.evidence import bundled_evidence
from pipeline.timeline import Seconds

UNASSIGNED = "未分配"
"""Stands for the agent of calls that have none: nobody answered, or the record is bad."""


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """One call as the night left it: what the month is made of, and what its sheet shows behind each figure.

    Parameters
    ----------
    reason, problem : str
        Short code and sentence of an unscorable or failed call; empty for an evaluated one.
    evaluation : Evaluation | None
        There for every evaluated call.
    findings : tuple[Finding, ...]
        In the order to which the positions in `Answer.findings` refer.
    duration : float | None
        Length of the recording in seconds; None where it could not be opened.
    machine : tuple[Answer, ...]
        What the machine says of the criteria that people answered.
    """

    call: Call
    status: Status
    reason: str
    problem: str
    evaluation: Evaluation | None
    findings: tuple[Finding, ...]
    speed_of_answer: SpeedOfAnswer | None
    duration: Seconds | None
    machine: tuple[Answer, ...] = ()

    @property
    def started_at(self) -> datetime | None:
        """The first instant of its record, in UTC."""
        return self.call.started_at

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers that count: those of an evaluated call, none of any other."""
        return self.evaluation.answers if self.evaluation and self.status is Status.EVALUATED else ()

    @property
    def banned_wording(self) -> int:
        """The number of times the agent used banned wording; 0 in a call that was not evaluated.

        Examples
        --------
        >>> from pipeline.call import Direction
        >>> from pipeline.timeline import Span
        >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
        >>> found = Finding("C1", "banned_wording", "不归我管", 0, Role.AGENT, Span(1, 2), "", None, 0.9, "1")
        >>> ScoredCall(call, Status.EVALUATED, "", "", None, (found, found), None, None).banned_wording
        2
        """
        return sum(f.detector == "banned_wording" and f.role is Role.AGENT for f in self._trusted_findings)

    @property
    def apology_owed(self) -> bool:
        """Whether an apology is due by the policy of evidence; never in a call that was not evaluated.

        Examples
        --------
        >>> from pipeline.call import Direction
        >>> from pipeline.timeline import Span
        >>> call = Call("C1", "1001", None, None, Direction.INBOUND, None, None, None, None, None)
        >>> angry = Finding("C1", "complaint", "complaint", 0, Role.CUSTOMER, Span(1, 2), "", None, 0.9, "1")
        >>> [ScoredCall(call, status, "", "", None, (angry,), None, None).apology_owed for status in Status]
        [True, False, False]
        """
        return bundled_evidence().apology_owed(self._trusted_findings)

    @property
    def apology_given(self) -> bool:
        """Whether one is due and the agent gave it; see `EvidencePolicy.apology_given`."""
        return bundled_evidence().apology_given(self._trusted_findings)

    @property
    def _trusted_findings(self) -> tuple[Finding, ...]:
        """The findings of an evaluated call; those of any other count neither for nor against the agent."""
        return self.findings if self.status is Status.EVALUATED else ()


def by_agent(calls: Iterable[ScoredCall]) -> Iterator[tuple[str | None, tuple[ScoredCall, ...]]]:
    """Each agent with the calls taken, in the order of time; by agent id, the calls without an agent last.

    Examples
    --------
    >>> from pipeline.call import Direction
    >>> def taken(id, agent):
    ...     call = Call(id, agent, None, None, Direction.INBOUND, None, None, None, None, None)
    ...     return ScoredCall(call, Status.FAILED, "no_recording", "", None, (), None, None)
    >>> rows = by_agent([taken("C2", "1002"), taken("C3", None), taken("C1", "1002"), taken("C4", "1001")])
    >>> [(agent, [each.call.id for each in calls]) for agent, calls in rows]
    [('1001', ['C4']), ('1002', ['C1', 'C2']), (None, ['C3'])]
    """

    def agent(scored: ScoredCall) -> tuple[bool, str]:
        return scored.call.agent_id is None, scored.call.agent_id or ""

    for (nobody, agent_id), own in groupby(sorted(sort_calls(calls), key=agent), key=agent):
        yield None if nobody else agent_id, tuple(own)


def sort_calls(calls: Iterable[ScoredCall]) -> list[ScoredCall]:
    """The calls in the order in which they are added: floats added in another order may round otherwise.

    Examples
    --------
    >>> from pipeline.call import Direction
    >>> def taken(id, ring_at):
    ...     call = Call(id, "1001", None, None, Direction.INBOUND, None, ring_at, None, None, None)
    ...     return ScoredCall(call, Status.FAILED, "no_recording", "", None, (), None, None)
    >>> at = datetime(2026, 7, 1, tzinfo=UTC)
    >>> [each.call.id for each in sort_calls([taken("C3", None), taken("C2", at), taken("C1", at)])]
    ['C1', 'C2', 'C3']
    """
    return sorted(calls, key=lambda scored: (scored.started_at or datetime.max.replace(tzinfo=UTC), scored.call.id))
