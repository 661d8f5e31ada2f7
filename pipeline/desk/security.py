"""What every request passes: the headers of every answer, and the refusal of forms that other sites send.

Knows HTTP; not who is signed in (`visit`).

References
----------
Cross-site forms: Fetch Metadata, with `Origin` where a browser does not send it (plain http on an intranet), as
Go's ``http.CrossOriginProtection`` does it (F. Valsorda, 2025). Who sends neither is no browser, and has no cookies
of one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {"GET", "HEAD", "OPTIONS"}
POLICY = (
    "default-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
MOST_BYTES = 1_000_000
"""Of a form: the longest is a draft of a phrase list."""


class Guard:
    """An ASGI application behind the headers and refusals of this module; ``state.nonce`` is for its styles."""

    def __init__(self, app: ASGIApp, on_defect: Callable[[Request, Exception], Response]) -> None:
        self.app, self.on_defect = app, on_defect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        is_static = scope["path"].startswith("/static/")

        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
                if not is_static:  # pages and recordings are personal data: no shared or disk cache keeps them
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = _refused(scope["method"], Headers(scope=scope))
        try:
            await (refusal or self.app)(scope, receive, answer)
        except Exception as error:
            if begun:  # half an answer is out: break the connection off, so that nobody takes it for the whole
                raise
            await self.on_defect(Request(scope), error)(scope, receive, answer)


def _refused(method: str, headers: Headers) -> ASGIApp | None:
    if method in SAFE:
        return None
    if is_cross_site(headers):
        return PlainTextResponse("此表单来自别的网站，已拒绝；请从复核台的页面提交", status_code=403)
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MOST_BYTES or "transfer-encoding" in headers:
        return PlainTextResponse("提交的内容过大", status_code=413)
    return None


def is_cross_site(headers: Headers) -> bool:
    """Whether another site made the browser send this.

    Examples
    --------
    >>> is_cross_site(Headers({"host": "qa.corp", "origin": "http://evil.example"}))
    True
    >>> is_cross_site(Headers({"host": "qa.corp", "origin": "http://qa.corp"}))
    False
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
    except ValueError:
        return True
