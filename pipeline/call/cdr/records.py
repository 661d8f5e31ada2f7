"""Rows -> calls and rejected rows, so that every row is accounted for and every id is given once.

Knows what makes a row unusable whatever the dialect; not what its columns are called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import chain, pairwise

from pipeline.call.call import SHANGHAI, Call, Rejected, line_title
from pipeline.call.cdr.legs import joined_legs, leg_of, leg_rank
from pipeline.call.cdr.table import Row, kind
from pipeline.call.identity import distinct_id, id_in_records
from pipeline.call.leg import parts_of
from pipeline.errors import RecordError
from pipeline.ids import LONGEST, spellings
from pipeline.notices import Notice, NoticeKind

_REUSED = "通通话的编号在同一话单中用过，开始时间不同，按另一通通话处理，编号后加日期"
_SHARED = (
    "通通话由几位坐席接听而只有一段录音，话单分不出谁在什么时候说，算在通话最长的坐席名下，请人工核对是谁说的话"
)
_PARTED = "通通话由几位坐席先后接听而只有一段录音，按话单的时间分段，每段作为一通通话算在该坐席名下，编号后加序号"
_RECORDED_APART = "段录音属于转接后的坐席，单独作为一通通话评分，编号后加序号"


@dataclass(frozen=True, slots=True)
class Records:
    """What a file of call detail records holds; the rows are the calls, the rejected and the legs, added.

    `num_legs` counts the rows that tell of one more leg of a call that is in `calls` or `rejected` already: another
    agent's telephone that rang, or the agent's half of a bridge. `notices` says what was doubtful about the file.
    """

    calls: tuple[Call, ...]
    rejected: tuple[Rejected, ...]
    num_legs: int = 0
    notices: tuple[Notice, ...] = field(default=(), compare=False)


def one_spelling(records: Records, about: str, known: Iterable[str] = ()) -> Records:
    """The records with one spelling of agents whose ids differ in case alone: a known one, else the commonest."""
    ids = [call.agent_id for call in records.calls if call.agent_id]
    others = spellings(ids, known)
    if not others:
        return records
    num_calls = sum(call.agent_id in others for call in records.calls)
    problem = f"{len(others)} 个工号与另一个只有大小写不同，算作同一人（{num_calls} 通通话）"
    calls = tuple(replace(call, agent_id=others.get(call.agent_id or "", call.agent_id)) for call in records.calls)
    return replace(records, calls=calls, notices=(*records.notices, Notice(NoticeKind.ID_CASE, about, problem)))


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
    rank: Callable[[Call], tuple[bool, float]] | None = None,
) -> Records:
    """The calls and the rejected rows of a file, both in its order.

    An id that is there again with another beginning is another call, under an id with its day. Rows of one id that
    name the same recording are the parts of one call, if agents answered in it one after the other.

    Parameters
    ----------
    call_of : Callable[[Row], Call]
        Reads one row; raises RecordError for a bad one.
    rank : Callable[[Call], tuple[bool, float]] | None
        In a dialect that writes a row for each leg, how much a leg is the call itself; see `joined_legs`. None
        where the same id twice is a mistake: then the first is kept and the others are rejected.
    """
    by_id: dict[str, list[Call]] = {}
    bad: list[tuple[Row, str, RecordError]] = []
    for row in rows:
        try:
            if row.misfit:
                raise RecordError("bad_record", row.misfit)
            call = call_of(row)
            namesakes = by_id.setdefault(call.id, [])
            same = (each.source for each in namesakes if each.started_at == call.started_at)
            if rank is None and (first := next(same, None)):
                problem = f"通话编号已用于 {line_title(first)}，只采用那一行；若是另一通通话，请改用别的编号"
                raise RecordError("duplicate_call_id", problem)
            namesakes.append(call)
        except RecordError as error:
            traced = row.trace(id_column)
            is_id = traced is not None and traced.isprintable() and len(traced) <= LONGEST
            bad.append((row, traced if traced and is_id else row.source, error))
    calls = _apart(by_id) if rank is None else _joined(by_id, rank)
    ids = CallIds(call.id for call in calls)
    rejected = (
        Rejected(
            ids.claim(called),
            row.source,
            error.reason,
            f"{line_title(row.source)}：{error.problem}",
            row=row.digest,
        )
        for row, called, error in bad
    )
    num_legs = sum(map(len, by_id.values())) - len(calls)
    return Records(tuple(calls), tuple(rejected), num_legs, told(calls))


def _joined(by_id: Mapping[str, Sequence[Call]], rank: Callable[[Call], tuple[bool, float]]) -> list[Call]:
    return [call for legs in by_id.values() for call in joined_legs(legs, rank)]


def _apart(by_id: Mapping[str, Sequence[Call]]) -> list[Call]:
    """The calls, those whose id was used before under ids of their own."""
    taken = set(by_id)
    calls: list[Call] = []
    for namesakes in by_id.values():
        first, *others = (joined_legs(legs, leg_rank) for legs in _of_one_call(namesakes))
        calls += first
        for other in chain.from_iterable(others):
            calls.append(replace(other, id=distinct_id(other, taken)))
            taken.add(calls[-1].id)
    return calls


def _of_one_call(namesakes: Sequence[Call]) -> list[list[Call]]:
    """The rows of one id by call: those of one recording whose agents followed each other, and each other row."""
    by_recording: dict[str, list[Call]] = {}
    for call in namesakes:
        by_recording.setdefault((call.recording_name or "").casefold(), []).append(call)
    grouped: list[list[Call]] = []
    for name, rows in by_recording.items():
        parted = name and parts_of([leg_of(call) for call in rows])
        grouped += [rows] if parted else [[call] for call in rows]
    return sorted(grouped, key=lambda rows: namesakes.index(rows[0]))


def told(calls: Sequence[Call]) -> tuple[Notice, ...]:
    """What a reader of the report should know of ids used again and of legs."""
    file = next((call.source.rpartition(":")[0] for call in calls), "")
    counts = (
        (sum(call.id != id_in_records(call.id) for call in calls), NoticeKind.ID_REUSED, _REUSED),
        (sum(call.handed_over and call.part is None for call in calls), NoticeKind.RECORD_LEGS, _SHARED),
        (sum(call.shares_recording and call.opens for call in calls), NoticeKind.RECORD_LEGS, _PARTED),
        (
            sum(call.part is not None and not call.shares_recording and "+" in call.id for call in calls),
            NoticeKind.RECORD_LEGS,
            _RECORDED_APART,
        ),
    )
    return tuple(Notice(kind, file, f"{count} {sentence}") for count, kind, sentence in counts if count)


def required_id(row: Row, column: str) -> str:
    """The call's id.

    Raises
    ------
    RecordError
        If it is empty or cannot be trusted; see `pipeline.ids`.
    """
    call_id = row.id(column)
    if call_id is None:
        raise RecordError("bad_record", f"{column} 是{kind(row.text(column))}，不是通话编号；请补上后重新导出")
    return call_id


def required_instant(row: Row, column: str, zone: tzinfo = SHANGHAI, coarse: bool = False) -> datetime:
    """The instant in a column that must be filled in, in UTC; see `Row.instant`.

    Raises
    ------
    RecordError
        If it is empty or no instant.
    """
    at = row.instant(column, zone, coarse)
    if at is None:
        raise RecordError("bad_record", f"{column} 是空的；请补上时间后重新导出")
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
    pipeline.errors.RecordError: bad_record: end 早于 start；请核对这两列的时间
    """
    known = [(column, at) for column, at in instants if at is not None]
    for (before, earlier), (after, later) in pairwise(known):
        if later < earlier:
            raise RecordError("bad_record", f"{after} 早于 {before}；请核对这两列的时间")


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
