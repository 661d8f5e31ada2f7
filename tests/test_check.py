"""A recording looked at before a night: what is told of its channels, levels and noise, and what can be scored."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.night.check import check_recording, files_of
from pipeline.audio.audio import open_recording
from pipeline.audio.levels import ChannelLevels, Frames
from pipeline.errors import ConfigurationError
from pipeline.timeline import Span

CALLS = Path(__file__).parent / "calls"
RATE = 16_000


@pytest.fixture(scope="module")
def call():
    """Channels of the bundled D04, 16 kHz: two parties who talk in turn, behind four rings."""
    return open_recording((CALLS / "D04.wav").read_bytes(), "D04.wav")[1]


def checked(tmp_path, audio, name="a.wav"):
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((len(audio), 2, RATE, 0, "NONE", ""))
        file.writeframes(np.rint(np.clip(audio.T, -1, 1) * 32767).astype("<i2").tobytes())
    (tmp_path / name).write_bytes(written.getvalue())
    return check_recording(files_of(str(tmp_path / name))[0])


def shown(*arguments):
    ended = CliRunner().invoke(app, ["check", *map(str, arguments)], env={"COLUMNS": "160"})
    return ended.exit_code, ended.output


def test_levels_of_a_channel_are_those_it_was_made_of():
    noise = np.random.default_rng(1).standard_normal((1, 10 * RATE)) * 0.001
    noise[:, 2 * RATE : 6 * RATE] += 0.1 * np.sin(np.arange(4 * RATE) / 5)
    levels = Frames.of(noise.astype(np.float32)).levels(0, [Span(2.0, 6.0)])
    assert levels.speech_db == pytest.approx(-23.0, abs=0.2)
    assert levels.noise_db == pytest.approx(-60.0, abs=0.5)
    assert levels.snr_db == pytest.approx(37.0, abs=0.6)
    assert levels.peak_db == pytest.approx(-20.0, abs=0.5)
    assert (levels.clipped, levels.offset, levels.speech_seconds) == (0.0, 0.0, 4.0)


def test_levels_of_silence_and_of_nothing():
    for num_samples in (0, 5, RATE):
        levels = Frames.of(np.zeros((1, num_samples), np.float32)).levels(0, [])
        assert levels == ChannelLevels(-120.0, 0.0, 0, None, None, 0.0)
        assert levels.snr_db is None


def test_an_offset_is_told_and_is_no_noise(call):
    spans = [Span(17.0, 20.0)]
    clean, shifted = (Frames.of(audio).levels(0, spans) for audio in (call, call + np.float32(0.1)))
    assert shifted.offset == pytest.approx(0.1, abs=0.002)
    assert shifted.speech_db == pytest.approx(clean.speech_db, abs=1.0)


@pytest.mark.parametrize("delay_s", [0.0, 0.15, 0.3])
@pytest.mark.parametrize("source", [0, 1])
@pytest.mark.parametrize("leak_db", [-15, -20, -25])
def test_a_leak_is_told_in_its_direction_and_strength(call, source, leak_db, delay_s):
    spans = ((Span(17.0, 28.0),), (Span(28.5, 45.0),)) if source == 0 else ((Span(40, 41),), (Span(20.0, 30.0),))
    chance = np.random.default_rng(1)
    talk = chance.standard_normal((2, 50 * RATE)).astype(np.float32) * 0.0005
    for n, own in enumerate(spans):
        for span in own:
            at = slice(int(span.start * RATE), int(span.end * RATE))
            talk[n, at] += 0.1 * chance.standard_normal(at.stop - at.start).astype(np.float32)
    assert Frames.of(talk).leak_db(source, spans) is None
    echo = np.roll(talk[source], int(delay_s * RATE)) * 10 ** (leak_db / 20)
    talk[1 - source] += echo
    assert Frames.of(talk).leak_db(source, spans) == pytest.approx(leak_db, abs=1.5)
    assert Frames.of(talk).leak_db(1 - source, spans) is None


def test_two_parties_with_rings_can_be_scored(tmp_path, call):
    found = checked(tmp_path, call)
    assert found.is_usable
    assert (len(found.rings), found.silent, found.is_same_mix) == (4, (), False)
    assert found.leaks == (None, None)
    assert min(each.snr_db for each in found.levels) > 25
    code, said = shown(tmp_path / "a.wav")
    assert code == 0
    for sentence in ("16 位 PCM，16000 Hz，2 声道", "响铃 4 声", "双方各占一个声道", "声音清楚", "信噪比"):
        assert sentence in said


def test_noise_is_estimated_and_told(tmp_path, call):
    noise = np.random.default_rng(1).standard_normal(call.shape).astype(np.float32)
    found = checked(tmp_path, call + 0.008 * noise)
    assert min(each.snr_db for each in found.levels) < 15
    assert "有噪声" in shown(tmp_path / "a.wav")[1]


def test_a_mix_a_dead_channel_and_clipping_are_told(tmp_path, call):
    mix = call.mean(axis=0)
    checked(tmp_path, mix[None], "mono.wav")
    checked(tmp_path, np.stack([mix, 0.5 * mix]), "same.wav")
    checked(tmp_path, np.stack([call[0], 0 * mix]), "dead.wav")
    checked(tmp_path, np.clip(30 * call, -1, 1), "loud.wav")
    code, said = shown(tmp_path)
    assert code == 0
    for sentence in (
        "同一份混音",
        "混合声道，按声音区分",
        "声道 2 没有人声",
        "录音过载",
        "录音 4：可用 4，不可用 0",
    ):
        assert sentence in said


def test_what_cannot_be_used_is_said_and_is_the_exit_code(tmp_path, call):
    checked(tmp_path, call, "good.wav")
    checked(tmp_path, 0 * call, "silent.wav")
    checked(tmp_path, call[:, :40], "short.wav")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_bytes("不是录音".encode() * 99)
    code, said = shown(tmp_path)
    assert code == 1
    assert "录音 5：可用 1，不可用 4" in said
    assert "empty.wav　不能使用：录音为空" in said
    assert "没有人说话" in said
    assert "Traceback" not in said


def test_a_file_that_is_named_is_looked_at_whatever_its_ending(tmp_path, call):
    checked(tmp_path, call, "a.wav").is_usable  # noqa: B018
    (tmp_path / "a.wav").rename(tmp_path / "a.bin")
    assert check_recording(files_of(str(tmp_path / "a.bin"))[0]).is_usable
    (tmp_path / "none").mkdir()
    with pytest.raises(ConfigurationError, match="holds none"):
        files_of(str(tmp_path / "none"))
