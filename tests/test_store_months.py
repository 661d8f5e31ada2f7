"""Months are closed, reopened and closed again, and nothing is overwritten; on SQLite and PostgreSQL alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from alembic import command
from sqlalchemy import MetaData, event, func, select, text
from sqlalchemy.exc import DBAPIError

from pipeline.access.accounts import Scope
from pipeline.call import Status
from pipeline.errors import StoreError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing.search_terms import parse
from pipeline.hearing.turns import Role
from pipeline.month.assessment import AgentMonth, CriterionMonth, Origin
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.ledger import Entry, Evidence
from pipeline.month.plan import PlanRow
from pipeline.store import Store, export_rows, schema, tables
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.bench.store_of import MONTH, make_store
from tests.builders import CALL, RECORDING, finding, hearing

AT = datetime(2025, 4, 1, 2, 30, 5, 123456, tzinfo=UTC)  # 10:30 in Shanghai


def a_closing(month="2025-03", standard="KF01", revision=1, by="王芳", **changes):
    given = {
        "digest": "f00d",
        "reason": "三月考核",
        "at": AT,
        "feeds": (("tickets", "beef"), ("orders.csv", "cafe")),
        "notices": ("KF03-二 各项之和 46 分，与印刷的 40 分不符", "“抽查 10 条”"),
    }
    return Closing(month, standard, revision, by=by, **given | changes)


def a_month(agent_id="1001", month="2025-03", standard="KF01", revision=1, awarded=91 / 3, **changes):
    row = AgentMonth(
        agent_id=agent_id,
        agent_name="林晓雯",
        month=month,
        scorecard=standard,
        revision=revision,
        evaluated=20,
        unscorable=2,
        failed=1,
        criteria=(CriterionMonth("KF01-8", "主动协助", 5, Tally(awarded, 100), 20, 0, 0),),
        speed_of_answer_s=0.1 + 0.2,
        within_three_rings=Tally(18, 20),
        banned_wording=1,
        apologies_owed=3,
        apologies_given=2,
    )
    return replace(row, **changes)


FULL = a_month(
    criteria=(
        CriterionMonth("T1-1", "首次响应时间", 20, Tally(), 0, 3, 17, origins=((Origin.NO_FEED, 20.0),)),
        CriterionMonth(
            "T1-2", "情绪管理", 25, Tally(400, 500), 20, 0, 0,
            low=380.5, high=420 + 1 / 3, origins=((Origin.CALLS, 20.0), (Origin.NO_PERSON, 5.0)), value=0.1 + 0.2,
            counted=Tally(3, 10), sentence="抽查 10 条，3 条不符，得 10 分", drawn=("C1", "C7\n“'\";--"),
        ),
    ),
    team="一组", qualitative=(26.5, 70.0), vetoed="SM-11", low=79.9, high=90.1, grade="合格", undecided="跨线",
)  # fmt: skip


# --- what goes in comes out


def test_a_closing_and_its_rows_come_back_as_they_were(store):
    rows = [FULL, a_month(None, speed_of_answer_s=None), a_month(None, agent_name="一组", team="一组")]
    number = store.months.close(a_closing(), rows)
    kept = store.months.closing("2025-03", "KF01")
    assert kept == replace(a_closing(), state=ClosingState.CLOSED, id=number, code_version=kept.code_version)
    assert kept.code_version
    assert store.months.rows() == tuple(rows)
    assert store.months.standing("KF01") == tuple(rows)
    exported = list(export_rows(store, "months"))
    assert [(row["agent_id"], row["score_low"], row["grade"]) for row in exported] == [
        ("1001", 79.9, "合格"),
        (None, None, None),
        (None, None, None),
    ]
    assert {row["state"] for row in exported} == {"closed"}


@pytest.mark.parametrize("foreign", [{"month": "2025-04"}, {"standard": "KF02"}, {"revision": 2}])
def test_rows_of_another_month_or_standard_are_refused(store, foreign):
    for save in store.months.save_trial, store.months.close:
        with pytest.raises(ValueError, match="the row is not of"):
            save(a_closing(), [a_month(), a_month("1002", **foreign)])
    assert store.months.history() == store.months.rows() == ()


# --- trial, closed, reopened


def states(store, month=None):
    return [(closing.state, closing.by) for closing in store.months.history(month)]


def test_a_trial_replaces_the_last_one_of_the_same_month_and_standard(store):
    store.months.save_trial(a_closing(), [a_month("1001"), a_month("1002")])
    store.months.save_trial(a_closing(month="2025-04"), [a_month(month="2025-04")])
    store.months.save_trial(a_closing(standard="表1"), [a_month(standard="表1")])
    second = [a_month("1003", revision=2), a_month("1001", revision=2)]
    store.months.save_trial(a_closing(revision=2, by=""), second)
    assert store.months.rows("2025-03") == (*second, a_month(standard="表1"))
    assert [row.month for row in store.months.rows()] == ["2025-03"] * 3 + ["2025-04"]
    assert store.months.closing("2025-03", "KF01") is None
    assert store.months.standing("KF01") == ()
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.months)) == 4


def test_a_closed_month_is_not_closed_again_but_tried(store):
    closed = a_month()
    store.months.save_trial(a_closing(by=""), [a_month(awarded=1.0)])
    number = store.months.close(a_closing(), [closed])
    assert states(store) == [(ClosingState.CLOSED, "王芳")], "the closing takes the place of the trial"
    with pytest.raises(StoreError) as caught:
        store.months.close(a_closing(by="李强"), [a_month(awarded=2.0)])
    for said in "KF01", "2025-03", "王芳", "2025-04-01 10:30", "--reopen", "--reason":
        assert said in str(caught.value)
    store.months.save_trial(a_closing(by=""), [a_month(awarded=3.0)])
    assert store.months.rows() == (closed,)
    assert store.months.closing("2025-03", "KF01").id == number


def test_reopened_and_closed_again_keeps_everything(store):
    rows = [[a_month(awarded=float(n))] for n in range(4)]
    first = store.months.close(a_closing(), rows[0])
    store.months.reopen("2025-03", "KF01", "李强", "申诉成立，更正 C17")
    assert store.months.closing("2025-03", "KF01") is None
    assert store.months.rows() == store.months.standing("KF01") == (), "what was reopened stands no longer"
    store.months.save_trial(a_closing(by=""), rows[1])
    assert store.months.rows() == tuple(rows[1])
    second = store.months.close(a_closing(by="赵敏", revision=2), [replace(rows[2][0], revision=2)])
    assert store.months.rows() == store.months.standing("KF01") == (replace(rows[2][0], revision=2),)
    store.months.reopen("2025-03", "KF01", "李强", "工单补录")
    third = store.months.close(a_closing(), rows[3])
    assert first < second < third
    assert states(store) == [
        (ClosingState.CLOSED, "王芳"),
        (ClosingState.REOPENED, "李强"),
        (ClosingState.CLOSED, "赵敏"),
        (ClosingState.REOPENED, "李强"),
        (ClosingState.CLOSED, "王芳"),
    ]
    reopening = store.months.history("2025-03")[3]
    assert (reopening.reason, reopening.revision) == ("工单补录", 2)
    assert timedelta() <= datetime.now(UTC) - reopening.at < timedelta(minutes=1)
    with store.engine.connect() as connection:
        kept = connection.execute(select(tables.months.c.closing_id, tables.months.c.awarded)).all()
    assert sorted(map(tuple, kept)) == [(first, 0.0), (second, 2.0), (third, 3.0)]


def test_only_a_closed_month_is_reopened_and_only_with_a_name_and_a_reason(store):
    store.months.save_trial(a_closing(), [a_month()])
    with pytest.raises(StoreError, match="没有关账"):
        store.months.reopen("2025-03", "KF01", "李强", "原因")
    store.months.close(a_closing(), [a_month()])
    for by, reason in ("", "原因"), ("李强", " "):
        with pytest.raises(StoreError, match=r"--by.*--reason"):
            store.months.reopen("2025-03", "KF01", by, reason)
    with pytest.raises(StoreError, match="没有关账"):
        store.months.reopen("2025-03", "KF02", "李强", "原因")
    store.months.reopen("2025-03", "KF01", "李强", "原因")
    with pytest.raises(StoreError, match="没有关账"):
        store.months.reopen("2025-03", "KF01", "李强", "原因")
    with pytest.raises(ValueError, match="somebody"):
        store.months.close(a_closing(by=" "), [a_month()])


def test_months_of_other_standards_are_closed_apart(store):
    store.months.close(a_closing(), [a_month()])
    store.months.close(a_closing(standard="表1"), [a_month(standard="表1")])
    store.months.close(a_closing(month="2025-02"), [a_month(month="2025-02"), a_month(None, month="2025-02")])
    store.months.reopen("2025-03", "表1", "李强", "原因")
    shown = [(row.month, row.scorecard) for row in store.months.rows()]
    assert shown == [("2025-02", "KF01"), ("2025-02", "KF01"), ("2025-03", "KF01")]
    assert [row.month for row in store.months.standing("KF01")] == ["2025-02", "2025-02", "2025-03"]
    assert store.months.standing("表1") == ()


def at_once(address, act, num=4):
    """What comes of `act` for each of several people with a store of their own, all at the same moment."""
    barrier = Barrier(num)

    def when_all_are_there(number):
        with Store.open(address) as store:
            barrier.wait()
            try:
                return act(store, number)
            except StoreError as error:
                return str(error)

    with ThreadPoolExecutor(num) as pool:
        return list(pool.map(when_all_are_there, range(num)))


def test_of_people_who_close_at_once_exactly_one_wins(address):
    Store.open(address).close()
    for month in "2025-01", "2025-02", "2025-03", "2025-04", "2025-05":

        def close(store, n, month=month):
            return store.months.close(a_closing(month, by=f"第{n}人"), [a_month(f"{n}", month)] * 20)

        ends = at_once(address, close)
        (winner,) = [n for n, end in enumerate(ends) if isinstance(end, int)]
        assert all(f"第{winner}人" in end for end in ends if isinstance(end, str)), ends
        with Store.open(address) as store:
            assert states(store, month) == [(ClosingState.CLOSED, f"第{winner}人")]
            assert store.months.rows(month) == (a_month(f"{winner}", month),) * 20


def test_of_people_who_reopen_at_once_exactly_one_wins(address):
    with Store.open(address) as store:
        store.months.close(a_closing(), [a_month()])
    ends = at_once(address, lambda store, n: store.months.reopen("2025-03", "KF01", f"第{n}人", "原因"))
    assert sorted(isinstance(end, int) for end in ends) == [False, False, False, True]


def test_of_trials_at_once_one_is_left_and_whole(address):
    Store.open(address).close()
    at_once(address, lambda store, n: store.months.save_trial(a_closing(by=f"{n}"), [a_month(f"{n}")] * 20))
    with Store.open(address) as store:
        ((_, last),) = states(store)
        assert store.months.rows() == (a_month(last),) * 20


# --- the database keeps it too


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE closings SET by = '我'",
        "DELETE FROM closings",
        "UPDATE months SET awarded = 100",
        "DELETE FROM months",
        "UPDATE ledger SET by = '我'",
        "DELETE FROM ledger",
    ],
)
def test_the_database_refuses_to_change_what_was_closed(store, statement):
    store.ledger.append([an_entry()])
    store.months.close(a_closing(), [a_month()])
    with pytest.raises(DBAPIError, match=r"kept as|append-only"), store.engine.begin() as connection:
        connection.execute(text(statement))
    assert store.months.rows() == (a_month(),)
    assert [entry.by for entry in store.ledger.entries()] == ["callqa"]


def test_no_line_of_the_ledger_is_replaced_or_truncated(store):
    (entry,) = store.ledger.append([an_entry()])
    statement = "TRUNCATE ledger CASCADE"
    if store.engine.dialect.name == "sqlite":
        statement = f"INSERT OR REPLACE INTO ledger SELECT * FROM ledger WHERE id = {entry.id}"
    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(text(statement))
    assert store.ledger.entries() == (entry,)


# --- ledger


def an_entry(agent_id="1001", **changes):
    given = {
        "id": 0,
        "at": AT,
        "kind": "proposal",
        "about": None,
        "month": "2025-03",
        "standard": "KF01",
        "consequence_id": "promotion",
        "title": "客服主管候选",
        "evidence": (Evidence("2025-02", 91.25, "优秀"), Evidence("2025-03", None, None)),
        "note": "连续 3 个月优秀",
    }
    return Entry(agent_id=agent_id, **given | changes)


def test_entries_are_added_in_order_and_get_their_ids(store):
    first, second = store.ledger.append([an_entry("1002"), an_entry("1001", standard="表1")])
    (signature,) = store.ledger.append(
        [an_entry("1002", kind="signed", about=first.id, evidence=(), by="王芳", note="")]
    )
    assert first.id < second.id < signature.id
    assert (first, second) == (an_entry("1002", id=first.id), an_entry(standard="表1", id=second.id))
    assert store.ledger.entries() == (first, second, signature)
    assert store.ledger.entries("KF01") == (first, signature)
    assert store.ledger.append([]) == ()


def test_entries_are_written_all_or_none(store):
    about_nothing = an_entry(kind="signed", about=99, by="王芳")
    with pytest.raises(StoreError, match=r"(?i)foreign key"):
        store.ledger.append([an_entry(), about_nothing])
    assert store.ledger.entries() == ()


def test_entries_of_several_at_once_do_not_mix(address):
    Store.open(address).close()
    at_once(address, lambda store, n: store.ledger.append([an_entry(f"{n}")] * 10))
    with Store.open(address) as store:
        agents = [entry.agent_id for entry in store.ledger.entries()]
    assert [agents[n : n + 10] for n in range(0, 40, 10)] == [[agents[n]] * 10 for n in range(0, 40, 10)]


# --- plans


def a_plan_row(problem="首次响应超时"):
    return PlanRow(
        agent_id="1001",
        month="2025-03",
        criterion_id="T1-1",
        problem=problem,
        cause="",
        actions=("晚间弹性排班", "智能客服引导 80% 常规问题自助"),
        owner="客服主管",
        due="2025-04-30",
        lost=2.0,
        metric="首次响应时间",
        by_points=False,
        unit="秒",
        baseline=33.5,
        target=25.0,
        at_most=True,
        expectation="高峰 ≤ 25 秒",
    )


def test_a_plan_belongs_to_what_is_shown_of_the_month(store):
    rows = [a_plan_row(), a_plan_row("FCR 偏低")]
    trial = store.months.save_trial(a_closing(), [a_month()])
    store.plans.save(trial, [a_plan_row("旧")])
    store.plans.save(trial, rows)
    assert store.plans.rows("2025-03", "KF01") == tuple(rows)
    closed = store.months.close(a_closing(), [a_month()])
    assert store.plans.rows("2025-03", "KF01") == (), "it went with the trial"
    store.plans.save(closed, rows[:1])
    store.months.save_trial(a_closing(), [a_month()])
    assert store.plans.rows("2025-03", "KF01") == (a_plan_row(),)
    store.plans.save(closed, [])
    assert store.plans.rows("2025-03", "KF01") == store.plans.rows("2025-03", "表1") == ()
    with pytest.raises(StoreError, match=f"no closing {trial}"):
        store.plans.save(trial, rows)


# --- one agent's calls, as what-if reads them


def a_result(call_id, agent_id="1001", month=3, status=Status.EVALUATED, revision=1, values=("您好", 3, 2.5, None)):
    """A call that was heard and judged."""
    at = datetime(2025, month, 3, 1, tzinfo=UTC)
    call = replace(CALL, id=call_id, agent_id=agent_id, ring_at=at, answered_at=at, ended_at=at)
    heard = hearing("坐席：您好", "客户：你好", call=call)
    found = tuple(replace(finding("required_phrase", "greeting"), call_id=call_id, value=value) for value in values)
    answers = (Answer("KF01-8", Outcome.MET, "符合", Tally(5, 5), (0,), ()),) if values else ()
    evaluation = Evaluation(call_id, agent_id, "KF01", revision, "f00d", status, answers)
    reason = "" if status is Status.EVALUATED else "poor_transcript"
    return CallResult(
        call, status, reason=reason, recording=RECORDING, hearing=heard, findings=found, evaluation=evaluation
    )


def a_failure(call_id, agent_id="1001", **heard):
    return CallResult(replace(a_result(call_id, agent_id).call), Status.FAILED, "detect", "defect", "…", **heard)


def test_one_agents_calls_of_a_month(store):
    for result in (
        a_result("C1"), a_result("C2", "1002"), a_result("C3", month=4), a_result("C4", None),
        a_result("C5", status=Status.UNSCORABLE), a_failure("C6"), a_failure("C7", "1003"),
    ):  # fmt: skip
        store.calls.save(result)
    assert store.calls.agents("2025-03") == ("1001", "1002", "1003", None)
    assert store.calls.agents("2025-05") == ()
    whole = list(store.calls.scored("2025-03", "KF01", 1))
    assert [scored.call.id for scored in whole] == ["C1", "C2", "C4", "C5", "C6", "C7"]
    for agent_id in store.calls.agents("2025-03"):
        own = [scored for scored in whole if scored.call.agent_id == agent_id]
        assert list(store.calls.scored("2025-03", "KF01", 1, agent_id=agent_id)) == own
        judged = [hearing.call.id for hearing, _ in store.calls.replay("2025-03", agent_id)]
        unjudged = store.calls.unjudged("2025-03", agent_id)
        assert sorted([*judged, *(scored.call.id for scored in unjudged)]) == [scored.call.id for scored in own]
        assert set(unjudged) == {scored for scored in own if scored.evaluation is None}


def test_heard_findings_are_those_of_the_latest_judgement_without_turns(store):
    results = [a_result("C1"), a_result("C2", values=())]
    for result in results:
        store.calls.save(result)
    again = a_result("C1", revision=2, values=("感谢您的来电",))
    store.calls.save_evaluation(again)
    heard_again = a_result("C3")
    store.calls.save(heard_again)
    store.calls.save(a_failure("C3", recording=RECORDING, hearing=heard_again.hearing))
    with_turns = [again, results[1]]
    assert list(store.calls.replay("2025-03", "1001")) == [
        (replace(result.hearing, turns=()), result.findings) for result in with_turns
    ]
    (unjudged,) = store.calls.unjudged("2025-03", "1001")
    assert (unjudged.call.id, unjudged.status, unjudged.findings) == ("C3", Status.FAILED, ())
    store.calls.save_evaluation(results[0])
    ((_, found), _) = store.calls.replay("2025-03", "1001")
    assert found == results[0].findings
    assert [type(one.value) for one in found] == [str, int, float, type(None)]


def test_heard_findings_read_neither_turns_nor_answers(store):
    store.calls.save(a_result("C1"))
    asked = []
    event.listen(store.engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    (((_, found)),) = store.calls.replay("2025-03", "1001")
    assert len(found) == 4
    assert any("findings" in statement for statement in asked)
    assert not [statement for statement in asked if "turns" in statement or "answers" in statement]


def test_a_synthetic_month_is_read_as_a_real_one(tmp_path):
    with Store.open(make_store(tmp_path / "month.db", num_calls=200, num_agents=7), create=False) as store:
        assert store.calls.agents(MONTH) == tuple(f"{1001 + n}" for n in range(7))
        read = [pair for agent_id in store.calls.agents(MONTH) for pair in store.calls.replay(MONTH, agent_id)]
        left = sum(len(store.calls.unjudged(MONTH, agent_id)) for agent_id in store.calls.agents(MONTH))
        assert {hearing.call.month for hearing, _ in read} == {MONTH}
        assert (len(read) + left, left > 0) == (200, True)
        assert 7 < sum(len(found) for _, found in read) / len(read) < 9


# --- a store of revision 0001


OLD = {
    "recordings": [
        {"id": "sha", "sampling_rate": 8000, "num_channels": 2, "num_samples": 544_000, "duration": 68.0},
    ],
    "calls": [
        {
            "id": call_id, "agent_id": "1001", "agent_name": "林晓雯", "queue": "热线", "direction": "inbound",
            "caller": None, "ring_at": CALL.ring_at, "answered_at": CALL.answered_at, "ended_at": CALL.ended_at,
            "recording_name": "C1.wav", "answered": True, "agent_channel": None, "hangup_by": "customer",
            "remark": None, "source": "", "month": "2025-03", "uri": "file:///C1.wav", "recording_id": "sha",
            "status": "evaluated", "stage": "", "reason": "", "problem": "", "fingerprint": "f", "judged": True,
        }
        for call_id in ("C1", "C2")
    ],
    "hearings": [
        {
            "call_id": call_id, "bursts": [[0.5, 1.5], [5.5, 6.5]], "ring_by_record": 8.0, "ring_by_audio": 8.2,
            "rings": 2, "speech_seconds": 40.0, "transcribed_seconds": 39.0, "word_confidence": 0.9,
            "role_confidence": 0.99,
        }
        for call_id in ("C1", "C2")
    ],
    "turns": [
        {
            "call_id": call_id, "position": n, "role": role, "span_start": 8.7 + 2 * n, "span_end": 9.2 + 2 * n,
            "text": "您好", "confidence": 1.0,
            "words": [["您", 8.7 + 2 * n, 8.95 + 2 * n, 0.9], ["好", 8.95 + 2 * n, 9.2 + 2 * n, 0.9]],
        }
        for call_id, roles in {"C1": ("agent", "customer", "agent"), "C2": ("customer", "unknown")}.items()
        for n, role in enumerate(roles)
    ],
    "evaluations": [
        {
            "id": n, "call_id": f"C{n}", "agent_id": "1001", "scorecard": "KF01", "revision": 1, "lexicons": "f00d",
            "status": "evaluated", "review": [],
        }
        for n in (1, 2)
    ],
    "answers": [
        {
            "evaluation_id": 1, "position": 0, "criterion_id": "KF01-8", "outcome": "met", "level": "符合",
            "awarded": 5.0, "possible": 5.0, "findings": [0], "reasons": [], "source": "machine",
        },
    ],
    "findings": [
        {
            "evaluation_id": 1, "position": 0, "detector": "required_phrase", "term": "greeting", "turn_index": 0,
            "role": "agent", "span_start": 8.7, "span_end": 9.2, "quote": "您好", "value": "您好",
            "confidence": 0.9, "detector_version": "seed 1",
        },
    ],
    "months": [
        {
            "month": month, "scorecard": "KF01", "revision": revision, "position": position, "agent_id": agent_id,
            "agent_name": "林晓雯", "calls_evaluated": 20, "calls_unscorable": 2, "calls_failed": 1,
            "awarded": 91 / 3, "possible": 100.0, "score": 91 / 3, "speed_of_answer_s": 0.1 + 0.2,
            "answered_within_three_rings": 18.0, "possible_within_three_rings": 20.0, "banned_wording": 1,
            "apologies_owed": 3, "apologies_given": 2,
            "criteria": [
                {"criterion_id": "KF01-8", "title": "主动协助", "points": 5, "awarded": 91 / 3, "possible": 100.0,
                 "answered": 20, "not_applicable": 0, "open": 0},
            ],
        }
        for month, revision, position, agent_id in [
            ("2025-02", 1, 0, "1001"), ("2025-03", 2, 0, "1001"), ("2025-03", 1, 0, "1001"), ("2025-03", 1, 1, None)
        ]
    ],
}  # fmt: skip
"""Rows of a store as revision 0001 kept them, by table."""


@pytest.fixture
def old_store(empty_address):
    """The address of a store that an older callqa filled."""
    engine = schema._engine(schema._parse(empty_address))
    with schema.writing(engine) as connection:
        command.upgrade(schema.alembic_config(connection), "0001")
        made = MetaData()
        made.reflect(connection)
        for number, (name, rows) in enumerate(OLD.items()):
            has_provenance = "created_at" in made.tables[name].c
            written = {"code_version": "0.1.0", "created_at": AT + timedelta(days=number)} if has_provenance else {}
            for row in rows:
                later = {"created_at": AT + timedelta(days=60)} if row.get("revision") == 2 else {}
                connection.execute(made.tables[name].insert().values(written | row | later))
    engine.dispose()
    return empty_address


def test_a_store_of_the_first_revision_is_upgraded_without_loss(old_store):
    with Store.open(old_store) as store:
        result = store.calls.get("C1")
        assert [turn.role for turn in result.hearing.turns] == [Role.AGENT, Role.CUSTOMER, Role.AGENT]
        assert [turn.words[1].text for turn in result.hearing.turns] == ["好"] * 3
        said = [word.span.duration for turn in result.hearing.turns_of(Role.AGENT) for word in turn.words]
        assert result.hearing.quality.agent_seconds == pytest.approx(sum(said)) == pytest.approx(1.0)
        assert store.calls.get("C2").hearing.quality.agent_seconds == 0.0
        (answer,) = result.evaluation.answers
        assert answer == Answer("KF01-8", Outcome.MET, "符合", Tally(5, 5), (0,), (), confidence=0.5)
        greeting = (
            "C1",
            "required_phrase",
            "greeting",
            0,
            Role.AGENT,
            Span(8.7, 9.2),
            "您好",
            "您好",
            0.9,
            "seed 1",
        )
        assert result.findings == (Finding(*greeting),)
        assert [hearing.call.id for hearing, _ in store.calls.replay("2025-03", "1001")] == ["C1", "C2"]


def test_calls_of_an_older_store_are_listed_and_found(old_store):
    with Store.open(old_store) as store:
        assert [hit.call_id for hit in store.search.find(parse("您好"), Scope()).hits] == ["C2"] * 2 + ["C1"] * 3
        assert store.queue.get("C1") is None
        assert store.queue.fill() == 2
        assert store.queue.fill() == 0
        row = store.queue.get("C1")
        assert (row.agent_id, row.month, row.score, row.status) == ("1001", "2025-03", 100.0, "open")


def test_months_of_the_first_revision_become_trials_that_nobody_signed(old_store):
    def unknown(month):
        """Nothing is known of the doubt of its points."""
        return replace(month, criteria=tuple(replace(c, low=0.0, high=100.0) for c in month.criteria))

    with Store.open(old_store) as store:
        assert [(c.month, c.revision, c.state, c.by, c.code_version) for c in store.months.history()] == [
            ("2025-02", 1, ClosingState.TRIAL, "", "0.1.0"),
            ("2025-03", 1, ClosingState.TRIAL, "", "0.1.0"),
            ("2025-03", 2, ClosingState.TRIAL, "", "0.1.0"),
        ]
        assert store.months.history("2025-03")[1].at == AT + timedelta(days=60)
        assert store.months.rows() == (unknown(a_month(month="2025-02")), unknown(a_month(revision=2)))
        with store.engine.connect() as connection:
            kept = connection.execute(select(tables.months.c.closing_id, tables.months.c.agent_id))
            assert sorted(kept, key=str) == [(1, "1001"), (2, "1001"), (2, None), (3, "1001")], "the first one too"
        assert store.months.standing("KF01") == ()
        store.months.close(a_closing(), [a_month()])
        assert store.months.rows("2025-03") == (a_month(),)
