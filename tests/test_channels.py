"""Two channels beside each other: one mix twice, a channel without a voice, a line that dies."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.channels import dead_stretches, layout, louder_copy, same_mix
from pipeline.timeline import Span
from tests.lines import alaw
from tests.test_audio import encoded

CALLS = Path(__file__).parent / "calls"


def noise(seed, db=-20.0, seconds=2.0):
    return 10 ** (db / 20) * np.random.default_rng(seed).standard_normal(round(seconds * SAMPLING_RATE))


def channels(*samples):
    return np.stack(samples).astype(np.float32)


AGENT, CUSTOMER = noise(1), noise(2)


@pytest.mark.parametrize(
    ("audio", "one_mix"),
    [
        pytest.param(channels(AGENT, AGENT), True, id="identical"),
        pytest.param(channels(AGENT, 0.1 * AGENT), True, id="quieter"),
        pytest.param(channels(AGENT, -AGENT), True, id="inverted"),
        pytest.param(channels(AGENT, AGENT + noise(3, -40)), True, id="codec-noise"),
        pytest.param(channels(AGENT, AGENT + noise(3, -34)), False, id="a-party-14-dB-below"),
        pytest.param(channels(AGENT, CUSTOMER), False, id="two-parties"),
        pytest.param(channels(AGENT, CUSTOMER + 0.1 * AGENT), False, id="two-parties-with-echo"),
        pytest.param(channels(AGENT, np.zeros_like(AGENT)), False, id="second-silent"),
        pytest.param(channels(np.zeros_like(AGENT), AGENT), False, id="first-silent"),
        pytest.param(channels(np.zeros_like(AGENT), np.zeros_like(AGENT)), False, id="both-silent"),
        pytest.param(channels(AGENT), False, id="mono"),
    ],
)
def test_same_mix(audio, one_mix):
    assert same_mix(audio) is one_mix


@pytest.mark.parametrize(("codec", "container"), [("pcm_alaw", "wav"), ("libmp3lame", "mp3"), ("libopus", "ogg")])
def test_same_mix_after_coding(codec, container):
    agent, customer = (np.convolve(party, np.hanning(16) / 8, "same") for party in (AGENT, CUSTOMER))  # below 2 kHz
    mixed = encoded(channels(agent + customer, 0.5 * (agent + customer)), SAMPLING_RATE, container, codec)
    apart = encoded(channels(agent, customer), SAMPLING_RATE, container, codec)
    assert same_mix(open_recording(mixed, f"call.{container}")[1])
    assert not same_mix(open_recording(apart, f"call.{container}")[1])


@pytest.mark.parametrize(
    ("name", "one_mix"),
    [("D19.wav", True), ("D04.wav", False), ("D07.mp3", False), ("D12.ogg", False), ("D03.wav", False)],
)
def test_same_mix_of_calls(name, one_mix):
    assert same_mix(open_recording((CALLS / name).read_bytes(), name)[1]) is one_mix


@pytest.mark.parametrize(("gain", "delay_s"), [(1.0, 0.002), (0.3, 0.3), (3.0, -0.1)])
def test_a_mix_that_comes_twice_is_one_mix_however_late(gain, delay_s):
    """Every sentence would be heard twice, the second time said by the other party."""
    mix = open_recording((CALLS / "D24.wav").read_bytes(), "D24.wav")[1][0][27 * SAMPLING_RATE : 50 * SAMPLING_RATE]
    late = np.roll(mix, round(delay_s * SAMPLING_RATE))
    audio = np.stack([alaw(0.3 * mix), alaw(0.3 * gain * late)])
    assert same_mix(audio)
    assert louder_copy(audio) == int(gain > 2)


def test_a_leak_is_no_copy():
    audio = open_recording((CALLS / "D04.wav").read_bytes(), "D04.wav")[1]
    for source, delay in ((0, 0), (1, 1_600)):
        leaking = audio.copy()
        leaking[1 - source] += 0.3 * np.roll(audio[source], delay)
        assert not same_mix(leaking)


@pytest.mark.parametrize(
    ("speech", "holds"),
    [
        ([[], []], "silent"),
        ([[]], "silent"),
        ([[Span(0, 1)]], "mono"),
        ([[], [Span(0, 1)]], "one_silent"),
        ([[Span(1, 2)], [Span(0, 1)]], "two_parties"),
    ],
)
def test_layout(speech, holds):
    assert layout(speech).value == holds


LINE = noise(3, -62.0, 30.0)


@pytest.mark.parametrize("idle", [0.0, 0.00024])
def test_a_line_that_dies(idle):
    """Digital silence, or the constant step that A-law has for it."""
    cut = LINE.copy()
    cut[12 * SAMPLING_RATE :] = idle
    assert dead_stretches(cut.astype(np.float32)) == (Span(12.0, 30.0),)


def test_a_quiet_line_is_not_dead():
    assert dead_stretches(LINE.astype(np.float32)) == ()
    assert dead_stretches(alaw(LINE)) == ()


def test_silence_suppression_is_no_dead_line():
    """Where every pause is digital silence, a long one tells nothing."""
    talk = noise(4, -20.0, 30.0).reshape(15, -1)
    talk[1::2] = 0.0
    listening = np.concatenate((talk.reshape(-1), np.zeros(10 * SAMPLING_RATE)))
    assert dead_stretches(listening.astype(np.float32)) == ()
