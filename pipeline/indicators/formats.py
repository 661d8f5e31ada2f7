"""The number formats of a workbook: what a person sees of a number in a cell.

Knows the codes of formats, those of Chinese Excel, too; not where a workbook keeps them (`workbooks`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

GENERAL = "General"
_AM = '上午/下午h"时"mm"分"'
BUILT_IN: Mapping[int, str] = {
    **dict(enumerate((GENERAL, "0", "0.00", "#,##0", "#,##0.00"))),
    **dict(enumerate(("¥#,##0;¥-#,##0", "¥#,##0;¥-#,##0", "¥#,##0.00;¥-#,##0.00", "¥#,##0.00;¥-#,##0.00"), 5)),
    **dict(enumerate(("0%", "0.00%", "0.00E+00", "# ?/?", "# ??/??", "yyyy/m/d", "d-mmm-yy", "d-mmm"), 9)),
    **dict(enumerate(("mmm-yy", "h:mm AM/PM", "h:mm:ss AM/PM", "h:mm", "h:mm:ss", "yyyy/m/d h:mm"), 17)),
    **dict(enumerate(('yyyy"年"m"月"', 'm"月"d"日"', 'm"月"d"日"', "m-d-yy", 'yyyy"年"m"月"d"日"'), 27)),
    **dict(enumerate(('h"时"mm"分"', 'h"时"mm"分"ss"秒"', _AM, f'{_AM}ss"秒"', 'yyyy"年"m"月"'), 32)),
    **dict(enumerate(("#,##0;-#,##0", "#,##0;-#,##0", "#,##0.00;-#,##0.00", "#,##0.00;-#,##0.00"), 37)),
    **dict(enumerate(("#,##0", "¥#,##0", "#,##0.00", "¥#,##0.00"), 41)),
    **dict(enumerate(("mm:ss", "[h]:mm:ss", "mm:ss.0", "##0.0E+0", "@"), 45)),
    **dict(enumerate(('yyyy"年"m"月"', 'm"月"d"日"', 'yyyy"年"m"月"', 'm"月"d"日"', 'm"月"d"日"'), 50)),
    **dict(enumerate((_AM, f'{_AM}ss"秒"', 'yyyy"年"m"月"', 'm"月"d"日"'), 55)),
}
"""The formats that a workbook names by number alone, as Chinese Excel and WPS show them (ECMA-376, 18.8.30)."""

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)" | \\(?P<escaped>.) | [_*]. | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/通用格式) | (?P<half>AM/PM|A/P|上午/下午)
    | (?P<power>E[+-][0\#?]+) | (?P<digits>[0\#?][0\#?,]*(\.[0\#?]*)?,*|\.[0\#?]+) | (?P<percent>%)
    | (?P<part>y+|e+|m+|d+|h+|s+(\.0+)?|a{3,}) | (?P<literal>.)
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_DAYS = "一二三四五六日"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SECONDS = 86400
_LAST_SERIAL = 2958466
"""The day behind the last that Excel knows, 9999-12-31."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a cell: what is kept, and what a person sees of it.

    Parameters
    ----------
    kept : float
        As the file has it.
    text : str
        As it is shown.
    seen : float | None
        The number that is shown; None where a date, a share, a duration or a word is.
    moment : datetime | None
        The date or time that is kept, where the format shows one.
    parts : frozenset of str
        What of the moment is shown: ``y``, ``m``, ``d``, ``h``.
    """

    kept: float
    text: str
    seen: float | None = None
    moment: datetime | None = None
    parts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unseen:
    """A cell whose content nobody sees; `why` says so in Chinese."""

    why: str


def shown(value: float, code: str, *, is_1904: bool = False) -> Number:
    """A number as a format shows it.

    Examples
    --------
    >>> shown(0.885, "0%").text, shown(12, "0000").text, shown(2025.1, "0.00").text, shown(1234.5, "#,##0").text
    ('89%', '0012', '2025.10', '1,235')
    >>> shown(202503030000012400, "General").text, shown(45717, 'm"月"d"日"').text, shown(0, '"是";;"否"').text
    ('2.02503E+17', '3月1日', '否')
    """
    section, sign = _section(code, value)
    tokens = _tokens(section)
    if _is_time(tokens):
        return _shown_time(value, tokens, is_1904)
    if any(kind == "general" for kind, _ in tokens) or not code.strip():
        return _around(value, tokens, _general(value), float(f"{value:.11g}"))
    pattern = [text for kind, text in tokens if kind == "digits"]
    if any(kind in ("power", "unknown") for kind, _ in tokens) or len(pattern) > 1:
        scientific = any(kind == "power" for kind, _ in tokens)
        return Number(value, _scientific(value) if scientific else _general(value), float(value))
    if ("literal", "@") in tokens:
        return Number(value, _general(value), float(value))
    if not pattern:  # words alone; accountants write a stroke for 0
        text = _literal(tokens, "")
        return Number(value, text, 0.0 if value == 0 and text in ("-", "–", "—") else None)
    percents = sum(kind == "percent" for kind, _ in tokens)
    digits, rounded = _digits(abs(value), pattern[0], percents)
    text = (sign if rounded else "") + _literal(tokens, digits)
    is_scaled = percents or pattern[0].endswith(",")
    return Number(value, text, None if is_scaled else float(rounded) * (-1 if value < 0 else 1))


def moment_of(serial: float, is_1904: bool) -> datetime | None:
    """The date and time of a serial number, to the millisecond; None outside of Excel's calendar.

    Examples
    --------
    >>> moment_of(45719.375, False), moment_of(44257.375, True)
    (datetime.datetime(2025, 3, 3, 9, 0), datetime.datetime(2025, 3, 3, 9, 0))
    """
    if not 0 <= serial < _LAST_SERIAL - (1462 if is_1904 else 0):
        return None
    # Excel counts a 29th of February 1900 that never was
    first = datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 31 if serial < 60 else 30)
    return first + timedelta(milliseconds=round(serial * _SECONDS * 1000))


@cache
def _split(code: str) -> tuple[str, ...]:
    """The sections of a code, between semicolons that are not quoted."""
    parts, part = [], ""
    for match in re.finditer(r'"[^"]*"|\\.|\[[^\]]*\]|.', code, re.DOTALL):
        if match[0] == ";":
            parts.append(part)
            part = ""
        else:
            part += match[0]
    return (*parts, part)


def _section(code: str, value: float) -> tuple[str, str]:
    """The section of a code that shows a value, and the sign before it."""
    parts = _split(code)
    if len(parts) == 1 or any(re.search(r"\[[<>=]", part) for part in parts):
        return parts[0], "-" if value < 0 else ""
    if value < 0:
        return parts[1], ""
    return (parts[2], "") if value == 0 and len(parts) > 2 else (parts[0], "")


@cache
def _tokens(section: str) -> tuple[tuple[str, str], ...]:
    return tuple(_named(section))


def _named(section: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(section):
        kind, text = match.lastgroup or "", match[0]
        if match["quoted"] is not None or match["escaped"] is not None:
            yield "literal", match["quoted"] or match["escaped"] or ""
        elif match["bracket"] is not None:
            inside = match["bracket"]
            if re.fullmatch(r"h+|m+|s+", inside, re.IGNORECASE):
                yield "elapsed", inside.lower()
            elif inside.startswith("$"):
                yield "literal", inside[1:].partition("-")[0]
            elif inside[:1] in "<>=":
                yield "unknown", inside
        elif text[0] in "_*" and len(text) == 2:
            continue
        elif match["part"] is not None:
            yield "part", text.lower()
        elif match["digits"] is not None:
            yield "digits", text
        else:
            yield kind, text


def _is_time(tokens: tuple[tuple[str, str], ...]) -> bool:
    kinds = {kind for kind, _ in tokens}
    return bool(kinds & {"elapsed", "half"} or "part" in kinds) and "general" not in kinds


def _literal(tokens: tuple[tuple[str, str], ...], digits: str) -> str:
    text = ""
    for kind, token in tokens:
        text += digits if kind == "digits" else token if kind in ("literal", "percent") else ""
    return text.strip()


def _around(value: float, tokens: tuple[tuple[str, str], ...], text: str, seen: float) -> Number:
    before = "".join(
        text if kind == "general" else token for kind, token in tokens if kind in ("general", "literal")
    )
    return Number(value, before.strip() or text, seen)


def _general(value: float) -> str:
    """As the format General shows it in a column that is wide enough: 11 digits, then powers of ten."""
    if abs(value) >= 1e11 or 0 < abs(value) < 1e-9:
        return _scientific(value)
    whole = len(str(int(abs(value))))
    text = f"{_half_up(Decimal(f'{value:.15g}'), max(0, 10 - whole)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float) -> str:
    mantissa, _, power = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{power}"


def _half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _digits(value: float, pattern: str, percents: int) -> tuple[str, Decimal]:
    """The digits that a pattern such as ``#,##0.00`` shows of a value that is not negative, and their number."""
    whole, point, decimals = pattern.rstrip(",").partition(".")
    scale = 2 * percents - 3 * (len(pattern) - len(pattern.rstrip(",")))
    rounded = _half_up(Decimal(f"{value:.15g}").scaleb(scale), len(decimals))
    before, _, after = f"{rounded:f}".partition(".")
    least = whole.count("0")
    before = "" if before == "0" and not least else before.zfill(least)
    if "," in whole:
        before = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", before)
    needed = len(decimals.rstrip("#?"))
    after = after[:needed] + after[needed:].rstrip("0")
    return before + (point + after if after or needed else ""), rounded


def _shown_time(value: float, tokens: tuple[tuple[str, str], ...], is_1904: bool) -> Number:
    moment = moment_of(value, is_1904)
    if moment is None:
        return Number(value, "########")
    if any(kind == "elapsed" for kind, _ in tokens):
        seconds = round(value * _SECONDS)
        return Number(value, f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}")
    parts = _minutes([token for token in tokens if token[0] != "unknown"])
    halves = any(kind == "half" for kind, _ in tokens)
    text = "".join(_part(moment, kind, token, halves) for kind, token in parts)
    seen = frozenset(
        {"e": "y", "n": "h", "a": "d"}.get(token[0], token[0]) for kind, token in parts if kind == "part"
    )
    if value < 1 and not seen & {"y", "d", "m"}:
        return Number(value, text.strip())  # a time of day, of no day
    return Number(value, text.strip(), moment=moment, parts=seen)


def _minutes(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The tokens with minutes as ``n``: an ``m`` after hours or before seconds."""
    letters = [token[0] if kind == "part" else "" for kind, token in tokens]
    named = []
    for at, (kind, token) in enumerate(tokens):
        before = next((letter for letter in reversed(letters[:at]) if letter), "")
        after = next((letter for letter in letters[at + 1 :] if letter), "")
        is_minute = letters[at] == "m" and (before == "h" or after == "s")
        named.append((kind, "n" * len(token) if is_minute else token))
    return named


def _part(moment: datetime, kind: str, token: str, halves: bool) -> str:
    if kind == "half":
        late = moment.hour >= 12
        return token.split("/")[late] if token else ""
    if kind != "part":
        return token if kind == "literal" else ""
    letter, width = token[0], len(token.partition(".")[0])
    if letter in "ye":
        return f"{moment:%Y}" if width > 2 or letter == "e" else f"{moment:%y}"
    if letter == "m" and width > 2:
        return _MONTHS[moment.month - 1]
    if letter == "a" or (letter == "d" and width > 2):
        return ("周" if width == 3 else "星期") + _DAYS[moment.weekday()]
    hour = (moment.hour % 12 or 12) if halves else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[letter]
    return f"{number:0{min(width, 2)}}"
