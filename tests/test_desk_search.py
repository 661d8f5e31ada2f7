"""The search page: what it shows, to whom, what it notes, and that nothing typed breaks it."""

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.indicators.roster import Membership
from pipeline.store import Store
from tests.desks import TEAM, client, people
from tests.test_search import AT, saved

HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('search')}/callqa.db") as store:
        people(store)
        store.roster.save([Membership("1001", "林晓雯", TEAM, date(2026, 1, 1), None)], "test")
        saved(store, "C1", "坐席：您好，请问有什么可以帮您？", "客户：我要投诉<b>你们</b>")
        saved(store, "C/2 &x=1", "客户：投诉啊", agent_id="1002")
        for n in range(30):
            saved(store, f"M{n:02d}", "客户：再见", at=AT)
        yield store


def test_results_are_marked_escaped_and_lead_to_the_second(store):
    text = client(store, "wang").get("/search", params={"q": "投诉"}).text
    assert "我要<mark>投诉</mark>&lt;b&gt;你们&lt;/b&gt;" in text
    assert 'href="/calls/C1?at=' in text
    assert 'href="/calls/C%2F2%20%26x%3D1?at=8.70"' in text
    assert "客户" in text


def test_by_sound_and_by_role(store):
    browser = client(store, "wang")
    assert "按读音找“tousu”" in browser.get("/search?q=tousu").text
    assert "<mark>投诉</mark>" in browser.get("/search?q=tousu&by=sound").text
    assert "没有找到" in browser.get("/search?q=toushu&by=sound").text
    assert "<mark>投诉</mark>" in browser.get("/search?q=toushu&by=sound&similar=true").text
    assert "没有找到" in browser.get("/search?q=投诉&role=agent").text


def test_more_comes_as_a_part_of_the_page(store):
    browser = client(store, "wang")
    first = browser.get("/search?q=再见").text
    assert first.count('class="hit card"') == 25
    more = first.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    rest = browser.get(more, headers=HTMX).text
    assert rest.count('class="hit card"') == 5
    assert "<html" not in rest
    assert "没有更早的了" in rest
    assert "<html" in browser.get(more).text  # without htmx it is a page of its own


def test_a_lead_finds_the_team_alone_and_agents_may_not_search(store):
    text = client(store, "sun").get("/search?q=投诉").text
    assert "C1" in text
    assert "C/2" not in text
    assert client(store, "sun").get("/search?q=投诉&agent=1002").text.count('class="hit card"') == 0
    assert client(store, "lin").get("/search?q=投诉").status_code == 403
    assert client(store, "admin").get("/search").status_code == 403
    assert client(store).get("/search?q=投诉").status_code == 303


def test_a_search_is_noted_without_what_was_typed(store):
    client(store, "li").get("/search?q=13800132201&role=customer&agent=1001")
    client(store, "li").get("/search")
    (line,) = store.audit.newest(by="li", action="search")
    assert line.note.new == {"length": 11, "by": "text", "role": "customer", "agent": "1001"}
    assert "138" not in repr(line.note)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("q=-投诉", "请输入要找的词"),
        ("q=" + "好" * 101, "不超过 100 字"),
        ("q=" + "好 " * 11, "最多搜索 10 个词"),
        ("q=好&from=昨天", "“昨天”不是日期"),
        ("q=好&by=smell", "填写有误：by"),
        ("q=好&role=boss", "填写有误：role"),
        ("q=好&after=x", "填写有误：after"),
        ("q=&after=7", "请输入要找的词"),
        ("q=" + "好" * 500, "填写有误：q"),
    ],
)
def test_what_cannot_be_asked_is_said(store, asked, sentence):
    answer = client(store, "wang").get(f"/search?{asked}")
    assert answer.status_code == 422
    assert sentence in answer.text


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "q": st.one_of(st.text(max_size=110), st.text("投诉 -\"“”'*():&|tousu1", max_size=40)),
            "by": st.sampled_from(["text", "sound", "x"]),
            "similar": st.sampled_from(["true", "x", "0"]),
            "role": st.sampled_from(["", "agent", "boss"]),
            "agent": st.text(max_size=20),
            "team": st.text(max_size=20),
            "from": st.one_of(st.dates().map(str), st.text(max_size=10)),
            "to": st.one_of(st.dates().map(str), st.text(max_size=10)),
            "after": st.one_of(st.integers().map(str), st.text(max_size=5)),
        },
    )
)
def test_whatever_is_asked_is_answered(store, asked):
    answer = client(store, "sun").get("/search", params=asked)
    assert answer.status_code in (200, 422)
    assert "C/2" not in answer.text.partition('id="hits"')[2]
