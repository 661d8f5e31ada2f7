"""A server of ``/v1/chat/completions`` on this machine, which answers as a test says and keeps what it was sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Given:
    """One answer: a status, headers, a body, and how long it takes."""

    def __init__(self, body: bytes | str | dict = b"", status: int = 200, wait: float = 0.0, **headers: str):
        self.body = (
            json.dumps(body).encode()
            if isinstance(body, dict)
            else body.encode()
            if isinstance(body, str)
            else body
        )
        self.status, self.wait, self.headers = status, wait, headers


def said(verdict: str, *evidence: tuple[int, str], tokens: int = 100) -> Given:
    """An answer by the protocol: a verdict with its places."""
    places = [{"turn": turn, "quote": quote} for turn, quote in evidence]
    return spoken(json.dumps({"verdict": verdict, "evidence": places}, ensure_ascii=False), tokens)


def spoken(text: str, tokens: int = 100) -> Given:
    """An answer by the protocol with any text."""
    return Given(
        {"choices": [{"message": {"role": "assistant", "content": text}}], "usage": {"total_tokens": tokens}}
    )


class Server:
    """The server: `answer` is asked for each request, with its body and how many came before."""

    def __init__(self, answer: Callable[[dict, int], Given]):
        self.answer, self.bodies, self.headers, self.paths = answer, [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                outer.paths.append(self.path)
                outer.headers.append(dict(self.headers))
                outer.bodies.append(raw.decode())
                given = outer.answer(json.loads(raw), len(outer.bodies) - 1)
                time.sleep(given.wait)
                try:
                    self.send_response(given.status)
                    for name, value in ({"Content-Length": str(len(given.body))} | given.headers).items():
                        self.send_header(name.replace("_", "-"), value)
                    self.end_headers()
                    self.wfile.write(given.body)
                except OSError:  # who asked has gone
                    self.close_connection = True

            def log_message(self, *_):
                """Nothing: tests read what was sent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"


@contextmanager
def serving(answer: Callable[[dict, int], Given] | Given) -> Iterator[Server]:
    """A server that runs as long as the block."""
    server = Server(answer if callable(answer) else lambda *_: answer)
    thread = threading.Thread(target=lambda: server.http.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
