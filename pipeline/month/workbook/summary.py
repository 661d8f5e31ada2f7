"""坐席汇总: one line for each agent, best first, then the teams, and the whole line below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.month.workbook import bands
from pipeline.month.workbook.report import Chapter, MonthReport
from pipeline.month.workbook.sheet import (
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
from pipeline.month.workbook.wording import (
    earned,
    grade,
    interval,
    month_title,
    outcomes,
    revision,
    trial_remark,
    without_points,
)
from pipeline.scorecard import Criterion, Scorecard
from pipeline.tally import shown

SUMMARY = "坐席汇总"
SCORE, GRADE, SCORED_SHARE = "月度得分", "等级", "已评分\n值占比"
HEADS, FIRST = (2, 3), 4  # rows: the two lines of heads, the first agent
NAME = 2  # the column of 姓名
PAGE = 230  # characters that can be read across one page
BY_CALL = "得分 = 各通得分相加 ÷ 各通可得分相加 × 100（先加后除）；不适用和待定的评分项不进分母，也不按零分计。"
BY_MONTH = "得分 = 各项得分相加 ÷ 各项可得分相加 × 100；不适用和待定的评分项不进分母，也不按零分计。"
REMARKS = (
    "已评分值占比 = 得到评分的分值 ÷ 适用的分值，即这一得分覆盖了评分表的多少；占比低时不宜直接比较。",
    "区间为得分的高低界限，由听写、角色和抽样的把握得出；区间跨过等级线的不定级，须人工复核。",
    "本表为系统建议分，经人工复核确认后生效。",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table: its heads, and how somebody's figure is found."""

    group: str
    head: str
    width: float
    style: Style
    value: Callable[[Chapter], Value]


def write_summary(book: Book, report: MonthReport, chapters: Sequence[Chapter]) -> None:
    """Write the sheet; an agent's name leads to the agent's sheet."""
    card = report.scorecard
    columns = columns_of(report)
    title = f"{month_title(report.month)}　坐席月度考核汇总{trial_remark(report.closing)}"
    counts = outcomes(report.line) if report.line.calls else ""
    sheet = wide_sheet(book, SUMMARY, columns, title, f"{card.title}　{revision(card)}　{counts}".rstrip())
    write_heads(sheet, HEADS[0], columns)
    row = FIRST
    for rank, chapter in rank_chapters(chapters):
        write_line(sheet, row, columns, card, chapter)
        if rank is not None:
            sheet.put(row, 0, rank, MIDDLE)
        if chapter.sheet is not None:
            sheet.link(row, NAME, chapter.month.agent_name or "—", chapter.sheet, TEXT)
        row += 1
    for month, word in (*((team, f"班组　{team.agent_name}") for team in report.teams), (report.line, "合计")):
        write_line(sheet, row, columns, card, Chapter(month, (), None), summed=True)
        sheet.put(row, 0, word, LABEL, to=NAME)
        row += 1
    colour(sheet, FIRST, row - 1, columns, card)
    for remark in (BY_CALL if any(c.by_call for c in card.chosen) else BY_MONTH, *REMARKS):
        sheet.put(row, 0, remark, REMARK, to=sheet.last)
        row += 1
    sheet.page.freeze_panes(FIRST, NAME + 1)
    sheet.page.repeat_columns(0, NAME)
    sheet.print_area(repeat=HEADS)


def rank_chapters(chapters: Sequence[Chapter]) -> list[tuple[int | None, Chapter]]:
    """The agents from best to worst with their ranks; equal scores (to 0.01) share one, and the next is skipped.

    Agents without a score, and the calls without an agent, have no rank and come last.

    Examples
    --------
    >>> from pipeline.month.assessment import AgentMonth, CriterionMonth
    >>> from pipeline.tally import NOTHING, Tally
    >>> def chapter(agent, awarded):
    ...     part = CriterionMonth("A", "", 100, Tally(awarded, 100), 1, 0, 0)
    ...     row = AgentMonth(agent, None, "2026-07", "kf01", 1, 1, 0, 0, (part,), None, NOTHING, 0, 0, 0)
    ...     return Chapter(row, (), None)
    >>> rows = rank_chapters([chapter("a", 80), chapter("b", 90), chapter("c", 90), chapter(None, 99)])
    >>> [(rank, each.month.agent_id) for rank, each in rows]
    [(1, 'b'), (1, 'c'), (3, 'a'), (None, None)]
    """

    def of(chapter: Chapter) -> float | None:
        return chapter.month.score if chapter.month.agent_id is not None else None

    scores = sorted((score for chapter in chapters if (score := of(chapter)) is not None), reverse=True)
    ranks = [(None if (score := of(c)) is None else 1 + scores.index(score), c) for c in chapters]
    return sorted(ranks, key=lambda ranked: (ranked[1].month.agent_id is None, ranked[0] is None, ranked[0] or 0))


def columns_of(report: MonthReport) -> list[Column]:
    """All columns, the rank first; it is not the agent's own and is filled in from the order.

    Teams, grades and what is counted on calls have columns only where there are any.
    """
    card, calls = report.scorecard, report.line.calls
    scores = [
        Column("得分", SCORE, 10, replace(POINTS, bold=True), lambda c: c.month.score),
        Column("得分", "区间", 12, MIDDLE, lambda c: interval(c.month)),
        Column("得分", GRADE, 9, MIDDLE, lambda c: grade(c.month)),
        Column("得分", SCORED_SHARE, 8, PERCENT, lambda c: c.month.scored_share),
    ]
    teams = [Column("坐席", "班组", 10, TEXT, lambda c: c.month.team)]
    return [
        Column("坐席", "排名", 6, MIDDLE, lambda _: None),
        Column("坐席", "工号", 8, MIDDLE, lambda c: c.month.agent_id),
        Column("坐席", "姓名", 10, TEXT, lambda c: c.month.agent_name),
        *(teams if any(month.team for month in report.months) else []),
        *(_CALLS if calls else []),
        *(column for column in scores if column.head != GRADE or card.grades),
        *(_criterion(card, index, criterion) for index, criterion in enumerate(card.chosen)),
        *(_MEASURES if calls else []),
    ]


_CALLS = [
    Column("通话", "通话数", 7, COUNT, lambda c: c.month.calls),
    Column("通话", "已评", 6, COUNT, lambda c: c.month.evaluated),
    Column("通话", "不可评", 7, COUNT, lambda c: c.month.unscorable),
    Column("通话", "失败", 6, COUNT, lambda c: c.month.failed),
]
_MEASURES = [
    Column("服务指标", "平均振铃\n应答时长\n（秒）", 8.5, TENTHS, lambda c: c.month.speed_of_answer_s),
    Column("服务指标", "三声内\n接听率", 8, PERCENT, lambda c: c.month.within_three_rings.share),
    Column("服务指标", "禁用语\n次数", 7, COUNT, lambda c: c.month.banned_wording),
    Column("服务指标", "应致歉\n通数", 7, COUNT, lambda c: c.month.apologies_owed),
    Column("服务指标", "已致歉\n通数", 7, COUNT, lambda c: c.month.apologies_given),
]


def _criterion(card: Scorecard, index: int, criterion: Criterion) -> Column:
    """The share of a criterion's points; of a bonus, the points."""

    def share(chapter: Chapter) -> Value:
        month = chapter.month.criteria[index]
        if criterion.bonus:
            return without_points(month) or earned(card, criterion, chapter.month, month)
        return without_points(month) or month.tally.share

    worth = f"{'加分' if criterion.bonus else ''}{shown(card.points_of[criterion.id])}分"
    style = POINTS if criterion.bonus else PERCENT
    return Column("评分项得分率（括号内为标准分值）", f"{criterion.title}\n（{worth}）", 8.5, style, share)


def wide_sheet(book: Book, name: str, columns: Sequence[Column], title: str, subtitle: str) -> Sheet:
    """A new sheet for these columns, with its title; as many pages wide as can be read."""
    widths = [column.width for column in columns]
    pages = 1 + int(sum(widths) / PAGE)
    sheet = book.sheet(name, widths, pages)
    align = "center" if pages == 1 else "left"  # a title in the middle would lie on two pages
    sheet.put(0, 0, title, replace(TITLE, align=align), to=sheet.last)
    sheet.put(1, 0, subtitle, replace(REMARK, align=align), to=sheet.last)
    return sheet


def write_heads(sheet: Sheet, row: int, columns: Sequence[Column]) -> None:
    """Write the two lines of heads, the groups above."""
    at = 0
    for group, members in groupby(columns, key=lambda column: column.group):
        heads = [column.head for column in members]
        sheet.put(row, at, group, HEAD, to=at + len(heads) - 1)
        for head in heads:
            sheet.put(row + 1, at, head, HEAD)
            at += 1


def write_line(
    sheet: Sheet, row: int, columns: Sequence[Column], card: Scorecard, chapter: Chapter, summed: bool = False
) -> None:
    """Write the figures of one agent or team; `summed` for a line of totals."""
    styles = [
        bands.grade_style(card, chapter.month) if column.head == GRADE else column.style for column in columns
    ]
    if summed:
        styles = [style if style.fill else total(style) for style in styles]
    sheet.line(row, [column.value(chapter) for column in columns], styles)


def colour(sheet: Sheet, first: int, last: int, columns: Sequence[Column], card: Scorecard) -> None:
    """Colour scores by their grade, or as a bar where there are none, and the shares of the criteria."""
    for at, column in enumerate(columns):
        if column.head == SCORE and (lines := bands.grade_lines(card)):
            sheet.bands(first, last, at, lines)
        elif column.head == SCORE:
            sheet.bars(first, last, at)
        elif column.style is PERCENT and column.head != SCORED_SHARE:
            sheet.colours(first, last, at)
