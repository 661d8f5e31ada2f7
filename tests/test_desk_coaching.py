"""Coaching at the desk: made from a failed item, given, put off, carried out, rechecked; read by its agent."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from shutil import copy

import pytest

from flows.desk.server import desk_of
from flows.month.month import monthly
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.desk.forest import Figure, forest_of
from pipeline.desk.visit import NAMELESS
from pipeline.indicators.roster import Membership
from pipeline.month.coaching import ActKind
from pipeline.store import Store
from tests.builders import EARS, hearing
from tests.desks import TEAM, client, people
from tests.test_coaching import KIND_BAD
from tests.test_month import GOOD, MONTH, STANDARD, call

AT = datetime(2025, 4, 1, 2, tzinfo=UTC)  # 10:00 in Shanghai, before the calls of April
CALL = "1002-0-2"
ITEM = f"month={MONTH}&standard=hotline&agent=1002&item=礼貌"


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """1002: of twenty calls in March two are polite, of ten in April nine; 1001 is polite."""
    folder = tmp_path_factory.mktemp("coached")
    (folder / "rules" / "standards").mkdir(parents=True)
    (folder / "rules" / "standards" / "hotline.yaml").write_text(STANDARD, encoding="utf-8")
    path, rules = folder / "callqa.db", policy_of("kf01", load_settings())
    polite = [("1002", 0, n, n < 2) for n in range(20)] + [("1002", 1, n, n > 0) for n in range(10)]
    with Store.open(f"sqlite:///{path}") as store:
        people(store)
        day = AT.date() - timedelta(days=90)
        rows = [Membership("1001", "林晓雯", TEAM, day, None), Membership("1002", "赵强", "热线二组", day, None)]
        store.roster.save(rows, "test")
        for agent, later, number, good in [*polite, ("1001", 0, 0, True)]:
            heard = hearing(*(GOOD if good else KIND_BAD), call=call(number, agent, later))
            heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{later}{number}"))
            store.calls.save(result_of(heard, rules, EARS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQA_RULES", str(folder / "rules"))
        monthly(f"sqlite:///{path}", MONTH, standard="hotline")
    return folder


@pytest.fixture
def desk(judged, tmp_path, monkeypatch):
    """The desk at ten in the morning of the first of April; every act is a moment later than the one before."""
    monkeypatch.setenv("CALLQA_RULES", str(judged / "rules"))
    url = f"sqlite:///{copy(judged / 'callqa.db', tmp_path / 'callqa.db')}"
    with Store.open(url) as store:
        yield replace(desk_of(store, load_settings()), now=lambda: AT)


def make(desk, who="wang", **more):
    form = {"month": MONTH, "standard": "hotline", "agent": "1002", "item": "礼貌", "due": "2025-04-15"}
    return client(desk, who).post("/coaching", data=form | more)


def act(desk, kind, who="wang", last=None, **more):
    (task,) = desk.store.coaching.tasks("1002")
    return client(desk, who).post(
        f"/coaching/{task.id}", data={"kind": kind, "last": last or task.acts[-1].id} | more
    )


def task_of(desk):
    (task,) = desk.store.coaching.tasks("1002")
    return task


def read(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


# --- made from a failed item


def test_the_month_and_the_call_lead_to_a_task_of_their_item(desk):
    month = client(desk, "wang").get(f"/months/agent?month={MONTH}&standard=hotline&agent=1002").text
    assert "提任务</a>" in month
    form = client(desk, "wang").get(f"/coaching/new?{ITEM}").text
    assert "此项失 <strong>54</strong> 分，满分 60 分" in form, "eighteen of twenty calls lost all: 60 · 18 / 20"
    assert 'href="/calls/1002-0-10?at=' in form
    assert 'value="2025-04-15"' in form, "fourteen days from the first of April"
    first = client(desk, "wang").get(f"/coaching/new?{ITEM}&call={CALL}").text
    assert first.index(CALL) < first.index("1002-0-10"), "the call from which one came is the first to hear"


def test_the_call_page_offers_it_beside_what_lost_points(desk):
    page = client(desk, "wang").get(f"/calls/{CALL}").text
    assert f"agent=1002&amp;item=KF01-4&amp;call={CALL}" in page
    assert "提辅导任务" not in client(desk, "zhao").get(f"/calls/{CALL}").text
    assert "提辅导任务" not in client(desk, "zhou").get(f"/calls/{CALL}").text


def test_a_task_is_made_and_given_at_once(desk):
    made = make(desk, coach="li", note="多听开头", call=CALL)
    assert (made.status_code, made.headers["location"]) == (303, "/coaching/1")
    task = task_of(desk)
    assert (task.coach, str(task.due), task.proposal.calls[0].call_id) == ("li", "2025-04-15", CALL)
    assert [act.kind for act in task.acts] == [ActKind.PROPOSED, ActKind.ASSIGNED]
    notes = [line.note for line in desk.store.audit.lines() if line.note.action.startswith("coaching")]
    assert [(note.by, note.action) for note in notes] == [
        ("wang", "coaching_proposed"),
        ("wang", "coaching_assigned"),
    ]
    assert notes[1].new == {"task": 1, "due": None, "coach": "li"}
    assert "李娜" in read(client(desk, "wang").get("/coaching"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"due": "2025-03-31"}, "期限不能早于今天"),
        ({"item": "解决"}, "没有通话在 解决 这一项失分"),
        ({"item": "别的"}, "没有通话在 别的 这一项失分"),
        ({"agent": "1001"}, "1001 在 2025-03 没有通话在 礼貌 这一项失分"),
        ({"agent": "7777"}, "没有坐席 7777"),
        ({"standard": "x"}, "找不到评分表 x"),
        ({"coach": "zhao"}, "请选择由谁辅导"),
        ({"coach": "sun"}, "请选择由谁辅导"),  # leads another team
        ({"note": "长" * 501}, "说明最多 500 字"),
        ({"call": "nowhere"}, "没有通话 nowhere"),
    ],
)
def test_what_cannot_be_a_task_is_refused_in_a_sentence(desk, more, said):
    answer = make(desk, **more)
    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert desk.store.coaching.tasks() == ()


def test_nothing_is_proposed_twice(desk):
    make(desk)
    again = make(desk)
    assert again.status_code == 409
    assert "这一项已有没完成的辅导任务" in again.text
    assert "任务 1</a>" in client(desk, "wang").get(f"/coaching/new?{ITEM}").text


# --- carried out


def test_a_task_is_taken_put_off_carried_out_rechecked_and_closed(desk):
    make(desk)
    assert task_of(desk).state is ActKind.PROPOSED
    assert "还没有人接手" in act(desk, "closed", note="x").text
    assert act(desk, "taken").status_code == 303
    assert "新的期限，不能早于今天" in act(desk, "due", due="2025-03-01", note="x").text
    assert "新的期限" in act(desk, "due", note="x").text
    assert "须写明说明" in act(desk, "due", due="2025-04-20", note=" ").text
    assert act(desk, "due", due="2025-04-20", note="请假").status_code == 303
    assert act(desk, "done", note="一起听了三通").status_code == 303
    assert "等待复查" in act(desk, "done").text
    page = read(client(desk, "wang").get("/coaching/1"))
    assert "有好转" in page
    assert "同类通话相比 10.0% 20 90.0% 10 +80.0 个百分点 +50.4 至 +90.2" in page
    assert "不能证明是辅导的作用" in page
    assert "已辅导，待复查" in read(client(desk, "wang").get("/coaching?show=done"))
    assert act(desk, "closed", note="复查：有好转").status_code == 303
    assert not task_of(desk).open
    assert "没有符合条件的辅导任务" in client(desk, "wang").get("/coaching").text
    actions = [line.note.action for line in desk.store.audit.lines() if line.note.action.startswith("coaching")]
    assert actions == [f"coaching_{kind}" for kind in ("proposed", "taken", "due", "done", "closed")]


def test_who_comes_second_is_told_and_nothing_is_written(desk):
    make(desk)
    assert act(desk, "taken", who="wang").status_code == 303
    late = act(desk, "assigned", who="chen", last=1, coach="li")
    assert late.status_code == 422
    assert "刚刚有人改过" in late.text
    assert task_of(desk).coach == "wang"
    assert act(desk, "assigned", who="chen", coach="li").status_code == 303
    assert task_of(desk).coach == "li"
    assert task_of(desk).taken.by == "wang", "the recheck begins where somebody first had it"


def test_an_overdue_task_is_found_and_a_coached_one_is_not_overdue(desk):
    make(desk, coach="wang")
    late = replace(desk, now=lambda: AT + timedelta(days=20))
    assert "1002" in read(client(late, "wang").get("/coaching?show=overdue&agent=1002"))
    act(desk, "done")
    assert "没有符合条件" in client(late, "wang").get("/coaching?show=overdue&agent=1002").text


# --- who sees what


def test_an_agent_reads_the_own_task_nameless_and_acknowledges_it_once(desk):
    make(desk, coach="wang", note="王芳请你听开头")
    own = client(desk, "zhao")
    page = own.get("/coaching/1")
    assert f'href="/calls/{task_of(desk).proposal.calls[0].call_id}?at=' in page.text
    assert NAMELESS in page.text
    assert "处理" not in read(page)
    assert own.post("/coaching/1/seen", data={"last": 2, "note": "客户说他叫张三"}).status_code == 303
    assert task_of(desk).seen.by == "zhao"
    assert "坐席已阅" in read(client(desk, "wang").get("/coaching/1"))
    assert "客户说他叫张三" in client(desk, "wang").get("/coaching/1").text
    assert "客户说他叫张三" not in str([line.note for line in desk.store.audit.lines()])
    assert "已经确认过" in own.post("/coaching/1/seen", data={"last": 3}).text
    assert task_of(desk).state is ActKind.TAKEN


def test_others_neither_read_nor_acknowledge_nor_act(desk):
    make(desk)
    for who in ("lin", "sun"):  # another agent, the lead of another team
        assert client(desk, who).get("/coaching/1").status_code == 403
        assert "1002" not in read(client(desk, who).get("/coaching"))
    assert make(desk, "sun").status_code == 403
    assert act(desk, "taken", who="zhao").status_code == 403, "an agent may not take a task on"
    assert client(desk, "wang").post("/coaching/1/seen", data={"last": 1}).status_code == 403
    assert client(desk, "wang").get("/coaching/99").status_code == 404
    assert len(task_of(desk).acts) == 1
    refused = [(line.note.by, line.note.about) for line in desk.store.audit.newest(action="refused")]
    assert ("wang", "1") in refused


def test_a_call_that_one_scores_blind_is_not_told_by_a_task(desk):
    make(desk)
    blind = task_of(desk).proposal.calls[0].call_id
    with pytest.MonkeyPatch.context() as patch:
        kind = type(desk.store.calibrations)
        patch.setattr(kind, "blind_calls", lambda *_: frozenset({blind}))
        assert blind not in client(desk, "li").get("/coaching/1").text
        assert f">听 {blind} <" not in client(desk, "li").get("/coaching").text


# --- the picture


def test_the_axis_holds_naught_and_every_interval():
    """From -9 to 31 by steps of 10: -10 at 230 and 40 at 700, so that 0 is a fifth of the way."""
    drawn = forest_of(
        [Figure("a", 10.0, -9.0, 31.0), Figure("很长很长很长很长很长很长很长很长", 0.0, 0.0, 0.0, True)]
    )
    assert [name for name, _ in drawn.ticks] == ["-10", "0", "10", "20", "30", "40"]
    assert drawn.zero == 230 + 470 / 5
    assert drawn.rows[0].x == 230 + 470 * 2 / 5
    assert drawn.rows[1].name == "很长很长很长很长很长很长很长…"
    assert forest_of([]) is None
    assert forest_of([Figure("a", 0.0, 0.0, 0.0)]).zero is None, "naught is the end of the axis"
