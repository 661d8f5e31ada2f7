"""A review desk in memory, and people of every post who are signed in to it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache

from fastapi.testclient import TestClient

from pipeline.access.accounts import Account, Post
from pipeline.desk import Desk, create_app
from pipeline.desk.passwords import hashed
from pipeline.desk.visit import COOKIE
from pipeline.store import Store

PASSWORD = "correct horse battery"
TEAM = "家政一组"

PEOPLE = {
    "lin": Account("lin", "林晓雯", Post.AGENT, agent_id="1001"),
    "zhao": Account("zhao", "赵强", Post.AGENT, agent_id="1002"),
    "sun": Account("sun", "孙丽", Post.TEAM_LEAD, team=TEAM),
    "wang": Account("wang", "王芳", Post.QA),
    "li": Account("li", "李娜", Post.QA),
    "chen": Account("chen", "陈主管", Post.QA_LEAD),
    "zhou": Account("zhou", "周数", Post.DATA_SCIENTIST),
    "admin": Account("admin", "管理员", Post.ADMIN),
}
"""One of every post, and a second one of those who could stand in each other's way."""


@cache
def _hashed() -> str:
    return hashed(PASSWORD)


def people(store: Store) -> None:
    """Make everybody's account; all have the same `PASSWORD`."""
    for account in PEOPLE.values():
        store.accounts.save(account, "test", _hashed())


def client(desk: Desk | Store, who: str = "", **headers: str) -> TestClient:
    """A browser at the desk, signed in as somebody of `PEOPLE`, or as nobody; redirections are not followed."""
    desk = desk if isinstance(desk, Desk) else Desk(desk)
    browser = TestClient(create_app(desk), follow_redirects=False, headers=headers, raise_server_exceptions=True)
    if who:
        token = secrets.token_urlsafe()
        desk.store.sessions.open(token, who, timedelta(hours=1))
        browser.cookies.set(COOKIE, token)
    return browser
