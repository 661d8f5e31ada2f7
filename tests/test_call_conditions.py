"""Conditions over the record of a call, its length and its number of turns; what the record does not tell."""

import pytest
from pydantic import ValidationError

from pipeline.call.cdr import read
from pipeline.call.cdr.row import LONGEST_TEXT, MOST_COLUMNS
from pipeline.errors import PolicyError
from pipeline.evaluation import evaluate
from pipeline.findings.conditions import Condition, UnknownFactError
from pipeline.findings.detection import detect
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.rulebook import Rulebook, RulebookFile, load_rulebook
from pipeline.hearing.dialogue import hearing_of
from pipeline.scorecard import load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.store.calls.kept import changes
from tests.test_conditions import found

RECORD = (
    "（话单：队列=售后，方向=呼出，工号=1001，开始=2025-03-03 21:30，时长=95，振铃=9，挂机=客户，"
    "渠道=微信，金额=1200，备用=）"
)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"queue": "售后"}, True),
        ({"queue": ["售前", " 售后 "]}, True),
        ({"queue": "售前"}, False),
        ({"agent": "1001", "direction": "outbound"}, True),
        ({"direction": "inbound"}, False),
        ({"hangup_by": "customer"}, True),
        ({"duration_s": {"at_least": 95}}, True),
        ({"duration_s": {"at_least": 95.5}}, False),
        ({"duration_s": {"at_most": 94.9}}, False),
        ({"ring_s": {"at_least": 9, "at_most": 9}}, True),
        ({"hour": {"from": 21, "to": 7}}, True),
        ({"hour": {"from": 22, "to": 7}}, False),
        ({"hour": {"from": 8, "to": 22}}, True),
        ({"hour": {"from": 8, "to": 21}}, False),
        ({"parameters": {"渠道": "微信"}}, True),
        ({"parameters": {"渠道": ["电话", "网页"]}}, False),
        ({"parameters": {"金额": {"at_least": 1200}}}, True),
        ({"parameters": {"金额": {"at_least": 1200.5}}}, False),
        ({"parameters": {"备用": "是"}}, False),
        ({"queue": "售后", "parameters": {"渠道": "电话"}}, False),
    ],
)
def test_what_the_record_says(asked, holds):
    places = found({"call": asked}, RECORD, "坐席：您好", "客户：喂")
    assert bool(places) is holds
    assert not any(place.located for place in places)


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ({"queue": "售后"}, "队列"),
        ({"hour": {"from": 9, "to": 18}}, "开始时间"),
        ({"parameters": {"渠道": "微信"}}, "“渠道”"),
        ({"queue": "售后", "ring_s": {"at_most": 9}}, "队列、振铃时长"),
    ],
)
def test_what_the_record_does_not_tell_is_not_decided(asked, missing):
    with pytest.raises(UnknownFactError, match=f"话单没有写明{missing}$"):
        found({"call": asked}, "坐席：您好")


def test_one_part_that_decides_makes_the_unknown_one_idle():
    unknown, said, unsaid = (
        {"call": {"queue": "售后"}},
        {"keywords": {"any": ["您好"]}},
        {"keywords": {"any": ["再见"]}},
    )
    assert found({"any": [unknown, said]}, "坐席：您好")
    assert not found({"all": [unknown, unsaid]}, "坐席：您好")
    for undecided in ({"any": [unknown, unsaid]}, {"all": [unknown, said]}, {"not": unknown}):
        with pytest.raises(UnknownFactError):
            found(undecided, "坐席：您好")


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"role": "agent", "at_least": 2}, True),
        ({"role": "agent", "at_least": 3}, False),
        ({"at_least": 3, "at_most": 3}, True),
        ({"role": "customer", "at_most": 0}, False),
    ],
)
def test_the_number_of_turns(asked, holds):
    assert bool(found({"turns": asked}, "录音：欢迎致电", "坐席：您好", "客户：喂", "坐席：请讲")) is holds


@pytest.mark.parametrize(
    "wrong",
    [
        {"call": {}},
        {"call": {"queue": "售后", "colour": "red"}},
        {"call": {"duration_s": {}}},
        {"call": {"duration_s": {"at_least": 9, "at_most": 3}}},
        {"call": {"hour": {"from": 25, "to": 3}}},
        {"turns": {"role": "agent"}},
        {"entity": {"kind": "colour"}},
        {"order": {"first": {"call": {"queue": "售后"}}, "then": {"keywords": {"any": ["您好"]}}}},
        {"before": {"find": {"keywords": {"any": ["您好"]}}, "of": {"turns": {"at_least": 2}}}},
    ],
)
def test_mistakes_are_refused_when_the_file_is_read(wrong):
    with pytest.raises(ValidationError):
        Condition.model_validate(wrong)


RULE = """\
name: ours
revision: 1
title: 规则
rules:
  - term: night
    title: 夜间外呼
    condition: {call: {direction: outbound, hour: {from: 21, to: 7}}}
    examples: [["（话单：方向=呼出，开始=2025-03-03 22:10）", "坐席：您好"]]
    counterexamples: [["（话单：方向=呼出，开始=2025-03-03 10:10）", "坐席：您好"]]
"""


def test_examples_of_a_rule_carry_a_record(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text(RULE, encoding="utf-8")
    assert load_rulebook(path).file.rules[0].term == "night"
    path.write_text(RULE.replace("，开始=2025-03-03 22:10", ""), encoding="utf-8")
    with pytest.raises(PolicyError, match="话单没有写明开始时间; write it in a line of its own"):
        load_rulebook(path)


@pytest.mark.parametrize(
    "record", ["（话单：方向=斜的）", "（话单：时长=很久）", "（话单：开始=昨天）", "（话单：队列）"]
)
def test_a_record_that_cannot_be_read_is_told(record):
    with pytest.raises(ValueError, match="话单一行"):
        hearing_of([record, "坐席：您好"])


def test_a_rule_that_the_record_leaves_open_goes_to_a_person():
    rule = {"term": "wechat", "title": "微信来电", "condition": {"call": {"parameters": {"渠道": "微信"}}}}
    file = RulebookFile.model_validate({"name": "ours", "revision": 1, "title": "规则", "rules": [rule]})
    (hit,) = Rulebook(file, "f00d", {}).search(hearing_of("坐席：您好"), ())
    assert (hit.detector, hit.term, hit.value) == (UNCLEAR, "wechat", "规则“微信来电”：话单没有写明“渠道”")


CARD = """\
name: ours
title: 售后考核
revision: 1
effective_from: 2026-01-01
source: 示例
levels: {符合: 1, 不符合: 0}
cutoffs: {符合: 1}
total: 10
criteria:
  - id: A1
    title: 售后要报时限
    standard: 售后来电满 30 秒的，要说“两小时内”。
    source_class: A
    points: 10
    parts:
      - title: 说时限
        rule:
          kind: condition
          condition: {keywords: {any: [两小时内], role: agent}}
          when: {call: {queue: 售后, duration_s: {at_least: 30}}}
"""


@pytest.mark.parametrize(
    ("record", "said", "answer"),
    [
        ("（话单：队列=售后，时长=30）", "两小时内给您回电", ("met", 10.0)),
        ("（话单：队列=售后，时长=30）", "会给您回电的", ("not_met", 0.0)),
        ("（话单：队列=售后，时长=29）", "会给您回电的", ("not_applicable", 0.0)),
        ("（话单：队列=售前，时长=90）", "会给您回电的", ("not_applicable", 0.0)),
        ("（话单：时长=90）", "会给您回电的", ("unsure", 0.0)),
        ("（话单：时长=9）", "会给您回电的", ("not_applicable", 0.0)),
    ],
)
def test_a_scorecard_asks_only_some_calls(tmp_path, record, said, answer):
    path = tmp_path / "ours.yaml"
    path.write_text(CARD, encoding="utf-8")
    card = load_scorecard(path)
    call = hearing_of([record, f"坐席：您好请讲，{said}", "客户：好的"])
    findings = detect(call, (), [conditions_of(card)])
    (got,) = evaluate(call, findings, card, "").answers
    assert (got.outcome.value, got.tally.awarded) == answer


# --- the other columns of a record


def records_of(header: str, *rows: str):
    return read("\n".join([header, *rows]).encode(), "cdr.csv", "csv")


def test_other_columns_of_the_record_are_kept():
    got = records_of(
        "call_id,agent_id,direction,started_at,caller,渠 道,VIP,备注2",
        "D01,1001,in,2025-03-03 09:12:05,13800132201,微信,NULL, 急 ",
    )
    assert got.calls[0].parameters == (("渠 道", "微信"), ("VIP", ""), ("备注2", "急"))
    assert got.calls[0].parameter("VIP") == ""
    assert got.calls[0].parameter("caller") is None


def test_what_is_too_much_of_a_record_is_left_out_and_told():
    many = [f"c{n}" for n in range(MOST_COLUMNS + 1)]
    cells = ["x" * (LONGEST_TEXT + 1), *("y" for _ in many[1:])]
    header = ",".join(["call_id,agent_id,direction,started_at", *many])
    got = records_of(header, ",".join(["D01,1001,in,2025-03-03 09:12:05", *cells]))
    assert [title for title, _ in got.calls[0].parameters] == many[1:MOST_COLUMNS]
    told = "；".join(notice.problem for notice in got.notices)
    assert "40 列以上" in told
    assert "超过 200 字" in told
    assert "xxx" not in told


def test_a_call_of_before_is_not_changed_by_columns_that_were_not_kept_then():
    old = records_of("call_id,agent_id,direction,started_at", "D01,1001,in,2025-03-03 09:12:05").calls[0]
    header = "call_id,agent_id,direction,started_at,渠道"
    one, other = (
        records_of(header, f"D01,1001,in,2025-03-03 09:12:05,{text}").calls[0] for text in ("微信", "电话")
    )
    assert not changes(old, one)
    assert changes(one, other) == {"parameters": ([["渠道", "微信"]], [["渠道", "电话"]])}
