"""``callqa rule``: a file is tried on calls, folders and texts; a scorecard's conditions are judged end to end."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.month.whatif import WhatIf, what_if
from flows.night.judgement import result_of
from flows.night.rescore import rescore_calls
from flows.policy.policy import covers, policy_of, search_digest
from flows.settings import load_settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation import Outcome
from pipeline.scorecard import find_scorecard, load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.scorecard.lint import lint
from pipeline.store import Store
from pipeline.tally import Tally
from tests.builders import EARS, hearing

RULES = """\
name: mine
revision: 1
title: 我的规则
rules:
  - term: promised
    title: 承诺退款
    role: agent
    condition: {keywords: {role: agent, any: [保证能退]}}
    examples: [[坐席：我保证能退]]
"""
CARD = """\
name: hotline
title: 热线考核
revision: 1
effective_from: 2025-01-01
source: 热线考核办法
lexicons: [required, customer_event, handling, empathy]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
not_applicable: 不适用的不计
criteria:
  - id: 退款
    title: 退款
    standard: 客户要退款时登记，不乱承诺。
    source_class: A
    points: 60
    graded: parts
    parts:
      - title: 登记退款
        points: 30
        rule:
          kind: condition
          when: {keywords: {role: customer, any: [退款, 退钱]}}
          condition:
            order:
              first: {keywords: {role: customer, any: [退款, 退钱]}}
              then: {keywords: {role: agent, all: [登记, 退款]}}
              within_turns: 3
      - title: 不乱承诺
        points: 30
        rule:
          kind: condition
          expect: absent
          condition: {regex: {role: agent, pattern: '保证.{0,3}退', unless: 不能保证}}
  - id: 安抚
    title: 先安抚
    standard: 客户情绪激动时先安抚再解决。
    source_class: A
    points: 40
    parts:
      - title: 先安抚
        rule: {kind: absent, detector: rule, terms: [unsoothed]}
"""
CALLS = {
    "good": ["坐席：您好请讲", "客户：我要退款", "坐席：好的给您登记退款"],
    "bad": ["坐席：您好请讲", "客户：我要退款气死我了", "坐席：我保证能退，我马上帮您处理"],
    "other": ["坐席：您好请讲", "客户：我想问路", "坐席：不能保证能退"],
}


def run(*words: str) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["rule", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(RULES, encoding="utf-8")
    return str(path)


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "hotline.yaml"
    path.write_text(CARD, encoding="utf-8")
    return str(path)


@pytest.fixture
def url(tmp_path):
    """A store with three calls, judged by KF01."""
    address = f"sqlite:///{tmp_path}/callqa.db"
    policy = policy_of("kf01", load_settings())
    with Store.open(address) as store:
        for name, lines in CALLS.items():
            heard = hearing(*lines)
            call, recording = replace(heard.call, id=name), replace(heard.recording, id=name)
            store.calls.save(result_of(replace(heard, call=call, recording=recording), policy, EARS))
    return address


def test_a_file_is_tried_on_a_text_a_file_a_folder_and_a_store(rules, url, tmp_path):
    code, told = run("test", rules, "--on", "坐席：我保证能退 / 客户：好")
    assert code == 0
    assert "自带正例、反例 1 条，全部符合" in told
    assert "承诺退款" in told
    assert "1/1" in told
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "甲.txt").write_text("坐席：我保证能退\n客户：好\n", encoding="utf-8")
    (texts / "乙.txt").write_text("坐席：您好\n", encoding="utf-8")
    assert "没有命中的通话 1/2：乙" in run("test", rules, "--on", str(texts))[1]
    assert "没有命中的通话 0/1：无" in run("test", rules, "--on", str(texts / "甲.txt"))[1]
    told = run("test", rules, "--on", url)[1]
    assert "没有命中的通话 1/3：good" in told, "不能保证能退 is one for this rule"
    assert "没有命中的通话 1/1：good" in run("test", rules, "--on", url, "--calls", "good")[1]


def test_lists_and_scorecards_are_tried_too(card, url):
    assert "请您稍等" in run("test", "hold_wording", "--on", "坐席：请您稍等")[1]
    told = run("test", card, "--on", url)[1]
    assert "退款 不乱承诺" in told
    assert "没有命中的通话 1/3：other" in told


def test_the_list_names_every_file():
    code, told = run("list")
    assert code == 0
    for name in ("hold_wording", "customer_event", "service", "required"):
        assert name in told


@pytest.mark.parametrize(
    ("file", "on", "calls", "problem"),
    [
        ("nothing", "坐席：您好", "", "there is no such file"),
        ("kf01", "坐席：您好", "", "no criterion has a rule of kind condition"),
        ("hold_wording", "坐席：您好\n您好", "", "前面没有写谁说的"),
        ("hold_wording", "坐席：您好", "D01", "is not the URL of one"),
        ("hold_wording", "", "", "holds no calls"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(file, on, calls, problem):
    with pytest.raises(ConfigurationError, match=problem):
        run("test", file, "--on", on, "--calls", calls)


def test_calls_that_are_not_there_are_named(rules, url):
    with pytest.raises(ConfigurationError, match="holds no turns of D99"):
        run("test", rules, "--on", url, "--calls", "good,D99")


def test_a_file_that_fails_its_own_example_is_refused(rules):
    with open(rules, "a", encoding="utf-8") as file:
        file.write("    counterexamples: [[坐席：您好我保证能退]]\n")
    with pytest.raises(PolicyError, match=r"mine.yaml:5: term promised holds in its counterexample"):
        run("test", rules, "--on", "坐席：您好")


# --- a scorecard with conditions


def test_conditions_are_found_when_a_call_is_searched_and_only_looked_up_when_it_is_judged(card, url):
    assert rescore_calls(card, url, None, load_settings()).judged == 3
    with Store.open(url) as store:
        answers = {name: store.calls.get(name).evaluation.answers for name in CALLS}
        found = store.calls.get("bad").findings
    assert answers["good"][0].tally == Tally(60, 60)
    assert answers["bad"][0].tally == Tally(0, 60)
    assert answers["other"][0].tally == Tally(60, 60), (
        "the first part does not apply, and its points go to the other"
    )
    assert answers["bad"][0].reasons == ("登记退款：未听到", "不乱承诺：00:13 “保证能退”")
    assert {found[n].detector for n in answers["bad"][0].findings} == {"condition"}
    assert [answers[name][1].outcome for name in CALLS] == [Outcome.MET, Outcome.NOT_MET, Outcome.MET]


def test_findings_without_the_conditions_are_not_judged_by_them(card, url):
    with pytest.raises(ConfigurationError, match=r"run `callqa rescore --scorecard .*hotline\.yaml` first"):
        what_if(url, WhatIf("2025-03", card, "kf01"))
    rescore_calls(card, url, None, load_settings())
    (difference,) = what_if(url, WhatIf("2025-03", card, "kf01"))
    assert difference.after.score == pytest.approx(100 * (100 + 0 + 100) / 300, abs=0.005)


def test_a_search_covers_another_one_when_it_looked_for_all_of_it(card):
    settings = load_settings()
    plain, own = search_digest(find_scorecard("kf01"), settings), search_digest(find_scorecard(card), settings)
    assert covers(own, plain)
    assert covers(own, own)
    assert not covers(plain, own)
    assert not covers("0" * 12, plain)


def test_a_condition_edited_is_another_one(card, tmp_path):
    before = conditions_of(find_scorecard(card))
    edited = tmp_path / "edited.yaml"
    edited.write_text(CARD.replace("within_turns: 3", "within_turns: 2"), encoding="utf-8")
    after = conditions_of(load_scorecard(edited))
    terms = [{rule.term for rule in book.file.rules} for book in (before, after)]
    assert len(terms[0] & terms[1]) == 2
    assert len(terms[0] | terms[1]) == 4


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "{kind: absent, detector: rule, terms: [unsoothed]}",
            "{kind: absent, detector: rule, terms: [unsothed]}",
            "是不是“unsoothed”",
        ),
        (
            "{regex: {role: agent, pattern: '保证.{0,3}退', unless: 不能保证}}",
            "{found: {detector: complant}}",
            "没有词库能听出“complant”",
        ),
        (
            "{regex: {role: agent, pattern: '保证.{0,3}退', unless: 不能保证}}",
            "{found: {detector: handling, terms: [pln]}}",
            "是不是“plan”",
        ),
        (
            "{kind: absent, detector: rule, terms: [unsoothed]}",
            "{kind: duty, trigger: {detector: complaint}, detector: empathy, terms: [soothing]}",
            "请在 lexicons 里加上 complaint",
        ),
        ("{kind: absent, detector: rule, terms: [unsoothed]}", "{kind: absent, detector: silence}", None),
    ],
)
def test_the_lint_reads_conditions_and_triggers(tmp_path, old, new, problem):
    assert old in CARD
    path = tmp_path / "hotline.yaml"
    path.write_text(CARD.replace(old, new), encoding="utf-8")
    told = [notice.sentence for notice in lint(load_scorecard(path)) if notice.code == "phrases"]
    assert len(told) == (problem is not None), told
    assert problem is None or problem in told[0]
