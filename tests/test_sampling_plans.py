"""Sampling plans: who is drawn, that anybody can draw again, and what cannot be carried out."""

from datetime import date

import pytest

from pipeline.review.sampling import Candidate, Rule, SamplingPlan, draw_calls
from pipeline.review.urgency import Code, bundled_urgency


def a_call(number=0, **changes):
    given = {
        "call_id": f"C{number}",
        "agent_id": f"{1001 + number % 10}",
        "team": "一组",
        "queue": "热线",
        "month": "2025-03",
        "day": date(2025, 3, 1 + number % 28),
        "duration": 100.0,
        "score": 80.0,
    }
    return Candidate(**given | changes)


CALLS = [a_call(number) for number in range(4000)]


def test_a_percent_is_drawn_and_calls_of_later_nights_join_without_moving_the_others():
    plan = SamplingPlan("一成", "seed", percent=10)
    early, all_of_them = set(draw_calls(plan, CALLS[:2000])), set(draw_calls(plan, CALLS))
    assert early == all_of_them & {call.call_id for call in CALLS[:2000]}
    assert len(all_of_them) == pytest.approx(400, abs=60)
    assert draw_calls(plan, CALLS[::-1]) == draw_calls(plan, CALLS)
    assert set(draw_calls(SamplingPlan("一成", "another", percent=10), CALLS)) != all_of_them


def test_so_many_of_each_agent_and_month():
    plan = SamplingPlan("每人三通", "seed", per_agent=3)
    chosen = draw_calls(plan, [*CALLS, a_call(9000, month="2025-04"), a_call(9001, agent_id="9", call_id="X")])
    of = {call.call_id: call for call in CALLS}
    counted = [of[call_id].agent_id for call_id in chosen if call_id in of]
    assert sorted(counted.count(agent) for agent in set(counted)) == [3] * 10
    assert {"C9000", "X"} <= set(chosen)


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        (Rule(score_below=60), {"score": 59.9}, {"score": 60.0}),
        (Rule(score_below=60), {"score": 0.0}, {"score": None}),
        (Rule(criterion_id="KF01-3"), {"not_met": frozenset({"KF01-3"})}, {"not_met": frozenset({"KF01-4"})}),
        (Rule(detector="complaint"), {"found": frozenset({("complaint", "x")})}, {"found": frozenset()}),
        (
            Rule(detector="apology", term="sincere"),
            {"found": frozenset({("apology", "sincere")})},
            {"found": frozenset({("apology", "soothing"), ("other", "sincere")})},
        ),
        (Rule(queue="投诉"), {"queue": "投诉"}, {"queue": None}),
        (Rule(least_duration=60), {"duration": 60.0}, {"duration": 59.0}),
        (Rule(most_duration=60), {"duration": 60.0}, {"duration": None}),
        (Rule(agent_id="1001"), {"agent_id": "1001"}, {"agent_id": None}),
        (Rule(team="二组"), {"team": "二组"}, {"team": "一组"}),
    ],
)
def test_a_rule_holds_of_the_calls_it_names(rule, yes, no):
    assert rule.holds(a_call(**yes))
    assert not rule.holds(a_call(**no))
    plan = SamplingPlan("规则", "s", percent=100, rule=rule)
    assert draw_calls(plan, [a_call(1, **yes), a_call(2, **no)]) == ("C1",)
    assert plan.reason(bundled_urgency()).code is Code.RULE


def test_days_bound_a_plan_and_a_call_without_a_day_is_outside():
    plan = SamplingPlan("三月上旬", "s", percent=100, first_day=date(2025, 3, 1), last_day=date(2025, 3, 10))
    days = [date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 10), date(2025, 3, 11), None]
    assert set(draw_calls(plan, [a_call(n, day=day) for n, day in enumerate(days)])) == {"C1", "C2"}
    assert plan.reason(bundled_urgency()).code is Code.SAMPLED


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": " "}, "名字"),
        ({"percent": None}, "选其中一种"),
        ({"per_agent": 2}, "选其中一种"),
        ({"percent": 0}, "比例"),
        ({"percent": 100.5}, "比例"),
        ({"percent": None, "per_agent": 0}, "通数"),
        ({"seed": ""}, "种子"),
        ({"first_day": date(2025, 3, 2), "last_day": date(2025, 3, 1)}, "日期"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_says_why(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        SamplingPlan(**{"name": "计划", "seed": "s", "percent": 10} | given)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"score_below": 0}, "得分线"),
        ({"term": "sincere"}, "词条"),
        ({"least_duration": -1}, "时长"),
        ({"least_duration": 10, "most_duration": 5}, "时长"),
        ({"queue": "x" * 201}, "200"),
        ({"team": " "}, "为空"),
    ],
)
def test_a_rule_that_can_hold_of_no_call_says_why(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        Rule(**given)
