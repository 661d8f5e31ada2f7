"""The same month under two standards: who changes, by how much, and nobody else."""

from dataclasses import replace

import pytest

from pipeline.month.assessment import assess
from pipeline.month.assessment.comparison import NOT_ASKED, Difference, compare, pay_of_grade
from pipeline.review.replay import replay
from pipeline.scorecard import Consequence, Scorecard
from tests.builders import changed
from tests.test_criteria import (
    CLEAR,
    HARSH,
    HEARD,
    INAUDIBLE,
    JIAZHENG,
    KF01,
    MONTH,
    PHRASES,
    TABLE1,
    call,
    feeds,
    judged,
    tickets,
    with_item,
)

NOTHING = ({}, {})
BEST = "绩效奖金基数×1.2"
"""No consequences on either side."""


def stricter(card: Scorecard, **changes) -> Scorecard:
    """The card with other figures in the formula of the speed of answer."""
    return with_item(card, "T1-1", scoring=card.criterion("T1-1").scoring.model_copy(update=changes))


def differences(cards, given, consequences=NOTHING) -> dict[str | None, Difference]:
    before, after = (assess(MONTH, card, [], given) for card in cards)
    return {d.before.agent_id: d for d in compare(cards, before, after, consequences)}


def values(**each: float) -> list[dict]:
    """For each agent the seconds to answer; everything else is perfect."""
    rest = {"T1-2": 0, "T1-3": 1, "T1-4": 0, "T1-5": 1}
    return [row for agent, wait in each.items() for row in judged({"T1-1": wait, **rest}, agent)]


def test_nothing_is_reported_when_nothing_changes(tmp_path):
    given = feeds(tmp_path, judged=values(A=28, B=35, C=61), tickets=tickets(3, 3, agent="D"))
    again = differences((TABLE1, TABLE1), given)
    assert list(again) == ["A", "B", "C", "D"]
    assert not any(d.changed for d in again.values())
    reworded = changed(TABLE1, revision=2, title="客户服务质量标准表（修订）")
    assert not any(d.changed for d in differences((TABLE1, reworded), given).values())


def test_who_changes_score_grade_and_coefficient(tmp_path):
    given = feeds(tmp_path, judged=values(A=28, B=35, C=60, D=85))
    tried = differences((TABLE1, stricter(TABLE1, deduct=4)), given)
    assert [(d.before.score, d.after.score) for d in tried.values()] == [(100, 100), (98, 96), (94, 88), (80, 80)]
    assert [d.score_changed for d in tried.values()] == [False, True, True, False]
    assert [d.grade_changed for d in tried.values()] == [False, False, True, False]
    assert [d.pays for d in tried.values()] == [(BEST, BEST), (BEST, BEST), (BEST, ""), ("", "")]
    assert [d.bonus_changed for d in tried.values()] == [False, False, True, False]
    assert [agent for agent, d in tried.items() if d.changed] == ["B", "C"]


def test_another_line_changes_the_grade_but_not_the_score(tmp_path):
    given = feeds(tmp_path, judged=values(A=35, B=61))
    lines = tuple(
        g.model_copy(update={"least": least}) for g, least in zip(TABLE1.grades, (99, 80, 60, 0), strict=True)
    )
    tried = differences((TABLE1, changed(TABLE1, grades=lines)), given)
    assert [d.score_changed for d in tried.values()] == [False, False]
    assert [(d.before.grade, d.after.grade, d.pays) for d in tried.values()] == [
        ("优秀", "良好", (BEST, "绩效奖金基数×1")),
        (None, "良好", ("", "绩效奖金基数×1")),
    ]


def test_another_coefficient_alone_is_a_change(tmp_path):
    dearer = tuple(
        c.model_copy(update={"coefficient": 1.5}) if c.coefficient == 1.2 else c for c in TABLE1.consequences
    )
    tried = differences((TABLE1, changed(TABLE1, consequences=dearer)), feeds(tmp_path, judged=values(A=28)))["A"]
    assert (tried.score_changed, tried.grade_changed, tried.pays) == (False, False, (BEST, "绩效奖金基数×1.5"))
    assert tried.changed


def test_proposals_that_vanish_or_appear(tmp_path):
    given = feeds(tmp_path, judged=values(A=28, B=28))
    proposed = (
        {"A": frozenset({"月度明星客服", "基础奖金"}), "B": frozenset({"基础奖金"})},
        {"A": frozenset({"基础奖金", "转岗培训", "书面警告"}), "B": frozenset({"基础奖金"})},
    )
    tried = differences((TABLE1, TABLE1), given, proposed)
    assert (tried["A"].lost, tried["A"].gained) == (("月度明星客服",), ("书面警告", "转岗培训"))
    assert [agent for agent, d in tried.items() if d.changed] == ["A"]


def test_who_leaves_or_enters_the_scope_changes(tmp_path):
    team = [
        {"agent_id": agent, "name": agent, "team": team, "first_day": "2025-01-01"}
        for agent, team in ("A甲", "B乙")
    ]
    given = feeds(tmp_path, judged=values(A=28, B=28), roster=team)
    scoped = tuple(changed(TABLE1, applies_to={"teams": [name]}) for name in "甲乙")
    tried = differences(scoped, given)
    assert [(d.before.score, d.after.score) for d in tried.values()] == [(100, None), (None, 100)]
    assert [d.pays for d in tried.values()] == [(BEST, ""), ("", BEST)]
    assert (tried["A"].after.undecided, tried["B"].before.undecided) == (NOT_ASKED, NOT_ASKED)
    assert all(d.changed for d in tried.values())


def test_calls_without_an_agent_come_last():
    taken = [
        call(KF01, 0, *PHRASES, agent_id=None),
        call(KF01, 1, *PHRASES, agent_id="B"),
        call(KF01, 2, agent_id="A"),
    ]
    rows = assess(MONTH, KF01, taken)
    found = list(compare((KF01, KF01), rows[::-1], rows, NOTHING))
    assert [d.before.agent_id for d in found] == ["A", "B", None]


def test_a_score_has_changed_when_its_two_decimals_have(tmp_path):
    row = assess(MONTH, TABLE1, [], feeds(tmp_path, judged=values(A=28)))[0]
    other = [replace(row, qualitative=(given, 70.0)) for given in (20.0, 20.0049, 20.0051)]
    assert [Difference(other[0], each).score_changed for each in other] == [False, False, True]
    assert Difference(row, replace(row, criteria=())).score_changed


@pytest.mark.parametrize(
    ("card", "grade", "expected"),
    [
        (TABLE1, "优秀", BEST),
        (TABLE1, "需改进", "绩效奖金基数×0"),
        (TABLE1, None, ""),
        (TABLE1, "没有这一级", ""),
        (JIAZHENG, "优秀", "绩效奖金基数×1，加当月工资的10%"),
        (JIAZHENG, "合格", "绩效奖金基数×1"),
        (JIAZHENG, "不合格", "绩效奖金基数×1，减当月工资的5%"),
        (KF01, "优秀", ""),
    ],
)
def test_what_a_grade_pays(card, grade, expected):
    assert pay_of_grade(card, grade) == expected


def test_only_what_follows_from_one_month_is_its_pay():
    streak = [
        Consequence(id="a", title="连续三月", when={"grade": "优秀", "months": 3}, coefficient=2),
        Consequence(id="b", title="两个季度", when={"grade": "优秀", "quarters": 1}, coefficient=3),
        Consequence(id="c", title="之后", when={"grade": "优秀", "after": "a"}, coefficient=4),
        Consequence(id="d", title="年度前十", when={"top": 0.1, "period": "year"}, coefficient=5),
    ]
    assert not pay_of_grade(changed(TABLE1, consequences=streak), "优秀")


# stored findings under another standard


def test_replayed_findings_are_judged_as_they_were():
    first = call(KF01, 0, *PHRASES, HARSH, quality=replace(CLEAR, role_confidence=0.8))
    heard = replace(HEARD, call=first.call, quality=replace(CLEAR, role_confidence=0.8))
    heard = replace(heard, speed_of_answer=first.speed_of_answer)
    again = replay(heard, list(first.findings), KF01)
    assert again == first
    assert again.evaluation.review  # a person should look at the roles
    other = replay(heard, first.findings, TABLE1)
    assert (other.evaluation.scorecard, other.call, other.findings) == ("table1", first.call, first.findings)


def test_a_call_that_another_standard_cannot_hear_is_unscorable():
    lenient = changed(KF01, quality=KF01.quality.model_copy(update={"coverage": 0.01}))
    heard, poor = call(lenient, 0, *PHRASES, quality=INAUDIBLE), call(KF01, 0, *PHRASES, quality=INAUDIBLE)
    assert (heard.status, heard.reason, heard.problem) == ("evaluated", "", "")
    assert (poor.status, poor.reason) == ("unscorable", "poor_transcript")
    assert poor.problem == "有人说话的时间只转写出 2%，不足 50%"
    (difference,) = compare((lenient, KF01), assess(MONTH, lenient, [heard]), assess(MONTH, KF01, [poor]), NOTHING)
    assert (difference.before.score, difference.after.score, difference.changed) == (100, None, True)
