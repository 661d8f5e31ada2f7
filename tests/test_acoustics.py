"""Music and loudness out of samples that are made for it."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.findings.detectors.interruption import INTERRUPTION
from pipeline.hearing.acoustics import acoustics, find_music
from pipeline.hearing.turns import Role, SpeakerSegment, to_turns
from pipeline.timeline import Span
from tests.builders import hearing, utterance


def sound(seconds, *tones):
    """One channel of faint noise, with ``(start, end, amplitude)`` tones."""
    samples = np.random.default_rng(0).normal(0, 0.0005, seconds * SAMPLING_RATE).astype(np.float32)
    at = np.arange(len(samples)) / SAMPLING_RATE
    for start, end, amplitude in tones:
        samples += np.where((start <= at) & (at < end), amplitude * np.sin(2 * np.pi * 523 * at), 0).astype(
            np.float32
        )
    return samples[None]


def test_music_between_words_is_found():
    audio = sound(30, (1, 4, 0.1), (6, 20, 0.05), (22, 25, 0.1))
    speech = [Span(1, 4), Span(22, 25)]
    (music,) = find_music(audio, speech, speech, [])
    assert (music.start, music.end) == pytest.approx((6, 20), abs=0.1)


def test_speech_ringing_and_a_bang_are_no_music():
    audio = sound(20, (1, 4, 0.1), (6, 7.5, 0.1), (10, 15, 0.1))
    assert find_music(audio, [Span(1, 4)], [Span(1, 4)], [Span(10, 15)]) == ()


def test_words_that_were_not_recognised_are_no_music():
    audio = sound(20, (1, 4, 0.1), (6, 10, 0.1))
    assert find_music(audio, [Span(1, 4)], [Span(1, 4), Span(6, 10)], []) == ()


def test_silence_has_no_music():
    assert find_music(np.zeros((1, 3 * SAMPLING_RATE), np.float32), [], [], []) == ()


def test_what_sounds_like_a_voice_inside_music_is_music():
    audio = sound(30, (1, 3, 0.1), (6, 20, 0.05), (22, 24, 0.1))
    voices = [SpeakerSegment(0, span) for span in (Span(1, 3), Span(7, 8.5), Span(22, 24))]
    said = [utterance(0, "请您稍等一下啊", 1.0), utterance(0, "感谢您的等待", 22.0)]
    heard = acoustics(audio, voices, said, lambda _: Role.AGENT, [])
    assert [(s.span.start, s.role) for s in heard.stretches] == [(1, Role.AGENT), (22, Role.AGENT)]
    assert len(heard.music) == 1


def test_levels_and_roles_of_two_channels():
    audio = np.concatenate([sound(10, (1, 3, 0.1)), sound(10, (4, 6, 0.01), (8, 9, 0.01))])
    voices = [SpeakerSegment(0, Span(1, 3)), SpeakerSegment(1, Span(4, 6)), SpeakerSegment(1, Span(8, 9))]
    said = [utterance(0, "您好您好您好", 1.0), utterance(1, "我要投诉你们", 4.0)]
    heard = acoustics(audio, voices, said, lambda n: (Role.AGENT, Role.CUSTOMER)[n], [])
    assert [s.role for s in heard.stretches] == [Role.AGENT, Role.CUSTOMER, Role.CUSTOMER], "a voice keeps its role"
    assert [s.level_db for s in heard.stretches] == pytest.approx([-23.0, -43.0, -43.0], abs=0.2)


def test_an_interruption_in_a_real_stereo_call():
    from models.speech import find_speech  # noqa: PLC0415  loads a network

    calls = Path(__file__).parent / "calls"
    truth = json.loads((calls / "D04.truth.json").read_text(encoding="utf-8"))
    _, audio = open_recording((calls / "D04.wav").read_bytes(), "D04.wav")
    bursts = [Span(*burst) for burst in truth["ringback"]["bursts"]]
    voices = [SpeakerSegment(n, span) for n in (0, 1) for span in find_speech(audio[n], bursts)]
    roles = (Role.AGENT, Role.CUSTOMER)
    said = [
        utterance(roles.index(Role(line["speaker"])), line["text"], line["start"])
        for line in sorted(truth["lines"], key=lambda line: line["start"])
    ]
    heard = acoustics(audio, voices, said, lambda n: roles[said[n].speaker], bursts)
    turns = to_turns(said, lambda n: roles[said[n].speaker], 1.0)
    (found,) = INTERRUPTION.findings(hearing(turns=turns, acoustics=heard))
    (overlap,) = truth["overlaps"]
    assert found.role == overlap["by"]
    assert (found.span.start, found.span.end) == pytest.approx((overlap["start"], overlap["end"]), abs=0.15)
    assert heard.music == ()
