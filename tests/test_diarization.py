"""Voices told apart: the clustering on made-up embeddings, and the real models on a mixed call."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.diarization.diarizer import _cut_at_changes
from models.diarization.overlap import Overlap
from models.diarization.voices import EMBEDDING_SIZE, two_voices
from models.speech import find_speech
from pipeline.audio.audio import open_recording
from pipeline.hearing.turns import SpeakerSegment
from pipeline.timeline import Span

CALLS = Path(__file__).parent / "calls"


def voices(labels: list[int], likeness: float, seed: int = 0) -> np.ndarray:
    """Unit vectors around two directions whose cosine is `likeness`."""
    random = np.random.default_rng(seed)
    one, noise = np.linalg.qr(random.normal(size=(EMBEDDING_SIZE, 2)))[0].T
    other = likeness * one + np.sqrt(1 - likeness**2) * noise
    spread = 0.4 * random.normal(size=(len(labels), EMBEDDING_SIZE)) / np.sqrt(EMBEDDING_SIZE)
    drawn = np.stack([one, other])[labels] + spread
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def same_parting(found: np.ndarray, labels: list[int]) -> bool:
    return list(found) == labels or list(1 - found) == labels


@pytest.mark.parametrize("likeness", [0.0, 0.5, 0.75])
@pytest.mark.parametrize("labels", [[0, 1] * 6, [0, 0, 1, 0, 1, 0, 0, 0, 0, 0], [0, 1]])
def test_two_voices_are_parted_even_when_alike(labels, likeness):
    seconds = np.full(len(labels), 2.0)
    guess = np.zeros(len(labels), int)
    guess[::3] = 1
    assert same_parting(two_voices(voices(labels, likeness), seconds, guess), labels)


def test_a_wrong_guess_of_the_pipeline_is_mended():
    labels = [0, 1] * 5
    assert same_parting(two_voices(voices(labels, 0.5), np.full(10, 2.0), np.zeros(10, int)), labels)


def test_one_stretch_is_one_voice():
    assert len(two_voices(voices([0], 0.0), np.array([3.0]), np.array([0]))) == 1


def test_stretches_too_short_to_embed_do_no_harm():
    labels = [0, 1, 0, 1, 0]
    embeddings = np.vstack([voices(labels, 0.3), np.zeros((1, EMBEDDING_SIZE), np.float32)])
    found = two_voices(embeddings, np.array([2.0] * 5 + [0.05]), np.array([0, 1, 0, 1, 0, 0]))
    assert same_parting(found[:5], labels)


def test_speech_is_cut_where_the_speaker_changes_but_leaves_no_sliver():
    proposed = [SpeakerSegment(0, Span(0, 2)), SpeakerSegment(1, Span(2.2, 4)), SpeakerSegment(0, Span(4.0, 4.2))]
    assert list(_cut_at_changes(Span(0.0, 4.2), proposed)) == [Span(0.0, 2.1), Span(2.1, 4.2)]
    assert list(_cut_at_changes(Span(2.3, 3.9), proposed)) == [Span(2.3, 3.9)]


def test_real_voices_of_a_mixed_call():
    from models.ears import load_ears  # noqa: PLC0415  loads torch

    truth = json.loads((CALLS / "D24.truth.json").read_text(encoding="utf-8"))
    _, audio = open_recording((CALLS / "D24.wav").read_bytes(), "D24.wav")
    speech = find_speech(audio[0], [Span(*burst) for burst in truth["ringback"]["bursts"]])
    found = load_ears("cpu").diarizer.diarize(audio[0], speech)
    right = {
        (speaker, voice): sum(
            Span(line["start"], line["end"]).overlap(segment.span)
            for line in truth["lines"]
            for segment in found
            if line["speaker"] == speaker and segment.speaker == voice
        )
        for speaker in ("agent", "customer")
        for voice in (0, 1)
    }
    best = max(right["agent", v] + right["customer", 1 - v] for v in (0, 1))
    assert best / sum(right.values()) >= 0.9


def test_both_real_voices_are_told_where_one_cuts_in():
    from models.ears import load_ears  # noqa: PLC0415  loads torch

    truth = json.loads((CALLS / "D15.truth.json").read_text(encoding="utf-8"))
    _, audio = open_recording((CALLS / "D15.wav").read_bytes(), "D15.wav")
    speech = [span for span in find_speech(audio[0]) if 25.0 < span.start < 36.0]
    found = load_ears("cpu").diarizer.diarize(audio[0][: 38 * 16000], speech)
    (overlap,) = truth["overlaps"]
    voices = {segment.speaker for segment in found if overlap["start"] + 0.1 in segment.span}
    assert voices == {0, 1}
    before, after = (
        next(s.speaker for s in found if at in s.span) for at in (overlap["start"] - 0.5, overlap["end"] + 0.5)
    )
    assert before != after


def test_a_change_while_both_speak_is_certain_and_lies_in_the_middle():
    proposed = [SpeakerSegment(0, Span(0, 3.9)), SpeakerSegment(1, Span(3.9, 4.2))]
    taken = [Overlap(Span(3.6, 4.0), hands_over=True)]
    assert list(_cut_at_changes(Span(0.0, 4.2), proposed, taken)) == [Span(0.0, 3.8), Span(3.8, 4.2)]
