"""The first page after signing in: where the account's day begins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right
from pipeline.desk.visit import Visit, allowed

router = APIRouter()

BEGINS = ((Right.REVIEW, "/queue"), (Right.DISPUTE, "/mine"), (Right.KEEP_ACCOUNTS, "/accounts"))
"""Where the day of who has this right begins; elsewhere with the rules."""


@router.get("/")
def home(visit: Annotated[Visit, Depends(allowed(None))]) -> Response:
    """On to the page on which the account works."""
    there = next((path for right, path in BEGINS if visit.can(right)), "/rules")
    return RedirectResponse(there, status_code=303)
