"""Speech in the noise of real lines, and a party far fainter than the other one."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.asr.packing import LEAD_S, TAIL_S
from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.clearing import clear
from pipeline.audio.loudness import FRAME_S, MOST_APART_DB, even, levels_db
from pipeline.timeline import Span, subtract, union
from tests.noises import CLIPS, KINDS, STEADY, at_level, laid_in, noise, on_a_quiet_line, on_the_phone, read_out

HERE = Path(__file__).parent
HOP = round(FRAME_S * SAMPLING_RATE)
PATHS = sorted(CLIPS.glob("*.flac"))


def seconds(spans):
    return sum(span.duration for span in spans)


def shared(spans, others):
    return seconds(spans) - seconds(subtract(spans, others))


@cache
def read():
    """The bundled clips in a row, and where they lie."""
    return read_out(PATHS)


def with_noise(kind, snr_db, seed=1):
    """The clips in noise that is so far below them; babble is made of the same readers."""
    speech, spans = read()
    return laid_in(speech, spans, noise(kind, len(speech), seed, PATHS), snr_db), spans


@cache
def found_clean():
    return find_speech(on_a_quiet_line(read()[0]))


@pytest.mark.parametrize(("snr_db", "at_least"), [(10.0, 0.95), (5.0, 0.85)])
@pytest.mark.parametrize("kind", KINDS)
def test_speech_in_noise_is_given_to_the_recogniser(kind, snr_db, at_least):
    noisy, spans = with_noise(kind, snr_db)
    (cleared,), _ = clear(noisy[None])
    found = find_speech(cleared)
    given = union(Span(span.start - LEAD_S, span.end + TAIL_S) for span in found)
    assert shared(found_clean(), given) > at_least * seconds(found_clean())
    beside = subtract(found, [Span(span.start - 0.3, span.end + 0.3) for span in spans])
    assert seconds(beside) < 1.0


@pytest.mark.parametrize("db", [-20.0, -40.0])
@pytest.mark.parametrize("kind", STEADY)
def test_noise_alone_is_no_speech(kind, db):
    assert find_speech(on_the_phone(at_level(noise(kind, 20 * SAMPLING_RATE, 2, PATHS), db))) == ()


def test_the_murmur_of_many_alone_is_hardly_ever_speech():
    """It is the speech of others: now and then one of them stands out as somebody near would."""
    murmur = [on_the_phone(at_level(noise("babble", 20 * SAMPLING_RATE, seed, PATHS), -30.0)) for seed in range(5)]
    assert sum(seconds(find_speech(one)) for one in murmur) < 5.0


def with_faint_customer(call_id, below_db):
    """A mixed call on a line with some noise, its customer fainter; with the lines of each."""
    truth = json.loads((HERE / "calls" / f"{call_id}.truth.json").read_text(encoding="utf-8"))
    name = truth["recording"]
    samples = open_recording((HERE / "calls" / name).read_bytes(), name)[1][0].copy()
    lines = {"agent": [], "customer": []}
    for line in truth["lines"]:
        span = Span(line["start"], line["end"])
        lines[line["speaker"]].append(span)
        if line["speaker"] == "customer":
            at = slice(round(span.start * SAMPLING_RATE), round(span.end * SAMPLING_RATE))
            samples[at] *= 10 ** (-below_db / 20)
    noise = 10 ** (-65 / 20) * np.random.default_rng(3).standard_normal(len(samples))
    tones = [Span(*burst) for burst in truth["ringback"]["bursts"]]
    return (samples + noise).astype(np.float32), lines, tones


MIXED = ["D08", "D24"]


@pytest.mark.parametrize("below_db", [15.0, 25.0, 32.0])
@pytest.mark.parametrize("call_id", MIXED)
def test_a_party_far_fainter_than_the_other_is_found(call_id, below_db):
    samples, lines, tones = with_faint_customer(call_id, below_db)
    found = find_speech(samples, tones)
    for party, spoken in lines.items():
        assert shared(spoken, found) > 0.8 * seconds(spoken), party


def test_a_faint_party_is_raised_and_the_other_one_stays():
    samples, lines, tones = with_faint_customer("D24", 30.0)
    raised = even(samples, find_speech(samples, tones))
    changed = raised != samples
    assert 12.0 < np.median(20 * np.log10(raised[changed] / samples[changed])) < 30.0

    def loudness(sound, spans):
        levels = levels_db(sound)
        return [np.percentile(levels[round(s.start / FRAME_S) : round(s.end / FRAME_S)], 90) for s in spans]

    apart = np.median(loudness(raised, lines["agent"])) - np.median(loudness(raised, lines["customer"]))
    assert apart == pytest.approx(MOST_APART_DB, abs=5.0)
    kept = lines["agent"][1]
    at = slice(round((kept.start + 0.5) * SAMPLING_RATE), round((kept.end - 0.5) * SAMPLING_RATE))
    assert np.allclose(raised[at], samples[at], atol=2e-2)


def test_usual_parties_stay_as_they_are():
    samples, _, tones = with_faint_customer("D24", 0.0)
    assert even(samples, find_speech(samples, tones)) is samples
    assert even(samples, ()) is samples
