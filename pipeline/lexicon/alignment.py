"""The cheapest way to hear a pattern in a text, for many patterns and places at once (Sellers 1980).

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
    """Every hit within tolerance in the bands."""
    size = np.maximum(np.ceil(np.log2(bands.ends - bands.begins)).astype(int), 3)
    longest = patterns.symbols.shape[1]
    found: list[tuple[NDArray[np.int64], ...]] = []
    for power in np.unique(size).tolist():
        those = np.flatnonzero(size == power)
        # Longest patterns first: the shorter ones are done sooner and drop out at the end of the table.
        those = those[np.argsort(-patterns.lengths[bands.patterns[those]], kind="stable")]
        step = max(1, AT_ONCE // ((1 << power) + longest))
        for part in np.split(those, range(step, len(those), step)):
            found.append(_hits(patterns, bands, texts, part))
    if not found:
        none = np.zeros(0, np.int64)
        return Matches(none, none, none, none)
    merged = [np.concatenate(column) for column in zip(*found, strict=True)]
    return Matches(*merged)


def _hits(
    patterns: Patterns, bands: Bands, texts: Passages, part: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    which, text, begins = bands.patterns[part], bands.texts[part], bands.begins[part]
    widths = bands.ends[part] - begins
    width = int(widths.max())
    lengths, text_ends = patterns.lengths[which], texts.begins[text + 1] - 1
    inside = begins + np.arange(int(lengths.max()) + width - 1)[:, None]
    is_inside = (inside >= texts.begins[text]) & (inside < text_ends)
    inside = np.where(is_inside, inside, len(texts.syllables) - 1)  # the last silence
    sounds, points = texts.syllables[inside], texts.points[inside]
    digits = np.isin(points, SPOKEN_DIGIT_POINTS)
    # One number holds a cost and, below it, how far its way is from beginning at the last place: the lesser of two
    # is the cheaper way, and of two as cheap the shorter.
    scale = 1 << int(width + 1).bit_length()
    most = scale * (BEYOND * (patterns.symbols.shape[1] + 1) + EXTRA * (width + 1))
    # Half as wide numbers are twice as fast, and hold all but the widest bands.
    number = np.int32 if most <= np.iinfo(np.int32).max else np.int64
    diagonals: NDArray[Any] = np.arange(width, dtype=number)[:, None]
    steps = EXTRA * scale * diagonals
    table: NDArray[Any] = np.broadcast_to(width - diagonals, (width, len(part))).copy()
    last: NDArray[Any] = np.empty_like(table)
    rows = len(part)
    for n in range(int(lengths.max())):
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
    cost = last // scale
    first = begins + width - last % scale
    past = begins + lengths + np.arange(width)[:, None]
    before = np.concatenate([np.full((1, len(part)), BEYOND), cost[:-1]])
    is_hit = (cost <= patterns.allowed[which]) & (before >= cost)
    is_hit &= (diagonals < widths) & (past <= text_ends) & (first < past)
    column, row = np.nonzero(is_hit)
    first, past, cost, text = first[column, row], past[column, row], cost[column, row], text[row]
    held = (~patterns.at_start[which[row]] | (first == texts.begins[text])) & (
        ~patterns.at_end[which[row]] | (past == texts.begins[text + 1] - 1)
    )
    return which[row[held]], first[held], past[held], cost[held].astype(np.int64)
