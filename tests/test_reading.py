"""A turn as it is read: names of the line, digits, punctuation; and where none of it must be put."""

from dataclasses import replace

import pytest

from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.reading import plain, read, respelt, stops
from pipeline.timeline import Span

NAMES = ["阳光家政", "锦绣物业", "安心保", "京东"]


def marks(text, kind, own_name=""):
    turn = hearing_of(f"坐席：{text}").turns[0]
    return [(turn.text[m.start : m.end], m.text) for m in read(turn, NAMES, own_name) if m.kind == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好阳光家郑", [("阳光家郑", "阳光家政")]),
        ("这里是阳光加证，请问", [("阳光加证", "阳光家政")]),
        ("您好紧修午夜2001号", [("紧修午夜", "锦绣物业")]),
        ("阳光家政和阳光佳政", [("阳光佳政", "阳光家政")]),
        ("买了安新保的", [("安新保", "安心保")]),  # of three characters: what sounds the same
        ("买了安青保的", []),
        ("今天早上进东门", []),  # of two: anything may sound so
        ("您好阳光家政", []),
        ("阳光一加一政策", []),
        ("太阳光照进家里", []),
    ],
)
def test_a_name_of_the_line_is_spelt_as_it_is(text, expected):
    assert marks(text, "name") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("您好我是周民", [("周民", "周敏")]),
        ("您好我是周明", []),
        ("您好我是州敏", [("州敏", "周敏")]),
        ("客服州敏为您服务", [("州敏", "周敏")]),
        ("广州敏感时期", []),  # nobody says who he is
        ("我是周敏", []),
    ],
)
def test_the_agents_own_name_is_known_where_it_is_told(text, expected):
    assert marks(text, "name", "周敏") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话是幺三八零零幺三二二零幺", ["13800132201"]),
        ("电话是要三八零零要三二二零要", ["13800132201"]),
        ("电话是13800132201", []),  # it stands there in digits
        ("要四个要五个", []),
        ("一二三四五六七八九", ["123456789"]),
        ("要要要要要要要要", []),  # sounds like digits, and none is one
        ("二零一室", []),
    ],
)
def test_numbers_that_are_read_out_stand_there_in_digits(text, expected):
    assert [digits for _, digits in marks(text, "digits")] == expected


def test_an_own_name_of_three_characters_is_known_as_well():
    assert marks("您好我是林小文", "name", "林晓雯") == [("林小文", "林晓雯")]
    assert marks("林小文这个词", "name", "林晓雯") == []


def spoken(text, *pauses):
    """A turn of words of one character, with silences of so many seconds behind the first, the second, ..."""
    turn = hearing_of(f"客户：{text}").turns[0]
    words, late = [], 0.0
    for word, pause in zip(turn.words, (*pauses, *[0.0] * len(turn.words)), strict=False):
        words.append(replace(word, span=Span(word.span.start + late, word.span.end + late)))
        late += pause
    return replace(turn, words=tuple(words))


@pytest.mark.parametrize(
    ("text", "pauses", "read_as"),
    [
        ("好我知道了", (0.4,), "好，我知道了。"),
        ("好我知道了", (0.1,), "好我知道了。"),
        ("行了再见", (0, 1.2), "行了。再见。"),
        ("在吗我想问", (0, 0.4), "在吗？我想问。"),
        ("什么时候来呢", (), "什么时候来呢？"),
        ("好,我知道了。", (0.5,), "好,我知道了。"),  # the recogniser gave what it lacks
        ("一三八零零", (0, 0.5), "一三八零零。"),  # no comma inside a number
        ("好的 谢谢", (0, 0.5), "好的 谢谢。"),
    ],
)
def test_sentences_end_where_the_speaker_pauses(text, pauses, read_as):
    turn = spoken(text, *pauses)
    assert plain(turn.text, list(stops(turn))) == read_as


def test_a_turn_whose_words_are_not_timed_gets_no_punctuation():
    turn = replace(spoken("好我知道了", 0.4), text="好我知道了呀")
    assert list(stops(turn)) == []


def test_what_was_heard_stays_readable():
    assert plain("这里是阳光家郑", list(respelt("这里是阳光家郑", NAMES))) == "这里是阳光家政〔听成“阳光家郑”〕"
