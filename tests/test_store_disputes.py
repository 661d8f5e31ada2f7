"""Disputes are kept with their history, act by act, on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipeline.access.accounts import Scope
from pipeline.access.audit import first_break
from pipeline.call import Status
from pipeline.errors import DisputeError, StaleError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.review.answers import Occasion
from pipeline.review.disputes.dispute import DisputeState, Ruling
from pipeline.review.disputes.moves import Move
from pipeline.tally import Tally
from pipeline.validation.learning.labels import Judgement, Source, label_of
from tests.builders import CALL, RINGING, finding, hearing
from tests.test_disputes import (
    BETTER,
    CHEN,
    ITEM,
    LEAD,
    LIN,
    NOW,
    POLICY,
    QA,
    QA2,
    QA_LEAD,
    a_ruling,
    check_refused,
)

ALL = Scope()
MET = Ruling(Outcome.MET, "符合")


def a_dispute(store, **changes):
    agent = CHEN if changes.get("agent_id") == "1002" else LIN
    return store.disputes.file(replace(ITEM, **changes), POLICY, agent, NOW, "said", " 请听结尾 ")


def reject(store, dispute, by=QA, **more):
    return store.disputes.move(
        dispute.id, dispute.version, Move(DisputeState.REJECTED, by, NOW, "录音里没有"), POLICY, **more
    )


def a_label(holds=False):
    heard = hearing("坐席：您好", "客户：你好")
    return replace(
        label_of(finding("banned_wording", "不归我管"), heard, Judgement(holds, "wang", NOW, Source.DISPUTE)),
        gold=True,
    )


def test_what_was_raised_is_read_back(store):
    dispute = a_dispute(store)
    assert store.disputes.get(dispute.id) == dispute
    assert store.disputes.of_call("C1") == (dispute,)
    (event,) = store.disputes.events(dispute.id)
    assert (event.state, event.by, event.reason, event.words) == (DisputeState.RAISED, "lin", "said", "请听结尾")
    assert store.disputes.get(99) is None
    check_refused("unknown", store.disputes.move, 99, 1, Move(DisputeState.REJECTED, QA, NOW, "无"), POLICY)


def test_two_rounds_to_the_end_with_the_whole_history(store):
    first = a_dispute(store)
    back = store.disputes.move(first.id, 1, Move(DisputeState.RETURNED, QA, NOW, "在第几秒？"), POLICY)
    said = store.disputes.move(first.id, back.version, Move(DisputeState.ANSWERED, LIN, NOW, "结尾处"), POLICY)
    given = store.disputes.move(
        first.id, said.version, Move(DisputeState.ASSIGNED, LEAD, NOW, "请听一下", assignee=QA2), POLICY
    )
    check_refused("not_theirs", reject, store, given)
    reject(store, given, QA2)
    second = a_dispute(store)
    assert (second.id, second.round) == (first.id, 2)
    upheld = store.disputes.move(
        second.id,
        second.version,
        Move(DisputeState.UPHELD, QA_LEAD, NOW, "57 秒说了", ruling=a_ruling(by="zhao")),
        POLICY,
        labels=[a_label()],
        effect=("2025-03 得分 91.2 → 93.4，等级 良好 → 优秀",),
    )
    assert upheld.final
    assert store.disputes.get(first.id) == upheld
    history = store.disputes.events(first.id)
    assert [(e.state.value, e.by, e.round) for e in history] == [
        ("raised", "lin", 1),
        ("returned", "wang", 1),
        ("answered", "lin", 1),
        ("assigned", "sun", 1),
        ("rejected", "li", 1),
        ("raised", "lin", 2),
        ("upheld", "zhao", 2),
    ]
    assert history[3].assignee == "li"
    assert (history[-1].ruling, history[-1].final) == (MET, True)
    assert history[-1].effect == ("2025-03 得分 91.2 → 93.4，等级 良好 → 优秀",)
    check_refused("final", a_dispute, store)


def test_an_upheld_dispute_teaches_and_is_a_gold_case(store):
    dispute = a_dispute(store)
    move = Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=BETTER)
    store.disputes.move(dispute.id, 1, move, POLICY, labels=[a_label()])
    (label,) = store.labels.all()
    assert (label.source, label.gold, label.holds) == (Source.DISPUTE, True, False)
    (case,) = store.disputes.gold_cases("KF01")
    assert (case.call_id, case.criterion_id, case.ruling, case.by, case.at) == ("C1", "KF01-8", MET, "wang", NOW)
    assert store.disputes.gold_cases("表1") == ()
    other = a_dispute(store, criterion_id="KF01-9")
    reject(store, other, labels=[a_label(holds=True)])  # nothing is learned from what was not upheld
    assert len(store.labels.all()) == len(store.disputes.gold_cases()) == 1


def test_of_two_rulings_that_were_both_upheld_the_last_one_is_gold(store):
    dispute = a_dispute(store)
    partly = a_ruling(Outcome.PARTLY_MET, "基本符合")
    store.disputes.move(dispute.id, 1, Move(DisputeState.UPHELD, QA, NOW, "说了一半", ruling=partly), POLICY)
    again = a_dispute(store, outcome=Outcome.PARTLY_MET, level="基本符合")
    both = Move(DisputeState.UPHELD, QA_LEAD, NOW, "都说了", ruling=a_ruling(by="zhao"))
    store.disputes.move(again.id, again.version, both, POLICY, acts_seen=store.answers.seen("C1"))
    assert [case.ruling for case in store.disputes.gold_cases()] == [MET]


def test_upholding_answers_the_item_and_no_review_changes_it(store):
    dispute = a_dispute(store)
    store.disputes.move(dispute.id, 1, Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=BETTER), POLICY)
    (act,) = store.answers.acts("C1")
    assert replace(act, id=0) == BETTER
    (event,) = store.disputes.events(dispute.id)[1:]
    assert event.ruling == MET
    with pytest.raises(ValueError, match="申诉裁定"):
        store.answers.save(replace(BETTER, by="li", source=Occasion.REVIEW), store.answers.seen("C1"))


def test_who_answered_while_it_was_pending_does_not_decide_and_the_decider_is_told(store):
    dispute = a_dispute(store)
    review = replace(a_ruling(Outcome.NOT_MET, "不符合", by="li"), source=Occasion.REVIEW)
    store.answers.save(review, store.answers.seen("C1"))
    check_refused("own_answer", reject, store, dispute, by=QA2)
    upheld = Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=BETTER)
    with pytest.raises(StaleError, match="li"):
        store.disputes.move(dispute.id, 1, upheld, POLICY)
    assert store.disputes.get(dispute.id) == dispute
    assert (
        store.disputes.move(dispute.id, 1, upheld, POLICY, acts_seen=store.answers.seen("C1")).state
        is DisputeState.UPHELD
    )


def test_every_act_is_in_the_audit_log_without_the_agent_s_words(store):
    dispute = a_dispute(store)
    back = store.disputes.move(dispute.id, 1, Move(DisputeState.RETURNED, QA, NOW, "在第几秒？"), POLICY)
    said = store.disputes.move(dispute.id, back.version, Move(DisputeState.ANSWERED, LIN, NOW, "客户姓王"), POLICY)
    store.disputes.move(
        dispute.id, said.version, Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=BETTER), POLICY
    )
    lines = tuple(store.audit.lines())
    assert [(line.note.by, line.note.action, line.note.about) for line in lines] == [
        ("lin", "dispute_raised", "C1"),
        ("wang", "dispute_returned", "C1"),
        ("lin", "dispute_answered", "C1"),
        ("wang", "answer", "C1"),
        ("wang", "dispute_upheld", "C1"),
    ]
    assert lines[0].note.old is None
    assert lines[-1].note.old == {"state": "answered", "round": 1, "assignee": None}
    assert lines[-1].note.new["was"] == ["not_met", "不符合"]
    assert lines[-1].note.new["is"] == ["met", "符合"]
    assert lines[-1].note.why == "听到了"
    assert not any("结尾" in line.note.why or "王" in line.note.why for line in lines)
    assert first_break(lines) is None


def test_what_is_refused_leaves_nothing_behind(store):
    dispute = a_dispute(store)
    with pytest.raises(DisputeError):
        reject(store, dispute, by=QA_LEAD)
    with pytest.raises(DisputeError):
        a_dispute(store, call_id="C2", outcome=Outcome.MET)
    assert store.disputes.get(dispute.id) == dispute
    assert len(store.disputes.events(dispute.id)) == len(tuple(store.audit.lines())) == 1


def test_of_two_deciders_the_second_is_told(store):
    dispute = a_dispute(store)
    store.disputes.move(dispute.id, 1, Move(DisputeState.UPHELD, QA, NOW, "听到了", ruling=BETTER), POLICY)
    sentence = check_refused("changed_meanwhile", reject, store, dispute, by=QA2)
    assert "wang" in sentence
    assert "改判" in sentence
    assert "2025-03-04 10:00" in sentence  # in Shanghai


def test_of_deciders_at_the_same_instant_one_decides(store):
    dispute, start = a_dispute(store), Barrier(4)

    def decide(n):
        start.wait()
        try:
            reject(store, dispute, by=(QA, QA2, LEAD, QA)[n])
        except DisputeError as error:
            return error.reason
        return "done"

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(decide, range(4)))
    assert ended == ["changed_meanwhile"] * 3 + ["done"]
    assert len(store.disputes.events(dispute.id)) == 2


def test_of_two_tabs_one_raises_it(store):
    start = Barrier(2)

    def click(_):
        start.wait()
        try:
            return a_dispute(store).id
        except DisputeError as error:
            return error.reason

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(click, range(2)))
    assert "pending" in ended
    assert len(store.disputes.of_call("C1")) == 1


def test_lists_by_scope_state_and_deadline(store):
    late = a_dispute(store)
    other = a_dispute(store, call_id="C2", agent_id="1002", team="热线二组", month="2025-02")
    early = store.disputes.file(
        replace(ITEM, call_id="C3"), POLICY, LIN, NOW - timedelta(days=1), "said"
    )  # its ruling is due a day before
    assert [d.id for d in store.disputes.page(ALL, pending=True)] == [early.id, late.id, other.id]
    assert store.disputes.page(Scope(agent_id="1002"), pending=True) == (other,)
    assert store.disputes.page(Scope(team="热线一组"), pending=True) == (early, late)
    assert store.disputes.page(Scope(agent_id=""), pending=True) == ()
    assert store.disputes.page(ALL, pending=True, month="2025-02") == (other,)
    assert store.disputes.page(ALL, pending=True, limit=1, offset=1) == (late,)
    given = store.disputes.move(late.id, 1, Move(DisputeState.ASSIGNED, LEAD, NOW, assignee=QA2), POLICY)
    assert store.disputes.page(ALL, pending=True, assignee="li") == (given,)
    assert store.disputes.page(ALL, pending=True, state=DisputeState.ASSIGNED) == (given,)
    done = reject(store, early)
    assert store.disputes.page(ALL, pending=False) == (done,)
    assert (store.disputes.count(ALL), store.disputes.count(ALL, pending=False)) == (2, 1)
    assert store.disputes.count(Scope(team="热线二组"), month="2025-02") == 1
    assert store.disputes.undecided("2025-03", "KF01") == 1
    assert store.disputes.undecided("2025-03", "表1") == 0


@pytest.mark.parametrize("statement", ["UPDATE dispute_events SET by = '我'", "DELETE FROM dispute_events"])
def test_the_database_refuses_to_change_the_history(store, statement):
    dispute = a_dispute(store)
    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(statement))
    assert [event.by for event in store.disputes.events(dispute.id)] == ["lin"]


# --- an agent's own calls


def save_call(store, number, agent_id="1001", days=0):
    at = RINGING + timedelta(days=days, minutes=number)
    call = replace(
        CALL, id=f"{agent_id}-{days}-{number}", agent_id=agent_id, ring_at=at, answered_at=at, ended_at=at
    )
    heard = hearing("坐席：您好", call=call)
    answer = Answer("KF01-8", Outcome.NOT_MET, "不符合", Tally(0.0, 5.0), (), ())
    judged = Evaluation(call.id, agent_id, "KF01", 1, "f00d", Status.EVALUATED, (answer,))
    store.calls.save(
        CallResult(call, Status.EVALUATED, recording=heard.recording, hearing=heard, evaluation=judged)
    )
    return call.id


def test_own_calls_come_newest_first_a_page_at_a_time(store):
    first, second, third = (save_call(store, number) for number in range(3))
    save_call(store, 0, agent_id="1002")
    later = save_call(store, 0, days=40)
    assert store.calls.months("1001") == ("2025-04", "2025-03")
    assert store.calls.months("") == ()
    assert [c.call.id for c in store.calls.page("1001", "2025-03", 2)] == [third, second]
    assert [c.call.id for c in store.calls.page("1001", "2025-03", 2, 2)] == [first]
    (own,) = store.calls.page("1001", "2025-04", 9)
    assert (own.call.id, own.evaluation.score, len(own.answers)) == (later, 0.0, 1)
    assert (store.calls.count("1001", "2025-03"), store.calls.count("1003", "2025-03")) == (3, 0)
    before = datetime.now(UTC)
    assert before - timedelta(minutes=5) < store.evaluations.made_at(first) <= before
    assert store.evaluations.made_at("none") is None
    assert store.disputes.of_calls([first, "none"]) == {}
