"""The cheapest way to hear a pattern in a text, for many patterns and places at once (Sellers 1980).

Costs are thousandths and exact. Of the cheapest ways that end at one place, the shortest counts; of hits that end
one beside the other, the cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.confusions import BEYOND, EXTRA
from pipeline.lexicon.patterns import DIGIT, Patterns
from pipeline.lexicon.seeds import Stretches
from pipeline.phonetics import SPOKEN_DIGITS, Passages

AT_ONCE = 2_000_000  # cells of a table: bounds the memory
SPOKEN_DIGIT_POINTS = np.array(sorted(map(ord, SPOKEN_DIGITS)), np.int32)


@dataclass(frozen=True, slots=True)
class Matches:
    """Patterns where they were heard: first place and the one past the last, and the cost in thousandths."""

    patterns: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    costs: NDArray[np.int64]


def aligned(patterns: Patterns, stretches: Stretches, texts: Passages) -> Matches:
    """Every hit within tolerance in the stretches."""
    widths = stretches.ends - stretches.begins
    size = np.maximum(np.ceil(np.log2(np.maximum(widths, 1))).astype(int), 4)
    found: list[tuple[NDArray[np.int64], ...]] = []
    for power in np.unique(size).tolist():
        those = np.flatnonzero(size == power)
        # Longest patterns first: the shorter ones are done sooner and drop out at the end of the table.
        those = those[np.argsort(-patterns.lengths[stretches.patterns[those]], kind="stable")]
        for part in np.split(those, range(AT_ONCE >> power, len(those), max(1, AT_ONCE >> power))):
            width = int(widths[part].max())
            found.append(_hits(patterns, stretches, texts, part, width))
    if not found:
        none = np.zeros(0, np.int64)
        return Matches(none, none, none, none)
    merged = [np.concatenate(column) for column in zip(*found, strict=True)]
    return Matches(*merged)


def _hits(
    patterns: Patterns, stretches: Stretches, texts: Passages, part: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], ...]:
    which, begins, ends = stretches.patterns[part], stretches.begins[part], stretches.ends[part]
    lengths = patterns.lengths[which]
    inside = begins[:, None] + np.arange(width)
    inside = np.where(inside < ends[:, None], inside, len(texts.syllables) - 1)  # the last silence
    sounds, points = texts.syllables[inside], texts.points[inside]
    digits = np.isin(points, SPOKEN_DIGIT_POINTS)
    # One number holds a cost and, below it, how far its way is from beginning at the last place: the lesser of two
    # is the cheaper way, and of two as cheap the shorter.
    scale = 1 << int(width + 1).bit_length()
    most = scale * (BEYOND * (patterns.symbols.shape[1] + 1) + EXTRA * (width + 1))
    # Half as wide numbers are twice as fast, and hold all but the longest stretches.
    number = np.int32 if most <= np.iinfo(np.int32).max else np.int64
    steps = EXTRA * scale * np.arange(width + 1, dtype=number)
    table: NDArray[Any] = np.broadcast_to(width - np.arange(width + 1, dtype=number), (len(part), width + 1)).copy()
    last: NDArray[Any] = np.empty_like(table)
    rows = len(part)
    for n in range(int(lengths.max(initial=0))):
        still = int(np.searchsorted(-lengths, -n, "left"))  # patterns of more than n symbols
        if still < rows:
            last[still:rows] = table[still:rows]
            rows, table = still, table[:still]
        symbols = patterns.symbols[which[:rows], n]
        costs = patterns.heard[symbols[:, None], sounds[:rows]]
        own = patterns.characters[symbols][:, None]
        costs = np.where((own == points[:rows]) | ((own == DIGIT) & digits[:rows]), 0, costs)
        after = table + (patterns.missing[symbols] * number(scale))[:, None]
        np.minimum(after[:, 1:], table[:, :-1] + costs * number(scale), out=after[:, 1:])
        after -= steps
        np.minimum.accumulate(after, axis=1, out=after)
        after += steps
        table = after
    last[:rows] = table
    cost = last[:, 1:] // scale
    start = width - last[:, 1:] % scale
    before = np.concatenate([np.full((len(part), 1), BEYOND), cost[:, :-1]], axis=1)
    is_hit = (cost <= patterns.allowed[which][:, None]) & (before >= cost)
    is_hit &= (np.arange(1, width + 1) <= (ends - begins)[:, None]) & (start <= np.arange(width))
    row, column = np.nonzero(is_hit)
    first, past = begins[row] + start[row, column], begins[row] + column + 1
    text = np.searchsorted(texts.begins, first, "right") - 1
    held = (~patterns.at_start[which[row]] | (first == texts.begins[text])) & (
        ~patterns.at_end[which[row]] | (past == texts.begins[text + 1] - 1)
    )
    row, column, first, past = row[held], column[held], first[held], past[held]
    return which[row], first, past, cost[row, column]
