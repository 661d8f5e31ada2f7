"""Rule kinds and scoring kinds of another package: read, linted, judged, assessed and told in the workbook."""

from contextlib import ExitStack
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from pipeline.call import Status
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation import evaluate
from pipeline.hearing import Quality
from pipeline.month.assessment import ScoredCall, assess, whole_line
from pipeline.month.workbook import MonthReport, write_month
from pipeline.scorecard import RULES, SCORINGS, load_scorecard
from pipeline.scorecard.kinds import name_of
from pipeline.scorecard.lint import describe, lint
from tests.builders import hearing
from tests.strangers import stranger

PACKAGE = """
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.hearing.turns import Role
from pipeline.scorecard.rules import Rule, Verdict
from pipeline.scorecard.scoring import Formula, Remark, Scored
from pipeline.tally import Tally


class Turns(Rule):
    sentence: ClassVar[str] = "说够 {kept} 通、说少 {lost} 通"
    kind: Literal["turns"]
    at_least: Annotated[int, Field(ge=1)]

    def decide(self, title, case):
        spoken = sum(turn.role is Role.AGENT for turn in case.hearing.turns)
        met = spoken >= self.at_least
        return Verdict(float(met), (), () if met else (f"{title}：{spoken} 次",))


class Half(Formula):
    kind: Literal["half"]
    from_share: float

    def score(self, points, value, subject):
        awarded = points if value >= self.from_share else points / 2
        return Scored(Tally(awarded, points), f"{subject} {self.show(value)}，全数或减半")

    def remarks(self, item):
        if self.from_share > 1:
            yield Remark("formula", "from_share", f"“{item.title}”不是比率", True)


class Rings(Rule):
    kind: Literal["rings"]


class Nameless(Rule):
    pass


class Else:
    pass
"""
CARD = """\
name: ours
title: 外来考核
revision: 1
effective_from: 2026-01-01
source: 测试
levels: {符合: 1, 不符合: 0}
cutoffs: {符合: 1}
total: 100
criteria:
  - id: T
    title: 回应
    standard: 至少回应两次。
    source_class: A
    points: 60
    parts: [{title: 回应两次, rule: {kind: turns, at_least: 2}}]
  - id: H
    title: 回应率
    standard: 回应率达到九成。
    source_class: A
    points: 40
    scoring: {kind: half, from_share: 0.9, unit: "%"}
    parts: [{title: 回应一次, rule: {kind: turns, at_least: 1}}]
grades: [{name: 合格, least: 60}, {name: 不合格, least: 0}]
"""


def forget():
    for kinds in (RULES, SCORINGS):
        kinds.__dict__.pop("by_name", None)


@pytest.fixture
def installed(tmp_path):
    """A package whose entry points are these."""

    with ExitStack() as stack:

        def install(**entries):
            lines = [f"[callqa.{group}]\nx = ours_kinds:{name}" for group, name in entries.items()]
            stack.enter_context(stranger(tmp_path, {"ours_kinds.py": PACKAGE}, "\n".join(lines)))
            forget()

        yield install
    forget()


@pytest.fixture
def card(tmp_path):
    """The scorecard, with a word of it replaced."""

    def write(old="", new=""):
        path = tmp_path / "ours.yaml"
        path.write_text(CARD.replace(old, new) if old else CARD, encoding="utf-8")
        return load_scorecard(path)

    return write


def test_a_call_is_judged_and_a_month_told(installed, card, tmp_path):
    installed(rule_kinds="Turns", scoring_kinds="Half")
    scorecard = card()
    assert {each.code for each in lint(scorecard)} == {"defaults", "minimums"}, "nothing of its own kinds"
    calls = []
    for number, lines in enumerate((["坐席：您好", "客户：喂", "坐席：再见"], ["坐席：您好", "客户：喂"]), 1):
        heard = hearing(*lines, quality=Quality(40.0, 39.0, 0.9, 0.99, 10.0))
        heard = replace(heard, call=replace(heard.call, id=f"C{number}"))
        judged = evaluate(heard, (), scorecard, "")
        speed, duration = heard.speed_of_answer, heard.recording.duration
        calls.append(ScoredCall(heard.call, Status.EVALUATED, "", "", judged, (), speed, duration))
    assert [answer.tally.awarded for scored in calls for answer in scored.answers] == [60, 0, 0, 0]
    assert calls[1].answers[0].reasons == ("回应两次：1 次",)
    month = f"{calls[0].call.day:%Y-%m}"
    months = assess(month, scorecard, calls)
    assert [each.value for each in months[0].criteria] == [None, 1.0]
    path = tmp_path / "month.xlsx"
    write_month(path, MonthReport(month, scorecard, months, tuple(calls), whole_line(month, scorecard, calls)))
    cells = [str(cell.value) for sheet in load_workbook(path) for row in sheet for cell in row]
    assert any("说够 1 通、说少 1 通" in cell for cell in cells)
    assert any("本月回应率 100%，全数或减半" in cell for cell in cells)


def test_a_kind_checks_its_keys_and_lints_its_figures(installed, card):
    installed(rule_kinds="Turns", scoring_kinds="Half")
    with pytest.raises(
        PolicyError, match=r"ours.yaml:15: .*rule.at_leest: there is no such field; did you mean at_least"
    ):
        card("at_least: 2", "at_leest: 2")
    (notice,) = [n for n in lint(card("from_share: 0.9", "from_share: 90")) if n.code == "formula"]
    assert describe([notice])[0].startswith("错误 ours.yaml:21 H：“回应率”不是比率")


def test_an_unknown_kind_is_told_with_those_that_there_are(installed, card):
    installed(scoring_kinds="Half")
    with pytest.raises(PolicyError, match=r"rule\.kind: Input should be 'heard', .* or 'any_of'"):
        card()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Rings", "ours_kinds.Rings and pipeline.scorecard.rules.rings.Rings are both of kind 'rings'"),
        ("Nameless", "ours_kinds.Nameless names no kind"),
        ("Else", "ours_kinds.Else .* is no Rule"),
        ("PACKAGE", "cannot be loaded"),
    ],
)
def test_what_is_no_kind_is_refused_in_a_sentence(installed, name, told):
    installed(rule_kinds=name)
    with pytest.raises(ConfigurationError, match=told):
        RULES.read({"kind": "turns"})


@pytest.mark.parametrize("kinds", [RULES, SCORINGS])
def test_every_kind_of_callqa_is_found_by_its_name(kinds):
    assert [kinds.by_name[name_of(kind)] for kind in kinds.own] == list(kinds.own)


@pytest.mark.parametrize("kind", RULES.own)
def test_every_rule_kind_has_a_sentence_for_the_month(kind):
    assert kind.sentence.format(judged=3, kept=2, lost=1)
