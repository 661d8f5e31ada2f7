"""Phrase lists and rule files of a deployment's own, beside the shipped ones."""

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.learning.gate import demote_term
from flows.night.judgement import judge
from flows.policy.library import library_of
from flows.policy.policy import policy_of, search_digest
from flows.settings import Settings, load_settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.builders import hearing

LIST = """\
name: {name}
revision: 1
detector: {detector}
title: 我们的用语
phrases:
  - {{term: motto, role: agent, variants: [家和万事兴], examples: [祝您家和万事兴]}}
"""
RULES = """\
name: our_rules
revision: 1
title: 我们的规则
rules:
  - term: motto_last
    title: 用公司口号道别
    role: agent
    zone: closing
    condition: {found: {detector: our_wording, terms: [motto]}}
    examples: [[坐席：您好, 客户：喂, 坐席：祝您家和万事兴]]
"""
CARD = """\
name: ours
title: 我们的考核
revision: 1
effective_from: 2026-01-01
source: 我们的办法
lexicons: [ours]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
criteria:
  - id: A
    title: 口号
    standard: 说出公司口号。
    source_class: A
    points: 100
    parts:
      - {title: 口号, rule: {kind: heard, detector: our_wording, terms: [motto]}}
      - {title: 道别, rule: {kind: heard, detector: rule, terms: [motto_last]}}
"""
TALK = ("坐席：您好阳光家政", "客户：喂", "坐席：祝您家和万是兴")


@pytest.fixture
def ours(tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "ours.yaml").write_text(LIST.format(name="ours", detector="our_wording"), encoding="utf-8")
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "card.yaml").write_text(CARD, encoding="utf-8")
    return folder


def test_a_call_is_searched_for_them_and_a_standard_may_ask_for_them(ours):
    card = str(ours.parent / "card.yaml")
    with pytest.raises(PolicyError, match="没有叫“ours”的词库"):
        policy_of(card, Settings())
    rules = policy_of(card, Settings(rules=ours))
    findings, evaluation = judge(hearing(*TALK), rules)
    assert {("our_wording", "motto"), ("rule", "motto_last"), ("required_phrase", "greeting")} <= {
        (finding.detector, finding.term) for finding in findings
    }
    assert evaluation.score == 100


def test_findings_without_them_are_other_findings(ours):
    card = find_scorecard("kf01")
    assert search_digest(card, Settings()) != search_digest(card, Settings(rules=ours))


def test_a_list_takes_the_place_of_the_shipped_one_with_its_name(ours):
    (ours / "ours.yaml").write_text(LIST.format(name="proactive", detector="our_wording"), encoding="utf-8")
    lists = library_of(Settings(rules=ours))
    (proactive,) = [each for each in lists.lexicons if each.file.name == "proactive"]
    assert [phrase.term for phrase in proactive.file.phrases] == ["motto"]
    assert len(lists.lexicons) == len(library_of(Settings()).lexicons)


def test_they_are_listed(ours, monkeypatch):
    monkeypatch.setenv("CALLQA_RULES", str(ours))
    told = CliRunner().invoke(app, ["rule", "list"]).output
    assert "ours" in told
    assert "our_rules" in told


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ("title: nothing\n", "neither a phrase list"),
        (LIST.format(name="x", detector="y").replace("祝您家和万事兴", "再见"), "is not found in its example"),
    ],
)
def test_a_wrong_file_is_named(ours, wrong, problem):
    (ours / "wrong.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(PolicyError, match=problem) as told:
        library_of(Settings(rules=ours))
    assert "wrong.yaml" in str(told.value)


def test_a_term_that_no_list_has_is_not_demoted_in_silence(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        with pytest.raises(ConfigurationError, match=r"没有 banned_wording/不归我们管 .*banned_wording/不归我管"):
            demote_term(store, "banned_wording", "不归我们管", "王主管", "误报多")
        assert not store.demotions.terms()
        demote_term(store, "banned_wording", "不归我管", "王主管", "误报多")
        assert store.demotions.terms() == {("banned_wording", "不归我管")}


def test_a_term_of_the_folder_of_one_line_alone_can_be_demoted(tmp_path, monkeypatch):
    own = tmp_path / "estate"
    own.mkdir()
    (own / "ours.yaml").write_text(LIST.format(name="ours", detector="our_wording"), encoding="utf-8")
    lines = "lines:\n  - {name: 家政, standard: kf01, queues: [家政]}\n"
    lines += "  - {name: 物业, standard: kf01, queues: [物业], rules: estate}\n"
    (tmp_path / "lines.yaml").write_text(lines, encoding="utf-8")
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        with pytest.raises(ConfigurationError, match="没有 our_wording/motto"):
            demote_term(store, "our_wording", "motto", "王主管", "误报多")
        monkeypatch.setenv("CALLQA_LINES", str(tmp_path / "lines.yaml"))
        demote_term(store, "our_wording", "motto", "王主管", "误报多")
        demote_term(store, "banned_wording", "不归我管", "王主管", "误报多")
        assert store.demotions.terms() == {("our_wording", "motto"), ("banned_wording", "不归我管")}


def test_a_folder_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLQA_RULES", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="nowhere"):
        library_of(load_settings())
