"""What is doubtful in a standard is found from its file, with line and figures; a clean one says nothing."""

import re
from functools import cache, reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.scorecard.lint as lint_package
from pipeline.errors import PolicyError
from pipeline.policy.load import lines_of
from pipeline.scorecard import Scorecard, Steps, bundled_scorecards, load_scorecard
from pipeline.scorecard.lint import Notice, describe, errors, lint, refuse
from pipeline.scorecard.lint.notice import Code

CLEAN = """\
name: mine
title: 我的标准
revision: 1
effective_from: 2026-01-01
source: 我的标准
lexicons: [required, banned, apology, complaint]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
assessed: all
weights: printed
total: 100
not_applicable: 不适用的不计分
criteria:
  - id: A-1
    title: 接听速度
    standard: 三十秒内接听，每满10秒扣2分，超60秒得0分
    source_class: E
    points: 20
    indicator: calls.speed_of_answer
    scoring: {kind: steps, at_most: 30, every: 10, deduct: 2, zero_beyond: 60, block: floor, unit: 秒}
    also_printed:
      - where: 附录
        text: 超60秒得0分
        scoring: {kind: steps, at_most: 30, every: 10, deduct: 2, zero_beyond: 60, block: floor, unit: 秒}
  - id: A-2
    title: 不说禁语
    standard: 每说一次扣5分，扣完为止
    source_class: A
    points: 30
    scoring: {kind: errors, deduct: 5}
    parts:
      - {title: 不说禁语, rule: {kind: absent, detector: banned_wording}}
  - id: A-3
    title: 礼貌
    standard: 说“您好”，客户投诉时致歉，请客户稍等
    source_class: A
    points: 20
    graded: parts
    parts:
      - title: 问候
        points: 12
        rule: {kind: heard, detector: required_phrase, terms: [greeting]}
      - title: 致歉
        points: 8
        rule: {kind: duty, trigger: complaint, detector: apology, terms: [sincere]}
  - id: A-4
    title: 解决率
    standard: 不低于85%，每低1%扣1分，不足1%的不扣
    source_class: E
    points: 30
    indicator: tickets.first_contact
    scoring: {kind: steps, at_least: 0.85, every: 0.01, deduct: 1, block: floor, unit: "%"}
grades:
  - {name: 优秀, least: 90, printed: 90分及以上}
  - {name: 合格, least: 80, below: 90, printed: 80分及以上}
  - {name: 不合格, least: 0, printed: 80分以下}
consequences:
  - {id: 一, title: 奖金 1.2, when: {grade: 优秀}, coefficient: 1.2}
  - {id: 二, title: 奖金 1.0, when: {grade: 合格}, coefficient: 1.0}
  - {id: 三, title: 无奖金, when: {grade: 不合格}, coefficient: 0}
  - {id: 四, title: 培训, when: {grade: 不合格, months: 2}}
  - {id: 五, title: 调岗, when: {grade: 不合格, after: 四}}
periods:
  - {title: 大促, first: 2026-06-01, last: 2026-06-18, points: {A-1: 10, A-4: 40}}
  - {title: 年末, first: 2026-11-01, last: 2026-11-11, points: {A-1: 15, A-4: 35}}
examples:
  - {criterion: A-1, value: 28, printed: 20, text: 平均28秒}
  - {criterion: A-4, value: 0.88, printed: 30, text: 100单解决88单, count: 88, of: 100}
plan:
  - {problem: 接听慢, criterion: A-1, actions: [排班], at_most: 25}
quality:
  {agent_speech_seconds: 1, coverage: 0.5, word_confidence: 0.3, call_seconds: 10, customer_speech_seconds: 1}
review_below: 0.9
least_scored: 0.6
few_calls: 10
payroll: {decimals: 2}
names_assessors: false
"""


@pytest.fixture
def written(tmp_path):
    """The clean standard with passages replaced, loaded from a file."""

    def write(*changes: tuple[str, str]) -> Scorecard:
        text = CLEAN
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return load_scorecard(path)

    return write


def test_a_clean_standard_says_nothing(written):
    assert lint(written()) == ()


STEPLESS = "kind: errors, deduct: 2"
ITEM = "points: 30\n    scoring: {kind: errors, deduct: 5}"
GREETING = "rule: {kind: heard, detector: required_phrase, terms: [greeting]}"
AGAIN = "deduct: 2, zero_beyond: 60, block: floor, unit: 秒}\n  - id: A-2"
VETO = """\
  - id: A-5
    title: 不辱骂
    standard: 辱骂客户的，当通为零分
    source_class: A
    points:
    auto_fail: true
    parts:
      - {title: 不辱骂, rule: {kind: absent, detector: banned_wording, terms: [辱骂]}}
grades:
"""
LAYER = """\
qualitative:
  {id: 定性, title: 定性, formulas: 70, points: 30, sample: 9, bands: [{name: 好, least: 18}, {name: 差, least: 0}]}
grades:
"""
RATE = "  - {criterion: A-4, value: 0.88, printed: 30, text: 100单解决88单, count: 88, of: 100}\n"
NO_EXAMPLES = (CLEAN[CLEAN.index("examples:") : CLEAN.index("plan:")], "")
NO_PERIODS = (CLEAN[CLEAN.index("periods:") : CLEAN.index("examples:")], "")


def mistake(name, verdict, at, said, *changes):
    """A mistake: what the lint calls it, on which line, in which words, and the changes that make it."""
    return pytest.param(*verdict.split(), at, said, changes, id=name)


def test_a_veto_needs_no_points(written):
    assert lint(written(("grades:\n", VETO))) == ()


POINTS = [
    mistake(
        "parts do not sum",
        "error sum",
        "points: 20\n    graded",
        ["19 分（11×1+8×1）", "印 20 分", "相差 1 分", "settle: scale（按 20/19 折算）"],
        ("points: 12", "points: 11"),
    ),
    mistake(
        "parts do not sum, not assessed",
        "warning sum",
        "points: 20\n    graded",
        ["19 分"],
        ("points: 12", "points: 11"),
        ("assessed: all", "assessed: [A-1, A-2, A-4]"),
        NO_PERIODS,
    ),
    mistake(
        "parts do not sum, settled",
        "warning sum",
        "points: 20\n    settle",
        ["19 分", "已选 settle: cap，最多 20 分"],
        ("points: 12", "points: 11"),
        ("points: 20\n    graded", "points: 20\n    settle: cap\n    graded"),
    ),
    mistake(
        "nothing left for a part",
        "error sum",
        "points: 20\n    graded",
        ["已占满本项的 20 分", "另外 1 个子项"],
        ("points: 12", "points: 20"),
        ("        points: 8\n", ""),
    ),
    mistake(
        "total", "error total", "total: 90", ["合计 100 分", "90 分", "相差 10 分"], ("total: 100", "total: 90")
    ),
    mistake(
        "no total",
        "warning total",
        "criteria:",
        ["合计 103 分", "百分比"],
        ("total: 100", "total:"),
        (ITEM, ITEM.replace("30", "33")),
    ),
    mistake(
        "no choice",
        "error choice",
        "assessed:",
        ["A-1 接听速度（20 分）", "assessed: [A-1]"],
        ("assessed: all", "assessed:"),
    ),
    mistake("nothing chosen", "error choice", "assessed:", ["没有选定"], ("assessed: all", "assessed: []")),
    mistake(
        "no weights",
        "error weights",
        "weights:",
        ["1 项没有分值", "A-2 不说禁语", "合计 100", "weights: equal"],
        ("weights: printed", "weights:"),
        (ITEM, ITEM.replace(" 30", "")),
    ),
    mistake(
        "equal weights",
        "warning weights",
        "weights:",
        ["1 项分值", "每项 30 分", "A-2"],
        ("weights: printed", "weights: equal"),
        (ITEM, ITEM.replace(" 30", "")),
    ),
    mistake(
        "equal weights of nothing",
        "error weights",
        "weights:",
        ["占满 100 分", "1 项分不到分"],
        ("weights: printed", "weights: equal"),
        (ITEM, ITEM.replace(" 30", "")),
        ("points: 30\n    indicator", "points: 60\n    indicator"),
        ("printed: 30", "printed: 60"),
        NO_PERIODS,
    ),
    mistake(
        "no points",
        "error points",
        "points:\n",
        ["“不说禁语”没有分值"],
        (ITEM, ITEM.replace(" 30", "")),
    ),
    mistake(
        "parts without points",
        "warning parts",
        "parts:\n      - title: 问候",
        ["2 个子项", "10/10 分"],
        ("        points: 12\n", ""),
        ("        points: 8\n", ""),
    ),
    mistake(
        "cut-offs of ours",
        "warning parts",
        "parts:\n      - title: 问候",
        ["符合 ≥100%", "不是原文的"],
        ("    graded: parts\n", ""),
    ),
    mistake("cut off", "warning cut", "standard: 每说", ["“不说禁语”的原文不完整"], ("扣完为止", "扣完……")),
    mistake(
        "a split without a map",
        "warning split",
        "qualitative:",
        ["定量 70%", "合计 100 分", "on: false"],
        ("grades:\n", LAYER),
    ),
    mistake(
        "a split of more than all",
        "error split",
        "qualitative:",
        ["定量 99", "定性 30", "129"],
        ("grades:\n", LAYER.replace("70", "99").replace("sample", "on: true, sample")),
        ("total: 100", "total: 99"),
        (ITEM, ITEM.replace("30", "29")),
    ),
    mistake(
        "veto and bonus",
        "error veto",
        "bonus: true",
        ["既是一票否决又是加分项"],
        ("graded: parts\n", "graded: parts\n    auto_fail: true\n    bonus: true\n"),
        ("total: 100", "total: 80"),
    ),
    mistake(
        "veto by several parts",
        "warning veto",
        "auto_fail: true",
        ["2 个子项", "整项得 0 分才否决"],
        ("graded: parts\n", "graded: parts\n    auto_fail: true\n"),
    ),
    mistake(
        "bonus without an end",
        "error bonus",
        "points:\n",
        ["最多加多少分"],
        (ITEM, "points:\n    bonus: true\n    scoring: {kind: count, each: 1}"),
        ("total: 100", "total: 70"),
    ),
]

BANDS = [
    mistake(
        "out of reach",
        "error bands",
        "{name: 优秀",
        ["“优秀”从 101 分起", "只有 100 分"],
        ("least: 90, printed: 90分及以上", "least: 101"),
        ("below: 90, ", ""),
    ),
    mistake(
        "out of reach of the best level",
        "error bands",
        "{name: 优秀",
        ["“优秀”从 99 分起", "只有 98 分"],
        ("符合: 1.0, 不符合", "符合: 0.9, 不符合"),
        ("least: 90, printed: 90分及以上", "least: 99"),
        ("below: 90, ", ""),
    ),
    mistake(
        "hidden",
        "error bands",
        "{name: 合格",
        ["“优秀”从 90 分起", "谁也得不到“合格”"],
        ("least: 80, below: 90, printed: 80分及以上", "least: 90"),
    ),
    mistake(
        "out of order",
        "error bands",
        "{name: 合格",
        ["“合格”却从 95 分起", "顺序反了"],
        ("least: 80, below: 90, printed: 80分及以上", "least: 95"),
    ),
    mistake("gap", "error bands", "{name: 合格", ["85–90 分没有等级", "below 改为 90"], ("below: 90", "below: 85")),
    mistake("overlap", "error bands", "{name: 合格", ["90–93 分有两个等级"], ("below: 90", "below: 93")),
    mistake(
        "no top",
        "error bands",
        "{name: 优秀",
        ["“优秀”只到 100 分"],
        ("优秀, least: 90,", "优秀, least: 90, below: 100,"),
    ),
    mistake(
        "not as printed",
        "error bands",
        "{name: 合格",
        ["文件写从 80 分起", "印的是 85 分"],
        ("80分及以上", "85分及以上"),
        ("80分以下", "85分以下"),
    ),
    mistake(
        "whole numbers",
        "warning bands",
        "{name: 合格",
        ["89 与 90 之间（如 89.5 分）", "优秀[90, ∞)、合格[80, 90)、不合格[0, 80)"],
        ("80分及以上", "80-89分"),
    ),
    mistake("whole numbers below", "warning bands", "{name: 合格", ["89 与 90 之间"], ("below: 90", "below: 89")),
    mistake(
        "printed twice", "warning bands", "{name: 合格", ["90 分起有“优秀”和“合格”"], ("80分及以上", "80至90分")
    ),
    mistake(
        "no line",
        "warning lines",
        "{name: 不合格",
        ["“不合格”的分数线", "低于 80 分的人没有等级", "培训、调岗"],
        ("least: 0,", "least: ,"),
    ),
    mistake(
        "no last grade",
        "warning lines",
        "{name: 不合格",
        ["低于 60 分没有等级"],
        ("least: 0, printed: 80分以下", "least: 60"),
    ),
]

FORMULAS = [
    mistake(
        "a scale of what is measured",
        "error unit",
        "scale: [1",
        ["请删去 scale"],
        ("unit: 秒}", "unit: 秒, scale: [1, 500]}"),
    ),
    mistake(
        "cliff in one wording",
        "warning wording",
        "- where: 附录",
        ["从 61 秒起不同", "本文件得 0 分", "那里得 14 分", "cliff: false"],
        (AGAIN, AGAIN.replace("zero_beyond: 60, ", "")),
    ),
    mistake(
        "other steps in one wording",
        "warning wording",
        "- where: 附录",
        ["从 40 秒起不同", "得 18 分", "得 17 分", "deduct: 3"],
        (AGAIN, AGAIN.replace("deduct: 2", "deduct: 3")),
    ),
    mistake(
        "other points in one wording",
        "warning wording",
        "- where: 附录",
        ["从 30 秒起不同", "本文件得 20 分", "那里得 25 分"],
        ("text: 超60秒得0分", "text: 超60秒得0分\n        points: 25"),
    ),
    mistake(
        "another quantity in one wording",
        "warning wording",
        "- where: 附录",
        ["不是同一个量"],
        (f"kind: steps, at_most: 30, every: 10, {AGAIN}", AGAIN.replace(AGAIN[: AGAIN.index("}")], STEPLESS)),
    ),
    mistake(
        "two rules",
        "warning wording",
        "scoring: {kind: errors",
        ["2 种扣分规则", "争执每次扣 5 分（1 次得 25 分）", "生硬每次扣 1 分（1 次得 29 分）", "现计争执"],
        (ITEM, ITEM.replace("deduct: 5", "deduct: {争执: 5, 生硬: 1}, counted: [争执]")),
    ),
    mistake(
        "a block that has begun",
        "warning block",
        "scoring: {kind: steps, at_least",
        ["84.5%", "（ceil）得 29 分", "（floor）得 30 分", "block: floor"],
        ("，不足1%的不扣", ""),
    ),
    mistake(
        "sample",
        "warning sample",
        "scoring: {kind: errors",
        ["抽查 10 条", "500 通", "20 次", "得 0 分", "mode: expected"],
        ("deduct: 5}", "deduct: 5, sample: {size: 10}}"),
    ),
    mistake(
        "sample forgotten",
        "error sample",
        "scoring: {kind: errors",
        ["“抽查10条”", "sample: {size: 10, mode: expected}"],
        ("standard: 每说", "standard: 抽查10条，每说"),
    ),
    mistake(
        "cliff before the line",
        "error formula",
        "scoring: {kind: steps, at_most",
        ["达标线是 30 秒", "20 秒"],
        ("zero_beyond: 60", "zero_beyond: 20"),
        ("zero_beyond: 60", "zero_beyond: 20"),
    ),
    mistake(
        "nothing from the start",
        "error formula",
        "scoring: {kind: errors",
        ["没有错也得不到分"],
        ("deduct: 5}", "deduct: 5, zero_at: 0}"),
    ),
    mistake(
        "percent for a share",
        "error unit",
        "scoring: {kind: steps, at_least",
        ["at_least: 85", "85% 写作 0.85"],
        ("at_least: 0.85", "at_least: 85"),
        NO_EXAMPLES,
    ),
    mistake(
        "another unit",
        "error unit",
        "scoring: {kind: steps, at_most",
        ["以“秒”计", "chat.first_reply", "“分钟”"],
        ("indicator: calls.speed_of_answer", "indicator: chat.first_reply"),
    ),
    mistake(
        "what a miss leaves is not chosen",
        "error missed",
        "missed:",
        ["A-4 解决率", "missed: zero", "missed: proportional"],
        ("total: 100", "total: 100\nmissed:"),
        ("{kind: steps, at_least: 0.85, every: 0.01, deduct: 1, block: floor,", "{kind: target, at_least: 0.85,"),
    ),
    mistake(
        "no such limit",
        "error unit",
        "limit: 3",
        ["callbacks.rate", "limit 不起作用"],
        (GREETING, "indicator: callbacks.rate\n        limit: 3"),
    ),
    mistake(
        "limit forgotten",
        "error unit",
        "indicator: tickets.verified_in_days",
        ["请写 limit（单位：工作日）"],
        (GREETING, "indicator: tickets.verified_in_days"),
    ),
    mistake(
        "printed row",
        "warning example",
        "{criterion: A-1",
        ["印 18 分", "应得 20 分"],
        ("28, printed: 20", "28, printed: 18"),
        (RATE, ""),
    ),
    mistake(
        "row of another kind",
        "error example",
        "{criterion: A-4",
        ["value: 88", "88% 写作 0.88"],
        (RATE, "  - {criterion: A-4, value: 88, printed: 30, text: 解决88单}\n"),
    ),
    mistake(
        "not its share",
        "warning denominators",
        "{criterion: A-4",
        ["90/100", "90.0%", "88.0%"],
        ("88, of", "90, of"),
    ),
    mistake(
        "other denominators",
        "warning denominators",
        "{criterion: A-4, value: 0.92",
        ["A-4 88/100", "A-4 115 为 92%，推出分母 125"],
        (RATE, f"{RATE}  - {{criterion: A-4, value: 0.92, printed: 30, text: 115单, count: 115}}\n"),
    ),
]

SOURCES = [
    mistake(
        "an item that only people answer is asked for",
        "warning item",
        "rule: {kind: condition",
        ["“礼貌”的“致歉”要看 A-3-1 的结论", "A-3-1 不由通话自己得出"],
        (f"\n        {GREETING}", ""),
        ("source_class: A\n    points: 20", "source_class: A+M\n    points: 20"),
        (
            "rule: {kind: duty, trigger: complaint, detector: apology, terms: [sincere]}",
            "rule: {kind: condition, condition: {item: {id: A-3-1, is: met}}}",
        ),
    ),
    mistake(
        "no share, no level",
        "error indicator",
        "indicator: satisfaction.score",
        ["按等级计分", "satisfaction.score", "定不出等级"],
        (GREETING, "indicator: satisfaction.score"),
    ),
    mistake(
        "one value from two sources",
        "error formula",
        "parts:\n      - {title: 关闭",
        ["一个月只有一个值", "通话、外部数据分别给出"],
        (
            "      - {title: 不说禁语",
            "      - {title: 关闭, indicator: tickets.closed}\n      - {title: 不说禁语",
        ),
    ),
    mistake(
        "a sample of what has no errors",
        "error indicator",
        "indicator: tickets.closed",
        ["不能数 tickets.closed"],
        ("indicator: tickets.first_contact", "indicator: tickets.closed"),
        (
            'scoring: {kind: steps, at_least: 0.85, every: 0.01, deduct: 1, block: floor, unit: "%"}\ngrades',
            'scoring: {kind: errors, deduct: 5, sample: {size: 10}, unit: ""}\ngrades',
        ),
        NO_EXAMPLES,
    ),
    mistake(
        "placeholder of a part",
        "warning placeholder",
        "limit:",
        ["1 处印的是“[X]”", "第 1 个子项停用"],
        ("title: 问候", "title: 在[X]个工作日内核实"),
        (GREETING, "indicator: tickets.verified_in_days\n        limit:"),
    ),
    mistake(
        "placeholder of an item",
        "warning placeholder",
        "scoring: {kind: steps, at_least: ,",
        ["“解决率”数值空着", "本项停用"],
        ("at_least: 0.85,", "at_least: ,"),
        NO_EXAMPLES,
        NO_PERIODS,
    ),
    mistake(
        "placeholder in words only",
        "warning placeholder",
        "standard: 每说",
        ["［X］"],
        ("扣完为止", "［X］次得0分"),
    ),
    mistake(
        "no such indicator",
        "error indicator",
        "indicator: tickets.first_contakt",
        ["“tickets.first_contakt”", "是不是“tickets.first_contact”"],
        ("tickets.first_contact", "tickets.first_contakt"),
    ),
    mistake(
        "no such indicator in the plan",
        "error indicator",
        "{problem: 接听慢",
        ["改进计划“接听慢”", "“calls.speed”"],
        ("criterion: A-1, actions", "indicator: calls.speed, actions"),
    ),
    mistake(
        "no source",
        "warning source",
        "- id: A-4",
        ["“解决率”可由外部数据得出（E）", "人工给分"],
        ("    indicator: tickets.first_contact\n", ""),
    ),
    mistake(
        "no such lexicon",
        "error phrases",
        "lexicons:",
        ["“banne”", "是不是“banned”"],
        ("banned,", "banne, banned,"),
    ),
    mistake(
        "lexicon not named",
        "error phrases",
        "rule: {kind: duty",
        ["没有词库能听出“apology”", "lexicons 里加上 apology"],
        (" apology,", ""),
    ),
    mistake(
        "no such trigger",
        "error phrases",
        "rule: {kind: duty",
        ["“complain”", "是不是“complaint”"],
        ("trigger: complaint", "trigger: complain"),
    ),
    mistake(
        "no such term",
        "error phrases",
        "rule: {kind: heard",
        ["没有“greting”", "是不是“greeting”"],
        ("[greeting]", "[greting]"),
    ),
    mistake(
        "not applicable unsaid",
        "warning not_applicable",
        "not_applicable:",
        ["以下 1 项", "A-3（致歉）"],
        ("not_applicable: 不适用的不计分", "not_applicable:"),
    ),
    mistake(
        "two clocks",
        "warning clocks",
        "- id: A-1",
        ["“响应”", "2 个不同的时钟", "≤30 秒", "≤3 声"],
        (GREETING, "rule: {kind: rings, at_most: 3}"),
    ),
    mistake(
        "harsh and polite",
        "warning harsh",
        "standard: “稍等”",
        ["“稍等”", "A-3 要求礼貌地说“请客户稍等”"],
        ("standard: 每说一次", "standard: “稍等”等生硬用语每说一次"),
    ),
]

OUTCOMES = [
    mistake(
        "no such grade",
        "error consequence",
        "{id: 四",
        ["“不及格”", "是不是“不合格”"],
        ("不合格, months: 2", "不及格, months: 2"),
    ),
    mistake("after nothing", "error consequence", "{id: 五", ["“肆”", "没有这个编号"], ("after: 四", "after: 肆")),
    mistake("after itself", "error consequence", "{id: 五", ["是它自己"], ("after: 四", "after: 五")),
    mistake(
        "one id twice",
        "error consequence",
        "{id: 四, title: 调岗",
        ["“四”出现 2 次"],
        ("{id: 五", "{id: 四"),
        (", after: 四", ""),
    ),
    mistake(
        "two coefficients",
        "error consequence",
        "{id: 四",
        ["“不合格”有两个奖金系数：0 和 0.5"],
        ("不合格, months: 2}", "不合格}, coefficient: 0.5"),
    ),
    mistake("no coefficient", "warning consequence", "consequences:", ["“不合格”没有"], (", coefficient: 0}", "}")),
    mistake(
        "overlap of periods",
        "error period",
        "- {title: 年末",
        ["2026-06-10 至 2026-06-18 重叠", "A-1 一处 10、一处 15", "A-4 一处 40、一处 35"],
        ("first: 2026-11-01", "first: 2026-06-10"),
    ),
    mistake(
        "another total", "warning period", "- {title: 大促", ["合计 90 分", "平时是 100 分"], ("A-4: 40", "A-4: 30")
    ),
    mistake(
        "before its time",
        "warning period",
        "- {title: 大促",
        ["2025-06-18 结束", "2026-01-01 才生效"],
        ("2026-06-01, last: 2026-06-18", "2025-06-01, last: 2025-06-18"),
    ),
    mistake("no target", "warning plan", "{problem: 接听慢", ["没有可以衡量的目标"], (", at_most: 25", "")),
    mistake(
        "for nothing",
        "warning plan",
        "{problem: 接听慢",
        ["没有写针对哪一项"],
        ("criterion: A-1, actions", "actions"),
    ),
    mistake("two targets", "error plan", "{problem: 接听慢", ["请只留一个"], ("most: 25", "most: 25, at_least: 3")),
]
SILENCE = [
    mistake("a default", "warning defaults", "name: ", ["有 1 处：few_calls: 10（"], ("few_calls: 10\n", "")),
    mistake("no minimum", "warning minimums", "quality:", ["最短时长", "call_seconds"], (", call_seconds: 10", "")),
    mistake(
        "evidence only",
        "warning suggestions",
        "criteria:",
        ["1 个子项", "A-3-1 问候"],
        (GREETING, f"needs_person: all\n        {GREETING}"),
    ),
]
MISTAKES = [*POINTS, *BANDS, *FORMULAS, *SOURCES, *OUTCOMES, *SILENCE]


@pytest.mark.parametrize(("severity", "code", "at", "said", "changes"), MISTAKES)
def test_a_mistake_is_told_once_with_line_and_figures(written, severity, code, at, said, changes):
    card = written(*changes)
    notices = lint(card)
    assert [(notice.severity, notice.code) for notice in notices] == [(severity, code)], describe(notices)
    for words in said:
        assert words in notices[0].sentence
    text = Path(card.path).read_text(encoding="utf-8")
    assert notices[0].line == 1 + text[: text.index(at)].count("\n")
    if severity == "error":
        with pytest.raises(PolicyError) as refused:
            refuse(card, notices)
        assert (refused.value.path, refused.value.line) == (card.path, notices[0].line)
        assert notices[0].sentence in refused.value.problem
    else:
        refuse(card, notices)


def test_every_code_has_a_mistake():
    said = {case.values[1] for case in MISTAKES}
    assert said == set(Code.__args__)


# --- the shipped standards


@cache
def shipped() -> dict[str, Scorecard]:
    return {name: load_scorecard(path) for name, path in bundled_scorecards().items()}


@cache
def noticed(name: str) -> tuple[Notice, ...]:
    return lint(shipped()[name], tuple(shipped().values()))


FOUND = [
    ("G1", "table1", "warning wording T1-1", ["从 61 秒起", "得 0 分", "得 12 分", "cliff: false"]),
    ("G2", "table1", "warning block T1-1", ["35 秒", "（ceil）得 18 分", "（floor）得 20 分"]),
    ("G3", "table2", "warning example -", ["5 行中有 4 行", "合计印 91 分", "应为 95 分"]),
    ("G3", "table2", "warning example T1-1", ["印 18 分", "应得 20 分", "28 秒"]),
    ("G3", "table2", "warning example T1-3", ["印 28 分", "应得 30 分"]),
    ("G3", "table2", "warning example T1-4", ["印 13 分", "应得 12 分"]),
    ("G3", "table2", "warning example T1-5", ["印 9 分", "应得 10 分"]),
    ("G4", "table1", "warning wording T1-2", ["从 1 次起", "得 20 分", "得 24 分"]),
    ("G5", "table1", "warning lines -", ["“良好”", "“合格”", "低于 90 分"]),
    ("G6", "table1", "warning bands -", ["24 与 25 之间", "17 与 18 之间"]),
    ("G6", "jiazheng", "warning bands -", ["89 与 90 之间", "合格[80, 90)"]),
    ("G7", "table1", "warning split -", ["定量 70%", "合计 100 分"]),
    ("G8", "kf03", "warning sum KF03-二", ["46 分", "40 分", "相差 6 分"]),
    ("G8", "kf03", "error choice -", ["KF03-二 装修服务（40 分）"]),
    ("G9", "kf03", "warning total -", ["没有印总分", "百分比"]),
    ("G9", "kf03", "warning cut KF03-五-2", ["不完整"]),
    ("G10", "kf01", "warning parts KF01-4", ["3 个子项", "5/5/5 分", "基本符合 ≥75%"]),
    ("G10", "kf01", "warning parts KF01-7", ["5 个子项", "5/5/5/5/5 分"]),
    ("G11", "jiazheng", "error weights -", ["9 项没有分值", "weights: equal"]),
    ("G11", "jiazheng", "error missed -", ["H-1 响应时间", "missed: zero", "missed: proportional"]),
    ("G12", "shimao", "warning placeholder SM-3", ["1 处印的是“[X]”"]),
    ("G12", "shimao", "warning placeholder SM-5", ["3 处印的是“[X]”", "停用"]),
    ("G12", "shimao", "warning placeholder SM-21", ["2 处印的是“[X]”"]),
    ("G13", "jiazheng", "warning clocks H-1", ["3 个不同的时钟", "≤10 分钟", "≤30 秒", "≤3 声"]),
    ("G13", "table1", "warning clocks T1-1", ["3 个不同的时钟", "≤10 分钟", "≤30 秒", "≤3 声"]),
    ("G13", "kf01", "warning clocks KF01-3", ["3 个不同的时钟", "≤10 分钟", "≤30 秒", "≤3 声"]),
    ("G14", "table1", "warning sample T1-2", ["抽查 10 条", "得 0 分"]),
    ("G15", "table2", "warning harsh T1-2", ["“稍等”", "KF02-4", "请其稍等"]),
    ("G16", "table2", "warning denominators T1-5", ["88/100", "125"]),
    ("G17", "kf01", "warning not_applicable -", ["KF01-4", "KF01-10"]),
    ("G17", "kf03", "warning not_applicable -", ["KF03-五-1"]),
]


@pytest.mark.parametrize(("gap", "name", "verdict", "said"), FOUND, ids=[f"{g}-{n}-{v}" for g, n, v, _ in FOUND])
def test_the_gaps_of_the_documents_are_found_in_the_shipped_files(gap, name, verdict, said):
    severity, code, criterion = verdict.split()
    found = [
        notice
        for notice in noticed(name)
        if (notice.severity, notice.code, notice.criterion_id or "-") == (severity, code, criterion)
    ]
    assert any(all(words in notice.sentence for words in said) for notice in found), describe(noticed(name))


def test_no_standard_is_named_in_the_lint():
    names = [*shipped(), *(criterion.id for card in shipped().values() for criterion in card.criteria)]
    for path in Path(lint_package.__file__).parent.glob("*.py"):
        code = "".join(line for line in path.read_text(encoding="utf-8").splitlines() if ">>>" not in line)
        assert not [name for name in names if f'"{name}"' in code]


@pytest.mark.parametrize("name", sorted(bundled_scorecards()))
def test_a_notice_about_an_item_stands_at_that_item(name):
    card = shipped()[name]
    line = lines_of(Path(card.path))
    begins = [line(("criteria", n)) for n in range(len(card.criteria))]
    for notice in noticed(name):
        assert notice.line is not None
        assert notice.sentence.endswith(("。", "）"))
        if notice.criterion_id and notice.code not in ("example", "denominators"):
            last = max(n for n, begin in enumerate(begins) if begin <= notice.line)
            assert card.criteria[last].id == notice.criterion_id


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("kf01", ()),
        ("kf02", ()),
        ("kf03", ("choice",)),
        ("table1", ()),
        ("jiazheng", ("weights", "missed")),
        ("shimao", ()),
    ],
)
def test_a_shipped_standard_scores_unless_something_must_be_chosen(name, refused):
    assert tuple(notice.code for notice in errors(noticed(name))) == refused


def test_a_chosen_block_that_does_not_sum_refuses_until_it_is_settled(tmp_path):
    text = bundled_scorecards()["kf03"].read_text(encoding="utf-8")

    def refused(*changes):
        path = tmp_path / "kf03.yaml"
        path.write_text(reduce(lambda kept, change: kept.replace(*change, 1), changes, text), encoding="utf-8")
        return [(n.code, n.criterion_id) for n in errors(lint(load_scorecard(path)))]

    chosen = ("\nassessed:\n", "\nassessed: [KF03-二]\n")
    assert refused() == [("choice", None)]
    assert refused(("\nassessed:\n", "\nassessed: [KF03-四]\n")) == []
    assert refused(chosen) == [("sum", "KF03-二")]
    assert refused(chosen, ("settle:\n", "settle: cap\n")) == []
    assert refused(chosen, ("settle:\n", "settle: scale\n")) == []
    assert refused(chosen, ("points: 40", "points: 46")) == []


def test_a_document_without_weights_scores_after_the_choice(tmp_path):
    path = tmp_path / "jiazheng.yaml"
    text = bundled_scorecards()["jiazheng"].read_text(encoding="utf-8")
    path.write_text(text.replace("\nweights:\nmissed:\n", "\nweights: equal\nmissed: zero\n"), encoding="utf-8")
    notices = lint(load_scorecard(path))
    assert errors(notices) == ()
    assert any("每项 11.11 分" in notice.sentence for notice in notices)


# --- other standards, other ways in


def test_words_are_compared_with_the_standards_beside_it_only(written):
    mine = written(("不说禁语\n    standard: 每说", "不说禁语\n    standard: “请问”等生硬用语，每说"))
    assert not [notice for notice in lint(mine, [mine]) if notice.code in ("clocks", "harsh")]
    assert [notice.code for notice in lint(mine, [shipped()["kf01"]])] == ["clocks"]


def test_a_standard_that_was_not_read_from_a_file_has_no_lines():
    card = Scorecard.model_validate(
        {
            "name": "made",
            "title": "made",
            "revision": 1,
            "effective_from": "2026-01-01",
            "source": "",
            "total": 50,
            "names_assessors": False,
            "criteria": [
                {"id": "X", "title": "一", "standard": "", "points": 40, "scoring": {"kind": "errors", "deduct": 1}}
            ],
        }
    )
    (notice,) = lint(card)
    assert (notice.path, notice.line, notice.code) == ("made", None, "total")
    assert describe([notice])[0].startswith("错误 made 各项分值合计 40 分")


def test_indicators_of_another_registry(written):
    assert [(notice.code, notice.criterion_id) for notice in errors(lint(written(), indicators={}))] == [
        ("indicator", "A-1"),
        ("indicator", "A-4"),
    ]


def test_errors_come_first_and_the_refusal_counts_the_rest(written):
    card = written(("total: 100", "total: 90"), ("after: 四", "after: 肆"), (", at_most: 25", ""))
    notices = lint(card)
    assert [notice.severity for notice in notices] == ["error", "error", "warning"]
    with pytest.raises(PolicyError, match="另有 1 处错误"):
        refuse(card, notices)


def test_a_long_sentence_is_shortened_on_the_command_line_only():
    notice = Notice("warning", "cut", "A-1", "/x/mine.yaml", 7, "不完整。", "长" * 300)
    (line,) = describe([notice])
    assert line == f"提示 mine.yaml:7 A-1：不完整。原文：“{'长' * 80}…（略）”"


def test_a_misspelt_field_is_told_what_it_may_have_been(written):
    with pytest.raises(PolicyError, match=r"assesed: there is no such field; did you mean assessed\?") as caught:
        written(("assessed: all", "assesed: all"))
    assert caught.value.line == 1 + CLEAN[: CLEAN.index("assessed:")].count("\n")
    with pytest.raises(PolicyError, match=r"there is no such field$"):
        written(("assessed: all", "考核: all"))


# --- properties

STEPS = st.builds(
    lambda line, every, deduct, beyond, cliff, block: Steps(
        kind="steps",
        at_most=line,
        every=every,
        deduct=deduct,
        zero_beyond=None if beyond is None else line + beyond,
        cliff=cliff,
        block=block,
    ),
    *(st.integers(0, 40), st.integers(1, 15), st.integers(1, 6), st.none() | st.integers(0, 60), st.booleans()),
    st.sampled_from(("ceil", "floor")),
)


@given(STEPS, STEPS)
def test_the_first_value_at_which_two_wordings_differ_is_found(one, other):
    card = Scorecard.model_validate(
        {
            "name": "made",
            "title": "made",
            "revision": 1,
            "effective_from": "2026-01-01",
            "source": "",
            "criteria": [
                {
                    "id": "X",
                    "title": "一",
                    "standard": "每满一档",
                    "points": 20,
                    "scoring": one.model_dump(),
                    "also_printed": [{"where": "别处", "text": "", "scoring": other.model_dump()}],
                }
            ],
        }
    )
    apart = [v / 2 for v in range(800) if one.score(20, v / 2, "").tally != other.score(20, v / 2, "").tally]
    said = [notice.sentence for notice in lint(card) if notice.code == "wording"]
    assert bool(said) == bool(apart)
    if apart:
        value = float(re.findall(r"从 ([\d.]+)起不同", said[0])[0])
        assert value in apart
        assert value - apart[0] <= 0.5  # a whole number is preferred to the half before it


@given(st.lists(st.none() | st.integers(0, 110), min_size=1, max_size=5))
def test_bands_are_sound_exactly_when_every_score_down_to_the_last_line_has_the_grade_that_says_so(leasts):
    card = Scorecard.model_validate(
        {
            "name": "made",
            "title": "made",
            "revision": 1,
            "effective_from": "2026-01-01",
            "source": "",
            "criteria": [
                {
                    "id": "X",
                    "title": "一",
                    "standard": "",
                    "points": 100,
                    "scoring": {"kind": "errors", "deduct": 1},
                }
            ],
            "grades": [{"name": str(n), "least": least} for n, least in enumerate(leasts)],
        }
    )
    codes = {notice.code for notice in lint(card)}
    given_to = {grade.name for score in range(101) if (grade := card.grade(score))}
    open_from = next((n for n, least in enumerate(leasts) if least is None), len(leasts))
    assert ("bands" in codes) == any(str(n) not in given_to for n in range(open_from)) or any(
        least is not None and least > 100 for least in leasts[open_from:]
    )
    assert ("lines" in codes) == (None in leasts or card.grade(0) is None)
