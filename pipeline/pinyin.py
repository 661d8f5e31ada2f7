"""Pinyin as somebody types it: with tones or without, written together or apart.

Knows which letters make syllables; how characters sound is known to `phonetics`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from pipeline.confusions import parts
from pipeline.phonetics import syllable_names

TYPED_AS = {"lue": "lve", "nue": "nve", "shei": "shui"}
"""Syllables as they are typed, where `phonetics` writes them otherwise."""
LONGEST = 6  # zhuang


def toneless(text: str) -> str:
    """Pinyin in small letters without the marks of tones; ``ü`` is ``v``. Other characters stay."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower()).replace("u\u0308", "v")
    return unicodedata.normalize(
        "NFC", "".join(c for c in apart.replace("u:", "v") if not unicodedata.combining(c))
    )


def is_syllable(word: str) -> bool:
    """Whether a word is one syllable, with or without the number of its tone."""
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
    known = _syllables()
    open_ways: list[tuple[tuple[str, ...], str]] = [((), letters)]
    while open_ways:
        cut, rest = open_ways.pop()
        if not rest:
            yield cut
            continue
        for length in range(1, min(LONGEST, len(rest)) + 1):  # the longest is put on last and taken off first
            syllable = TYPED_AS.get(rest[:length], rest[:length])
            if syllable in known and _can_be_cut(rest[length:]):
                open_ways.append(((*cut, syllable), rest[length:]))


@lru_cache(4096)
def _can_be_cut(letters: str) -> bool:
    known = _syllables() | set(TYPED_AS)
    return not letters or any(
        letters[:length] in known and _can_be_cut(letters[length:])
        for length in range(1, min(LONGEST, len(letters)) + 1)
    )
