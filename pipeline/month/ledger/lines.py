"""A line of the ledger as a person reads it before signing: its state, and what has changed since it was written.

Knows how the three belong together; each is found elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.month.ledger.entries import Decided, Entry
from pipeline.month.ledger.replay import Change


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A proposal, flag or look with what was said about it.

    Parameters
    ----------
    last : int
        The id of the last word about it: what a person who signs now has seen.
    change : Change | None
        What a correction of the months has changed since.
    """

    decided: Decided
    last: int
    change: Change | None = None


def last_word(ledger: Iterable[Entry], number: int) -> int:
    """The id of the last entry that is the one of this number, or about it; 0 where there is none."""
    return max((entry.id for entry in ledger if number in (entry.id, entry.about)), default=0)
