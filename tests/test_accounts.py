"""Accounts: posts and scopes, sessions that end, and the roster."""

from datetime import date, timedelta

import pytest

from pipeline.access.accounts import Account, Post, Right, Scope
from pipeline.indicators.roster import Membership

HOUR = timedelta(hours=1)
WANG = Account("wang", "王芳", Post.QA)


@pytest.mark.parametrize(
    ("account", "problem"),
    [
        (("-x", "王", Post.QA), "账号名"),
        (("王芳", "王", Post.QA), "账号名"),
        (("x" * 65, "王", Post.QA), "账号名"),
        (("x", " ", Post.QA), "姓名"),
        (("x", "王", Post.AGENT), "工号"),
        (("x", "王", Post.QA, "1001"), "工号"),
        (("x", "王", Post.TEAM_LEAD), "班组"),
        (("x", "王", Post.QA, None, "一组"), "班组"),
    ],
)
def test_an_account_that_lacks_something_is_refused(account, problem):
    with pytest.raises(ValueError, match=problem):
        Account(*account)


def test_who_judges_keeps_no_accounts_and_the_other_way_round():
    for post in Post:
        assert not {Right.KEEP_ACCOUNTS, Right.REVIEW} <= post.rights
    assert Right.LISTEN not in Post.ADMIN.rights
    assert Account("x", "王", Post.QA_LEAD, active=False).rights == frozenset()


def test_scopes():
    assert Scope(team="一组").holds("1001", "一组")
    assert not Scope(team="一组").holds("1001", None)
    assert not Scope(agent_id="1001").holds(None, "一组")


def test_an_account_is_kept_and_every_change_noted(store):
    store.accounts.save(WANG, "admin", "hash")
    store.accounts.save(Account("wang", "王芳", Post.QA_LEAD), "admin")
    assert store.accounts.get("wang").post is Post.QA_LEAD
    assert store.accounts.password("wang") == "hash"
    old, new = [(line.note.old, line.note.new) for line in store.audit.lines()][-1]
    assert (old["post"], new["post"]) == ("qa", "qa_lead")
    assert store.accounts.get("li") is None
    assert [account.id for account in store.accounts.all()] == ["wang"]


def test_a_session_lasts_until_it_is_ended(store):
    store.accounts.save(WANG, "admin", "hash")
    store.sessions.open("token", "wang", HOUR)
    assert store.sessions.account("token", idle=HOUR).id == "wang"
    assert store.sessions.account("tokeN", idle=HOUR) is None
    assert store.sessions.account("token", idle=timedelta(0)) is None
    store.sessions.close("token", "wang")
    assert store.sessions.account("token", idle=HOUR) is None
    store.sessions.open("short", "wang", timedelta(0))
    assert store.sessions.account("short", idle=HOUR) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.accounts.save(Account("wang", "王芳", Post.QA_LEAD), "admin"),
        lambda store: store.accounts.save(WANG, "admin", "another hash"),
        lambda store: store.accounts.close("wang", "admin"),
        lambda store: store.sessions.revoke("wang", "admin"),
    ],
    ids=["post", "password", "closed", "revoked"],
)
def test_a_change_of_rights_ends_the_sessions(store, change):
    store.accounts.save(WANG, "admin", "hash")
    store.sessions.open("token", "wang", HOUR)
    change(store)
    assert store.sessions.account("token", idle=HOUR) is None


def test_the_same_account_saved_again_ends_nothing(store):
    store.accounts.save(WANG, "admin", "hash")
    store.sessions.open("token", "wang", HOUR)
    store.accounts.save(WANG, "admin")
    store.accounts.rehash("wang", "newer hash")
    assert store.sessions.account("token", idle=HOUR) is not None


def test_failures_are_counted_by_name_and_by_address(store):
    for name, address in (("wang", "10.0.0.1"), ("li", "10.0.0.1"), ("wang", "10.0.0.2")):
        store.sessions.note_failure(name, address, HOUR)
    since = next(store.audit.lines()).at - HOUR
    assert store.sessions.failures_since(since, "wang", "10.0.0.1") == (2, 2)
    store.accounts.save(WANG, "admin", "hash")
    store.sessions.open("token", "wang", HOUR)  # who gets in starts anew
    assert store.sessions.failures_since(since, "wang", "10.0.0.1") == (0, 1)


def test_the_roster_is_replaced_and_tells_the_team_of_a_day(store):
    first = Membership("1001", "林晓雯", "一组", date(2025, 1, 1), date(2025, 2, 28))
    then = Membership("1001", "林晓雯", "二组", date(2025, 3, 1), None)
    assert store.roster.save([first, then], "callqa") == 2
    assert store.roster.memberships() == (first, then)
    assert store.roster.team_of("1001", date(2025, 2, 28)) == "一组"
    assert store.roster.team_of("1001", date(2025, 3, 1)) == "二组"
    assert store.roster.team_of("1001", None) == "二组"
    assert store.roster.team_of("1001", date(2024, 12, 31)) is None
    assert store.roster.team_of(None, None) is None
    assert store.roster.teams() == ("一组", "二组")
    lines = len(list(store.audit.lines()))
    store.roster.save([then, first], "callqa")  # the same roster again is no news
    assert len(list(store.audit.lines())) == lines
    store.roster.save([then], "callqa")
    assert store.roster.team_of("1001", date(2025, 2, 28)) is None
