"""Text as a recogniser of telephone Mandarin might hear it: homophones, near sounds, characters lost and doubled.

Knows how wrong, not what was meant. A simulation: its errors fall anywhere, real ones cluster where a line is bad.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from random import Random

from pypinyin import lazy_pinyin

from models.classifiers.features import tokenizer
from pipeline.confusions import cost

NEAR = 0.35
"""The dearest sound that still is taken for another, see `pipeline.phonetics`."""
LOST, DOUBLED = 0.25, 0.05
"""Shares of the errors that lose a character, and that say one twice; the others are taken for another one."""
SAME_SOUND = 0.6  # of those: another character of the same sound
NUM_COMMON = 2500  # characters that a recogniser writes


def misheard(text: str, rate: float, chance: Random) -> str:
    """The text with about `rate` of its characters wrong, 0..1; never empty where the text is not.

    Examples
    --------
    >>> misheard("我要投诉你们", 0.0, Random(1))
    '我要投诉你们'
    """
    heard = []
    for character in text:
        wrong = unicodedata.category(character) == "Lo" and chance.random() < rate
        kind = chance.random()
        if not wrong:
            heard.append(character)
        elif kind >= LOST + DOUBLED:
            heard.append(_taken_for(character, chance))
        elif kind >= LOST:
            heard.append(character * 2)
    return "".join(heard) or text


def _taken_for(character: str, chance: Random) -> str:
    reading = str(lazy_pinyin(character)[0])
    same, near = _alike(reading)
    others = (same if chance.random() < SAME_SOUND else near) or same or near
    # Common characters are written more often: the square of a uniform draw favours the head of the list.
    return others[int(len(others) * chance.random() ** 2)] if others else character


@cache
def _alike(reading: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The common characters of a sound, and those of its near sounds, the commonest first."""
    common = _common()
    near = tuple(c for c, other in common if other != reading and cost(reading, other) <= NEAR)
    return tuple(c for c, other in common if other == reading), near


@cache
def _common() -> tuple[tuple[str, str], ...]:
    """The commonest characters by jieba's dictionary, each with its reading."""
    single = [(num, word) for word, num in tokenizer().FREQ.items() if len(word) == 1 and num]
    characters = [c for _, c in sorted(single, key=lambda x: (-x[0], x[1])) if "一" <= c <= "龥"][:NUM_COMMON]
    return tuple((c, str(lazy_pinyin(c)[0])) for c in characters)
