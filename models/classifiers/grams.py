"""What the bundled classifier sees of a sentence: pieces of its characters, sounds, words, frame and edges.

Knows how a text is taken apart and weighed; nothing of labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

import numpy as np
from jieba.posseg import POSTokenizer
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from scipy.sparse import csr_matrix

from models.classifiers.features import folded, tokenizer

ALIKE = str.maketrans({"您": "你", "儿": None})
"""Politeness of the pronoun says nothing of what is meant, and no recogniser hears it."""

LONGEST_CHARACTERS, LONGEST_SYLLABLES, LONGEST_FRAME = 4, 3, 4
SKIPPED = 5
"""Words that two paired words may be apart."""

NAMES, NUMBERS, DEEDS, QUALITIES = "n", "m", "v", "ai"
_PAUSE = re.compile(r"[，。？！、；,.?!;\s]+")

Channels = tuple[tuple[str, ...], ...]
"""The pieces of a sentence, one tuple a channel, each piece once."""


def said(text: str) -> str:
    """The characters that are spoken, NFKC and lower-cased, 您 as 你; punctuation and blanks go.

    Examples
    --------
    >>> said("您好，哪儿呀？")
    '你好哪呀'
    """
    folded_text = unicodedata.normalize("NFKC", text).lower().translate(ALIKE)
    return "".join(c for c in folded_text if unicodedata.category(c)[0] in "LN")


@lru_cache(maxsize=20_000)
def pieces(text: str) -> Channels:
    """The pieces of a sentence in every channel: characters, syllables, words, two frames, pairs, edges.

    A frame is the sentence with its names and numbers as N and M; the barer one has its deeds and qualities as V
    and A as well: what is left is how it is said, whatever it is about.

    Examples
    --------
    >>> [channel[:2] for channel in pieces("关我什么事")][2:]
    [('关', '我'), ('^', '关'), ('^', '关'), ('关_我', '关_什么'), ('B关我', 'b关')]
    """
    spoken = said(text)
    syllables = [folded(str(s)) for s in lazy_pinyin(spoken, errors=list)]  # type: ignore[arg-type]
    words = list(tokenizer().cut(spoken, HMM=False))
    tagged = [(each.word, each.flag) for each in _tagger().cut(text.translate(ALIKE), HMM=False)]
    frame = ["^", *(_framed(word, flag) for word, flag in tagged), "$"]
    bare = ["^", *(_framed(word, flag, bare=True) for word, flag in tagged), "$"]
    return tuple(
        tuple(dict.fromkeys(channel))
        for channel in (
            _runs(f"^{spoken}$", LONGEST_CHARACTERS, ""),
            _runs(syllables, LONGEST_SYLLABLES),
            _runs(words, 2),
            _runs(frame, LONGEST_FRAME),
            _runs(bare, LONGEST_FRAME + 1),
            [f"{a}_{b}" for n, a in enumerate(words) for b in words[n + 1 : n + 1 + SKIPPED]],
            _edges(text),
        )
    )


def _runs(units: Sequence[str], longest: int, between: str = " ") -> list[str]:
    """Every run of one up to `longest` units, joined."""
    lengths = range(1, longest + 1)
    return [between.join(units[n : n + k]) for k in lengths for n in range(len(units) - k + 1)]


def _framed(word: str, flag: str, *, bare: bool = False) -> str:
    """A word, or the letter of its kind where the frame does not keep it."""
    if flag[0] == NAMES or flag in ("t", "s", "eng"):
        return "N"
    if flag == NUMBERS:
        return "M"
    if bare and len(word) > 1 and flag[0] == DEEDS:
        return "V"
    if bare and len(word) > 1 and flag[0] in QUALITIES:
        return "A"
    return word


def _edges(text: str) -> list[str]:
    """How the clauses begin and end: two characters and one of either side, and both together."""
    edges = []
    for clause in filter(None, (said(part) for part in _PAUSE.split(text))):
        first, last = clause[0], clause[-1]
        edges += [f"B{clause[:2]}", f"b{first}", f"E{clause[-2:]}", f"e{last}", f"be{first}{last}"]
    return edges


@cache
def _tagger() -> POSTokenizer:
    return POSTokenizer(tokenizer())


def vectors(texts: Iterable[str], columns: Mapping[str, int], idf: NDArray[np.float32]) -> csr_matrix:
    """The weights of the pieces of each text, float32 (n_texts, n_columns).

    Parameters
    ----------
    columns : mapping of str to int
        The column of each piece that counts, as `named` names it.
    idf : ndarray, shape (n_columns,)
        How rare each piece is.

    Note
    ----
    Every channel of a text has length 1 (Manning, Raghavan & Schütze 2008, 6.3): a long sentence does not outweigh
    a short one, nor a channel with many pieces one with few.
    """
    data, indices, starts = [], [], [0]
    for text in texts:
        for number, channel in enumerate(pieces(text)):
            found = [column for piece in channel if (column := columns.get(named(number, piece))) is not None]
            weights = idf[found]
            data.append(weights / (np.linalg.norm(weights) or 1.0))
            indices += found
        starts.append(len(indices))
    values = np.concatenate(data) if data else np.zeros(0)
    return csr_matrix((values.astype(np.float32), indices, starts), shape=(len(starts) - 1, len(columns)))


def named(channel: int, piece: str) -> str:
    """The name of a piece over all channels.

    Examples
    --------
    >>> named(0, "关我")
    '0关我'
    """
    return f"{channel}{piece}"
