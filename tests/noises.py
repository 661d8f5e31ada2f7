"""Noises of real lines, made out of nothing or out of voices, and speech laid in them as a telephone carries it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.audio.loudness import levels_db
from pipeline.timeline import Span
from pipeline.validation.accuracy.telephone import a_law, in_band, shaped

Samples = NDArray[np.float64]

CLIPS = Path(__file__).parent / "clips"
PAUSE_S = 2.5
SPEECH_DB = -26.0
SOUNDING_DB = 30.0  # below the loud frames of a clip, down to which it sounds
LINE_NOISE_DB = -75.0
MAINS_HZ, NUM_HARMONICS = 50.0, 60
NUM_BABBLING = 8


def on_the_phone(samples: Samples) -> NDArray[np.float32]:
    """300 to 3400 Hz, through the steps of A-law."""
    return a_law(in_band(samples)).astype(np.float32)


def at_level(samples: Samples, db: float) -> Samples:
    """The same with this RMS, in dB below full scale."""
    return np.asarray(samples * 10 ** (db / 20) / np.sqrt(np.mean(np.square(samples))))


def at_speech_level(clip: Samples) -> Samples:
    """The mean of its sounding frames brought to the level of speech."""
    levels = levels_db(clip.astype(np.float32))
    sounding = levels[levels > np.percentile(levels, 97) - SOUNDING_DB]
    return np.asarray(clip * 10 ** ((SPEECH_DB - 10 * np.log10(np.mean(10 ** (sounding / 10)))) / 20))


@cache
def clip(path: Path) -> Samples:
    """A read clip at the level of speech."""
    return at_speech_level(open_recording(path.read_bytes(), path.name)[1][0].astype(np.float64))


def street(num_samples: int, seed: int) -> Samples:
    """A low roar, and cars that come and go."""
    rng = np.random.default_rng(seed)
    tyres = sosfilt(
        butter(2, [400, 2500], "bandpass", fs=SAMPLING_RATE, output="sos"), rng.standard_normal(num_samples)
    )
    passing = 1 + 0.8 * np.sin(2 * np.pi * np.arange(num_samples) / SAMPLING_RATE / 6)
    return at_level(shaped(num_samples, 1.0, seed), 0.0) + 0.5 * passing * at_level(tyres, 0.0)


def hum(num_samples: int, seed: int) -> Samples:
    """The mains, every harmonic of it in a phase of its own."""
    rng, time = np.random.default_rng(seed), np.arange(num_samples) / SAMPLING_RATE
    mains = np.zeros(num_samples)
    for k in range(1, NUM_HARMONICS + 1):
        mains += np.sin(2 * np.pi * MAINS_HZ * k * time + rng.uniform(0, 2 * np.pi)) / k
    return mains


def babble(num_samples: int, seed: int, paths: Sequence[Path]) -> Samples:
    """Eight voices at once, each reading clips one after another without a pause."""
    rng, mixed = np.random.default_rng(seed), np.zeros(num_samples)
    for _ in range(NUM_BABBLING):
        read, length = [], 0
        while length < num_samples:
            read.append(clip(paths[rng.integers(len(paths))]))
            length += len(read[-1])
        voice = np.concatenate(read)
        first = rng.integers(length - num_samples + 1)
        mixed += voice[first : first + num_samples]
    return mixed


STEADY = {
    "white": lambda num_samples, seed: shaped(num_samples, 0.0, seed),
    "pink": lambda num_samples, seed: shaped(num_samples, 0.5, seed),
    "street": street,
    "hum": hum,
}
KINDS = (*STEADY, "babble")


def noise(kind: str, num_samples: int, seed: int, voices: Sequence[Path]) -> Samples:
    """Noise of a kind; `voices` are the clips that babble is made of."""
    return babble(num_samples, seed, voices) if kind == "babble" else STEADY[kind](num_samples, seed)


def read_out(paths: Sequence[Path]) -> tuple[Samples, list[Span]]:
    """Clips one after another with pauses between, each as loud, and where they lie."""
    parts, spans, at = [np.zeros(round(PAUSE_S * SAMPLING_RATE))], [], PAUSE_S
    for each in map(clip, paths):
        parts += [each, np.zeros(round(PAUSE_S * SAMPLING_RATE))]
        spans.append(Span(at, at + len(each) / SAMPLING_RATE))
        at = spans[-1].end + PAUSE_S
    return np.concatenate(parts), spans


def laid_in(speech: Samples, spans: Sequence[Span], sound: Samples, snr_db: float) -> NDArray[np.float32]:
    """Speech on the telephone in a noise that is so far below it, both in the band of the telephone."""
    heard = on_the_phone(at_level(sound, SPEECH_DB)).astype(np.float64)
    narrow = in_band(speech)
    said = np.concatenate(
        [narrow[round(span.start * SAMPLING_RATE) : round(span.end * SAMPLING_RATE)] for span in spans]
    )
    gain = np.sqrt(np.mean(np.square(said)) / np.mean(np.square(heard))) * 10 ** (-snr_db / 20)
    return on_the_phone(narrow + gain * heard)


def on_a_quiet_line(speech: Samples) -> NDArray[np.float32]:
    """Speech on the telephone, with next to no noise."""
    quiet = 10 ** (LINE_NOISE_DB / 20) * np.random.default_rng(0).standard_normal(len(speech))
    return on_the_phone(speech + quiet)
