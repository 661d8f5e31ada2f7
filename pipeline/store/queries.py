"""The queries that both `Store` and `export` ask.

Each takes ids of calls, a page of them at a time, so that no transaction stays open while a caller works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, starmap
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Select, Subquery, and_, func, not_, select

from pipeline.evaluation import Answer
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.corrections import corrected
from pipeline.hearing.turns import Turn
from pipeline.store import heard, judged
from pipeline.store.corrected import corrected_at, corrections_of
from pipeline.store.schema import reading
from pipeline.store.tables import (
    AnyRow,
    answers,
    calls,
    evaluations,
    findings,
    hearings,
    recordings,
    turns,
)

T = TypeVar("T")

PAGE = 200
"""Calls read in one transaction."""


def heard_calls() -> Select[*tuple[Any, ...]]:
    """Each call with its recording and its hearing, where it has them; `call_id` is None for one not heard."""
    r = recordings.c
    return (
        select(calls, r.sampling_rate, r.num_channels, r.num_samples, r.duration, hearings)
        .outerjoin(recordings, recordings.c.id == calls.c.recording_id)
        .outerjoin(hearings, hearings.c.call_id == calls.c.id)
    )


def replayable(month: str | None, agent_id: str | None, *, yes: bool) -> ColumnElement[bool]:
    """Whether a row of `heard_calls` is of this agent and month, and can be judged from its findings; or cannot."""
    can = and_(calls.c.judged, hearings.c.call_id.is_not(None))
    return and_(calls.c.month == month, calls.c.agent_id == agent_id, can if yes else not_(can))


def pages(
    engine: Engine,
    query: Select[*tuple[Any, ...]],
    read: Callable[[Connection, Sequence[AnyRow]], Sequence[T]],
) -> Iterator[T]:
    """What `read` makes of the rows of a query of calls, in the order of their ids, page by page."""
    page = query.order_by(calls.c.id).limit(PAGE)
    while True:
        with reading(engine) as connection:
            rows = connection.execute(page).all()
            made = read(connection, rows)
        yield from made
        if len(rows) < PAGE:
            return
        page = query.where(calls.c.id > rows[-1].id).order_by(calls.c.id).limit(PAGE)


def turns_of(connection: Connection, call_ids: Sequence[str]) -> Mapping[str, list[Turn]]:
    """The turns of each call that has some, in order."""
    found = defaultdict[str, list[Turn]](list)
    query = select(turns).where(turns.c.call_id.in_(call_ids)).order_by(turns.c.call_id, turns.c.position)
    for row in connection.execute(query):
        found[row.call_id].append(heard.to_turn(row))
    return found


def hearings_of(connection: Connection, rows: Sequence[AnyRow]) -> dict[str, Hearing]:
    """What was heard of each call of `heard_calls` that was heard, in order, as people corrected it."""
    own = [row.id for row in rows if row.call_id is not None]
    if not own:
        return {}
    turns, otherwise = turns_of(connection, own), corrections_of(connection, own)
    read = {row.id: heard.to_hearing(row, turns.get(row.id, ())) for row in rows if row.call_id is not None}
    return {id: corrected(each, otherwise[id]) if id in otherwise else each for id, each in read.items()}


def judgements_of(
    connection: Connection, call_ids: Sequence[str], prefer: tuple[str, int] | None = None
) -> dict[str, judged.Judgement]:
    """The judgement that stands for each call whose last run reached one.

    It is the last one made, or, where there are some by the scorecard and revision that `prefer` names, the last of
    those. A call that failed when it was run again has none: what was judged earlier is not what is there now.
    What was judged before the call was last corrected is not preferred.
    """
    c = evaluations.c
    made = (
        select(evaluations)
        .join(calls, calls.c.id == c.call_id)
        .where(calls.c.judged, c.call_id.in_(call_ids))
        .order_by(c.id)  # in the order in which they were made: a judgement made again gets a new id
    )
    changed = corrected_at(connection, call_ids) if prefer else {}

    def preferred(row: AnyRow) -> bool:
        fresh = row.call_id not in changed or row.created_at >= changed[row.call_id]
        return fresh and (row.scorecard, row.revision) == prefer

    rows = sorted(connection.execute(made).all(), key=preferred)
    standing = {row.call_id: row for row in rows}  # the last one wins
    given, keys = defaultdict[int, list[Answer]](list), [row.id for row in standing.values()]
    for row in connection.execute(
        select(answers).where(answers.c.evaluation_id.in_(keys)).order_by(answers.c.position)
    ):
        given[row.evaluation_id].append(judged.to_answer(row))
    found = _findings(connection, select(c.id, c.call_id).where(c.id.in_(keys)).subquery())
    return {
        call_id: judged.Judgement(judged.to_evaluation(row, given[row.id]), found.get(call_id, ()))
        for call_id, row in standing.items()
    }


def latest_findings(
    connection: Connection, month: str | None, agent_id: str | None
) -> dict[str, tuple[Finding, ...]]:
    """The findings of the latest judgement of each call of one agent in a month; a call without any is left out."""
    c = evaluations.c
    latest = (
        select(func.max(c.id).label("id"), c.call_id)
        .join(calls, calls.c.id == c.call_id)
        .where(calls.c.month == month, calls.c.agent_id == agent_id, calls.c.judged)
        .group_by(c.call_id)
    )
    return _findings(connection, latest.subquery())


def _findings(connection: Connection, judgements: Subquery) -> dict[str, tuple[Finding, ...]]:
    """The findings of each call, in order, of judgements given by `id` and `call_id`, one a call."""
    query = (
        select(judgements.c.call_id, *judged.FINDING)
        .join_from(judgements, findings, findings.c.evaluation_id == judgements.c.id)
        .order_by(judgements.c.call_id, findings.c.position)
    )
    found = starmap(judged.to_finding, connection.execute(query).all())
    return {call_id: tuple(own) for call_id, own in groupby(found, key=attrgetter("call_id"))}
