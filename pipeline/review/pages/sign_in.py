"""Signing in and out, and changing one's password; whoever guesses is slowed down."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.accounts import ACCOUNT_ID
from pipeline.review.desk import Desk
from pipeline.review.passwords import LEAST, check, hashed
from pipeline.review.templating import rendered
from pipeline.review.visit import COOKIE, Visit, allowed

router = APIRouter()

REMEMBERED = timedelta(minutes=15)
MOST_BY_NAME, MOST_BY_ADDRESS = 5, 30
"""Failed attempts within `REMEMBERED`, after which a name or an address has to wait."""

Text = Annotated[str, Form(max_length=256)]
There = Annotated[str, Query(max_length=2000)]


@router.get("/sign-in", name="sign_in")
def form(request: Request, next: There = "/") -> Response:
    """The form to sign in."""
    return _form(request, next)


@router.post("/sign-in")
def sign_in(request: Request, account: Text, password: Text, next: Text = "/") -> Response:
    """A new session, and on to where one wanted to go."""
    desk: Desk = request.app.state.desk
    address = request.client.host if request.client else ""
    name = account.strip()
    known = desk.store.account(name) if ACCOUNT_ID.fullmatch(name) else None
    by_name, by_address = desk.store.failures_since(datetime.now(UTC) - REMEMBERED, name, address)
    if by_name >= MOST_BY_NAME or by_address >= MOST_BY_ADDRESS:
        wait = f"尝试次数过多，请 {REMEMBERED.seconds // 60} 分钟后再试，或请管理员重设密码"
        return _form(request, next, wait, status=429)
    right, newer = check(password, desk.store.password_of(known.id) if known and known.active else None)
    if known is None or not right:
        desk.store.failed_sign_in(name[:64], address, REMEMBERED)
        return _form(request, next, "账号或密码不对", status=401)
    if newer is not None:
        desk.store.rehash(known.id, newer)
    return begun(request, desk, known.id, next)


def begun(request: Request, desk: Desk, account_id: str, there: str) -> Response:
    """A session of this account begun, and on to a page of this desk."""
    token = secrets.token_urlsafe(32)
    desk.store.open_session(token, account_id, desk.lasts)
    onward = RedirectResponse(_own(there), status_code=303)
    onward.set_cookie(
        COOKIE,
        token,
        max_age=int(desk.lasts.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return onward


@router.post("/sign-out")
def sign_out(visit: Annotated[Visit, Depends(allowed(None))]) -> Response:
    """The session ended."""
    visit.store.close_session(visit.token, visit.account.id)
    back = RedirectResponse("/sign-in", status_code=303)
    back.delete_cookie(COOKIE)
    return back


@router.get("/me")
def me(visit: Annotated[Visit, Depends(allowed(None))]) -> Response:
    """One's own account."""
    return visit.page("me.html", said="", wrong="", least=LEAST)


@router.post("/me/password")
def change_password(
    visit: Annotated[Visit, Depends(allowed(None))], password: Text, new: Text, again: Text
) -> Response:
    """A new password; other sessions of the account end, and this one begins anew."""
    wrong = ""
    if not check(password, visit.store.password_of(visit.account.id))[0]:
        wrong = "原密码不对"
    elif new != again:
        wrong = "两次输入的新密码不同"
    try:
        made = hashed(new)
    except ValueError as error:
        wrong = wrong or str(error)
    if wrong:
        return visit.page("me.html", 422, said="", wrong=wrong, least=LEAST)
    visit.store.save_account(visit.account, visit.account.id, made)
    return begun(visit.request, visit.desk, visit.account.id, "/me")


def _form(request: Request, there: str, wrong: str = "", status: int = 200) -> Response:
    return HTMLResponse(rendered("sign_in.html", request, next=_own(there), wrong=wrong), status_code=status)


def _own(there: str) -> str:
    r"""A page of this desk; the first one for an address elsewhere.

    Examples
    --------
    >>> _own("/queue?team=1"), _own("//evil.example"), _own("/\\evil.example"), _own("https://evil.example")
    ('/queue?team=1', '/', '/', '/')
    """
    is_own = there.startswith("/") and not there.startswith(("//", "/\\")) and there.isprintable()
    return there if is_own and "\\" not in there else "/"
