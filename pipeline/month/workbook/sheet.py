"""One sheet of the workbook on paper: cells, styles, widths, heights, printing.

Knows Excel and its limits; nothing of calls or points. Every value passes `Sheet.put`, which writes text as text:
a name such as ``=1+1`` stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Any, Literal, TypeAlias
from unicodedata import east_asian_width

import xlsxwriter

from pipeline.call import SHANGHAI
from pipeline.tally import rounded

Value: TypeAlias = str | float | datetime | None

FONT = "等线"  # comes with Excel and WPS in Chinese; others put their own Chinese font in its place
INK, FAINT, NAVY, PALE, LINE, BAR = "#1F2933", "#7B8794", "#1F4E79", "#DCE6F1", "#BFC8D2", "#9DC3E6"
MAX_TEXT = 32_767  # characters in a cell
MAX_NAME = 31  # UTF-16 units in the name of a sheet
MAX_HEIGHT = 409.0  # points

_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNWRITABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_NAME = re.compile(r"[\[\]:*?/\\]|\s+|�")


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a cell. `number` is an Excel number format; `fill` a colour or None."""

    align: str = "left"
    number: str = "General"
    bold: bool = False
    size: float = 10
    color: str = INK
    fill: str | None = None
    border: bool = True
    underline: bool = False

    @property
    def properties(self) -> dict[str, Any]:
        """The same in XlsxWriter's words.

        Examples
        --------
        >>> Style(bold=True, border=False).properties["bold"], "border" in Style(border=False).properties
        (True, False)
        """
        looks: dict[str, Any] = {
            "font_name": FONT,
            "font_size": self.size,
            "font_color": self.color,
            "bold": self.bold,
            "underline": int(self.underline),
            "align": self.align,
            "indent": int(self.align == "left" and self.border),
            "valign": "vcenter",
            "text_wrap": True,
            "num_format": self.number,
        }
        if self.border:
            looks |= {"border": 1, "border_color": LINE}
        return looks | ({"bg_color": self.fill} if self.fill else {})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a printed table: an item, a part of one, or the total; a value for each column."""

    kind: Literal["item", "part", "total"]
    values: tuple[Value, ...]


TEXT = Style()
MIDDLE = Style(align="center")
WAITING = Style(align="center", size=9, color=FAINT)  # no figure, and why
COUNT = Style(align="center", number="0")
TENTHS = Style(align="center", number="0.0")
POINTS = Style(align="center", number="0.00")
PERCENT = Style(align="center", number="0.0%")
INSTANT = Style(number="yyyy-mm-dd hh:mm:ss")
LENGTH = Style(align="center", number="[m]:ss")
HEAD = Style(align="center", bold=True, color="#FFFFFF", fill=NAVY)
LABEL = Style(align="center", bold=True, fill=PALE)
TITLE = Style(align="center", bold=True, size=16, color=NAVY, border=False)
SECTION = Style(bold=True, size=12, color=NAVY, border=False)
REMARK = Style(size=9, color=FAINT, border=False)


def total(style: Style) -> Style:
    """The same style in a line of totals.

    Examples
    --------
    >>> total(POINTS).fill, total(POINTS).number
    ('#DCE6F1', '0.00')
    """
    return replace(style, bold=True, fill=PALE)


def written(value: Value, style: Style) -> str:
    """A value as its cell shows it, for paper that is no sheet.

    Examples
    --------
    >>> written(0.5, PERCENT), written(7.125, POINTS), written(None, POINTS), written("待人工", POINTS)
    ('50.0%', '7.13', '—', '待人工')
    """
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, str):
        return clean(value)
    share = style.number.endswith("%")
    decimals = len(style.number.rstrip("%").partition(".")[2])
    if style.number == "General":
        return f"{value:g}"
    return f"{rounded(100 * value if share else value, decimals):.{decimals}f}{'%' if share else ''}"


class Book:
    """An Excel file in the making."""

    def __init__(self, target: object) -> None:
        options: dict[str, Any] = {"in_memory": True}
        options["default_format_properties"] = {"font_name": FONT, "font_size": 11}
        options |= dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
        self.file = xlsxwriter.Workbook(target, options)
        self._formats: dict[Style, Any] = {}

    def format(self, style: Style) -> Any:
        """XlsxWriter's format for a style, the same one each time."""
        if style not in self._formats:
            self._formats[style] = self.file.add_format(style.properties)
        return self._formats[style]

    def sheet(self, name: str, widths: Sequence[float], pages: int = 1) -> Sheet:
        """A new sheet, A4 landscape, as wide as so many pages; `widths` are its columns in characters."""
        page = self.file.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(pages, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.center_horizontally()
        page.set_footer(f'&L&"{FONT}"&8&A&R&"{FONT}"&8第 &P 页，共 &N 页')
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        return Sheet(self, page, tuple(widths))


@dataclass(slots=True)
class Sheet:
    """One sheet; rows and columns count from 0."""

    book: Book
    page: Any
    widths: tuple[float, ...]
    heights: dict[int, float] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """Its last column.

        Examples
        --------
        >>> from io import BytesIO
        >>> Book(BytesIO()).sheet("坐席汇总", widths=(6, 20, 9)).last
        2
        """
        return len(self.widths) - 1

    @property
    def next_row(self) -> int:
        """The first row below all that was put.

        Examples
        --------
        >>> from io import BytesIO
        >>> sheet = Book(BytesIO()).sheet("坐席汇总", widths=(6, 20, 9))
        >>> sheet.put(0, 0, "标题", TITLE)
        >>> sheet.next_row
        1
        """
        return max(self.heights, default=-1) + 1

    def put(self, row: int, column: int, value: Value, style: Style, to: int | None = None) -> None:
        """Write one value, over the columns up to `to`; None as ``—``. The row grows to show all of a text."""
        form = self.book.format(style)
        if to is not None and to > column:
            self.page.merge_range(row, column, row, to, "", form)
        if isinstance(value, datetime):
            self.page.write_datetime(row, column, value.astimezone(SHANGHAI).replace(tzinfo=None), form)
        elif isinstance(value, int | float):
            self.page.write_number(row, column, value, form)
        else:
            value = clean("—" if value is None else value)
            write = self.page.write_string if value else self.page.write_blank  # somebody may write there
            write(row, column, value, form)
        width = sum(self.widths[column : (to or column) + 1])
        lines = _lines(value, width * 10 / style.size) if isinstance(value, str) else 1
        self.heights[row] = min(MAX_HEIGHT, max(self.heights.get(row, 0.0), 21.0, lines * style.size * 1.4 + 8))
        self.page.set_row(row, self.heights[row])

    def join(self, first: int, last: int, column: int, value: str, style: Style) -> None:
        """Write one text over several rows of a column."""
        self.page.merge_range(first, column, last, column, "", self.book.format(style))
        self.page.write_string(first, column, clean(value), self.book.format(style))

    def line(self, row: int, values: Sequence[Value], styles: Sequence[Style], least: float = 0.0) -> None:
        """Write one row from the first column on; a text where a figure belongs says why there is none.

        The row is at least `least` points high.
        """
        self.heights[row] = max(self.heights.get(row, 0.0), least)
        for column, (value, style) in enumerate(zip(values, styles, strict=True)):
            no_figure = style.number != "General" and (value is None or isinstance(value, str))
            put_as = replace(WAITING, bold=style.bold, fill=style.fill) if no_figure else style
            self.put(row, column, value, put_as)

    def link(self, row: int, column: int, text: str, to_sheet: str, style: Style) -> None:
        """Write a text that leads to another sheet."""
        self.put(row, column, text, style)
        target = "internal:'{}'!A1".format(to_sheet.replace("'", "''"))
        form = self.book.format(replace(style, color="#0B5CAD", underline=True))
        self.page.write_url(row, column, target, form, clean(text))

    def bars(self, first: int, last: int, column: int) -> None:
        """Draw a bar behind each score, from 0 to 100."""
        ends = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100}
        self.page.conditional_format(first, column, last, column, {"type": "data_bar", "bar_color": BAR, **ends})

    def colours(self, first: int, last: int, column: int) -> None:
        """Colour each share: 60 % and less red, 80 % yellow, 100 % green; a colour means the same everywhere."""
        scale: dict[str, object] = {"type": "3_color_scale"}
        for end, share, colour in (("min", 0.6, "#F4B6B0"), ("mid", 0.8, "#FCE8B2"), ("max", 1.0, "#B7DFC4")):
            scale |= {f"{end}_type": "num", f"{end}_value": share, f"{end}_color": colour}
        self.page.conditional_format(first, column, last, column, scale)

    def bands(self, first: int, last: int, column: int, lines: Sequence[tuple[float, str]]) -> None:
        """Colour each score by the first of the lines (least score, colour) that it reaches; from high to low."""
        for least, colour in lines:
            reached = {"type": "cell", "criteria": ">=", "value": least, "stop_if_true": True}
            reached["format"] = self.book.file.add_format({"bg_color": colour})
            self.page.conditional_format(first, column, last, column, reached)

    def line_chart(
        self,
        rows: tuple[int, int],
        names: int,
        figures: int,
        at: tuple[int, int],
        num_rows: int,
        ends: tuple[float, float],
    ) -> None:
        """Draw the figures of `rows` (first, last) over their names; both stand in columns.

        The chart begins at the cell `at`, goes to the last column and is `num_rows` high; its axis has the
        `ends` (least, most).
        """
        first, last = rows
        chart = self.book.file.add_chart({"type": "line"})
        name = self.page.get_name()
        text = {"font": {"name": FONT, "size": 9, "color": INK}}
        chart.add_series(
            {
                "categories": [name, first, names, last, names],
                "values": [name, first, figures, last, figures],
                "line": {"color": NAVY, "width": 2},
                "marker": {"type": "circle", "size": 6, "fill": {"color": NAVY}, "border": {"color": NAVY}},
                "data_labels": {"value": True, "position": "above", "num_format": "0.0", **text},
            }
        )
        grid = {"visible": True, "line": {"color": LINE}}
        chart.set_y_axis(
            {
                "num_font": text["font"],
                "num_format": "0",
                "major_gridlines": grid,
                **dict(zip(("min", "max"), ends, strict=True)),
            }
        )
        chart.set_x_axis({"num_font": text["font"], "text_axis": True})
        chart.set_legend({"none": True})
        row, column = at
        width = sum(width * 7 + 5 for width in self.widths[column:])  # pixels
        height = sum(self.heights[line] for line in range(row, row + num_rows)) * 4 / 3
        chart.set_size({"width": width - 12, "height": height - 8})
        self.page.insert_chart(row, column, chart, {"x_offset": 8, "y_offset": 4, "object_position": 1})

    def print_area(self, repeat: tuple[int, int]) -> None:
        """Print all that was put, with the rows `repeat` (first, last) on each page below them."""
        self.page.print_area(0, 0, self.next_row - 1, self.last)
        self.page.repeat_rows(*repeat)


def clean(text: str) -> str:
    r"""The text as a cell can hold it: line breaks as ``\n``, what XML has no room for as ``�``, cut at 32,767.

    Examples
    --------
    >>> clean("a\r\nb\x07")
    'a\nb�'
    """
    text = _UNWRITABLE.sub("�", _BREAK.sub("\n", text))
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 8] + "……（从略）"


def sheet_name(wanted: str, taken: Collection[str]) -> str:
    """The nearest name that Excel allows and that differs from those `taken`, in whatever case.

    Examples
    --------
    >>> sheet_name("1001 A/B", ["坐席汇总"]), sheet_name("1001 a", ["1001 A"])
    ('1001 A_B', '1001 a (2)')
    """
    base = _NOT_IN_NAME.sub(lambda found: " " if found[0].isspace() else "_", clean(wanted)).strip(" '") or "未命名"
    used = {name.casefold() for name in taken} | {"history"}  # Excel keeps "history" for itself
    name, copy = _cut(base, MAX_NAME), 1
    while name.casefold() in used:
        copy += 1
        suffix = f" ({copy})"
        name = _cut(base, MAX_NAME - len(suffix)) + suffix
    return name


def _cut(name: str, units: int) -> str:
    """The name within so many UTF-16 units, which is how Excel counts, with no quote at its ends."""
    while len(name.encode("utf-16-le")) > 2 * units:
        name = name[:-1]
    return name.strip(" '")


def _lines(text: str, width: float) -> int:
    """The number of lines of a text in a cell so many characters wide; a Chinese character is two wide."""
    lengths = [sum(2 if east_asian_width(c) in "WFA" else 1 for c in line) for line in text.split("\n")]
    return sum(max(1, ceil(length / max(1.0, 0.95 * (width - 2)))) for length in lengths)
