"""Printed examples: whether the document's own formulas give what it prints."""

from __future__ import annotations

from collections.abc import Iterator
from math import isclose

from pipeline.errors import ConfigurationError
from pipeline.scorecard import Example, score_criterion, shown
from pipeline.scorecard.lint.draft import Draft, listed
from pipeline.scorecard.lint.notice import Notice


def examples(draft: Draft) -> Iterator[Notice]:
    """Rows that their own formula contradicts, and the sheet's total.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("table2"))
    >>> [(notice.code, notice.criterion_id) for notice in examples(draft)]
    [('example', 'T1-1'), ('example', 'T1-3'), ('example', 'T1-4'), ('example', 'T1-5'), ('example', None)]
    """
    card, computed = draft.card, {}
    for n, example in enumerate(card.examples):
        at = ("examples", n)
        if example.criterion not in card.points_of:
            continue
        criterion = card.criterion(example.criterion)
        try:
            scored = score_criterion(card, criterion, example.value)
        except ConfigurationError:
            yield draft.error(
                "example",
                f"示例“{example.text}”的 value: {example.value} 不能用于“{criterion.title}”。"
                "比率写小数（88% 写作 0.88），"
                "次数写整数，等级写名称。",
                *(*at, "value"),
                quote=example.text,
            )
            continue
        computed[n] = scored.tally.awarded
        if not isclose(computed[n], example.printed, abs_tol=1e-9):
            yield draft.warning(
                "example",
                f"示例印 {shown(example.printed)} 分，按公式应得 {shown(computed[n])} 分（{scored.reason}）。"
                "以公式为准；"
                "印的分数只能由人改分并写明理由。",
                *(*at, "printed"),
                quote=example.text,
            )
    names = [card.examples[n].criterion for n in computed]
    if len(names) < 2 or len(set(names)) < len(names):
        return  # no sheet of which a total could be meant
    printed = {n: card.examples[n].printed for n in computed}
    apart = [n for n in computed if not isclose(computed[n], printed[n], abs_tol=1e-9)]
    if apart:
        rows = listed(f"{card.examples[n].criterion} 印 {shown(printed[n])} 应 {shown(computed[n])}" for n in apart)
        yield draft.warning(
            "example",
            f"原文的示例表 {len(names)} 行中有 {len(apart)} 行与自己的公式不符："
            f"合计印 {shown(sum(printed.values()))} 分，"
            f"按公式应为 {shown(sum(computed.values()))} 分（"
            f"{rows}）。",
            "examples",
        )


def denominators(draft: Draft) -> Iterator[Notice]:
    """Shares of one sheet that are taken of different numbers, and counts that are not the share printed.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> draft = Draft.of(find_scorecard("table2"))
    >>> [(notice.code, notice.criterion_id) for notice in denominators(draft)]
    [('denominators', 'T1-5')]
    """
    of: dict[int, float] = {}
    for n, example in enumerate(draft.card.examples):
        value = example.value
        if example.count is None or not isinstance(value, int | float) or not 0 < value <= 1:
            continue
        of[n] = example.of if example.of is not None else round(example.count / value, 6)
        if example.of and not isclose(example.count / example.of, value, abs_tol=0.005):
            yield draft.warning(
                "denominators",
                f"示例写 {shown(example.count)}/{shown(example.of)}，即 {example.count / example.of:.1%}，"
                f"value 却是 {value:.1%}。请核对。",
                *("examples", n),
                quote=example.text,
            )
    if len({round(number, 2) for number in of.values()}) > 1:
        first = next(iter(of))
        shares = listed(_told(draft.card.examples[n], number) for n, number in of.items())
        yield draft.warning(
            "denominators",
            f"同一张示例表里的比率分母不同：{shares}。每个指标各自记分子和分母，不能共用一个。",
            *("examples", next(n for n in of if round(of[n], 2) != round(of[first], 2))),
        )


def _told(example: Example, of: float) -> str:
    count = shown(example.count or 0.0)
    if example.of is not None:
        return f"{example.criterion} {count}/{shown(of)}"
    return f"{example.criterion} {count} 为 {example.value:.0%}，推出分母 {shown(of)}"
