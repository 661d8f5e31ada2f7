"""Opening a database: its address, its connections, and bringing its tables to the newest revision.

Knows SQLite, PostgreSQL and Alembic; not what the tables mean. What they can raise leaves as `StoreError`
(`pipeline.store.failures`). The next revision is written with
``alembic.command.revision(alembic_config(connection), "what changes", autogenerate=True, rev_id="0003")``, and then
by hand.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache, partial
from importlib.resources import files
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from pipeline.errors import StoreError
from pipeline.store.failures import WAIT_S, reported, rows_understood, shown
from pipeline.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "callqa_revision"
"""Where the revision of the tables is kept; not Alembic's usual name, which Prefect's own tables use."""

SESSION = {
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    "datestyle": "ISO, MDY",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "extra_float_digits": "3",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "intervalstyle": "postgres",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "timezone": "UTC",
    "transaction_timeout": "0",
    "transform_null_equals": "off",
}
"""Settings of a PostgreSQL session that reading and writing rely on, whatever server, database or role have set."""

_LOCK = 0x63616C6C7161
"""The advisory lock that lets one process at a time change a PostgreSQL schema: ``callqa`` in ASCII."""

_alembic = threading.Lock()  # Alembic's environment is global to a process


def open_engine(address: str, *, create: bool) -> Engine:
    """An engine for the store at `address`, its tables at the newest revision.

    Parameters
    ----------
    address : str
        SQLAlchemy URL, ``sqlite:///callqa.db`` or ``postgresql://user@host/name``.
    create : bool
        Whether a store that is not there is made; one that is there is brought up to date in any case.

    Raises
    ------
    StoreError
        If the address is wrong, nothing can be reached there, it is not a store, or one of a newer callqa.
    """
    url = _parse(address)
    if url.get_backend_name() == "sqlite":
        _check_file(url, create)
    engine = _engine(url)
    try:
        with reported(engine), rows_understood(engine):
            _upgrade(engine, create)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of the block or nothing. On SQLite it waits for its turn before it begins.

    Raises
    ------
    StoreError
        If the database is locked for longer than `WAIT_S`, full, or gone.
    """
    with reported(engine), engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        yield connection


@contextmanager
def writing_alone(engine: Engine, table: str) -> Iterator[Connection]:
    """A transaction as `writing` has it, in which nobody else writes this table: what it reads stays true."""
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
            connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that sees one state of the store, whatever others save; raises what `writing` raises."""
    level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with reported(engine), rows_understood(engine), engine.execution_options(**level).begin() as connection:
        yield connection


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for this package, at work on `connection`."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "pipeline.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def compared(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic may compare a table with the code: no database describes the index of terms as the other."""
    return not (kind == "table" and name is not None and name.startswith("search_terms"))


def _parse(address: str) -> URL:
    """The URL with the drivers that are installed here."""
    try:
        url = make_url(address)
        drivers = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
        return url.set(drivername=drivers[url.get_backend_name()])
    except (ArgumentError, ValueError):
        problem = "is not the address of a database"
    except (KeyError, NoSuchModuleError):
        problem = "names a kind of database that is not supported"
    hidden = re.sub(r":[^:/@]*@", ":***@", address)
    raise StoreError(
        f"{hidden!r} {problem}: write sqlite:///callqa.db for a file, "
        "or postgresql://user:password@host/name for PostgreSQL"
    )


def _check_file(url: URL, create: bool) -> None:
    """Say what is wrong with the file before SQLite says `unable to open database file`."""
    if url.database in (None, "", ":memory:"):
        raise StoreError(f"{shown(url)} names no file, so nothing would be kept: write sqlite:///callqa.db")
    path = Path(str(url.database))
    if not path.absolute().parent.is_dir():
        raise StoreError(f"{shown(url)}: there is no folder {path.absolute().parent}: create it first")
    if path.is_dir():
        raise StoreError(f"{shown(url)}: {path} is a folder: name a file in it, such as {path / 'callqa.db'}")
    if not create and not path.exists():
        raise StoreError(f"{shown(url)}: there is no such file: run `callqa run` first, or name another --store")


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        json_serializer=partial(dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":")),
        connect_args={"timeout": WAIT_S} if sqlite else {"connect_timeout": url.query.get("connect_timeout", 10)},
        pool_pre_ping=not sqlite,
    )
    if sqlite:
        # Python's sqlite3 begins no transaction before SELECT and CREATE TABLE; we begin all of them ourselves.
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql, insert=True)  # before SQLAlchemy asks for its defaults
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL: safe when killed, and after power loss consistent
    _use_wal(connection)


def _prepare_postgresql(connection: DBAPIConnection, _record: object) -> None:
    """Pin what reading and writing rely on; settings that this version of the server does not have are left out.

    Where the tables lie is the database's own choice, as long as there is such a place.
    """
    pinned = (
        "SELECT set_config(known.name, asked.value, false) FROM pg_settings AS known "
        "JOIN unnest(%s::text[], %s::text[]) AS asked(name, value) ON lower(known.name) = asked.name"
    )
    place = "SELECT set_config('search_path', 'public', false) WHERE current_schema() IS NULL"
    with closing(connection.cursor()) as cursor:
        cursor.execute("SET statement_timeout = 0")  # alone and first: what follows takes its time
        cursor.execute(pinned, (list(SESSION), list(SESSION.values())))
        cursor.execute(place)
    connection.commit()


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers beside one writer. The switch is made once a file, and SQLite does not queue for it: we do."""
    give_up_at = time.monotonic() + WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


@cache
def newest_revision() -> str:
    """The revision of the tables that this callqa writes: that of the last of the migrations, by name of its file.

    Examples
    --------
    >>> newest_revision() >= "0030"
    True
    """
    names = (path.name for path in (files("pipeline.store") / "migrations" / "versions").iterdir())
    return max(name.partition("_")[0] for name in names if re.match(r"\d{4}_", name))


def _upgrade(engine: Engine, create: bool) -> None:
    with reading(engine) as connection:
        if _revision(connection) == newest_revision():
            return
    from alembic import command  # noqa: PLC0415 -- a quarter of a second, for stores that are not up to date only

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _check_ours(connection, create)  # again from the start: another process may have been here first
        with _alembic:
            command.upgrade(alembic_config(connection), "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one_or_none()


def _check_ours(connection: Connection, create: bool) -> None:
    """Never write into somebody else's file, a future store, or where nothing was to be made."""
    store = shown(connection.engine.url)
    present = _revision(connection)
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    revisions = ScriptDirectory.from_config(alembic_config(connection)).walk_revisions()
    if present is not None and present not in {script.revision for script in revisions}:
        raise StoreError(
            f"{store} was written by a newer callqa (its tables are at revision {present}): "
            "upgrade callqa, or name another --store"
        )
    if present is not None:
        return
    tables = set(inspect(connection).get_table_names())
    # A PostgreSQL database may be shared as long as no names clash; an SQLite file belongs to one program.
    if foreign := sorted(tables if connection.dialect.name == "sqlite" else tables & set(metadata.tables)):
        raise StoreError(f"{store} holds the tables of another program ({foreign[0]}): name another --store")
    if not create:
        raise StoreError(f"{store} holds no calls yet: run `callqa run` first, or name another --store")
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            raise StoreError(
                f"{store} is encoded in {encoding}, which cannot hold Chinese: make one with ENCODING 'UTF8'"
            )
