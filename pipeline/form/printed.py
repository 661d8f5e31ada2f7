"""A filled-in form: title, head, table, remarks and signatures, whatever it is printed on.

Knows what stands where; neither how it is judged nor how a file is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from pipeline.month.workbook.sheet import Line, Style, written

Field: TypeAlias = tuple[str, str, str, str, str]
"""A line of the head: a label and its value, twice, and a remark."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; `width` in characters of a sheet."""

    head: str
    width: float
    style: Style


@dataclass(frozen=True, slots=True)
class PrintedForm:
    """A filled-in form.

    Parameters
    ----------
    columns : tuple of Column
        The last one holds what the points rest on, and may quote what was said.
    lines : tuple of Line
        Items, their parts, and the total.
    notes : tuple of str
        What stands below the table.
    signatures : tuple of str
        Each a blank to be signed and dated.
    """

    title: str
    fields: tuple[Field, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    signatures: tuple[str, ...]

    def read_by(self, shown: Callable[[str], str]) -> PrintedForm:
        """The same as somebody may read it: `shown` is what that one may read of a text.

        Examples
        --------
        >>> from pipeline.month.workbook.sheet import TEXT
        >>> columns = (Column("项目", 9, TEXT), Column("评分依据", 40, TEXT))
        >>> form = PrintedForm("", (), columns, (Line("item", ("接听速度", "3 声")),), (), ())
        >>> form.read_by(lambda said: said + "内").rows
        (('item', ('接听速度', '3 声内')),)
        """
        lines = tuple(
            Line(line.kind, (*line.values[:-1], shown(said) if isinstance(said := line.values[-1], str) else said))
            for line in self.lines
        )
        return replace(self, lines=lines, notes=tuple(shown(note) for note in self.notes))

    @property
    def rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The lines as text, each with its kind."""
        styles = [column.style for column in self.columns]
        return tuple(
            (line.kind, tuple(written(value, style) for value, style in zip(line.values, styles, strict=True)))
            for line in self.lines
        )

    @property
    def shares(self) -> tuple[float, ...]:
        """The width of each column, in percent of the paper."""
        whole = sum(column.width for column in self.columns)
        return tuple(round(100 * column.width / whole, 2) for column in self.columns)
