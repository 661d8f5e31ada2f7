"""Which words stand in a turn: by characters, by sound, and however they were typed."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hearing.search_terms import By, parse, snippet, turn_terms
from pipeline.lexicon.phonetics import DIGITS, listen, syllable_names
from pipeline.lexicon.pinyin import pinyin_only, spellings

HAN = "您好请问投诉电话有什么可以帮头素透宿殿化一二三零幺"
TALK = st.text(HAN + "aZ19，。 ?😊", max_size=30)


def heard(text):
    """An oracle of its own: what of a text is spoken."""
    plain = (DIGITS.get(c, c) for c in unicodedata.normalize("NFKC", text).lower())
    return "".join(c for c in plain if unicodedata.category(c)[0] in "LN")


def marked(query, text):
    return [text[start:end] for start, end in query.places(text)]


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("投诉", "我要投诉，投诉！", ["投诉", "投诉"]),
        ("投诉 电话", "电话投诉", ["电话投诉"]),
        ("投诉 电话", "投诉什么", []),
        ("投诉电话", "投诉的电话", []),
        ("您好请问", "您好，请问", ["您好，请问"]),
        ("“您好 请问”", "您好，请问", ["您好，请问"]),
        ('"您好 请问"', "请问您好", []),
        ("「您好」", "您好啊", ["您好"]),
        ("投诉 -电话", "电话投诉", []),
        ("投诉 -电话", "我要投诉", ["投诉"]),
        ('投诉 -"打 电话"', "打电话投诉", []),
        ("投訴", "投诉", ["投诉"]),
        ("ＶＩＰ", "是vip吗", ["vip"]),
        ("1002", "工号幺零零二", ["幺零零二"]),
        ("1002", "工号1002", ["1002"]),
        ("一零零二", "工号幺零零二", []),
        ("的", "你的", ["的"]),
        ("C++", "c", ["c"]),
    ],
)
def test_by_characters(typed, text, found):
    assert marked(parse(typed), text) == found


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("tousu", "我要投诉", ["投诉"]),
        ("tou su", "我要投诉", ["投诉"]),
        ("tou su", "投一个诉", []),
        ("TOU2 SU4", "我要投诉", ["投诉"]),
        ("tóusù", "我要投诉", ["投诉"]),
        ("tousu dianhua", "电话里投诉", ["电话", "投诉"]),
        ("tou su dian hua", "投诉电话", ["投诉电话"]),
        ("tou su dian hua", "电话投诉", []),
        ("投素", "我要投诉", ["投诉"]),
        ("投su", "我要投诉", ["投诉"]),
        ("fangan", "方案", ["方案"]),
        ("fangan", "反感", ["反感"]),
        ("xi'an", "西安", ["西安"]),
        ("xi'an", "先", []),
        ("lüxing", "旅行", ["旅行"]),
        ("lvxing", "旅行", ["旅行"]),
        ("shei", "谁啊", ["谁"]),
        ("行", "银行", ["行"]),  # alone it may be read in any way
        ("vip", "是vip吗", ["vip"]),
        ("tousu -dianhua", "投诉电话", []),
        ("1002", "幺零零二", ["幺零零二"]),
    ],
)
def test_by_sound(typed, text, found):
    assert marked(parse(typed, By.SOUND), text) == found


@pytest.mark.parametrize("typed", ["toushu", "投书", "頭書", "tou shu"])
def test_similar_sounds_are_one_only_where_that_is_asked(typed):
    assert marked(parse(typed, By.SOUND, similar=True), "我要投诉") == ["投诉"]
    assert marked(parse(typed, By.SOUND), "我要投诉") == []


@pytest.mark.parametrize("pair", ["zhi zi", "chi ci", "shi si", "lan nan", "fen feng", "jin jing", "shan shang"])
def test_sounds_that_everybody_confuses_are_similar(pair):
    one, other = pair.split()
    signs = [parse(each, By.SOUND, similar=True).words[0].phrases for each in (one, other)]
    exact = [parse(each, By.SOUND).words[0].phrases[0][0] for each in (one, other)]
    assert all(exact[0] <= phrases[0][0] and exact[1] <= phrases[0][0] for phrases in signs)


@pytest.mark.parametrize("typed", ["", "   ", "-投诉", '""', "，。", "😊", "-", "--", "\0", "\ud800"])
def test_nothing_to_look_for_is_said(typed):
    with pytest.raises(ValueError, match="请输入要找的词"):
        parse(typed)


def test_too_much_is_said():
    with pytest.raises(ValueError, match="不超过 100 字"):
        parse("好" * 101)
    with pytest.raises(ValueError, match="最多搜索 10 个词"):
        parse("好 " * 11)


def test_pinyin_is_told_from_other_letters():
    assert [pinyin_only(text) for text in ("tousu", "tou su", "wifi", "投诉", "vip tousu", "", "12")] == [
        *[True] * 2,
        *[False] * 5,
    ]
    assert ("xi", "an") in list(spellings("xian"))


def test_a_snippet_is_cut_around_what_was_found():
    made = snippet("一二三四五六七八九十" * 10, [(50, 52), (70, 72), (99, 100)], before=5, after=22)
    assert list(made.pieces()) == [
        ("六七八九十", False),
        ("一二", True),
        ("三四五六七八九十一二三四五六七八九十", False),
        ("一二", True),
    ]
    assert (made.cut_before, made.cut_after) == (True, True)


@settings(deadline=None)
@given(TALK, TALK)
def test_what_stands_in_a_turn_is_what_a_plain_search_finds(text, typed):
    words = [
        "".join(c for c in word if c not in "019") for word in typed.split()
    ]  # digits are said in several ways
    words = [word for word in words if heard(word)]
    if not words or len(words) > 10:
        return
    places = parse(" ".join(words)).places(text)
    assert bool(places) == all(heard(word) in heard(text) for word in words)
    assert all(0 <= start < end <= len(text) for start, end in places)


@settings(deadline=None)
@given(TALK)
def test_a_turn_is_found_by_each_of_its_pairs_and_terms_are_plain(text):
    (terms,) = turn_terms([text])
    assert all(term.isascii() and term.isalnum() and term == term.lower() for term in terms)
    said = heard(text)
    for by in By:
        for n in range(len(said) - 1):
            query = parse(said[n : n + 2], by)
            if query.words[0].phrases and len(query.words) == 1 and len(query.words[0].phrases[0]) == 2:
                phrases = query.terms(query.words[0])
                sounds_as_here = by is By.TEXT or query.places(
                    text
                )  # apart from the rest, it may be read otherwise
                assert not sounds_as_here or any(
                    all(any(term.text in terms for term in either) for either in phrase) for phrase in phrases
                )


@settings(deadline=None)
@given(st.text(max_size=100), st.sampled_from(By), st.booleans(), TALK)
def test_whatever_is_typed_is_a_query_or_refused_in_chinese(typed, by, similar, text):
    try:
        query = parse(typed, by, similar=similar)
    except ValueError as refused:
        sentence = str(refused)
        assert not sentence.isascii()
        return
    query.places(text)
    num_terms = sum(len(each) for word in query.words for phrase in query.terms(word) for each in phrase)
    assert num_terms < 5000


def test_names_of_sounds_and_letters_do_not_run_into_each_other():
    assert all(name.isascii() and name.isalpha() for name in syllable_names())
    assert len(listen("投诉A1")) == 4
