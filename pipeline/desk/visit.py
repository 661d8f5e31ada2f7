"""Who asks: the signed-in account of a request, what it may do and see, and how it is answered.

Knows rights and scopes as they apply to one request; what they are is in `pipeline.access.accounts`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from fastapi import HTTPException, Request
from starlette.responses import HTMLResponse, Response

from pipeline.access.accounts import Account, Right, Scope
from pipeline.access.audit import Note
from pipeline.desk.blind import BLIND, blind
from pipeline.desk.desk import Desk
from pipeline.desk.templating import rendered
from pipeline.errors import PolicyError
from pipeline.evaluation.result import CallResult
from pipeline.hearing.privacy import Open, Privacy
from pipeline.review.overlay import counted
from pipeline.scorecard import Scorecard
from pipeline.store import Store

COOKIE = "callqa"


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

    def shown(self, said: str) -> str:
        """What of a text that was said, or may quote what was said, this account may read."""
        return self.privacy.text(said)

    def can(self, right: Right) -> bool:
        """Whether the account has a right."""
        return right in self.account.rights

    @cached_property
    def _names(self) -> dict[str, str]:
        return {account.id: account.name for account in self.store.accounts()}

    def called(self, account_id: str) -> str:
        """The name of somebody with an account; anybody else's id."""
        return self._names.get(account_id, account_id)

    def card(self, name: str) -> Scorecard | None:
        """The scorecard of a name; None where it is not at hand."""
        try:
            return self.desk.card(name)
        except PolicyError:
            return None

    def counted(self, result: CallResult) -> CallResult:
        """The call as it counts; as the machine judged it where its scorecard is not at hand."""
        card = self.card(result.evaluation.scorecard) if result.evaluation else None
        said = self.store.counting_answers([result.call.id]) if card else {}
        return counted(result, card, said.get(result.call.id, ())) if card else result

    def relist(self, call_id: str) -> None:
        """Have the queue tell the score and the doubts of a call as they count now."""
        result = self.store.result(call_id)
        card = self.card(result.evaluation.scorecard) if result and result.evaluation else None
        if card is not None:
            self.store.relist(call_id, card)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The template filled in, for this account."""
        return HTMLResponse(rendered(template, self.request, visit=self, **values), status_code=status)

    def refuse(self, sentence: str, status: int = 422) -> NoReturn:
        """Answer with a sentence, in Chinese, and nothing done."""
        raise HTTPException(status, sentence)

    def forbid(self, about: str, why: str) -> NoReturn:
        """Answer 403, and note in the audit log what was tried."""
        self.store.note(Note(self.account.id, "refused", about, why=why))
        raise HTTPException(403, "您没有权限查看或操作此内容，本次访问已记入审计日志")

    def sees(self, call_id: str) -> bool | None:
        """Whether the account may see the call; None where there is none."""
        whose = self.store.whose(call_id) if len(call_id) <= MOST_ID else None
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
        if blind(self.store, self.account, call_id) is not None:
            raise HTTPException(403, BLIND)

    def call(self, call_id: str) -> CallResult:
        """The call; 404 and 403 as `admit` answers them, and 403 for one that the account scores blind."""
        self.admit(call_id)
        self.open_eyed(call_id)
        result = self.store.result(call_id)
        if result is None:
            raise HTTPException(404, f"没有通话 {call_id[:MOST_ID]}")
        return result


MOST_ID = 255
"""Characters of an id that are worth asking the store for."""


class SignInFirst(Exception):  # noqa: N818  it is no error, and answered by a redirection
    """Nobody is signed in."""


def allowed(right: Right | None) -> Callable[[Request], Visit]:
    """A dependency: the visit, if somebody is signed in and has the right; None asks for no right."""

    def visit(request: Request) -> Visit:
        desk: Desk = request.app.state.desk
        token = request.cookies.get(COOKIE, "")
        account = desk.store.session(token, desk.idle) if token else None
        if account is None:
            raise SignInFirst
        own = Visit(request, desk, account, token)
        if right is not None and not own.can(right):
            own.forbid(request.url.path[:200], f"缺少权限 {right}")
        return own

    return visit
