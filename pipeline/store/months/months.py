"""The months that were tried, closed and reopened: what is written then, and which rows stand now.

Knows the order in which a month may be closed and reopened; who may do so is the caller's knowledge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, select, true

from pipeline.access.accounts import Scope
from pipeline.call import SHANGHAI
from pipeline.errors import StoreError
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.store import tables
from pipeline.store.months.rows import closing_values, month_values, to_closing, to_month
from pipeline.store.queue.places import restake
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, months
from pipeline.store.upsert import CODE_VERSION
from pipeline.tally import rounded


@dataclass(frozen=True, slots=True)
class Months:
    """The months: tried, closed, reopened and closed again, and nothing is overwritten.

    At any moment at most one closing of a month by a scorecard stands: the last one, unless it was reopened.
    """

    engine: Engine

    def save_trial(self, closing: Closing, rows: Iterable[AgentMonth]) -> int:
        """The id of a trial of the month, in place of the last one by the same scorecard; a closing is left alone.

        Raises
        ------
        ValueError
            If a row is of another month, scorecard or revision.
        """
        kept = _own(closing, rows)
        with writing_alone(self.engine, "closings") as connection:
            _drop_trials(connection, closing)
            return _append(connection, closing, ClosingState.TRIAL, kept)

    def close(self, closing: Closing, rows: Iterable[AgentMonth]) -> int:
        """The id of the closing, now the one that stands; it takes the place of the month's trial.

        Raises
        ------
        StoreError
            If the month is closed already and was not reopened; says by whom, when, and how to reopen it.
        ValueError
            If a row is of another month, scorecard or revision, or nobody is named who closes.
        """
        kept = _own(closing, rows)
        if not closing.by.strip():
            raise ValueError("a month is closed by somebody: `by` is empty")
        with writing_alone(self.engine, "closings") as connection:
            if before := _standing(closing_history(connection, closing.month)).get(
                (closing.month, closing.standard)
            ):
                at = before.at.astimezone(SHANGHAI)
                raise StoreError(
                    f"{before.standard} 的 {before.month} 月度考核已由 {before.by} 于 {at:%Y-%m-%d %H:%M} 关账。"
                    f"确需更正，请先说明原因重开：callqa month {before.month} --standard {before.standard} "
                    "--reopen --by 姓名 --reason 原因"
                )
            _drop_trials(connection, closing)
            return _append(connection, closing, ClosingState.CLOSED, kept)

    def reopen(self, month: str, standard: str, by: str, reason: str) -> int:
        """The id of the reopening; the closing before it is kept, but stands no longer.

        Raises
        ------
        StoreError
            If the month is not closed, or it is not said by whom and why it is reopened.
        """
        if not by.strip() or not reason.strip():
            raise StoreError(f"重开 {standard} 的 {month} 月度考核，须写明由谁重开（--by）和原因（--reason）。")
        with writing_alone(self.engine, "closings") as connection:
            before = _standing(closing_history(connection, month)).get((month, standard))
            if before is None:
                raise StoreError(
                    f"{standard} 的 {month} 月度考核没有关账，无需重开；"
                    f"请核对月份和标准：callqa month {month} --standard {standard}"
                )
            reopening = Closing(month, standard, before.revision, before.digest, by, reason, at=datetime.now(UTC))
            return _append(connection, reopening, ClosingState.REOPENED, ())

    def closing(self, month: str, standard: str) -> Closing | None:
        """The closing that stands; None for a month that is open."""
        with reading(self.engine) as connection:
            return _standing(closing_history(connection, month)).get((month, standard))

    def history(self, month: str | None = None) -> tuple[Closing, ...]:
        """The whole history of a month, or of all, in the order in which it happened."""
        with reading(self.engine) as connection:
            return closing_history(connection, month)

    def rows(self, month: str | None = None) -> tuple[AgentMonth, ...]:
        """The rows that stand now, by month and scorecard, in the order saved: of the closing or the trial."""
        return tuple(row for _, row in self.shown(month))

    def shown(
        self, month: str | None = None, agent_id: str | None = None
    ) -> tuple[tuple[Closing, AgentMonth], ...]:
        """The rows that `months` gives, of one agent or of all, each with the closing or trial it belongs to."""
        with reading(self.engine) as connection:
            return _rows(connection, shown_by_key(closing_history(connection, month)).values(), agent_id)

    def standing(self, standard: str) -> tuple[AgentMonth, ...]:
        """The agents and teams of all months that are closed by the scorecard, by month; trials are left out."""
        with reading(self.engine) as connection:
            standing = [c for c in _standing(closing_history(connection)).values() if c.standard == standard]
            return tuple(row for _, row in _rows(connection, standing))

    def closings(self, scope: Scope) -> tuple[Closing, ...]:
        """The closing or trial that is shown of each month and scorecard, by month and scorecard.

        Only those that have a row within the scope.
        """
        with reading(self.engine) as connection:
            every = shown_closings(connection)
            if scope == Scope():
                return every
            c = months.c
            own = select(c.closing_id).where(c.closing_id.in_([closing.id for closing in every])).distinct()
            own = own.where(_within(scope))
            ids = set(connection.scalars(own))
        return tuple(closing for closing in every if closing.id in ids)

    def ranking(self, closing_id: int, scope: Scope) -> tuple[AgentMonth, ...]:
        """The agents of a closing or trial, and its teams, as far as the scope reaches; in the order saved."""
        c = months.c
        query = select(months).where(c.closing_id == closing_id, _within(scope)).order_by(c.position)
        with reading(self.engine) as connection:
            closing = _closing(connection, closing_id)
            if closing is None:
                return ()
            return tuple(to_month(closing, row) for row in connection.execute(query))

    def rank(self, closing_id: int, agent_id: str) -> tuple[int, int] | None:
        """An agent's rank, and of how many who have a score; equal scores share one."""
        c = months.c
        query = select(c.agent_id, c.score).where(
            c.closing_id == closing_id, c.agent_id.is_not(None), c.score.is_not(None)
        )
        with reading(self.engine) as connection:
            scores = {row.agent_id: rounded(row.score) for row in connection.execute(query)}
        if agent_id not in scores:
            return None
        return 1 + sum(score > scores[agent_id] for score in scores.values()), len(scores)

    def year(
        self, agent_id: str, standard: str, last: str, months_back: int = 12
    ) -> tuple[tuple[Closing, AgentMonth], ...]:
        """An agent's shown months by a scorecard up to `last`, in order, at most so many of the calendar.

        Parameters
        ----------
        last : str
            ``YYYY-MM``.
        """
        year, number = (int(part) for part in last.split("-"))
        first = year * 12 + number - months_back
        since = f"{first // 12}-{first % 12 + 1:02d}"
        with reading(self.engine) as connection:
            wanted = {
                closing.id: closing
                for closing in shown_closings(connection)
                if closing.standard == standard and since <= closing.month <= last
            }
            query = select(months).where(months.c.agent_id == agent_id, months.c.closing_id.in_(list(wanted)))
            rows = [(wanted[row.closing_id], row) for row in connection.execute(query)]
        found = [(closing, to_month(closing, row)) for closing, row in rows]
        return tuple(sorted(found, key=lambda pair: pair[0].month))


def _own(closing: Closing, rows: Iterable[AgentMonth]) -> tuple[AgentMonth, ...]:
    """The rows, when all of them are of the closing's month, scorecard and revision."""
    kept = tuple(rows)
    of = (closing.month, closing.standard, closing.revision)
    if foreign := [row for row in kept if (row.month, row.scorecard, row.revision) != of]:
        raise ValueError(f"{foreign[0].agent_id}: the row is not of {of}, as the closing is")
    return kept


def _drop_trials(connection: Connection, closing: Closing) -> None:
    c = tables.closings.c
    connection.execute(
        delete(tables.closings).where(
            c.month == closing.month, c.standard == closing.standard, c.state == ClosingState.TRIAL
        )
    )


def _append(connection: Connection, closing: Closing, state: ClosingState, rows: Sequence[AgentMonth]) -> int:
    values = closing_values(closing) | {"state": state, "code_version": CODE_VERSION}
    key = connection.execute(insert(tables.closings).values(values).returning(tables.closings.c.id)).scalar_one()
    if rows:
        connection.execute(insert(tables.months), month_values(key, rows))
        restake(connection, closing.month, closing.standard, {row.agent_id: row.undecided for row in rows})
    return key


def closing_history(connection: Connection, month: str | None = None) -> tuple[Closing, ...]:
    """The trials, closings and reopenings of a month, or of all, in the order in which they happened."""
    query = select(tables.closings).order_by(tables.closings.c.id)
    if month is not None:
        query = query.where(tables.closings.c.month == month)
    return tuple(to_closing(row) for row in connection.execute(query))


def _standing(history: Iterable[Closing]) -> dict[tuple[str, str], Closing]:
    """The closing that stands for each month and scorecard that has one."""
    standing: dict[tuple[str, str], Closing] = {}
    for closing in history:
        match closing.state:
            case ClosingState.CLOSED:
                standing[closing.month, closing.standard] = closing
            case ClosingState.REOPENED:
                standing.pop((closing.month, closing.standard), None)
    return standing


def standing_closings(connection: Connection) -> tuple[Closing, ...]:
    """The closing that stands for each month and scorecard that has one."""
    return tuple(_standing(closing_history(connection)).values())


def shown_closings(connection: Connection) -> tuple[Closing, ...]:
    """The closing or trial that is shown of each month and scorecard, by month and scorecard."""
    shown = shown_by_key(closing_history(connection)).values()
    return tuple(sorted(shown, key=lambda closing: (closing.month, closing.standard)))


def shown_by_key(history: Sequence[Closing]) -> dict[tuple[str, str], Closing]:
    """The closing that stands for each month and scorecard, else its last trial."""
    tried = {(one.month, one.standard): one for one in history if one.state is ClosingState.TRIAL}
    return tried | _standing(history)


def _rows(
    connection: Connection, of: Iterable[Closing], agent_id: str | None = None
) -> tuple[tuple[Closing, AgentMonth], ...]:
    """The rows of these closings, of one agent or of all, by month and scorecard, in the order saved."""
    c = tables.months.c
    wanted = sorted(of, key=lambda closing: (closing.month, closing.standard))
    found = defaultdict[int, list[AnyRow]](list)
    query = select(tables.months).where(c.closing_id.in_([closing.id for closing in wanted])).order_by(c.position)
    if agent_id is not None:
        query = query.where(c.agent_id == agent_id)
    for row in connection.execute(query):
        found[row.closing_id].append(row)
    return tuple((closing, to_month(closing, row)) for closing in wanted for row in found[closing.id])


def _within(scope: Scope) -> ColumnElement[bool]:
    """Whether a row of `months` may be seen: all of them, a team with its agents, or one agent."""
    c = months.c
    if scope.agent_id is not None:
        return c.agent_id == scope.agent_id
    return true() if scope.team is None else c.team == scope.team


def _closing(connection: Connection, closing_id: int) -> Closing | None:
    found = (closing for closing in shown_closings(connection) if closing.id == closing_id)
    return next(found, None)
