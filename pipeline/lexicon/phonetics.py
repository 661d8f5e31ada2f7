"""Mandarin sounds: the syllable of each character, at the character's own place.

One character is one syllable, so positions in the sounds are positions in the text that was heard. Tones are
ignored: telephone recognisers get them wrong first. Nothing is looked up phrase by phrase when a text comes in: one
table has the usual reading of every character, another the phrases that read one of theirs otherwise (银行, 长大).
How easily one sound is taken for another is known to `pipeline.lexicon.confusions`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
SPOKEN_DIGITS = frozenset("零一二三四五六七八九幺两洞拐〇")

COLLOQUIAL = {"shei": "shui"}
"""Two readings of one word: 谁 is heard as 水 as easily as 水 itself."""

NUM_POINTS = 0x110000
NUM_HASHES = 1 << 18
UNSEEN, UNSPOKEN = -2, -1  # in the table of codes: not looked up yet; punctuation, blanks, pictures
LATIN = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Sounds:
    """The speakable characters of a text.

    Parameters
    ----------
    characters : str
        Han characters, letters and digits (digits as 零一二…), nothing else.
    syllables : ndarray of int32, shape (n,)
        The sound of each, a number below `num_sounds`.
    positions : ndarray of int32, shape (n,)
        Where each stands in the text.
    """

    characters: str
    syllables: NDArray[np.int32]
    positions: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.characters)


@dataclass(frozen=True, slots=True)
class Passages:
    """Several texts end to end, a silence after each.

    Parameters
    ----------
    points : ndarray of int32, shape (n,)
        Code points of the speakable characters (digits as 零一二…, letters small); 0 for a silence.
    syllables, positions : ndarray of int32, shape (n,)
        As in `Sounds`; positions count within each text.
    begins : ndarray of int64, shape (num_texts + 1,)
        Where each text begins; its silence is the last place before the next.
    """

    points: NDArray[np.int32]
    syllables: NDArray[np.int32]
    positions: NDArray[np.int32]
    begins: NDArray[np.int64]


def listen(text: str) -> Sounds:
    """The sounds of `text`; punctuation and blanks are skipped.

    Examples
    --------
    >>> listen("工号 1002。").characters
    '工号一零零二'
    """
    passages = listen_all([text])
    characters = passages.points[:-1].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    return Sounds(characters, passages.syllables[:-1], passages.positions[:-1])


def listen_all(texts: Sequence[str]) -> Passages:
    """The sounds of several texts at once, which is many times faster than one by one.

    Examples
    --------
    >>> listen_all(["您好", "再见。"]).begins.tolist()
    [0, 3, 6]
    """
    tables = _readings()
    line = "\n".join([*texts, ""])
    raw = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), np.int32)
    codes = tables.codes[raw]
    if (codes == UNSEEN).any():
        tables.look_up(np.unique(raw[codes == UNSEEN]))
        codes = tables.codes[raw]
    read_until = 0
    for at in np.flatnonzero(tables.pairs[_hashed(raw[:-1], raw[1:])]).tolist():
        for length in tables.lengths.get(line[at : at + 2], ()) if at >= read_until else ():
            reading = tables.phrases.get(line[at : at + length])
            if reading is not None:
                read_until = at + length
                codes[at:read_until] = reading
                break
    ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
    codes[ends - 1] = silence()
    places = np.flatnonzero(codes != UNSPOKEN)
    points = tables.spoken[raw[places]]
    firsts = np.concatenate([[0], ends])
    begins = np.searchsorted(places, firsts)
    points[begins[1:] - 1] = 0
    starts = np.repeat(firsts[:-1], np.diff(begins))
    return Passages(points, codes[places].astype(np.int32), (places - starts).astype(np.int32), begins)


def syllable_names() -> tuple[str, ...]:
    """The toneless syllables, in the order of their numbers.

    Examples
    --------
    >>> "zhong" in syllable_names(), "shei" in syllable_names()
    (True, False)
    """
    return _readings().names


def num_sounds() -> int:
    """The number of sounds: syllables, the letters a-z, any other letter, and the silence.

    Examples
    --------
    >>> num_sounds() - len(syllable_names())
    28
    """
    return len(_readings().names) + len(LATIN) + 2


def silence() -> int:
    """The number of the silence between two texts, the last of all.

    Examples
    --------
    >>> silence() == num_sounds() - 1
    True
    """
    return num_sounds() - 1


def readings_of(point: int) -> tuple[int, ...]:
    """The sounds that a character has in one phrase or another, the usual one first.

    Examples
    --------
    >>> [syllable_names()[sound] for sound in readings_of(ord("行"))]
    ['xing', 'hang', 'heng']
    """
    tables = _readings()
    if tables.codes[point] == UNSEEN:
        tables.look_up(np.array([point]))
    usual = int(tables.codes[point])
    return (usual, *sorted(tables.others.get(point, set()) - {usual}))


@dataclass(frozen=True, slots=True)
class _Readings:
    """The readings of pypinyin, in tables.

    `codes` and `spoken` are indexed by code point: the sound, and the character that stands for it (a digit's is
    the one it is spoken with). `phrases` reads those that read a character otherwise than `codes` does; `pairs`
    tells by the hash of two characters whether one may begin there, `lengths` how long those that do are, longest
    first. `others` has their readings by character.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int16]
    spoken: NDArray[np.int32]
    phrases: dict[str, NDArray[np.int16]]
    pairs: NDArray[np.bool_]
    lengths: dict[str, tuple[int, ...]]
    others: dict[int, set[int]]

    def look_up(self, points: NDArray[np.int32]) -> None:
        """Enter characters that pypinyin does not know: letters of other scripts stand for themselves."""
        for point in points.tolist():
            character = chr(point)
            if unicodedata.category(character)[0] not in "LN":
                self.codes[point] = UNSPOKEN
                continue
            # A few letters have two when lower-cased; one character stays one character.
            small = ord(character.lower()[0])
            known = self.codes[small] if small != point else UNSEEN
            self.codes[point] = known if known >= 0 else len(self.names) + len(LATIN)
            self.spoken[point] = small


@cache
def _readings() -> _Readings:
    usual = {point: _toneless(readings.split(",")[0]) for point, readings in PINYIN_DICT.items()}
    exceptions: dict[str, list[str]] = {}
    for phrase, tones in PHRASES_DICT.items():
        reading = [_toneless(tone[0]) for tone in tones]
        if len(reading) == len(phrase) > 1 and reading != [usual.get(ord(c)) for c in phrase]:
            exceptions[phrase] = reading
    names = tuple(sorted({*usual.values(), *(sound for reading in exceptions.values() for sound in reading)}))
    numbers = {name: n for n, name in enumerate(names)}
    codes = np.full(NUM_POINTS, UNSEEN, np.int16)
    spoken = np.arange(NUM_POINTS, dtype=np.int32)
    codes[list(usual)] = [numbers[sound] for sound in usual.values()]
    for n, letter in enumerate(LATIN):
        codes[[ord(letter), ord(letter.upper())]] = len(names) + n
        spoken[ord(letter.upper())] = ord(letter)
    for digit, character in DIGITS.items():
        codes[ord(digit)], spoken[ord(digit)] = codes[ord(character)], ord(character)
    phrases = {
        phrase: np.array([numbers[sound] for sound in reading], np.int16) for phrase, reading in exceptions.items()
    }
    lengths: dict[str, set[int]] = {}
    others: dict[int, set[int]] = {}
    for phrase, reading in exceptions.items():
        lengths.setdefault(phrase[:2], set()).add(len(phrase))
        for character, sound in zip(phrase, reading, strict=True):
            others.setdefault(ord(character), set()).add(numbers[sound])
    pairs = np.zeros(NUM_HASHES, bool)
    pairs[_hashed(*np.array([list(map(ord, start)) for start in lengths], np.int32).T)] = True
    longest_first = {start: tuple(sorted(sizes, reverse=True)) for start, sizes in lengths.items()}
    return _Readings(names, codes, spoken, phrases, pairs, longest_first, others)


def _hashed(first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
    """A number below `NUM_HASHES` for each pair of code points."""
    return (first * 977 + second) & (NUM_HASHES - 1)


@cache
def _toneless(reading: str) -> str:
    parts = unicodedata.normalize("NFD", reading.replace("ü", "v"))
    plain = "".join(c for c in parts.replace("u\u0308", "v") if not unicodedata.combining(c))
    return COLLOQUIAL.get(plain, plain)
