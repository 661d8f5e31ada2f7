"""搜索: what was said in the calls that the account sees, by characters or by sound, and where to hear it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from pipeline.access.accounts import Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor
from pipeline.hearing.privacy import Privacy
from pipeline.hearing.search_terms import By, Snippet, parse
from pipeline.hearing.turns import Role
from pipeline.lexicon.pinyin import pinyin_only
from pipeline.store.search import Filters, SearchPage

router = APIRouter()
PAGE = Page(router, "/search", "搜索", Right.SEARCH)
Short = Annotated[str, Field(max_length=100)]
Day = Annotated[str, Field(max_length=10)]


class SearchForm(BaseModel):
    """The fields of a search, each as its control is called; `after` is the last turn that was shown."""

    model_config = ConfigDict(frozen=True)

    q: Annotated[str, Field(max_length=400)] = ""
    by: By = By.TEXT
    similar: bool = False
    role: Literal["", "agent", "customer", "system", "unknown"] = ""
    agent: Short = ""
    team: Short = ""
    first_day: Annotated[Day, Field(alias="from")] = ""
    last_day: Annotated[Day, Field(alias="to")] = ""
    after: Annotated[int | None, Field(ge=1, le=2**62)] = None

    @property
    def fields(self) -> dict[str, str]:
        """What was asked, as it stands in the address.

        Examples
        --------
        >>> SearchForm.model_validate({"q": "投诉", "from": "2025-03-01", "similar": "true"}).fields["from"]
        '2025-03-01'
        """
        fields = {"q": self.q, "by": self.by.value, "role": self.role, "agent": self.agent, "team": self.team}
        fields |= {"from": self.first_day, "to": self.last_day}
        return fields | ({"similar": "true"} if self.similar else {})

    @property
    def filters(self) -> Filters:
        """To whose turns of which days it is narrowed; ValueError in Chinese for a day that is none."""
        return Filters(
            Role(self.role) if self.role else None,
            _day(self.first_day),
            _day(self.last_day),
            self.agent.strip() or None,
            self.team or None,
        )


@router.get("/search")
def search(
    visit: Visitor,
    form: Annotated[SearchForm, Query()],
) -> Response:
    """The turns in which the words stand, the newest first; for htmx, the next of them alone."""
    after, found, problem = form.after, SearchPage((), None), ""
    if form.q.strip():
        try:
            found = _found(visit, form)
        except ValueError as error:
            problem = str(error)
    elif after is not None:
        problem = "请输入要找的词"
    if problem and after is not None:
        visit.refuse(problem)
    partial = after is not None and visit.request.headers.get("hx-request") == "true"
    return visit.page(
        "search_hits.html" if partial else "search.html",
        status=422 if problem else 200,
        asked=form.fields,
        found=found,
        problem=problem,
        first=after is None,
        by_sound=By.SOUND,
        meant_sound=form.by is By.TEXT and not found.hits and pinyin_only(form.q),
        teams=visit.store.roster.teams() if visit.scope == Scope() else (),
    )


def _found(visit: Visit, form: SearchForm) -> SearchPage:
    """The turns that a search finds, noted in the audit log; ValueError in Chinese for what cannot be searched.

    Note
    ----
    What was typed may itself be personal data: the log has its length, and how it was narrowed.
    """
    query, filters = parse(form.q, form.by, similar=form.similar), form.filters
    narrowed = {name: value for name, value in form.fields.items() if value and name not in ("q", "similar")}
    length = {"length": len(form.q.strip())}
    visit.store.audit.append(Note(visit.account.id, Action.SEARCH, new=length | narrowed))
    return _masked(visit.store.search.find(query, visit.scope, filters, form.after), visit.privacy)


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
