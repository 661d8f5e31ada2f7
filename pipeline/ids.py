"""The id in a cell, as people and spreadsheets write it -> the id, none, or a doubt: one way for all that has ids.

Records, feeds, rosters, labels and accounts name people and calls by ids. What Excel, databases and input methods
write around one is taken off; a word for nothing is none; what Excel has made of an id beyond repair is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.notices import Notice, NoticeKind

_WRITTEN = r"null (null) <null> [null] \n none nil nan n/a na undefined - -- --- — —— ― – . / // \ "
NULL_WORDS = frozenset((_WRITTEN + "无 空 暂无 未知 没有").split())
"""What databases and people write where there is nothing, in lower case."""
LONGEST = 200
"""Characters of an id; more is a text that slipped into the column."""
EXCEL_DIGITS = 15
"""Digits of a number that Excel keeps; it writes 0 for those behind."""
SHOWN = 3
"""How many rows a notice names."""

_BLANK = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164"))  # blanks that Unicode takes for letters or symbols
_WRAPPED = re.compile(r"""=?"+([^"]*)"+|=(\d+)|['‘’`](.+?)['‘’`]?|“([^”]*)”""", re.DOTALL)
_WHOLE = re.compile(r"(\d+)\.0+")
_UNIQUEID = re.compile(r"1\d{9}\.0")  # Asterisk's first channel since it started: no decimal number
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_CLOCK = r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?( ?[ap]m)?"
_DOUBTS = tuple(
    (re.compile(pattern, re.IGNORECASE), doubt)
    for doubt, pattern in (
        ("是科学计数法，末尾的数字已丢失", r"[+-]?\d+(\.\d+)?e[+-]\d+|[+-]?\d+\.\d+e\d+"),
        (
            "是日期或时间，不是编号",
            rf"(\d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?)([t ]+{_CLOCK})?( ?z| ?[+-]\d\d:?\d\d)?|{_CLOCK}"
            rf"|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|\d{{1,2}}月\d{{1,2}}日|\d{{4}}年\d{{1,2}}月"
            rf"|\d{{1,2}}-{_MONTH}(-\d{{2,4}})?|{_MONTH}-\d{{2,4}}",
        ),
        ("带千位分隔符，是数值不是编号", r"\d{1,3}(,\d{3})+(\.0+)?"),
        ("是公式的错误，不是编号", r"#(n/a|ref!|value!|div/0!|name\?|null!|num!|spill!|calc!)|#+"),
    )
)
_ROUNDED = "超过 15 位且末尾都是 0，表格软件抹去了末尾的数字"


@dataclass(frozen=True, slots=True)
class ReadId:
    """An id as it was read out of a cell.

    Parameters
    ----------
    id : str | None
        The id; None where the cell names none, or where it is in doubt.
    cleaned : bool
        Whether more than outer spaces was taken off.
    nothing : bool
        Whether the cell holds a word for nothing, such as NULL.
    doubt : str
        Why it cannot be taken for an id: Chinese, to follow what it is called. Empty where it can.
    """

    id: str | None
    cleaned: bool = False
    nothing: bool = False
    doubt: str = ""


def bare(text: str) -> str:
    r"""A cell's text in narrow form, without what is invisible and what Excel writes around it.

    Examples
    --------
    >>> bare('\ufeff="１００１" '), bare("'1001"), bare("1001\u200b\t"), bare("A\xa01")
    ('1001', '1001', '1001', 'A 1')
    """
    shown, before = unicodedata.normalize("NFKC", text).translate(_BLANK), ""
    while shown != before:
        before = shown
        shown = "".join(char for char in shown if unicodedata.category(char) != "Cf" and not "︀" <= char <= "️")
        shown = " ".join(shown.split())
        if wrapped := _WRAPPED.fullmatch(shown):
            shown = next(part for part in wrapped.groups() if part is not None)
    return shown


def is_nothing(text: str) -> bool:
    r"""Whether a cell is empty or holds a word for nothing.

    Examples
    --------
    >>> [is_nothing(cell) for cell in ("", "NULL", r"\N", " — ", "0", "空调")]
    [True, True, True, True, False, False]
    """
    shown = bare(text)
    return not shown or shown.casefold() in NULL_WORDS


def read_id(text: str) -> ReadId:
    r"""The id in a cell on its own; see `read_ids` for a column, in which what Excel has rounded shows.

    Examples
    --------
    >>> [read_id(cell).id for cell in ("１００１", '="1001"', "'1001", "1001\u200b", "1001.0", " 1001 ")]
    ['1001', '1001', '1001', '1001', '1001', '1001']
    >>> read_id("NULL").nothing, read_id("2E+17").doubt, read_id("1740963600.10").id
    (True, '是科学计数法，末尾的数字已丢失', '1740963600.10')
    """
    shown = bare(text)
    if not shown:
        return ReadId(None)
    if shown.casefold() in NULL_WORDS:
        return ReadId(None, nothing=True)
    if not shown.isprintable():
        return ReadId(None, doubt="含有不可显示的字符")
    if len(shown) > LONGEST:
        return ReadId(None, doubt=f"超过 {LONGEST} 字，不是编号")
    if doubt := next((doubt for pattern, doubt in _DOUBTS if pattern.fullmatch(shown)), ""):
        return ReadId(None, doubt=doubt)
    if (whole := _WHOLE.fullmatch(shown)) and not _UNIQUEID.fullmatch(shown):
        shown = whole[1]
    return ReadId(shown, cleaned=shown != text.strip())


def read_ids(cells: Sequence[str]) -> list[ReadId]:
    """The ids in the cells of a column.

    Excel keeps 15 digits of a number. Where every longer one of the column ends in zeros from there on, two or more
    zeros in all, it was Excel that wrote them, and none of them is an id; one that ends otherwise clears them all.

    Examples
    --------
    >>> [read.id for read in read_ids(["20250308123456700", "20250308123456000", "T1"])]
    [None, None, 'T1']
    >>> read_ids(["20250308123456700", "20250308123456789"])[0].id
    '20250308123456700'
    """
    reads = [read_id(cell) for cell in cells]
    behind = {read.id: read.id[EXCEL_DIGITS:] for read in reads if read.id and _is_long(read.id)}
    zeros = "".join(behind.values())
    if len(zeros) < 2 or zeros.strip("0"):
        return reads
    return [replace(read, id=None, doubt=_ROUNDED) if read.id in behind else read for read in reads]


def _is_long(id: str) -> bool:
    return id.isdecimal() and len(id) > EXCEL_DIGITS


def one_id(text: str | None, title: str = "编号") -> str | None:
    """The id that somebody typed, of what `title` says; None for nothing.

    Raises
    ------
    ValueError
        If it is in doubt, with the reason in Chinese.

    Examples
    --------
    >>> one_id("１００１"), one_id(" "), one_id(None)
    ('1001', None, None)
    >>> one_id("1E+03")
    Traceback (most recent call last):
    ValueError: 编号是科学计数法，末尾的数字已丢失
    """
    (read,) = read_ids([text or ""])
    if read.doubt:
        raise ValueError(f"{title}{read.doubt}")
    return read.id


def spellings(ids: Iterable[str], known: Iterable[str] = ()) -> dict[str, str]:
    """The one spelling of each id that differs from another in case alone: a known one, else the commonest.

    Examples
    --------
    >>> spellings(["A1001", "a1001", "A1001", "B2"]), spellings(["A1"], known=["a1"])
    ({'a1001': 'A1001'}, {'A1': 'a1'})
    """
    counts = Counter(ids)
    one_of: dict[str, str] = {}
    for spelling in (*known, *(spelling for spelling, _ in counts.most_common())):
        one_of.setdefault(spelling.casefold(), spelling)
    return {id: one_of[id.casefold()] for id in counts if one_of[id.casefold()] != id}


def id_notices(file: str, title: str, rows: Sequence[int], reads: Sequence[ReadId]) -> tuple[Notice, ...]:
    """What was done to the ids of a column, each sort of it counted, with the first rows.

    Parameters
    ----------
    file : str
        The file, for `Notice.about`.
    title : str
        What the ids are of, such as ``工号``.
    rows : sequence of int
        The row or line of each.

    Examples
    --------
    >>> reads = read_ids(["1001", "'1001", "NULL", "1E+03"])
    >>> for notice in id_notices("cdr.csv", "工号", [2, 3, 4, 5], reads):
    ...     print(notice.problem)
    1 个工号带有全角、引号、不可见字符或小数点，已去掉（第 3 行）
    1 个工号写的是“空”一类的词（如 NULL），按没有填处理（第 4 行）
    1 个工号是科学计数法，末尾的数字已丢失，没有采用；请把该列设为文本后重新导出（第 5 行）
    """
    told: dict[tuple[NoticeKind, str], list[int]] = {}
    for row, read in zip(rows, reads, strict=True):
        if read.doubt:
            sort = NoticeKind.ID_DOUBTFUL, f"{read.doubt}，没有采用；请把该列设为文本后重新导出"
        elif read.nothing:
            sort = NoticeKind.ID_NOTHING, "写的是“空”一类的词（如 NULL），按没有填处理"
        elif read.cleaned:
            sort = NoticeKind.ID_CLEANED, "带有全角、引号、不可见字符或小数点，已去掉"
        else:
            continue
        told.setdefault(sort, []).append(row)
    return tuple(
        Notice(kind, file, f"{len(at)} 个{title}{what}（{which_rows(at)}）")
        for (kind, what), at in sorted(told.items(), key=lambda each: list(NoticeKind).index(each[0][0]))
    )


def which_rows(numbers: Sequence[int]) -> str:
    """The first of these rows, for a notice.

    Examples
    --------
    >>> which_rows([3]), which_rows([3, 5, 8, 13])
    ('第 3 行', '第 3、5、8 行等')
    """
    more = "等" if len(numbers) > SHOWN else ""
    return f"第 {'、'.join(map(str, numbers[:SHOWN]))} 行{more}"
