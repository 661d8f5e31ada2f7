"""Mandarin sounds: the syllable of each character, and how easily a recogniser takes one for another.

One character is one syllable, so positions in the sounds are positions in the text that was heard. Tones are
ignored: telephone recognisers get them wrong first. Figures are costs of 0 (the same) to 1 (nothing in common).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin
from pypinyin.contrib.tone_convert import to_finals, to_initials

DIGITS = {
    "0": "零",
    "1": "一",
    "2": "二",
    "3": "三",
    "4": "四",
    "5": "五",
    "6": "六",
    "7": "七",
    "8": "八",
    "9": "九",
}
SPOKEN_DIGITS = frozenset("零一二三四五六七八九幺两洞拐〇")

COLLOQUIAL = {"shei": "shui"}
"""Two readings of one word: 谁 is heard as 水 as easily as 水 itself."""

HOMOPHONE = 0.05
"""Another character of the same sound: what recognisers do most, and what costs a match least."""
UNRELATED = 1.0


def _close(written: dict[float, str]) -> dict[frozenset[str], float]:
    return {frozenset(pair.split("~")): cost for cost, pairs in written.items() for pair in pairs.split()}


CLOSE_INITIALS = _close(
    {
        0.1: "zh~z ch~c sh~s",
        0.2: "n~l h~f r~l",
        0.35: "b~p d~t g~k j~q zh~ch z~c j~zh q~ch x~sh m~n x~q s~c sh~ch",
    }
)
CLOSE_FINALS = _close(
    {
        0.1: "en~eng in~ing an~ang uan~uang ian~iang",
        0.3: "uen~uan en~uen uo~o uo~ou e~uo ong~eng ie~ian i~in i~ing u~ou ai~an ao~ou a~an iao~iou ei~en ang~ao "
        "v~i ing~ie ian~in ai~ei",
    }
)
DIFFERENT_INITIAL, DIFFERENT_FINAL = 0.65, 0.65


@dataclass(frozen=True, slots=True)
class Sounds:
    """The speakable characters of a text.

    Parameters
    ----------
    characters : str
        Han characters, letters and digits (digits as 零一二…), nothing else.
    syllables : ndarray of int32, shape (n,)
        The sound of each; see `syllable_costs`.
    positions : ndarray of int32, shape (n,)
        Where each stands in the text.
    """

    characters: str
    syllables: NDArray[np.int32]
    positions: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.characters)


_numbers: dict[str, int] = {}
"""Every sound met so far, numbered in the order of meeting."""


def listen(text: str) -> Sounds:
    """The sounds of `text`; punctuation and blanks are skipped.

    Examples
    --------
    >>> listen("工号 1002。").characters
    '工号一零零二'
    """
    # A few letters have two when lower-cased; one character stays one character.
    kept = [(n, DIGITS.get(c, c.lower()[0])) for n, c in enumerate(text) if unicodedata.category(c)[0] in "LN"]
    characters = "".join(c for _, c in kept)
    readings = _readings(characters)
    return Sounds(
        characters,
        np.array([_numbers.setdefault(reading, len(_numbers)) for reading in readings], np.int32),
        np.array([n for n, _ in kept], np.int32),
    )


@lru_cache(maxsize=10_000)  # the phrases, and the turns of late: a worker lives long
def _readings(characters: str) -> tuple[str, ...]:
    """The toneless syllable of each character as its phrase reads it; other letters stand for themselves."""
    readings = lazy_pinyin(characters, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]  # one by one
    return tuple(COLLOQUIAL.get(str(reading), str(reading)) for reading in readings)


@cache
def _parts(reading: str) -> tuple[str, str]:
    return to_initials(reading, strict=True), to_finals(reading, strict=True)


def cost(one: str, other: str) -> float:
    """How different two toneless syllables sound, 0..1.

    Examples
    --------
    >>> cost("jin", "jing"), cost("nin", "lin"), cost("gong", "ma")
    (0.1, 0.2, 1.0)
    """
    if one == other:
        return 0.0
    (initial, final), (initial2, final2) = _parts(one), _parts(other)
    if not (final and final2):
        return UNRELATED
    begin = 0.0 if initial == initial2 else CLOSE_INITIALS.get(frozenset((initial, initial2)), DIFFERENT_INITIAL)
    end = 0.0 if final == final2 else CLOSE_FINALS.get(frozenset((final, final2)), DIFFERENT_FINAL)
    return min(UNRELATED, round(begin + end, 3))


_costs = np.zeros((0, 0), np.float32)


def syllable_costs() -> NDArray[np.float32]:
    """Costs between all sounds met so far, float32 (n, n), indexed by `Sounds.syllables`."""
    global _costs  # noqa: PLW0603  a table that grows with the sounds that are met
    known, wanted = len(_costs), len(_numbers)
    if known < wanted:
        readings = list(_numbers)
        grown = np.zeros((wanted, wanted), np.float32)
        grown[:known, :known] = _costs
        for n in range(known, wanted):
            row = [cost(readings[n], other) for other in readings]
            grown[n, :], grown[:, n] = row, row
        _costs = grown
    return _costs
