"""Calls that no service line claims: kept as unscorable, not heard, and told by queue and team.

Nobody said by which standard, company name and phrase lists they are to be heard; a line that claims them later has
them heard then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flows.night.assignment import Assignment
from flows.night.sources import FetchedCall
from flows.policy.claims import team_of
from pipeline.call import Call, Status
from pipeline.evaluation.result import CallResult
from pipeline.notices import Notice, NoticeKind
from pipeline.store import Store

REASON = "no_standard"


def keep_unclaimed(pairs: Sequence[FetchedCall], assignment: Assignment, store: Store) -> Counter[str]:
    """Keep each call as unscorable; returns how many there are of each queue and team, in Chinese.

    What was heard of a call while a line still claimed it stays; its judgement does not.
    """
    kept = store.calls.kept(pair.call.id for pair in pairs)
    places: Counter[str] = Counter()
    for pair in pairs:
        place = place_of(pair.call, team_of(pair.call, assignment.roster))
        places[place] += 1
        before = kept.get(pair.call.id)
        heard = store.hearings.original(pair.call.id) if before is not None else None
        store.calls.save(
            CallResult(
                pair.call,
                Status.UNSCORABLE,
                "evaluate",
                REASON,
                f"没有一条业务线认领（{place}），没有评分；要评分请把它写进一条业务线，再跑一次",
                uri=None if heard else pair.file.uri,
                recording=heard.recording if heard else None,
                hearing=replace(heard, call=pair.call) if heard else None,
            )
        )
    return places


def place_of(call: Call, team: str | None) -> str:
    """Queue and team of a call as a Chinese reader is told of them.

    Examples
    --------
    >>> from pipeline.call import Direction
    >>> call = Call("C1", "1001", None, "售前", Direction.INBOUND, None, None, None, None, None)
    >>> place_of(call, None), place_of(call, "甲组")
    ('队列 售前', '队列 售前，班组 甲组')
    """
    queue = f"队列 {call.queue}" if call.queue else "没有队列"
    return f"{queue}，班组 {team}" if team else queue


def unclaimed_notices(places: Counter[str]) -> Iterator[Notice]:
    """A notice of each queue and team whose calls no line claims, the most calls first."""
    for place, count in places.most_common():
        yield Notice(NoticeKind.RECORD_UNCLAIMED, place, f"{count} 通通话没有适用的考核标准，没有评分")


def unclaimed_line(places: Counter[str]) -> str:
    """The calls that no line claims in a line, as the command line shows them; empty for none.

    Examples
    --------
    >>> unclaimed_line(Counter({"队列 售前": 2, "没有队列": 1}))
    '没有适用标准 3 通（计入不可评）：队列 售前 2 通；没有队列 1 通'
    """
    if not places:
        return ""
    told: Iterable[str] = (f"{place} {count} 通" for place, count in places.most_common())
    return f"没有适用标准 {places.total()} 通（计入不可评）：{'；'.join(told)}"
