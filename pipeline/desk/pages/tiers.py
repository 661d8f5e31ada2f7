"""三层来源: what a month named, suspected and had judged, in sum or of one agent; a part of the month's pages.

Knows who may see it; what is counted is in `pipeline.month.tiers`.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from pipeline.access.accounts import Right, Scope
from pipeline.desk.page import Page
from pipeline.desk.pages.month import row_of
from pipeline.desk.parameters import Month, Name
from pipeline.desk.visit import Visitor
from pipeline.month.tiers import summed

router = APIRouter()
PAGE = Page(router, right=Right.SEE_MONTHS)


@router.get("/months/tiers")
def tiers(visit: Visitor, month: Month, standard: Name, agent: Name = "") -> Response:
    """The figures of a month by tier: of one agent, else of all whom the account sees; agents see none."""
    if visit.scope.agent_id is not None:
        visit.forbid(f"{standard} {month}"[:200], "疑似的数字")
    if agent:
        row_of(visit, month, standard, agent)
    shown = next(
        (c for c in visit.store.months.closings(visit.scope) if (c.month, c.standard) == (month, standard)), None
    )
    card = visit.desk.months.standard_of(standard, month) if visit.desk.months else visit.card(standard)
    if shown is None or card is None:
        visit.refuse("没有这个月份的成绩，或不在您的查看范围", 404)
    rows = visit.store.tiers.of_month(month, visit.titles, card, agent or None)
    if visit.scope != Scope() and not agent:
        seen = {row.agent_id for row in visit.store.months.ranking(shown.id, visit.scope)}
        rows = tuple(row for row in rows if row.agent_id in seen)
    return visit.page("month_tiers.html", rows=rows if agent else summed(rows), asked=shown, agent=agent)
