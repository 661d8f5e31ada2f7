"""A feed's file as it lies in the folder: CSV, Excel or a query, read into rows that keep their numbers.

Knows files, encodings and databases; not what a column means (`schemas`) nor how a cell is written (`cells`).
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import zip_longest
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
from openpyxl.utils.exceptions import InvalidFileException
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from pipeline.call.cdr.table import decode
from pipeline.errors import ConfigurationError

_DELIMITERS = ",;\t"
_DATABASE = re.compile(r"--\s*database:\s*(\S+)\s*", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows as they were written.

    Parameters
    ----------
    digest : str
        First 12 hex digits of a sha256: of the file; for a query, of its text and the rows that it gave.
    numbers : tuple of int
        The number of each row as Excel counts them, the headings being row 1. Empty rows are left out.
    """

    name: str
    digest: str
    titles: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[Sequence[object], ...]


def read_table(path: Path) -> Table:
    """The table in a file, by its ending: ``.csv``, ``.xlsx`` or ``.sql``.

    Raises
    ------
    ConfigurationError
        If it cannot be read, naming the file and, where one is at fault, the row.

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
    rows = READERS[path.suffix.lower()](content, path)
    titles = tuple(str(title or "").strip() for title in rows[0]) if rows else ()
    if not any(titles):
        raise ConfigurationError(f"{path}: the first row has no column headings")
    while not titles[-1]:
        titles = titles[:-1]
    numbers, cells = [], []
    for number, row in enumerate(rows[1:], 2):
        filled = [cell for cell in row if cell is not None and cell != ""]
        if not filled:
            continue
        if any(cell is not None and cell != "" for cell in row[len(titles) :]):
            raise ConfigurationError(
                f"{path}: row {number} has {len(row)} fields, and the first row has {len(titles)} headings; "
                "a comma inside a field needs quotes around the field"
            )
        numbers.append(number)
        cells.append([cell for cell, _ in zip_longest(row[: len(titles)], titles)])
    digest = hashlib.sha256(content)
    if path.suffix.lower() == ".sql":
        digest.update(repr(sorted(map(repr, cells))).encode())
    return Table(str(path), digest.hexdigest()[:12], titles, tuple(numbers), tuple(cells))


def _csv(content: bytes, path: Path) -> list[Sequence[object]]:
    text = decode(content, str(path))
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Sequence[object]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise ConfigurationError(
            f"{path}: row {len(rows) + 1} is no CSV ({error}): is a quote left open?"
        ) from error
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows, 1):
        if row and len(row) < width and any(row):
            raise ConfigurationError(
                f"{path}: row {number} has {len(row)} fields, and the first row {width} headings; is it cut off?"
            )
    return rows


def _xlsx(content: bytes, path: Path) -> list[Sequence[object]]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise ConfigurationError(f"{path}: is no Excel workbook; save it as .xlsx again") from error
    if not book.worksheets:
        raise ConfigurationError(f"{path}: has no worksheet")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what a program wrote there may be smaller than the sheet
    try:
        return [[_as_seen(cell) for cell in row] for row in sheet.iter_rows()]
    finally:
        book.close()


def _as_seen(cell: Cell | ReadOnlyCell | EmptyCell) -> object:
    """A cell as the person who filled it in sees it: a day is no midnight, and 0012 keeps its zeros."""
    value = cell.value
    if isinstance(value, datetime) and value.time() == time() and "h" not in cell.number_format.lower():
        return value.date()
    if isinstance(value, int) and not isinstance(value, bool) and set(cell.number_format) == {"0"}:
        return str(value).zfill(len(cell.number_format))
    return value


def _sql(content: bytes, path: Path) -> list[Sequence[object]]:
    head, _, query = decode(content, str(path)).strip().partition("\n")
    database = _DATABASE.fullmatch(head.strip())
    if database is None or not query.strip():
        raise ConfigurationError(
            f"{path}: the first line must be `-- database: URL`, as in `-- database: $CRM_URL`, and a SELECT follow"
        )
    address = _expanded(database[1], os.environ, path)
    try:
        url = make_url(address)
        engine = create_engine(url, poolclass=NullPool)
    except (SQLAlchemyError, ImportError) as error:  # the words of the former never repeat the address
        raise ConfigurationError(f"{path}: the database cannot be opened ({error})") from error
    try:
        with engine.connect() as connection:  # never committed: a statement that writes is undone
            # no_parameters: a percent sign is a percent sign in every driver
            result = connection.execution_options(no_parameters=True).exec_driver_sql(query)
            if not result.returns_rows:
                raise ConfigurationError(f"{path}: the query gives no rows; it must be a SELECT")
            return [list(result.keys()), *(tuple(row) for row in result)]
    except SQLAlchemyError as error:
        answer = str(getattr(error, "orig", None) or error).strip()
        raise ConfigurationError(f"{path}: {url.render_as_string()} answers: {answer}") from error


def _expanded(address: str, variables: Mapping[str, str], path: Path) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in variables:
            raise ConfigurationError(f"{path}: the environment variable {name} is not set")
        return variables[name]

    return _VARIABLE.sub(value, address)


READERS: Mapping[str, Callable[[bytes, Path], list[Sequence[object]]]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".sql": _sql,
}
"""How a feed may be written, by ending."""
