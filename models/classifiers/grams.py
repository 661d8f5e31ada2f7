"""What the bundled classifier sees of a sentence: pieces of its characters, sounds, words, frame and edges.

Knows how a text is taken apart and weighed; nothing of labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import groupby

import numpy as np
from jieba.posseg import POSTokenizer
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from scipy.sparse import csr_matrix

from models.classifiers.features import folded, tokenizer
from pipeline.lexicon.phonetics import SPOKEN_DIGITS

ALIKE = str.maketrans({"您": "你", "儿": None})
"""Politeness of the pronoun says nothing of what is meant, and no recogniser hears it."""

LONGEST_CHARACTERS, LONGEST_SYLLABLES, LONGEST_FRAME = 4, 3, 4
SKIPPED = 5
"""Words that two paired words may be apart."""

NAMES, NUMBERS, DEEDS, QUALITIES = "n", "m", "v", "ai"
PERSONS, ORGANISATIONS = "nr", "nt"
"""What jieba calls the words."""

DIGITS = SPOKEN_DIGITS | frozenset("腰勾0123456789")
LONGEST_STAFF_NUMBER = 4
_COMPANY = re.compile(
    "公司|家政|物业|管理处|中心|热线|银行|支行|分行|保险|电信|移动|联通|快递|物流|电器"
    "|假期|旅行|旅行社|酒店|商城|医院|学校|燃气|供电|水务|售后|集团|证券|科技|通信|口腔"
    "|诊所|平台|月嫂|搬家|保洁|家装|装饰|地产|房产|置业|租房|中介|旗舰店|专卖店|超市|外卖"
    "|优选|广电|宽带|支付|金融|贷款|基金|信托|人寿|卫生院|体检|药房|养老院|大学|学院"
    "|幼儿园|培训|教育|网校|书院|社保局|社保|医保局|公积金|街道办|居委会|税务局|速运|速递"
    "|快运|货运|冷链|航空|铁路|票务|景区|民宿|客栈|旅游|公寓|租车|出行|客服部|前台|总台"
    "|餐厅|饭店|火锅|影城|影楼|会所|驿站|网点|律所|事务所|售楼处|店|局|馆|站|厂"
)
"""With what companies and offices are called: 百顺家政, 红旗支行."""
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

    A frame is the sentence with its nouns and numbers as N and M, a company, a person and a number that is read out
    as O, P and #; the barer one has its deeds and qualities as V and A as well: what is left is how it is said,
    whatever it is about.

    Examples
    --------
    >>> [channel[:2] for channel in pieces("关我什么事")][2:]
    [('关', '我'), ('^', '关'), ('^', '关'), ('关_我', '关_什么'), ('B关我', 'b关')]
    """
    spoken = said(text)
    syllables = [folded(str(s)) for s in lazy_pinyin(spoken, errors=list)]  # type: ignore[arg-type]
    words = list(tokenizer().cut(spoken, HMM=False))
    tagged = [(each.word, each.flag) for each in _tagger().cut(text.translate(ALIKE), HMM=False)]
    frame = ["^", *_framed(tagged), "$"]
    bare = ["^", *_framed(tagged, bare=True), "$"]
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


def _framed(tagged: Iterable[tuple[str, str]], *, bare: bool = False) -> Iterator[str]:
    """The words, or the letters of their kinds where the frame keeps none; a number read out by its length."""
    for is_read_out, words in groupby(tagged, lambda each: DIGITS.issuperset(each[0])):
        if is_read_out:
            num_digits = sum(len(word) for word, _ in words)
            yield "1" if num_digits == 1 else "#" if num_digits <= LONGEST_STAFF_NUMBER else "##"
        else:
            yield from (_kind(word, flag, bare) for word, flag in words)


def _kind(word: str, flag: str, bare: bool) -> str:
    """A word, or the letter of its kind where the frame does not keep it."""
    bare = bare and len(word) > 1
    kinds = (
        ("O", flag == ORGANISATIONS or bool(_COMPANY.fullmatch(word))),
        ("P", flag.startswith(PERSONS)),
        ("N", flag[0] == NAMES or flag in ("t", "s", "eng")),
        ("M", flag == NUMBERS),
        ("V", bare and flag[0] == DEEDS),
        ("A", bare and flag[0] in QUALITIES),
    )
    return next((letter for letter, is_so in kinds if is_so), word)


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
