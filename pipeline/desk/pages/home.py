"""The first page after signing in: where the account's day begins."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from pipeline.desk.page import Page
from pipeline.desk.visit import Visitor

router = APIRouter()
PAGE = Page(router)


@router.get("/")
def home(visit: Visitor) -> Response:
    """On to the page on which the account lands; to its own account where there is none."""
    pages = {page.landing: page.path for page in visit.navigation if page.landing is not None}
    return RedirectResponse(pages[min(pages)] or "/me" if pages else "/me", status_code=303)
