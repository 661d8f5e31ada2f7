"""The cells of a table, read column by column: times, numbers, and yes or no as people write them.

Knows writing; not which column holds what (`schemas`). What cannot be read is missing in the answer, so that the
caller can tell it from a cell that was empty.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

import pandas as pd

from pipeline.call import SHANGHAI

TEXT, INSTANT, DAY, MONTH = "str", "datetime64[us, Asia/Shanghai]", "datetime64[us]", "period[M]"
NUMBER, COUNT, YES_NO = "Float64", "Int64", "boolean"
"""The types that a column may have, by pandas' names."""

EXAMPLES: Mapping[str, str] = {
    INSTANT: "a time such as 2025-03-03 09:12:05",
    DAY: "a day such as 2025-03-03",
    MONTH: "a month such as 2025-03",
    NUMBER: "a number",
    COUNT: "a whole number",
    YES_NO: "是 or 否",
}
"""What is right in a column, by its type."""

_SEPARATED = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T ]*"
_UNSEPARATED = r"^(\d{4})(\d{2})(\d{2})(?: +|$)"
_SPACED_ZONE = r" +(Z|[+-]\d{2}:?\d{2})$"
_PLAIN = "%Y-%m-%d %H:%M:%S"
_YES = dict.fromkeys("是 对 有 1 y yes true t √ ✓".split(), True)  # noqa: SIM905
_NO = dict.fromkeys("否 不是 无 0 n no false f × x".split(), False)  # noqa: SIM905
_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


def written(cells: Iterable[object]) -> list[str]:
    r"""The text of each cell, without the wrapping of Excel and exports; empty for an empty one.

    Examples
    --------
    >>> written(["  0012\t", '="0012"', 1001.0, None, True])
    ['0012', '0012', '1001', '', '是']
    """
    return [_written(cell) for cell in cells]


def _written(cell: object) -> str:
    if isinstance(cell, str):
        text = cell.strip()
        return text[2:-1].strip() if text.startswith('="') and text.endswith('"') else text
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return str(cell)
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
    return text.isin(_ERRORS)


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
    rest = rest.str.replace(_SPACED_ZONE, r"\1", regex=True).str.strip()
    days = _local(rest, "%Y-%m-%d")
    read = [days + pd.Timedelta(days=1) if until else days]
    for clock in ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f"):
        read.append(_local(rest, f"%Y-%m-%d {clock}"))
        zoned = pd.to_datetime(rest, format=f"%Y-%m-%d {clock}%z", errors="coerce", utc=True)
        read.append(zoned.dt.tz_convert(SHANGHAI))
    for more in read:
        instants = instants.fillna(more)
    return instants


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
