"""Wordings made ready for the search: every spelling as a row of symbols, all of them in a few arrays.

A symbol is a syllable of the wording, a place for any digit, or a place for anything. What hearing a sound costs at
a symbol stands in one table, a line for each different symbol.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.lexicon.confusions import (
    BEYOND,
    HOMOPHONE,
    MISSING,
    UNIT,
    UNRELATED,
    Costs,
    missing_costs,
    sound_costs,
)
from pipeline.lexicon.file import Phrase
from pipeline.lexicon.notation import (
    A_DIGIT,
    ANYTHING,
    LIKE_A_DIGIT,
    OF_A_COMPANY,
    OF_A_NAME,
    OPEN_PLACES,
    spellings,
)
from pipeline.lexicon.phonetics import SPOKEN_DIGITS, listen, listen_all, num_sounds, readings_of, silence

TOLERANT_FROM = 4  # syllables; shorter phrases match sound-alikes only
SHORT_TOLERANCE = 110  # thousandths: a homophone or two, or one of the closest sounds
LIKE_DIGIT = 220  # thousandths: how near a digit a sound must be to stand for it, as 里 is to 零
NO_DIGITS = "十百千"  # near digits as they sound, but of dates and sums: 二十一号
DIGIT, OPEN, ROUGH_DIGIT, NAME, COMPANY = -1, -2, -3, -4, -5
"""In place of a character: any spoken digit, anything, what sounds like a digit, a part of a name."""
PLACES = {A_DIGIT: DIGIT, ANYTHING: OPEN, LIKE_A_DIGIT: ROUGH_DIGIT, OF_A_NAME: NAME, OF_A_COMPANY: COMPANY}

Whose = TypeVar("Whose")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One spelling of one variant, and whose it is."""

    phrase: Phrase
    variant: str


@dataclass(frozen=True, slots=True)
class Patterns:
    """All spellings of a lexicon, as rows of symbols.

    Parameters
    ----------
    spellings : tuple of Spelling
        What each pattern is.
    symbols : ndarray of int32, shape (num_patterns, longest)
        The line of each symbol in the tables; -1 after the last.
    lengths, num_fixed, allowed : ndarray of int32, shape (num_patterns,)
        Symbols of each, those of them that are its own syllables, and what a hit may cost, in thousandths.
    phrases : ndarray of int32, shape (num_patterns,)
        Which patterns belong to one phrase: those of the same number.
    at_start, at_end : ndarray of bool, shape (num_patterns,)
        Whether it holds only at the beginning or the end of a text.
    characters : ndarray of int32, shape (num_symbols,)
        The code point of each different symbol, or what stands in place of one.
    heard : ndarray of int32, shape (num_symbols, num_sounds)
        Cost of a sound at the symbol, where the character is another one.
    at_least : ndarray of int32, shape (num_symbols, num_sounds)
        The same, where the character may be its own: no true cost is lower.
    missing : ndarray of int32, shape (num_symbols,)
        Cost of not hearing it at all.
    """

    spellings: tuple[Spelling, ...]
    symbols: NDArray[np.int32]
    lengths: NDArray[np.int32]
    num_fixed: NDArray[np.int32]
    allowed: NDArray[np.int32]
    phrases: NDArray[np.int32]
    at_start: NDArray[np.bool_]
    at_end: NDArray[np.bool_]
    characters: NDArray[np.int32]
    heard: Costs
    at_least: Costs
    missing: Costs


def compiled(variants: Iterable[tuple[Phrase, str]], slots: Mapping[str, Sequence[str]]) -> Patterns:
    """The spellings of variants, their slots filled, as rows of symbols with what a hit may cost.

    Raises
    ------
    ValueError
        If the notation of one is wrong, or it holds a character that is not spoken, or no syllable of its own.

    Examples
    --------
    >>> sorry = Phrase(term="apology", role="agent", variants=("非常抱歉",), tolerance=0.15)
    >>> patterns = compiled([(sorry, "非常[非常]抱歉")], {})
    >>> patterns.lengths.tolist(), patterns.allowed.tolist()
    ([6, 4], [900, 600])
    """
    phrases: dict[int, int] = {}
    lines: dict[tuple[int, int, bool], int] = {}
    owners: list[Spelling] = []
    rows: list[list[int]] = []
    columns: list[tuple[int, int, int]] = []
    for phrase, variant, spelling, points, sounds in _spoken(variants, slots):
        num_fixed = sum(character not in OPEN_PLACES for character in spelling)
        strict = num_fixed < TOLERANT_FROM and not phrase.tolerance
        symbols = map(_symbol, spelling, points, sounds, repeat(strict))
        rows.append([lines.setdefault(symbol, len(lines)) for symbol in symbols])
        owners.append(Spelling(phrase, variant))
        columns.append((num_fixed, _allowed(phrase, num_fixed), phrases.setdefault(id(phrase), len(phrases))))
    return _tables(owners, rows, np.array(columns, np.int32).reshape(-1, 3), list(lines))


MOST = 50_000
"""Spellings of one lexicon together; the largest that comes with callqa has about 10,000."""


def check_notation(variants: Sequence[str]) -> None:
    """No value; an error for variants that cannot be compiled, the slots of a call among them.

    Raises
    ------
    ValueError
        As `compiled`.

    Examples
    --------
    >>> check_notation(["(感谢|谢谢)来电", "工号{n}"])
    """
    for _ in _spoken([(None, variant) for variant in variants], {}):
        pass


def _spoken(
    variants: Iterable[tuple[Whose, str]], slots: Mapping[str, Sequence[str]]
) -> Iterator[tuple[Whose, str, str, list[int], list[int]]]:
    """Every spelling of the variants, with the code points and the sounds of its symbols."""
    wordings: list[tuple[Whose, str, str]] = []
    for whose, variant in variants:
        wordings += ((whose, variant, spelling) for spelling in spellings(variant, slots))
        if len(wordings) > MOST:
            raise ValueError(f"the list stands for more than {MOST} wordings, {variant!r} being one too many")
    stand_ins = {ord(place): "零" if place == A_DIGIT else "某" for place in OPEN_PLACES}
    passages = listen_all([spelling.translate(stand_ins) for *_, spelling in wordings])
    begins, points, sounds = passages.begins.tolist(), passages.points.tolist(), passages.syllables.tolist()
    for (whose, variant, spelling), begin, end in zip(wordings, begins[:-1], begins[1:], strict=True):
        if end - 1 - begin != len(spelling):
            raise ValueError(f"{variant!r} holds a character that is not spoken")
        if not set(spelling) - set(OPEN_PLACES):
            raise ValueError(f"{variant!r} holds no syllable of its own")
        yield whose, variant, spelling, points[begin : end - 1], sounds[begin : end - 1]


def _symbol(character: str, point: int, sound: int, strict: bool) -> tuple[int, int, bool]:
    if place := PLACES.get(character):
        return place, 0, False
    return point, sound, strict


def _allowed(phrase: Phrase, num_fixed: int) -> int:
    if num_fixed < TOLERANT_FROM:
        near = phrase.tolerance > 0 and phrase.severity != "fatal"  # too much hangs on two syllables
        return max(HOMOPHONE * num_fixed, SHORT_TOLERANCE if near else 0)
    return max(HOMOPHONE * 2, round(phrase.tolerance * num_fixed * UNIT))


def _tables(
    owners: list[Spelling], rows: list[list[int]], columns: NDArray[np.int32], lines: list[tuple[int, int, bool]]
) -> Patterns:
    lengths = np.array([len(row) for row in rows], np.int32)
    symbols = np.full((len(rows), int(lengths.max(initial=0))), -1, np.int32)
    for n, row in enumerate(rows):
        symbols[n, : len(row)] = row
    points = np.array([point for point, _, _ in lines], np.int32)
    sounds = np.array([sound for _, sound, _ in lines], np.int32)
    strict = np.array([is_strict for *_, is_strict in lines], bool)
    heard = np.maximum(sound_costs()[sounds], HOMOPHONE)
    heard[strict[:, None] & (heard > HOMOPHONE)] = UNRELATED
    digits = sorted({reading for digit in SPOKEN_DIGITS for reading in readings_of(ord(digit))})
    is_open = np.isin(points, (OPEN, NAME, COMPANY))
    heard[points == DIGIT] = UNRELATED
    rough = np.where(sound_costs()[digits].min(axis=0) <= LIKE_DIGIT, 0, UNRELATED)
    rough[listen(NO_DIGITS).syllables] = UNRELATED
    heard[points == ROUGH_DIGIT] = rough
    heard[is_open] = 0
    heard[:, num_sounds() - 2] = np.where(is_open, 0, UNRELATED)  # letters of scripts that nobody reads out
    heard[:, silence()] = BEYOND
    at_least = heard.copy()
    for n, point in enumerate(points.tolist()):
        own = digits if point == DIGIT else readings_of(point) if point >= 0 else ()
        at_least[n, list(own)] = 0
    variants = [spelling.variant for spelling in owners]
    return Patterns(
        spellings=tuple(owners),
        symbols=symbols,
        lengths=lengths,
        num_fixed=columns[:, 0],
        allowed=columns[:, 1],
        phrases=columns[:, 2],
        at_start=np.array([variant.startswith("^") for variant in variants], bool),
        at_end=np.array([variant.endswith("$") for variant in variants], bool),
        characters=points,
        heard=heard,
        at_least=at_least,
        missing=np.where(points >= 0, missing_costs()[sounds], MISSING).astype(np.int32),
    )
