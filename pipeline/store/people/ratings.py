"""Ratings of months as they are kept: acts are added, and none is ever changed or taken out, not even by SQL.

Knows that a closed month takes none, and that nobody rates over what they have not seen; what a rating may be is in
`pipeline.month.ratings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Index, Named, Table, TypedColumns, insert, select

from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.month.ratings import LONGEST_REASON, LONGEST_VALUE, Rating
from pipeline.store.months.months import standing_closings
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, metadata


class RatingColumns(TypedColumns):
    """One row an act. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    month: Named[str] = Column(Text)
    standard: Named[str] = Column(Text)
    agent_id: Named[str] = Column(Text)
    item: Named[str] = Column(Text)
    item_digest: Named[str] = Column(Text)
    value: Named[str | None] = Column(Text)
    reason: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


ratings: Table[Any] = Table(
    "ratings",
    metadata,
    RatingColumns,
    Index("ix_ratings_month_standard", "month", "standard", "id"),
    sqlite_autoincrement=True,
)
FIELDS = ("month", "standard", "agent_id", "item", "item_digest", "value", "reason", "by", "at")


@dataclass(frozen=True, slots=True)
class Ratings:
    """The ratings of months."""

    engine: Engine

    def add(self, rating: Rating, seen: int) -> Rating:
        """The act as it was written.

        Parameters
        ----------
        seen : int
            The id of the last act on the item of this agent and month that the person had seen; 0 for none.

        Raises
        ------
        ConfigurationError
            In Chinese: the month is closed, somebody has rated the item meanwhile, a change has no reason, nothing
            would change, or a text is too long.
        """
        if len(rating.value or "") > LONGEST_VALUE or len(rating.reason) > LONGEST_REASON:
            raise ConfigurationError(f"评定不超过 {LONGEST_VALUE} 字，原因不超过 {LONGEST_REASON} 字")
        with writing_alone(self.engine, "closings, ratings, audit") as connection:
            _check_open(connection, rating)
            last = next(reversed(_own(connection, rating)), None)
            if last is not None and last.id != seen:
                at = f"{last.at.astimezone(SHANGHAI):%m-%d %H:%M}"
                raise ConfigurationError(
                    f"{last.by} 已于 {at} 评定过 {rating.item}，您的评定没有保存；请核对后再评"
                )
            before = last.value if last is not None else None
            if before == rating.value and (last is None or last.item_digest == rating.item_digest):
                raise ConfigurationError(f"{rating.item} 的评定没有变化，没有保存")
            if last is not None and not rating.reason.strip():
                raise ConfigurationError(f"{rating.item} 已有评定记录，修改或撤回须写明原因")
            values = {name: getattr(rating, name) for name in FIELDS} | {"at": datetime.now(UTC)}
            statement = insert(ratings).values(values).returning(ratings)
            written = _to_rating(connection.execute(statement).one())
            about = f"{rating.standard} {rating.month} {rating.agent_id} {rating.item}"
            old = None if before is None else {"value": before}
            noted(connection, Note(rating.by, Action.RATE, about, old, {"value": rating.value}, rating.reason))
            return written

    def of_month(self, month: str, standard: str) -> tuple[Rating, ...]:
        """Every act on a month by a scorecard, in the order made."""
        c = ratings.c
        query = select(ratings).where(c.month == month, c.standard == standard).order_by(c.id)
        with reading(self.engine) as connection:
            return tuple(_to_rating(row) for row in connection.execute(query))

    def all(self) -> tuple[Rating, ...]:
        """Every act there is, in the order made."""
        with reading(self.engine) as connection:
            return tuple(_to_rating(row) for row in connection.execute(select(ratings).order_by(ratings.c.id)))


def _check_open(connection: Connection, rating: Rating) -> None:
    key = (rating.month, rating.standard)
    closed = next((each for each in standing_closings(connection) if (each.month, each.standard) == key), None)
    if closed is not None:
        at = f"{closed.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        raise ConfigurationError(
            f"{rating.month} 已由 {closed.by} 于 {at} 关账，不能再评定；确需更正，请先重开本月，评定后再关账"
        )


def _own(connection: Connection, rating: Rating) -> list[Rating]:
    c = ratings.c
    query = select(ratings).where(
        c.month == rating.month,
        c.standard == rating.standard,
        c.agent_id == rating.agent_id,
        c.item == rating.item,
    )
    return [_to_rating(row) for row in connection.execute(query.order_by(c.id))]


def _to_rating(row: AnyRow) -> Rating:
    return Rating(**{name: getattr(row, name) for name in FIELDS}, id=row.id)
