"""What a call is called when its id alone does not tell it from others.

A telephone system counts from the beginning after a while, so that an id is unique in its night and no longer. The
first call under an id keeps it; the others have something behind it that tells them apart for good.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container

from pipeline.call.call import SHANGHAI, Call

_BEHIND = re.compile(r"@(\d{4}-\d\d-\d\d(T\d{6})?|[0-9a-f]{8})$")


def id_in_records(call_id: str) -> str:
    """The id that the records gave a call, out of the one under which it is kept.

    Examples
    --------
    >>> [id_in_records(id) for id in ("0001", "0001@2025-03-09", "0001@2025-03-09T090005", "x@host")]
    ['0001', '0001', '0001', 'x@host']
    """
    return _BEHIND.sub("", call_id) or call_id


def id_of_whole(call_id: str) -> str:
    """The id of a call out of that of one of its parts.

    Examples
    --------
    >>> id_of_whole("C1+2"), id_of_whole("C1")
    ('C1', 'C1')
    """
    return re.sub(r"\+\d+$", "", call_id) or call_id


def distinct_id(call: Call, taken: Container[str]) -> str:
    """An id for a call whose own is taken: with its day behind it, or the second too, or what its record says.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from pipeline.call import Direction
    >>> empty = dict.fromkeys(("agent_id", "agent_name", "queue", "caller", "answered_at", "ended_at"))
    >>> at = datetime(2025, 3, 9, 1, 0, 5, tzinfo=UTC)
    >>> call = Call("0001", direction=Direction.INBOUND, ring_at=at, recording_name=None, **empty)
    >>> distinct_id(call, {"0001"}), distinct_id(call, {"0001", "0001@2025-03-09"})
    ('0001@2025-03-09', '0001@2025-03-09T090005')
    """
    if call.started_at is not None:
        local = call.started_at.astimezone(SHANGHAI)
        for behind in (f"{local:%Y-%m-%d}", f"{local:%Y-%m-%dT%H%M%S}"):
            if f"{call.id}@{behind}" not in taken:
                return f"{call.id}@{behind}"
    return own_id(call.id, f"{call.source} {call.agent_id} {call.recording_name}")


def own_id(name: str, content: str) -> str:
    """An id for what has none that can be relied on: its name and what it is, the same whenever it comes again.

    Examples
    --------
    >>> own_id("cdr.csv", "a row without an id")
    'cdr.csv@57f770b9'
    """
    return f"{name}@{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()[:8]}"
