"""A real browser before a real server: what the end-to-end tests of the review desk stand on."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from pipeline.desk import Desk, create_app
from pipeline.desk.visit import COOKIE
from tests.desks import PASSWORD

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
    "--lang=zh-CN",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TOUR = Path(__file__).parents[1] / "docs" / "tour"
MAKES_TOUR = os.environ.get("CALLQA_TOUR") == "make"
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


@contextmanager
def visitors(browser: Any, desk: Desk, address: str) -> Iterator[Callable[[str], Any]]:
    """Signs people in, each in a browser of their own: `come("wang")` is their page; "" is nobody's.

    No script may have failed and no policy have been broken on any of the pages.
    """
    contexts, wrong = [], []

    def come(who: str = "") -> Any:
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
        contexts.append(context)
        if who:
            token = secrets.token_urlsafe()
            desk.store.sessions.open(token, who, timedelta(hours=1))
            context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: a script failed: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        return page

    yield come
    for context in contexts:
        context.close()
    assert not wrong


def sign_in(page, who: str, there: str, lands: str = "") -> None:
    """Sign somebody in by hand on the way to a place; `lands` is where one comes out, if elsewhere."""
    page.goto(there)
    page.get_by_label("账号").fill(who)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{lands or there}")


def offences(page) -> list[str]:
    """What axe-core finds on a page that is serious or critical for who cannot see or use it as others do."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    # Its preloading makes styles inline, which the policy of our pages refuses.
    found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        f"{each['id']}: {each['help']}: {'; '.join(node['html'] for node in each['nodes'][:3])}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def pictured(page, name: str) -> None:
    """Keep a picture of the page for the README's tour, where the tests were asked to make it anew."""
    if MAKES_TOUR:
        page.wait_for_timeout(500)  # a waveform follows the width of its window a moment later
        page.screenshot(path=TOUR / f"{name}.png")
