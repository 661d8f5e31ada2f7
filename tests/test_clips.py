"""Read clips: their file, what a telephone makes of them, and the CER that `callqa eval --clips` prints."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.learning import clips as shown
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.errors import ConfigurationError
from pipeline.hearing.transcript import Segment, Word
from pipeline.timeline import Span
from pipeline.validation.accuracy.clips import Clip, HeardClip, cer_by_source, read_clips
from pipeline.validation.accuracy.telephone import on_a_telephone
from tests.noises import CLIPS

NAMES = ("aishell3_SSB03070366.flac", "aishell3_SSB00090181.flac")
SAID = ("您好请讲", "再见")


def index(folder, *rows):
    file = folder / "clips.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.fixture
def file(tmp_path):
    rows = [
        {"file": str(CLIPS / name), "text": text, "source": f"corpus {n}{80 * 'x'}@revision:path"}
        for n, (name, text) in enumerate(zip(NAMES, SAID, strict=True))
    ]
    return index(tmp_path, *rows)


def test_clips_of_a_file(file):
    first, second = read_clips(file)
    assert (first.path, first.text, first.source) == (CLIPS / NAMES[0], "您好请讲", f"corpus 0{80 * 'x'}")
    assert second.source == f"corpus 1{80 * 'x'}"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "holds no clips"),
        ([{"file": "a.wav", "text": "好"}], "clips.jsonl:1: lacks `source`"),
        ([{"file": "a.wav", "text": "好", "source": "x"}], "clips.jsonl:1: .*a.wav is not there"),
        ([{"file": "clips.jsonl", "text": "。", "source": "x"}], "clips.jsonl:1: `text` holds nothing"),
        (["好"], "clips.jsonl:1: lacks `file`"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, rows, told):
    with pytest.raises(ConfigurationError, match=told):
        read_clips(index(tmp_path, *rows))


def test_a_file_that_is_no_json_says_where(tmp_path):
    broken = tmp_path / "clips.jsonl"
    broken.write_text("\n{", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"clips\.jsonl:2: is not valid JSON"):
        read_clips(broken)


def test_cer_by_source_counts_characters_and_draws_clips(tmp_path):
    one, other = Clip(tmp_path, "您好请讲", "a"), Clip(tmp_path, "再见", "b")
    heard = [
        HeardClip(one, "wide", "您好请将"),
        HeardClip(other, "wide", ""),
        HeardClip(other, "telephone", "再见"),
    ]
    figures = cer_by_source(heard)
    wide = {source: measures["wide"] for source, measures in figures.items()}
    assert {source: (each.numerator, each.denominator) for source, each in wide.items()} == {
        "a": (1, 4),
        "b": (2, 2),
        "all": (3, 6),
    }
    assert wide["all"].interval == (0.25, 1.0)
    assert figures["b"]["telephone"].value == 0.0


def power_db(samples, low, high):
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLING_RATE)
    power = np.abs(np.fft.rfft(samples)) ** 2 / len(samples) ** 2
    return 10 * np.log10(power[(hz >= low) & (hz < high)].sum() + 1e-20)


def test_a_telephone_keeps_its_band_and_lays_noise_at_the_ratio():
    clip = 0.1 * np.random.default_rng(1).standard_normal(SAMPLING_RATE * 4).astype(np.float32)
    heard = on_a_telephone(clip)
    assert len(heard) == len(clip)
    assert power_db(heard, 400, 3200) == pytest.approx(power_db(clip, 400, 3200), abs=0.5)
    assert power_db(heard, 4100, 8000) < power_db(heard, 400, 3200) - 30
    assert power_db(heard, 0, 100) < power_db(clip, 0, 100) - 20
    noise = on_a_telephone(clip, 10.0) - heard
    assert power_db(noise, 0, 8000) == pytest.approx(power_db(heard, 0, 8000) - 10, abs=0.5)


@pytest.fixture
def ears(monkeypatch):
    """Ears that hear one sentence on every line, and nothing in the noise of the second clip."""
    heard = []

    def transcribe(samples, speech, channel):
        heard.append(samples)
        assert speech
        text = "" if len(heard) == 6 else "您好"
        return (Segment(channel, (Word(text, Span(0.0, 1.0), 0.9),)),) if text else ()

    given = SimpleNamespace(recognizer=SimpleNamespace(transcribe=transcribe), segmentation=None)
    monkeypatch.setattr(shown, "load_ears", lambda *_: given)
    return heard


def test_eval_hears_clips_wide_on_a_telephone_and_in_noise(file, ears, tmp_path):
    result = CliRunner().invoke(
        app, ["eval", "--clips", str(file), "--snr", "10", "--json", str(tmp_path / "out.json")]
    )
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(row["line"], row["heard"], row["edits"]) for row in rows] == [
        *((line, "您好", 2) for line in ("wide", "telephone", "10 dB")),
        *((line, "您好", 2) for line in ("wide", "telephone")),
        ("10 dB", "", 2),
    ]
    assert len(ears) == 6
    assert result.output.count("0.667  .50–1.00") == 3, "4 of 6 characters on each line, whole beside a long name"
    assert f"10 dB: 1 clips without a word: {NAMES[1]}" in result.output


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "either --truth"),
        (["--truth", ".", "--clips", "clips.jsonl"], "either --truth"),
        (["--truth", ".", "--snr", "10"], "--snr is for --clips"),
    ],
)
def test_eval_of_neither_or_both_is_a_wrong_usage(given, told):
    result = CliRunner().invoke(app, ["eval", *given])
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
