"""An agent reads what was decided, and not by whom, unless the standard says so: on every page of an agent."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows.desk.server import desk_of
from flows.month.ledger import Remark, Statement, raise_flag, say
from flows.month.month import monthly, reopen_month
from flows.settings import Settings
from pipeline.desk.visit import NAMELESS
from pipeline.month.coaching import Act, ActKind, Listening, Proposal
from pipeline.month.ledger import entry_statuses
from pipeline.month.plan import PlanEdit
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind
from pipeline.review.opinions import Opinion, to_answer
from pipeline.review.overlay import machine_answers
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.desks import client
from tests.test_desk_disputes import contest, lost, night, settle  # noqa: F401  the fixture is found by its name

NAMES = re.compile(r"\b(wang|li|sun)\b|王芳|李娜|孙丽|王主管|人事吴")
FORMS = ("/calls/1001-bad/form", "/months/agent/form?month=2025-03&standard=kf01&agent=1001")
MONTH = "month=2025-03&standard=kf01&agent=1001"


@pytest.fixture
def desk(night, tmp_path):  # noqa: F811
    """A call of 1001 that li judged and wang ruled on, in a month that others closed, planned and signed; whatever
    they typed names one of them."""
    (copy := tmp_path / "callqa.db").write_bytes(night.read_bytes())
    url, now, card = f"sqlite:///{copy}", datetime.now(UTC), find_scorecard("kf01")
    with Store.open(url) as store:
        desk = desk_of(store, Settings(companies=("阳光家政",)))
        machine = machine_answers(store.calls.get("1001-bad"), card)
        item = next(id for id, answer in machine.items() if id != lost(store) and answer.outcome.decided)
        judged = to_answer(card, "1001-bad", machine[item], Opinion(Kind.CONFIRM, "li", now, note="王芳听过"))
        store.answers.save(judged, LastAct())
        assert contest(desk).status_code == 303
        assert settle(desk, words="孙丽和li都听了").status_code == 303
        monthly(url, "2025-03", close_by="王主管")
        reopen_month(url, "2025-03", "kf01", "王主管", "王芳改判")
        monthly(url, "2025-03", close_by="王主管", reason="王主管与Wang核对后再关")
        row = next(each for each in store.plans.rows("2025-03", "kf01") if each.agent_id == "1001")
        edit = PlanEdit(
            "2025-03",
            "kf01",
            "1001",
            row.criterion_id,
            0,
            "孙丽认为不熟",
            ("跟李娜学",),
            "孙丽",
            row.due,
            "sun",
            now,
        )
        store.plans.edit(edit, 0)
        raise_flag(Remark("1001", "2025-03", "li", "刷好评，王芳发现"), url, "kf01")
        (flag,) = entry_statuses(store.ledger.entries("kf01"))
        for by in ("li", "人事吴"):
            say(Statement("signed", flag.entry.id, by), url, "kf01")
        listen = (Listening("1001-bad", 12.34, 15.0), Listening("1001/x", None, 15.0))
        task = Proposal("2025-03", "kf01", 1, "1001", "KF01-4", "", "电话礼仪", 15.0, 15.0, listen, 10)
        for own in (task, replace(task, agent_id="1002", title="别人的任务")):
            store.coaching.propose(
                [Act(ActKind.PROPOSED, "李娜", now, "王芳请你听", due=now.date(), proposal=own)], "李娜"
            )
        yield desk


def pages(desk, who: str) -> dict[str, str]:
    """What somebody reads of the call, the dispute and the month: the text between the tags."""
    browser = client(desk, who)
    lost_calls = f"/months/lost?{MONTH}&criterion={lost(desk.store)}"
    paths = (
        "/calls/1001-bad",
        "/coaching",
        "/coaching/1",
        "/disputes",
        "/disputes/1",
        f"/months/agent?{MONTH}",
        lost_calls,
        "/mine",
        *FORMS,
    )
    read = {path: browser.get(path) for path in paths}
    assert {path: page.status_code for path, page in read.items() if page.status_code != 200} == (
        {} if who == "lin" else {"/mine": 403}
    )
    return {path: re.sub(r"<[^>]*>", " ", page.text) for path, page in read.items()}


def test_no_page_of_an_agent_names_who_assessed(desk):
    own = pages(desk, "lin")
    found = {path: NAMES.findall(text) for path, text in own.items() if NAMES.search(text)}
    assert not found
    assert NAMELESS in own["/disputes/1"]
    assert "人工复核认可" in own["/calls/1001-bad"], "what was said stays"
    assert "评定人与评定人核对后再关" in own[f"/months/agent?{MONTH}"], "what was typed stays, without the name"
    assert "评定人认为不熟" in own[f"/months/agent?{MONTH}"]
    assert "刷好评，评定人发现" in own[f"/months/agent?{MONTH}"]
    assert "评定人听过" in own["/calls/1001-bad"]
    assert "评定人和评定人都听了" in own["/disputes/1"]
    assert "评定人请你听" in own["/coaching/1"]
    assert "签字：2 人" in own[f"/months/agent?{MONTH}"]


def test_an_agent_finds_the_own_coaching_tasks_and_opens_the_call_at_that_second(desk):
    page = client(desk, "lin").get("/mine").text
    assert '<a class="button quiet" href="/calls/1001-bad?at=12.3">' in page
    assert 'href="/calls/1001%2Fx"' in page, "a call without a place is opened as it is"
    assert "KF01-4 电话礼仪" in page
    assert NAMELESS in page
    assert "别人的任务" not in page, "each agent the own ones only"
    assert client(desk, "lin").get("/calls/1001-bad?at=12.3").status_code == 200
    desk.store.coaching.add(Act(ActKind.CANCELLED, "李娜", datetime.now(UTC), "已转岗", 1))
    assert "我的辅导任务" not in client(desk, "lin").get("/mine").text


def test_who_assesses_reads_the_names(desk):
    read = pages(desk, "chen")
    assert "王主管与Wang核对后再关" in read[f"/months/agent?{MONTH}"]
    for path in ("/calls/1001-bad", "/disputes/1", "/coaching/1", f"/months/agent?{MONTH}", FORMS[0]):
        assert NAMES.search(read[path]), path


def test_a_standard_may_let_agents_read_the_names(desk):
    card = find_scorecard("kf01").model_copy(update={"names_assessors": True})
    named = replace(desk, card=lambda name, revision=None: card)
    own = pages(named, "lin")
    for path in ("/calls/1001-bad", "/disputes/1", f"/months/agent?{MONTH}", "/mine", FORMS[0]):
        assert NAMES.search(own[path]), path


def test_an_agent_who_comes_too_late_is_not_told_who_was_faster(desk):
    late = client(desk, "lin").post("/disputes/1/answer", data={"seen": 1, "words": "补充"})
    assert late.status_code in (403, 409, 422)
    assert not NAMES.search(re.sub(r"<[^>]*>", " ", late.text))
