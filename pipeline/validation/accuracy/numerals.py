"""The ways in which a number written in digits may be spoken in Mandarin."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

from pipeline.lexicon.phonetics import DIGITS

NUMBER = re.compile(
    r"\d+(?:\.\d+)?%"  # 30%
    r"|\d{1,2}:\d\d(?!\d)"  # 9:30
    r"|\d{1,3}(?:,\d{3})+(?!\d)"  # 13,800
    r"|\d+\.\d+"  # 3.5
    r"|\d+",
    re.ASCII,
)
"""A number as digits write it, in NFKC text."""

LARGEST_DIGITS = 12  # a longer run of digits is no amount, and is read digit by digit
UNITS = ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"))


@cache
def readings(written: str) -> tuple[str, ...]:
    """The ways to say a number that matches `NUMBER`, and last the digits as they stand.

    Examples
    --------
    >>> readings("250")
    ('两百五', '两百五十', '二五零', '二百五', '二百五十', '250')
    >>> readings("9:30"), readings("100%")
    (('九点三十', '九点三十分', '九点半', '930'), ('百分之一百', '百分之一零零', '百分之百', '100'))
    """
    digits = "".join(c for c in written if c.isdigit())
    return (*sorted(_spoken(written)), digits)


def cardinal(number: int) -> str:
    """The number, 0 or more, as an amount, without the liberties of speech.

    Examples
    --------
    >>> [cardinal(number) for number in (0, 12, 105, 10_012, 13_800, 120_000)]
    ['零', '十二', '一百零五', '一万零一十二', '一万三千八百', '十二万']
    """
    return re.sub("^一十", "十", _units(number))


def _units(number: int) -> str:
    for size, unit in UNITS:
        if number >= size:
            head, rest = divmod(number, size)
            gap = "零" if 0 < rest < size // 10 else ""
            return f"{_units(head)}{unit}{gap}{_units(rest) if rest else ''}"
    return DIGITS[str(number)]


def _spoken(written: str) -> set[str]:
    if written.endswith("%"):
        return {f"百分之{share}" for share in _spoken(written[:-1]) | ({"百"} if written == "100%" else set())}
    if ":" in written:
        hour, minute = written.split(":")
        return {f"{h}点{m}" for h in _amounts(hour) for m in _minutes(minute)}
    if "," in written:  # of one amount, or of a list
        groups = written.split(",")
        digits = "".join(groups)
        if len(digits) > LARGEST_DIGITS:  # the ways to say each multiply
            return {_one_by_one(digits)}
        return _whole(digits) | {"".join(spoken) for spoken in product(*map(_whole, groups))}
    if "." in written:
        whole, fraction = written.split(".")
        return {f"{w}点{_one_by_one(fraction)}" for w in _whole(whole)}
    return _whole(written)


def _whole(digits: str) -> set[str]:
    is_amount = len(digits) <= LARGEST_DIGITS and (digits == "0" or digits[0] != "0")
    return {_one_by_one(digits)} | (_amounts(digits) if is_amount else set())


def _one_by_one(digits: str) -> str:
    return "".join(DIGITS[digit] for digit in digits)


def _amounts(digits: str) -> set[str]:
    """As an amount: 二 or 两 where both are said, and without the last unit where speech leaves it out."""
    amount = cardinal(int(digits))
    pieces = re.split("((?<!十)二(?=[百千万亿])|^二$)", amount)
    choices = (("二", "两") if piece == "二" else (piece,) for piece in pieces)
    full = {"".join(chosen) for chosen in product(*choices)}
    short = {re.sub(r"(千[一-龥])百$|(百[一-龥])十$|(万[一-龥])千$", r"\1\2\3", spoken) for spoken in full}
    return full | short


def _minutes(digits: str) -> set[str]:
    minute = int(digits)
    if minute == 0:
        return {"", "整"}
    spoken = ("零" if minute < 10 else "") + cardinal(minute)
    short = {15: {"一刻"}, 30: {"半"}, 45: {"三刻"}}.get(minute, set())
    return {spoken, f"{spoken}分"} | short
