"""One row of a file of records: its fields by column, read as text, ids, instants and words.

Knows cells; not how a file is cut into rows (`table`), nor what a column means.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import TypeVar

from pipeline.call.call import SHANGHAI
from pipeline.call.cdr.clock import AmbiguousDayError, Form, Moment, day_first, is_no_instant, read_moment
from pipeline.errors import RecordError
from pipeline.ids import NULL_WORDS, ReadId, bare, id_notices, read_ids, which_rows
from pipeline.notices import Notice, NoticeKind

T = TypeVar("T")

MOST_COLUMNS, LONGEST_TEXT = 40, 200
"""How many columns that no dialect reads are kept of a row, and how many characters of each."""
_TOO_MANY = f"行除话单本身的列以外还有 {MOST_COLUMNS} 列以上，只保留了前 {MOST_COLUMNS} 列，规则看不到其余的列"
_TOO_LONG = f"行有超过 {LONGEST_TEXT} 字的内容，没有保留，规则看不到这一格"

_OURS = timedelta(hours=8)  # Asia/Shanghai, ahead of UTC
_TITLES = {"agent_id": "工号"} | dict.fromkeys(("call_id", "uniqueid", "linkedid", "uuid"), "通话编号")
_COARSE = (
    "行的时间没有秒（Excel 只存显示的内容），不计振铃到接听的时长；请把该列格式改为 yyyy-mm-dd hh:mm:ss 后重新导出"
)
_ELSEWHERE = "行的时间写明了别的时区，按所写的时区换算，没有写明的按北京时间"
_FORMS = {
    Form.EPOCH: "的时间写成自 1970 年起的秒数，已换算",
    Form.SERIAL: "的时间是 Excel 的日期序号，按北京时间换算",
}


@dataclass(slots=True)
class Sheet:
    """A file as its rows share it: what is decided for all of them, and what was doubtful about some.

    `told` has the lines of each sort of doubt, by its kind and sentence; `titles` the columns as the header writes
    them, by their bare names; `asked` those that the dialect reads, once it has.
    """

    name: str
    rows: tuple[Row, ...] = ()
    told: dict[tuple[NoticeKind, str], list[int]] = field(default_factory=dict)
    first: tuple[Notice, ...] = ()
    _ids: dict[str, dict[int, ReadId]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    _day_first: list[bool | None] = field(default_factory=list)

    def tell(self, kind: NoticeKind, sentence: str, line: int) -> None:
        """Note a line of which `sentence` is true, to follow the number of such lines: ``行的时间…``."""
        lines = self.told.setdefault((kind, sentence), [])
        if line not in lines[-1:]:
            lines.append(line)

    def id(self, column: str, line: int) -> ReadId:
        """The id in a column of a line, in the light of all others there."""
        if column not in self._ids:
            cells = [(row.line, row.field(column)) for row in self.rows]
            reads = read_ids([cell for _, cell in cells])
            self._ids[column] = {at: read for (at, _), read in zip(cells, reads, strict=True)}
        return self._ids[column].get(line) or read_ids([""])[0]

    def starts_with_day(self) -> bool | None:
        """Whether dates such as 25/03/2025 in the file begin with the day."""
        if not self._day_first:
            self._day_first.append(day_first(cell.strip() for row in self.rows for cell in row.fields))
        return self._day_first[0]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Everything that was doubtful about the file so far, each sort of it counted."""
        told = (
            Notice(kind, self.name, f"{len(lines)} {sentence}（{which_rows(lines)}）")
            for (kind, sentence), lines in self.told.items()
        )
        ids = (
            notice
            for column, reads in self._ids.items()
            for notice in id_notices(self.name, _TITLES.get(column, column), list(reads), list(reads.values()))
        )
        return (*self.first, *ids, *told)


_TITLES = {
    "agent_id": "工号",
    "call_id": "通话编号",
    "uniqueid": "通话编号",
    "linkedid": "通话编号",
    "uuid": "通话编号",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One record of the file: its fields by column, and the place for messages.

    `misfit` says, in Chinese, why the fields cannot be told apart; then every column reads as empty.
    """

    source: str  # "cdr.csv:7", the physical line on which it begins
    columns: Mapping[str, int]
    fields: tuple[str, ...]
    misfit: str | None = None
    line: int = 0
    sheet: Sheet = field(default_factory=lambda: Sheet(""), compare=False, repr=False)

    @property
    def digest(self) -> str:
        """The sha256 of its fields."""
        return hashlib.sha256("\0".join(self.fields).encode("utf-8", "replace")).hexdigest()

    def has(self, column: str) -> bool:
        """Whether the file has this column at all."""
        self.sheet.asked.add(bare_title(column))
        return bare_title(column) in self.columns

    def trace(self, column: str) -> str | None:
        """What this column holds as far as a misfit lets one see: only the first field is surely in its place."""
        leads = self.columns.get(bare_title(column)) == 0 and len(self.fields) > 1
        return (bare(self.fields[0].strip(' "')) or None) if self.misfit and leads else self.text(column)

    def field(self, column: str) -> str:
        """What the column holds as it stands there; empty where the file has no such column."""
        self.sheet.asked.add(bare_title(column))
        at = None if self.misfit else self.columns.get(bare_title(column))
        return "" if at is None else self.fields[at]

    def text(self, *columns: str) -> str | None:
        """The first of these columns that is filled in, without outer blanks; None when none is.

        What is not visible is blank, and so is a word for nothing, such as NULL.
        """
        self.sheet.asked |= {bare_title(column) for column in columns}
        for column in columns:
            text = _trimmed(self.field(column))
            if text and text.casefold() not in NULL_WORDS:
                return text
        return None

    def others(self) -> tuple[tuple[str, str], ...]:
        """The columns that the dialect reads of no row: title and text, empty where the row has nothing there.

        What is too long to be a parameter, and columns beyond `MOST_COLUMNS`, are left out and told of.
        """
        left = [name for name in self.columns if name not in self.sheet.asked and name in self.sheet.titles]
        if self.misfit:
            return ()
        if len(left) > MOST_COLUMNS:
            self.sheet.tell(NoticeKind.RECORD_ASIDE, _TOO_MANY, self.line)
        texts = {name: _trimmed(self.fields[self.columns[name]]) for name in left[:MOST_COLUMNS]}
        if any(len(text) > LONGEST_TEXT for text in texts.values()):
            self.sheet.tell(NoticeKind.RECORD_ASIDE, _TOO_LONG, self.line)
        return tuple(
            (self.sheet.titles[name], "" if text.casefold() in NULL_WORDS else text)
            for name, text in texts.items()
            if len(text) <= LONGEST_TEXT
        )

    def id(self, column: str) -> str | None:
        """The id in this column in the one form that ids have; None when it names none.

        Raises
        ------
        RecordError
            If it cannot be trusted: Excel has made a number or a date of it.
        """
        read = self.sheet.id(column, self.line)
        if read.doubt:
            raise RecordError("bad_record", f"{column} {read.doubt}；请把该列设为文本后重新导出")
        return read.id

    def instant(self, column: str, zone: tzinfo = SHANGHAI, coarse: bool = False) -> datetime | None:
        """The instant in this column, in UTC; None when it is empty.

        Parameters
        ----------
        zone : tzinfo
            The zone of a time that names none.
        coarse : bool
            Whether a time to the minute will do. It would make ring-to-answer false: see `is_coarse`.

        Raises
        ------
        RecordError
            If it is not a date with a time of day to the second.
        """
        text = self.text(column)
        if text is None or is_no_instant(bare(text)):
            return None
        moment = self._moment(column, text)
        if moment is None:
            problem = f"{column} 是{kind(text)}，不是时间；请写成 2025-03-03 09:12:05 的样子"
            raise RecordError("bad_record", problem)
        if moment.form is Form.COARSE:
            if not coarse:
                raise RecordError(
                    "bad_record",
                    f"{column} 的时间没有秒（Excel 只存显示的内容）；"
                    "请把该列格式改为 yyyy-mm-dd hh:mm:ss 后重新导出",
                )
            self.sheet.tell(NoticeKind.CLOCK_COARSE, _COARSE, self.line)
        elif moment.form in _FORMS:
            self.sheet.tell(NoticeKind.CLOCK_FORM, f"行{_FORMS[moment.form]}", self.line)
        elif (
            moment.at.tzinfo
            and zone is SHANGHAI
            and moment.at.utcoffset() != SHANGHAI.utcoffset(datetime(2025, 1, 1))
        ):
            self.sheet.tell(
                NoticeKind.CLOCK_ZONE, "行的时间写明了别的时区，按所写的时区换算，其余的行按北京时间", self.line
            )
        return (moment.at if moment.at.tzinfo else moment.at.replace(tzinfo=zone)).astimezone(UTC)

    def is_coarse(self, *columns: str) -> bool:
        """Whether one of these instants is known to the minute alone."""
        texts = ((column, self.text(column)) for column in columns)
        moments = (self._moment(column, text) for column, text in texts if text is not None)
        return any(moment is not None and moment.form is Form.COARSE for moment in moments)

    def _moment(self, column: str, text: str) -> Moment | None:
        try:
            return read_moment(text, self.sheet.starts_with_day())
        except AmbiguousDayError:
            raise RecordError(
                "bad_record", f"{column} 的日期分不清日和月哪个在前；请写成 2025-03-03 09:12:05 的样子"
            ) from None

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
        word = bare(text).casefold()
        if word not in meanings:
            raise RecordError("bad_record", f"{column} 是{kind(text)}；可以填：{'、'.join(meanings)}")
        return meanings[word]


def kind(text: str | None) -> str:
    """The sort of a value, in Chinese words that give no personal data away.

    Examples
    --------
    >>> kind("13800132201"), kind("林晓雯"), kind(None)
    ('一个 11 位的数字', '一段 3 个字符的文字', '空的')
    """
    if not text:
        return "空的"
    return f"一个 {len(text)} 位的数字" if text.isdecimal() else f"一段 {len(text)} 个字符的文字"


def _trimmed(text: str) -> str:
    """A field without blanks at its ends, those too that are not visible."""
    trimmed = text.strip()
    while trimmed and (unicodedata.category(trimmed[0]) == "Cf" or unicodedata.category(trimmed[-1]) == "Cf"):
        ends = (unicodedata.category(trimmed[0]) == "Cf", unicodedata.category(trimmed[-1]) == "Cf")
        trimmed = trimmed[ends[0] : len(trimmed) - ends[1]].strip()
    return trimmed


@cache
def bare_title(title: str) -> str:
    """A column's name without case, spaces and punctuation: ``Call ID`` is ``call_id``."""
    return "".join(char for char in unicodedata.normalize("NFKC", title).casefold() if char.isalnum())
