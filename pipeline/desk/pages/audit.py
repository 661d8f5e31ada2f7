"""The audit log, newest first, and whether its chain holds."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Action, first_break
from pipeline.desk.page import Page
from pipeline.desk.visit import Visitor

router = APIRouter()
PAGE = Page(router, "/audit", "审计", Right.SEE_AUDIT)
Wanted = Annotated[str, Query(max_length=255)]

LINES = 100


@router.get("/audit")
def audit(
    visit: Visitor,
    about: Wanted = "",
    by: Wanted = "",
    action: Wanted = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The last lines about something, by somebody, or all."""
    lines = visit.store.audit.newest(about.strip(), by.strip(), action, before, LINES + 1)
    return visit.page(
        "audit.html",
        lines=lines[:LINES],
        older=lines[LINES - 1].id if len(lines) > LINES else None,
        asked={"about": about, "by": by, "action": action},
        actions=tuple(Action),
        blind=visit.blind_calls,
    )


@router.post("/audit/verify")
def verify(visit: Visitor) -> Response:
    """Whether every line still hangs on the one before."""
    return visit.page("audit_verified.html", broken=first_break(visit.store.audit.lines()))
