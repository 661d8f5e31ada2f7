"""Who takes the floor while the other one speaks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.findings.detectors.backchannel import is_backchannel
from pipeline.findings.detectors.interruption import INTERRUPTION
from pipeline.hearing.turns import Role
from tests.builders import talk

LONG = "中央空调从昨天下午开始就不制冷了"  # 16 characters, four seconds


def found_in(call):
    return [(f.role, f.span.start, f.span.end, f.value) for f in INTERRUPTION.findings(call)]


def test_who_begins_and_goes_on_interrupts():
    call = talk(("客户", 10.0, LONG), ("坐席", 13.0, "你们遥控器设了几度"))
    assert found_in(call) == [(Role.AGENT, 13.0, 14.0, 1.0)]
    call = talk(("坐席", 10.0, LONG), ("客户", 13.5, "光道歉有什么用"))
    assert found_in(call) == [(Role.CUSTOMER, 13.5, 14.0, 0.5)]


@pytest.mark.parametrize(("overlap", "heard"), [(0.25, False), (0.3, True), (0.0, False), (-0.5, False)])
def test_the_shortest_overlap(overlap, heard):
    assert bool(found_in(talk(("客户", 10.0, LONG), ("坐席", 14.0 - overlap, "你们遥控器设了几度")))) is heard


@pytest.mark.parametrize("text", ["嗯嗯", "好的，我明白", "对对对，是的", "哦，原来是这样"])
def test_back_channels_do_not_interrupt(text):
    assert not found_in(talk(("客户", 10.0, LONG), ("坐席", 11.0, text)))
    assert not found_in(talk(("客户", 10.0, LONG), ("坐席", 13.6, text))), "nor at the end of what was said"


def test_what_is_said_quickly_is_no_turn():
    assert not found_in(talk(("客户", 10.0, LONG), ("坐席", 13.5, "几楼")))


def test_who_is_talked_over_and_goes_on_was_not_interrupted():
    assert not found_in(talk(("客户", 10.0, LONG), ("坐席", 11.0, "您听我说一下")))


def test_to_speak_on_after_a_back_channel_is_no_interruption():
    call = talk(("客户", 10.0, "好的好的好的好的"), ("坐席", 11.0, "下午三点之前给您回电"))
    assert not found_in(call)


def test_who_begins_with_a_back_channel_interrupts_from_the_next_word_on():
    call = talk(("客户", 10.0, LONG), ("坐席", 12.5, "好的我让工程部过去"))
    assert found_in(call) == [(Role.AGENT, 13.0, 14.0, 1.0)]
    assert not found_in(talk(("客户", 10.0, LONG), ("坐席", 13.25, "好的我让工程部过去"))), "then it is too short"


def test_words_lost_under_the_other_voice_are_not_taken_for_the_beginning():
    call = talk(("客户", 10.0, LONG), ("坐席", 13.25, "你急什么好的我记一下"))
    turns = tuple(replace(t, words=t.words[4:]) if t.role is Role.AGENT else t for t in call.turns)
    assert found_in(replace(call, turns=turns)) == [(Role.AGENT, 13.25, 14.0, 0.75)]


def test_a_noise_without_words_is_nobody_speaking():
    call = talk(("客户", 10.0, LONG), ("坐席", 13.0, "你们遥控器设了几度"))
    assert not found_in(replace(call, turns=call.turns[:1]))
    assert not found_in(replace(call, turns=call.turns[1:]))


def test_both_begin_at_once():
    assert not found_in(talk(("客户", 10.0, "我想说"), ("坐席", 10.25, "您好请问您是哪一位")))


def test_a_breath_does_not_end_a_talk():
    call = talk(("客户", 10.0, LONG), ("坐席", 13.0, "几楼"), ("坐席", 13.75, "几零几快点说"))
    assert found_in(call) == [(Role.AGENT, 13.0, 14.0, 0.75)], "the breath is no overlap"


def test_nothing_is_said_of_a_call_heard_without_its_sound():
    call = talk(("客户", 10.0, LONG), ("坐席", 13.0, "你们遥控器设了几度"))
    assert found_in(replace(call, acoustics=None)) == []


@given(st.floats(8.0, 16.0), st.text("你说空调几度", min_size=1, max_size=30))
def test_the_overlap_is_never_longer_than_its_place(start, text):
    for finding in INTERRUPTION.findings(talk(("客户", 10.0, LONG), ("坐席", start, text))):
        assert 0.3 <= finding.value <= finding.span.duration + 0.001


@pytest.mark.parametrize(
    ("text", "listens"), [("行，行", True), ("不是", False), ("好的我马上安排", False), ("，", False)]
)
def test_words_of_a_listener(text, listens):
    assert is_backchannel(text) is listens
