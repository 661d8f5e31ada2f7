"""An agent's own calls as a page shows them: the newest first, a page at a time.

Knows how to read no more than a page; what people said of the calls is laid over by who asks (`counted`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, func, select

from pipeline.month.assessment.calls import ScoredCall
from pipeline.store import judged
from pipeline.store.answers import person_answers
from pipeline.store.corrected import corrections
from pipeline.store.queries import heard_calls, judgements_of
from pipeline.store.schema import reading
from pipeline.store.tables import STARTED_AT, calls, evaluations


class OwnCalls:
    """The part of the store that an agent's list of calls reads."""

    engine: Engine

    def months_of_calls(self, agent_id: str) -> tuple[str, ...]:
        """The months in which the agent has calls, the newest first."""
        c = calls.c
        query = select(c.month).where(c.agent_id == agent_id, c.month.is_not(None)).distinct()
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query.order_by(c.month.desc())))

    def own_calls(self, agent_id: str, month: str, limit: int, offset: int = 0) -> tuple[ScoredCall, ...]:
        """The calls of an agent in a month, as the machine judged them, the newest first."""
        c = calls.c
        query = heard_calls().where(c.month == month, c.agent_id == agent_id)
        query = query.order_by(STARTED_AT.desc(), c.id).limit(limit).offset(offset)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            judgements = judgements_of(connection, [row.id for row in rows])
            return tuple(judged.to_scored_call(row, judgements.get(row.id)) for row in rows)

    def num_own_calls(self, agent_id: str, month: str) -> int:
        """How many calls the agent has in a month."""
        c = calls.c
        query = select(func.count()).select_from(calls).where(c.month == month, c.agent_id == agent_id)
        with reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def state_of_month(self, month: str, agent_id: str) -> tuple[object, ...]:
        """What is another whenever a call of an agent's month was saved, judged, answered or corrected since."""
        c = calls.c
        own = c.month == month, c.agent_id == agent_id
        with reading(self.engine) as connection:
            saved = connection.execute(select(func.count(), func.max(c.created_at)).where(*own)).one()
            acts = (connection.scalar(select(func.max(table.c.id))) for table in (person_answers, corrections))
            return *saved, *acts

    def judged_at(self, call_id: str) -> datetime | None:
        """When the judgement that stands for a call was made; None for a call without one."""
        e = evaluations.c
        query = (
            select(e.created_at)
            .join(calls, calls.c.id == e.call_id)
            .where(e.call_id == call_id, calls.c.judged)
            .order_by(e.id.desc())
            .limit(1)
        )
        with reading(self.engine) as connection:
            return connection.scalar(query)
