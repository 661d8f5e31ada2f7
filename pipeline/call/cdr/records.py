"""Rows -> calls and rejected rows, so that every row is accounted for and every id is given once.

Knows what makes a row unusable whatever the dialect; not what its columns are called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from pipeline.call.call import SHANGHAI, Call, Rejected
from pipeline.call.cdr.table import Row, kind
from pipeline.errors import RecordError
from pipeline.notices import Notice


@dataclass(frozen=True, slots=True)
class Records:
    """What a file of call detail records holds; the rows are the calls, the rejected and the legs, added.

    `num_legs` counts the rows that tell of one more leg of a call that is in `calls` or `rejected` already: another
    agent's telephone that rang, or the agent's half of a bridge. `notices` says what was doubtful about the file.
    """

    calls: tuple[Call, ...]
    rejected: tuple[Rejected, ...]
    num_legs: int = 0
    notices: tuple[Notice, ...] = ()


class CallIds:
    """Call ids, each given out once.

    Examples
    --------
    >>> ids = CallIds(["D01"])
    >>> ids.claim("D01"), ids.claim("D01"), ids.claim("D02")
    ('D01#2', 'D01#3', 'D02')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def claim(self, call_id: str) -> str:
        """The id itself, or with the next free number behind it."""
        claimed = call_id
        while claimed in self._taken:
            self._last[call_id] = self._last.get(call_id, 1) + 1
            claimed = f"{call_id}#{self._last[call_id]}"
        self._taken.add(claimed)
        return claimed


def collect(
    rows: Iterable[Row],
    id_column: str,
    call_of: Callable[[Row], Call],
    leg_rank: Callable[[Call], tuple[bool, float]] | None = None,
) -> Records:
    """The calls and the rejected rows of a file, both in its order.

    Parameters
    ----------
    call_of : Callable[[Row], Call]
        Reads one row; raises RecordError for a bad one.
    leg_rank : Callable[[Call], tuple[bool, float]] | None
        In a dialect that writes a row for each leg, how much a leg is the call itself: the highest is kept, the
        others are counted. None where the same id twice is a mistake: then the first is kept and the others
        are rejected.
    """
    calls: dict[str, Call] = {}
    rejected: list[Rejected] = []
    num_legs = 0
    for row in rows:
        try:
            if row.misfit:
                raise RecordError("bad_record", row.misfit)
            call = call_of(row)
        except RecordError as error:
            call_id = row.trace(id_column)
            shown = call_id if call_id and call_id.isprintable() else row.source
            rejected.append(Rejected(shown, row.source, error.reason, f"{row.source}: {error.problem}"))
            continue
        kept = calls.setdefault(call.id, call)
        if kept is not call and leg_rank:
            calls[call.id] = max(kept, call, key=leg_rank)
            num_legs += 1
        elif kept is not call:
            problem = f"{row.source}: the call id was used before, in {kept.source}; only that row counts"
            rejected.append(Rejected(call.id, row.source, "duplicate_call_id", problem))
    ids = CallIds(calls)
    unique = (Rejected(ids.claim(r.call_id), r.source, r.reason, r.problem) for r in rejected)
    return Records(tuple(calls.values()), tuple(unique), num_legs)


def required_id(row: Row, column: str) -> str:
    """The call's id.

    Raises
    ------
    RecordError
        If it is empty or holds characters that cannot be shown.
    """
    call_id = row.text(column)
    if call_id is None or not call_id.isprintable():
        raise RecordError("bad_record", f"{column} is {kind(call_id)}, not the id of a call")
    return call_id


def required_instant(row: Row, column: str, zone: tzinfo = SHANGHAI) -> datetime:
    """The instant in a column that must be filled in, in UTC; `zone` is that of a time that names none.

    Raises
    ------
    RecordError
        If it is empty or no instant.
    """
    at = row.instant(column, zone)
    if at is None:
        raise RecordError("bad_record", f"{column} is empty")
    return at


def check_order(*instants: tuple[str, datetime | None]) -> None:
    """Nothing, if the instants that are known, given by column, do not run backwards.

    Raises
    ------
    RecordError
        Naming the two columns that contradict each other.

    Examples
    --------
    >>> check_order(("start", datetime(2025, 3, 3, 9)), ("answer", None), ("end", datetime(2025, 3, 3, 8)))
    Traceback (most recent call last):
    pipeline.errors.RecordError: bad_record: end lies before start
    """
    known = [(column, at) for column, at in instants if at is not None]
    for (before, earlier), (after, later) in pairwise(known):
        if later < earlier:
            raise RecordError("bad_record", f"{after} lies before {before}")


def is_extension(number: str | None) -> bool:
    """Whether a number is one of a telephone system's own, by its 3 to 6 digits.

    Examples
    --------
    >>> is_extension("1001"), is_extension("13800132201"), is_extension(None)
    (True, False, False)
    """
    return re.fullmatch(r"[0-9]{3,6}", number or "") is not None


def picked_up(start: datetime, answer: datetime | None) -> datetime | None:
    """The answer, where it can be a person's; None within a second of the start, as an IVR answers.

    Examples
    --------
    >>> start = datetime(2025, 3, 3, 9, 12, 5)
    >>> picked_up(start, start + timedelta(seconds=1)), picked_up(start, start + timedelta(seconds=9)).second
    (None, 14)
    """
    return answer if answer and answer - start > timedelta(seconds=1) else None
