"""Rule files: tried on their own examples when they are read, and every mistake named with its line."""

from dataclasses import replace
from functools import cache, partial

import pytest

from pipeline.errors import PolicyError
from pipeline.findings.detection import compose, detect, facts
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.rulebook import bundled_rulebooks, load_rulebook, rulebook_files
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from tests.builders import bundled, hearing

FILE = """\
name: mine
revision: 3
title: 我的规则
rules:
  - term: promised
    title: 承诺退款
    role: agent
    condition: {keywords: {role: agent, any: [保证能退, 一定退]}}
    examples:
      - [客户：能退吗, 坐席：我保证能退]
    counterexamples:
      - [客户：你保证能退吗, 坐席：我问一下]
"""
LISTS = [lists for name, lists in bundled().items() if name != "roles"]


@cache
def service():
    return bundled_rulebooks({})


@pytest.fixture
def read(tmp_path):
    """Reads a rule file after some replacements."""

    def load(*changes: tuple[str, str]):
        text = FILE
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return load_rulebook(path)

    return load


@pytest.mark.parametrize("path", rulebook_files(), ids=lambda path: path.name)
def test_shipped_rules_hold_in_their_examples(path):
    """What is shipped is not tried again where it runs."""
    assert load_rulebook(path, {}, partial(detect, lexicons=LISTS)).file.rules


def test_a_rule_finds_what_its_condition_says(read):
    book = read()
    (hit,) = book.search(hearing_of(["客户：能退吗", "坐席：我们一定退给您"], "C7"), ())
    assert (hit.call_id, hit.detector, hit.term, hit.role) == ("C7", "rule", "promised", Role.AGENT)
    assert (hit.quote, hit.value, hit.turn_index) == ("一定退", "承诺退款", 1)
    assert hit.detector_version == book.version
    assert book.version.startswith("mine-3-")


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        (
            "坐席：我保证能退]",
            "坐席：我尽力]",
            5,
            "term promised does not hold in its example “客户：能退吗 / 坐席：我尽力”",
        ),
        ("坐席：我问一下", "坐席：一定退", 5, "holds in its counterexample"),
        ("坐席：我问一下", "我问一下", 5, "前面没有写谁说的"),
        ("[保证能退, 一定退]", "['保证(能退']", 5, "a bracket does not close"),
        ("condition: {keywords", "condition: {keyword", 8, "there is no such field; did you mean keywords?"),
        (
            "{keywords: {role: agent, any: [保证能退, 一定退]}}",
            "{regex: {pattern: '(保证'}}",
            8,
            "is not a regular",
        ),
        ("title: 承诺退款", "titel: 承诺退款", 6, "did you mean title?"),
    ],
)
def test_a_mistake_names_its_line_and_example(read, old, new, line, problem):
    with pytest.raises(PolicyError) as caught:
        read((old, new))
    assert caught.value.line == line
    assert problem in str(caught.value)


def test_a_pattern_that_takes_too_long_is_refused_or_left_to_a_person(read):
    slow = ("{keywords: {role: agent, any: [保证能退, 一定退]}}", "{regex: {pattern: '(啊|啊啊)+$'}}")
    with pytest.raises(PolicyError, match=r"its regular expression takes too long on .*example"):
        read(slow, ("我保证能退]", f"{'啊' * 40}好]"))
    book = read(slow, ("坐席：我保证能退]", "坐席：好啊]"))
    (hit,) = book.search(hearing_of([f"坐席：{'啊' * 40}好"]), ())
    assert (hit.detector, hit.term, hit.value) == (UNCLEAR, "promised", "规则“承诺退款”的正则表达式超时")


def test_a_term_stands_once(read):
    with pytest.raises(PolicyError, match="term promised stands twice"):
        read(
            ("rules:\n", "rules:\n  - {term: promised, title: 又一条, condition: {not: {keywords: {any: [好]}}}}\n")
        )


def test_the_shipped_rules_have_two_examples_of_each_kind_or_say_how_the_order_goes():
    for book in service():
        for rule in book.file.rules:
            assert rule.examples, rule.term
            assert rule.counterexamples, rule.term


@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        (
            [
                "坐席：您好请讲",
                "客户：好了",
                "坐席：请问还有其他可以帮到您吗",
                "客户：没有",
                "坐席：感谢您的来电再见",
            ],
            {"closing_order"},
        ),
        (["坐席：您好请讲", "客户：气死我了", "坐席：我马上帮您处理"], {"unsoothed"}),
        (["坐席：您好请讲", "客户：气死我了", "坐席：我理解您的心情，我马上帮您处理"], set()),
        (["坐席：您好请讲", "客户：查一下", "坐席：稍等"], {"bare_hold"}),
        (["坐席：您好请讲", "客户：查一下", "坐席：请您稍等"], set()),
    ],
)
def test_the_shipped_rules_on_whole_calls(lines, terms):
    found = detect(hearing(*lines), LISTS, service())
    assert {each.term for each in found if each.detector == "rule"} == terms
    assert [each.span for each in found] == sorted(each.span for each in found)


def test_what_was_found_elsewhere_is_kept_and_can_be_built_upon(read):
    book = read(
        ("{keywords: {role: agent, any: [保证能退, 一定退]}}", "{found: {detector: vague_answer}}"),
        ("    examples:\n      - [客户：能退吗, 坐席：我保证能退]\n", ""),
    )
    heard = hearing("坐席：您好", "客户：喂")
    other = replace(detect(heard, ())[0], detector="vague_answer")
    found = compose(heard, (*facts(heard, ()), other), (book,))
    assert [each.detector for each in found if each.detector not in ("ringing", "hangup")] == [
        "rule",
        "vague_answer",
    ]


def test_a_written_dialogue_is_heard_as_it_stands():
    heard = hearing_of("坐席：您好\n# 注释\n坐席：请讲\n（8秒）\n客户：喂\n\n录音：正在转接")
    assert [(turn.role, turn.text) for turn in heard.turns] == [
        (Role.AGENT, "您好请讲"),
        (Role.CUSTOMER, "喂"),
        (Role.SYSTEM, "正在转接"),
    ]
    assert heard.turns[1].span.start - heard.turns[0].span.end >= 8
    assert hearing_of("随便一句").turns[0].role is Role.AGENT
    with pytest.raises(ValueError, match="前面没有写谁说的"):
        hearing_of("坐席：您好\n请讲")
