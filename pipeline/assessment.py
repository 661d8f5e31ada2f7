"""One agent, one month: points, counts and measures over all calls of the month.

Knows how calls add up; not how a call is judged (`evaluation`) nor what the sheet looks like (`workbook`).
Points and counts are added first and divided last, so a month is never a mean of percents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from statistics import fmean

from pipeline.call import Call, Direction, Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Evaluation, Outcome, Tally
from pipeline.findings import Finding
from pipeline.ringing import SpeedOfAnswer
from pipeline.scorecard import Criterion, Scorecard
from pipeline.timeline import Seconds
from pipeline.turns import Role

UNASSIGNED = "未分配"
"""Stands for the agent of calls that have none: nobody answered, or the record is bad."""

OPEN = (Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON)


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
    """

    call: Call
    status: Status
    reason: str
    problem: str
    evaluation: Evaluation | None
    findings: tuple[Finding, ...]
    speed_of_answer: SpeedOfAnswer | None
    duration: Seconds | None

    @property
    def started_at(self) -> datetime | None:
        """The first instant of its record, in UTC."""
        return self.call.ring_at or self.call.answered_at or self.call.ended_at

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


@dataclass(frozen=True, slots=True)
class CriterionMonth:
    """One criterion over the evaluated calls of a month.

    `answered`, `not_applicable` and `open` count calls and add up to the evaluated ones; only the answered ones
    carry points. `points` is what the criterion is worth in print.
    """

    criterion_id: str
    title: str
    points: float
    tally: Tally
    answered: int
    not_applicable: int
    open: int

    @property
    def earned(self) -> float | None:
        """The month's points out of `points`; None when nothing was possible."""
        share = self.tally.share
        return None if share is None else self.points * share


@dataclass(frozen=True, slots=True)
class AgentMonth:
    """One agent, one month, by one revision of one scorecard.

    Parameters
    ----------
    agent_id : str | None
        None for the calls that have no agent; `agent_name` is then ``未分配``.
    month : str
        ``YYYY-MM`` in Asia/Shanghai.
    evaluated, unscorable, failed : int
        Calls by outcome; every call of the agent is in exactly one.
    speed_of_answer_s : float | None
        Mean ring to answer over the inbound calls that were answered and where it is known, in seconds.
    within_three_rings : Tally
        Calls answered within the rings that the scorecard allows, out of the calls in which that was judged.
    banned_wording : int
        Times the agent used banned wording, in the evaluated calls.
    apologies_owed, apologies_given : int
        Evaluated calls in which the customer complained, and those among them with a sincere apology after it.
    """

    agent_id: str | None
    agent_name: str | None
    month: str
    scorecard: str
    revision: int
    evaluated: int
    unscorable: int
    failed: int
    criteria: tuple[CriterionMonth, ...]
    speed_of_answer_s: Seconds | None
    within_three_rings: Tally
    banned_wording: int
    apologies_owed: int
    apologies_given: int

    @property
    def calls(self) -> int:
        """All calls of the month."""
        return self.evaluated + self.unscorable + self.failed

    @property
    def tally(self) -> Tally:
        """Points over all criteria."""
        return Tally.sum(criterion.tally for criterion in self.criteria)

    @property
    def score(self) -> float | None:
        """Percent of the points that were possible, 0..100; None when none were."""
        share = self.tally.share
        return None if share is None else 100 * share

    @property
    def scored_share(self) -> float | None:
        """How much was judged at all: points possible by the printed points of the evaluated calls, 0..1."""
        printed = self.evaluated * sum(criterion.points for criterion in self.criteria)
        return self.tally.possible / printed if printed else None


def assess(month: str, scorecard: Scorecard, calls: Iterable[ScoredCall]) -> tuple[AgentMonth, ...]:
    """One `AgentMonth` for each agent, by agent id; the calls without an agent come last, as one row.

    Parameters
    ----------
    month : str
        ``YYYY-MM`` in Asia/Shanghai.
    calls : Iterable[ScoredCall]
        Every call of the month, in any order. A call whose record gives no instant counts where it is given.

    Raises
    ------
    ConfigurationError
        If a call was evaluated by another scorecard or revision: points of two standards do not add up.
    ValueError
        If a call is of another month, or its answers are not those of the scorecard.
    """
    return tuple(
        _agent_month(agent_id, _name(agent_id, own), month, scorecard, own) for agent_id, own in by_agent(calls)
    )


def whole_line(month: str, scorecard: Scorecard, calls: Iterable[ScoredCall]) -> AgentMonth:
    """The same figures over all calls at once, whoever took them; raises what `assess` raises."""
    return _agent_month(None, "合计", month, scorecard, tuple(sorted(calls, key=_in_time)))


def by_agent(calls: Iterable[ScoredCall]) -> Iterator[tuple[str | None, tuple[ScoredCall, ...]]]:
    """Each agent with the calls taken, in the order of time; by agent id, the calls without an agent last."""

    def agent(scored: ScoredCall) -> tuple[bool, str]:
        return scored.call.agent_id is None, scored.call.agent_id or ""

    for (nobody, agent_id), own in groupby(sorted(sorted(calls, key=_in_time), key=agent), key=agent):
        yield None if nobody else agent_id, tuple(own)


def _in_time(scored: ScoredCall) -> tuple[datetime, str, str]:
    """The order in which calls are added, always the same: floats added in another order may round otherwise."""
    return scored.started_at or datetime.max.replace(tzinfo=UTC), scored.call.id, scored.call.source


def _name(agent_id: str | None, calls: tuple[ScoredCall, ...]) -> str | None:
    """The agent's name as the latest record that has one gives it."""
    if agent_id is None:
        return UNASSIGNED
    return next((scored.call.agent_name for scored in reversed(calls) if scored.call.agent_name), None)


def _agent_month(
    agent_id: str | None, name: str | None, month: str, scorecard: Scorecard, calls: tuple[ScoredCall, ...]
) -> AgentMonth:
    for scored in calls:
        _check(scored, month, scorecard)
    waits = [
        scored.speed_of_answer.seconds
        for scored in calls
        if scored.call.direction is Direction.INBOUND
        and scored.call.answered is not False
        and scored.speed_of_answer is not None
        and scored.speed_of_answer.seconds is not None
    ]
    ring_items = {c.id for c in scorecard.criteria if c.parts and all(p.rule.kind == "rings" for p in c.parts)}
    in_time = [a.outcome for s in calls for a in s.answers if a.criterion_id in ring_items and a.tally.possible]
    return AgentMonth(
        agent_id=agent_id,
        agent_name=name,
        month=month,
        scorecard=scorecard.name,
        revision=scorecard.revision,
        evaluated=sum(scored.status is Status.EVALUATED for scored in calls),
        unscorable=sum(scored.status is Status.UNSCORABLE for scored in calls),
        failed=sum(scored.status is Status.FAILED for scored in calls),
        criteria=tuple(_criterion_month(criterion, calls) for criterion in scorecard.criteria),
        speed_of_answer_s=fmean(waits) if waits else None,
        within_three_rings=Tally(in_time.count(Outcome.MET), len(in_time)),
        banned_wording=sum(scored.banned_wording for scored in calls),
        apologies_owed=sum(scored.apology_owed for scored in calls),
        apologies_given=sum(scored.apology_given for scored in calls),
    )


def _criterion_month(criterion: Criterion, calls: tuple[ScoredCall, ...]) -> CriterionMonth:
    answers = [answer for scored in calls for answer in scored.answers if answer.criterion_id == criterion.id]
    outcomes = [answer.outcome for answer in answers]
    return CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=criterion.points,
        tally=Tally.sum(answer.tally for answer in answers),
        answered=sum(outcome not in (*OPEN, Outcome.NOT_APPLICABLE) for outcome in outcomes),
        not_applicable=outcomes.count(Outcome.NOT_APPLICABLE),
        open=sum(outcome in OPEN for outcome in outcomes),
    )


def _check(scored: ScoredCall, month: str, scorecard: Scorecard) -> None:
    """Refuse a call that would make the sums wrong."""
    call, evaluation = scored.call, scored.evaluation
    if call.month not in (month, None):
        raise ValueError(f"call {call.id} is of {call.month}, not of {month}")
    if scored.status is not Status.EVALUATED:
        return
    if evaluation is None:
        raise ValueError(f"call {call.id} is evaluated but has no evaluation")
    if (evaluation.scorecard, evaluation.revision) != (scorecard.name, scorecard.revision):
        raise ConfigurationError(
            f"call {call.id} was evaluated by {evaluation.scorecard} revision {evaluation.revision}, the month "
            f"asks for {scorecard.name} revision {scorecard.revision}: "
            f"run `callqa rescore --scorecard {scorecard.name}`"
        )
    answered = sorted(answer.criterion_id for answer in evaluation.answers)
    if answered != sorted(criterion.id for criterion in scorecard.criteria):
        raise ValueError(f"call {call.id} does not answer each criterion of {scorecard.name} once: {answered}")
