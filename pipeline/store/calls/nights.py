"""The nights: what each run took in, how its calls ended, and what was doubtful about the material.

Knows how a night is kept; which notices there are, and how they are counted, is in `pipeline.notices`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Named, Table, TypedColumns, select

from pipeline.call import Status
from pipeline.notices import Notice, NoticeCount, NoticeKind, from_lists
from pipeline.store.calls.records import PAGE
from pipeline.store.schema import reading, writing
from pipeline.store.tables import AnyRow, Instant, Json, Text, calls, hearings, metadata, recordings
from pipeline.store.upsert import CODE_VERSION, upsert


class NightColumns(TypedColumns):
    """One row a night, by what was taken in: a night that is run again takes the place of its earlier run."""

    key: Named[str] = Column(Text, primary_key=True)
    at: Named[datetime] = Column(Instant, index=True)
    statuses: Named[Any] = Column(Json, nullable=False)  # [[status, number of calls], …]
    # [[kind, number of notices, number of calls, [[call id or "", about, problem], …]], …]
    notices: Named[Any] = Column(Json, nullable=False)
    code_version: Named[str] = Column(Text)


nights: Table[Any] = Table("nights", metadata, NightColumns)


@dataclass(frozen=True, slots=True)
class NightQuality:
    """The data quality report of a night.

    Parameters
    ----------
    at : datetime
        When it was last run to its end, in UTC.
    by_status : Mapping of Status to int
        Its calls by how they ended.
    counts : tuple of NoticeCount
        What was doubtful, by kind.
    """

    at: datetime
    by_status: Mapping[Status, int]
    counts: tuple[NoticeCount, ...]

    @property
    def num_calls(self) -> int:
        """All calls of the night."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights, by what they took in."""

    engine: Engine

    def save(self, key: str, by_status: Mapping[Status, int], counts: Iterable[NoticeCount]) -> None:
        """Keep a night that has ended now, in place of an earlier run of the same.

        Parameters
        ----------
        key : str
            Tells what was taken in: the same for every run of the same night.
        """
        values = {
            "key": key,
            "at": datetime.now(UTC),
            "statuses": [[status, number] for status, number in by_status.items()],
            "notices": [_count_list(count) for count in counts],
            "code_version": CODE_VERSION,
        }
        with writing(self.engine) as connection:
            upsert(connection, nights, values, tuple(values))

    def newest(self, limit: int, offset: int = 0) -> tuple[NightQuality, ...]:
        """The nights, the newest first."""
        query = select(nights).order_by(nights.c.at.desc(), nights.c.key).limit(limit).offset(offset)
        with reading(self.engine) as connection:
            return tuple(_to_night(row) for row in connection.execute(query))

    def notices(self, call_ids: Iterable[str]) -> Iterator[tuple[str, Notice]]:
        """What was doubtful about the recordings and the hearings of these calls, each with its call's id."""
        wanted = sorted(call_ids)
        for start in range(0, len(wanted), PAGE):
            with reading(self.engine) as connection:
                found = notices_of(connection, wanted[start : start + PAGE])
            yield from found


def notices_of(connection: Connection, call_ids: Sequence[str]) -> list[tuple[str, Notice]]:
    """What was doubtful about the recordings and the hearings of these calls, each with its call's id, in order."""
    query = (
        select(calls.c.id, recordings.c.file_notices, hearings.c.notices)
        .outerjoin(recordings, recordings.c.id == calls.c.recording_id)
        .outerjoin(hearings, hearings.c.call_id == calls.c.id)
        .where(calls.c.id.in_(call_ids))
        .order_by(calls.c.id)
    )
    return [
        (row.id, notice)
        for row in connection.execute(query)
        for notice in from_lists([*(row.file_notices or ()), *(row.notices or ())])
    ]


def _count_list(count: NoticeCount) -> list[Any]:
    examples = [[call_id, notice.about, notice.problem] for call_id, notice in count.examples]
    return [count.kind, count.num_notices, count.num_calls, examples]


def _to_count(kind: NoticeKind, num_notices: int, num_calls: int, examples: Iterable[list[str]]) -> NoticeCount:
    told = tuple((call_id, Notice(kind, about, problem)) for call_id, about, problem in examples)
    return NoticeCount(kind, num_notices, num_calls, told)


def _to_night(row: AnyRow) -> NightQuality:
    return NightQuality(
        at=row.at,
        by_status=Counter({Status(status): number for status, number in row.statuses}),
        counts=tuple(_to_count(NoticeKind(kind), *rest) for kind, *rest in row.notices),
    )
