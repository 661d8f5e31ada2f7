"""The text of recognisers: what is believed, what is looked at again, and the characters it is written in."""

import pytest

from models.asr.text import plausible, said, simplified
from pipeline.hearing.transcript import Word, text_of
from pipeline.timeline import Span


def spoken(text: str, each_s: float = 0.2, probability: float = 0.9, start: float = 1.0) -> tuple[Word, ...]:
    """A character a word, each taking its time; ``|`` parts longer words."""
    pieces = text.split("|") if "|" in text else list(text)
    words, at = [], start
    for piece in pieces:
        words.append(Word(piece, Span(at, at + each_s * len(piece)), probability))
        at = words[-1].span.end
    return tuple(words)


def looped(text: str, times: int, timeless: int, each_s: float = 0.2) -> tuple[Word, ...]:
    """A text that a recogniser repeats; `timeless` of every ten words have no time."""
    words, at = [], 1.0
    for n, character in enumerate(text * times):
        length = 0.0 if (n * 7) % 10 < timeless else each_s
        words.append(Word(character, Span(at, at + length), 0.3 if n < len(text) else 0.99))
        at += length
    return tuple(words)


@pytest.mark.parametrize(
    "text",
    [
        "喂喂喂喂喂",
        "慰慰慰慰慰庆得到吗",
        "对对对对",
        "对对对对对对对对",
        "嗯嗯嗯嗯",
        "是是是是是的",
        "好的好的好的好的",
        "不用不用不用不用不用",
        "来了来了来了来了",
        "没有啊没有啊没有啊没有啊",
        "他后六二二零零零零零零八对吧",
        "三三三三",
        "幺三八八八八八八六六六",
        "工号|8888|对|吗",
        "一三八零零零零一一一一",
        "尾号|0000000000|对|吗",
        "麻烦您稍后给我们点赞评价",
        "阿姨擦得很干净给你们点赞",
        "请您订阅我们的公众号",
        "感谢您观看我们的直播",
        "感谢观看",
        "我们可以维修字幕设备",
    ],
)
@pytest.mark.parametrize("each_s", [0.13, 0.2, 0.3])
def test_people_repeat_themselves_and_are_believed(text, each_s):
    words = spoken(text, each_s)
    assert said(words) == words


@pytest.mark.parametrize(
    ("text", "times", "timeless"),
    [
        ("阿嬷", 5, 5),
        ("有些人", 12, 2),
        ("女", 27, 2),
        ("女神", 12, 3),
        ("还没听到", 6, 2),
        ("那时候", 18, 3),
        ("词曲", 5, 5),
        ("打", 4, 5),
        ("w", 8, 4),
    ],
)
@pytest.mark.parametrize("one_breath", [True, False])
def test_what_runs_in_circles_and_takes_no_time_was_never_said(text, times, timeless, one_breath):
    assert not said(looped(text, times, timeless), one_breath)


def test_nobody_says_a_sentence_eight_times_in_one_breath():
    words = spoken("您的好朋友" * 8)
    assert not any("朋" in word.text for word in said(words)[5:])
    assert said(words, one_breath=False) == words, "in stretches of their own they may be answers"


def test_a_loop_costs_nothing_of_what_was_said_before_it():
    words = (*spoken("您好请讲"), *looped("阿嬷", 6, 4))
    assert text_of(said(words)) == "您好请讲"


def test_words_for_which_there_was_no_time_were_never_said():
    credits = [Word("字", Span(1.0, 21.0), 0.01), *(Word(c, Span(21.0, 21.0), 0.9) for c in "幕制作曲")]
    assert not said(credits)
    start = spoken("谢谢您", start=0.0)
    assert said((*start, *credits)) == start


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", ""),
        ("好的，字幕由Amara.org社区提供", "好的，"),
        ("中文字幕", ""),
        ("MBC뉴스", "뉴스"),
    ],
)
def test_captions_that_nobody_says_go_and_what_stands_beside_them_stays(text, left):
    assert text_of(said(spoken(text))) == left


@pytest.mark.parametrize("text", ["点赞", "感谢观看", "作词作曲", "请订阅", "字幕制作"])
def test_captions_that_people_say_too_go_only_without_time_or_sound(text):
    assert text_of(said(spoken(text))) == text
    assert text_of(said(spoken(text, probability=0.1))) in ("", "请")
    assert text_of(said(spoken(f"好{text}", each_s=0.01))) == ""


def test_too_much_or_too_little_text_for_the_time_is_looked_at_again():
    assert plausible(spoken("请问有什么可以帮到您"), 3.0, 2.75)
    assert not plausible(spoken("您"), 3.0, 2.75)
    assert not plausible(spoken("请问有什么可以帮到您的吗先生"), 1.0, 0.75)
    assert not plausible(looped("阿嬷", 5, 5), 2.0, 1.75)
    assert plausible([], 0.5, 0.25), "half a second may rightly hold no word"


def test_habits_of_the_recogniser():
    assert simplified("您别著急，看著办，著名") == "您别着急，看着办，著名"
