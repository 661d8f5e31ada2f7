"""The findings of evaluations, as rows: a month has a million, so they are read fast."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, String, Subquery, cast, func, select

from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.store.tables import Values, calls, evaluations, findings
from pipeline.timeline import Span

ROLES = {role.value: role for role in Role}
FINDING = [
    findings.c.detector,
    findings.c.term,
    findings.c.turn_index,
    findings.c.role,
    findings.c.span_start,
    findings.c.span_end,
    findings.c.quote,
    cast(findings.c.value, String),
    findings.c.confidence,
    findings.c.detector_version,
]
"""The columns that `to_finding` takes, in this order. A month has a million: asking each by name costs double."""
_value = lru_cache(maxsize=65_536)(json.loads)  # a number or a text, and mostly one of the phrases of the lexicons


def to_finding(row: Sequence[Any]) -> Finding:
    """The finding of a row: its call, then the columns in `FINDING`.

    Examples
    --------
    >>> to_finding(("C1", "greeting", "opening", 0, "agent", 0.5, 2.0, "您好", None, 0.9, "")).span
    Span(start=0.5, end=2.0)
    """
    call_id, detector, term, turn_index, role, start, end, quote, value, confidence, version = row
    return Finding(
        call_id,
        detector,
        term,
        turn_index,
        ROLES[role],
        Span(start, end),
        quote,
        None if value is None else _value(value),
        confidence,
        version,
    )


def finding_values(evaluation_id: int, found: Iterable[Finding]) -> list[Values]:
    """The rows of `findings`."""
    return [
        {
            "evaluation_id": evaluation_id,
            "position": position,
            "detector": finding.detector,
            "term": finding.term,
            "turn_index": finding.turn_index,
            "role": finding.role,
            "span_start": finding.span.start,
            "span_end": finding.span.end,
            "quote": finding.quote,
            "value": finding.value,
            "confidence": finding.confidence,
            "detector_version": finding.detector_version,
        }
        for position, finding in enumerate(found)
    ]


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
    return findings_by_call(connection, latest.subquery())


def findings_by_call(connection: Connection, judgements: Subquery) -> dict[str, tuple[Finding, ...]]:
    """The findings of each call, in order, of judgements given by `id` and `call_id`, one a call."""
    query = (
        select(judgements.c.call_id, *FINDING)
        .join_from(judgements, findings, findings.c.evaluation_id == judgements.c.id)
        .order_by(judgements.c.call_id, findings.c.position)
    )
    found = map(to_finding, connection.execute(query).all())
    return {call_id: tuple(own) for call_id, own in groupby(found, key=attrgetter("call_id"))}
