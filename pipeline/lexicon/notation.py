"""The notation of wordings: every spelling that one stands for, with open places for anything or any digit.

``[请问]`` and ``[你|您]`` may be left out, ``(帮到|帮助)`` are alternatives; ``^`` and ``$`` hold a wording to the
beginning or the end of a turn. Open places: ``{n}`` a run of three to six digits, ``{号}`` of as many sounds like
digits (三腰里腰), ``{x}`` any one to three characters, ``{姓}`` one or two, ``{时间}`` a day, an hour or a term
(明天下午, 三点半), ``{名称}`` what somebody calls himself in two to six characters, ``{机构}`` the same, but no
person's name (`names`), and only where no company is configured: another's name is not ours. What the call and
the settings know: ``{name}`` or ``{姓名}``, ``{staff}`` or ``{工号}`` (this one is any run of digits as well),
``{company}`` or ``{公司}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from pipeline.lexicon.phonetics import listen

DIGIT_RUN, ANY_RUN, SURNAME_RUN, NAME_RUN = range(3, 7), range(1, 4), range(1, 3), range(2, 7)
A_DIGIT, ANYTHING, LIKE_A_DIGIT = "\ue000", "\ue001", "\ue002"  # private characters, which no wording holds
OF_A_NAME, OF_A_COMPANY = "\ue003", "\ue004"
OPEN_PLACES = A_DIGIT + ANYTHING + LIKE_A_DIGIT + OF_A_NAME + OF_A_COMPANY

MOST = 5_000
"""Spellings of one variant: ten of ``[a|b]`` in a row make 59,049, and a lexicon of such lines fills any memory."""

KNOWN = {"name": "name", "staff": "staff", "company": "company", "姓名": "name", "工号": "staff", "公司": "company"}
"""The slots that the call and the settings fill, and what each is called there."""
OF_THE_CALL = ("{name}", "{staff}", "{姓名}", "{工号}")
OF_THE_SETTINGS = ("{company}", "{公司}", "{机构}")

_BRACKET = re.compile(r"\[([^][]*)\]|\(([^()]*)\)|\{(\w+)\}")
_TIMES = (
    "[今天|明天|后天](上午|中午|下午|晚上|早上)[{时}点[半]]",
    "(今天|明天|后天|当天|今晚|明早|本周|下周|月底|下班|半小时)",
    "[本|下]周(一|二|三|四|五|六|日)",
    "{时}点[半|钟]",
    "({时}|半)[个]小时",
    "{时}(分钟|天|个工作日)",
    "{时}号",
)


def spellings(variant: str, slots: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every wording that the notation stands for, with private characters (`OPEN_PLACES`) for the open places.

    Raises
    ------
    ValueError
        If it is empty, a bracket does not close, there is no such slot, or it stands for more than `MOST`.

    Examples
    --------
    >>> spellings("(感谢|谢谢)[您]来电", {})
    ('感谢您来电', '感谢来电', '谢谢您来电', '谢谢来电')
    """
    core = variant.removeprefix("^").removesuffix("$")
    if not core:
        raise ValueError(f"{variant!r} is empty")
    result = tuple(islice(_spelled(core, slots), MOST + 1))
    if len(result) > MOST:
        raise ValueError(f"{variant!r} stands for more than {MOST} wordings; write it as several shorter variants")
    return tuple(dict.fromkeys(result))


def wordings(variant: str) -> tuple[str, ...]:
    """Every wording that a variant stands for: brackets resolved; slots, ``^`` and ``$`` as they are written.

    Examples
    --------
    >>> wordings("^工号[是]{n}"), wordings("(感谢|谢谢)来电")
    (('^工号是{n}', '^工号{n}'), ('感谢来电', '谢谢来电'))
    """
    bracket = re.search(r"\[([^][]*)\]|\(([^()]*)\)", variant)
    if not bracket:
        return (variant,)
    optional, choice = bracket.groups()
    fillings = (*optional.split("|"), "") if optional is not None else choice.split("|")
    whole = (variant[: bracket.start()] + filling + variant[bracket.end() :] for filling in fillings)
    return tuple(dict.fromkeys(wording for each in whole for wording in wordings(each)))


def nearest_wording(variant: str, heard: str) -> str:
    """The wording of a variant that is likest to what was heard, for a reader: an open place is shown as ….

    Of alternatives the longest counts that was heard after the two characters before it, else the first one; what
    may be left out is left out where it was not heard there.

    Examples
    --------
    >>> nearest_wording("^(我|咱)[们]不(归|属于)我[们]管", "我们不归我管")
    '我们不归我管'
    >>> nearest_wording("工号[是]{n}", "工号是1001")
    '工号是…'
    """
    shown = variant.removeprefix("^").removesuffix("$")
    while bracket := _BRACKET.search(shown):
        optional, choice, _ = bracket.groups()
        options = (optional if optional is not None else choice or "…").split("|")
        before = shown[max(0, bracket.start() - 2) : bracket.start()]
        said = [each for each in options if each and before + each in heard]
        chosen = max(said, key=len, default="" if optional is not None else options[0])
        shown = shown[: bracket.start()] + chosen + shown[bracket.end() :]
    return shown


def of_the_call(variant: str) -> bool:
    """Whether a variant has a slot that only the call can fill: the agent's name or staff id.

    Examples
    --------
    >>> of_the_call("工号{工号}"), of_the_call("工号{n}")
    (True, False)
    """
    return any(slot in variant for slot in OF_THE_CALL)


def of_the_settings(variant: str) -> bool:
    """Whether a variant stands for other wordings where a deployment names its companies.

    Examples
    --------
    >>> of_the_settings("您好{机构}请问"), of_the_settings("工号{n}")
    (True, False)
    """
    return any(slot in variant for slot in OF_THE_SETTINGS)


def is_closed(variant: str, slots: Mapping[str, Sequence[str]]) -> bool:
    """Whether a variant stands for nothing, as companies are configured and it has a place for any other's name.

    Examples
    --------
    >>> is_closed("您好{机构}请问", {"company": ["阳光家政"]}), is_closed("您好{机构}请问", {})
    (True, False)
    """
    return "{机构}" in variant and bool(slots.get("company"))


def _spelled(variant: str, slots: Mapping[str, Sequence[str]]) -> Iterator[str]:
    bracket = _BRACKET.search(variant)
    if not bracket:
        if set(variant) & set("[](){}|"):
            raise ValueError(f"{variant!r}: a bracket does not close, or a | stands outside of them")
        if variant:
            yield variant
        return
    optional, choice, slot = bracket.groups()
    fillings: Sequence[str]
    if optional is not None:
        fillings = (*optional.split("|"), "")
    elif choice is not None:
        fillings = choice.split("|")
    else:
        fillings = _fillings(variant, slot, slots)
    for filling in fillings:
        yield from _spelled(variant[: bracket.start()] + filling + variant[bracket.end() :], slots)


def _fillings(variant: str, slot: str, slots: Mapping[str, Sequence[str]]) -> Sequence[str]:
    open_places = {
        "n": [A_DIGIT * n for n in DIGIT_RUN],
        "x": [ANYTHING * n for n in ANY_RUN],
        "姓": [ANYTHING * n for n in SURNAME_RUN],
        "号": [LIKE_A_DIGIT * n for n in DIGIT_RUN],
        "名称": [OF_A_NAME * n for n in NAME_RUN],
        "机构": [] if is_closed(variant, slots) else [OF_A_COMPANY * n for n in NAME_RUN],
        "时": [A_DIGIT, A_DIGIT * 2, "十", "十" + A_DIGIT],
    }
    if slot in open_places:
        return open_places[slot]
    if slot == "时间":
        return _times()
    if slot not in KNOWN:
        raise ValueError(f"{variant!r}: there is no slot {{{slot}}}")
    digits = open_places["n"] if slot == "工号" else []
    return digits + [spoken for filling in slots.get(KNOWN[slot], ()) if (spoken := listen(filling).characters)]


@cache
def _times() -> tuple[str, ...]:
    """The ways to name a day, an hour or a term, before any 之前 or 之内."""
    nested = (_unnested(each) for each in _TIMES)
    return tuple(dict.fromkeys(spelling for each in nested for form in each for spelling in _spelled(form, {})))


def _unnested(form: str) -> tuple[str, ...]:
    """A form without brackets in brackets."""
    inner = "[{时}点[半]]"
    return tuple(form.replace(inner, way) for way in ("", "{时}点", "{时}点半")) if inner in form else (form,)
