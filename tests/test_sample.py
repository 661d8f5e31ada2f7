"""A rule that speaks of ten calls, when all are known: the draw, the mean over all draws, the rate."""

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.month.assessment.sample import SampleRule, Unit, draw, expected, rate, score_sample, spread
from pipeline.scorecard import Errors, Sample
from pipeline.tally import Tally

ATTITUDE = Errors(kind="errors", deduct=5)
RECORDS = Errors(kind="errors", deduct=3, zero_at=3, unit="项")
WORDING = Errors(kind="errors", deduct={"情绪": 5, "用语": 1, "其他": 2}, counted=("情绪", "用语"))
SEED = "1008|2026-10|3"
GOLDEN = ["c0004", "c0024", "c0092", "c0093", "c0065", "c0018", "c0006", "c0098", "c0095", "c0047"]


def left(errors):
    return max(0.0, 25 - 5 * errors)


def units(errors, strata=1):
    return [Unit(f"c{number:04d}", f"{number % strata:02d} 时", each) for number, each in enumerate(errors)]


def scored(formula, points, of, mode, size=10, seed=SEED):
    return score_sample(SampleRule(formula, points, Sample(size=size, mode=mode)), of, seed, "情绪管理")


def brute(counts, size, value):
    """The mean over all draws, one by one."""
    draws = list(combinations(counts, min(size, len(counts))))
    return float(sum(Fraction(value(drawn)) for drawn in draws) / len(draws))


# the draw


def test_a_draw_is_the_same_on_every_machine():
    drawn = draw(units([0] * 100, strata=4), 10, SEED)
    assert [unit.id for unit in drawn] == GOLDEN
    assert len(draw(units([0] * 100), 10, "1008|2026-11|3")) == 10
    assert {unit.id for unit in draw(units([0] * 100, strata=4), 10, "1008|2026-11|3")} != set(GOLDEN)


@given(st.permutations(units([0] * 23, strata=5)), st.integers(1, 30))
def test_a_draw_does_not_depend_on_the_order(shuffled, size):
    assert draw(shuffled, size, SEED) == draw(units([0] * 23, strata=5), size, SEED)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(1, 40), st.text(max_size=5))
def test_every_stratum_gets_its_share_rounded_up_or_down(sizes, size, seed):
    of = [Unit(f"{name}-{number}", str(name), 0) for name, many in enumerate(sizes) for number in range(many)]
    drawn = Counter(unit.stratum for unit in draw(of, size, seed))
    assert drawn.total() == min(size, len(of))
    for name, many in enumerate(sizes):
        share = min(1, Fraction(size, len(of))) * many
        assert abs(drawn[str(name)] - share) < 1


def test_every_call_is_drawn_equally_often_also_the_only_one_of_its_kind():
    of = [Unit("alone", "23 时", 0), *units([0] * 39, strata=2)]
    times = Counter(unit.id for month in range(2000) for unit in draw(of, 10, f"1008|{month}|3"))
    assert len(times) == 40
    assert all(abs(count - 500) < 100 for count in times.values())  # five standard deviations


def test_two_calls_with_one_id_are_refused():
    with pytest.raises(ValueError, match="same id"):
        draw([Unit("c1", "", 0), Unit("c1", "", 1)], 1, SEED)


def test_the_mean_of_many_draws_is_the_expected_score():
    of = units([1, 0, 0, 2, 0] * 40, strata=7)
    draws = [scored(ATTITUDE, 25, of, "draw", seed=f"1008|{month}|3").scored.tally.awarded for month in range(1000)]
    assert sum(draws) / 1000 == pytest.approx(scored(ATTITUDE, 25, of, "expected").scored.tally.awarded, abs=0.8)


# the mean over all draws


@pytest.mark.parametrize(("bad", "mean"), [(20, 23.0), (50, 20.0), (150, 10.3)])
def test_500_calls_as_the_documents_would_score_them(bad, mean):
    assert round(expected([1] * bad + [0] * (500 - bad), 10, left), 1) == mean
    assert left(bad) == 0.0  # what deducting over all calls would leave


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 10), st.sampled_from((ATTITUDE, RECORDS))
)
def test_expected_equals_every_draw_tried_one_by_one(errors, size, formula):
    def remaining(count):
        return formula.left(15, count)

    assert expected(errors, size, remaining) == brute(errors, size, lambda drawn: remaining(sum(drawn)))


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=8), st.integers(1, 9))
def test_expected_is_exact_for_several_kinds_of_error(counts, size):
    kinds = ("情绪", "用语", "其他")
    of = units([dict(zip(kinds, each, strict=True)) for each in counts])

    def remaining(drawn):
        return WORDING.left(12, dict(zip(kinds, map(sum, zip(*drawn, strict=True)), strict=True)))

    assert scored(WORDING, 12, of, "expected", size).scored.tally == Tally(brute(counts, size, remaining), 12)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 12))
def test_one_more_good_call_never_lowers_the_score(errors, size):
    assert expected([*errors, 0], size, left) >= expected(errors, size, left)
    assert rate([*errors, 0], size, left) >= rate(errors, size, left)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(1, 12), st.data())
def test_more_errors_never_raise_the_score(errors, size, data):
    worse = list(errors)
    worse[data.draw(st.integers(0, len(errors) - 1))] += data.draw(st.integers(1, 3))
    assert expected(worse, size, left) <= expected(errors, size, left)
    assert rate(worse, size, left) <= rate(errors, size, left)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.randoms())
def test_the_order_of_calls_is_irrelevant(errors, random):
    shuffled = random.sample(errors, len(errors))
    assert expected(shuffled, 10, left) == expected(errors, 10, left)
    assert spread(shuffled, 10, left) == spread(errors, 10, left)
    assert rate(shuffled, 10, left) == rate(errors, 10, left)


def test_errors_that_cost_nothing_leave_everything():
    assert expected([1, 2, 3, 0], 2, lambda _: 25.0) == 25.0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9), st.integers(1, 9), st.sampled_from((0.5, 0.8, 0.9)))
def test_a_spread_holds_its_share_of_the_draws_and_no_needless_one(errors, size, coverage):
    low, high = spread(errors, size, left, coverage)
    draws = [left(sum(drawn)) for drawn in combinations(errors, min(size, len(errors)))]
    tail, slack = (1 - coverage) / 2 * len(draws), 1e-9  # of a tail that holds a whole number of draws
    assert sum(points < low for points in draws) - slack <= tail < sum(points <= low for points in draws) + slack
    assert sum(points > high for points in draws) - slack <= tail < sum(points >= high for points in draws) + slack


# the whole, with its sentence


def test_expected_says_that_all_draws_were_averaged():
    result = scored(ATTITUDE, 25, units([1] * 20 + [0] * 480), "expected")
    assert result.scored.reason == (
        "情绪管理：全月 500 条中 20 条不符合；按“抽查10条”对所有可能的抽样取平均，得 23 分"
    )
    assert result.low == result.high == result.scored.tally.awarded
    assert result.drawn == ()


def test_a_draw_is_listed_and_lies_within_its_luck():
    of = units([1] * 150 + [0] * 350, strata=3)
    result = scored(ATTITUDE, 25, of, "draw")
    bad = sum(int(drawn) < 150 for drawn in (name[1:] for name in result.drawn))
    assert len(set(result.drawn)) == 10
    assert result.scored.tally == Tally(25 - 5 * bad, 25)
    assert result.scored.reason == (
        f"情绪管理：随机抽取 10 条（种子 {SEED}，名单见说明），{bad} 条不符合，计 {bad} 次，扣 {5 * bad} 分，"
        f"得 {25 - 5 * bad} 分"
    )
    assert (result.low, result.high) == (0.0, 20.0)
    assert result == scored(ATTITUDE, 25, list(reversed(of)), "draw")


def test_an_unlucky_draw_widens_its_own_interval():
    of = units([1] * 20 + [0] * 480)
    results = [scored(ATTITUDE, 25, of, "draw", seed=str(number)) for number in range(400)]
    assert min(result.low for result in results) < max(result.low for result in results)
    assert all(result.low <= result.scored.tally.awarded <= result.high for result in results)


def test_the_rate_scales_all_errors_to_ten_calls():
    result = scored(ATTITUDE, 25, units([1] * 20 + [0] * 480), "rate")
    assert result.scored.tally == Tally(23, 25)
    assert result.scored.reason == "情绪管理：全月 500 条中 20 条不符合，折合每 10 条 0.4 次，扣 2 分，得 23 分"


def test_the_rate_never_scales_up():
    assert rate([1, 0, 1], 10, left) == 15
    assert rate([1, 0, 1], 2, left) == pytest.approx(25 - 20 / 3)


def test_several_kinds_and_several_errors_in_a_call_are_told_apart():
    of = units([{"情绪": 1, "用语": 2}, {"用语": 1}, {"其他": 4}, *[{}] * 17])
    assert "全月 20 条中 2 条不符合（情绪 1 次、用语 3 次）" in scored(WORDING, 25, of, "expected").scored.reason
    assert scored(WORDING, 25, of, "rate").scored.reason.endswith("情绪 0.5 次、用语 1.5 次，扣 4 分，得 21 分")
    assert "1 条不符合（共 3 次）" in scored(ATTITUDE, 25, units([3] + [0] * 19), "expected").scored.reason


@pytest.mark.parametrize("mode", ["draw", "expected", "rate"])
def test_fewer_calls_than_the_sample_all_count_as_they_are(mode):
    result = scored(RECORDS, 15, units([1, 0, 1]), mode)
    assert result.scored.tally == Tally(9, 15)
    assert result.scored.reason == "情绪管理：全月只有 3 条，全部计入，2 条不符合，计 2 项，扣 6 分，得 9 分"
    assert result.low == result.high == 9


@pytest.mark.parametrize("mode", ["draw", "expected", "rate"])
def test_a_month_without_calls_has_no_points_to_give(mode):
    assert scored(ATTITUDE, 25, [], mode).scored.tally == Tally()
