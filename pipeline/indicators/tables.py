"""A feed's file as it lies in the folder: text, a workbook or a query, read as a person sees it.

Knows which sheet and row hold the headings, and what must not be hidden; not what a column means (`schemas`), how a
cell is written (`cells`), nor the parts of a workbook (`workbooks`). The content of a file decides, not its ending.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pipeline.errors import ConfigurationError
from pipeline.ids import which_rows
from pipeline.indicators.encodings import decoded
from pipeline.indicators.formats import Number
from pipeline.indicators.queries import ask
from pipeline.indicators.workbooks import Merged, Sheet, letters, read_sheets
from pipeline.notices import Notice, NoticeKind

ENDINGS = (".csv", ".xlsx", ".sql")
"""How a feed should be written."""
TEXTS, WORKBOOKS = (".csv", ".txt", ".tsv"), (".xlsx", ".xlsm")
"""The endings of what is read; a file of the others is read if its content is one of these."""
ALL_ENDINGS = frozenset((*ENDINGS, *TEXTS, *WORKBOOKS, ".xls", ".et", ".xlsb", ".ods"))

_TOP = 10
"""In how many rows the headings are looked for."""
DELIMITERS = ",;\t"
"""What stands between the fields of a text."""
SEPARATOR = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
"""The line before the headings that names it."""
_SAVE_AGAIN = "请用 Excel 或 WPS 打开，另存为 .xlsx（Excel 工作簿）再用"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_REFUSED: Mapping[bytes, str] = {
    b"%PDF": f"是 PDF，不是表格；{_SAVE_AGAIN}",
    b"\xd0\xcf\x11\xe0": f"是旧式的 .xls 或 .et 工作簿；{_SAVE_AGAIN}",
    b"<": f"是网页或 XML，不是工作簿；{_SAVE_AGAIN}",
}
"""Files that begin so, and what to do."""

Rows: TypeAlias = Mapping[int, Sequence[object]]
"""The cells of each row that has any, by its number as Excel counts."""
Fits: TypeAlias = Callable[[Sequence[str]], bool]
"""Whether titles are the headings that are looked for."""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows as a person sees them.

    Parameters
    ----------
    digest : str
        First 12 hex digits of a sha256: of the file; for a query, of its text and the rows that it gave.
    numbers : tuple of int
        The number of each row as Excel counts them. Empty rows are left out.
    rows : tuple
        As many cells in each as there are headings: text, numbers, `formats.Number` or `formats.Unseen`.
    sheet : str
        The sheet of a workbook; empty for other files.
    hidden : frozenset of int
        Positions of columns that nobody sees.
    merged : tuple of Merged
        Of the headings and of what stands below.
    notices : tuple of Notice
        What was decided about the file.
    """

    name: str
    digest: str
    titles: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[Sequence[object], ...]
    sheet: str = ""
    hidden: frozenset[int] = frozenset()
    merged: tuple[Merged, ...] = ()
    notices: tuple[Notice, ...] = ()

    def place(self, row: int, position: int) -> str:
        """A cell as a person finds it.

        Examples
        --------
        >>> Table("a.csv", "", (), (), ()).place(3, 1), Table("a.xlsx", "", (), (), (), "三月").place(3, 1)
        ('第 3 行', '三月!B3')
        """
        return f"{self.sheet}!{letters(position)}{row}" if self.sheet else f"第 {row} 行"


def read_table(path: Path, fits: Fits = any) -> Table:
    """The table in a file: text with a delimiter, a workbook or, by its ending ``.sql``, a query.

    Parameters
    ----------
    fits : callable
        Whether titles are the headings of the table; finds sheet and row. The first that has any by default.

    Raises
    ------
    ConfigurationError
        If it cannot be read, or not as a person sees it: names the file and, where at fault, sheet and row.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "exams.csv"
    ...     num_bytes = path.write_bytes("工号;成绩,1001;88".replace(",", chr(10)).encode("gb18030"))
    ...     table = read_table(path)
    >>> table.titles, table.numbers, table.rows
    (('工号', '成绩'), (2,), (['1001', '88'],))
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    digest = hashlib.sha256(content)
    if path.suffix.lower() == ".sql":
        table = _table(path, _numbered(ask(content, path)), any)
        digest.update(repr(sorted(map(repr, table.rows))).encode())
    elif content.startswith(b"PK"):
        table = _of_workbook(content, path, fits)
    else:
        table = _of_text(content, path, fits)
    return replace(table, digest=digest.hexdigest()[:12])


def _of_text(content: bytes, path: Path, fits: Fits) -> Table:
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start and len(content) < 64:
        raise ConfigurationError(f"{path}：是空文件，连列标题也没有；the first row has no column headings")
    if problem := next((problem for magic, problem in _REFUSED.items() if start.startswith(magic)), ""):
        protected = "有密码保护，打不开；请取消密码，另存为 .xlsx 再用"
        raise ConfigurationError(f"{path}：{protected if _ENCRYPTED in content else problem}")
    text, notices = decoded(content, str(path), path.name)
    table = _table(path, _csv(text, path, fits), fits)
    width = len(table.titles)
    for number, row in zip(table.numbers, table.rows, strict=True):
        if len(row) < width:
            raise ConfigurationError(
                f"{path}：第 {number} 行只有 {len(row)} 个字段，标题有 {width} 个；是不是被截断了？"
            )
    if path.suffix.lower() not in TEXTS:
        told = f"文件名以 {path.suffix} 结尾，内容却是文本表格，按文本表格读取"
        notices = (*notices, Notice(NoticeKind.TABLE_KIND, path.name, told))
    return replace(table, notices=(*notices, *table.notices))


def _csv(text: str, path: Path, fits: Fits) -> Rows:
    """The records of a text, by the delimiter that its first line names, or with which its headings are found."""
    first, _, rest = text.partition("\n")
    if named := SEPARATOR.fullmatch(first.strip()):
        return _records(rest, named[1], path)
    head = next((line for line in text.split("\n", _TOP) if line.strip()), "")
    likely = sorted(DELIMITERS, key=head.count, reverse=True)
    rows = _records(text, likely[0], path)
    for delimiter in likely[1:]:
        if _heading(rows, fits) is None and delimiter in text:
            others = _records(text, delimiter, path)
            rows = rows if _heading(others, fits) is None else others
    return rows


def _records(text: str, delimiter: str, path: Path) -> Rows:
    rows: list[Sequence[object]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, TypeError) as error:
        raise ConfigurationError(
            f"{path}：第 {len(rows) + 1} 行不是 CSV（{error}）：是不是有引号没有闭合？"
        ) from error
    return _numbered(rows)


def _numbered(rows: Sequence[Sequence[object]]) -> Rows:
    return {number: row for number, row in enumerate(rows, 1) if any(_is_filled(cell) for cell in row)}


def _is_filled(cell: object) -> bool:
    return cell is not None and cell != ""


def _of_workbook(content: bytes, path: Path, fits: Fits) -> Table:
    """The one visible sheet with the headings; where none has them, the first one."""
    sheets = [sheet for sheet in read_sheets(content, str(path)) if sheet.rows]
    shown = [sheet for sheet in sheets if not sheet.is_hidden]
    fitting = [sheet for sheet in shown if _heading(sheet.rows, fits) is not None]
    if len(fitting) > 1:
        raise ConfigurationError(
            f"{path}：{_names(fitting)}都有这种数据，只能读一张；请合并成一张，或各存为一个文件夹里的文件"
        )
    unseen = [sheet for sheet in sheets if sheet.is_hidden and _heading(sheet.rows, fits) is not None]
    if shown and unseen and not fitting:
        raise ConfigurationError(
            f"{path}：看得见的{_names(shown)}里没有所需的列，隐藏的{_names(unseen)}里有；请取消隐藏或改正"
        )
    if not shown:
        raise ConfigurationError(f"{path}：看得见的工作表里没有内容；the first row has no column headings")
    sheet = (fitting or shown)[0]
    if hidden := sorted(sheet.hidden_rows & sheet.rows.keys()):
        by, undo = ("筛选", "取消筛选") if sheet.is_filtered else ("", "取消隐藏")
        raise ConfigurationError(
            f"{path}：工作表“{sheet.name}”{which_rows(hidden)}有内容，却被{by}隐藏，看不到是否该计入；"
            f"请{undo}，不要的行请删除"
        )
    table = _table(path, sheet.rows, fits, sheet)
    notices = list(table.notices)
    if others := [each for each in sheets if each is not sheet]:
        told = f"读取工作表“{sheet.name}”；{_names(others)}没有读"
        notices.append(Notice(NoticeKind.TABLE_SHEETS, path.name, told))
    if path.suffix.lower() not in WORKBOOKS:
        told = f"文件名以 {path.suffix} 结尾，内容却是 Excel 工作簿，按工作簿读取"
        notices.append(Notice(NoticeKind.TABLE_KIND, path.name, told))
    return replace(table, notices=tuple(notices))


def _names(sheets: Sequence[Sheet]) -> str:
    return "工作表" + "、".join(f"“{sheet.name}”{'（隐藏）' if sheet.is_hidden else ''}" for sheet in sheets)


def _titles(row: Sequence[object]) -> tuple[str, ...]:
    return tuple((cell.text if isinstance(cell, Number) else str(cell or "")).strip() for cell in row)


def _heading(rows: Rows, fits: Fits) -> int | None:
    """The number of the row with the headings; None where no row near the top has them."""
    return next((number for number in sorted(rows)[:_TOP] if fits(_titles(rows[number]))), None)


def _table(path: Path, rows: Rows, fits: Fits, sheet: Sheet | None = None) -> Table:
    """The headings and the rows below them; what stands above is told."""
    top = min(rows, default=1)
    heading = _heading(rows, fits) or top
    titles = _titles(rows.get(heading, ()))
    if not any(titles):
        raise ConfigurationError(f"{path}：没有列标题；the first row has no column headings")
    while not titles[-1]:
        titles = titles[:-1]
    width, notices = len(titles), []
    if above := [text for number in sorted(rows) if number < heading for text in _titles(rows[number]) if text]:
        told = f"列标题在第 {heading} 行；之上的文字没有读：{'、'.join(above)[:40]}"
        notices.append(Notice(NoticeKind.TABLE_ABOVE, path.name, told))
    below = {number: rows[number] for number in sorted(rows) if number > heading}
    for number, row in below.items():
        if any(_is_filled(cell) for cell in row[width:]):
            raise ConfigurationError(
                f"{path}：第 {number} 行有 {len(row)} 个字段，标题有 {width} 个；字段里的逗号要用引号把整个字段括住"
            )
    return Table(
        str(path),
        "",
        titles,
        tuple(below),
        tuple([*row[:width], *([None] * (width - len(row)) if sheet else ())] for row in below.values()),
        sheet.name if sheet else "",
        frozenset(sheet.hidden_columns if sheet else ()) & frozenset(range(width)),
        tuple(merged for merged in sheet.merged if merged.last_row >= heading) if sheet else (),
        tuple(notices),
    )
