"""The queue: by lot, uncertain, likeliest, diverse; and what the lot tells of the field."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.learning.estimates import estimate_field
from pipeline.validation.learning.labels import Question
from pipeline.validation.learning.review_queue import farthest_first, queue, tf_idf
from tests.test_labels import a_label

WORDS = ("我要投诉", "水管漏水了", "什么时候来人", "谢谢你", "你们怎么回事", "好的知道了", "地址是阳光小区", "再见")


def questions(num=200, seed=0):
    lots = np.random.default_rng(seed)
    return [
        Question("complaint", f"C{n}", "1001", Span(n, n + 1), Role.CUSTOMER, WORDS[n % 8] + str(n), "",
                 machine=float(lots.uniform() ** 3))
        for n in range(num)
    ]  # fmt: skip


def test_the_shares_are_what_was_asked_and_nothing_is_asked_twice():
    asked = queue(questions(), 50, random_share=0.2)
    assert len({(q.call_id, q.span) for q in asked}) == 50
    why = [q.why for q in asked]
    assert [why.count(each) for each in ("random", "uncertain", "likeliest")] == [10, 20, 20]
    assert all(q.drawn is (q.why == "random") for q in asked)
    assert {q.rate for q in asked if not q.drawn} == {1.0}


def test_the_lot_takes_half_from_what_is_claimed_each_half_with_its_rate():
    candidates = questions()
    claimed = sum(q.machine >= 0.5 for q in candidates)
    drawn = [q for q in queue(candidates, 50, random_share=0.4) if q.drawn]
    assert sorted((q.machine >= 0.5, q.rate) for q in drawn) == [
        *[(False, 10 / (200 - claimed))] * 10,
        *[(True, 10 / claimed)] * 10,
    ]


def test_where_one_half_is_too_small_the_other_gives_more():
    few = [*questions(3), Question("complaint", "X", None, Span(0, 1), Role.CUSTOMER, "投诉", "", machine=0.9)]
    assert len([q for q in queue(few, 4, random_share=1.0) if q.drawn and q.rate == 1.0]) == 4


def test_the_uncertain_are_the_nearest_to_the_threshold():
    asked = [q for q in queue(questions(), 20, threshold=0.3, random_share=0.0) if q.why == "uncertain"]
    nearest = sorted(questions(), key=lambda q: abs(q.machine - 0.3))[:10]
    assert {q.call_id for q in asked} == {q.call_id for q in nearest}


def test_the_likeliest_are_those_of_the_highest_probability_that_are_left():
    asked = queue(questions(), 20, threshold=0.3, random_share=0.0)
    left = [q for q in questions() if q.call_id not in {q.call_id for q in asked if q.why == "uncertain"}]
    highest = sorted(left, key=lambda q: -q.machine)[:10]
    assert {q.call_id for q in asked if q.why == "likeliest"} == {q.call_id for q in highest}


def test_where_the_machine_says_nothing_the_rest_is_diverse():
    silent = [replace(q, machine=0.9 if n < 4 else 0.0) for n, q in enumerate(questions(40))]
    why = [q.why for q in queue(silent, 20, random_share=0.0)]
    assert [why.count(each) for each in ("uncertain", "likeliest", "diverse")] == [4, 0, 16]


def test_every_turn_is_as_likely_to_be_drawn_as_its_rate_says():
    candidates = [q for q in questions(40) if q.machine < 0.5]
    times = np.zeros(40)
    for seed in range(400):
        for q in queue(candidates, 10, random_share=1.0, seed=seed):
            times[int(q.call_id[1:])] += 1
    share = times[[int(q.call_id[1:]) for q in candidates]] / 400
    assert share.mean() == pytest.approx(10 / len(candidates))
    assert np.abs(share - share.mean()).max() < 5 * np.sqrt(share.mean() / 400)


def test_the_same_seed_gives_the_same_queue_in_any_order():
    first = queue(questions(), 30, seed=7)
    assert queue(questions()[::-1], 30, seed=7) == first
    assert queue(questions(), 30, seed=8) != first


def test_the_diverse_are_unlike_each_other_and_what_is_known():
    texts = ["我要投诉你们", "我要投诉", "水管漏水", "水管又漏水了", "我要投诉他们", "明天上午来"]
    assert {texts[n][:2] for n in farthest_first(texts, 3)} == {"我要", "水管", "明天"}
    assert texts[farthest_first(texts, 1, anchors=["投诉你们", "来修水管漏水"])[0]] == "明天上午来"
    assert farthest_first(["", "，。"], 2) == [0, 1]


def test_texts_are_rows_of_length_one():
    vectors = tf_idf(["我要投诉", "，", "我要投诉"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1])
    assert vectors[0] @ vectors[2] == pytest.approx(1)


def test_an_empty_pool_and_a_wrong_share():
    assert queue([], 10) == ()
    with pytest.raises(ValueError, match="share"):
        queue(questions(), 10, random_share=1.2)


# --- the field


def judged(claimed, unclaimed, rate_claimed, rate_unclaimed):
    """Labels of turns drawn by lot, from what is true of them."""
    strata = ((0.9, rate_claimed, claimed), (0.1, rate_unclaimed, unclaimed))
    return [
        a_label(f"{machine} {n}", holds=bool(holds), drawn=True, machine=machine, rate=rate)
        for machine, rate, truth in strata
        for n, holds in enumerate(truth)
    ]


def test_turns_that_were_not_drawn_or_not_claimed_by_anybody_do_not_count():
    drawn = judged([1, 1, 0], [0, 1], 1.0, 1.0)
    field = estimate_field([*drawn, a_label("X", holds=False, machine=0.9), a_label("Y", drawn=True)], 0.5)
    assert (field.precision.value, field.recall.value, field.labels) == (2 / 3, 2 / 3, 5)


def test_turns_stand_for_as_many_as_their_rate_says():
    field = estimate_field(judged([1, 1, 1, 0], [1, 0, 0, 0], 0.5, 0.05), 0.5)
    assert field.precision.value == 3 / 4
    assert field.recall.value == pytest.approx(6 / (6 + 20))


def test_nothing_drawn_tells_nothing():
    field = estimate_field([], 0.5)
    assert (field.precision.value, field.recall.value, field.labels) == (None, None, 0)
    assert str(field.precision) == "—"


def test_a_miss_that_was_never_seen_may_still_be_there():
    """200 turns without a claim, and no miss among them, say little of the 9 800 others."""
    recall = estimate_field(judged([1] * 48 + [0] * 2, [0] * 200, 0.25, 200 / 9800), 0.5).recall
    assert recall.value == recall.high == 1.0
    assert recall.low < 0.75


@pytest.mark.parametrize(
    ("claimed", "yes", "unclaimed", "misses", "num_claimed", "num_unclaimed"),
    [(200, 180, 9800, 20, 50, 200), (400, 320, 5000, 50, 100, 200), (1000, 700, 1000, 100, 50, 50)],
)
def test_the_intervals_of_the_field_hold_the_truth(claimed, yes, unclaimed, misses, num_claimed, num_unclaimed):
    lots = np.random.default_rng(0)
    of_claimed, of_unclaimed = np.arange(claimed) < yes, np.arange(unclaimed) < misses
    precision, recall = yes / claimed, yes / (yes + misses)
    held = np.zeros(2)
    values = []
    for _ in range(150):
        field = estimate_field(
            judged(
                lots.choice(of_claimed, num_claimed, replace=False),
                lots.choice(of_unclaimed, num_unclaimed, replace=False),
                num_claimed / claimed,
                num_unclaimed / unclaimed,
            ),
            0.5,
        )
        held += (
            field.precision.low <= precision <= field.precision.high,
            field.recall.low <= recall <= field.recall.high,
        )
        values.append(field.precision.value)
    assert (held / 150 >= 0.92).all(), held / 150
    assert np.mean(values) == pytest.approx(precision, abs=0.02), "unbiased"
