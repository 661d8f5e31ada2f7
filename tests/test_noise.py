"""Speech in the noise of real lines, and a party far fainter than the other one."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from models.asr.packing import LEAD_S, TAIL_S
from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.loudness import FRAME_S, MOST_APART_DB, even, levels_db
from pipeline.timeline import Span, subtract, union

HERE = Path(__file__).parent
HOP = round(FRAME_S * SAMPLING_RATE)
PAUSE_S = 2.5
SPEECH_DB = -26.0
CODING_LAW = 87.6  # of A-law


def seconds(spans):
    return sum(span.duration for span in spans)


def shared(spans, others):
    return seconds(spans) - seconds(subtract(spans, others))


def on_the_phone(samples):
    """300 to 3400 Hz, through the steps of A-law."""
    band = sosfilt(butter(4, [300, 3400], "bandpass", fs=SAMPLING_RATE, output="sos"), samples)
    size = np.minimum(np.abs(band), 1.0)
    whole = 1 + np.log(CODING_LAW)
    law = np.where(size < 1 / CODING_LAW, CODING_LAW * size, 1 + np.log(np.maximum(CODING_LAW * size, 1))) / whole
    law = np.round(law * 127) / 127
    back = np.where(law < 1 / whole, law * whole / CODING_LAW, np.exp(law * whole - 1) / CODING_LAW)
    return (np.sign(band) * back).astype(np.float32)


def at_level(samples, db):
    return samples * 10 ** (db / 20) / np.sqrt(np.mean(np.square(samples)))


def at_speech_level(clip):
    """The mean of its sounding frames brought to the level of speech."""
    levels = levels_db(clip)
    sounding = levels[levels > np.percentile(levels, 97) - 30]
    return clip * 10 ** ((SPEECH_DB - 10 * np.log10(np.mean(10 ** (sounding / 10)))) / 20)


def shaped(num_samples, falling, seed):
    """Noise whose amplitude falls with the frequency to this power."""
    rng = np.random.default_rng(seed)
    hz = np.maximum(np.fft.rfftfreq(num_samples, 1 / SAMPLING_RATE), 30)
    spectrum = (rng.standard_normal(len(hz)) + 1j * rng.standard_normal(len(hz))) / hz**falling
    return np.fft.irfft(spectrum, num_samples)


def street(num_samples, seed):
    """A low roar, and cars that come and go."""
    rng = np.random.default_rng(seed)
    tyres = sosfilt(
        butter(2, [400, 2500], "bandpass", fs=SAMPLING_RATE, output="sos"), rng.standard_normal(num_samples)
    )
    passing = 1 + 0.8 * np.sin(2 * np.pi * np.arange(num_samples) / SAMPLING_RATE / 6)
    return at_level(shaped(num_samples, 1.0, seed), 0.0) + 0.5 * passing * at_level(tyres, 0.0)


NOISES = {
    "white": lambda num_samples, seed: shaped(num_samples, 0.0, seed),
    "pink": lambda num_samples, seed: shaped(num_samples, 0.5, seed),
    "street": street,
}


@cache
def read_out():
    """The clips one after another with pauses between, each as loud, and where they lie."""
    parts, spans, at = [np.zeros(round(PAUSE_S * SAMPLING_RATE))], [], PAUSE_S
    for path in sorted((HERE / "clips").glob("*.flac")):
        clip = open_recording(path.read_bytes(), path.name)[1][0]
        parts += [at_speech_level(clip), np.zeros(round(PAUSE_S * SAMPLING_RATE))]
        spans.append(Span(at, at + len(clip) / SAMPLING_RATE))
        at = spans[-1].end + PAUSE_S
    return np.concatenate(parts), spans


def with_noise(kind, snr_db, seed=1):
    """The clips in noise that is so far below them, both in the band of the telephone."""
    speech, spans = read_out()
    noise = on_the_phone(at_level(NOISES[kind](len(speech), seed), SPEECH_DB))
    in_band = sosfilt(butter(4, [300, 3400], "bandpass", fs=SAMPLING_RATE, output="sos"), speech)
    said = np.concatenate(
        [in_band[slice(*np.round(np.array([s.start, s.end]) * SAMPLING_RATE).astype(int))] for s in spans]
    )
    gain = np.sqrt(np.mean(np.square(said)) / np.mean(np.square(noise))) * 10 ** (-snr_db / 20)
    return on_the_phone(in_band + gain * noise), spans


@cache
def found_clean():
    speech, _ = read_out()
    rng = np.random.default_rng(0)
    return find_speech(on_the_phone(speech + 10 ** (-75 / 20) * rng.standard_normal(len(speech))))


@pytest.mark.parametrize(("snr_db", "at_least"), [(10.0, 0.95), (5.0, 0.85)])
@pytest.mark.parametrize("kind", NOISES)
def test_speech_in_steady_noise_is_given_to_the_recogniser(kind, snr_db, at_least):
    noisy, spans = with_noise(kind, snr_db)
    found = find_speech(noisy)
    given = union(Span(span.start - LEAD_S, span.end + TAIL_S) for span in found)
    assert shared(found_clean(), given) > at_least * seconds(found_clean())
    beside = subtract(found, [Span(span.start - 0.3, span.end + 0.3) for span in spans])
    assert seconds(beside) < 1.0


@pytest.mark.parametrize("db", [-20.0, -40.0])
@pytest.mark.parametrize("kind", NOISES)
def test_noise_alone_is_no_speech(kind, db):
    assert find_speech(on_the_phone(at_level(NOISES[kind](20 * SAMPLING_RATE, 2), db))) == ()


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
