"""Call detail records -> calls: one file per dialect.

Knows what each telephone system writes; not where the recordings are (`flows.night.sources`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from pipeline.call.cdr import asterisk, freeswitch, plain
from pipeline.call.cdr.records import CallIds, Records

__all__ = ["DIALECTS", "CallIds", "Dialect", "Records", "read"]

Dialect: TypeAlias = Literal["csv", "asterisk", "freeswitch"]

_READERS: Mapping[Dialect, Callable[[bytes, str], Records]] = {
    "csv": plain.read,
    "asterisk": asterisk.read,
    "freeswitch": freeswitch.read,
}
DIALECTS: tuple[Dialect, ...] = tuple(_READERS)
"""The names by which a dialect is asked for."""


def read(content: bytes, name: str, dialect: Dialect) -> Records:
    """The calls of a file of call detail records, and the rows of which no call can be made.

    Parameters
    ----------
    content : bytes
        The file as it is.
    name : str
        Its name, for `Call.source` and messages.

    Raises
    ------
    ConfigurationError
        If the file as a whole cannot be read: its encoding, or columns that are missing.

    Examples
    --------
    >>> lines = [
    ...     b"call_id,agent_id,direction,started_at",
    ...     b"D01,1001,inbound,2025-03-03 09:12:05",
    ...     b"D02,1001,inbound,soon",
    ... ]
    >>> records = read(bytes([10]).join(lines), "cdr.csv", "csv")
    >>> records.calls[0].id, records.calls[0].ring_at.isoformat()
    ('D01', '2025-03-03T01:12:05+00:00')
    >>> records.rejected[0].problem
    'cdr.csv:3: started_at is text of 4 characters, not a time such as 2025-03-03 09:12:05'
    """
    return _READERS[dialect](content, name)
