"""Exemptions: criteria that are not asked of some calls, as the feed ``exemptions`` names them.

Knows for which calls one holds; not what becomes of the criteria (`month`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

_BETWEEN_ITEMS = re.compile(r"[,，、;；\s]+")


@dataclass(frozen=True, slots=True)
class Exemption:
    """Criteria that are not asked of some calls (豁免), and who said so.

    Parameters
    ----------
    agent_id, queue : str | None
        None for all of them.
    start, end : datetime
        Half-open, in Asia/Shanghai.
    items : tuple of str
        Ids of criteria.
    """

    agent_id: str | None
    queue: str | None
    start: datetime
    end: datetime
    items: tuple[str, ...]
    reason: str
    by: str

    def holds(self, agent_id: str | None, queue: str | None, instant: datetime) -> bool:
        """Whether it holds for a call of this agent, in this queue, at this instant.

        Examples
        --------
        >>> start, end = datetime(2025, 3, 3), datetime(2025, 3, 4)
        >>> outage = Exemption(None, "报修热线", start, end, ("T1-2",), "系统故障", "李芳")
        >>> outage.holds("1001", "报修热线", start), outage.holds("1001", "报修热线", end)
        (True, False)
        """
        return (
            self.start <= instant < self.end and self.agent_id in (None, agent_id) and self.queue in (None, queue)
        )


def exemptions_of(table: pd.DataFrame | None) -> tuple[Exemption, ...]:
    """The exemptions in the table of their feed, in order; none without it.

    Examples
    --------
    >>> days = {"start": [pd.Timestamp("2025-03-03")], "end": [pd.Timestamp("2025-03-04")]}
    >>> table = pd.DataFrame({**days, "items": "T1-2、T1-3", "reason": "系统故障", "by": "李芳"})
    >>> exemptions_of(table)[0].items
    ('T1-2', 'T1-3')
    """
    if table is None:
        return ()
    rows = table.reindex(columns=["agent_id", "queue", "start", "end", "items", "reason", "by"])
    return tuple(
        Exemption(
            agent_id=None if pd.isna(agent_id) else agent_id,
            queue=None if pd.isna(queue) else queue,
            start=start.to_pydatetime(),
            end=end.to_pydatetime(),
            items=tuple(item for item in _BETWEEN_ITEMS.split(items) if item),
            reason=reason,
            by=by,
        )
        for agent_id, queue, start, end, items, reason, by in rows.itertuples(index=False, name=None)
    )
