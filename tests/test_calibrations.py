"""Calibrations in the store: dealt whole, answered blind, closed once, on SQLite and PostgreSQL alike."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from pipeline.access.accounts import Scope
from pipeline.call import Status
from pipeline.errors import CalibrationError
from pipeline.evaluation import evaluate
from pipeline.evaluation.result import CallResult
from pipeline.indicators.roster import Membership
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.validation.calibration import MACHINE, NOT_APPLICABLE, Drawing, Rating, scales_of
from pipeline.validation.calibration.results import results_of
from tests.builders import CALL, finding, hearing
from tests.desks import people

CARD = find_scorecard("kf01")
SCALES = scales_of(CARD)
FIRST = SCALES[0]
CALLS = ("C0", "C1", "C2")


def a_result(call_id, agent_id="1001", days=0):
    at = CALL.ring_at + timedelta(days=days)
    call = replace(
        CALL, id=call_id, agent_id=agent_id, ring_at=at, answered_at=at, ended_at=at + timedelta(minutes=1)
    )
    heard = hearing("坐席：您好阳光家政", "客户：喂", call=call)
    found = (replace(finding("banned_wording", "不归我管", 12.0), call_id=call_id),)
    return CallResult(
        call,
        Status.EVALUATED,
        recording=heard.recording,
        hearing=heard,
        findings=found,
        evaluation=evaluate(heard, found, CARD, "lists"),
    )


@pytest.fixture
def store(address):
    with Store.open(address) as store:
        people(store)
        for call_id in CALLS:
            store.calls.save(a_result(call_id))
        yield store


def dealt(store, calls=CALLS, reviewers=("wang", "li"), criteria=None, **more):
    return store.calibrations.deal("三月校准", CARD, criteria, calls, reviewers, "chen", **more)


def answered(call_id, choice=FIRST.choices[0], criterion=FIRST.criterion, **more):
    return Rating(call_id, criterion, "", choice, **more)


def test_a_calibration_comes_back_as_it_was_dealt(store):
    drawing = Drawing("2025-03", "", "1001", 7, 30)
    made = dealt(store, drawing=drawing)
    assert store.calibrations.get(made.id) == made
    assert (made.calls, made.reviewers, made.scales) == (CALLS, ("wang", "li"), SCALES)
    assert (made.by, made.drawing, made.is_open) == ("chen", drawing, True)
    assert made.num_answers == 3 * len(SCALES)
    assert store.calibrations.get(made.id + 1) is None
    (note,) = store.audit.newest(action="calibration_dealt")
    assert (note.note.by, note.note.about, note.note.new["calls"]) == ("chen", str(made.id), list(CALLS))


def test_only_criteria_that_were_chosen_are_asked(store):
    assert [scale.criterion for scale in dealt(store, criteria=[FIRST.criterion]).scales] == [FIRST.criterion]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"calls": ("C0", "C9")}, "C9"),
        ({"calls": ()}, "1 至 200"),
        ({"reviewers": ("wang", "wang")}, "2 至 20"),
        ({"reviewers": ("wang", "nobody")}, "没有账号 nobody"),
        ({"criteria": ["no such"]}, "评分项"),
    ],
)
def test_what_cannot_be_dealt_leaves_nothing(store, change, problem):
    with pytest.raises(CalibrationError, match=problem):
        dealt(store, **change)
    assert store.calibrations.progress() == ()
    assert store.audit.newest(action="calibration_dealt") == ()


def test_a_call_judged_by_another_revision_is_not_dealt(store):
    card = CARD.model_copy(update={"revision": CARD.revision + 1})
    with pytest.raises(CalibrationError, match="没有按"):
        store.calibrations.deal("x", card, None, CALLS, ("wang", "li"), "chen")


def test_each_sees_the_own_answers_only(store):
    id = dealt(store).id
    store.calibrations.answer(id, [answered("C0", heard_at=3.5, note="清楚")], "wang")
    store.calibrations.answer(id, [answered("C0", NOT_APPLICABLE), answered("C1")], "li")
    (own,) = store.calibrations.ratings(id, "wang")
    assert (own.call_id, own.rater, own.choice, own.heard_at, own.note) == ("C0", "wang", "符合", 3.5, "清楚")
    assert {rating.rater for rating in store.calibrations.ratings(id, "li")} == {"li"}
    assert store.calibrations.ratings(id, "chen") == ()
    with pytest.raises(CalibrationError, match="还没有结束"):
        store.calibrations.answers(id)


def test_the_last_answer_counts_and_the_first_stays_kept(store):
    id = dealt(store).id
    assert store.calibrations.answer(id, [answered("C0")], "wang") == 1
    assert store.calibrations.answer(id, [answered("C0")], "wang") == 0
    assert store.calibrations.answer(id, [answered("C0", FIRST.choices[-1])], "wang") == 1
    (own,) = store.calibrations.ratings(id, "wang")
    assert own.choice == FIRST.choices[-1]
    with store.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM calibration_answers")).scalar_one() == 2
    assert len(store.audit.newest(action="calibration_answered")) == 2


def test_the_audit_log_does_not_tell_how_was_answered_while_it_is_blind(store):
    id = dealt(store).id
    store.calibrations.answer(id, [answered("C0", FIRST.choices[-1], note="态度生硬")], "wang")
    lines = [line.note for line in store.audit.lines() if line.note.action != "account"]
    told = json.dumps([[note.old, note.new, note.why] for note in lines], ensure_ascii=False)
    assert not any(choice in told for scale in SCALES for choice in scale.choices)
    assert "态度生硬" not in told


@pytest.mark.parametrize(
    ("who", "rating", "problem"),
    [
        ("chen", answered("C0"), "评分人"),
        ("wang", answered("C9"), "没有要求"),
        ("wang", answered("C0", criterion="none"), "没有要求"),
        ("wang", answered("C0", "很好"), "只能选"),
    ],
)
def test_an_answer_that_was_not_asked_is_refused_with_all_that_came_with_it(store, who, rating, problem):
    id = dealt(store).id
    with pytest.raises(CalibrationError, match=problem):
        store.calibrations.answer(id, [answered("C1"), rating], who)
    assert store.calibrations.ratings(id, who) == ()
    with pytest.raises(CalibrationError):
        store.calibrations.answer(id + 1, [answered("C0")], "wang")


def test_closed_it_is_read_and_answered_no_more(store):
    id = dealt(store).id
    for who, choice in (("wang", FIRST.choices[0]), ("li", FIRST.choices[1])):
        store.calibrations.answer(id, [answered(call_id, choice) for call_id in CALLS], who)
    closed = store.calibrations.close(id, "chen", "两人都评完了")
    assert (closed.is_open, closed.closed_by) == (False, "chen")
    with pytest.raises(CalibrationError, match="已经结束"):
        store.calibrations.answer(id, [answered("C0")], "wang")
    with pytest.raises(CalibrationError, match="已由 chen 结束"):
        store.calibrations.close(id, "chen")
    given, machine = store.calibrations.answers(id)
    assert len(given) == 6
    assert {rating.rater for rating in machine} == {MACHINE}
    results = results_of(closed.scales, closed.reviewers, given, machine)
    assert results.criteria[0].exact.value == 0.0
    assert len(results.splits) == 3
    (note,) = store.audit.newest(action="calibration_closed")
    assert (note.note.why, note.note.new["num_answers"]) == ("两人都评完了", 6)
    with pytest.raises(CalibrationError):
        store.calibrations.close(id + 1, "chen")


def test_what_the_machine_said_is_that_of_the_day_it_was_dealt(store):
    id = dealt(store).id
    before = a_result("C0")
    heard = replace(before.hearing, turns=before.hearing.turns)
    store.calls.save_evaluation(replace(before, findings=(), evaluation=evaluate(heard, (), CARD, "other lists")))
    store.calibrations.close(id, "chen")
    _, machine = store.calibrations.answers(id)
    by_call = {}
    for rating in machine:
        by_call.setdefault(rating.call_id, {})[rating.criterion] = (rating.choice, rating.heard_at)
    assert by_call["C0"] == by_call["C1"]
    assert any(heard_at == 12.0 for _, heard_at in by_call["C0"].values())


def test_the_last_judgement_by_this_revision_counts_even_if_another_came_later(store):
    other = find_scorecard("kf02")
    before = a_result("C0")
    store.calls.save_evaluation(
        replace(before, evaluation=evaluate(before.hearing, before.findings, other, "lists"))
    )
    dealt(store)


def test_who_scores_blind_and_what(store):
    first = dealt(store, calls=("C0", "C1")).id
    second = dealt(store, calls=("C1", "C2"), reviewers=("li", "sun")).id
    assert store.calibrations.blinding("wang", "C0") == first
    assert store.calibrations.blinding("wang", "C2") is None
    assert store.calibrations.blinding("chen", "C0") is None
    assert store.calibrations.blind_calls("li") == {"C0", "C1", "C2"}
    store.calibrations.close(first, "chen")
    assert store.calibrations.blinding("wang", "C0") is None
    assert store.calibrations.blinding("li", "C1") == second
    assert store.calibrations.blind_calls("li") == {"C1", "C2"}


def test_progress_is_counted_without_telling_what_was_answered(store):
    id = dealt(store).id
    store.calibrations.answer(id, [answered("C0"), answered("C1")], "wang")
    store.calibrations.answer(id, [answered("C0", FIRST.choices[-1])], "wang")
    other = dealt(store, reviewers=("li", "sun")).id
    newest, oldest = store.calibrations.progress()
    assert (newest.calibration.id, oldest.calibration.id) == (other, id)
    assert oldest.num_answers == {"wang": 2, "li": 0}
    assert [progress.calibration.id for progress in store.calibrations.progress("wang")] == [id]
    assert store.calibrations.progress("chen") == ()


def test_each_hears_the_calls_in_an_order_of_the_own(store):
    many = [f"D{n}" for n in range(8)]
    for call_id in many:
        store.calls.save(a_result(call_id))
    made = dealt(store, calls=many)
    wang, li = (made.order_for(who) for who in ("wang", "li"))
    assert sorted(wang) == sorted(li) == many
    assert wang != li
    assert store.calibrations.get(made.id).order_for("wang") == wang


def test_calls_are_drawn_among_those_of_a_month_team_or_agent(store):
    store.calls.save(a_result("D0", "1002"))
    store.calls.save(a_result("D1", "1002", days=5))
    store.calls.save(a_result("D2", days=60))
    members = [
        Membership("1001", "林晓雯", "一组", date(2025, 1, 1), None),
        Membership("1002", "赵强", "二组", date(2025, 1, 1), date(2025, 3, 5)),
        Membership("1002", "赵强", "一组", date(2025, 3, 6), None),
    ]
    store.roster.save(members, "chen")
    among = {
        Scope(): (*CALLS, "D0", "D1"),
        Scope(agent_id="1002"): ("D0", "D1"),
        Scope(team="一组"): (*CALLS, "D1"),
        Scope(team="二组"): ("D0",),
        Scope(team="三组"): (),
    }
    for scope, expected in among.items():
        assert store.calibrations.candidates("kf01", CARD.revision, "2025-03", scope) == expected
    assert store.calibrations.candidates("kf01", CARD.revision + 1, "2025-03", Scope()) == ()
    assert store.calibrations.candidates("kf02", CARD.revision, "2025-03", Scope()) == ()


@pytest.mark.parametrize(
    "table",
    ["calibrations", "calibration_calls", "calibration_reviewers", "calibration_answers", "calibration_closings"],
)
def test_the_database_refuses_to_change_or_delete_anything(store, table):
    id = dealt(store).id
    store.calibrations.answer(id, [answered("C0")], "wang")
    store.calibrations.close(id, "chen")
    column = {"calibrations": "name", "calibration_calls": "call_id", "calibration_reviewers": "account_id"}
    column |= {"calibration_answers": "choice", "calibration_closings": "by"}
    for statement in (f"UPDATE {table} SET {column[table]} = 'li'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement))


def test_instants_are_of_now_and_in_utc(store):
    before = datetime.now(UTC)
    made = dealt(store)
    assert before <= made.at <= datetime.now(UTC)
