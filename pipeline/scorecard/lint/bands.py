"""Bands of scores: whether every score has one grade, and every grade some score."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isclose
from typing import TypeAlias

from pipeline.policy.load import Location
from pipeline.scorecard import Criterion, Grade, Scorecard, shown
from pipeline.scorecard.lint.draft import Draft, listed
from pipeline.scorecard.lint.notice import Notice

NUMBER = r"(\d+(?:\.\d+)?)"
RANGE = re.compile(rf"{NUMBER}\s*分?\s*(?:[-–—―~]|至|到)\s*{NUMBER}")
AT_LEAST = re.compile(rf"(?:≥|>=|不低于|不少于|达到?)\s*{NUMBER}|{NUMBER}\s*分?\s*(?:及|\()?\s*(?:以上|含以上)")
BELOW = re.compile(rf"(?:<|低于|不足|不到)\s*{NUMBER}|{NUMBER}\s*分?\s*以下")


Noted: TypeAlias = Callable[..., Notice]


@dataclass(frozen=True, slots=True)
class _Printed:
    """A band as the document prints it: from `low` to `high`, which belongs to it if `closed`."""

    low: float | None
    high: float | None
    closed: bool


def bands(draft: Draft) -> Iterator[Notice]:
    """Gaps, overlaps, wrong order and grades that nobody can reach, of the month's grades and qualitative ones.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("jiazheng"))
    >>> [(notice.code, notice.criterion_id) for notice in bands(draft)]
    [('bands', None)]
    """
    card = draft.card
    if card.grades:
        yield from _bands(draft, card.grades, reach(card), "criteria", ("grades",), wrong=True)
    layer = card.qualitative
    if layer is not None:
        yield from _bands(draft, layer.bands, layer.points, "points", ("qualitative", "bands"), wrong=layer.on)


def lines(draft: Draft) -> Iterator[Notice]:
    """Grades whose line nobody has given, and what never happens for want of it.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("shimao"))
    >>> [(notice.code, notice.criterion_id) for notice in lines(draft)]
    [('lines', None)]
    """
    card = draft.card
    places: tuple[tuple[tuple[Grade, ...], Location], ...] = (
        (card.grades, ("grades",)),
        (card.qualitative.bands if card.qualitative else (), ("qualitative", "bands")),
    )
    for grades, place in places:
        openly = [n for n, grade in enumerate(grades) if grade.least is None]
        if not openly:
            last = min(range(len(grades)), key=lambda n: grades[n].least or 0.0, default=None)
            if last is not None and (least := grades[last].least):
                yield draft.warning(
                    "lines",
                    f"低于 {shown(least)} 分没有等级：最后一级“{grades[last].name}”从 {shown(least)} 分起。"
                    "请补一级，least: 0。",
                    *(*place, last, "least"),
                )
            continue
        first = openly[0]
        scaled = _scaled(card, openly) if place == ("grades",) else ""
        known_lines = [grade.least for grade in grades[:first] if grade.least is not None]
        below = f"低于 {shown(known_lines[-1])} 分的人" if known_lines else "所有人"
        lost = {grade.name for grade in grades[first:]}
        never = [c.title for c in card.consequences if c.when.grade in lost] if place == ("grades",) else []
        yield draft.warning(
            "lines",
            f"原文没有给{listed(f'“{grades[n].name}”' for n in openly)}的分数线，{below}没有等级"
            f"{f'，以下后果也不会提出：{listed(never)}' if never else ''}。请在每一级写 least。"
            f"{scaled}",
            *(*place, first, "least"),
            quote=grades[first].printed,
        )


def reach(card: Scorecard) -> float | None:
    """The best score that can be had at all, 0..100 and above it with bonus; None where nothing has points.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> reach(find_scorecard("table1"))
    100.0
    """
    possible = card.points
    if not possible:
        return None
    best = 100 * sum(card.points_of[c.id] * _best(card, c) for c in card.chosen) / possible
    if card.qualitative is not None and card.qualitative.on:
        return card.qualitative.formulas * best / 100 + card.qualitative.points
    return best


def _best(card: Scorecard, criterion: Criterion) -> float:
    """The share of its points that the best answer to a criterion earns."""
    if criterion.scoring is not None:
        return 1.0
    best = card.levels[0][1]
    if criterion.settle == "cap" and criterion.points and criterion.printed_sum:
        best *= min(1.0, criterion.printed_sum / criterion.points)
    return best


def _bands(
    draft: Draft, grades: Sequence[Grade], most: float | None, why: str, at: Location, *, wrong: bool
) -> Iterator[Notice]:
    notice: Noted = draft.error if wrong else draft.warning
    for n, grade in enumerate(grades):
        if grade.least is not None and most is not None and grade.least > most + 1e-9:
            cause = "各项全部得满也只有" if why == "criteria" else "定性满分只有"
            yield notice(
                "bands",
                f"“{grade.name}”从 {shown(grade.least)} 分起，{cause} {shown(most)} 分，谁也达不到。请降低 least。",
                *(*at, n, "least"),
                quote=grade.printed,
            )
        printed = _printed(grade.printed)
        if printed.low is not None and grade.least is not None and not isclose(printed.low, grade.least):
            yield notice(
                "bands",
                f"“{grade.name}”文件写从 {shown(grade.least)} 分起，原文印的是 {shown(printed.low)} 分。"
                "请改成一致。",
                *(*at, n, "least"),
                quote=grade.printed,
            )
    if grades and grades[0].below is not None and most is not None and grades[0].below <= most:
        top = grades[0]
        yield notice(
            "bands",
            f"最高一级“{top.name}”只到 {shown(grades[0].below)} 分，"
            f"{shown(grades[0].below)}–{shown(most)} 分没有等级。"
            "最高一级不要写 below。",
            *(*at, 0, "below"),
            quote=top.printed,
        )
    apart: list[Notice] = []
    for n, (better, worse) in enumerate(pairwise(grades), 1):
        if better.least is None:
            break  # `lines` speaks of what lies below a line that is not given
        apart += _order(notice, better, worse, (*at, n))
    yield from apart or _open_integers(draft, grades, at)


def _order(notice: Noted, better: Grade, worse: Grade, at: Location) -> Iterator[Notice]:
    """The notices about two neighbouring bands."""
    line, least, below = better.least, worse.least, worse.below
    if line is None:
        return
    begins = f"“{better.name}”从 {shown(line)} 分起"
    if least is not None and least >= line:
        if isclose(least, line):
            text = f"{begins}，“{worse.name}”也从 {shown(least)} 分起，谁也得不到“{worse.name}”"
        else:
            text = f"{begins}，排在它后面的“{worse.name}”却从 {shown(least)} 分起，顺序反了"
        yield notice("bands", f"{text}。等级要从好到差排列，least 依次降低。", *at, "least", quote=worse.printed)
    if below is None or isclose(below, line) or _integers(below, line):
        return
    low, high = sorted((below, line))
    between = f"{shown(low)}–{shown(high)} 分{'没有等级' if below < line else '有两个等级'}"
    yield notice(
        "bands",
        f"“{worse.name}”到 {shown(below)} 分为止，{begins}，{between}。"
        f"请把 below 改为 {shown(line)}，或删去 below。",
        *(*at, "below"),
        quote=worse.printed,
    )


def _integers(below: float, line: float) -> bool:
    """Whether a band ends one before the next begins: whole numbers, of which `_open_integers` speaks."""
    return below == int(below) and line - below == 1


def _open_integers(draft: Draft, grades: Sequence[Grade], at: Location) -> Iterator[Notice]:
    """Bands printed in whole numbers, which leave what lies between them open, or in two bands."""
    clauses, first = [], None
    for n, (better, worse) in enumerate(pairwise(grades), 1):
        low, high = _printed(better.printed).low, _printed(worse.printed)
        low = better.least if low is None else low
        if high.high is None and worse.below is not None and low is not None and _integers(worse.below, low):
            high = _Printed(worse.least, worse.below, closed=True)
        if low is None or high.high is None:
            continue
        if low > high.high:
            middle = shown((low + high.high) / 2)
            clauses.append(f"{shown(high.high)} 与 {shown(low)} 之间（如 {middle} 分）没有等级")
        elif high.high > low or high.closed:
            clauses.append(f"{shown(low)} 分起有“{better.name}”和“{worse.name}”两个等级")
        else:
            continue
        first = n if first is None else first
    if first is not None:
        halves = listed(
            f"{grade.name}[{shown(grade.least)}, {'∞' if not n else shown(grades[n - 1].least or 0)})"
            for n, grade in enumerate(grades)
            if grade.least is not None
        )
        yield draft.warning(
            "bands",
            f"原文的等级：{'；'.join(clauses)}。本系统按半开区间：{halves}。",
            *(*at, first),
            quote="；".join(grade.printed for grade in grades if grade.printed),
        )


def _scaled(card: Scorecard, openly: Sequence[int]) -> str:
    """The qualitative lines of the same names as percent, for a person to think about."""
    layer = card.qualitative
    if layer is None:
        return ""
    names = {card.grades[n].name for n in openly}
    scaled = [
        f"{band.name} {shown(100 * band.least / layer.points)}"
        for band in layer.bands
        if band.least is not None and band.name in names
    ]
    same = f"（定性 {shown(layer.points)} 分的等级折成百分为 {listed(scaled)}，只供参考，原文没有这样用。）"
    return same if scaled else ""


def _printed(text: str) -> _Printed:
    """A printed band, read.

    Examples
    --------
    >>> _printed("80–89分"), _printed("＜12")
    (_Printed(low=80.0, high=89.0, closed=True), _Printed(low=None, high=12.0, closed=False))
    """
    text = unicodedata.normalize("NFKC", text)
    if found := RANGE.search(text):
        return _Printed(float(found[1]), float(found[2]), closed=True)
    if found := BELOW.search(text):
        return _Printed(None, float(found[1] or found[2]), closed=False)
    if found := AT_LEAST.search(text):
        return _Printed(float(found[1] or found[2]), None, closed=False)
    return _Printed(None, None, closed=False)
