"""Holds and dead air."""

from dataclasses import replace

import pytest

from pipeline.findings.detectors.hold import HOLD
from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.findings.detectors.silence import SILENCE
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from tests.builders import bundled, talk


def found_in(call):
    """``{detector: (term, role, start, end)}`` of a call with one gap."""
    phrases = list(phrase_findings(call, bundled()["hold_wording"]))
    return {
        f.detector: (f.term, f.role, f.span.start, f.span.end)
        for each in (HOLD, SILENCE)
        for f in each.findings(call, phrases)
    }


def after(text, seconds, *more, **parts):
    """The agent says it from second 10 on, then nobody speaks for so long, then the customer does."""
    end = 10 + len(text) * 0.25
    return end, talk(("坐席", 10.0, text), *more, ("客户", end + seconds, "喂你还在吗"), **parts)


def test_dead_air_says_whom_it_follows_and_who_ends_it():
    end, call = after("我看看", 9.0)
    assert found_in(call) == {"silence": ("after_agent", Role.CUSTOMER, end, end + 9)}


def test_nobody_answers_the_customer():
    call = talk(("坐席", 11.0, "您好"), ("客户", 12.0, "什么时候能到"), ("坐席", 18.0, "我查到了"))
    assert found_in(call) == {"silence": ("after_customer", Role.AGENT, 13.5, 18.0)}


@pytest.mark.parametrize(("seconds", "heard"), [(2.75, False), (3.0, True)])
def test_a_pause_becomes_a_silence_at_the_threshold(seconds, heard):
    assert bool(found_in(after("我看看", seconds)[1])) is heard


def test_a_polite_request_excuses_the_silence_and_is_a_hold():
    end, call = after("请您稍等我帮您查一下", 9.0)
    assert found_in(call) == {
        "hold": ("asked", Role.AGENT, end, end + 9),
        "silence": ("hold", Role.CUSTOMER, end, end + 9),
    }


def test_a_bare_request_excuses_nothing():
    assert found_in(after("稍等", 9.0)[1])["silence"][0] == "after_agent"
    assert "hold" not in found_in(after("稍等", 9.0)[1])


@pytest.mark.parametrize(
    ("text", "term"),
    [("请您稍等", "asked"), ("稍等", "bare"), ("我看看", "unasked"), ("不用稍等已经好了", "unasked")],
)
def test_music_is_a_hold_however_it_was_asked_for(text, term):
    end, call = after(text, 12.0)
    call = replace(call, acoustics=replace(call.acoustics, music=(Span(end + 0.5, end + 11.5),)))
    assert found_in(call)["hold"][0] == term
    assert found_in(call)["silence"][0] == "hold"


def test_a_short_sound_in_a_long_silence_is_no_hold():
    end, call = after("我看看", 12.0)
    call = replace(call, acoustics=replace(call.acoustics, music=(Span(end + 1, end + 4),)))
    assert set(found_in(call)) == {"silence"}


def test_the_customer_may_agree_to_wait():
    call = talk(("坐席", 11.0, "请您稍等"), ("客户", 12.5, "好的"), ("坐席", 20.0, "让您久等了"))
    assert found_in(call)["hold"] == ("asked", Role.AGENT, 13.0, 20.0)


def test_a_customer_who_goes_on_talking_takes_the_request_back():
    call = talk(("坐席", 11.0, "请您稍等"), ("客户", 12.5, "我还想问一下另外那个订单"), ("坐席", 22.0, "查到了"))
    assert found_in(call)["silence"][0] == "after_customer"


def test_a_request_long_ago_excuses_nothing():
    call = talk(
        ("坐席", 11.0, "请您稍等"),
        ("坐席", 14.0, "您这个订单是上周下的" * 5),
        ("客户", 35.0, "那好的吧"),
    )
    assert found_in(call)["silence"][0] == "after_agent"


def test_ringing_and_the_announcement_before_the_agent_are_no_silence():
    call = talk(("机器", 1.0, "您的通话将被录音"), ("坐席", 12.0, "您好"), ("客户", 13.0, "你好"))
    assert found_in(call) == {}


def test_nothing_is_said_of_a_call_heard_without_its_sound():
    assert found_in(replace(after("我看看", 9.0)[1], acoustics=None)) == {}


def test_the_finding_of_a_hold_quotes_the_request():
    _, call = after("请您稍等我帮您查一下", 9.0)
    (hold,) = HOLD.findings(call, list(phrase_findings(call, bundled()["hold_wording"])))
    assert (hold.quote, hold.value, hold.confidence) == ("请您稍等", 9.0, call.quality.role_confidence)
