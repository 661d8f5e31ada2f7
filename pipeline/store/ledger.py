"""The ledger as it is kept: entries are added, and none is ever changed or taken out, not even by SQL.

Knows how entries are written and read; what they mean together is in `pipeline.month.ledger`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import Connection, Engine, insert, select

from pipeline.access.audit import ACTIONS, Note
from pipeline.month.ledger import Entry
from pipeline.store import closed, tables
from pipeline.store.audit import noted
from pipeline.store.schema import reading, writing_alone

ACTIONS |= {
    "ledger_signed": "奖惩签字",
    "ledger_rejected": "奖惩否决",
    "ledger_withdrawn": "奖惩撤回",
    "ledger_flag": "诚信问题登记",
    "ledger_looked": "人工定级",
}


class Ledger:
    """The part of the store that keeps the ledger."""

    engine: Engine

    def append_entries(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """The entries as they were written, all of them or none, with the ids that the store gave them.

        The ids of the entries given do not matter; `about` refers to an entry that is there already.
        """
        with writing_alone(
            self.engine, "ledger, audit"
        ) as connection:  # so that ids rise in the order of commitment
            return _append(connection, entries)

    def extend_ledger(
        self, standard: str, follow: Callable[[tuple[Entry, ...]], Iterable[Entry]]
    ) -> tuple[Entry, ...]:
        """What `follow` makes of the standard's ledger, appended; nobody else writes in between."""
        with writing_alone(self.engine, "ledger, audit") as connection:
            return _append(connection, follow(_entries(connection, standard)))

    def ledger(self, standard: str | None = None) -> tuple[Entry, ...]:
        """All entries, or those of one standard, in the order written."""
        with reading(self.engine) as connection:
            return _entries(connection, standard)


def _entries(connection: Connection, standard: str | None) -> tuple[Entry, ...]:
    query = select(tables.ledger).order_by(tables.ledger.c.id)
    if standard is not None:
        query = query.where(tables.ledger.c.standard == standard)
    return tuple(closed.to_entry(row) for row in connection.execute(query))


def _append(connection: Connection, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    statement = insert(tables.ledger).returning(tables.ledger)
    added: list[Entry] = []
    for entry in entries:
        row = connection.execute(statement.values(closed.entry_values(entry))).one()
        added.append(kept := closed.to_entry(row))
        if kept.by_person:
            about = f"{kept.standard} {kept.month} {kept.agent_id}"
            new = {"entry": kept.id, "about": kept.about, "title": kept.title}
            noted(connection, Note(kept.by, f"ledger_{kept.kind}", about, None, new, kept.note))
    return tuple(added)
