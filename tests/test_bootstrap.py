"""Intervals by drawing calls: known cases, and how often they hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.validation.accuracy.bootstrap import DRAWS, draw_counts, interval


def test_nothing_to_measure_has_no_interval():
    assert interval([], []) is None
    assert interval([0, 0], [0, 0]) is None


def test_calls_that_are_all_alike_have_no_width():
    assert interval([3] * 7, [4] * 7) == (0.75, 0.75)
    assert interval([9], [10]) == (0.9, 0.9), "one call can only be drawn again"


def test_two_calls_that_differ_can_be_drawn_twice():
    assert interval([0, 1], [1, 1]) == (0.0, 1.0)


def test_draws_in_which_nothing_is_to_be_measured_are_left_out():
    """Of twenty calls one has a phrase: drawn or not, the share is one."""
    assert interval([1, *[0] * 19], [1, *[0] * 19]) == (1.0, 1.0)


def test_as_many_calls_are_drawn_as_there_are_and_the_same_ones_each_time():
    assert draw_counts(13).shape == (DRAWS, 13)
    assert (draw_counts(13).sum(axis=1) == 13).all()
    assert interval([1, 2, 0], [2, 2, 2]) == interval([1, 2, 0], [2, 2, 2])


def test_what_hangs_together_in_a_call_is_drawn_together():
    """Ten phrases that a call has all or none of tell no more than one."""
    once = interval([1, 0] * 10, [1] * 20)
    tenfold = interval([10, 0] * 10, [10] * 20)
    apart = interval([1, 0] * 100, [1] * 200)
    assert tenfold == pytest.approx(once)
    assert apart[1] - apart[0] < 0.5 * (once[1] - once[0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_interval_lies_between_the_extremes_of_the_calls(counts):
    found = interval([n for n, _ in counts], [n + more for n, more in counts])
    shares = [n / (n + more) for n, more in counts if n + more]
    if not shares:
        assert found is None
    else:
        low, high = found
        assert min(shares) - 1e-9 <= low <= high <= max(shares) + 1e-9


def test_nineteen_of_twenty_intervals_hold_the_truth():
    """Sixty calls of one to five phrases, each found with the chance of its call; the mean chance is 0.8."""
    chance = np.random.default_rng(7)
    held, num_trials = 0, 400
    for _ in range(num_trials):
        said = chance.integers(1, 6, 60)
        found = chance.binomial(said, chance.beta(8, 2, 60))
        low, high = interval(found, said)
        held += low <= 0.8 <= high
    assert 0.91 <= held / num_trials <= 0.98
