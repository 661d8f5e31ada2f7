"""Pinyin as somebody types it: with tones or without, written together or apart.

Knows which letters make syllables; how characters sound is known to `phonetics`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from pipeline.lexicon.confusions import parts
from pipeline.lexicon.phonetics import syllable_names

TYPED_AS = {"lue": "lve", "nue": "nve", "shei": "shui"}
"""Syllables as they are typed, where `phonetics` writes them otherwise."""
LONGEST = 6  # zhuang


def toneless(text: str) -> str:
    """Pinyin in small letters without the marks of tones; ``ü`` is ``v``. Other characters stay.

    Examples
    --------
    >>> toneless("Tóu sù"), toneless("lǜ")
    ('tou su', 'lv')
    """
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower()).replace("u\u0308", "v")
    return unicodedata.normalize(
        "NFC", "".join(c for c in apart.replace("u:", "v") if not unicodedata.combining(c))
    )


def is_syllable(word: str) -> bool:
    """Whether a word is one syllable, with or without the number of its tone.

    Examples
    --------
    >>> is_syllable("zhuang"), is_syllable("tou2"), is_syllable("tousu")
    (True, True, False)
    """
    run = toneless(word).rstrip("012345")
    return TYPED_AS.get(run, run) in _syllables()


def pinyin_only(text: str) -> bool:
    """Whether a query is all pinyin, so that it was meant by sound.

    Examples
    --------
    >>> pinyin_only("tousu dianhua"), pinyin_only("wifi 密码")
    (True, False)
    """
    runs = [run for run in re.split(r"[^a-z]+", toneless(text)) if run]
    spoken = "".join(character for character in text if character.isalnum())
    return bool(runs) and len("".join(runs)) == len(spoken) and all(any(spellings(run)) for run in runs)


@cache
def _syllables() -> frozenset[str]:
    return frozenset(name for name in syllable_names() if parts(name)[1])


def spellings(letters: str) -> Iterator[tuple[str, ...]]:
    """The ways to cut letters into syllables, those with the longest first syllables first.

    Examples
    --------
    >>> list(spellings("fangan"))
    [('fang', 'an'), ('fan', 'gan')]
    """
    if not letters:
        return
    syllables = _syllables()
    goes_on = _can_be_cut(letters)
    open_ways: list[tuple[tuple[str, ...], int]] = [((), 0)]
    while open_ways:
        cut, at = open_ways.pop()
        if at == len(letters):
            yield cut
            continue
        for end in _ends(letters, at):  # the longest is put on last and taken off first
            syllable = TYPED_AS.get(letters[at:end], letters[at:end])
            if syllable in syllables and goes_on[end]:
                open_ways.append(((*cut, syllable), end))


def _can_be_cut(letters: str) -> list[bool]:
    """Of each place in the letters, and of their end, whether what follows can be cut into syllables."""
    syllables = _syllables() | set(TYPED_AS)
    can = [False] * len(letters) + [True]
    for at in reversed(range(len(letters))):
        can[at] = any(can[end] and letters[at:end] in syllables for end in _ends(letters, at))
    return can


def _ends(letters: str, at: int) -> range:
    """The places at which a syllable that begins there may end."""
    return range(at + 1, min(at + LONGEST, len(letters)) + 1)
