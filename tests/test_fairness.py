"""Fairness: points that follow the line are found, those that do not are not, and a poor agent on a poor line is
neither."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from pipeline.call import Status
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.hearing import Quality
from pipeline.month.assessment import ScoredCall
from pipeline.month.fairness import fairness_report
from pipeline.month.fairness.conditions import bundled_fairness
from pipeline.month.fairness.dependence import dependences, gap
from pipeline.notices import Notice, NoticeKind
from pipeline.scorecard import find_scorecard
from pipeline.tally import Tally
from tests.builders import CALL, hearing

CARD = find_scorecard("kf01")
ITEMS = {"KF01-4": 15.0, "KF01-8": 5.0, "KF01-9": 5.0}
FEW = bundled_fairness().model_copy(update={"permutations": 199})
SIMULATIONS = 100


def month(seed: int, met, num_agents: int = 6, num_calls: int = 40, line=lambda _agent, chance: chance.random()):
    """Calls of agents on lines from 0 (bad) to 1; ``met(item, agent, line, call)``: how probably an item is met."""
    chance, calls, hearings = np.random.default_rng(seed), [], {}
    for agent in range(num_agents):
        for number in range(num_calls):
            quality = float(line(agent, chance))
            at = CALL.ring_at + timedelta(hours=int(chance.integers(0, 12)), days=number % 20)
            queue = "售后" if chance.random() < 0.4 else "热线"
            call = replace(CALL, id=f"{agent}-{number}", agent_id=f"E{agent}", queue=queue, ring_at=at)
            answers = tuple(
                Answer(
                    id,
                    Outcome.MET if yes else Outcome.NOT_MET,
                    None,
                    Tally(points if yes else 0.0, points),
                    (),
                    (),
                    "machine",
                    0.9,
                )
                for id, points in ITEMS.items()
                for yes in (chance.random() < met(id, agent, quality, call),)
            )
            evaluation = Evaluation(
                call.id, call.agent_id, "kf01", CARD.revision, "f00d", Status.EVALUATED, answers, ()
            )
            duration = float(chance.uniform(20, 300))
            calls.append(ScoredCall(call, Status.EVALUATED, "", "", evaluation, (), None, duration))
            notices = (Notice(NoticeKind.NOISE, "", "噪声大"),) if quality < 0.3 else ()
            heard = Quality(40.0, 39.0, 0.6 + 0.3 * quality, 0.9 + 0.05 * chance.random(), 20.0)
            hearings[call.id] = hearing(turns=(), call=call, quality=heard, notices=notices)
    return calls, hearings


def report(*given, policy=FEW):
    return fairness_report("2026-10", CARD, *given, policy)


def half(_item, _agent, _line, _call) -> float:
    return 0.7


def test_points_that_follow_the_line_are_found_and_told():
    """KF01-9 is met in 0.5 + 0.5 · line of the calls: best third less worst third is (0.917 - 0.583) · 5 = 1.67."""
    planted = month(1, lambda item, _a, line, _c: 0.5 + 0.5 * line if item == "KF01-9" else 0.7)
    found = report(*planted)
    first = next(row for row in found.found if row.condition == "听写把握" and row.id == "KF01-9")
    assert first.of_line
    assert first.points == pytest.approx(5 * (5 / 6 - 1 / 6) * 0.5, abs=0.8)
    assert first.low < 5 / 3 < first.high
    assert first.sentence.startswith("“感谢致电”：同一坐席，听写把握低的通话比听写把握高的平均低 ")
    assert "满分 5" in first.sentence
    assert "请抽听听写把握低的通话" in first.sentence
    assert {row.id for row in found.found if row.subject == "item"} == {"KF01-9"}, (
        "the other items do not follow it"
    )
    assert all(row.p >= 1 / 200 for row in found.rows)


def test_points_that_follow_nothing_are_not_found_in_95_of_100_months():
    """Over all comparisons of a month together."""
    wrong = sum(bool(report(*month(seed, half, 5, 30)).found) for seed in range(SIMULATIONS))
    assert wrong / SIMULATIONS <= 0.05


def test_a_poor_agent_on_a_poor_line_is_not_found():
    """Agents 0 to 2 are on bad lines and miss half, the others on good ones and miss a tenth."""

    def of_agent(agent, chance):
        return chance.uniform(0, 0.4) if agent < 3 else chance.uniform(0.6, 1)

    poor = month(2, lambda _i, agent, _l, _c: 0.5 if agent < 3 else 0.9, line=of_agent)
    found = report(*poor)
    assert found.found == ()
    by_words = next(row for row in found.rows if row.subject == "total" and row.condition == "听写把握")
    assert abs(by_words.points) < 10, "about 40 of 100 points lie between the agents"


def test_a_queue_is_told_as_another_kind_of_call():
    planted = month(3, lambda item, _a, _l, call: 0.4 if item == "KF01-4" and call.queue == "售后" else 0.8)
    rows = [row for row in report(*planted).found if row.condition == "队列"]
    assert {row.id for row in rows if row.subject == "item"} == {"KF01-4"}
    assert not any(row.of_line for row in rows)
    worst = next(row for row in rows if row.id == "KF01-4" and row.better == "队列“售后”")
    assert worst.points == pytest.approx(15 * (0.4 - 0.8), abs=2)
    assert "其他队列的通话比队列“售后”的平均高 " in worst.sentence
    assert "请核对是通话内容不同" in worst.sentence


def test_one_agent_alone_is_found():
    planted = month(4, lambda _i, agent, line, _c: 0.3 + 0.7 * line if agent == 2 else 0.7, num_calls=120)
    rows = report(*planted).found
    assert {row.id for row in rows if row.subject == "agent"} == {"E2"}


def test_what_cannot_be_compared_is_left_out():
    assert report(*month(5, half, num_agents=2, num_calls=10)).rows == (), "fewer than 30 calls"
    calls, _ = month(6, half)
    assert {row.condition for row in report(calls, {}).rows} <= {"时长", "队列", "时段"}, (
        "nothing is known of the line"
    )
    nobody = [replace(scored, call=replace(scored.call, agent_id=None)) for scored in calls]
    assert report(nobody, {}).num_calls == 0


def test_the_report_is_the_same_each_time():
    given = month(7, half)
    assert report(*given) == report(given[0][::-1], given[1])
    assert report(*given).as_object()["rows"][0].keys() >= {"subject", "condition", "points", "low", "high", "p"}


def test_a_gap_by_hand():
    """In group 0 the highs are 1 and 0.5, the lows 0 and 0.5: 0.5 apart; group 1 alike. The spread of either side
    is 4 · 0.0625 over 2 free = 0.125; two weights of 1: error² = 2 · (0.125 / 2 + 0.125 / 2) / 4 = 0.0625."""
    x, y = np.array([0.0, 0, 1, 1, 0, 0, 1, 1]), np.array([0.0, 0.5, 1, 0.5, 4, 4.5, 5, 4.5])
    found = gap(x, y, np.repeat([0, 1], 4))
    assert (found.difference, found.low, found.high) == pytest.approx((0.5, 0.5 - 0.49, 0.5 + 0.49), abs=0.001)
    assert gap(x, y, np.arange(8)) is None, "no group has both sides"


def test_a_correlation_by_hand():
    """Within each group x and y run against each other, while both are higher in the second."""
    x = np.array([0.0, 1, 2, 10, 11, 12])[:, None]
    y = np.array([2.0, 1, 0, 12, 11, 10])[:, None]
    pooled, alone = dependences(x, y, np.repeat([0, 1], 3), y[:, 0], permutations=99, seed=0, least=3)
    assert pooled.correlation[0, 0] == pytest.approx(-1)
    assert alone.correlation[:, 0] == pytest.approx([-1, -1])
    assert alone.p.min() > 0.1, "three rows show nothing"
