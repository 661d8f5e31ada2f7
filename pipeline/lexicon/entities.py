"""Named things in what was said: telephone numbers, amounts of money, days, times of day, addresses.

Knows how they are said in Mandarin, in digits or in words, and the one spelling of each; nothing is learned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from pipeline.lexicon.numerals import DIGITS, NUMBER, digits_of, number_of

Kind: TypeAlias = Literal["phone", "amount", "date", "time", "address"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Entity:
    """The characters ``[start, end)`` of a text that name something, and its one spelling.

    `value` is digits for a telephone number, yuan for an amount; for a day ``2025-03-05``, ``03-05``, ``15`` of a
    month, ``w5`` of a week (``w5+`` of the next), ``+1`` from the day of the call; for a time ``15:30``, or
    ``3:30`` where morning or afternoon was not said; for an address its words with the numbers in digits.
    """

    kind: Kind
    start: int
    end: int
    value: str


def find_entities(text: str, *kinds: Kind) -> tuple[Entity, ...]:
    """What a text names of these kinds, or of all kinds, in order.

    Examples
    --------
    >>> said = "我住阳光小区三栋二零一，电话幺三八零零幺三二二零幺，明天下午三点半来，退两百五十八块五"
    >>> [each.value for each in find_entities(said)]
    ['阳光小区3栋201', '13800132201', '+1', '15:30', '258.5']
    """
    found = [each for kind in kinds or KINDS for each in _FINDERS[kind](text)]
    return tuple(sorted(found, key=lambda each: (each.start, each.end)))


def same_value(kind: Kind, one: str, other: str) -> bool:
    """Whether two values, or texts that name them, are the same thing.

    Examples
    --------
    >>> same_value("phone", "138-0013-2201", "13800132201"), same_value("time", "3:30", "15:30")
    (True, True)
    >>> same_value("address", "阳光小区三栋二零一室", "阳光小区3栋201"), same_value("date", "2025-03-05", "03-05")
    (True, True)
    """
    return (
        _spelled(kind, one) == _spelled(kind, other)
        or (kind == "date" and min(len(one), len(other)) >= 2 and (one.endswith(other) or other.endswith(one)))
        or (kind == "time" and _half_day(one) == _half_day(other) and "" in (_sure(one), _sure(other)))
    )


def _spelled(kind: Kind, text: str) -> str:
    if kind == "phone":
        return digits_of(text)
    if kind == "amount":
        number = number_of(text)
        return text if number is None else f"{number:g}"
    if kind == "address":
        return _numbers_in(re.sub(r"\W", "", text)).removesuffix("室")
    return text


def _half_day(time: str) -> str:
    hour, _, minute = time.partition(":")
    return f"{int(hour) % 12}:{minute}" if hour.isdecimal() else time


def _sure(time: str) -> str:
    """The time, where the half of the day was said."""
    return time if len(time) == len("15:30") else ""


# --- telephone numbers

_DIGIT = "[" + "".join(DIGITS) + "]"
_RUN = re.compile(f"{_DIGIT}(?:[\\s，,、.。\\-—]{{0,2}}{_DIGIT}){{6,}}")
_MOBILE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-9]\d{6,7}|[48]00[1-9]\d{6}")
_SHORT = re.compile(r"[2-9]\d{6,7}")
_OF_A_TELEPHONE = re.compile(r"(?:电话|座机|固话|号码)[^0-9]{0,6}$")


def _phones(text: str) -> Iterator[Entity]:
    for run in _RUN.finditer(text):
        digits = digits_of(run[0])
        mobile = _MOBILE.fullmatch(digits)
        short = _SHORT.fullmatch(digits) and _OF_A_TELEPHONE.search(text[: run.start()])
        if mobile or _LANDLINE.fullmatch(digits) or short:
            yield Entity("phone", run.start(), run.end(), mobile[1] if mobile else digits)


# --- amounts

_AMOUNT = re.compile(
    f"(?P<n>{NUMBER})(?:(?P<yuan>元|圆|块)(?P<jiao>[{''.join(DIGITS)}](?![块元十百千]))?(?:(?P<mao>毛|角)(?P<fen>[{''.join(DIGITS)}])?分?)?"
    f"|(?P<only>毛|角))(?P<money>钱|整)?"
)
_NO_MONEY = re.compile(r"儿|砖|板|地|布|肉|玻璃|表|屏|区域|业务|去|来|的|都|上|工作|内容|吃|走")
_NAMED = re.compile(r"(这|那|哪|每|某)$")


def _amounts(text: str) -> Iterator[Entity]:
    for match in _AMOUNT.finditer(text):
        number = number_of(match["n"])
        if number is None:
            continue
        if match["yuan"] == "块" and not (match["money"] or match["jiao"]):
            loose = match["n"] in ("一", "半")  # 一块 is mostly no money
            if _NO_MONEY.match(text, match.end()) or (loose and not text[match.end() :].startswith("钱")):
                continue
            if _NAMED.search(text[: match.start()]):
                continue
        tenths = match["jiao"] or ""
        value = number / 10 if match["only"] else number
        value += DIGITS[tenths] / 10 if tenths else 0.0
        value += DIGITS[match["fen"]] / 100 if match["fen"] else 0.0
        yield Entity(
            "amount", match.start(), match.end(), f"{round(value, 2):g}" if value < 1e6 else f"{value:.0f}"
        )


# --- days

_NEAR = {
    "大后天": 3,
    "后天": 2,
    "明天": 1,
    "明早": 1,
    "明晚": 1,
    "今天": 0,
    "今晚": 0,
    "昨天": -1,
    "前天": -2,
    "昨晚": -1,
}
_WEEK = {"下下": "++", "下": "+", "上": "-"}
_DAY = re.compile(
    f"(?P<near>{'|'.join(_NEAR)})"
    "|(?P<week>下下|下|上|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天1-7])"
    f"|(?:(?P<year>{_DIGIT}{{4}})年)?(?P<month>{NUMBER})月(?:份)?(?P<of>{NUMBER})(?:日|号)"
    f"|(?P<alone>{NUMBER})(?:日|号)"
)
_NO_DAY = re.compile(r"楼|栋|线|店|客服|坐席|院|门|员|房|单元|室|机|柜|窗|桌|厅")
_AFTER_DAY = re.compile(r"之前|以前|前|之后|以后|上午|下午|早上|晚上|中午|上门|到|来|左右|过来|当天|那天")
_BEFORE_DAY = re.compile(r"(在|约|到|本月|这个月|下个月|定|改|是)$")


def _days(text: str) -> Iterator[Entity]:
    for match in _DAY.finditer(text):
        value = _day(match, text)
        if value:
            yield Entity("date", match.start(), match.end(), value)


def _day(match: re.Match[str], text: str) -> str | None:
    if match["near"]:
        return f"{_NEAR[match['near']]:+d}"
    if match["day"]:
        weekday = 7 if match["day"] in "日天" else int(number_of(match["day"]) or 0)
        return f"w{weekday}{_WEEK.get(match['week'] or '', '')}"
    number = number_of(match["of"] or match["alone"])
    if number is None or not 1 <= number <= 31 or number % 1:
        return None
    if match["month"]:
        month = number_of(match["month"])
        if month is None or not 1 <= month <= 12 or month % 1:
            return None
        year = f"{digits_of(match['year'])}-" if match["year"] else ""
        return f"{year}{int(month):02d}-{int(number):02d}"
    told = _AFTER_DAY.match(text, match.end()) or _BEFORE_DAY.search(text[: match.start()])
    return f"{int(number)}" if told and not _NO_DAY.match(text, match.end()) else None


# --- times of day

_MORNING, _LATER = (
    ("凌晨", "早上", "早晨", "上午", "明早", "今早"),
    ("下午", "傍晚", "晚上", "今晚", "明晚", "昨晚"),
)
_TIME = re.compile(
    f"(?P<part>{'|'.join((*_MORNING, '中午', *_LATER))})?(?:的)?"
    f"(?:(?P<clock>[0-2]?\\d[:：][0-5]\\d)|(?P<hour>{NUMBER})点(?P<half>半|一刻|三刻|{NUMBER}分|整|钟)?)"
)
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45, "整": 0, "钟": 0}
_AFTER_TIME = re.compile(r"之前|以前|前|到|左右|上门|过来|来(?!说)|可以|行|方便|见")
_BEFORE_TIME = re.compile(r"(约|点到|点至|约在|定在|改到|等到|[天周一二三四五六日号])$")


def _times(text: str) -> Iterator[Entity]:
    for match in _TIME.finditer(text):
        if match["clock"]:
            hour, minute = map(int, match["clock"].replace("：", ":").split(":"))
        else:
            read = number_of(match["hour"])
            if read is None or read % 1 or not 0 <= read <= 24 or not _is_clock(match, text):
                continue
            hour, minute = int(read), _minutes(match["half"])
        if hour > 24 or minute > 59:
            continue
        yield Entity("time", match.start(), match.end(), _clock(hour, minute, match["part"], bool(match["clock"])))


def _is_clock(match: re.Match[str], text: str) -> bool:
    """Whether 三点 is a time: three points are also three things to say, and 一点 is a little."""
    if match["part"] or match["half"]:
        return True
    told = _AFTER_TIME.match(text, match.end()) or _BEFORE_TIME.search(text[: match.start()])
    return bool(told) and match["hour"] != "一"


def _minutes(told: str | None) -> int:
    if told is None or told in _QUARTERS:
        return _QUARTERS.get(told or "", 0)
    return int(number_of(told.removesuffix("分")) or 0)


def _clock(hour: int, minute: int, part: str | None, written: bool) -> str:
    if part in _LATER and hour < 12:
        hour += 12
    elif part in _LATER and hour == 12 and part not in ("下午",):
        hour = 24
    elif part == "中午" and hour < 4:
        hour += 12
    padded = part is not None or written or hour >= 10
    return f"{hour % 24:02d}:{minute:02d}" if padded else f"{hour}:{minute:02d}"


# --- addresses

_HAN = "\\u4e00-\\u9fff"
_NUMERALS = "".join(c for c in DIGITS if not c.isascii())
_N = f"(?:[甲乙丙]?[0-9]{{1,5}}|[甲乙丙]?[{_NUMERALS}十百千]{{1,6}}|[A-Za-z])"
_LEADS = re.compile(
    r"[^\u4e00-\u9fff]|[在是到住址的叫去来我您你们他她就啊嗯那这有和跟给把帮请个呀]|我家|[您你]家|家里"
)
_STREETS = ("路", "街", "大道", "道", "巷", "弄", "胡同")
_PLACES = "花园|小区|家园|公寓|大厦|广场|新村|新城|公馆|社区|庄园|苑|庭|府|湾|城"
_PARTS = f"(?:{_N}(?:号楼|栋|幢|座|号院))?(?:{_N}单元)?(?:{_N}(?:室|房|号)?(?![楼层]))?"
_HOUSE = re.compile(
    f"{_N}(?:(?:号楼|栋|幢|座|号院)(?:{_N}单元)?(?:{_N}(?:室|房|号)?(?![楼层]))?|单元(?:{_N}(?:室|房|号)?(?![楼层]))?"
    f"|号(?:[{_HAN}]{{1,8}}?(?:{_PLACES}){_PARTS})?)"
)
_LONGEST_NAME = 16


def _addresses(text: str) -> Iterator[Entity]:
    for house in _HOUSE.finditer(text):
        start = _name_before(text, house.start())
        name = text[start : house.start()]
        of_street = name.endswith(_STREETS)
        if re.match(f"{_N}号(?!楼|院)", house[0]) and not (of_street or re.search(f"(?:{_PLACES})$", name)):
            continue  # 一号 alone is anything
        if not re.search(f"(?:{_PLACES}|{'|'.join(_STREETS)}|区|县|镇|村)", name):
            start = house.start()
        yield Entity("address", start, house.end(), _numbers_in(text[start : house.end()]))


def _name_before(text: str, end: int) -> int:
    """Where the name of a street or a place that ends at `end` begins."""
    leads = [match.end() for match in _LEADS.finditer(text, max(0, end - _LONGEST_NAME), end)]
    return leads[-1] if leads else max(0, end - _LONGEST_NAME)


def _numbers_in(text: str) -> str:
    """The text with its numbers in digits."""

    def digits(match: re.Match[str]) -> str:
        number = number_of(match[0])
        run = all(c in DIGITS for c in match[0])
        return digits_of(match[0]) if run else match[0] if number is None else f"{number:.0f}"

    return re.sub(f"[{''.join(DIGITS)}十百千]+", digits, text)


_FINDERS: dict[Kind, Callable[[str], Iterator[Entity]]] = {
    "phone": _phones,
    "amount": _amounts,
    "date": _days,
    "time": _times,
    "address": _addresses,
}
