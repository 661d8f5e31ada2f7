"""Accounts of the review desk on the command line, and the audit log held against itself."""

from __future__ import annotations

from dataclasses import replace

from rich.table import Table
from rich.text import Text

from pipeline.access.accounts import POSTS, Account, Post
from pipeline.access.audit import Break, first_break
from pipeline.desk.passwords import hashed
from pipeline.errors import ConfigurationError
from pipeline.store import Store

BY = "callqa"
"""Who changes accounts on the command line: whoever may run it, which the operating system knows."""


def add_user(store_url: str, account: str, name: str, post: str, agent: str, team: str, password: str) -> Account:
    """The account made.

    Raises
    ------
    ConfigurationError
        If it is there already, or something is missing or wrong; says what.
    """
    with Store.open(store_url) as store:
        if store.account(account) is not None:
            raise ConfigurationError(f"账号 {account} 已存在；修改用 callqa user change {account}")
        try:
            made = Account(account, name, Post(post), agent or None, team or None)
            store.save_account(made, BY, hashed(password))
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return made


def change_user(
    store_url: str, account: str, name: str, post: str, agent: str, team: str, password: str
) -> Account:
    """The account with what was given changed; its sessions end where rights or password change.

    Raises
    ------
    ConfigurationError
        If there is none, or it lacks something.
    """
    with Store.open(store_url, create=False) as store:
        before = _known(store, account)
        try:
            then = Post(post) if post else before.post
            after = replace(
                before,
                name=name or before.name,
                post=then,
                agent_id=(agent or before.agent_id) if then is Post.AGENT else None,
                team=(team or before.team) if then is Post.TEAM_LEAD else None,
                active=True,
            )
            store.save_account(after, BY, hashed(password) if password else None)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
    return after


def close_user(store_url: str, account: str) -> None:
    """Close an account: it can no longer sign in, and what it did keeps its name."""
    with Store.open(store_url, create=False) as store:
        _known(store, account)
        store.close_account(account, BY)


def users_table(store_url: str) -> Table:
    """Every account, with its post and how far it sees."""
    table = Table("账号", "姓名", "岗位", "范围", "状态")
    with Store.open(store_url, create=False) as store:
        for each in store.accounts():
            seen = each.team or each.agent_id or "全部"
            state = "启用" if each.active else "停用"
            table.add_row(each.id, Text(each.name), POSTS[each.post], Text(seen), state)
    return table


def verified(store_url: str, last: str) -> tuple[int, str, Break | None]:
    """How many lines the audit log has, the hash of the last, and where its chain breaks.

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
        broken = first_break(store.audit_lines(), known)
        for line in store.newest_audit_lines(limit=1):
            count, newest = line.id, line.hash
    return count, newest, broken


def _known(store: Store, account: str) -> Account:
    known = store.account(account)
    if known is None:
        raise ConfigurationError(f"没有账号 {account}；callqa user list 列出全部账号")
    return known
