"""The improvement plan (表3): drafted from the points that a month lost, and held against the next month.

Knows what was lost and which measures the standard suggests; why it was lost is for a person to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.month.assessment.assess import last_day
from pipeline.month.assessment.month import AgentMonth, CriterionMonth
from pipeline.month.assessment.periods import following
from pipeline.scorecard import Criterion, Measure, Scorecard, Steps, Target, shown

POINTS = "分"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One problem of one agent and what is to be done about it; of plain values, as it is stored.

    Parameters
    ----------
    month : str
        The month that lost the points.
    problem : str
        问题点.
    cause : str
        原因分析: empty, for a person to write.
    actions : tuple of str
        改进措施 that the standard suggests; empty where it has none.
    owner : str
        责任人; empty where the standard names none.
    due : str
        完成时间, ``YYYY-MM-DD``: the last day of the next month.
    lost : float
        Points lost in the month.
    metric : str
        What is measured, in Chinese.
    by_points : bool
        Whether the metric is the item's points, because no value of the month is there to be improved.
    unit : str
        Of baseline and target; a share, 0..1, has ``%``.
    baseline : float
        The month's figure.
    target : float
        The figure to be reached.
    at_most : bool
        Whether the target must not be exceeded; otherwise it must be reached.
    expectation : str
        预期效果, in Chinese.
    """

    agent_id: str | None
    month: str
    criterion_id: str
    problem: str
    cause: str
    actions: tuple[str, ...]
    owner: str
    due: str
    lost: float
    metric: str
    by_points: bool
    unit: str
    baseline: float
    target: float
    at_most: bool
    expectation: str


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What became of a row of the plan.

    Parameters
    ----------
    value : float | None
        The next month's figure, in the unit of the row.
    met : bool | None
        None where it cannot be measured.
    sentence : str
        In Chinese.
    """

    row: PlanRow
    value: float | None
    met: bool | None
    sentence: str


def draft(card: Scorecard, month: AgentMonth) -> tuple[PlanRow, ...]:
    """The plan for the items under full points, the most points lost first; bonus items have nothing to lose.

    Note
    ----
    A measure of the standard belongs to an item by its id or by the indicator of the item or of one of its parts;
    each that fits is a row, and an item without any is one row without actions. The target is the measure's line,
    else the line of the item's formula; where neither is given, or the item has no value of the month, it is the
    item's full points.
    """
    rows: list[PlanRow] = []
    for found in month.criteria:
        if found.earned is None or found.earned >= found.points - 1e-9:
            continue
        criterion = card.criterion(found.criterion_id)
        if not criterion.bonus:
            rows += (_row(month, criterion, found, measure) for measure in _measures(card, criterion))
    return tuple(sorted(rows, key=lambda row: -row.lost))  # stable: equal losses stay in the standard's order


def review(rows: Sequence[PlanRow], next_month: AgentMonth) -> tuple[PlanResult, ...]:
    """Each row held against the agent's next month: met or not, or why that cannot be said.

    Raises
    ------
    ValueError
        If a row is another agent's, or not of an earlier month.
    """
    for row in rows:
        if row.agent_id != next_month.agent_id or row.month >= next_month.month:
            raise ValueError(
                f"a plan of {row.agent_id} for {row.month} is not held against {next_month.month} "
                f"of {next_month.agent_id}"
            )
    found = {criterion.criterion_id: criterion for criterion in next_month.criteria}
    return tuple(_result(row, next_month.month, found.get(row.criterion_id)) for row in rows)


def _measures(card: Scorecard, criterion: Criterion) -> Iterator[Measure | None]:
    indicators = {criterion.indicator, *(part.indicator for part in criterion.parts)} - {""}
    fitting = [
        m for m in card.plan if m.criterion == criterion.id or (not m.criterion and m.indicator in indicators)
    ]
    yield from fitting or (None,)


def _row(month: AgentMonth, criterion: Criterion, found: CriterionMonth, measure: Measure | None) -> PlanRow:
    earned, formula, line = found.earned or 0.0, criterion.scoring, _line(criterion, measure)
    if by_points := formula is None or line is None or found.value is None:
        metric, unit, baseline = f"{criterion.title}得分", POINTS, earned
        at_most, target = False, found.points
    else:
        metric, unit, baseline = criterion.title, formula.unit, found.value
        at_most, target = line
    return PlanRow(
        agent_id=month.agent_id,
        month=month.month,
        criterion_id=criterion.id,
        problem=measure.problem if measure else f"{criterion.title}失 {shown(found.points - earned)} 分",
        cause="",
        actions=measure.actions if measure else (),
        owner=measure.owner if measure else "",
        due=last_day(following(month.month)).isoformat(),
        lost=found.points - earned,
        metric=metric,
        by_points=by_points,
        unit=unit,
        baseline=baseline,
        target=target,
        at_most=at_most,
        expectation=_expectation(metric, unit, baseline, target, at_most),
    )


def _line(criterion: Criterion, measure: Measure | None) -> tuple[bool, float] | None:
    """Whether the figure is to stay at or under the line, and the line; None where neither source gives one."""
    formula = criterion.scoring if isinstance(criterion.scoring, Steps | Target) else None
    for source in (measure, formula):
        if source is not None and source.at_most is not None:
            return True, source.at_most
        if source is not None and source.at_least is not None:
            return False, source.at_least
    return None


def _expectation(metric: str, unit: str, baseline: float, target: float, at_most: bool) -> str:
    wanted = f"{'不超过' if at_most else '不低于'} {_figure(target, unit)}"
    if _reached(baseline, target, at_most):
        return f"{metric}本月 {_figure(baseline, unit)}，保持{wanted}"
    return f"{metric}由 {_figure(baseline, unit)} {'降到' if at_most else '提高到'}{wanted}"


def _result(row: PlanRow, month: str, found: CriterionMonth | None) -> PlanResult:
    value = None if found is None else found.value
    if row.by_points and found is not None:
        share = found.tally.share  # the item may be worth other points in the next month
        value = None if share is None else share * row.target
    if value is None:
        return PlanResult(row, None, None, f"{row.metric}：{month} 没有数值，无法衡量")
    met = _reached(value, row.target, row.at_most)
    wanted = f"{'不超过' if row.at_most else '不低于'} {_figure(row.target, row.unit)}"
    said = f"{row.metric} {month} 为 {_figure(value, row.unit)}，目标{wanted}，{'已达成' if met else '未达成'}"
    return PlanResult(row, value, met, said)


def _reached(value: float, target: float, at_most: bool) -> bool:
    return value <= target + 1e-9 if at_most else value >= target - 1e-9


def _figure(number: float, unit: str) -> str:
    return f"{shown(100 * number)}%" if unit == "%" else f"{shown(number)} {unit}".strip()
