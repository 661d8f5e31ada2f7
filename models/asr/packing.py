"""Speech packed into windows, for engines that hear a short window better than a channel with long pauses.

How an engine is fed decides how much it hears. Most want context, and invent or drop text in long silence; so the
speech of a channel is packed, pauses shortened, into windows of up to 27 s, each decoded once, and the word times
are mapped back to the recording. A window whose text looks invented (loops, far too many or too few characters) is
looked at again in halves, within a bounded number of decodings per channel. What cannot have been said is left out,
word by word, so that the rest of its stretch stays.

`WindowRecognizer` does this for any engine that says how one window is decoded.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np

from models.asr.recognizer import SLOW, Samples, cut, slower, sounding
from models.asr.text import invented, plausible, said
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.errors import ConfigurationError
from pipeline.hearing.transcript import Segment, Word
from pipeline.timeline import Seconds, Span

MAX_WINDOW_S: Seconds = 27.0
EDGE_S: Seconds = 0.3  # silence before the first and after the last stretch of a window
PAUSE_S: Seconds = 0.6  # pauses inside a window are shortened to this
LEAD_S, TAIL_S = 0.1, 0.15  # taken along around a stretch, so that no consonant is cut off
SECOND_LOOKS = 6  # decodings per channel beyond the first pass, plus one a window


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the recording and where it lies in a packed window, in seconds."""

    span: Span
    packed: Span


class WindowRecognizer(ABC):
    """A recogniser (see `models.asr.recognizer.Recognizer`) that is fed packed windows.

    Parameters
    ----------
    name : str
        Model and revision, for provenance.
    settings : str
        Engine and all else that changes the words.

    Attributes
    ----------
    takes_hotwords : bool
        Whether `decode` heeds `hotwords`; False unless the engine says otherwise.
    """

    takes_hotwords = False

    def __init__(self, name: str, settings: str) -> None:
        self.name = name
        self.settings = settings
        self.hotwords: tuple[str, ...] = ()
        self._pace = Fraction(1)

    @abstractmethod
    def decode(self, window: Samples) -> tuple[Word, ...]:
        """The words of one window of up to 30 s, in order, with times in seconds of the window, simplified."""

    def with_hotwords(self, words: Sequence[str]) -> Self:
        """The same network, told which words to expect; nothing is loaded again.

        Raises
        ------
        ConfigurationError
            If the engine cannot be told.
        """
        if not self.takes_hotwords:
            raise ConfigurationError(f"{self.name} 不能设热词；请去掉业务线的 hotwords")
        twin = copy(self)
        twin.hotwords = tuple(words)
        digest = hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
        twin.settings = f"{self.settings}-hot{digest}"
        return twin

    def second_opinion(self) -> Self:
        """The same network, which hears the same speech played a little slower, and so lower."""
        twin = copy(self)
        twin._pace = SLOW
        twin.settings = f"{self.settings}-pace{float(SLOW):g}"
        return twin

    def transcribe(self, samples: Samples, speech: Sequence[Span], channel: int) -> tuple[Segment, ...]:
        """The words of one channel, one segment a stretch of speech; see `Recognizer.transcribe`."""
        todo = list(windows(sounding(samples, speech), MAX_WINDOW_S * float(self._pace)))
        looks_left = SECOND_LOOKS + len(todo)
        heard: dict[Span, _Heard] = {}
        while todo:
            window = todo.pop(0)
            pieces = tuple(placed(window))
            found = _heard(self._decoded(packed(samples, pieces)), pieces)
            doubtful = [n for n, one in enumerate(found) if not one.plausible]
            if doubtful and looks_left > 0:
                smaller = list(smaller_windows(window, doubtful))
                looks_left -= len(smaller)
                todo = smaller + todo
            for piece, one in zip(pieces, found, strict=True):
                before = heard.get(piece.span)
                if before is None or one.plausible or not before.plausible:
                    heard[piece.span] = one
        return tuple(Segment(channel, one.words) for _, one in sorted(heard.items()) if one.words)

    def _decoded(self, window: Samples) -> tuple[Word, ...]:
        """The words of a window at the pace of this recogniser, in seconds of the window."""
        pace = float(self._pace)
        words = self.decode(slower(window, self._pace))
        return tuple(
            Word(word.text, Span(word.span.start * pace, word.span.end * pace), word.probability) for word in words
        )


@dataclass(frozen=True, slots=True, order=True)
class _Heard:
    """The words of a piece that can have been said in it, and whether these are all that were heard."""

    words: tuple[Word, ...]
    plausible: bool


def _heard(words: Sequence[Word], pieces: Sequence[Piece]) -> list[_Heard]:
    """What was heard of each piece, from the words of a window in seconds of the window."""
    kept = unpacked(said(words, one_breath=False), pieces)
    return [
        _believed(piece.span, left, len(left) == len(whole))
        for piece, left, whole in zip(pieces, kept, unpacked(words, pieces), strict=True)
    ]


def _believed(taken: Span, words: Sequence[Word], complete: bool) -> _Heard:
    """The words of a piece, given with its lead and tail, as far as they can have been said in it."""
    sound = complete and plausible(words, taken.duration, taken.duration - LEAD_S - TAIL_S)
    left = said(words)
    return _Heard(() if invented(left, taken.duration) else left, sound)


def windows(speech: Sequence[Span], longest: Seconds = MAX_WINDOW_S) -> Iterator[tuple[Span, ...]]:
    """The stretches of a channel gathered into windows of at most `longest` seconds; a stretch too long is cut.

    Examples
    --------
    >>> list(windows([Span(0, 4), Span(9, 13), Span(50, 54)], longest=12.0))
    [(Span(start=0.0, end=4.0), Span(start=9.0, end=13.0)), (Span(start=50.0, end=54.0),)]
    """
    window: list[Span] = []
    length = 0.0
    for span in _short(speech, longest - PAUSE_S - LEAD_S - TAIL_S):
        needed = span.duration + PAUSE_S + LEAD_S + TAIL_S
        if window and length + needed > longest:
            yield tuple(window)
            window, length = [], 0.0
        window.append(span)
        length += needed
    if window:
        yield tuple(window)


def _short(speech: Iterable[Span], longest: Seconds) -> Iterator[Span]:
    """The stretches, each that is longer than `longest` cut into equal parts."""
    for span in speech:
        num_parts = int(np.ceil(span.duration / longest))
        borders = np.linspace(span.start, span.end, num_parts + 1).tolist()
        yield from (Span(a, b) for a, b in pairwise(borders))


def placed(window: Sequence[Span]) -> Iterator[Piece]:
    """Each stretch of a window with its lead and tail, and where it comes to lie when pauses are shortened.

    Examples
    --------
    >>> [(piece.packed.start, round(piece.packed.end, 2)) for piece in placed([Span(5, 6), Span(90, 91)])]
    [(0.3, 1.55), (2.15, 3.4)]
    """
    at, before = EDGE_S, None
    for span in window:
        taken = Span(max(0.0, span.start - LEAD_S), span.end + TAIL_S)
        if before is not None:
            at += max(0.0, min(PAUSE_S, taken.start - before))
        yield Piece(taken, Span(at, at + taken.duration))
        at, before = at + taken.duration, taken.end


def packed(samples: Samples, pieces: Sequence[Piece]) -> Samples:
    """The samples of a window: the pieces where they lie in it, silence between them.

    Examples
    --------
    >>> len(packed(np.ones(16_000, np.float32), list(placed([Span(0.25, 0.5)])))) / 16_000
    1.1
    """
    window = np.zeros(int((pieces[-1].packed.end + EDGE_S) * SAMPLING_RATE), np.float32)
    for piece in pieces:
        at = int(piece.packed.start * SAMPLING_RATE)
        sound = cut(samples, piece.span)[: len(window) - at]
        window[at : at + len(sound)] = sound
    return window


def unpacked(words: Iterable[Word], pieces: Sequence[Piece]) -> list[list[Word]]:
    """The words of each piece in the time of the recording, from words in the time of the window.

    A word goes to the nearest piece and ends with it; punctuation stays with the word before it.

    Examples
    --------
    >>> pieces = list(placed([Span(5, 6), Span(90, 91)]))
    >>> [[word.span.start for word in held] for held in unpacked([Word("好", Span(2.4, 2.6), 0.9)], pieces)]
    [[], [90.15]]
    """
    held: list[list[Word]] = [[] for _ in pieces]
    at = 0
    for word in words:
        if word.spoken:
            at = min(range(len(pieces)), key=partial(_apart, pieces, _instant(word)))
        piece = pieces[at]
        offset = piece.span.start - piece.packed.start
        low, high = piece.span.start, piece.span.end
        start = min(max(word.span.start + offset, low), high)
        end = min(max(word.span.end + offset, start), high)
        held[at].append(Word(word.text, Span(start, end), word.probability))
    return held


def _instant(word: Word) -> Seconds:
    """The instant that tells which piece a word is from: after a pause, starts of words come too early."""
    return 0.25 * word.span.start + 0.75 * word.span.end


def _apart(pieces: Sequence[Piece], instant: Seconds, position: int) -> Seconds:
    """How far an instant of the window lies from the piece at a position."""
    span = pieces[position].packed
    return max(span.start - instant, instant - span.end, 0.0)


def smaller_windows(window: Sequence[Span], doubtful: Sequence[int]) -> Iterator[tuple[Span, ...]]:
    """The windows of a second look: halves while much is in doubt, then the doubtful stretches one by one.

    Parameters
    ----------
    window : sequence of Span
        The stretches of the first look.
    doubtful : sequence of int
        Positions of those whose text cannot be right.

    Examples
    --------
    >>> one, two, three, four = (Span(n, n + 0.5) for n in range(4))
    >>> list(smaller_windows([one, two, three, four], [0, 3])) == [(one, two), (three, four)]
    True
    >>> list(smaller_windows([one, two, three, four], [0])) == [(one, two)]
    True
    """
    if len(window) > 1 and len(doubtful) * 3 >= len(window):
        yield tuple(window[: len(window) // 2])
        yield tuple(window[len(window) // 2 :])
    elif len(window) > 1:
        # A neighbour on each side gives the context that a lone word lacks.
        yield from (tuple(window[max(0, n - 1) : n + 2]) for n in doubtful if len(window) > 3)
