"""The opinions of judges as they are kept: by what was asked of what, so that nothing is asked twice.

Holds places in turns and no words of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Engine, Named, Table, TypedColumns, select

from pipeline.store.calls.records import PAGE
from pipeline.store.schema import reading, writing
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, metadata
from pipeline.store.upsert import upsert
from pipeline.validation.learning.opinions import Judged, Opinion, Problem


class OpinionColumns(TypedColumns):
    """One row an answer of a judge. The database refuses to change one; a call's rows may be taken out with it."""

    key: Named[str] = Column(Text, primary_key=True)
    call_id: Named[str] = Column(Text, index=True)
    criterion: Named[str] = Column(Text, index=True)
    version: Named[str] = Column(Text)
    judged: Named[str | None] = Column(Text)
    quoted: Named[Any] = Column(Json, nullable=False)  # [[turn, start, end], …]
    problem: Named[str | None] = Column(Text)
    shown: Named[bool]
    tokens: Named[int]
    at: Named[datetime] = Column(Instant)


opinions: Table[Any] = Table("opinions", metadata, OpinionColumns)


@dataclass(frozen=True, slots=True)
class Opinions:
    """The opinions of judges."""

    engine: Engine

    def add(self, opinion: Opinion) -> None:
        """Keep an opinion; one that is there already stays."""
        with writing(self.engine) as connection:
            upsert(connection, opinions, _values(opinion), ())

    def of_keys(self, keys: Iterable[str]) -> dict[str, Opinion]:
        """The opinions that are there, by key."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, Opinion] = {}
        for start in range(0, len(wanted), PAGE):
            query = select(opinions).where(opinions.c.key.in_(wanted[start : start + PAGE]))
            with reading(self.engine) as connection:
                found |= {row.key: _to_opinion(row) for row in connection.execute(query)}
        return found

    def of_criterion(self, criterion: str) -> tuple[Opinion, ...]:
        """The opinions of every version on one item, in the order given; the newest of a call and version alone."""
        query = select(opinions).where(opinions.c.criterion == criterion).order_by(opinions.c.at, opinions.c.key)
        with reading(self.engine) as connection:
            rows = map(_to_opinion, connection.execute(query))
            return tuple({(each.call_id, each.version): each for each in rows}.values())


def _values(opinion: Opinion) -> Values:
    return {
        "key": opinion.key,
        "call_id": opinion.call_id,
        "criterion": opinion.criterion,
        "version": opinion.version,
        "judged": opinion.judged,
        "quoted": [list(place) for place in opinion.quoted],
        "problem": opinion.problem,
        "shown": opinion.shown,
        "tokens": opinion.tokens,
        "at": opinion.at,
    }


def _to_opinion(row: AnyRow) -> Opinion:
    return Opinion(
        key=row.key,
        call_id=row.call_id,
        criterion=row.criterion,
        version=row.version,
        judged=Judged(row.judged) if row.judged else None,
        quoted=tuple((turn, start, end) for turn, start, end in row.quoted),
        problem=Problem(row.problem) if row.problem else None,
        shown=row.shown,
        tokens=row.tokens,
        at=row.at,
    )
