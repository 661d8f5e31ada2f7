"""How fast somebody speaks."""

from dataclasses import replace

import pytest

from pipeline.findings.detectors.speech_rate import SPEECH_RATE
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Span
from tests.builders import hearing, talk


def spoken(num_characters, seconds, role=Role.AGENT):
    """A turn of so many characters in so many seconds."""
    each = seconds / num_characters
    words = tuple(Word("说", Span(n * each, (n + 1) * each), 0.9) for n in range(num_characters))
    return Turn(0, role, Span(0.0, seconds), "说" * num_characters, words, 0.9)


def found_in(*turns):
    return [(f.term, f.role, f.value) for f in SPEECH_RATE.findings(hearing(turns=turns))]


def test_the_rate_of_a_call_and_its_fast_turns():
    assert found_in(spoken(20, 5.0)) == [("call", Role.AGENT, 240.0)]
    assert found_in(spoken(20, 4.0)) == [("call", Role.AGENT, 300.0), ("fast", Role.AGENT, 300.0)]


@pytest.mark.parametrize(
    ("num", "seconds", "fast"), [(14, 2.0, False), (15, 2.0, True), (28, 6.001, False), (28, 5.999, True)]
)
def test_short_turns_and_the_threshold(num, seconds, fast):
    assert any(term == "fast" for term, *_ in found_in(spoken(num, seconds), spoken(30, 20.0))) is fast


def test_nobody_is_slow_because_the_other_one_was_waited_for():
    call = talk(("坐席", 0.0, "请您稍等我帮您查询"), ("坐席", 30.0, "查到了感谢您的等待"))
    assert [f.value for f in SPEECH_RATE.findings(call)] == [240.0], "four characters a second, and a hold between"


def test_punctuation_is_not_spoken():
    call = talk(("坐席", 0.0, "说" * 16))
    comma = Word("，", Span(4.0, 4.0), 0.9)
    turn = replace(call.turns[0], text=call.turns[0].text + "，", words=(*call.turns[0].words, comma))
    assert [f.value for f in SPEECH_RATE.findings(replace(call, turns=(turn,)))] == [240.0]


def test_few_words_have_no_rate():
    assert found_in(spoken(14, 3.0)) == []
