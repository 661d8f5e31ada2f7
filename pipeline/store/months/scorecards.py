"""The scorecards with which months were computed, as their files were: a closed month outlives its file.

Knows texts by their digests; what is in them is the scorecard's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, Select, insert, select

from pipeline.scorecard import Scorecard
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import scorecards
from pipeline.store.upsert import provenance


@dataclass(frozen=True, slots=True)
class Scorecards:
    """The files of scorecards, by digest."""

    engine: Engine

    def keep(self, card: Scorecard) -> None:
        """Keep the file of a scorecard; nothing happens where it is there, or the card was not read from one."""
        if not card.text:
            return
        values = {"digest": card.digest, "name": card.name, "revision": card.revision, "text": card.text}
        with writing_alone(self.engine, "scorecards") as connection:
            if connection.scalar(_text(card.digest)) is None:
                connection.execute(insert(scorecards).values(values | provenance()))

    def text(self, digest: str) -> str | None:
        """The file with this digest; None where it was not kept."""
        with reading(self.engine) as connection:
            return connection.scalar(_text(digest))

    def of_revision(self, name: str, revision: int) -> tuple[str, ...]:
        """The files that were kept of a revision, the last one first; of one that was closed there is one."""
        c = scorecards.c
        query = select(c.text).where(c.name == name, c.revision == revision).order_by(c.created_at.desc(), c.digest)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))


def _text(digest: str) -> Select[str]:
    return select(scorecards.c.text).where(scorecards.c.digest == digest)
