"""What agents said about their closed months, and the answers; only added to.

Knows that nobody answers an objection that was changed meanwhile: who speaks must have seen the last word.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Table, TypedColumns, insert, select

from pipeline.access.audit import Action, Note
from pipeline.errors import ConfigurationError
from pipeline.month.acknowledgement import Acknowledgement, Word
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, metadata


class AcknowledgementColumns(TypedColumns):
    """One row a word about a result, in the order said. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    closing_id: Named[int]
    agent_id: Named[str] = Column(Text)
    word: Named[str] = Column(Text)
    note: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


acknowledgements: Table[Any] = Table(
    "acknowledgements",
    metadata,
    AcknowledgementColumns,
    Index("ix_acknowledgements_closing_id", "closing_id", "agent_id", "id"),
    sqlite_autoincrement=True,
)
ACTIONS = {
    Word.SEEN: Action.RESULT_SEEN,
    Word.OBJECTS: Action.RESULT_OBJECTED,
    Word.ANSWERED: Action.RESULT_ANSWERED,
}


@dataclass(frozen=True, slots=True)
class Acknowledgements:
    """The words about results."""

    engine: Engine

    def add(self, said: Acknowledgement, last: int) -> Acknowledgement:
        """The word as it was written.

        Parameters
        ----------
        last : int
            The id of the last word about the result that the person had seen; 0 for none.

        Raises
        ------
        ConfigurationError
            In Chinese, if somebody has spoken meanwhile.
        """
        with writing_alone(self.engine, "acknowledgements, audit") as connection:
            before = _of_agent(connection, said.closing_id, said.agent_id)
            if (before[-1].id if before else 0) != last:
                raise ConfigurationError("这份成绩刚刚有人确认或答复过，您的操作没有保存；请刷新后再定")
            values = {name: getattr(said, name) for name in ("closing_id", "agent_id", "note", "by", "at")}
            statement = insert(acknowledgements).values(values | {"word": said.word.value})
            key = connection.execute(statement.returning(acknowledgements.c.id)).scalar_one()
            # What an agent wrote stays out of the log: it may repeat what a customer said.
            why = said.note if said.word is Word.ANSWERED else ""
            about = f"{said.closing_id} {said.agent_id}"
            noted(connection, Note(said.by, ACTIONS[said.word], about, None, {"id": key}, why))
            return replace(said, id=key)

    def of_agent(self, closing_id: int, agent_id: str) -> tuple[Acknowledgement, ...]:
        """All that was said about one agent's result, in order."""
        with reading(self.engine) as connection:
            return _of_agent(connection, closing_id, agent_id)

    def of_closing(self, closing_id: int) -> dict[str, tuple[Acknowledgement, ...]]:
        """All that was said about the results of a closing, by agent, in order."""
        c, found = acknowledgements.c, defaultdict[str, list[Acknowledgement]](list)
        query = select(acknowledgements).where(c.closing_id == closing_id).order_by(c.id)
        with reading(self.engine) as connection:
            for row in connection.execute(query):
                found[row.agent_id].append(_to_acknowledgement(row))
        return {agent: tuple(own) for agent, own in found.items()}


def _of_agent(connection: Connection, closing_id: int, agent_id: str) -> tuple[Acknowledgement, ...]:
    c = acknowledgements.c
    query = select(acknowledgements).where(c.closing_id == closing_id, c.agent_id == agent_id).order_by(c.id)
    return tuple(_to_acknowledgement(row) for row in connection.execute(query))


def _to_acknowledgement(row: AnyRow) -> Acknowledgement:
    return Acknowledgement(row.closing_id, row.agent_id, Word(row.word), row.note, row.by, row.at, row.id)
