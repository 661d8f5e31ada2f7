"""Formulas: whether they can be meant, what their sentence leaves open, and where two wordings of one part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import ceil

from pipeline.policy.load import Location
from pipeline.scorecard import Criterion, Errors, Part, Scoring, Steps, Target, shown
from pipeline.scorecard.lint.draft import Draft, listed
from pipeline.scorecard.lint.notice import Notice
from pipeline.scorecard.scoring import DIGITS

FAR = 1000  # errors to count to; formulas that agree so far are taken for one
BUSY = 500  # calls of one agent in a month
SHARE, WHOLE = "%", ("次", "个", "项", "条", "单", "声", "件", "人", "天", "工作日")
PARTIAL_SAID = re.compile(r"每满|(不足|不满|未满)[^，。；]{0,10}(按|不?计|不?扣|算)")
SAMPLED = re.compile(r"(抽查|抽取|抽检|抽)[^，。；\d]{0,6}(\d+)\s*(条|通|单|个|份|次)")
MODES = {"draw": "可复现地抽取并打印名单", "expected": "按全部抽法的平均得分计", "rate": "按全量不符合率折算"}


def units(draft: Draft) -> Iterator[Notice]:
    """Shares written as percent, and a formula in another unit than its indicator."""
    for n, criterion in enumerate(draft.card.criteria):
        if criterion.scoring is not None:
            yield from _formula_units(draft, criterion, criterion.scoring, ("criteria", n, "scoring"))
        for m, part in enumerate(criterion.parts):
            yield from _part_units(draft, part, ("criteria", n, "parts", m))


def _formula_units(draft: Draft, criterion: Criterion, formula: Scoring, at: Location) -> Iterator[Notice]:
    indicator = draft.indicators.get(criterion.indicator)
    if SHARE in (formula.unit, indicator.unit if indicator else ""):
        for field, figure in _figures(formula):
            if figure > 1:
                yield draft.wrong(
                    "unit",
                    f"“{criterion.title}”是比率，{field}: {shown(figure)} 应写成小数：{shown(figure)}% 写作 "
                    f"{figure / 100:g}。",
                    *(*at, field),
                )
    if indicator is None or formula.unit in ("", indicator.unit):
        return
    if not {formula.unit, indicator.unit} <= {*WHOLE, ""}:  # 次 and 项 count the same errors
        yield draft.wrong(
            "unit",
            f"“{criterion.title}”的公式以“{formula.unit}”计，指标 {indicator.name}（{indicator.title}）却以"
            f"“{indicator.unit}”计。请把公式换算成“{indicator.unit}”，或换一个指标。",
            *(*at, "unit"),
        )


def _part_units(draft: Draft, part: Part, at: Location) -> Iterator[Notice]:
    if part.at_least is not None and part.at_least > 1:
        yield draft.wrong(
            "unit",
            f"“{part.title}”的 at_least 是比率，{shown(part.at_least)}% 写作 {part.at_least / 100:g}。",
            *(*at, "at_least"),
        )
    indicator = draft.indicators.get(part.indicator)
    if indicator is None:
        return
    if part.limit is not None and not indicator.limit_in:
        yield draft.wrong(
            "unit", f"指标 {indicator.name}（{indicator.title}）没有时限，limit 不起作用。请删去 limit，"
            "或换一个指标。",
            *(*at, "limit"),
        )  # fmt: skip
    if indicator.limit_in and indicator.limit is None and "limit" not in part.model_fields_set:
        yield draft.wrong(
            "unit",
            f"指标 {indicator.name}（{indicator.title}）要有时限，请写 limit（单位：{indicator.limit_in}）。",
            *(*at, "indicator"),
        )


def cliffs(draft: Draft) -> Iterator[Notice]:
    """A line of no points on the wrong side, and deductions that leave nothing from the start."""
    for n, criterion in enumerate(draft.card.criteria):
        at, formula = ("criteria", n, "scoring"), criterion.scoring
        if isinstance(formula, Steps) and formula.zero_beyond is not None and not formula.open:
            if formula.beyond(formula.zero_beyond) < 0:
                yield draft.wrong(
                    "formula",
                    f"“{criterion.title}”达标线是 {formula.show(formula.line)}，得 0 分的界线 "
                    f"{formula.show(formula.zero_beyond)} 却在达标范围之内。请改正 zero_beyond。",
                    *(*at, "zero_beyond"),
                )
        elif isinstance(formula, Errors) and formula.zero_at is not None and formula.zero_at <= 0:
            yield draft.wrong(
                "formula",
                f"“{criterion.title}”从 {shown(formula.zero_at)} {formula.unit}起得 0 分，没有错也得不到分。"
                "请改正 zero_at。",
                *(*at, "zero_at"),
            )


def wordings(draft: Draft) -> Iterator[Notice]:
    """Other wordings of an item in the documents that score the same value otherwise."""
    for n, criterion in enumerate(draft.card.criteria):
        points, own = draft.points(criterion), criterion.scoring
        for m, other in enumerate(criterion.also_printed):
            at = ("criteria", n, "also_printed", m)
            said = f"“{criterion.title}”在“{other.where}”另有写法“{other.text}”"
            worth = other.points or points
            if own is None or other.scoring is None:
                if other.points is not None and other.points != points:
                    yield draft.warning(
                        "wording",
                        f"{said}，那里是 {shown(worth)} 分，本文件是 {shown(points)} 分，按本文件计。",
                        *at,
                    )
            elif not _comparable(own, other.scoring):
                yield draft.warning("wording", f"{said}，与本文件的公式计的不是同一个量，按本文件的公式计。", *at)
            elif apart := _apart(own, points, other.scoring, worth):
                value, ours, theirs = apart
                yield draft.warning(
                    "wording",
                    f"{said}，与本文件的公式从 {own.show(value)}起不同：本文件得 {shown(ours)} 分，"
                    f"那里得 {shown(theirs)} 分。"
                    "现按本文件；要改用那里的写法，"
                    f"请改 scoring 的 {listed(_switches(own, other.scoring)) or 'points'}。",
                    *at,
                )
        yield from _several_rules(draft, n, criterion, points)


def _several_rules(draft: Draft, n: int, criterion: Criterion, points: float) -> Iterator[Notice]:
    """Kinds of error that one item prices differently."""
    formula = criterion.scoring
    if not isinstance(formula, Errors) or not isinstance(formula.deduct, dict) or len(formula.deduct) < 2:
        return
    if len(set(formula.deduct.values())) > 1:
        rules = listed(
            f"{kind}每{formula.unit}扣 {shown(cost)} 分（1 {formula.unit}得 {shown(max(0, points - cost))} 分）"
            for kind, cost in formula.deduct.items()
        )
        yield draft.warning(
            "wording",
            f"原文给“{criterion.title}”的 {shown(points)} 分印了 {len(formula.deduct)} 种扣分规则：{rules}。现计"
            f"{listed(formula.counted)}，合计最多扣 {shown(points)} 分；可在 counted 里选择。",
            *("criteria", n, "scoring", "deduct"),
        )


def blocks(draft: Draft) -> Iterator[Notice]:
    """Step deductions whose sentence does not say what a block that has only begun costs."""
    for n, criterion in enumerate(draft.card.criteria):
        formula, points = criterion.scoring, draft.points(criterion)
        if not isinstance(formula, Steps) or formula.open or PARTIAL_SAID.search(criterion.standard):
            continue
        if formula.unit in WHOLE and formula.every == int(formula.every) == 1:
            continue  # there is no half of one
        begun, full = (formula.model_copy(update={"block": block}) for block in ("ceil", "floor"))
        middle = (
            _from_line(formula, (number + 0.5) * formula.every) for number in range(ceil(points / formula.deduct))
        )
        if apart := _first_apart(middle, begun, points, full, points):
            value, ceiled, floored = apart
            yield draft.warning(
                "block",
                f"“{criterion.title}”没有说不满一档怎么算：{formula.show(value)}，不满一档也扣（ceil）"
                f"得 {shown(ceiled)} 分，"
                f"满一档才扣（floor）得 {shown(floored)} 分。现用 block: {formula.block}，可改。",
                *("criteria", n, "scoring"),
            )


def samples(draft: Draft) -> Iterator[Notice]:
    """Rules about a sample, where every call is known."""
    for n, criterion in enumerate(draft.card.criteria):
        formula = criterion.scoring
        if not isinstance(formula, Errors) or "calls" not in criterion.answered_by:
            continue
        points, wrong = draft.points(criterion), BUSY * 0.04
        costs = (
            f"全量时 {BUSY} 通里 4% 不符合就是 {shown(wrong)} {formula.unit}，逐{formula.unit}扣分得 "
            f"{shown(formula.left(points, wrong))} 分"
        )
        said = SAMPLED.search(criterion.standard)
        if formula.sample is not None:
            yield draft.warning(
                "sample",
                f"“{criterion.title}”的扣分规则是对抽查 {formula.sample.size} 条说的，"
                f"而本系统评全部通话（{costs}）。现用 "
                f"sample: mode: {formula.sample.mode}（{MODES[formula.sample.mode]}）；可选 "
                f"{listed(f'{mode}（{way}）' for mode, way in MODES.items())}。",
                *("criteria", n, "scoring", "sample"),
            )
        elif said:
            yield draft.wrong(
                "sample",
                f"“{criterion.title}”的原文是“{said[0]}”，公式却没有写 sample，会按全部通话扣分：{costs}。"
                f"请写 sample: {{size: {said[2]}, mode: expected}}。",
                *("criteria", n, "scoring"),
            )


def _figures(formula: Scoring) -> Iterator[tuple[str, float]]:
    """The figures of a formula that are in its value's unit."""
    for field in ("at_most", "at_least", "every", "zero_beyond", "zero_at"):
        if (figure := getattr(formula, field, None)) is not None:
            yield field, figure


def _comparable(one: Scoring, other: Scoring) -> bool:
    """Whether both take the same value from the same side."""
    if isinstance(one, Steps | Target) and isinstance(other, Steps | Target):
        sides = (one.at_most is None) == (other.at_most is None)
        return sides and not one.open and not other.open and SHARE not in {one.unit, other.unit} - {one.unit}
    return type(one) is type(other)


def _apart(one: Scoring, points: float, other: Scoring, worth: float) -> tuple[float, float, float] | None:
    """The first value for which two formulas give different points, and what they give."""
    if isinstance(one, Steps | Target) and isinstance(other, Steps | Target):
        values = _line_values(one, other, max(points, worth))
    else:
        values = map(float, range(FAR))
    return _first_apart(values, one, points, other, worth)


def _first_apart(
    values: Iterable[float], one: Scoring, points: float, other: Scoring, worth: float
) -> tuple[float, float, float] | None:
    for value in values:
        ours, theirs = _awarded(one, points, value), _awarded(other, worth, value)
        if round(ours - theirs, DIGITS):
            return value, ours, theirs
    return None


def _awarded(formula: Scoring, points: float, value: float) -> float:
    return formula.score(points, value, "").tally.awarded


def _line_values(one: Steps | Target, other: Steps | Target, points: float) -> Iterator[float]:
    """Values at which to compare two formulas, from good to bad: where either changes, and just beyond."""
    better = one if one.beyond(other.line) >= 0 else other  # the stricter line: before it both give all
    sign = 1 if better.at_most is not None else -1
    changes = {round(sign * value, DIGITS) for each in (one, other) for value in _changes(each, points)}
    fine = 0.001 if better.unit == SHARE else 1.0
    for value, following in pairwise([*sorted(changes), max(changes) + 2 * fine]):
        beyond = value + (fine if fine < following - value else (following - value) / 2)
        yield from (abs(sign * round(each, DIGITS)) for each in (value, beyond) if sign * each >= 0)


def _changes(formula: Steps | Target, points: float) -> Iterator[float]:
    """Where a formula's points change, as far as they can fall."""
    if isinstance(formula, Target):
        yield from (
            formula.line * (1 + step / 10 * (1 if formula.at_most is not None else -1)) for step in range(10)
        )
        return
    yield from (_from_line(formula, number * formula.every) for number in range(ceil(points / formula.deduct) + 1))
    if formula.zero_beyond is not None:
        yield formula.zero_beyond


def _from_line(formula: Steps | Target, distance: float) -> float:
    """The value so far on the wrong side of the line."""
    return round(formula.line + (distance if formula.at_most is not None else -distance), DIGITS)


def _switches(one: Scoring, other: Scoring) -> list[str]:
    """What to write so that one formula becomes the other."""
    if (
        isinstance(one, Steps)
        and one.zero_beyond is not None
        and one.model_copy(update={"zero_beyond": None}) == other
    ):
        return ["cliff: false"]
    ours, theirs = one.model_dump(), other.model_dump()
    return [
        f"{field}: {_written(figure)}"
        for field, figure in theirs.items()
        if ours.get(field) != figure and field not in ("counted", "sample", "unit")
    ]


def _written(value: object) -> str:
    """A figure as it stands in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "（不写）" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
