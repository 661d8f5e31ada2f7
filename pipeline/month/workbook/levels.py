"""The printed form of a scorecard that grades by levels (KF01): each criterion, its parts, and what they lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipeline.month.workbook.basis import answers_to, basis, part_met
from pipeline.month.workbook.report import Chapter
from pipeline.month.workbook.sheet import (
    COUNT,
    HEAD,
    LABEL,
    MIDDLE,
    PERCENT,
    POINTS,
    TENTHS,
    TEXT,
    Line,
    Sheet,
    total,
)
from pipeline.month.workbook.wording import earned, total_sentence, without_points
from pipeline.scorecard import Part, Scorecard

WIDTHS = (6, 14, 38, 10, 12, 9, 9, 9, 56)
HEADS = ("序号", "项目", "标准", "标准分值", "实际得分", "得分率", "累计得分", "累计可得", "评分依据")
SHARE = HEADS.index("得分率")
STYLES = (COUNT, TEXT, TEXT, TENTHS, POINTS, PERCENT, TENTHS, TENTHS, TEXT)
PART_STYLES = tuple(
    replace(style, size=9) for style in (MIDDLE, TEXT, TEXT, POINTS, TEXT, PERCENT, TEXT, TEXT, TEXT)
)
STYLES_OF = {"item": STYLES, "part": PART_STYLES, "total": tuple(total(style) for style in STYLES)}
TOTAL = "合计（得分按百分制）"
SOURCE = {"feed": "由外部数据评定", "person": "由人工评定"}


def write_levels(sheet: Sheet, scorecard: Scorecard, chapter: Chapter) -> None:
    """Write the table of criteria below what is there, and its total."""
    row = sheet.next_row
    sheet.line(row, HEADS, [HEAD] * len(HEADS))
    first = row + 1
    for row, line in enumerate(level_lines(scorecard, chapter), start=first):
        sheet.line(row, line.values, STYLES_OF[line.kind])
    sheet.colours(first, row - 1, SHARE)
    sheet.put(row, 0, TOTAL, LABEL, to=2)


def level_lines(scorecard: Scorecard, chapter: Chapter) -> Iterator[Line]:
    """The lines of the table under `HEADS`: each criterion with its parts, then the total."""
    agent = chapter.month
    for number, (criterion, month) in enumerate(zip(scorecard.chosen, agent.criteria, strict=True), start=1):
        answers = answers_to(criterion.id, chapter.calls)
        waiting = without_points(month)
        awarded, possible = (None, None) if waiting else (month.tally.awarded, month.tally.possible)
        gained = waiting or earned(scorecard, criterion, agent, month)
        worth = "加分" if criterion.bonus else month.points
        result = (worth, gained, month.tally.share, awarded, possible, basis(criterion, month, answers))
        yield Line("item", (number, criterion.title, criterion.standard, *result))
        if len(criterion.parts) > 1 and not month.sentence:
            for position, (part, share) in enumerate(zip(criterion.parts, criterion.weights(), strict=True), 1):
                met = part_met(f"{criterion.id}-{position}", answers)
                yield Line("part", _part(position, part, month.points * share, met))
    tally, full = agent.tally, sum(scorecard.points_of[c.id] for c in scorecard.chosen if not c.bonus)
    sums = (full, agent.score, tally.share, tally.awarded, tally.possible, total_sentence(scorecard, agent))
    yield Line("total", (TOTAL, "", "", *sums))


def _part(position: int, part: Part, worth: float, in_calls: tuple[int, int]) -> tuple[str | float | None, ...]:
    """The line of a part: what it is worth in the criterion, and in how many calls it was met."""
    met, asked = in_calls
    if part.open:
        said = "原文的数值未给出（[X]），停用"
    elif not part.counts:
        said = SOURCE[part.answered_by]
    elif not asked:
        said = "没有适用的通话"
    else:
        said = f"适用 {asked} 通，做到 {met} 通" + (f"、失分 {asked - met} 通" if asked > met else "")
    share = met / asked if asked else "—"
    return "", f"（{position}）", part.title, worth, "", share, "", "", said
