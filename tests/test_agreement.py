"""Agreement of machine and people, by hand and against scikit-learn."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pipeline.validation.learning.agreement import Agreement, Pair

PAIRS = st.lists(st.builds(Pair, st.sampled_from("ABCDE"), st.booleans(), st.booleans()), min_size=1, max_size=40)


def pairs(both, neither, only_machine, only_people):
    said = (both, True, True), (neither, False, False), (only_machine, True, False), (only_people, False, True)
    return [Pair(f"C{n}", machine, people) for times, machine, people in said for n in range(times)]


def test_counted_by_hand():
    """Cohen's kappa of 20, 15, 5 and 10: 35/50 alike, half by chance."""
    found = Agreement.of(pairs(20, 15, 5, 10))
    assert (found.both, found.neither, found.only_machine, found.only_people) == (20, 15, 5, 10)
    assert (found.exact.hits, found.exact.of, found.num_calls) == (35, 50, 20)
    assert found.kappa == pytest.approx(0.4)
    low, high = found.kappa_interval
    assert 0 < low < 0.4 < high < 0.8


def test_one_answer_only_proves_nothing():
    found = Agreement.of(pairs(0, 30, 0, 0))
    assert (found.exact.value, found.kappa, found.kappa_interval) == (1.0, None, None)
    assert Agreement.of([]).exact.value is None


@given(PAIRS)
def test_kappa_is_cohens(judged):
    machine, people = [p.machine for p in judged], [p.people for p in judged]
    assume(len({*machine, *people}) == 2)
    found = Agreement.of(judged)
    assert found.kappa == pytest.approx(cohen_kappa_score(machine, people), abs=1e-12)
    low, high = found.kappa_interval
    assert low <= found.kappa <= high


def test_mistakes_of_one_call_are_worth_less_than_as_many_of_several():
    together = [Pair(f"C{n // 10}", n % 2 == 0, n % 2 == 0 or n < 10) for n in range(100)]
    apart = [Pair(f"C{n}", pair.machine, pair.people) for n, pair in enumerate(together)]

    def width(judged):
        low, high = Agreement.of(judged).kappa_interval
        return high - low

    assert Agreement.of(apart).kappa == Agreement.of(together).kappa
    assert width(together) > 1.2 * width(apart)
