"""Counting what was taken for what: side by side on the sounds, numbers and lost speech aside."""

from datetime import date

import pytest

from models.confusions import confusions_of, syllable_pairs, table_lines
from pipeline.call import Direction, Status
from pipeline.evaluation.result import CallResult
from pipeline.lexicon.confusions import read_confusions
from pipeline.validation.accuracy.truth import Line, Trial, TrueRinging, Truth
from tests.builders import CALL, RECORDING, dialogue, hearing


def trial(said: list[tuple[str, str]], *heard: str) -> Trial:
    """A call with true lines and what was heard, written as in `dialogue`."""
    lines = tuple(Line(n, who, n * 5.0, n * 5.0 + 4, text) for n, (who, text) in enumerate(said))
    ringing = TrueRinging(recorded=False, kind="", rings_counted=None)
    truth = Truth("C1", Direction.INBOUND, True, "stereo", ringing, None, {}, (), False, False, (), lines)
    result = CallResult(
        call=CALL,
        status=Status.UNSCORABLE,
        stage="evaluate",
        reason="little_speech",
        problem="",
        uri=None,
        recording=RECORDING,
        hearing=hearing(turns=dialogue(*heard)),
        findings=(),
        evaluation=None,
    )
    return Trial.of(truth, result)


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("感谢您的来电", "感谢您的来电", []),
        ("感谢您的来电", "敢谢您的来店", []),
        ("感谢您的来电", "感谢您的来订", [("dian", "ding")]),
        ("感谢您的来电", "感谢您来电", [("de", "")]),
        ("感谢您的来电", "感谢呃您的来电", [("", "e")]),
        ("您好阳光家政", "您好阳光家郑再见", [("", "zai"), ("", "jian")]),
        ("", "您", [("", "nin")]),
    ],
)
def test_what_was_heard_stands_beside_what_was_said(said, heard, wrong):
    assert [(each.said, each.heard) for each in syllable_pairs(said, heard) if not each.is_right] == wrong


def test_counts_are_of_both_speakers_and_of_halves_and_wholes():
    call = trial([("agent", "感谢您的来电"), ("customer", "我要投诉")], "坐席：感谢您的来订", "客户：我要头数")
    counts = confusions_of([call])
    assert counts.said["syllable", "dian"] == counts.heard["syllable", "dian", "ding"] == 1
    assert counts.heard["final", "ian", "ing"] == 1
    assert counts.heard["initial", "s", "sh"] == 1, "数 for 诉"
    assert counts.said["syllable", "tou"] == 1, "头 is 投 to the ear"
    assert ("syllable", "su", "shu") in counts.heard


def test_numbers_and_lost_speech_are_left_out():
    call = trial(
        [("agent", "一共四十五元"), ("customer", "那你们什么时候过来一趟啊")], "坐席：一共45元", "客户：那"
    )
    counts = confusions_of([call])
    assert not counts.heard
    assert ("syllable", "shi") not in counts.said


def test_the_table_tells_where_it_is_from_and_is_read_back():
    call = trial([("agent", "感谢您的来电")], "坐席：感谢您的来订")
    lines = list(table_lines(confusions_of([call]), [call], date(2026, 11, 23)))
    assert "1 calls: C1" in lines[1]
    assert "6 characters said, CER 0.167, counted on 2026-11-23" in lines[2]
    assert read_confusions(lines) == confusions_of([call])
