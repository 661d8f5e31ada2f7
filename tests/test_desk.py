"""The desk's door: who gets in, what every answer carries, and what is refused."""

import re
from datetime import timedelta

import pytest

from pipeline.access.accounts import Account, Post
from pipeline.desk import Desk
from pipeline.desk.pages.sign_in import MOST_BY_NAME
from pipeline.desk.visit import COOKIE
from pipeline.store import Store
from tests.desks import PASSWORD, PEOPLE, client, people

HTMX = {"HX-Request": "true"}


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as store:
        people(store)
        yield store


def sign_in(browser, account="wang", password=PASSWORD, **more):
    return browser.post("/sign-in", data={"account": account, "password": password, **more})


def test_a_stranger_is_sent_to_sign_in_and_back_again(store):
    browser = client(store)
    away = browser.get("/audit?by=wang")
    assert away.status_code == 303
    there = away.headers["location"]
    assert "/sign-in?next=%2Faudit%3Fby%3Dwang" in there
    assert 'value="/audit?by=wang"' in browser.get(there).text
    inside = sign_in(browser, "chen", next="/audit?by=wang")
    assert (inside.status_code, inside.headers["location"]) == (303, "/audit?by=wang")
    assert browser.get("/audit").status_code == 200


@pytest.mark.parametrize("there", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", ""])
def test_signing_in_leads_nowhere_else(store, there):
    assert sign_in(client(store), next=there).headers["location"] == "/"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(store):
    cookie = sign_in(client(store)).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    browser = client(store)
    browser.base_url = "https://testserver"
    assert "secure" in sign_in(browser).headers["set-cookie"].lower()


@pytest.mark.parametrize(("account", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("'--", "x")])
def test_a_wrong_account_and_a_wrong_password_are_told_alike(store, account, password):
    answer = sign_in(client(store), account, password)
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert COOKIE not in answer.cookies


def test_who_guesses_has_to_wait_and_it_is_noted(store):
    browser = client(store)
    for _ in range(MOST_BY_NAME):
        assert sign_in(browser, password="guess").status_code == 401
    assert sign_in(browser).status_code == 429  # even with the right one
    assert sign_in(browser, "li").status_code == 303
    assert len(store.audit.newest(action="sign_in_failed")) == MOST_BY_NAME


def test_a_closed_account_cannot_sign_in(store):
    store.accounts.close("wang", "admin")
    assert sign_in(client(store)).status_code == 401


def test_signing_out_ends_the_session_not_only_the_cookie(store):
    browser = client(store, "chen")
    token = browser.cookies[COOKIE]
    assert browser.post("/sign-out").status_code == 303
    browser.cookies.set(COOKIE, token)
    assert browser.get("/audit").status_code == 303


def test_a_session_revoked_in_mid_work_is_told_beside_the_work(store):
    browser = client(store, "chen")
    assert browser.post("/audit/verify", headers=HTMX).status_code == 200
    store.accounts.save(Account("chen", "陈主管", Post.QA), "admin")
    answer = browser.post("/audit/verify", headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["hx-retarget"] == "#notice"
    assert "未提交的内容还在" in answer.text


def test_a_session_that_is_not_used_ends(store):
    assert client(Desk(store, idle=timedelta(0)), "chen").get("/audit").status_code == 303


@pytest.mark.parametrize("who", [who for who, each in PEOPLE.items() if each.post is not Post.ADMIN])
def test_accounts_are_the_administrators_alone_and_a_try_is_noted(store, who):
    assert client(store, who).get("/accounts").status_code == 403
    (line,) = store.audit.newest(action="refused")
    assert (line.note.by, line.note.about) == (who, "/accounts")


def test_an_administrator_makes_changes_and_closes_accounts(store):
    browser = client(store, "admin")
    form = {"account": "new", "name": "新人", "post": "team_lead", "team": "热线二组", "password": PASSWORD}
    assert browser.post("/accounts", data=form).status_code == 303
    assert store.accounts.get("new").team == "热线二组"
    assert sign_in(client(store), "new").status_code == 303
    assert "至少" in browser.post("/accounts", data=form | {"account": "other", "password": ""}).text
    assert "工号" in browser.post("/accounts", data=form | {"post": "agent", "team": ""}).text
    assert browser.post("/accounts", data=form | {"post": "emperor"}).status_code == 422
    assert browser.post("/accounts/new/sessions/end").status_code == 303
    assert browser.post("/accounts/new/close").status_code == 303
    assert not store.accounts.get("new").active
    assert browser.post("/accounts/admin/close").status_code == 422
    assert browser.post("/accounts/nobody/close").status_code == 404
    assert "新人" in browser.get("/accounts").text


def test_everybody_changes_the_own_password(store):
    browser = client(store, "wang")
    form = {"password": PASSWORD, "new": "another long one", "again": "another long one"}
    assert "原密码不对" in browser.post("/me/password", data=form | {"password": "x"}).text
    assert "不同" in browser.post("/me/password", data=form | {"again": "x"}).text
    assert "密码须有" in browser.post("/me/password", data=form | {"new": "short", "again": "short"}).text
    assert browser.post("/me/password", data=form).status_code == 303
    assert browser.get("/me").status_code == 200  # this session goes on, as a new one
    assert sign_in(client(store)).status_code == 401
    assert sign_in(client(store), password="another long one").status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "http://testserver"}, 303),
        ({}, 303),
    ],
)
def test_forms_of_other_sites_are_refused(store, headers, status):
    assert client(store, "chen").post("/sign-out", headers=headers).status_code == status


def test_a_form_that_is_too_large_is_refused_before_it_is_read(store):
    answer = client(store, "admin").post("/accounts", data={"name": "x" * 1_100_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/desk.css", "/audit"])
def test_every_answer_has_the_headers(store, path):
    headers = client(store, "chen").get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert ("cache-control" not in headers) == path.startswith("/static")


def test_a_nonce_is_used_once(store):
    browser = client(store, "chen")
    first, second = (browser.get("/audit") for _ in range(2))
    nonces = [re.search(r"nonce-([\w-]+)", each.headers["content-security-policy"])[1] for each in (first, second)]
    assert nonces[0] != nonces[1]
    assert nonces[0] in first.text


def test_what_is_not_there_is_told_in_chinese(store):
    answer = client(store, "chen").get("/nowhere")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_a_defect_tells_nothing_of_what_was_said(store, monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        raise RuntimeError("客户说了秘密")

    monkeypatch.setattr(type(store.audit), "newest", broken)
    answer = client(store, "chen").get("/audit")
    assert answer.status_code == 500
    assert "秘密" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_the_audit_page_tells_who_did_what_and_whether_the_chain_holds(store):
    browser = client(store, "chen")
    assert "账号变更" in browser.get("/audit?action=account").text
    assert "没有符合条件" in browser.get("/audit?by=<script>").text
    assert "哈希链完整" in browser.post("/audit/verify", headers=HTMX).text
