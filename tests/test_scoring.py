"""The formulas of the printed standards: every printed figure, every switch, and what holds for all of them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.scorecard import Count, Errors, Scoring, Steps, Target, shown

ANSWER = {"kind": "steps", "at_most": 30, "every": 10, "deduct": 2, "zero_beyond": 60, "unit": "秒"}
RATE = {"kind": "steps", "at_least": 0.85, "every": 0.01, "deduct": 1, "zero_beyond": 0.75, "unit": "%"}


def formula(written):
    return TypeAdapter(Scoring).validate_python(written)


def points(written, out_of, value, **switches):
    return formula({**written, **switches}).score(out_of, value, "本项").tally.awarded


@pytest.mark.parametrize(
    ("seconds", "ceil", "floor"),
    [
        *((0, 20, 20), (28, 20, 20), (30, 20, 20), (30.001, 18, 20), (35, 18, 20), (40, 18, 18), (40.5, 16, 18)),
        *((50, 16, 16), (59.9, 14, 16), (60, 14, 14)),
    ],
)
def test_a_block_that_has_begun_costs_all_or_nothing(seconds, ceil, floor):
    assert points(ANSWER, 20, seconds) == ceil
    assert points(ANSWER, 20, seconds, block="floor") == floor


@pytest.mark.parametrize(("seconds", "ceil", "floor"), [(61, 12, 14), (129, 0, 2), (130, 0, 0), (1000, 0, 0)])
def test_beyond_the_cliff_nothing_is_left_unless_it_is_switched_off(seconds, ceil, floor):
    assert points(ANSWER, 20, seconds) == points(ANSWER, 20, seconds, block="floor") == 0
    assert points(ANSWER, 20, seconds, cliff=False) == points(ANSWER, 20, seconds, zero_beyond=None) == ceil
    assert points(ANSWER, 20, seconds, cliff=False, block="floor") == floor


@pytest.mark.parametrize("percent", range(75, 85))
def test_every_percent_below_costs_one_point_whatever_floats_make_of_it(percent):
    assert points(RATE, 30, percent / 100) == points(RATE, 30, percent / 100, block="floor") == 30 - (85 - percent)


@pytest.mark.parametrize(("rate", "left"), [(1, 30), (0.88, 30), (0.85, 30), (0.8499, 29), (0.75, 20), (0.749, 0)])
def test_a_rate_keeps_its_line_and_its_floor(rate, left):
    assert points(RATE, 30, rate) == left


@given(st.floats(0, 200), st.floats(0, 200), st.sampled_from(["ceil", "floor"]), st.booleans())
def test_slower_never_earns_more(one, other, block, cliff):
    low, high = sorted((one, other))
    switches = {"block": block, "cliff": cliff}
    assert points(ANSWER, 20, low, **switches) >= points(ANSWER, 20, high, **switches)


@given(st.floats(0, 1), st.sampled_from(["ceil", "floor"]), st.booleans())
def test_points_stay_between_none_and_all(rate, block, cliff):
    assert 0 <= points(RATE, 30, rate, block=block, cliff=cliff) <= 30


@pytest.mark.parametrize(
    ("written", "value", "said"),
    [
        (ANSWER, 28, "本项 28 秒，不超过 30 秒，达标，得 20 分"),
        (ANSWER, 35, "本项 35 秒，超过 30 秒；每超 10 秒 扣 2 分，计 1 档，得 18 分"),
        (ANSWER, 61, "本项 61 秒，超过 30 秒，且超过 60 秒，得 0 分"),
        (RATE, 0.88, "本项 88%，达到 85%，达标，得 20 分"),
        (RATE, 0.749, "本项 74.9%，低于 85%，且低于 75%，得 0 分"),
    ],
)
def test_the_sentence_says_value_line_and_points(written, value, said):
    assert formula(written).score(20, value, "本项").reason == said


@pytest.mark.parametrize(
    ("written", "value", "left"),
    [
        ({"at_least": 4.5}, 4.5, 10),
        ({"at_least": 4.5, "missed": "proportional"}, 3.6, 8),
        ({"at_least": 4.5, "missed": "zero"}, 4.49, 0),
        ({"at_most": 10}, 0, 10),
        ({"at_most": 10, "missed": "proportional"}, 12.5, 8),
        ({"at_most": 10, "missed": "zero"}, 10.1, 0),
        ({"at_least": 0.9, "missed": "proportional"}, 0, 0),
    ],
)
def test_a_target_is_reached_or_partly(written, value, left):
    assert points({"kind": "target", **written}, 10, value) == pytest.approx(left)


@pytest.mark.parametrize(("errors", "left"), [(0, 15), (1, 12), (2, 9), (3, 0), (4, 0), (0.5, 13.5)])
def test_from_so_many_errors_on_nothing_is_left(errors, left):
    assert points({"kind": "errors", "deduct": 3, "zero_at": 3}, 15, errors) == left


@pytest.mark.parametrize(("errors", "left"), [(0, 25), (1, 20), (4, 5), (5, 0), (9, 0)])
def test_errors_cost_until_nothing_is_left(errors, left):
    assert points({"kind": "errors", "deduct": 5}, 25, errors) == left


@pytest.mark.parametrize(
    ("counted", "value", "left"),
    [
        (["用语规范"], 2, 23),
        (["用语规范"], {"用语规范": 2, "情绪管理": 3}, 23),
        (["情绪管理"], {"用语规范": 2, "情绪管理": 3}, 10),
        (["情绪管理"], 2, 15),
        (["用语规范", "情绪管理"], {"用语规范": 2, "情绪管理": 3}, 8),
        (["用语规范", "情绪管理"], {"用语规范": 20, "情绪管理": 5}, 0),
    ],
)
def test_of_several_kinds_of_error_those_that_are_counted_cost(counted, value, left):
    written = {"kind": "errors", "deduct": {"用语规范": 1, "情绪管理": 5}, "counted": counted}
    assert points(written, 25, value) == left


@given(st.lists(st.integers(0, 12), min_size=2, max_size=2), st.floats(0.1, 30), st.none() | st.integers(1, 12))
def test_more_errors_never_earn_more(errors, deduct, zero_at):
    assume(errors[0] <= errors[1])
    written = {"kind": "errors", "deduct": deduct, "zero_at": zero_at}
    assert 25 >= points(written, 25, errors[0]) >= points(written, 25, errors[1]) >= 0


@pytest.mark.parametrize(("count", "left"), [(0, 0), (2, 2), (3, 3), (7, 3)])
def test_a_bonus_counts_up_to_its_points(count, left):
    assert points({"kind": "count", "each": 1}, 3, count) == left


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({**ANSWER, "at_least": 20}, "not both"),
        ({"kind": "steps", "every": 1, "deduct": 1}, "needs at_most or at_least"),
        ({**ANSWER, "every": 0}, "greater than 0"),
        ({**ANSWER, "deduct": -2}, "greater than 0"),
        ({**ANSWER, "block": "round"}, "'ceil' or 'floor'"),
        ({**ANSWER, "evry": 3}, "Extra inputs"),
        ({**ANSWER, "zero_beyond": float("nan")}, "finite"),
        ({"kind": "errors", "deduct": {"甲": 1}}, "counted must say which of 甲"),
        ({"kind": "errors", "deduct": {"甲": 1}, "counted": ["乙"]}, "deduct has no 乙"),
        ({"kind": "errors", "deduct": 1, "counted": ["乙"]}, "deduct has no 乙"),
        ({"kind": "errors", "deduct": 1, "sample": {"size": 0}}, "greater than or equal to 1"),
        ({"kind": "errors", "deduct": 1, "sample": {"size": 10, "mode": "all"}}, "'draw', 'expected' or 'rate'"),
        ({"kind": "stairs"}, "'steps', 'target', 'errors' or 'count'"),
    ],
)
def test_a_formula_that_cannot_be_is_refused(written, problem):
    with pytest.raises(ValidationError, match=problem):
        formula(written)


def test_a_line_that_the_document_leaves_open_is_open():
    assert Target(kind="target", at_least=None).open
    assert Steps(kind="steps", at_most=None, every=1, deduct=1).open
    assert not Target(kind="target", at_least=0).open


def test_numbers_are_written_as_people_write_them():
    assert [shown(n) for n in (20.0, 0, 23.045, 0.1 + 0.2, 99.999)] == ["20", "0", "23.05", "0.3", "100"]
    assert Errors(kind="errors", deduct=1).show(2) == "2 次"
    assert Count(kind="count", each=1).show(1.5) == "1.5 次"
