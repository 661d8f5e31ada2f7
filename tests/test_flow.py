"""Flow check: which step of a flow a call lacks, and where it was due."""

from dataclasses import replace

import pytest

from flows.policy.library import library_of
from flows.policy.trial import trial_of
from flows.settings import Settings
from pipeline.errors import PolicyError
from pipeline.evaluation import evaluate
from pipeline.findings.detection import detect
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.findings.rulebook import Rulebook, RulebookFile, load_rulebook
from pipeline.findings.titles import shipped_titles, title_of
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.scorecard import load_scorecard
from tests.builders import finding


def said(*words):
    return {"keywords": {"any": list(words), "role": "agent", "tolerance": 0}}


STEPS = [
    {"term": "sorry", "title": "致歉", "condition": said("抱歉")},
    {"term": "ask", "title": "询问", "condition": said("贵姓")},
    {"term": "plan", "title": "给方案", "condition": said("安排")},
    {"term": "bye", "title": "道别", "condition": said("再见")},
]
WHEN = {"keywords": {"any": ["投诉"], "role": "customer"}}


def found(*lines, steps=STEPS, findings=(), **flow):
    """Detector, term, sentence and place of what a flow finds in a dialogue."""
    rule = {"term": "f", "title": "投诉处理", "role": "agent", "flow": {"when": WHEN, "steps": steps, **flow}}
    file = RulebookFile.model_validate({"name": "f", "revision": 1, "title": "流程", "rules": [rule]})
    hits = Rulebook(file, "f00d", {}).search(hearing_of(lines), findings)
    return [(f.detector, f.term, f.value, f.span.start) for f in hits]


COMPLAINT = "客户：我要投诉"  # 4 characters, so the agent begins at 1.0 + 0.5 s


def test_a_call_that_goes_through():
    lines = (COMPLAINT, "坐席：抱歉，请问贵姓", "客户：姓王", "坐席：给您安排，再见")
    assert found(*lines) == [("rule", "f", "投诉处理", 0.5)]


def test_where_it_is_not_due_nothing_is_found():
    assert found("客户：我要保洁", "坐席：再见") == []


@pytest.mark.parametrize(
    ("lines", "gaps"),
    [
        (["坐席：请问贵姓", "客户：王", "坐席：给您安排，再见"], [("f.sorry", "缺“致歉”，应在客户提起之后", 1.5)]),
        (["坐席：抱歉，请问贵姓", "客户：王", "坐席：再见"], [("f.plan", "缺“给方案”，应在“询问”之后", 5.0)]),
        # 坐席 1.5-4.0 s, 客户 4.5-4.75, 坐席 from 5.25 on
        (["坐席：抱歉", "客户：那", "坐席：给您安排再见"], [("f.ask", "缺“询问”，应在“致歉”之后", 3.25)]),
        # only the one that comes too late is out of turn, not the two behind it
        (["坐席：请问贵姓，给您安排，抱歉，再见"], [("f.sorry", "“致歉”顺序不对，应在“询问”之前", 4.75)]),
        (["坐席：抱歉，请问贵姓，给您安排"], [("f.bye", "缺“道别”，应在“给方案”之后", 4.25)]),
    ],
)
def test_the_step_that_is_missing_and_where_it_was_due(lines, gaps):
    got = found(COMPLAINT, *lines)
    assert [(term, sentence.removeprefix("流程“投诉处理”：")) for _, term, sentence, _ in got] == [
        g[:2] for g in gaps
    ]
    assert all(detector == "rule" for detector, *_ in got)
    hearing = hearing_of([COMPLAINT, *lines])
    for *_, start in got:
        assert any(t.role is Role.AGENT and t.span.start <= start <= t.span.end for t in hearing.turns)


def test_what_was_said_before_the_complaint_does_not_count():
    got = found("坐席：抱歉", COMPLAINT, "坐席：请问贵姓，给您安排，再见")
    assert [term for _, term, *_ in got] == ["f.sorry"]


def test_in_any_order():
    lines = (COMPLAINT, "坐席：给您安排，请问贵姓，抱歉，再见")
    assert [term for _, term, *_ in found(*lines, ordered=False)] == ["f"]


BRANCH = [
    STEPS[0],
    {
        "when": said("核实"),
        "then": [{"term": "promise", "title": "约时间", "condition": said("两小时内")}],
        "otherwise": [STEPS[2]],
    },
    {**STEPS[3], "when": said("不挂机")},
]


@pytest.mark.parametrize(
    ("said_by_agent", "terms"),
    [
        ("抱歉，给您安排", ["f"]),
        ("抱歉，我核实一下", ["f.promise"]),
        ("抱歉，我核实一下，两小时内回您", ["f"]),
        ("抱歉", ["f.plan"]),
        ("抱歉，给您安排，不挂机", ["f.bye"]),
    ],
)
def test_branches_and_steps_that_are_due_at_times(said_by_agent, terms):
    assert [term for _, term, *_ in found(COMPLAINT, f"坐席：{said_by_agent}", steps=BRANCH)] == terms


def test_where_words_cannot_be_made_out_nothing_is_said_to_be_missing():
    lines = (COMPLAINT, "坐席：抱歉，请问贵姓", "客户：王", "坐席：哎呀呀呀，再见")
    doubt = replace(finding(UNCLEAR, ANYTHING, 5.0, Role.AGENT), value=0.3)
    (got,) = found(*lines, findings=[doubt])
    assert got[:3] == (UNCLEAR, "f.plan", "流程“投诉处理”：“给方案”没有听到，这一段转写不清")


def test_a_branch_that_the_record_leaves_open_goes_to_a_person():
    steps = [{**STEPS[0], "when": {"call": {"queue": "售后"}}}]
    got = found(COMPLAINT, "坐席：好的", steps=steps)
    assert {(detector, term) for detector, term, *_ in got} == {(UNCLEAR, "f"), (UNCLEAR, "f.sorry")}
    assert got[0][2] == "规则“投诉处理”：话单没有写明队列"
    own = [{**STEPS[0], "condition": {"call": {"queue": "售后"}}}]
    assert found(COMPLAINT, "坐席：好的", steps=own)[0][:3] == (
        UNCLEAR,
        "f.sorry",
        "流程“投诉处理”：“致歉”无法判断：话单没有写明队列",
    )


# --- as a file


FILE = """\
name: ours
revision: 1
title: 流程
rules:
  - term: f
    title: 投诉处理
    flow:
      when: {keywords: {any: [投诉], role: customer}}
      steps:
        - {term: sorry, title: 致歉, condition: {keywords: {any: [抱歉], role: agent}}}
        - {term: plan, title: 给方案, condition: {keywords: {any: [安排], role: agent}}}
    examples: [[客户：我要投诉, 坐席：抱歉，给您安排]]
    counterexamples: [[客户：我要保洁, 坐席：好的]]
    broken: [{lacks: [plan], lines: [客户：我要投诉, 坐席：抱歉]}]
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("坐席：抱歉，给您安排]]", "坐席：给您安排]]", "term f does not hold in its example"),
        ("[客户：我要保洁, 坐席：好的]", "[客户：我要投诉, 坐席：抱歉，给您安排]", "holds in its counterexample"),
        ("lacks: [plan]", "lacks: [sorry]", "term f lacks plan, not sorry, in"),
        ("lacks: [plan]", "lacks: [plans]", "the flow has no step plans"),
        ("term: plan,", "term: sorry,", "step sorry stands twice"),
        ("title: 给方案, condition", "title: 给方案, colour: red, condition", "there is no such field"),
        (
            "    flow:\n",
            "    condition: {keywords: {any: [投诉]}}\n    flow:\n",
            "exactly one of condition and flow",
        ),
    ],
)
def test_mistakes_are_told_when_the_file_is_read(tmp_path, old, new, told):
    path = tmp_path / "ours.yaml"
    path.write_text(FILE, encoding="utf-8")
    assert load_rulebook(path).file.declaration.terms == {
        "f": "投诉处理",
        "f.sorry": "流程“投诉处理”缺“致歉”",
        "f.plan": "流程“投诉处理”缺“给方案”",
    }
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyError, match=told):
        load_rulebook(path)


def test_rule_test_shows_what_is_missing(tmp_path):
    path = tmp_path / "ours.yaml"
    path.write_text(FILE, encoding="utf-8")
    trial = trial_of(str(path), "客户：我要投诉 / 坐席：抱歉", (), Settings())
    assert (trial.file.examples, trial.file.titles["f.plan"]) == (3, "流程“投诉处理”缺“给方案”")
    assert [f.value for each in trial.found.values() for f in each] == [
        "流程“投诉处理”：缺“给方案”，应在“致歉”之后"
    ]


# --- the shipped one


def hits(*lines):
    library = library_of(Settings())
    return [f for f in detect(hearing_of(lines), library.lexicons, library.rulebooks) if f.detector == "flow"]


def test_the_complaint_flow_names_the_step_and_its_place():
    (gap,) = hits(
        "坐席：您好，这里是锦绣物业",
        "客户：我要投诉你们",
        "坐席：请问您贵姓",
        "客户：姓王，昨天保洁没来",
        "坐席：我跟您确认一下，昨天保洁没有来对吗",
        "客户：对",
        "坐席：我马上帮您处理，您看这样处理好吗",
    )
    assert title_of(gap, shipped_titles()) == "流程“投诉处理”：缺“安抚客户”，应在客户提起之后"
    assert (gap.role, gap.turn_index) == (Role.AGENT, 2)
    assert shipped_titles().term("flow", "complaint.soothe") == "流程“投诉处理”缺“安抚客户”"


CARD = """\
name: ours
title: 投诉流程
revision: 1
effective_from: 2026-01-01
source: 示例
lexicons: [complaint]
levels: {符合: 1, 不符合: 0}
cutoffs: {符合: 1}
total: 10
criteria:
  - id: A1
    title: 投诉流程
    standard: 投诉要先安抚。
    source_class: A
    points: 10
    parts:
      - {title: 先安抚, rule: {kind: absent, detector: flow, terms: [complaint.soothe]}}
"""


@pytest.mark.parametrize(
    ("detector", "answer"),
    [("flow", ("not_met", 0.0, 10.0)), (UNCLEAR, ("unsure", 0.0, 0.0)), ("", ("met", 10.0, 10.0))],
)
def test_a_scorecard_that_asks_for_a_step(tmp_path, detector, answer):
    path = tmp_path / "ours.yaml"
    path.write_text(CARD, encoding="utf-8")
    gap = replace(finding(detector, "complaint.soothe", 3.0, Role.AGENT), value="流程“投诉处理”：缺“安抚客户”")
    call = hearing_of(["客户：我要投诉你们", "坐席：请问您贵姓，请问您的地址"])
    (got,) = evaluate(call, [gap] if detector else [], load_scorecard(path), "").answers
    assert (got.outcome.value, got.tally.awarded, got.tally.possible) == answer
