"""人机差异: how often people overturned the machine, by item, agent, assessor and month, and in which calls.

Knows what is shown and linked; how it is counted is in `pipeline.month.overrides`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.desk.forest import Figure, forest_of
from pipeline.desk.page import Page
from pipeline.desk.pages.month import XLSX, port_of
from pipeline.desk.parameters import MaybeMonth, Name
from pipeline.desk.visit import Visit, Visitor
from pipeline.month.overrides import Override, OverrideRate, OverridesReport, by_month, rates
from pipeline.month.workbook.checks import CheckReport, title
from pipeline.month.workbook.wording import month_title

router = APIRouter()
PAGE = Page(router, "/overrides", "人机差异", Right.SEE_CHECKS)

By = Literal["item", "agent", "assessor"]
GROUPS: dict[By, str] = {"item": "评分项", "agent": "坐席", "assessor": "评定人"}
KEYS: dict[By, Callable[[Override], str]] = {
    "item": lambda each: each.criterion_id,
    "agent": lambda each: each.agent_id or "",
    "assessor": lambda each: each.by,
}
Only = Literal["", "overturned", "raised", "lowered"]
ONLY: dict[Only, str] = {
    "": "评定过的",
    "overturned": "改判的",
    "raised": "改判后加分的",
    "lowered": "改判后减分的",
}
Ending = Annotated[Literal["csv", "xlsx"], Query()]
LISTED = 200
"""Calls shown at most."""


@router.get("/overrides")
def overrides(visit: Visitor, month: MaybeMonth = "", standard: Name = "", item: Name = "") -> Response:
    """The rates of a month, of all items or of one; each figure leads to its calls."""
    month, standard = chosen(visit, month, standard)
    report = port_of(visit).overrides(month, standard)
    own = [each for each in report.calls if item in ("", each.criterion_id)]
    months = by_month(each for each in report.history if item in ("", each.criterion_id))
    total = next(iter(rates(own, lambda _: "")), None)
    return visit.page(
        "overrides.html",
        report=report,
        total=total,
        groups=[(by, name, rates(own, KEYS[by])) for by, name in GROUPS.items() if not (item and by == "item")],
        months=months,
        by_item=forest_of(list(_figures(report, rates(own, KEYS["item"])))),
        over_time=forest_of(list(_figures(report, months))) if len(months) > 1 else None,
        items=sorted({(rate.about, report.titles.get(rate.about, rate.about)) for rate in report.items}),
        item=item,
        **choices(visit, month, standard),
        calls_of=lambda by, about, only="": _calls_address(report, item, by, about, only),
    )


@router.get("/overrides/calls")
def overridden(
    visit: Visitor,
    month: MaybeMonth,
    standard: Name,
    by: By | Literal[""] = "",
    about: Name = "",
    only: Only = "",
    item: Name = "",
) -> Response:
    """The calls behind a figure: what people said of which item, and what it changed."""
    month, standard = chosen(visit, month, standard)
    report = port_of(visit).overrides(month, standard)
    found = [each for each in report.calls if item in ("", each.criterion_id) and _is(each, only)]
    if by:
        found = [each for each in found if KEYS[by](each) == about]
    return visit.page(
        "overrides_calls.html",
        report=report,
        calls=found[:LISTED],
        num_calls=len(found),
        told=f"{GROUPS[by]} {report.titles.get(about, about) or '未分配'}" if by else "全部",
        only=ONLY[only],
        back=f"/overrides?{urlencode({'month': month, 'standard': standard, 'item': item})}",
        month_title=month_title,
    )


@router.get("/overrides/export")
def export(visit: Visitor, month: MaybeMonth, standard: Name, ending: Ending = "xlsx") -> Response:
    """The rows as a file, as ``callqa export overrides`` writes them."""
    month, standard = chosen(visit, month, standard)
    return file_of(visit, port_of(visit).overrides(month, standard), ending)


def chosen(visit: Visit, month: str, standard: str) -> tuple[str, str]:
    """The month and standard that are asked for; what was closed or tried last, where nothing is said.

    Somebody who scores a call of the month blind is refused: its figures would tell.
    """
    known = visit.store.months.closings(visit.scope)
    last = max((c for c in known if standard in ("", c.standard)), key=lambda c: (c.month, c.id), default=None)
    month = month or (last.month if last else f"{visit.desk.now().astimezone(SHANGHAI):%Y-%m}")
    if visit.store.calibrations.blind_calls(visit.account.id, month):
        visit.refuse("您正在盲评这个月的通话，这里有它们的评分：校准结束后再看", 403)
    return month, standard or (last.standard if last else "kf01")


def choices(visit: Visit, month: str, standard: str) -> dict[str, Any]:
    """What may be chosen instead, for the form above."""
    cards = {card.name: card.title for card in port_of(visit).standards()}
    return {"month": month, "standard": standard, "cards": cards, "month_title": month_title}


def file_of(visit: Visit, report: CheckReport, ending: str) -> Response:
    """A report to be saved; noted in the log."""
    content = port_of(visit).check_file(report, f".{ending}")
    about = f"{title(report)} {report.standard} {report.month}"
    visit.store.audit.append(Note(visit.account.id, Action.EXPORT, about, None, {"bytes": len(content)}))
    name = quote(f"{report.month}-{report.standard}-{title(report)}.{ending}")
    headers = {"Content-Disposition": f"attachment; filename=\"check.{ending}\"; filename*=UTF-8''{name}"}
    media = XLSX if ending == "xlsx" else "text/csv; charset=utf-8"
    return Response(content, media_type=media, headers=headers)


def _figures(report: OverridesReport, found: tuple[OverrideRate, ...]) -> Iterator[Figure]:
    for each in found:
        name = report.titles.get(each.about, each.about)
        yield Figure(name, 100 * each.rate, 100 * each.low, 100 * each.high)


def _is(each: Override, only: Only) -> bool:
    points = each.points or 0.0
    signs = {"": True, "overturned": True, "raised": points > 0, "lowered": points < 0}
    return signs[only] and (each.overturned or not only)


def _calls_address(report: OverridesReport, item: str, by: str, about: str, only: str) -> str:
    asked = {
        "month": report.month,
        "standard": report.standard,
        "by": by,
        "about": about,
        "only": only,
        "item": item,
    }
    return f"/overrides/calls?{urlencode({name: value for name, value in asked.items() if value})}"
