"""The improvement plan (表3): drafted from the points that a month lost, and held against the next month.

Knows what was lost and which measures the scorecard suggests; why it was lost is for a person to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.month.assessment.agent_month import AgentMonth, CriterionMonth
from pipeline.month.assessment.months import last_day
from pipeline.month.assessment.periods import next_period
from pipeline.scorecard import Criterion, Line, Measure, Scorecard, shown

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
        改进措施 that the scorecard suggests; empty where it has none.
    owner : str
        责任人; empty where the scorecard names none.
    due : str
        完成时间, ``YYYY-MM-DD``: the last day of the next month.
    lost : float
        Points lost in the month.
    metric : str
        What is measured, in Chinese.
    by_points : bool
        Whether the metric is the criterion's points, because no value of the month is there to be improved.
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
    """The result of a row of the plan in the next month.

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
    """The plan for the criteria under full points, the most points lost first; bonus criteria have nothing to lose.

    Note
    ----
    A measure of the scorecard belongs to a criterion by its id or by the indicator of the criterion or of one of
    its parts; each that fits is a row, and a criterion without any is one row without actions. The target is the
    measure's line, else the line of the criterion's formula; where neither is given, or the criterion has no value
    of the month, it is the criterion's full points.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> part = CriterionMonth("KF01-4", "禁用语", 15, Tally(12, 15), 1, 0, 0)
    >>> row = AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0)
    >>> [(each.problem, each.lost, each.due, each.expectation) for each in draft(find_scorecard("kf01"), row)]
    [('电话礼仪失分', 3.0, '2026-08-31', '电话礼仪得分由 12 分 提高到不低于 15 分')]
    """
    rows: list[PlanRow] = []
    for found in month.criteria:
        if found.earned is None or found.earned >= found.points - 1e-9:
            continue
        criterion = card.criterion(found.criterion_id)
        if not criterion.bonus:
            rows += (_row(month, criterion, found, measure) for measure in _measures(card, criterion))
    return tuple(sorted(rows, key=lambda row: -row.lost))  # stable: equal losses stay in the scorecard's order


def review(rows: Sequence[PlanRow], next_month: AgentMonth) -> tuple[PlanResult, ...]:
    """The result of each row by the agent's next month: met or not, or why that cannot be said.

    Raises
    ------
    ValueError
        If a row is another agent's, or not of an earlier month.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> def month(name, awarded):
    ...     part = CriterionMonth("KF01-4", "禁用语", 15, Tally(awarded, 15), 1, 0, 0)
    ...     return AgentMonth("1001", "林", name, "kf01", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0)
    >>> rows = draft(find_scorecard("kf01"), month("2026-07", 12))
    >>> [(result.met, result.sentence) for result in review(rows, month("2026-08", 14))]
    [(False, '电话礼仪得分 2026-08 为 14 分，目标不低于 15 分，未达成')]
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
        due=last_day(next_period(month.month)).isoformat(),
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
    formula = criterion.scoring if isinstance(criterion.scoring, Line) else None
    for source in (measure, formula):
        if source is not None and source.at_most is not None:
            return True, source.at_most
        if source is not None and source.at_least is not None:
            return False, source.at_least
    return None


def _expectation(metric: str, unit: str, baseline: float, target: float, at_most: bool) -> str:
    wanted = f"{'不超过' if at_most else '不低于'} {_figure(target, unit)}"
    if _reaches(baseline, target, at_most):
        return f"{metric}本月 {_figure(baseline, unit)}，保持{wanted}"
    return f"{metric}由 {_figure(baseline, unit)} {'降到' if at_most else '提高到'}{wanted}"


def _result(row: PlanRow, month: str, found: CriterionMonth | None) -> PlanResult:
    value = None if found is None else found.value
    if row.by_points and found is not None:
        share = found.tally.share  # the criterion may be worth other points in the next month
        value = None if share is None else share * row.target
    if value is None:
        return PlanResult(row, None, None, f"{row.metric}：{month} 没有数值，无法衡量")
    met = _reaches(value, row.target, row.at_most)
    wanted = f"{'不超过' if row.at_most else '不低于'} {_figure(row.target, row.unit)}"
    said = f"{row.metric} {month} 为 {_figure(value, row.unit)}，目标{wanted}，{'已达成' if met else '未达成'}"
    return PlanResult(row, value, met, said)


def _reaches(value: float, target: float, at_most: bool) -> bool:
    return value <= target + 1e-9 if at_most else value >= target - 1e-9


def _figure(number: float, unit: str) -> str:
    return f"{shown(100 * number)}%" if unit == "%" else f"{shown(number)} {unit}".strip()


LONGEST = 500
"""Characters in a cause or in one action."""
MOST_ACTIONS = 12
LONGEST_OWNER = 40


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """One row of a plan as one person wrote it.

    Parameters
    ----------
    number : int
        Which of the criterion's rows, from 0: a criterion has a row for each measure that fits it.
    due : str
        ``YYYY-MM-DD``.
    by : str
        The account.
    at : datetime
        When, in UTC; given by the store.
    id : int
        Rises with every edit; given by the store, 0 before.

    Raises
    ------
    ValueError
        In Chinese, if a text is too long or the date is none.
    """

    month: str
    standard: str
    agent_id: str
    criterion_id: str
    number: int
    cause: str
    actions: tuple[str, ...]
    owner: str
    due: str
    by: str
    at: datetime
    id: int = 0

    def __post_init__(self) -> None:
        if any(len(text) > LONGEST for text in (self.cause, *self.actions)):
            raise ValueError(f"原因和每条措施最多 {LONGEST} 字")
        if len(self.actions) > MOST_ACTIONS:
            raise ValueError(f"最多 {MOST_ACTIONS} 条措施")
        if len(self.owner) > LONGEST_OWNER:
            raise ValueError(f"责任人最多 {LONGEST_OWNER} 字")
        try:
            given = date.fromisoformat(self.due)
        except ValueError:
            raise ValueError(f"完成时间“{self.due[:20]}”不是日期，请写成 2026-10-31") from None
        if given.isoformat() != self.due:
            raise ValueError(f"完成时间“{self.due[:20]}”请写成 2026-10-31")

    @property
    def key(self) -> tuple[str, str, int]:
        """The row that it is about, within a month and scorecard."""
        return self.agent_id, self.criterion_id, self.number


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A row of the plan as it stands.

    Parameters
    ----------
    number : int
        Which of the criterion's rows, from 0.
    draft : PlanRow
        As callqa drafted it.
    row : PlanRow
        As people left it; the draft where nobody has written.
    edits : tuple of PlanEdit
        All that was written, in order.
    """

    number: int
    draft: PlanRow
    row: PlanRow
    edits: tuple[PlanEdit, ...] = ()

    @property
    def last(self) -> int:
        """The id of the last edit, 0 where there is none: what a person who edits now has seen."""
        return self.edits[-1].id if self.edits else 0


def actions_of(text: str) -> tuple[str, ...]:
    r"""The actions of a text with one on each line; empty lines do not count.

    Examples
    --------
    >>> actions_of("每周听两通录音\r\n\n 对照话术演练 ")
    ('每周听两通录音', '对照话术演练')
    """
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def key_rows(rows: Iterable[PlanRow]) -> Iterator[tuple[tuple[str, str, int], PlanRow]]:
    """Each row with its key: agent, criterion, and which of the criterion's rows it is, from 0.

    Examples
    --------
    >>> row = PlanRow("1001", "2026-07", "A", "", "", (), "", "2026-08-31", 3, "", True, "分", 12, 15, False, "")
    >>> [key for key, _ in key_rows([row, row])]
    [('1001', 'A', 0), ('1001', 'A', 1)]
    """
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        of = (row.agent_id or "", row.criterion_id)
        yield (*of, counts.get(of, 0)), row
        counts[of] = counts.get(of, 0) + 1


def lay_edits(rows: Sequence[PlanRow], edits: Sequence[PlanEdit]) -> tuple[PlanEntry, ...]:
    """The plan as people left it, in the order of the draft; `edits` are of one month and scorecard, in order.

    Examples
    --------
    >>> from datetime import UTC
    >>> row = PlanRow("1001", "2026-07", "A", "", "", (), "", "2026-08-31", 3, "", True, "分", 12, 15, False, "")
    >>> at = datetime(2026, 8, 1, tzinfo=UTC)
    >>> edit = PlanEdit("2026-07", "kf01", "1001", "A", 0, "话术不熟", (), "", "2026-08-20", "wang", at, id=1)
    >>> (entry,) = lay_edits([row], [edit])
    >>> entry.draft.cause, entry.row.cause, entry.last
    ('', '话术不熟', 1)
    """
    found: list[PlanEntry] = []
    for key, row in key_rows(rows):
        own = tuple(edit for edit in edits if edit.key == key)
        found.append(PlanEntry(key[2], row, _apply_edit(row, own[-1]) if own else row, own))
    return tuple(found)


def apply_edits(rows: Sequence[PlanRow], edits: Sequence[PlanEdit]) -> tuple[PlanRow, ...]:
    """The rows as people left them.

    Examples
    --------
    >>> row = PlanRow("1001", "2026-07", "A", "", "", (), "", "2026-08-31", 3, "", True, "分", 12, 15, False, "")
    >>> apply_edits([row], []) == (row,)
    True
    """
    return tuple(each.row for each in lay_edits(rows, edits))


def _apply_edit(row: PlanRow, edit: PlanEdit) -> PlanRow:
    return replace(row, cause=edit.cause, actions=edit.actions, owner=edit.owner, due=edit.due)
