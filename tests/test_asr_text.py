"""The text of recognisers: what is believed, what is looked at again, and the characters it is written in."""

import pytest

from models.asr.text import CAPTION, loops, plausible, simplified
from pipeline.hearing.transcript import Word
from pipeline.timeline import Span


@pytest.mark.parametrize("text", ["美女女美女女美女女美女女美女", "wick, wick, wick, wick, ", "啊啊啊啊啊"])
def test_text_that_runs_in_circles_is_not_believed(text):
    assert loops(text)


@pytest.mark.parametrize("text", ["您好，这里是阳光家政，请问有什么可以帮到您？", "好的好的", "对对对"])
def test_talk_is_believed(text):
    assert not loops(text)


def test_too_much_or_too_little_text_for_the_time_is_looked_at_again():
    def said(text: str) -> list[Word]:
        return [Word(character, Span(0, 0.1), 0.9) for character in text]

    assert plausible(said("请问有什么可以帮到您"), 3.0, 2.75)
    assert not plausible(said("您"), 3.0, 2.75)
    assert not plausible(said("请问有什么可以帮到您的吗先生"), 1.0, 0.75)
    assert plausible([], 0.5, 0.25), "half a second may rightly hold no word"


def test_habits_of_the_recogniser():
    assert simplified("您别著急，看著办，著名") == "您别着急，看着办，著名"
    assert CAPTION.search("请不吝点赞 订阅 转发")
    assert not CAPTION.search("谢谢您的来电，再见")
