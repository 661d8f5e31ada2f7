"""Accounts: made, changed and closed by an administrator. Who changes rights hears no calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Account, Post, Right
from pipeline.desk.page import Page
from pipeline.desk.parameters import MOST_ID
from pipeline.desk.passwords import LEAST, hashed
from pipeline.desk.visit import Visit, Visitor
from pipeline.ids import one_id

router = APIRouter()
PAGE = Page(router, "/accounts", "账号", Right.KEEP_ACCOUNTS, landing=3)
Field = Annotated[str, Form(max_length=256)]


@router.get("/accounts")
def accounts(visit: Visitor) -> Response:
    """All accounts, and the form for a new one."""
    return _page(visit)


@router.post("/accounts")
def save(
    visit: Visitor,
    account: Field,
    name: Field,
    post: Annotated[Post, Form()],
    agent: Field = "",
    team: Field = "",
    password: Field = "",
) -> Response:
    """An account made or changed; its sessions end where its rights change."""
    before = visit.store.accounts.get(account) if len(account) <= MOST_ID else None
    try:
        made = Account(account, name.strip(), post, one_id(agent, "工号"), team.strip() or None)
        if before is None and not password:
            raise ValueError(f"新账号须有初始密码，至少 {LEAST} 个字符")
        kept = hashed(password) if password else None
    except ValueError as error:
        return _page(visit, str(error), status=422)
    if made.id == visit.account.id and made.post is not Post.ADMIN:
        return _page(visit, "不能取消自己的管理员岗位，请另一位管理员操作", status=422)
    visit.store.accounts.save(made, visit.account.id, kept)
    return RedirectResponse("/accounts", status_code=303)


@router.post("/accounts/{account}/close")
def close(visit: Visitor, account: str) -> Response:
    """The account closed: it can no longer sign in."""
    if account == visit.account.id:
        return _page(visit, "不能停用自己的账号，请另一位管理员操作", status=422)
    if len(account) > MOST_ID or visit.store.accounts.get(account) is None:
        visit.refuse(f"没有账号 {account[:MOST_ID]}", 404)
    visit.store.accounts.close(account, visit.account.id)
    return RedirectResponse("/accounts", status_code=303)


@router.post("/accounts/{account}/sessions/end")
def end_sessions(visit: Visitor, account: str) -> Response:
    """All sessions of the account ended."""
    if len(account) > MOST_ID or visit.store.accounts.get(account) is None:
        visit.refuse(f"没有账号 {account[:MOST_ID]}", 404)
    visit.store.sessions.revoke(account, visit.account.id)
    return RedirectResponse("/accounts", status_code=303)


def _page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    return visit.page(
        "accounts.html",
        status,
        accounts=visit.store.accounts.all(),
        teams=visit.store.roster.teams(),
        posts=tuple(Post),
        wrong=wrong,
        least=LEAST,
    )
