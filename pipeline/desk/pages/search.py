"""搜索: what was said in the calls that the account sees, by characters or by sound, and where to hear it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from pipeline.access.accounts import Right, Scope
from pipeline.access.audit import Note
from pipeline.desk.visit import Visit, allowed
from pipeline.hearing.privacy import Privacy
from pipeline.hearing.search_terms import By, Snippet, parse
from pipeline.hearing.turns import Role
from pipeline.lexicon.pinyin import pinyin_only
from pipeline.store.search import Filters, SearchPage

router = APIRouter()
Short = Annotated[str, Query(max_length=100)]
Day = Annotated[str, Query(max_length=10)]


@router.get("/search")
def search(
    visit: Annotated[Visit, Depends(allowed(Right.SEARCH))],
    q: Annotated[str, Query(max_length=400)] = "",
    by: By = By.TEXT,
    similar: bool = False,
    role: Literal["", "agent", "customer", "unknown"] = "",
    agent: Short = "",
    team: Short = "",
    first_day: Annotated[Day, Query(alias="from")] = "",
    last_day: Annotated[Day, Query(alias="to")] = "",
    after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> Response:
    """The turns in which the words stand, the newest first; for htmx, the next of them alone."""
    asked = {
        "q": q,
        "by": by.value,
        "role": role,
        "agent": agent,
        "team": team,
        "from": first_day,
        "to": last_day,
    }
    asked |= {"similar": "true"} if similar else {}
    found, problem = SearchPage((), None), ""
    if q.strip():
        try:
            query = parse(q, by, similar=similar)
            filters = Filters(
                Role(role) if role else None,
                _day(first_day),
                _day(last_day),
                agent.strip() or None,
                team or None,
            )
        except ValueError as error:
            problem = str(error)
        else:
            # What was typed may itself be personal data: the log has its length, and how it was narrowed.
            told = {name: asked[name] for name in ("by", "role", "agent", "team", "from", "to") if asked[name]}
            visit.store.note(Note(visit.account.id, "search", new={"length": len(q.strip())} | told))
            found = _masked(visit.store.search(query, visit.scope, filters, after), visit.privacy)
    elif after is not None:
        problem = "请输入要找的词"
    if problem and after is not None:
        visit.refuse(problem)
    partial = after is not None and visit.request.headers.get("hx-request") == "true"
    return visit.page(
        "search_hits.html" if partial else "search.html",
        status=422 if problem else 200,
        asked=asked,
        found=found,
        problem=problem,
        first=after is None,
        by_sound=By.SOUND,
        meant_sound=by is By.TEXT and not found.hits and pinyin_only(q),
        teams=visit.store.teams() if visit.scope == Scope() else (),
    )


def _day(written: str) -> date | None:
    """The day; ValueError in Chinese for what is none."""
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"“{written}”不是日期：请写成 2026-10-01 的样子") from None


def _masked(found: SearchPage, privacy: Privacy) -> SearchPage:
    """What was found, with what of each snippet may be shown; marks hold only in a text of the same length."""

    def shown(piece: Snippet) -> Snippet:
        text = privacy.text(piece.text)
        return replace(piece, text=text, marks=piece.marks if len(text) == len(piece.text) else ())

    return replace(found, hits=tuple(replace(hit, snippet=shown(hit.snippet)) for hit in found.hits))
