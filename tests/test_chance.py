"""Agreement beyond chance, held to published figures and to scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pipeline.validation.accuracy.chance import alpha, kappa

_ = np.nan
KRIPPENDORFF_2011 = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
"""Four observers, twelve units: "Computing Krippendorff's alpha-reliability", part C and D."""

METRICS = ("nominal", "ordinal", "interval", "ratio")
ratings = st.integers(2, 5).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, _]), min_size=raters, max_size=raters),
        min_size=1,
        max_size=12,
    ).map(lambda units: np.array(units).T)
)
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@pytest.mark.parametrize(("metric", "published"), zip(METRICS, (0.743, 0.815, 0.849, 0.797), strict=True))
def test_alpha_is_that_of_the_published_example(metric, published):
    assert round(alpha(KRIPPENDORFF_2011, metric), 3) == published


def test_alpha_of_two_observers_and_two_values_is_that_of_the_published_example():
    """Part A of the same paper."""
    jon = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    han = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert round(alpha([jon, han], "nominal"), 3) == 0.095


def test_alpha_of_two_observers_and_five_values_is_that_of_the_published_example():
    """Part B: a, b, c, d, e."""
    ben = [1, 1, 2, 2, 4, 3, 3, 3, 5, 4, 4, 1]
    gerry = [2, 1, 2, 2, 2, 3, 3, 3, 5, 4, 4, 4]
    assert round(alpha([ben, gerry], "nominal"), 3) == 0.692


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "nothing",
    [[[_, _], [_, _]], [[1, _], [_, 2]], [[2, 2], [2, 2]], [[1, 2, 3]], [[2, 2, 1], [2, 2, _]]],
    ids=["no rating", "no unit with two", "one value", "one observer", "one value where two rated"],
)
def test_alpha_without_anything_to_differ_on_is_undefined(nothing, metric):
    assert alpha(nothing, metric) is None


@given(ratings, st.sampled_from(METRICS), st.randoms())
def test_neither_the_order_of_raters_nor_of_units_matters(given_ratings, metric, random):
    raters, units = list(range(given_ratings.shape[0])), list(range(given_ratings.shape[1]))
    random.shuffle(raters)
    random.shuffle(units)
    assert alpha(given_ratings[raters][:, units], metric) == pytest.approx(alpha(given_ratings, metric))


@given(ratings, st.sampled_from(METRICS))
def test_what_nobody_else_rated_changes_nothing(given_ratings, metric):
    alone = np.full((given_ratings.shape[0], 1), _)
    alone[0, 0] = 4.0
    assert alpha(np.hstack([given_ratings, alone]), metric) == pytest.approx(alpha(given_ratings, metric))


@given(ratings, st.sampled_from(METRICS))
def test_alpha_is_one_only_where_all_agree(given_ratings, metric):
    value = alpha(given_ratings, metric)
    agree = all(len(set(unit[~np.isnan(unit)])) <= 1 for unit in given_ratings.T)
    if value is not None:
        assert value <= 1.0
        assert (value == 1.0) is agree


@given(pairs)
def test_kappa_is_that_of_scikit_learn(rated):
    first, second = (list(own) for own in zip(*rated, strict=True))
    cells = np.zeros((4, 4))
    np.add.at(cells, (first, second), 1)
    ours = float(kappa(cells))
    if len({*first, *second}) == 1:
        assert np.isnan(ours)  # scikit-learn warns and says nan as well
    else:
        theirs = cohen_kappa_score(first, second, labels=range(4), weights="quadratic")
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_many_tables_at_once_are_as_one_by_one():
    tables = np.random.default_rng(1).integers(0, 9, (7, 3, 3)).astype(float)
    assert kappa(tables) == pytest.approx([float(kappa(table)) for table in tables])
