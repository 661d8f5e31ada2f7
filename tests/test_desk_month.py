"""The page of the month: ranking, an agent's own month, lost points, signatures, plans, workbook."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from flows.desk.server import desk_of
from flows.month.ledger import Remark, raise_flag
from flows.month.month import monthly
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import Settings, load_settings
from pipeline.call import Call
from pipeline.desk.pages.month import ranked
from pipeline.desk.trend import trend_of
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.ledger import entry_statuses
from pipeline.store import Store
from tests.builders import CALL, EARS, RINGING, hearing
from tests.desks import client, people
from tests.test_desk_fuzz import ROUTES, Scripts, filled
from tests.test_month import BAD, GOOD, STANDARD
from tests.test_store_months import a_month

MONTH = "2025-03"
EVIL = '=HYPERLINK("http://x")<script>alert(1)</script>'
HTMX = {"HX-Request": "true"}


def call(number: int, agent: str, months_later: int = 0) -> Call:
    at = RINGING.replace(month=RINGING.month + months_later) + timedelta(minutes=number)
    times = {"ring_at": at, "answered_at": at + timedelta(seconds=8), "ended_at": at + timedelta(seconds=68)}
    name = EVIL if agent == "1002" else CALL.agent_name
    return replace(CALL, id=f"{agent}-{months_later}-{number}", agent_id=agent, agent_name=name, **times)


def add(store, agent, lines, number, later=0):
    heard = hearing(*lines, call=call(number, agent, later))
    heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{later}{number}"))
    store.calls.save(result_of(heard, policy_of("kf01", load_settings()), EARS))


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Two months of calls, closed by a standard of the deployment's own: 1001 is polite, 1002 is not."""
    folder = tmp_path_factory.mktemp("month")
    (folder / "rules" / "standards").mkdir(parents=True)
    card = STANDARD.split("  - id: 解决")[0] + "grades:" + STANDARD.split("grades:")[1]
    path = folder / "rules" / "standards" / "hotline.yaml"
    path.write_text(card.replace("points: 60", "points: 100"), encoding="utf-8")
    address = f"sqlite:///{folder}/callqa.db"
    with Store.open(address) as store:
        people(store)
        for later in range(2):
            for agent, lines in (("1001", GOOD), ("1002", BAD)):
                for number in range(25 if agent == "1002" and not later else 2):
                    add(store, agent, lines, number, later)
    for month in (MONTH, "2025-04"):
        monthly(address, month, standard=str(path), close_by="王主管")
    return address


@pytest.fixture
def desk(url, tmp_path):
    """A desk over a store of its own."""
    kept = tmp_path / "callqa.db"
    source = url.removeprefix("sqlite:///")
    with Store.open(url) as opened, opened.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept.write_bytes(Path(source).read_bytes())
    with Store.open(f"sqlite:///{kept}") as store:
        yield desk_of(store, Settings(rules=source.removesuffix("callqa.db") + "rules"))


def page(path="", **asked):
    return f"/months{path}?{urlencode({'month': MONTH, 'standard': 'hotline'} | asked)}"


def test_the_ranking_is_that_of_the_month_that_stands(desk):
    answer = client(desk, "wang").get("/months")
    assert answer.status_code == 200
    assert "2025年4月 月度考核" in answer.text, "the newest one"
    answer = client(desk, "wang").get(page())
    assert "第1次关账" in answer.text
    assert answer.text.index(">1001<") < answer.text.index(">1002<")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
    desk.store.months.reopen(MONTH, "hotline", "王主管", "更正")
    assert client(desk, "wang").get(page()).status_code == 404, "what was reopened stands no longer"


def test_equal_scores_share_a_rank():
    rows = [
        a_month("1", awarded=50.001),
        a_month("2", awarded=90),
        a_month("3", awarded=50.0),
        a_month("4", criteria=()),
    ]
    assert [(rank, row.agent_id) for rank, row in ranked(rows)] == [(1, "2"), (2, "1"), (2, "3"), (None, "4")]


def test_an_agent_sees_the_own_month_and_nobody_elses_name(desk):
    browser = client(desk, "lin")
    there = browser.get(page())
    assert (there.status_code, "/months/agent" in there.headers["location"]) == (303, True)
    own = browser.get(there.headers["location"])
    assert own.status_code == 200
    assert "共 2 人有得分" in own.text
    assert "1002" not in own.text.replace("2025", "")
    before = len(list(desk.store.audit.lines()))
    for path in page("/agent", agent="1002"), page("/lost", agent="1002", criterion="礼貌"), page("/workbook"):
        assert browser.get(path).status_code == 403, path
    assert browser.get(page("/agent", agent="9999")).status_code == 403, "nor is it told who is there"
    refused = list(desk.store.audit.lines())[before:]
    assert [line.note.action for line in refused] == ["refused"] * 4
    assert browser.post("/months/plan", data={}).status_code in (403, 422)


def test_who_may_not_see_months_is_turned_away(desk):
    assert client(desk, "zhou").get("/months").status_code == 403
    assert client(desk, "admin").get(page()).status_code == 403


def test_lost_points_lead_to_the_calls_behind_them_page_by_page(desk):
    agent = client(desk, "wang").get(page("/agent", agent="1002"))
    assert "失分通话" in agent.text
    assert "<polyline" not in agent.text, "one month is no trend"
    later = client(desk, "wang").get(page("/agent", agent="1002", month="2025-04"))
    assert "<polyline" in later.text
    assert "style=" not in later.text
    lost = client(desk, "wang").get(page("/lost", agent="1002", criterion="礼貌"))
    assert "没有失分的通话" in lost.text, "the stored judgements are those of kf01"
    assert client(desk, "wang").get(page("/lost", agent="1002", criterion="无")).status_code == 404


def test_calls_that_lost_are_the_last_judgements_by_that_standard(desk):
    card = desk.months.standard("kf01")
    found = [
        (criterion.id, calls)
        for criterion in card.chosen
        if (calls := desk.store.evaluations.losses(MONTH, ("kf01", card.revision), "1002", criterion.id, 0, 21))
    ]
    assert found
    _, first = found[0]
    assert len(first) == 21
    second = desk.store.evaluations.losses(MONTH, ("kf01", card.revision), "1002", found[0][0], 20, 21)
    assert [call.call_id for call in first[20:]] == [call.call_id for call in second[:1]]
    assert len(second) == 5
    assert all(call.tally.awarded < call.tally.possible and call.started_at for call in first)
    assert any(call.at is not None for _, calls in found for call in calls), "somewhere there is something to hear"
    assert desk.store.evaluations.losses(MONTH, ("kf01", 99), "1002", found[0][0], 0, 21) == ()


def test_a_consequence_is_signed_from_the_page_by_the_right_post(desk):
    lines = [d for d in entry_statuses(desk.store.ledger.entries("hotline")) if d.entry.month == MONTH]
    entry = lines[0].entry
    form = {"month": MONTH, "standard": "hotline", "word": "signed", "last": entry.id}
    for who in "wang", "sun", "lin", "zhou", "admin":
        assert client(desk, who).post(f"/months/ledger/{entry.id}", data=form).status_code == 403
    lead = client(desk, "chen")
    assert f"/months/ledger/{entry.id}" in lead.get(page()).text
    refused = lead.post(f"/months/ledger/{entry.id}", data=form | {"word": "rejected"})
    assert (refused.status_code, "写明原因" in refused.text) == (422, True)
    told = lead.post(f"/months/ledger/{entry.id}", data=form, headers=HTMX)
    assert (told.status_code, "已生效" in told.text) == (200, True)
    stale = lead.post(f"/months/ledger/{entry.id}", data=form | {"word": "withdrawn", "note": "错"})
    assert (stale.status_code, "刚刚有人处理过" in stale.text) == (422, True)
    note = list(desk.store.audit.lines())[-1].note
    assert (note.by, note.action, note.about) == ("chen", "ledger_signed", f"hotline {MONTH} {entry.agent_id}")
    assert lead.post("/months/ledger/99999", data=form).status_code == 404


def test_a_flag_needs_two_different_people(desk, url):
    address = desk.store.engine.url.render_as_string(hide_password=False)
    raise_flag(Remark("1001", MONTH, "li", "刷好评"), address, desk.months.standard("hotline").path)
    flag = next(d.entry for d in entry_statuses(desk.store.ledger.entries("hotline")) if d.entry.kind == "flag")
    lead = client(desk, "chen")
    form = {"month": MONTH, "standard": "hotline", "word": "signed"}
    said = lead.post(f"/months/ledger/{flag.id}", data=form | {"last": flag.id}, headers=HTMX)
    assert "还须 1 人签字" in said.text
    last = desk.store.ledger.entries("hotline")[-1].id
    lead.post(f"/months/ledger/{flag.id}", data=form | {"last": last})
    state = {d.entry.id: d.state for d in entry_statuses(desk.store.ledger.entries("hotline"))}
    assert state[flag.id] == "open", "the same person twice is one person"


def test_a_plan_is_edited_and_the_workbook_has_it(desk):
    rows = desk.store.plans.of_agent(MONTH, "hotline", "1002")
    assert rows
    row = rows[0].row
    form = {
        "month": MONTH, "standard": "hotline", "agent": "1002", "criterion": row.criterion_id,
        "number": 0, "seen": 0, "cause": EVIL, "actions": "听录音\n\n演练", "owner": "王班长", "due": "2025-04-20",
    }  # fmt: skip
    assert client(desk, "wang").post("/months/plan", data=form).status_code == 403
    lead = client(desk, "chen")
    wrong = lead.post("/months/plan", data=form | {"due": "明天"})
    assert (wrong.status_code, "不是日期" in wrong.text) == (422, True)
    assert lead.post("/months/plan", data=form | {"agent": "9999"}).status_code == 404
    saved = lead.post("/months/plan", data=form, headers=HTMX)
    assert (saved.status_code, "&lt;script&gt;" in saved.text, "<script" in saved.text) == (200, True, False)
    second = lead.post("/months/plan", data=form)
    assert (second.status_code, "chen 刚刚改过这一行" in second.text) == (422, True)
    sheet = workbook(client(desk, "chen"))["改进计划"]
    cells = [cell for line in sheet.iter_rows() for cell in line]
    cause = next(cell for cell in cells if cell.value == EVIL)
    assert cause.data_type == "s", "text that looks like a formula stays text"
    assert any(cell.value == "1. 听录音\n2. 演练" for cell in cells)


def workbook(browser):
    answer = browser.get(page("/workbook"))
    assert answer.status_code == 200, answer.text
    assert "filename*=UTF-8''2025-03-hotline.xlsx" in answer.headers["content-disposition"]
    return load_workbook(BytesIO(answer.content))


def test_the_workbook_of_a_closed_month_is_what_was_closed(desk):
    before = desk.store.months.history(MONTH)
    first = [[cell.value for cell in line] for line in workbook(client(desk, "chen"))["坐席汇总"].iter_rows()]
    assert desk.store.months.history(MONTH) == before, "no trial was made"
    add(desk.store, "1001", BAD, 7)
    add(desk.store, "1002", BAD, 31)
    changed = workbook(client(desk, "chen"))
    again = [[cell.value for cell in line] for line in changed["坐席汇总"].iter_rows()]
    agents = slice(4, 6)
    assert again[agents] == first[agents], "an added call changes nothing that was closed"
    assert any("成绩以关账为准" in str(c.value) for s in changed for line in s.iter_rows() for c in line)
    assert desk.store.months.history(MONTH) == before
    assert desk.store.months.closing(MONTH, "hotline").state is ClosingState.CLOSED
    assert list(desk.store.audit.lines())[-1].note.action == "export"


def test_a_month_whose_standard_is_another_one_now_is_written_by_its_own(desk):
    path = Path(desk.months.standard("hotline").path)
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text + "# 改过\n", encoding="utf-8")
        answer = client(desk, "chen").get(page("/workbook"))
    finally:
        path.write_text(text, encoding="utf-8")
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")


@pytest.mark.parametrize(
    "path",
    [
        "/months?month=2025-13", "/months?month=%00", "/months?month=2099-01", "/months?standard=%00%ff",
        "/months/agent",
        "/months/lost?month=2025-03&standard=hotline&agent=1002&criterion=%00&page=0",
        "/months/lost?month=2025-03&standard=hotline&agent=1002&criterion=x&page=999999999999999999999",
        "/months/workbook?month=2025-03&standard=../../etc/passwd",
    ],
)  # fmt: skip
def test_hostile_queries_are_refused_in_chinese(desk, path):
    answer = client(desk, "chen").get(path)
    assert answer.status_code in (404, 422)
    assert "没有" in answer.text or "填写有误" in answer.text


def test_a_trend_joins_only_months_that_follow_each_other():
    months = [
        a_month(month=month, awarded=score) for month, score in (("2025-01", 90), ("2025-02", 80), ("2025-04", 70))
    ]
    trend = trend_of(months)
    assert len(trend.lines) == 1
    assert trend.lines[0].count(",") == 2
    assert [name for name, _ in trend.names] == ["25-01", "25-02", "25-03", "25-04"]
    assert trend.marks[0].y < trend.marks[1].y < trend.marks[2].y
    assert trend_of(months[:1]) is None


OWN = [route for route in ROUTES if route.path.startswith(("/months", "/rules"))]
GIVEN = {"month": MONTH, "standard": "hotline", "agent": "1002", "criterion": "礼貌"} | {
    "kind": "lexicon",
    "name": "required",
}


@pytest.mark.parametrize("route", OWN, ids=str)
def test_no_input_makes_these_pages_fail(desk, route):
    browsers = {who: client(desk, who) for who in ("lin", "sun", "chen", "zhou")}

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data):
        path, query, form = filled(route, data.draw)
        sound = {name: GIVEN[name] for name in (*route.query, *route.form) if name in GIVEN}
        if data.draw(st.booleans()):
            query |= {
                name: value for name, value in sound.items() if name in route.query and data.draw(st.booleans())
            }
            form |= {
                name: value for name, value in sound.items() if name in route.form and data.draw(st.booleans())
            }
        who = data.draw(st.sampled_from(sorted(browsers)))
        answer = browsers[who].request(route.method, path, params=query, data=form or None)
        assert answer.status_code < 500, (who, path, query, form)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not Scripts.of(answer.text)

    ask()


# --- a grade in doubt


@pytest.fixture
def doubtful(desk):
    """1001 has 89 points in May, between 85 and 92: the line of 优秀 lies in between, and nobody is graded."""
    row = a_month("1001", "2025-05", "hotline", awarded=89, low=85.0, high=92.0, undecided="区间跨过等级线")
    card = desk.months.standard("hotline")
    at = datetime(2025, 6, 2, tzinfo=UTC)
    desk.store.scorecards.keep(card)
    desk.store.months.close(Closing("2025-05", "hotline", 1, card.digest, "王主管", "", at), [row])
    return desk


def look(desk, who="chen", **more):
    form = {"month": "2025-05", "standard": "hotline", "agent": "1001", "grade": "优秀", "note": "听了三通"}
    return client(desk, who).post("/months/look", data=form | more)


def test_a_person_gives_the_grade_of_a_result_in_doubt(doubtful):
    here = page("/agent", month="2025-05", agent="1001")
    offered = client(doubtful, "chen").get(here).text
    assert 'action="/months/look"' in offered
    assert "<option>优秀</option>" in offered
    assert 'action="/months/look"' not in client(doubtful, "wang").get(here).text, "who may not sign is not asked"
    done = look(doubtful)
    assert (done.status_code, done.headers["location"].endswith("#ledger")) == (303, True)
    (entry,) = [each for each in doubtful.store.ledger.entries("hotline") if each.kind == "looked"]
    assert (entry.agent_id, entry.month, entry.note, entry.title, entry.by) == (
        "1001",
        "2025-05",
        "优秀",
        "听了三通",
        "chen",
    )
    assert [each.note.action for each in doubtful.store.audit.newest(action="ledger_looked")] == ["ledger_looked"]


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"note": "  "}, 422, "人工定级须写明依据"),
        ({"grade": "不合格"}, 422, "得分区间不含 不合格，只能在 优秀"),
        ({"grade": "极好"}, 422, "没有等级 极好；可选：优秀"),
        ({"agent": "1009"}, 404, "没有 1009 在 2025-05"),
        ({"month": MONTH}, 422, "已有等级"),
    ],
)
def test_a_grade_that_cannot_be_given_is_refused_in_chinese(doubtful, more, status, said):
    answer = look(doubtful, **more)
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert not [each for each in doubtful.store.ledger.entries("hotline") if each.kind == "looked"]


def test_only_who_signs_gives_a_grade(doubtful):
    for who in ("lin", "sun", "wang", "zhou", "admin"):
        assert look(doubtful, who).status_code == 403, who
