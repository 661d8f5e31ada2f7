"""What is taken for another costs little, what never is costs much, and few counts move little."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lexicon.confusions import (
    HOMOPHONE,
    LEAST,
    LEAST_MISSING,
    MISSING,
    MOST_LOWERED,
    UNIT,
    UNRELATED,
    Confusions,
    cost,
    costs_from,
    learned,
    missing_costs,
    missing_from,
    parts,
    read_confusions,
    sound_costs,
)
from pipeline.lexicon.phonetics import listen, num_sounds, silence, syllable_names

PRIOR = costs_from(Confusions())
NAMES = syllable_names()
SYLLABLE = st.sampled_from(NAMES)


def prior(said: str, heard: str) -> float:
    return float(PRIOR[NAMES.index(said), NAMES.index(heard)]) / UNIT


def moved(counts: Confusions, said: str, heard: str) -> float:
    return float(costs_from(counts)[NAMES.index(said), NAMES.index(heard)]) / UNIT


@given(one=SYLLABLE, other=SYLLABLE)
def test_a_cost_is_between_nothing_and_unrelated(one, other):
    for known in (prior, cost):
        assert 0 <= known(one, other) <= UNRELATED / UNIT
        assert (known(one, other) == 0) == (one == other)
    assert prior(one, other) == prior(other, one)


@pytest.mark.parametrize(
    ("pair", "most"),
    [
        *[(pair, 0.1) for pair in ["zhi/zi", "chi/ci", "shi/si", "fen/feng", "xin/xing", "dan/dang", "guan/guang"]],
        *[(pair, 0.2) for pair in ["nan/lan", "hu/fu", "ru/lu", "zen/zheng", "san/shang"]],
        *[(pair, 0.35) for pair in ["bao/pao", "dao/tao", "gai/kai", "jian/qian"]],
    ],
)
def test_confusable_sounds_cost_a_little(pair, most):
    one, other = pair.split("/")
    assert 0 < prior(one, other) <= most
    assert 0 < cost(one, other) <= most + 0.25  # what was counted may speak against it


@pytest.mark.parametrize("pair", ["ma/gong", "tou/ni", "dian/shu"])
def test_sounds_with_nothing_in_common_cost_everything(pair):
    assert prior(*pair.split("/")) == 1.0


@pytest.mark.parametrize("pair", ["dian/ding", "jie/jian", "ying/jing"])
def test_half_a_syllable_in_common_lies_between(pair):
    assert 0.2 < prior(*pair.split("/")) < 1.0
    assert 0.2 < cost(*pair.split("/")) < 1.0


def test_two_close_halves_cost_both():
    assert prior("zen", "zheng") == pytest.approx(prior("zi", "zhi") + prior("fen", "feng"))


def test_a_sound_is_nobodys_silence_and_a_letter_nobodys_syllable():
    costs = sound_costs()
    assert costs.shape == (num_sounds(), num_sounds())
    assert costs[silence(), :-1].min() > 10 * UNRELATED
    letter = int(listen("k").syllables[0])
    assert (np.delete(costs[letter, :-1], letter) == UNRELATED).all()


def test_what_was_counted_moves_a_cost_by_how_much_was_counted():
    before = moved(Confusions(), "gang", "tang")
    seen = [Confusions({("initial", "g"): 600}, {("initial", "g", "t"): count}) for count in (0, 1, 2, 100)]
    costs = [moved(each, "gang", "tang") for each in seen]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == 4
    assert 0 < before - moved(Confusions({("initial", "g"): 30}, {("initial", "g", "t"): 1}), "gang", "tang") < 0.2
    assert costs[-1] == pytest.approx(before - MOST_LOWERED), "a few calls make no two sounds alike"


def test_what_is_never_confused_becomes_dearer():
    seen = Confusions({("initial", "zh"): 5000}, {})
    assert moved(seen, "zhi", "zi") > prior("zhi", "zi")
    assert moved(seen, "zi", "zhi") == prior("zi", "zhi"), "the other way round nothing was counted"


def test_a_pair_of_syllables_met_once_is_chance():
    once, often = (
        Confusions({("syllable", "zheng"): 40}, {("syllable", "zheng", "kuan"): count}) for count in (1, 4)
    )
    assert moved(once, "zheng", "kuan") == prior("zheng", "kuan")
    assert LEAST / UNIT <= moved(often, "zheng", "kuan") < prior("zheng", "kuan")


def test_a_syllable_that_is_often_swallowed_is_missed_for_less():
    seen = Confusions({("missing", "de"): 1000}, {("missing", "de", ""): 300})
    de, hao = NAMES.index("de"), NAMES.index("hao")
    assert LEAST_MISSING <= missing_from(seen)[de] < missing_from(seen)[hao] == MISSING
    assert missing_costs().max() <= MISSING


def test_counts_are_read_as_they_are_written():
    counted = Confusions(
        {("initial", "zh"): 7, ("missing", "de"): 9, ("final", "an"): 3},
        {("initial", "zh", "z"): 2, ("missing", "de", ""): 1},
    )
    written = [",".join(map(str, row)) for row in counted.rows()]
    assert read_confusions(["# from nowhere", "kind,said,heard,count,of", *written]) == counted


def test_what_comes_with_callqa_names_sounds_that_there_are():
    known = {half for name in NAMES for half in parts(name)} | set(NAMES) | {""}
    assert {sound for _, sound in learned().said} <= known
    assert {heard for *_, heard in learned().heard} <= known
    assert HOMOPHONE < LEAST
