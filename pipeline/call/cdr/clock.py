"""Instants as systems and spreadsheets write them, and the zone of a file by its own evidence.

Knows how a time is written; not what it is the time of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import Enum, auto

from pipeline.call.call import SHANGHAI
from pipeline.ids import bare

_CLOCK = (
    r"(?P<half>上午|下午|[ap]m)? *(?P<h>\d{1,2})[:时点](?P<mi>\d{1,2})(?:[:分](?P<s>\d{1,2})秒?(?P<f>[.,]\d+)?|分)?"
)
_ZONE = r"(?: *(?P<half2>[ap]m))? *(?P<zone>z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?"
_DATED = re.compile(
    r"(?P<y>\d{4})[-/.年](?P<mo>\d{1,2})[-/.月](?P<d>\d{1,2})(?:日(?=\d)|日?(?:t|\s|,|(?=[上下]午)))\s*"
    r"(?:\(?(?:星期|周)[一二三四五六日天]\)?\s*)?" + _CLOCK + _ZONE,
    re.IGNORECASE | re.ASCII,
)
_DAY_OR_MONTH = re.compile(
    r"(?P<a>\d{1,2})[/.-](?P<b>\d{1,2})[/.-](?P<y>\d{4}),?\s+" + _CLOCK + _ZONE, re.IGNORECASE | re.ASCII
)
_JOINED = re.compile(r"(\d{4})(\d{2})(\d{2})[T ]?(\d{2}):?(\d{2}):?(\d{2})", re.ASCII)
_EPOCH = re.compile(r"(?P<s>\d{10})(?:\.\d+)?|(?P<ms>\d{13})|(?P<us>\d{16})", re.ASCII)
_SERIAL = re.compile(r"\d{5}\.\d{5,}", re.ASCII)
_NO_DAY = re.compile(r"0000-00-00( 00:00:00(\.0+)?)?|0")
_FIRST, _LAST = 2000, 2099
_EPOCHS = range(946_684_800, 2_524_608_000)  # 2000 to 2049: a service number of ten digits (400…) is none
_EXCEL = datetime(1899, 12, 30)  # day 0 of Excel's serial numbers, in local time
_LATEST_LEG = timedelta(hours=1)  # after its channel was created
_HOURS = range(-12, 15)  # the zones there are, apart from those of half hours


class Form(Enum):
    """How an instant was written, as far as it was not plain."""

    PLAIN = auto()
    COARSE = auto()  # to the minute
    EPOCH = auto()
    SERIAL = auto()  # Excel's number of days


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as it was written: timezone-aware where it names its zone."""

    at: datetime
    form: Form = Form.PLAIN


class AmbiguousDayError(ValueError):
    """A date of which the file does not tell which number is the day."""


def is_no_instant(text: str) -> bool:
    """Whether a cell says that there was none, as databases do: ``0000-00-00 00:00:00``."""
    return _NO_DAY.fullmatch(text) is not None


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether the dates of a file that begin with day or month begin with the day; None where nothing tells.

    Examples
    --------
    >>> day_first(["03/08/2025 9:05:00", "25/08/2025 9:05:00"]), day_first(["03/08/2025 9:05:00"])
    (True, None)
    """
    told = {
        int(m["a"]) > 12
        for text in texts
        if (m := _DAY_OR_MONTH.fullmatch(text)) and max(int(m["a"]), int(m["b"])) > 12
    }
    return told.pop() if len(told) == 1 else None


def read_moment(text: str, starts_with_day: bool | None = None) -> Moment | None:
    """The instant in a cell; None for what is none.

    Raises
    ------
    AmbiguousDayError
        If it is a date such as 03/08/2025 and `starts_with_day` does not tell.

    Examples
    --------
    >>> read_moment("2025年3月8日 下午 3:05:12").at.isoformat()
    '2025-03-08T15:05:12'
    >>> read_moment("2025-03-03T09:00:00.1234567+08:00").at.isoformat()
    '2025-03-03T09:00:00.123456+08:00'
    >>> for cell in ("1741395900", "2025/3/8 9:05", "45724.37875"):
    ...     print(read_moment(cell).at.isoformat(), read_moment(cell).form.name)
    2025-03-08T01:05:00+00:00 EPOCH
    2025-03-08T09:05:00 COARSE
    2025-03-08T09:05:24 SERIAL
    """
    shown = bare(text)
    try:
        moment = _read(shown, starts_with_day)
    except (OverflowError, ValueError) as error:
        if isinstance(error, AmbiguousDayError):
            raise
        return None  # the 30th of February, or 25 o'clock
    return moment if moment and _FIRST <= moment.at.year <= _LAST else None


def _read(shown: str, starts_with_day: bool | None) -> Moment | None:
    if match := _DATED.fullmatch(shown):
        return _clocked(match, int(match["mo"]), int(match["d"]))
    if match := _DAY_OR_MONTH.fullmatch(shown):
        a, b = int(match["a"]), int(match["b"])
        if starts_with_day is None:
            raise AmbiguousDayError
        return _clocked(match, *((b, a) if starts_with_day else (a, b)))
    if match := _JOINED.fullmatch(shown):
        year, month, day, hour, minute, second = map(int, match.groups())
        if _FIRST <= year <= _LAST:
            return Moment(datetime(year, month, day, hour, minute, second))
    if match := _EPOCH.fullmatch(shown):
        digits = match["s"] or (match["ms"] or match["us"])[:10]
        if int(digits) in _EPOCHS:
            parts = float(shown) if match["s"] else int(shown) / (1e3 if match["ms"] else 1e6)
            return Moment(datetime.fromtimestamp(parts, UTC), Form.EPOCH)
    if _SERIAL.fullmatch(shown):
        at = _EXCEL + timedelta(seconds=round(float(shown) * 86_400))
        return Moment(at, Form.SERIAL)
    return None


def _clocked(match: re.Match[str], month: int, day: int) -> Moment:
    hour, half = int(match["h"]), (match["half"] or match["half2"] or "").casefold()
    if half in ("下午", "pm") and hour < 12:
        hour += 12
    elif half in ("上午", "am") and hour == 12:
        hour = 0
    fraction = int((match["f"] or ".0")[1:7].ljust(6, "0"))
    at = datetime(
        int(match["y"]), month, day, hour, int(match["mi"]), int(match["s"] or 0), fraction, _zone(match["zone"])
    )
    return Moment(at, Form.PLAIN if match["s"] else Form.COARSE)


def _zone(written: str | None) -> tzinfo | None:
    if not written:
        return None
    if not written[1:].replace(":", "").isdigit():
        return UTC
    digits = written[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


@dataclass(frozen=True, slots=True)
class FileZone:
    """The zone of the times of a file that name none.

    Parameters
    ----------
    against : tuple of int
        Positions in the evidence that speak for another zone.
    is_known : bool
        Whether there was any evidence; Asia/Shanghai without.
    """

    zone: tzinfo
    against: tuple[int, ...] = ()
    is_known: bool = False


def zone_of(evidence: Iterable[tuple[datetime, float]]) -> FileZone:
    """The zone in which most local times of a file fit the seconds since 1970 that stand beside them.

    Parameters
    ----------
    evidence : iterable of (datetime, float)
        A local time without a zone, and the instant at which what it tells of began: at the local time, or up to an
        hour before it.

    Examples
    --------
    >>> zone_of([(datetime(2025, 3, 3, 1, 0, 5), 1740963600)]).zone, zone_of([]).zone.key
    (datetime.timezone.utc, 'Asia/Shanghai')
    """
    hours: list[int | None] = []
    for local, epoch in evidence:
        apart = local.replace(tzinfo=UTC) - datetime.fromtimestamp(epoch, UTC) + timedelta(seconds=1)
        whole = apart // _LATEST_LEG
        hours.append(whole if whole in _HOURS else None)
    votes = Counter(hour for hour in hours if hour is not None)
    if not votes:
        return FileZone(SHANGHAI)
    best = max(votes, key=lambda hour: (votes[hour], hour == 8, hour == 0))  # ours, then UTC
    zones = {0: UTC, 8: SHANGHAI}
    against = tuple(n for n, hour in enumerate(hours) if hour not in (best, None))
    return FileZone(zones.get(best) or timezone(timedelta(hours=best)), against, True)
