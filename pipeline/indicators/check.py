"""The check of a table on its way in: it is a feed, or one message says what is wrong with it.

Knows how a wrong value is told; what is right is in `schemas`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pipeline.errors import ConfigurationError
from pipeline.indicators.cells import EXAMPLES, is_error, narrow, read_cells, written
from pipeline.indicators.schemas import SCHEMAS
from pipeline.indicators.tables import Table

SHOWN = 5
"""How many wrong values a message lists."""


@dataclass(frozen=True, slots=True, order=True)
class _Wrong:
    """One value that is not right."""

    row: int
    position: int  # of the column
    heading: str
    value: str
    right: str

    def __str__(self) -> str:
        found = f"is {self.value!r}" if self.value else "is empty"
        return f"row {self.row}, {self.heading}: {found}, and should be {self.right}"


def checked(table: Table, feed: str) -> pd.DataFrame:
    """The rows of a feed with its columns by their English names, each of its type; the index is the row's number.

    Raises
    ------
    ConfigurationError
        If a column is missing or stands there twice, or a value is not right: with the file, the row as Excel
        counts, the heading, the value and what is right, for the first values that are wrong.

    Examples
    --------
    >>> titles, row = ("工号", "科目", "考试日期", "成绩"), ("1001", "话术", "2025/3/5", "88")
    >>> table = Table("exams.csv", "", titles, (2,), (row,))
    >>> checked(table, "exams")[["agent_id", "score"]].values.tolist()
    [['1001', 88.0]]
    """
    schema = SCHEMAS[feed]
    headings = _headings(table, schema)
    index = pd.Index(table.numbers, dtype="int64")
    text = pd.DataFrame(index=index)
    for column, at in headings.items():
        text[column] = pd.Series(written(row[at] for row in table.rows), index=index, dtype="str")
    columns, wrong = _typed(table, schema, headings, text)
    try:
        schema.validate(columns, lazy=True)
    except SchemaErrors as errors:
        places = {(each.row, each.position) for each in wrong}
        for each in _not_right(errors, table, headings, text):
            if (each.row, each.position) not in places:
                places.add((each.row, each.position))
                wrong.append(each)
    if wrong:
        wrong.sort()
        more = f"\n  and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ConfigurationError(
            f"{table.name}: {len(wrong)} value{'s are' if len(wrong) > 1 else ' is'} wrong; correct and run again:"
            + "".join(f"\n  {each}" for each in wrong[:SHOWN])
            + more
        )
    return columns


def _headings(table: Table, schema: pa.DataFrameSchema) -> dict[str, int]:
    """The position of each column of the feed in the table."""
    positions: dict[str, int] = {}
    bare = [_bare(title) for title in table.titles]
    for name, column in schema.columns.items():
        # The exact name first, then the aliases: in a table that has both, the aliases mean something else.
        for alias in (name, column.title, *column.metadata["aliases"]):
            at = [position for position, title in enumerate(bare) if title == _bare(alias)]
            if len(at) > 1:
                raise ConfigurationError(f"{table.name}: two columns are headed {alias}; keep one")
            if at and at[0] not in positions.values():
                positions[name] = at[0]
                break
    if missing := [name for name, column in schema.columns.items() if column.required and name not in positions]:
        names = "、".join(f"{schema.columns[name].title} ({name})" for name in missing)
        raise ConfigurationError(f"{table.name}: columns missing: {names}; found: {'、'.join(table.titles)}")
    return positions


def _bare(title: str) -> str:
    """A heading without case, spaces and punctuation: ``Ticket ID`` is ``ticket_id``."""
    return "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())


def _typed(
    table: Table, schema: pa.DataFrameSchema, headings: Mapping[str, int], text: pd.DataFrame
) -> tuple[pd.DataFrame, list[_Wrong]]:
    """Every column in its type, and the cells that cannot be read in it."""
    columns = pd.DataFrame(index=text.index)
    wrong = []
    for name, at in headings.items():
        column, cells = schema.columns[name], text[name]
        dtype, words = column.metadata["dtype"], column.metadata.get("words")
        right = EXAMPLES.get(dtype, "text")
        if words:
            right = "、".join(word for word in words if not word.isascii())
            columns[name] = narrow(cells).str.casefold().map(words).astype("str")
        elif dtype in EXAMPLES:
            columns[name] = read_cells(cells, dtype, until=bool(column.metadata.get("until")))
        else:
            cells = narrow(cells) if column.metadata.get("is_id") else cells
            columns[name] = cells.where((cells != "") & ~is_error(cells)).astype("str")
        unreadable = columns[name].isna() & (cells != "")
        wrong += [
            _Wrong(int(str(row)), at, _called(table, at, name), cell, right)
            for row, cell in cells[unreadable].items()
        ]
    return columns, wrong


def _not_right(
    errors: SchemaErrors, table: Table, headings: Mapping[str, int], text: pd.DataFrame
) -> Iterator[_Wrong]:
    """The values that pandera refused."""
    for error in errors.schema_errors:
        if isinstance(error.failure_cases, str):
            raise errors  # a check that failed to run: a defect of ours
        checks = isinstance(error.check, pa.Check)
        name = error.column_name if error.column_name in headings else error.check.name
        right = str(error.check.error) if checks else "filled in"
        for row in dict.fromkeys(error.failure_cases["index"]):
            at = headings[name]
            yield _Wrong(int(row), at, _called(table, at, name), text.loc[row, name], right)


def _called(table: Table, at: int, name: str) -> str:
    """A column as the person headed it, with its name where that is another."""
    return name if table.titles[at] == name else f"{table.titles[at]} ({name})"
