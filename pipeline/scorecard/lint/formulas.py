"""Formulas: whether they can be meant, what their sentence leaves open, and where two wordings of one part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipeline.policy.load import Location
from pipeline.scorecard import Criterion, Formula, Line, Part, shown
from pipeline.scorecard.lint.draft import Draft, listed
from pipeline.scorecard.lint.notice import Notice
from pipeline.scorecard.scoring import DIGITS, PrintedItem
from pipeline.scorecard.scoring.steps import WHOLE

FAR = 1000  # errors to count to; formulas that agree so far are taken for one
SHARE = "%"
MARKS = "分"  # what people give on a scale


def units(draft: Draft) -> Iterator[Notice]:
    """Shares written as percent, and a formula in another unit than its indicator.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("table1")
    >>> list(units(Draft.of(card)))
    []
    """
    for n, criterion in enumerate(draft.card.criteria):
        if criterion.scoring is not None:
            yield from _formula_units(draft, criterion, criterion.scoring, ("criteria", n, "scoring"))
        yield from _limits(draft, criterion, ("criteria", n))
        for m, part in enumerate(criterion.parts):
            yield from _part_units(draft, part, ("criteria", n, "parts", m))


def _formula_units(draft: Draft, criterion: Criterion, formula: Formula, at: Location) -> Iterator[Notice]:
    indicator = draft.indicators.get(criterion.indicator)
    measured = "calls" in criterion.answered_by or (indicator is not None and indicator.unit != MARKS)
    if formula.scale is not None and measured:
        yield draft.wrong(
            "unit",
            f"“{criterion.title}”的值是量出来的，不是按分制打的分，scale 会让超出的月份算不出来。请删去 scale。",
            *(*at, "scale"),
        )
    if SHARE in (formula.unit, indicator.unit if indicator else ""):
        for field, figure in formula.figures():
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
    yield from _limits(draft, part, at)


def _limits(draft: Draft, asked: Part | Criterion, at: Location) -> Iterator[Notice]:
    """A limit that an indicator does not take, or that it needs and nobody has written."""
    indicator = draft.indicators.get(asked.indicator)
    if indicator is None:
        return
    if asked.limit is not None and not indicator.limit_in:
        yield draft.wrong(
            "unit", f"指标 {indicator.name}（{indicator.title}）没有时限，limit 不起作用。请删去 limit，"
            "或换一个指标。",
            *(*at, "limit"),
        )  # fmt: skip
    if indicator.needs_limit and "limit" not in asked.model_fields_set:
        yield draft.wrong(
            "unit",
            f"指标 {indicator.name}（{indicator.title}）要有时限，请写 limit（单位：{indicator.limit_in}）；"
            "原文没有给出的写 limit: 空着，本项停用。",
            *(*at, "indicator"),
        )


def remarks(draft: Draft) -> Iterator[Notice]:
    """The remarks that each kind of formula makes on its own figures.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("table1"))
    >>> [(notice.code, notice.criterion_id) for notice in remarks(draft)]
    [('block', 'T1-1'), ('sample', 'T1-2'), ('block', 'T1-3'), ('block', 'T1-5')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        if criterion.scoring is None:
            continue
        by_calls = "calls" in criterion.answered_by
        item = PrintedItem(criterion.title, criterion.standard, draft.points(criterion), by_calls)
        for remark in criterion.scoring.remarks(item):
            notice = draft.wrong if remark.refuses else draft.warning
            at = ("criteria", n, "scoring", *([remark.key] if remark.key else ()))
            yield notice(remark.code, remark.sentence, *at)


def choices(draft: Draft) -> Iterator[Notice]:
    """What every formula of a kind leaves to the operator, and nobody has chosen: told once for all of them.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("jiazheng"))
    >>> [(notice.severity, notice.code) for notice in choices(draft)]
    [('error', 'missed')]
    """
    card = draft.card
    waiting = [c for c in card.criteria if (formula := card.formula(c)) is not None and formula.to_choose]
    if not waiting:
        return
    notice = draft.error if any(map(draft.assessed, waiting)) else draft.warning
    yield notice(
        "missed",
        f"原文没有印达不到目标怎么给分（{listed(f'{c.id} {c.title}' for c in waiting)}）。请选一种："
        "missed: zero（不达标得 0 分）或 missed: proportional（按完成目标的比例给分）；"
        "写在文件开头管全部，写在某一项的 scoring 里只管那一项。",
        "missed",
    )


def wordings(draft: Draft) -> Iterator[Notice]:
    """Other wordings of a criterion in the documents that score the same value otherwise.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("table2"))
    >>> [(notice.code, notice.criterion_id) for notice in wordings(draft)]
    [('wording', 'T1-1'), ('wording', 'T1-2')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        points, own = draft.points(criterion), draft.card.formula(criterion)
        for m, other in enumerate(criterion.also_printed):
            at = ("criteria", n, "also_printed", m)
            text = f"“{criterion.title}”在“{other.where}”另有写法“{other.text}”"
            worth = other.points or points
            if own is None or other.scoring is None:
                if other.points is not None and other.points != points:
                    yield draft.warning(
                        "wording",
                        f"{text}，那里是 {shown(worth)} 分，本文件是 {shown(points)} 分，按本文件计。",
                        *at,
                    )
            elif own.to_choose or other.scoring.to_choose:
                continue  # of which `choices` speaks
            elif not own.comparable(other.scoring):
                yield draft.warning("wording", f"{text}，与本文件的公式计的不是同一个量，按本文件的公式计。", *at)
            elif apart := _apart(own, points, other.scoring, worth):
                value, ours, theirs = apart
                yield draft.warning(
                    "wording",
                    f"{text}，与本文件的公式从 {own.show(value)}起不同：本文件得 {shown(ours)} 分，"
                    f"那里得 {shown(theirs)} 分。"
                    "现按本文件；要改用那里的写法，"
                    f"请改 scoring 的 {listed(own.switches(other.scoring)) or 'points'}。",
                    *at,
                )


def _apart(one: Formula, points: float, other: Formula, worth: float) -> tuple[float, float, float] | None:
    """The first value for which two formulas give different points, and what they give."""
    if isinstance(one, Line) and isinstance(other, Line):
        values = _line_values(one, other, max(points, worth))
    else:
        values = map(float, range(FAR))
    return _first_apart(values, one, points, other, worth)


def _first_apart(
    values: Iterable[float], one: Formula, points: float, other: Formula, worth: float
) -> tuple[float, float, float] | None:
    for value in values:
        ours, theirs = _awarded(one, points, value), _awarded(other, worth, value)
        if round(ours - theirs, DIGITS):
            return value, ours, theirs
    return None


def _awarded(formula: Formula, points: float, value: float) -> float:
    return formula.score(points, value, "").tally.awarded


def _line_values(one: Line, other: Line, points: float) -> Iterator[float]:
    """Values at which to compare two formulas, from good to bad: where either changes, and just beyond."""
    better = one if one.beyond(other.line) >= 0 else other  # the stricter line: before it both give all
    sign = 1 if better.at_most is not None else -1
    changes = {round(sign * value, DIGITS) for each in (one, other) for value in each.changes(points)}
    fine = 0.001 if better.unit == SHARE else 1.0
    for value, following in pairwise([*sorted(changes), max(changes) + 2 * fine]):
        beyond = value + (fine if fine < following - value else (following - value) / 2)
        yield from (abs(sign * round(each, DIGITS)) for each in (value, beyond) if sign * each >= 0)
