"""A month as it was computed, closed or reopened: by whom, when, why, and from what.

Knows what stands behind the rows that are handed out; which of several closings stands is the store's knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.enums import TitledEnum


class ClosingState(TitledEnum):
    """The act on a month: computed, closed or reopened."""

    TRIAL = "trial", "试算"  # the next trial replaces it
    CLOSED = "closed", "关账"  # stays for ever
    REOPENED = "reopened", "重开"  # the closing before it stands no longer, but is kept


@dataclass(frozen=True, slots=True)
class Closing:
    """One trial, closing or reopening of a month by one revision of a scorecard.

    Parameters
    ----------
    month : str
        ``YYYY-MM`` in Asia/Shanghai.
    standard : str
        Name of the scorecard.
    digest : str
        Hash of the scorecard's file.
    by, reason : str
        Who did it, and why; a trial may leave both empty, a closing the reason.
    at : datetime
        When, timezone-aware.
    feeds : tuple of pairs
        The feeds that were read, by name, each with the hash of its content.
    notices : tuple of str
        What the lint had to say about the scorecard, in Chinese.
    state, id, code_version
        Given by the store.
    """

    month: str
    standard: str
    revision: int
    digest: str
    by: str
    reason: str
    at: datetime
    feeds: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    state: ClosingState = ClosingState.TRIAL
    id: int = 0
    code_version: str = ""
