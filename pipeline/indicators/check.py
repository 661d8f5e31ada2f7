"""The check of a table on its way in: it is a feed, or one message says what is wrong with it.

Knows how a wrong value is told; what is right is in `schemas`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from pipeline.errors import ConfigurationError
from pipeline.ids import id_notices, read_ids, which_rows
from pipeline.indicators.cells import (
    EXAMPLES,
    INSTANT,
    MAYBE_OCTOBER,
    MONTH,
    NO_MONTH,
    TEXT,
    has_zone,
    is_error,
    narrow,
    read_cells,
    written,
)
from pipeline.indicators.schemas import SCHEMAS
from pipeline.indicators.tables import Fits, Table
from pipeline.indicators.workbooks import letters
from pipeline.notices import Notice, NoticeKind

SHOWN = 5
"""How many wrong values a message lists."""

_READ_SO: Mapping[str, tuple[NoticeKind, str]] = {
    "rounded": (NoticeKind.TABLE_ROUNDED, "存的小数比显示的多，按显示的数读取"),
    "year": (NoticeKind.CLOCK_PARTLY_SHOWN, "没有显示年份，按存的年份读取；请核对"),
    "day": (NoticeKind.CLOCK_PARTLY_SHOWN, "没有显示日期，按存的日期读取；请核对"),
    "clock": (NoticeKind.CLOCK_PARTLY_SHOWN, "没有显示存的时刻；结束时间按整天，其余按存的时刻读取"),
}
"""How a cell was read that shows less or other than it keeps."""


@dataclass(frozen=True, slots=True, order=True)
class _Wrong:
    """One value that is not right; `said` is what is wrong with it."""

    row: int
    position: int  # of the column
    place: str
    heading: str
    said: str

    def __str__(self) -> str:
        return f"{self.place} {self.heading}：{self.said}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A feed that is right, and what was doubtful about it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns by their English names, each of its type; the index is the row's number.
    """

    rows: pd.DataFrame
    notices: tuple[Notice, ...]


def headings_fit(feed: str) -> Fits:
    """Whether titles name every column that a feed must have.

    Examples
    --------
    >>> headings_fit("holidays")(("节日", "日期")), headings_fit("holidays")(("三月的节日",))
    (True, False)
    """
    schema = SCHEMAS[feed]
    needed = [_aliases(schema, name) for name, column in schema.columns.items() if column.required]

    def fits(titles: Sequence[str]) -> bool:
        found = {_bare(title) for title in titles}
        return all(aliases & found for aliases in needed)

    return fits


def checked(table: Table, feed: str) -> Checked:
    """The rows of a feed, with what was doubtful about them.

    Raises
    ------
    ConfigurationError
        If a column is missing, hidden or stands there twice, or a value is not right: with the file, the sheet and
        cell or the row as Excel counts, the heading, what is shown there and what is right, for the first values
        that are wrong.

    Examples
    --------
    >>> titles, row = ("工号", "科目", "考试日期", "成绩"), ("'1001", "话术", "2025/3/5", "88")
    >>> feed = checked(Table("exams.csv", "", titles, (2,), (row,)), "exams")
    >>> feed.rows[["agent_id", "score"]].values.tolist()
    [['1001', 88.0]]
    >>> [str(notice) for notice in feed.notices]
    ['编号写法已统一（exams.csv）：1 个工号带有全角、引号、不可见字符或小数点，已去掉（第 2 行）']
    """
    reading = _Reading(table, SCHEMAS[feed])
    columns = reading.columns()
    wrong = reading.wrong
    try:
        SCHEMAS[feed].validate(columns, lazy=True)
    except (SchemaError, SchemaErrors) as errors:
        places = {(each.row, each.position) for each in wrong}
        for each in reading.not_right(errors):
            if (each.row, each.position) not in places:
                places.add((each.row, each.position))
                wrong.append(each)
    if wrong:
        wrong.sort()
        more = f"\n  另有 {len(wrong) - SHOWN} 处" if len(wrong) > SHOWN else ""
        raise ConfigurationError(
            f"{table.name}：有 {len(wrong)} 处不对，请改正后重新运行："
            + "".join(f"\n  {each}" for each in wrong[:SHOWN])
            + more
        )
    return Checked(columns, tuple(reading.notices))


class _Reading:
    """A table on its way to a feed: text by column, what is wrong so far, and what is to be told."""

    def __init__(self, table: Table, schema: pa.DataFrameSchema) -> None:
        self.table, self.schema = table, schema
        self.file = table.name.replace("\\", "/").rpartition("/")[2]
        self.headings = _headings(table, schema)
        self.shown: dict[str, pd.Series] = {}
        self.wrong: list[_Wrong] = []
        self.notices: list[Notice] = list(table.notices)
        self._check_merged()

    def columns(self) -> pd.DataFrame:
        """Every column in its type; cells that cannot be read in it are `wrong`."""
        index = pd.Index(self.table.numbers, dtype="int64")
        columns = pd.DataFrame(index=index)
        for name in self.headings:
            column = self.schema.columns[name]
            cells = self._text(name, column.metadata, index)
            dtype, words = column.metadata["dtype"], column.metadata.get("words")
            right = EXAMPLES.get(dtype, "为文字")
            if words:
                right = "为" + "、".join(word for word in words if not word.isascii())
                columns[name] = narrow(cells).str.casefold().map(words).astype("str")
            elif dtype in EXAMPLES:
                columns[name] = read_cells(cells, dtype, until=bool(column.metadata.get("until")))
            else:
                columns[name] = cells.where((cells != "") & ~is_error(cells)).astype("str")
            for row, cell in cells[columns[name].isna() & (cells != "")].items():
                self._add(name, int(str(row)), f"是“{cell}”，应{right}")
            if dtype == INSTANT:
                self._check_zones(name, cells)
        return columns

    def not_right(self, errors: SchemaError | SchemaErrors) -> Iterator[_Wrong]:
        """The values that pandera refused; of a check that could not run, the column as a whole."""
        for error in errors.schema_errors if isinstance(errors, SchemaErrors) else (errors,):
            is_check = isinstance(error.check, pa.Check)
            named = error.column_name if error.column_name in self.headings else getattr(error.check, "name", "")
            name = named if named in self.headings else next(iter(self.headings))
            right = str(error.check.error) if is_check else "填写"
            cases = error.failure_cases
            if not isinstance(cases, pd.DataFrame) or not isinstance(cases.get("index"), pd.Series):
                yield self._told(name, 0, f"这一列读不出来，应{EXAMPLES.get(self._dtype(name), '为文字')}")
                continue
            for row in dict.fromkeys(cases["index"].dropna()):
                text = self.shown[name].loc[int(row)]
                yield self._told(name, int(row), f"是“{text}”，应{right}" if text else f"是空的，应{right}")

    def _dtype(self, name: str) -> str:
        return str(self.schema.columns[name].metadata["dtype"])

    def _text(self, name: str, metadata: Mapping[str, object], index: pd.Index) -> pd.Series:
        """A column as text; of ids, in their one form."""
        dtype, is_id = self._dtype(name), bool(metadata.get("is_id"))
        cells = [row[self.headings[name]] for row in self.table.rows]
        writing = written(cells, dtype, is_id=is_id, until=bool(metadata.get("until")))
        if dtype == MONTH and not self.table.sheet:
            lost = (at for at, text in enumerate(writing.texts) if MAYBE_OCTOBER.fullmatch(text))
            writing.wrong.update(dict.fromkeys(lost, NO_MONTH))
        for at, right in writing.wrong.items():
            text = writing.texts[at]
            self._add(name, self.table.numbers[at], f"显示为“{text}”，应{right}" if text else right)
        for note, (kind, told) in _READ_SO.items():
            if rows := [self.table.numbers[at] for at, noted in writing.notes.items() if noted == note]:
                places = "、".join(self.table.place(row, self.headings[name]) for row in rows[:3])
                more = f"等 {len(rows)} 格" if len(rows) > 3 else ""
                self.notices.append(Notice(kind, self.file, f"{self._called(name)}{told}（{places}{more}）"))
        self.shown[name] = pd.Series(writing.texts, index=index, dtype="str")
        texts = self._ids(name, writing.texts, writing.wrong) if is_id else list(writing.texts)
        for at in writing.wrong:
            texts[at] = ""  # told already
        return pd.Series(texts, index=index, dtype="str")

    def _ids(self, name: str, texts: list[str], wrong: Mapping[int, str]) -> list[str]:
        reads = read_ids(["" if at in wrong else text for at, text in enumerate(texts)])
        for at, read in enumerate(reads):
            if read.doubt:
                said = f"显示为“{texts[at]}”，{read.doubt}；请把该列设为文本后重新填写或导出"
                self._add(name, self.table.numbers[at], said)
        title = str(self.schema.columns[name].title)
        sure = [(number, read) for number, read in zip(self.table.numbers, reads, strict=True) if not read.doubt]
        if sure:
            self.notices += id_notices(self.file, title, *zip(*sure, strict=True))
        return [read.id or "" for read in reads]

    def _check_zones(self, name: str, cells: pd.Series) -> None:
        """A column whose times of day name a zone in some rows only may be in two; that is told."""
        zoned = has_zone(cells)
        with_zone, without = zoned.index[zoned.fillna(False)], zoned.index[~zoned.fillna(True)]
        if len(with_zone) and len(without):
            said = (
                f"{self._called(name)}有的写了时区（{which_rows(list(with_zone))}），有的没有"
                f"（{which_rows(list(without))}），没写的按北京时间读取；若是导出时混用了时区，请统一后重新导出"
            )
            self.notices.append(Notice(NoticeKind.CLOCK_ZONES, self.file, said))

    def _check_merged(self) -> None:
        """Merged cells hold for their rows where they are words in one column; else nobody knows what they mean."""
        of = {position: name for name, position in self.headings.items()}
        first = min(self.table.numbers, default=0)
        told = []
        for merged in self.table.merged:
            names = [of[at] for at in range(merged.first_column, merged.last_column + 1) if at in of]
            if not names:
                continue
            is_heading = merged.first_row < first and merged.last_row < first
            if merged.first_column != merged.last_column or (not is_heading and self._dtype(names[0]) != TEXT):
                said = f"{self.table.sheet}!{merged} 是合并的单元格，分不清属于哪一格；请取消合并，每格都填写"
                self.wrong.append(
                    _Wrong(merged.first_row, merged.first_column, "", self._called(names[0]).strip(), said)
                )
            elif not is_heading:
                told.append(f"{merged}（{self._called(names[0])}）")
        if told:
            more = f"等 {len(told)} 处" if len(told) > 3 else ""
            said = f"{self.table.sheet} 的 {'、'.join(told[:3])}{more}合并，每一行都按合并后显示的内容读取"
            self.notices.append(Notice(NoticeKind.TABLE_MERGED, self.file, said))

    def _add(self, name: str, row: int, said: str) -> None:
        self.wrong.append(self._told(name, row, said))

    def _told(self, name: str, row: int, said: str) -> _Wrong:
        at = self.headings[name]
        return _Wrong(row, at, self.table.place(row, at) if row else "", self._called(name), said)

    def _called(self, name: str) -> str:
        """A column as the person headed it, with its name where that is another."""
        title = self.table.titles[self.headings[name]]
        return name if title == name else f"{title}（{name}）"


def _headings(table: Table, schema: pa.DataFrameSchema) -> dict[str, int]:
    """The position of each column of the feed among those of the table that a person sees."""
    positions: dict[str, int] = {}
    where = f"{table.name}：" + (f"工作表“{table.sheet}”" if table.sheet else "")
    bare = [_bare(title) for title in table.titles]
    for name, column in schema.columns.items():
        # The exact name first, then the aliases: in a table that has both, the aliases mean something else.
        unseen: list[int] = []
        for alias in (name, column.title, *column.metadata["aliases"]):
            at = [position for position, title in enumerate(bare) if title == _bare(alias)]
            unseen += [position for position in at if position in table.hidden]
            seen = [position for position in at if position not in table.hidden]
            if len(seen) > 1:
                raise ConfigurationError(f"{where}有两列的标题都是“{alias}”，请只留一列")
            if seen and seen[0] not in positions.values():
                positions[name] = seen[0]
                break
        if name not in positions and unseen:
            raise ConfigurationError(
                f"{where}的 {letters(unseen[0])} 列（{table.titles[unseen[0]]}）是隐藏的，"
                "看不到是否该读取；请取消隐藏，不要的列请删除"
            )
    if missing := [name for name, column in schema.columns.items() if column.required and name not in positions]:
        named = "、".join(f"{schema.columns[name].title}（{name}）" for name in missing)
        raise ConfigurationError(f"{where}缺少列：{named}；现有的列：{'、'.join(table.titles)}")
    return positions


def _aliases(schema: pa.DataFrameSchema, name: str) -> set[str]:
    column = schema.columns[name]
    return {_bare(alias) for alias in (name, str(column.title), *column.metadata["aliases"])}


def _bare(title: str) -> str:
    """A heading without case, spaces and punctuation: ``Ticket ID`` is ``ticket_id``."""
    return "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())
