"""A month of each standard from calls, feeds and people to what is paid: every figure was computed by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from flows.month.ledger import Remark, confirm_grade
from flows.month.month import monthly, reopen_month
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.policy.scorecards import checked_scorecard
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind
from pipeline.review.opinions import Opinion, to_answer
from pipeline.review.overlay import machine_answers
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.builders import CALL, EARS, hearing
from tests.test_payroll import GRADES, MONTH, figures, judged, paid, shipped, sign_all, tables, url

__all__ = ["url"]  # a fixture

EVENING = datetime(2025, 3, 3, 11, 12, tzinfo=UTC)  # 19:12 in Shanghai: of the peak hours that 表3 prints
ASKS = (
    "坐席：您好这里是阳光家政1001号客服员为您服务请问有什么可以帮到您",
    "客户：我想约一次保洁",
    "坐席：好的请问还有其他可以帮到您的吗感谢您的来电再见",
)
COMPLAINT = (
    "坐席：您好这里是阳光家政1001号客服员为您服务请问有什么可以帮到您",
    "客户：我要投诉你们的保洁员把桌子刮坏了",
    "坐席：非常抱歉给您添麻烦了",
    "客户：那怎么办",
    "坐席：我马上帮您登记请问还有其他可以帮到您的吗感谢您的投诉再见",
)
CURT = (*ASKS[:2], "坐席：稍等", "客户：好的", ASKS[2])
OFFERS = (*ASKS[:2], "坐席：顺便给您推荐一款护手霜", "客户：好的", ASKS[2])
JIAZHENG = ("jiazheng", "jiazheng_calls")
LINES = """
grades:
  - {name: 优秀, least: 85}
  - {name: 合格, least: 50}
  - {name: 不合格, least: 0, failing: true}
consequences:
  - {id: 奖金-优秀, title: 奖金, when: {grade: 优秀}, coefficient: 1.2}
  - {id: 奖金-合格, title: 奖金, when: {grade: 合格}, coefficient: 0.9}
plan:"""
"""Lines and coefficients of an operator's own, where the document prints none."""
WAGES = ["月份,工号,当月工资,绩效奖金基数", f"{MONTH},1001,6000,1000.55"]


def calls(url: str, standard: str, *lines: tuple[str, ...]) -> None:
    """A call of agent 1001 for each of these, all answered eight seconds after they rang, judged and kept."""
    rules = policy_of(standard, load_settings())
    with Store.open(url) as store:
        for n, each in enumerate(lines):
            at = EVENING + timedelta(minutes=n)
            times = {
                "ring_at": at,
                "answered_at": at + timedelta(seconds=8),
                "ended_at": at + timedelta(seconds=68),
            }
            heard = hearing(*each, call=replace(CALL, id=f"C{n}", **times))
            heard = replace(heard, recording=replace(heard.recording, id=f"sha{n}"))
            store.calls.save(result_of(heard, rules, EARS))


def listen(url: str, standard: str, call_id: str = "C0", **levels: str) -> None:
    """What a person says on a call: a level by item."""
    card, _ = checked_scorecard(standard)
    with Store.open(url) as store:
        machine = machine_answers(store.calls.get(call_id), card)
        for item, level in levels.items():
            opinion = Opinion(Kind.LEVEL, "李质检", EVENING, level=level, reason="assessed")
            store.answers.save(to_answer(card, call_id, machine[item], opinion), LastAct(0, 0))


def month_of(url: str, standard: str, feeds, grade: str):
    """The agent's month, closed; where what was heard leaves the grade open, a person has confirmed it."""
    report = monthly(url, MONTH, standard=standard, feeds=feeds, close_by="王主管")
    (row,) = (each for each in report.months if each.agent_id == "1001")
    if row.grade is None:
        confirm_grade(Remark("1001", MONTH, "李质检"), grade, url, standard)
    else:
        assert row.grade == grade
    sign_all(url, standard)
    return row


def payable(url: str, standard: str, feeds, tmp_path) -> tuple:
    return figures(paid(url, standard, feeds, tmp_path), "coefficient", "payable")["1001"]


def followed(tickets: str, callbacks: str) -> dict[str, list[str]]:
    """Four tickets and four services, each closed (是) or in time (是), or not (否), by letter."""
    closed = {"是": "2025-03-04 09:00", "否": ""}
    called = {"是": "2025-03-05 09:00", "否": "2025-03-20 09:00"}
    return {
        "tickets": [
            "工单号,工号,创建时间,关闭时间",
            *(f"T{n},1001,2025-03-03 09:00,{closed[each]}" for n, each in enumerate(tickets)),
        ],
        "callbacks": [
            "服务单号,工号,服务完成时间,回访时间",
            *(f"B{n},1001,2025-03-04 09:00,{called[each]}" for n, each in enumerate(callbacks)),
        ],
    }


def test_kf02(url, tmp_path):
    standard = shipped_with_lines(tmp_path, "kf02")
    calls(url, standard, *[ASKS] * 10)
    listen(url, standard, **{"KF02-5-1": "基本符合", "KF02-5-2": "符合"})
    people = {
        "KF02-1": "基本符合",  # 12 x 0.8 = 9.6
        **{f"KF02-2-{n}": "符合" for n in range(1, 6)},  # 5 x 2 = 10; (6) by calls: 2
        "KF02-3": "符合",  # 30
        "KF02-4-1": "符合",
        "KF02-4-2": "符合",
        "KF02-4-3": "基本符合",  # 4 + 4 + 3.2; (4) by calls: 4
        "KF02-8": "符合",  # 5
    }
    # Three of four tickets closed: 0.75 is 基本符合, 5 x 0.8; all called back in three working days: 5.
    feeds = tables(tmp_path, judged=judged({"1001": people}), wages=WAGES, **followed("是是是否", "是是是是"))
    row = month_of(url, standard, feeds, "优秀")
    # 9.6 + 12 + 30 + 15.2 + (5 x 0.8 + 5 on the call listened to) + 9 + 5 + 5
    assert {each.criterion_id: each.earned for each in row.criteria} == pytest.approx(
        {
            "KF02-1": 9.6,
            "KF02-2": 12.0,
            "KF02-3": 30.0,
            "KF02-4": 15.2,
            "KF02-5": 9.0,
            "KF02-6": 9.0,
            "KF02-7": 5.0,
            "KF02-8": 5.0,
        }
    )
    assert row.score == 94.8
    assert payable(url, standard, feeds, tmp_path) == (1.2, 1200.66)


def shipped_with_lines(tmp_path, name: str, *changes: tuple[str, str]) -> str:
    """A shipped standard that prints no grades, with those of an operator."""
    path = shipped(tmp_path, name, *changes)
    with open(path, "r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(
            text.replace("\nplan:", LINES, 1) if "\nplan:" in text else f"{text}{LINES.removesuffix('plan:')}"
        )
        file.truncate()
    return path


def test_kf03(url, tmp_path):
    standard = shipped_with_lines(tmp_path, "kf03", ("\nassessed:\n", "\nassessed: [KF03-四, KF03-五-1]\n"))
    calls(url, standard, *[COMPLAINT] * 10)
    listen(url, standard, **{"KF03-五-1-1": "符合", "KF03-五-1-2": "基本符合"})  # 3 + 2.4 of 6
    people = {
        "KF03-四-1": "符合",
        "KF03-四-2": "符合",
        "KF03-四-3": "基本符合",
        "KF03-四-4": "符合",  # 6 + 6 + 6.4 + 6
        **{f"KF03-五-1-{n}": "符合" for n in (3, 4, 5)},  # 9
        "KF03-五-1-7": "不符合",  # 0 of 3
        "KF03-五-1-8": "n_a",  # leaves
    }
    # All tickets closed: 8. Two of four called back in time: 0.5 is 一般符合, 6 x 0.6 = 3.6.
    feeds = tables(tmp_path, judged=judged({"1001": people}), wages=WAGES, **followed("是是是是", "是是否否"))
    row = month_of(url, standard, feeds, "优秀")
    # Calls: apology, question with thanks, goodbye, 9 of 9. 五-1: 9 + 5.4 + 9 + 0 of 27; 四: 36 of 40.
    assert row.score == 88.66  # 59.4 / 67 = 88.657
    assert payable(url, standard, feeds, tmp_path) == (1.2, 1200.66)


def test_table2(url, tmp_path):
    standard = shipped(tmp_path, "table2", *GRADES)
    calls(url, standard, *[ASKS] * 7, CURT, CURT, OFFERS)
    tickets = [
        "工单号,工号,创建时间,首次解决,记录错误数",
        *(f"T{n},1001,2025-03-03 09:00,{'是' if n < 22 else '否'},{int(n == 0)}" for n in range(25)),
    ]
    feeds = tables(tmp_path, tickets=tickets, wages=WAGES)
    row = month_of(url, standard, feeds, "优秀")
    assert {each.criterion_id: each.earned for each in row.criteria} == pytest.approx(
        {
            "T1-1": 20.0,  # 8 s
            "T1-2": 23.0,  # two of ten calls with a curt 稍等, 1 point each
            "T1-3": 30.0,  # 22 of 25 is 88 %
            "T1-4": 13.8,  # one error in 25 tickets: in 10 of 25 draws, 15 - 0.4 x 3
            "T1-5": 10.0,  # one offer in ten calls is 10 %
        }
    )
    assert row.score == 96.8
    assert payable(url, standard, feeds, tmp_path) == (1.2, 1200.66)


def test_table3(url, tmp_path):
    standard = shipped_with_lines(tmp_path, "table3")
    calls(url, standard, *[ASKS] * 10)
    tickets = [
        "工单号,工号,创建时间,首次解决",
        *(f"T{n},1001,2025-03-03 09:00,{'是' if n < 22 else '否'}" for n in range(25)),
    ]
    feeds = tables(tmp_path, tickets=tickets, wages=WAGES)
    row = month_of(url, standard, feeds, "合格")
    assert row.score == 50.0  # 8 s at the peak, within 25: 50 of 50; 88 % of 90 %: 0 of 50
    assert payable(url, standard, feeds, tmp_path) == (0.9, 900.5)  # 900.495, half up


def test_shimao(url, tmp_path):
    lines = (
        ("{name: 优秀, least: }", "{name: 优秀, least: 85}"),
        ("{name: 合格, least: }", "{name: 合格, least: 50}"),
        ("\nplan:", "\n  - {id: 奖金, title: 奖金, when: {grade: 优秀}, coefficient: 1.2}\nplan:"),
    )
    standard = shipped(tmp_path, "shimao", *lines)
    calls(url, standard, *[ASKS] * 10)
    card, _ = checked_scorecard(standard)
    by_calls = {"SM-7", "SM-12"}  # no curt word; within three rings, with a greeting
    people = {each.id: "符合" for each in card.chosen if each.id not in by_calls} | {"SM-17": "不符合"}
    feeds = tables(tmp_path, judged=judged({"1001": people}), wages=WAGES)
    row = month_of(url, standard, feeds, "优秀")
    assert len(card.chosen) == 21
    # Twenty-one equal shares; of SM-3, SM-5 and SM-21 a half, three quarters and two thirds are off: [X] is open.
    # 20 - 1/2 - 3/4 - 2/3 of 21 - 1/2 - 3/4 - 2/3: 18.0833 / 19.0833
    assert row.score == 94.76
    assert payable(url, standard, feeds, tmp_path) == (1.2, 1200.66)


BLESSED = (
    *ASKS[:2],
    "坐席：好的保洁每小时五十元，这是我的微信，有问题可以随时找我，祝您生活愉快再见",
)
VAGUE = (*ASKS[:2], "坐席：保洁可能大概要五十元吧", "客户：好的", ASKS[2])


def with_call_rules(tmp_path) -> str:
    """The nine indicators and the call rules of 家政 as one standard of eighteen items, as operators write one."""
    both = [yaml.safe_load(Path(find_scorecard(name).path).read_text("utf-8")) for name in JIAZHENG]
    made = {**both[1], **both[0], "criteria": both[0]["criteria"] + both[1]["criteria"]}
    made |= {"weights": "equal", "missed": "zero", "payroll": {"below_zero": "zero"}}
    path = tmp_path / "jiazheng.yaml"
    path.write_text(yaml.safe_dump(made, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return str(path)


def test_jiazheng_with_its_call_rules(url, tmp_path):
    standard = with_call_rules(tmp_path)
    calls(url, standard, *[BLESSED] * 6, *[ASKS] * 2, VAGUE, COMPLAINT)
    listen(url, standard, **{f"HC-3-{n}": "符合" for n in (1, 2, 3)})
    people = {"H-6": 4, "H-8": 4.5, "HC-4": "符合", "HC-5": "不符合"}
    at = "1001,2025-03-03 09:00"
    feeds = tables(
        tmp_path,
        chat=["会话编号,工号,发起时间,首次回复时间", f"S1,{at},2025-03-03 09:08"],
        orders=["订单号,工号,下单时间,录入准确", *(f"O{n},{at},{'是' if n else '否'}" for n in range(50))],
        tickets=["工单号,工号,创建时间,类型,已解决", f"T1,{at},投诉,是"],
        satisfaction=["评价编号,工号,评价时间,满意度,同理心", f"P1,{at},4.6,3.9"],
        callbacks=[
            "服务单号,工号,服务完成时间,回访时间",
            *(f"B{n},{at},{'2025-03-04 09:00' if n else ''}" for n in range(10)),
        ],
        exams=["工号,科目,考试日期,成绩", "1001,话术,2025-03-05,80"],
        judged=judged({"1001": people}),
        wages=WAGES,
    )
    # 可能大概 in one call may be fair: nothing is paid before a person has heard it and says that it was not.
    monthly(url, MONTH, standard=standard, feeds=feeds, close_by="王主管")
    with pytest.raises(ConfigurationError, match="1001 C8 HC-2"):
        payable(url, standard, feeds, tmp_path)
    listen(url, standard, "C8", **{"HC-2-1": "不符合"})
    reopen_month(url, MONTH, standard, "王主管", "听过 C8")
    row = month_of(url, standard, feeds, "合格")
    assert {each.criterion_id: each.earned * 18 / 100 for each in row.criteria} == pytest.approx(
        {
            **{f"H-{n}": 1.0 for n in range(1, 10)},  # 8 minutes, 98 %, 1 of 1, 4.6, 90 %, 4, -, 4.5, 80
            "H-7": 0.0,  # 3.9 of 4
            "HC-1": 1.0,  # in all ten calls
            "HC-2": 0.9,  # but for one call
            "HC-3": 1.0,  # said by a person of one call
            "HC-4": 1.0,
            "HC-5": 0.0,
            "HC-6": 0.6,  # in six of ten calls
            "HC-7": 0.6,
            "HC-8": 1.0,  # soothed first in the one complaint; its other five parts nobody has answered
            "HC-9": 1.0,
        }
    )
    # Of eighteen equal shares calls were asked 5 each, and 1/6 in one of ten: 50 1/6 of 5 1/6, so a value of the
    # month weighs w = 301/31 calls. Calls 10 + 9 + 6 + 6 + 10 + 1/6 of 50 1/6, the other twelve items 10 w of 12 w:
    # 25717/31003.
    assert row.score == 82.95
    assert payable(url, standard, feeds, tmp_path) == (1.0, 1000.55)


def test_table1(url, tmp_path):
    standard = shipped(tmp_path, "table1", *GRADES)
    unsoothed = (COMPLAINT[0], COMPLAINT[1], "坐席：这个是阿姨新来的不太熟悉", "客户：那怎么办", COMPLAINT[-1])
    calls(url, standard, *[ASKS] * 6, OFFERS, OFFERS, COMPLAINT, unsoothed)
    tickets = [
        "工单号,工号,创建时间,首次解决,记录错误数",
        *(f"T{n},1001,2025-03-03 09:00,{'是' if n < 20 else '否'},{int(n == 0)}" for n in range(25)),
    ]
    feeds = tables(tmp_path, tickets=tickets, wages=WAGES)
    row = month_of(url, standard, feeds, "良好")
    assert {each.criterion_id: each.earned for each in row.criteria} == pytest.approx(
        {
            "T1-1": 20.0,  # 8 s
            "T1-2": 20.0,  # one of ten calls not soothed, 5 points
            "T1-3": 25.0,  # 20 of 25 is 80 %, five below 85 %
            "T1-4": 13.8,  # one error in 25 tickets: in 10 of 25 draws, 15 - 0.4 x 3
            "T1-5": 10.0,  # offers in two of ten calls
        }
    )
    assert row.score == 88.8
    assert payable(url, standard, feeds, tmp_path) == (1.0, 1000.55)
