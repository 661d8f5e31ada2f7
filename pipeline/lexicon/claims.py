"""Hits that compete for a place, and which of them another surely beats.

Knows who overlaps whom and who ranks first, for all texts at once; what guards near a hit say is known to `search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipeline.lexicon.patterns import Spelling

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Claims:
    """Hits in several texts, a column for each thing that is known of them.

    Parameters
    ----------
    spellings : tuple of Spelling
        What was looked for; `which` of them each hit is.
    texts, starts, ends : ndarray of int64, shape (n,)
        The text of each, and its character positions there.
    likeness : ndarray of float64, shape (n,)
        How like it sounded, 0..1.
    costs : ndarray of int64, shape (n,)
        In thousandths.
    num_fixed : ndarray of int32, shape (n,)
        Syllables of the phrase that are its own.
    ranks, terms : ndarray of int64, shape (n,)
        The place of its phrase in the file, and the number of its term.
    is_sure : ndarray of bool, shape (n,)
        Whether nothing but a better hit can take it back.
    """

    spellings: tuple[Spelling, ...]
    which: Numbers
    texts: Numbers
    starts: Numbers
    ends: Numbers
    likeness: NDArray[np.float64]
    costs: Numbers
    num_fixed: NDArray[np.int32]
    ranks: Numbers
    terms: Numbers
    is_sure: NDArray[np.bool_]

    def at(self, places: Numbers) -> Claims:
        """The claims at these places.

        Examples
        --------
        >>> def claims(spans, likeness):
        ...     n = len(spans)
        ...     starts, ends = np.array(spans).T
        ...     zero = np.zeros(n, int)
        ...     rest = (zero, zero, zero, zero, np.ones(n, bool))
        ...     return Claims((), zero, zero, starts, ends, np.array(likeness), *rest)
        >>> claims([(0, 2), (1, 4)], [0.9, 0.8]).at(np.array([1])).ends.tolist()
        [4]
        """
        return Claims(self.spellings, *(getattr(self, column).take(places) for column in _COLUMNS))


_COLUMNS = tuple(each.name for each in fields(Claims))[1:]


def joined(several: Sequence[Claims]) -> Claims:
    """The claims of several lots of patterns as one.

    Examples
    --------
    >>> def claims(spans, likeness):
    ...     n = len(spans)
    ...     starts, ends = np.array(spans).T
    ...     zero = np.zeros(n, int)
    ...     rest = (zero, zero, zero, zero, np.ones(n, bool))
    ...     return Claims((), zero, zero, starts, ends, np.array(likeness), *rest)
    >>> joined([claims([(0, 2)], [0.9]), claims([(1, 4)], [0.8])]).ends.tolist()
    [2, 4]
    """
    if len(several) == 1:
        return several[0]
    offsets = np.cumsum([0, *(len(each.spellings) for each in several[:-1])]).tolist()
    columns = {name: np.concatenate([getattr(each, name) for each in several]) for name in _COLUMNS[1:]}
    return Claims(
        spellings=tuple(spelling for each in several for spelling in each.spellings),
        which=np.concatenate([each.which + offset for each, offset in zip(several, offsets, strict=True)]),
        **columns,
    )


def unbeaten(claims: Claims, overlaps: str) -> Numbers:
    """The places of the claims that no sure one beats, in order of text, start and end.

    Where claims overlap in a chain, the first in rank stands if it is sure, and beats what it overlaps; so on with
    the rest, until the first of each chain is alone or in doubt.

    Examples
    --------
    >>> def claims(spans, likeness):
    ...     n = len(spans)
    ...     starts, ends = np.array(spans).T
    ...     zero = np.zeros(n, int)
    ...     rest = (zero, zero, zero, zero, np.ones(n, bool))
    ...     return Claims((), zero, zero, starts, ends, np.array(likeness), *rest)
    >>> unbeaten(claims([(0, 2), (1, 4), (6, 8)], [0.9, 0.8, 1.0]), "best").tolist()
    [1, 2]
    """
    order = np.lexsort((claims.ends, claims.starts, claims.texts))
    texts, starts, ends = claims.texts, claims.starts, claims.ends
    # Lots of one text, or of one term in it, laid end to end: only those of one lot can meet.
    lots = texts if overlaps != "all" else texts * (int(claims.terms.max(initial=0)) + 1) + claims.terms
    base = lots * (int(ends.max(initial=0)) + 1)
    first, last = base + starts, base + ends
    quality = -np.round(claims.likeness, 2) * (ends - starts)
    is_left = np.ones(len(order), bool)
    rest = order[np.argsort(first[order], kind="stable")]
    while True:
        reached = np.maximum.accumulate(last[rest])
        is_new = np.append(True, first[rest[1:]] >= reached[:-1])
        is_alone = is_new & np.append(is_new[1:], True)
        rest, chains = rest[~is_alone], np.cumsum(is_new)[~is_alone]
        keys = (quality[rest], chains) if overlaps != "first" else (quality[rest], claims.ranks[rest], chains)
        ranked = np.lexsort(keys)
        leads = ranked[np.diff(chains[ranked], prepend=-1) > 0]
        best = np.repeat(rest[leads], np.bincount(chains)[chains[leads]] if len(rest) else 0)
        is_beaten = claims.is_sure[best] & (rest != best)
        is_beaten &= (first[rest] < last[best]) & (first[best] < last[rest])
        if not is_beaten.any():
            return order[is_left[order]]
        is_left[rest[is_beaten]] = False
        rest = rest[~is_beaten]
