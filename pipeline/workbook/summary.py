"""坐席汇总: one line for each agent, best first, and the whole line below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.assessment import whole_line
from pipeline.scorecard import Criterion, Scorecard
from pipeline.workbook.form import Chapter
from pipeline.workbook.sheet import (
    COUNT,
    HEAD,
    LABEL,
    MIDDLE,
    PERCENT,
    POINTS,
    REMARK,
    TENTHS,
    TEXT,
    TITLE,
    Book,
    Sheet,
    Style,
    Value,
    total,
)
from pipeline.workbook.wording import judged, month_title, no_points, outcomes, points, revision

SUMMARY = "坐席汇总"
SCORE, SCORED_SHARE = "月度得分", "已评分\n值占比"
HEADS, FIRST = (2, 3), 4  # rows: the two lines of heads, the first agent
NAME = 2  # the column of 姓名
REMARKS = (
    "得分 = 各通得分相加 ÷ 各通可得分相加 × 100（先加后除）；不适用和待定的评分项不进分母，也不按零分计。",
    "已评分值占比 = 可得分 ÷（已评通数 × 评分表总分），即这一得分覆盖了评分表的多少；占比低时不宜直接比较。",
    "本表为系统建议分，经人工复核确认后生效。",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table: its heads, and how an agent's figure is found."""

    group: str
    head: str
    width: float
    style: Style
    value: Callable[[Chapter], Value]


def write_summary(book: Book, month: str, scorecard: Scorecard, chapters: Sequence[Chapter]) -> None:
    """Write the sheet; an agent's name leads to the agent's sheet."""
    everything = tuple(scored for chapter in chapters for scored in chapter.calls)
    line = Chapter(whole_line(month, scorecard, everything), everything, None)
    columns = _columns(scorecard)
    sheet = book.sheet(SUMMARY, [column.width for column in columns])
    sheet.put(0, 0, f"{month_title(month)}　坐席月度考核汇总", TITLE, to=sheet.last)
    subtitle = f"{scorecard.title}　{revision(scorecard)}　{outcomes(line.month)}"
    sheet.put(1, 0, subtitle, replace(REMARK, align="center"), to=sheet.last)
    _write_heads(sheet, columns)
    row = FIRST
    styles = [column.style for column in columns]
    for rank, chapter in ranked(chapters):
        sheet.line(row, [rank, *(column.value(chapter) for column in columns[1:])], styles)
        if chapter.sheet is not None:
            sheet.link(row, NAME, chapter.month.agent_name or "—", chapter.sheet, TEXT)
        row += 1
    sheet.line(row, [column.value(line) for column in columns], [total(style) for style in styles])
    sheet.put(row, 0, "合计", LABEL, to=NAME)
    for at, column in enumerate(columns):
        if column.head == SCORE:
            sheet.bars(FIRST, row, at)
        elif column.style is PERCENT and column.head != SCORED_SHARE:
            sheet.colours(FIRST, row, at)
    for remark in REMARKS:
        row += 1
        sheet.put(row, 0, remark, REMARK, to=sheet.last)
    sheet.page.freeze_panes(FIRST, NAME + 1)
    sheet.print_area(repeat=HEADS)


def ranked(chapters: Sequence[Chapter]) -> list[tuple[int | None, Chapter]]:
    """The agents from best to worst with their ranks; equal scores (to 0.01) share one, and the next is skipped.

    Agents without a score, and the calls without an agent, have no rank and come last.
    """

    def shown(chapter: Chapter) -> float | None:
        score = chapter.month.score if chapter.month.agent_id is not None else None
        return None if score is None else round(score, 2)

    scores = sorted((score for chapter in chapters if (score := shown(chapter)) is not None), reverse=True)
    ranks = [(None if (score := shown(c)) is None else 1 + scores.index(score), c) for c in chapters]
    return sorted(ranks, key=lambda ranked: (ranked[1].month.agent_id is None, ranked[0] is None, ranked[0] or 0))


def _columns(scorecard: Scorecard) -> list[Column]:
    """All columns, the rank first; it is not the agent's own and is filled in from the order."""
    return [
        Column("坐席", "排名", 6, MIDDLE, lambda _: None),
        Column("坐席", "工号", 8, MIDDLE, lambda c: c.month.agent_id),
        Column("坐席", "姓名", 10, TEXT, lambda c: c.month.agent_name),
        Column("通话", "通话数", 7, COUNT, lambda c: c.month.calls),
        Column("通话", "已评", 6, COUNT, lambda c: c.month.evaluated),
        Column("通话", "不可评", 7, COUNT, lambda c: c.month.unscorable),
        Column("通话", "失败", 6, COUNT, lambda c: c.month.failed),
        Column("得分", SCORE, 10, replace(POINTS, bold=True), lambda c: c.month.score),
        Column("得分", SCORED_SHARE, 8, PERCENT, lambda c: c.month.scored_share),
        *(_item(index, criterion) for index, criterion in enumerate(scorecard.criteria)),
        Column("服务指标", "平均振铃\n应答时长\n（秒）", 8.5, TENTHS, lambda c: c.month.speed_of_answer_s),
        Column("服务指标", "三声内\n接听率", 8, PERCENT, lambda c: c.month.within_three_rings.share),
        Column("服务指标", "禁用语\n次数", 7, COUNT, lambda c: c.month.banned_wording),
        Column("服务指标", "应致歉\n通数", 7, COUNT, lambda c: c.month.apologies_owed),
        Column("服务指标", "已致歉\n通数", 7, COUNT, lambda c: c.month.apologies_given),
    ]


def _item(index: int, criterion: Criterion) -> Column:
    def share(chapter: Chapter) -> Value:
        return no_points(judged(criterion.id, chapter.calls)) or chapter.month.criteria[index].tally.share

    head = f"{criterion.title}\n（{points(criterion.points)}分）"
    return Column("评分项得分率（括号内为标准分值）", head, 8.5, PERCENT, share)


def _write_heads(sheet: Sheet, columns: Sequence[Column]) -> None:
    upper, lower = HEADS
    at = 0
    for group, members in groupby(columns, key=lambda column: column.group):
        heads = [column.head for column in members]
        sheet.put(upper, at, group, HEAD, to=at + len(heads) - 1)
        for head in heads:
            sheet.put(lower, at, head, HEAD)
            at += 1
