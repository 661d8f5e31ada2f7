"""One call as the month sees it: how it ended, what was answered, what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from pipeline.audio.ringing import SpeedOfAnswer
from pipeline.call import Call, Status
from pipeline.evaluation import Answer, Evaluation
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
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
        What the machine says of the items that people answered.
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
        """How often the agent used banned wording; 0 in a call that was not evaluated."""
        return len(self._heard("banned_wording", Role.AGENT))

    @property
    def apology_owed(self) -> bool:
        """Whether the customer complained, so that an apology is due; never in a call that was not evaluated."""
        return bool(self._heard("complaint", Role.CUSTOMER))

    @property
    def apology_given(self) -> bool:
        """Whether one is due and the agent apologised sincerely at or after the start of the first complaint."""
        since = min((c.span.start for c in self._heard("complaint", Role.CUSTOMER)), default=float("inf"))
        apologies = self._heard("apology", Role.AGENT)
        return any(a.term == "sincere" and a.span.start >= since for a in apologies)

    def _heard(self, detector: str, role: Role) -> tuple[Finding, ...]:
        if self.status is not Status.EVALUATED:
            return ()  # what was heard there is not to be trusted, for or against the agent
        return tuple(f for f in self.findings if f.detector == detector and f.role is role)


def by_agent(calls: Iterable[ScoredCall]) -> Iterator[tuple[str | None, tuple[ScoredCall, ...]]]:
    """Each agent with the calls taken, in the order of time; by agent id, the calls without an agent last."""

    def agent(scored: ScoredCall) -> tuple[bool, str]:
        return scored.call.agent_id is None, scored.call.agent_id or ""

    for (nobody, agent_id), own in groupby(sorted(in_time(calls), key=agent), key=agent):
        yield None if nobody else agent_id, tuple(own)


def in_time(calls: Iterable[ScoredCall]) -> list[ScoredCall]:
    """The order in which calls are added, always the same: floats added in another order may round otherwise."""
    return sorted(calls, key=lambda scored: (scored.started_at or datetime.max.replace(tzinfo=UTC), scored.call.id))
