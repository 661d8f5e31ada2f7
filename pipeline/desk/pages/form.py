"""Forms to be printed: of a call and of an agent's month, as a page for A4 or as a file of Excel or Word.

Knows who may print what: whoever may see the page that a form hangs on, with the same names left out.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Action, Note
from pipeline.desk.addresses import CallId, call_address
from pipeline.desk.page import Page
from pipeline.desk.pages.month import XLSX, address, port_of, row_of
from pipeline.desk.parameters import Month, Name
from pipeline.desk.visit import Visit, allowed
from pipeline.form.call import call_form
from pipeline.form.excel import call_workbook, month_workbook
from pipeline.form.month import month_form
from pipeline.form.word import form_document

router = APIRouter()
PAGE = Page(router, right=(Right.SEE_CALLS, Right.SEE_MONTHS))
CallReader = Annotated[Visit, Depends(allowed(Right.SEE_CALLS))]
MonthReader = Annotated[Visit, Depends(allowed(Right.SEE_MONTHS))]
Wanted: TypeAlias = Annotated[Literal["", "xlsx", "docx"], Query(alias="as")]
"""The file that is asked for; empty for a page to be printed."""
FILES = {
    "xlsx": ("Excel", XLSX),
    "docx": ("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
"""What a file is called, and its media type, by its ending."""


@router.get("/calls/{call_id}/form")
def form_of_call(visit: CallReader, call_id: CallId, wanted: Wanted = "") -> Response:
    """The form of a call by the standard that judged it, people's answers included."""
    result = visit.call(call_id)
    card = visit.card_of(result)
    if card is None:
        judged = result.evaluation
        visit.refuse(f"评分表 {judged.scorecard} 不在手边，不能打印" if judged else "这通电话没有评分", 404)
    acts = visit.store.answers.standing([call_id]).get(call_id, ())
    _, team = visit.store.calls.whose(call_id) or (None, None)

    def called(account: str) -> str:
        return visit.who(account, card.name, visit.called(account))

    form = call_form(card, result, acts, team or "", called).read_by(lambda said: visit.shown(said, card.name))
    if wanted:
        content = call_workbook(form) if wanted == "xlsx" else form_document(form)
        return _file(visit, content, call_id, f"{call_id}-{card.name}.{wanted}")
    visit.store.audit.append(Note(visit.account.id, Action.READ, call_id, None, {"form": card.name}))
    return visit.page(
        "form.html",
        form=form,
        back=call_address(call_id),
        files=_files(f"{call_address(call_id)}/form", "xlsx", "docx"),
    )


@router.get("/months/agent/form")
def form_of_month(visit: MonthReader, month: Month, standard: Name, agent: Name, wanted: Wanted = "") -> Response:
    """The form of an agent's month as it is kept: closed, or the last trial."""
    shown, _ = row_of(visit, month, standard, agent)
    if visit.store.calibrations.blind_calls(visit.account.id, month):
        visit.refuse("您正在盲评这个月的通话，考核表里有它们的评分：校准结束后再打印", 403)
    report, chapter = port_of(visit).form(month, standard, agent)
    about = f"{standard} {month} {agent}"
    sheets = visit.names_assessors(standard)  # the list of calls on the sheet tells who judged them
    if wanted == "xlsx":
        if not sheets:
            visit.forbid(about, "导出考核表的工作表")
        return _file(visit, month_workbook(report, chapter), about, f"{month}-{standard}-{agent}.xlsx")
    form = month_form(report, chapter).read_by(lambda said: visit.shown(said, standard))
    if wanted == "docx":
        return _file(visit, form_document(form), about, f"{month}-{standard}-{agent}.docx")
    visit.store.audit.append(Note(visit.account.id, Action.EXPORT, about, None, {"form": "print"}))
    back = address("/months/agent", shown, agent=agent)
    files = _files(address("/months/agent/form", shown, agent=agent), *(("xlsx",) if sheets else ()), "docx")
    return visit.page("form.html", form=form, back=back, files=files)


def _file(visit: Visit, content: bytes, about: str, name: str) -> Response:
    visit.store.audit.append(Note(visit.account.id, Action.EXPORT, about, None, {"form": name}))
    ending = name.rpartition(".")[2]
    plain = f'attachment; filename="form.{ending}"'
    headers = {"Content-Disposition": f"{plain}; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=FILES[ending][1], headers=headers)


def _files(page: str, *endings: str) -> tuple[tuple[str, str], ...]:
    """The files of a form that is shown at `page`: what each is called, and its address."""
    return tuple((FILES[ending][0], f"{page}{'&' if '?' in page else '?'}as={ending}") for ending in endings)
