"""公平性: whether points of a month follow the line, the queue, the hour or the length, and in which calls.

Knows what is shown and linked; what is compared is in `pipeline.month.fairness`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.desk.forest import Figure, forest_of
from pipeline.desk.page import Page
from pipeline.desk.pages.month import port_of
from pipeline.desk.pages.overrides import Ending, choices, chosen, file_of
from pipeline.desk.parameters import MaybeMonth, Name
from pipeline.desk.visit import Visitor
from pipeline.month.fairness import Following, Subject
from pipeline.month.workbook.checks import SUBJECTS, state

router = APIRouter()
PAGE = Page(router, "/fairness", "公平性", Right.SEE_CHECKS)

DRAWN = 15
"""Comparisons in the picture: those found, then the clearest."""
LISTED = 100
"""Calls shown of each end at most."""
Better = Annotated[str, Query(max_length=300)]


@router.get("/fairness")
def fairness(
    visit: Visitor,
    month: MaybeMonth = "",
    standard: Name = "",
    item: Name = "",
    subject: Subject | Literal[""] = "",
) -> Response:
    """The comparisons of a month, those that follow first; each leads to the calls at its two ends."""
    month, standard = chosen(visit, month, standard)
    report = port_of(visit).fairness(month, standard)
    rows = [row for row in report.rows if subject in ("", row.subject) and (not item or row.id == item)]
    figures = [_figure(row) for row in rows[:DRAWN]]
    return visit.page(
        "fairness.html",
        report=report,
        rows=rows,
        found=[row for row in report.found if row in rows],
        forest=forest_of(figures, "%"),
        num_drawn=len(figures),
        items=sorted({(row.id, row.title) for row in report.rows if row.subject == "item"}),
        item=item,
        subject=subject,
        subjects=SUBJECTS,
        state=lambda row: state(found=row.found, of_line=row.of_line),
        calls_of=lambda row: _calls_address(month, standard, row),
        **choices(visit, month, standard),
    )


@router.get("/fairness/calls")
def ends(
    visit: Visitor, month: MaybeMonth, standard: Name, subject: Subject, better: Better, id: Name = ""
) -> Response:
    """The calls at the worse and at the better end of one comparison, those with the fewest points first."""
    month, standard = chosen(visit, month, standard)
    report = port_of(visit).ends(month, standard, (subject, id, better))
    if report is None:
        visit.refuse("这个月没有这一组比较", 404)
    sides = [(report.worse, report.at_worse), (report.better, report.at_better)]
    card = visit.desk.months.standard_of(standard, month) if visit.desk.months else None
    titles = {criterion.id: criterion.title for criterion in card.criteria} if card else {}
    return visit.page(
        "fairness_calls.html",
        sides=[(name, sorted(calls, key=lambda each: (each.points, each.call_id))) for name, calls in sides],
        listed=LISTED,
        told=f"{SUBJECTS[subject]} {titles.get(id, id)}",
        possible="此项得分" if subject == "item" else "每通总分",
        back=f"/fairness?{urlencode({'month': month, 'standard': standard})}",
        **choices(visit, month, standard),
    )


@router.get("/fairness/export")
def export(visit: Visitor, month: MaybeMonth, standard: Name, ending: Ending = "xlsx") -> Response:
    """The rows as a file, as ``callqa export fairness`` writes them."""
    month, standard = chosen(visit, month, standard)
    return file_of(visit, port_of(visit).fairness(month, standard), ending)


def _figure(row: Following) -> Figure:
    """The difference in percent of what can be had, so that items and totals stand on one axis."""
    share = 100 / (row.possible or 1.0)
    return Figure(f"{row.title}·{row.better}", share * row.points, share * row.low, share * row.high, row.found)


def _calls_address(month: str, standard: str, row: Following) -> str:
    asked = {"month": month, "standard": standard, "subject": row.subject, "id": row.id, "better": row.better}
    return f"/fairness/calls?{urlencode(asked)}"
