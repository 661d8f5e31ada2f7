"""What a page of the month asks: the rows that stand of a month, one agent's year, the calls behind lost points.

Knows how to read no more than a page shows; which closing stands is in `closings`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, select, true

from pipeline.access.accounts import Scope
from pipeline.evaluation import Outcome
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing
from pipeline.store import closed
from pipeline.store.closings import shown_closings
from pipeline.store.schema import reading
from pipeline.store.tables import STARTED_AT, answers, calls, evaluations, findings, months
from pipeline.tally import Tally
from pipeline.timeline import Seconds


@dataclass(frozen=True, slots=True)
class LostCall:
    """A call that lost points of one criterion.

    Parameters
    ----------
    reasons : tuple of str
        Why, in Chinese.
    at : float | None
        Where to listen: the first second of the evidence; None where there is none.
    source : str
        Who answered.
    """

    call_id: str
    started_at: datetime | None
    outcome: Outcome
    level: str | None
    tally: Tally
    reasons: tuple[str, ...]
    at: Seconds | None
    source: str


def _within(scope: Scope) -> ColumnElement[bool]:
    """Whether a row of `months` may be seen: all of them, a team with its agents, or one agent."""
    c = months.c
    if scope.agent_id is not None:
        return c.agent_id == scope.agent_id
    return true() if scope.team is None else c.team == scope.team


def _closing(connection: Connection, closing_id: int) -> Closing | None:
    found = (closing for closing in shown_closings(connection) if closing.id == closing_id)
    return next(found, None)


class ShownMonths:
    """The part of the store that the pages of the month read."""

    engine: Engine

    def shown_closings(self, scope: Scope) -> tuple[Closing, ...]:
        """The closing or trial that is shown of each month and standard, by month and standard.

        Only those that have a row within the scope.
        """
        with reading(self.engine) as connection:
            every = shown_closings(connection)
            if scope == Scope():
                return every
            c = months.c
            own = select(c.closing_id).where(c.closing_id.in_([closing.id for closing in every])).distinct()
            own = own.where(_within(scope))
            seen = set(connection.scalars(own))
        return tuple(closing for closing in every if closing.id in seen)

    def ranking(self, closing_id: int, scope: Scope) -> tuple[AgentMonth, ...]:
        """The agents of a closing or trial, and its teams, as far as the scope reaches; in the order saved."""
        c = months.c
        query = select(months).where(c.closing_id == closing_id, _within(scope)).order_by(c.position)
        with reading(self.engine) as connection:
            closing = _closing(connection, closing_id)
            if closing is None:
                return ()
            return tuple(closed.to_month(closing, row) for row in connection.execute(query))

    def rank_of(self, closing_id: int, agent_id: str) -> tuple[int, int] | None:
        """An agent's rank, and of how many who have a score; scores equal to 0.01 share a rank."""
        c = months.c
        query = select(c.agent_id, c.score).where(
            c.closing_id == closing_id, c.agent_id.is_not(None), c.score.is_not(None)
        )
        with reading(self.engine) as connection:
            scores = {row.agent_id: round(row.score, 2) for row in connection.execute(query)}
        if agent_id not in scores:
            return None
        return 1 + sum(score > scores[agent_id] for score in scores.values()), len(scores)

    def agent_year(
        self, agent_id: str, standard: str, last: str, months_back: int = 12
    ) -> tuple[tuple[Closing, AgentMonth], ...]:
        """An agent's shown months by a standard up to `last`, in order, at most so many of the calendar.

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
        found = [(closing, closed.to_month(closing, row)) for closing, row in rows]
        return tuple(sorted(found, key=lambda pair: pair[0].month))

    def calls_that_lost(
        self, month: str, standard: str, revision: int, agent_id: str, criterion_id: str, skip: int, limit: int
    ) -> tuple[LostCall, ...]:
        """The calls of an agent's month that lost points of a criterion, the most points first, then by id.

        Of each call the last judgement by this revision of the standard counts; a call that was judged by another
        one only is left out.
        """
        e, a, f = evaluations.c, answers.c, findings.c
        own = (calls.c.month == month, calls.c.agent_id == agent_id, calls.c.judged)
        last = (
            select(func.max(e.id))
            .join(calls, calls.c.id == e.call_id)
            .where(*own, e.scorecard == standard, e.revision == revision)
            .group_by(e.call_id)
        )
        query = (
            select(answers, e.call_id, STARTED_AT)
            .join(evaluations, e.id == a.evaluation_id)
            .join(calls, calls.c.id == e.call_id)
            .where(a.evaluation_id.in_(last), e.status == "evaluated", a.criterion_id == criterion_id)
            .where(a.awarded < a.possible)
            .order_by((a.possible - a.awarded).desc(), e.call_id)
            .offset(skip)
            .limit(limit)
        )
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            places = {
                (row.evaluation_id, row.position): row.span_start
                for row in connection.execute(
                    select(f.evaluation_id, f.position, f.span_start).where(
                        f.evaluation_id.in_([row.evaluation_id for row in rows])
                    )
                )
            }
        return tuple(
            LostCall(
                call_id=row.call_id,
                started_at=row.started_at,
                outcome=Outcome(row.outcome),
                level=row.level,
                tally=Tally(row.awarded, row.possible),
                reasons=tuple(row.reasons),
                at=min(
                    (places[row.evaluation_id, n] for n in row.findings if (row.evaluation_id, n) in places),
                    default=None,
                ),
                source=row.source,
            )
            for row in rows
        )

    def heard_calls_of(self, month: str) -> tuple[str, ...]:
        """The ids of the month's calls that were heard, in order: of which a sample is drawn."""
        query = select(calls.c.id).where(calls.c.month == month, calls.c.judged).order_by(calls.c.id)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))
