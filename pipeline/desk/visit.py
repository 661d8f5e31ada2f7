"""Who asks: the signed-in account of a request, what it may do and see, and how it is answered.

Knows rights and scopes as they apply to one request; what they are is in `pipeline.access.accounts`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NoReturn

from fastapi import Depends, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Action, Note
from pipeline.desk.desk import Desk
from pipeline.desk.environment import rendered
from pipeline.desk.page import Page
from pipeline.desk.parameters import MOST_ID
from pipeline.errors import PolicyError
from pipeline.evaluation.result import CallResult
from pipeline.hearing.privacy import Open, Privacy
from pipeline.review.answers import unsigned
from pipeline.review.overlay import overlay
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.titles import Titles

COOKIE = "callqa"
NAMELESS = "考核人员"
"""Stands for who assessed, decided or signed, before an agent."""
ASSESSOR = "评定人"
"""Stands, before an agent, for the name or account of who assesses within a text that somebody typed."""
BLIND = "校准中：您正在盲评这通通话，校准结束之前看不到机器和别人的评分"
"""Said in place of a score to somebody who scores the call blind while the calibration is open."""


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is signed in."""

    request: Request
    desk: Desk
    account: Account
    token: str

    @property
    def store(self) -> Store:
        """The store of the desk."""
        return self.desk.store

    @property
    def scope(self) -> Scope:
        """Whose calls the account sees."""
        return self.account.scope

    @property
    def privacy(self) -> Privacy:
        """What is masked for this account: nothing for one with clearance."""
        return Open() if self.can(Right.CLEARANCE) else self.desk.privacy

    def shown(self, said: str, standard: str = "") -> str:
        """What of a text this account may read: one that may quote what was said, or name who assessed it.

        Parameters
        ----------
        standard : str
            By which it was assessed; empty for what only a machine or a caller said, in which a name is left.
        """
        shown = self.privacy.text(said)
        if self.names_assessors(standard):
            return shown
        shown = unsigned(shown)
        return self._assessors.sub(ASSESSOR, shown) if standard else shown

    @cached_property
    def _assessors(self) -> re.Pattern[str]:
        """The names and accounts of who assesses, and the names under which months were closed; not the own one."""
        known = [each for each in self.store.accounts.all() if Right.REVIEW in each.post.rights]
        names = {name for each in known for name in (each.id, each.name)}
        return named({*names, *(each.by for each in self.store.months.history())} - {self.account.name})

    def names_assessors(self, standard: str) -> bool:
        """Whether the account may read who assessed by a standard: an agent only where the standard says so."""
        if self.scope.agent_id is None:
            return True
        card = self.card(standard) if standard else None
        return card is not None and card.names_assessors

    def who(self, account_id: str, standard: str, name: str = "") -> str:
        """Who assessed, decided or signed, by id or by `name`; `NAMELESS` where the account may not read it."""
        own = account_id == self.account.id
        return name or account_id if own or self.names_assessors(standard) else NAMELESS

    @property
    def blind_calls(self) -> frozenset[str]:
        """The calls that the account scores blind now: lists leave their scores out."""
        return self.store.calibrations.blind_calls(self.account.id)

    def can(self, right: Right) -> bool:
        """Whether the account has a right."""
        return right in self.account.rights

    @property
    def navigation(self) -> tuple[Page, ...]:
        """The pages that the account finds in the navigation."""
        pages: tuple[Page, ...] = self.request.app.state.pages
        return tuple(page for page in pages if page.path is not None and page.opens_to(self.account))

    @cached_property
    def _names(self) -> dict[str, str]:
        return {account.id: account.name for account in self.store.accounts.all()}

    def called(self, account_id: str) -> str:
        """The name of somebody with an account; anybody else's id."""
        return self._names.get(account_id, account_id)

    @cached_property
    def titles(self) -> Titles:
        """The titles of detectors and terms in force."""
        return self.desk.titles()

    def card(self, name: str, revision: int | None = None) -> Scorecard | None:
        """The scorecard of a name, in a revision or in the newest; None where it is not at hand."""
        try:
            return self.desk.card(name, revision)
        except PolicyError:
            return None

    def judged_by(self, queue: str | None, team: str | None, standard: str | None) -> str:
        """The service line and the title of the standard that judged a call; empty for a call that none did."""
        if not standard:
            return ""
        key = (queue, team, standard)
        if key not in self._judged_by:
            line, card = self.desk.line(*key), self.card(standard)
            title = card.title if card else standard
            self._judged_by[key] = f"业务线：{line}　{title}" if line else title
        return self._judged_by[key]

    @cached_property
    def _judged_by(self) -> dict[tuple[str | None, str | None, str], str]:
        return {}

    def card_of(self, result: CallResult) -> Scorecard | None:
        """The scorecard by which a call was judged, in that revision; None where it is not at hand."""
        judged = result.evaluation
        return self.card(judged.scorecard, judged.revision) if judged else None

    def counted(self, result: CallResult) -> CallResult:
        """The call as it counts; as the machine judged it where its scorecard is not at hand."""
        card = self.card_of(result)
        said = self.store.answers.standing([result.call.id]) if card else {}
        return overlay(result, card, said.get(result.call.id, ())) if card else result

    def relist(self, call_id: str) -> None:
        """Have the queue tell the score and the doubts of a call as they count now."""
        result = self.store.calls.get(call_id)
        card = self.card_of(result) if result else None
        if card is not None:
            self.store.queue.relist(call_id, card)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The template filled in, for this account."""
        return HTMLResponse(rendered(template, self.request, visit=self, **values), status_code=status)

    def refuse(self, sentence: str, status: int = 422) -> NoReturn:
        """Answer with a sentence, in Chinese, and nothing done."""
        raise HTTPException(status, sentence)

    def forbid(self, about: str, why: str) -> NoReturn:
        """Answer 403, and note in the audit log what was tried."""
        self.store.audit.append(Note(self.account.id, Action.REFUSED, about, why=why))
        raise HTTPException(403, "您没有权限查看或操作此内容，本次访问已记入审计日志")

    def sees(self, call_id: str) -> bool | None:
        """Whether the account may see the call; None where there is none."""
        whose = self.store.calls.whose(call_id) if len(call_id) <= MOST_ID else None
        if whose is None:
            return None
        return self.scope.holds(*whose)

    def admit(self, call_id: str) -> None:
        """Answer 404 for a call that is not there, and 403, noted, for one that the account may not see."""
        sees = self.sees(call_id)
        if sees is None:
            raise HTTPException(404, f"没有通话 {call_id[:MOST_ID]}")
        if not sees:
            self.forbid(call_id, f"{self.request.method} {self.request.url.path}"[:200])

    def open_eyed(self, call_id: str) -> None:
        """Answer 403 for a call that the account scores blind: nothing that was made of it is shown or decided."""
        if self.store.calibrations.blinding(self.account.id, call_id) is not None:
            raise HTTPException(403, BLIND)

    def call(self, call_id: str) -> CallResult:
        """The call; 404 and 403 as `admit` answers them, and 403 for one that the account scores blind."""
        self.admit(call_id)
        self.open_eyed(call_id)
        result = self.store.calls.get(call_id)
        if result is None:
            raise HTTPException(404, f"没有通话 {call_id[:MOST_ID]}")
        return result


def named(names: Iterable[str]) -> re.Pattern[str]:
    """What finds these names in a text: one of letters and digits as a whole word, one of a single letter nowhere.

    Examples
    --------
    >>> named(["王芳", "li", "李"]).sub("评定人", "王芳老师和Li听过，李姓客户listen")
    '评定人老师和评定人听过，李姓客户listen'
    """
    found = sorted({name.strip() for name in names if len(name.strip()) > 1}, key=len, reverse=True)
    words = [
        rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])" if name.isascii() else re.escape(name)
        for name in found
    ]
    return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)


class SignInFirst(Exception):  # noqa: N818  it is no error, and answered by a redirection
    """Nobody is signed in."""


def allowed(*rights: Right) -> Callable[[Request], Visit]:
    """A dependency: the visit, if somebody is signed in and has one of the rights; where none is named, anybody."""

    def visit(request: Request) -> Visit:
        own = _visit(request)
        if rights and own.account.rights.isdisjoint(rights):
            own.forbid(request.url.path[:200], f"缺少权限 {' 或 '.join(rights)}")
        return own

    return visit


Visitor = Annotated[Visit, Depends(allowed())]
"""Whoever is signed in, and has the right of the page."""


def _visit(request: Request) -> Visit:
    """The visit of a request; the session is looked up once, however many rights are asked for."""
    known: Visit | None = getattr(request.state, "visit", None)
    if known is not None:
        return known
    desk: Desk = request.app.state.desk
    token = request.cookies.get(COOKIE, "")
    account = desk.store.sessions.account(token, desk.idle) if token else None
    if account is None:
        raise SignInFirst
    visit = request.state.visit = Visit(request, desk, account, token)
    return visit
