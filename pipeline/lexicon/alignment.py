"""The cheapest ways to hear a pattern in a text, for many patterns and places at once (Sellers 1980).

Costs are thousandths and exact. Of the cheapest ways that end at one place, the shortest counts; of hits that end
one beside the other, the cheaper. Of the table of a pattern and a text only the diagonals of a band are filled in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.lexicon.confusions import BEYOND, EXTRA
from pipeline.lexicon.patterns import DIGIT, Patterns
from pipeline.lexicon.phonetics import SPOKEN_DIGITS, Passages
from pipeline.lexicon.seeds import Bands

AT_ONCE = 2_000_000  # cells of a table: bounds the memory
SPOKEN_DIGIT_POINTS = np.array(sorted(map(ord, SPOKEN_DIGITS)), np.int32)


@dataclass(frozen=True, slots=True)
class Matches:
    """Patterns where they were heard: first place and the one past the last, and the cost in thousandths."""

    patterns: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    costs: NDArray[np.int64]


def aligned(patterns: Patterns, bands: Bands, texts: Passages) -> Matches:
    """The places where patterns are heard within their tolerance, as the bands allow: start, end and cost.

    Examples
    --------
    >>> from pipeline.lexicon.file import Phrase
    >>> from pipeline.lexicon.patterns import compiled
    >>> from pipeline.lexicon.phonetics import listen_all
    >>> from pipeline.lexicon.seeds import candidates, sown
    >>> sorry = Phrase(term="apology", role="agent", variants=("非常抱歉",), tolerance=0.15)
    >>> patterns, texts = compiled([(sorry, "非常抱歉")], {}), listen_all(["那非常包歉"])
    >>> found = aligned(patterns, candidates(patterns, sown(patterns), texts), texts)
    >>> found.starts.tolist(), found.ends.tolist(), found.costs.tolist()
    ([1], [5], [50])
    """
    size = np.maximum(np.ceil(np.log2(bands.ends - bands.begins)).astype(int), 3)
    longest = patterns.symbols.shape[1]
    hits: list[tuple[NDArray[np.int64], ...]] = []
    for power in np.unique(size).tolist():
        members = np.flatnonzero(size == power)
        # Longest patterns first: the shorter ones are done sooner and drop out at the end of the table.
        members = members[np.argsort(-patterns.lengths[bands.patterns[members]], kind="stable")]
        step = max(1, AT_ONCE // ((1 << power) + longest))
        for part in np.split(members, range(step, len(members), step)):
            hits.append(_hits(patterns, bands, texts, part))
    if not hits:
        none = np.zeros(0, np.int64)
        return Matches(none, none, none, none)
    columns = [np.concatenate(column) for column in zip(*hits, strict=True)]
    return Matches(*columns)


def _hits(
    patterns: Patterns, bands: Bands, texts: Passages, part: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """The hits in some of the bands: pattern, first place, place past the last, and cost of each."""
    which, text, begins = bands.patterns[part], bands.texts[part], bands.begins[part]
    widths = bands.ends[part] - begins
    width = int(widths.max())
    lengths, text_ends = patterns.lengths[which], texts.begins[text + 1] - 1
    inside = begins + np.arange(int(lengths.max()) + width - 1)[:, None]
    is_inside = (inside >= texts.begins[text]) & (inside < text_ends)
    inside = np.where(is_inside, inside, len(texts.syllables) - 1)  # the last silence
    cost, first = _cheapest(patterns, which, texts.syllables[inside], texts.points[inside])
    first = begins + first
    past = begins + lengths + np.arange(width)[:, None]
    before = np.concatenate([np.full((1, len(part)), BEYOND), cost[:-1]])
    is_hit = (cost <= patterns.allowed[which]) & (before >= cost)
    is_hit &= (np.arange(width)[:, None] < widths) & (past <= text_ends) & (first < past)
    column, row = np.nonzero(is_hit)
    first, past, cost, text = first[column, row], past[column, row], cost[column, row], text[row]
    in_place = (~patterns.at_start[which[row]] | (first == texts.begins[text])) & (
        ~patterns.at_end[which[row]] | (past == texts.begins[text + 1] - 1)
    )
    return which[row[in_place]], first[in_place], past[in_place], cost[in_place].astype(np.int64)


def _cheapest(
    patterns: Patterns, which: NDArray[np.int64], sounds: NDArray[np.int32], points: NDArray[np.int32]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The cheapest way that ends on each diagonal, (width, n): its cost, and the place at which it begins.

    Parameters
    ----------
    which : ndarray of int64, shape (n,)
        The pattern of each text, those of most symbols first.
    sounds, points : ndarray of int32, shape (longest + width - 1, n)
        What is heard from the first diagonal on.
    """
    lengths = patterns.lengths[which]
    longest = int(lengths.max())
    width = len(sounds) - longest + 1
    digits = np.isin(points, SPOKEN_DIGIT_POINTS)
    # One number holds a cost and, below it, how far its way is from beginning at the last place: the lesser of two
    # is the cheaper way, and of two as cheap the shorter.
    scale = 1 << int(width + 1).bit_length()
    most = scale * (BEYOND * (patterns.symbols.shape[1] + 1) + EXTRA * (width + 1))
    # Half as wide numbers are twice as fast, and hold all but the widest bands.
    number = np.int32 if most <= np.iinfo(np.int32).max else np.int64
    diagonals: NDArray[Any] = np.arange(width, dtype=number)[:, None]
    steps = EXTRA * scale * diagonals
    table: NDArray[Any] = np.broadcast_to(width - diagonals, (width, len(which))).copy()
    last: NDArray[Any] = np.empty_like(table)
    rows = len(which)
    for n in range(longest):
        still = int(np.searchsorted(-lengths, -n, "left"))  # patterns of more than n symbols
        if still < rows:
            last[:, still:rows] = table[:, still:rows]
            rows, table = still, table[:, :still]
        symbols = patterns.symbols[which[:rows], n]
        heard, written = sounds[n : n + width, :rows], points[n : n + width, :rows]
        own = patterns.characters[symbols]
        costs = patterns.heard[symbols, heard]
        costs = np.where((own == written) | ((own == DIGIT) & digits[n : n + width, :rows]), 0, costs)
        after = table + costs * number(scale)
        np.minimum(after[:-1], table[1:] + patterns.missing[symbols] * number(scale), out=after[:-1])
        after -= steps
        np.minimum.accumulate(after, axis=0, out=after)
        after += steps
        table = after
    last[:, :rows] = table
    return last // scale, width - last % scale
