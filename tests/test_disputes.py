"""Who may contest an answer, until when, and what may be done to a dispute in each state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pydantic import ValidationError

from pipeline.access.accounts import Account, Post
from pipeline.call import Status
from pipeline.errors import DisputeError, PolicyError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.review.answers import Kind, Occasion, PersonAnswer
from pipeline.review.disputes.dispute import DisputeState
from pipeline.review.disputes.moves import WORDS, Claim, Move, apply_move, raise_dispute, refusal
from pipeline.review.disputes.policy import (
    DisputePolicy,
    bundled_dispute_policy,
    end_of_day,
    load_dispute_policy,
    shown_end,
)
from pipeline.review.disputes.subject import Subject, subject_of
from pipeline.tally import Tally

SEEN = datetime(2025, 3, 3, 10, tzinfo=UTC)  # 18:00 in Shanghai
NOW = datetime(2025, 3, 4, 2, tzinfo=UTC)
POLICY = bundled_dispute_policy()

LIN = Account("lin", "林晓雯", Post.AGENT, agent_id="1001")
CHEN = Account("chen", "陈静", Post.AGENT, agent_id="1002")
LEAD = Account("sun", "孙班长", Post.TEAM_LEAD, team="热线一组")
OTHER_LEAD = Account("zhou", "周班长", Post.TEAM_LEAD, team="热线二组")
QA = Account("wang", "王芳", Post.QA)
QA2 = Account("li", "李敏", Post.QA)
QA_LEAD = Account("zhao", "赵主管", Post.QA_LEAD)
ADMIN = Account("root", "管理员", Post.ADMIN)
EVERYBODY = (LIN, CHEN, LEAD, OTHER_LEAD, QA, QA2, QA_LEAD, ADMIN)

ITEM = Subject(
    call_id="C1",
    scorecard="KF01",
    revision=1,
    criterion_id="KF01-8",
    agent_id="1001",
    team="热线一组",
    month="2025-03",
    outcome=Outcome.NOT_MET,
    level="不符合",
    tally=Tally(0.0, 5.0),
    seen_at=SEEN,
)


def a_ruling(outcome=Outcome.MET, level="符合", by="wang", criterion_id="KF01-8", call_id="C1"):
    return PersonAnswer(
        call_id=call_id,
        scorecard="KF01",
        criterion_id=criterion_id,
        criterion_digest="f00d",
        kind=Kind.LEVEL,
        outcome=outcome,
        level=level,
        by=by,
        at=NOW,
        machine_outcome=Outcome.NOT_MET,
        machine_level="不符合",
        reason="not_caught",
        source=Occasion.DISPUTE,
    )


BETTER = a_ruling()


def a_dispute(item=ITEM, at=NOW):
    return replace(contest(item, POLICY, LIN, at, "said", "我说了“请问还有其他可以帮到您吗”"), id=7)


def contest(item, policy, by, at, reason, words="", before=None):
    return raise_dispute(item, policy, Claim(by, at, reason, words), before)


def decided(dispute, state=DisputeState.REJECTED, by=QA, at=NOW, words="录音里没有", **more):
    ruling = BETTER if state is DisputeState.UPHELD else None
    return apply_move(dispute, Move(state, by, at, words, ruling=ruling), POLICY, **more)


def check_refused(reason, act, *given, **named):
    with pytest.raises(DisputeError) as caught:
        act(*given, **named)
    assert caught.value.reason == reason
    return str(caught.value)


# --- raising


def test_a_dispute_waits_for_a_ruling():
    dispute = a_dispute()
    assert (dispute.state, dispute.round, dispute.pending, dispute.final) == (DisputeState.RAISED, 1, True, False)
    assert shown_end(dispute.due_at) == "2025-03-09 24:00（北京时间）"  # five days for the decider


@pytest.mark.parametrize("who", [CHEN, LEAD, QA, QA_LEAD, ADMIN, replace(LIN, active=False)])
def test_only_the_agent_contests_the_own_call(who):
    check_refused("not_own", contest, ITEM, POLICY, who, NOW, "said")


def test_a_call_of_nobody_is_contested_by_nobody():
    check_refused("not_own", contest, replace(ITEM, agent_id=None), POLICY, LIN, NOW, "said")


@pytest.mark.parametrize("outcome", [Outcome.MET, Outcome.UNSURE, Outcome.NEEDS_FEED, Outcome.COUNTED])
def test_what_lost_no_points_is_not_contested(outcome):
    check_refused("nothing_lost", contest, replace(ITEM, outcome=outcome), POLICY, LIN, NOW, "said")


def test_reasons_are_chosen_from_the_list_and_words_are_bounded():
    check_refused("unknown_reason", contest, ITEM, POLICY, LIN, NOW, "because")
    check_refused("words_missing", contest, ITEM, POLICY, LIN, NOW, "other", " \n")
    check_refused("words_too_long", contest, ITEM, POLICY, LIN, NOW, "said", "字" * (WORDS + 1))
    assert contest(ITEM, POLICY, LIN, NOW, "other", "字" * WORDS).pending


@pytest.mark.parametrize(
    ("seen_at", "last_day"),
    [
        (datetime(2025, 3, 3, 10, tzinfo=UTC), "2025-03-10"),
        (datetime(2025, 3, 3, 15, 59, 59, tzinfo=UTC), "2025-03-10"),  # 23:59:59 in Shanghai
        (datetime(2025, 3, 3, 16, tzinfo=UTC), "2025-03-11"),  # the next day's first instant there
        (datetime(2025, 2, 25, 3, tzinfo=UTC), "2025-03-04"),  # over the end of February
        (datetime(2024, 2, 25, 3, tzinfo=UTC), "2024-03-03"),  # and of a leap year's
        (datetime(2025, 12, 31, 20, tzinfo=UTC), "2026-01-08"),  # already New Year in Shanghai
        (datetime(2025, 3, 24, 3, tzinfo=UTC), "2025-03-31"),  # the month's last day
    ],
)
def test_the_window_ends_with_a_day_in_shanghai(seen_at, last_day):
    item = replace(ITEM, seen_at=seen_at)
    end = item.ends_at(POLICY)
    assert shown_end(end) == f"{last_day} 24:00（北京时间）"
    assert contest(item, POLICY, LIN, end - timedelta(microseconds=1), "said").pending
    sentence = check_refused("window_over", contest, item, POLICY, LIN, end, "said")
    assert last_day in sentence


def test_a_deployment_chooses_its_window():
    longer = bundled_dispute_policy(30)
    assert longer.rounds == POLICY.rounds
    assert shown_end(ITEM.ends_at(longer)).startswith("2025-04-02")


# --- deciding


def test_a_rejected_one_may_be_raised_once_more_and_then_is_final():
    first = decided(a_dispute())
    assert (first.final, first.pending) == (False, False)
    second = contest(ITEM, POLICY, LIN, NOW + timedelta(days=7), "context", before=first)
    assert (second.id, second.round, second.state) == (7, 2, DisputeState.RAISED)
    last = decided(second, by=QA_LEAD)
    assert last.final
    check_refused("final", contest, ITEM, POLICY, LIN, NOW, "said", before=last)


def test_the_second_round_has_a_window_of_its_own():
    first = decided(a_dispute())
    assert shown_end(first.due_at) == "2025-03-11 24:00（北京时间）"
    sentence = check_refused("window_over", contest, ITEM, POLICY, LIN, first.due_at, "said", before=first)
    assert "2025-03-11" in sentence


def test_one_dispute_at_a_time():
    check_refused("pending", contest, ITEM, POLICY, LIN, NOW, "said", before=a_dispute())


def test_a_person_s_later_answer_is_contested_anew_after_a_final_ruling():
    last = replace(decided(a_dispute()), due_at=None)
    later = NOW + timedelta(days=30)
    worse = replace(ITEM, seen_at=later, answered_at=later, answered_by="li")
    fresh = contest(worse, POLICY, LIN, later, "said", before=last)
    assert (fresh.id, fresh.round, fresh.barred) == (0, 1, frozenset({"li"}))
    other = contest(replace(ITEM, revision=2, seen_at=later), POLICY, LIN, later, "said", before=last)
    assert other.round == 1


@pytest.mark.parametrize("who", [LIN, CHEN, OTHER_LEAD, QA_LEAD, ADMIN, replace(QA, active=False)])
def test_the_first_round_is_decided_by_the_own_team_s_lead_or_qa(who):
    check_refused("not_theirs", decided, a_dispute(), by=who)
    assert refusal(a_dispute(), who, POLICY)
    for may in (LEAD, QA):
        assert refusal(a_dispute(), may, POLICY) == ""


@pytest.mark.parametrize("who", [LEAD, QA, QA2])
def test_the_last_round_is_decided_by_the_qa_lead(who):
    second = contest(ITEM, POLICY, LIN, NOW, "said", before=decided(a_dispute(), by=QA2))
    assert "质检主管" in refusal(second, who, POLICY)
    assert refusal(second, QA_LEAD, POLICY) == ""


def test_nobody_decides_about_the_own_answer():
    own = a_dispute(replace(ITEM, answered_by="wang"))
    check_refused("own_answer", decided, own, by=QA)
    assert decided(own, by=QA2).state is DisputeState.REJECTED
    # nor about one given while the dispute was pending
    check_refused("own_answer", decided, a_dispute(), by=QA2, answered_by="li")


def test_who_decided_a_round_decides_no_other():
    both = POLICY.model_copy(update={"deciders": ((Post.QA,), (Post.QA,))})
    second = contest(ITEM, both, LIN, NOW, "said", before=decided(a_dispute(), by=QA))
    check_refused("own_answer", apply_move, second, Move(DisputeState.REJECTED, QA, NOW, "维持"), both)
    assert apply_move(second, Move(DisputeState.REJECTED, QA2, NOW, "维持"), both).final


def test_a_ruling_says_why_and_into_what():
    check_refused("words_missing", decided, a_dispute(), words=" ")
    dispute = a_dispute()
    for ruling in (None, a_ruling(Outcome.UNSURE, None), a_ruling(Outcome.NOT_MET, "不符合")):
        with pytest.raises(DisputeError):
            apply_move(dispute, Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=ruling), POLICY)
    upheld = decided(dispute, DisputeState.UPHELD, words="听到了")
    assert upheld.state is DisputeState.UPHELD
    check_refused("settled", decided, upheld, by=QA2)


def test_while_the_agent_is_asked_for_more_nothing_is_decided_against_them():
    back = apply_move(a_dispute(), Move(DisputeState.RETURNED, QA, NOW, "请说明在第几秒"), POLICY)
    assert shown_end(back.due_at) == "2025-03-07 24:00（北京时间）"
    assert "2025-03-07" in check_refused("wrong_state", decided, back)
    check_refused("wrong_state", apply_move, back, Move(DisputeState.RETURNED, QA, NOW, "再说"), POLICY)
    assert decided(back, DisputeState.UPHELD).state is DisputeState.UPHELD  # in their favour it may be
    assert decided(back, at=back.due_at).state is DisputeState.REJECTED  # nor do they keep it waiting for ever
    check_refused("window_over", apply_move, back, Move(DisputeState.ANSWERED, LIN, back.due_at, "在结尾"), POLICY)
    answered = apply_move(back, Move(DisputeState.ANSWERED, LIN, NOW, "在结尾"), POLICY)
    assert decided(answered).state is DisputeState.REJECTED


def test_only_the_agent_says_more_and_only_when_asked():
    check_refused("wrong_state", apply_move, a_dispute(), Move(DisputeState.ANSWERED, LIN, NOW, "在结尾"), POLICY)
    back = apply_move(a_dispute(), Move(DisputeState.RETURNED, QA, NOW, "请说明"), POLICY)
    for who in (CHEN, QA, LEAD):
        check_refused("not_own", apply_move, back, Move(DisputeState.ANSWERED, who, NOW, "在结尾"), POLICY)
    check_refused("words_missing", apply_move, back, Move(DisputeState.ANSWERED, LIN, NOW, ""), POLICY)


def test_an_assigned_one_is_decided_by_its_assignee():
    given = apply_move(a_dispute(), Move(DisputeState.ASSIGNED, LEAD, NOW, assignee=QA2), POLICY)
    assert "li" in check_refused("not_theirs", decided, given, by=QA)
    taken = apply_move(given, Move(DisputeState.ASSIGNED, QA, NOW, assignee=QA), POLICY)
    assert decided(taken, by=QA).assignee is None


def test_a_dispute_is_assigned_to_nobody_who_may_not_decide_it():
    own = a_dispute(replace(ITEM, answered_by="wang"))
    for to in (QA, QA_LEAD, OTHER_LEAD, LIN):
        check_refused("not_theirs", apply_move, own, Move(DisputeState.ASSIGNED, LEAD, NOW, assignee=to), POLICY)
    check_refused("nobody", apply_move, own, Move(DisputeState.ASSIGNED, LEAD, NOW), POLICY)
    # who is barred hands it on, and so does the QA lead in a round that is not theirs
    for by in (QA, QA_LEAD):
        assert apply_move(own, Move(DisputeState.ASSIGNED, by, NOW, assignee=QA2), POLICY).assignee == "li"
    for by in (OTHER_LEAD, LIN, ADMIN):
        check_refused("not_theirs", apply_move, own, Move(DisputeState.ASSIGNED, by, NOW, assignee=QA2), POLICY)


def test_a_ruling_on_another_item_is_a_defect():
    with pytest.raises(ValueError, match="KF01-8"):
        apply_move(
            a_dispute(),
            Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=a_ruling(criterion_id="KF01-9")),
            POLICY,
        )


# --- what is contested


def judged_call(outcome=Outcome.NOT_MET):
    answer = Answer("KF01-8", outcome, "不符合", Tally(0.0, 5.0), (), ("主动协助：未听到",))
    return Evaluation("C1", "1001", "KF01", 1, "f00d", Status.EVALUATED, (answer,))


def test_the_machine_s_answer_is_seen_since_the_call_was_judged():
    item = subject_of(judged_call(), "KF01-8", (), SEEN, "热线一组", "2025-03")
    assert item == ITEM


def test_a_person_s_answer_begins_the_window_anew():
    later = SEEN + timedelta(days=5)
    act = replace(a_ruling(Outcome.NOT_MET, "不符合"), id=1, at=later, source=Occasion.REVIEW)
    other = replace(act, id=2, criterion_id="KF01-9", at=later + timedelta(days=1))
    item = subject_of(judged_call(), "KF01-8", (act, other), SEEN, None, None)
    assert (item.seen_at, item.answered_by, item.answered_at) == (later, "wang", later)
    undone = replace(act, id=3, kind=Kind.UNDO, outcome=None, undoes=1, at=later + timedelta(days=2))
    back = subject_of(judged_call(), "KF01-8", (act, undone), SEEN, None, None)
    assert (back.seen_at, back.answered_by) == (undone.at, None)


def test_a_ruling_gives_no_new_dispute_of_itself():
    ruling = replace(a_ruling(Outcome.PARTLY_MET, "基本符合"), id=1, at=NOW)
    item = subject_of(judged_call(), "KF01-8", (ruling,), SEEN, None, None)
    assert (item.seen_at, item.answered_at) == (NOW, None)
    first = apply_move(a_dispute(), Move(DisputeState.UPHELD, QA, NOW, "说了一半", ruling=ruling), POLICY)
    assert contest(item, POLICY, LIN, NOW, "said", before=first).round == 2


def test_an_item_that_was_not_judged_cannot_be_contested():
    check_refused("unknown_item", subject_of, judged_call(), "KF01-99", (), SEEN, None, None)


# --- whatever is tried, in whatever order


class Handling(RuleBasedStateMachine):
    """Anybody tries anything at any time; what is refused changes nothing."""

    def __init__(self):
        super().__init__()
        self.dispute, self.at, self.history = None, NOW, []

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours):
        self.at += timedelta(hours=hours)

    @rule(who=st.sampled_from([LIN, LIN, CHEN, QA]))
    def raise_it(self, who):
        self._try(
            lambda: contest(replace(ITEM, seen_at=self.at), POLICY, who, self.at, "said", before=self.dispute)
        )

    @precondition(lambda self: self.dispute is not None)
    @rule(state=st.sampled_from(DisputeState), who=st.sampled_from(EVERYBODY), to=st.sampled_from(EVERYBODY))
    def do_something(self, state, who, to):
        move = Move(state, who, self.at, "因为", to, BETTER)
        self._try(lambda: apply_move(self.dispute, move, POLICY), who)

    def _try(self, act, who=None):
        try:
            after = act()
        except DisputeError:
            return
        before = self.dispute
        if before is not None and after.version > 1:
            assert after.version == before.version + 1
        if not after.state.pending:
            assert who.post is Post.QA_LEAD if after.round == 2 else who.post in (Post.QA, Post.TEAM_LEAD)
            assert who.id not in before.barred
        self.dispute = replace(after, id=1)
        self.history.append(self.dispute)

    @invariant()
    def rounds_and_deadlines_hold(self):
        if self.dispute is None:
            return
        assert 1 <= self.dispute.round <= POLICY.rounds
        assert self.dispute.final == (not self.dispute.state.pending and self.dispute.round == POLICY.rounds)
        assert (self.dispute.due_at is None) == self.dispute.final
        assert self.dispute.pending == self.dispute.state.pending
        rulings = [one for one in self.history if not one.state.pending]
        assert len(rulings) <= POLICY.rounds  # nobody answers anew here, so there is one dispute


Handling.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestHandling = Handling.TestCase


# --- the policy is data


def test_the_policy_that_comes_with_callqa():
    assert (POLICY.window_days, POLICY.rounds) == (7, 2)
    assert POLICY.deciders == ((Post.TEAM_LEAD, Post.QA), (Post.QA_LEAD,))
    assert POLICY.reason("other").words


@pytest.mark.parametrize(
    "changes",
    [
        {"rounds": 3},
        {"window_days": 0},
        {"deciders": (("qa",), ("agent",))},
        {"deciders": (("qa",), ("boss",))},
        {"reasons": ()},
        {"reasons": ({"id": "a", "title": "甲"}, {"id": "a", "title": "乙"})},
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(changes):
    with pytest.raises(ValidationError):
        DisputePolicy.model_validate(POLICY.model_dump() | changes)


def test_a_policy_file_is_refused_with_its_line(tmp_path):
    path = tmp_path / "disputes.yaml"
    path.write_text("name: disputes\nrevision: 1\nwindow: 7\n", encoding="utf-8")
    problem = "window: there is no such field; did you mean window_days"
    with pytest.raises(PolicyError, match=rf"disputes\.yaml:3: {problem}"):
        load_dispute_policy(path)


def test_days_are_cut_in_shanghai():
    assert end_of_day(datetime(2025, 3, 3, 15, 59, tzinfo=UTC), 0) == datetime(2025, 3, 3, 16, tzinfo=UTC)
