"""The tables of calibrations, and their rows from our types and back.

Knows shapes; what is read when, and by whom, is in `calibrations`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Index, Named, Table, TypedColumns, select

from pipeline.scorecard import Scorecard
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, metadata
from pipeline.validation.calibration import Calibration, Drawing, Rating, Scale


class CalibrationColumns(TypedColumns):
    """One row a calibration. The database refuses to change or delete any; its closing is a row elsewhere."""

    id: Named[int] = Column(primary_key=True)
    name: Named[str] = Column(Text)
    scorecard: Named[str] = Column(Text)
    revision: Named[int]
    scales: Named[Any] = Column(Json, nullable=False)  # [[criterion, title, [choice, …]], …]
    drawing: Named[Any] = Column(Json, nullable=True)  # [month, team, agent_id, seed, drawn_from]; NULL: chosen
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


class CalibrationCallColumns(TypedColumns):
    """One row a call that was dealt, with what the machine had said of it by then. Never changed."""

    id: Named[int] = Column(primary_key=True)
    calibration_id: Named[int] = Column(ForeignKey("calibrations.id"), index=True)
    call_id: Named[str] = Column(Text, index=True)  # of a call that may be erased meanwhile
    machine: Named[Any] = Column(Json, nullable=False)  # [[criterion, choice, heard_at], …]


class CalibrationReviewerColumns(TypedColumns):
    """One row a reviewer of a calibration. Never changed."""

    id: Named[int] = Column(primary_key=True)
    calibration_id: Named[int] = Column(ForeignKey("calibrations.id"), index=True)
    account_id: Named[str] = Column(Text, ForeignKey("accounts.id"), index=True)


class CalibrationAnswerColumns(TypedColumns):
    """One row an answer, in the order given; the reviewer's last one to a criterion counts. Never changed."""

    id: Named[int] = Column(primary_key=True)
    calibration_id: Named[int] = Column(ForeignKey("calibrations.id"))
    call_id: Named[str] = Column(Text)
    criterion: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    choice: Named[str] = Column(Text)
    heard_at: Named[float | None]
    note: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)


class CalibrationClosingColumns(TypedColumns):
    """One row a calibration that is closed, with the sha256 of the answers that counted. Never changed."""

    calibration_id: Named[int] = Column(ForeignKey("calibrations.id"), primary_key=True, autoincrement=False)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    answers: Named[str] = Column(Text)


calibrations: Table[Any] = Table("calibrations", metadata, CalibrationColumns, sqlite_autoincrement=True)
calibration_calls: Table[Any] = Table("calibration_calls", metadata, CalibrationCallColumns)
calibration_reviewers: Table[Any] = Table("calibration_reviewers", metadata, CalibrationReviewerColumns)
calibration_answers: Table[Any] = Table(
    "calibration_answers",
    metadata,
    CalibrationAnswerColumns,
    Index("ix_calibration_answers_calibration_id_by", "calibration_id", "by"),
)
calibration_closings: Table[Any] = Table("calibration_closings", metadata, CalibrationClosingColumns)


def calibration_values(
    name: str,
    scorecard: Scorecard,
    scales: Sequence[Scale],
    by: str,
    at: datetime,
    drawing: Drawing | None,
) -> Values:
    """A row of `calibrations`."""
    return {
        "name": name,
        "scorecard": scorecard.name,
        "revision": scorecard.revision,
        "scales": [[scale.criterion, scale.title, list(scale.choices)] for scale in scales],
        "drawing": None if drawing is None else list(asdict(drawing).values()),
        "by": by,
        "at": at,
    }


def rating_values(id: int, rating: Rating, by: str, at: datetime) -> Values:
    """A row of `calibration_answers`."""
    return {
        "calibration_id": id,
        "call_id": rating.call_id,
        "criterion": rating.criterion,
        "by": by,
        "choice": rating.choice,
        "heard_at": rating.heard_at,
        "note": rating.note,
        "at": at,
    }


def to_rating(row: AnyRow) -> Rating:
    """The answer of a row."""
    return Rating(row.call_id, row.criterion, row.by, row.choice, row.heard_at, row.note, row.at)


def read_calibrations(connection: Connection, ids: Sequence[int]) -> dict[int, Calibration]:
    """The calibrations of these ids, by id; those that are not there are left out."""
    called, seated = defaultdict[int, list[str]](list), defaultdict[int, list[str]](list)
    d, s = calibration_calls.c, calibration_reviewers.c
    for row in connection.execute(
        select(d.calibration_id, d.call_id).where(d.calibration_id.in_(ids)).order_by(d.id)
    ):
        called[row.calibration_id].append(row.call_id)
    for row in connection.execute(
        select(s.calibration_id, s.account_id).where(s.calibration_id.in_(ids)).order_by(s.id)
    ):
        seated[row.calibration_id].append(row.account_id)
    c = calibration_closings.c
    query = (
        select(calibrations, c.at.label("closed_at"), c.by.label("closed_by"))
        .outerjoin(calibration_closings, c.calibration_id == calibrations.c.id)
        .where(calibrations.c.id.in_(ids))
    )
    return {
        row.id: Calibration(
            row.id,
            row.name,
            row.scorecard,
            row.revision,
            tuple(Scale(criterion, title, tuple(choices)) for criterion, title, choices in row.scales),
            tuple(called[row.id]),
            tuple(seated[row.id]),
            row.by,
            row.at,
            None if row.drawing is None else Drawing(*row.drawing),
            row.closed_at,
            row.closed_by or "",
        )
        for row in connection.execute(query)
    }
