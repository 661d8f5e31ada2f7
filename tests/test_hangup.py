"""Who hung up first."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.channels import dead_from
from pipeline.audio.signals import find_signals
from pipeline.findings.detectors.hangup import HANGUP
from pipeline.findings.titles import shipped_titles
from pipeline.hearing import Unheard
from pipeline.hearing.tail import fell_silent, hung_up
from pipeline.hearing.turns import Role, Turn
from pipeline.scorecard.rules import Case, Hangup
from pipeline.timeline import Span
from tests.builders import CALL, RECORDING, hearing, words


def found_in(by, *lines, rest=0.5):
    call = hearing(*lines, call=replace(CALL, hangup_by=by))
    end = call.turns[-1].span.end + rest
    return [
        (f.term, f.role, f.value)
        for f in HANGUP.findings(replace(call, recording=replace(RECORDING, duration=end)))
    ]


def test_the_record_tells():
    assert found_in("customer", "坐席：再见") == [("first", Role.CUSTOMER, 0.5)]
    assert found_in(None, "坐席：再见") == []


@pytest.mark.parametrize(("rest", "abrupt"), [(0.9, True), (1.0, False)])
def test_on_a_customer_still_talking(rest, abrupt):
    terms = [term for term, *_ in found_in("agent", "坐席：就这样", "客户：等一下我还没说完", rest=rest)]
    assert terms == (["first", "abrupt"] if abrupt else ["first"])


def test_after_his_own_last_word_nobody_is_cut_off():
    assert [term for term, *_ in found_in("agent", "客户：好", "坐席：再见")] == ["first"]


def test_a_customer_may_hang_up_when_he_likes():
    assert [term for term, *_ in found_in("customer", "坐席：再见", "客户：好")] == ["first"]


# --- by the tone, where the record does not tell


def busy(start, bursts=5, on=0.35, off=0.35):
    return [Span(start + n * (on + off), start + n * (on + off) + on) for n in range(bursts)]


@pytest.mark.parametrize(
    ("signals", "who"),
    [
        ([[], busy(60)], Role.CUSTOMER),
        ([busy(60), []], Role.AGENT),
        ([busy(60, on=0.7, off=0.7, bursts=3), []], Role.AGENT),
        ([busy(60), busy(60)], None),
        ([[], []], None),
        ([[], busy(60, bursts=2)], None),
        ([[], busy(60, on=0.1, off=0.1)], None),
        ([[], busy(60, on=1.0, off=4.0, bursts=4)], None),
        ([[], busy(60, bursts=3)], None),
        ([[], busy(30)], None),
        ([busy(60)], None),
    ],
    ids=["customer", "agent", "congestion", "both", "none", "two", "keys", "ringing", "early end", "before", "mix"],
)
def test_whose_channel_ends_in_a_busy_tone(signals, who):
    length = max((spans[-1].end for spans in signals if spans), default=60.0) + 0.5
    length += 3.0 if signals == [[], busy(60, bursts=3)] else 0.0  # the tone stops, and the recording goes on
    assert hung_up(signals, 0, 58.0, length) is who
    if len(signals) == 2:
        assert hung_up(signals[::-1], 1, 58.0, length) is who, "whichever channel the agent is on"


def test_the_tone_is_found_in_the_sound():
    times = np.arange(6 * 16000) / 16000
    tone = (0.1 * np.sin(2 * np.pi * 450 * times) * (times % 0.7 < 0.35)).astype(np.float32)
    assert hung_up([find_signals(np.zeros_like(tone)), find_signals(tone)], 0, 0.0, 6.0) is Role.CUSTOMER


@pytest.mark.parametrize(
    ("by", "tone", "first"),
    [
        (None, Role.CUSTOMER, [("first", Role.CUSTOMER, 0.8)]),
        (None, Role.AGENT, [("first", Role.AGENT, 0.8)]),
        ("customer", Role.AGENT, [("first", Role.CUSTOMER, 1.0)]),
        ("system", Role.AGENT, []),
        (None, None, []),
    ],
)
def test_the_record_goes_first_and_a_tone_is_less_sure(by, tone, first):
    call = replace(hearing("坐席：再见", call=replace(CALL, hangup_by=by)), hung_up=tone)
    quality = replace(call.quality, role_confidence=1.0)
    found = HANGUP.findings(replace(call, quality=quality))
    assert [(f.term, f.role, f.confidence) for f in found] == first


@pytest.mark.parametrize(("tone", "share", "unsure"), [(Role.CUSTOMER, 1.0, False), (Role.AGENT, None, True)])
def test_a_tone_on_the_agents_line_is_left_to_a_person(tone, share, unsure):
    call = replace(hearing("坐席：再见", call=replace(CALL, hangup_by=None)), hung_up=tone)
    case = Case.of(call, tuple(HANGUP.findings(call)), shipped_titles())
    verdict = Hangup(kind="hangup").decide("让客户先收线", case)
    assert (verdict.share, verdict.unsure) == (share, unsure)
    assert bool(verdict.reasons) is unsure
    assert ("请人工复核" in "".join(verdict.reasons)) is unsure


def test_roles_taken_for_each_other_swap_the_tone_too():
    assert replace(hearing("坐席：再见"), hung_up=Role.AGENT).swapped().hung_up is Role.CUSTOMER


# --- by a line that goes dead while the other party speaks on


def turn(who, start, characters):
    """A turn from a second on, a character each quarter of a second."""
    role = {"坐席": Role.AGENT, "客户": Role.CUSTOMER}[who]
    said = words("说" * characters, start)
    return Turn(0, role, Span(start, said[-1].span.end), "说" * characters, said, 1.0)


@pytest.mark.parametrize(
    ("gone", "turns", "length", "who"),
    [
        ((None, 58.0), [turn("客户", 50, 8), turn("坐席", 58, 8)], 62.0, Role.CUSTOMER),
        ((58.0, None), [turn("坐席", 50, 8), turn("客户", 57, 8)], 62.0, Role.AGENT),
        ((None, 58.0), [turn("坐席", 56.5, 8)], 62.0, Role.CUSTOMER),  # 0.5 s of its words after 58.0
        ((None, 58.0), [turn("坐席", 56.4, 8)], 62.0, None),  # 0.4 s
        ((None, 58.0), [turn("客户", 50, 8)], 62.0, None),
        ((None, 58.0), [turn("坐席", 58, 8), turn("客户", 60, 2)], 62.0, None),
        ((None, 58.0), [turn("坐席", 58, 4)], 59.5, Role.CUSTOMER),
        ((None, 58.0), [turn("坐席", 58, 4)], 59.4, None),
        ((None, 58.0), [turn("坐席", 58, 40)], 78.0, Role.CUSTOMER),
        ((None, 58.0), [turn("坐席", 58, 40)], 78.1, None),
        ((58.0, 58.0), [turn("坐席", 58, 8)], 62.0, None),
        ((None, None), [turn("坐席", 58, 8)], 62.0, None),
        ((58.0,), [turn("坐席", 58, 8)], 62.0, None),
    ],
    ids=[
        *(
            "customer",
            "agent",
            "half a second",
            "less of it",
            "nobody speaks on",
            "speaks out of a dead line",
            "1.5 s",
        ),
        *("too short", "20 s", "not recorded", "both", "neither", "mix"),
    ],
)
def test_whose_line_goes_dead_while_the_other_one_speaks(gone, turns, length, who):
    found = fell_silent(gone, 0, turns, length)
    assert (found and found.role) is who
    assert found is None or found.span == Span(58.0, length)
    swapped = fell_silent(gone[::-1], 1, turns, length) if len(gone) == 2 else None
    assert swapped == (found if len(gone) == 2 else None), "whichever channel the agent is on"


@pytest.mark.parametrize(
    ("dead", "start"),
    [
        ([(27.0, 30.0)], 27.0),
        ([], None),
        ([(20.0, 23.0)], None),  # the line comes back
        ([(0.0, 5.0), (27.0, 30.0)], 27.0),  # nobody had answered
        ([(10.0, 10.4), (27.0, 30.0)], 27.0),  # lost packets
        ([(10.0, 10.6), (27.0, 30.0)], None),  # silence suppression
        ([(0.0, 30.0)], None),
    ],
)
@pytest.mark.parametrize("idle", [0.0, 0.00024])
def test_from_when_a_channel_has_no_line_behind_it(dead, start, idle):
    line = (1e-3 * np.random.default_rng(1).standard_normal(30 * 16000)).astype(np.float32)
    for begin, end in dead:
        line[int(begin * 16000) : int(end * 16000)] = idle
    assert dead_from(line) == start


@pytest.mark.parametrize(
    ("by", "tone", "silent", "first"),
    [
        (None, None, Role.CUSTOMER, [("first", Role.CUSTOMER, 0.7)]),
        (None, None, Role.AGENT, [("first", Role.AGENT, 0.7)]),
        (None, Role.CUSTOMER, Role.AGENT, [("first", Role.CUSTOMER, 0.8)]),
        ("agent", None, Role.CUSTOMER, [("first", Role.AGENT, 1.0)]),
        ("system", None, Role.CUSTOMER, []),
    ],
)
def test_record_and_tone_go_before_silence(by, tone, silent, first):
    call = hearing("坐席：再见", call=replace(CALL, hangup_by=by))
    quality = replace(call.quality, role_confidence=1.0)
    call = replace(call, hung_up=tone, fell_silent=Unheard(silent, Span(64.0, 66.0)), quality=quality)
    found = list(HANGUP.findings(call))
    assert [(f.term, f.role, f.confidence) for f in found] == first
    if first and first[0][2] == 0.7:
        assert found[0].span == Span(64.0, 66.0), "the place to listen to"


@pytest.mark.parametrize(("silent", "share", "unsure"), [(Role.CUSTOMER, 1.0, False), (Role.AGENT, None, True)])
def test_an_agents_line_that_goes_dead_is_left_to_a_person(silent, share, unsure):
    call = hearing("坐席：再见", call=replace(CALL, hangup_by=None))
    call = replace(call, fell_silent=Unheard(silent, Span(64.0, 66.0)))
    verdict = Hangup(kind="hangup").decide(
        "让客户先收线", Case.of(call, tuple(HANGUP.findings(call)), shipped_titles())
    )
    assert (verdict.share, verdict.unsure) == (share, unsure)
    if unsure:
        assert "录音结尾从 01:04 起坐席一侧没有了线路声，可能是坐席先挂机，请人工复核" in verdict.reasons[0]
    assert call.swapped().fell_silent == Unheard(silent.other, Span(64.0, 66.0))
