"""A real browser before a real server: what the end-to-end tests of the review desk stand on."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from pipeline.review import Desk, create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = os.environ.get("CALLQA_BROWSER") == "required"
"""Set where continuous integration runs: there, a missing browser is a failure and no reason to skip."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)
MISSING = (
    "NO BROWSER: the review desk was not tried in a real one. Install Debian's `chromium` and `fonts-noto-cjk` "
    "(`make browser` does it as root), then run the tests again."
)


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The address of a real server of the desk, on a port of its own, in a thread of this process."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(desk), log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
