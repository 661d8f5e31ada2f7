"""What a calibration tells: figures held to scikit-learn and to counting by hand; None where nothing is known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pipeline.evaluation import evaluate
from pipeline.scorecard import find_scorecard
from pipeline.validation.calibration import (
    MACHINE,
    NOT_APPLICABLE,
    Rating,
    Scale,
    draw_calls,
    machine_ratings,
    scales_of,
)
from pipeline.validation.calibration.results import results_of
from pipeline.validation.calibration.sums import LEAST_CALLS
from tests.builders import changed, finding, hearing

LEVELS = ("符合", "基本符合", "一般符合", "不符合")
GREETING = Scale("G", "问候", LEVELS)
BANNED = Scale("B", "禁用语", ("符合", "不符合"))


def ratings(rater, choices, scale=GREETING):
    """What a rater chose, call after call: a step, ``n`` for not applicable, a dot for nothing."""
    shown = {"n": NOT_APPLICABLE} | {str(n): choice for n, choice in enumerate(scale.choices)}
    return [
        Rating(f"C{n:02}", scale.criterion, rater, shown[step]) for n, step in enumerate(choices) if step != "."
    ]


def told(*people, machine="", scales=(GREETING,)):
    """Results of one criterion, of reviewers called a, b, c …, each as `ratings` has it."""
    names = "abcdefg"[: len(people)]
    said = [rating for name, own in zip(names, people, strict=True) for rating in ratings(name, own)]
    return results_of(scales, list(names), said, ratings(MACHINE, machine))


def test_kappa_of_two_is_that_of_scikit_learn():
    first, second = "001230210312", "011220310322"
    greeting, _ = told(first, second).criteria
    expected = cohen_kappa_score(list(first), list(second), labels=list("0123"), weights="quadratic")
    assert greeting.kappa.value == pytest.approx(expected)
    assert greeting.kappa.num_calls == 12
    low, high = greeting.kappa.interval
    assert low < expected < high < 1.0


def test_kappa_of_three_is_the_mean_over_their_pairs():
    people = ("001230210312", "011220310322", "000230113333")
    results = told(*people)
    each = [
        cohen_kappa_score(list(one), list(two), labels=list("0123"), weights="quadratic")
        for one, two in ((people[0], people[1]), (people[0], people[2]), (people[1], people[2]))
    ]
    assert results.criteria[0].kappa.value == pytest.approx(sum(each) / 3)
    assert [pair.kappa.value for pair in results.pairs] == pytest.approx(each)


def test_exact_agreement_counts_not_applicable_as_any_other_choice():
    greeting, together = told("00n1", "00n2").criteria
    assert (greeting.unanimous.hits, greeting.unanimous.of) == (3, 4)
    assert greeting.exact.value == together.exact.value == 0.75
    assert greeting.kappa.num_calls == 3  # what does not apply lies on no scale


def test_all_alike_is_one_and_one_value_only_is_undefined():
    same, _ = told("0123", "0123", "0123").criteria
    assert (same.exact.value, same.kappa.value, same.nominal.value, same.ordinal.value) == (1, 1, 1, 1)
    flat, together = told("0000", "0000").criteria
    for criterion in (flat, together):
        assert criterion.exact.value == 1.0
        for figure in (criterion.kappa, criterion.nominal, criterion.ordinal):
            assert (figure.value, figure.interval) == (None, None)


def test_nothing_answered_is_none_and_never_zero():
    results = told("....", "....")
    for criterion in results.criteria:
        assert criterion.unanimous.value is None
        assert criterion.exact.value is criterion.kappa.value is criterion.nominal.value is None
        assert criterion.machine.exact.value is None
    assert results.raters[0].strictness.value is None
    assert results.splits == ()


def test_what_only_one_has_answered_is_not_compared():
    half, _ = told("0123" + "...", "0123" + "012"[:0] + "...").criteria
    more, _ = told("0123" + "321", "0123" + "...").criteria
    assert replace(more, machine=half.machine).kappa.value == half.kappa.value == 1.0
    assert more.exact.num_calls == 4


def test_figures_over_fewer_calls_than_stated_are_not_enough():
    assert not told("0" * (LEAST_CALLS - 1), "0" * (LEAST_CALLS - 1)).criteria[0].exact.enough
    assert told("0" * LEAST_CALLS, "0" * LEAST_CALLS).criteria[0].exact.enough


def test_who_is_stricter_is_told_by_how_many_steps():
    mild, same, strict = "000111222000", "000111222000", "111222333110"
    results = told(mild, same, strict)
    a, b, c = results.raters
    assert c.strictness.value == pytest.approx(11 / 12)
    assert a.strictness.value == b.strictness.value == pytest.approx(-11 / 24)
    assert c.is_off
    assert c.strictness.interval[0] > 0
    assert dict(c.by_criterion)["G"] == c.strictness
    assert a.exact.value == pytest.approx((12 + 1) / 24)  # all of b's, and one of c's
    assert c.exact.value == pytest.approx(1 / 12)


def test_alpha_without_the_one_who_is_off_is_higher():
    results = told("012301230123", "012301230123", "321032103210")
    assert results.raters[2].alpha.value == 1.0
    assert results.criteria[0].ordinal.value < results.raters[2].alpha.value
    assert results.raters[0].alpha.value < results.criteria[0].ordinal.value


def test_nobody_is_off_who_is_like_the_others():
    assert not any(rater.is_off for rater in told("012301230123", "012310320123").raters)
    assert told("0123", "0123").raters[0].alpha.value is None  # one alone agrees with nobody


def test_the_machine_is_held_against_the_majority_of_people():
    results = told("0012n3", "0012n1", "0113n.", machine="0110.2")
    machine = results.criteria[0].machine
    # C05: 3 against 1, no majority; C04: people agree that it does not apply, the machine left it open
    assert (machine.exact.hits, machine.exact.of) == (2, 4)
    assert (machine.no_majority, machine.no_answer) == (1, 1)
    assert results.machine.rater == MACHINE
    assert results.machine.num_answers == 5
    assert results.machine.alpha.value is None


def test_a_machine_that_says_what_people_say_is_not_off():
    results = told("012301230123", "012301230123", machine="012301230123")
    assert results.machine.exact.value == results.machine.kappa.value == 1.0
    assert results.machine.strictness.value == 0.0
    assert not results.machine.is_off


def test_the_machine_changes_no_figure_of_people():
    people = ("0012n3", "0012n1", "0113n.")
    with_it, without = told(*people, machine="333333"), told(*people)
    assert with_it.raters == without.raters
    assert with_it.pairs == without.pairs
    assert replace(with_it.criteria[0], machine=without.criteria[0].machine) == without.criteria[0]


def test_splits_begin_with_the_widest():
    results = told("0001n0", "0031n0", "00.2.n", machine="003...")
    assert [(s.call_id, round(s.apart, 3)) for s in results.splits] == [
        ("C02", 1.0),
        ("C05", 0.667),
        ("C03", 0.074),
    ]
    first = results.splits[0]
    assert [(r.rater, r.choice) for r in first.ratings] == [("a", "符合"), ("b", "不符合")]
    assert first.machine.choice == "不符合"


def test_all_criteria_together_have_the_chance_of_each():
    """Who always passes the one and always fails the other agrees no more than chance."""
    said = ratings("a", "0000000000") + ratings("b", "0000000000")
    said += ratings("a", "1111111111", BANNED) + ratings("b", "1111111111", BANNED)
    together = results_of([GREETING, BANNED], ["a", "b"], said).criteria[-1]
    assert (together.exact.value, together.kappa.value, together.ordinal.value) == (1.0, None, None)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (Rating("C01", "G", "x", "符合"), "x is no reviewer"),
        (Rating("C01", "G", "a", "很好"), "很好|not in tuple"),
        (Rating("C00", "G", "a", "符合"), "twice"),
    ],
)
def test_ratings_that_cannot_be_are_refused(wrong, problem):
    with pytest.raises(ValueError, match=problem):
        results_of([GREETING], ["a", "b"], [*ratings("a", "0"), wrong])


cells = st.lists(st.text("0123n.", min_size=6, max_size=6), min_size=2, max_size=4)


@settings(max_examples=25, deadline=None)
@given(cells, st.randoms())
def test_the_order_in_which_ratings_come_changes_nothing(people, random):
    names = list("abcd")[: len(people)]
    said = [rating for name, own in zip(names, people, strict=True) for rating in ratings(name, own)]
    before = results_of([GREETING], names, said)
    random.shuffle(said)
    after = results_of([GREETING], names, said)
    assert after.criteria == before.criteria
    assert after.raters == before.raters
    assert after.splits == before.splits


@settings(max_examples=25, deadline=None)
@given(cells)
def test_renamed_reviewers_keep_their_figures(people):
    forth, back = told(*people), told(*reversed(people))
    ours = forth.criteria[0]
    theirs = back.criteria[0]
    assert (ours.unanimous, ours.exact.num_calls) == (theirs.unanimous, theirs.exact.num_calls)
    for figure, other in (
        (ours.kappa, theirs.kappa),
        (ours.ordinal, theirs.ordinal),
        (ours.nominal, theirs.nominal),
    ):
        assert figure.value == pytest.approx(other.value)
    for rater, other in zip(forth.raters, reversed(back.raters), strict=True):
        assert rater.strictness.value == pytest.approx(other.strictness.value)


@settings(max_examples=25, deadline=None)
@given(cells)
def test_figures_lie_where_they_can_and_within_their_intervals(people):
    results = told(*people, machine="012n0.")
    for criterion in results.criteria:
        for figure in (criterion.exact, criterion.kappa, criterion.nominal, criterion.ordinal):
            assert (figure.value is None) == (figure.interval is None)
            if figure.value is not None:
                assert -1.0 - 1e-9 <= figure.interval[0] <= figure.value <= figure.interval[1] <= 1.0


def test_the_same_draw_gives_the_same_calls_whatever_their_order():
    calls = [f"C{n}" for n in range(50)]
    assert draw_calls(calls, 10, seed=7) == draw_calls(reversed(calls), 10, seed=7)
    assert draw_calls(calls, 10, seed=7) != draw_calls(calls, 10, seed=8)
    assert len(draw_calls(calls, 80, seed=7)) == 50


def test_scales_are_those_of_the_scorecard():
    kf01, kf02, table1 = (find_scorecard(name) for name in ("kf01", "kf02", "table1"))
    assert {scale.choices for scale in scales_of(kf01)} == {tuple(name for name, _ in kf01.levels)}
    assert {scale.choices for scale in scales_of(kf02)} == {("符合", "部分符合", "不符合")}
    assert ("符合", "不符合") in {scale.choices for scale in scales_of(table1)}
    assert [scale.criterion for scale in scales_of(kf02, ["KF02-2"])] == ["KF02-2"]


def test_a_scale_without_a_choice_is_refused():
    with pytest.raises(ValueError, match="two or more"):
        Scale("G", "问候", ("符合",))
    with pytest.raises(ValueError, match="no scale"):
        Scale("G", "问候", ("符合", NOT_APPLICABLE))


def test_the_machine_answers_each_criterion_by_itself_where_an_auto_fail_took_all():
    card = find_scorecard("kf01")
    vetoing = next(a.criterion.id for a in card.call_criteria if any(r.forbids for _, r, _ in a.rules))
    vetoed = changed(
        card, criteria=tuple(c.model_copy(update={"auto_fail": c.id == vetoing}) for c in card.criteria)
    )
    heard = hearing("坐席：您好阳光家政", "客户：喂")
    found = (finding("required_phrase", "greeting", 9.0), finding("banned_wording", "不归我管", 12.0))
    scales = scales_of(card)
    taken, plain = evaluate(heard, found, vetoed, "x"), evaluate(heard, found, card, "x")
    ours = machine_ratings(taken, found, heard, vetoed, scales)
    assert ours == machine_ratings(plain, found, heard, card, scales)
    assert {rating.criterion: rating.heard_at for rating in ours}[vetoing] == 9.0  # the earliest of its evidence
