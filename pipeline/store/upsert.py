"""Rows are written: over those with the same key, several at once, and by which version of callqa."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.tables import Values

CODE_VERSION = version("callqa")


def upsert(
    connection: Connection, table: Table[Any], rows: Values | Sequence[Values], again: Sequence[str]
) -> None:
    """Write rows; of one whose key is there already, these columns are written, and with none it stays as it is."""
    connection.execute(_statement(connection.dialect.name, table, tuple(again)), rows)


@cache
def _statement(dialect: str, table: Table[Any], again: tuple[str, ...]) -> Any:
    """Made once: to make it takes as long as to run it."""
    insertion = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    key = [column.name for column in table.primary_key]
    others = {name: insertion.excluded[name] for name in again if name not in key}
    if not others:
        return insertion.on_conflict_do_nothing(index_elements=key)
    return insertion.on_conflict_do_update(index_elements=key, set_=others)


def put(connection: Connection, table: Table[Any], values: Values, *, replace: bool = True) -> None:
    """Write one row, over the one with the same key or, unless `replace`, only if there is none."""
    values = values | provenance()
    upsert(connection, table, values, tuple(values) if replace else ())


def add(connection: Connection, table: Table[Any], rows: Sequence[Values]) -> None:
    """Write rows, if there are any."""
    if rows:
        connection.execute(insert(table), rows)


def provenance() -> Values:
    """By which version of callqa a row is written, and when."""
    return {"code_version": CODE_VERSION, "created_at": datetime.now(UTC)}
