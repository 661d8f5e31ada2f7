"""What a classifier sees of a turn, and makes of it: words, characters, sounds, phrases, the turn before.

The transformers are module-level scikit-learn classes without functions inside, so that skops can write them down
and an allow-list can name them. Knows nothing of labels.
"""

from __future__ import annotations

import hashlib
import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from tempfile import TemporaryDirectory
from typing import Any, Self

import jieba
import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline

from models.classifiers.criteria import criteria_file
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons

LEAST_TURNS = 2
"""A word or n-gram of a single turn teaches nothing; most of those are what a recogniser garbled."""

FOLDED = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^[nr]"), "l"), (re.compile("^h"), "f"))
NASAL = re.compile("(?<=[aei])ng$")
"""Sounds that telephone Mandarin confuses are one: zh/z, ch/c, sh/s, n/r/l, h/f, and -ng/-n after a, e, i."""

NUMBER = re.compile("[零一二两三四五六七八九十百半0-9]+(?=个?(?:点|小时|钟头|分钟|工作日|天|号|月|周|块|次|遍))")
"""Figures before what they count: which figure it is says nothing of any criterion."""

OTHER_SIDE = {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn as a classifier sees it: its words, those of the other side before it (may be none), and its role."""

    text: str
    before: str
    role: Role


def spoken_turns(hearing: Hearing) -> tuple[Spoken, ...]:
    """Every turn of a call as a classifier sees it, in the order of the turns."""
    last = {Role.AGENT: "", Role.CUSTOMER: ""}
    seen = []
    for turn in hearing.turns:
        seen.append(Spoken(turn.text, last[OTHER_SIDE[turn.role]] if turn.role in OTHER_SIDE else "", turn.role))
        if turn.role in OTHER_SIDE:
            last[turn.role] = turn.text
    return tuple(seen)


@cache
def tokenizer() -> jieba.Tokenizer:
    """The word cutter, loaded once per process; call it before forking.

    Note
    ----
    jieba caches its dictionary with `marshal` under a fixed name in the common temporary folder, where another
    account could leave one of its own: this one gets a folder that only it can read, and that goes away.
    """
    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    with TemporaryDirectory(prefix="callqa-jieba-") as folder:
        cutter.tmp_dir = folder
        cutter.initialize()
    return cutter


def plain(text: str) -> str:
    """The characters that are spoken, NFKC and lower-cased; punctuation and blanks go, a counted figure is 0.

    Examples
    --------
    >>> plain("二十四小时之内给您回电话。")
    '0小时之内给您回电话'
    """
    kept = (c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c)[0] in "LN")
    return NUMBER.sub("0", "".join(kept))


@lru_cache(maxsize=20_000)
def _words(text: str) -> str:
    return " ".join(tokenizer().cut(plain(text), HMM=False))


@lru_cache(maxsize=20_000)
def _syllables(text: str) -> str:
    readings = lazy_pinyin(plain(text), errors=list)  # type: ignore[arg-type]  # one by one
    return " ".join(folded(str(reading)) for reading in readings)


@cache
def folded(reading: str) -> str:
    """A toneless syllable as the telephone leaves it.

    Examples
    --------
    >>> folded("zheng"), folded("ni")
    ('zen', 'li')
    """
    for pattern, common in FOLDED:
        reading = pattern.sub(common, reading)
    return NASAL.sub("n", reading)


class _Stateless(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    def fit(self, _turns: Sequence[Spoken], _holds: object = None) -> Self:
        """Nothing is learned."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Words(_Stateless):
    """The words of each turn, by jieba, with blanks between."""

    def transform(self, turns: Sequence[Spoken]) -> list[str]:
        """One text per turn."""
        return [_words(turn.text) for turn in turns]


class Characters(_Stateless):
    """The spoken characters of each turn."""

    def transform(self, turns: Sequence[Spoken]) -> list[str]:
        """One text per turn."""
        return [plain(turn.text) for turn in turns]


class Syllables(_Stateless):
    """The toneless syllables of each turn, those that are easily confused folded into one, with blanks between."""

    def transform(self, turns: Sequence[Spoken]) -> list[str]:
        """One text per turn."""
        return [_syllables(turn.text) for turn in turns]


class Before(_Stateless):
    """The spoken characters of what the other side said before."""

    def transform(self, turns: Sequence[Spoken]) -> list[str]:
        """One text per turn."""
        return [plain(turn.before) for turn in turns]


class Matches(_Stateless):
    """The best likeness of each term of some phrase lists in each turn, 0 where it is not found.

    Parameters
    ----------
    lexicons : list of str
        The phrase lists as JSON. They are part of the classifier, so that a version predicts the same after
        somebody edits a list.
    """

    def __init__(self, lexicons: Sequence[str] = ()) -> None:
        self.lexicons = lexicons

    def transform(self, turns: Sequence[Spoken]) -> csr_matrix:
        """Likenesses, float64, shape (n_turns, n_terms)."""
        return csr_matrix(np.vstack([_likenesses(tuple(self.lexicons), turn.text) for turn in turns]))


@cache
def _lexicon(document: str) -> Lexicon:
    return Lexicon(
        LexiconFile.model_validate_json(document), hashlib.sha256(document.encode()).hexdigest()[:12], {}
    )


@cache
def _terms(documents: tuple[str, ...]) -> dict[tuple[str, str], int]:
    """The column of each term of each list."""
    named = [(_lexicon(d).file.name, phrase.term) for d in documents for phrase in _lexicon(d).file.phrases]
    return {term: column for column, term in enumerate(dict.fromkeys(named))}


@lru_cache(maxsize=20_000)
def _likenesses(documents: tuple[str, ...], text: str) -> NDArray[np.float64]:
    columns = _terms(documents)
    best = np.zeros(len(columns))
    for document in documents:
        lexicon = _lexicon(document)
        for hit in lexicon.search(text):
            column = columns[lexicon.file.name, hit.phrase.term]
            best[column] = max(best[column], hit.likeness)
    return best


@cache
def matched_lexicons() -> tuple[str, ...]:
    """The bundled phrase lists whose hits are features, as JSON."""
    wanted = criteria_file().matched
    by_name = {lexicon.file.name: lexicon.file.model_dump_json() for lexicon in bundled_lexicons()}
    return tuple(by_name[name] for name in wanted)


def features(lexicons: Iterable[str]) -> FeatureUnion:
    """The fields of a turn side by side, not yet fitted.

    Note
    ----
    Each TF-IDF field has length 1 for every turn (Manning, Raghavan & Schütze 2008, 6.3), so that a long turn does
    not outweigh a short one; the turn before says less than the turn itself.
    """
    by_word: dict[str, Any] = {
        "lowercase": False,
        "sublinear_tf": True,
        "token_pattern": r"\S+",
        "min_df": LEAST_TURNS,
    }
    by_character: dict[str, Any] = {
        "lowercase": False,
        "sublinear_tf": True,
        "analyzer": "char",
        "min_df": LEAST_TURNS,
    }
    return FeatureUnion(
        [
            ("words", Pipeline([("text", Words()), ("tfidf", TfidfVectorizer(ngram_range=(1, 2), **by_word))])),
            (
                "characters",
                Pipeline([("text", Characters()), ("tfidf", TfidfVectorizer(ngram_range=(1, 3), **by_character))]),
            ),
            (
                "syllables",
                Pipeline([("text", Syllables()), ("tfidf", TfidfVectorizer(ngram_range=(2, 3), **by_word))]),
            ),
            (
                "before",
                Pipeline([("text", Before()), ("tfidf", TfidfVectorizer(ngram_range=(1, 2), **by_character))]),
            ),
            ("phrases", Matches(list(lexicons))),
        ],
        transformer_weights={"before": 0.3},
    )
