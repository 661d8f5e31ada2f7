"""The wire: one question sent by the protocol of ``/v1/chat/completions``, and the text that comes back.

Knows requests, retries and time; nothing of what is asked. The only place that imports an HTTP client.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeAlias

import httpx

from models.judge.budget import Budget
from models.judge.endpoint import Endpoint
from pipeline.timeline import Seconds

Message: TypeAlias = Mapping[str, str]

ATTEMPTS = 3
FIRST_WAIT_S: Seconds = 0.5
LONGEST_WAIT_S: Seconds = 20.0
LARGEST_BODY = 1 << 20
"""Bytes; more is no answer to a short question."""
LONGEST_ANSWER = 400
"""Tokens."""
BUSY = {408, 409, 425, 429}
"""Answers that may be another one a little later; all of 500 and above are, too."""
FORMS = ("json_schema", "json_object", "text")
"""The ways to ask for structure, the strictest first."""
CHARACTERS_A_TOKEN = 1.5
"""Of Chinese, roughly; where the server does not count."""


class UnansweredError(Exception):
    """Nothing came back that could be read as an answer; `stops` where no other question would fare better."""

    def __init__(self, problem: str, *, stops: bool = False) -> None:
        self.problem, self.stops = problem, stops
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Reply:
    """The text that came back, and the tokens that it cost."""

    text: str
    tokens: int


@dataclass
class Chat:
    """A conversation with one server over a night.

    Parameters
    ----------
    budget : Budget
        Every request is charged to it, retries too.
    sleep : callable
        Waits so many seconds.
    """

    endpoint: Endpoint
    budget: Budget
    sleep: Callable[[Seconds], None] = time.sleep
    _form: int = 0
    _client: httpx.Client | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        self._client = httpx.Client(
            timeout=httpx.Timeout(self.endpoint.timeout, connect=min(5.0, self.endpoint.timeout)),
            follow_redirects=False,
            trust_env=self.endpoint.uses_proxy,
            verify=ssl.create_default_context(),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()

    def ask(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Reply:
        """The answer to one question, asked in the strictest form that the server understands.

        Raises
        ------
        UnansweredError
            After so many attempts, or at once where the server refuses.
        """
        for form in range(self._form, len(FORMS)):
            try:
                reply = self._insist(self._body(messages, schema, FORMS[form]))
            except _NotUnderstoodError as error:
                if form == len(FORMS) - 1:
                    raise UnansweredError(f"服务器不接受这道题（HTTP {error.status}）") from None
                continue
            self._form = form
            return reply
        raise AssertionError("the last form answers or raises")

    def _body(self, messages: Sequence[Message], schema: Mapping[str, Any], form: str) -> bytes:
        asked: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": LONGEST_ANSWER,
            "stream": False,
        }
        if form == "json_schema":
            wanted = {"name": "verdict", "strict": True, "schema": schema}
            asked["response_format"] = {"type": form, "json_schema": wanted}
        elif form == "json_object":
            asked["response_format"] = {"type": form}
        return json.dumps(asked, ensure_ascii=False).encode()

    def _insist(self, body: bytes) -> Reply:
        """The reply to a request, tried again where that may help and the budget lasts."""
        problem, wait = "", FIRST_WAIT_S
        for attempt in range(ATTEMPTS):
            if attempt:
                if self.budget.exhausted:
                    break
                self.sleep(min(wait, LONGEST_WAIT_S))
                wait *= 2
            self.budget.charge(calls=1)
            try:
                status, headers, content = self._send(body)
            except httpx.TimeoutException:
                problem = f"{self.endpoint.timeout:g} 秒内没有回答"
                continue
            except (httpx.TransportError, ssl.SSLError) as error:
                problem = f"连不上（{type(error).__name__}）"
                continue
            if status == HTTPStatus.OK:
                return self._reply(body, content)
            problem = f"HTTP {status}"
            if status in BUSY or (
                status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED
            ):
                wait = max(wait, _seconds(headers.get("retry-after", "")))
                continue
            if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
                raise UnansweredError(f"服务器要转到别处（HTTP {status}），不予跟随", stops=True)
            if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                raise UnansweredError(f"服务器拒绝（HTTP {status}），请核对 CALLQA_JUDGE_KEY", stops=True)
            raise _NotUnderstoodError(status)
        raise UnansweredError(problem)

    def _send(self, body: bytes) -> tuple[int, httpx.Headers, bytes]:
        """Status, headers and content, all of it within the time for one answer."""
        if self._client is None:
            raise RuntimeError("ask within `with`")
        end = time.monotonic() + self.endpoint.timeout
        content = bytearray()
        with closing(self._client.send(self._request(body), stream=True)) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > end:
                    raise httpx.ReadTimeout("the answer drips")
                if len(content) > LARGEST_BODY:
                    raise httpx.ReadError("the answer is too long")
            return response.status_code, response.headers, bytes(content)

    def _request(self, body: bytes) -> httpx.Request:
        """The request, sent to the address that was checked; certificates are still those of the name."""
        if self._client is None:
            raise RuntimeError("ask within `with`")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.endpoint.key:
            headers["Authorization"] = f"Bearer {self.endpoint.key}"
        url = httpx.URL(self.endpoint.url)
        if not self.endpoint.pinned:
            return self._client.build_request("POST", url, headers=headers, content=body)
        headers["Host"] = url.netloc.decode()
        return self._client.build_request(
            "POST",
            url.copy_with(host=self.endpoint.pinned),
            headers=headers,
            content=body,
            extensions={"sni_hostname": self.endpoint.host},
        )

    def _reply(self, body: bytes, content: bytes) -> Reply:
        """The text of the first choice; an empty one where there is none, which is no answer to anything."""
        guess = int((len(body.decode()) + len(content)) / CHARACTERS_A_TOKEN)
        try:
            given = json.loads(content)
            text = given["choices"][0]["message"]["content"]
            used = (given.get("usage") or {}).get("total_tokens")
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            text, used = "", None
        tokens = used if isinstance(used, int) and not isinstance(used, bool) and used >= 0 else guess
        self.budget.charge(tokens=tokens)
        return Reply(text if isinstance(text, str) else "", tokens)


class _NotUnderstoodError(Exception):
    """The server does not take the request in this form."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(str(status))


def _seconds(written: str) -> Seconds:
    return float(written) if written.strip().isdecimal() else 0.0
