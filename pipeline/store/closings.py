"""The months that were tried, closed and reopened: what is written then, and which rows stand now.

Knows the order in which a month may be closed and reopened; who may do so is the caller's knowledge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from sqlalchemy import Connection, Engine, delete, insert, select

from pipeline.call import SHANGHAI
from pipeline.errors import StoreError
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing, State
from pipeline.month.plan import PlanRow
from pipeline.store import closed, tables
from pipeline.store.listing import restake
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow

CODE_VERSION = version("callqa")


class Closings:
    """The part of the store that keeps months: closed, reopened and closed again, and nothing is overwritten.

    At any moment at most one closing of a month by a standard stands: the last one, unless it was reopened.
    """

    engine: Engine

    def save_trial(self, closing: Closing, rows: Iterable[AgentMonth]) -> int:
        """The id of a trial of the month, in place of the last one by the same standard; a closing is left alone.

        Raises
        ------
        ValueError
            If a row is of another month, standard or revision.
        """
        kept = _own(closing, rows)
        with writing_alone(self.engine, "closings") as connection:
            _drop_trials(connection, closing)
            return _append(connection, closing, State.TRIAL, kept)

    def close_month(self, closing: Closing, rows: Iterable[AgentMonth]) -> int:
        """The id of the closing, now the one that stands; it takes the place of the month's trial.

        Raises
        ------
        StoreError
            If the month is closed already and was not reopened; says by whom, when, and how to reopen it.
        ValueError
            If a row is of another month, standard or revision, or nobody is named who closes.
        """
        kept = _own(closing, rows)
        if not closing.by.strip():
            raise ValueError("a month is closed by somebody: `by` is empty")
        with writing_alone(self.engine, "closings") as connection:
            if before := _standing(_history(connection, closing.month)).get((closing.month, closing.standard)):
                at = before.at.astimezone(SHANGHAI)
                raise StoreError(
                    f"{before.standard} 的 {before.month} 月度考核已由 {before.by} 于 {at:%Y-%m-%d %H:%M} 关账。"
                    f"确需更正，请先说明原因重开：callqa month {before.month} --standard {before.standard} "
                    "--reopen --by 姓名 --reason 原因"
                )
            _drop_trials(connection, closing)
            return _append(connection, closing, State.CLOSED, kept)

    def reopen_month(self, month: str, standard: str, by: str, reason: str) -> int:
        """The id of the reopening; the closing before it is kept, but stands no longer.

        Raises
        ------
        StoreError
            If the month is not closed, or it is not said by whom and why it is reopened.
        """
        if not by.strip() or not reason.strip():
            raise StoreError(f"重开 {standard} 的 {month} 月度考核，须写明由谁重开（--by）和原因（--reason）。")
        with writing_alone(self.engine, "closings") as connection:
            before = _standing(_history(connection, month)).get((month, standard))
            if before is None:
                raise StoreError(
                    f"{standard} 的 {month} 月度考核没有关账，无需重开；"
                    f"请核对月份和标准：callqa month {month} --standard {standard}"
                )
            reopening = Closing(month, standard, before.revision, before.digest, by, reason, at=datetime.now(UTC))
            return _append(connection, reopening, State.REOPENED, ())

    def closing(self, month: str, standard: str) -> Closing | None:
        """The closing that stands; None for a month that is open."""
        with reading(self.engine) as connection:
            return _standing(_history(connection, month)).get((month, standard))

    def closings(self, month: str | None = None) -> tuple[Closing, ...]:
        """The whole history of a month, or of all, in the order in which it happened."""
        with reading(self.engine) as connection:
            return _history(connection, month)

    def months(self, month: str | None = None) -> tuple[AgentMonth, ...]:
        """The rows that stand now, by month and standard, in the order saved: of the closing, else of the trial."""
        return tuple(row for _, row in self.shown_months(month))

    def shown_months(
        self, month: str | None = None, agent_id: str | None = None
    ) -> tuple[tuple[Closing, AgentMonth], ...]:
        """The rows that `months` gives, of one agent or of all, each with the closing or trial it belongs to."""
        with reading(self.engine) as connection:
            return _rows(connection, _shown(_history(connection, month)).values(), agent_id)

    def standing_months(self, standard: str) -> tuple[AgentMonth, ...]:
        """The agents of all months that are closed by the standard, by month; teams and trials are left out."""
        with reading(self.engine) as connection:
            standing = [c for c in _standing(_history(connection)).values() if c.standard == standard]
            return tuple(row for _, row in _rows(connection, standing) if row.agent_id is not None)

    def save_plan(self, closing_id: int, rows: Iterable[PlanRow]) -> None:
        """Keep the improvement plan of a trial or closing, in place of the one that it has.

        Raises
        ------
        StoreError
            If there is no such trial or closing.
        """
        with writing_alone(self.engine, "closings") as connection:
            known = connection.execute(select(tables.closings.c.id).where(tables.closings.c.id == closing_id))
            if known.one_or_none() is None:
                raise StoreError(f"there is no closing {closing_id}: compute the month again, then save its plan")
            connection.execute(delete(tables.plans).where(tables.plans.c.closing_id == closing_id))
            if values := closed.plan_values(closing_id, rows):
                connection.execute(insert(tables.plans), values)

    def plans(self, month: str, standard: str) -> tuple[PlanRow, ...]:
        """The improvement plan of the rows that `months` gives for this month and standard."""
        with reading(self.engine) as connection:
            return plan_rows(connection, month, standard)


def _own(closing: Closing, rows: Iterable[AgentMonth]) -> tuple[AgentMonth, ...]:
    """The rows, when all of them are of the closing's month, standard and revision."""
    kept = tuple(rows)
    of = (closing.month, closing.standard, closing.revision)
    if foreign := [row for row in kept if (row.month, row.scorecard, row.revision) != of]:
        raise ValueError(f"{foreign[0].agent_id}: the row is not of {of}, as the closing is")
    return kept


def _drop_trials(connection: Connection, closing: Closing) -> None:
    c = tables.closings.c
    connection.execute(
        delete(tables.closings).where(
            c.month == closing.month, c.standard == closing.standard, c.state == State.TRIAL
        )
    )


def _append(connection: Connection, closing: Closing, state: State, rows: Sequence[AgentMonth]) -> int:
    values = closed.closing_values(closing) | {"state": state, "code_version": CODE_VERSION}
    key = connection.execute(insert(tables.closings).values(values).returning(tables.closings.c.id)).scalar_one()
    if rows:
        connection.execute(insert(tables.months), closed.month_values(key, rows))
        restake(connection, closing.month, closing.standard, {row.agent_id: row.undecided for row in rows})
    return key


def _history(connection: Connection, month: str | None = None) -> tuple[Closing, ...]:
    query = select(tables.closings).order_by(tables.closings.c.id)
    if month is not None:
        query = query.where(tables.closings.c.month == month)
    return tuple(closed.to_closing(row) for row in connection.execute(query))


def _standing(history: Iterable[Closing]) -> dict[tuple[str, str], Closing]:
    """The closing that stands for each month and standard that has one."""
    standing: dict[tuple[str, str], Closing] = {}
    for closing in history:
        match closing.state:
            case State.CLOSED:
                standing[closing.month, closing.standard] = closing
            case State.REOPENED:
                standing.pop((closing.month, closing.standard), None)
    return standing


def plan_rows(connection: Connection, month: str, standard: str) -> tuple[PlanRow, ...]:
    """The drafted plan of the rows that are shown of this month and standard."""
    shown = _shown(_history(connection, month)).get((month, standard))
    if shown is None:
        return ()
    c = tables.plans.c
    query = select(c.row).where(c.closing_id == shown.id).order_by(c.position)
    return tuple(closed.to_plan_row(stored) for stored in connection.scalars(query))


def standing_closings(connection: Connection) -> tuple[Closing, ...]:
    """The closing that stands for each month and standard that has one."""
    return tuple(_standing(_history(connection)).values())


def shown_closings(connection: Connection) -> tuple[Closing, ...]:
    """What is shown of each month and standard, by month and standard."""
    shown = _shown(_history(connection)).values()
    return tuple(sorted(shown, key=lambda closing: (closing.month, closing.standard)))


def _shown(history: Sequence[Closing]) -> dict[tuple[str, str], Closing]:
    """What is shown of each month and standard: the closing that stands, else the last trial."""
    tried = {(one.month, one.standard): one for one in history if one.state is State.TRIAL}
    return tried | _standing(history)


def _rows(
    connection: Connection, of: Iterable[Closing], agent_id: str | None = None
) -> tuple[tuple[Closing, AgentMonth], ...]:
    """The rows of these closings, of one agent or of all, by month and standard, in the order saved."""
    c = tables.months.c
    wanted = sorted(of, key=lambda closing: (closing.month, closing.standard))
    found = defaultdict[int, list[AnyRow]](list)
    query = select(tables.months).where(c.closing_id.in_([closing.id for closing in wanted])).order_by(c.position)
    if agent_id is not None:
        query = query.where(c.agent_id == agent_id)
    for row in connection.execute(query):
        found[row.closing_id].append(row)
    return tuple((closing, closed.to_month(closing, row)) for closing in wanted for row in found[closing.id])
