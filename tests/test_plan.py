"""The improvement plan: every lost point has a row, worst first; the next month says met, not met, or why not."""

from dataclasses import asdict, replace
from datetime import date

import pytest

from pipeline.month.assessment import AgentMonth, CriterionMonth
from pipeline.month.plan import draft, review
from pipeline.scorecard import Count, Criterion, Errors, Measure, Part, Scorecard, Steps
from pipeline.tally import Tally

CARD = Scorecard(
    name="表1",
    title="客户服务质量标准",
    revision=1,
    effective_from=date(2026, 1, 1),
    source="test",
    levels={"符合": 1.0, "不符合": 0.0},
    cutoffs={"符合": 1.0},
    criteria=(
        Criterion(
            id="T1-1",
            title="首次响应时间",
            standard="",
            points=20,
            indicator="calls.speed_of_answer",
            scoring=Steps(kind="steps", at_most=30, every=10, deduct=2, unit="秒"),
        ),
        Criterion(
            id="T1-3",
            title="首次联系解决率",
            standard="",
            points=30,
            indicator="tickets.first_contact",
            scoring=Steps(kind="steps", at_least=0.85, every=0.01, deduct=1, unit="%"),
        ),
        Criterion(
            id="T1-4",
            title="信息记录准确性",
            standard="",
            points=15,
            indicator="tickets.errors",
            scoring=Errors(kind="errors", deduct=3, zero_at=3),
        ),
        Criterion(
            id="L", title="礼仪", standard="", points=10, parts=(Part(title="问候", indicator="x.greeting"),)
        ),
        Criterion(id="X", title="加分", standard="", points=5, bonus=True, scoring=Count(kind="count", each=1)),
    ),
    plan=(
        Measure(
            problem="首次响应超时",
            indicator="calls.speed_of_answer",
            actions=("晚间弹性排班", "智能客服引导自助"),
            owner="客服主管",
            at_most=25,
        ),
        Measure(problem="FCR 偏低", criterion="T1-3", actions=("专项培训",), owner="培训专员"),
        Measure(problem="FCR 偏低（复盘）", criterion="T1-3", actions=("案例复盘会",), at_least=0.9),
        Measure(problem="不问候", indicator="x.greeting", actions=("旁听",), at_least=0.95),
    ),
)
POINTS = {criterion.id: criterion.points for criterion in CARD.criteria}


def month(of: str = "2026-07", agent: str = "E1", **items: tuple[float, float | None]) -> AgentMonth:
    """A month with `(points earned, value)` of each item; ``T1_3`` is T1-3."""
    criteria = tuple(
        CriterionMonth(
            criterion_id=(id := name.replace("_", "-")),
            title=CARD.criterion(id).title,
            points=POINTS[id],
            tally=Tally(40 * earned, 40 * POINTS[id]),  # forty calls
            answered=40,
            not_applicable=0,
            open=0,
            value=value,
        )
        for name, (earned, value) in items.items()
    )
    return AgentMonth(
        agent_id=agent,
        agent_name=None,
        month=of,
        scorecard=CARD.name,
        revision=1,
        evaluated=40,
        unscorable=0,
        failed=0,
        criteria=criteria,
        speed_of_answer_s=None,
        within_three_rings=Tally(),
        banned_wording=0,
        apologies_owed=0,
        apologies_given=0,
    )


JULY = month(T1_1=(18, 35), T1_3=(27, 0.82), T1_4=(12, 1), L=(8, None), X=(1, 1))


def test_every_item_under_full_points_is_a_row_the_worst_first():
    rows = draft(CARD, JULY)
    assert [(row.criterion_id, row.problem, row.lost) for row in rows] == [
        ("T1-3", "FCR 偏低", pytest.approx(3)),
        ("T1-3", "FCR 偏低（复盘）", pytest.approx(3)),
        ("T1-4", "信息记录准确性失 3 分", pytest.approx(3)),
        ("T1-1", "首次响应超时", pytest.approx(2)),
        ("L", "不问候", pytest.approx(2)),
    ]
    assert {row.cause for row in rows} == {""}
    assert {row.due for row in rows} == {"2026-08-31"}
    assert {row.due for row in draft(CARD, replace(JULY, month="2027-01"))} == {"2027-02-28"}


def test_the_target_is_the_measures_line_then_the_formulas_then_full_points():
    rows = {row.problem: row for row in draft(CARD, JULY)}
    late = rows["首次响应超时"]
    assert (late.actions, late.owner) == (("晚间弹性排班", "智能客服引导自助"), "客服主管")
    assert (late.baseline, late.target, late.at_most, late.unit, late.by_points) == (35, 25, True, "秒", False)
    assert {row.problem: row.expectation for row in rows.values()} == {
        "FCR 偏低": "首次联系解决率由 82% 提高到不低于 85%",
        "FCR 偏低（复盘）": "首次联系解决率由 82% 提高到不低于 90%",
        "信息记录准确性失 3 分": "信息记录准确性得分由 12 分 提高到不低于 15 分",
        "首次响应超时": "首次响应时间由 35 秒 降到不超过 25 秒",
        "不问候": "礼仪得分由 8 分 提高到不低于 10 分",
    }


def test_nothing_lost_nothing_possible_and_bonus_items_give_no_row():
    full = month(T1_1=(20, 20), T1_3=(30 - 1e-12, 0.85), X=(0, 0))
    assert draft(CARD, full) == ()
    none = replace(full, criteria=tuple(replace(c, tally=Tally()) for c in full.criteria))
    assert draft(CARD, none) == ()


def test_a_line_that_holds_already_is_to_be_kept():
    rows = draft(CARD, month(T1_1=(18, 22)))
    assert rows[0].expectation == "首次响应时间本月 22 秒，保持不超过 25 秒"


def test_the_next_month_says_met_or_not():
    rows = draft(CARD, JULY)
    august = month("2026-08", T1_1=(20, 25), T1_3=(30, 0.88), T1_4=(15, 0), L=(9, None))
    assert {result.row.problem: (result.met, result.sentence) for result in review(rows, august)} == {
        "FCR 偏低": (True, "首次联系解决率 2026-08 为 88%，目标不低于 85%，已达成"),
        "FCR 偏低（复盘）": (False, "首次联系解决率 2026-08 为 88%，目标不低于 90%，未达成"),
        "信息记录准确性失 3 分": (True, "信息记录准确性得分 2026-08 为 15 分，目标不低于 15 分，已达成"),
        "首次响应超时": (True, "首次响应时间 2026-08 为 25 秒，目标不超过 25 秒，已达成"),
        "不问候": (False, "礼仪得分 2026-08 为 9 分，目标不低于 10 分，未达成"),
    }


def test_points_are_compared_by_share_when_the_item_is_worth_less_next_month():
    row = next(row for row in draft(CARD, JULY) if row.by_points)
    august = month("2026-08", T1_4=(12, 1))
    promotion = replace(august.criteria[0], points=12, tally=Tally(12, 12))
    result = review([row], replace(august, criteria=(promotion,)))[0]
    assert (result.value, result.met) == (15, True)


def test_what_cannot_be_measured_says_so():
    rows = draft(CARD, JULY)
    results = review(rows, month("2026-08", T1_1=(0, None)))
    assert {result.met for result in results} == {None}
    assert results[0].sentence == "首次联系解决率：2026-08 没有数值，无法衡量"


def test_a_plan_is_held_against_a_later_month_of_the_same_agent():
    rows = draft(CARD, JULY)
    for wrong in (JULY, month("2026-08", agent="E2")):
        with pytest.raises(ValueError, match="a plan of E1 for 2026-07 is not held against"):
            review(rows, wrong)


def test_a_row_is_of_plain_values():
    for row in draft(CARD, JULY):
        values = [one for value in asdict(row).values() for one in (value if isinstance(value, tuple) else [value])]
        assert {type(value) for value in values} <= {str, float, int, bool}
