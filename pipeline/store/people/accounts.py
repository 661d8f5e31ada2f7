"""Accounts, and their sessions.

Knows rows and instants; not how a password is hashed, nor what a post may do (`pipeline.access.accounts`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Named,
    Table,
    TypedColumns,
    delete,
    func,
    insert,
    select,
    update,
)

from pipeline.access.accounts import Account, Post
from pipeline.access.audit import Action, Note
from pipeline.errors import StoreError
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, Values, metadata

SEEN_EVERY = timedelta(minutes=1)
"""A session's last use is written no more often than this: a page is a read, and should cost no write."""


class AccountColumns(TypedColumns):
    """One row an account; its password as a hash (argon2id), NULL for one that signs in elsewhere (OIDC)."""

    id: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    post: Named[str] = Column(Text)
    agent_id: Named[str | None] = Column(Text)
    team: Named[str | None] = Column(Text)
    active: Named[bool]
    password: Named[str | None] = Column(Text)
    created_at: Named[datetime] = Column(Instant)


class SessionColumns(TypedColumns):
    """One row a session, by the sha256 of its token: who reads the table cannot become anybody."""

    id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text, ForeignKey("accounts.id"), index=True)
    created_at: Named[datetime] = Column(Instant)
    seen_at: Named[datetime] = Column(Instant)
    expires_at: Named[datetime] = Column(Instant)
    revoked_at: Named[datetime | None] = Column(Instant)


class SignInColumns(TypedColumns):
    """One row a failed attempt to sign in, kept as long as it counts."""

    id: Named[int] = Column(primary_key=True)
    name: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant, index=True)


accounts = Table("accounts", metadata, AccountColumns)
sessions = Table("sessions", metadata, SessionColumns)
failed_sign_ins = Table(
    "failed_sign_ins", metadata, SignInColumns, Index("ix_failed_sign_ins_name_at", "name", "at")
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of people."""

    engine: Engine

    def save(self, account: Account, by: str, password: str | None = None) -> None:
        """Make an account or change one; where post, scope or password change, its sessions end.

        Parameters
        ----------
        password : str | None
            Its hash; None leaves the one that is there.
        """
        with writing_alone(self.engine, "audit") as connection:
            row = connection.execute(select(accounts).where(accounts.c.id == account.id)).one_or_none()
            values = _account_values(account)
            if password is not None:
                values["password"] = password
                connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.name == account.id))
            if row is None:
                connection.execute(insert(accounts).values(values | {"created_at": datetime.now(UTC)}))
            else:
                connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
                if password is not None or _account_values(_to_account(row)) != _account_values(account):
                    _revoke(connection, account.id)
            old = _told(_to_account(row)) if row is not None else None
            new = _told(account) | ({"password": "changed"} if password is not None else {})
            noted(connection, Note(by, Action.ACCOUNT, account.id, old, new))

    def get(self, id: str) -> Account | None:
        """The account; None where there is none."""
        with reading(self.engine) as connection:
            row = connection.execute(select(accounts).where(accounts.c.id == id)).one_or_none()
        return None if row is None else _to_account(row)

    def all(self) -> tuple[Account, ...]:
        """All accounts, by id."""
        with reading(self.engine) as connection:
            return tuple(_to_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.id)))

    def password(self, id: str) -> str | None:
        """The hash of an account's password; None without one."""
        with reading(self.engine) as connection:
            return connection.scalar(select(accounts.c.password).where(accounts.c.id == id))

    def change_password(self, id: str, password: str) -> None:
        """Keep the hash of a new password that the account's own person chose; all its sessions end."""
        with writing_alone(self.engine, "audit") as connection:
            connection.execute(update(accounts).where(accounts.c.id == id).values(password=password))
            _revoke(connection, id)
            noted(connection, Note(id, Action.ACCOUNT, id, None, {"password": "changed"}))

    def rehash(self, id: str, password: str) -> None:
        """Keep the same password under a newer kind of hash; nobody is signed out."""
        with writing(self.engine) as connection:
            connection.execute(update(accounts).where(accounts.c.id == id).values(password=password))

    def close(self, id: str, by: str) -> Account:
        """The account, closed: it cannot sign in until it is saved anew, and what it did keeps its name.

        Raises
        ------
        StoreError
            If there is no such account.
        """
        account = self.get(id)
        if account is None:
            raise StoreError(f"没有账号 {id}；callqa user list 列出全部账号")
        closed = replace(account, active=False)
        self.save(closed, by)
        return closed


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of accounts, and the attempts to sign in that failed."""

    engine: Engine

    def open(self, token: str, account_id: str, lasts: timedelta) -> None:
        """Begin a session; its token is kept as a hash only."""
        now = datetime.now(UTC)
        with writing_alone(self.engine, "audit") as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < now - timedelta(days=30)))
            values = {"id": _key(token), "account_id": account_id, "created_at": now, "seen_at": now}
            connection.execute(insert(sessions).values(values | {"expires_at": now + lasts}))
            connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.name == account_id))
            noted(connection, Note(account_id, Action.SIGN_IN, account_id))

    def account(self, token: str, idle: timedelta) -> Account | None:
        """The account of a session's token; None for one that ended, was revoked, or was not used for `idle`."""
        now = datetime.now(UTC)
        s = sessions.c
        query = (
            select(accounts, s.seen_at)
            .join(accounts, accounts.c.id == s.account_id)
            .where(s.id == _key(token), s.revoked_at.is_(None), s.expires_at > now, s.seen_at > now - idle)
            .where(accounts.c.active)
        )
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if now - row.seen_at > SEEN_EVERY:
            with writing(self.engine) as connection:
                connection.execute(update(sessions).where(s.id == _key(token)).values(seen_at=now))
        return _to_account(row)

    def close(self, token: str, by: str) -> None:
        """End a session: somebody signed out."""
        with writing_alone(self.engine, "audit") as connection:
            connection.execute(
                update(sessions).where(sessions.c.id == _key(token)).values(revoked_at=datetime.now(UTC))
            )
            noted(connection, Note(by, Action.SIGN_OUT, by))

    def revoke(self, account_id: str, by: str) -> int:
        """End all sessions of an account; returns how many there were."""
        with writing_alone(self.engine, "audit") as connection:
            ended = _revoke(connection, account_id)
            noted(connection, Note(by, Action.ACCOUNT, account_id, None, {"sessions_ended": ended}))
        return ended

    def note_failure(self, name: str, address: str, remembered: timedelta) -> None:
        """Note an attempt that failed; older ones are forgotten."""
        now = datetime.now(UTC)
        with writing_alone(self.engine, "audit") as connection:
            connection.execute(delete(failed_sign_ins).where(failed_sign_ins.c.at < now - remembered))
            connection.execute(insert(failed_sign_ins).values(name=name, address=address, at=now))
            noted(connection, Note(name, Action.SIGN_IN_FAILED, name))

    def failures_since(self, instant: datetime, name: str, address: str) -> tuple[int, int]:
        """The numbers of attempts that failed since then by this name, and from this address."""
        f = failed_sign_ins.c
        counted = select(func.count()).select_from(failed_sign_ins).where(f.at >= instant)
        with reading(self.engine) as connection:
            by_name = connection.scalar(counted.where(f.name == name)) or 0
            return by_name, connection.scalar(counted.where(f.address == address)) or 0


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _revoke(connection: Connection, account_id: str) -> int:
    s = sessions.c
    ended = update(sessions).where(s.account_id == account_id, s.revoked_at.is_(None))
    return connection.execute(ended.values(revoked_at=datetime.now(UTC))).rowcount


def _account_values(account: Account) -> Values:
    return {
        "id": account.id,
        "name": account.name,
        "post": account.post,
        "agent_id": account.agent_id,
        "team": account.team,
        "active": account.active,
    }


def _told(account: Account) -> dict[str, Any]:
    """An account as the audit log tells of it."""
    return {name: value for name, value in _account_values(account).items() if name != "id" and value is not None}


def _to_account(row: AnyRow) -> Account:
    return Account(row.id, row.name, Post(row.post), row.agent_id, row.team, row.active, row.created_at)
