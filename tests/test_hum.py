"""Offset, rumble and mains hum are found and taken out; all else stays."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.hum import find_hum, remove_hum
from pipeline.audio.ringing import find_ringback
from pipeline.timeline import subtract
from tests.lines import alaw, hum

CALLS = Path(__file__).parent / "calls"


@cache
def call(name):
    return open_recording((CALLS / name).read_bytes(), name)[1][0]


@cache
def speech_of(name):
    return find_speech(call(name))


def seconds(spans):
    return sum(span.duration for span in spans)


def offsets(num_samples):
    times = np.arange(num_samples) / SAMPLING_RATE
    return {
        "constant-2-percent": np.full(num_samples, 0.02),
        "constant-30-percent": np.full(num_samples, 0.3),
        "wandering": 0.1 * np.sin(times / 7),
        "from-the-middle": 0.1 * (times > times[-1] / 2),
        "hum-20": hum(num_samples, -20.0),
        "hum-30": hum(num_samples, -30.0),
        "hum-60-hz": hum(num_samples, -20.0, 60.0),
        "hum-and-offset": hum(num_samples, -20.0) + 0.05,
    }


@pytest.mark.parametrize("kind", offsets(2))
def test_speech_and_rings_are_found_under_it(kind):
    samples, own = call("D03.wav"), speech_of("D03.wav")
    spoilt = np.clip(samples + offsets(len(samples))[kind], -1.0, 1.0).astype(np.float32)
    assert find_ringback(spoilt[None]).rings == find_ringback(samples[None]).rings
    assert remove_hum(spoilt)
    found = find_speech(spoilt)
    assert seconds(subtract(own, found)) < 0.12 * seconds(own)
    assert seconds(subtract(found, own)) < 0.1 * seconds(own)


@pytest.mark.parametrize(
    "name", ["D03.wav", "D04.wav", "D07.mp3", "D12.ogg", "D14.g722", "D17.wav", "D24.wav", "D25.wav"]
)
def test_a_clean_recording_stays_as_it_is(name):
    samples = call(name).copy()
    assert remove_hum(samples) is None
    assert (samples == call(name)).all()


def test_after_a_codec():
    samples = alaw(call("D24.wav") + 0.02 + hum(len(call("D24.wav")), -25.0))
    assert find_hum(samples).lines_db == pytest.approx(-25.0, abs=0.7)


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(100), np.zeros(90_000), np.eye(1, 90_000, 40_000)[0]])
def test_whatever_comes(samples):
    samples = samples.astype(np.float32)
    assert remove_hum(samples) is None


def test_a_tone_in_cadence_is_no_hum():
    times = np.arange(60 * SAMPLING_RATE) / SAMPLING_RATE
    ringing = 0.1 * np.sin(2 * np.pi * 450 * times) * (times % 5 < 1)
    assert find_hum(ringing.astype(np.float32)) is None


def test_white_noise_is_no_rumble():
    noise = 0.1 * np.random.default_rng(1).standard_normal(10 * SAMPLING_RATE)
    assert find_hum(noise.astype(np.float32)) is None
