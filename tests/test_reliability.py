"""Whether findings are as sure as they say, on calls counted by hand."""

import pytest

from pipeline.validation.accuracy.reliability import reliability
from tests.truths import a_finding, a_line, a_trial, a_truth

LINES = [a_line("agent", 1, 3, "您好"), a_line("agent", 10, 12, "随便你")]


def test_confidence_is_held_against_truth_term_by_term():
    """Right: greeting with 0.9 and 随便你 with 0.95. Wrong: thanks with 0.95, 大概 with 0.25. 0.3 is outdone."""
    findings = [
        a_finding("required_phrase", "greeting", 1, 2, confidence=0.3),
        a_finding("required_phrase", "greeting", 1, 2, confidence=0.9),
        a_finding("required_phrase", "thanks", 1, 2, confidence=0.95),
        a_finding("banned_wording", "随便你", 10, 12, confidence=0.95),
        a_finding("banned_wording", "大概", 40, 41, confidence=0.25),
        a_finding("banned_wording", "不行", 10, 12, role="customer", confidence=1.0),
    ]
    truth = a_truth(lines=LINES, present={"greeting": [0], "goodbye": [0]}, banned=[(1, "随便你")])
    found = reliability([a_trial(truth, findings=findings)])
    low, high = found.bins
    assert (low.low, low.count, low.mean_confidence, low.share_true) == (0.2, 1, 0.25, 0.0)
    assert (high.low, high.high, high.count) == (0.9, 1.0, 3)
    assert high.mean_confidence == pytest.approx(2.8 / 3)
    assert high.share_true == pytest.approx(2 / 3)
    assert found.error.value == pytest.approx((0.25 + 0.8) / 4)


def test_certainty_lies_in_the_last_bin():
    truth = a_truth(lines=LINES, present={"greeting": [0]})
    sure = a_finding("required_phrase", "greeting", 1, 2, confidence=1.0)
    found = reliability([a_trial(truth, findings=[sure])])
    assert [(each.low, each.high, each.count) for each in found.bins] == [(0.9, 1.0, 1)]
    assert found.error.value == 0.0
