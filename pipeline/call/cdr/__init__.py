"""Call detail records -> calls: one file per dialect.

Knows which dialects there are; not where the recordings are (`flows.night.sources`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline.call.cdr import asterisk, freeswitch, plain
from pipeline.call.cdr.dialect import Dialect
from pipeline.call.cdr.records import CallIds, Records
from pipeline.errors import ConfigurationError
from pipeline.extensions import by_name

__all__ = ["DIALECTS", "CallIds", "Dialect", "Records", "dialects", "read"]

DIALECTS: tuple[Dialect, ...] = (plain.DIALECT, asterisk.DIALECT, freeswitch.DIALECT)
"""Those that callqa reads by itself."""


@cache
def dialects() -> Mapping[str, Dialect]:
    """Every dialect by its name: callqa's own, then those of installed packages.

    Raises
    ------
    ConfigurationError
        If a package declares something else, or two declare one name.

    Examples
    --------
    >>> list(dialects())[:3]
    ['csv', 'asterisk', 'freeswitch']
    """
    return by_name(DIALECTS, "callqa.dialects", Dialect)


def read(content: bytes, name: str, dialect: str) -> Records:
    """The calls of a file of call detail records in the dialect of that name; see `Dialect.read`.

    Raises
    ------
    ConfigurationError
        If there is no such dialect, or the file as a whole cannot be read: its encoding, or missing columns.

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
    'cdr.csv 第 3 行：started_at 是一段 4 个字符的文字，不是时间；请写成 2025-03-03 09:12:05 的样子'
    """
    if dialect not in dialects():
        choices = "; ".join(f"{each.name} ({each.title})" for each in dialects().values())
        raise ConfigurationError(
            f"there is no dialect {dialect!r} of call detail records; choose one of: {choices}"
        )
    return dialects()[dialect].read(content, name)
