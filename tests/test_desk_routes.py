"""Every address of every page asks for its right, every form for a session and our own page; nothing goes round."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pkgutil import iter_modules

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from flows.desk.server import desk_of
from flows.settings import Settings
from pipeline.access.accounts import Account, Post, Right
from pipeline.desk import Desk, create_app
from pipeline.desk import pages as package
from pipeline.desk.pages import pages
from pipeline.desk.pages.sign_in import MOST_BY_NAME
from pipeline.desk.visit import COOKIE
from pipeline.store import Store
from pipeline.store.calls.calls import Calls
from pipeline.store.learning.calibrations import Calibrations
from pipeline.store.tables import metadata
from tests.desks import PASSWORD, PEOPLE, client, people

NAMES = {
    "call_id": "D04",
    "id": "1",
    "number": "1",
    "account": "wang",
}


def asked_beside(route):
    """The rights of which a route asks for any, beside its page's; None for a route that asks for no account."""
    for dependency in route.dependant.dependencies:
        closure = dict(zip(dependency.call.__code__.co_freevars, dependency.call.__closure__ or (), strict=True))
        if "rights" in closure:
            return closure["rights"].cell_contents
    return None


ROUTES = {
    f"{method} {route.path}": (page, asked_beside(route)) for page in pages() for method, route in page.routes
}
"""Every address: its page, and what it asks for beside."""
STRANGERS = {name for name, (page, rights) in ROUTES.items() if page.is_public and rights is None}
POSTS = [name for name in ROUTES if name.startswith("POST ")]
NAVIGATION = {
    Post.AGENT: ["我的通话", "申诉", "月度", "辅导", "规则"],
    Post.TEAM_LEAD: ["队列", "申诉", "校准", "月度", "月度评定", "辅导", "规则", "搜索", "数据质量"],
    Post.QA: ["队列", "申诉", "校准", "月度", "月度评定", "辅导", "人机差异", "公平性", "规则", "搜索", "数据质量"],
    Post.QA_LEAD: [
        "队列",
        "申诉",
        "校准",
        "月度",
        "月度评定",
        "辅导",
        "人机差异",
        "公平性",
        "规则",
        "搜索",
        "数据质量",
        "审计",
    ],
    Post.DATA_SCIENTIST: ["校准", "规则", "搜索"],
    Post.ADMIN: ["规则", "数据质量", "审计", "账号"],
}
LANDING = {Post.AGENT: "/mine", Post.DATA_SCIENTIST: "/rules", Post.ADMIN: "/accounts"}


def may(account, name):
    page, rights = ROUTES[name]
    return page.opens_to(account) and (not rights or not account.rights.isdisjoint(rights))


def path_of(name):
    return name.partition(" ")[2].format(**NAMES)


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as store:
        people(store)
        yield store


def content(store):
    with store.engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in metadata.tables}


def test_only_signing_in_is_for_strangers():
    assert {name.split()[1].split("/")[1] for name in STRANGERS} == {"sign-in"}


def test_every_module_of_the_pages_declares_one_that_is_collected():
    modules = [import_module(f"pipeline.desk.pages.{found.name}") for found in iter_modules(package.__path__)]
    assert {id(module.PAGE) for module in modules} == {id(page) for page in package.OWN}


def test_every_right_opens_something():
    asked = {right for page, rights in ROUTES.values() for right in (*page.rights, *(rights or ()))}
    assert set(Right) - asked == {Right.SETTLE_FINALLY, Right.CLEARANCE}  # asked for within a page


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_finds_the_own_pages_and_begins_at_one(store, who):
    browser, post = client(store, who), PEOPLE[who].post
    navigation = browser.get("/me").text.partition("<nav")[2].partition("</nav>")[0]
    assert re.findall(r">([^<>\s]+)</a>", navigation) == NAVIGATION[post]
    assert browser.get("/").headers["location"] == LANDING.get(post, "/queue")
    for path in re.findall('href="([^"]+)"', navigation):
        assert browser.get(path).status_code in (200, 404), path  # 404: this desk has no months and no rules


def test_there_are_no_addresses_but_those():
    app = create_app(Desk(None))
    kinds = {type(route).__name__ for route in app.routes}
    assert not {kind for kind in kinds if "WebSocket" in kind}
    assert [route.path for route in app.routes if type(route).__name__ == "Mount"] == ["/static"]


@pytest.mark.parametrize("who", PEOPLE)
def test_who_lacks_the_right_is_refused_before_anything_is_read(store, who):
    browser = client(store, who)
    for name in ROUTES:
        if not may(PEOPLE[who], name):
            method, path = name.split(" ")[0], path_of(name)
            before = {table: rows for table, rows in content(store).items() if table not in ("audit", "sessions")}
            assert browser.request(method, path).status_code in (403, 422), name  # 422: the form is read first
            now = content(store)
            assert {table: now[table] for table in before} == before, name


@pytest.mark.parametrize("name", POSTS)
def test_a_form_without_a_session_or_from_elsewhere_does_nothing(store, name):
    before = content(store)
    stranger = client(store)
    if name not in STRANGERS:
        answer = stranger.post(path_of(name))
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), name
        stranger.cookies.set(COOKIE, "x" * 43)
        assert stranger.post(path_of(name), headers={"HX-Request": "true"}).status_code == 401
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert stranger.post(path_of(name), headers=headers).status_code == 403
    assert content(store) == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"])
def test_other_methods_do_nothing(store, method):
    browser, before = client(store, "admin"), content(store)
    for name in ROUTES:
        assert browser.request(method, path_of(name)).status_code in (403, 404, 405), name
    assert content(store) == before


def test_a_websocket_is_closed_at_once(store):
    app = TestClient(create_app(Desk(store)))
    with pytest.raises(Exception, match=r"1000|404|") as told, app.websocket_connect("/queue"):
        pass
    assert "Disconnect" in type(told.value).__name__ or "Denial" in type(told.value).__name__


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "CHUNKED", "gzip, chunked"])
def test_a_body_of_unknown_length_is_refused(store, coding):
    browser = client(store, "admin")
    answer = browser.post("/accounts", content=iter([b"name=x"]), headers={"Transfer-Encoding": coding})
    assert answer.status_code == 413
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/sign-in", "/accounts", "/rules/try", "/queue/batch", "/calibration/1/calls/1"])
def test_files_and_very_many_fields_are_no_failure(store, path):
    browser = client(store, "admin" if path == "/accounts" else "chen")
    assert browser.post(path, files={"account": ("x.txt", b"x"), "choice-0": ("y", b"y")}).status_code < 500
    assert browser.post(path, data={f"f{n}": "x" for n in range(2000)}).status_code < 500
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert browser.post(path, content=b"--x\r\nContent-Disposition: form-data", headers=headers).status_code < 500


def test_errors_carry_the_headers_too(store, monkeypatch):
    browser = client(store, "chen")
    monkeypatch.setattr(Calibrations, "progress", lambda *_args, **_more: 1 / 0)
    answers = [
        browser.get("/calibration"),
        browser.get("/nowhere"),
        browser.get("/calls/nowhere"),
        browser.get("/accounts"),
        browser.put("/audit"),
        browser.post("/audit/verify", headers={"Sec-Fetch-Site": "cross-site"}),
        browser.get("/calibration/x"),
    ]
    assert [answer.status_code for answer in answers] == [500, 404, 404, 403, 405, 403, 422]
    for answer in answers:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


def test_an_address_with_a_line_break_writes_no_line_of_its_own(store, monkeypatch, caplog):
    monkeypatch.setattr(Calls, "whose", lambda *_args: 1 / 0)
    assert client(store, "chen").get("/calls/x%0AERROR%20forged").status_code == 500
    (record,) = [record for record in caplog.records if record.name == "pipeline.desk.app"]
    assert "/calls/{call_id}" in record.getMessage()
    assert "forged" not in record.getMessage()


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static//etc/passwd"]
)
def test_only_what_is_static_is_served(store, path):
    assert client(store, "chen").get(path).status_code == 404


# --- signing in


def sign_in(browser, account, password, **more):
    return browser.post("/sign-in", data={"account": account, "password": password, **more})


@pytest.mark.parametrize("written", ["wang ", " wang", "\twang", "wang\u3000", "wang\n"])
def test_blanks_around_a_name_do_not_begin_a_new_count(store, written):
    browser = client(store)
    for _ in range(MOST_BY_NAME):
        sign_in(browser, written, "guess")
    assert sign_in(browser, "wang", PASSWORD).status_code == 429


@pytest.mark.parametrize("written", ["WANG", "Wang", "ｗａｎｇ", "wang\0", "wa\u200bng", "w\u0430ng"])
def test_names_that_only_look_alike_are_nobodys(store, written):
    assert sign_in(client(store), written, PASSWORD).status_code == 401


def test_guesses_that_are_sent_all_at_once_are_counted(store):
    app = create_app(Desk(store))
    begin = threading.Barrier(12)

    def guess(_n):
        browser = TestClient(app, follow_redirects=False)
        begin.wait()
        return sign_in(browser, "wang", "guess").status_code

    with ThreadPoolExecutor(12) as threads:
        statuses = sorted(threads.map(guess, range(12)))
    assert statuses == [401] * MOST_BY_NAME + [429] * (12 - MOST_BY_NAME)


def test_the_password_is_not_guessed_faster_from_a_desk_left_unlocked(store):
    browser = client(store, "wang")
    form = {"password": "guess", "new": "another long one", "again": "another long one"}
    for _ in range(MOST_BY_NAME):
        assert "原密码不对" in browser.post("/me/password", data=form).text
    assert "尝试次数过多" in browser.post("/me/password", data=form | {"password": PASSWORD}).text
    assert len(store.audit.newest(by="wang", action="sign_in_failed")) == MOST_BY_NAME


def test_an_administrator_who_sets_a_password_ends_the_wait(store):
    for _ in range(MOST_BY_NAME):
        sign_in(client(store), "wang", "guess")
    form = {"account": "wang", "name": "王芳", "post": "qa", "password": "another long one"}
    assert client(store, "admin").post("/accounts", data=form).status_code == 303
    assert sign_in(client(store), "wang", "another long one").status_code == 303


def test_a_long_password_is_refused_before_it_is_hashed(store):
    assert sign_in(client(store), "wang", "x" * 257).status_code == 422
    assert (
        client(store, "wang")
        .post("/me/password", data={"password": "x" * 900_000, "new": "x", "again": "x"})
        .status_code
        == 422
    )


def test_a_session_is_never_one_that_the_browser_brought(store):
    browser = client(store)
    browser.cookies.set(COOKIE, "chosen-by-somebody-else")
    answer = sign_in(browser, "wang", PASSWORD)
    assert answer.cookies[COOKIE] != "chosen-by-somebody-else"
    assert store.sessions.account("chosen-by-somebody-else", Desk(store).idle) is None


def test_a_new_password_ends_every_session_and_changes_nothing_else(store):
    other, own = client(store, "wang"), client(store, "wang")
    old = own.cookies[COOKIE]
    form = {"password": PASSWORD, "new": "another long one", "again": "another long one"}
    assert own.post("/me/password", data=form).status_code == 303
    assert other.get("/me").status_code == 303
    assert store.sessions.account(old, Desk(store).idle) is None
    assert store.audit.newest(by="wang", action="account")[0].note.new == {"password": "changed"}


def test_a_post_that_was_taken_away_does_not_come_back_with_a_new_password(store, monkeypatch):
    """An administrator changes the account in the very moment in which its person changes the password."""
    from pipeline.desk.pages import sign_in as page  # noqa: PLC0415

    hashed = page.hashed

    def meanwhile(password):
        store.accounts.save(Account("chen", "陈主管", Post.QA), "admin")
        return hashed(password)

    monkeypatch.setattr(page, "hashed", meanwhile)
    form = {"password": PASSWORD, "new": "another long one", "again": "another long one"}
    client(store, "chen").post("/me/password", data=form)
    assert store.accounts.get("chen").post is Post.QA


@pytest.mark.parametrize(
    "there", ["/%09/evil", "/\t/evil.example", "/\n/evil.example", " //evil", "/x\r\nSet-Cookie: a=b", "\\\\evil"]
)
def test_nobody_is_led_elsewhere_or_given_a_header(store, there):
    answer = sign_in(client(store), "wang", PASSWORD, next=there)
    assert answer.headers["location"] in ("/", "/%09/evil", "/%2509/evil")
    assert list(answer.cookies) == [COOKIE]


# --- hostile files


@pytest.fixture
def drafter(store, tmp_path):
    (tmp_path / "rules").mkdir()
    return client(desk_of(store, Settings(rules=tmp_path / "rules", playback=tmp_path)), "zhou")


HEAD = "name: bomb\nrevision: 1\ndetector: d\ntitle: t\n"
LEVELS = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
BOMBS = {
    "aliases": "a0: &a0 [x, x]\n" + LEVELS + HEAD + "phrases: *a8\n",
    "merged": "a: &a {x: 1}\nb: {<<: *a}\n" + HEAD + "phrases: []\n",
    "round": "phrases: &p [*p]\n",
    "brackets": "phrases: " + "[" * 50_000,
    "dashes": "phrases:\n  " + "- " * 20_000 + "x",
    "maps": "phrases: " + "{a: " * 20_000,
    "wordings": HEAD + "phrases:\n  - {term: x, role: agent, variants: ['" + "[甲|乙]" * 40 + "']}\n",
    "many wordings": HEAD
    + "phrases:\n  - {term: x, role: agent, variants: ["
    + "'"
    + "', '".join("好" + "[甲|乙]" * 7 + "[丙]" * (n % 2) + str(n) for n in range(300))
    + "']}\n",
    "times": HEAD + "phrases:\n  - {term: x, role: agent, variants: ['" + "{时间}" * 20 + "']}\n",
    "tag": "phrases: !!python/object/apply:os.system [id]\n",
    "name": HEAD.replace("bomb", "'../../../etc/passwd'")
    + "phrases:\n  - {term: x, role: agent, variants: [好的呀]}\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_hostile_draft_is_told_in_a_moment(drafter, bomb):
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(drafter.post, "/rules/check", data={"text": BOMBS[bomb]}).result(timeout=30)
    assert answer.status_code == 200, answer.text
    assert "错误" in answer.text
    proposed = drafter.post("/rules/drafts", data={"text": BOMBS[bomb], "why": "x"})
    assert proposed.status_code == 422


@pytest.mark.parametrize(
    "q", ["a" * 400, "(" * 400, '"' * 399, "ａ" * 400, "zhi" * 130, "xian" * 100, "-" * 400, "的 " * 200]
)
@pytest.mark.parametrize("by", ["text", "sound"])
def test_no_search_takes_long(store, q, by):
    with ThreadPoolExecutor(1) as thread:
        ask = thread.submit(client(store, "wang").get, "/search", params={"q": q, "by": by, "similar": "true"})
        assert ask.result(timeout=20).status_code in (200, 422)
