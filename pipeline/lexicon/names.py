"""Names that nobody configured: which characters in the open place of a wording can be one.

您好，安心到家，请问…… names a company, 您好，张先生，请问…… a customer. Told apart by what no name holds (the list
says it, `not_named`), by the shape of a person's name, and by the pause that no name has inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.lexicon.alignment import Matches
from pipeline.lexicon.patterns import COMPANY, NAME, Patterns
from pipeline.lexicon.phonetics import SPOKEN_DIGITS, Passages

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆范汪廖贾韦夏付邹孟熊秦邱侯尹薛闫段雷黎史陶贺毛郝顾龚邵钱严武戴莫孔向汤"
)
FAMILIAR = frozenset("小老阿大")
LEAST_NAMED = 2  # characters of a name that are no digits: 一零二三 is none, 五八到家 is one


@dataclass(frozen=True, slots=True)
class NamePlaces:
    """Where each pattern has an open place for a name: symbols before and after it, and whether it is a company's.

    Parameters
    ----------
    before, after : ndarray of int64, shape (num_patterns,)
    is_open, of_company : ndarray of bool, shape (num_patterns,)
    """

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    of_company: NDArray[np.bool_]


def name_places(patterns: Patterns) -> NamePlaces:
    """Where the patterns have open places for a name, one after the other in each.

    Examples
    --------
    >>> from pipeline.lexicon.file import Phrase
    >>> from pipeline.lexicon.patterns import compiled
    >>> company = Phrase(term="company", role="agent", variants=("您好{机构}请问",))
    >>> places = name_places(compiled([(company, "您好{机构}请问")], {}))
    >>> places.before.tolist(), places.after.tolist(), places.of_company.all()
    ([2, 2, 2, 2, 2], [2, 2, 2, 2, 2], np.True_)
    """
    kinds = np.where(patterns.symbols >= 0, patterns.characters[patterns.symbols], 0)
    is_name = np.isin(kinds, (NAME, COMPANY))
    before = is_name.argmax(axis=1)
    after = patterns.lengths - before - is_name.sum(axis=1)
    is_open, of_company = (np.asarray(each.any(axis=1)) for each in (is_name, kinds == COMPANY))
    return NamePlaces(before, after, is_open, of_company)


def named(places: NamePlaces, matches: Matches, texts: Passages, not_named: Sequence[str] = ()) -> Matches:
    """The matches whose open places for a name hold what can be one.

    Examples
    --------
    >>> from pipeline.lexicon.alignment import aligned
    >>> from pipeline.lexicon.file import Phrase
    >>> from pipeline.lexicon.patterns import compiled
    >>> from pipeline.lexicon.phonetics import listen_all
    >>> from pipeline.lexicon.seeds import candidates, sown
    >>> company = Phrase(term="company", role="agent", variants=("您好{机构}请问",))
    >>> patterns = compiled([(company, "您好{机构}请问")], {})
    >>> texts = listen_all(["您好，安心到家，请问", "您好，张先生，请问", "您好，王芳，请问"])
    >>> found = aligned(patterns, candidates(patterns, sown(patterns), texts), texts)
    >>> len(found.starts), len(named(name_places(patterns), found, texts, ["先生"]).starts)
    (3, 1)
    """
    doubtful = np.flatnonzero(places.is_open[matches.patterns])
    if not len(doubtful):
        return matches
    keep = np.ones(len(matches.patterns), bool)
    for n in doubtful.tolist():
        pattern = matches.patterns[n]
        start, end = matches.starts[n] + places.before[pattern], matches.ends[n] - places.after[pattern]
        name = "".join(map(chr, texts.points[start:end]))
        is_whole = end > start and texts.positions[end - 1] - texts.positions[start] == end - start - 1
        keep[n] = is_whole and can_be_named(name, tuple(not_named), bool(places.of_company[pattern]))
    return Matches(matches.patterns[keep], matches.starts[keep], matches.ends[keep], matches.costs[keep])


@lru_cache(maxsize=10_000)
def can_be_named(name: str, not_named: tuple[str, ...] = (), of_company: bool = True) -> bool:
    """Whether somebody can be called so; a company, if asked, has no person's name.

    Examples
    --------
    >>> [can_be_named(name, ("先生",)) for name in ("安心到家", "张先生", "王芳", "小李", "一零二三")]
    [True, False, False, False, False]
    >>> can_be_named("王芳", of_company=False)
    True
    """
    if sum(character not in SPOKEN_DIGITS for character in name) < LEAST_NAMED:
        return False
    if any(wording in name for wording in not_named):
        return False
    return not (of_company and is_person(name))


def is_person(name: str) -> bool:
    """Whether a name has the shape of a person's: a usual surname and one or two characters, or 小 and a surname.

    Examples
    --------
    >>> [is_person(name) for name in ("王芳", "何晓静", "小王", "小米", "何记茶楼")]
    [True, True, True, False, False]
    """
    if name[0] in FAMILIAR and len(name) == LEAST_NAMED:
        return name[1] in SURNAMES
    return len(name) <= LEAST_NAMED + 1 and name[0] in SURNAMES
