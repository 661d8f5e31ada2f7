"""数据质量: night by night, what was doubtful about recordings, records and words, with examples to hear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from pipeline.access.accounts import Right, Scope
from pipeline.call import Status
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor
from pipeline.notices import Area, Notice, NoticeCount

router = APIRouter()
PAGE = Page(router, "/quality", "数据质量", (Right.REVIEW, Right.KEEP_ACCOUNTS))

NIGHTS = 7
"""Nights on a page."""
FEW = 3
"""Examples of a kind that are shown at once; the others are unfolded."""


@dataclass(frozen=True, slots=True)
class CountShown:
    """A kind of one area with its numbers, and those of its examples that the account may see."""

    count: NoticeCount
    few: Sequence[tuple[str, Notice]]
    more: Sequence[tuple[str, Notice]]


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
    )


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
