"""A long recording gone through block by block gives what it gives as a whole."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from models import speech
from pipeline.audio import power
from pipeline.audio.audio import open_recording
from pipeline.audio.loudness import levels_db
from pipeline.audio.playback import waveform
from pipeline.audio.power import frame_peak, frame_power
from pipeline.hearing.acoustics import find_music
from pipeline.timeline import Span

CALLS = Path(__file__).parent / "calls"


@pytest.fixture(scope="module")
def audio():
    return open_recording((CALLS / "D04.wav").read_bytes(), "D04.wav")[1]


@pytest.fixture
def in_blocks(monkeypatch):
    """Of half a second, which divides none of the recordings."""
    monkeypatch.setattr(power, "BLOCK_SAMPLES", 8_000)
    monkeypatch.setattr(speech, "VOICE_FRAMES", 16)


@pytest.mark.parametrize("num_samples", [0, 1, 799, 800, 801, 123_457])
@pytest.mark.parametrize("channels", [(), (1,), (2,)])
def test_power_and_peak_are_those_of_the_whole(channels, num_samples, in_blocks):
    samples = np.random.default_rng(1).standard_normal((*channels, num_samples)).astype(np.float32)
    whole = samples[..., : num_samples // 800 * 800].reshape(*channels, -1, 800)
    assert np.array_equal(frame_power(samples, 800), np.mean(np.square(whole, dtype=np.float64), axis=-1))
    padded = np.pad(np.abs(samples), [(0, 0)] * len(channels) + [(0, -num_samples % 800)])
    assert np.array_equal(frame_peak(samples, 800), padded.reshape(*channels, -1, 800).max(axis=-1))


def test_the_voice_probability_is_that_of_silero_s_own_model(audio, monkeypatch):
    samples = np.tile(audio[0], 8)[:-37]  # two blocks, and a frame that is not full
    own = get_vad_model()(np.pad(samples, (0, -len(samples) % 512))).reshape(-1)
    assert len(own) > speech.VOICE_FRAMES
    in_two = speech._silero(samples)
    assert np.array_equal(in_two[:-1], own[:-1])
    assert in_two[-1] == pytest.approx(own[-1], abs=0.01)  # its own model blanks the last 4 ms
    monkeypatch.setattr(speech, "VOICE_FRAMES", 1_000)
    assert np.allclose(speech._silero(samples), in_two, atol=1e-5)


def test_speech_music_and_waveform_of_a_call_are_the_same(audio, request):
    def heard():
        spans = [speech.find_speech(channel) for channel in audio]
        music = find_music(audio, spans[0], [*spans[0], *spans[1]], [Span(0.5, 1.5)])
        return spans, music, waveform(audio).peaks.tolist()

    whole = heard()
    request.getfixturevalue("in_blocks")
    assert heard() == whole


@pytest.mark.parametrize(
    "look",
    [
        waveform,
        lambda audio: find_music(audio, [], [], []),
        lambda audio: levels_db(audio[0]),
    ],
    ids=["waveform", "find_music", "level"],
)
def test_a_long_call_takes_a_small_part_of_its_own_size(look):
    audio = np.zeros((2, 20 * 60 * 16_000), np.float32)
    tracemalloc.start()
    look(audio)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < audio.nbytes / 4
