"""Accounts of the review desk on the command line, and the audit log held against itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from pipeline.access.accounts import Account, Post
from pipeline.access.audit import Break, first_break
from pipeline.desk.passwords import hashed
from pipeline.errors import ConfigurationError
from pipeline.ids import one_id
from pipeline.store import Store

BY = "callqa"
"""Who changes accounts on the command line: whoever may run it, which the operating system knows."""


@dataclass(frozen=True, slots=True)
class AccountForm:
    """An account as it is typed on the command line; what is empty is not said.

    Parameters
    ----------
    agent, team : str
        Whose calls a post of agent has for its own; the team that a team leader sees.
    """

    account: str
    name: str = ""
    post: str = ""
    agent: str = ""
    team: str = ""


def add_user(store_url: str, form: AccountForm, password: str) -> Account:
    """A new account, made of a form.

    Raises
    ------
    ConfigurationError
        If it is there already, or something is missing or wrong; says what.
    """
    with Store.open(store_url) as store:
        if store.accounts.get(form.account) is not None:
            raise ConfigurationError(f"账号 {form.account} 已存在；修改用 callqa user change {form.account}")
        try:
            made = Account(form.account, form.name, Post(form.post), one_id(form.agent, "工号"), form.team or None)
            store.accounts.save(made, BY, hashed(password))
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return made


def change_user(store_url: str, form: AccountForm, password: str) -> Account:
    """The account changed as a form says; its sessions end where rights or password change.

    Raises
    ------
    ConfigurationError
        If there is none, or it lacks something.
    """
    with Store.open(store_url, create=False) as store:
        before = _known(store, form.account)
        try:
            post = Post(form.post) if form.post else before.post
            after = replace(
                before,
                name=form.name or before.name,
                post=post,
                agent_id=(one_id(form.agent, "工号") or before.agent_id) if post is Post.AGENT else None,
                team=(form.team or before.team) if post is Post.TEAM_LEAD else None,
                active=True,
            )
            store.accounts.save(after, BY, hashed(password) if password else None)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return after


def close_user(store_url: str, account: str) -> None:
    """Close an account: it can no longer sign in, and what it did keeps its name."""
    with Store.open(store_url, create=False) as store:
        _known(store, account)
        store.accounts.close(account, BY)


def users_table(store_url: str) -> Table:
    """Every account as a table: post, team or agent that it sees, state."""
    table = Table("账号", "姓名", "岗位", "范围", "状态")
    with Store.open(store_url, create=False) as store:
        for each in store.accounts.all():
            scope = each.team or each.agent_id or "全部"
            state = "启用" if each.active else "停用"
            table.add_row(each.id, Text(each.name), each.post.title, Text(scope), state)
    return table


def verify_audit(store_url: str, last: str) -> tuple[int, str, Break | None]:
    """Number of lines of the audit log, hash of the last one, and the place where its chain breaks, if it does.

    Parameters
    ----------
    last : str
        A line as it was noted elsewhere, ``ID:HASH``; empty for none.

    Raises
    ------
    ConfigurationError
        If `last` is not written so.
    """
    known = None
    if last:
        id, _, hash = last.partition(":")
        if not id.isdecimal() or not hash:
            raise ConfigurationError(f"--last {last!r}: write it as this command printed it, ID:HASH")
        known = (int(id), hash)
    count, newest = 0, ""
    with Store.open(store_url, create=False) as store:
        broken = first_break(store.audit.lines(), known)
        for line in store.audit.newest(limit=1):
            count, newest = line.id, line.hash
    return count, newest, broken


def _known(store: Store, account: str) -> Account:
    known = store.accounts.get(account)
    if known is None:
        raise ConfigurationError(f"没有账号 {account}；callqa user list 列出全部账号")
    return known
