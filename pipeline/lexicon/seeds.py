"""The places at which a pattern may be at all, because a piece of it sounds nearly right there.

A hit that costs no more than its pattern allows, divided among the pieces of the pattern, leaves one piece that
costs no more than its share (the pigeonhole principle). Pieces are pairs of neighbouring syllables. Where the
share is less than a syllable too many or too few, the piece stands in the text syllable by syllable; where it is
more, but less than two of them, it may also stand there with a syllable inside that is not its own, or with one of
its two. Where a pattern allows still more, pieces are single syllables. The texts are looked through once for all
pieces of all patterns. Nothing within tolerance is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.lexicon.confusions import EXTRA, LEAST_MISSING
from pipeline.lexicon.patterns import DIGIT, Patterns
from pipeline.lexicon.phonetics import Passages, num_sounds, silence

LEAST_GAP = min(EXTRA, LEAST_MISSING)  # what one syllable too many or too few costs at least
AT_ONCE = 32_000  # candidates weighed at once: what they need stays near the processor
COARSE = (
    4  # thousandths: the step of a rough cost, so that one byte holds it and the tables stay near the processor
)


@dataclass(frozen=True, slots=True)
class _Postings:
    """For each key, where it stands in the patterns: entries ``begins[key]`` to ``begins[key + 1]``."""

    begins: NDArray[np.int32]
    patterns: NDArray[np.int32]
    offsets: NDArray[np.int32]

    def look_up(self, keys: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
        """Places of the keys that are entered, and for each entry of theirs the pattern and the offset in it."""
        first = self.begins[keys]
        counts = self.begins[keys + 1] - first
        at = np.flatnonzero(counts)
        counts = counts[at]
        ends = np.cumsum(counts)
        entries = np.arange(ends[-1] if len(at) else 0) + np.repeat(first[at] - ends + counts, counts)
        return np.repeat(at, counts), self.patterns[entries], self.offsets[entries]


@dataclass(frozen=True, slots=True)
class Bands:
    """Patterns, the texts to look for each in, and where a hit would begin if no syllable were lost or added.

    All that is lost or added on the way to any place of a hit, its beginning among them, keeps it between `begins`
    and `ends`. A band may begin before its text does: a hit there has lost its head. Those of one pattern in one
    text do not touch.
    """

    patterns: NDArray[np.int64]
    texts: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Lower bounds of the cost of hits, in steps of `COARSE` rounded down.

    Parameters
    ----------
    costs : ndarray of uint8, shape (num_symbols + 1, num_sounds)
        Of a sound at each symbol; the last is that of the places after a pattern's end, and costs nothing.
    lines : ndarray of int64, shape (num_patterns, longest)
        Where the costs of each symbol of each pattern begin in the flat table.
    missing : ndarray of uint8, shape (num_patterns, longest)
        Of not hearing it.
    allowed : ndarray of int32, shape (num_patterns,)
        What a hit may cost.
    """

    costs: NDArray[np.uint8]
    lines: NDArray[np.int64]
    missing: NDArray[np.uint8]
    allowed: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Patterns with the places at which each might begin.

    Parameters
    ----------
    patterns : ndarray of int32, shape (n,)
    begins : ndarray of int64, shape (n,)
        Place of the first symbol in the padded sounds.
    offsets : ndarray of int32, shape (n,)
        Place in the pattern of the seed that was found.
    """

    patterns: NDArray[np.int32]
    begins: NDArray[np.int64]
    offsets: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Seeds:
    """The pieces of all patterns, by the sounds that may stand for them, and what tells quickly where no hit is."""

    pairs: _Postings
    split_pairs: _Postings  # pairs with a syllable between them that is not theirs
    singles: _Postings
    bounds: _Bounds


def sown(patterns: Patterns) -> Seeds:
    """The seeds of patterns: their pieces, by the sounds that may stand for them.

    Examples
    --------
    >>> from pipeline.lexicon.file import Phrase
    >>> from pipeline.lexicon.patterns import compiled
    >>> sorry = Phrase(term="apology", role="agent", variants=("非常抱歉",), tolerance=0.15)
    >>> sorted(set(sown(compiled([(sorry, "非常抱歉")], {})).pairs.offsets.tolist()))
    [0, 2]
    """
    pairs: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    split_pairs: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    singles: dict[tuple[int, int], list[tuple[int, int]]] = {}
    fixed = patterns.characters
    for n, (row, length, allowed) in enumerate(
        zip(patterns.symbols.tolist(), patterns.lengths.tolist(), patterns.allowed.tolist(), strict=True)
    ):
        pieces = _pieces(fixed[row[:length]].tolist(), allowed)
        for at, share in pieces.pairs:
            pairs.setdefault((row[at], row[at + 1], share), []).append((n, at))
            if share >= EXTRA:
                split_pairs.setdefault((row[at], row[at + 1], share - EXTRA), []).append((n, at))
            for lost, left in ((at, at + 1), (at + 1, at)):
                if share >= patterns.missing[row[lost]]:
                    singles.setdefault((row[left], share - int(patterns.missing[row[lost]])), []).append((n, left))
        for at, share in pieces.singles:
            singles.setdefault((row[at], share), []).append((n, at))
    least = patterns.at_least

    @cache
    def within(line: int, share: int) -> NDArray[np.int64]:
        return np.flatnonzero(least[line] <= share)

    def both(
        wanted: dict[tuple[int, int, int], list[tuple[int, int]]],
    ) -> list[tuple[NDArray[np.int64], list[tuple[int, int]]]]:
        keyed = []
        for (one, other, share), uses in wanted.items():
            left, right = within(one, share), within(other, share)
            near_by = least[one, left][:, None] + least[other, right][None, :] <= share
            first, second = np.nonzero(near_by)
            keyed.append((left[first] * num_sounds() + right[second], uses))
        return keyed

    alone = [(within(line, share), uses) for (line, share), uses in singles.items()]
    num_pairs = num_sounds() ** 2
    return Seeds(
        _posted(both(pairs), num_pairs),
        _posted(both(split_pairs), num_pairs),
        _posted(alone, num_sounds()),
        _bounds(patterns),
    )


def _bounds(patterns: Patterns) -> _Bounds:
    nothing = np.zeros((1, patterns.at_least.shape[1]), np.int32)
    costs = np.minimum(np.concatenate([patterns.at_least, nothing]) // COARSE, np.iinfo(np.uint8).max)
    missing = np.append(patterns.missing, 0) // COARSE
    lines = patterns.symbols.astype(np.int64) % len(costs)  # -1, after the last symbol, is the last line
    return _Bounds(
        costs.astype(np.uint8),
        lines * costs.shape[1],
        missing[lines].astype(np.uint8),
        patterns.allowed // COARSE,
    )


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The pieces of a pattern, pairs and single syllables: where each begins, and its share of the cost."""

    pairs: list[tuple[int, int]]
    singles: list[tuple[int, int]]


def _pieces(kinds: list[int], allowed: int) -> _Pieces:
    """The pieces; no share of a single one reaches `LEAST_GAP`, nor of a pair twice that, if that can be helped."""
    pieces = list(_pairs(kinds))
    share = allowed // len(pieces)
    pairs = [(at, share) for at, size in pieces if size == 2]
    if share < LEAST_GAP or (len(pairs) == len(pieces) and share < 2 * LEAST_GAP):
        return _Pieces(pairs, [(at, share) for at, size in pieces if size == 1])
    alone = [at for at, kind in enumerate(kinds) if kind >= 0]
    return _Pieces([], [(at, allowed // len(alone)) for at in alone])


def _pairs(kinds: list[int]) -> Iterator[tuple[int, int]]:
    """Place and size of the pieces: pairs of syllables; one that has no neighbour goes with a digit, or alone."""
    at = 0
    while at < len(kinds):
        if kinds[at] < 0:
            at += 1
            continue
        end = next((n for n in range(at, len(kinds)) if kinds[n] < 0), len(kinds))
        if end - at >= 2:
            yield from ((n, 2) for n in range(at, end - 1, 2))
        elif at and kinds[at - 1] == DIGIT:
            yield at - 1, 2
        elif end < len(kinds) and kinds[end] == DIGIT:
            yield at, 2
        else:
            yield at, 1
        at = end


def _posted(keyed: list[tuple[NDArray[np.int64], list[tuple[int, int]]]], num_keys: int) -> _Postings:
    if not keyed:
        none = np.zeros(0, np.int32)
        return _Postings(np.zeros(num_keys + 1, np.int32), none, none)
    keys = np.concatenate([np.repeat(each, len(uses)) for each, uses in keyed])
    entries = np.concatenate([np.tile(np.array(uses, np.int32), (len(each), 1)) for each, uses in keyed])
    order = np.argsort(keys, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=num_keys))]).astype(np.int32)
    return _Postings(begins, entries[order, 0], entries[order, 1])


def candidates(patterns: Patterns, seeds: Seeds, texts: Passages) -> Bands:
    """The bands in which a hit of each pattern may be: none is left out, and most of them hold none.

    Examples
    --------
    >>> from pipeline.lexicon.file import Phrase
    >>> from pipeline.lexicon.patterns import compiled
    >>> from pipeline.lexicon.phonetics import listen_all
    >>> sorry = Phrase(term="apology", role="agent", variants=("非常抱歉",), tolerance=0.15)
    >>> patterns = compiled([(sorry, "非常抱歉")], {})
    >>> bands = candidates(patterns, sown(patterns), listen_all(["那非常包歉", "没事"]))
    >>> bands.texts.tolist(), bands.begins.tolist(), bands.ends.tolist()
    ([0], [1], [2])
    """
    sounds = texts.syllables
    pairs = seeds.pairs.look_up(sounds[:-1] * num_sounds() + sounds[1:])
    split_pairs = seeds.split_pairs.look_up(sounds[:-2] * num_sounds() + sounds[2:])
    alone = seeds.singles.look_up(sounds)
    at = np.concatenate([pairs[0], split_pairs[0], alone[0]])
    found = np.concatenate([pairs[1], split_pairs[1], alone[1]])
    offsets = np.concatenate([pairs[2], split_pairs[2], alone[2]])
    # A hit that lost its head would begin before its text does: each text gets room in front for that.
    room = 2 * patterns.symbols.shape[1]
    quiet = np.full(room, silence(), np.int64)
    padded = np.concatenate([quiet, sounds, quiet])
    # Patterns as long, in which as much may be lost or added, are weighed together.
    longest = patterns.symbols.shape[1]
    kinds = (patterns.allowed // LEAST_GAP * (longest + 1) + patterns.lengths).astype(np.uint16).take(found)
    by_kind = np.argsort(kinds, kind="stable")
    ends = np.cumsum(np.bincount(kinds))
    kept = []
    for kind in np.unique(kinds).tolist():
        members = by_kind[ends[kind - 1] if kind else 0 : ends[kind]]
        shift, length = divmod(kind, longest + 1)
        for part in np.split(members, range(AT_ONCE, len(members), AT_ONCE)):
            offset = offsets.take(part)
            near = _Candidates(found.take(part), at.take(part) - offset + room, offset)
            kept.append(part[_affordable(seeds.bounds, near, padded, length, shift)])
    left = np.concatenate([*kept, np.zeros(0, np.int64)])
    found, places = found[left].astype(np.int64), at[left]
    text = np.searchsorted(texts.begins, places, "right") - 1
    places = places - offsets[left]
    bits = (len(sounds) + room * len(texts.begins)).bit_length()
    order = np.argsort((found << bits) + places + room * (text + 1))
    found, places, text = found[order], places[order], text[order]
    spread = patterns.allowed[found] // LEAST_GAP
    return _merged(found, text, places - spread, places + spread + 1)


def _affordable(
    bounds: _Bounds, near: _Candidates, padded: NDArray[np.int64], length: int, shift: int
) -> NDArray[np.int64]:
    """The candidates of `length` symbols that could be cheap enough, each symbol at its best within `shift`."""
    alive, spent = np.arange(len(near.patterns)), np.zeros(len(near.patterns), np.int32)
    allowed = bounds.allowed.take(near.patterns)
    costs, longest = bounds.costs.ravel(), bounds.lines.shape[1]
    lines, missing = bounds.lines.ravel(), bounds.missing.ravel()
    rows = near.patterns.astype(np.int64) * longest
    places, offsets = near.begins, near.offsets
    # The syllables of the seed last: they say nothing new.
    for n in range(2, length + 2):
        at = ((np.arange(length) + n) % length).take(offsets)
        symbols = rows + at
        at += places
        least, line = missing.take(symbols), lines.take(symbols)
        for gap in range(-shift, shift + 1):
            np.minimum(least, costs.take(line + padded.take(at + gap)), out=least)
        spent += least
        still = np.flatnonzero(spent <= allowed)
        if len(still) < len(alive):
            alive, spent, allowed = alive.take(still), spent.take(still), allowed.take(still)
            rows, places, offsets = rows.take(still), places.take(still), offsets.take(still)
    return alive


def _merged(
    found: NDArray[np.int64], texts: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> Bands:
    """Bands of one pattern, in order, become one where they meet: its hits are told apart later."""
    is_new = np.ones(len(found), bool)
    is_new[1:] = (found[1:] != found[:-1]) | (texts[1:] != texts[:-1]) | (begins[1:] > ends[:-1])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(found)) - 1 if len(found) else first
    return Bands(found[first], texts[first], begins[first], ends[last])
