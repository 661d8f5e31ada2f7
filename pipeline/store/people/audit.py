"""The audit log as it is kept: a line is added in the transaction of what it tells of, and none is ever changed.

Knows how a line is written and read; how the chain holds is in `pipeline.access.audit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Table, TypedColumns, insert, select

from pipeline.access.audit import FIRST, AuditLine, Note, chained
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Json, Text, metadata, storable, storable_json

LINES = 500
"""Lines read in one transaction."""


class AuditColumns(TypedColumns):
    """One row a line of the log. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True, autoincrement=False)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    action: Named[str] = Column(Text)
    about: Named[str] = Column(Text)
    old: Named[Any] = Column(Json, nullable=True)
    new: Named[Any] = Column(Json, nullable=True)
    why: Named[str] = Column(Text)
    before: Named[str] = Column(Text)
    hash: Named[str] = Column(Text)


audit = Table(
    "audit",
    metadata,
    AuditColumns,
    Index("ix_audit_about_id", "about", "id"),
    Index("ix_audit_by_id", "by", "id"),
)


def noted(connection: Connection, note: Note) -> AuditLine:
    """The line that was added in the transaction of what it tells of: both stand or fall together.

    The transaction must be one of ``writing_alone(engine, "audit")``: two lines must not follow the same one.
    """
    last = connection.execute(select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)).one_or_none()
    id, before = (last.id + 1, last.hash) if last else (1, FIRST)
    line = chained(id, datetime.now(UTC), _as_kept(note), before)
    connection.execute(insert(audit), _values(line))
    return line


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit log."""

    engine: Engine

    def append(self, note: Note) -> AuditLine:
        """The line that was added: for what changes nothing in the store, such as listening."""
        with writing_alone(self.engine, "audit") as connection:
            return noted(connection, note)

    def lines(self) -> Iterator[AuditLine]:
        """Every line from the first, read page by page."""
        last = 0
        while True:
            query = select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(LINES)
            with reading(self.engine) as connection:
                lines = [_to_line(row) for row in connection.execute(query)]
            yield from lines
            if len(lines) < LINES:
                return
            last = lines[-1].id

    def newest(
        self, about: str = "", by: str = "", action: str = "", before: int | None = None, limit: int = 100
    ) -> tuple[AuditLine, ...]:
        """The last lines first, about one thing, by one person, of one action, or all.

        Parameters
        ----------
        before : int | None
            Only lines with a smaller id: the next page.
        """
        query = select(audit).order_by(audit.c.id.desc()).limit(limit)
        for column, wanted in ((audit.c.about, about), (audit.c.by, by), (audit.c.action, action)):
            if wanted:
                query = query.where(column == wanted)
        if before is not None:
            query = query.where(audit.c.id < before)
        with reading(self.engine) as connection:
            return tuple(_to_line(row) for row in connection.execute(query))


def _as_kept(note: Note) -> Note:
    """The note with its texts as both databases can hold them, so that the hash is that of what is read back."""
    by, action, about, why = (storable(text) for text in (note.by, note.action, note.about, note.why))
    return Note(by, action, about, storable_json(note.old), storable_json(note.new), why)


def _values(line: AuditLine) -> dict[str, Any]:
    n = line.note
    return {
        "id": line.id,
        "at": line.at,
        "by": n.by,
        "action": n.action,
        "about": n.about,
        "old": n.old,
        "new": n.new,
        "why": n.why,
        "before": line.before,
        "hash": line.hash,
    }


def _to_line(row: AnyRow) -> AuditLine:
    note = Note(row.by, row.action, row.about, row.old, row.new, row.why)
    return AuditLine(row.id, row.at, note, row.before, row.hash)
