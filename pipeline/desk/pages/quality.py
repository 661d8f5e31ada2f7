"""数据质量: how many characters were heard wrong, and night by night what was doubtful, with examples to hear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right, Scope
from pipeline.call import SHANGHAI, Status
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor
from pipeline.month.assessment.periods import last_month
from pipeline.notices import Area, Notice, NoticeCount
from pipeline.store.queue.readings import DrawnCall
from pipeline.validation.accuracy.reviewed import FEWEST_CALLS, ErrorRate, error_rate

router = APIRouter()
PAGE = Page(router, "/quality", "数据质量", (Right.REVIEW, Right.KEEP_ACCOUNTS))

NIGHTS = 7
"""Nights on a page."""
FEW = 3
"""Examples of a kind that are shown at once; the others are unfolded."""
NO_LINE = "不属于任何业务线"


@dataclass(frozen=True, slots=True)
class CountShown:
    """A kind of one area with its numbers, and those of its examples that the account may see."""

    count: NoticeCount
    few: Sequence[tuple[str, Notice]]
    more: Sequence[tuple[str, Notice]]


@dataclass(frozen=True, slots=True)
class RateShown:
    """All calls, or those of a service line or queue (`by` says which), with the error rate of each month."""

    by: str
    name: str
    rates: Sequence[ErrorRate]


@router.get("/quality")
def quality(visit: Visitor, page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> Response:
    """The nights, the newest first, page by page."""
    nights = visit.store.nights.newest(NIGHTS + 1, (page - 1) * NIGHTS)
    return visit.page(
        "quality.html",
        nights=[(night, _by_area(visit, night.counts)) for night in nights[:NIGHTS]],
        statuses=tuple(Status),
        page=page,
        has_older=len(nights) > NIGHTS,
        opens=visit.can(Right.SEE_CALLS),
        characters=_characters(visit) if page == 1 and visit.scope == Scope() else None,
        least=FEWEST_CALLS,
    )


def _characters(visit: Visit) -> tuple[tuple[str, str], list[RateShown]]:
    """The months now and before, and the rates of all calls, of each service line and of each queue."""
    now = visit.desk.now().astimezone(SHANGHAI)
    months = now.strftime("%Y-%m"), last_month(now)
    drawn, line = visit.store.readings.drawn(months), cache(visit.desk.line)

    def told_apart(by: str, unnamed: str, name: Callable[[DrawnCall], str]) -> Iterator[RateShown]:
        """A row for each name, the one with most calls first."""
        groups = defaultdict[str, list[DrawnCall]](list)
        for call in drawn:
            groups[name(call)].append(call)
        for named, calls in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0])):
            yield RateShown(by, named or unnamed, _of_months(calls, months))

    lines = list(told_apart("业务线", NO_LINE, lambda call: line(call.queue, call.team, call.standard or "")))
    queues = told_apart("队列", "没有队列", lambda call: call.queue or "")
    has_lines = any(each.name != NO_LINE for each in lines)
    return months, [
        RateShown("", "全部通话", _of_months(drawn, months)),
        *(lines if has_lines else ()),
        *queues,
    ]


def _of_months(calls: Sequence[DrawnCall], months: Sequence[str]) -> list[ErrorRate]:
    return [error_rate([call.reading for call in calls if call.month == month]) for month in months]


def _by_area(visit: Visit, counts: Sequence[NoticeCount]) -> list[tuple[Area, list[CountShown]]]:
    """The kinds of each area that has some; no example of another team's call, nor of one that is scored blind."""
    sees, blind = cache(visit.sees), visit.blind_calls

    def may_show(call_id: str) -> bool:
        return call_id not in blind and (visit.scope == Scope() or (call_id != "" and sees(call_id) is True))

    def shown(count: NoticeCount) -> CountShown:
        examples = [(call_id, notice) for call_id, notice in count.examples if may_show(call_id)]
        return CountShown(count, examples[:FEW], examples[FEW:])

    areas = [(area, [shown(count) for count in counts if count.kind.area is area]) for area in Area]
    return [(area, kinds) for area, kinds in areas if kinds]
