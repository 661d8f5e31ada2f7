"""The classifiers with their artifacts, and every change of stage.

Knows that one version of a criterion at most is live; whether one deserves it is for
`pipeline.validation.learning.gate` to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKeyConstraint,
    LargeBinary,
    Named,
    Table,
    TypedColumns,
    func,
    insert,
    select,
)

from pipeline.errors import StoreError
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Text, Values, metadata
from pipeline.validation.learning.registry import GATE, ClassifierVersion, Stage, StageChange

LEADS_TO = {
    Stage.DRAFT: {Stage.SHADOW, Stage.LIVE, Stage.RETIRED},
    Stage.SHADOW: {Stage.DRAFT, Stage.LIVE, Stage.RETIRED},
    Stage.LIVE: {Stage.FLAG, Stage.SHADOW, Stage.RETIRED},
    Stage.FLAG: {Stage.LIVE, Stage.SHADOW, Stage.RETIRED},
    Stage.RETIRED: {Stage.SHADOW, Stage.LIVE},
}
"""From which stage a version may come to which."""


class ClassifierColumns(TypedColumns):
    """One row a version of a classifier. The database refuses to change or delete any."""

    criterion: Named[str] = Column(Text, primary_key=True)
    version: Named[str] = Column(Text, primary_key=True)
    card: Named[str] = Column(Text)
    artifact: Named[bytes] = Column(LargeBinary)
    sha256: Named[str] = Column(Text)
    registered_at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)


class ClassifierStageColumns(TypedColumns):
    """One row a change of stage, in the order made; the last one of a version counts. Never changed or deleted."""

    id: Named[int] = Column(primary_key=True)
    criterion: Named[str] = Column(Text)
    version: Named[str] = Column(Text)
    stage: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    by: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)


classifiers: Table[Any] = Table("classifiers", metadata, ClassifierColumns)
classifier_stages: Table[Any] = Table(
    "classifier_stages",
    metadata,
    ClassifierStageColumns,
    ForeignKeyConstraint(
        ["criterion", "version"],
        ["classifiers.criterion", "classifiers.version"],
        name="fk_classifier_stages_criterion_version",
    ),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Classifiers:
    """The classifiers: nothing in them is changed or taken out."""

    engine: Engine

    def register(self, criterion: str, version: str, card: str, artifact: bytes, by: str) -> ClassifierVersion:
        """The version as it was registered: a draft.

        Raises
        ------
        StoreError
            If the version is there already with other bytes or another card, or nobody is named.
        """
        check_named(by)
        at, digest = datetime.now(UTC), hashlib.sha256(artifact).hexdigest()
        with writing_alone(self.engine, "classifier_stages") as connection:
            if (there := _standing(connection, criterion).get(version)) is not None:
                if (there.sha256, there.card) != (digest, card):
                    raise StoreError(
                        f"{criterion} version {version} is registered already, by {there.registered_by}: "
                        "a version is never replaced; train another one"
                    )
                return there
            values: Values = {"criterion": criterion, "version": version, "card": card, "artifact": artifact}
            values |= {"sha256": digest, "registered_at": at, "by": by}
            connection.execute(insert(classifiers), values)
            _append(connection, StageChange(criterion, version, Stage.DRAFT, at, by, ""))
            return _standing(connection, criterion)[version]

    def stage(
        self, criterion: str, version: str, stage: Stage, by: str, reason: str = ""
    ) -> tuple[StageChange, ...]:
        """The changes that were made: a version that goes live retires the one that was live until then.

        Raises
        ------
        StoreError
            If there is no such version, it cannot come to that stage, or nobody is named; what is given back its
            weight needs a person.
        """
        check_named(by)
        with writing_alone(self.engine, "classifier_stages") as connection:
            known = _standing(connection, criterion)
            if version not in known:
                there = "、".join(known) or "none"
                raise StoreError(f"{criterion} has no version {version}; registered: {there}")
            now, at = known[version].stage, datetime.now(UTC)
            if now is stage:
                return ()
            if stage not in LEADS_TO[now]:
                raise StoreError(f"{criterion} version {version} is {now} and cannot become {stage}")
            if by == GATE and stage is not Stage.FLAG:
                raise StoreError(f"{criterion} version {version}: a person must say so, not the gate: --by NAME")
            changes = [StageChange(criterion, version, stage, at, by, reason)]
            if stage is Stage.LIVE:
                replaced = [each for each in known.values() if each.stage is Stage.LIVE]
                changes += (
                    StageChange(criterion, each.version, Stage.RETIRED, at, by, f"由版本 {version} 取代")
                    for each in replaced
                )
            for change in changes:
                _append(connection, change)
            return tuple(changes)

    def versions(
        self, stages: Collection[Stage] | None = None, criterion: str | None = None
    ) -> tuple[ClassifierVersion, ...]:
        """The versions in these stages, or all; by criterion, in the order registered."""
        with reading(self.engine) as connection:
            found = _standing(connection, criterion).values()
        return tuple(each for each in found if stages is None or each.stage in stages)

    def artifact(self, criterion: str, version: str) -> bytes:
        """The bytes of a classifier, as they were registered.

        Raises
        ------
        StoreError
            If there is no such version, or its bytes are no longer those that were registered.
        """
        c = classifiers.c
        query = select(c.artifact, c.sha256).where(c.criterion == criterion, c.version == version)
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise StoreError(f"{criterion} has no version {version}: `callqa classifier list` shows what there is")
        if hashlib.sha256(row.artifact).hexdigest() != row.sha256:
            raise StoreError(f"the bytes of {criterion} version {version} are not those that were registered")
        return bytes(row.artifact)

    def stages(self, criterion: str, version: str) -> tuple[StageChange, ...]:
        """Every change of stage of a version, in the order made."""
        c = classifier_stages.c
        query = select(classifier_stages).where(c.criterion == criterion, c.version == version).order_by(c.id)
        with reading(self.engine) as connection:
            return tuple(_to_staged(row) for row in connection.execute(query))


def check_named(by: str) -> None:
    """Raise a `StoreError` where nobody is named who says so.

    Examples
    --------
    >>> check_named("wang")
    >>> check_named(" ")
    Traceback (most recent call last):
    pipeline.errors.StoreError: somebody must say so: give --by NAME
    """
    if not by.strip():
        raise StoreError("somebody must say so: give --by NAME")


def _append(connection: Connection, change: StageChange) -> None:
    values = {"criterion": change.criterion, "version": change.version, "stage": change.stage}
    connection.execute(
        insert(classifier_stages), values | {"at": change.at, "by": change.by, "reason": change.reason}
    )


def _standing(connection: Connection, criterion: str | None) -> dict[str, ClassifierVersion]:
    """The versions by name, or, of all criteria, by criterion and version; in the order registered."""
    c, s = classifiers.c, classifier_stages.c
    last = select(func.max(s.id)).group_by(s.criterion, s.version)
    first = select(func.min(s.id).label("id"), s.criterion, s.version).group_by(s.criterion, s.version).subquery()
    query = (
        select(c.card, c.sha256, c.registered_at, c.by.label("registered_by"), classifier_stages)
        .join_from(classifiers, classifier_stages)
        .join(first, (first.c.criterion == c.criterion) & (first.c.version == c.version))
        .where(s.id.in_(last))
        .order_by(c.criterion, first.c.id)
    )
    if criterion is not None:
        query = query.where(c.criterion == criterion)
    found = {}
    for row in connection.execute(query):
        key = row.version if criterion is not None else f"{row.criterion} {row.version}"
        found[key] = ClassifierVersion(
            row.criterion,
            row.version,
            row.card,
            row.sha256,
            row.registered_at,
            row.registered_by,
            _to_staged(row),
        )
    return found


def _to_staged(row: AnyRow) -> StageChange:
    return StageChange(row.criterion, row.version, Stage(row.stage), row.at, row.by, row.reason)
