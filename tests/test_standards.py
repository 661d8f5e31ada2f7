"""The standards that come with callqa say what the documents print, and a value is worth what they say."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from pipeline.errors import ConfigurationError
from pipeline.evaluation import Outcome, evaluate
from pipeline.findings.detection import detect
from pipeline.findings.detectors import detectors as detectors_of_calls
from pipeline.indicators import INDICATORS
from pipeline.lexicon import load_lexicon
from pipeline.lexicon.confusions import EXTRA, MISSING
from pipeline.lexicon.patterns import compiled
from pipeline.scorecard import bundled_scorecards, find_scorecard, load_scorecard
from pipeline.scorecard.trial import try_values, with_switches
from tests.builders import bundled, hearing

SHIPPED = bundled_scorecards()
CARDS = {name: load_scorecard(path) for name, path in SHIPPED.items()}
STRANGER = Path(__file__).parent / "standards" / "dianshang.yaml"


def tried(name, values, **switches):
    card = with_switches(SHIPPED[name], {key.replace("__", "."): value for key, value in switches.items()})
    return try_values(card, values)


def awarded(name, item, value, **switches):
    trial = tried(name, {item: value}, **switches)
    return next(each.awarded for each in trial.items if each.criterion_id == item)


# --- the files


def test_the_nine_standards_are_shipped():
    assert sorted(SHIPPED) == [
        "jiazheng",
        "jiazheng_calls",
        "kf01",
        "kf02",
        "kf03",
        "shimao",
        "table1",
        "table2",
        "table3",
    ]
    assert all(card.name == name for name, card in CARDS.items())


PRINTED = {
    "kf01": [10, 10, 5, 15, 10, 10, 25, 5, 5, 5],
    "kf02": [12, 12, 30, 16, 10, 10, 5, 5],
    "kf03": [30, 40, 30, 40, 30, None],
    "table1": [20, 25, 30, 15, 10],
    "table2": [20, 25, 30, 15, 10],
    "table3": [None, None],
    "jiazheng": [None] * 9,
    "jiazheng_calls": [None] * 9,
    "shimao": [None] * 21,
}
IDS = {
    "kf01": [f"KF01-{n}" for n in range(1, 11)],
    "kf02": [f"KF02-{n}" for n in range(1, 9)],
    "kf03": ["KF03-一", "KF03-二", "KF03-三", "KF03-四", "KF03-五-1", "KF03-五-2"],
    "table1": [f"T1-{n}" for n in range(1, 6)],
    "table2": [f"T1-{n}" for n in range(1, 6)],
    "table3": ["T3-1", "T3-2"],
    "jiazheng": [f"H-{n}" for n in range(1, 10)],
    "jiazheng_calls": [f"HC-{n}" for n in range(1, 10)],
    "shimao": [f"SM-{n}" for n in range(1, 22)],
}
PARTS = {
    "KF02-1": [4] * 3,
    "KF02-2": [2] * 6,
    "KF02-3": [5] * 6,
    "KF02-4": [4] * 4,
    "KF02-5": [5] * 2,
    "KF02-6": [5] * 2,
    "KF03-一": [4, 6, 4, 4, 4, 4, 4],
    "KF03-二": [8, 6, 6, 8, 6, 6, 6],
    "KF03-三": [6] * 5,
    "KF03-四": [6, 6, 8, 6, 8, 6],
    "KF03-五-1": [3] * 10,
}


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_standard_has_the_items_and_points_that_are_printed(name):
    card = CARDS[name]
    assert [c.id for c in card.criteria] == IDS[name]
    assert [c.points for c in card.criteria] == PRINTED[name]
    if card.total is not None:
        assert card.points == card.total == 100
    for criterion in card.criteria:
        if criterion.id in PARTS:
            assert [part.points for part in criterion.parts] == PARTS[criterion.id]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_item_quotes_its_document_in_proper_simplified_characters(name):
    text = SHIPPED[name].read_text(encoding="utf-8")
    assert OpenCC("t2s").convert(text) == text
    assert "\N{REPLACEMENT CHARACTER}" not in text
    assert not any("\u3400" <= c <= "\u4dbf" or "\ue000" <= c <= "\uf8ff" for c in text)  # what a bad copy leaves
    assert all(len(c.standard) >= 8 for c in CARDS[name].criteria)
    assert text.startswith("# ")  # what the keys mean, to a manager


SAID = {
    "KF01-3": "铃响三声内接听",
    "KF01-10": "让客户先收线",
    "KF02-3": "紧急诉求（如停电、水管泄漏等）15分钟内响应",
    "KF02-6": "三个工作日内做好回访工作",
    "KF03-二": "不少于二次巡检",
    "KF03-四": "（回访率100%）",
    "KF03-五-2": "1个工作日内回复客户",
    "T1-1": "达标得20分，每超10秒扣2分，超60秒得0分",
    "T1-3": "达标得30分，每低1%扣1分，低于75%得0分",
    "T1-4": "抽查10条工单，每错1项扣3分，错3项及以上得0分",
    "T1-5": "达标得10分，每低1%扣1分，低于5%得0分",
    "T3-1": "高峰期响应时间≤25秒",
    "H-1": "≤10分钟",
    "H-9": "培训考核≥80分",
    "SM-9": "不得直呼客户姓名",
    "SM-12": "在电话铃响三声内接听",
}


def test_the_sentences_are_those_of_the_documents():
    said = [(c.id, c.standard) for name, card in CARDS.items() if name != "table2" for c in card.criteria]
    assert SAID.keys() <= {id for id, _ in said}
    assert [id for id, sentence in said if SAID.get(id, "") not in sentence] == []


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_standard_asks_only_for_what_its_lists_and_feeds_can_give(name):
    card, lists = CARDS[name], bundled()
    terms = {(lists[each].detector, phrase.term) for each in card.lexicons for phrase in lists[each].file.phrases}
    detectors = {detector for detector, _ in terms}
    rules = [part.rule for c in card.criteria for part in c.parts if part.rule is not None]
    measured = {*(each.name for each in detectors_of_calls()), "rule"}  # every call is searched for these
    wanted = [sought for rule in rules for _, sought in rule.sought()]
    phrases = {
        (sought.detector, term) for sought in wanted for term in sought.terms if sought.detector not in measured
    }
    assert phrases <= terms
    assert {sought.detector for sought in wanted} - measured == detectors
    named = {c.indicator for c in card.criteria} | {part.indicator for c in card.criteria for part in c.parts}
    assert named - {""} <= set(INDICATORS)


def test_kf01_keeps_its_phrase_lists():
    events = ("customer_event", "agent_event", "handling", "proactive")
    assert CARDS["kf01"].lexicons == ("required", "banned", "apology", "complaint", *events)


def test_the_third_sheet_is_found_by_the_name_that_is_printed():
    assert find_scorecard("KF3") == find_scorecard("KF03") == CARDS["kf03"]


def test_six_figures_of_shimao_are_open():
    opened = {c.id: sum(part.open for part in c.parts) for c in CARDS["shimao"].criteria}
    assert {id: count for id, count in opened.items() if count} == {"SM-3": 1, "SM-5": 3, "SM-21": 2}
    quoted = {c.id: c.standard.count("[X]") for c in CARDS["shimao"].criteria}
    assert {id: count for id, count in quoted.items() if count} == {"SM-3": 1, "SM-5": 3, "SM-21": 2}


# grade, months, quarters, after, what it pays
TABLE_1 = {
    "奖金-优秀": ("优秀", 1, None, "", "绩效奖金基数×1.2"),
    "奖金-良好": ("良好", 1, None, "", "绩效奖金基数×1"),
    "奖金-合格": ("合格", 1, None, "", "绩效奖金基数×0.8"),
    "奖金-需改进": ("需改进", 1, None, "", "绩效奖金基数×0"),
    "服务之星": ("", 1, None, "", ""),
    "专项培训": ("需改进", 1, 2, "", ""),
    "调岗或淘汰": ("需改进", 1, 1, "专项培训", ""),
    "诚信": ("", 1, None, "", ""),
    "追责": ("", 1, None, "", ""),
    "服务创新奖": ("", 1, None, "", ""),
    "客户最喜爱客服": ("", 1, None, "", ""),
}
CONSEQUENCES = {
    "jiazheng": {
        "奖金-优秀": ("优秀", 1, None, "", "绩效奖金基数×1，加当月工资的10%"),
        "奖金-合格": ("合格", 1, None, "", "绩效奖金基数×1"),
        "奖金-不合格": ("不合格", 1, None, "", "绩效奖金基数×1，减当月工资的5%"),
        "月度明星客服": ("优秀", 1, None, "", ""),
        "改进计划": ("不合格", 1, None, "", ""),
        "客服组长": ("优秀", 1, None, "", ""),
        "针对性培训": ("不合格", 1, None, "", ""),
        "客服主管": ("优秀", 3, None, "", ""),
        "转岗培训": ("不合格", 2, None, "", ""),
        "淘汰": ("不合格", 1, None, "转岗培训", ""),
    },
    "table1": TABLE_1,
    "table2": TABLE_1,
    "shimao": {
        "SM-22-优秀": ("优秀", 1, None, "", ""),
        "SM-22-不合格": ("不合格", 1, None, "", ""),
        "SM-22-仍不合格": ("不合格", 1, None, "SM-22-不合格", ""),
        "SM-23-荣誉": ("优秀", 1, None, "", ""),
        "SM-23-培训": ("优秀", 1, None, "", ""),
        "SM-23-晋升": ("优秀", 1, None, "", ""),
        "SM-23-警告": ("", 1, None, "", ""),
        "SM-23-扣减": ("", 1, None, "", ""),
    },
}


@pytest.mark.parametrize("name", sorted(CONSEQUENCES))
def test_the_consequences_are_those_of_the_documents(name):
    written = CARDS[name].consequences
    assert {
        c.id: (c.when.grade, c.when.months, c.when.quarters, c.when.after, c.pay) for c in written
    } == CONSEQUENCES[name]
    stars = [(c.when.top, c.when.period) for c in written if c.when.top]
    assert stars == ([(0.1, "year")] if name.startswith("table") else [])
    assert all(c.standard for c in written), "each with its sentence"


def test_inducing_praise_is_a_flag_that_follows_from_the_wording():
    for name in ("table1", "table2"):
        flags = [c for c in CARDS[name].consequences if c.flag]
        assert [(c.id, c.when.event.detector, c.when.event.terms) for c in flags] == [
            ("诚信", "banned_wording", ("诱导好评",))
        ]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_consequences_follow_from_grades_and_consequences_that_exist(name):
    card = CARDS[name]
    ids, grades = {c.id for c in card.consequences}, {grade.name for grade in card.grades}
    assert len(ids) == len(card.consequences)
    assert {c.when.grade for c in card.consequences} - {""} <= grades
    assert {c.when.after for c in card.consequences} - {""} <= ids


@pytest.mark.parametrize(
    ("score", "grade"),
    [(100, "优秀"), (90, "优秀"), (89.5, "合格"), (80, "合格"), (79.99, "不合格"), (0, "不合格")],
)
def test_the_bands_of_jiazheng_have_no_gap(score, grade):
    assert CARDS["jiazheng"].grade(score).name == grade


@pytest.mark.parametrize("name", ["table1", "table2", "shimao"])
def test_lines_that_are_not_printed_are_left_to_the_operator(name):
    lines = {grade.name: grade.least for grade in CARDS[name].grades}
    assert [grade for grade, least in lines.items() if least is None] == (
        ["优秀", "合格"] if name == "shimao" else ["良好", "合格"]
    )


# --- single values, as printed


@pytest.mark.parametrize(
    ("item", "value", "points"),
    [
        *(("T1-1", seconds, points) for seconds, points in [(28, 20), (30, 20), (35, 18), (60, 14), (61, 0)]),
        *(("T1-2", errors, points) for errors, points in [(0, 25), (1, 20), (5, 0), (6, 0)]),
        *(("T1-3", rate, points) for rate, points in [(0.88, 30), (0.85, 30), (0.84, 29), (0.75, 20), (0.749, 0)]),
        *(("T1-4", errors, points) for errors, points in [(0, 15), (1, 12), (2, 9), (3, 0), (4, 0)]),
        *(("T1-5", rate, points) for rate, points in [(0.12, 10), (0.1, 10), (0.05, 5), (0.0499, 0)]),
    ],
)
def test_a_value_is_worth_what_table_1_prints(item, value, points):
    assert awarded("table1", item, value) == points


@pytest.mark.parametrize(
    ("seconds", "switches", "points"),
    [
        (35, {"T1-1__block": "floor"}, 20),
        (61, {"T1-1__cliff": "false"}, 12),
        (61, {"T1-1__cliff": "false", "T1-1__block": "floor"}, 14),
        (61, {"T1-1__block": "floor"}, 0),
    ],
)
def test_the_two_switches_of_the_first_response(seconds, switches, points):
    assert awarded("table1", "T1-1", seconds, **switches) == points


SHEET = {"T1-1": 28, "T1-2": 2, "T1-3": 0.88, "T1-4": 1, "T1-5": 0.12}


def test_the_printed_monthly_sheet_comes_to_95_and_not_to_the_91_that_it_prints():
    trial = tried("table2", SHEET)
    assert [item.awarded for item in trial.items] == [20, 23, 30, 12, 10]
    assert (trial.total, trial.possible, trial.score, trial.grade) == (95, 100, 95, "优秀")
    examples = CARDS["table2"].examples
    assert {each.criterion: each.value for each in examples} == SHEET
    assert sum(each.printed for each in examples) == 91
    ours = {item.criterion_id: item.awarded for item in trial.items}
    differing = {e.criterion: (e.printed, ours[e.criterion]) for e in examples if e.printed != ours[e.criterion]}
    assert differing == {"T1-1": (18, 20), "T1-3": (28, 30), "T1-4": (13, 12), "T1-5": (9, 10)}
    assert [(e.count, e.of) for e in examples if e.criterion in ("T1-3", "T1-5")] == [(88, 100), (15, 125)]
    assert all(e.value == pytest.approx(e.count / e.of) for e in examples if e.criterion in ("T1-3", "T1-5"))


def test_table_2_deducts_by_either_of_two_rules():
    assert awarded("table2", "T1-2", {"用语规范": 2, "情绪管理": 1}) == 23
    assert awarded("table2", "T1-2", {"用语规范": 2, "情绪管理": 1}, **{"T1-2__counted": "[情绪管理]"}) == 20
    both = {"T1-2__counted": "[用语规范, 情绪管理]"}
    assert awarded("table2", "T1-2", {"用语规范": 2, "情绪管理": 1}, **both) == 18
    assert awarded("table2", "T1-2", {"用语规范": 9, "情绪管理": 9}, **both) == 0


@pytest.mark.parametrize(("level", "share"), [("符合", 1), ("基本符合", 0.8), ("一般符合", 0.6), ("不符合", 0)])
def test_kf01_with_every_level(level, share):
    trial = tried("kf01", dict.fromkeys(IDS["kf01"], level))
    assert [item.awarded for item in trial.items] == pytest.approx([p * share for p in PRINTED["kf01"]])
    assert {item.level for item in trial.items} == {level}
    assert (trial.total, trial.possible) == (pytest.approx(100 * share), 100)
    assert trial.grade is None
    assert trial.undecided == "本标准没有等级"


def test_what_is_not_applicable_leaves_the_denominator():
    values = dict.fromkeys(IDS["kf01"], "基本符合") | {"KF01-7": "n_a", "KF01-5": "不适用"}
    trial = tried("kf01", values)
    assert (trial.total, trial.possible, trial.score) == (52, 65, pytest.approx(80))
    assert [i.reason for i in trial.items if not i.possible] == [
        "聆听技巧：不适用，不进分母",
        "回应诉求：不适用，不进分母",
    ]


def test_a_part_that_is_not_applicable_spreads_its_points_over_the_others():
    trial = tried("kf02", {"KF02-2": ["符合", "n_a", "n_a", "符合", "不符合", "符合"]})
    assert (trial.total, trial.possible) == (9, 12)
    without = tried("kf02", {"KF02-2": ["符合", None, None, "符合", "不符合", "符合"]})
    assert (without.total, without.possible) == (6, 8)


@given(
    st.sampled_from(["符合", "基本符合", "一般符合", "不符合"]), st.sets(st.sampled_from(IDS["kf01"]), max_size=9)
)
def test_not_applicable_items_never_change_a_score(level, spared):
    values = {id: "n_a" if id in spared else level for id in IDS["kf01"]}
    assert tried("kf01", values).score == pytest.approx(100 * dict(CARDS["kf01"].levels)[level])


def test_a_sub_item_has_its_own_value():
    trial = tried("kf02", {"KF02-1-2": "基本符合", "KF02-3-4": 0.9, "KF02-3-1": "n_a"})
    assert {i.criterion_id: (i.awarded, i.possible) for i in trial.items if i.possible} == {
        "KF02-1": (3.2, 4),
        "KF02-3": (8, 10),
    }
    assert "（2）基本符合" in trial.items[0].reason


# --- what must be chosen first


def test_decoration_refuses_to_score_until_46_against_40_is_settled():
    with pytest.raises(ConfigurationError, match=r"KF03-二 .*sum to 46 .*40 are printed.*cap .*scale"):
        tried("kf03", {"KF03-二": "符合"})
    lacking = ["符合"] * 6 + ["不符合"]
    assert awarded("kf03", "KF03-二", lacking, **{"KF03-二__settle": "cap"}) == 40
    assert awarded("kf03", "KF03-二", lacking, **{"KF03-二__settle": "scale"}) == pytest.approx(40 * 40 / 46)
    assert awarded("kf03", "KF03-二", "一般符合", **{"KF03-二__settle": "cap"}) == pytest.approx(27.6)
    assert awarded("kf03", "KF03-二", "一般符合", **{"KF03-二__settle": "scale"}) == pytest.approx(24)


def test_kf03_is_tried_on_the_blocks_that_got_values_as_percent_of_what_they_give():
    trial = tried("kf03", {"KF03-四": "基本符合", "KF03-五-1-3": "符合", "KF03-五-2": "符合"})
    assert (trial.total, trial.possible) == (35, 43)
    assert trial.score == pytest.approx(100 * 35 / 43)
    reasons = {item.criterion_id: item.reason for item in trial.items}
    assert "不在所选的考核范围内" in reasons["KF03-一"]
    assert "停用" in reasons["KF03-五-2"]


def test_jiazheng_refuses_to_score_without_weights():
    with pytest.raises(ConfigurationError, match=r"jiazheng.*H-1 响应时间.*weights: equal.*points"):
        tried("jiazheng", {"H-1": 8}, missed="zero")
    values = dict.fromkeys(["H-1", "H-6"], 5) | {"H-3": 0.95, "H-2": 0.49}
    trial = tried("jiazheng", values, weights="equal", missed="proportional")
    assert {i.criterion_id: i.awarded for i in trial.items if i.possible} == {
        id: pytest.approx(share * 100 / 9) for id, share in {"H-1": 1, "H-6": 1, "H-3": 1, "H-2": 0.5}.items()
    }
    assert trial.grade is None
    assert "只评了 44.44% 的分值" in trial.undecided
    assert awarded("jiazheng", "H-1", 20, **{"H-1__points": "30", "H-1__missed": "proportional"}) == 15


TENTH_SHORT = {
    "H-1": 10 / 0.9,
    "H-2": 0.882,
    "H-3": 0.855,
    "H-4": 4.05,
    "H-5": 0.81,
    "H-6": 3.6,
    "H-7": 3.6,
    "H-8": 3.6,
    "H-9": 72,
}
"""Each of the nine targets of 家政 missed by a tenth of it."""


def test_what_a_missed_target_of_jiazheng_leaves_is_the_operators_choice_alone():
    with pytest.raises(ConfigurationError, match=r"jiazheng.*H-1 响应时间.*missed: zero.*missed: proportional"):
        tried("jiazheng", TENTH_SHORT, weights="equal")
    nothing = tried("jiazheng", TENTH_SHORT, weights="equal", missed="zero")
    assert (nothing.score, nothing.grade) == (0, "不合格")
    shares = tried("jiazheng", TENTH_SHORT, weights="equal", missed="proportional")
    assert (shares.score, shares.grade) == (pytest.approx(90), "优秀")  # 9 items of 100/9 points, 0.9 of each
    mixed = tried("jiazheng", TENTH_SHORT, weights="equal", missed="zero", **{"H-4__missed": "proportional"})
    assert mixed.score == pytest.approx(100 / 9 * 0.9)
    reached = {"H-1": 10, "H-2": 0.98, "H-3": 0.95, "H-4": 4.5, "H-5": 0.9, "H-6": 4, "H-7": 4, "H-8": 4, "H-9": 80}
    assert tried("jiazheng", reached, weights="equal", missed="zero").score == pytest.approx(100)


def test_an_open_figure_of_shimao_is_inactive_and_says_so():
    trial = tried("shimao", {"SM-5": "符合", "SM-3-2": "符合", "SM-1": "符合"})
    by_id = {item.criterion_id: item for item in trial.items}
    assert by_id["SM-1"].possible == pytest.approx(100 / 21)
    assert by_id["SM-5"].possible == pytest.approx(100 / 21 / 4)
    assert "（1）停用；（2）停用；（3）停用；（4）符合" in by_id["SM-5"].reason
    assert by_id["SM-3"].possible == 0
    filled = tried("shimao", {"SM-3-2": "符合"}, **{"SM-3__parts__2__limit": "3"})
    assert {item.criterion_id: item.possible for item in filled.items}["SM-3"] == pytest.approx(50 / 21)


def test_a_plan_is_met_or_not():
    met = tried("table3", {"T3-1": 25, "T3-2": 0.89})
    assert [item.awarded for item in met.items] == [50, 0]


def test_the_qualitative_part_is_off_until_it_is_switched_on():
    with pytest.raises(ConfigurationError, match="no item T1-定性"):
        tried("table1", {**SHEET, "T1-定性": 27})
    trial = tried("table1", {**SHEET, "T1-定性": 27}, qualitative__on="true")
    formulas = 20 + 15 + 30 + 12 + 10
    assert (trial.total, trial.possible) == (pytest.approx(0.7 * formulas + 27), 100)
    assert (trial.items[-1].level, trial.items[-1].awarded) == ("优秀", 27)
    without = tried("table1", SHEET, qualitative__on="true")
    assert (without.score, without.items[-1].possible) == (formulas, 0)
    assert [tried("table1", {"T1-定性": p}, qualitative__on="true").items[-1].level for p in (24.5, 17.5, 3)] == [
        *("良好", "合格", "需改进")
    ]
    for wrong in (31, -1, "优秀", True):
        with pytest.raises(ConfigurationError, match=r"T1-定性: .* from 0 to 30"):
            tried("table1", {"T1-1": 1, "T1-定性": wrong}, qualitative__on="true")


def test_below_a_line_that_nobody_gave_there_is_no_grade():
    values = {**SHEET, "T1-3": 0.7}
    assert (tried("table2", values).grade, tried("table2", values).undecided) == (None, "等级线未给出：良好、合格")
    given = {"grades__良好__least": "80", "grades__合格__least": "60"}
    assert tried("table2", values, **given).grade == "合格"
    assert tried("table2", {**values, "T1-4": 3, "T1-5": 0}, **given).grade == "需改进"


# --- mistakes of the person who tries


@pytest.mark.parametrize(
    ("name", "values", "problem"),
    [
        ("table1", {"T1-9": 1}, "table1 has no item T1-9; its items are T1-1, T1-2, T1-3, T1-4, T1-5"),
        ("table1", {"T1-2-1": "符合"}, "table1 has no item T1-2-1"),
        ("kf02", {"KF02-1-4": "符合"}, "such as KF02-1-1"),
        ("kf02", {"KF02-1": "符合", "KF02-1-2": "符合"}, "KF02-1 has a value as a whole and one for KF02-1-2"),
        ("kf02", {"KF02-1-2": ["符合"]}, "KF02-1-2: .* is no level"),
        ("kf02", {"KF02-1": ["符合"]}, "KF02-1: 3 sub-items, but 1 values"),
        ("kf01", {"KF01-1": "优秀"}, "KF01-1: '优秀' is no level; write 符合, 基本符合, 一般符合, 不符合, n_a"),
        ("kf01", {"KF01-1": 80}, "KF01-1: 80 is no level"),
        ("kf01", {"KF01-5": True}, "KF01-5: True is no level"),
        ("table1", {"T1-3": 88}, "T1-3: 88 is not a share; write 88 % as 0.88"),
        ("table1", {"T1-1": "28"}, "T1-1: '28' is not a number of 秒"),
        ("table1", {"T1-1": -1}, "T1-1: -1 is not a number"),
        ("table1", {"T1-1": float("nan")}, "T1-1: nan is not a number"),
        ("table1", {"T1-1": {"a": 1}}, "T1-1: .* is not a number"),
        ("table2", {"T1-2": {"生硬": 1}}, "T1-2: no kind of error 生硬; write 情绪管理, 用语规范"),
    ],
)
def test_a_value_that_cannot_be_names_its_item(name, values, problem):
    with pytest.raises(ConfigurationError, match=problem):
        tried(name, values)


@pytest.mark.parametrize(
    ("switch", "value", "problem"),
    [
        ("T1-1.blok", "floor", "T1-1.blok: there is no blok; write id, title"),
        (
            "T1-1.block",
            "half",
            r"T1-1.block=half: criteria.0.scoring.block: Input should be 'ceil' or 'floor'",
        ),
        ("T1-9.block", "floor", "there is no T1-9; .* such as T1-1.points"),
        ("weight", "equal", "weight: there is no weight; write name"),
        ("weights", "same", "weights=same: weights: Input should be 'printed' or 'equal'"),
        ("grades.差.least", "3", "grades.差.least: there is no 差"),
        ("grades.良好", "3", "grades.良好: name a key of 良好"),
        ("assessed", "[T1-1, T9]", "assessed: there is no criterion T9"),
        ("weights", "[", "is not written as in a standard"),
    ],
)
def test_a_switch_that_cannot_be_names_itself(switch, value, problem):
    with pytest.raises(ConfigurationError, match=problem):
        with_switches(SHIPPED["table1"], {switch: value})


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_switch_changes_only_its_key_and_the_hash(name):
    card, revision = CARDS[name], CARDS[name].revision
    same, other = (with_switches(SHIPPED[name], {"revision": str(n)}) for n in (revision, revision + 1))
    assert same.model_dump() == card.model_dump() == other.model_dump() | {"revision": revision}
    assert [c.open for c in same.criteria] == [c.open for c in card.criteria]
    assert same.path == card.path == str(SHIPPED[name])
    assert len({card.digest, same.digest, other.digest}) == 3
    assert with_switches(SHIPPED[name], {}) == card


# --- a standard by someone who only read the README


def test_a_strangers_standard_loads_and_is_tried():
    card = find_scorecard(str(STRANGER))
    assert card.points == card.total == 100
    values = {
        "开头结尾": ["做到", "部分做到"],
        "安抚": "n_a",
        "红线": "做到",
        "接听": 29,
        "解决率": 0.77,
        "工单": 2,
        "满意度": 4.37,
        "考试": 89,
        "协作": "部分做到",
        "表扬": 5,
    }
    trial = try_values(card, json.loads(json.dumps(values)))
    assert {item.criterion_id: (item.awarded, item.possible) for item in trial.items} == {
        "开头结尾": (16.8, 20),
        "安抚": (0, 0),
        "红线": (5, 5),
        "接听": (12, 15),
        "解决率": (18, 20),
        "工单": (6, 10),
        "满意度": (9.5, 10),
        "考试": (0, 5),
        "协作": (3, 5),
        "表扬": (3, 0),
    }
    assert (trial.total, trial.possible, trial.grade) == (73.3, 90, "B")


def test_an_auto_fail_leaves_nothing():
    card = load_scorecard(STRANGER)
    kept = {"开头结尾": "做到", "接听": 10, "解决率": 0.9, "工单": 0, "满意度": 5, "表扬": 3}
    assert try_values(card, {**kept, "红线": "部分做到"}).grade == "A"
    failed = try_values(card, {**kept, "红线": "没做到"})
    assert (failed.total, failed.score, failed.grade) == (0, 0, "D")
    assert failed.possible == 80
    assert all("一票否决（服务红线）" in item.reason for item in failed.items if item.possible)


def test_an_auto_fail_item_needs_no_points_of_its_own():
    card = with_switches(STRANGER, {"红线.points": "", "total": "95"})
    kept = {"开头结尾": "做到", "接听": 10, "解决率": 0.9, "工单": 0, "满意度": 5}
    assert try_values(card, {**kept, "红线": "做到"}).score == 100
    assert try_values(card, {**kept, "红线": "没做到"}).score == 0


# --- the two phrase lists of table 1


@pytest.mark.parametrize(
    ("name", "text", "term"),
    [
        ("empathy", "我非常理解您的心情", "soothing"),
        ("empathy", "我里解您的感受，您先别着急我来帮您查", "soothing"),
        ("empathy", "换作是我也会生气的", "soothing"),
        ("empathy", "这确实让人着急", "soothing"),
        ("empathy", "非常抱歉让您遇到这种情况", "apology"),
        ("empathy", "先向您道歉", "apology"),
        ("empathy", "我没法理解您的心情", "disclaimed"),
        ("proactive", "最近有优惠活动，您需要了解一下吗", "offer"),
        ("proactive", "顺便给您介绍一款新的洗衣液", "offer"),
        ("proactive", "您是会员可以享受九折", "offer"),
    ],
)
def test_empathy_and_offers_are_heard(name, text, term):
    assert term in [hit.phrase.term for hit in bundled()[name].search(text)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("empathy", "您冷静一点"),
        ("empathy", "你别激动"),
        ("empathy", "请您理解我们的难处"),
        ("empathy", "您说理解您的心情有什么用"),
        ("empathy", "非常抱歉让您久等了"),
        ("empathy", "对不起我没听清"),
        ("empathy", "您的情况我记下来了"),
        ("empathy", "凭什么向您道歉"),
        ("proactive", "目前没有优惠活动"),
        ("proactive", "您说的优惠活动我查一下"),
        ("proactive", "那个优惠活动已经结束了，有优惠活动已经结束"),
        ("proactive", "您还可以选择明天上门"),
        ("proactive", "请问有什么可以帮到您"),
        ("proactive", "您需要先登记一下"),
    ],
)
def test_neither_empathy_nor_an_offer_is_heard(name, text):
    assert [hit.phrase.term for hit in bundled()[name].search(text) if hit.phrase.term != "disclaimed"] == []


@pytest.mark.parametrize("name", ["empathy", "proactive"])
def test_short_phrases_tolerate_no_errors(name):
    shortest = {"empathy": 4, "proactive": 5}[name]
    wanted = [(phrase, variant) for phrase in bundled()[name].file.phrases for variant in phrase.variants]
    patterns = compiled(wanted, {})
    assert patterns.num_fixed.min() == shortest
    # Less than a character too many or too few.
    assert (patterns.allowed[patterns.num_fixed <= 6] < min(EXTRA, MISSING)).all()


def test_both_lists_hold_without_a_company():
    folder = Path(bundled_scorecards()["kf01"]).parent.parent / "lexicons"
    for name in ("empathy", "proactive"):
        assert load_lexicon(folder / f"{name}.yaml").file == bundled()[name].file


# --- calls judged by table 1

GREETED = ("坐席：您好阳光家政请问有什么可以帮到您",)
COMPLAINED = (*GREETED, "客户：你们太过分了我要投诉你们")


@pytest.mark.parametrize(
    ("lines", "feelings", "offer"),
    [
        (GREETED, Outcome.MET, Outcome.NOT_MET),
        ((*COMPLAINED, "坐席：我非常理解您的心情"), Outcome.MET, Outcome.NOT_MET),
        ((*COMPLAINED, "坐席：非常抱歉让您遇到这种情况"), Outcome.MET, Outcome.NOT_MET),
        ((*COMPLAINED, "坐席：好的我登记一下"), Outcome.NOT_MET, Outcome.NOT_MET),
        ((*COMPLAINED, "坐席：我没法理解您的心情"), Outcome.NOT_MET, Outcome.NOT_MET),
        ((*COMPLAINED, "坐席：我理解您的感受但是你搞错了"), Outcome.NOT_MET, Outcome.NOT_MET),
        ((*GREETED, "客户：好的", "坐席：顺便给您推荐一款洗衣液"), Outcome.MET, Outcome.MET),
    ],
)
def test_a_call_counts_into_the_months_value(lines, feelings, offer):
    heard, card = hearing(*lines), CARDS["table1"]
    judged = evaluate(heard, detect(heard, [bundled()[name] for name in card.lexicons]), card, "f00d")
    outcomes = {answer.criterion_id: answer.outcome for answer in judged.answers}
    assert (outcomes["T1-2"], outcomes["T1-5"]) == (feelings, offer)
    assert outcomes["T1-1"] is Outcome.COUNTED
    assert {outcomes["T1-3"], outcomes["T1-4"]} == {Outcome.NEEDS_FEED}
    assert judged.tally.possible == 0
