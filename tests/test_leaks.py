"""What leaks from one channel into the other is taken out, and what is said at the same time stays."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, level_db, open_recording
from pipeline.audio.leaks import remove_leaks
from pipeline.timeline import Span, subtract
from tests.lines import alaw, leaking

CALLS = Path(__file__).parent / "calls"
COLOUR = (1.0, 0.5, 0.25, -0.3, 0.1)


@cache
def call(name):
    """Two parties without a leak, from after the ringing on."""
    audio = open_recording((CALLS / name).read_bytes(), name)[1]
    return audio[:, 17 * SAMPLING_RATE : 42 * SAMPLING_RATE]


@cache
def speech_of(name):
    return [find_speech(channel) for channel in call(name)]


def seconds(spans):
    return sum(span.duration for span in spans)


def wider(spans):
    return [Span(max(0.0, span.start - 0.1), span.end + 0.1) for span in spans]


@pytest.mark.parametrize(
    ("name", "source", "db", "delay_s", "colour"),
    [
        ("D04.wav", 0, -10, 0.0, (1.0,)),
        ("D12.ogg", 1, -10, 0.3, COLOUR),
        ("D04.wav", 1, -20, 0.15, (1.0,)),
        ("D12.ogg", 0, -27, 0.06, COLOUR),
        ("D04.wav", 0, -35, 0.08, (1.0,)),
    ],
)
def test_a_leak_is_no_speech(name, source, db, delay_s, colour):
    audio, own = leaking(call(name), source, db, delay_s, colour), speech_of(name)
    remove_leaks(audio)
    for channel in (0, 1):
        found = find_speech(audio[channel])
        assert seconds(subtract(found, wider(own[channel]))) < 0.3
        assert seconds(subtract(own[channel], found)) < 0.3


def test_a_leak_both_ways():
    audio, own = leaking(leaking(call("D04.wav"), 0, -18, 0.12), 1, -22, 0.03, COLOUR), speech_of("D04.wav")
    into_agent, into_customer = remove_leaks(audio)
    assert (into_agent.delay, into_customer.delay) == (pytest.approx(0.03, abs=1e-3), pytest.approx(0.12, abs=1e-3))
    for channel in (0, 1):
        found = find_speech(audio[channel])
        assert seconds(subtract(found, wider(own[channel]))) < 0.3
        assert seconds(subtract(own[channel], found)) < 0.3


@pytest.mark.parametrize("below_db", [0, 20, 30])
def test_who_speaks_under_a_leak_is_heard(below_db):
    """Double talk: the customer speaks while the agent does, however much fainter."""
    agent, customer = call("D04.wav")
    both = np.stack([agent, np.roll(customer, 3 * SAMPLING_RATE) * 10 ** (-below_db / 20)])
    alone = find_speech(both[1])
    audio = leaking(both, 0, -15, 0.05)
    remove_leaks(audio)
    assert seconds(subtract(alone, find_speech(audio[1]))) < 0.15 * seconds(alone)


@pytest.mark.parametrize("name", ["D04.wav", "D12.ogg"])
def test_without_a_leak_nothing_changes(name):
    audio = call(name).copy()
    assert remove_leaks(audio) == (None, None)
    assert (audio == call(name)).all()


@pytest.mark.parametrize(
    "audio",
    [
        np.zeros((2, 0)),
        np.zeros((2, 100)),
        np.zeros((2, 3 * SAMPLING_RATE)),
        np.stack([np.zeros(SAMPLING_RATE), np.random.default_rng(1).standard_normal(SAMPLING_RATE)]),
        np.stack([np.full(SAMPLING_RATE, 0.5), np.full(SAMPLING_RATE, 0.5)]),
        np.eye(2, 20_000),
    ],
)
def test_whatever_comes(audio):
    audio = audio.astype(np.float32)
    remove_leaks(audio)
    assert np.isfinite(audio).all()
    assert remove_leaks(audio[:1]) == ()


def test_what_is_left_is_as_faint_as_the_line():
    agent = call("D04.wav")[0]
    line = 1e-3 * np.random.default_rng(5).standard_normal(len(agent))
    audio = leaking(np.stack([agent, line]).astype(np.float32), 0, -15, 0.1)
    remove_leaks(audio)
    assert level_db(audio[1]) == pytest.approx(level_db(alaw(line)), abs=2.0)
    assert find_speech(audio[1]) == ()
