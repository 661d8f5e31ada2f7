"""The data quality report of a night: made, kept, and shown when the night ends.

Knows what makes two runs the same night; how notices are counted is in `pipeline.notices`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from rich.table import Table
from rich.text import Text

from flows.night.sources import Intake
from pipeline.call import Status
from pipeline.notices import Notice, NoticeCount, counted
from pipeline.store import Store

NUM_SHOWN = 3
"""Examples of a kind that the command line shows."""


def keep_quality(
    store: Store, recordings: str, intake: Intake, by_status: Counter[Status]
) -> tuple[NoticeCount, ...]:
    """What was doubtful in a night that has ended, by kind; kept in place of an earlier run of the same night.

    Parameters
    ----------
    recordings : str
        The place of the recordings, as it was named.
    """
    ids = {pair.call.id for pair in intake.fetched} | {line.call_id for line in intake.rejected}
    about_none = (("", notice) for notice in intake.notices)
    counts = counted(chain(about_none, store.nights.notices(ids)))
    store.nights.save(key_of(recordings, intake), by_status, counts)
    return counts


def key_of(recordings: str, intake: Intake) -> str:
    """What tells a night from others: the place of its recordings and its records, by line, id and time.

    A recording that came late, or a record whose agent was put right, leaves it the same night.

    Examples
    --------
    >>> from pipeline.call import Rejected
    >>> late = Rejected("late", "file:///calls/late.wav", "no_record", "")
    >>> one, other = Rejected("1", "a.csv:2", "bad_record", ""), Rejected("2", "a.csv:2", "bad_record", "")
    >>> key_of("calls", Intake((), (one,))) == key_of("calls", Intake((), (one, late)))
    True
    >>> key_of("calls", Intake((), (one,))) == key_of("calls", Intake((), (other,)))
    False
    """
    calls = [pair.call for pair in intake.fetched] + [line.call for line in intake.rejected if line.call]
    lines = [f"{call.source} {call.id} {call.started_at}" for call in calls]
    lines += [f"{r.source} {r.call_id}" for r in intake.rejected if r.call is None and r.reason != "no_record"]
    told = "\n".join([recordings, *(sorted(lines) or sorted(line.source for line in intake.rejected))])
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()


def quality_table(counts: Sequence[NoticeCount]) -> Table:
    """What was doubtful in a night, a row a kind, with a few examples.

    Examples
    --------
    >>> from pipeline.notices import NoticeKind
    >>> short = Notice(NoticeKind.DURATION_APART, "D04.wav", "短 42 秒")
    >>> quality_table(counted([("D04", short)])).row_count
    1
    """
    table = Table("方面", "存疑之处", title="数据质量", title_justify="left")
    table.add_column("条数", justify="right")
    table.add_column("通话", justify="right")
    table.add_column("例")
    for n, count in enumerate(counts):
        is_first = not n or counts[n - 1].kind.area is not count.kind.area
        table.add_row(
            count.kind.area.title if is_first else "",
            count.kind.title,
            str(count.num_notices),
            str(count.num_calls or "—"),
            Text("\n".join(example(call_id, notice) for call_id, notice in count.examples[:NUM_SHOWN])),
        )
    return table


def example(call_id: str, notice: Notice) -> str:
    """A notice beside its kind: of which call, about what, and what is doubtful.

    Examples
    --------
    >>> from pipeline.notices import NoticeKind
    >>> example("D04", Notice(NoticeKind.DURATION_APART, "D04.wav", "短 42 秒"))
    'D04（D04.wav）短 42 秒'
    """
    place = f"（{notice.about}）" if notice.about else "：" if call_id else ""
    return f"{call_id}{place}{notice.problem}"
