"""How engines are fed: every second of speech in one window, and word times mapped back to the recording."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.asr.packing import MAX_WINDOW_S, SECOND_LOOKS, WindowRecognizer, placed, unpacked, windows
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.transcript import Word
from pipeline.timeline import Span


def _laid_out(pairs: list[tuple[float, float]]) -> list[Span]:
    at, spans = 0.5, []
    for pause, length in pairs:
        spans.append(Span(at, at + length))
        at += length + pause
    return spans


STRETCHES = st.lists(st.tuples(st.floats(0.3, 5.0), st.floats(0.15, 60.0)), min_size=1, max_size=30).map(_laid_out)


@given(STRETCHES)
def test_every_second_of_speech_is_in_exactly_one_window_and_none_is_too_long(speech):
    packed = list(windows(speech))
    assert sum(span.duration for window in packed for span in window) == pytest.approx(
        sum(span.duration for span in speech)
    )
    for window in packed:
        assert list(placed(window))[-1].packed.end <= MAX_WINDOW_S + 1.0


@given(STRETCHES)
def test_word_times_come_back_inside_their_stretch(speech):
    for window in windows(speech):
        pieces = list(placed(window))
        words = tuple(Word("字", piece.packed, 1.0) for piece in pieces)
        for piece, held in zip(pieces, unpacked(words, pieces), strict=True):
            assert len(held) == 1
            assert held[0].span.start == pytest.approx(piece.span.start)
            assert held[0].span.end == pytest.approx(piece.span.end)


def test_punctuation_stays_with_the_word_before_it():
    pieces = list(placed([Span(1.0, 2.0), Span(5.0, 6.0)]))
    late = pieces[1].packed
    words = (Word("好", pieces[0].packed, 1.0), Word("。", late, 1.0), Word("再", late, 1.0))
    first, second = unpacked(words, pieces)
    assert ["".join(w.text for w in held) for held in (first, second)] == ["好。", "再"]


class Endless(WindowRecognizer):
    """A recogniser that always hears the same loop; counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__("endless", "1")
        self.decodings = 0

    def decode(self, window):
        self.decodings += 1
        assert len(window) <= 30 * SAMPLING_RATE
        return tuple(Word("啊", Span(n, n + 0.1), 0.1) for n in np.arange(0, len(window) / SAMPLING_RATE, 0.1))


def test_unintelligible_audio_takes_a_bounded_time_and_gives_no_text():
    speech = [Span(2.0 * n, 2.0 * n + 1.5) for n in range(40)]
    recogniser = Endless()
    segments = recogniser.transcribe(np.ones(90 * SAMPLING_RATE, np.float32), speech, 0)
    assert segments == ()
    assert recogniser.decodings <= 2 * len(list(windows(speech))) + SECOND_LOOKS + 40


class Echo(WindowRecognizer):
    """A recogniser that hears one word in every window, at the same instant of what it is played."""

    def decode(self, window):
        return (Word("喂", Span(1.0, 1.2), 0.9),)


def test_a_second_opinion_is_played_slower_and_told_in_the_time_of_the_recording():
    first = Echo("echo", "1")
    second = first.second_opinion()
    assert (second.name, second.settings, first.settings) == ("echo", "1-pace0.9", "1")
    samples, speech = np.ones(4 * SAMPLING_RATE, np.float32), [Span(1.0, 3.0)]
    one, other = (each.transcribe(samples, speech, 0)[0].words[0].span.start for each in (first, second))
    assert one == pytest.approx(1.0 - 0.1 - 0.3 + 1.0)
    assert other == pytest.approx(1.0 - 0.1 - 0.3 + 0.9)


def test_digital_silence_is_not_asked_about():
    assert Echo("echo", "1").transcribe(np.zeros(4 * SAMPLING_RATE, np.float32), [Span(1.0, 3.0)], 0) == ()
