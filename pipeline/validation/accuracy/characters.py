"""Characters that were said against characters that were heard: normal forms, and the edits between them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from opencc import OpenCC
from rapidfuzz.distance import Levenshtein

from pipeline.validation.accuracy.numerals import NUMBER, readings

SAME = str.maketrans("幺〇", "一零")
"""Other characters for the same digit."""

Costs = NDArray[np.int64]
"""Edits so far, for each number of reference characters used up; shape (n + 1,)."""


def plain(text: str) -> str:
    """The letters and digits of a text: NFKC, simplified, lower case, without punctuation and blanks.

    Examples
    --------
    >>> plain("您好，工號 幺〇〇二。ＯＫ!")
    '您好工号一零零二ok'
    """
    return _letters(_unified(text))


def edits(reference: str, hypothesis: str) -> int:
    """The fewest characters to change, insert or delete so that what was heard becomes what was said.

    The truth spells numbers as they are spoken; a recogniser may write them in digits. Digits in the hypothesis are
    therefore read in the way, of all ways to say them, that costs the fewest edits against the reference.

    Notes
    -----
    This is an oracle, but on notation only: whether 1001 stands for 一零零一 or 一千零一 was never asked of the
    recogniser. Another number than the one said still costs its edits.

    Examples
    --------
    >>> edits("一零零一号，四十五元。", "1001号45元"), edits("四十五元", "46元")
    (0, 1)
    """
    said = np.array([ord(c) for c in plain(reference)], np.int64)
    costs: Costs = np.arange(len(said) + 1)
    for alternatives in _alternatives(hypothesis):
        costs = np.min([_after(costs, heard, said) for heard in alternatives], axis=0)
    return int(costs[-1])


def spelled_as(hypothesis: str, reference: str) -> str:
    """What was heard in plain characters, each number written out in the way that is nearest to what was said.

    Examples
    --------
    >>> spelled_as("1001号，45元", "一零零一号四十五元")
    '一零零一号四十五元'
    """
    said, pieces = plain(reference), list(_alternatives(hypothesis))
    chosen = [alternatives[0] for alternatives in pieces]
    for n, alternatives in enumerate(pieces):
        before, after = "".join(chosen[:n]), "".join(chosen[n + 1 :])
        if len(alternatives) > 1:
            chosen[n] = min(alternatives, key=lambda each: Levenshtein.distance(said, before + each + after))
    return "".join(chosen)


def _after(costs: Costs, heard: str, said: NDArray[np.int64]) -> Costs:
    """The costs once `heard` has been taken in: Levenshtein's rows, one for each character of it."""
    steps = np.arange(len(costs))
    for character in heard:
        changed = costs[:-1] + (said != ord(character))
        costs = costs + 1  # inserted
        costs[1:] = np.minimum(costs[1:], changed)
        costs = np.minimum.accumulate(costs - steps) + steps  # deleted
    return costs


def _alternatives(hypothesis: str) -> Iterator[tuple[str, ...]]:
    """The hypothesis in pieces, each with the ways to write it out in characters: one, but several for a number."""
    text, at = _unified(hypothesis), 0
    for number in NUMBER.finditer(text):
        yield (_letters(text[at : number.start()]),)
        yield readings(number[0])
        at = number.end()
    yield (_letters(text[at:]),)


def _unified(text: str) -> str:
    unified: str = _to_simplified().convert(unicodedata.normalize("NFKC", text))
    return unified.lower()


def _letters(unified: str) -> str:
    return re.sub(r"[\W_]", "", unified).translate(SAME)


@cache
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")
