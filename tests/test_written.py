"""What applies because a standard is silent is told, with the key to write; so is what counts for nothing alone."""

import pytest

from pipeline.scorecard import Scorecard, bundled_scorecards, find_scorecard
from pipeline.scorecard.lint import lint
from pipeline.scorecard.scope import QualityGate
from tests.test_combinations import GREETING, card_of

TOLD = {
    "quality.agent_speech_seconds": {"quality": {"agent_speech_seconds": 2}},
    "quality.coverage": {"quality": {"coverage": 0.4}},
    "quality.word_confidence": {"quality": {"word_confidence": 0.2}},
    "review_below": {"review_below": 0.8},
    "least_scored": {"least_scored": 0.5},
    "few_calls": {"few_calls": 20},
    "payroll.decimals": {"payroll": {"decimals": 0}},
    "names_assessors": {"names_assessors": True},
}
"""Each value that applies unwritten, with what a file writes to speak of it."""
ELSEWHERE = {"weights", "missed", "not_applicable", "assessed", "payroll"}
"""Keys whose silence other notices tell, or that are refused until chosen."""
NOTHING = {
    *("aliases", "applies_to", "lexicons", "levels", "cutoffs", "total", "qualitative"),
    *("grades", "consequences", "periods", "examples", "plan"),
}
"""Keys without which nothing of theirs is done at all."""
PAYS = ({"id": "奖", "title": "奖", "when": {"grade": "合格"}, "coefficient": 1.2},)


def told(card, code: str) -> str:
    return "".join(notice.sentence for notice in lint(card) if notice.code == code)


@pytest.mark.parametrize("key", TOLD)
def test_a_silent_file_is_told_each_value_that_applies(key):
    silent = card_of(GREETING, consequences=PAYS)
    assert f"{key}: " in told(silent, "defaults")
    assert f"{key}: " not in told(card_of(GREETING, consequences=PAYS, **TOLD[key]), "defaults")


def test_what_has_no_effect_is_not_told():
    by_people = card_of({**GREETING, "parts": (), "source_class": "M"}, grades=())
    assert told(by_people, "defaults").startswith("文件没有写、按系统的数执行的有 1 处：names_assessors: false")
    assert not told(by_people, "minimums")


def test_no_default_of_a_standard_is_silent():
    """A key that somebody adds with a default is told, must be chosen, or does nothing unwritten."""
    defaulted = {name for name, field in Scorecard.model_fields.items() if not field.is_required()}
    assert defaulted == ELSEWHERE | NOTHING | {"quality"} | {key for key in TOLD if "." not in key}
    gates = {f"quality.{name}" for name in QualityGate.model_fields}
    assert gates - TOLD.keys() == {"quality.call_seconds", "quality.customer_speech_seconds"}  # of `minimums`


@pytest.mark.parametrize("name", sorted(bundled_scorecards()))
def test_shipped_standards_say_all_that_applies(name):
    assert told(find_scorecard(name), "defaults") == ""


def test_minimums_that_are_off_are_told():
    assert "call_seconds、customer_speech_seconds" in told(card_of(GREETING), "minimums")
    one = card_of(GREETING, quality={"call_seconds": 10})
    assert "（quality 的 customer_speech_seconds）" in told(one, "minimums")
    assert not told(card_of(GREETING, quality={"call_seconds": 10, "customer_speech_seconds": 2}), "minimums")


def test_what_is_evidence_only_is_told():
    part = {**GREETING["parts"][0], "needs_person": "all"}
    assert "1 个子项通话里只有线索，人没有作答就不计分：问候-1 问候。" in told(
        card_of({**GREETING, "parts": [part]}), "suggestions"
    )
    assert not told(card_of({**GREETING, "parts": [{**part, "needs_person": "hits"}]}), "suggestions")
