"""Delimited text as it comes out of Excel and telephone systems -> rows that know their file and line.

Knows encodings, delimiters, headers, quoting and how an instant is written; not what a column means
(`plain`, `asterisk`, `freeswitch`) nor what becomes of a bad row (`records`).
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from typing import TypeVar

from pipeline.call.call import SHANGHAI
from pipeline.errors import ConfigurationError, RecordError

T = TypeVar("T")

_DELIMITERS = ",;\t"
_MAX_LINES = 50  # a quoted field runs over no more lines than this; a quote left open costs one row, not the file
_INSTANT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T ] *"
    r"(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d+)?)? *(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the lines of a dialect look like.

    `required` are the columns that a header must name. `headless` are the columns of a file without a header,
    one tuple for each number of fields that occurs; empty where a header is a must.
    """

    required: tuple[str, ...]
    headless: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file: its fields by column, and the place for messages.

    `misfit` says why the fields cannot be told apart; then every column reads as empty.
    """

    source: str  # "cdr.csv:7", the physical line on which it begins
    columns: Mapping[str, int]
    fields: tuple[str, ...]
    misfit: str | None = None

    def has(self, column: str) -> bool:
        """Whether the file has this column at all."""
        return _bare(column) in self.columns

    def trace(self, column: str) -> str | None:
        """What this column holds as far as a misfit lets one see: only the first field is surely in its place."""
        leads = self.columns.get(_bare(column)) == 0 and len(self.fields) > 1
        return (self.fields[0].strip(' "') or None) if self.misfit and leads else self.text(column)

    def text(self, *columns: str) -> str | None:
        """The first of these columns that is filled in, without outer spaces; None when none is."""
        if self.misfit:
            return None
        positions = (self.columns.get(_bare(column)) for column in columns)
        return next((text for at in positions if at is not None and (text := self.fields[at].strip())), None)

    def instant(self, column: str, zone: tzinfo = SHANGHAI) -> datetime | None:
        """The instant in this column, in UTC; None when it is empty.

        Parameters
        ----------
        zone : tzinfo
            The zone of a time that names none.

        Raises
        ------
        RecordError
            If it is not a date with a time of day to the second. Minutes alone would make ring-to-answer false.
        """
        text = self.text(column)
        if text is None:
            return None
        match = _INSTANT.fullmatch(text)
        if match and match[6] is None:
            raise RecordError(
                "bad_record",
                f"{column} is a time without seconds (Excel saves what it shows: give the column the format "
                "yyyy-mm-dd hh:mm:ss and export again)",
            )
        if match:
            year, month, day, hour, minute, second, fraction, offset = match.groups("")
            written = f"{year}-{month:>02}-{day:>02}T{hour:>02}:{minute}:{second}{fraction}{offset}"
            try:
                at = datetime.fromisoformat(written)
                return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
            except (ValueError, OverflowError):
                pass  # the 30th of February, or an hour before the year 1: no instant, as any other text
        raise RecordError("bad_record", f"{column} is {kind(text)}, not a time such as 2025-03-03 09:12:05")

    def one_of(self, column: str, meanings: Mapping[str, T]) -> T | None:
        """What this column says, by a list of words without regard to case; None when it is empty.

        Raises
        ------
        RecordError
            If the word is not in the list.
        """
        text = self.text(column)
        if text is None:
            return None
        if text.casefold() not in meanings:
            raise RecordError("bad_record", f"{column} is {kind(text)}, not one of {', '.join(meanings)}")
        return meanings[text.casefold()]


def kind(text: str | None) -> str:
    """The sort of a value, in words that give no personal data away.

    Examples
    --------
    >>> kind("13800132201"), kind("林晓雯"), kind(None)
    ('a number of 11 digits', 'text of 3 characters', 'empty')
    """
    if not text:
        return "empty"
    return f"a number of {len(text)} digits" if text.isdecimal() else f"text of {len(text)} characters"


def rows(content: bytes, name: str, layout: Layout, unwrap: Callable[[str], str] = str) -> tuple[Row, ...]:
    """Every row of a file in order; blank lines are none.

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
    text = decode(content, name).replace("\r\n", "\n").replace("\r", "\n")
    lines = [unwrap(line) + "\n" for line in text.split("\n")]
    top = next((at for at, line in enumerate(lines) if line.strip()), 0)
    delimiter = max(_DELIMITERS, key=lines[top].count)
    titles = _cells(lines[top], delimiter)
    if _positions(layout.required).keys() <= _positions(titles).keys():
        known = {len(titles): _positions(titles)}
        top += 1
    elif layout.headless:
        known = {len(columns): _positions(columns) for columns in layout.headless}
    else:
        raise ConfigurationError(_without_columns(name, titles, layout))
    return tuple(
        _row(f"{name}:{number}", fields, known)
        for number, fields in _records(lines, top, delimiter, known)
        if any(field.strip() for field in fields)
    )


def decode(content: bytes, name: str) -> str:
    """The text of a file in UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

    A file that is UTF-8 apart from some damaged bytes is refused: read as GB18030 it would give
    wrong names without a word.

    Raises
    ------
    ConfigurationError
        Naming the line and the byte at which the text ends to be text.

    Examples
    --------
    >>> decode("工号,1001".encode("gb18030"), "cdr.csv")
    '工号,1001'
    """
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        failure = error
    if not is_utf16 and not _is_damaged_utf8(content):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as error:
            failure = error
    readable = failure.object[: failure.start].decode(failure.encoding, "ignore")
    offset = len(content) - len(failure.object) + failure.start
    raise ConfigurationError(
        f"{name}:{readable.count(chr(10)) + 1}: the byte at offset {offset} is no {failure.encoding} text; "
        "save the call detail records as UTF-8 (in Excel: CSV UTF-8) and run again"
    ) from failure


def _is_damaged_utf8(content: bytes) -> bool:
    """Whether more characters of three and four bytes are whole than are broken; in GB18030 next to none are."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return content.startswith(codecs.BOM_UTF8) or sum(char >= "\u0800" for char in text) - broken > broken


@cache
def _bare(title: str) -> str:
    """A column's name without case, spaces and punctuation: ``Call ID`` is ``call_id``."""
    return "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())


def _positions(titles: Sequence[str]) -> dict[str, int]:
    """Where each column is; the first of two with one name."""
    bare = [_bare(title) for title in titles]
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


def _row(source: str, fields: list[str], known: Mapping[int, Mapping[str, int]]) -> Row:
    width = max((width for width in known if width <= len(fields)), default=0)
    if width and not any(field.strip() for field in fields[width:]):
        fields = fields[:width]  # Excel writes empty cells behind the last column
    if len(fields) in known and not any("\0" in field for field in fields):
        return Row(source, known[len(fields)], tuple(fields))
    expected = " or ".join(str(width) for width in sorted(known))
    misfit = f"{len(fields)} fields, and {expected} are expected" if len(fields) not in known else "a NUL character"
    return Row(source, next(iter(known.values())), tuple(fields), misfit)


def _without_columns(name: str, titles: list[str], layout: Layout) -> str:
    missing = [column for column in layout.required if _bare(column) not in _positions(titles)]
    if len(missing) == len(layout.required):
        found = "its first line names none of them"  # and may be a record, so it is not repeated here
    else:
        found = f"found: {', '.join(title.strip() for title in titles)}"
    return f"{name}: columns missing: {', '.join(missing)} ({found}); is this the right --cdr-format?"
