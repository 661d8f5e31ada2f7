"""表2: the form of a scorecard that scores values of the month by formulas, a 评分依据 sentence in each row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from pipeline.month.assessment import Origin
from pipeline.month.workbook.bands import grade_style
from pipeline.month.workbook.basis import answers_to, basis
from pipeline.month.workbook.report import Chapter
from pipeline.month.workbook.sheet import HEAD, LABEL, MIDDLE, PERCENT, POINTS, TEXT, Line, Sheet, total
from pipeline.month.workbook.wording import (
    earned,
    grade,
    total_sentence,
    without_points,
)
from pipeline.scorecard import Scorecard
from pipeline.tally import shown

WIDTHS = (15, 18, 40, 11, 12, 14, 55)
HEADS = ("维度", "指标", "标准", "权重", "得分", "来源", "评分依据")
NUMBERED = ("序号", *HEADS[1:])
"""The heads of a scorecard that has no dimensions."""
SCORE = HEADS.index("得分")
STYLES = (MIDDLE, TEXT, TEXT, PERCENT, POINTS, MIDDLE, TEXT)
STYLES_OF = {"item": STYLES, "total": tuple(total(style) for style in STYLES)}
TOTAL = "总分"
WHY = {Origin.NO_FEED: "请补齐外部数据后重算", Origin.NO_PERSON: "请在人工评定表中填写后重算"}


def write_formulas(sheet: Sheet, scorecard: Scorecard, chapter: Chapter) -> None:
    """Write the table below what is there, its total, grade and remarks."""
    row = sheet.next_row
    sheet.line(row, heads(scorecard), [HEAD] * len(HEADS))
    first = row + 1
    for row, line in enumerate(formula_lines(scorecard, chapter), start=first):
        sheet.line(row, line.values, STYLES_OF[line.kind])
    _merge(sheet, first, [criterion.dimension for criterion in scorecard.chosen])
    sheet.put(row, 0, TOTAL, LABEL, to=2)
    if (word := grade(chapter.month)) is not None:
        sheet.put(row, SCORE + 1, word, grade_style(scorecard, chapter.month))
    row += 1
    sheet.put(row, 0, "备注", LABEL)
    sheet.put(row, 1, remarks(chapter), TEXT, to=sheet.last)


def heads(scorecard: Scorecard) -> tuple[str, ...]:
    """The heads of the table: a scorecard without dimensions counts its lines."""
    return HEADS if any(criterion.dimension for criterion in scorecard.chosen) else NUMBERED


def formula_lines(scorecard: Scorecard, chapter: Chapter) -> Iterator[Line]:
    """The lines of the table under `heads`: each criterion, then the total with the grade."""
    agent = chapter.month
    full = sum(month.points for c, month in zip(scorecard.chosen, agent.criteria, strict=True) if not c.bonus)
    for number, (criterion, month) in enumerate(zip(scorecard.chosen, agent.criteria, strict=True), start=1):
        values = (
            criterion.dimension or str(number),
            criterion.title,
            criterion.standard,
            "加分" if criterion.bonus else month.points / full if full else None,
            without_points(month) or earned(scorecard, criterion, agent, month),
            "、".join(origin.title for origin, _ in month.origins if origin.scored) or "—",
            basis(criterion, month, answers_to(criterion.id, chapter.calls)),
        )
        yield Line("item", values)
    weight, word = 1.0 if full else None, grade(agent) or ""
    yield Line("total", (TOTAL, "", "", weight, agent.score, word, total_sentence(scorecard, agent)))


def _merge(sheet: Sheet, first: int, dimensions: list[str]) -> None:
    """Rows of one dimension in a row share its cell, as the document prints them."""
    row = first
    for dimension, alike in groupby(dimensions):
        last = row + len(list(alike)) - 1
        if dimension and last > row:
            sheet.join(row, last, 0, dimension, replace(MIDDLE, bold=True))
        row = last + 1


def remarks(chapter: Chapter) -> str:
    """The remarks that a reader of the score must know: why there is no grade, and what could not be scored."""
    agent = chapter.month
    lines = [agent.undecided] if agent.undecided else []
    for month in agent.criteria:
        for origin, worth in month.origins:
            if worth and not origin.scored:
                why = f"：{WHY[origin]}" if origin in WHY else ""
                lines.append(f"{month.title} {shown(worth)} 分{origin.title}，不计分，也不按零分计{why}")
    return "\n".join(lines) or "无"
