"""From a month of feeds, people and calls to what is paid: every figure here was computed by hand."""

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from flows.cli import app
from flows.month.ledger import Remark, Statement, confirm_grade, propose_by_person, raise_flag, say
from flows.month.month import monthly
from flows.month.payroll import export_payroll
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.month.ledger import entry_statuses
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.tally import Tally
from tests.builders import CALL, EARS, RINGING, hearing
from tests.test_disputes import CHEN, ITEM, NOW, POLICY

MONTH = "2025-03"


@pytest.fixture
def url(sqlite_address):
    return sqlite_address


def shipped(tmp_path, name: str, *changes: tuple[str, str]) -> str:
    """A shipped standard with what its operator chose, as a file."""
    written = Path(find_scorecard(name).path).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in written, old
        written = written.replace(old, new)
    path = tmp_path / f"{name}.yaml"
    path.write_text(written, encoding="utf-8")
    return str(path)


def tables(tmp_path, **feeds):
    """A folder of feeds; each a header, then rows of text."""
    folder = tmp_path / "feeds"
    folder.mkdir(exist_ok=True)
    for name, rows in feeds.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(line.split(",") for line in rows)
    return folder


def judged(values: dict[str, dict[str, object]]) -> list[str]:
    """The feed of people's values; by agent and item."""
    rows = [f"{MONTH},{a},{item},{value},主管" for a, items in values.items() for item, value in items.items()]
    return ["月份,工号,项目,值,评定人", *rows]


def sign_all(url: str, standard: str) -> None:
    name = find_scorecard(standard).name
    with Store.open(url) as store:
        waiting = [e.entry.id for e in entry_statuses(store.ledger.entries(name)) if e.state == "open"]
    for number in waiting:
        say(Statement("signed", number, "人事王"), url, standard)


def paid(url, standard, feeds, tmp_path, **more) -> dict[str, dict]:
    """The rows of the payroll as its .json has them, by agent."""
    out = tmp_path / "payroll.json"
    export_payroll(url, MONTH, standard, out, feeds, **more)
    return {row["agent_id"]: row for row in json.loads(out.read_text(encoding="utf-8"))["rows"]}


def figures(rows: dict[str, dict], *names: str) -> dict[str, tuple]:
    return {agent: tuple(row[name] for name in names) for agent, row in rows.items()}


# 家政: nine items of 100/9 points, and 10 % or 5 % of the month's wage beside the bonus base.


@pytest.fixture
def jiazheng(tmp_path):
    chosen = (("\nweights:\n", "\nweights: equal\n"), ("\nmissed:\n", "\nmissed: zero\n"))
    return shipped(tmp_path, "jiazheng", *chosen, ("below_zero: }", "below_zero: zero}"))


def a_month_of_jiazheng(tmp_path):
    agents = ("1001", "1002", "1003", "1004")
    return tables(
        tmp_path,
        chat=[
            "会话编号,工号,发起时间,首次回复时间",
            *(f"S{a},{a},2025-03-03 09:00,2025-03-03 09:08" for a in agents),
        ],
        orders=["订单号,工号,下单时间,录入准确", *(f"O{a},{a},2025-03-03 09:00,是" for a in agents)],
        tickets=[
            "工单号,工号,创建时间,类型,已解决",
            *(f"T{a},{a},2025-03-03 09:00,投诉,{'是' if a < '1003' else '否'}" for a in agents),
        ],
        satisfaction=[
            "评价编号,工号,评价时间,满意度,同理心",
            *(f"P{a},{a},2025-03-03 09:00,4.6,{4 if a < '1003' else 3.9}" for a in agents),
        ],
        callbacks=[
            "服务单号,工号,服务完成时间,回访时间",
            *(f"B{a},{a},2025-03-03 09:00,2025-03-04 09:00" for a in agents),
        ],
        exams=["工号,科目,考试日期,成绩", *(f"{a},话术,2025-03-05,{80 if a != '1002' else 79}" for a in agents)],
        judged=judged({a: {"H-6": 4, "H-8": 4.5} for a in agents}),
        roster=["工号,姓名,班组,起始日期", "1001,=1+1,甲组,2025-01-01", "1002,赵,甲组,2025-01-01"],
        wages=[
            "月份,工号,当月工资,绩效奖金基数",
            f"{MONTH},1001,6000,800",
            f"{MONTH},1002,5800.5,750",
            f"{MONTH},1003,5555.55,700",
            f"{MONTH},1004,6000,200",
        ],
    )


def test_jiazheng_pays_shares_of_the_wage(url, jiazheng, tmp_path):
    feeds = a_month_of_jiazheng(tmp_path)
    report = monthly(url, MONTH, standard=jiazheng, feeds=feeds, close_by="王主管")
    # nine of nine; eight of nine, 88.89; seven of nine, 77.78
    assert {row.agent_id: (row.score, row.grade) for row in report.months} == {
        "1001": (100.0, "优秀"),
        "1002": (88.89, "合格"),
        "1003": (77.78, "不合格"),
        "1004": (77.78, "不合格"),
    }
    before = paid(url, jiazheng, feeds, tmp_path)
    assert figures(before, "payable", "state")["1001"] == (None, "待签字 1 项")
    sign_all(url, jiazheng)
    rows = paid(url, jiazheng, feeds, tmp_path)
    assert figures(rows, "coefficient", "bonus", "extra", "payable") == {
        "1001": (1.0, 800.0, 600.0, 1400.0),  # 800 + 10 % of 6000
        "1002": (1.0, 750.0, None, 750.0),
        "1003": (1.0, 700.0, -277.78, 422.22),  # 5 % of 5555.55 is 277.7775
        "1004": (1.0, 200.0, -300.0, 0.0),  # 200 - 300
    }
    assert rows["1004"]["remarks"] == ["扣减后为负数，按标准扣完为止"]
    assert rows["1001"]["signers"] == ["人事王"]
    assert {"颁发“月度明星客服”证书（已生效）", "客服组长候选，负责带教新员工（已生效）"} <= set(
        rows["1001"]["consequences"]
    )


def test_a_bonus_below_nothing_waits_until_the_operator_has_chosen(url, tmp_path):
    chosen = (("\nweights:\n", "\nweights: equal\n"), ("\nmissed:\n", "\nmissed: zero\n"))
    standard, feeds = shipped(tmp_path, "jiazheng", *chosen), a_month_of_jiazheng(tmp_path)
    monthly(url, MONTH, standard=standard, feeds=feeds, close_by="王主管")
    sign_all(url, standard)
    row = paid(url, standard, feeds, tmp_path)["1004"]
    assert row["payable"] is None
    assert "below_zero" in row["remarks"][0]


def test_csv_and_xlsx_say_the_same_in_chinese_and_hold_no_formula(url, jiazheng, tmp_path):
    feeds = a_month_of_jiazheng(tmp_path)
    monthly(url, MONTH, standard=jiazheng, feeds=feeds, close_by="王主管")
    sign_all(url, jiazheng)
    for ending in (".csv", ".xlsx"):
        export_payroll(url, MONTH, jiazheng, tmp_path / f"p{ending}", feeds)
    with (tmp_path / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
        first, *_ = csv.DictReader(stream)
    assert (first["工号"], first["姓名"], first["加减"], first["应发"]) == ("1001", "'=1+1", "600.0", "1400.0")
    sheet = load_workbook(tmp_path / "p.xlsx").active
    heads = [cell.value for cell in sheet[3]]
    row = dict(zip(heads, sheet[4], strict=True))
    assert (row["姓名"].value, row["姓名"].data_type, row["应发"].value) == ("=1+1", "s", 1400)
    assert list(first) == heads


def test_without_wages_there_is_a_coefficient_and_no_amount(url, jiazheng, tmp_path):
    feeds = a_month_of_jiazheng(tmp_path)
    monthly(url, MONTH, standard=jiazheng, feeds=feeds, close_by="王主管")
    sign_all(url, jiazheng)
    row = paid(url, jiazheng, None, tmp_path)["1001"]
    assert (row["coefficient"], row["bonus"], row["payable"]) == (1.0, None, None)
    assert row["remarks"] == [
        "没有给绩效奖金基数，奖金不出",
        "没有给当月工资，“额外绩效奖金（如当月工资的10%）”的金额不出",
    ]


# 表1: steps, rates and errors by the printed formulas; lines of 良好 and 合格 chosen.


GRADES = (
    ("{name: 良好, least: }", "{name: 良好, least: 80}"),
    ("{name: 合格, least: }", "{name: 合格, least: 60}"),
)


@pytest.fixture
def table1(tmp_path):
    return shipped(tmp_path, "table1", *GRADES)


VALUES = {
    "1001": {"T1-1": 28, "T1-2": 0, "T1-3": 0.88, "T1-4": 1, "T1-5": 0.12},  # 20 + 25 + 30 + 12 + 10 = 97
    "1002": {"T1-1": 45, "T1-2": 2, "T1-3": 0.80, "T1-4": 0, "T1-5": 0.08},  # 16 + 15 + 25 + 15 + 8 = 79
    "1003": {"T1-1": 61, "T1-2": 3, "T1-3": 0.74, "T1-4": 3, "T1-5": 0.04},  # 0 + 10 + 0 + 0 + 0 = 10
}


def a_month_of_table1(tmp_path, *wages: str):
    head = "月份,工号,当月工资,绩效奖金基数,团队奖金基数,所负责"
    given = wages or (f"{MONTH},1001,6000,1000.5,,", f"{MONTH},1002,6000,1000,,", f"{MONTH},1003,6000,1000,,")
    return tables(tmp_path, judged=judged(VALUES), wages=[head, *given])


def test_table1_pays_by_coefficient(url, table1, tmp_path):
    feeds = a_month_of_table1(tmp_path)
    report = monthly(url, MONTH, standard=table1, feeds=feeds, close_by="王主管")
    assert {row.agent_id: (row.score, row.grade) for row in report.months} == {
        "1001": (97.0, "优秀"),
        "1002": (79.0, "合格"),
        "1003": (10.0, "需改进"),
    }
    sign_all(url, table1)
    assert figures(paid(url, table1, feeds, tmp_path), "coefficient", "payable") == {
        "1001": (1.2, 1200.6),
        "1002": (0.8, 800.0),
        "1003": (0.0, 0.0),
    }


def test_a_flag_waits_for_two_and_then_takes_the_bonus(url, table1, tmp_path):
    feeds = a_month_of_table1(tmp_path)
    monthly(url, MONTH, standard=table1, feeds=feeds, close_by="王主管")
    sign_all(url, table1)
    raise_flag(Remark("1001", MONTH, "李质检", "刷好评"), url, table1)
    with pytest.raises(ConfigurationError, match=r"1001 诚信问题：编号 .* 待签字：刷好评"):
        paid(url, table1, feeds, tmp_path)
    provisional = paid(url, table1, feeds, tmp_path, provisional=True)
    assert provisional["1001"]["grade"] == "优秀", "an unsigned flag changes nothing"
    with Store.open(url) as store:
        flag = next(e.entry.id for e in entry_statuses(store.ledger.entries("table1")) if e.entry.kind == "flag")
    for by in ("李质检", "王主管"):
        say(Statement("signed", flag, by), url, table1)
    with pytest.raises(ConfigurationError, match=r"已签字的“绩效奖金系数 1\.2”需人工决定"):
        paid(url, table1, feeds, tmp_path)


def test_a_person_proposes_what_no_score_tells(url, table1, tmp_path):
    feeds = a_month_of_table1(tmp_path)
    monthly(url, MONTH, standard=table1, feeds=feeds, close_by="王主管")
    said = propose_by_person(Remark("1002", MONTH, "李质检", "建议已采纳"), "服务创新奖", url, table1)
    assert said.startswith("已提出 ")
    sign_all(url, table1)
    monthly(url, MONTH, standard=table1, feeds=feeds, close_by="王主管")  # nothing takes it back
    told = paid(url, table1, feeds, tmp_path)["1002"]["consequences"]
    assert "服务创新奖：优化建议被采纳，给予物质奖励（已生效）" in told
    with pytest.raises(ConfigurationError, match="no consequence 奖金-优秀 that people propose"):
        propose_by_person(Remark("1002", MONTH, "李质检", "x"), "奖金-优秀", url, table1)


def test_teams_and_their_heads_are_paid_by_the_results_of_units(url, tmp_path):
    more = """
  - {id: 团队奖, title: 团队奖金, when: {grade: 优秀}, coefficient: 1.5, whom: team}
  - {id: 负责人, title: 负责人奖金, when: {grade: 优秀}, coefficient: 1.1, amount: 50, whom: head}
# 改进措施：前两条"""
    standard = shipped(tmp_path, "table1", *GRADES, ("\n# 改进措施：前两条", more))
    feeds = a_month_of_table1(
        tmp_path, f"{MONTH},1001,6000,1000,300.33,", f"{MONTH},1003,6000,1000,300,", f"{MONTH},M01,9000,2000,,甲组"
    )
    call_feeds = {
        "roster": ["工号,姓名,班组,起始日期", "1001,林,甲组,2025-01-01", "1003,周,乙组,2025-01-01"],
        # a team is measured on feeds, as nobody's word about an agent is about the team
        "tickets": ["工单号,工号,创建时间,首次解决", *(f"T{n},1001,2025-03-03 09:00,是" for n in range(10))],
    }
    tables(tmp_path, **call_feeds)
    (path := tmp_path / "table1.yaml").write_text(
        path.read_text(encoding="utf-8").replace("least_scored: 0.6\n", "least_scored: 0.2\n", 1),
        encoding="utf-8",
    )
    report = monthly(url, MONTH, standard=standard, feeds=feeds, close_by="王主管")
    assert {row.team: (row.score, row.grade) for row in report.teams}["甲组"] == (100.0, "优秀")
    sign_all(url, standard)
    rows = paid(url, standard, feeds, tmp_path)
    # 1001: 1000 x 1.2 of the own result, 300.33 x 1.5 = 450.495 of the team's, half up
    assert figures({"1001": rows["1001"]}, "bonus", "extra", "payable") == {"1001": (1650.5, None, 1650.5)}
    assert figures({"M01": rows["M01"]}, "grade", "bonus", "extra", "payable") == {
        "M01": ("优秀", 2200.0, 50.0, 2250.0)
    }


# KF01: every item by a person, with lines and coefficients of the operator's own (the sheet prints none).

LINES = """
grades:
  - {name: 优秀, least: 90}
  - {name: 合格, least: 60}
  - {name: 不合格, least: 0, failing: true}
consequences:
  - {id: 奖金-优秀, title: 奖金, when: {grade: 优秀}, coefficient: 1.2}
  - {id: 奖金-合格, title: 奖金, when: {grade: 合格}, coefficient: 1}
  - {id: 奖金-不合格, title: 奖金, when: {grade: 不合格}, coefficient: 0.5, amount: -20.005}
plan:"""
POINTS = {1: 10, 2: 10, 3: 5, 4: 15, 5: 10, 6: 10, 7: 25, 8: 5, 9: 5, 10: 5}


def test_kf01_from_levels_to_pay(url, tmp_path):
    standard = shipped(tmp_path, "kf01", ("\nplan:", LINES))
    all_met = {f"KF01-{n}": "符合" for n in POINTS}
    values = {
        "1001": all_met | {"KF01-4": "基本符合", "KF01-8": "不符合"},  # 100 - 3 - 5 = 92
        "1002": all_met
        | {"KF01-7": "一般符合", "KF01-1": "不符合", "KF01-4": "基本符合"},  # 100 - 10 - 10 - 3 = 77
        "1003": dict.fromkeys(all_met, "一般符合") | {"KF01-9": "不符合"},  # 60 - 3 = 57
    }
    rows = [f"{MONTH},{agent},6000,999.99" for agent in values]
    feeds = tables(tmp_path, judged=judged(values), wages=["月份,工号,当月工资,绩效奖金基数", *rows])
    report = monthly(url, MONTH, standard=standard, feeds=feeds, close_by="王主管")
    assert {row.agent_id: (row.score, row.grade) for row in report.months} == {
        "1001": (92.0, "优秀"),
        "1002": (77.0, "合格"),
        "1003": (57.0, "不合格"),
    }
    sign_all(url, standard)
    assert figures(paid(url, standard, feeds, tmp_path), "bonus", "extra", "payable") == {
        "1001": (1199.99, None, 1199.99),  # 1199.988
        "1002": (999.99, None, 999.99),
        "1003": (500.0, -20.01, 479.99),  # 499.995 and 20.005, half up each
    }


# A month of calls: what happens in them, and what is open about it.

CALLS = """
name: calls
title: 通话考核
revision: 1
effective_from: 2025-01-01
source: 示例
lexicons: [banned]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
criteria:
  - id: 礼貌
    title: 礼貌用语
    standard: 不推诿。
    source_class: A
    points: 60
    parts:
      - {title: 礼貌用语, rule: {kind: absent, detector: banned_wording, terms: [不归我管]}}
  - {id: 主管, title: 主管评分, standard: 主管评分。, source_class: M, points: 40}
grades:
  - {name: 优秀, least: 90}
  - {name: 合格, least: 45}
  - {name: 不合格, least: 0, failing: true}
consequences:
  - {id: 奖金, title: 奖金, when: {grade: 优秀}, coefficient: 1.1}
  - {id: 警告, title: 书面警告, when: {event: {detector: banned_wording, terms: [辱骂]}}}
  - {id: 诚信, title: 诱导好评, when: {event: {detector: banned_wording, terms: [诱导好评]}}, flag: true}
"""
PLAIN = ("坐席：您好这里是阳光家政", "客户：我想约一次保洁", "坐席：好的为您登记")
PRAISE = (*PLAIN, "坐席：麻烦您给个五星好评")
RUDE = (*PLAIN, "坐席：你是不是脑子有问题")


@pytest.fixture
def called(url, tmp_path, request):
    """Forty calls of each of two agents; one of 1001 asks for praise, one of 1002 is rude."""
    path = tmp_path / "calls.yaml"
    line = getattr(request, "param", 45)  # of 合格
    path.write_text(CALLS.replace("least: 45", f"least: {line}"), encoding="utf-8")
    rules = policy_of(str(path), load_settings())
    with Store.open(url) as store:
        for agent, special in (("1001", PRAISE), ("1002", RUDE)):
            for n in range(40):
                at = RINGING + timedelta(minutes=n)
                taken = replace(
                    CALL,
                    id=f"{agent}-{n}",
                    agent_id=agent,
                    ring_at=at,
                    answered_at=at + timedelta(seconds=8),
                    ended_at=at + timedelta(seconds=68),
                )
                heard = hearing(*(special if n == 7 else PLAIN), call=taken)
                heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{n}"))
                store.calls.save(result_of(heard, rules, EARS))
    feeds = tables(tmp_path, judged=judged({"1001": {"主管": "符合"}, "1002": {"主管": "不符合"}}))
    monthly(url, MONTH, standard=str(path), feeds=feeds, close_by="王主管")
    look(url, str(path))
    return str(path)


def look(url: str, standard: str) -> None:
    """Confirm what the doubt about calls leaves open: 1001 stands at 100, 1002 at 60."""
    with Store.open(url) as store:
        open_ = [row.agent_id for row in store.months.standing("calls") if row.agent_id and row.grade is None]
    for agent in open_:
        confirm_grade(Remark(agent, MONTH, "李质检"), {"1001": "优秀", "1002": "合格"}[agent], url, standard)


def entries(url: str) -> dict[tuple[str, str], object]:
    with Store.open(url) as store:
        return {(e.entry.agent_id, e.entry.title): e for e in entry_statuses(store.ledger.entries("calls"))}


def test_one_violation_proposes_a_warning_and_inducing_praise_a_flag(url, called):
    found = entries(url)
    warning, flag = found["1002", "书面警告"], found["1001", "诱导好评"]
    assert (warning.entry.kind, warning.state, flag.entry.kind, flag.state) == ("proposal", "open", "flag", "open")
    assert "辱骂 1002-7@" in warning.entry.note
    assert "当月出现诱导好评" in flag.entry.note
    assert say(Statement("signed", flag.entry.id, "李质检"), url, called).endswith("待签字"), "two must sign"
    say(Statement("signed", flag.entry.id, "王主管"), url, called)
    assert entries(url)["1001", "奖金"].state == "withdrawn", "the failing grade has no bonus"


def test_an_event_that_is_denied_is_taken_back_unless_somebody_signed(url, called):
    with Store.open(url) as store:
        months = [replace(row, incidents=()) for row in store.months.standing("calls")]
        ledger = store.ledger.entries("calls")
    from pipeline.month.ledger import find_changes  # noqa: PLC0415

    card = find_scorecard(called)
    kinds = {c.consequence_id: c.kind for c in find_changes(card, months, ledger)}
    assert (kinds["警告"], kinds["诚信"]) == ("withdrawn", "withdrawn")
    flag = entries(url)["1001", "诱导好评"].entry.id
    say(Statement("signed", flag, "李质检"), url, called)
    with Store.open(url) as store:
        ledger = store.ledger.entries("calls")
    kinds = {c.consequence_id: c.kind for c in find_changes(card, months, ledger)}
    assert (kinds["警告"], kinds["诚信"]) == ("withdrawn", "decide"), "one signature is somebody's word"


@pytest.mark.parametrize(("called", "changes"), [(45, False), (59, True)], indirect=["called"])
def test_a_dispute_that_could_change_the_grade_refuses_and_is_named(url, called, changes, tmp_path):
    say(Statement("rejected", entries(url)["1001", "诱导好评"].entry.id, "王主管", "客户先提的"), url, called)
    # 1002 has 2400 of 4000 points: 60 of these would be gone, 58.5
    contested = replace(
        ITEM, call_id="1002-7", scorecard="calls", criterion_id="礼貌", agent_id="1002", month=MONTH
    )
    contested = replace(contested, tally=Tally(60, 60))
    with Store.open(url) as store:
        store.disputes.file(contested, POLICY, CHEN, NOW, "context")
    options = ["--standard", called, "--store", url, "--out", str(tmp_path / "p.csv")]
    done = CliRunner().invoke(app, ["export", "payroll", MONTH, *options])
    if not changes:
        assert (done.exit_code, done.exception) == (0, None)
        return
    assert "1002 1002-7 礼貌：1 号申诉未决（待裁定）" in str(done.exception)
    done = CliRunner().invoke(app, ["export", "payroll", MONTH, *options, "--provisional"])
    assert done.exit_code == 0
    assert "未决：1002 1002-7 礼貌" in (tmp_path / "p.csv").read_text(encoding="utf-8-sig")


def test_only_a_closed_month_is_paid_and_by_its_own_revision(url, table1, tmp_path):
    feeds = a_month_of_table1(tmp_path)
    with pytest.raises(ConfigurationError, match="还没有关账"):
        paid(url, table1, feeds, tmp_path)
    monthly(url, MONTH, standard=table1, feeds=feeds, close_by="王主管")
    edited = shipped(tmp_path, "table1", ("coefficient: 1.2", "coefficient: 9"), ("revision: 2", "revision: 3"))
    assert paid(url, edited, feeds, tmp_path)["1001"]["coefficient"] == 1.2
    with pytest.raises(ConfigurationError, match="must end in"):
        export_payroll(url, MONTH, table1, tmp_path / "p.txt", feeds)
