"""The figures of a month by tier, read where a month has a million findings: counted by the database.

Knows the query; what the figures mean is in `pipeline.review.tiers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, distinct, func, select

from pipeline.findings import Finding
from pipeline.findings.finding import FLAG
from pipeline.month.tiers import TierRow
from pipeline.review.answers import PersonAnswer
from pipeline.review.tiers import JUDGES, counted_detectors, tier_rows
from pipeline.scorecard import Scorecard
from pipeline.store.calls.findings import FINDING, to_finding
from pipeline.store.calls.records import PAGE
from pipeline.store.people.answers import counting_on
from pipeline.store.schema import reading
from pipeline.store.tables import calls, evaluations, findings
from pipeline.titles import Titles


@dataclass(frozen=True, slots=True)
class Tiers:
    """The figures of months by tier."""

    engine: Engine

    def months(self) -> tuple[str, ...]:
        """The months of which calls were judged, in order."""
        c = calls.c
        query = select(c.month).where(c.judged, c.month.is_not(None)).distinct().order_by(c.month)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))

    def of_month(
        self, month: str, titles: Titles, card: Scorecard | None = None, agent_id: str | None = None
    ) -> tuple[TierRow, ...]:
        """How often each thing was named, suspected and judged in a month, by agent.

        Parameters
        ----------
        card : Scorecard | None
            Only calls judged by it; whatever judged them where it is left out.
        agent_id : str | None
            Only this agent's calls.
        """
        c, e, f = calls.c, evaluations.c, findings.c
        last = select(func.max(e.id)).join(calls, c.id == e.call_id).where(c.month == month, c.judged)
        if agent_id is not None:
            last = last.where(c.agent_id == agent_id)
        where: list[ColumnElement[bool]] = [f.evaluation_id.in_(last.group_by(e.call_id))]
        if card is not None:
            where.append(e.scorecard == card.name)
        joined = findings.join(evaluations, e.id == f.evaluation_id).join(calls, c.id == e.call_id)
        places, num_calls = func.count().label("places"), func.count(distinct(f.evaluation_id)).label("calls")
        query = (
            select(c.agent_id, f.detector, f.term, places, num_calls)
            .select_from(joined)
            .where(*where, f.detector.in_(counted_detectors() - {FLAG}))
            .group_by(c.agent_id, f.detector, f.term)
        )
        flags = select(c.agent_id, e.call_id, *FINDING).select_from(joined).where(*where, f.detector == FLAG)
        with reading(self.engine) as connection:
            found = {
                (row.agent_id, row.detector, row.term): row.calls if row.detector in JUDGES else row.places
                for row in connection.execute(query)
            }
        return tier_rows(found, _flags(self.engine, flags), titles, card)


def _flags(
    engine: Engine, query: Select[*tuple[Any, ...]]
) -> Iterator[tuple[str | None, list[Finding], tuple[PersonAnswer, ...]]]:
    """Each call with flags: its agent, the flags, and what counts of people's words."""
    flagged: dict[str, list[Finding]] = defaultdict(list)
    agents: dict[str, str | None] = {}
    with reading(engine) as connection:
        for agent, *row in connection.execute(query):
            finding = to_finding(row)
            agents[finding.call_id] = agent
            flagged[finding.call_id].append(finding)
    ids = list(flagged)
    for start in range(0, len(ids), PAGE):
        page = ids[start : start + PAGE]
        with reading(engine) as connection:
            acts = counting_on(connection, page)
        for call_id in page:
            yield agents[call_id], flagged[call_id], acts.get(call_id, ())
