"""Rows written over those with the same key, as both databases know it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from pipeline.store.tables import Values


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
