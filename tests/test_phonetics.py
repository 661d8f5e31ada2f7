"""Every character has its sound as its phrase reads it, and keeps its place in the text."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from pipeline.lexicon.phonetics import COLLOQUIAL, listen, listen_all, readings_of, silence, syllable_names

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
ANY_TEXT = st.text(alphabet=st.one_of(HAN, st.sampled_from("，。 0123456789aZ\n"), st.characters()))


def syllables(text: str) -> list[str]:
    """The names of the sounds of a text in Han characters."""
    return [syllable_names()[sound] for sound in listen(text).syllables]


def by_phrase(text: str) -> list[str]:
    """The same as pypinyin reads it, phrase by phrase."""
    readings = lazy_pinyin(text, style=Style.NORMAL, errors=list)
    return [COLLOQUIAL.get(reading, reading) for reading in readings]


# The pairs that Whisper takes for each other, of the policy's repair table.
@pytest.mark.parametrize(
    "pair",
    [
        "工号/公号",
        "工号/恭号",
        "您好/您号",
        "致歉/至歉",
        "致歉/支欠",
        "稍候/稍后",
        "稍候/烧厚",
        "主管/主观",
        "投诉/投宿",
        "报修/抱修",
        "房号/防号",
        "物业/务业",
        "月嫂/月扫",
        "育儿嫂/育儿扫",
        "退款/退宽",
        "派单/拍单",
        "回访/回房",
        "工单/公单",
        "入伙/入货",
        "费用/飞用",
        "家政/家证",
    ],
)
def test_homophones_are_one_sound_whatever_their_tones(pair):
    one, other = pair.split("/")
    assert syllables(one) == syllables(other)


def test_true_lines_are_read_as_pypinyin_reads_them():
    calls = sorted((Path(__file__).parent / "calls").glob("*.truth.json"))
    lines = [line["text"] for path in calls for line in json.loads(path.read_text(encoding="utf-8"))["lines"]]
    wrong = total = 0
    for line in lines:
        for clause in "".join(c if "\u4e00" <= c <= "\u9fff" else " " for c in line).split():
            pairs = list(zip(syllables(clause), by_phrase(clause), strict=True))
            wrong += sum(ours != theirs for ours, theirs in pairs)
            total += len(pairs)
    assert total > 1000
    assert wrong <= 0.005 * total


@pytest.mark.parametrize(
    "phrase",
    [
        *("银行", "行走", "重新", "重要", "长大", "多长", "重庆", "归还", "还有", "了解", "为了", "睡觉", "感觉"),
        *("音乐", "快乐", "首都", "都是", "会计", "开会", "调整", "空调", "便宜", "方便", "朝阳", "教书", "着急"),
        *("数量", "得到", "传单", "自传", "假期", "绿色", "女士", "因为", "身份证", "分钟", "应该", "反应", "出差"),
        *("差不多", "转账", "处理", "好处", "尽快", "尽管", "省得", "反省", "单子", "参加", "人参", "曾经", "降价"),
        *("投降", "角色", "角落", "中奖", "中间", "只有", "一只", "供应", "提供", "血液", "流血"),
    ],
)
def test_a_character_is_read_as_its_phrase_reads_it(phrase):
    assert syllables(phrase) == by_phrase(phrase)
    assert syllables(f"请问{phrase}。")[2:] == by_phrase(phrase)


def test_every_reading_of_a_character_is_known():
    for character, readings in {"行": {"xing", "hang"}, "长": {"chang", "zhang"}, "好": {"hao"}}.items():
        assert readings <= {syllable_names()[n] for n in readings_of(ord(character))}


@given(st.lists(ANY_TEXT, max_size=5))
def test_many_texts_are_heard_as_each_alone(texts):
    heard = listen_all(texts)
    assert len(heard.begins) == len(texts) + 1
    for text, begin, end in zip(texts, heard.begins[:-1], heard.begins[1:], strict=True):
        alone = listen(text)
        assert heard.syllables[begin : end - 1].tolist() == alone.syllables.tolist()
        assert heard.positions[begin : end - 1].tolist() == alone.positions.tolist()
        assert heard.syllables[end - 1] == silence()


@pytest.mark.parametrize(
    ("text", "characters", "positions"),
    [
        ("", "", []),
        ("，。 ！…", "", []),
        ("您好，再见。", "您好再见", [0, 1, 3, 4]),
        ("工号 1002。", "工号一零零二", [0, 1, 3, 4, 5, 6]),
        (" 喂\n您好", "喂您好", [1, 3, 4]),
        ("SLA流转", "sla流转", [0, 1, 2, 3, 4]),
        ("😊好𠮷", "好𠮷", [1, 2]),
        ("İstanbul", "istanbul", [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_sounds_keep_their_places(text, characters, positions):
    sounds = listen(text)
    assert sounds.characters == characters
    assert sounds.positions.tolist() == positions
    assert len(sounds) == len(sounds.syllables) == len(characters)


@given(ANY_TEXT)
def test_every_character_has_one_sound_at_its_own_place(text):
    sounds = listen(text)
    assert len(sounds.characters) == len(sounds.syllables) == len(sounds.positions)
    assert (np.diff(sounds.positions) > 0).all()
    spoken = [n for n, character in enumerate(text) if unicodedata.category(character)[0] in "LN"]
    assert sounds.positions.tolist() == spoken
    for character, n in zip(sounds.characters, sounds.positions.tolist(), strict=True):
        assert character == text[n].lower()[0] or text[n] in "0123456789"
