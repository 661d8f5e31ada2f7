"""The judge by the wire: what is sent, what is believed, and that nothing of it stops a night."""

import ast
import json
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.server import desk_of
from flows.learning.classifiers import promote
from flows.learning.gate import check_gate
from flows.learning.judges import compare_judges
from flows.night import night as nights
from flows.night.identity import KnownNight
from flows.night.judgement import result_of
from flows.night.judging import check_judge, judge_night, register
from flows.night.rescore import rescore_calls
from flows.policy.claims import lines_of
from flows.policy.policy import policy_of
from flows.settings import Settings, load_settings
from models.judge.budget import Budget
from models.judge.client import Chat, UnansweredError
from models.judge.endpoint import Endpoint, endpoint_of
from models.judge.judge import Dialogue, ask
from models.judge.masking import masked
from models.judge.question import questions_of, read_judge_card
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Outcome, evaluate
from pipeline.hearing.dialogue import hearing_of
from pipeline.notices import NoticeKind
from pipeline.review.answers import Kind, PersonAnswer
from pipeline.review.overlay import overlay
from pipeline.scorecard import find_scorecard
from pipeline.scorecard.rules import JudgedItem
from pipeline.store import Store
from pipeline.validation.learning.opinions import Judged, Opinion, Problem, StagedJudge, key_of, opinion_findings
from pipeline.validation.learning.registry import Stage
from tests.builders import EARS, changed
from tests.chats import Given, said, serving, spoken
from tests.desks import client, people

ROOT = Path(__file__).parent.parent
SAID = (
    "坐席：您好，阳光家政，幺零零幺号林晓雯为您服务",
    "客户：我叫陈建国，我家厨房漏水了，电话幺三八零零幺三二二零幺，住阳光小区三栋二零一",
    "坐席：您是说厨房漏水，对吗，我请师傅下午三点上门",
    "客户：好的谢谢",
    "坐席：谢谢您的来电，再见",
)
CARD = find_scorecard("kf01")
QUESTION = next(each for each in questions_of(CARD) if each.item_id == "KF01-7-1")
RESTATED = said("met", (3, "您是说厨房漏水 对吗"))


def call_of(call_id="C1", lines=SAID):
    heard = hearing_of(lines, call_id)
    at = datetime(2025, 3, 5, 2, tzinfo=UTC)
    call = replace(heard.call, agent_id="1001", agent_name="林晓雯", source="cdr.csv:2", ring_at=at, answered_at=at)
    return replace(heard, call=call)


def asked(answer, *, timeout=2.0, budget=None, **endpoint):
    """The opinion on one item by a server that answers so, and the server; waits are not waited for."""
    waits = []
    with serving(answer) as server:
        where = endpoint_of(server.url, "qwen3", timeout=timeout, **endpoint)
        with Chat(where, budget or Budget(100, 10**6, 60), waits.append) as chat:
            try:
                given = ask(chat, QUESTION, Dialogue.of(call_of()), "v1", shown=True)
            except UnansweredError as error:
                given = error
    server.waits = waits
    return given, server


# --- what is believed


def test_a_verified_answer_is_an_opinion_with_its_place():
    opinion, server = asked(RESTATED)
    assert (opinion.judged, opinion.problem, opinion.tokens) == (Judged.MET, None, 100)
    assert opinion.quoted == ((2, 0, 10),)
    sent = json.loads(server.bodies[0])
    assert server.paths == ["/v1/chat/completions"]
    assert (sent["model"], sent["temperature"], sent["stream"]) == ("qwen3", 0, False)
    assert sent["response_format"]["json_schema"]["schema"]["properties"]["verdict"]["enum"] == [
        "met",
        "partly",
        "not_met",
        "cannot_tell",
    ]
    assert CARD.criterion("KF01-7").standard in sent["messages"][1]["content"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (said("met", (6, "您是说厨房漏水")), Problem.TURN),
        (said("met", (0, "您好")), Problem.TURN),
        (said("met", (4, "您是说厨房漏水")), Problem.QUOTE),
        (said("not_met", (3, "我不知道你自己看着办")), Problem.QUOTE),
        (said("met", (3, "您是说厨房漏水"), (5, "非常抱歉给您添麻烦")), Problem.QUOTE),
        (said("met", (3, "，")), Problem.QUOTE),
        (said("partly"), Problem.BARE),
        (spoken("我认为坐席做得很好。"), Problem.UNREADABLE),
        (spoken('{"verdict": "met", "evidence": [{"turn": 3, "quo'), Problem.UNREADABLE),
        (spoken('{"verdict": "很好", "evidence": []}'), Problem.UNREADABLE),
        (spoken(""), Problem.UNREADABLE),
        (Given("<html>gateway</html>"), Problem.UNREADABLE),
        (Given({"choices": []}), Problem.UNREADABLE),
        (Given({"choices": [{"message": {"content": ["met"]}}]}), Problem.UNREADABLE),
        (Given("[" * 5000), Problem.UNREADABLE),
    ],
)
def test_what_cannot_be_verified_is_thrown_away(answer, problem):
    opinion, _ = asked(answer)
    assert (opinion.judged, opinion.quoted, opinion.problem) == (None, (), problem)


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"verdict": "not_met", "evidence": []}\n```',
        '<think>{"verdict": "met"?}</think>{"verdict": "not_met", "evidence": [], "reason": "没有"}',
        '说明：{"note": {"verdict": "met"}} 所以 {"verdict": "not_met"}',
    ],
)
def test_a_plain_answer_that_parses_will_do(text):
    assert asked(spoken(text))[0].judged is Judged.NOT_MET


# --- the wire


def test_the_form_that_the_server_does_not_know_is_given_up_once():
    def answer(body, _):
        kind = body.get("response_format", {}).get("type")
        return Given({"error": "response_format"}, 400) if kind else said("not_met")

    with serving(answer) as server, Chat(endpoint_of(server.url, "m"), Budget(100, 10**6, 60)) as chat:
        for _ in range(2):
            assert ask(chat, QUESTION, Dialogue.of(call_of()), "v1", shown=True).judged is Judged.NOT_MET
    kinds = [json.loads(body).get("response_format", {}).get("type") for body in server.bodies]
    assert kinds == ["json_schema", "json_object", None, None]


@pytest.mark.parametrize("status", [429, 500, 503, 408])
def test_a_busy_server_is_asked_again(status):
    opinion, server = asked(lambda _, n: Given("busy", status, Retry_After="7") if n < 2 else RESTATED)
    assert opinion.judged is Judged.MET
    assert server.waits == [7.0, 14.0]


def test_an_answer_that_takes_too_long_is_not_waited_for():
    error, server = asked(Given(RESTATED.body, wait=0.5), timeout=0.1)
    assert (error.problem, error.stops, len(server.bodies)) == ("0.1 秒内没有回答", False, 3)


def test_half_an_http_answer_is_asked_again():
    cut = Given(RESTATED.body, Content_Length=str(len(RESTATED.body) + 50), Connection="close")
    opinion, server = asked(lambda _, n: cut if n == 0 else RESTATED, timeout=0.3)
    assert (opinion.judged, len(server.bodies)) == (Judged.MET, 2)


def test_nobody_there_is_an_outage():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = endpoint_of(f"http://127.0.0.1:{free.getsockname()[1]}", "m", timeout=1)
    budget = Budget(100, 10**6, 60)
    with Chat(where, budget, lambda _: None) as chat, pytest.raises(UnansweredError, match="连不上") as error:
        ask(chat, QUESTION, Dialogue.of(call_of()), "v1", shown=True)
    assert (error.value.stops, budget.spent_calls) == (False, 3)


@pytest.mark.parametrize(
    ("status", "told"), [(302, "转到别处"), (307, "转到别处"), (401, "CALLQA_JUDGE_KEY"), (403, "拒绝")]
)
def test_a_redirect_is_not_followed_and_a_refusal_ends_it(status, told):
    with serving(RESTATED) as other:
        error, server = asked(Given("", status, Location=other.url + "/chat/completions"))
    assert error.stops
    assert told in error.problem
    assert (len(server.bodies), other.bodies) == (1, [])


def test_what_no_form_of_which_is_taken_is_told():
    error, server = asked(Given("{}", 400))
    assert (error.problem, error.stops, len(server.bodies)) == ("服务器不接受这道题（HTTP 400）", False, 3)


def test_the_key_goes_in_the_header_alone():
    _, server = asked(RESTATED, key="geheim")
    assert server.headers[0]["Authorization"] == "Bearer geheim"
    assert "geheim" not in server.bodies[0]
    assert "geheim" not in repr(Endpoint("u", "h", "", "m", "geheim"))


def test_no_proxy_of_the_environment_is_used_unless_asked(monkeypatch):
    with serving(Given("proxied", 502)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        assert asked(RESTATED)[0].judged is Judged.MET
        assert proxy.bodies == []
        assert isinstance(asked(RESTATED, uses_proxy=True)[0], UnansweredError)
        assert proxy.bodies


# --- whom it may ask


@pytest.mark.parametrize(
    ("url", "addresses", "told"),
    [
        ("http://llm.example.com/v1", ["93.184.216.34"], "not on your own network"),
        ("http://llm.local/v1", ["10.0.0.1", "93.184.216.34"], "not on your own network"),
        ("http://169.254.169.254/v1", ["169.254.169.254"], "not on your own network"),
        ("http://[::ffff:8.8.8.8]/v1", ["::ffff:8.8.8.8"], "not on your own network"),
        ("http://0.0.0.0/v1", ["0.0.0.0"], "not on your own network"),
        ("ftp://10.0.0.1/v1", ["10.0.0.1"], "write it like"),
        ("10.0.0.1:8000", ["10.0.0.1"], "write it like"),
        ("http://me:secret@10.0.0.1/v1", ["10.0.0.1"], "without name and password"),
        ("http://llm.local/v1", [], "nobody knows the host"),
    ],
)
def test_only_addresses_of_the_own_network_are_asked(url, addresses, told):
    with pytest.raises(ConfigurationError, match=told) as error:
        endpoint_of(url, "m", look_up=lambda _: addresses)
    assert "secret" not in str(error.value)


def test_a_host_is_allowed_by_name_and_then_by_https_only():
    def found(_):
        return ["93.184.216.34"]

    assert endpoint_of("https://LLM.example.com/v1/", "m", allowed=("llm.example.com",), look_up=found).pinned == ""
    with pytest.raises(ConfigurationError, match="https only"):
        endpoint_of("http://llm.example.com/v1", "m", allowed=("llm.example.com",), look_up=found)
    with pytest.raises(ConfigurationError, match="not on your own network"):
        endpoint_of("https://llm.example.com.evil.net/v1", "m", allowed=("llm.example.com",), look_up=found)


def test_a_name_that_was_checked_is_asked_at_the_address_that_was_found():
    with serving(RESTATED) as server:
        url = server.url.replace("127.0.0.1", "llm.intern")
        where = endpoint_of(url, "m", look_up=lambda _: ["127.0.0.1"])
        with Chat(where, Budget(9, 10**6, 60)) as chat:
            assert ask(chat, QUESTION, Dialogue.of(call_of()), "v1", shown=True).judged is Judged.MET
    assert server.headers[0]["Host"].startswith("llm.intern:")


# --- what leaves the process

PERSONAL = {
    "我电话幺三八零零幺三二二零幺": "幺三八零零幺三二二零幺",
    "手机号是138-0013-2201": "138-0013-2201",
    "座机零七五五八六六六八八八八": "零七五五八六六六八八八八",
    "身份证四四零三零六一九九零零幺零幺二三四X": "四四零三零六一九九零零幺零幺二三四X",
    "订单尾号是八八六六": "八八六六",
    "微信号abc_123": "abc_123",
    "邮箱是li.ming@qq.com": "li.ming@qq.com",
    "车牌粤B12345": "B12345",
    "我叫陈建国": "陈建国",
    "我姓欧阳": "欧阳",
    "免贵姓王": "王",
    "联系人是刘翠花": "刘翠花",
    "请王丽萍女士接电话": "王丽萍",
    "张师傅来过了": "张师",
    "小李说的": "李",
    "你们王小明态度太差了": "王小明",
    "住阳光小区三栋二零一": "阳光小区三栋二零一",
    "我在建国路八十八号": "建国路八十八号",
    "就在龙湖花园": "龙湖花园",
    "寄到幸福村去": "幸福村",
}


def test_numbers_names_and_addresses_do_not_cross_the_wire():
    """Not the words, and no run of two characters of them, with the record's own agent and number among them."""
    said_so = call_of(lines=("坐席：您好，林晓雯为您服务", *(f"客户：{line}" for line in PERSONAL)))
    heard = replace(said_so, call=replace(said_so.call, caller="13800132201", id="13800132201-1"))
    with serving(said("cannot_tell")) as server, Chat(endpoint_of(server.url, "m"), Budget(9, 10**6, 60)) as chat:
        for question in list(questions_of(CARD))[:2]:
            ask(chat, question, Dialogue.of(heard), "v1", shown=True)
    dialogue = json.loads(server.bodies[0])["messages"][1]["content"].partition("\n\n")[0]
    crossed = [value for value in PERSONAL.values() if value in dialogue]
    assert crossed == []
    for secret in ("林晓雯", "晓雯", "13800132201", "幺三", "八零零", "1001", "C1"):
        assert all(secret not in body for body in server.bodies), secret


def test_what_is_judged_is_still_there():
    for line in (
        "您好，阳光家政，请问您需要办理什么业务",
        "非常抱歉给您添麻烦了",
        "这不归我管，你找领导去",
        "我家线路坏了，下水道也堵了",
        "三百块钱，明天下午三点",
        "感谢您的来电，再见",
        "我要投诉你们，给我个说法",
    ):
        assert masked(line, keep=("阳光家政",)) == line


# --- the night


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        store.url = f"sqlite:///{tmp_path}/callqa.db"
        yield store


def fill(store, *call_ids, lines=SAID):
    policy = policy_of("kf01", Settings())
    for call_id in call_ids:
        store.calls.save(result_of(call_of(call_id, lines), policy, EARS))


def night(store, answer, *call_ids, waits=None, **settings):
    """A night with a judge that answers so: what came of it, and the server."""
    with serving(answer) as server:
        given = {"judge_url": server.url, "judge_model": "qwen3", "judge_timeout": 2.0} | settings
        own = load_settings(**given)
        wait = waits.append if waits is not None else (lambda _: None)
        return judge_night(call_ids, lines_of(("kf01",), own), own, store, wait), server


HEADER = "call_id,agent_id,agent_name,queue,direction,caller,started_at,answered_at,ended_at,recording,remark\n"
LAZY = ("models.judge", "flows.night.judging", "flows.learning.judges")
ITEMS = {"judge_items": ("KF01-7-1", "KF01-5-3")}


def test_a_night_suggests_beside_the_items_and_costs_nothing(store):
    fill(store, "C1", "C2")
    before = store.calls.get("C1")
    asking, server = night(
        store,
        lambda body, _: RESTATED if "复述诉求" in body["messages"][1]["content"] else said("not_met"),
        "C1",
        "C2",
        **ITEMS,
    )
    assert (asking.answered, len(server.bodies)) == (4, 4)
    assert str(asking).startswith("大模型建议：问了 4 题，采信 4 题；请求 4 次，400 个词元，")
    after = store.calls.get("C1")
    found = [(f.detector, f.term, f.turn_index, f.quote, f.value) for f in after.findings if f.detector == "judge"]
    assert found == [
        ("judge", "KF01-5-3", None, "", "不符合"),
        ("judge", "KF01-7-1", 2, "您是说厨房漏水,对吗", "符合"),
    ]
    assert after.evaluation.tally == before.evaluation.tally
    assert [a.outcome for a in after.evaluation.answers] == [a.outcome for a in before.evaluation.answers]
    assert after.fingerprint == before.fingerprint


def test_nothing_is_asked_twice_and_rescoring_keeps_what_was_said(store):
    fill(store, "C1")
    night(store, RESTATED, "C1", **ITEMS)
    again, server = night(store, RESTATED, "C1", **ITEMS)
    assert (again.kept, server.bodies) == (2, [])
    rescore_calls("kf01", store.url, None, Settings())
    assert sum(f.detector == "judge" for f in store.calls.get("C1").findings) == 2
    other, server = night(store, RESTATED, "C1", judge_model="qwen3-next", **ITEMS)
    assert (other.kept, len(server.bodies)) == (0, 2)


def test_what_was_thrown_away_is_counted_kept_and_shown_nowhere(store):
    fill(store, "C1")
    asking, _ = night(store, said("met", (1, "非常抱歉给您添麻烦")), "C1", **ITEMS)
    assert (asking.answered, asking.thrown) == (0, {"引文不在这一句里": 2})
    assert "核对不上、作废 2 题（引文不在这一句里 2）" in str(asking)
    assert not [f for f in store.calls.get("C1").findings if f.detector == "judge"]
    assert night(store, RESTATED, "C1", **ITEMS)[0].kept == 2


@pytest.mark.parametrize(
    ("limit", "told", "num_asked"),
    [
        ({"judge_calls": 1}, "没有问成 3 题：用完了本夜的额度（请求 1 次）", 1),
        ({"judge_tokens": 150}, "没有问成 2 题：用完了本夜的额度（用量 150 个词元）", 2),
        ({"judge_seconds": 0}, "没有问成 4 题：用完了本夜的额度（时间 0 秒）", 0),
    ],
)
def test_the_budget_ends_it_and_what_was_left_out_is_told(store, limit, told, num_asked):
    fill(store, "C1", "C2")
    asking, server = night(store, RESTATED, "C1", "C2", **ITEMS, **limit)
    assert told in str(asking)
    assert len(server.bodies) == num_asked
    assert night(store, RESTATED, "C1", "C2", **ITEMS)[0].answered == 4 - num_asked


def test_a_night_asks_only_where_an_address_is_set_and_its_report_tells_what_was_left_out(
    store, tmp_path, monkeypatch
):
    fill(store, "C1")
    (tmp_path / "calls").mkdir()
    (tmp_path / "cdr.csv").write_text(HEADER, encoding="utf-8")
    monkeypatch.setattr(nights, "load_ears", lambda *_: None)
    monkeypatch.setattr(
        nights, "recognised", lambda joined, *_: KnownNight(joined, (SimpleNamespace(call=call_of().call),))
    )
    monkeypatch.setattr(nights, "_shards", lambda *_: ())
    given = str(tmp_path / "calls"), str(tmp_path / "cdr.csv"), store.url
    with serving(said("met", (1, "没有说过的话"))) as server:
        assert nights.nightly.fn(*given, settings=Settings()).asking is None
        assert server.bodies == []
        own = Settings(judge_url=server.url, judge_model="m", judge_calls=1, **ITEMS)
        night = nights.nightly.fn(*given, settings=own)
    assert (len(server.bodies), night.asking.left.total()) == (1, 1)
    told = {count.kind: count.examples[0][1].problem for count in night.doubts}
    assert told[NoticeKind.JUDGE_LEFT] == "1 题：用完了本夜的额度（请求 1 次）"
    assert told[NoticeKind.JUDGE_THROWN] == "1 题：引文不在这一句里，没有采信"
    with pytest.raises(ConfigurationError, match="not on your own network"):
        nights.nightly.fn(*given, settings=Settings(judge_url="http://8.8.8.8/v1", judge_model="m"))


def test_an_outage_ends_the_asking_and_not_the_night(store):
    fill(store, "C1", "C2", "C3")
    asking, server = night(store, Given("down", 500), "C1", "C2", "C3", **ITEMS)
    assert len(server.bodies) == 9
    assert asking.left == {"HTTP 500": 3, "此后不再问：HTTP 500": 3}
    asking, _ = night(store, Given("no", 401), "C1", **ITEMS)
    assert sum(asking.left.values()) == 2
    asking = judge_night(
        ["C1"],
        lines_of(("kf01",), Settings()),
        Settings(judge_url="http://nowhere.invalid", judge_model="m"),
        store,
    )
    assert "nobody knows the host nowhere.invalid" in str(asking)
    assert store.calls.get("C1").evaluation is not None


def test_a_defect_of_ours_costs_no_night(store, monkeypatch):
    fill(store, "C1")
    monkeypatch.setattr("flows.night.judging.Dialogue.of", lambda *_, **__: 1 / 0)
    asking, _ = night(store, RESTATED, "C1", **ITEMS)
    assert asking.left == {"程序错误，请连同日志报给维护的人": 1}


def test_by_default_what_is_left_to_a_person_is_asked(store):
    fill(store, "C1")
    asking, server = night(store, said("cannot_tell"), "C1")
    left = {
        part.rpartition("本题只问其中一点：")[2].partition("\n")[0]
        for part in (json.loads(b)["messages"][1]["content"] for b in server.bodies)
    }
    assert "耐心倾听（不打断客户）" in left
    assert "三声内接听" not in left
    assert asking.answered == len(server.bodies)
    assert not [f for f in store.calls.get("C1").findings if f.detector == "judge"]


def test_a_judge_in_the_shadow_is_asked_and_not_shown(store):
    fill(store, "C1")
    night(store, RESTATED, "C1", judge_items=("KF01-7-1",))
    (made,) = store.classifiers.versions(criterion="judge/kf01/KF01-7-1")
    store.classifiers.stage(made.criterion, made.version, Stage.SHADOW, "王主管")
    fill(store, "C2")
    night(store, RESTATED, "C2", judge_items=("KF01-7-1",))
    assert {f.detector for f in store.calls.get("C2").findings} & {"judge", "judged"} == set()
    assert "shadow" in {f.detector for f in store.calls.get("C2").findings}
    assert [each.shown for each in store.opinions.of_criterion(made.criterion)] == [True, False]
    store.classifiers.stage(made.criterion, made.version, Stage.RETIRED, "王主管")
    fill(store, "C3")
    assert night(store, RESTATED, "C3", judge_items=("KF01-7-1",))[1].bodies == []


def test_what_may_not_be_asked_is_refused_before_the_night():
    with pytest.raises(ConfigurationError, match="CALLQA_JUDGE_MODEL"):
        check_judge(Settings(judge_url="http://127.0.0.1:1/v1"))
    with pytest.raises(ConfigurationError, match="not on your own network"):
        check_judge(Settings(judge_url="http://8.8.8.8/v1", judge_model="m"))
    check_judge(Settings(judge_url="http://nowhere.invalid", judge_model="m"))


def test_off_it_is_not_even_imported():
    """Nothing that runs without a judge imports one, but inside of a function."""
    importing = {
        str(path.relative_to(ROOT))
        for folder in ("flows", "models", "pipeline")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(LAZY)
    }
    assert {each for each in importing if not each.startswith("models/judge/")} == {
        "flows/night/judging.py",
        "flows/learning/judges.py",
    }


# --- beside the item, by the gate, and beside people


def outcome(browser, call_id, **form):
    page = browser.get(f"/calls/{call_id}").text
    seen = re.search(r'name="seen" value="([^"]*)"', page)[1]
    return browser.post(f"/calls/{call_id}/answers", data={"seen": seen, "reason": "assessed", **form})


def test_a_reviewer_sees_it_beside_the_item_and_one_click_counts(store):
    people(store)
    fill(store, "C1")
    night(store, RESTATED, "C1", judge_items=("KF01-7-1",))
    desk = desk_of(store, Settings(), None)
    reviewer, agent = client(desk, "wang"), client(desk, "lin")
    page = reviewer.get("/calls/C1").text
    assert "大模型建议：符合" in page
    assert "“您是说厨房漏水,对吗”" in page
    assert "大模型" not in agent.get("/calls/C1").text
    answered = outcome(reviewer, "C1", criterion="KF01-7-1", kind="level", level="符合")
    assert answered.status_code in (200, 303)
    (act,) = store.answers.acts("C1")
    assert (act.criterion_id, act.level, act.outcome) == ("KF01-7-1", "符合", "met")
    counts = overlay(store.calls.get("C1"), CARD, [act]).evaluation
    assert next(a.given for a in counts.answers if a.criterion_id == "KF01-7").awarded > 0
    assert "采纳：" not in reviewer.get("/calls/C1").text.partition('data-item="KF01-7-1"')[2].partition("</li>")[0]


def test_a_shadow_shows_nothing_to_anybody(store):
    people(store)
    fill(store, "C1")
    night(store, said("not_met"), "C1", judge_items=("KF01-7-1",))
    assert "大模型认为没有做到：KF01-7-1" in str(store.queue.get("C1").reasons)
    (made,) = store.classifiers.versions(criterion="judge/kf01/KF01-7-1")
    store.classifiers.stage(made.criterion, made.version, Stage.SHADOW, "王主管")
    rescore_calls("kf01", store.url, None, Settings())
    page = client(desk_of(store, Settings(), None), "wang").get("/calls/C1").text
    assert "大模型" not in page
    assert "judge/" not in page
    assert "大模型" not in str(store.queue.get("C1").reasons)


def answer(store, call_id, item, outcome):
    """A person's answer to an item, as the desk keeps it."""
    digest = CARD.criterion(item.rpartition("-")[0]).digest
    at = datetime(2025, 4, 1, tzinfo=UTC)
    act = PersonAnswer(
        call_id, "kf01", item, digest, Kind.LEVEL, outcome, None, "wang", at, Outcome.NEEDS_PERSON, share=0.0
    )
    store.answers.save(act, store.answers.seen(call_id))


def opinions(store, judge, verdicts, *, shown=False):
    """Kept opinions of a judge on calls C0, C1, …"""
    for n, verdict in enumerate(verdicts):
        key, at = f"{judge.version}{n}{shown}", datetime(2025, 4, 1 if shown else 2, tzinfo=UTC)
        store.opinions.add(Opinion(key, f"C{n}", judge.criterion, judge.version, verdict, (), None, shown, 1, at))


def a_judge(store, model="qwen3", item="KF01-7-1"):
    register(model, [CARD], store)
    versions = store.classifiers.versions(criterion=f"judge/kf01/{item}")
    return next(each for each in versions if read_judge_card(each.card).model == model)


def test_the_gate_lets_a_judge_count_on_blind_answers_alone_and_takes_it_back(store):
    """20 not met and 20 met, all right: enough for floors of 0.8 and 0.6."""
    policy = policy_of("kf01", Settings())
    for n in range(40):
        store.calls.save(result_of(call_of(f"C{n}"), policy, EARS))
        answer(store, f"C{n}", "KF01-7-1", Outcome.NOT_MET if n < 20 else Outcome.MET)
    judge = a_judge(store)
    right = [Judged.NOT_MET] * 20 + [Judged.MET] * 20
    opinions(store, judge, right, shown=True)
    refused, changes = promote(store.url, judge.criterion, judge.version, Stage.LIVE, "王主管", "")
    assert (refused.passes, changes) == (False, ())
    assert "金标样本不足" in refused.reasons[0]
    opinions(store, judge, right)
    passed, changes = promote(store.url, judge.criterion, judge.version, Stage.LIVE, "王主管", "")
    assert passed.passes
    assert changes == (f"{judge.criterion} {judge.version}：在用",)
    (checked,) = check_gate(store)
    assert not checked.demoted
    for n in range(20):
        answer(store, f"C{n}", "KF01-7-1", Outcome.MET)
    (checked,) = check_gate(store)
    assert checked.demoted
    assert {each.version: each.stage for each in store.classifiers.versions(criterion=judge.criterion)} == {
        judge.version: Stage.FLAG
    }


def test_a_live_judge_counts_where_the_standard_says_so_and_nowhere_else():
    written = changed(CARD, name="ours", criteria=tuple(_with_judge(c) for c in CARD.criteria))
    judges = (StagedJudge("judge/ours/KF01-7-1", "v", "m", Stage.LIVE, 0.8),)
    heard = call_of()
    key = key_of("v", heard)
    at = datetime(2025, 4, 1, tzinfo=UTC)
    said_so = Opinion(key, "C1", "judge/ours/KF01-7-1", "v", Judged.NOT_MET, ((2, 0, 4),), None, False, 1, at)
    for stage, outcome in (
        (Stage.LIVE, Outcome.NOT_MET),
        (Stage.DRAFT, Outcome.UNSURE),
        (Stage.SHADOW, Outcome.UNSURE),
    ):
        staged = tuple(replace(judge, stage=stage) for judge in judges)
        found = tuple(opinion_findings(heard, staged, {key: said_so}))
        (item,) = [a.item("KF01-7-1") for a in evaluate(heard, found, written, "").answers if a.item("KF01-7-1")]
        assert item.outcome is outcome, stage
        unasked = [a.item("KF01-7-1") for a in evaluate(heard, found, CARD, "").answers if a.item("KF01-7-1")]
        assert unasked[0].outcome is Outcome.NEEDS_PERSON or unasked[0].source == "suggestion"


def _with_judge(criterion):
    if criterion.id != "KF01-7":
        return criterion
    first = criterion.parts[0].model_copy(update={"rule": JudgedItem(kind="judged"), "needs_person": ""})
    return criterion.model_copy(update={"parts": (first, *criterion.parts[1:])})


def test_agreement_with_people_and_between_models(store, tmp_path):
    policy = policy_of("kf01", Settings())
    truth = [Outcome.MET, Outcome.MET, Outcome.NOT_MET, Outcome.PARTLY_MET, Outcome.MET, Outcome.NOT_MET]
    for n, each in enumerate(truth):
        store.calls.save(result_of(call_of(f"C{n}"), policy, EARS))
        answer(store, f"C{n}", "KF01-7-1", each)
    met, missed, part = Judged.MET, Judged.NOT_MET, Judged.PARTLY
    opinions(store, a_judge(store), [met, met, missed, part, met, missed])
    opinions(store, a_judge(store, "other"), [met, missed, missed, None, met, met])
    compared, thrown = compare_judges(store, "kf01", Settings(), None, ())
    by = {(each.one, each.other): each.agreement for each in compared if each.item_id == "KF01-7-1"}
    perfect, worse, models = by["人工", "qwen3"], by["人工", "other"], by["other", "qwen3"]
    assert (perfect.exact, perfect.kappa, perfect.calls) == (1.0, 1.0, 6)
    assert (worse.exact, worse.calls) == (0.6, 5)
    assert worse.kappa == pytest.approx((0.6 - (9 + 4) / 25) / (1 - (9 + 4) / 25))
    assert worse.exact_interval[0] <= 0.6 <= worse.exact_interval[1]
    assert models.calls == 5
    assert thrown == {"other": 1, "qwen3": 0}
    gold = tmp_path / "gold.csv"
    gold.write_text("call_id,item,verdict\nC0,KF01-7-1,符合\nC1,KF01-7-1,not_met\n", encoding="utf-8")
    compared, _ = compare_judges(store, "kf01", Settings(), gold, ("qwen3",))
    assert [(each.item_id, each.agreement.exact) for each in compared] == [("KF01-7-1", 0.5), ("", 0.5)]
    gold.write_text("call_id,item,verdict\nC0,KF01-7-1,好\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"gold.csv 第 2 行：verdict 是“好”"):
        compare_judges(store, "kf01", Settings(), gold, ())
    with pytest.raises(ConfigurationError, match="没有 gpt 对 kf01 的回答；有回答的模型：other、qwen3"):
        compare_judges(store, "kf01", Settings(), None, ("gpt",))


def test_the_commands(store, monkeypatch):
    fill(store, "C1")
    shell = CliRunner()
    assert "还没有模型回答过" in shell.invoke(app, ["judge", "eval", "--store", store.url]).output
    with serving(RESTATED) as server:
        monkeypatch.setenv("CALLQA_JUDGE_URL", server.url)
        monkeypatch.setenv("CALLQA_JUDGE_MODEL", "qwen3")
        told = shell.invoke(app, ["judge", "try", "C1", "--item", "KF01-7-1", "--store", store.url]).output
        assert "我叫***" in told
        assert told.rstrip().endswith("符合\n[3] 您是说厨房漏水,对吗")
        before = len(server.bodies)
        shown = shell.invoke(
            app, ["judge", "try", "C1", "--item", "KF01-7-1", "--show", "--store", store.url]
        ).output
        assert "陈建国" not in shown
        assert len(server.bodies) == before
    night(store, RESTATED, "C1", judge_items=("KF01-7-1",))
    monkeypatch.setattr("flows.cli.classifier.out", Console(width=200))
    listed = shell.invoke(app, ["classifier", "list", "--store", store.url]).output
    assert "大模型：kf01 复述诉求要点，告知解决方案" in listed
    told = shell.invoke(app, ["judge", "eval", "--store", store.url]).output
    assert "人工" in told
    assert "作废 0 题" in told
