"""What sounds alike costs little, what does not costs much, and every sound keeps its place in the text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.phonetics import UNRELATED, cost, listen, syllable_costs

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


def costs_between(heard: str, meant: str) -> list[float]:
    one, other = listen(heard), listen(meant)
    table = syllable_costs()
    return [round(float(table[a, b]), 3) for a, b in zip(one.syllables, other.syllables, strict=True)]


@given(one=HAN, other=HAN)
def test_a_cost_is_between_nothing_and_unrelated_whichever_way_round(one, other):
    a, b = (listen(text) for text in (one, other))
    there, back = syllable_costs()[a.syllables[0], b.syllables[0]], syllable_costs()[b.syllables[0], a.syllables[0]]
    assert there == back
    assert 0 <= there <= UNRELATED
    assert (there == 0) == (a.syllables[0] == b.syllables[0])


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
    assert set(costs_between(*pair.split("/"))) == {0.0}


@pytest.mark.parametrize(
    ("pair", "most"),
    [
        *[(pair, 0.1) for pair in ["zhi/zi", "chi/ci", "shi/si", "fen/feng", "xin/xing", "dan/dang", "guan/guang"]],
        *[(pair, 0.2) for pair in ["nan/lan", "hu/fu", "ru/lu", "zen/zheng", "san/shang"]],
        *[(pair, 0.35) for pair in ["bao/pao", "dao/tao", "gei/kei", "jian/qian"]],
    ],
)
def test_confusable_sounds_cost_a_little(pair, most):
    one, other = pair.split("/")
    assert 0 < cost(one, other) <= most


@pytest.mark.parametrize("pair", ["ma/gong", "tou/ni", "dian/shu", "a/b", "x/sheng", "嗎/ma"])
def test_sounds_with_nothing_in_common_cost_everything(pair):
    assert cost(*pair.split("/")) == UNRELATED


@pytest.mark.parametrize("pair", ["dian/ding", "jie/jian", "ying/jing"])
def test_half_a_syllable_in_common_lies_between(pair):
    assert 0.2 < cost(*pair.split("/")) < UNRELATED


def test_two_close_halves_cost_both():
    assert cost("zen", "zheng") == pytest.approx(cost("zi", "zhi") + cost("fen", "feng"))


def test_a_character_is_read_as_its_phrase_reads_it():
    assert costs_between("银行", "银航") == [0, 0]
    assert costs_between("行走", "形走") == [0, 0]
    assert costs_between("重新", "虫新") == [0, 0]


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


@given(st.text(alphabet=st.one_of(HAN, st.sampled_from("，。 0123456789aZ"), st.characters())))
def test_every_character_has_one_sound_at_its_own_place(text):
    sounds = listen(text)
    assert len(sounds.characters) == len(sounds.syllables) == len(sounds.positions)
    assert (np.diff(sounds.positions) > 0).all()
    spoken = {n for n, character in enumerate(text) if character.isalnum()}
    assert spoken <= set(sounds.positions.tolist()) <= set(range(len(text)))
    for character, n in zip(sounds.characters, sounds.positions.tolist(), strict=True):
        assert character == text[n].lower()[0] or text[n] in "0123456789"


def test_the_table_grows_without_forgetting():
    listen("您好")
    before = syllable_costs().copy()
    listen("".join(map(chr, range(0x12000, 0x12040))))  # cuneiform: no other test can have met all of it
    after = syllable_costs()
    assert len(after) > len(before)
    np.testing.assert_array_equal(after[: len(before), : len(before)], before)
    np.testing.assert_array_equal(after, after.T)
