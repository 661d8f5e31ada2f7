"""What the shipped standards ask of calls: 或 and 并, order and “at once”, and what is a suggestion only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.evaluation import Outcome
from pipeline.findings.detectors.speech_rate import SPEECH_RATE
from pipeline.findings.titles import shipped_titles
from pipeline.hearing.turns import Role
from pipeline.scorecard import RULES, find_scorecard
from pipeline.scorecard.rules import Case, Verdict
from pipeline.scorecard.rules.several import AllOf, AnyOf
from pipeline.timeline import Span
from tests.builders import hearing, talk
from tests.test_criteria import CLEAR, HEARD, KF03, MONTH, call, items, month_of
from tests.test_duty import at

KF01, KF02, SHIMAO, TABLE1, TABLE2 = map(find_scorecard, ("kf01", "kf02", "shimao", "table1", "table2"))
COMPLAINT = at(2, "complaint", "complaint", Role.CUSTOMER)
EMOTION = at(2, "customer_event", "emotion", Role.CUSTOMER)
BLAME = at(2, "customer_event", "blame", Role.CUSTOMER)


def said(turn: int, detector: str, term: str):
    return at(turn, detector, term)


SORRY, SOOTHED = ("apology", "sincere"), ("empathy", "soothing")
PLAN, EXCUSE = ("handling", "plan"), ("handling", "excuse")
ELSE, THANKS = ("required_phrase", "anything_else"), ("required_phrase", "thanks")


def awarded(card, item: str, *findings, part: int | None = None):
    """The share of a part that a call with these findings is given; None where it does not apply."""
    criterion = card.criterion(item)
    one = criterion.parts[(part or 1) - 1]
    ordered = sorted(findings, key=lambda each: each.span)
    return one.rule.decide(one.title, Case.of(HEARD, ordered, shipped_titles())).share


# --- 或: either fulfils


@pytest.mark.parametrize(("card", "item"), [(KF01, "KF01-8"), (KF02, "KF02-7")])
@pytest.mark.parametrize(
    ("findings", "share"),
    [([], 0.0), ([ELSE], 1.0), ([("proactive_offer", "offer")], 1.0), ([ELSE, ("proactive_offer", "offer")], 1.0)],
)
def test_to_ask_or_to_recommend_is_the_same(card, item, findings, share):
    assert awarded(card, item, *(said(3, *each) for each in findings)) == share


# --- order, and at once


@pytest.mark.parametrize(
    ("card", "item", "part"),
    [(SHIMAO, "SM-16", 1), (SHIMAO, "SM-4", 2), (TABLE1, "T1-2", 1)],
)
@pytest.mark.parametrize(
    ("turns", "share"),
    [
        ([SOOTHED, PLAN], 1.0),
        ([PLAN, SOOTHED], 0.0),
        ([EXCUSE, SOOTHED], 0.0),
        ([PLAN, EXCUSE, SOOTHED], 0.0),
        ([], 0.0),
    ],
)
@pytest.mark.parametrize("cause", [COMPLAINT, EMOTION, BLAME])
def test_soothing_comes_before_plan_and_excuse_whatever_upset_the_customer(card, item, part, turns, share, cause):
    findings = [said(3 + 2 * n, *each) for n, each in enumerate(turns)]
    if card is SHIMAO and item == "SM-4" and cause is EMOTION:
        share = None  # 接到客户投诉后: to be upset is no complaint
    assert awarded(card, item, cause, *findings, part=part) == share


@pytest.mark.parametrize(
    ("card", "item", "part", "within", "plan"),
    [(KF01, "KF01-4", 3, 6, 1.0), (SHIMAO, "SM-4", 1, 6, 0.0), (KF03, "KF03-五-1", 6, 10, 1.0)],
)
def test_an_apology_is_early_and_before_any_excuse(card, item, part, within, plan):
    def share(*findings):
        return awarded(card, item, *findings, part=part)

    for cause in (COMPLAINT, BLAME):
        assert share(cause, said(2 + within, *SORRY)) == 1.0
        assert share(cause, said(3 + within, *SORRY)) == 0.0
        assert share(cause, said(3, *EXCUSE), said(4, *SORRY)) == 0.0
        assert share(cause, said(3, *PLAN), said(4, *SORRY)) == plan  # 立即 of SM-4: before the plan as well
    assert share(EMOTION) is None
    assert share() is None


# --- 并: both are asked for


@pytest.mark.parametrize(
    ("findings", "points"),
    [([ELSE, THANKS], 3.0), ([ELSE], 3 * 0.6), ([THANKS], 3 * 0.6), ([], 0.0)],
)
def test_a_complaint_is_thanked_for_and_the_customer_asked(findings, points):
    """KF03-五-1 (9), 3 points: one of the two is half, 一般符合, ×0.6."""
    share = awarded(KF03, "KF03-五-1", COMPLAINT, *(said(5, *each) for each in findings), part=9)
    assert 3 * KF03.level(share)[1] == pytest.approx(points)


# --- 稍等


def test_a_bare_hold_costs_one_of_ten_calls_and_a_polite_one_nothing():
    bare, polite = said(3, "hold_wording", "bare"), said(3, "hold_wording", "asked")
    taken = [call(TABLE2, n, *([bare, bare] if n < 2 else [polite])) for n in range(10)]
    assert [next(a.outcome for a in each.answers if a.criterion_id == "T1-2") for each in taken[:3]] == [
        *(Outcome.NOT_MET, Outcome.NOT_MET, Outcome.MET)
    ]
    # 2 of 10 calls, however often in each: 25 − 2 × 1, the 23 that the sheet prints
    assert items(month_of(TABLE2, taken))["T1-2"].tally.awarded == pytest.approx(23)
    assert MONTH == "2025-03"


# --- what a machine says of a whole form


def share_told(card) -> float:
    """The points of which a call or a feed gives the answer or suggests one."""
    return sum(
        card.points_of[c.id] * weight
        for c in card.chosen
        for part, weight in (zip(c.parts, c.weights(), strict=True) if c.parts else [(c, 1.0)])
        if getattr(part, "rule", None) or part.indicator
    )


def test_of_kf01_at_least_85_points_have_an_answer_or_a_suggestion():
    # all but 不臆测 (2 of the 10 points of KF01-5) and the written record (5 of the 10 of KF01-6): 93
    assert share_told(KF01) >= 93 - 1e-9


@pytest.mark.parametrize("name", ["kf01", "kf02", "kf03", "shimao", "jiazheng_calls"])
def test_what_the_audio_tells_badly_never_counts_by_itself(name):
    weak = ("interruption", "speech_rate", "hold")
    for criterion in find_scorecard(name).criteria:
        for part in criterion.parts:
            if part.rule and any(sought.detector in weak for _, sought in part.rule.sought()):
                assert part.needs_person == "all", (criterion.id, part.title)


# --- several rules together

HEARD_ONE = {"kind": "heard", "detector": "required_phrase", "terms": ["thanks"]}
HEARD_OTHER = {"kind": "heard", "detector": "required_phrase", "terms": ["goodbye"]}
NO_OFFENCE = {"kind": "absent", "detector": "banned_wording"}
OWED = {"kind": "duty", "trigger": "complaint", "detector": "apology", "terms": ["sincere"]}


def decided(rule: dict, *findings) -> Verdict:
    ordered = sorted(findings, key=lambda each: each.span)
    return RULES.read(rule).decide("做到", Case.of(hearing(quality=CLEAR), ordered, shipped_titles()))


OFFENCE, GOODBYE = said(4, "banned_wording", "不归我管"), said(5, "required_phrase", "goodbye")
THANKED, UNCLEAR = said(5, *THANKS), said(5, "unclear", "thanks")


@pytest.mark.parametrize(
    ("rules", "findings", "every", "some"),
    [
        ([HEARD_ONE, HEARD_OTHER], [THANKED, GOODBYE], 1.0, 1.0),
        ([HEARD_ONE, HEARD_OTHER], [THANKED], 0.5, 1.0),
        ([HEARD_ONE, HEARD_OTHER], [], 0.0, 0.0),
        ([HEARD_ONE, OWED], [THANKED], 1.0, 1.0),  # nothing is owed: only the thanks are asked
        ([OWED], [], None, None),
        ([HEARD_ONE, NO_OFFENCE], [], 0.0, 1.0),  # to have said nothing wrong is no half of thanks
        ([HEARD_ONE, NO_OFFENCE], [THANKED], 1.0, 1.0),
        ([HEARD_ONE, NO_OFFENCE], [THANKED, OFFENCE], 0.5, 1.0),
        ([NO_OFFENCE, NO_OFFENCE], [], 1.0, 1.0),
        ([HEARD_ONE, HEARD_OTHER], [UNCLEAR, GOODBYE], "unsure", 1.0),
        ([HEARD_ONE, HEARD_OTHER], [UNCLEAR], "unsure", "unsure"),
    ],
)
def test_all_is_the_mean_and_any_is_the_best(rules, findings, every, some):
    for kind, wanted in (("all_of", every), ("any_of", some)):
        verdict = decided({"kind": kind, "rules": rules}, *findings)
        assert ("unsure" if verdict.unsure else verdict.share) == wanted, kind


def test_they_are_asked_only_where_something_was_found():
    rule = {"kind": "all_of", "rules": [HEARD_ONE], "when": ["complaint", {"detector": "hold", "terms": ["bare"]}]}
    assert decided(rule, THANKED).share is None
    assert decided(rule, said(3, "hold", "asked"), THANKED).share is None
    assert decided(rule, said(3, "hold", "bare"), THANKED).share == 1.0
    verdict = decided(rule, COMPLAINT)
    assert (verdict.share, verdict.evidence) == (0.0, (0,))  # the cause is a place to listen to
    assert RULES.read(rule).may_not_arise
    assert not RULES.read({"kind": "all_of", "rules": [HEARD_ONE, OWED]}).may_not_arise


def test_the_reason_of_an_alternative_names_all_that_would_have_done():
    assert decided({"kind": "any_of", "rules": [HEARD_ONE, HEARD_OTHER]}).reasons == (
        "做到：未听到感谢来电；也未听到道别语",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "all_of"},
        {"kind": "any_of", "rules": []},
        {"kind": "any_of", "rules": [{"kind": "any_of", "rules": [HEARD_ONE]}]},
        {"kind": "all_of", "rules": [{"kind": "heard"}]},
        {"kind": "absent", "detector": "interruption", "role": "坐席"},
    ],
)
def test_rules_that_cannot_be_asked_together_are_refused(wrong):
    with pytest.raises(ValidationError):
        RULES.read(wrong)


@given(st.lists(st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]), min_size=1))
def test_the_whole_lies_between_the_worst_and_the_best(shares):
    asked = [Verdict(share) for share in shares if share is not None]
    if not asked:
        return
    every = AllOf(kind="all_of", rules=(HEARD_ONE,))._together("做到", asked).share
    some = AnyOf(kind="any_of", rules=(HEARD_ONE,))._together("做到", asked).share
    known = [each.share for each in asked]
    assert min(known) - 1e-9 <= every <= max(known) + 1e-9
    assert some == max(known)


def test_what_the_customer_does_is_no_fault_of_the_agent():
    rule = {"kind": "absent", "detector": "interruption", "role": "agent"}
    assert decided(rule, at(3, "interruption", "cut_in", Role.CUSTOMER)).share == 1.0
    assert decided(rule, at(3, "interruption", "cut_in")).share == 0.0


@pytest.mark.parametrize(("item", "lost"), [("SM-8", 1.0), ("SM-20", 0.5)])  # of SM-20-1 the rate is one half
@pytest.mark.parametrize(("term", "told"), [("fast", 1.0), ("slow", 1.0), ("call", 0.0)])
@pytest.mark.parametrize("role", [Role.AGENT, Role.CUSTOMER])
def test_the_rate_of_speech_is_a_suggestion_too_fast_and_too_slow_of_the_agent_alone(item, lost, term, told, role):
    assert SHIMAO.criterion(item).parts[0].needs_person == "all"
    expected = 1.0 - lost * told * (role is Role.AGENT)
    assert awarded(SHIMAO, item, at(3, "speech_rate", term, role)) == expected


def test_one_who_drags_is_suggested_with_the_place():
    dragged = talk(("坐席", 0.0, "我们明天上午给您处理好的请放心"), level_db=-25.0)
    slowly = replace(
        dragged.turns[0],
        words=tuple(
            replace(w, span=Span(w.span.start * 2.4, w.span.start * 2.4 + 0.6)) for w in dragged.turns[0].words
        ),
    )  # a character each 0.6 s: 100 a minute
    found = tuple(SPEECH_RATE.findings(replace(dragged, turns=(slowly,))))
    assert [(f.term, f.value) for f in found if f.term == "slow"] == [("slow", 100.0)]
    rule = SHIMAO.criterion("SM-8").parts[0].rule
    verdict = rule.decide("语速适中", Case.of(HEARD, found, shipped_titles()))
    assert (verdict.share, [found[n].term for n in verdict.evidence]) == (0.0, ["slow"])
