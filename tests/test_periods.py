"""Quarters and years: points are added, then divided; veto, qualitative part, interval and doubt are kept."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.month.periods import period_results
from flows.show import show_month
from pipeline.errors import ConfigurationError
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, grade_month
from pipeline.month.assessment.closing import Closing
from pipeline.month.assessment.periods import add_months, months_of, next_period, quarter_of
from pipeline.month.workbook import MonthReport
from pipeline.scorecard import Criterion, Grade, Scorecard, Target, find_scorecard
from pipeline.store import Store
from pipeline.tally import Tally

CARD = Scorecard(
    name="家政",
    title="家政考核",
    revision=1,
    effective_from=date(2026, 1, 1),
    source="test",
    criteria=(
        Criterion(
            id="H",
            title="指标",
            standard="",
            points=100,
            scoring=Target(kind="target", at_least=1),
            indicator="x.y",
        ),
    ),
    grades=(Grade(name="优秀", least=90), Grade(name="合格", least=80), Grade(name="不合格", least=0)),
)


def month(of: str, awarded: float, possible: float, *, scored: float = 1.0, **more) -> AgentMonth:
    item = CriterionMonth(
        criterion_id="H",
        title="指标",
        points=100,
        tally=Tally(awarded, possible),
        answered=1,
        not_applicable=0,
        open=0,
        origins=((Origin.FEED, 100 * scored), (Origin.NO_FEED, 100 * (1 - scored)), (Origin.NOT_APPLICABLE, 50)),
    )
    given = {"agent_id": "E1", "agent_name": None, "scorecard": CARD.name, "revision": 1, "evaluated": 1, **more}
    return AgentMonth(
        month=of,
        unscorable=0,
        failed=0,
        criteria=(item,),
        speed_of_answer_s=None,
        within_three_rings=Tally(),
        banned_wording=0,
        apologies_owed=0,
        apologies_given=0,
        **given,
    )


def test_periods_are_named_and_follow_each_other():
    assert months_of("2026-Q4") == ("2026-10", "2026-11", "2026-12")
    assert months_of("2026-07") == ("2026-07",)
    assert len(months_of("2026")) == 12
    assert months_of("2026")[-1] == "2026-12"
    for name in ("2026-13", "2026-Q5", "2026-7", "26", "2026-Q", "", "2026-07-01", "2026-07\n"):
        with pytest.raises(ValueError, match="is no month"):
            months_of(name)


@given(st.integers(1990, 2100), st.integers(1, 12))
def test_a_month_lies_in_its_quarter_and_comes_before_the_next(year, number):
    month_ = f"{year}-{number:02d}"
    assert month_ in months_of(quarter_of(month_))
    for period in (month_, quarter_of(month_), str(year)):
        after = next_period(period)
        assert len(months_of(after)) == len(months_of(period))
        assert months_of(after)[0] == next_period(months_of(period)[-1])
        assert after > period


def test_points_are_added_and_divided_once():
    months = [month("2026-07", 10, 10), month("2026-08", 45, 90), month("2026-10", 0, 500)]
    result = add_months(months, "2026-Q3", CARD)
    assert result.score == pytest.approx(55)
    assert (result.tally.possible, result.months) == (100, ("2026-07", "2026-08"))
    assert (result.grade, result.undecided) == ("不合格", "")
    assert add_months(months, "2026", CARD).score == pytest.approx(55 / 6, abs=0.005)


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 100), st.integers(1, 500)), min_size=1), st.randoms())
def test_a_year_lies_between_its_months_in_whatever_order(rows, random):
    months = [
        month(f"2026-{number:02d}", score * points / 100, points, agent_id=f"E{n}")
        for n, (number, score, points) in enumerate(rows)
    ]
    result = add_months(months, "2026", CARD)
    assert result == add_months(random.sample(months, len(months)), "2026", CARD)
    scores = [score for _, score, _ in rows]
    assert min(scores) <= result.score <= max(scores)
    assert result.score == pytest.approx(sum(s * p for _, s, p in rows) / sum(p for _, _, p in rows), abs=0.005001)


def test_a_single_month_is_its_own_total():
    own = grade_month(month("2026-07", 88, 100, low=87.0, high=89.0), CARD)
    result = add_months([own], "2026-07", CARD)
    assert (result.score, result.grade) == (own.score, own.grade)
    assert (result.low, result.high, result.scored_share) == pytest.approx((own.low, own.high, own.scored_share))


def test_a_vetoed_month_has_nothing_of_what_was_possible():
    months = [month("2026-07", 100, 100), month("2026-08", 300, 300, vetoed="泄露客户隐私")]
    assert add_months(months, "2026-Q3", CARD).score == pytest.approx(25)


def test_a_qualitative_part_counts_by_the_points_of_its_month():
    months = [month("2026-07", 100, 100, qualitative=(20, 70)), month("2026-08", 150, 300, qualitative=(30, 70))]
    assert [each.score for each in months] == [90, 65]
    assert add_months(months, "2026-Q3", CARD).score == pytest.approx((90 * 100 + 65 * 300) / 400, abs=0.005)


def test_the_ends_of_the_interval_are_added_alike():
    months = [month("2026-07", 92, 100, low=88.0, high=96.0), month("2026-08", 282, 300)]
    result = add_months(months, "2026-Q3", CARD)
    assert (result.low, result.high) == pytest.approx(((88 + 282) / 4, (96 + 282) / 4))
    assert result.grade == "优秀"
    wide = add_months([replace(months[0], low=80.0), months[1]], "2026-Q3", CARD)
    assert wide.low == pytest.approx(90.5)
    assert wide.grade == "优秀"


def test_an_interval_over_a_line_is_undecided():
    result = add_months([month("2026-07", 91, 100, low=89.0, high=93.0)], "2026-Q3", CARD)
    assert (result.grade, result.undecided) == (None, "得分区间 89–93 跨过 90 分线，须人工复核后定级")
    on_the_line = add_months([month("2026-07", 91, 100, low=90.0, high=93.0)], "2026-Q3", CARD)
    assert on_the_line.grade == "优秀"


def test_too_little_scored_or_nothing_is_undecided():
    half = add_months(
        [month("2026-07", 91, 100, scored=0.5), month("2026-08", 91, 100, scored=0.6)], "2026-Q3", CARD
    )
    assert (half.grade, half.undecided) == (None, "只有 55% 的分值得到评分，不足 60%，不定级")
    enough = add_months(
        [month("2026-07", 91, 100, scored=0.5), month("2026-08", 91, 100, scored=0.7)], "2026-Q3", CARD
    )
    assert (enough.grade, enough.scored_share) == ("优秀", pytest.approx(0.6))
    nothing = add_months([month("2026-07", 0, 0)], "2026-Q3", CARD)
    assert (nothing.score, nothing.low, nothing.months) == (None, None, ())
    assert nothing.undecided == "没有可计分的项目，不定级"
    bonus_only = add_months([month("2026-07", 5, 0), month("2026-08", 91, 100)], "2026-Q3", CARD)
    assert (bonus_only.score, bonus_only.months) == (91, ("2026-08",))  # a month without a score adds nothing
    lines_open = CARD.model_copy(update={"grades": (Grade(name="优秀", least=90), Grade(name="良好", least=None))})
    assert add_months([month("2026-07", 85, 100)], "2026-07", lines_open).undecided.startswith("低于已给出的分数线")


def test_months_of_two_standards_do_not_add_up():
    with pytest.raises(ConfigurationError, match="2026-Q3: months by KF01 do not add up with months by 家政"):
        add_months([month("2026-07", 1, 1), month("2026-08", 1, 1, scorecard="KF01")], "2026-Q3", CARD)
    revised = [month("2026-07", 90, 100), month("2026-08", 80, 100, revision=2)]
    assert add_months(revised, "2026-Q3", CARD).score == pytest.approx(85)


# the table of a period


@pytest.fixture
def closed(tmp_path):
    """A function that closes months of 家政 with these rows and gives the lines of a period, by name."""

    def lines(period: str, *rows: AgentMonth) -> dict[str, tuple]:
        url = f"sqlite:///{tmp_path}/callqa.db"
        with Store.open(url) as store:
            for name in sorted({row.month for row in rows}):
                closing = Closing(name, "jiazheng", 1, "", "王主管", "", datetime(2026, 10, 1, tzinfo=UTC))
                store.months.close(closing, [row for row in rows if row.month == name])
        results = period_results(url, period, "jiazheng")
        assert len(dict(results)) == len(results)
        return {name: (each.score, each.months) for name, each in results}

    return lines


def of_jiazheng(of: str, awarded: float, possible: float, **more) -> AgentMonth:
    return month(of, awarded, possible, **{"scorecard": "jiazheng"} | more)


def test_a_team_whose_agents_people_judged_has_their_points(closed):
    """Two agents with 92.6 and 80 of 100 points by people: (92.6 + 80) / 2 = 86.3, for team and line alike."""
    found = closed(
        "2026-Q3",
        of_jiazheng("2026-07", 92.6, 100, agent_id="E1", agent_name="林", team="甲组"),
        of_jiazheng("2026-07", 80, 100, agent_id="E2", agent_name=None, team="甲组"),
        of_jiazheng("2026-07", 0, 0, agent_id=None, agent_name="甲组", team="甲组", scored=0.0),
    )
    assert found == {
        "E1 林": (92.6, ("2026-07",)),
        "E2": (80, ("2026-07",)),
        "甲组": (86.3, ("2026-07",)),
        "合计": (86.3, ("2026-07",)),
    }


def test_a_team_without_agents_of_its_own_keeps_its_month(closed):
    """乙组 had calls in July (90 of 100), and at the end of the month its agents were in 甲组: so are their points.
    In August one is its own (40 of 50): (90 + 40) / 150 = 86.67."""
    found = closed(
        "2026-Q3",
        of_jiazheng("2026-07", 50, 100, agent_id="E1", agent_name="林", team="甲组"),
        of_jiazheng("2026-07", 90, 100, agent_id=None, agent_name="乙组", team="乙组"),
        of_jiazheng("2026-08", 40, 50, agent_id="E1", agent_name=None, team="乙组"),
        of_jiazheng("2026-08", 10, 50, agent_id=None, agent_name="乙组", team="乙组"),
    )
    assert found["乙组"] == (86.67, ("2026-07", "2026-08"))
    assert found["甲组"] == (50, ("2026-07",))
    assert found["E1 林"] == (60, ("2026-07", "2026-08")), "named as in the last month that has a name"


def test_calls_without_an_agent_are_a_line_of_their_own(closed):
    found = closed(
        "2026-07",
        of_jiazheng("2026-07", 90, 100, agent_id="E1", agent_name=None),
        of_jiazheng("2026-07", 10, 100, agent_id=None, agent_name="未分配"),
    )
    assert found == {"E1": (90, ("2026-07",)), "未分配": (10, ("2026-07",)), "合计": (50, ("2026-07",))}


def test_only_nobody_is_called_unassigned():
    rows = (
        of_jiazheng("2026-07", 90, 100, agent_id="E1"),
        of_jiazheng("2026-07", 9, 10, agent_id=None, agent_name="未分配"),
    )
    report = MonthReport("2026-07", find_scorecard("jiazheng"), rows, (), rows[0])
    table = next(show_month(report))
    assert [str(cell) for cell in table.columns[0].cells] == ["E1", "未分配"]
