"""Calibrations as they are kept: dealt once, answered by adding, closed once; blind until then.

Knows rows, and that nobody's answers but the own ones are read while a calibration is open; what they mean together
is in `pipeline.validation.calibration`, who may deal and close is asked by the pages.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, exists, func, insert, select

from pipeline.access.accounts import Scope
from pipeline.access.audit import Action, Note
from pipeline.call import Status, day_of
from pipeline.errors import CalibrationError
from pipeline.scorecard import Scorecard
from pipeline.store.calls.evaluations import judgements_of
from pipeline.store.calls.hearings import to_hearing
from pipeline.store.calls.records import PAGE, heard_calls
from pipeline.store.learning.calibration_rows import (
    calibration_answers,
    calibration_calls,
    calibration_closings,
    calibration_reviewers,
    calibration_values,
    calibrations,
    rating_values,
    read_calibrations,
    to_rating,
)
from pipeline.store.people.accounts import accounts
from pipeline.store.people.audit import noted
from pipeline.store.people.roster import memberships
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import STARTED_AT, AnyRow, calls, evaluations, hearings
from pipeline.validation.calibration import (
    MACHINE,
    Calibration,
    Drawing,
    Rating,
    Scale,
    check_deal,
    machine_ratings,
    scales_of,
)


@dataclass(frozen=True, slots=True)
class Progress:
    """A calibration, and how many answers each reviewer has given."""

    calibration: Calibration
    num_answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Calibrations:
    """The calibrations."""

    engine: Engine

    def deal(
        self,
        name: str,
        scorecard: Scorecard,
        criteria: Iterable[str] | None,
        call_ids: Sequence[str],
        reviewers: Sequence[str],
        by: str,
        drawing: Drawing | None = None,
    ) -> Calibration:
        """The calibration as it was dealt, with what the machine says of its calls today.

        Parameters
        ----------
        criteria : iterable of str | None
            None for all that can be told from a call.
        drawing : Drawing | None
            How the calls were drawn, where they were.

        Raises
        ------
        CalibrationError
            If there are too few or too many of anything, or a call was not judged by this scorecard.
        """
        scales = scales_of(scorecard, criteria)
        call_ids, reviewers = tuple(dict.fromkeys(call_ids)), tuple(dict.fromkeys(reviewers))
        check_deal(name, scales, call_ids, reviewers)
        with writing_alone(self.engine, "audit") as connection:
            _check_accounts(connection, reviewers)
            machine = _machine(connection, call_ids, scorecard, scales)
            if missing := [call_id for call_id in call_ids if call_id not in machine]:
                by_what = f"{scorecard.name} 第 {scorecard.revision} 版"
                raise CalibrationError(f"通话 {'、'.join(missing[:5])} 没有按 {by_what}评过分，不能用于校准")
            values = calibration_values(name, scorecard, scales, by, datetime.now(UTC), drawing)
            id = connection.execute(insert(calibrations).values(values).returning(calibrations.c.id)).scalar_one()
            rows = [{"calibration_id": id, "call_id": call_id, "machine": machine[call_id]} for call_id in call_ids]
            connection.execute(insert(calibration_calls), rows)
            connection.execute(
                insert(calibration_reviewers), [{"calibration_id": id, "account_id": who} for who in reviewers]
            )
            note = {
                "name": name,
                "scorecard": scorecard.name,
                "revision": scorecard.revision,
                "calls": list(call_ids),
                "reviewers": list(reviewers),
                "drawing": None if drawing is None else asdict(drawing),
            }
            noted(connection, Note(by, Action.CALIBRATION_DEALT, str(id), None, note))
            return read_calibrations(connection, [id])[id]

    def get(self, id: int) -> Calibration | None:
        """The calibration; None where there is none."""
        with reading(self.engine) as connection:
            return read_calibrations(connection, [id]).get(id)

    def progress(self, reviewer: str | None = None, id: int | None = None, limit: int = 50) -> tuple[Progress, ...]:
        """The last calibrations with how far they are, those of one reviewer, or one; the newest first."""
        query = select(calibrations.c.id).order_by(calibrations.c.id.desc()).limit(limit)
        if reviewer is not None:
            query = query.where(_seated(calibrations.c.id, reviewer))
        if id is not None:
            query = query.where(calibrations.c.id == id)
        with reading(self.engine) as connection:
            ids = list(connection.scalars(query))
            found, counts = read_calibrations(connection, ids), _counts(connection, ids)
        return tuple(Progress(found[id], {who: counts[id, who] for who in found[id].reviewers}) for id in ids)

    def ratings(self, id: int, reviewer: str) -> tuple[Rating, ...]:
        """The answers of one reviewer and of nobody else: the last one to each criterion of each call."""
        with reading(self.engine) as connection:
            return tuple(map(to_rating, connection.execute(_standing(id, reviewer))))

    def answer(self, id: int, ratings: Sequence[Rating], by: str) -> int:
        """The number of answers added, all or none; one that says what stands already is not added again.

        The note tells what was answered, not how: the audit log is read while the calibration is still blind.

        Raises
        ------
        CalibrationError
            If the calibration is closed, the reviewer is not in it, or it does not ask this.
        """
        with writing_alone(self.engine, "audit") as connection:
            calibration = _asked(read_calibrations(connection, [id]).get(id), ratings, by)
            before = {
                (row.call_id, row.criterion): (row.choice, row.heard_at, row.note)
                for row in connection.execute(_standing(id, by))
            }
            new = [
                rating
                for rating in ratings
                if before.get((rating.call_id, rating.criterion)) != (rating.choice, rating.heard_at, rating.note)
            ]
            if not new:
                return 0
            now = datetime.now(UTC)
            connection.execute(
                insert(calibration_answers), [rating_values(calibration.id, rating, by, now) for rating in new]
            )
            of_call = defaultdict[str, list[str]](list)
            for rating in new:
                of_call[rating.call_id].append(rating.criterion)
            for call_id, criteria in of_call.items():
                noted(
                    connection,
                    Note(by, Action.CALIBRATION_ANSWERED, call_id, None, {"calibration": id, "criteria": criteria}),
                )
            return len(new)

    def close(self, id: int, by: str, why: str = "") -> Calibration:
        """The calibration, closed for good: from now on it is answered no more, and read.

        Raises
        ------
        CalibrationError
            If there is none, or it is closed already.
        """
        with writing_alone(self.engine, "audit") as connection:
            calibration = read_calibrations(connection, [id]).get(id)
            if calibration is None:
                raise CalibrationError(f"没有校准 {id}")
            if not calibration.is_open:
                raise CalibrationError(f"校准「{calibration.name}」已由 {calibration.closed_by} 结束")
            rows = connection.execute(_standing(id)).all()
            answers = [[r.call_id, r.criterion, r.by, r.choice, r.heard_at, r.note, r.at.isoformat()] for r in rows]
            digest = hashlib.sha256(json.dumps(answers, ensure_ascii=False).encode()).hexdigest()
            values = {"calibration_id": id, "by": by, "at": datetime.now(UTC), "answers": digest}
            connection.execute(insert(calibration_closings).values(values))
            new = {
                "num_answers": len(rows),
                "asked": calibration.num_answers * len(calibration.reviewers),
                "sha256": digest,
            }
            noted(connection, Note(by, Action.CALIBRATION_CLOSED, str(id), None, new, why))
            return read_calibrations(connection, [id])[id]

    def answers(self, id: int) -> tuple[tuple[Rating, ...], tuple[Rating, ...]]:
        """The answers of people and those of the machine in a calibration that is closed.

        Raises
        ------
        CalibrationError
            While it is open: nobody sees anything then.
        """
        with reading(self.engine) as connection:
            calibration = read_calibrations(connection, [id]).get(id)
            if calibration is None or calibration.is_open:
                raise CalibrationError("校准还没有结束：结束之前谁也看不到别人的和机器的评分")
            people = tuple(map(to_rating, connection.execute(_standing(id))))
            rows = connection.execute(
                select(calibration_calls)
                .where(calibration_calls.c.calibration_id == id)
                .order_by(calibration_calls.c.id)
            )
            machine = tuple(
                Rating(row.call_id, criterion, MACHINE, choice, heard_at)
                for row in rows
                for criterion, choice, heard_at in row.machine
            )
        return people, machine

    def blinding(self, account_id: str, call_id: str) -> int | None:
        """The open calibration in which this account scores this call blind; None where there is none."""
        with reading(self.engine) as connection:
            return connection.scalar(
                _blinding(account_id)
                .with_only_columns(func.min(calibration_calls.c.calibration_id))
                .where(calibration_calls.c.call_id == call_id)
            )

    def blind_calls(self, account_id: str, month: str | None = None) -> frozenset[str]:
        """The calls whose scores this account must not see now, of one month or all."""
        query = _blinding(account_id)
        if month is not None:
            query = query.join(calls, calls.c.id == calibration_calls.c.call_id).where(calls.c.month == month)
        with reading(self.engine) as connection:
            return frozenset(connection.scalars(query))

    def candidates(self, scorecard: str, revision: int, month: str, among: Scope) -> tuple[str, ...]:
        """The calls of a month that were evaluated by this revision, of everybody or of those in `among`, by id."""
        e = evaluations.c
        has_evaluation = exists().where(
            e.call_id == calls.c.id, e.scorecard == scorecard, e.revision == revision, e.status == Status.EVALUATED
        )
        query = (
            select(calls.c.id, calls.c.agent_id, STARTED_AT)
            .where(calls.c.month == month, calls.c.judged, has_evaluation)
            .where(exists().where(hearings.c.call_id == calls.c.id))
            .order_by(calls.c.id)
        )
        if among.agent_id is not None:
            query = query.where(calls.c.agent_id == among.agent_id)
        m = memberships.c
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            if among.agent_id is not None or among.team is None:
                return tuple(row.id for row in rows)
            roster = defaultdict[str, list[AnyRow]](list)
            for row in connection.execute(select(memberships).where(m.team == among.team)):
                roster[row.agent_id].append(row)
        return tuple(row.id for row in rows if _in_team(row, roster.get(row.agent_id, [])))


def _check_accounts(connection: Connection, reviewers: Sequence[str]) -> None:
    """Refuse reviewers who have no account."""
    known = set(connection.scalars(select(accounts.c.id).where(accounts.c.id.in_(reviewers))))
    if unknown := [reviewer for reviewer in reviewers if reviewer not in known]:
        raise CalibrationError(f"没有账号 {'、'.join(unknown)}")


def _in_team(row: AnyRow, of_agent: Sequence[AnyRow]) -> bool:
    day = day_of(row.started_at)
    return day is not None and any(
        each.first_day <= day and (each.last_day is None or day <= each.last_day) for each in of_agent
    )


def _seated(id: Any, account_id: str) -> Any:
    return exists().where(
        calibration_reviewers.c.calibration_id == id, calibration_reviewers.c.account_id == account_id
    )


def _blinding(account_id: str) -> Select[*tuple[Any, ...]]:
    """The calls dealt to this account in calibrations that are open."""
    id = calibration_calls.c.calibration_id
    is_closed = exists().where(calibration_closings.c.calibration_id == id)
    return select(calibration_calls.c.call_id).where(_seated(id, account_id), ~is_closed)


def _standing(id: int, by: str | None = None) -> Select[*tuple[Any, ...]]:
    """The answers that count, in an order of their own."""
    g = calibration_answers.c
    mine = select(func.max(g.id)).where(g.calibration_id == id)
    if by is not None:
        mine = mine.where(g.by == by)
    return select(calibration_answers).where(g.id.in_(mine.group_by(g.call_id, g.criterion, g.by))).order_by(g.id)


def _counts(connection: Connection, ids: Sequence[int]) -> Counter[tuple[int, str]]:
    """The numbers of answers that stand, by calibration and reviewer."""
    g = calibration_answers.c
    each = select(g.calibration_id, g.by).where(g.calibration_id.in_(ids))
    distinct = each.group_by(g.calibration_id, g.by, g.call_id, g.criterion)
    return Counter((row.calibration_id, row.by) for row in connection.execute(distinct))


def _asked(calibration: Calibration | None, ratings: Iterable[Rating], by: str) -> Calibration:
    """The calibration, if it asks all this of this person."""
    if calibration is None or by not in calibration.reviewers:
        raise CalibrationError("没有这次校准，或者您不在评分人之中")
    if not calibration.is_open:
        raise CalibrationError(f"校准「{calibration.name}」已经结束，不能再评")
    for rating in ratings:
        scale = calibration.scale(rating.criterion)
        if rating.call_id not in calibration.calls or scale is None:
            raise CalibrationError(f"校准「{calibration.name}」没有要求评 {rating.call_id} 的 {rating.criterion}")
        if not scale.has(rating.choice):
            raise CalibrationError(f"{scale.title} 只能选 {'、'.join(scale.choices)} 或不适用")
    return calibration


def _machine(
    connection: Connection, call_ids: Sequence[str], scorecard: Scorecard, scales: Sequence[Scale]
) -> dict[str, list[list[Any]]]:
    """The machine's ratings of each call that was evaluated by this revision of the scorecard."""
    ratings_of: dict[str, list[list[Any]]] = {}
    by = (scorecard.name, scorecard.revision)
    for start in range(0, len(call_ids), PAGE):
        page = call_ids[start : start + PAGE]
        judgements = judgements_of(connection, page, prefer=by)
        for row in connection.execute(heard_calls().where(calls.c.id.in_(page), hearings.c.call_id.is_not(None))):
            judgement = judgements.get(row.id)
            if judgement is None:
                continue
            own = judgement.evaluation
            if (own.scorecard, own.revision) == by and own.status is Status.EVALUATED:
                ratings = machine_ratings(own, judgement.findings, to_hearing(row, ()), scorecard, scales)
                ratings_of[row.id] = [[rating.criterion, rating.choice, rating.heard_at] for rating in ratings]
    return ratings_of
