"""Plain sequential faster-whisper, as its own `transcribe` reads a channel: a peer to measure engines against.

The whole channel, silenced where nobody speaks, is read in Whisper's own windows of 30 s, one after the other, and
every pause costs its time. It shows what packing is worth on the same weights; it is not what a line should listen
with.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from fractions import Fraction
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel

from models.asr.packing import Piece, unpacked
from models.asr.recognizer import SLOW, Engine, Samples, cut, slower, sounding
from models.asr.text import invented, simplified
from models.asr.whisper import BEAM, compute_type
from pipeline.hearing.transcript import Segment, Word
from pipeline.timeline import Seconds, Span

REACH_S: Seconds = 0.5  # from the speech, within which a word is believed


class Sequential:
    """faster-whisper's own loop behind the seam; the parameters are those of `models.asr.whisper.Whisper`."""

    def __init__(self, folder: Path, name: str, device: str = "cpu", threads: int = 0) -> None:
        self.name = name
        self.settings = f"sequential-beam{BEAM}-{compute_type(device)}-1"
        self._pace = Fraction(1)
        self._model = WhisperModel(
            str(folder), device=device, compute_type=compute_type(device), cpu_threads=threads
        )

    def second_opinion(self) -> Sequential:
        """The same network, which hears the same channel played a little slower, and so lower."""
        twin = copy(self)
        twin._pace = SLOW
        twin.settings = f"{self.settings}-pace{float(SLOW):g}"
        return twin

    def transcribe(self, samples: Samples, speech: Sequence[Span], channel: int) -> tuple[Segment, ...]:
        """The words of one channel, one segment a stretch of speech; see `Recognizer.transcribe`."""
        speech = sounding(samples, speech)
        if not speech:
            return ()
        voiced = np.zeros_like(samples)
        for span in speech:
            cut(voiced, span)[:] = cut(samples, span)
        found, _ = self._model.transcribe(
            slower(voiced, self._pace),
            language="zh",
            beam_size=BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        pace = float(self._pace)
        words = [
            Word(
                simplified(word.word.strip()),
                Span(float(word.start) * pace, float(word.end) * pace),
                float(word.probability),
            )
            for segment in found
            for word in segment.words or ()
        ]
        pieces = [Piece(span, span) for span in speech]
        near = [word for word in words if word.text and any(word.span.gap(span) <= REACH_S for span in speech)]
        return tuple(
            Segment(channel, tuple(inside))
            for span, inside in zip(speech, unpacked(near, pieces), strict=True)
            if inside and not invented(inside, span.duration)
        )


ENGINE = Engine("sequential", Sequential)
