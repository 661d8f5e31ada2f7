"""Conditional duties by truth table: trigger, deadline, discharge, what may not come before it, and doubt."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.findings.detection import detect
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.titles import shipped_titles
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.scorecard import RULES
from pipeline.scorecard.rules import Case
from pipeline.timeline import Span
from tests.builders import bundled, finding, hearing

HEARD = hearing("坐席：您好请讲", "客户：喂", "坐席：好的再见")
LISTS = [lists for name, lists in bundled().items() if name != "roles"]


def at(turn: int, detector: str, term: str, role: Role = Role.AGENT):
    """A finding in a turn; every turn lasts ten seconds."""
    return replace(finding(detector, term, 10.0 * turn, role), turn_index=turn)


def verdict(rule: dict, *findings):
    ordered = sorted(findings, key=lambda each: each.span)
    return RULES.read({"kind": "duty", **rule}).decide("做到", Case.of(HEARD, ordered, shipped_titles()))


COMPLAINT = at(2, "complaint", "complaint", Role.CUSTOMER)
APOLOGY = {
    "trigger": "complaint",
    "detector": "apology",
    "terms": ["sincere"],
    "within_turns": 3,
    "before": [{"detector": "handling", "terms": ["excuse"]}],
}


@pytest.mark.parametrize(
    ("findings", "share"),
    [
        ([], None),
        ([at(3, "apology", "sincere")], None),
        ([COMPLAINT], 0.0),
        ([COMPLAINT, at(3, "apology", "sincere")], 1.0),
        ([COMPLAINT, at(5, "apology", "sincere")], 1.0),
        ([COMPLAINT, at(6, "apology", "sincere")], 0.0),  # too late
        ([COMPLAINT, at(1, "apology", "sincere")], 0.0),  # before there was anything to apologise for
        ([COMPLAINT, at(3, "apology", "social")], 0.0),
        ([COMPLAINT, at(3, "apology", "perfunctory")], 0.0),
        ([COMPLAINT, at(3, "apology", "sincere", Role.CUSTOMER)], 0.0),
        ([COMPLAINT, at(3, "handling", "excuse"), at(5, "apology", "sincere")], 0.0),
        ([COMPLAINT, at(3, "apology", "sincere"), at(5, "handling", "excuse")], 1.0),
        ([at(1, "handling", "excuse"), COMPLAINT, at(3, "apology", "sincere")], 1.0),
        ([COMPLAINT, at(3, "handling", "excuse", Role.CUSTOMER), at(5, "apology", "sincere")], 1.0),
        ([COMPLAINT, at(3, "handling", "plan"), at(5, "apology", "sincere")], 1.0),
    ],
)
def test_a_complaint_asks_for_a_sincere_apology_in_time_and_before_any_excuse(findings, share):
    assert verdict(APOLOGY, *findings).share == share


def test_reasons_name_the_place_the_deadline_and_what_came_instead():
    assert verdict(APOLOGY, COMPLAINT).reasons == ("做到：00:20 客户投诉后 3 个话轮内未听到真诚致歉",)
    (reason,) = verdict(APOLOGY, COMPLAINT, at(3, "apology", "perfunctory")).reasons
    assert reason.endswith("未听到真诚致歉，只有 00:30 “perfunctory”")
    (reason,) = verdict(APOLOGY, COMPLAINT, at(3, "handling", "excuse"), at(5, "apology", "sincere")).reasons
    assert reason == "做到：客户投诉后未先真诚致歉，00:30 就“excuse”"


@pytest.mark.parametrize(("seconds", "share"), [(19, 1.0), (20, 0.0)])
def test_a_deadline_in_seconds_runs_from_the_end_of_the_trigger(seconds, share):
    rule = {**APOLOGY, "within_turns": None, "within_seconds": 19, "before": []}
    said = replace(at(4, "apology", "sincere"), span=Span(21.0 + seconds, 22.0 + seconds))
    assert verdict(rule, COMPLAINT, said).share == share


def test_several_triggers_of_which_the_terms_count():
    rule = {
        "trigger": ["complaint", {"detector": "customer_event", "terms": ["emotion"]}],
        "detector": "empathy",
        "terms": ["soothing"],
    }
    assert verdict(rule, at(2, "customer_event", "satisfied", Role.CUSTOMER)).share is None
    assert verdict(rule, at(2, "customer_event", "emotion", Role.CUSTOMER)).share == 0.0
    assert verdict(rule, COMPLAINT, at(3, "empathy", "soothing")).share == 1.0


@pytest.mark.parametrize(("allowed", "share"), [(None, 0.0), (0, 1.0), (1, 1.0)])
def test_a_duty_done_in_the_same_turn_may_come_first(allowed, share):
    """非常抱歉，是我们登记错了: the apology stands before the admission."""
    admitted = replace(at(3, "agent_event", "error_admitted"), span=Span(32.0, 33.0))
    rule = {"trigger": "agent_event", "detector": "apology", "terms": ["sincere"], "turns_before": allowed}
    assert verdict(rule, at(3, "apology", "sincere"), admitted).share == share


def test_each_trigger_may_ask_for_itself():
    rule = {"trigger": "hold", "detector": "hold_wording", "terms": ["thanks_on_return"], "within_turns": 2}
    holds = [at(2, "hold", "asked"), at(6, "hold", "bare")]
    thanks = at(3, "hold_wording", "thanks_on_return")
    assert verdict(rule, *holds, thanks).share == 1.0
    each = verdict({**rule, "every": True}, *holds, thanks)
    assert (each.share, len(each.reasons)) == (0.5, 1)
    both = (thanks, at(7, "hold_wording", "thanks_on_return"))
    assert verdict({**rule, "every": True}, *holds, *both).share == 1.0


@pytest.mark.parametrize(
    ("unclear", "unsure"),
    [
        (at(3, UNCLEAR, "sincere"), True),
        (at(3, UNCLEAR, "*"), True),
        (at(3, UNCLEAR, "greeting"), False),
        (at(6, UNCLEAR, "*"), False),  # after the deadline it would not have helped
        (at(1, UNCLEAR, "*"), False),
    ],
)
def test_what_may_have_been_said_where_nobody_can_tell_is_not_missing(unclear, unsure):
    given = verdict(APOLOGY, COMPLAINT, unclear)
    assert (given.unsure, given.share) == (unsure, None if unsure else 0.0)
    if unsure:
        assert given.reasons == ("做到：00:30 处转写不清，无法判断是否说过“真诚致歉”，请人工复核",)
    assert verdict(APOLOGY, COMPLAINT, unclear, at(3, "apology", "sincere")).share == 1.0


@given(st.lists(st.sampled_from([COMPLAINT, at(3, "apology", "sincere"), at(3, "handling", "excuse")])))
def test_one_more_apology_never_hurts(findings):
    before = verdict(APOLOGY, *findings).share
    after = verdict(APOLOGY, *findings, at(3, "apology", "sincere")).share
    assert (before is None) is (after is None)
    assert before is None or after >= before


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "duty", "detector": "apology", "terms": ["sincere"]},
        {"kind": "condition"},
        {"kind": "absent", "detector": "apology", "when": {"found": {"detector": "complaint"}}},
        {"kind": "duty", "trigger": [{"terms": ["x"]}], "detector": "a", "terms": ["b"]},
    ],
)
def test_a_rule_that_cannot_be_decided_is_refused(wrong):
    with pytest.raises(ValidationError):
        RULES.read(wrong)


# --- the duties of the issue, on dialogues, with the phrase lists that are shipped

ERROR = {
    "trigger": {"detector": "agent_event", "terms": ["error_admitted"]},
    "detector": "apology",
    "terms": ["sincere"],
    "turns_before": 0,
    "within_turns": 2,
}
PROMISE = {
    "trigger": {"detector": "agent_event", "terms": ["cannot_answer"]},
    "detector": "handling",
    "terms": ["time"],
    "turns_before": 0,
}
SOOTHE = {
    "trigger": {"detector": "customer_event", "terms": ["emotion"]},
    "detector": "empathy",
    "terms": ["soothing", "apology"],
    "before": {"detector": "handling", "terms": ["plan", "excuse"]},
}
RETURN = {
    "trigger": {"detector": "hold_wording", "terms": ["asked", "bare"]},
    "detector": "hold_wording",
    "terms": ["thanks_on_return"],
}
LENGTH = {**RETURN, "terms": ["told_length"], "turns_before": 0, "within_turns": 1}


@pytest.mark.parametrize(
    ("rule", "lines", "share"),
    [
        (ERROR, ["客户：我的单子呢", "坐席：查到是我们登记错了"], 0.0),
        (ERROR, ["客户：我的单子呢", "坐席：非常抱歉，是我们登记错了"], 1.0),
        (ERROR, ["客户：我的单子呢", "坐席：是我们登记错了", "客户：啊", "坐席：实在对不起"], 1.0),
        (ERROR, ["客户：你们登记错了", "坐席：我看一下"], None),
        (ERROR, ["客户：我的单子呢", "坐席：您是不是填错了"], None),
        (PROMISE, ["客户：什么时候能退", "坐席：这个我需要核实一下，尽快给您回复"], 0.0),
        (PROMISE, ["客户：什么时候能退", "坐席：这个我需要核实一下，二十四小时内给您回复"], 1.0),
        (PROMISE, ["客户：什么时候能退", "坐席：三个工作日内退"], None),
        (SOOTHE, ["客户：真是气死我了", "坐席：我马上帮您处理"], 0.0),
        (SOOTHE, ["客户：真是气死我了", "坐席：我理解您的心情，我马上帮您处理"], 1.0),
        (SOOTHE, ["客户：真是气死我了", "坐席：我马上帮您处理，您先消消气"], 0.0),
        (SOOTHE, ["客户：我不生气", "坐席：我马上帮您处理"], None),
        (RETURN, ["坐席：请您稍等", "客户：好", "（12秒）", "坐席：让您久等了"], 1.0),
        (RETURN, ["坐席：请您稍等", "客户：好", "（12秒）", "坐席：查到了"], 0.0),
        (RETURN, ["坐席：您好", "客户：稍等", "坐席：好的"], None),
        (LENGTH, ["坐席：大概需要两分钟，请您稍等", "客户：好"], 1.0),
        (LENGTH, ["坐席：请您稍等", "客户：好"], 0.0),
    ],
)
def test_the_duties_on_what_was_said(rule, lines, share):
    heard = hearing_of(["坐席：您好请讲", *lines])
    given = RULES.read({"kind": "duty", **rule}).decide(
        "做到", Case.of(heard, detect(heard, LISTS), shipped_titles())
    )
    assert given.share == share, given.reasons
