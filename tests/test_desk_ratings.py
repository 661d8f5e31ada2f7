"""月度评定 in the desk: who rates whom, what is refused, what is kept and told, and that the month moves."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest

from flows.desk.server import desk_of
from flows.month.month import monthly
from flows.settings import Settings
from pipeline.indicators.roster import Membership
from pipeline.month.ledger import entry_statuses
from pipeline.store import Store
from tests.desks import TEAM, client, people

MONTH = "2025-03"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(sqlite_address, tmp_path):
    """Two teams and no calls: 1001 is in the team that sun leads, 1002 in another."""
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "judged.csv").write_text(
        f"月份,工号,项目,值,评定人,说明\n{MONTH},1001,KF01-6,不符合,孙丽,\n", encoding="utf-8"
    )
    with Store.open(sqlite_address) as store:
        people(store)
        first = date(2025, 1, 1)
        rows = [Membership("1001", "林晓雯", TEAM, first, None), Membership("1002", "赵强", "二组", first, None)]
        store.roster.save(rows, "admin")
        yield desk_of(store, Settings(playback=tmp_path), feeds)


def there(path="/ratings/agent", **asked):
    return f"{path}?{urlencode({'month': MONTH, 'standard': 'kf01'} | asked)}"


def form(item="KF01-5", value="基本符合", seen=0, **more):
    return {
        "month": MONTH, "standard": "kf01", "agent": "1001", "item": item, "value": value, "seen": seen, **more,
    }  # fmt: skip


def test_each_post_rates_whom_it_sees(desk):
    assert "1002" not in client(desk, "sun").get(there("/ratings")).text, "a team lead the own team"
    everybody = client(desk, "wang").get(there("/ratings")).text
    assert "1001" in everybody
    assert "1002" in everybody
    for who in "lin", "zhou", "admin":
        assert client(desk, who).get(there("/ratings")).status_code == 403
        assert client(desk, who).post("/ratings/agent", data=form()).status_code == 403
    assert client(desk, "sun").post("/ratings/agent", data=form(agent="1002")).status_code == 403
    assert client(desk, "sun").get(there(agent="1002")).status_code == 403
    assert desk.store.audit.newest(by="sun")[0].note.action == "refused"
    assert client(desk, "wang").get(there(agent="9999")).status_code == 404
    assert desk.store.ratings.all() == ()


def test_a_value_is_saved_shown_with_its_history_and_moves_the_month(desk):
    lead = client(desk, "sun")
    page = lead.get(there(agent="1001")).text
    assert page.index("耐心倾听") < page.index("其他项目"), "what only people answer comes first"
    saved = lead.post("/ratings/agent", data=form(), headers=HTMX)
    assert (saved.status_code, "已保存" in saved.text, "孙丽" in saved.text) == (200, True, True)
    (first,) = desk.store.ratings.all()
    unexplained = lead.post("/ratings/agent", data=form(value="符合", seen=first.id))
    assert (unexplained.status_code, "须写明原因" in unexplained.text) == (422, True)
    stale = client(desk, "chen").post("/ratings/agent", data=form(value="符合", reason="复听"))
    assert (stale.status_code, "您的评定没有保存" in stale.text) == (422, True)
    changed = client(desk, "chen").post(
        "/ratings/agent", data=form(value="符合", seen=first.id, reason="复听两通录音"), headers=HTMX
    )
    assert "记录 2 次" in changed.text
    assert "复听两通录音" in changed.text
    address = desk.store.engine.url.render_as_string(hide_password=False)
    (row,) = [row for row in monthly(address, MONTH).months if row.agent_id == "1001"]
    listening = next(item for item in row.criteria if item.criterion_id == "KF01-5")
    assert (listening.tally.awarded, listening.sentence) == (
        10.0,
        "人工评定（复核台录入），聆听技巧：符合，得 10 分",
    )
    assert client(desk, "chen").get(there("/months")).status_code == 200


def test_what_the_standard_does_not_know_is_refused_and_nothing_is_kept(desk):
    browser = client(desk, "chen")
    for wrong, told in (
        (form(value="优秀"), "应填符合、基本符合、一般符合、不符合或不适用"),
        (form(item="KF09-1"), "没有可以评定的项目"),
        (form(value=""), "没有填写"),
        (form(standard="nowhere"), "没有评分表"),
    ):
        answer = browser.post("/ratings/agent", data=wrong)
        assert answer.status_code in (404, 422)
        assert told in answer.text
    assert desk.store.ratings.all() == ()


def test_a_file_that_says_otherwise_is_shown_beside_the_rating(desk):
    browser = client(desk, "chen")
    assert "外部表：不符合" in browser.get(there(agent="1001")).text
    browser.post("/ratings/agent", data=form(item="KF01-6", value="符合"))
    assert "外部表为“不符合”，以这里的评定为准" in browser.get(there(agent="1001")).text


def test_a_closed_month_refuses_and_says_so(desk):
    browser = client(desk, "chen")
    browser.post("/ratings/agent", data=form())
    address = desk.store.engine.url.render_as_string(hide_password=False)
    monthly(address, MONTH, close_by="陈主管")
    refused = browser.post("/ratings/agent", data=form(item="KF01-6"))
    assert (refused.status_code, "关账，不能再评定" in refused.text) == (422, True)
    page = browser.get(there(agent="1001")).text
    assert "已关账" in page
    assert 'name="value"' not in page


def test_dishonesty_is_raised_before_the_month_is_closed_and_waits_for_two(desk):
    lead = client(desk, "sun")
    lead.post("/ratings/agent", data=form())
    word = {"month": MONTH, "standard": "kf01", "agent": "1001", "note": "让客户改评价，录音 D04"}
    assert client(desk, "lin").post("/ratings/flag", data=word).status_code == 403
    assert lead.post("/ratings/flag", data=word | {"note": " "}).status_code == 422
    told = lead.post("/ratings/flag", data=word, headers=HTMX)
    assert "须两人签字后生效" in told.text
    (flag,) = entry_statuses(desk.store.ledger.entries("kf01"))
    assert (flag.entry.kind, flag.entry.month, flag.state) == ("flag", MONTH, "open")
    assert "让客户改评价" in client(desk, "wang").get(there(agent="1001")).text
