"""奖惩建议: what the scorecard says should follow from the month; each without effect until a person signs it."""

from __future__ import annotations

from dataclasses import replace

from pipeline.month.workbook.report import MonthReport
from pipeline.month.workbook.sheet import COUNT, HEAD, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import month_title, person, trial_remark
from pipeline.scorecard import Scorecard

PROPOSALS = "奖惩建议"
REMARKS = "以下均为系统依标准提出的建议，只有经签字才生效；不同意的写明理由。未定级的坐席没有建议，须先人工复核。"
SIGNED = 34.0  # points: the height of a row in which somebody signs
COLUMNS = (
    ("序号", 5, COUNT),
    ("坐席", 14, TEXT),
    ("考核期", 9, MIDDLE),
    ("建议", 24, replace(TEXT, bold=True)),
    ("金额", 16, TEXT),
    ("证据", 42, TEXT),
    ("标准原文", 30, TEXT),
    ("同意／不同意", 13, MIDDLE),
    ("签字", 14, MIDDLE),
    ("日期", 11, MIDDLE),
)


def write_proposals(book: Book, report: MonthReport) -> None:
    """Write the list with room for signatures; nothing where nothing is proposed."""
    if not report.proposals:
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(PROPOSALS, widths)
    sheet.put(0, 0, f"{month_title(report.month)}　奖惩建议{trial_remark(report.closing)}", TITLE, to=sheet.last)
    sheet.put(1, 0, REMARKS, REMARK, to=sheet.last)
    sheet.line(2, heads, [HEAD] * len(heads))
    for number, proposal in enumerate(report.proposals, start=1):
        values = (
            number,
            person(proposal.agent_id, proposal.agent_name),
            proposal.month,
            proposal.title,
            proposal.pay or None,
            proposal.sentence,
            _standard(report.scorecard, proposal.consequence_id),
            "",
            "",
            "",
        )
        sheet.line(number + 2, values, styles, least=SIGNED)
    sheet.page.freeze_panes(3, 2)
    sheet.print_area(repeat=(2, 2))


def _standard(card: Scorecard, consequence_id: str) -> str | None:
    """The sentence of the document behind a consequence."""
    return next((each.standard for each in card.consequences if each.id == consequence_id), None) or None
