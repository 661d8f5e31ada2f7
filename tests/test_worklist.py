"""Why a call is reviewed, how urgently, and where it stands."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.call import Status
from pipeline.errors import PolicyError
from pipeline.evaluation import VETO, Answer, Evaluation, Outcome, role_doubt
from pipeline.evaluation.result import CallResult
from pipeline.hearing import Quality
from pipeline.hearing.turns import Role
from pipeline.month.assessment.grades import GradeBasis, grade_of
from pipeline.review.urgency import (
    Code,
    Reason,
    bundled_urgency,
    codes,
    dispute_reasons,
    exchange_reasons,
    load_urgency,
    lot,
    lot_reasons,
    risk,
    stake_reasons,
    suspicions,
)
from pipeline.review.worklist import Stream, position, split_rows
from pipeline.scorecard import find_scorecard
from pipeline.tally import Tally
from tests.builders import CALL, RECORDING, finding, hearing

URGENCY = bundled_urgency()
NOON = datetime(2025, 3, 10, 4, tzinfo=UTC)


def answer(criterion="KF01-8", outcome=Outcome.MET, awarded=10.0, possible=10.0, confidence=0.95, reasons=()):
    return Answer(criterion, outcome, None, Tally(awarded, possible), (), reasons, confidence=confidence)


def judged(*answers, review=(), findings=(), status=Status.EVALUATED, quality=None):
    heard = hearing("坐席：您好", quality=quality)
    evaluation = Evaluation(CALL.id, "1001", "KF01", 1, "f00d", status, answers, tuple(review))
    return CallResult(
        CALL, status, recording=RECORDING, hearing=heard, findings=tuple(findings), evaluation=evaluation
    )


def kinds(result):
    return [reason.code for reason in suspicions(result, URGENCY)]


def test_a_sure_and_good_call_gives_no_reason():
    assert suspicions(judged(answer()), URGENCY) == ()
    assert risk(()) == 0.0


def test_an_auto_fail_weighs_most():
    lost = answer(outcome=Outcome.NOT_MET, awarded=0.0, reasons=(f"{VETO}：辱骂客户", "另一句"))
    (first, *_) = suspicions(judged(lost), URGENCY)
    assert (first.code, first.sentence) == (Code.AUTO_FAIL, f"{VETO}：辱骂客户")
    assert max(URGENCY.weights[code] for code in Code if code is not Code.DISPUTE) == first.weight


def test_banned_wording_is_quoted_with_its_place_and_the_customers_does_not_count():
    said = [finding("banned_wording", "不归我管", start) for start in (10, 75, 80, 90)]
    (reason,) = suspicions(judged(answer(), findings=said), URGENCY)
    assert reason.sentence == "听到禁用语：00:10 “不归我管”、01:15 “不归我管”、01:20 “不归我管” 等 4 处"
    assert kinds(judged(answer(), findings=[finding("banned_wording", "滚", role=Role.CUSTOMER)])) == []


def test_a_low_score_weighs_the_more_the_lower_it_is():
    at_nothing, below, at_the_line = (
        suspicions(judged(answer(awarded=points, outcome=Outcome.PARTLY_MET)), URGENCY) for points in (0, 5.9, 6)
    )
    assert at_the_line == ()
    assert at_nothing[0].weight == URGENCY.weights[Code.LOW_SCORE] > below[0].weight > 0
    assert below[0].sentence == "得分 59，低于 60 分"


def test_doubt_counts_by_the_points_that_hang_on_it():
    little = [answer(possible=90.0, awarded=90.0, confidence=1.0), answer("KF01-9", confidence=0.1)]
    assert kinds(judged(*little)) == []
    much = [answer(possible=10.0, confidence=1.0), answer("KF01-9", possible=90.0, awarded=90.0, confidence=0.5)]
    (reason,) = suspicions(judged(*much), URGENCY)
    assert reason.sentence == "预计 45% 的分值评错，KF01-9 的把握最低，只有 50%"
    assert reason.weight == pytest.approx(0.45 * URGENCY.weights[Code.LOW_CONFIDENCE])
    nothing_at_stake = answer(outcome=Outcome.NEEDS_PERSON, awarded=0, possible=0, confidence=0.0)
    assert kinds(judged(nothing_at_stake)) == []


def test_unsure_items_and_doubtful_roles_are_told():
    unsure = [answer(f"KF01-{n}", Outcome.UNSURE, 0, 0) for n in range(1, 6)]
    (reason,) = suspicions(judged(*unsure), URGENCY)
    assert reason.sentence == "KF01-1、KF01-2、KF01-3 等 5 项 听不清，等人判断"
    poor = Quality(40.0, 39.0, 0.9, 0.6, 20.0)
    assert kinds(judged(answer(), quality=poor, review=(role_doubt(poor),))) == [Code.ROLES]
    assert kinds(judged(answer(), quality=poor, review=("别的",))) == []


def test_an_unscorable_call_says_why_and_a_failed_one_is_nobodys_to_review():
    (reason,) = suspicions(judged(review=("转写把握度 0.20，低于 0.4",), status=Status.UNSCORABLE), URGENCY)
    assert reason.sentence == "不可评：转写把握度 0.20，低于 0.4"
    silent = CallResult(CALL, Status.UNSCORABLE, "transcribe", "silence", "nobody speaks", recording=RECORDING)
    assert kinds(silent) == [Code.UNSCORABLE]
    assert kinds(CallResult(CALL, Status.FAILED, "audio", "truncated", "cut off")) == []


def test_a_grade_hangs_on_a_call_only_if_the_interval_crosses_a_line_and_the_call_is_in_doubt():
    card = find_scorecard("table1")
    line = card.grades[0].least
    _, undecided = grade_of(card, GradeBasis(line, line - 1, line + 1, 1.0))
    doubt, sure = Reason(Code.ROLES, "", 0.4), Reason(Code.LOW_SCORE, "", 0.4)
    (reason,) = stake_reasons(undecided, [doubt], URGENCY)
    assert reason.code is Code.GRADE_AT_STAKE
    assert f"跨过 {line:g} 分线" in reason.sentence
    assert stake_reasons(undecided, [sure], URGENCY) == ()
    _, undecided = grade_of(card, GradeBasis(None, None, None, None))
    assert stake_reasons(undecided, [doubt], URGENCY) == ()


def test_disputes_stand_first_and_the_earliest_deadline_before_all():
    later, sooner = NOON.replace(day=20), NOON
    places = [position("C1", dispute_reasons(due, URGENCY), due, "s") for due in (later, sooner)] + [
        position("C1", (Reason(Code.AUTO_FAIL, "", 1.0),), None, "s")
    ]
    assert [stream for stream, _ in places] == [Stream.BY_RISK] * 3
    assert places[1][1] > places[0][1] > places[2][1] == 1.0
    assert dispute_reasons(None, URGENCY) == ()
    assert dispute_reasons(NOON, URGENCY)[0].sentence == "申诉待处理，03-10 24:00 前办结"


def test_only_a_call_with_no_other_reason_stands_in_the_order_of_lots():
    random, sampled = Reason(Code.RANDOM, "", 0.0), Reason(Code.SAMPLED, "", 0.0)
    assert position("C1", [random], None, "s") == (Stream.BY_LOT, lot("s", "C1"))
    assert position("C1", [random, sampled], None, "s") == (Stream.BY_LOT, 1 + lot("s", "C1"))
    assert position("C1", [random, Reason(Code.ROLES, "", 0.4)], None, "s")[0] is Stream.BY_RISK
    assert position("C1", [], None, "s") == (Stream.BY_RISK, 0.0)


def test_the_random_share_of_all_calls_is_drawn_whatever_they_are():
    drawn = sum(bool(lot_reasons(f"C{n}", URGENCY)) for n in range(20_000))
    assert drawn / 20_000 == pytest.approx(URGENCY.random_share, abs=0.01)


def test_reasons_are_exchanged_by_kind():
    old = (Reason(Code.GRADE_AT_STAKE, "a", 0.5), Reason(Code.ROLES, "b", 0.4))
    new = exchange_reasons(old, {Code.GRADE_AT_STAKE}, [Reason(Code.DISPUTE, "c", 0.95)])
    assert [reason.code for reason in new] == [Code.DISPUTE, Code.ROLES]


def test_every_kind_has_a_title_and_a_bit_of_its_own():
    assert len({code.title for code in Code}) == len(Code)
    assert len({code.bit for code in Code}) == len(Code)
    assert codes([Reason(Code.DISPUTE, "", 0), Reason(Code.BANNED_WORDING, "", 0)] * 2) == 0b101


def test_what_is_suspected_is_told_with_its_share_the_gravest_first_and_weighs_by_both():
    def flag(term, share, start=10.0):
        return replace(finding("flag", term, start), confidence=share)

    (reason,) = suspicions(judged(answer(), findings=[flag("shirking", 0.72)]), URGENCY)
    assert (reason.code, reason.sentence) == (Code.SUSPECTED, "疑似推诿 72%（00:10）")
    assert reason.weight == pytest.approx(URGENCY.weights[Code.SUSPECTED] * URGENCY.gravity["shirking"] * 0.72)
    (graver,) = suspicions(judged(answer(), findings=[flag("insult", 0.72)]), URGENCY)
    assert graver.weight > reason.weight
    (both,) = suspicions(judged(answer(), findings=[flag("shirking", 0.72), flag("insult", 0.6, 20.0)]), URGENCY)
    assert both.sentence.startswith("疑似辱骂 60%（00:20）、疑似推诿 72%")
    assert both.weight > graver.weight
    (demoted,) = suspicions(judged(answer(), findings=[flag("banned_wording/不归我管", 0.9)]), URGENCY)
    assert demoted.sentence == "疑似不归我管 90%（00:10）"


@pytest.mark.parametrize(
    ("gravity", "problem"),
    [({"shrking": 1.0, "other": 0.5}, "shrking is nothing"), ({"insult": 1.0}, "other is missing")],
)
def test_a_gravity_of_nothing_known_or_without_the_rest_is_refused(tmp_path, gravity, problem):
    text = tmp_path / "w.yaml"
    shipped = URGENCY.model_dump(mode="json") | {"gravity": gravity}
    text.write_text(str(shipped).replace("'", '"'), encoding="utf-8")
    with pytest.raises(PolicyError, match=problem):
        load_urgency(text)


def test_a_file_without_a_weight_is_refused(tmp_path):
    text = tmp_path / "w.yaml"
    shipped = URGENCY.model_dump(mode="json")
    del shipped["weights"]["roles"]
    text.write_text(str(shipped).replace("'", '"'), encoding="utf-8")
    with pytest.raises(PolicyError, match="no weight is given for roles"):
        load_urgency(text)


@given(
    st.lists(st.builds(Reason, st.sampled_from(Code), st.just(""), st.floats(0, 1)), max_size=12),
    st.floats(0, 1),
)
def test_risk_is_a_probability_and_another_reason_never_lowers_it(reasons, more):
    before = risk(reasons)
    after = risk([*reasons, Reason(Code.ROLES, "", more)])
    assert 0 <= before <= after + 1e-12 <= 1 + 1e-9


@given(st.integers(0, 300), st.integers(0, 200), st.integers(0, 200), st.integers(2, 7))
def test_mixed_rows_follow_each_other_without_gap_or_repetition(before, num_by_risk, num_by_lot, every):
    here = split_rows(before, num_by_risk, num_by_lot, every)
    after = split_rows(before + 1, num_by_risk, num_by_lot, every)
    assert sum(here) == min(before, num_by_risk + num_by_lot)
    assert 0 <= here[0] <= num_by_risk
    assert 0 <= here[1] <= num_by_lot
    steps = (after[0] - here[0], after[1] - here[1])
    assert steps in ([(0, 0)] if sum(here) == num_by_risk + num_by_lot else [(1, 0), (0, 1)])
    if here[0] < num_by_risk and here[1] < num_by_lot:
        assert steps == ((0, 1) if (before + 1) % every == 0 else (1, 0))


def test_a_result_without_evaluation_is_read_as_it_is():
    failed = replace(judged(answer()), status=Status.EVALUATED)
    assert kinds(failed) == []
