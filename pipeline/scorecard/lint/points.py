"""Points and weights: whether they add up, whether each criterion has some, and what nobody has printed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import isclose

from pipeline.scorecard import Criterion, shown
from pipeline.scorecard.lint.draft import Draft, listed
from pipeline.scorecard.lint.notice import Notice

CUT_OFF = re.compile(r"截断|缺页|原文到此|(…|\.{3})[）)]?$")
"""The words with which a sentence says that its document breaks off."""


def sums(draft: Draft) -> Iterator[Notice]:
    """Parts whose points are not those of their criterion.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf03"))
    >>> [(notice.code, notice.criterion_id) for notice in sums(draft)]
    [('sum', 'KF03-二')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        printed_parts = [part.points for part in criterion.parts if part.points is not None]
        if not printed_parts:
            continue
        at = ("criteria", n, "points")
        added, item = round(sum(printed_parts), 9), criterion.points
        text = f"“{criterion.title}”的子项分值合计 {shown(added)} 分（{_added(printed_parts)}）"
        if item is None:
            yield draft.wrong("sum", f"{text}，本项自己没有分值。请写 points: {shown(added)}。", *at)
        elif len(printed_parts) < len(criterion.parts):
            if added >= item:
                rest = len(criterion.parts) - len(printed_parts)
                yield draft.wrong(
                    "sum",
                    f"{text}，已占满本项的 {shown(item)} 分，另外 {rest} 个子项分不到分。请改正子项分值。",
                    *at,
                )
        elif not isclose(added, item):
            text = f"{text}，原文印 {shown(item)} 分，相差 {shown(abs(added - item))} 分"
            if criterion.settle is None:
                yield draft.wrong(
                    "sum",
                    f"{text}。请选一种：settle: cap（最多 {shown(item)} 分）、"
                    f"settle: scale（按 {shown(item)}/{shown(added)} 折算），或改正子项分值。",
                    *at,
                )
            else:
                way = {"cap": f"最多 {shown(item)} 分", "scale": f"按 {shown(item)}/{shown(added)} 折算"}
                yield draft.warning(
                    "sum", f"{text}；已选 settle: {criterion.settle}，{way[criterion.settle]}。", *at
                )


def total(draft: Draft) -> Iterator[Notice]:
    """Items whose points are not the total that the document prints, or a document that prints none.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf03"))
    >>> [(notice.code, notice.criterion_id) for notice in total(draft)]
    [('total', None)]
    """
    card = draft.card
    counted = [c.points for c in card.criteria if not c.bonus and not _only_vetoes(c)]
    printed = [points for points in counted if points is not None]
    if not printed:
        return  # `weights` speaks of it
    added, unprinted = round(sum(printed), 9), len(counted) - len(printed)
    if card.total is None:
        if unprinted or not isclose(added, 100):
            rest = f"，另有 {unprinted} 项没有分值" if unprinted else ""
            yield draft.warning(
                "total",
                f"原文没有印总分：各项合计 {shown(added)} 分{rest}，不是 100 分制。"
                "得分按“得分/可得分”的百分比报告。",
                "criteria",
            )
    elif (added > card.total and unprinted) or (not unprinted and not isclose(added, card.total)):
        yield draft.error(
            "total",
            f"各项分值合计 {shown(added)} 分，原文印的总分是 {shown(card.total)} 分，相差 "
            f"{shown(abs(added - card.total))} 分。请改正某一项的 points，或改正 total。",
            "total",
        )


def choice(draft: Draft) -> Iterator[Notice]:
    """Blocks to choose from, and nobody has chosen; or nothing left to score.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf03"))
    >>> [(notice.severity, notice.code) for notice in choice(draft)]
    [('error', 'choice')]
    """
    card = draft.card
    if not card.assessed:
        blocks = listed(f"{c.id} {c.title}{f'（{shown(c.points)} 分）' if c.points else ''}" for c in card.criteria)
        yield draft.error(
            "choice",
            f"没有选定考核哪些项目。请写 assessed: all（全部），或列出编号，如 assessed: [{card.criteria[0].id}]。"
            f"可选：{blocks}。",
            "assessed",
        )
    elif not any(not criterion.bonus for criterion in card.chosen):
        yield draft.error(
            "choice",
            "选定的项目全部停用或都是加分项，没有可计分的项目。请补上空着的数值，或改写 assessed。",
            "assessed",
        )


def weights(draft: Draft) -> Iterator[Notice]:
    """Items without points, and what stands in for them.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("jiazheng"))
    >>> [(notice.severity, notice.code) for notice in weights(draft)]
    [('error', 'weights')]
    """
    card = draft.card
    equal = card.weights == "equal"
    without = [
        (n, c)
        for n, c in enumerate(card.criteria)
        if c.points is None and not c.bonus and not c.open and (equal or not _only_vetoes(c))
    ]
    unweighted = [(n, c) for n, c in without if draft.assessed(c) or card.assessed is None]
    if equal and unweighted:
        worth = card.points_of.get(unweighted[0][1].id, 0.0)
        if worth <= 0:
            yield draft.error(
                "weights",
                f"已选平均分配（weights: equal），但有分值的项目已占满 100 分，其余 {len(unweighted)} 项分不到分。"
                "请减少已有的 points，或给每项写 points。",
                "weights",
            )
        else:
            yield draft.warning(
                "weights",
                f"原文没有给 {len(unweighted)} 项分值，已选平均分配（weights: equal），每项 {shown(worth)} 分："
                f"{listed(c.id for _, c in unweighted)}。",
                "weights",
            )
    elif card.weights is None and unweighted:
        yield draft.error(
            "weights",
            f"{len(unweighted)} 项没有分值，原文没有给权重：{listed(f'{c.id} {c.title}' for _, c in unweighted)}。"
            f"请给每项写 points（合计 {shown(card.total or 100)}），或明确选择平均分配 weights: equal。",
            "weights",
        )
    elif card.weights == "printed":
        for n, criterion in without:
            broken = "（原文在此截断）" if _cut(criterion) else ""
            yield draft.wrong(
                "points",
                f"“{criterion.title}”没有分值{broken}。请写 points，或写 assessed 时不选本项。",
                *("criteria", n, "points"),
            )


def parts(draft: Draft) -> Iterator[Notice]:
    """Parts without printed points, and cut-offs from a share of them to a level: ours, not the document's.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf01"))
    >>> [(notice.code, notice.criterion_id) for notice in parts(draft)][:3]
    [('parts', 'KF01-1'), ('parts', 'KF01-2'), ('parts', 'KF01-4')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        if criterion.scoring or len(criterion.parts) < 2:
            continue
        unprinted = sum(part.points is None for part in criterion.parts)
        whole = criterion.graded == "whole"
        worth, printed_parts = draft.points(criterion), sum(part.points or 0.0 for part in criterion.parts)
        if (not unprinted and not whole) or (unprinted and printed_parts >= worth):
            continue  # of the latter `sums` speaks
        text = f"“{criterion.title}”有 {len(criterion.parts)} 个子项"
        if unprinted:
            shares = "/".join(shown(worth * weight) for weight in criterion.weights())
            text += f"，原文没有给{'其中 ' + str(unprinted) + ' 个' if unprinted < len(criterion.parts) else ''}"
            text += f"分值，暂按 {shares} 分"
        if whole:
            lines = listed(f"{name} ≥{share:.0%}" for name, share in draft.card.cutoffs)
            text += f"；本项按做到的比例定一个等级（{lines}），这些分级线不是原文的"
        yield draft.warning(
            "parts", f"{text}。请核对：子项分值写在 parts 的 points，分级线写在 cutoffs。", "criteria", n, "parts"
        )


def cut(draft: Draft) -> Iterator[Notice]:
    """Items whose sentence breaks off in the document.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("kf03"))
    >>> [(notice.code, notice.criterion_id) for notice in cut(draft)]
    [('cut', 'KF03-五-2')]
    """
    for n, criterion in enumerate(draft.card.criteria):
        if _cut(criterion):
            yield draft.warning(
                "cut",
                f"“{criterion.title}”的原文不完整（在此截断），截断之后的要求没有计入。请找到完整的原文再补上。",
                *("criteria", n, "standard"),
            )


def split(draft: Draft) -> Iterator[Notice]:
    """A qualitative part beside the formulas that does not map to the points of the criteria.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("table1"))
    >>> [(notice.severity, notice.code) for notice in split(draft)]
    [('warning', 'split')]
    """
    layer = draft.card.qualitative
    if layer is None:
        return
    at = ("qualitative",)
    added = layer.formulas + layer.points
    if not isclose(added, 100):
        notice = draft.error if layer.on else draft.warning
        yield notice(
            "split",
            f"定量 {shown(layer.formulas)} 与定性 {shown(layer.points)} 合计 {shown(added)}，不是 100。",
            *at,
        )
    items = sum(c.points or 0.0 for c in draft.card.criteria if not c.bonus)
    if not isclose(items, layer.formulas):
        state = "现已启用（on: true）" if layer.on else "现未启用（on: false），总分只按各项公式"
        yield draft.warning(
            "split",
            f"原文把总分分为定量 {shown(layer.formulas)}% 与定性 {shown(layer.points)}%，"
            f"但各项分值合计 {shown(items)} 分，"
            f"没有说明 {shown(layer.formulas)} 分怎样分到各项。{state}；启用时按"
            f"“{shown(layer.formulas)}%×各项得分率＋定性分”计。",
            *at,
        )


def veto_and_bonus(draft: Draft) -> Iterator[Notice]:
    """一票否决 and 加分 where they cannot do what their names say.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> list(veto_and_bonus(Draft.of(find_scorecard("kf01"))))
    []
    """
    for n, c in enumerate(draft.card.criteria):
        if c.auto_fail and c.bonus:
            yield draft.wrong(
                "veto",
                f"“{c.title}”既是一票否决又是加分项，二者只能选一个。请删去其中一行。",
                "criteria",
                n,
                "bonus",
            )
        elif c.auto_fail and len(c.parts) > 1 and c.scoring is None:
            yield draft.warning(
                "veto",
                f"“{c.title}”是一票否决，却有 {len(c.parts)} 个子项：整项得 0 分才否决，单独一个子项不符合不否决。"
                "要单独否决，请把子项拆成各自的项目。",
                *("criteria", n, "auto_fail"),
            )
        if c.bonus and c.points is None:
            yield draft.wrong(
                "bonus", f"加分项“{c.title}”没有写最多加多少分。请写 points。", "criteria", n, "points"
            )


def _only_vetoes(criterion: Criterion) -> bool:
    """Whether it is a 一票否决 of its own: a level decides, and there are no points to give."""
    return criterion.auto_fail and criterion.points is None and criterion.scoring is None


def _cut(criterion: Criterion) -> bool:
    sentences = (criterion.standard, *(part.title for part in criterion.parts))
    return any(CUT_OFF.search(sentence.strip()) for sentence in sentences)


def _added(points: list[float]) -> str:
    """The sum as people check it: 6×5+8×2."""
    return "+".join(f"{shown(worth)}×{times}" for worth, times in Counter(points).items())
