"""The queue is true to what is saved, and hands a call to one person at a time; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, select

from pipeline.access.accounts import Scope
from pipeline.access.audit import first_break
from pipeline.call import Status
from pipeline.errors import StoreError
from pipeline.evaluation import Outcome
from pipeline.hearing.turns import Role
from pipeline.indicators.roster import Membership
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.closing import Closing
from pipeline.review.sampling import Rule, SamplingPlan
from pipeline.review.urgency import Code, bundled_urgency, lot
from pipeline.review.worklist import Filters, Progress, Stream
from pipeline.scorecard import find_scorecard
from pipeline.store.queue import filters as filters_module
from pipeline.store.queue import queue
from pipeline.store.queue.draws import worklist_draws
from pipeline.store.queue.places import set_due
from pipeline.store.queue.rows import worklist
from pipeline.store.schema import writing_alone
from pipeline.tally import NOTHING
from tests.test_store import RINGING, a_call, a_failure, a_finding, a_result

ALL = Scope()
ANY = Filters(status=None)


def result(call_id="C1", agent="1001", at=RINGING, awarded=4.0, banned=False, **judged):
    """A call without suspicion, unless it is given too few points or said something banned."""
    made = a_result(call=replace(a_call(call_id, at), agent_id=agent), awarded=awarded, **judged)
    if judged.get("status", Status.EVALUATED) is not Status.EVALUATED:
        return replace(made, findings=made.findings)
    answers = tuple(replace(answer, confidence=1.0, source="machine") for answer in made.evaluation.answers)
    findings = made.findings
    if banned:
        findings = (*findings, a_finding(call_id, "滚", "滚", "banned_wording", Role.AGENT))
    return replace(made, evaluation=replace(made.evaluation, answers=answers), findings=findings)


def listed(store, filters=ANY, scope=ALL, **page):
    return [row.call_id for row in store.queue.page(scope, filters, **page).rows]


def without_lot(number):
    """Ids of calls that are not in the random draw."""
    urgency = bundled_urgency()
    ids = (f"C{n}" for n in range(10_000))
    return [each for each in ids if lot(urgency.seed, each) >= urgency.random_share][:number]


def with_lot(number):
    urgency = bundled_urgency()
    ids = (f"C{n}" for n in range(10_000))
    return [each for each in ids if lot(urgency.seed, each) < urgency.random_share][:number]


# --- what is listed


def test_a_saved_call_is_listed_with_its_reasons_and_again_when_it_is_judged_again(store):
    (call_id,) = without_lot(1)
    store.calls.save(result(call_id, banned=True))
    row = store.queue.get(call_id)
    assert [reason.code for reason in row.reasons] == [Code.BANNED_WORDING]
    assert (row.agent_id, row.day, row.status, row.stream) == (
        "1001",
        date(2025, 3, 3),
        Progress.OPEN,
        Stream.BY_RISK,
    )
    assert row.score == pytest.approx(100 * (4 + 10 / 3) / (5 + 10 / 3))
    assert row.duration == pytest.approx(424_242 / 8000)
    store.queue.take([call_id], "wang", ALL)
    store.calls.save_evaluation(result(call_id, awarded=0.0, revision=2))
    row = store.queue.get(call_id)
    assert [reason.code for reason in row.reasons] == [Code.LOW_SCORE]
    assert (row.status, row.assignee) == (Progress.TAKEN, "wang")


def test_calls_that_nobody_can_hear_are_not_listed(store):
    store.calls.save(result("C1"))
    store.calls.save(a_failure("C1"))
    store.calls.save(a_failure("C2", status=Status.UNSCORABLE, reason="no_answer"))
    assert listed(store) == []
    store.calls.save(result("C3", status=Status.UNSCORABLE))
    assert Code.UNSCORABLE in {reason.code for reason in store.queue.get("C3").reasons}
    store.queue.take(["C3"], "wang", ALL)
    store.calls.save(a_failure("C3"))
    assert store.queue.get("C3").assignee == "wang"


def test_a_call_without_agent_and_instant_is_listed_too(store):
    made = a_result(call=a_call(at=None, answered=None, agent_id=None))
    store.calls.save(made)
    row = store.queue.get("C1")
    assert (row.agent_id, row.team, row.day, row.month) == (None, None, None, None)
    store.calls.save(made)
    assert store.queue.get("C1").at == row.at
    assert listed(store, replace(ANY, first_day=date(2025, 1, 1))) == []


def test_an_older_store_is_filled(store, monkeypatch):
    for number in range(5):
        store.calls.save(result(f"C{number}", banned=number % 2 == 0))
    store.calls.save(a_failure("X"))
    before = {call_id: store.queue.get(call_id) for call_id in listed(store)}
    with store.engine.begin() as connection:
        connection.execute(delete(worklist).where(worklist.c.call_id != "C3"))
    monkeypatch.setattr("pipeline.store.queue.queue.PAGE", 2)
    told = []
    assert store.queue.fill(lambda *done: told.append(done)) == 4
    assert told == [(2, 4), (4, 4)]
    assert {call_id: store.queue.get(call_id) for call_id in listed(store)} == before
    assert store.queue.fill() == 0


def test_the_team_is_that_of_the_day_and_follows_the_roster(store):
    old = Membership("1001", "林晓雯", "一组", date(2025, 1, 1), date(2025, 3, 2))
    store.roster.save([old, Membership("1001", "林晓雯", "二组", date(2025, 3, 3), None)], "admin")
    store.calls.save(result("C1"))
    store.calls.save(result("C2", at=RINGING - timedelta(days=1)))
    store.calls.save(result("C3", agent="9"))
    assert [store.queue.get(f"C{n}").team for n in (1, 2, 3)] == ["二组", "一组", None]
    assert listed(store, scope=Scope(team="一组")) == ["C2"]
    store.roster.save([Membership("9", "新人", "一组", date(2025, 1, 1), None)], "admin")
    assert [store.queue.get(f"C{n}").team for n in (1, 2, 3)] == [None, None, "一组"]
    assert listed(store, scope=Scope(agent_id="1001", team="一组")) == listed(store, replace(ANY, agent_id="1001"))


def a_month(undecided, agent="1001"):
    return AgentMonth(
        agent, "林晓雯", "2025-03", "KF01", 1, 1, 0, 0, (), None, NOTHING, 0, 0, 0, undecided=undecided
    )


def test_a_grade_at_stake_comes_and_goes_with_the_month(store):
    (call_id, sure) = without_lot(2)
    crossed = "得分区间 88–92 跨过 90 分线，须人工复核后定级"
    doubtful = result(call_id)
    answers = tuple(replace(answer, confidence=0.3) for answer in doubtful.evaluation.answers)
    doubtful = replace(doubtful, evaluation=replace(doubtful.evaluation, answers=answers))
    store.calls.save(doubtful)
    store.calls.save(result(sure))

    def codes(of):
        return {reason.code for reason in store.queue.get(of).reasons}

    assert codes(call_id) == {Code.LOW_CONFIDENCE}
    closing = Closing("2025-03", "KF01", 1, "", "", "", datetime.now(UTC))
    store.months.save_trial(closing, [a_month(crossed)])
    before = store.queue.get(call_id)
    assert codes(call_id) == {Code.LOW_CONFIDENCE, Code.GRADE_AT_STAKE}
    assert codes(sure) == set()
    store.calls.save(doubtful)
    assert store.queue.get(call_id) == before, "listed anew it is the same"
    store.months.save_trial(closing, [a_month("")])
    assert codes(call_id) == {Code.LOW_CONFIDENCE}


def test_a_dispute_stands_first_reopens_a_call_and_ends(store):
    first, second, third = without_lot(3)
    store.calls.save(result(first, banned=True))
    for call_id in (second, third):
        store.calls.save(result(call_id))
    store.queue.finish([third], "wang", ALL)
    due = datetime(2025, 3, 20, tzinfo=UTC)
    with writing_alone(store.engine, "audit") as connection:
        assert set_due(connection, second, due)
        assert set_due(connection, third, due - timedelta(days=1))
        assert not set_due(connection, "nowhere", due)
    assert listed(store, Filters()) == [third, second, first]
    assert store.queue.finish([third], "wang", ALL).refused[0][1].startswith("申诉还没有办结")
    store.calls.save(result(third))
    assert store.queue.get(third).due_at == due - timedelta(days=1)
    with writing_alone(store.engine, "audit") as connection:
        set_due(connection, third, None)
    assert listed(store, Filters())[:2] == [second, first]
    assert store.queue.get(third).reasons == ()


# --- what is found


def test_every_fifth_row_is_random_and_pages_neither_overlap_nor_miss_a_row(store):
    risky, drawn = without_lot(12), with_lot(4)
    for number, call_id in enumerate([*risky, *drawn]):
        store.calls.save(result(call_id, at=RINGING + timedelta(minutes=number), banned=call_id in risky[:6]))
    whole = store.queue.page(ALL, Filters(), size=100)
    assert (whole.total, whole.num_pages, whole.capped) == (16, 1, False)
    of_lot = [n for n, row in enumerate(whole.rows) if row.stream is Stream.BY_LOT]
    assert of_lot == [4, 9, 14, 15]
    assert set(listed(store, Filters(), size=6)[:4]) < set(risky[:6])
    paged = [call_id for page in range(1, 7) for call_id in listed(store, Filters(), page=page, size=3)]
    assert paged == [row.call_id for row in whole.rows]
    assert store.queue.page(ALL, Filters(), page=99, size=3).number == 6
    by_risk = [row.risk for row in whole.rows if row.stream is Stream.BY_RISK]
    assert by_risk == sorted(by_risk, reverse=True)


def test_a_total_is_counted_up_to_a_limit(store, monkeypatch):
    monkeypatch.setattr(filters_module, "MOST", 3)
    monkeypatch.setattr(queue, "MOST", 3)
    for call_id in without_lot(5):
        store.calls.save(result(call_id))
    page = store.queue.page(ALL, Filters(), page=2, size=2)
    assert (page.total, page.capped, page.num_pages, len(page.rows)) == (3, True, 2, 1)


def test_rows_are_found_by_everything_a_reviewer_asks_for(store):
    store.roster.save([Membership("1001", "林", "一组", date(2025, 1, 1), None)], "admin")
    store.calls.save(result("C1", banned=True))
    store.calls.save(result("C2", agent="1002", at=RINGING + timedelta(days=1), awarded=0.0))
    store.queue.take(["C2"], "wang", ALL)
    for filters, found in (
        (Filters(), ["C1"]),
        (Filters(status=Progress.TAKEN), ["C2"]),
        (replace(ANY, team="一组"), ["C1"]),
        (replace(ANY, agent_id="1002"), ["C2"]),
        (replace(ANY, criterion_id="KF01-8"), ["C1", "C2"]),
        (replace(ANY, criterion_id="KF01-9"), []),
        (replace(ANY, outcome=Outcome.PARTLY_MET), ["C1", "C2"]),
        (replace(ANY, criterion_id="KF01-8", outcome=Outcome.NOT_MET), []),
        (replace(ANY, first_day=date(2025, 3, 4)), ["C2"]),
        (replace(ANY, last_day=date(2025, 3, 3)), ["C1"]),
        (replace(ANY, least_score=60.0), ["C1"]),
        (replace(ANY, most_score=60.0), ["C2"]),
        (replace(ANY, code=Code.BANNED_WORDING), ["C1"]),
        (replace(ANY, code=Code.LOW_SCORE), ["C2"]),
        (replace(ANY, assignee="wang"), ["C2"]),
        (replace(ANY, plan_id=1), []),
        (replace(ANY, plan_id=2**40), []),
        (replace(ANY, team="' OR 1=1 --\0"), []),
    ):
        assert sorted(listed(store, filters)) == found, filters
    assert listed(store, scope=Scope(agent_id="1001")) == ["C1"]
    assert listed(store, scope=Scope(team="二组")) == []
    choices = store.queue.choices(ALL)
    assert (choices.teams, choices.agents, choices.criteria) == (("一组",), ("1001", "1002"), ("KF01-8",))
    assert store.queue.choices(Scope(team="一组")).agents == ("1001",)
    assert store.queue.choices(Scope(agent_id="7")).agents == ("7",)


# --- who has which


def test_a_call_is_taken_given_back_assigned_and_done_each_with_a_line_in_the_log(store):
    store.calls.save(result("C1"))
    assert store.queue.take(["C1"], "wang", ALL).done == ("C1",)
    assert store.queue.take(["C1"], "wang", ALL).done == ("C1",), "twice is no contradiction"
    ((_, why),) = store.queue.take(["C1"], "li", ALL).refused
    assert why.startswith("已由 wang 于")
    assert store.queue.finish(["C1"], "li", ALL).refused
    assert store.queue.give_back(["C1"], "li", ALL).refused
    assert store.queue.give_back(["C1"], "chen", ALL, anybodys=True).done == ("C1",)
    assert store.queue.assign(["C1"], "li", "chen", ALL, ALL).done == ("C1",)
    assert store.queue.assign(["C1"], "sun", "chen", ALL, Scope(team="别的组")).refused
    assert store.queue.finish(["C1"], "li", ALL).done == ("C1",)
    row = store.queue.get("C1")
    assert (row.status, row.assignee, row.done_by) == (Progress.DONE, None, "li")
    ((_, why),) = store.queue.take(["C1"], "wang", ALL).refused
    assert "li" in why
    assert "复核完毕" in why
    assert store.queue.assign(["C1"], "wang", "chen", ALL, ALL).refused
    assert store.queue.give_back(["C1"], "li", ALL).done == ("C1",)
    lines = [line.note for line in store.audit.lines()]
    assert [(note.by, note.action) for note in lines] == [
        ("wang", "take"),
        ("chen", "give_back"),
        ("chen", "assign"),
        ("li", "finish"),
        ("li", "give_back"),
    ]
    assert (lines[2].old, lines[2].new) == (["open", None], ["taken", "li"])
    assert first_break(store.audit.lines()) is None


def test_out_of_scope_and_unknown_calls_are_told_alike(store):
    store.calls.save(result("C1"))
    handled = store.queue.take(["C1", "nowhere", "C1"], "sun", Scope(team="一组"))
    assert handled.done == ()
    assert handled.refused == (("C1", "队列里没有这通电话"), ("nowhere", "队列里没有这通电话"))


def test_two_who_take_the_same_call_at_once(store):
    ids = [f"C{n}" for n in range(6)]
    for call_id in ids:
        store.calls.save(result(call_id))
    barrier = Barrier(2)

    def take(who):
        barrier.wait()
        return [store.queue.take([call_id], who, ALL).done for call_id in (ids if who == "wang" else ids[::-1])]

    with ThreadPoolExecutor(2) as pool:
        taken = [each for done in pool.map(take, ("wang", "li")) for each in done if each]
    assert sorted(taken) == [(call_id,) for call_id in ids]


def test_two_who_ask_for_the_next_call_get_different_ones(store):
    ids = [f"C{n}" for n in range(8)]
    for call_id in ids:
        store.calls.save(result(call_id))
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda n: store.queue.take_next(f"who{n % 3}", ALL, Filters()), range(10)))
    assert sorted(each for each in given if each) == ids
    assert given.count(None) == 2


def test_batches_that_overlap_and_a_night_that_saves_do_not_wait_for_each_other_for_ever(store):
    store.sampling_plans.start(SamplingPlan("每人一通", "s", per_agent=1), "chen")
    ids = [f"C{n}" for n in range(10)]
    for call_id in ids:
        store.calls.save(result(call_id))

    def work(n):
        if n % 3 == 0:
            store.calls.save(result(ids[n % 10], banned=n % 2 == 0))
        elif n % 3 == 1:
            store.queue.take(ids if n % 2 else ids[::-1], f"who{n}", ALL)
        else:
            store.queue.give_back(ids, "chen", ALL, anybodys=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(24)))
    assert sorted(listed(store)) == ids


def test_the_next_call_is_the_riskiest_but_every_fifth_is_drawn(store):
    risky, drawn = without_lot(6), with_lot(2)
    for call_id in (*risky, *drawn):
        store.calls.save(result(call_id, banned=call_id in risky))
    given = [store.queue.take_next("wang", ALL, Filters()) for _ in range(9)]
    assert [each in drawn for each in given[:8]] == [False] * 4 + [True] + [False] * 2 + [True]
    assert given[8] is None
    assert store.queue.take_next("li", ALL, Filters(team="一组")) is None


def test_the_own_taken_calls_come_one_after_another(store):
    first, second = without_lot(2)
    for call_id in (first, second):
        store.calls.save(result(call_id))
    store.queue.assign([first, second], "wang", "chen", ALL, ALL)
    mine = Filters(status=Progress.TAKEN, assignee="wang")
    one = store.queue.take_next("wang", ALL, mine)
    other = store.queue.take_next("wang", ALL, mine, after=one)
    assert {one, other} == {first, second}
    store.queue.finish([one, other], "wang", ALL)
    assert store.queue.take_next("wang", ALL, mine) is None


# --- sampling plans


def test_a_plan_draws_from_what_is_there_and_from_what_comes(store):
    ids = without_lot(40)
    for call_id in ids[:20]:
        store.calls.save(result(call_id))
    plan = SamplingPlan("三成", "s", percent=30)
    expected = {call_id for call_id in ids if plan.lot(call_id) < 0.3}
    assert store.sampling_plans.preview(plan) == len(expected & set(ids[:20]))
    kept, number = store.sampling_plans.start(plan, "chen")
    assert number == len(expected & set(ids[:20])) > 0
    for call_id in ids[20:]:
        store.calls.save(result(call_id))
    assert set(listed(store, replace(ANY, plan_id=kept.id), size=100)) == expected
    row = store.queue.get(min(expected))
    assert (row.stream, [reason.code for reason in row.reasons]) == (Stream.BY_LOT, [Code.SAMPLED])
    assert "三成" in row.reasons[0].sentence
    with pytest.raises(StoreError, match="已有名为"):
        store.sampling_plans.start(plan, "chen")
    store.sampling_plans.stop(kept.id, "chen")
    with pytest.raises(StoreError, match="已经停止"):
        store.sampling_plans.stop(kept.id, "chen")
    store.calls.save(result(min(expected)))
    assert store.queue.get(min(expected)) == row, "what it drew stays"
    ((stopped, drawn),) = store.sampling_plans.all()
    assert (stopped.stopped_by, stopped.made_by, drawn) == ("chen", "chen", len(expected))
    assert [line.note.action for line in store.audit.lines()] == ["plan_start", "plan_stop"]


def test_a_plan_by_agent_gives_way_to_lower_lots_but_not_what_somebody_took(store):
    plan, _ = store.sampling_plans.start(SamplingPlan("每人一通", "s", per_agent=1), "chen")
    low, middle, high = sorted(without_lot(3), key=plan.lot)
    store.calls.save(result(high))
    assert listed(store, replace(ANY, plan_id=plan.id)) == [high]
    store.calls.save(result(middle))
    assert listed(store, replace(ANY, plan_id=plan.id)) == [middle]
    assert store.queue.get(high).reasons == ()
    store.queue.take([middle], "wang", ALL)
    store.calls.save(result(low))
    assert set(listed(store, replace(ANY, plan_id=plan.id))) == {low, middle}
    store.calls.save(result("other", agent="1002"))
    assert "other" in listed(store, replace(ANY, plan_id=plan.id))


@pytest.mark.parametrize(
    ("rule", "drawn"),
    [
        (Rule(score_below=60), ["C2"]),
        (Rule(criterion_id="KF01-8"), ["C1", "C2", "C3"]),
        (Rule(criterion_id="KF01-9"), []),
        (Rule(detector="banned_wording"), ["C3"]),
        (Rule(detector="banned_wording", term="别的"), []),
        (Rule(detector="required_phrase", term="greeting", agent_id="1002"), ["C2"]),
        (Rule(queue="家政服务热线", most_duration=10), []),
        (Rule(team="一组"), ["C1", "C3"]),
    ],
)
def test_a_plan_by_rule_takes_all_for_which_it_holds(store, rule, drawn):
    store.roster.save([Membership("1001", "林", "一组", date(2025, 1, 1), None)], "admin")
    store.calls.save(result("C1"))
    store.calls.save(result("C2", agent="1002", awarded=0.0))
    plan, number = store.sampling_plans.start(SamplingPlan("规则", "s", percent=100, rule=rule), "chen")
    assert number == len(set(drawn) - {"C3"})
    store.calls.save(result("C3", banned=True))
    found = listed(store, replace(ANY, plan_id=plan.id))
    assert sorted(found) == drawn
    for call_id in found:
        assert Code.RULE in {reason.code for reason in store.queue.get(call_id).reasons}


def test_a_call_that_a_rule_no_longer_fits_leaves_the_draw(store):
    (call_id,) = without_lot(1)
    store.sampling_plans.start(SamplingPlan("低分", "s", percent=100, rule=Rule(score_below=60)), "chen")
    store.calls.save(result(call_id, awarded=0.0))
    store.calls.save_evaluation(result(call_id, revision=2))
    assert store.queue.get(call_id).reasons == ()
    with store.engine.connect() as connection:
        assert connection.execute(select(worklist_draws)).all() == []


# --- saved filters


def test_filters_are_kept_by_account_and_name(store, monkeypatch):
    store.queue.save_filter("wang", "一组低分", "team=1")
    store.queue.save_filter("wang", "一组低分", "team=2")
    store.queue.save_filter("li", "一组低分", "team=3")
    (kept,) = store.queue.filters("wang")
    assert kept.query == "team=2"
    assert not store.queue.delete_filter("li", kept.id)
    monkeypatch.setattr(queue, "KEPT", 1)
    with pytest.raises(StoreError, match="最多保存 1 个"):
        store.queue.save_filter("wang", "又一个", "")
    assert store.queue.delete_filter("wang", kept.id)
    assert store.queue.filters("wang") == ()


def test_a_call_that_is_listed_again(store):
    store.calls.save(result("C1"))
    with store.engine.begin() as connection:
        connection.execute(delete(worklist))
    store.queue.relist("C1", find_scorecard("kf01"))
    store.queue.relist("nobody", find_scorecard("kf01"))
    assert listed(store) == ["C1"]
