"""Delimited text as it comes out of Excel and telephone systems -> rows that know their file and line.

Knows delimiters, headers, quoting, and what in a file is no record; not bytes (`encoding`), how a cell is read
(`row`), what a column means (`plain`, `asterisk`, `freeswitch`) nor what becomes of a bad row (`records`).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.call.cdr.clock import AmbiguousDayError, Form, read_moment
from pipeline.call.cdr.encoding import decode, decoded
from pipeline.call.cdr.row import Row, Sheet, bare_title, kind
from pipeline.errors import ConfigurationError
from pipeline.notices import Notice, NoticeKind

__all__ = ["Layout", "Row", "Sheet", "decode", "kind", "rows"]

_DELIMITERS = ",;\t|"
_MAX_LINES = 50  # a quoted field runs over no more lines than this; a quote left open costs one row, not the file
_TITLE_LINES = 20  # the header stands no deeper than this
_SEP = re.compile(r"\s*\ufeff?\"?sep=(?P<delimiter>[,;|\t])\"?\s*", re.IGNORECASE)
_ASIDE = re.compile(
    r"[（(【\[]?(合\s*计|总\s*计|小\s*计|汇\s*总|累\s*计|平均|合计数|总数|总条数|总记录|本页|第\s*\d+\s*页|共\s*\d|共计|记录数|"
    r"导出|制表|打印|生成时间|查询条件|统计时间|以上|说明|grand\s*total|total|sub\s*total|sum|average)"
    r"([^A-Za-z].*)?|[-=_*—]{2,}|end|eof|the end",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the lines of a dialect look like.

    `required` are the columns that a header must name. `headless` are the columns of a file without a header,
    one tuple for each number of fields that occurs; empty where a header is a must.
    """

    required: tuple[str, ...]
    headless: tuple[tuple[str, ...], ...] = ()


def rows(content: bytes, name: str, layout: Layout, unwrap: Callable[[str], str] = str) -> Sheet:
    """Every row of a file in order. Blank lines, titles, repeated headers and totals are none.

    Parameters
    ----------
    content : bytes
        The file: UTF-8, GB18030 or UTF-16.
    name : str
        Its name for messages.
    unwrap : Callable[[str], str]
        Takes off what a dialect writes around a line.

    Raises
    ------
    ConfigurationError
        If the file is not text, or a header is a must and columns are missing.
    """
    text, notices = decoded(content, name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = [unwrap(line) + "\n" for line in text.split("\n")]
    sheet = Sheet(name, first=notices)
    if not text.replace("\0", "").replace("\ufeff", "").strip():
        if not layout.headless:
            raise ConfigurationError(f"{name}: is empty: not even a header; was it exported to the end?")
        sheet.first += (Notice(NoticeKind.RECORD_EMPTY, name, "话单文件是空的，这一晚没有通话记录"),)
        return sheet
    top, delimiter, titles = _header(lines, layout, sheet)
    sheet.titles = {bare_title(title): " ".join(title.split()) for title in reversed(titles)}
    known = {len(titles): _positions(titles)} if titles else {len(c): _positions(c) for c in layout.headless}
    fitting = (
        _row(f"{name}:{number}", fields, known, number, sheet)
        for number, fields in _records(lines, top, delimiter, known)
        if any(field.replace("\0", "").strip() for field in fields) and not _is_aside(fields, titles, number, sheet)
    )
    sheet.rows = tuple(fitting)
    if not sheet.rows:
        sheet.first += (Notice(NoticeKind.RECORD_EMPTY, name, "话单只有表头，这一晚没有通话记录"),)
    return sheet


def _header(lines: Sequence[str], layout: Layout, sheet: Sheet) -> tuple[int, str, list[str]]:
    """The line of the first record, the delimiter, and the titles; no titles in a file without a header."""
    filled = [at for at, line in enumerate(lines) if line.replace("\0", "").strip()]
    top, told = filled[0], None
    if separator := _SEP.fullmatch(lines[top].rstrip("\n")):
        told, filled = separator["delimiter"], filled[1:] or filled
        top = filled[0]
    for at in filled[:_TITLE_LINES]:
        for delimiter in (told,) if told else sorted(_DELIMITERS, key=lines[at].count, reverse=True):
            titles = _cells(lines[at], delimiter)
            if _positions(layout.required).keys() <= _positions(titles).keys():
                for above in filled[: filled.index(at)]:
                    sheet.tell(NoticeKind.RECORD_ASIDE, "行在表头之上，是标题，没有当作通话", above + 1)
                return at + 1, delimiter, titles
    if not layout.headless:
        raise ConfigurationError(_without_columns(sheet.name, _best_titles(lines, filled, layout, told), layout))
    widths = {len(columns) for columns in layout.headless}
    fitting = [d for d in _DELIMITERS if len(_cells(lines[top], d)) in widths]
    return top, told or next(iter(fitting), max(_DELIMITERS, key=lines[top].count)), []


def _best_titles(lines: Sequence[str], filled: Sequence[int], layout: Layout, told: str | None) -> list[str]:
    """The cells of the line that names the most of the columns."""
    wanted = _positions(layout.required).keys()
    rows = [_cells(lines[at], told or max(_DELIMITERS, key=lines[at].count)) for at in filled[:_TITLE_LINES]]
    return max(rows, key=lambda titles: len(wanted & _positions(titles).keys()))


def _is_aside(fields: Sequence[str], titles: Sequence[str], line: int, sheet: Sheet) -> bool:
    """Whether a row is no record: the header once more, or a total or note under a table."""
    heading, cells = ([bare_title(cell) for cell in each if cell.strip()] for each in (titles, fields))
    if heading and cells == heading:
        sheet.tell(NoticeKind.RECORD_ASIDE, "行是重复的表头，没有当作通话", line)
        return True
    filled = [cell.strip() for cell in fields if cell.strip()] or [""]
    first = unicodedata.normalize("NFKC", filled[0])
    if _ASIDE.fullmatch(first) and not any(_is_dated(cell) for cell in filled[1:]):
        sheet.tell(NoticeKind.RECORD_ASIDE, "行是合计、页脚一类，没有当作通话", line)
        return True
    return False


def _is_dated(cell: str) -> bool:
    """Whether a cell is the time of a call, which a total has none of."""
    try:
        return (moment := read_moment(cell, True)) is not None and moment.form in (Form.PLAIN, Form.COARSE)
    except AmbiguousDayError:
        return True


def _positions(titles: Sequence[str]) -> dict[str, int]:
    """Where each column is; the first of two with one name."""
    bare = [bare_title(title) for title in titles]
    return {title: bare.index(title) for title in bare if title}


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:  # a field of more than 131,072 characters
        return line.strip().split(delimiter)


def _records(
    lines: list[str], at: int, delimiter: str, known: Mapping[int, object]
) -> Iterator[tuple[int, list[str]]]:
    """Each record from line `at` (0-based) on, with the number, from 1, of the line on which it begins.

    A record that takes several lines and still does not fit had a quote that was never closed: only its
    first line is given up, and the lines it would have swallowed are read for themselves.
    """
    while at < len(lines):
        reader = csv.reader(lines[at : at + _MAX_LINES], delimiter=delimiter, skipinitialspace=True)
        try:
            fields, taken = next(reader), reader.line_num
        except csv.Error:
            fields, taken = [], _MAX_LINES
        if taken > 1 and len(fields) not in known:
            fields, taken = lines[at].strip().split(delimiter), 1
        yield at + 1, fields
        at += taken


def _row(source: str, fields: list[str], known: Mapping[int, Mapping[str, int]], line: int, sheet: Sheet) -> Row:
    width = max((width for width in known if width <= len(fields)), default=0)
    if width and not any(field.strip() for field in fields[width:]):
        fields = fields[:width]  # Excel writes empty cells behind the last column
    if len(fields) in known and not any("\0" in field for field in fields):
        return Row(source, known[len(fields)], tuple(fields), None, line, sheet)
    misfit = "含有空字符（NUL）；请重新导出"
    if len(fields) not in known:
        expected = " 或 ".join(str(width) for width in sorted(known))
        misfit = f"有 {len(fields)} 个字段，应为 {expected} 个；请检查这一行的分隔符和引号"
    return Row(source, next(iter(known.values())), tuple(fields), misfit, line, sheet)


def _without_columns(name: str, titles: list[str], layout: Layout) -> str:
    missing = [column for column in layout.required if bare_title(column) not in _positions(titles)]
    if len(missing) == len(layout.required):
        found = "its first line names none of them"  # and may be a record, so it is not repeated here
    else:
        found = f"found: {', '.join(title.strip() for title in titles)}"
    return f"{name}: columns missing: {', '.join(missing)} ({found}); is this the right --cdr-format?"
