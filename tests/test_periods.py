"""Quarters and years: points are added, then divided; veto, qualitative part, interval and doubt are kept."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin, grade_month
from pipeline.month.assessment.periods import add_months, months_of, next_period, quarter_of
from pipeline.scorecard import Criterion, Grade, Scorecard, Target
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
    assert result.score == pytest.approx(sum(s * p for _, s, p in rows) / sum(p for _, _, p in rows), abs=0.005)


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
