"""What may cost points: by labels, with intervals, and in Chinese."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation import VETO, Answer, Outcome
from pipeline.findings.finding import FLAG
from pipeline.tally import NOTHING, Tally
from pipeline.timeline import Span
from pipeline.validation.learning.gate import (
    Floors,
    HitCounts,
    Proportion,
    least_labels,
    may_go_live,
    may_stay,
    phrase_hits,
)
from pipeline.validation.learning.registry import flag_demoted
from pipeline.validation.learning.stakes import points_at_stake
from tests.builders import finding
from tests.test_labels import a_label

FLOORS = Floors(precision=0.8, recall=0.6)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(8, 10, 0.4902, 0.9433), (0, 10, 0, 0.2775), (3, 3, 0.4385, 1)]
)
def test_the_interval_is_wilsons(hits, of, low, high):
    """Figures from Brown, Cai and DasGupta's formula, computed by hand."""
    assert Proportion(hits, of).interval == pytest.approx((low, high), abs=1e-4)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    lots = np.random.default_rng(0)
    for truth in (0.6, 0.9):
        held = [
            low <= truth <= high
            for hits in lots.binomial(60, truth, 2000)
            for low, high in [Proportion(int(hits), 60).interval]
        ]
        assert np.mean(held) > 0.93


@given(st.floats(0, 0.99))
def test_as_many_as_needed_and_no_fewer_clear_a_floor(floor):
    n = least_labels(floor)
    assert Proportion(n, n).interval[0] >= floor - 1e-12
    assert n == 1 or Proportion(n - 1, n - 1).interval[0] < floor


@pytest.mark.parametrize(
    ("candidate", "live", "passes", "why"),
    [
        (HitCounts(40, 2, 3), None, True, "查准率 95.2%（40/42，区间 84.2–98.7%），达到门槛 80%"),
        (HitCounts(15, 0, 0), None, False, "金标样本不足：检出的只有 15 条，至少需要 16 条，还缺 1 条"),
        (HitCounts(0, 0, 50), None, False, "检出的只有 0 条"),
        (HitCounts(40, 8, 0), None, False, "查准率 83.3%（40/48，区间 70.4–91.3%），区间下限低于门槛 80%"),
        (HitCounts(40, 2, 25), None, False, "查全率"),
        (HitCounts(90, 10, 0), HitCounts(300, 2, 0), False, "低于在用版本的区间下限 97.6%"),
        (HitCounts(90, 10, 0), HitCounts(90, 10, 0), True, "达到门槛"),
    ],
)
def test_what_may_go_live(candidate, live, passes, why):
    decision = may_go_live(candidate, live, FLOORS)
    assert decision.passes is passes
    assert why in decision.reasons[0]
    assert len(decision.reasons) == 2


@pytest.mark.parametrize(
    ("live", "stays", "why"),
    [
        (HitCounts(40, 2, 3), True, "达到门槛"),
        (HitCounts(15, 3, 0), True, "达到门槛 80%"),  # its interval reaches lower: it would not go live like this
        (HitCounts(15, 5, 0), False, "查准率 75.0%"),
        (HitCounts(3, 2, 0), True, "不足 16 条，暂不判断"),
        (HitCounts(1, 6, 0), False, "查准率 14.3%"),  # few, but surely too bad
        (HitCounts(0, 0, 0), True, "不足"),
        (HitCounts(20, 0, 30), False, "查全率 40.0%"),
    ],
)
def test_what_may_stay(live, stays, why):
    decision = may_stay(live, FLOORS)
    assert decision.passes is stays
    assert why in decision.reasons[0]


@given(st.integers(0, 200), st.integers(0, 50), st.integers(0, 50))
def test_what_goes_live_is_not_thrown_out_by_the_same_labels(found, false_alarms, missed):
    measured = HitCounts(found, false_alarms, missed)
    if may_go_live(measured, None, FLOORS).passes:
        assert may_stay(measured, FLOORS).passes


def test_a_phrase_is_measured_by_its_findings_where_labels_are_and_as_a_flag_too():
    criterion = "banned_wording/不归我管"
    labels = [
        a_label("C1", 10.0, criterion=criterion),
        a_label("C2", 10.0, holds=False, criterion=criterion),
        a_label("C3", 10.0, criterion=criterion),
    ]
    said = finding("banned_wording", "不归我管", 11.0)
    (as_flag,) = flag_demoted([said], frozenset({("banned_wording", "不归我管")}))
    other = replace(said, term="投诉也没用")
    found = {"C1": (as_flag,), "C2": (other, said), "C3": (replace(said, span=Span(90, 91)), other)}
    assert phrase_hits(labels, found, "banned_wording", "不归我管") == HitCounts(1, 1, 1)


def test_demoted_terms_are_flags_and_others_stay():
    kept, gone = finding("apology", "sincere"), finding("banned_wording", "不归我管")
    assert flag_demoted([kept, gone], frozenset({("banned_wording", "不归我管")})) == (
        kept,
        replace(gone, detector=FLAG, term="banned_wording/不归我管"),
    )


def answer(outcome, awarded, possible, findings=(), *reasons):
    return Answer("A", outcome, None, Tally(awarded, possible), findings, reasons)


def test_what_a_call_stakes_on_findings():
    met, lost = answer(Outcome.MET, 5, 5, (1,)), answer(Outcome.NOT_MET, 0, 10, (0, 2))
    monthly = Answer("M", Outcome.NOT_MET, None, NOTHING, (3,), ())
    assert points_at_stake([met, lost, monthly], {2}) == (10, 0)
    assert points_at_stake([met, lost, monthly], {1}) == (0, 5)
    assert points_at_stake([met, lost, monthly], {3}) == (0, 0), (
        "the month scores it: at stake, but not by this call"
    )
    assert points_at_stake([met, lost, monthly], {4}) is None


def test_a_veto_stakes_the_whole_call():
    veto = answer(Outcome.NOT_MET, 0, 10, (0,))
    voided = answer(Outcome.NOT_MET, 0, 5, (1,), f"{VETO}：服务禁语")
    assert points_at_stake([veto, voided], {0}) == (15, 0)
    assert points_at_stake([veto, voided], {1}) == (5, 0)
