"""The doubt of a month: planted errors of the machine, and whether the true score lies where it is said to lie."""

from collections import Counter
from itertools import product
from math import isclose, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.month.assessment.interval import Doubt, crosses, interval

POINTS = (5.0, 15.0, 5.0, 5.0, 25.0)  # the items of a call
MONTHS = 2000


def doubts(awarded, confidence, possible=POINTS, grouped=True):
    """One doubt for each cell of two tables, calls by items."""
    return [
        Doubt(points, most, sure, f"c{call}" if grouped else "")
        for call, (row, beliefs) in enumerate(zip(awarded, confidence, strict=True))
        for points, most, sure in zip(row, possible, beliefs, strict=True)
    ]


def coverage(truths, low, high):
    return np.mean((truths >= low - 1e-9) & (truths <= high + 1e-9))


def tables(rng, num_calls, error):
    """What a machine says of the calls, and how sure it rightly is: most met, some partly, some not."""
    levels = rng.choice([1.0, 0.8, 0.0], p=[0.7, 0.1, 0.2], size=(num_calls, len(POINTS)))
    return levels * POINTS, 1 - rng.uniform(0, 2 * error, levels.shape)


def truths(rng, awarded, confidence, shared):
    """The points truly earned, many times over: wrong answers of a call fall together where `shared`."""
    draws = rng.random((MONTHS, len(awarded), 1 if shared else len(POINTS)))
    corrected = np.where(awarded > 0, 0.0, POINTS)
    return np.where(draws < confidence, awarded, corrected).sum(axis=(1, 2))


@pytest.mark.parametrize("shared", [False, True], ids=["each by itself", "whole calls"])
@pytest.mark.parametrize("error", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("num_calls", [1, 4, 20, 21, 60, 300])
def test_planted_errors_leave_the_true_score_inside(num_calls, error, shared):
    rng = np.random.default_rng(num_calls)
    awarded, confidence = tables(rng, num_calls, error)
    low, high = interval(doubts(awarded, confidence))
    assert coverage(truths(rng, awarded, confidence, shared), low, high) >= 0.9 - 3 * (0.09 / MONTHS) ** 0.5


@pytest.mark.parametrize("num_calls", [4, 20, 21, 60, 300])
def test_the_worst_dependence_inside_a_call_is_covered_and_not_by_much_more(num_calls):
    rng = np.random.default_rng(num_calls)
    awarded, confidence = tables(rng, num_calls, 0.05)
    height = np.where(awarded > 0, awarded, POINTS)
    earned = np.where(awarded > 0, confidence, 1 - confidence)  # all of a call move the score the same way
    worst = (height * (rng.random((MONTHS, num_calls, 1)) < earned)).sum(axis=(1, 2))
    low, high = interval(doubts(awarded, confidence))
    assert coverage(worst, low, high) >= 0.9 - 3 * (0.09 / MONTHS) ** 0.5
    assert high - low <= 1.5 * np.subtract(*np.quantile(worst, [0.95, 0.05]))


@pytest.mark.parametrize("num_calls", [21, 50, 200])
@pytest.mark.parametrize("sure", [0.99, 0.97, 0.9, 0.7])
def test_many_independent_answers_are_covered_and_the_interval_is_not_wide(num_calls, sure):
    rng = np.random.default_rng(1)
    low, high = interval([Doubt(5, 5, sure, f"c{number}") for number in range(num_calls)])
    earned = 5 * rng.binomial(num_calls, sure, MONTHS)
    assert coverage(earned, low, high) >= 0.9 - 3 * (0.09 / MONTHS) ** 0.5
    assert high - low <= 2 * 1.645 * 5 * (num_calls * sure * (1 - sure)) ** 0.5 + 5 + 5 * num_calls * (1 - sure)


def test_a_truth_behind_an_imperfect_detector_is_covered_with_the_confidence_that_bayes_gives():
    rng, found, invented, met = np.random.default_rng(7), 0.95, 0.08, 0.8
    sure_met = met * found / (met * found + (1 - met) * invented)
    sure_not = (1 - met) * (1 - invented) / ((1 - met) * (1 - invented) + met * (1 - found))
    inside = []
    for _ in range(600):
        truth = rng.random(120) < met
        said = rng.random(120) < np.where(truth, found, invented)
        low, high = interval([Doubt(5.0 * one, 5, sure_met if one else sure_not) for one in said])
        inside.append(low <= 5 * truth.sum() <= high)
    assert np.mean(inside) >= 0.9 - 3 * (0.09 / 600) ** 0.5


def test_a_month_of_500_calls_is_known_to_a_few_points_of_100():
    rng = np.random.default_rng(3)
    awarded, confidence = tables(rng, 500, 0.03)
    low, high = interval(doubts(awarded, confidence))
    assert 100 * (high - low) / (500 * sum(POINTS)) < 4


def test_answers_of_one_call_are_in_more_doubt_together_than_apart():
    awarded, confidence = tables(np.random.default_rng(5), 100, 0.05)
    low, high = interval(doubts(awarded, confidence))
    low_apart, high_apart = interval(doubts(awarded, confidence, grouped=False))
    assert low < low_apart
    assert high > high_apart


def test_a_single_answer_may_be_the_other_way_round_once_that_is_likely_enough():
    assert interval([Doubt(5, 5, 0.96)]) == (5, 5)
    assert interval([Doubt(5, 5, 0.94)]) == (0, 5)
    assert interval([Doubt(3, 5, 0.94)]) == (0, 3)
    assert interval([Doubt(0, 5, 0.94)]) == (0, 5)
    assert interval([Doubt(5, 5, 0.96)], coverage=0.99) == (0, 5)


@given(st.lists(st.tuples(st.sampled_from((2.0, 3.5, 5.0)), st.floats(0.5, 0.99)), min_size=1, max_size=9))
def test_few_answers_are_added_exactly(answers):
    chances = Counter()
    for right in product((True, False), repeat=len(answers)):
        earned = sum(points for (points, _), one in zip(answers, right, strict=True) if one)
        chances[earned] += prod(sure if one else 1 - sure for (_, sure), one in zip(answers, right, strict=True))
    low, high = interval([Doubt(points, points, sure) for points, sure in answers])
    assert sum(chance for earned, chance in chances.items() if earned < low) <= 0.05 + 1e-9
    assert sum(chance for earned, chance in chances.items() if earned <= low) >= 0.05 - 1e-9
    assert sum(chance for earned, chance in chances.items() if earned > high) <= 0.05 + 1e-9
    assert high in chances


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), max_size=40))
def test_without_doubt_low_and_high_are_the_points_awarded(points):
    certain = [Doubt(min(pair), max(pair), 1.0, "c") for pair in points]
    low, high = interval(certain)
    assert low == high
    assert isclose(low, sum(doubt.awarded for doubt in certain), abs_tol=1e-9)


DOUBTS = st.lists(
    st.builds(
        lambda share, possible, sure, call: Doubt(share * possible, possible, sure, call),
        *(st.sampled_from((0.0, 0.6, 0.8, 1.0)), st.sampled_from((5.0, 0.1, 12.5))),
        *(st.floats(0, 1), st.sampled_from(("", "a", "b", "c"))),
    ),
    max_size=40,
)


@given(DOUBTS, st.floats(0.5, 0.99))
def test_the_points_awarded_lie_inside_and_all_within_what_was_possible(own, share):
    low, high = interval(own, share)
    awarded, possible = sum(doubt.awarded for doubt in own), sum(doubt.possible for doubt in own)
    assert -1e-9 <= low <= awarded + 1e-9
    assert awarded - 1e-9 <= high <= possible + 1e-9


@settings(deadline=None)
@given(DOUBTS, st.randoms())
def test_the_order_of_doubts_is_irrelevant(own, random):
    assert interval(random.sample(own, len(own))) == interval(own)


@given(DOUBTS, st.sampled_from((0.5, 0.7, 0.8)))
def test_asking_for_more_coverage_never_narrows(own, share):
    low, high = interval(own, share)
    wider_low, wider_high = interval(own, 0.95)
    assert wider_low <= low <= high <= wider_high


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_that_is_no_probability_is_refused(confidence):
    with pytest.raises(ValueError, match="probability"):
        Doubt(5, 5, confidence)


def test_points_below_zero_are_refused():
    with pytest.raises(ValueError, match="0 or more"):
        Doubt(-1, 5, 0.9)


@pytest.mark.parametrize(
    ("low", "high", "line"),
    [
        *((88, 91, 90), (88, 90, 90), (90, 95, None), (90, 90, None), (81, 89.9, None), (75, 95, 90)),
        *((79.9, 80, 80), (90 - 1e-12, 90, None)),
    ],
)
def test_a_line_is_crossed_when_only_the_high_end_reaches_it(low, high, line):
    assert crosses(low, high, [80, 90]) == line
