"""The queue in the browser: what is shown, who may do what, and that no input is more than refused."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.desk.pages.queue import QueueFilter, filter_of
from pipeline.indicators.roster import Membership
from pipeline.review.worklist import Progress
from pipeline.store import Store
from pipeline.store.queue.places import set_due
from pipeline.store.schema import writing_alone
from tests.desks import TEAM, client, people
from tests.test_store_queue import RINGING, result

HTMX = {"HX-Request": "true", "HX-Target": "queue"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A store with three calls: one of them said something banned, one is another team's."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('desk')}/callqa.db") as store:
        people(store)
        store.roster.save([Membership("1001", "林晓雯", TEAM, date(2025, 1, 1), None)], "admin")
        store.calls.save(result("C1", banned=True))
        store.calls.save(result("C2", agent="1002", awarded=0.0))
        store.calls.save(result("C3"))
        yield store


@pytest.fixture
def store(opened):
    """The same with every call open."""
    from pipeline.access.accounts import Scope  # noqa: PLC0415

    with writing_alone(opened.engine, "audit") as connection:
        set_due(connection, "C1", None)
    opened.queue.give_back(["C1", "C2", "C3"], "test", Scope(), anybodys=True)
    return opened


def calls_in(answer):
    return re.findall(r'data-call="([^"]+)"', answer.text)


def test_the_queue_shows_why_each_call_is_here(store):
    answer = client(store, "wang").get("/queue")
    assert answer.status_code == 200
    assert calls_in(answer)[0] == "C1"
    assert set(calls_in(answer)) == {"C1", "C2", "C3"}
    for said in ("听到禁用语", "低于 60 分", "林晓雯", TEAM, "00:53", "待复核", "共 3 通"):
        assert said in answer.text
    assert "/queue/plans" not in answer.text, "only who gives out the work makes plans"
    assert "/queue/plans" in client(store, "chen").get("/queue").text
    assert 'href="/calls/C1"' in answer.text


def test_htmx_gets_the_table_alone_and_filters_stay_in_the_links(store):
    browser = client(store, "wang")
    answer = browser.get("/queue?agent=1001&reason=banned_wording&least=&first=", headers=HTMX)
    assert "<html" not in answer.text
    assert calls_in(answer) == ["C1"]
    assert 'href="/calls/C1?queue=agent%3D1001%26reason%3Dbanned_wording"' in answer.text
    whole = browser.get("/queue?agent=1001", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.text


def test_nothing_found_says_what_to_do(store, tmp_path):
    assert "清除筛选" in client(store, "wang").get("/queue?agent=nobody").text
    with Store.open(f"sqlite:///{tmp_path}/empty.db") as empty:
        people(empty)
        browser = client(empty, "chen")
        assert "callqa run" in browser.get("/queue").text
        assert "还没有抽样计划" in browser.get("/queue/plans").text
        assert browser.get("/queue/next").headers["location"] == "/queue?"


def test_a_team_lead_sees_and_takes_the_own_team_only(store):
    browser = client(store, "sun")
    assert sorted(calls_in(browser.get("/queue"))) == ["C1", "C3"]
    assert calls_in(browser.get("/queue?team=别的组&agent=1002")) == []
    answer = browser.post("/queue/batch", data={"act": "take", "call": ["C2", "C3"]}, headers=HTMX)
    assert "领取 1 通" in answer.text
    assert "C2：队列里没有这通电话" in answer.text
    assert store.queue.get("C2").status is Progress.OPEN
    assert browser.post("/queue/take", data={"call": "C2"}).status_code == 403
    assert store.audit.newest(action="refused")[0].note.about == "C2"


@pytest.mark.parametrize("who", ["lin", "zhou", "admin"])
def test_who_does_not_review_has_no_queue(store, who):
    browser = client(store, who)
    for path in ("/queue", "/queue/next", "/queue/plans"):
        assert browser.get(path).status_code == 403
    assert browser.post("/queue/batch", data={"act": "take", "call": "C1"}).status_code == 403
    assert store.queue.get("C1").status is Progress.OPEN


def test_a_second_claim_is_told_who_was_first(store):
    assert client(store, "wang").post("/queue/take", data={"call": "C1"}).headers["location"] == "/calls/C1"
    answer = client(store, "li").post("/queue/take", data={"call": "C1"})
    assert answer.status_code == 409
    assert "已由 wang 于" in answer.text
    assert "王芳" in client(store, "li").get("/queue?status=taken").text


def test_after_a_call_the_next_one_of_the_filter_follows(store):
    browser = client(store, "wang")
    there = browser.get("/queue/next?agent=1001").headers["location"]
    assert there == "/calls/C1?queue=agent%3D1001"
    onward = browser.post("/queue/finish", data={"call": "C1", "queue": "agent=1001"})
    assert onward.headers["location"] == "/queue/next?agent=1001&after=C1"
    assert browser.get(onward.headers["location"]).headers["location"] == "/calls/C3?queue=agent%3D1001"
    assert browser.get("/queue/next?agent=1001").headers["location"] == "/queue?agent=1001"
    assert browser.post("/queue/back", data={"call": "C3"}).headers["location"] == "/queue?"
    assert store.queue.get("C3").status is Progress.OPEN
    assert store.queue.get("C1").done_by == "wang"


def test_a_link_on_another_site_takes_no_call(store):
    answer = client(store, "wang").get("/queue/next", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.headers["location"] == "/queue?"
    assert store.queue.get("C1").status is Progress.OPEN


def test_calls_are_assigned_by_a_lead_to_somebody_who_reviews(store):
    lead, form = client(store, "chen"), {"act": "assign", "call": ["C1", "C2"], "to": "li"}
    assert "分派 2 通" in lead.post("/queue/batch", data=form, headers=HTMX).text
    assert sorted(calls_in(client(store, "li").get("/queue?status=taken&assignee=me"))) == ["C1", "C2"]
    assert lead.post("/queue/batch", data=form | {"to": "lin"}, headers=HTMX).status_code == 422
    assert "看不到这通电话" in lead.post("/queue/batch", data=form | {"to": "sun"}, headers=HTMX).text
    assert client(store, "wang").post("/queue/batch", data=form, headers=HTMX).status_code == 403
    assert lead.post("/queue/batch", data={"act": "take"}, headers=HTMX).status_code == 422
    plain = lead.post("/queue/batch", data={"act": "give_back", "call": "C1", "queue": "agent=1001"})
    assert plain.headers["location"] == "/queue?agent=1001"


def test_filters_are_saved_opened_and_deleted(store):
    browser = client(store, "wang")
    form = {"name": "<b>一组</b>", "queue": "team=热线一组&status=done&evil=1&page=3"}
    shown = browser.post("/queue/filters", data=form, headers={"HX-Request": "true"}).text
    assert "&lt;b&gt;一组&lt;/b&gt;" in shown
    (kept,) = store.queue.filters("wang")
    assert filter_of(kept.query) == QueueFilter(team="热线一组", status="done")
    assert f'href="/queue?{kept.query.replace("&", "&amp;")}"' in shown
    assert client(store, "li").post(f"/queue/filters/{kept.id}/delete").status_code == 404
    assert browser.post(f"/queue/filters/{kept.id}/delete").status_code == 303
    assert store.queue.filters("wang") == ()
    assert browser.post("/queue/filters", data={"name": " "}).status_code == 422
    assert browser.post("/queue/filters", data={"name": "x", "queue": "status=nonsense"}).status_code == 422


def test_plans_are_tried_made_and_stopped(store):
    lead = client(store, "chen")
    form = {"name": "低分必听", "percent": "100", "below": "60", "term": "", "seed": ""}
    assert "现有通话中会抽到 1 通" in lead.post("/queue/plans/preview", data=form).text
    assert store.sampling_plans.all() == ()
    assert lead.post("/queue/plans", data=form).status_code == 303
    ((plan, number),) = store.sampling_plans.all()
    assert (number, plan.made_by, len(plan.seed)) == (1, "chen", 8)
    assert calls_in(lead.get(f"/queue?status=all&plan={plan.id}")) == ["C2"]
    page = lead.get("/queue/plans").text
    assert "得分低于 60 的通话，全部" in page
    again = lead.post("/queue/plans", data=form)
    assert again.status_code == 422
    assert "已有名为" in again.text
    assert 'value="低分必听"' in again.text
    assert "选其中一种" in lead.post("/queue/plans/preview", data=form | {"per_agent": "2"}).text
    assert client(store, "wang").get("/queue/plans").status_code == 403
    assert client(store, "sun").post(f"/queue/plans/{plan.id}/stop").status_code == 403
    assert lead.post(f"/queue/plans/{plan.id}/stop").status_code == 303
    assert lead.post(f"/queue/plans/{plan.id}/stop").status_code == 404
    assert lead.post("/queue/plans/99999999999999999999/stop").status_code == 404


def test_a_team_leads_plan_is_for_the_own_team(store):
    lead = client(store, "sun")
    assert lead.post("/queue/plans", data={"name": "本组", "percent": "100", "team": "别的组"}).status_code == 303
    plan, number = store.sampling_plans.all()[0]
    assert (plan.rule.team, number) == (TEAM, 2)
    assert lead.post(f"/queue/plans/{plan.id}/stop").status_code == 303


@pytest.mark.parametrize(
    "query",
    [
        "status=evil",
        "page=0",
        "page=99999999999",
        "first=2025-13-01",
        "least=nan",
        "least=-1",
        "most=1e400",
        "reason=x",
        "outcome=met_or_so",
        "plan=0",
        "plan=2147483648",
        "team=" + "组" * 300,
    ],
)
def test_what_is_no_filter_is_refused_in_chinese(store, query):
    answer = client(store, "wang").get(f"/queue?{query}")
    assert answer.status_code == 422
    assert "有误" in answer.text


def test_a_due_dispute_is_shown_first(store):
    with writing_alone(store.engine, "audit") as connection:
        set_due(connection, "C3", RINGING)
    answer = client(store, "wang").get("/queue")
    assert calls_in(answer)[0] == "C3"
    assert "申诉 2025-03-03 止" in answer.text
    with writing_alone(store.engine, "audit") as connection:
        set_due(connection, "C3", None)


def test_what_a_call_is_called_cannot_become_markup(store):
    evil = "<img src=x>/../'\"&?#"
    store.calls.save(result(evil))
    answer = client(store, "wang").get("/queue")
    assert "<img src=x" not in answer.text
    assert '"/calls/%3Cimg%20src%3Dx%3E%2F..%2F%27%22%26%3F%23"' in answer.text


FIELDS = ["status", "team", "agent", "item", "outcome", "first", "last", "least", "most", "reason", "assignee"]
VALUES = st.one_of(
    st.text("组a1'\"<>%&;= \0\ud7ff😊-", max_size=12),
    st.sampled_from(
        ["open", "all", "me", "KF01-8", "not_met", "2025-03-03", "0001-01-01", "9999-12-31", "0", "100"]
    ),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.dates().map(str),
)
QUIET = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@QUIET
@given(st.dictionaries(st.sampled_from([*FIELDS, "plan", "page", "x"]), VALUES, max_size=6), st.booleans())
def test_no_filter_breaks_the_queue(store, asked, partial):
    browser = client(store, "sun")
    answer = browser.get("/queue", params=asked, headers=HTMX if partial else {})
    assert answer.status_code in (200, 422)
    assert "C2" not in calls_in(answer), "the other team's call is never shown"


@QUIET
@given(
    st.sampled_from(
        [
            "/queue/batch",
            "/queue/take",
            "/queue/back",
            "/queue/finish",
            "/queue/filters",
            "/queue/plans",
            "/queue/plans/preview",
        ]
    ),
    st.dictionaries(
        st.sampled_from(
            ["act", "call", "to", "queue", "name", "percent", "per_agent", "below", "term", "detector", "first"]
        ),
        VALUES | st.sampled_from(["take", "assign", "C1", "C2", "li", "status=all", "5"]),
        max_size=6,
    ),
)
def test_no_form_breaks_the_queue(store, path, form):
    answer = client(store, "sun").post(path, data=form, headers=HTMX)
    assert answer.status_code in (200, 303, 403, 404, 409, 422)
    assert store.queue.get("C2").status is Progress.OPEN


@given(
    st.builds(
        QueueFilter,
        team=st.none() | st.text("组&=%+ 1#", min_size=1, max_size=9).filter(str.strip),
        page=st.integers(1, 9),
    )
)
def test_a_filter_is_the_same_read_back(asked):
    assert filter_of(asked.query) == asked.model_copy(update={"page": 1})
    assert filter_of(asked.query_with(page=7)) == asked.model_copy(update={"page": 7})
    assert replace(asked.filters("wang")) == filter_of(asked.query).filters("wang")
