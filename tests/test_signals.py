"""Signals of the network and of machines: never speech, music, hold or ringing; and nothing else is one."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio.ringing import find_ringback
from pipeline.audio.signals import find_signals
from pipeline.findings.detectors.hold import HOLD
from pipeline.findings.detectors.silence import SILENCE
from pipeline.hearing.acoustics import find_music, with_signals
from pipeline.hearing.turns import Role
from pipeline.timeline import Span, subtract
from tests.builders import talk

RATE = 16_000
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = {key: (LOW[n // 3], HIGH[n % 3]) for n, key in enumerate("123456789*0#")}


def tones(seconds: float, *parts: tuple[float, float, tuple[float, ...]], level: float = 0.1, noise: float = 3e-4):
    """One channel as the telephone gives it, with tones ``(start, end, frequencies)``: 8 kHz, A-law-like steps."""
    times = np.arange(round(seconds * RATE)) / RATE
    samples = np.random.default_rng(1).normal(0, noise, len(times))
    for start, end, hz in parts:
        inside = (start <= times) & (times < end)
        samples += inside * sum(level / len(hz) * np.sin(2 * np.pi * one * times) for one in hz)
    return samples.astype(np.float32)


def train(hz: tuple[float, ...], on: float, off: float, seconds: float = 8.0, start: float = 0.5):
    begins = np.arange(start, seconds - on, on + off)
    return tuple((at, at + on, hz) for at in begins.tolist())


SIGNALS = {
    "dial": ((0.5, 6.0, (450,)),),
    "dial, 425 Hz": ((0.5, 6.0, (425,)),),
    "dial, North America": ((0.5, 6.0, (350, 440)),),
    "busy": train((450,), 0.35, 0.35),
    "busy, North America": train((480, 620), 0.5, 0.5),
    "congestion": train((450,), 0.7, 0.7),
    "waiting": train((450,), 0.4, 4.0),
    "special dial": train((450,), 0.4, 0.04),
    "number unobtainable": tuple(
        (at + n * 0.2, at + n * 0.2 + (0.4 if n == 3 else 0.1), (450,)) for at in (0.5, 2.0, 3.5) for n in range(4)
    ),
    "special information": tuple(
        (at + n * 0.33, at + n * 0.33 + 0.33, (hz,)) for at in (0.5, 3.0) for n, hz in enumerate((950, 1400, 1800))
    ),
    "fax calls": train((1100,), 0.5, 3.0),
    "fax answers": ((0.5, 3.8, (2100,)),),
    "modem calls": train((1300,), 0.5, 1.5),
    "recording beep": train((1400,), 0.5, 3.0),
    "beep": ((2.0, 2.3, (1000,)),),
    "keys": tuple((0.5 + 0.4 * n, 0.6 + 0.4 * n, KEYS[key]) for n, key in enumerate("13800001111#")),
    "keys, quick": tuple((0.5 + 0.14 * n, 0.57 + 0.14 * n, KEYS[key]) for n, key in enumerate("13800001111#")),
}


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("level", [0.3, 0.02])
def test_every_signal_is_found_where_it_sounds_and_nowhere_else(name, level):
    parts = SIGNALS[name]
    found = find_signals(tones(8.0, *parts, level=level))
    sounding = [Span(start, end) for start, end, _ in parts]
    missed = sum(span.duration for span in subtract(sounding, found))
    beyond = sum(span.duration for span in subtract(found, [Span(s.start - 0.05, s.end + 0.05) for s in sounding]))
    assert missed < 0.1 * sum(span.duration for span in sounding) + 0.02
    assert beyond == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("name", SIGNALS)
def test_no_signal_but_ringing_is_counted_as_rings(name):
    assert find_ringback(tones(8.0, *SIGNALS[name])[None]).rings == 0


@pytest.mark.parametrize("name", SIGNALS)
def test_no_signal_is_music(name):
    samples = tones(8.0, *SIGNALS[name])
    assert find_music(samples[None], [], [], find_signals(samples)) == ()


def melody(
    seconds: float = 8.0, notes: tuple[float, ...] = (392, 440, 494, 523, 440, 349, 392, 440), voice: float = 0.0
):
    length = seconds / len(notes)
    return tones(seconds, *((n * length, (n + 1) * length, (hz,)) for n, hz in enumerate(notes)))


def buzz(hz: float, seconds: float = 4.0):
    """A voice-like sound: all harmonics of a pitch that moves a little."""
    times = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(hz * (1 + 0.02 * np.sin(2 * np.pi * 4 * times))) / RATE
    return (0.02 * sum(np.sin(k * phase) / k for k in range(1, 12))).astype(np.float32)


@pytest.mark.parametrize(
    "samples",
    [
        melody(),
        melody(notes=(523,)),
        buzz(110),
        buzz(225),
        np.random.default_rng(0).normal(0, 0.05, 4 * RATE).astype(np.float32),
        np.zeros(4 * RATE, np.float32),
        np.zeros(100, np.float32),
    ],
    ids=["melody", "note", "low voice", "high voice", "noise", "silence", "nothing"],
)
def test_music_voices_and_noise_are_no_signals(samples):
    assert find_signals(samples) == ()


def test_a_long_recording_is_taken_in_blocks():
    late = find_signals(tones(130.0, (59.8, 60.4, (450,)), (120.0, 121.0, (2100,))))
    assert [(round(s.start, 1), round(s.end, 1)) for s in late] == [(59.8, 60.4), (120.0, 121.0)]


def test_keyed_digits_are_neither_a_hold_nor_dead_air():
    keyed = [Span(s, e) for s, e, _ in SIGNALS["keys"]]
    later = [span.shift(12.0) for span in keyed]  # the customer keys a number from 12.5 to 17 s
    call = talk(("坐席", 10.0, "请您输入密码"), ("客户", 19.0, "输好了"))
    assert [f.detector for f in SILENCE.findings(call, ())] == ["silence"]
    heard = with_signals(call.acoustics, np.zeros((2, 20 * RATE), np.float32), [[], later])
    assert {stretch.role for stretch in heard.stretches} == {Role.AGENT, Role.SYSTEM, Role.CUSTOMER}
    keyed_in = replace(call, acoustics=heard)
    assert not [*SILENCE.findings(keyed_in, ()), *HOLD.findings(keyed_in, ())]
