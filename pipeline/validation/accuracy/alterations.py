"""Alterations: the characters that were heard as others, the true text and the heard one side by side.

Knows texts; neither who speaks nor why. The figures add up to those of the character error rate, since the pairs
are the fewest edits that `edits` counts, numbers read in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

from pipeline.lexicon.confusions import parts
from pipeline.validation.accuracy.characters import edits, plain
from pipeline.validation.accuracy.numerals import NUMBER, readings

EDIT = 1_000_000
"""The weight of an edit beside a difference of sounds, which only decides between equally few edits."""
Weights = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alteration:
    """A character that was not heard as it was said.

    Parameters
    ----------
    said, heard : str
        Either is empty where the character has no counterpart: swallowed, or heard where nothing was said.
    said_sound, heard_sound : str
        Their toneless syllables, as the phrase around them is read; letters stand for themselves.
    """

    said: str
    heard: str
    said_sound: str
    heard_sound: str

    @property
    def same_sound(self) -> bool:
        """Whether another character of the same sound was written, which the ear cannot tell apart.

        Examples
        --------
        >>> Alteration("等", "登", "deng", "deng").same_sound, Alteration("您", "", "nin", "").same_sound
        (True, False)
        """
        return bool(self.said and self.heard) and self.said_sound == self.heard_sound


def alterations(reference: str, hypothesis: str) -> tuple[Alteration, ...]:
    """The fewest edits between what was said and what was heard, in order; of equally few those that sound alike.

    Examples
    --------
    >>> [(each.said, each.heard) for each in alterations("请您稍等一下，四十五元", "请稍登一下啊45元")]
    [('您', ''), ('等', '登'), ('', '啊')]
    """
    said, heard = plain(reference), plain(spell_numbers(reference, hypothesis))
    sounds, others = _sounds(said), _sounds(heard)
    same = _letters(said)[:, None] == _letters(heard)[None, :]
    changing: Weights = np.where(same, 0, EDIT + _apart(sounds, others))
    table = _table(changing)
    n, m = len(said), len(heard)
    found: list[Alteration] = []
    while n or m:
        if n and m and table[n, m] == table[n - 1, m - 1] + changing[n - 1, m - 1]:
            n, m = n - 1, m - 1
            if not same[n, m]:
                found.append(Alteration(said[n], heard[m], sounds[n], others[m]))
        elif n and table[n, m] == table[n - 1, m] + EDIT:
            n -= 1
            found.append(Alteration(said[n], "", sounds[n], ""))
        else:
            m -= 1
            found.append(Alteration("", heard[m], "", others[m]))
    return tuple(reversed(found))


def spell_numbers(reference: str, hypothesis: str) -> str:
    """The heard text, each number written out in the way that costs the fewest edits against the reference.

    Examples
    --------
    >>> spell_numbers("一零零一号，四十五元", "1001号45元")
    '一零零一号四十五元'
    """
    text = hypothesis
    for number in reversed(list(NUMBER.finditer(hypothesis))):  # from the end, so that places stay where they are
        before, after = text[: number.start()], text[number.end() :]
        spoken = [before + reading + after for reading in readings(number[0])]
        text = min(spoken, key=lambda each: edits(reference, each))
    return text


def _table(changing: Weights) -> Weights:
    """The least weight of turning the first n characters into the first m, (n + 1, m + 1)."""
    steps = EDIT * np.arange(changing.shape[1] + 1)
    table = np.zeros((len(changing) + 1, len(steps)), np.int64)
    table[0] = steps
    for n, row in enumerate(changing):
        above = table[n] + EDIT
        above[1:] = np.minimum(above[1:], table[n, :-1] + row)
        table[n + 1] = np.minimum.accumulate(above - steps) + steps
    return table


def _sounds(characters: str) -> list[str]:
    return [str(sound) for sound in lazy_pinyin(characters, style=Style.NORMAL, errors=list)]  # type: ignore[arg-type]


def _letters(text: str) -> Weights:
    return np.array([ord(character) for character in text], np.int64)


def _apart(said: Sequence[str], heard: Sequence[str]) -> Weights:
    """The number of halves of the syllables that differ, 0 to 2, for each pair of one said and one heard."""
    apart = np.zeros((len(said), len(heard)), np.int64)
    for ours, theirs in zip(_halves(said), _halves(heard), strict=True):
        numbers = {half: n for n, half in enumerate(dict.fromkeys(ours + theirs))}
        one, other = (np.array([numbers[half] for half in each], np.int64) for each in (ours, theirs))
        apart += one[:, None] != other[None, :]
    return apart


def _halves(sounds: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [parts(sound) for sound in sounds]
    return [initial for initial, _ in pairs], [final for _, final in pairs]
