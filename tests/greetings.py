"""A few seconds of real speech for tests of what hears: the agent's greeting of a bundled call."""

import json
from pathlib import Path

import numpy as np

from models.speech import find_speech
from pipeline.audio.audio import open_recording
from pipeline.timeline import Span

CALLS = Path(__file__).parent / "calls"
GREETING = "请问有什么可以"


def greeting() -> tuple[np.ndarray, list[Span]]:
    """The channel around the greeting, float32 (n_samples,) at 16 kHz, and where somebody speaks in it."""
    truth = json.loads((CALLS / "D24.truth.json").read_text(encoding="utf-8"))
    _, audio = open_recording((CALLS / "D24.wav").read_bytes(), "D24.wav")
    line = Span(truth["lines"][0]["start"], truth["lines"][0]["end"])
    start, end = line.start - 1.0, line.end + 0.3
    samples = audio[0][round(start * 16_000) : round(end * 16_000)]
    bursts = [Span(*burst) for burst in truth["ringback"]["bursts"]]
    speech = find_speech(audio[0], bursts)
    return samples, [span.shift(-start) for span in speech if span.overlap(line)]


def ringing() -> np.ndarray:
    """The first seconds of the same recording, in which nobody speaks: two rings and the silence between them."""
    _, audio = open_recording((CALLS / "D24.wav").read_bytes(), "D24.wav")
    return audio[0][: 8 * 16_000]
