"""The cells of a table, read column by column: times, numbers, and yes or no as people write them.

Knows writing; not which column holds what (`schemas`). What cannot be read is missing in the answer, so that the
caller can tell it from a cell that was empty.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

import pandas as pd

from pipeline.call import SHANGHAI
from pipeline.indicators.formats import Number, Unseen

TEXT, INSTANT, DAY, MONTH = "str", "datetime64[us, Asia/Shanghai]", "datetime64[us]", "period[M]"
NUMBER, COUNT, YES_NO = "Float64", "Int64", "boolean"
"""The types that a column may have, by pandas' names."""

EXAMPLES: Mapping[str, str] = {
    INSTANT: "为时间，如 2025-03-03 09:12:05",
    DAY: "为日期，如 2025-03-03",
    MONTH: "为月份，如 2025-03",
    NUMBER: "为数",
    COUNT: "为整数",
    YES_NO: "为“是”或“否”",
}
"""What a column should hold, by its type: Chinese, to follow 应."""
NO_ID = "为编号本身；表格软件把它改成了数或日期，请把该列设为文本后重新填写或导出"
NO_MONTH = "为月份，如 2025-03；2025.1 分不清是 1 月还是 10 月（表格软件会去掉末尾的 0）"
MAYBE_OCTOBER = re.compile(r"\d{4}\.1")
"""A month that was the 10th or the 1st before Excel made a number of it."""

_SEPARATED = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T ]*"
_UNSEPARATED = r"^(\d{4})(\d{2})(\d{2})(?: +|$)"
_FRACTION = r"(:\d{2}:\d{2})[.,](\d{1,6})\d*"
_CLOCK_ZONE = re.compile(r"(:\d{2}(?:\.\d+)?) *([Zz]|[+-]\d{2}(?::?\d{2})?)$")
_HAS_ZONE = r":\d{2}(?:[.,]\d+)? *(?:[Zz]|[+-]\d{2}(?::?\d{2})?)$"
_KEPT_BY_EXCEL = 10**15
_PLAIN = "%Y-%m-%d %H:%M:%S"
_YES = dict.fromkeys("是 对 有 1 y yes true t √ ✓".split(), True)  # noqa: SIM905
_NO = dict.fromkeys("否 不是 无 0 n no false f × x".split(), False)  # noqa: SIM905
_ERROR = r"#N/A|#[A-Z]+(?:/0)?[!?]|#[A-Z]+_[A-Z]+|##+"


@dataclass(slots=True)
class Writing:
    """A column as text, cell by cell, and what was special about its cells, by their position.

    Parameters
    ----------
    wrong : dict
        Cells that are not what the column is asked for, with what they should be.
    notes : dict
        Cells that are read, and show less or other than they keep, with which: ``rounded``, ``year``, ``day``
        or ``clock``.
    """

    texts: list[str] = field(default_factory=list)
    wrong: dict[int, str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def written(cells: Iterable[object], dtype: str = TEXT, *, is_id: bool = False, until: bool = False) -> Writing:
    r"""The text of each cell as a column of a type takes it: what a person sees, without the wrapping of Excel.

    Parameters
    ----------
    is_id : bool
        The column holds ids: a number is its digits, and a date, a fraction or a long number is none.
    until : bool
        The column says when something ends: a day that is shown without a time is the whole day.

    Examples
    --------
    >>> written(["  0012\t", '="0012"', 1001.0, None, True]).texts
    ['0012', '0012', '1001', '', 'TRUE']
    >>> from pipeline.indicators.formats import shown
    >>> written([shown(0.885, "0%"), shown(88.6, "0")], NUMBER)
    Writing(texts=['89%', '89'], wrong={}, notes={1: 'rounded'})
    """
    writing = Writing()
    for at, cell in enumerate(cells):
        if isinstance(cell, Unseen):
            text, writing.wrong[at] = "", cell.why
        elif isinstance(cell, Number):
            text = _number(cell, dtype, is_id, until, at, writing)
        else:
            text = _written(cell)
            if is_id and isinstance(cell, bool):
                writing.wrong[at] = NO_ID
        writing.texts.append(text)
    return writing


def _number(cell: Number, dtype: str, is_id: bool, until: bool, at: int, writing: Writing) -> str:
    """The text of a number in a workbook, by what the column is asked for."""
    if is_id:
        return _id(cell, at, writing)
    if dtype in (INSTANT, DAY) and cell.moment:
        return _moment(cell, cell.moment, dtype, until, at, writing)
    if dtype == MONTH and cell.moment and {"y", "m"} <= cell.parts:
        return f"{cell.moment:%Y-%m-%d}" if "d" in cell.parts else f"{cell.moment:%Y-%m}"
    if dtype == MONTH and MAYBE_OCTOBER.fullmatch(cell.text):
        writing.wrong[at] = NO_MONTH
    if dtype in (NUMBER, COUNT, YES_NO) and cell.seen is not None:
        if not math.isclose(cell.seen, cell.kept, rel_tol=1e-9):
            writing.notes[at] = "rounded"
        return _written(cell.seen)
    return cell.text


def _id(cell: Number, at: int, writing: Writing) -> str:
    """The digits of an id, as a format fills them up; Excel has changed a date, a fraction and a long number."""
    if cell.moment or not float(cell.kept).is_integer() or abs(cell.kept) >= _KEPT_BY_EXCEL:
        writing.wrong[at] = NO_ID
        return cell.text
    is_plain_number = not cell.text.isdigit() and re.fullmatch(r"[\d.,E+]+", cell.text)
    return str(int(cell.kept)) if is_plain_number else cell.text


def _moment(cell: Number, moment: datetime, dtype: str, until: bool, at: int, writing: Writing) -> str:
    hidden = {"year": "y", "day": "d"} | ({"clock": "h"} if moment.time() != time() else {})
    missing = [name for name, part in hidden.items() if part not in cell.parts]
    if "day" in missing and "h" not in cell.parts:  # a month alone is no day
        return cell.text
    if missing and (dtype == INSTANT or "year" in missing):
        writing.notes[at] = missing[0]
    is_day = "h" not in cell.parts and (until or moment.time() == time())
    return f"{moment:%Y-%m-%d}" if is_day or dtype == DAY else moment.isoformat(" ")


def _written(cell: object) -> str:
    if isinstance(cell, str):
        text = cell.strip()
        return text[2:-1].strip() if text.startswith('="') and text.endswith('"') else text
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def narrow(text: pd.Series) -> pd.Series:
    """The cells with digits and letters in their narrow form.

    Examples
    --------
    >>> narrow(pd.Series(["１００１"])).tolist()
    ['1001']
    """
    return text.map(lambda cell: cell if cell.isascii() else unicodedata.normalize("NFKC", cell))


def is_error(text: pd.Series) -> pd.Series:
    """Whether each cell is what Excel shows for a formula that failed.

    Examples
    --------
    >>> is_error(pd.Series(["#N/A", "3"])).tolist()
    [True, False]
    """
    return text.str.fullmatch(_ERROR).astype("bool")


def has_zone(text: pd.Series) -> pd.Series:
    """Whether each cell is a time of day that names its time zone; missing where it is no time of day.

    Examples
    --------
    >>> has_zone(pd.Series(["2025-03-03 09:00+08", "2025-03-03 09:00", "2025-03-03"])).tolist()
    [True, False, <NA>]
    """
    narrowed = narrow(text)
    return narrowed.str.contains(_HAS_ZONE).astype("boolean").where(narrowed.str.contains(":"))


def read_cells(text: pd.Series, dtype: str, *, until: bool = False) -> pd.Series:
    """A column of text as one of the types of `EXAMPLES`, missing where it is empty or cannot be read.

    Parameters
    ----------
    until : bool
        The column says when something ends: a day without a time is then its last instant.

    Examples
    --------
    >>> read_cells(pd.Series(["２025年3月", "三月"]), MONTH).astype(str).tolist()
    ['2025-03', nan]
    >>> read_cells(pd.Series(["√", "否", ""]), YES_NO).tolist()
    [True, False, <NA>]
    """
    return _READ[dtype](narrow(text), until)


def _instants(text: pd.Series, until: bool = False) -> pd.Series:
    """Instants in Asia/Shanghai; a time that names no zone is taken to be there."""
    instants = _local(text, _PLAIN)
    rest = text[instants.isna() & (text != "")]  # most files hold none, and what follows takes its time
    rest = rest.str.replace(_SEPARATED, r"\1-\2-\3 ", regex=True)
    rest = rest.str.replace(_UNSEPARATED, r"\1-\2-\3 ", regex=True)
    rest = rest.str.replace(_FRACTION, r"\1.\2", regex=True).str.strip()
    rest = rest.str.replace(_CLOCK_ZONE, _with_zone, regex=True)
    days = _local(rest, "%Y-%m-%d")
    read = [days + pd.Timedelta(days=1) if until else days]
    for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f"):
        read.append(_local(rest, f"%Y-%m-%d {clock}"))
        zoned = pd.to_datetime(rest, format=f"%Y-%m-%d {clock}%z", errors="coerce", utc=True)
        read.append(zoned.astype("datetime64[us, UTC]").dt.tz_convert(SHANGHAI))
    for more in read:
        instants = instants.fillna(more)
    return instants


def _with_zone(match: re.Match[str]) -> str:
    """A time of day with its zone in one form; databases leave the minutes out."""
    zone = match[2].upper()
    return match[1] + (f"{zone}00" if len(zone) == 3 else zone)


def _local(text: pd.Series, form: str) -> pd.Series:
    read = pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")
    local: pd.Series = read.dt.tz_localize(SHANGHAI, ambiguous="NaT", nonexistent="NaT")
    return local


def _days(text: pd.Series) -> pd.Series:
    days: pd.Series = _instants(text).dt.tz_localize(None).dt.normalize()
    return days


def _months(text: pd.Series) -> pd.Series:
    """Months; Excel makes a day of 2025-03, so a first of the month is a month too."""
    plain = text.str.replace(r"^(\d{4})[-/.年]?(\d{1,2})月?$", r"\1-\2-1", regex=True)
    days = _instants(plain).dt.tz_localize(None)
    months: pd.Series = days.where(days.dt.day == 1).dt.to_period("M")
    return months


def _counts(text: pd.Series) -> pd.Series:
    numbers = _numbers(text)
    return numbers.where(numbers % 1 == 0).astype("Int64")


def _numbers(text: pd.Series) -> pd.Series:
    return pd.Series(pd.to_numeric(text, errors="coerce")).astype("Float64")


def _yes_or_no(text: pd.Series) -> pd.Series:
    return text.str.casefold().map(_YES | _NO).astype("boolean")


_READ: Mapping[str, Callable[[pd.Series, bool], pd.Series]] = {
    INSTANT: _instants,
    DAY: lambda text, _: _days(text),
    MONTH: lambda text, _: _months(text),
    NUMBER: lambda text, _: _numbers(text),
    COUNT: lambda text, _: _counts(text),
    YES_NO: lambda text, _: _yes_or_no(text),
}
