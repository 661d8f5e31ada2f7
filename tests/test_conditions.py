"""Conditions: every operator on small dialogues, with recognition errors, timeouts and mistakes in the file."""

from dataclasses import replace
from itertools import product
from math import log, sqrt
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.findings.conditions import Condition, Scene, Vocabulary, occurrences
from pipeline.findings.conditions.leaves import likeness
from pipeline.hearing import Quality
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.lexicon.phonetics import listen
from pipeline.timeline import Span
from tests.builders import finding


def found(condition: dict, *lines: str, findings=(), **parts):
    """The occurrences of a condition in a written dialogue."""
    read = Condition.model_validate(condition)
    hearing = replace(hearing_of(lines), **parts)
    return occurrences(read, Scene(hearing, findings, Vocabulary.of([read], {})))


def quotes(condition: dict, *lines: str, **parts) -> list[str]:
    return [one.quote for one in found(condition, *lines, **parts)]


def said(word: str, **where) -> dict:
    return {"keywords": {"any": [word], **where}}


def at(detector: str, term: str, start: float, role: Role = Role.AGENT, turn: int = 0):
    return replace(finding(detector, term, start, role), turn_index=turn)


# --- words


@pytest.mark.parametrize(
    ("keywords", "hits"),
    [
        ({"any": ["登记", "退款"]}, ["登记", "退款", "退款"]),
        ({"any": ["登记", "退款"], "at_least": 2}, ["退款 … 登记"]),
        ({"all": ["登记", "退款"]}, ["退款 … 登记"]),
        ({"all": ["登记", "退款", "上门"]}, []),
        ({"all": ["上门", "登记"], "within": "call"}, ["登记 … 上门"]),
        ({"any": ["退款"], "none": ["登记"]}, ["退款"]),
        ({"any": ["退款"], "none": ["登记"], "within": "call"}, []),
        ({"any": ["退款"], "role": "customer"}, ["退款"]),
        ({"any": ["退款"], "first_turns": 1}, ["退款"]),
        ({"any": ["退款"], "last_turns": 1}, []),
        ({"any": ["上门"], "last_s": 5}, ["上门"]),
        ({"any": ["上门"], "first_s": 3}, []),
    ],
)
def test_words_any_all_none_and_at_least(keywords, hits):
    lines = ("客户：我想退款", "坐席：退款我帮您登记一下", "客户：好", "坐席：师傅明天上门")
    given = quotes({"keywords": keywords}, *lines)
    assert sorted(given) == sorted(hits)


def test_words_survive_what_a_recogniser_makes_of_them():
    assert quotes(said("[请问]有什么可以帮(到|助)您"), "坐席：请问有什么可以邦到宁") == ["请问有什么可以邦到宁"]
    assert quotes(said("请问有什么可以帮到您"), "坐席：今天天气不错") == []


def test_zones_are_those_of_the_role():
    lines = ("坐席：您好", *("客户：嗯", "坐席：好的") * 8, "客户：嗯", "坐席：您好")
    assert [one.turns[0] for one in found(said("您好", zone="opening"), *lines)] == [0]
    assert [one.turns[0] for one in found(said("您好", zone="closing"), *lines)] == [18]


# --- patterns


def test_a_pattern_is_matched_without_punctuation_and_taken_back_by_unless():
    pattern = {"regex": {"pattern": "保证.{0,4}退", "unless": "不能保证.*"}}
    assert quotes(pattern, "坐席：我保证，能退") == ["保证,能退"]
    assert quotes(pattern, "坐席：不能保证能退", "坐席：好") == []
    assert quotes(pattern, "客户：你保证退吗") == ["保证退"]
    assert quotes({"regex": {**pattern["regex"], "role": "agent"}}, "客户：你保证退吗") == []


def test_a_pattern_that_never_ends_is_stopped():
    slow = {"regex": {"pattern": "(啊|啊啊)+$"}}
    begun = perf_counter()
    with pytest.raises(TimeoutError):
        found(slow, f"坐席：{'啊' * 40}好的")
    assert perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({"regex": {"pattern": "(退款"}}, "is not a regular expression"),
        ({"regex": {"pattern": "退?"}}, "matches an empty text"),
        ({"keywords": {"none": ["退款"]}}, "needs any or all"),
        ({"keywords": {"any": ["退款"], "at_least": 2}}, "can never be"),
        ({}, "exactly one of"),
        ({"not": said("a"), "any": [said("a")]}, "exactly one of"),
        ({"count": {"of": said("a"), "at_least": 3, "at_most": 2}}, "leave nothing"),
        ({"after": {"find": said("a"), "of": said("b"), "nth": 0}}, "counts from 1"),
        ({"keyword": {"any": ["a"]}}, "Extra inputs"),
    ],
)
def test_what_can_never_hold_is_refused(written, problem):
    with pytest.raises(ValidationError, match=problem):
        Condition.model_validate(written)


# --- sentences


def test_a_sentence_is_found_by_its_sound_inside_a_turn():
    like = {"similar": {"to": ["给您添麻烦了非常抱歉"], "at_least": 0.6}}
    assert quotes(like, "坐席：是的,给您添麻烦了,非常抱歉,稍等") == ["给您添麻烦了,非常抱歉,"]
    assert quotes(like, "坐席：给宁天麻烦了非常抱欠") == ["给宁天麻烦了非常抱欠"]
    assert quotes(like, "坐席：您的麻烦我知道了", "客户：非常好") == []


def tfidf(one: str, other: str, among: list[str]) -> float:
    """The formula written out once more, over lists."""

    def grams(text):
        sounds = listen(text).syllables.tolist()
        return [tuple(sounds[n : n + size]) for size in (1, 2, 3) for n in range(len(sounds) - size + 1)]

    sets = [set(grams(text)) for text in among]

    def weight(gram):
        return log((1 + len(sets)) / (1 + sum(gram in each for each in sets))) + 1

    every = sorted({*grams(one), *grams(other)})
    left, right = ([grams(text).count(gram) * weight(gram) for gram in every] for text in (one, other))
    dot = sum(a * b for a, b in zip(left, right, strict=True))
    return dot / sqrt(sum(a * a for a in left) * sum(b * b for b in right))


@settings(max_examples=40, deadline=None)
@given(st.text("您好抱歉添麻烦了", min_size=1, max_size=8), st.text("您好抱歉添麻烦了", min_size=1, max_size=8))
def test_likeness_is_the_cosine_of_tfidf(one, other):
    among = ("非常抱歉", "添麻烦了", one)
    assert likeness(one, other, among) == pytest.approx(tfidf(one, other, list(among)))
    assert likeness(one, other, among) == pytest.approx(likeness(other, one, among))
    assert likeness(one, one, among) == pytest.approx(1.0)


def test_content_is_repeated_when_enough_of_it_is_taken_up():
    repeats = {"repeats": {"role": "agent", "of": "customer", "at_least": 3}}
    assert quotes(repeats, "客户：厨房水管漏水", "坐席：您说厨房水管漏水是吗") == ["厨房水管漏水"]
    assert quotes(repeats, "坐席：厨房水管漏水", "客户：厨房水管漏水") == []
    assert quotes(repeats, "客户：你们的是在那个", "坐席：你们的是在那个") == [], "function words are no content"


# --- and, or, not


@pytest.mark.parametrize(("first", "second"), list(product([True, False], repeat=2)))
def test_and_or_not_by_truth_table(first, second):
    line = f"坐席：好的{'登记' if first else ''}吧{'退款' if second else ''}"
    one, two = said("登记"), said("退款")
    assert bool(found({"all": [one, two]}, line)) is (first and second)
    assert bool(found({"any": [one, two]}, line)) is (first or second)
    assert bool(found({"not": one}, line)) is (not first)
    assert bool(found({"all": [one, {"not": two}]}, line)) is (first and not second)
    assert bool(found({"not": {"any": [one, two]}}, line)) is not (first or second)
    assert bool(found({"not": {"all": [{"not": one}, {"not": two}]}}, line)) is (first or second)  # De Morgan


def test_a_conjunction_points_at_what_was_said_and_is_as_sure_as_all_of_it():
    (one,) = found(
        {"all": [said("登记"), {"not": said("退款")}, said("上门")]}, "坐席：登记", "客户：嗯", "坐席：上门"
    )
    assert (one.quote, one.turns, one.role) == ("登记 … 上门", (0, 2), Role.AGENT)
    poor = Quality(40.0, 20.0, 0.5, 1.0, 20.0)
    (sure,), (doubtful,) = (
        found({"not": said("退款")}, "坐席：登记", **parts) for parts in ({}, {"quality": poor})
    )
    assert doubtful.confidence < sure.confidence
    assert not sure.located


@pytest.mark.parametrize(
    ("bounds", "holds"),
    [
        ({"at_least": 3}, True),
        ({"at_least": 4}, False),
        ({"at_most": 3}, True),
        ({"at_most": 2}, False),
        ({"at_least": 0, "at_most": 0}, False),
    ],
)
def test_how_often(bounds, holds):
    lines = ("坐席：退款", "客户：退款", "坐席：退款")
    assert bool(found({"count": {"of": said("退款"), **bounds}}, *lines)) is holds
    assert found({"count": {"of": said("上门"), "at_least": 0, "at_most": 0}}, *lines)


# --- order

PAIR = ("坐席：登记", "客户：嗯", "（9秒）", "坐席：退款")


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({}, True),
        ({"within_turns": 2}, True),
        ({"within_turns": 1}, False),
        ({"within_s": 11}, True),
        ({"within_s": 9}, False),
        ({"without": said("嗯", role="customer")}, False),
        ({"without": said("上门")}, True),
    ],
)
def test_one_after_the_other(more, holds):
    assert bool(found({"order": {"first": said("登记"), "then": said("退款"), **more}}, *PAIR)) is holds
    assert not found({"order": {"first": said("退款"), "then": said("登记"), **more}}, *PAIR)


def test_before_after_and_around_keep_what_was_looked_for():
    lines = ("坐席：登记", "客户：投诉", "坐席：登记", "客户：投诉", "坐席：登记")
    turns = {
        name: [one.turns[0] for one in found({name: {"find": said("登记"), "of": said("投诉"), **more}}, *lines)]
        for name, more in (("before", {}), ("after", {}), ("around", {"within_turns": 1}))
    }
    assert turns == {"before": [0, 2], "after": [2, 4], "around": [0, 2, 4]}
    for nth, after in ((1, [2, 4]), (2, [4]), (-1, [4]), (3, [])):
        near = {"find": said("登记"), "of": said("投诉"), "nth": nth}
        assert [one.turns[0] for one in found({"after": near}, *lines)] == after


def test_words_of_one_turn_have_an_order_too():
    both = {"order": {"first": said("抱歉"), "then": said("登记")}}
    assert quotes(both, "坐席：抱歉马上登记") == ["抱歉 … 登记"]
    assert quotes(both, "坐席：登记好了抱歉") == []


# --- findings


def test_findings_by_detector_term_length_value_and_number():
    some = [
        at("silence", "after_agent", 3.0),
        replace(at("silence", "after_agent", 20.0), span=Span(20.0, 32.0), value=12.0),
        at("complaint", "complaint", 40.0, Role.CUSTOMER, 1),
    ]

    def number(**leaf):
        return len(found({"found": leaf}, "坐席：您好", "客户：喂", findings=some))

    assert number(detector="silence") == 2
    assert number(detector="silence", terms=["after_customer"]) == 0
    assert number(detector="silence", longer_than=10) == 1
    assert number(detector="silence", value_at_least=10) == number(detector="silence", value_at_most=12) == 1
    assert number(detector="silence", at_least=3) == 0
    assert number(detector="silence", at_most=1) == 0
    assert number(detector="complaint", role="agent") == 0
    assert number(detector="complaint", role="customer") == 1


@given(
    st.lists(st.tuples(st.sampled_from(["坐席", "客户"]), st.sampled_from(["登记", "退款", "好的"])), min_size=1)
)
@settings(max_examples=60, deadline=None)
def test_order_holds_only_if_both_hold_in_that_order(talk):
    lines = [f"{who}：{what}" for who, what in talk]
    held = bool(found({"order": {"first": said("登记"), "then": said("退款")}}, *lines))
    words = [what for _, what in talk]
    after = words[words.index("登记") :] if "登记" in words else []
    assert held is ("退款" in after)
