"""The address of a call's pages, whatever its id is made of, and the id out of an address.

An id is one segment. A server hands on addresses with ``%2F`` read as ``/``, and browsers take ``..`` for the
folder above, however it is written: the first is undone here, and the second gets a sign before it.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, unquote

from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

_SLASH = "\x1f"  # stands for a slash inside a segment, which a router would take for its end; no id holds one
_FOLDERS = (".", "..")


def call_address(call_id: str) -> str:
    """The address of a call's page, below which its other pages lie.

    Examples
    --------
    >>> call_address("D04"), call_address("20250308/0001"), call_address("..")
    ('/calls/D04', '/calls/20250308%2F0001', '/calls/~..')
    """
    signed = "~" + call_id if call_id.lstrip("~") in _FOLDERS else call_id
    return f"/calls/{quote(signed, safe='')}"


def _call_id(segment: str) -> str:
    call_id = segment.replace(_SLASH, "/")
    return call_id[1:] if call_id.startswith("~") and call_id.lstrip("~") in _FOLDERS else call_id


CallId = Annotated[str, AfterValidator(_call_id)]
"""The id of a call as a part of a page's address."""


class WholeSegments:
    """Middleware: a slash that was written ``%2F`` in the address of a call stays inside its segment."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request with the segments of its path as they were written."""
        if scope["type"] == "http":
            raw = scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0]
            if raw.startswith("/calls/"):
                whole = "/".join(unquote(segment).replace("/", _SLASH) for segment in raw.split("/"))
                scope = {**scope, "path": whole}
        await self.app(scope, receive, send)
