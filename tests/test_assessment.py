"""A month adds up: whatever the calls, in whatever order, nothing is lost and nothing is averaged twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from pipeline.month.assessment import UNASSIGNED, ScoredCall, assess, by_agent, whole_line
from pipeline.scorecard import find_scorecard
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.builders import changed

MONTH = "2025-03"
KF01 = find_scorecard("kf01")
POINTS = {"KF01-1": 10, "KF01-3": 5, "KF01-9": 10 / 3}  # thirds do not add up exactly
CARD = changed(
    KF01,
    name="KF01",
    revision=1,
    criteria=tuple(c.model_copy(update={"points": POINTS[c.id]}) for c in KF01.criteria if c.id in POINTS),
    plan=(),
)
SHARES = {
    Outcome.MET: (1.0,),
    Outcome.PARTLY_MET: (0.8, 0.6),
    Outcome.NOT_MET: (0.0,),
}
UNSCORED = (Outcome.UNSURE, Outcome.NOT_APPLICABLE, Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON, Outcome.COUNTED)
START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)


def answer(criterion_id: str, outcome: Outcome, share: float | None = None) -> Answer:
    points = {c.id: c.points for c in CARD.criteria}[criterion_id]
    if outcome in UNSCORED:
        return Answer(criterion_id, outcome, None, Tally(), (), ())
    share = SHARES[outcome][0] if share is None else share
    return Answer(criterion_id, outcome, "level", Tally(points * share, points), (), ())


def evaluation(rings: Outcome = Outcome.MET, thanks: Outcome = Outcome.MET, **changes) -> Evaluation:
    answers = (answer("KF01-1", Outcome.NEEDS_FEED), answer("KF01-3", rings), answer("KF01-9", thanks))
    given = {"scorecard": "KF01", "revision": 1, "status": Status.EVALUATED, "answers": answers, **changes}
    return Evaluation(call_id="C", agent_id="1001", lexicons="f00d", **given)


def call(call_id: str = "C1", agent_id: str | None = "1001", minute: int = 0, **changes) -> Call:
    at = START + timedelta(minutes=minute)
    given = {
        "agent_name": agent_id and f"坐席{agent_id}",
        "direction": Direction.INBOUND,
        "answered": True,
        **changes,
    }
    return Call(
        id=call_id,
        agent_id=agent_id,
        queue="热线",
        caller=None,
        ring_at=given.pop("ring_at", at),
        answered_at=at + timedelta(seconds=9),
        ended_at=at + timedelta(seconds=60),
        recording_name=f"{call_id}.wav",
        **given,
    )


def scored(of: Call | None = None, status: Status = Status.EVALUATED, findings=(), **changes) -> ScoredCall:
    judged = status is Status.EVALUATED
    given = {
        "reason": "" if judged else "too_quiet",
        "problem": "" if judged else "听不清",
        "evaluation": evaluation() if judged else None,
        "speed_of_answer": SpeedOfAnswer(9.0, 9.8, 2),
        "duration": 60.0,
        **changes,
    }
    return ScoredCall(call=of or call(), status=status, findings=tuple(findings), **given)


def finding(detector: str, term: str, role: Role, start: float) -> Finding:
    return Finding("C1", detector, term, 0, role, Span(start, start + 1), "……", None, 0.9, "1")


@st.composite
def answers(draw):
    made = []
    for criterion in CARD.criteria:
        outcome = draw(st.sampled_from(Outcome))
        share = draw(st.sampled_from(SHARES[outcome])) if outcome in SHARES else None
        made.append(answer(criterion.id, outcome, share))
    return tuple(made)


@st.composite
def nights(draw):
    calls = []
    for n in range(draw(st.integers(0, 12))):
        status = draw(st.sampled_from(Status))
        of = call(f"C{n}", draw(st.sampled_from(["1001", "1002", None])), draw(st.integers(0, 3)))
        judged = evaluation(answers=draw(answers())) if status is Status.EVALUATED else None
        wait = draw(st.none() | st.floats(0.1, 60.0))
        calls.append(scored(of, status, evaluation=judged, speed_of_answer=SpeedOfAnswer(wait, None, None)))
    return calls


@settings(deadline=None, max_examples=60)
@given(nights(), st.randoms(use_true_random=False))
def test_order_of_calls_is_irrelevant(calls, random):
    shuffled = random.sample(calls, len(calls))
    assert assess(MONTH, CARD, shuffled) == assess(MONTH, CARD, calls)
    assert whole_line(MONTH, CARD, shuffled) == whole_line(MONTH, CARD, calls)


@settings(deadline=None, max_examples=60)
@given(nights())
def test_outcomes_add_up_to_all_calls(calls):
    months = assess(MONTH, CARD, calls)
    assert sum(month.calls for month in months) == len(calls) == whole_line(MONTH, CARD, calls).calls
    for month in months:
        assert month.evaluated + month.unscorable + month.failed == month.calls
        for criterion in month.criteria:
            assert criterion.answered + criterion.not_applicable + criterion.open == month.evaluated


@settings(deadline=None, max_examples=60)
@given(nights())
def test_the_whole_line_is_the_agents_added(calls):
    months, line = assess(MONTH, CARD, calls), whole_line(MONTH, CARD, calls)
    assert line.tally.awarded == pytest.approx(sum(month.tally.awarded for month in months))
    assert line.tally.possible == pytest.approx(sum(month.tally.possible for month in months))
    assert line.within_three_rings == Tally.sum(month.within_three_rings for month in months)


@settings(deadline=None, max_examples=60)
@given(nights())
def test_a_call_with_full_points_never_lowers_a_score(calls):
    perfect = scored(
        call("perfect"), evaluation=evaluation(answers=tuple(answer(c.id, Outcome.MET) for c in CARD.criteria))
    )
    before = next((m.score for m in assess(MONTH, CARD, calls) if m.agent_id == "1001"), None)
    after = next(m.score for m in assess(MONTH, CARD, [*calls, perfect]) if m.agent_id == "1001")
    assert before is None or after >= before - 1e-9


@settings(deadline=None, max_examples=60)
@given(nights(), st.sampled_from(UNSCORED))
def test_an_answer_without_points_never_changes_a_score(calls, outcome):
    silent = scored(
        call("silent"), evaluation=evaluation(answers=tuple(answer(c.id, outcome) for c in CARD.criteria))
    )
    before = next((m for m in assess(MONTH, CARD, calls) if m.agent_id == "1001"), None)
    after = next(m for m in assess(MONTH, CARD, [*calls, silent]) if m.agent_id == "1001")
    assert after.score == (before and before.score)
    assert after.evaluated == (before.evaluated if before else 0) + 1


def test_counts_then_divides():
    # one call scored on 5 points only (all of them), one on 5 + 10/3 (none of them): 5 / (10 + 10/3), not 50 %
    full = scored(call("A"), evaluation=evaluation(Outcome.MET, Outcome.NOT_APPLICABLE))
    none = scored(call("B"), evaluation=evaluation(Outcome.NOT_MET, Outcome.NOT_MET))
    (month,) = assess(MONTH, CARD, [full, none])
    assert month.score == pytest.approx(100 * 5 / (10 + 10 / 3), abs=0.005)
    feed, rings, thanks = month.criteria
    assert (rings.tally, rings.earned, rings.answered) == (Tally(5, 10), 2.5, 2)
    assert (thanks.answered, thanks.not_applicable, thanks.open) == (1, 1, 0)
    assert (feed.open, feed.earned, feed.tally.share) == (2, None, None)
    assert month.scored_share == pytest.approx((10 + 10 / 3) / (2 * CARD.points - 10 / 3))


def test_agents_in_order_and_calls_without_an_agent_last():
    months = assess(MONTH, CARD, [scored(call("A", None)), scored(call("B", "1002")), scored(call("C", "1001"))])
    assert [(m.agent_id, m.agent_name) for m in months] == [
        ("1001", "坐席1001"),
        ("1002", "坐席1002"),
        (None, UNASSIGNED),
    ]


def test_the_name_is_that_of_the_latest_record_that_has_one():
    calls = [scored(call(f"C{n}", minute=n, agent_name=name)) for n, name in enumerate(["林小文", "林晓雯", None])]
    assert assess(MONTH, CARD, calls)[0].agent_name == "林晓雯"


def test_no_calls_is_no_month():
    assert assess(MONTH, CARD, []) == ()
    line = whole_line(MONTH, CARD, [])
    assert (line.calls, line.score, line.scored_share, line.speed_of_answer_s) == (0, None, 0.0, None)


def test_speed_of_answer_counts_inbound_answered_calls_of_any_outcome():
    calls = [
        scored(call("A"), speed_of_answer=SpeedOfAnswer(9.0, 10.0, 2)),
        scored(call("B"), Status.UNSCORABLE, speed_of_answer=SpeedOfAnswer(20.0, None, None)),
        scored(call("C", direction=Direction.OUTBOUND), speed_of_answer=SpeedOfAnswer(90.0, None, None)),
        scored(call("D", answered=False), Status.UNSCORABLE, speed_of_answer=SpeedOfAnswer(None, 42.0, 9)),
        scored(call("E"), Status.FAILED, speed_of_answer=None),
    ]
    assert assess(MONTH, CARD, calls)[0].speed_of_answer_s == 15.0


def test_three_rings_counts_the_calls_in_which_it_was_judged():
    outcomes = [Outcome.MET, Outcome.MET, Outcome.NOT_MET, Outcome.NOT_APPLICABLE, Outcome.NEEDS_FEED]
    calls = [scored(call(f"C{n}"), evaluation=evaluation(outcome)) for n, outcome in enumerate(outcomes)]
    assert assess(MONTH, CARD, calls)[0].within_three_rings == Tally(2, 3)


@pytest.mark.parametrize(
    ("heard", "owed", "given_"),
    [
        ([], 0, 0),
        ([("apology", "sincere", Role.AGENT, 5)], 0, 0),  # an apology that nobody asked for
        ([("complaint", "投诉", Role.CUSTOMER, 20)], 1, 0),
        ([("complaint", "投诉", Role.AGENT, 20)], 0, 0),  # the agent's word is no complaint
        ([("complaint", "投诉", Role.CUSTOMER, 20), ("complaint", "投诉", Role.CUSTOMER, 40)], 1, 0),
        ([("complaint", "投诉", Role.CUSTOMER, 20), ("apology", "sincere", Role.AGENT, 20)], 1, 1),
        ([("complaint", "投诉", Role.CUSTOMER, 20), ("apology", "sincere", Role.AGENT, 19)], 1, 0),  # before it
        ([("complaint", "投诉", Role.CUSTOMER, 20), ("apology", "social", Role.AGENT, 30)], 1, 0),
        ([("complaint", "投诉", Role.CUSTOMER, 20), ("apology", "sincere", Role.CUSTOMER, 30)], 1, 0),
    ],
)
def test_apologies_owed_and_given(heard, owed, given_):
    (month,) = assess(MONTH, CARD, [scored(findings=[finding(*fact) for fact in heard])])
    assert (month.apologies_owed, month.apologies_given) == (owed, given_)


def test_what_was_heard_in_an_unscorable_call_does_not_count():
    heard = [
        finding("banned_wording", "大概", Role.AGENT, 3),
        finding("banned_wording", "说不准", Role.CUSTOMER, 4),
        finding("banned_wording", "大概", Role.AGENT, 9),
        finding("complaint", "投诉", Role.CUSTOMER, 10),
    ]
    evaluated, unscorable = scored(call("A"), findings=heard), scored(call("B"), Status.UNSCORABLE, findings=heard)
    (month,) = assess(MONTH, CARD, [evaluated, unscorable])
    assert (month.banned_wording, month.apologies_owed, month.calls) == (2, 1, 2)


def test_by_agent_runs_in_time_with_undated_calls_last():
    undated = replace(call("A"), ring_at=None, answered_at=None, ended_at=None)
    calls = [scored(undated, Status.FAILED), scored(call("B", minute=5)), scored(call("C", minute=1))]
    assert [(agent, [s.call.id for s in own]) for agent, own in by_agent(calls)] == [("1001", ["C", "B", "A"])]


def test_the_month_is_cut_in_shanghai():
    last = call("A", ring_at=datetime(2025, 3, 31, 15, 59, tzinfo=UTC))
    assert assess(MONTH, CARD, [scored(last)])[0].calls == 1
    with pytest.raises(ValueError, match="C9 is of 2025-04"):
        assess(MONTH, CARD, [scored(call("C9", ring_at=datetime(2025, 3, 31, 16, 0, tzinfo=UTC)))])


def test_points_of_two_revisions_are_not_added():
    with pytest.raises(ConfigurationError, match=r"C1 was evaluated by KF01 revision 2.*callqa rescore"):
        assess(MONTH, CARD, [scored(evaluation=evaluation(revision=2))])


def test_an_evaluation_must_answer_each_criterion_once():
    with pytest.raises(ValueError, match="does not answer each criterion"):
        assess(MONTH, CARD, [scored(evaluation=evaluation(answers=(answer("KF01-3", Outcome.MET),)))])
    with pytest.raises(ValueError, match="has no evaluation"):
        assess(MONTH, CARD, [scored(evaluation=None)])
