"""Decided as shown: a score meets lines and other scores rounded as it is read, half up, on decimals."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.desk.environment import points
from pipeline.desk.pages.month import ranked
from pipeline.month.assessment import AgentMonth, CriterionMonth
from pipeline.month.assessment.agent_month import Origin
from pipeline.month.assessment.months import grade_month
from pipeline.month.assessment.periods import add_months
from pipeline.month.workbook.report import Chapter
from pipeline.month.workbook.summary import rank_chapters
from pipeline.month.workbook.wording import interval
from pipeline.scorecard import find_scorecard
from pipeline.tally import NOTHING, Tally, rounded, shown

CARD = find_scorecard("jiazheng")
LINES = [(grade.least, grade.name) for grade in CARD.grades]
DECIMALS = st.decimals("0", "100", places=4)


def month(awarded: float, possible: float = 100.0, agent: str = "1001", month: str = "2026-07") -> AgentMonth:
    """A month of so many points, without doubt, graded."""
    part = CriterionMonth("A", "", 100, Tally(awarded, possible), 1, 0, 0, origins=((Origin.CALLS, 100.0),))
    row = AgentMonth(agent, agent, month, CARD.name, 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0)
    return grade_month(replace(row, low=row.unrounded, high=row.unrounded), CARD)


def grade_by_eye(figure: str) -> str:
    """The grade that a person reads off the printed figure."""
    return next(name for least, name in LINES if Decimal(figure) >= Decimal(str(least)))


def half_up(score: Decimal) -> Decimal:
    return score.quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(DECIMALS, st.sampled_from([1.0, 3.0, 7.0, 100.0, 260.0]))
def test_the_grade_is_that_of_the_figure_that_is_shown(score, possible):
    row = month(float(score) / 100 * possible, possible)
    figures = {shown(row.score), points(row.score), f"{row.score:.2f}", interval(row).split("–")[0]}
    assert {Decimal(figure) for figure in figures} == {half_up(score)}
    assert {grade_by_eye(figure) for figure in figures} == {row.grade}


@given(st.lists(DECIMALS, min_size=2, max_size=6))
def test_ranks_are_equal_where_what_is_shown_is(scores):
    rows = [month(float(score), agent=str(n)) for n, score in enumerate(scores)]
    for given_ranks in (
        ranked(rows),
        [(r, c.month) for r, c in rank_chapters([Chapter(w, (), None) for w in rows])],
    ):
        ranks = {row.agent_id: rank for rank, row in given_ranks}
        better = {row.agent_id: 1 + sum(other.score > row.score for other in rows) for row in rows}
        assert ranks == better
        assert all(
            (shown(one.score) == shown(other.score)) == (ranks[one.agent_id] == ranks[other.agent_id])
            for one in rows
            for other in rows
        )


@pytest.mark.parametrize(
    ("score", "figure", "grade"), [(89.99, "89.99", "合格"), (89.995, "90", "优秀"), (90, "90", "优秀")]
)
def test_a_score_beside_a_line(score, figure, grade):
    assert (shown(month(score).score), month(score).grade) == (figure, grade)
    quarter = add_months([month(score)], "2026-Q3", CARD)
    assert (shown(quarter.score), quarter.grade) == (figure, grade)


def test_an_interval_crosses_a_line_where_its_figures_do():
    row = replace(month(92), low=89.996, high=95.0)
    assert grade_month(row, CARD).grade == "优秀", "90–95 is shown"
    row = replace(month(89), low=88.0, high=89.996)
    assert grade_month(row, CARD).undecided.startswith("得分区间 88–90 跨过 90 分线")


def test_months_are_added_unrounded():
    thirds = [month(2, 3, month=f"2026-0{n}") for n in (7, 8, 9)]
    assert add_months(thirds, "2026-Q3", CARD).tally.awarded == pytest.approx(6.0, abs=1e-9)
    assert thirds[0].score == 66.67


@given(st.decimals("-1000", "1000", places=5))
def test_rounding_is_half_up_on_decimals(number):
    assert Decimal(str(rounded(float(number)))) == half_up(number)
