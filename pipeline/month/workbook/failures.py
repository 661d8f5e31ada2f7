"""失败与不可评: every call without points and why, so that all calls of the month are in the file."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.call import Status
from pipeline.month.assessment import UNASSIGNED, ScoredCall
from pipeline.month.workbook.sheet import COUNT, HEAD, INSTANT, LENGTH, MIDDLE, REMARK, TEXT, TITLE, Book
from pipeline.month.workbook.wording import reason

FAILURES = "失败与不可评"
COLUMNS = (
    ("序号", 6, COUNT),
    ("通话编号", 20, TEXT),
    ("工号", 9, MIDDLE),
    ("姓名", 10, TEXT),
    ("开始时间", 20, INSTANT),
    ("时长", 8, LENGTH),
    ("状态", 8, MIDDLE),
    ("原因", 16, TEXT),
    ("说明", 52, TEXT),
    ("录音", 20, TEXT),
)


def write_failures(book: Book, calls: Sequence[ScoredCall]) -> None:
    """Write every unscorable or failed call with its reason; nothing where all calls were scored."""
    left_out = [scored for scored in calls if scored.status is not Status.EVALUATED]
    if not left_out:
        return
    heads, widths, styles = zip(*COLUMNS, strict=True)
    sheet = book.sheet(FAILURES, widths)
    sheet.put(0, 0, "失败与不可评通话", TITLE, to=sheet.last)
    remark = f"本月 {len(calls)} 通中有 {len(left_out)} 通没有得分；既不得分也不扣分，逐通列出以便补救。"
    sheet.put(1, 0, remark, REMARK, to=sheet.last)
    sheet.line(2, heads, [HEAD] * len(heads))
    for number, scored in enumerate(left_out, start=1):
        call = scored.call
        values = (
            number,
            call.id,
            call.agent_id,
            call.agent_name if call.agent_id else UNASSIGNED,
            scored.started_at,
            None if scored.duration is None else scored.duration / 86_400,  # Excel counts in days
            scored.status.title,
            reason(scored),
            scored.problem,
            call.recording_name,
        )
        sheet.line(number + 2, values, styles)
    sheet.page.freeze_panes(3, 2)
    sheet.print_area(repeat=(2, 2))
