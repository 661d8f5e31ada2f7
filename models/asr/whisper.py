"""Whisper: faster-whisper, fed packed windows of speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from models.asr.packing import MAX_WINDOW_S, PAUSE_S, WindowRecognizer
from models.asr.recognizer import Engine, Samples
from models.asr.text import simplified
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.transcript import Word
from pipeline.timeline import Span

BEAM = 5
FRAMES_PER_S, MAX_FRAMES = 100, 3000  # of Whisper's features: its window is 30 s
TOKENS_PER_S, MIN_TOKENS, MAX_TOKENS = 12.0, 12, 448  # bounds the time of a decoding that does not end


def compute_type(device: str) -> str:
    """How CTranslate2 computes on a device.

    Examples
    --------
    >>> compute_type("cpu"), compute_type("cuda")
    ('int8', 'float16')
    """
    return "float16" if device == "cuda" else "int8"


class Whisper(WindowRecognizer):
    """Whisper behind the seam; each window is decoded once, without a prompt but for hotwords, and aligned.

    Parameters
    ----------
    folder : Path
        A CTranslate2 model with its tokenizer.json.
    name : str
        Model and revision, for provenance.
    device : str
        ``cpu`` or ``cuda``.
    threads : int
        CPU threads; 0 lets CTranslate2 choose.
    """

    takes_hotwords = True

    def __init__(self, folder: Path, name: str, device: str = "cpu", threads: int = 0) -> None:
        super().__init__(name, self.settings_on(device))
        self._model = WhisperModel(
            str(folder), device=device, compute_type=compute_type(device), cpu_threads=threads
        )
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="zh")
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])

    @staticmethod
    def settings_on(device: str) -> str:
        """The settings on a device: other ones, and every call that was heard would be heard again.

        Examples
        --------
        >>> Whisper.settings_on("cpu")
        'packed27-pause0.6-beam5-int8-6'
        """
        return f"packed{MAX_WINDOW_S:g}-pause{PAUSE_S:g}-beam{BEAM}-{compute_type(device)}-6"

    def decode(self, window: Samples) -> tuple[Word, ...]:
        """The words of one window; see `WindowRecognizer.decode`."""
        features = self._model.feature_extractor(window)
        num_frames = min(int(len(window) / SAMPLING_RATE * FRAMES_PER_S), MAX_FRAMES)
        encoded = self._model.encode(_thirty_seconds(features))
        expected = "，".join(self.hotwords) or None
        prompt = self._model.get_prompt(self._tokenizer, [], without_timestamps=True, hotwords=expected)
        most = len(prompt) + MIN_TOKENS + int(len(window) / SAMPLING_RATE * TOKENS_PER_S)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=BEAM,
            max_length=min(MAX_TOKENS, most),
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < self._tokenizer.eot]
        if not tokens:
            return ()
        timed = self._model.find_alignment(self._tokenizer, [tokens], encoded, num_frames)[0]
        return tuple(_word(entry) for entry in timed if entry["word"].strip())


def _word(entry: dict[str, object]) -> Word:
    text, start, end, probability = (str(entry[key]) for key in ("word", "start", "end", "probability"))
    begin = float(start)
    return Word(simplified(text), Span(begin, max(begin, float(end))), float(probability))


def _thirty_seconds(features: Samples) -> Samples:
    """The features at Whisper's own length; a shorter window saves time but makes it loop."""
    kept = features[:, :MAX_FRAMES]
    return np.pad(kept, ((0, 0), (0, MAX_FRAMES - kept.shape[1])))


ENGINE = Engine("whisper", Whisper)
