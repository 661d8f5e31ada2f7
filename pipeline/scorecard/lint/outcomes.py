"""What follows from a month: consequences, periods and the plan, as far as their file can be wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from math import isclose

from pipeline.scorecard import Consequence, Event, Period, shown
from pipeline.scorecard.lint.draft import Draft, listed, meant
from pipeline.scorecard.lint.notice import Notice


def consequences(draft: Draft) -> Iterator[Notice]:
    """Consequences of grades that do not exist, after others that do not, or of one grade with two coefficients.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(consequences(Draft.of(find_scorecard("kf01"))))
    []
    """
    card = draft.card
    grades = tuple(grade.name for grade in card.grades)
    ids = tuple(each.id for each in card.consequences)
    for id, times in Counter(ids).items():
        if times > 1:
            last = max(n for n, each in enumerate(card.consequences) if each.id == id)
            yield draft.error(
                "consequence", f"后果的编号“{id}”出现 {times} 次，请各写一个编号。", "consequences", last, "id"
            )
    for n, each in enumerate(card.consequences):
        at, quote = ("consequences", n, "when"), each.standard
        if each.when.grade and each.when.grade not in grades:
            yield draft.error(
                "consequence",
                f"后果“{each.title}”要等级“{each.when.grade}”，等级里没有它，{meant(each.when.grade, grades)}。",
                *(*at, "grade"),
                quote=quote,
            )
        if each.when.after and (each.when.after not in ids or each.when.after == each.id):
            problem = "是它自己" if each.when.after == each.id else "没有这个编号"
            rest = tuple(id for id in ids if id != each.id)
            yield draft.error(
                "consequence",
                f"后果“{each.title}”要在“{each.when.after}”之后，{problem}，{meant(each.when.after, rest)}。",
                *(*at, "after"),
                quote=quote,
            )
        if each.when.event is not None:
            yield from _event(draft, n, each, each.when.event)
    yield from _coefficients(draft)
    yield from _below_zero(draft)


def _event(draft: Draft, n: int, consequence: Consequence, event: Event) -> Iterator[Notice]:
    """An event that never happens: of a criterion that there is not or that fails nobody, or that no list hears."""
    at, criteria = ("consequences", n, "when", "event"), {each.id: each for each in draft.card.criteria}
    title, quote = consequence.title, consequence.standard
    if event.criterion and event.criterion not in criteria:
        yield draft.error(
            "consequence",
            f"后果“{title}”的事件是“{event.criterion}”不符合，没有这一项，{meant(event.criterion, criteria)}。",
            *(*at, "criterion"),
            quote=quote,
        )
    elif event.criterion and not criteria[event.criterion].auto_fail:
        yield draft.error(
            "consequence",
            f"后果“{title}”的事件“{event.criterion}”不是一票否决项，平常失分不算事件。"
            "请改写，或给该项写 auto_fail: true。",
            *(*at, "criterion"),
            quote=quote,
        )
    if event.detector:
        heard = draft.heard
        if event.detector not in heard:
            yield draft.error(
                "consequence",
                f"后果“{title}”的事件要听“{event.detector}”，没有词库能听出它，{meant(event.detector, heard)}。",
                *(*at, "detector"),
                quote=quote,
            )
        elif unknown := [term for term in event.terms if term not in heard[event.detector]]:
            yield draft.error(
                "consequence",
                f"后果“{title}”的事件要听“{unknown[0]}”，“{event.detector}”里没有它，"
                f"{meant(unknown[0], heard[event.detector])}。",
                *(*at, "terms"),
                quote=quote,
            )


def _below_zero(draft: Draft) -> Iterator[Notice]:
    """Money taken from a bonus, and nobody has said what a bonus below nothing becomes."""
    takes = [each.title for each in draft.card.consequences if (each.share or 0) < 0 or (each.amount or 0) < 0]
    if takes and draft.card.payroll.below_zero is None:
        yield draft.warning(
            "consequence",
            f"{listed(f'“{title}”' for title in takes)}从奖金里扣，没有说扣成负数怎么办："
            "出现时工资表不出这一行的金额。请写 payroll: {below_zero: zero}（最多扣完）或 keep（从其他应发里扣）。",
            "payroll",
        )


def _coefficients(draft: Draft) -> Iterator[Notice]:
    """Grades with two bonus coefficients in one month, or without one where others have some."""
    card = draft.card
    monthly = [
        (n, each)
        for n, each in enumerate(card.consequences)
        if each.coefficient is not None and each.whom == "agent"
        if each.when.grade and each.when.months == 1 and not each.when.quarters
    ]
    coefficients: dict[str, float] = {}
    for n, each in monthly:
        if each.coefficient is None:
            continue
        first = coefficients.setdefault(each.when.grade, each.coefficient)
        if first != each.coefficient:
            yield draft.error(
                "consequence",
                f"等级“{each.when.grade}”有两个奖金系数：{shown(first)} 和 {shown(each.coefficient)}。请只留一个。",
                *("consequences", n, "coefficient"),
                quote=each.standard,
            )
    if coefficients and (without := [grade.name for grade in card.grades if grade.name not in coefficients]):
        yield draft.warning(
            "consequence",
            f"其他等级有奖金系数，{listed(f'“{name}”' for name in without)}没有，将不提出奖金。"
            "请给它们写 coefficient，没有奖金写 0。",
            "consequences",
        )


def periods(draft: Draft) -> Iterator[Notice]:
    """Periods that overlap with different points, that change the total, or that end before the scorecard begins.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(periods(Draft.of(find_scorecard("kf01"))))
    []
    """
    card = draft.card
    for (_, one), (m, other) in combinations(enumerate(card.periods), 2):
        if not _overlap(one, other):
            continue
        both = sorted(one.points.keys() & other.points.keys())
        apart = [id for id in both if one.points[id] != other.points[id]]
        if apart:
            since, until = max(one.first, other.first), min(one.last, other.last)
            changes = listed(f"{id} 一处 {shown(one.points[id])}、一处 {shown(other.points[id])}" for id in apart)
            yield draft.error(
                "period",
                f"“{one.title}”与“{other.title}”在 {since} 至 {until} 重叠，分值不同：{changes}。"
                "请错开日期，或写成一样。",
                *("periods", m, "points"),
                quote=other.reason,
            )
    for n, period in enumerate(card.periods):
        if period.last < card.effective_from:
            yield draft.warning(
                "period",
                f"“{period.title}”在 {period.last} 结束，本标准 {card.effective_from} 才生效，这一段不起作用。",
                *("periods", n, "last"),
            )
        yield from _vetoes(draft, n, period)
        changed = sum(period.points.get(c.id, card.points_of[c.id]) for c in card.chosen if not c.bonus)
        if period.points and not isclose(changed, card.points):
            yield draft.warning(
                "period",
                f"“{period.title}”期间各项合计 {shown(changed)} 分，平时是 {shown(card.points)} 分。"
                "增减分值应当抵消，请核对。",
                *("periods", n, "points"),
                quote=period.reason,
            )


def _vetoes(draft: Draft, n: int, period: Period) -> Iterator[Notice]:
    """What a period cannot change of a 一票否决: points that it has not, and a call that it has taken."""
    for criterion in draft.card.chosen:
        if not criterion.auto_fail:
            continue
        if criterion.id in period.points and not draft.card.points_of[criterion.id]:
            yield draft.error(
                "period",
                f"“{period.title}”给一票否决项“{criterion.title}”写了分值，它本身没有分值。"
                "请从 points 里删去它，或在项目里写 points。",
                *("periods", n, "points"),
                quote=period.reason,
            )
        everything = all(c.id in period.exempt for c in draft.card.chosen)
        if criterion.id in period.exempt and criterion.vetoes_calls and not everything:
            yield draft.error(
                "period",
                f"“{period.title}”豁免一票否决项“{criterion.title}”：每通电话判的时候已经按它扣过，月里免不掉。"
                "请从 exempt 里删去它。",
                *("periods", n, "exempt"),
                quote=period.reason,
            )


def _overlap(one: Period, other: Period) -> bool:
    """Whether some call can lie in both."""
    days = one.first <= other.last and other.first <= one.last
    queues = not one.queues or not other.queues or bool(set(one.queues) & set(other.queues))
    return days and queues


def plan(draft: Draft) -> Iterator[Notice]:
    """Measures that nothing triggers, or whose effect nobody can measure.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf01"))
    >>> [notice.code for notice in plan(draft)]
    ['plan', 'plan']
    """
    for n, measure in enumerate(draft.card.plan):
        if not measure.criterion and not measure.indicator:
            yield draft.warning(
                "plan",
                f"改进措施“{measure.problem}”没有写针对哪一项，不会自动列入计划。请写 criterion（编号）"
                "或 indicator。",
                *("plan", n),
                quote=measure.problem,
            )
        if measure.at_most is None and measure.at_least is None:
            yield draft.warning(
                "plan",
                f"改进措施“{measure.problem}”没有可以衡量的目标，下月无法判断是否做到。请写 at_most（不超过）"
                "或 at_least（不低于）。",
                *("plan", n),
                quote=measure.problem,
            )
        elif measure.at_most is not None and measure.at_least is not None:
            yield draft.error(
                "plan",
                f"改进措施“{measure.problem}”的目标既有 at_most 又有 at_least，请只留一个。",
                *("plan", n),
                quote=measure.problem,
            )
