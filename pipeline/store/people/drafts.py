"""Drafts of policy files as they are kept: text once, and what was said of it after that; nothing is changed.

Knows that a draft is decided once, by whom it may be; what is in the text is none of its knowledge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, ForeignKey, Named, Select, Table, TypedColumns, insert, select

from pipeline.access.audit import Action, Note
from pipeline.errors import ConfigurationError
from pipeline.scorecard.drafts import Draft, DraftEvent, Kind, Report, Said, may_say, sha256_of
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Json, Text, metadata


class DraftColumns(TypedColumns):
    """One row a proposed policy file, with the file that it is to replace. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    kind: Named[str] = Column(Text)
    name: Named[str] = Column(Text)
    text: Named[str] = Column(Text)
    base: Named[str] = Column(Text)  # the file in force when it was proposed; empty where there was none
    why: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


class DraftEventColumns(TypedColumns):
    """One row what was said or measured of a draft, in the order written. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    draft_id: Named[int] = Column(ForeignKey("drafts.id"), index=True)
    kind: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    note: Named[str] = Column(Text)
    report: Named[Any] = Column(Json, nullable=True)  # an object, named as `Report` names it


drafts: Table[Any] = Table("drafts", metadata, DraftColumns, sqlite_autoincrement=True)
draft_events: Table[Any] = Table("draft_events", metadata, DraftEventColumns, sqlite_autoincrement=True)
NEWEST = 200
"""Drafts listed at most."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """The drafts of policy files."""

    engine: Engine

    def propose(self, draft: Draft) -> Draft:
        """The draft as it was written, with the id and instant that the store gave it."""
        at = datetime.now(UTC)
        values = {
            "kind": draft.kind,
            "name": draft.name,
            "text": draft.text,
            "base": draft.base,
            "why": draft.why,
            "by": draft.by,
            "at": at,
        }
        with writing_alone(self.engine, "drafts, audit") as connection:
            statement = insert(drafts).values(values).returning(drafts.c.id)
            number = connection.execute(statement).scalar_one()
            old, new = {"sha256": sha256_of(draft.base)}, {"sha256": draft.sha256}
            noted(connection, Note(draft.by, Action.DRAFT_PROPOSED, _about(draft, number), old, new, draft.why))
        return replace(draft, at=at, id=number, events=())

    def decide(
        self, draft_id: int, said: Said, by: str, note: str = "", put: Callable[[Draft], None] = lambda _: None
    ) -> Draft:
        """The draft after a person released, rejected or withdrew it.

        Parameters
        ----------
        put : callable
            Puts a released file into force; done last, so that a file that cannot be written is not released.

        Raises
        ------
        ConfigurationError
            In Chinese: there is no such draft, it is decided already, or this person may not; see `may_say`.
        """
        if said == "reported":
            raise ValueError("a report decides nothing: use `add_report`")
        with writing_alone(self.engine, "draft_events, audit") as connection:
            draft = _one(connection, draft_id)
            may_say(draft, said, by)
            event = _add(connection, draft_id, DraftEvent(said, by, datetime.now(UTC), note))
            released = said == "released"
            old = {"state": draft.state} | ({"sha256": sha256_of(draft.base)} if released else {})
            new = {"state": said} | ({"sha256": draft.sha256} if released else {})
            noted(connection, Note(by, Action(f"draft_{said}"), _about(draft, draft_id), old, new, note))
            if released:
                put(draft)
        return replace(draft, events=(*draft.events, event))

    def add_report(self, draft_id: int, by: str, report: Report) -> Draft:
        """The draft with one more report of what it would change.

        Raises
        ------
        ConfigurationError
            If there is no such draft.
        """
        with writing_alone(self.engine, "draft_events, audit") as connection:
            draft = _one(connection, draft_id)
            event = _add(connection, draft_id, DraftEvent("reported", by, datetime.now(UTC), "", report))
            noted(connection, Note(by, Action.DRAFT_MEASURED, _about(draft, draft_id), None, {"what": report.what}))
        return replace(draft, events=(*draft.events, event))

    def get(self, draft_id: int) -> Draft | None:
        """A draft with all that was said of it; None where there is none."""
        with reading(self.engine) as connection:
            found = _read(connection, select(drafts).where(drafts.c.id == draft_id))
        return found[0] if found else None

    def all(self, name: str | None = None) -> tuple[Draft, ...]:
        """The newest drafts, of one file or of all, in the order proposed."""
        query = select(drafts).order_by(drafts.c.id.desc()).limit(NEWEST)
        if name is not None:
            query = query.where(drafts.c.name == name)
        with reading(self.engine) as connection:
            return tuple(reversed(_read(connection, query)))


def _about(draft: Draft, number: int) -> str:
    return f"draft {number} {draft.kind} {draft.name}"


def _one(connection: Connection, draft_id: int) -> Draft:
    found = _read(connection, select(drafts).where(drafts.c.id == draft_id))
    if not found:
        raise ConfigurationError(f"没有草案 {draft_id}")
    return found[0]


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> Sequence[Draft]:
    rows = connection.execute(query).all()
    c = draft_events.c
    said = select(draft_events).where(c.draft_id.in_([row.id for row in rows])).order_by(c.id)
    events = defaultdict[int, list[DraftEvent]](list)
    for row in connection.execute(said):
        events[row.draft_id].append(_to_event(row))
    return [_to_draft(row, tuple(events[row.id])) for row in rows]


def _add(connection: Connection, draft_id: int, event: DraftEvent) -> DraftEvent:
    values = {
        "draft_id": draft_id,
        "kind": event.kind,
        "by": event.by,
        "at": event.at,
        "note": event.note,
        "report": asdict(event.report) if event.report else None,
    }
    statement = insert(draft_events).values(values).returning(draft_events.c.id)
    return replace(event, id=connection.execute(statement).scalar_one())


def _to_draft(row: AnyRow, events: tuple[DraftEvent, ...]) -> Draft:
    return Draft(Kind(row.kind), row.name, row.text, row.base, row.why, row.by, row.at, events, row.id)


def _to_event(row: AnyRow) -> DraftEvent:
    return DraftEvent(row.kind, row.by, row.at, row.note, _to_report(row.report) if row.report else None, row.id)


def _to_report(stored: dict[str, Any]) -> Report:
    return Report(
        what=stored["what"],
        figures=tuple((name, figure) for name, figure in stored["figures"]),
        heads=tuple(stored["heads"]),
        rows=tuple(tuple(row) for row in stored["rows"]),
        links=tuple(stored["links"]),
        left_off=stored["left_off"],
    )
