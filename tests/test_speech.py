"""Speech found where somebody speaks: on generated tones and music, and on the recorded calls under tests/calls."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.speech import MAX_PAUSE_S, MIN_SPEECH_S, find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.timeline import Span, subtract, union

CALLS = Path(__file__).parent / "calls"
TRUTHS = {
    path.name.partition(".")[0]: truth
    for path in sorted(CALLS.glob("*.truth.json"))
    if (truth := json.loads(path.read_text(encoding="utf-8")))["lines"]
}
CHORD, LONE_NOTE = (1.0, 1.25, 1.5), (1.0,)


def scaled(samples, db):
    return samples * 10 ** (db / 20) / np.sqrt(np.mean(samples**2))


def noise(seconds, db, seed=0):
    return scaled(np.random.default_rng(seed).standard_normal(round(seconds * SAMPLING_RATE)), db)


def note(seconds, hz, chord=LONE_NOTE, decay_per_s=0.0):
    """A note with three overtones, or a chord of them, struck or held."""
    times = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    waves = sum(
        strength * np.sin(2 * np.pi * hz * ratio * (n + 1) * times)
        for ratio in chord
        for n, strength in enumerate((1.0, 0.5, 0.25, 0.12))
    )
    return waves * np.exp(-decay_per_s * times) * np.minimum(1, np.minimum(times, times[::-1]) / 0.005)


def music(seconds, beat, db=-20.0, seed=0, **sound):
    """A melody in C major."""
    rng = np.random.default_rng(seed)
    scale_hz = (262, 294, 330, 349, 392, 440, 494, 523)
    return scaled(
        np.concatenate([note(beat, rng.choice(scale_hz), **sound) for _ in range(round(seconds / beat))]), db
    )


def tone(seconds, *frequencies_hz, db=-20.0):
    times = np.arange(round(seconds * SAMPLING_RATE)) / SAMPLING_RATE
    return scaled(sum(np.sin(2 * np.pi * hz * times) for hz in frequencies_hz), db)


def cadence(num_times, on, off, *frequencies_hz):
    """A tone that comes and goes."""
    silence = np.zeros(round(off * SAMPLING_RATE))
    return np.concatenate([part for _ in range(num_times) for part in (tone(on, *frequencies_hz), silence)])


def on_a_line(samples):
    """The same with the faint noise of a telephone line."""
    return (samples + noise(len(samples) / SAMPLING_RATE, -60.0)[: len(samples)]).astype(np.float32)


@cache
def opened(call_id):
    name = TRUTHS[call_id]["recording"]
    return open_recording((CALLS / name).read_bytes(), name)[1]


def bursts(call_id):
    return [Span(*burst) for burst in TRUTHS[call_id]["ringback"]["bursts"]]


def seconds(spans):
    return sum(span.duration for span in spans)


def shared(spans, others):
    return seconds(spans) - seconds(subtract(spans, others))


# -- what is not speech ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(np.zeros(0), id="nothing"),
        pytest.param(np.zeros(100), id="less-than-a-frame"),
        pytest.param(np.zeros(10 * SAMPLING_RATE), id="digital-silence"),
        pytest.param(noise(10, -60.0), id="line-noise"),
        pytest.param(noise(10, -25.0), id="loud-noise"),
        pytest.param(
            on_a_line(noise(10, -25.0) * (np.arange(10 * SAMPLING_RATE) % 9_000 < 5_000)), id="noise-in-bursts"
        ),
        pytest.param(np.eye(1, 5 * SAMPLING_RATE, 40_000)[0], id="a-click"),
    ],
)
def test_silence_and_noise(samples):
    assert find_speech(samples.astype(np.float32)) == ()


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param(cadence(3, 1.0, 4.0, 450), id="ringing"),
        pytest.param(cadence(15, 0.35, 0.35, 450), id="busy"),
        pytest.param(cadence(8, 0.7, 0.7, 450), id="congestion"),
        pytest.param(cadence(30, 0.1, 0.1, 770, 1336), id="keys-pressed"),
        pytest.param(cadence(3, 0.5, 3.0, 1100), id="fax"),
        pytest.param(tone(5.0, 450), id="dial-tone"),
    ],
)
def test_tones(samples):
    """Without being told where they are."""
    assert find_speech(on_a_line(samples)) == ()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "sound",
    [
        pytest.param({"beat": 0.5, "chord": CHORD, "decay_per_s": 3.0}, id="chords-struck"),
        pytest.param({"beat": 0.25, "chord": CHORD, "decay_per_s": 8.0}, id="chords-plucked"),
        pytest.param({"beat": 2.0, "chord": CHORD}, id="chords-held"),
        pytest.param({"beat": 0.4, "decay_per_s": 3.0}, id="melody-struck"),
        pytest.param({"beat": 1.0}, id="melody-held"),
    ],
)
def test_music(sound, seed):
    assert find_speech(on_a_line(music(15.0, seed=seed, **sound))) == ()


def test_call_that_nobody_answered():
    audio = open_recording((CALLS / "D25.wav").read_bytes(), "D25.wav")[1]
    assert find_speech(audio[0]) == ()


# -- what is speech ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call_id", TRUTHS)
def test_lines_of_the_calls(call_id):
    truth, audio = TRUTHS[call_id], opened(call_id)
    spoken = {channel: [] for channel in range(len(audio))}
    for line in truth["lines"]:
        channel = truth["channel_map"].index(line["speaker"]) if truth["layout"] == "stereo" else 0
        spoken[channel].append(Span(line["start"], line["end"]))
    if truth["layout"] == "dual_mono":
        spoken[1] = spoken[0]
    for channel, lines in spoken.items():
        found = find_speech(audio[channel], bursts(call_id))
        assert shared(union(lines), found) > 0.85 * seconds(union(lines)), f"channel {channel}"
        beside = subtract(found, [Span(line.start - 0.3, line.end + 0.3) for line in lines])
        assert seconds(beside) < 0.5, f"channel {channel}"


def test_stretches_are_in_order_with_pauses_between():
    found = find_speech(opened("D24")[0], bursts("D24"))
    assert len(found) >= len(TRUTHS["D24"]["lines"])
    assert all(span.duration >= MIN_SPEECH_S for span in found)
    assert all(one.gap(other) >= MAX_PAUSE_S - 1e-6 and one.end < other.start for one, other in pairwise(found))


def test_loudness_of_the_recording_does_not_matter():
    samples = opened("D24")[0]
    found, faint = find_speech(samples), find_speech((0.05 * samples).astype(np.float32))
    assert shared(found, faint) > 0.9 * seconds(found)
    assert shared(faint, found) > 0.9 * seconds(faint)


def test_nothing_is_found_in_what_is_said_to_be_ringing():
    samples = opened("D24")[0]
    line = Span(TRUTHS["D24"]["lines"][1]["start"], TRUTHS["D24"]["lines"][1]["end"])
    assert shared([line], find_speech(samples)) > 0.85 * line.duration
    assert shared([line], find_speech(samples, [line])) == 0.0


@pytest.mark.parametrize("db", [-18.0, -24.0, -30.0])
@pytest.mark.parametrize(
    ("sound", "limit_s"),
    [
        pytest.param({"beat": 0.5, "chord": CHORD, "decay_per_s": 3.0}, 0.6, id="chords-struck"),
        pytest.param({"beat": 0.25, "chord": CHORD, "decay_per_s": 8.0}, 0.6, id="chords-plucked"),
        pytest.param({"beat": 2.0, "chord": CHORD}, 0.6, id="chords-held"),
        # Single notes right beside a voice borrow its probability: see VOICE_WINDOW_S.
        pytest.param({"beat": 0.4, "decay_per_s": 3.0}, 1.6, id="melody-struck"),
    ],
)
def test_hold_music_between_two_lines(sound, limit_s, db):
    """Ten seconds of it in the pause before the fourth line; speech has -24 dB."""
    samples, lines = opened("D24")[0], TRUTHS["D24"]["lines"]
    start = (lines[2]["end"] + lines[3]["start"]) / 2
    played = music(10.0, db=db, **sound)
    at = round(start * SAMPLING_RATE)
    held = np.concatenate((samples[:at], played, samples[at:])).astype(np.float32)
    hold = Span(start, start + len(played) / SAMPLING_RATE)
    spoken = [
        Span(line["start"], line["end"]).shift(hold.duration if line["start"] > start else 0.0) for line in lines
    ]
    found = find_speech(held, bursts("D24"))
    assert shared([hold], found) < limit_s
    assert shared(spoken, found) > 0.85 * seconds(spoken)
