"""Detection reports what is there: the right words, in the right mouth and part of the call, at their time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Direction
from pipeline.findings.detection import detect, measurements
from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.hearing.turns import Role
from pipeline.hearing.zones import CLOSING_TURNS, OPENING_TURNS
from pipeline.timeline import Span
from tests.builders import CALL, RECORDING, RINGING, TWO_RINGS, WORD_S, bundled, dialogue, hearing, lexicon

BUNDLED = [bundled()[name] for name in ("required", "banned", "apology", "complaint")]
GOOD_CALL = [
    "坐席：您好，阳光家政，工号1001，请问有什么可以帮到您？",
    "客户：我要投诉你们的保洁",
    "坐席：非常抱歉给您添麻烦了，马上为您登记",
    "客户：好的",
    "坐席：请问还有其他可以帮到您吗？",
    "客户：没有了",
    "坐席：感谢您的来电，再见。",
]


OF_ITS_OWN = ("speech_rate", "hangup", "repetition")
"""Detectors that find something in nearly every call of this file; each has a test file."""


def terms(*lines: str, **parts) -> list[tuple[str, str]]:
    found = detect(hearing(*lines, **parts), BUNDLED)
    return [(f.detector, f.term) for f in found if f.detector not in OF_ITS_OWN]


def places(wanted, *lines: str, **parts) -> list[float]:
    """When the phrases of a lexicon begin, in seconds."""
    return [finding.span.start for finding in phrase_findings(hearing(*lines, **parts), wanted)]


# --- phrases


def test_a_good_call_yields_every_phrase_in_order_of_time_and_no_offence():
    assert list(dict.fromkeys(terms(*GOOD_CALL))) == [
        ("ringing", "rings"),
        *(("required_phrase", term) for term in ("greeting", "company", "staff_id", "offer_help")),
        ("complaint", "complaint"),
        ("apology", "sincere"),
        *(("required_phrase", term) for term in ("anything_else", "thanks", "goodbye")),
    ]


def test_nothing_that_the_other_one_says_counts():
    swapped = [
        line.translate(str.maketrans({"席": "户", "坐": "客", "户": "席", "客": "坐"})) for line in GOOD_CALL
    ]
    assert terms(*swapped) == [("ringing", "rings")]
    assert terms(*(line.replace("坐席", "机器").replace("客户", "机器") for line in GOOD_CALL)) == [
        ("ringing", "rings")
    ]


@pytest.mark.parametrize(
    "line",
    ["神经病", "不归我管", "爱找谁找谁", "你去告啊", "有完没完", "行了行了", "自己上网查", "对不起行了吧", "再见"],
)
def test_the_customer_breaks_no_rule_of_the_agent(line):
    quiet = ["坐席：喂", "客户：嗯", "坐席：好的"]
    assert terms(*quiet, f"客户：{line}") == terms(*quiet)
    assert terms(*quiet, f"坐席：{line}") != terms(*quiet)


def test_a_finding_tells_what_was_heard_where_and_by_whom():
    wanted = lexicon({"term": "thanks", "variants": ["感谢您的来电"], "tolerance": 0.2}, detector="required_phrase")
    turns = dialogue("客户：喂", "坐席：好的，敢谢您的来店。再见", start=2.0, confidence=0.8)
    (found,) = phrase_findings(hearing(turns=turns), wanted)
    assert (found.call_id, found.detector, found.term) == ("C1", "required_phrase", "thanks")
    assert (found.turn_index, found.role) == (1, Role.AGENT)
    begin = turns[1].span.start + 3 * WORD_S
    assert found.span == Span(begin, begin + 6 * WORD_S)
    assert found.quote == "敢谢您的来店"
    assert found.value == "感谢您的来电"
    (hit,) = wanted.search(turns[1].text)
    assert found.confidence == pytest.approx(0.8 * hit.probability)
    assert found.detector_version == wanted.version


@settings(max_examples=50)
@given(before=st.text("一二，。", max_size=20), after=st.text("一二，。", max_size=20))
def test_a_finding_points_at_the_seconds_of_its_words(before, after):
    turns = dialogue("客户：喂", f"坐席：{before}感谢您的来电{after}", start=2.0)
    (found,) = phrase_findings(hearing(turns=turns), lexicon({"variants": ["感谢您的来电"]}))
    said = turns[1].words[len(before) : len(before) + 6]
    assert found.span == Span(said[0].span.start, said[-1].span.end)
    assert turns[1].text[len(before) :].startswith(found.quote)


def test_the_name_and_number_of_the_calls_own_agent_are_looked_for():
    wanted = lexicon({"variants": ["我是{name}", "{staff}为您服务"]})
    assert places(wanted, "坐席：我是林小文", "客户：喂", "坐席：1001为您服务") == [8.7, pytest.approx(12.2)]
    assert places(wanted, "坐席：我是何静", "客户：喂", "坐席：1002为您服务") == []
    assert places(wanted, "坐席：我是林小文", call=replace(CALL, agent_name=None, agent_id=None)) == []


# --- zones

OPENING = lexicon({"variants": ["您好"], "zone": "opening"})
CLOSING = lexicon({"variants": ["再见"], "zone": "closing"})
ANYWHERE = lexicon({"variants": ["您好", "再见"]})


def in_turn(number: int, of: int, text: str) -> list[str]:
    """A call in which the agent speaks `of` turns and says `text` in the `number`-th."""
    return [line for n in range(1, of + 1) for line in (f"坐席：{text if n == number else '好的'}", "客户：嗯")]


@pytest.mark.parametrize(("number", "is_there"), [(1, True), (OPENING_TURNS, True), (OPENING_TURNS + 1, False)])
def test_an_opening_lasts_three_turns_of_the_agent(number, is_there):
    assert bool(places(OPENING, *in_turn(number, 9, "您好"))) is is_there
    assert places(ANYWHERE, *in_turn(number, 9, "您好"))


@pytest.mark.parametrize(
    ("number", "of", "then", "is_there"),
    [
        (20, 20, "", True),
        (12, 20, "", True),  # 22.5 s before the end, in short turns
        (9, 20, "", False),
        (21 - CLOSING_TURNS, 20, "天" * 130, True),  # 32.5 s more, in the last turn
        (20 - CLOSING_TURNS, 20, "天" * 130, False),
    ],
)
def test_a_closing_is_the_last_four_turns_or_half_a_minute(number, of, then, is_there):
    lines = [*in_turn(number, of, "再见")[:-2], f"坐席：{'再见' if number == of else '好的'}{then}"]
    assert bool(places(CLOSING, *lines)) is is_there
    assert places(ANYWHERE, *lines)


def test_an_opening_ends_after_half_a_minute():
    late = "天" * 130  # 32.5 s
    assert len(places(OPENING, f"坐席：您好{late}您好")) == 1
    assert places(OPENING, "坐席：好的", f"客户：{late}", "坐席：您好") == []
    assert places(OPENING, f"客户：{late}", "坐席：您好"), "it begins with the agent's own first word"


def test_a_goodbye_in_the_first_turn_is_none_unless_there_is_no_other():
    assert places(CLOSING, "坐席：再见", "客户：喂", "坐席：好的") == []
    assert places(CLOSING, "坐席：再见", "客户：喂")


# --- measures


def measures(**parts) -> dict[str, float]:
    found = measurements(hearing("坐席：您好", **parts))
    return {finding.term: finding.value for finding in found if finding.detector not in OF_ITS_OWN}


def test_rings_are_counted_where_they_are_heard():
    (found,) = [f for f in measurements(hearing("坐席：您好")) if f.detector == "ringing"]
    assert (found.term, found.value, found.span) == ("rings", 2.0, Span(0.5, 6.5))
    assert (found.role, found.turn_index, found.quote) == (Role.UNKNOWN, None, "")


def test_a_call_in_good_order_has_no_contradictions():
    assert measures() == {"rings": 2.0}
    talk_only = replace(RECORDING, duration=60.0)
    assert (
        measures(ringback=Ringback(()), speed_of_answer=SpeedOfAnswer(8.0, None, None), recording=talk_only) == {}
    )


@pytest.mark.parametrize(
    ("by_record", "by_audio", "direction", "found"),
    [
        (8.0, 9.0, Direction.INBOUND, None),
        (8.0, 9.1, Direction.INBOUND, 1.1),
        (8.0, 6.5, Direction.INBOUND, 1.5),
        (8.0, 20.0, Direction.OUTBOUND, None),
        (8.0, None, Direction.INBOUND, None),
        (None, 8.0, Direction.INBOUND, None),
    ],
)
def test_record_and_audio_disagree_by_more_than_a_second(by_record, by_audio, direction, found):
    speed = SpeedOfAnswer(by_record, by_audio, 2)
    values = measures(speed_of_answer=speed, call=replace(CALL, direction=direction))
    assert values.get("ring_disagreement") == found


@pytest.mark.parametrize(
    ("duration", "rang", "ended", "found"),
    [
        (68.0, True, 68, None),
        (66.0, True, 68, None),  # whole seconds at both ends, and a codec's padding
        (70.0, True, 68, None),
        (60.0, True, 68, 8.0),
        (60.0, False, 68, None),  # without ringing it runs from the answer
        (68.0, False, 68, 8.0),
        (600.0, True, 594, None),  # one percent of a long call
        (600.0, True, 590, 10.0),
        (30.0, True, None, None),
    ],
)
def test_a_recording_that_is_too_short_or_too_long_is_told(duration, rang, ended, found):
    values = measures(
        recording=replace(RECORDING, duration=duration),
        ringback=TWO_RINGS if rang else Ringback(()),
        call=replace(CALL, ended_at=ended and RINGING + timedelta(seconds=ended)),
    )
    assert values.get("duration_disagreement") == found


def test_findings_come_in_order_of_time():
    found = detect(hearing(*GOOD_CALL, speed_of_answer=SpeedOfAnswer(8.0, 12.0, 2)), BUNDLED[::-1])
    assert [f.span for f in found] == sorted(f.span for f in found)
    assert found == detect(hearing(*GOOD_CALL, speed_of_answer=SpeedOfAnswer(8.0, 12.0, 2)), BUNDLED)
    assert detect(hearing(ringback=Ringback(()), recording=replace(RECORDING, duration=60.0)), BUNDLED) == ()
