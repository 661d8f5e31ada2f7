"""Calls that are too short for a standard, or have one side only, are unscorable with that reason."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flows.night.judgement import result_of
from flows.policy.policy import policy_for
from flows.settings import Settings
from pipeline.call import Status
from pipeline.evaluation.gate import refusal
from pipeline.hearing.hearing import said_seconds
from pipeline.hearing.turns import Role
from pipeline.month.assessment import assess
from pipeline.month.workbook.wording import REASONS
from pipeline.review.replay import replay
from pipeline.scorecard import QualityGate, find_scorecard
from pipeline.store import Store
from tests.builders import CALL, EARS, RINGING, changed, hearing

SAID = ("坐席：您好阳光家政请问有什么可以帮您", "客户：喂")


def heard(*lines, seconds=60):
    """A call of so many seconds from answer to end, and how long each party speaks in it."""
    call = replace(CALL, ended_at=RINGING + timedelta(seconds=8 + seconds))
    each = hearing(*lines, call=call)
    return replace(each, quality=replace(each.quality, customer_seconds=said_seconds(each.turns, Role.CUSTOMER)))


@pytest.mark.parametrize(
    ("gate", "lines", "seconds", "reason"),
    [
        ({}, SAID, 2, ""),
        ({"call_seconds": 10}, SAID, 9, "too_short"),
        ({"call_seconds": 10}, SAID, 10, ""),
        ({"customer_speech_seconds": 0.25}, SAID, 60, ""),  # 喂: one character, a quarter of a second
        ({"customer_speech_seconds": 0.5}, SAID, 60, "one_side"),
        ({"customer_speech_seconds": 0.5}, ("客户：喂喂听得到吗", "坐席：您"), 60, "one_side"),
        ({}, ("客户：喂喂听得到吗", "坐席：您"), 60, "poor_transcript"),
        ({"call_seconds": 10, "customer_speech_seconds": 1}, SAID, 5, "too_short"),
    ],
)
def test_minimums(gate, lines, seconds, reason):
    assert refusal(heard(*lines, seconds=seconds), QualityGate(**gate))[0] == reason


def test_without_a_record_the_recording_behind_its_ringing_tells_the_length():
    call = replace(CALL, answered_at=None)  # 68 s are recorded, the second ring ends at 6.5 s
    short = replace(heard(*SAID), call=call)
    assert refusal(short, QualityGate(call_seconds=61.5))[0] == ""
    assert refusal(short, QualityGate(call_seconds=61.6))[0] == "too_short"


def test_an_unknown_amount_of_speech_refuses_nothing():
    old = heard("坐席：您好阳光家政请问有什么可以帮您")
    old = replace(old, quality=replace(old.quality, customer_seconds=None))
    assert refusal(old, QualityGate(customer_speech_seconds=1)) == ("", "")


def test_the_call_says_so_and_the_month_counts_it():
    card = changed(find_scorecard("kf01"), quality=QualityGate(call_seconds=10, customer_speech_seconds=1))
    short = heard(*SAID, seconds=9)
    result = result_of(short, policy_for(card, Settings()), EARS)
    assert (result.status, result.reason) == (Status.UNSCORABLE, "too_short")
    assert result.problem == "通话只有 9 秒，不足标准规定的 10 秒"
    again = replay(replace(short, turns=()), (), card)
    assert (again.reason, again.problem) == (result.reason, result.problem)
    (row,) = assess("2025-03", card, [again])
    assert (row.evaluated, row.unscorable, row.failed, row.score) == (0, 1, 0, None)
    assert {REASONS[reason] for reason in ("too_short", "one_side")} == {"通话太短", "只有一方说话"}


def test_how_long_the_customer_speaks_is_kept(tmp_path):
    each = heard(*SAID)
    result = result_of(each, policy_for(find_scorecard("kf01"), Settings()), EARS)
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        store.calls.save(result)
        assert store.calls.get("C1").hearing.quality.customer_seconds == 0.25
    assert each.swapped().quality.agent_seconds == 0.25
