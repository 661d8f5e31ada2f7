"""Numbers as they are said on the telephone: 一百二十八, 一二八, 幺零零二, 128, 1,200.5, 三万二."""

from __future__ import annotations

import re

DIGITS = {
    c: n
    for n, cs in enumerate(("0零〇洞", "1一幺", "2二两", "3三", "4四", "5五", "6六", "7七拐", "8八", "9九"))
    for c in cs
}
"""What each character that is said for a digit stands for."""
UNITS = {"十": 10, "百": 100, "千": 1000}
NUMBER = f"(?:[0-9][0-9,]*(?:\\.[0-9]+)?|[{''.join(c for c in DIGITS if not c.isascii())}十百千万半]+)"
"""A pattern that matches a number, in digits or in words."""


def digits_of(text: str) -> str:
    """The digits of a run that is read out one by one; any other character is left out.

    Examples
    --------
    >>> digits_of("幺三八，00幺三")
    '1380013'
    """
    return "".join(str(DIGITS[c]) for c in text if c in DIGITS)


def number_of(text: str) -> float | None:
    """The number that a text says; None where it says none.

    Examples
    --------
    >>> [number_of(each) for each in ("一百二十八", "五零二", "1,200", "三万二", "十五", "两百五", "半", "百")]
    [128.0, 502.0, 1200.0, 32000.0, 15.0, 250.0, 0.5, None]
    """
    if re.fullmatch(r"[0-9][0-9,]*(\.[0-9]+)?", text):
        return float(text.replace(",", ""))
    if text == "半":
        return 0.5
    if text and all(c in DIGITS for c in text):
        return float(digits_of(text))
    whole, sep, rest = text.partition("万")
    if sep:
        high, low = number_of(whole), _below(rest, 1000) if rest else 0.0
        return None if high is None or low is None else high * 10_000 + low
    return _below(text, 1)


def _below(text: str, after: int) -> float | None:
    """A number below 万; a last digit by itself counts in a tenth of the unit before it: 两百五 is 250.

    Parameters
    ----------
    after : int
        What a single digit at the beginning stands for.
    """
    total, digit, unit, zero = 0, None, after * 10, False
    for c in text:
        if c in UNITS:
            if digit is None and not (c == "十" and total == 0):
                return None
            total, unit, digit, zero = total + (1 if digit is None else digit) * UNITS[c], UNITS[c], None, False
        elif c in DIGITS:
            if digit is not None:
                return None
            digit, zero = (None, True) if DIGITS[c] == 0 else (DIGITS[c], zero)
        else:
            return None
    if digit is not None:
        total += digit * (1 if zero or unit < 100 else unit // 10)
    return float(total) if text else None
