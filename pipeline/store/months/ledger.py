"""Rows of what was closed (closings, months, plans, ledger) from our types and back, without loss.

Knows both shapes; asks the database nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select

from pipeline.access.audit import Action, Note
from pipeline.month.ledger import Entry, Evidence
from pipeline.store import tables
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Values


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger."""

    engine: Engine

    def append(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """The entries as they were written, all of them or none, with the ids that the store gave them.

        The ids of the entries given do not matter; `about` refers to an entry that is there already.
        """
        with writing_alone(
            self.engine, "ledger, audit"
        ) as connection:  # so that ids rise in the order of commitment
            return _append(connection, entries)

    def extend(self, standard: str, follow: Callable[[tuple[Entry, ...]], Iterable[Entry]]) -> tuple[Entry, ...]:
        """The entries that `follow` makes of a scorecard's ledger, appended; nobody else writes in between."""
        with writing_alone(self.engine, "ledger, audit") as connection:
            return _append(connection, follow(_entries(connection, standard)))

    def entries(self, standard: str | None = None) -> tuple[Entry, ...]:
        """All entries, or those of one scorecard, in the order written."""
        with reading(self.engine) as connection:
            return _entries(connection, standard)


def _entries(connection: Connection, standard: str | None) -> tuple[Entry, ...]:
    query = select(tables.ledger).order_by(tables.ledger.c.id)
    if standard is not None:
        query = query.where(tables.ledger.c.standard == standard)
    return tuple(to_entry(row) for row in connection.execute(query))


def _append(connection: Connection, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    statement = insert(tables.ledger).returning(tables.ledger)
    added: list[Entry] = []
    for entry in entries:
        row = connection.execute(statement.values(entry_values(entry))).one()
        added.append(kept := to_entry(row))
        if kept.by_person:
            about = f"{kept.standard} {kept.month} {kept.agent_id}"
            new = {"entry": kept.id, "about": kept.about, "title": kept.title}
            noted(connection, Note(kept.by, Action(f"ledger_{kept.kind}"), about, None, new, kept.note))
    return tuple(added)


def entry_values(entry: Entry) -> Values:
    """A row of `ledger`, but for the id, which the store gives."""
    return {
        "at": entry.at,
        "kind": entry.kind,
        "about": entry.about,
        "agent_id": entry.agent_id,
        "month": entry.month,
        "standard": entry.standard,
        "consequence_id": entry.consequence_id,
        "title": entry.title,
        "evidence": [_evidence(one) for one in entry.evidence],
        "by": entry.by,
        "note": entry.note,
    }


def to_entry(row: AnyRow) -> Entry:
    """The entry of a row."""
    return Entry(
        id=row.id,
        at=row.at,
        kind=row.kind,
        about=row.about,
        agent_id=row.agent_id,
        month=row.month,
        standard=row.standard,
        consequence_id=row.consequence_id,
        title=row.title,
        evidence=tuple(_to_evidence(*one) for one in row.evidence),
        by=row.by,
        note=row.note,
    )


def _evidence(one: Evidence) -> list[object]:
    result: list[object] = [one.period, one.score, one.grade]
    return result if one.places is None else [*result, list(one.places)]


def _to_evidence(
    period: str, score: float | None, grade: str | None, places: Sequence[str] | None = None
) -> Evidence:
    return Evidence(period, score, grade, None if places is None else tuple(places))
