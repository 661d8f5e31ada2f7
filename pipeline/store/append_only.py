"""Triggers by which the database itself refuses to change, delete or replace rows: for migrations."""

from __future__ import annotations

from alembic import op


def keep(table: str, *never: str, key: str = "id") -> None:
    """Have the database refuse these events on a table, for those who write SQL past us too.

    Parameters
    ----------
    never : str
        ``update`` and ``delete``, or one of them; where rows may be erased, ``update`` alone.
    key : str
        The primary key: on SQLite, REPLACE deletes a row without asking the triggers for deletion.
    """
    if op.get_context().dialect.name == "sqlite":
        for event in never:
            _refuse(f"{table}_kept_on_{event}", f"BEFORE {event.upper()} ON {table}", table)
        exists = f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
        _refuse(f"{table}_kept_on_replace", f"BEFORE INSERT ON {table} {exists}", table)
        return
    # callqa_keep() is made by revision 0002
    events = " OR ".join(never).upper()
    execute = "EXECUTE FUNCTION callqa_keep()"
    op.execute(f"CREATE TRIGGER {table}_kept BEFORE {events} ON {table} FOR EACH ROW {execute}")
    if "delete" in never:
        op.execute(
            f"CREATE TRIGGER {table}_kept_on_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {execute}"
        )


def _refuse(name: str, when: str, table: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")
