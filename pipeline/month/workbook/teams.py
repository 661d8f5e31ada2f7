"""班组: the teams beside each other, and each team's members from best to worst."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.month.assessment import AgentMonth
from pipeline.month.workbook.report import Chapter, MonthReport
from pipeline.month.workbook.sheet import COUNT, MIDDLE, REMARK, SECTION, TEXT, Book, Sheet
from pipeline.month.workbook.summary import (
    Column,
    colour,
    columns_of,
    rank_chapters,
    wide_sheet,
    write_heads,
    write_line,
)
from pipeline.month.workbook.wording import UNGRADED, grade, month_title, trial_remark, without_points
from pipeline.scorecard import Scorecard
from pipeline.tally import shown

TEAMS = "班组"
REMARKS = "班组的得分由组员当月的通话与数据合并计算（先加后除），不是组员得分的平均；换组的按通话当日所在班组计。"


def write_teams(book: Book, report: MonthReport, chapters: Sequence[Chapter]) -> None:
    """Write the page of the teams; nothing where there are none."""
    if not report.teams:
        return
    card = report.scorecard
    members = {
        team.agent_name: [
            chapter for _, chapter in rank_chapters(chapters) if chapter.month.team == team.agent_name
        ]
        for team in report.teams
    }
    columns = _columns(
        report,
        [
            Column("班组", "班组", 12, TEXT, lambda c: c.month.agent_name),
            Column("班组", "人数", 8, COUNT, lambda c: len(members[c.month.agent_name])),
            Column("班组", "最弱的评分项", 26, TEXT, lambda c: weakest(c.month)),
            Column("班组", "各等级人数", 26, TEXT, lambda c: _grades(card, members[c.month.agent_name])),
        ],
    )
    sheet = wide_sheet(
        book, TEAMS, columns, f"{month_title(report.month)}　班组{trial_remark(report.closing)}", REMARKS
    )
    write_heads(sheet, 2, columns)
    for row, team in enumerate(report.teams, start=4):
        write_line(sheet, row, columns, card, Chapter(team, (), None))
    colour(sheet, 4, sheet.next_row - 1, columns, card)
    for team in report.teams:
        _write_members(sheet, report, f"{team.agent_name}　组员", members[team.agent_name])
    sheet.page.freeze_panes(4, 1)
    sheet.page.repeat_columns(0)
    sheet.print_area(repeat=(2, 3))


def _columns(report: MonthReport, own: Sequence[Column]) -> list[Column]:
    """The columns of a table: its own, of which the last is about grades, and those of the summary."""
    graded = own if report.scorecard.grades else own[:-1]
    return [*graded, *(column for column in columns_of(report) if column.group != "坐席")]


def weakest(month: AgentMonth) -> str | None:
    """The criterion with the lowest share of its points, with that share; None where none lost any.

    Examples
    --------
    >>> from pipeline.month.assessment import CriterionMonth, Origin
    >>> from pipeline.tally import NOTHING, Tally
    >>> called = ((Origin.CALLS, 10.0),)
    >>> parts = (CriterionMonth("A", "问候", 10, Tally(9, 10), 1, 0, 0, origins=called),
    ...          CriterionMonth("B", "道别", 10, Tally(7, 10), 1, 0, 0, origins=called))
    >>> weakest(AgentMonth("1001", "林", "2026-07", "kf01", 1, 1, 0, 0, parts, None, NOTHING, 0, 0, 0))
    '道别 70%'
    """
    known = [c for c in month.criteria if c.tally.share is not None and without_points(c) is None]
    lost = [c for c in known if c.tally.awarded < c.tally.possible]
    if not lost:
        return None
    worst = min(lost, key=lambda criterion: criterion.tally.share or 0.0)
    return f"{worst.title} {shown(100 * (worst.tally.share or 0.0))}%"


def _grades(card: Scorecard, members: Sequence[Chapter]) -> str:
    """The members counted by grade."""
    given = [grade(chapter.month) for chapter in members]
    told = [f"{name} {given.count(name)}" for name in (*(g.name for g in card.grades), UNGRADED) if name in given]
    return "、".join(told) or "—"


def _write_members(sheet: Sheet, report: MonthReport, title: str, members: Sequence[Chapter]) -> None:
    columns = _columns(
        report,
        [
            Column("坐席", "姓名", 12, TEXT, lambda c: c.month.agent_name),
            Column("坐席", "工号", 8, MIDDLE, lambda c: c.month.agent_id),
            Column("坐席", "最弱的评分项", 26, TEXT, lambda c: weakest(c.month)),
            Column("坐席", "未定级的原因", 26, TEXT, lambda c: c.month.undecided or None),
        ],
    )
    row = sheet.next_row
    sheet.put(row, 0, title, SECTION, to=sheet.last)
    if not members:
        sheet.put(row + 1, 0, "月末没有组员", REMARK, to=sheet.last)
        return
    write_heads(sheet, row + 1, columns)
    first = row + 3
    for row, chapter in enumerate(members, start=first):
        write_line(sheet, row, columns, report.scorecard, chapter)
        if chapter.sheet is not None:
            sheet.link(row, 0, chapter.month.agent_name or "—", chapter.sheet, TEXT)
    colour(sheet, first, sheet.next_row - 1, columns, report.scorecard)
