"""公平性: do points follow the line and not the behaviour? By item, total and agent, held within agents.

Knows what is compared and what is said of it; how, is in `dependence`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.call import Status
from pipeline.hearing import Hearing
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.fairness.conditions import Condition, FairnessPolicy, bundled_fairness, conditions_of
from pipeline.month.fairness.dependence import Array, Tests, dependences, ends, gap
from pipeline.scorecard import Scorecard
from pipeline.tally import shown

Subject: TypeAlias = Literal["total", "item", "agent"]


@dataclass(frozen=True, slots=True)
class Following:
    """The points of one item, of the whole call, or of one agent's calls, against one condition.

    Parameters
    ----------
    subject, id, title
        What has the points; the id is that of a criterion or an agent.
    condition, worse, better : str
        The condition, and what its two ends are called.
    of_line : bool
        Whether it is about how the call was heard.
    num_calls : int
        At both ends together.
    correlation : float
        Within agents, -1..1.
    points : float
        How many points more a call has at the better end, of `possible`.
    low, high : float
        The 95 % interval of it, of this pair alone.
    p : float
        The probability that chance shows a pair as clear as this one anywhere in the report.
    found : bool
        Whether that is no more than the level.
    """

    subject: Subject
    id: str
    title: str
    condition: str
    worse: str
    better: str
    of_line: bool
    num_calls: int
    correlation: float
    points: float
    low: float
    high: float
    possible: float
    p: float
    found: bool

    @property
    def about(self) -> str:
        """What has the points, in Chinese."""
        return {"total": "每通总分", "item": f"“{self.title}”", "agent": f"{self.title} 的每通总分"}[self.subject]

    @property
    def sentence(self) -> str:
        """What was found and what to do, in Chinese."""
        less = "低" if self.points >= 0 else "高"
        ends = (self.low, self.high) if self.points >= 0 else (-self.high, -self.low)
        told = (
            f"{self.about}：同一坐席，{self.worse}的通话比{self.better}的平均{less} {shown(abs(self.points))} 分"
            f"（满分 {shown(self.possible)}，95% 区间 {shown(ends[0])}–{shown(ends[1])}，{self.num_calls} 通）"
        )
        if self.of_line:
            return f"{told}。得分可能随线路而不是随服务变化：请抽听{self.worse}的通话，核对有没有因听不清而错判。"
        return f"{told}。请核对是通话内容不同，还是标准对这类通话不适用；是后者可在标准的 periods 或豁免里写明。"


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """What was compared in a month; `rows` are all pairs, those that were found first."""

    month: str
    standard: str
    revision: int
    num_calls: int
    num_agents: int
    level: float
    permutations: int
    least_calls: int
    rows: tuple[Following, ...]

    @property
    def found(self) -> tuple[Following, ...]:
        """The pairs in which points follow a condition; those of the line first."""
        return tuple(row for row in self.rows if row.found)

    @property
    def remark(self) -> str:
        """How far the report reaches, in Chinese."""
        return (
            f"{self.num_agents} 名坐席的 {self.num_calls} 通已评通话，{len(self.rows)} 组比较。"
            f"只在同一坐席的通话之间比较，坐席之间的差别不计入；打乱 {self.permutations} 次，"
            f"全部比较合在一起误报的概率不超过 {shown(100 * self.level)}%；"
            f"不足 {self.least_calls} 通的不比较。查出的是随变，不是原因。"
        )

    def as_object(self) -> dict[str, Any]:
        """The report as ``--json`` prints it; an interface."""
        return asdict(self)


def fairness_report(
    month: str,
    card: Scorecard,
    calls: Sequence[ScoredCall],
    hearings: Mapping[str, Hearing],
    policy: FairnessPolicy | None = None,
) -> FairnessReport:
    """The report over the evaluated calls of agents, as they count.

    Parameters
    ----------
    hearings : mapping
        By call; turns are not needed.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> fairness_report("2026-10", find_scorecard("kf01"), [], {}).rows
    ()
    """
    policy = policy or bundled_fairness()
    compared = _Compared.of(card, calls, hearings, policy)
    rows = _rows(compared, month, policy)
    ordered = sorted(rows, key=lambda row: (not row.found, not row.of_line, row.p, -abs(row.correlation)))
    return FairnessReport(
        month=month,
        standard=card.name,
        revision=card.revision,
        num_calls=len(compared.calls),
        num_agents=len(compared.agents),
        level=policy.level,
        permutations=policy.permutations,
        least_calls=policy.least_calls,
        rows=tuple(ordered),
    )


@dataclass(frozen=True, slots=True)
class EndCall:
    """A call at one end of a condition, with the points that were compared."""

    call_id: str
    agent_id: str
    started_at: datetime | None
    points: float


@dataclass(frozen=True, slots=True)
class Ends:
    """The calls of one comparison: what its ends are called, and the calls at each."""

    worse: str
    better: str
    at_worse: tuple[EndCall, ...]
    at_better: tuple[EndCall, ...]


def calls_at_ends(
    card: Scorecard,
    calls: Sequence[ScoredCall],
    hearings: Mapping[str, Hearing],
    subject: Subject,
    id: str,
    better: str,
) -> Ends | None:
    """The calls of one comparison of the report, those at the worse end and those at the better one.

    Parameters
    ----------
    subject, id, better : str
        As a `Following` has them; None is given where there is no such comparison.
    """
    compared = _Compared.of(card, calls, hearings, bundled_fairness())
    condition = next((each for each in compared.conditions if each.better == better), None)
    values = compared.values(subject, id)
    if condition is None or values is None:
        return None
    sides: tuple[list[int], list[int]] = ([], [])
    for pair in ends(condition.values, values, compared.groups):
        if len(pair[0]) and len(pair[1]):
            sides[0].extend(pair[0].tolist())
            sides[1].extend(pair[1].tolist())

    def told(row: int) -> EndCall:
        scored = compared.calls[row]
        return EndCall(scored.call.id, scored.call.agent_id or "", scored.started_at, float(values[row]))

    return Ends(condition.worse, condition.better, *(tuple(map(told, side)) for side in sides))


@dataclass(frozen=True)
class _Compared:
    card: Scorecard
    calls: Sequence[ScoredCall]
    agents: Sequence[str]
    groups: NDArray[np.intp]
    conditions: Sequence[Condition]

    @staticmethod
    def of(
        card: Scorecard, calls: Sequence[ScoredCall], hearings: Mapping[str, Hearing], policy: FairnessPolicy
    ) -> _Compared:
        """The evaluated calls of agents, by agent."""
        own = [each for each in calls if each.status is Status.EVALUATED and each.call.agent_id and each.answers]
        own.sort(key=lambda each: (each.call.agent_id or "", each.call.id))
        agents, groups = np.unique([each.call.agent_id or "" for each in own], return_inverse=True)
        return _Compared(card, own, agents.tolist(), groups, conditions_of(own, hearings, policy))

    def values(self, subject: Subject, id: str) -> Array | None:
        """What is compared of one subject; None where there is no such one."""
        if subject == "item":
            return self.items().get(id)
        if subject == "agent" and id not in self.agents:
            return None
        return self.total() if subject == "total" else self.total_of(self.agents.index(id))

    def total_of(self, place: int) -> Array:
        """The total of one agent's calls, by the agent's place; NaN in those of others."""
        return np.where(self.groups == place, self.total(), np.nan)

    def total(self) -> Array:
        """The percent of its points that each call has; NaN without any."""
        scores = [each.evaluation.tally.share if each.evaluation else None for each in self.calls]
        return np.array([np.nan if share is None else 100 * share for share in scores], float)

    def items(self) -> dict[str, Array]:
        """The points of each call by item, NaN where it was not asked; items without any are left out."""
        points = self.card.points_of
        found = {id: np.full(len(self.calls), np.nan) for id in points}
        for place, scored in enumerate(self.calls):
            for answer in scored.answers:
                if answer.criterion_id in found and answer.tally.share is not None:
                    found[answer.criterion_id][place] = answer.tally.share * points[answer.criterion_id]
        return {id: values for id, values in found.items() if not np.isnan(values).all()}


def _rows(compared: _Compared, month: str, policy: FairnessPolicy) -> Iterator[Following]:
    if not compared.conditions or not compared.calls:
        return
    total, items = compared.total(), compared.items()
    x = np.column_stack([each.values for each in compared.conditions])
    seed = zlib.crc32(f"{compared.card.name} {month}".encode())
    pooled, alone = dependences(
        x,
        np.column_stack([total, *items.values()]),
        compared.groups,
        total,
        policy.permutations,
        seed,
        policy.least_calls,
    )
    titles = {criterion.id: criterion.title for criterion in compared.card.criteria}
    yield from _followings(compared, pooled, 0, ("total", "", "总分", 100.0), total, policy)
    for place, (id, values) in enumerate(items.items(), start=1):
        subject: tuple[Subject, str, str, float] = ("item", id, titles[id], compared.card.points_of[id])
        yield from _followings(compared, pooled, place, subject, values, policy)
    names = {each.call.agent_id: each.call.agent_name or "" for each in compared.calls}
    for place, agent in enumerate(compared.agents):
        values = compared.total_of(place)
        subject = ("agent", agent, f"{agent} {names[agent]}".strip(), 100.0)
        yield from _followings(compared, alone, place, subject, values, policy)


def _followings(
    compared: _Compared,
    tests: Tests,
    place: int,
    subject: tuple[Subject, str, str, float],
    values: Array,
    policy: FairnessPolicy,
) -> Iterator[Following]:
    kind, id, title, possible = subject
    for number, condition in enumerate(compared.conditions):
        p = float(tests.p[place, number])
        apart = None if np.isnan(p) else gap(condition.values, values, compared.groups)
        if apart is None:
            continue
        yield Following(
            subject=kind,
            id=id,
            title=title,
            condition=condition.title,
            worse=condition.worse,
            better=condition.better,
            of_line=condition.of_line,
            num_calls=apart.num_rows,
            correlation=float(tests.correlation[place, number]),
            points=apart.difference,
            low=apart.low,
            high=apart.high,
            possible=possible,
            p=p,
            found=p <= policy.level,
        )
