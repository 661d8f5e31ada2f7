"""A judgement is written: an evaluation with its findings, in place of the one made by the same rules.

Knows the order of the rows; who asks for it is `store` and `corrections`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, update

from pipeline.errors import StoreError
from pipeline.evaluation import Evaluation
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.store import heard, judged, tables
from pipeline.store.closings import CODE_VERSION
from pipeline.store.listing import list_calls
from pipeline.store.schema import shown
from pipeline.store.tables import Values, calls, evaluations


def put_evaluation(connection: Connection, result: CallResult) -> None:
    """Write outcome, findings and evaluation of a call that was judged again; what was heard stays untouched.

    Raises
    ------
    StoreError
        If the store has no such call.
    ValueError
        If the result has no evaluation.
    """
    if result.evaluation is None:
        raise ValueError(f"call {result.call.id} was not judged: it has no evaluation")
    outcome = heard.outcome_values(result) | provenance()
    changed = connection.execute(update(calls).where(calls.c.id == result.call.id).values(outcome))
    if not changed.rowcount:
        raise StoreError(f"{shown(connection.engine.url)} has no call {result.call.id}: run `callqa run` first")
    put_judgement(connection, result.evaluation, result.findings)
    list_calls(connection, [result])


def put_judgement(connection: Connection, evaluation: Evaluation, found: Sequence[Finding]) -> None:
    """Write an evaluation and its findings in place of the one by the same scorecard, revision and lexicons."""
    c = evaluations.c
    connection.execute(
        delete(evaluations).where(
            c.call_id == evaluation.call_id,
            c.scorecard == evaluation.scorecard,
            c.revision == evaluation.revision,
            c.lexicons == evaluation.lexicons,
        )
    )
    values = judged.evaluation_values(evaluation) | provenance()
    (key,) = connection.execute(insert(evaluations).values(values).returning(c.id)).one()
    add(connection, tables.answers, judged.answer_values(key, evaluation.answers))
    add(connection, tables.findings, judged.finding_values(key, found))


def add(connection: Connection, table: Table[Any], rows: Sequence[Values]) -> None:
    """Write rows, if there are any."""
    if rows:
        connection.execute(insert(table), rows)


def provenance() -> Values:
    """By which version of callqa a row is written, and when."""
    return {"code_version": CODE_VERSION, "created_at": datetime.now(UTC)}
