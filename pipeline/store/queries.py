"""The queries that both `Store` and `export` ask.

Each takes ids of calls, a page of them at a time, so that no transaction stays open while a caller works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, select

from pipeline.evaluation import Answer
from pipeline.findings import Finding
from pipeline.store import heard, judged
from pipeline.store.schema import reading
from pipeline.store.tables import AnyRow, answers, calls, evaluations, findings, hearings, recordings, turns
from pipeline.turns import Turn

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


def judgements_of(
    connection: Connection, call_ids: Sequence[str], prefer: tuple[str, int] | None = None
) -> dict[str, judged.Judgement]:
    """The judgement that stands for each call whose last run reached one.

    It is the last one made, or, where there are some by the scorecard and revision that `prefer` names, the last of
    those. A call that failed when it was run again has none: what was judged earlier is not what is there now.
    """
    c = evaluations.c
    made = (
        select(evaluations)
        .join(calls, calls.c.id == c.call_id)
        .where(calls.c.judged, c.call_id.in_(call_ids))
        .order_by(c.id)  # in the order in which they were made: a judgement made again gets a new id
    )
    rows = sorted(connection.execute(made).all(), key=lambda row: (row.scorecard, row.revision) == prefer)
    standing = {row.call_id: row for row in rows}  # the last one wins
    given, found = defaultdict[int, list[Answer]](list), defaultdict[int, list[Finding]](list)
    call_of = {row.id: row.call_id for row in standing.values()}
    for row in connection.execute(
        select(answers).where(answers.c.evaluation_id.in_(call_of)).order_by(answers.c.position)
    ):
        given[row.evaluation_id].append(judged.to_answer(row))
    for row in connection.execute(
        select(findings).where(findings.c.evaluation_id.in_(call_of)).order_by(findings.c.position)
    ):
        found[row.evaluation_id].append(judged.to_finding(call_of[row.evaluation_id], row))
    return {
        call_id: judged.Judgement(judged.to_evaluation(row, given[row.id]), tuple(found[row.id]))
        for call_id, row in standing.items()
    }
