"""What a database can raise, told in one sentence each: what failed, and what to do.

Nothing of SQLAlchemy, SQLite, psycopg or Alembic leaves the store: not when it is opened, not while rows are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError, StatementError

from pipeline.errors import StoreError, origin

WAIT_S = 30
"""How long a process waits for another one that is writing."""

_CONNECTION = "see that the server runs and that host, port, user, password and name are right"
_DAMAGED = "the file is damaged: restore it from a backup"
_FULL = "free some space and run again; nothing is half-written"
_LOCKED = f"another process has been writing for more than {WAIT_S} s: try again when it is done"
_RIGHTS = "let the administrator of the database allow it"

BY_STATE = {
    "08": _CONNECTION,  # connection exception
    "25006": "the database only allows reading: name one that can be written",
    "28": _CONNECTION,  # invalid authorization
    "3D": _CONNECTION,  # no such database
    "3F": "the search_path of the database names no schema",
    "40": "another process was faster: run again",  # deadlock, serialization failure
    "42501": _RIGHTS,
    "42P01": "the tables are not where search_path says: set it for the database, not for one session",
    "53": _FULL,  # out of disk, memory, connections
    "53300": "the server has no connection left: raise max_connections, or stop what uses them",
    "55P03": _LOCKED,
    "57": "the server was stopped or took the connection away: run again when it is back",
    "58": _DAMAGED,
    "XX": _DAMAGED,
}
"""What to do by the SQLSTATE of PostgreSQL, or by its class; its messages may be in any language."""

BY_SIGN = {
    "not a database": "this file is something else: name another --store",
    "malformed": _DAMAGED,
    "corrupt": _DAMAGED,
    "locked": _LOCKED,
    "readonly": "allow writing to the file and its folder",
    "unable to open": "allow reading and writing of the file and its folder",
    "disk I/O": "see that the disk is there, and that it is not full",
    "full": _FULL,
    "closed the connection": "the server was stopped or took the connection away: run again when it is back",
    "connection is closed": "the server was stopped or took the connection away: run again when it is back",
    "connect": _CONNECTION,
    "no such table": _DAMAGED,
    "no such column": _DAMAGED,
}
"""What to do by a part of the message, where there is no SQLSTATE."""


THEIRS = {"alembic", "json", "psycopg", "sqlalchemy", "sqlite3"}
"""Packages whose errors are those of the database, whatever their type."""


@contextmanager
def reported(engine: Engine) -> Iterator[None]:
    """A block in which whatever the database or its drivers raise is a `StoreError`."""
    try:
        yield
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error) as error:
        raise StoreError(f"{shown(engine.url)}: {sentence(error)}") from error
    except Exception as error:
        if origin(error) not in THEIRS:  # an error of ours stays what it is
            raise
        raise StoreError(f"{shown(engine.url)}: {sentence(error)}: {_DAMAGED}") from error


@contextmanager
def rows_understood(engine: Engine) -> Iterator[None]:
    """A block that reads: rows that make no sense were written by somebody else, or the file is damaged."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise StoreError(f"{shown(engine.url)}: a row cannot be understood ({told}): {_DAMAGED}") from error


def sentence(error: Exception) -> str:
    """The message of the database in one line, with what to do about it where that is known."""
    cause = (error.orig if isinstance(error, StatementError) else None) or error
    told = getattr(getattr(cause, "diag", None), "message_primary", None)  # the rest may quote a row
    message = " ".join((told or str(cause)).split()) or type(cause).__name__
    state = getattr(cause, "sqlstate", None) or ""
    step = BY_STATE.get(state) or BY_STATE.get(state[:2])
    step = step or next((step for sign, step in BY_SIGN.items() if sign in message), None)
    return f"{message}: {step}" if step else message


def shown(url: URL) -> str:
    """The address as a message may show it: without the password.

    Examples
    --------
    >>> from sqlalchemy import make_url
    >>> shown(make_url("postgresql+psycopg://qa:secret@db/callqa"))
    'postgresql://qa:***@db/callqa'
    """
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
