"""The month through the flow: tried, closed, reopened, signed, compared; on a store with calls that were judged."""

import csv
from dataclasses import replace
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from flows.month.ledger import Remark, Statement, confirm_grade, raise_flag, say, show_ledger
from flows.month.month import monthly, reopen_month
from flows.month.periods import period_results
from flows.month.whatif import WhatIf, what_if
from flows.night.judgement import result_of
from flows.night.rescore import rescore_calls
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.call import Call
from pipeline.errors import ConfigurationError, PolicyError, StoreError
from pipeline.month.assessment.closing import ClosingState
from pipeline.month.ledger import entry_statuses
from pipeline.store import Store
from tests.builders import CALL, EARS, RINGING, hearing
from tests.test_disputes import CHEN, ITEM, NOW, POLICY
from tests.test_standards import STRANGER

GOOD = (
    "坐席：您好这里是阳光家政1001号客服员为您服务请问有什么可以帮到您",
    "客户：我想约一次保洁",
    "坐席：好的请问还有其他可以帮到您的吗感谢您的来电再见",
)
BAD = ("坐席：喂", "客户：我要投诉你们的保洁员把桌子刮坏了", "坐席：这个不归我管你爱找谁找谁")
MONTH = "2025-03"
STANDARD = """
name: hotline
title: 热线考核
revision: 1
effective_from: 2025-01-01
source: 热线考核办法
lexicons: [required, banned]
few_calls: 0
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
criteria:
  - id: 礼貌
    title: 礼貌用语
    standard: 不说服务禁语。
    source_class: A
    points: 60
    parts:
      - {title: 礼貌用语, rule: {kind: absent, detector: banned_wording}}
  - id: 解决
    title: 首次解决率
    standard: 首次解决率达到八成得满分。
    source_class: E
    points: 40
    indicator: tickets.first_contact
    scoring: {kind: target, at_least: 0.8, missed: zero, unit: "%"}
grades:
  - {name: 优秀, least: 90}
  - {name: 合格, least: 60}
  - {name: 不合格, least: 0, failing: true}
consequences:
  - {id: 奖金, title: 奖金上浮, when: {grade: 优秀}, coefficient: 1.1}
  - {id: 培训, title: 转岗培训, when: {grade: 不合格, months: 2}}
  - {id: 扣奖, title: 扣奖金, when: {grade: 不合格}, coefficient: 0.9}
"""


def call(number: int, agent: str, months_later: int = 0) -> Call:
    at = RINGING.replace(month=RINGING.month + months_later) + timedelta(minutes=number)
    return replace(
        CALL,
        id=f"{agent}-{months_later}-{number}",
        agent_id=agent,
        ring_at=at,
        answered_at=at + timedelta(seconds=8),
        ended_at=at + timedelta(seconds=68),
    )


@pytest.fixture
def url(tmp_path):
    """A store with three months of calls: 1001 is polite, 1002 is not."""
    address = f"sqlite:///{tmp_path}/callqa.db"
    rules = policy_of("kf01", load_settings())
    with Store.open(address) as store:
        for later in range(3):
            for agent, lines in (("1001", GOOD), ("1002", BAD)):
                for number in range(3):
                    heard = hearing(*lines, call=call(number, agent, later))
                    heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{later}{number}"))
                    store.calls.save(result_of(heard, rules, EARS))
    return address


@pytest.fixture
def standard(tmp_path):
    path = tmp_path / "hotline.yaml"
    path.write_text(STANDARD, encoding="utf-8")
    return str(path)


@pytest.fixture
def feeds(tmp_path):
    """Tickets of both agents for three months; ``write(agent=solved of ten)``."""
    folder = tmp_path / "feeds"
    folder.mkdir()

    def write(**solved: int):
        with (folder / "tickets.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["工单号", "工号", "创建时间", "首次解决"])
            for month in ("2025-03", "2025-04", "2025-05"):
                for agent, count in ({"a1001": 9, "a1002": 9} | solved).items():
                    for n in range(10):
                        done = "是" if n < count else "否"
                        rows.writerow([f"{agent}-{month}-{n}", agent[1:], f"{month}-10 09:00:00", done])
        return folder

    return write


def scores(report) -> dict[str | None, float | None]:
    return {row.agent_id: row.score for row in report.months}


def test_a_trial_may_be_repeated_and_a_closed_month_stays(url, standard, feeds):
    first = monthly(url, MONTH, standard=standard, feeds=feeds())
    assert scores(first) == {"1001": 100.0, "1002": 40.0}
    assert first.closing.state is ClosingState.TRIAL
    closed = monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="王主管")
    assert (closed.closing.state, closed.closing.by) == (ClosingState.CLOSED, "王主管")
    again = monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="李主管")
    assert (again.closing.by, again.closing.id) == ("王主管", closed.closing.id), (
        "the same figures are closed already"
    )
    with pytest.raises(StoreError, match=r"已由 王主管 于 .* 关账"):
        monthly(url, MONTH, standard=standard, feeds=feeds(a1001=5), close_by="李主管")
    trial = monthly(url, MONTH, standard=standard, feeds=feeds(a1001=5))
    assert trial.closing.state is ClosingState.TRIAL
    assert "有 1 行与关账时不同" in trial.notices[0]
    with Store.open(url) as store:
        assert {row.agent_id: row.score for row in store.months.rows(MONTH)} == {"1001": 100.0, "1002": 40.0}


def test_a_month_is_reopened_with_a_reason_and_closed_again(url, standard, feeds):
    monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="王主管")
    with pytest.raises(StoreError, match="--reason"):
        reopen_month(url, MONTH, standard, "王主管", " ")
    reopen_month(url, MONTH, standard, "王主管", "工单更正")
    corrected = monthly(url, MONTH, standard=standard, feeds=feeds(a1001=5), close_by="王主管", reason="工单更正")
    assert scores(corrected)["1001"] == 60.0
    assert [each.state for each in corrected.earlier] == [ClosingState.CLOSED, ClosingState.REOPENED]
    with Store.open(url) as store:
        history = store.months.history(MONTH)
    assert [(each.state, each.reason) for each in history] == [
        (ClosingState.CLOSED, ""),
        (ClosingState.REOPENED, "工单更正"),
        (ClosingState.CLOSED, "工单更正"),
    ]


def test_consequences_wait_for_signatures_and_a_correction_is_listed(url, standard, feeds, capsys):
    def entries():
        with Store.open(url) as store:
            return {
                (e.entry.agent_id, e.entry.month, e.entry.title): e
                for e in entry_statuses(store.ledger.entries("hotline"))
            }

    for month in ("2025-03", "2025-04"):
        monthly(url, month, standard=standard, feeds=feeds(), close_by="王主管")
    assert {key: each.state for key, each in entries().items()} == {
        ("1001", "2025-03", "奖金上浮"): "open",
        ("1002", "2025-03", "扣奖金"): "open",
        ("1001", "2025-04", "奖金上浮"): "open",
        ("1002", "2025-04", "转岗培训"): "open",
        ("1002", "2025-04", "扣奖金"): "open",
    }
    training = entries()["1002", "2025-04", "转岗培训"].entry
    assert training.note == "2025-03 40.0 不合格、2025-04 40.0 不合格，连续 2 个月不合格"
    assert say(Statement("signed", training.id, "人事"), url, standard).endswith("已生效")
    assert "早已由 人事 签字生效" in say(Statement("signed", training.id, "李主管"), url, standard)
    with pytest.raises(ConfigurationError, match="要撤回请用 callqa ledger withdraw"):
        say(Statement("rejected", training.id, "李主管", "当月请假"), url, standard)
    with pytest.raises(ConfigurationError, match="is of hotline: add --standard"):
        say(Statement("signed", training.id, "李主管"), url, "kf01")
    reopen_month(url, "2025-03", standard, "王主管", "申诉成立")
    with Store.open(url) as store:
        rules = policy_of(standard, load_settings())
        for number in range(3):
            heard = hearing(*GOOD, call=call(number, "1002"))
            heard = replace(heard, recording=replace(heard.recording, id=f"sha10020{number}"))
            store.calls.save(result_of(heard, rules, EARS))
    monthly(url, "2025-03", standard=standard, feeds=feeds(), close_by="王主管", reason="申诉成立")
    assert entries()["1002", "2025-04", "转岗培训"].state == "effective", "a signature is never undone in silence"
    assert entries()["1002", "2025-03", "扣奖金"].state == "withdrawn"
    told = "".join(str(part) for part in show_ledger(url, standard) if not hasattr(part, "columns"))
    assert "已签字的“转岗培训”需人工决定" in told
    with pytest.raises(ConfigurationError, match="has no proposal, flag or look 999"):
        say(Statement("signed", 999, "人事"), url, standard)


def test_a_flag_needs_two_people_and_then_the_grade_fails(url, standard, feeds):
    monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="王主管")
    said = raise_flag(Remark("1001", MONTH, "李质检", "刷好评"), url, standard)
    number = int("".join(filter(str.isdigit, said.partition("：")[0])))
    assert say(Statement("signed", number, "李质检"), url, standard).endswith("待签字")
    assert say(Statement("signed", number, "李质检"), url, standard).endswith("待签字"), "one person is not two"
    assert say(Statement("signed", number, "王主管"), url, standard).endswith("已生效")
    with Store.open(url) as store:
        titles = {
            e.entry.title: e.state
            for e in entry_statuses(store.ledger.entries("hotline"))
            if e.entry.agent_id == "1001"
        }
    assert titles["奖金上浮"] == "withdrawn"
    assert titles["扣奖金"] == "open"


def test_a_grade_is_confirmed_only_for_a_closed_month_and_by_its_name(url, standard, feeds):
    with pytest.raises(ConfigurationError, match="has no closed month"):
        confirm_grade(Remark("1001", MONTH, "王主管"), "优秀", url, standard)
    monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="王主管")
    with pytest.raises(ConfigurationError, match="已有等级 优秀"):
        confirm_grade(Remark("1001", MONTH, "王主管"), "不合格", url, standard)
    with pytest.raises(ConfigurationError, match="没有等级 好；可选：优秀、"):
        confirm_grade(Remark("1001", MONTH, "王主管"), "好", url, standard)


def test_next_month_tells_what_became_of_the_plan(url, standard, feeds, tmp_path):
    monthly(url, "2025-03", standard=standard, feeds=feeds(a1001=5), close_by="王主管")
    out = tmp_path / "april.xlsx"
    report = monthly(url, "2025-04", out, standard, feeds())
    (result,) = report.plan_results["1001"]
    assert (result.row.criterion_id, result.met) == ("解决", True)
    assert "改进计划" in load_workbook(out).sheetnames


def test_quarters_are_summed_then_divided(url, standard, feeds):
    with pytest.raises(ConfigurationError, match="no month of 2025-Q2 is closed by hotline"):
        period_results(url, "2025-Q2", standard)
    monthly(url, "2025-04", standard=standard, feeds=feeds(), close_by="王主管")
    monthly(url, "2025-05", standard=standard, feeds=feeds(a1001=5), close_by="王主管")
    results = dict(period_results(url, "2025-Q2", standard))
    assert results["1001 林晓雯"].score == pytest.approx(80.0)
    assert results["合计"].score == pytest.approx((100 + 60 + 40 + 40) / 4)


def test_what_if_says_who_would_change_and_keeps_nothing(url, standard, feeds, tmp_path):
    folder = feeds()
    tried = tmp_path / "stricter.yaml"
    tried.write_text(STANDARD.replace("at_least: 0.8", "at_least: 0.95"), encoding="utf-8")
    before = monthly(url, MONTH, standard=standard, feeds=folder)
    found = {each.before.agent_id: each for each in what_if(url, WhatIf(MONTH, str(tried), standard, folder))}
    assert (found["1001"].before.score, found["1001"].after.score) == (100.0, 60.0)
    assert found["1001"].pays == ("绩效奖金基数×1.1", "")
    assert found["1002"].changed
    same = what_if(url, WhatIf(MONTH, standard, standard, folder))
    assert [each.changed for each in same] == [False, False]
    assert {each.before.agent_id: each.before for each in same} == {row.agent_id: row for row in before.months}, (
        "stored evaluations and replayed findings give the same month"
    )
    with Store.open(url) as store:
        assert [each.state for each in store.months.history()] == [ClosingState.TRIAL]


def test_a_file_edited_under_the_same_revision_is_judged_as_it_is_now(url, standard, feeds, tmp_path):
    rescore_calls(standard, url, None, load_settings())
    path = tmp_path / "hotline.yaml"
    path.write_text(
        STANDARD.replace("points: 60", "points: 20").replace("points: 40", "points: 80"), encoding="utf-8"
    )
    assert scores(monthly(url, MONTH, standard=standard, feeds=feeds())) == {"1001": 100.0, "1002": 80.0}
    item = "  - {id: 微笑, title: 微笑, standard: 微笑服务。, source_class: M, points: 10}\ngrades:"
    path.write_text(STANDARD.replace("grades:", item), encoding="utf-8")
    assert scores(monthly(url, MONTH, standard=standard, feeds=feeds())) == {"1001": 100.0, "1002": 40.0}


def test_an_error_of_the_standard_refuses_to_score(url):
    with pytest.raises(PolicyError, match="没有选定考核哪些项目"):
        monthly(url, MONTH, standard="kf03")
    with pytest.raises(PolicyError, match="没有分值"):
        monthly(url, MONTH, standard="jiazheng")


@pytest.mark.parametrize("name", ["kf01", "kf02", "shimao", "table1", "table2", "table3"])
def test_every_shipped_standard_makes_a_workbook(url, name, tmp_path):
    out = tmp_path / "month.xlsx"
    report = monthly(url, MONTH, out, name)
    assert {row.agent_id for row in report.months} == {"1001", "1002"}
    assert "说明" in load_workbook(out).sheetnames


def test_a_hand_written_standard_runs_from_call_to_workbook(url, tmp_path, feeds):
    text = STRANGER.read_text(encoding="utf-8").replace(
        "applies_to: {queues: [售前, 售后], teams: [热线一组, 热线二组]}", "applies_to: {queues: [热线]}"
    )
    path = tmp_path / "ours.yaml"
    path.write_text(text.replace("effective_from: 2026-10-01", "effective_from: 2025-01-01"), encoding="utf-8")
    out = tmp_path / "month.xlsx"
    polite, rude = monthly(url, MONTH, out, str(path), feeds()).months
    assert polite.score > rude.score
    assert load_workbook(out).sheetnames


def test_findings_of_other_phrase_lists_are_not_judged_by_todays_rules(url, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["锦绣物业"]')
    with pytest.raises(ConfigurationError, match="run `callqa rescore --scorecard table1` first"):
        monthly(url, MONTH, standard="table1")
    rescore_calls("table1", url, None, load_settings())
    assert monthly(url, MONTH, standard="table1").months


def test_a_value_for_an_item_that_nobody_knows_is_told(url, standard, feeds):
    folder = feeds()
    rows = ["月份,工号,项目,值,评定人", "2025-03,1001,礼貌,不符合,王主管", "2025-03,1001,礼冒,符合,王主管"]
    (folder / "judged.csv").write_text("\n".join(rows), encoding="utf-8")
    report = monthly(url, MONTH, standard=standard, feeds=folder)
    assert "“礼冒”没有用上" in report.notices[0]
    assert scores(report)["1001"] == 40.0, "what a person gave stands before what was heard"


def test_closing_warns_of_disputes_that_wait_for_a_ruling(url, standard, feeds):
    contested = replace(ITEM, call_id="1002-0-0", scorecard="hotline", criterion_id="礼貌", agent_id="1002")
    with Store.open(url) as store:
        store.disputes.file(contested, POLICY, CHEN, NOW, "context")
    warned = monthly(url, MONTH, standard=standard, feeds=feeds(), close_by="王主管")
    assert warned.notices[0].startswith("有 1 件申诉未决")
    assert warned.closing.notices[0] == warned.notices[0], "kept with the closing"
    other = monthly(url, "2025-04", standard=standard, feeds=feeds())
    assert not any("申诉" in notice for notice in other.notices)


def test_a_month_without_calls_or_feeds_is_refused(url):
    with pytest.raises(ConfigurationError, match="no calls of 2025-01"):
        monthly(url, "2025-01")
    with pytest.raises(ConfigurationError, match="is not a month"):
        monthly(url, "2024-13")
