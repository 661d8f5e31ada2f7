"""How Whisper is fed and what is believed of it; its network is replaced only where its words are the input."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.asr import (
    DURATIVE,
    INVENTED,
    MAX_WINDOW_S,
    SECOND_LOOKS,
    Decoding,
    Whisper,
    _loops,
    _place,
    _plausible,
    _windows,
)
from models.speech import find_speech
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.hearing.transcript import Word
from pipeline.timeline import Span

CALLS = Path(__file__).parent / "calls"


def _laid_out(pairs: list[tuple[float, float]]) -> list[Span]:
    at, spans = 0.5, []
    for pause, length in pairs:
        spans.append(Span(at, at + length))
        at += length + pause
    return spans


STRETCHES = st.lists(st.tuples(st.floats(0.3, 5.0), st.floats(0.15, 60.0)), min_size=1, max_size=30).map(_laid_out)


@given(STRETCHES)
def test_every_second_of_speech_is_in_exactly_one_window_and_none_is_too_long(speech):
    windows = list(_windows(speech))
    assert sum(span.duration for window in windows for span in window) == pytest.approx(
        sum(span.duration for span in speech)
    )
    for window in windows:
        assert list(_place(window))[-1].packed.end <= MAX_WINDOW_S + 1.0


@given(STRETCHES)
def test_word_times_come_back_inside_their_stretch(speech):
    for window in _windows(speech):
        pieces = list(_place(window))
        words = tuple(Word("字", piece.packed, 1.0) for piece in pieces)
        for piece, held in zip(pieces, Decoding(words).inside(pieces), strict=True):
            assert len(held) == 1
            assert held[0].span.start == pytest.approx(piece.span.start)
            assert held[0].span.end == pytest.approx(piece.span.end)


def test_punctuation_stays_with_the_word_before_it():
    pieces = list(_place([Span(1.0, 2.0), Span(5.0, 6.0)]))
    late = pieces[1].packed
    words = (Word("好", pieces[0].packed, 1.0), Word("。", late, 1.0), Word("再", late, 1.0))
    first, second = Decoding(words).inside(pieces)
    assert ["".join(w.text for w in held) for held in (first, second)] == ["好。", "再"]


@pytest.mark.parametrize("text", ["美女女美女女美女女美女女美女", "wick, wick, wick, wick, ", "啊啊啊啊啊"])
def test_text_that_runs_in_circles_is_not_believed(text):
    assert _loops(text)


@pytest.mark.parametrize("text", ["您好，这里是阳光家政，请问有什么可以帮到您？", "好的好的", "对对对"])
def test_talk_is_believed(text):
    assert not _loops(text)


def test_too_much_or_too_little_text_for_the_time_is_looked_at_again():
    def said(text: str) -> list[Word]:
        return [Word(character, Span(0, 0.1), 0.9) for character in text]

    assert _plausible(Span(0, 3), said("请问有什么可以帮到您"))
    assert not _plausible(Span(0, 3), said("您"))
    assert not _plausible(Span(0, 1), said("请问有什么可以帮到您的吗先生"))
    assert _plausible(Span(0, 0.5), []), "half a second may rightly hold no word"


def test_habits_of_the_recogniser():
    assert DURATIVE.sub("着", "您别著急，看著办，著名") == "您别着急，看着办，著名"
    assert INVENTED.search("请不吝点赞 订阅 转发")
    assert not INVENTED.search("谢谢您的来电，再见")


class Endless(Whisper):
    """A recogniser that always hears the same loop; counts how often it is asked."""

    def __init__(self) -> None:
        self.decodings = 0
        self._pace = Fraction(1)

    def _decode(self, window):
        self.decodings += 1
        assert len(window) <= 30 * SAMPLING_RATE
        return Decoding(
            tuple(Word("啊", Span(n, n + 0.1), 0.1) for n in np.arange(0, len(window) / SAMPLING_RATE, 0.1))
        )


def test_unintelligible_audio_takes_a_bounded_time_and_gives_no_text():
    speech = [Span(2.0 * n, 2.0 * n + 1.5) for n in range(40)]
    recogniser = Endless()
    segments = recogniser.transcribe(np.zeros(90 * SAMPLING_RATE, np.float32), speech, 0)
    assert segments == ()
    assert recogniser.decodings <= 2 * len(list(_windows(speech))) + SECOND_LOOKS + 40


def test_a_real_greeting_in_simplified_characters():
    from models.ears import load_ears  # noqa: PLC0415  loads torch

    truth = json.loads((CALLS / "D24.truth.json").read_text(encoding="utf-8"))
    _, audio = open_recording((CALLS / "D24.wav").read_bytes(), "D24.wav")
    speech = find_speech(audio[0], [Span(*burst) for burst in truth["ringback"]["bursts"]])
    line = Span(truth["lines"][0]["start"], truth["lines"][0]["end"])
    greeting = [span for span in speech if span.overlap(line)]
    recogniser = load_ears("cpu").recognizer
    heard = "".join(segment.text for segment in recogniser.transcribe(audio[0], greeting, 0))
    assert "请问有什么可以" in heard
    assert recogniser.transcribe(audio[0], (), 0) == ()
    slower = recogniser.slowed()
    again = slower.transcribe(audio[0], greeting, 0)
    assert slower.settings != recogniser.settings
    assert "请问有什么可以" in "".join(segment.text for segment in again)
    asked = next(word for segment in again for word in segment.words if "请" in word.text)
    before = next(
        word for s in recogniser.transcribe(audio[0], greeting, 0) for word in s.words if "请" in word.text
    )
    assert asked.span.start == pytest.approx(before.span.start, abs=0.4), "in the time of the recording"
