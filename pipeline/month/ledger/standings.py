"""The grade of every agent for every closed month, quarter and year, as it stands after flags and looks.

Knows which results may carry a consequence at all; which one follows from them is in `proposals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.month.assessment.agent_month import AgentMonth
from pipeline.month.assessment.periods import PeriodResult, add_months, months_of, quarter_of
from pipeline.month.ledger.entries import Entry, Evidence, entries_in_force
from pipeline.scorecard import Scorecard, shown
from pipeline.tally import rounded

LEAST_PRESENT = 0.5
"""Share of a period's months in which an agent must have a score for the period to count for that agent."""
FLAG = "刷好评"
LINE = "全部"
"""Stands for the whole line among the units that somebody heads."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One agent's result for one month, quarter or year.

    Parameters
    ----------
    grade : str | None
        None where none is given: the result then carries no consequence that rests on a grade.
    remark : str
        In Chinese: why the grade is another than the score's own; empty if it is not.
    ranked : bool
        Whether it takes part in a ranking: enough months, enough of the points scored.
    flagged : bool
        Whether a month of it holds a flag in force.
    """

    agent_id: str
    agent_name: str | None
    period: str
    score: float | None
    low: float | None
    high: float | None
    grade: str | None
    remark: str
    ranked: bool
    flagged: bool

    @property
    def evidence(self) -> Evidence:
        """The result as a proposal's evidence."""
        return Evidence(self.period, self.score, self.grade)

    @property
    def sentence(self) -> str:
        """Period, score and grade in a few Chinese words.

        Examples
        --------
        >>> row = Standing("1001", "林", "2026-07", 93.5, 92.0, 95.0, "不合格", "刷好评", ranked=True, flagged=True)
        >>> row.sentence
        '2026-07 93.5 不合格（刷好评）'
        """
        remark = f"（{self.remark}）" if self.remark else ""
        return f"{describe_evidence(self.evidence)}{remark}"


def describe_evidence(evidence: Evidence) -> str:
    """Period, score and grade in a few Chinese words.

    Examples
    --------
    >>> describe_evidence(Evidence("2026-07", 93.5, "优秀")), describe_evidence(Evidence("2026", 89.96, None))
    ('2026-07 93.5 优秀', '2026年 89.96 未定级')
    """
    return f"{period_title(evidence.period)} {describe_result(evidence)}"


def describe_result(evidence: Evidence) -> str:
    """Score and grade in a few Chinese words, with one decimal or two.

    Examples
    --------
    >>> describe_result(Evidence("2026-07", 93.0, "优秀")), describe_result(Evidence("2026-07", None, None))
    ('93.0 优秀', '无分 未定级')
    """
    if evidence.places is not None:
        return f"{len(evidence.places)} 处"
    score = "无分" if evidence.score is None else shown(evidence.score)
    return f"{score if '.' in score or evidence.score is None else score + '.0'} {evidence.grade or '未定级'}"


def period_title(period: str) -> str:
    """A period as people write it.

    Examples
    --------
    >>> period_title("2026"), period_title("2026-Q3"), period_title("2026-07")
    ('2026年', '2026-Q3', '2026-07')
    """
    return f"{period}年" if len(period) == 4 else period


def closed_months(months: Iterable[AgentMonth]) -> tuple[str, ...]:
    """The months that are closed for anybody, in order.

    Examples
    --------
    >>> from pipeline.tally import NOTHING
    >>> def month(name):
    ...     return AgentMonth("1001", "林", name, "kf01", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0)
    >>> closed_months([month("2026-08"), month("2026-07"), month("2026-08")])
    ('2026-07', '2026-08')
    """
    return tuple(sorted({month.month for month in months}))


def is_complete(period: str, closed: Sequence[str]) -> bool:
    """Whether a period is over: all its months are closed, of those since the first month that ever was.

    Examples
    --------
    >>> is_complete("2026-Q3", ["2026-08", "2026-09"]), is_complete("2026-Q3", ["2026-07", "2026-09"])
    (True, False)
    """
    months = months_of(period)
    return months[-1] in closed and all(month in closed for month in months if month >= closed[0])


def standings(card: Scorecard, months: Sequence[AgentMonth], ledger: Sequence[Entry]) -> tuple[Standing, ...]:
    """The results of every agent: the months, and the quarters and years that are over; by agent and period.

    Raises
    ------
    ValueError
        If an agent has two results for one month.

    Note
    ----
    Months of another scorecard, and of no agent, a team or the whole line, are left out.

    A quarter or year is over when all its months are closed, of those since the first month that was ever closed:
    a scorecard may begin in the middle of one. It counts for an agent who has a score in at least `LEAST_PRESENT`
    of its months; who joined later or was away longer has no grade for it.

    A flag in force makes the grade of its month the card's failing one, whatever the score. The points of the
    month still count in its quarter and year; but no ranking is won in a period with such a month.

    A look gives a grade to a result whose interval reaches over a grade line. It counts for the score that was
    seen (`Entry.evidence`) and for a grade within the interval; it does not help where too little was scored.

    Examples
    --------
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> card = find_scorecard("jiazheng")
    >>> part = CriterionMonth("A", "", 100, Tally(95, 100), 1, 0, 0)
    >>> def month(name):
    ...     return AgentMonth(
    ...         "1001", "林", name, card.name, card.revision, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, grade="优秀"
    ...     )
    >>> [row.sentence for row in standings(card, [month(f"2026-{n:02d}") for n in (7, 8, 9)], ledger=[])]
    ['2026-07 95.0 优秀', '2026-08 95.0 优秀', '2026-09 95.0 优秀', '2026-Q3 95.0 优秀']
    """
    closed = closed_months(own := [m for m in months if m.agent_id is not None and m.scorecard == card.name])
    flagged, looks = _words(card, ledger)
    whole = {quarter_of(month) for month in closed} | {month[:4] for month in closed}
    over = sorted(period for period in whole if is_complete(period, closed))
    found: list[Standing] = []
    for agent_id, group in groupby(sorted(own, key=_place), key=lambda month: str(month.agent_id)):
        theirs = list(group)
        taken = _names_of_months(theirs)
        flags = {month for month in taken if (agent_id, month) in flagged}
        outcomes: dict[str, AgentMonth | PeriodResult] = {month.month: month for month in theirs}
        outcomes |= {period: add_months(theirs, period, card) for period in over}
        for period, outcome in outcomes.items():
            if not set(taken).isdisjoint(months_of(period)):
                standing = _make_standing(card, theirs[-1], period, outcome, flags)
                found.append(_apply_look(card, standing, looks.get((agent_id, period))))
    return tuple(found)


def unit_standings(card: Scorecard, months: Sequence[AgentMonth]) -> tuple[Standing, ...]:
    """The results of every team, and of the whole line as `LINE`, by unit and period; `agent_id` is the unit.

    Note
    ----
    The line is what all agents and the calls without one add up to. Flags and looks are about agents: they do not
    change a unit's grade.

    Examples
    --------
    >>> from pipeline.month.assessment.agent_month import CriterionMonth
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING, Tally
    >>> def month(agent, team, awarded):
    ...     part = CriterionMonth("A", "", 100, Tally(awarded, 100), 1, 0, 0)
    ...     return AgentMonth(agent, None, "2026-07", "jiazheng", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0, team)
    >>> rows = [month("1001", "甲组", 96), month("1002", "乙组", 84), month(None, "甲组", 96)]
    >>> [(row.agent_id, row.sentence) for row in unit_standings(find_scorecard("jiazheng"), rows)]
    [('全部', '2026-07 90.0 优秀'), ('甲组', '2026-07 96.0 未定级')]
    """
    own = [month for month in months if month.scorecard == card.name]
    teams = [replace(month, agent_id=month.team) for month in own if month.agent_id is None and month.team]
    line = [month for month in own if month.agent_id is not None or month.team is None]
    found = list(standings(card, teams, ()))
    if not line:
        return tuple(found)
    closed = closed_months(line)
    whole = {quarter_of(month) for month in closed} | {month[:4] for month in closed}
    last = replace(max(line, key=lambda month: month.month), agent_id=LINE, agent_name=LINE)
    for period in (*closed, *sorted(period for period in whole if is_complete(period, closed))):
        found.append(_make_standing(card, last, period, add_months(line, period, card), set()))
    return tuple(sorted(found, key=lambda standing: standing.agent_id))  # stable: by period within a unit


def _names_of_months(own: Sequence[AgentMonth]) -> list[str]:
    """The months of one agent, each of which has one result."""
    taken = [month.month for month in own]
    if twice := sorted({month for month in taken if taken.count(month) > 1}):
        raise ValueError(f"agent {own[0].agent_id} has two results for {', '.join(twice)}")
    return taken


def _place(month: AgentMonth) -> tuple[str, str]:
    return str(month.agent_id), month.month


def _words(card: Scorecard, ledger: Sequence[Entry]) -> tuple[set[tuple[str, str]], dict[tuple[str, str], Entry]]:
    """The agents and months with a flag in force, and the last look at each result."""
    about = [entry for entry in entries_in_force(ledger) if entry.standard == card.name]
    flagged = {(entry.agent_id, entry.month) for entry in about if entry.kind == "flag"}
    return flagged, {(entry.agent_id, entry.month): entry for entry in about if entry.kind == "looked"}


def _make_standing(
    card: Scorecard, last: AgentMonth, period: str, outcome: AgentMonth | PeriodResult, flags: set[str]
) -> Standing:
    within = months_of(period)
    present = len(outcome.months) if isinstance(outcome, PeriodResult) else int(outcome.score is not None)
    enough = present >= LEAST_PRESENT * len(within)
    scored = outcome.scored_share is None or rounded(100 * outcome.scored_share) >= rounded(100 * card.least_scored)
    low, high = outcome.ends(card.few_calls) if isinstance(outcome, AgentMonth) else (outcome.low, outcome.high)
    standing = Standing(
        agent_id=str(last.agent_id),
        agent_name=last.agent_name,
        period=period,
        score=outcome.score,
        low=low,
        high=high,
        grade=outcome.grade if enough else None,
        remark="",
        ranked=enough and scored and outcome.score is not None,
        flagged=not flags.isdisjoint(within),
    )
    if period in flags and card.grades:
        failing = next((grade for grade in card.grades if grade.failing), card.grades[-1])
        return replace(standing, grade=failing.name, remark=f"{FLAG}，两人签字")
    return standing


def _apply_look(card: Scorecard, standing: Standing, look: Entry | None) -> Standing:
    """The standing with the grade that a person confirmed, where it had none for doubt and the look still holds."""
    if look is None or standing.grade is not None or not standing.ranked:
        return standing
    seen = {(evidence.period, evidence.score) for evidence in look.evidence}
    if (standing.period, standing.evidence.score) not in seen or look.note not in grades_touched(card, standing):
        return standing  # another score was looked at, or a grade is confirmed that it cannot have
    return replace(standing, grade=look.note, remark="人工核对")


def grades_touched(card: Scorecard, result: Standing | AgentMonth) -> list[str]:
    """The grades that the interval touches, from best to worst; below the last given line it may be any.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> row = Standing("1001", "林", "2026-07", 89.0, 88.0, 90.5, None, "", ranked=True, flagged=False)
    >>> grades_touched(find_scorecard("jiazheng"), row)
    ['优秀', '合格']
    """
    names = [grade.name for grade in card.grades]
    best, worst = card.grade(result.high), card.grade(result.low)
    if best is None:
        return []
    return names[names.index(best.name) : names.index(worst.name) + 1 if worst else None]
