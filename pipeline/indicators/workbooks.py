"""The sheets of a workbook as a person sees them in Excel or WPS: what is hidden, merged, and shown in each cell.

Knows the parts of a workbook (ECMA-376); not which sheet is meant (`tables`), nor what a column means (`schemas`).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import PurePosixPath
from xml.etree import ElementTree

from pipeline.errors import ConfigurationError
from pipeline.indicators.formats import BUILT_IN, GENERAL, Unseen, shown

LARGEST_PART = 1 << 30
"""Bytes of a part; a larger one is none that a person fills in."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error),  # the archive
    *(NotImplementedError, RuntimeError),  # a compression that nobody knows, an encrypted member
    *(ElementTree.ParseError, KeyError, ValueError, IndexError, OverflowError),  # its parts
)
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_RANGE = re.compile(rf"{_ADDRESS.pattern}(?::{_ADDRESS.pattern})?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d+)?", re.IGNORECASE)
_ESCAPED = re.compile(r"_x(00[0-9A-Fa-f]{2})_")
_YES = ("1", "true")
_LAST_ROW, _LAST_COLUMN = 1 << 20, 1 << 14
_PLAIN = 10**11
"""Whole numbers below it are shown as they are in the format General."""
_OTHERS = {
    "xl/workbook.bin": "二进制工作簿（.xlsb）",
    "content.xml": "ODF 表格（.ods）",
    "word/document.xml": "Word 文档",
    "ppt/presentation.xml": "演示文稿",
}


@dataclass(frozen=True, slots=True)
class Merged:
    """A range of merged cells: rows from 1, columns from 0, the last ones included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        return f"{letters(self.first_column)}{self.first_row}:{letters(self.last_column)}{self.last_row}"


@dataclass(slots=True)
class Sheet:
    """One worksheet.

    Parameters
    ----------
    rows : dict
        By number from 1, the cells of each row with content: None, text, bool, int, date, `formats.Number` or
        `formats.Unseen`. Merged cells have the content that a person sees.
    hidden_rows, hidden_columns : set of int
        Rows from 1, columns from 0.
    is_filtered : bool
        Whether it has a filter, which may have hidden the rows.
    """

    name: str
    is_hidden: bool
    rows: dict[int, list[object]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    is_filtered: bool = False
    shows_zeros: bool = True


def letters(column: int) -> str:
    """The letters of a column, counted from 0.

    Examples
    --------
    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    text, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def read_sheets(content: bytes, path: str) -> tuple[Sheet, ...]:
    """Every worksheet of a workbook (.xlsx, .xlsm), in order.

    Raises
    ------
    ConfigurationError
        If it is no workbook, or damaged: naming the file, and the sheet and cell where they are known.
    """
    place = [path]  # where reading is, for the message
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return tuple(_Workbook(archive, path).sheets(place))
    except _BROKEN as error:
        raise ConfigurationError(
            f"{place[-1]}：工作簿已损坏，读不下去；请用 Excel 或 WPS 打开（会提示修复），另存为 .xlsx 再用"
        ) from error


@dataclass
class _Workbook:
    archive: zipfile.ZipFile
    path: str

    def sheets(self, place: list[str]) -> Iterator[Sheet]:
        names = set(self.archive.namelist())
        if not any(name.lower().endswith("workbook.xml") for name in names):
            kind = next((title for part, title in _OTHERS.items() if part in names), "压缩包")
            raise ConfigurationError(f"{self.path}：是{kind}，不是 .xlsx 工作簿；请打开后另存为 .xlsx 再用")
        for element in self._workbook.iter():
            if _tag(element) == "sheet":
                name = element.get("name") or ""
                kind, part = self._related[_attribute(element, "id")]
                if kind == "worksheet":
                    place.append(f"{self.path}：工作表“{name}”")
                    sheet = Sheet(name, is_hidden=element.get("state", "visible") != "visible")
                    self._read(sheet, part, place)
                    yield sheet

    @cached_property
    def _main(self) -> str:
        """The part with the list of sheets."""
        for element in self._tree("_rels/.rels").iter():
            if element.get("Type", "").endswith("/officeDocument"):
                return element.get("Target", "").lstrip("/")
        return "xl/workbook.xml"

    @cached_property
    def _workbook(self) -> ElementTree.Element:
        return self._tree(self._main)

    @cached_property
    def _related(self) -> Mapping[str, tuple[str, str]]:
        """The kind and the part of each relation of the workbook, by id."""
        main = PurePosixPath(self._main)
        related = {}
        for element in self._tree(str(main.parent / "_rels" / f"{main.name}.rels")).iter():
            target = element.get("Target")
            if target and element.get("TargetMode") != "External":
                part = target.lstrip("/") if target.startswith("/") else str(main.parent / target)
                related[element.get("Id", "")] = (element.get("Type", "").rpartition("/")[2], part)
        return related

    @cached_property
    def _is_1904(self) -> bool:
        return any(
            _tag(element) == "workbookPr" and element.get("date1904", "").lower() in _YES
            for element in self._workbook.iter()
        )

    @cached_property
    def _texts(self) -> list[str]:
        """The texts that cells share."""
        part = next((part for kind, part in self._related.values() if kind == "sharedStrings"), None)
        return [_text(each) for each in self._tree(part) if _tag(each) == "si"] if part else []

    @cached_property
    def _codes(self) -> list[str]:
        """The number format of each style."""
        part = next((part for kind, part in self._related.values() if kind == "styles"), None)
        codes = dict(BUILT_IN)
        styles: list[str] = []
        for group in self._tree(part) if part else ():
            if _tag(group) == "numFmts":
                codes |= {int(each.get("numFmtId", "")): each.get("formatCode", "") for each in group}
            elif _tag(group) == "cellXfs":
                styles = [codes.get(int(each.get("numFmtId", "0")), GENERAL) for each in group]
        return styles

    def _tree(self, part: str) -> ElementTree.Element:
        with self.archive.open(self._sized(part)) as stream:
            return ElementTree.parse(stream).getroot()

    def _sized(self, part: str) -> zipfile.ZipInfo:
        info = self.archive.getinfo(part)
        if info.file_size > LARGEST_PART:
            raise ConfigurationError(f"{self.path}：展开后太大，不像是人填的表；请只留需要的行和列，另存后再用")
        return info

    def _read(self, sheet: Sheet, part: str, place: list[str]) -> None:
        number, parent = 0, None
        with self.archive.open(self._sized(part)) as stream:
            for event, element in ElementTree.iterparse(stream, ("start", "end")):
                tag = _tag(element)
                if event == "start":
                    if tag == "sheetData":
                        parent = element
                    elif tag == "sheetView":
                        sheet.shows_zeros = element.get("showZeros", "1").lower() in _YES
                elif tag == "row":
                    number = _bounded(int(element.get("r") or number + 1), _LAST_ROW)
                    self._row(sheet, number, element, place)
                    if parent is not None:
                        parent.clear()
                elif tag == "col" and (_is_hidden(element) or element.get("width") == "0"):
                    first, last = (_bounded(int(element.get(end, "")), _LAST_COLUMN) for end in ("min", "max"))
                    sheet.hidden_columns.update(range(first - 1, last))
                elif tag == "mergeCell":
                    sheet.merged.append(_merged(element.get("ref", "")))
                elif tag == "autoFilter":
                    sheet.is_filtered = True
        _lay_out(sheet)

    def _row(self, sheet: Sheet, number: int, element: ElementTree.Element, place: list[str]) -> None:
        cells: dict[int, object] = {}
        at = -1
        for each in element:
            if _tag(each) != "c":
                continue
            address = _ADDRESS.fullmatch(each.get("r") or f"{letters(at + 1)}{number}")
            if address is None:
                raise ValueError("no address of a cell")
            at = _column(address[1])
            place.append(f"{self.path}：{sheet.name}!{letters(at)}{number}")
            cell = self._cell(each, sheet.shows_zeros)
            place.pop()
            if cell is not None and cell != "":
                cells[at] = cell
        if cells:
            sheet.rows[number] = [cells.get(column) for column in range(max(cells) + 1)]
        if _is_hidden(element) or element.get("ht") == "0":
            sheet.hidden_rows.add(number)

    def _cell(self, element: ElementTree.Element, shows_zeros: bool) -> object:
        parts = {_tag(part): part for part in element}
        kind, kept = element.get("t", "n"), _content(parts.get("v"))
        if kind == "inlineStr":
            return _text(parts["is"]) if "is" in parts else None
        if kind in ("str", "e"):
            return _unescaped(kept)
        if kept == "":
            return Unseen("是公式，文件里没有存它的结果；请用 Excel 或 WPS 打开后保存") if "f" in parts else None
        if kind == "s":
            return self._texts[_bounded(int(kept) + 1, len(self._texts)) - 1]
        if kind == "b":
            return kept.lower() in _YES
        return self._moment(kept) if kind == "d" else self._number(kept, int(element.get("s", "0")), shows_zeros)

    @staticmethod
    def _moment(kept: str) -> date:
        """A date or time in the strict form of the standard."""
        moment = datetime.fromisoformat(kept)
        return moment if "T" in kept else moment.date()

    def _number(self, kept: str, style: int, shows_zeros: bool) -> object:
        if not _NUMBER.fullmatch(kept):
            raise ValueError("no number")
        value = float(kept)
        if value == 0 and not shows_zeros:
            return Unseen("存的是 0，但此表设置为不显示零值；请显示出来，或清除")
        code = self._codes[style] if 0 <= style < len(self._codes) else GENERAL
        if code == GENERAL and value.is_integer() and abs(value) < _PLAIN:
            return int(value)
        seen = shown(value, code, is_1904=self._is_1904)
        return seen if seen.text else Unseen("存有内容，但格式设置为不显示；请显示出来，或清除")


def _tag(element: ElementTree.Element) -> str:
    """The name of an element, whichever edition of the standard its namespace is of."""
    return str(element.tag).rpartition("}")[2]


def _attribute(element: ElementTree.Element, name: str) -> str:
    """An attribute with a namespace."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name and "}" in key), "")


def _is_hidden(element: ElementTree.Element) -> bool:
    return element.get("hidden", "").lower() in _YES


def _content(element: ElementTree.Element | None) -> str:
    return "" if element is None or element.text is None else element.text.strip()


def _text(element: ElementTree.Element) -> str:
    """The text of a cell, without the reading aids of Japanese."""
    runs = [part for part in element if _tag(part) == "t"]
    runs += [part for run in element if _tag(run) == "r" for part in run if _tag(part) == "t"]
    return _unescaped("".join(run.text or "" for run in runs))


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _bounded(number: int, last: int) -> int:
    if not 1 <= number <= last:
        raise ValueError("outside of a sheet")
    return number


def _column(name: str) -> int:
    """The number of a column, from 0, by its letters."""
    number = 0
    for letter in name:
        number = 26 * number + ord(letter) - ord("A") + 1
    return _bounded(number, _LAST_COLUMN) - 1


def _merged(reference: str) -> Merged:
    match = _RANGE.fullmatch(reference.replace("$", ""))
    if match is None:
        raise ValueError("no range")
    first, top, last, bottom = match.groups()
    return Merged(int(top), _column(first), int(bottom or top), _column(last or first))


def _lay_out(sheet: Sheet) -> None:
    """Give merged cells the content that a person sees: the first cell's, which holds for all rows of a column."""
    last = max(sheet.rows, default=0)
    spans = [
        (
            merged,
            [number for number in range(merged.first_row, min(merged.last_row, last) + 1) if number in sheet.rows],
        )
        for merged in sheet.merged
    ]
    for merged, numbers in spans:
        for number in numbers:
            row = sheet.rows[number]
            for column in range(merged.first_column, min(merged.last_column + 1, len(row))):
                if (number, column) != (merged.first_row, merged.first_column):
                    row[column] = None
    for number in [number for number, row in sheet.rows.items() if all(cell is None for cell in row)]:
        del sheet.rows[number]
    for merged, numbers in spans:
        column, first = merged.first_column, sheet.rows.get(merged.first_row, [])
        if column == merged.last_column < len(first):
            for number in numbers:
                row = sheet.rows.get(number, [])
                row.extend([None] * (column + 1 - len(row)))
                row[column] = first[column]
