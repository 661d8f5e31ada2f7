"""Signing in and out, and changing one's password; whoever guesses is slowed down."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pipeline.access.accounts import ACCOUNT_ID
from pipeline.access.audit import Action, Note
from pipeline.desk import oidc
from pipeline.desk.desk import Desk
from pipeline.desk.environment import rendered
from pipeline.desk.page import Page
from pipeline.desk.passwords import LEAST, check, hashed
from pipeline.desk.visit import COOKIE, Visitor

router = APIRouter()
PAGE = Page(router, is_public=True)

REMEMBERED = timedelta(minutes=15)
MOST_BY_NAME, MOST_BY_ADDRESS = 5, 30
"""Failed attempts within `REMEMBERED`, after which a name or an address has to wait."""
WAIT = f"尝试次数过多，请 {REMEMBERED.seconds // 60} 分钟后再试，或请管理员重设密码"

JOURNEY = "callqa_journey"

_checking = threading.Lock()
"""Passwords are checked one at a time: guesses sent all at once are counted like others; a hash takes 64 MiB."""

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
    name = account.strip()
    known = desk.store.accounts.get(name) if ACCOUNT_ID.fullmatch(name) else None
    right, newer = _checked(request, name, password, known.id if known and known.active else None)
    if right is None:
        return _form(request, next, WAIT, status=429)
    if known is None or not right:
        return _form(request, next, "账号或密码不对", status=401)
    if newer is not None:
        desk.store.accounts.rehash(known.id, newer)
    return begun(request, desk, known.id, next)


def _checked(request: Request, name: str, password: str, account_id: str | None) -> tuple[bool | None, str | None]:
    """Whether it is the account's password, and its newer hash if it needs one; None for who has to wait."""
    store, address = request.app.state.desk.store, request.client.host if request.client else ""
    with _checking:
        by_name, by_address = store.sessions.failures_since(datetime.now(UTC) - REMEMBERED, name[:64], address)
        if by_name >= MOST_BY_NAME or by_address >= MOST_BY_ADDRESS:
            return None, None
        right, newer = check(password, store.accounts.password(account_id) if account_id else None)
        if not right:
            store.sessions.note_failure(name[:64], address, REMEMBERED)
    return right, newer


@router.get("/sign-in/elsewhere")
def elsewhere(request: Request, next: There = "/") -> Response:
    """On to the identity provider."""
    provider = _provider(request)
    journey = oidc.Journey.begun()
    away = RedirectResponse(oidc.authorization(provider, journey, _back(request)), status_code=303)
    luggage = json.dumps([journey.state, journey.nonce, journey.verifier, _own(next)])
    away.set_cookie(
        JOURNEY,
        base64.urlsafe_b64encode(luggage.encode()).decode(),
        max_age=600,
        path="/sign-in",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return away


@router.get("/sign-in/back")
def back(request: Request, state: There = "", code: There = "") -> Response:
    """A new session for the account that the provider names, if there is one and it may sign in."""
    provider, desk = _provider(request), request.app.state.desk
    try:
        *kept, there = json.loads(base64.urlsafe_b64decode(request.cookies.get(JOURNEY, "")))
        journey = oidc.Journey(*map(str, kept))
    except (ValueError, TypeError, RecursionError):
        return _form(request, "/", "登录已超时，请重新开始", status=400)
    if not code or not secrets.compare_digest(state.encode(), journey.state.encode()):
        return _form(request, "/", "登录没有完成，请重新开始", status=400)
    name = oidc.identity(provider, journey, _back(request), code)
    account = desk.store.accounts.get(name) if ACCOUNT_ID.fullmatch(name) else None
    if account is None or not account.active:
        desk.store.audit.append(Note(name[:64], Action.SIGN_IN_FAILED, name[:64]))
        return _form(request, "/", "您在本系统还没有账号，请联系管理员开通", status=403)
    onward = begun(request, desk, account.id, str(there))
    onward.delete_cookie(JOURNEY, path="/sign-in")
    return onward


def _provider(request: Request) -> oidc.Provider:
    desk: Desk = request.app.state.desk
    if desk.provider is None:
        raise HTTPException(404)
    return desk.provider


def _back(request: Request) -> str:
    return str(request.url_for("back"))


def begun(request: Request, desk: Desk, account_id: str, there: str) -> Response:
    """A session of this account begun, and on to a page of this desk."""
    token = secrets.token_urlsafe(32)
    desk.store.sessions.open(token, account_id, desk.lasts)
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
def sign_out(visit: Visitor) -> Response:
    """The session ended."""
    visit.store.sessions.close(visit.token, visit.account.id)
    back = RedirectResponse("/sign-in", status_code=303)
    back.delete_cookie(COOKIE)
    return back


@router.get("/me")
def me(visit: Visitor) -> Response:
    """One's own account."""
    return visit.page("me.html", said="", wrong="", least=LEAST)


@router.post("/me/password")
def change_password(visit: Visitor, password: Text, new: Text, again: Text) -> Response:
    """A new password; other sessions of the account end, and this one begins anew."""
    wrong, own = "", visit.account.id
    right, _ = _checked(visit.request, own, password, own)  # whoever found a desk unlocked guesses no faster
    if right is None:
        wrong = WAIT
    elif not right:
        wrong = "原密码不对"
    elif new != again:
        wrong = "两次输入的新密码不同"
    try:
        made = hashed(new)
    except ValueError as error:
        wrong = wrong or str(error)
    if wrong:
        return visit.page("me.html", 422, said="", wrong=wrong, least=LEAST)
    visit.store.accounts.change_password(own, made)
    return begun(visit.request, visit.desk, own, "/me")


def _form(request: Request, there: str, wrong: str = "", status: int = 200) -> Response:
    has_provider = request.app.state.desk.provider is not None
    values = {"next": _own(there), "wrong": wrong, "has_provider": has_provider}
    return HTMLResponse(rendered("sign_in.html", request, **values), status_code=status)


def _own(there: str) -> str:
    r"""A page of this desk; the first one for an address elsewhere.

    Examples
    --------
    >>> _own("/queue?team=1"), _own("//evil.example"), _own("/\\evil.example"), _own("https://evil.example")
    ('/queue?team=1', '/', '/', '/')
    """
    is_own = there.startswith("/") and not there.startswith(("//", "/\\")) and there.isprintable()
    return there if is_own and "\\" not in there else "/"
