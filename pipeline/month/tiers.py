"""Which tier says what in a month: named by a list, suspected by a model, judged by a language model; by agent.

Knows the figures; how they are counted is in `pipeline.review.tiers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

NAMED, SUSPECTED, JUDGED = "词库点名", "疑似", "大模型判定"
"""The tiers, in Chinese."""


@dataclass(frozen=True, slots=True)
class TierRow:
    """How often one thing was found in an agent's month, by tier.

    Parameters
    ----------
    agent_id : str | None
        None for calls without an agent, and for a sum over agents.
    detector, term, title : str
        Under which it counts, and its name in Chinese; of what a language model judged, the item.
    named : int
        Places that a phrase list, a rule or a live classifier found.
    open, affirmed, rejected : int
        Suspicions that nobody settled, that a person affirmed, and that a person rejected.
    judged : int
        Calls of which a language model judged the item.
    """

    agent_id: str | None
    detector: str
    term: str
    title: str
    named: int = 0
    open: int = 0
    affirmed: int = 0
    rejected: int = 0
    judged: int = 0

    @property
    def suspected(self) -> int:
        """All suspicions, whatever became of them."""
        return self.open + self.affirmed + self.rejected


def summed(rows: Iterable[TierRow]) -> tuple[TierRow, ...]:
    """The rows of all agents together, those with the most suspicions first.

    Examples
    --------
    >>> rows = [TierRow(agent, "banned_wording", "推诿", "推诿", named=1, open=2) for agent in ("1001", "1002")]
    >>> [(row.agent_id, row.named, row.open) for row in summed(rows)]
    [(None, 2, 4)]
    """
    total: dict[tuple[str, str], TierRow] = {}
    for row in rows:
        key = row.detector, row.term
        known = total.get(key, TierRow(None, row.detector, row.term, row.title))
        total[key] = replace(
            known,
            named=known.named + row.named,
            open=known.open + row.open,
            affirmed=known.affirmed + row.affirmed,
            rejected=known.rejected + row.rejected,
            judged=known.judged + row.judged,
        )
    return tuple(sorted(total.values(), key=lambda row: (-row.suspected, -row.judged, -row.named, row.title)))
