"""The standard as it is printed, and every way in which a file of it can be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.errors import PolicyError
from pipeline.scorecard import bundled_scorecards, find_scorecard, load_scorecard

KF01 = find_scorecard("kf01")
WRITTEN = {name: path.read_text(encoding="utf-8") for name, path in bundled_scorecards().items()}


def test_kf01_has_the_items_and_points_of_the_printed_standard():
    assert [(criterion.id, criterion.title, criterion.points) for criterion in KF01.criteria] == [
        ("KF01-1", "服务时间", 10),
        ("KF01-2", "服务资源", 10),
        ("KF01-3", "接听速度", 5),
        ("KF01-4", "电话礼仪", 15),
        ("KF01-5", "聆听技巧", 10),
        ("KF01-6", "电话记录", 10),
        ("KF01-7", "回应诉求", 25),
        ("KF01-8", "主动协助", 5),
        ("KF01-9", "感谢致电", 5),
        ("KF01-10", "结束通话", 5),
    ]
    assert KF01.points == 100
    assert KF01.levels == (("符合", 1.0), ("基本符合", 0.8), ("一般符合", 0.6), ("不符合", 0.0))


@pytest.mark.parametrize(
    ("name", "criterion", "weights"),
    [
        ("kf01", "KF01-4", [1 / 3] * 3),
        ("kf01", "KF01-7", [1 / 5] * 5),
        ("kf01", "KF01-10", [1 / 2] * 2),
        ("kf03", "KF03-一", [4 / 30, 6 / 30, *[4 / 30] * 5]),
        ("kf03", "KF03-二", [8 / 46, 6 / 46, 6 / 46, 8 / 46, 6 / 46, 6 / 46, 6 / 46]),
    ],
)
def test_parts_weigh_what_is_printed_and_share_equally_where_nothing_is(name, criterion, weights):
    assert find_scorecard(name).criterion(criterion).weights() == pytest.approx(weights)


def test_a_part_without_points_gets_what_the_others_leave(rewritten):
    path = rewritten("      - title: 规范用语\n", "      - title: 规范用语\n        points: 9\n")
    assert load_scorecard(path).criterion("KF01-4").weights() == pytest.approx([9 / 15, 3 / 15, 3 / 15])


def test_an_item_says_who_answers_it():
    sources = {criterion.id: criterion.answered_by for criterion in KF01.criteria}
    assert sources == {
        **dict.fromkeys(["KF01-1", "KF01-2"], ("feed",)),
        **dict.fromkeys(["KF01-3", "KF01-4", "KF01-8", "KF01-9", "KF01-10"], ("calls",)),
        **dict.fromkeys(["KF01-5", "KF01-6"], ("person",)),
        "KF01-7": ("person", "feed"),
    }
    assert all(criterion.note for criterion in KF01.criteria if "calls" not in criterion.answered_by)
    table = find_scorecard("table1")
    assert [c.answered_by[0] for c in table.criteria] == ["calls", "calls", "feed", "feed", "calls"]
    assert not any(criterion.by_call for criterion in table.criteria)


@pytest.mark.parametrize(
    ("share", "level"),
    [
        *((1.0, "符合"), (1 / 3 + 2 / 3, "符合"), (1 - 1e-12, "符合"), (0.99, "基本符合"), (0.75, "基本符合")),
        *((0.74, "一般符合"), (0.5, "一般符合"), (0.1 + 0.4, "一般符合"), (0.49, "不符合"), (0.0, "不符合")),
    ],
)
def test_a_share_of_what_was_asked_earns_a_level(share, level):
    assert KF01.level(share) == (level, dict(KF01.levels)[level])


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_never_earns_less(one, other):
    assert KF01.level(max(one, other))[1] >= KF01.level(min(one, other))[1]


# --- files


@pytest.fixture
def rewritten(tmp_path):
    """A shipped standard with one passage replaced, as a file."""

    def write(old: str, new: str, name: str = "kf01"):
        assert WRITTEN[name].count(old) >= 1, old
        path = tmp_path / f"{name}.yaml"
        path.write_text(WRITTEN[name].replace(old, new, 1), encoding="utf-8")
        return path

    return write


def refused(path, at: str | None, problem: str) -> None:
    """The file is refused, with its name, the first line that holds `at`, and the problem."""
    with pytest.raises(PolicyError) as caught:
        load_scorecard(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert caught.value.path == str(path)
    assert caught.value.line == (at and 1 + next(n for n, line in enumerate(lines) if at in line))
    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("old", "new", "at", "problem"),
    [
        ("review_below:", "reveiw_below:", "reveiw_below", "reveiw_below"),
        ("    note: 对照工单", "    notes: 对照工单", "notes:", "criteria.5.notes"),
        ("at_most: 3", "atmost: 3", "atmost", "criteria.2.parts.0.rule.atmost"),
        (f"revision: {KF01.revision}\n", "", None, "revision: Field required"),
        ("    points: 15\n", "", "id: KF01-4", "criteria.3.points: Field required"),
        ("    points: 15", "    points: 15\n    points: 20", "points: 20", "duplicate key"),
        ("points: 15", "points: 十五", "points: 十五", "criteria.3.points"),
        ("points: 15", "points: 0", "points: 0", "greater than 0"),
        ("points: 15", "points: .inf", "points: .inf", "finite"),
        ("- title: 规范用语", "- points: -5\n        title: 规范用语", "points: -5", "greater than 0"),
        (f"revision: {KF01.revision}", "revision: 1.5", "revision: 1.5", "integer"),
        ("2025-01-01", "2025-02-30", "2025-02-30", "effective_from"),
        ("source_class: A+E", "source_class: B", "source_class: B", "criteria.2.source_class"),
        ("kind: hangup", "kind: hangupp", "hangupp", "'hangup'"),
        ("kind: rings, at_most: 3", "kind: rings", "rule: {kind: rings", "needs at_most"),
        ("detector: banned_wording", "terms: [说]", "kind: absent", "needs detector"),
        (
            "trigger: {detector: agent_event, terms: [cannot_answer, unknowing]}, ",
            "",
            "rule: {kind: duty, detector: handling",
            "needs trigger",
        ),
        ("within_turns: 6\n", "within_turns: 0\n", "within_turns: 0", "within_turns"),
        (
            "indicator: tickets.closed",
            "rule: {kind: hangup}, indicator: x",
            "跟进直至问题关闭, rule",
            "not by both",
        ),
        (
            "    parts:\n      - title: 三声内接听\n        rule: {kind: rings, at_most: 3}\n",
            "    graded: parts\n",
            "id: KF01-3",
            "KF01-3: graded by parts needs parts",
        ),
        (
            "    parts:\n      - title: 三声",
            "    indicator: x\n    parts:\n      - title: 三声",
            "id: KF01-3",
            "without parts",
        ),
        ("id: KF01-2", "id: KF01-1", None, "criterion KF01-1 stands twice"),
        ("  基本符合: 0.8", "  基本符合: 0.5", None, "fall from best to worst"),
        ("  基本符合: 0.8", "  基本符合: 1.8", "levels:", "less than or equal to 1"),
        ("  一般符合: 0.5\n", "", None, "cutoffs must name every level but the last"),
        ("  一般符合: 0.5\n", "  一般: 0.5\n", None, "cutoffs must name every level but the last"),
        ("levels:\n  符合: 1.0\n  基本符合: 0.8\n  一般符合: 0.6\n", "levels:\n", None, "at least two levels"),
        ("  coverage: 0.5", "  coverage: 50", "coverage: 50", "less than or equal to 1"),
        ("lexicons: [required", "lexicons: [required]\nlexicon: [x", "lexicon:", "lexicon"),
        ("lexicons: [required, banned", "lexicons: required #", "lexicons:", "tuple"),
        ("    title: 感谢致电", "\ttitle: 感谢致电", "\ttitle", r"'\t'"),
        ("total: 100", "assessed: [KF01-11]", None, "assessed: there is no criterion KF01-11"),
        ("total: 100", "assessed: some", "assessed: some", "assessed"),
        ("total: 100", "weights: guess", "weights: guess", "'printed' or 'equal'"),
        ("criterion: KF01-4", "criterion: KF01-44", None, "plan: there is no criterion KF01-44"),
    ],
)
def test_a_mistake_names_file_line_and_field(rewritten, old, new, at, problem):
    refused(rewritten(old, new), at, problem)


@pytest.mark.parametrize(
    ("name", "old", "new", "at", "problem"),
    [
        ("table1", "deduct: 2, zero", "deduct: 0, zero", "deduct: 0", "criteria.0.scoring.deduct"),
        ("table1", "block: ceil, unit", "block: round, unit", "block: round", "'ceil' or 'floor'"),
        ("table1", "at_most: 30, every", "every", "{kind: steps, every", "needs at_most or at_least"),
        ("table1", "kind: steps, at_least: 0.85", "kind: stairs, at_least: 0.85", "stairs", "'steps'"),
        ("table1", "zero_at: 3", "zeroat: 3", "zeroat", "criteria.3.scoring.zeroat"),
        ("table1", "mode: expected", "mode: guess", "mode: guess", "'draw', 'expected' or 'rate'"),
        ("table1", "name: 优秀, least: 25", "name: 优秀, lest: 25", "lest: 25", "qualitative.bands.0.lest"),
        (
            "table1",
            "when: {grade: 优秀}",
            "when: {}",
            "when: {}",
            "from a grade, a top share, an event or a person",
        ),
        ("table1", "when: {top: 0.1", "when: {grade: 优秀, top: 0.1", "top: 0.1", "one of these"),
        ("table1", "top: 0.1", "top: 10", "top: 10", "consequences.4.when.top"),
        ("table1", "quarters: 2}", "quarters: 2, months: 2}", "quarters: 2", "not in both"),
        ("table1", "coefficient: 1.2", "coefficient: -1", "coefficient: -1", "consequences.0.coefficient"),
        ("table2", "counted: [用语规范]", "counted: [用语]", "counted: [用语]", "deduct has no 用语"),
        ("table2", "counted: [用语规范], ", "", "deduct: {用语规范", "counted must say which of"),
        ("table2", "  - criterion: T1-5", "  - criterion: T1-6", None, "examples: there is no criterion T1-6"),
        ("table3", "25, missed: zero", "25, missed: half", "missed: half", "'proportional' or 'zero'"),
        ("kf03", "settle:", "settle: round", "settle: round", "'cap' or 'scale'"),
        ("jiazheng", "least: 90", "least: 九十", "least: 九十", "grades.0.least"),
    ],
)
def test_a_mistake_in_a_formula_or_a_consequence_does_too(rewritten, name, old, new, at, problem):
    refused(rewritten(old, new, name), at, problem)


@pytest.mark.parametrize(
    ("period", "problem"),
    [
        ("first: 2026-11-12, last: 2026-11-01", "大促 ends before it begins"),
        (
            "first: 2026-11-01, last: 2026-11-12, hours: ['09:00', '12:00'], points: {T1-1: 5}",
            "by day, not by hour",
        ),
        ("first: 2026-11-01, last: 2026-11-12, exempt: [T1-6]", "period 大促: there is no criterion T1-6"),
        ("first: 2026-11-01, last: 2026-11-12, points: {T1-1: -5}", "greater than or equal to 0"),
    ],
)
def test_a_period_that_cannot_be_is_refused(rewritten, period, problem):
    path = rewritten("total: 100", f"total: 100\nperiods:\n  - {{title: 大促, {period}}}", "table1")
    with pytest.raises(PolicyError, match=problem):
        load_scorecard(path)


def test_a_bonus_and_nothing_else_is_counted_up(rewritten):
    formula = "scoring: {kind: errors, deduct: 3, zero_at: 3, sample: {size: 10, mode: expected}, unit: 项}"
    counted = "scoring: {kind: count, each: 1}"
    refused(rewritten(formula, counted, "table1"), "id: T1-4", "T1-4: a formula of kind count adds points")
    card = load_scorecard(rewritten(formula, f"{counted}\n    bonus: true", "table1"))
    assert (card.criterion("T1-4").bonus, card.points) == (True, 85)


def test_a_scorecard_is_found_by_name_in_any_case_or_by_path(rewritten):
    assert find_scorecard("kf01") == find_scorecard("KF01") == KF01
    assert find_scorecard(str(rewritten(f"revision: {KF01.revision}", "revision: 7"))).revision == 7


@pytest.mark.parametrize("name", ["kf99", "KF01.yaml", "", "."])
def test_a_scorecard_that_is_not_there_names_those_that_are(name):
    named = "jiazheng, jiazheng_calls, kf01, kf02, kf03, shimao, table1, table2, table3"
    with pytest.raises(PolicyError, match=f"no such scorecard; choose {named} or give a file"):
        find_scorecard(name)


def test_a_signed_off_scorecard_is_not_changed():
    with pytest.raises(ValidationError, match="frozen"):
        KF01.revision = 2
