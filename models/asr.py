"""Speech recognition: the words of one channel, with their times.

`Recognizer` is the seam: whatever hears words implements it. `Whisper` is faster-whisper behind it.

How Whisper is fed decides how much it hears. It wants context, and it invents or drops text in long silence; so
the speech of a channel is packed, pauses shortened, into windows of up to 27 s, each decoded once and aligned,
and the word times are mapped back to the recording. A window whose text looks invented (loops, far too many or
too few characters) is looked at again in halves, within a bounded number of decodings per channel.

`Whisper.slowed` is a second opinion: the same network hears the same speech played a little slower, and so lower.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray
from opencc import OpenCC
from scipy.signal import resample_poly

from pipeline.audio.audio import SAMPLING_RATE
from pipeline.hearing.transcript import Segment, Word
from pipeline.timeline import Seconds, Span

MAX_WINDOW_S: Seconds = 27.0
EDGE_S: Seconds = 0.3  # silence before the first and after the last stretch of a window
PAUSE_S: Seconds = 0.6  # pauses inside a window are shortened to this
LEAD_S, TAIL_S = 0.1, 0.15  # taken along around a stretch, so that no consonant is cut off
BEAM = 5
MAX_CHARS_PER_S, MIN_CHARS_PER_S = 9.0, 1.2  # Mandarin is spoken at 3 to 6
SURE_SHORT_S: Seconds = 0.6  # a shorter stretch may rightly hold no word
MAX_COMPRESSION = 2.2  # text that repeats itself compresses; Whisper's own bound is 2.4 over longer text
TOKENS_PER_S, MIN_TOKENS = 12.0, 12  # bounds the time of a decoding that does not end
SLOW = Fraction(9, 10)  # of the speed, for a second opinion
SECOND_LOOKS = 6  # decodings per channel beyond the first pass, plus one a window
ENDLESS = re.compile(r"(.{1,8}?)\1{3,}")
INVENTED = re.compile(
    r"字幕由|字幕志愿者|字幕提供|点赞|订阅|打赏|谢谢观看|感谢收看|感谢观看|明镜与点点|优优独播|中文字幕|未经作者授权"
    r"|MBC|Thank you for watching"
)
"""What Whisper learned from the captions of films; nobody says it on a service line."""


DURATIVE = re.compile(r"著(?![名作者称述录书])")
"""看著, 急著: Whisper writes Taiwanese habits, and OpenCC's t2s leaves this one alone."""


class Recognizer(Protocol):
    """Hears words. Implementations are loaded once per worker and used by one thread at a time."""

    name: str
    """Model and revision: part of the key under which transcripts are kept."""
    settings: str
    """Everything else that changes the words."""

    def transcribe(self, samples: NDArray[np.float32], speech: Sequence[Span], channel: int) -> tuple[Segment, ...]:
        """The words in the stretches `speech` of one channel, samples float32 of shape (n_samples,), 16 kHz."""
        ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it lies in a packed window, in seconds."""

    span: Span
    packed: Span


@dataclass(frozen=True, slots=True)
class Decoding:
    """What one window gave: words in packed time."""

    words: tuple[Word, ...]

    def inside(self, pieces: Sequence[Piece]) -> list[list[Word]]:
        """The words of each piece, in the time of the recording."""
        held: list[list[Word]] = [[] for _ in pieces]
        at = 0
        for word in self.words:
            if word.spoken:
                at = min(range(len(pieces)), key=partial(_apart, pieces, _heard_at(word)))
            piece = pieces[at]
            offset = piece.span.start - piece.packed.start
            low, high = piece.span.start, piece.span.end
            start = min(max(word.span.start + offset, low), high)
            end = min(max(word.span.end + offset, start), high)
            held[at].append(Word(word.text, Span(start, end), word.probability))
        return held


class Whisper:
    """faster-whisper behind the seam.

    Parameters
    ----------
    folder : Path
        A CTranslate2 model with its tokenizer.json.
    name : str
        Model and revision, for provenance.
    device, compute_type : str
        As CTranslate2 understands them.
    threads : int
        CPU threads; 0 lets CTranslate2 choose.
    """

    def __init__(
        self, folder: Path, name: str, device: str = "cpu", compute_type: str = "int8", threads: int = 0
    ) -> None:
        self.name = name
        self.settings = f"packed{MAX_WINDOW_S:g}-pause{PAUSE_S:g}-beam{BEAM}-{compute_type}-5"
        self._model = WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="zh")
        self._suppressed = get_suppressed_tokens(self._tokenizer, [-1])
        self._simplify = OpenCC("t2s").convert
        self._pace = Fraction(1)

    def slowed(self) -> Whisper:
        """A recogniser on the same network that hears everything played slower, for a second opinion."""
        twin = copy(self)
        twin._pace = SLOW
        twin.settings = f"{self.settings}-pace{float(SLOW):g}"
        return twin

    def transcribe(self, samples: NDArray[np.float32], speech: Sequence[Span], channel: int) -> tuple[Segment, ...]:
        """The words of one channel, one segment a stretch of speech; see `Recognizer`."""
        windows = list(_windows(speech, MAX_WINDOW_S * float(self._pace)))
        looks_left = SECOND_LOOKS + len(windows)
        heard: dict[Span, list[Word]] = {}
        while windows:
            window = windows.pop(0)
            pieces = list(_place(window))
            found = self._decode(_packed(samples, pieces)).inside(pieces)
            doubtful = _doubtful(pieces, found)
            if doubtful and looks_left > 0:
                again = list(_again(window, doubtful))
                looks_left -= len(again)
                windows = again + windows
            for piece, words in zip(pieces, found, strict=True):
                before = heard.get(piece.span)
                if before is None or _plausible(piece.span, words) or not _plausible(piece.span, before):
                    heard[piece.span] = words
        return tuple(
            Segment(channel, tuple(words))
            for span, words in sorted(heard.items())
            if words and not _invented(span, words)
        )

    def _decode(self, window: NDArray[np.float32]) -> Decoding:
        pace = float(self._pace)
        if pace < 1:
            window = resample_poly(window, self._pace.denominator, self._pace.numerator).astype(np.float32)
        features = self._model.feature_extractor(window)
        num_frames = min(int(len(window) / SAMPLING_RATE * 100), 3000)
        encoded = self._model.encode(_thirty_seconds(features))
        prompt = self._model.get_prompt(self._tokenizer, [], without_timestamps=True)
        most = len(prompt) + MIN_TOKENS + int(len(window) / SAMPLING_RATE * TOKENS_PER_S)
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=BEAM,
            max_length=min(448, most),
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )[0]
        tokens = [token for token in result.sequences_ids[0] if token < self._tokenizer.eot]
        if not tokens:
            return Decoding(())
        timed = self._model.find_alignment(self._tokenizer, [tokens], encoded, num_frames)[0]
        return Decoding(tuple(self._word(entry, pace) for entry in timed if entry["word"].strip()))

    def _word(self, entry: dict[str, object], pace: float) -> Word:
        text, start, end, probability = (entry[key] for key in ("word", "start", "end", "probability"))
        begin = float(str(start)) * pace
        return Word(
            DURATIVE.sub("着", self._simplify(str(text))),
            Span(begin, max(begin, float(str(end)) * pace)),
            float(str(probability)),
        )


def _thirty_seconds(features: NDArray[np.float32]) -> NDArray[np.float32]:
    """The features at Whisper's own length; a shorter window saves time but makes it loop."""
    kept = features[:, :3000]
    return np.pad(kept, ((0, 0), (0, 3000 - kept.shape[1])))


def _windows(speech: Sequence[Span], longest: Seconds = MAX_WINDOW_S) -> Iterator[tuple[Span, ...]]:
    """The stretches of a channel gathered into windows; one that is too long by itself is cut."""
    window: list[Span] = []
    length = 0.0
    for span in _cut_long(speech, longest - PAUSE_S - LEAD_S - TAIL_S):
        needed = span.duration + PAUSE_S + LEAD_S + TAIL_S
        if window and length + needed > longest:
            yield tuple(window)
            window, length = [], 0.0
        window.append(span)
        length += needed
    if window:
        yield tuple(window)


def _cut_long(speech: Iterable[Span], longest: Seconds) -> Iterator[Span]:
    for span in speech:
        num_parts = int(np.ceil(span.duration / longest))
        borders = np.linspace(span.start, span.end, num_parts + 1).tolist()
        yield from (Span(a, b) for a, b in pairwise(borders))


def _place(window: Sequence[Span]) -> Iterator[Piece]:
    """Where each stretch of a window comes to lie when pauses are shortened."""
    at, before = EDGE_S, None
    for span in window:
        taken = Span(max(0.0, span.start - LEAD_S), span.end + TAIL_S)
        if before is not None:
            at += max(0.0, min(PAUSE_S, taken.start - before))
        yield Piece(taken, Span(at, at + taken.duration))
        at, before = at + taken.duration, taken.end


def _packed(samples: NDArray[np.float32], pieces: Sequence[Piece]) -> NDArray[np.float32]:
    window = np.zeros(int((pieces[-1].packed.end + EDGE_S) * SAMPLING_RATE), np.float32)
    for piece in pieces:
        cut = samples[int(piece.span.start * SAMPLING_RATE) : int(piece.span.end * SAMPLING_RATE)]
        at = int(piece.packed.start * SAMPLING_RATE)
        cut = cut[: len(window) - at]
        window[at : at + len(cut)] = cut
    return window


def _heard_at(word: Word) -> Seconds:
    """The instant that tells which stretch a word is from: after a pause Whisper's word starts come too early."""
    return 0.25 * word.span.start + 0.75 * word.span.end


def _apart(pieces: Sequence[Piece], instant: Seconds, position: int) -> Seconds:
    """How far an instant of the window lies from the piece at a position."""
    span = pieces[position].packed
    return max(span.start - instant, instant - span.end, 0.0)


def _loops(text: str) -> bool:
    raw = text.encode()
    return bool(ENDLESS.search(text)) or len(raw) > MAX_COMPRESSION * len(zlib.compress(raw))


def _plausible(span: Span, words: Sequence[Word]) -> bool:
    """Whether so much text can have been said in that time, and does not run in circles."""
    text = "".join(word.text for word in words)
    rate = len(text) / span.duration
    enough = rate >= MIN_CHARS_PER_S or span.duration - LEAD_S - TAIL_S < SURE_SHORT_S
    return enough and rate <= MAX_CHARS_PER_S and not _loops(text)


def _doubtful(pieces: Sequence[Piece], found: Sequence[Sequence[Word]]) -> list[int]:
    """Positions of the pieces whose text cannot be right."""
    return [
        n for n, (piece, words) in enumerate(zip(pieces, found, strict=True)) if not _plausible(piece.span, words)
    ]


def _again(window: Sequence[Span], doubtful: Sequence[int]) -> Iterator[tuple[Span, ...]]:
    """The windows of a second look: halves while much is in doubt, then the doubtful stretches one by one."""
    if len(window) > 1 and len(doubtful) * 3 >= len(window):
        yield tuple(window[: len(window) // 2])
        yield tuple(window[len(window) // 2 :])
    elif len(window) > 1:
        # A neighbour on each side gives Whisper context that a lone word lacks.
        yield from (tuple(window[max(0, n - 1) : n + 2]) for n in doubtful if len(window) > 3)


def _invented(span: Span, words: Sequence[Word]) -> bool:
    text = "".join(word.text for word in words)
    return bool(INVENTED.search(text)) or _loops(text) or len(text) > 2 * MAX_CHARS_PER_S * span.duration
