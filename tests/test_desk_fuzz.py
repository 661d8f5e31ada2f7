"""Every form and parameter of the desk with hostile input: no failure, and all text escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.desk.server import desk_of
from pipeline.desk import Desk, create_app
from pipeline.desk.visit import COOKIE
from pipeline.store import Store
from tests.desks import PEOPLE, client, people
from tests.nights import FEEDS, SETTINGS

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{ 7*7 }}",
    "=cmd|' /C calc'!A0",
    "\0",
    "%",
    "_",
    "\\",
    "\u202e",
    "𠮷" * 30,
    "NaN",
    "inf",
    "-1",
    "1e400",
    "9" * 30,
    "0",
    "2025-13",
    "2025-02-30",
    "x" * 5000,
    "",
    " ",
)
KNOWN = (
    "D04",
    "D24",
    "D-BAD1",
    "2025-03",
    "KF01",
    "kf01",
    "1001",
    "1003",
    "wang",
    "chen",
    "1",
    "2",
    "met",
    "greeting",
)
VALUES = st.one_of(
    st.sampled_from(HOSTILE + KNOWN), st.text(st.characters(codec="utf-8"), max_size=20), st.integers().map(str)
)


@dataclass(frozen=True)
class Asked:
    """One route as it describes itself: its address, and the names of what it takes."""

    method: str
    path: str
    query: tuple[str, ...]
    form: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> Iterator[Asked]:
    said = create_app(Desk(None)).openapi()
    for path, methods in said["paths"].items():
        for method, route in methods.items():
            query = tuple(each["name"] for each in route.get("parameters", ()) if each["in"] == "query")
            form: list[str] = []
            for content in route.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                form += said["components"]["schemas"].get(name, content["schema"]).get("properties", {})
            yield Asked(method.upper(), path, query, tuple(form))


ROUTES = list(routes())


@pytest.fixture(scope="module")
def store(night_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("fuzz") / "callqa.db"
    path.write_bytes(night_file.read_bytes())
    with Store.open(f"sqlite:///{path}") as store:
        yield store


@pytest.fixture(scope="module")
def desk(store, tmp_path_factory):
    """The whole desk, as `callqa review` serves it."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "rules").mkdir()
    return desk_of(store, SETTINGS.model_copy(update={"playback": folder, "rules": folder / "rules"}), FEEDS)


@pytest.fixture(scope="module")
def browsers(desk):
    return {who: client(desk, who) for who in PEOPLE}


def filled(route: Asked, draw) -> tuple[str, dict, dict]:
    """An address, query and form of the route, each parameter there or not."""
    path = re.sub(r"{\w+}", lambda _: quote(draw(VALUES), safe="") or "x", route.path)
    query = {name: draw(VALUES) for name in route.query if draw(st.booleans())}
    form = {name: draw(VALUES) for name in route.form if draw(st.integers(0, 4))}
    return path, query, form


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_no_input_makes_the_desk_fail(desk, browsers, route):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data):
        who = data.draw(st.sampled_from(sorted(PEOPLE)))
        _again(desk, browsers, who)
        path, query, form = filled(route, data.draw)
        answer = browsers[who].request(route.method, path, params=query, data=form or None)
        assert answer.status_code < 500, (who, path, query, form)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not Scripts.of(answer.text), (path, query, form)

    ask()


def _again(desk, browsers, who):
    """Whoever was signed out, or whose account was changed by an administrator's form, is back again."""
    store = desk.store
    account = store.accounts.get(who)
    if not account.active or account.rights != PEOPLE[who].rights or account.scope != PEOPLE[who].scope:
        people(store)
    if store.sessions.account(browsers[who].cookies.get(COOKIE) or "", desk.idle) is None:
        browsers[who] = client(desk, who)


class Scripts(HTMLParser):
    """Finds what would run in a page: scripts that are not our own files, handlers, addresses that are code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if (
            tag == "script"
            and not (values.get("src") or "").startswith("/static/")
            and values.get("type") != "application/json"
        ):
            self.found.append(self.get_starttag_text())
        for name, value in attrs:
            is_code = (
                name.startswith("on") or name == "style" or (value or "").strip().lower().startswith("javascript:")
            )
            if is_code or name.startswith("hx-on"):
                self.found.append(self.get_starttag_text())

    @staticmethod
    def of(page: str) -> list[str]:
        parser = Scripts()
        parser.feed(page)
        return parser.found


def test_what_would_run_is_found():
    assert Scripts.of('<script src="/static/desk.js"></script><p>&lt;script&gt;</p>') == []
    assert len(Scripts.of('<script>1</script><img onerror="1"><a href=" javascript:1">x</a><p style="x">')) == 4
