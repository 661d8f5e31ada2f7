"""What goes in comes out, all of it or nothing, on SQLite and PostgreSQL alike."""

import pickle
import re
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, make_url, select, text

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Recording, Rejected, Status
from pipeline.errors import ConfigurationError, StoreError
from pipeline.evaluation import Answer, Evaluation, Outcome
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Acoustics, Hearing, Look, Quality, Stretch, Unheard
from pipeline.hearing.transcript import Segment, Transcript, Word
from pipeline.hearing.turns import Role, SpeakerSegment, Turn
from pipeline.month.assessment import AgentMonth, CriterionMonth, assess
from pipeline.month.assessment.closing import Closing
from pipeline.notices import Notice, NoticeKind
from pipeline.scorecard import find_scorecard
from pipeline.store import EXPORTS, DoneCall, Store, export_rows, schema, tables
from pipeline.store.calls import records
from pipeline.tally import Tally
from pipeline.timeline import Span

RINGING = datetime(2025, 3, 3, 1, 12, 5, 123456, tzinfo=UTC)
HARD = "您好😊𠮷\n“'\";--\\u0000 {} %s :x é\u200b"
THIRD = 0.1 + 0.2
BASE = Fingerprint.read("base|beam5|voices|v2|kf01-1|1234|roles|4")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request, tmp_path_factory):
    sqlite_file = f"sqlite:///{tmp_path_factory.mktemp('store')}/callqa.db"
    address = sqlite_file if request.param == "sqlite" else request.getfixturevalue("postgres")()
    with Store.open(address) as store:
        yield store


@pytest.fixture
def store(opened):
    """An empty store, of either kind."""
    with opened.engine.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(table.delete())
    return opened


def a_call(call_id="C1", at=RINGING, **changes):
    given = {
        "agent_id": "1001",
        "agent_name": "林晓雯",
        "queue": "家政服务热线",
        "caller": "13800132201",
        "direction": Direction.INBOUND,
        "remark": HARD,
        "hangup_by": "customer",
        "agent_channel": 0,
        "answered": True,
        "source": "cdr.csv:2",
        "parameters": (("渠道", HARD), ("备用", "")),
    }
    return Call(
        id=call_id,
        ring_at=at,
        answered_at=at and at + timedelta(seconds=9),
        ended_at=at and at + timedelta(seconds=62),
        recording_name=f"{call_id}.wav",
        **given | changes,
    )


def a_hearing(call, num_turns=2, said=HARD):
    turns = tuple(
        Turn(
            index=index,
            role=(Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)[index % 3],
            span=Span(index + THIRD, index + 0.9),
            text=said,
            words=(
                Word(said, Span(index + THIRD, index + 0.5), 1 / 3),
                Word("。", Span(index + 0.5, index + 0.9), 1.0),
            ),
            confidence=0.987654321012345,
        )
        for index in range(num_turns)
    )
    return Hearing(
        call=call,
        recording=Recording(
            f"sha256 of {call.id}", f"file:///录音/{call.id}.wav", 8000, 2, 424_242, 424_242 / 8000
        ),
        ringback=Ringback((Span(0.52, 1.51), Span(5.5, 6.51))),
        speed_of_answer=SpeedOfAnswer(call.ring_seconds, 9.3 + THIRD, 2),
        turns=turns,
        quality=Quality(40.2, 39.9, 0.81, 0.995, 12.3 + THIRD),
        acoustics=Acoustics((Stretch(Role.AGENT, Span(THIRD, 2.0), -23.4),), (Span(2.0, 9.0 + THIRD),)),
        notices=(Notice(NoticeKind.DURATION_APART, "右声道", HARD),),
        hung_up=Role.CUSTOMER,
        fell_silent=Unheard(Role.CUSTOMER, Span(60.0, 64.5)),
    )


HEARD = a_hearing(a_call())


def a_finding(call_id, term="greeting", value="您好", detector="required_phrase", role=Role.AGENT):
    return Finding(call_id, detector, term, 0, role, Span(THIRD, 0.9), HARD, value, 0.93, "seed 1")


def an_evaluation(call, revision=1, lexicons="f00d", status=Status.EVALUATED, awarded=4.0, scorecard="KF01"):
    answers = (
        Answer("KF01-1", Outcome.NEEDS_FEED, None, Tally(), (), ("待业务系统数据",)),
        Answer(
            "KF01-8",
            Outcome.PARTLY_MET,
            "基本符合",
            Tally(awarded, 5.0),
            (0, 2),
            ("未听到", HARD),
            confidence=2 / 3,
        ),
        Answer("KF01-9", Outcome.MET, "符合", Tally(10 / 3, 10 / 3), (1,), (), "person", THIRD),
    )
    return Evaluation(
        call_id=call.id,
        agent_id=call.agent_id,
        scorecard=scorecard,
        revision=revision,
        lexicons=lexicons,
        status=status,
        answers=answers if status is Status.EVALUATED else (),
        review=("角色把握低",),
    )


def a_result(call_id="C1", num_turns=2, said=HARD, at=RINGING, fingerprint=BASE, call=None, **judged):
    call = call or a_call(call_id, at)
    hearing = a_hearing(call, num_turns, said)
    values = ("您好", 3, None)  # of the three kinds that a finding's value can have
    evaluation = an_evaluation(call, **judged)
    return CallResult(
        call=call,
        status=evaluation.status,
        stage="" if evaluation.status is Status.EVALUATED else "evaluate",
        reason="" if evaluation.status is Status.EVALUATED else "little_heard",
        problem="" if evaluation.status is Status.EVALUATED else "only 12 % of the speech carries words",
        fingerprint=fingerprint,
        recording=hearing.recording,
        hearing=hearing,
        findings=tuple(a_finding(call.id, value=value) for value in values),
        evaluation=evaluation,
    )


def a_failure(call_id="C1", **changes):
    given = {
        "stage": "audio",
        "reason": "truncated",
        "problem": "the file ends in the middle of a frame",
        "fingerprint": BASE,
        "uri": f"file:///录音/{call_id}.wav",
        **changes,
    }
    return CallResult(a_call(call_id), given.pop("status", Status.FAILED), **given)


def rows_of(store):
    """How many rows each table has."""
    with store.engine.connect() as connection:
        return {name: len(connection.execute(select(t)).all()) for name, t in tables.metadata.tables.items()}


# --- what goes in comes out


@pytest.mark.parametrize(
    "result",
    [
        a_result(),
        a_result(num_turns=0),
        a_result(status=Status.UNSCORABLE),
        a_failure(),
        a_failure(stage="transcribe", recording=HEARD.recording),
        a_failure(stage="attribute", status=Status.UNSCORABLE, recording=HEARD.recording, hearing=HEARD),
        CallResult.rejected(Rejected("cdr.csv:7", "cdr.csv:7", "bad_record", "cdr.csv:7: no such date")),
        CallResult.rejected(Rejected("C1", "cdr.csv:2", "no_answer", "nobody answered", a_call(answered=False))),
        CallResult.rejected(Rejected("X", "s3://calls/X.wav", "no_record", "no record names this recording")),
        a_result(call=a_call(at=None, answered=None, agent_channel=None, hangup_by=None, agent_id=None)),
        a_result(call=a_call(direction=Direction.OUTBOUND, answered=False)),
    ],
    ids=lambda result: f"{result.status}-{result.reason}",
)
def test_a_result_comes_back_as_it_was(store, result):
    store.calls.save(result)
    store.calls.save(result)
    assert store.calls.get(result.call.id) == result
    assert list(store.hearings.all()) == ([result.hearing] if result.hearing else [])


def test_a_second_look_comes_back_as_it_was(store):
    words = (Word(HARD, Span(THIRD, 0.5), 1 / 3), Word("。", Span(0.5, 0.9), 1.0))
    turn = Turn(0, Role.AGENT, Span(THIRD, 0.9), HARD + "。", words, 0.9)
    looks = (Look("opening", Span(0.25, 1.0), (turn,)), Look("closing", Span(50.0, 60.0), ()))
    result = a_result()
    store.calls.save(replace(result, hearing=replace(result.hearing, looks=looks)))
    assert store.calls.get("C1").hearing.looks == looks
    assert [hearing.looks for hearing in store.hearings.all()] == [looks]


def test_a_call_that_was_never_saved_is_none(store):
    assert store.calls.get("C1") is None


def test_instants_come_back_in_utc(address):
    """Also where the server's clock shows another zone."""
    if address.startswith("postgresql"):
        address += "&options=-c%20timezone%3DAsia/Shanghai"
    shanghai = datetime(2025, 4, 1, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    with Store.open(address) as store:
        store.calls.save(a_result(at=shanghai))
        call = store.calls.get("C1").call
        assert (call.ring_at, call.ring_at.tzinfo, call.month) == (shanghai, UTC, "2025-04")
        assert [scored.call for scored in store.calls.scored("2025-04", "KF01", 1)] == [call]
        with store.engine.connect() as connection:
            (written,) = connection.execute(select(tables.calls.c.created_at)).one()
        assert timedelta() <= datetime.now(UTC) - written < timedelta(minutes=1)


def test_an_instant_without_a_zone_is_refused(store):
    with pytest.raises(StoreError, match="without a time zone"):
        store.calls.save(CallResult(a_call(at=RINGING.replace(tzinfo=None)), Status.FAILED))
    assert store.calls.get("C1") is None


def test_what_no_database_can_hold_is_left_out_of_text(store):
    store.calls.save(a_result(said="您\0好\udce5"))
    turn = store.calls.get("C1").hearing.turns[0]
    assert (turn.text, turn.words[0].text) == ("您好?", "您好?")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    start=st.floats(0, 1e5),
    probability=st.floats(0, 1),
)
def test_any_text_and_any_float_come_back(store, said, start, probability):
    word = Word(said, Span(start, start + 1), probability)
    transcript = Transcript("whisper", (Segment(0, (word,)),), ((Span(start, start + 1),), ()))
    key = f"{said} {start} {probability}"
    store.recordings.save_transcript("abc", key, transcript)
    assert store.recordings.transcript("abc", "whisper", key) == transcript


# --- transcripts and diarizations


def test_a_transcript_is_kept_by_recording_model_and_settings(store):
    word = Word(HARD, Span(THIRD, 1.25), 2 / 3)
    transcript = Transcript("base@1", (Segment(1, (word, word)), Segment(0, (word,))), ((Span(0, 2),), ()))
    silent = Transcript("base@1", (), ((), ()))
    store.recordings.save_transcript("abc", "beam 5", transcript)
    store.recordings.save_transcript("abc", "beam 1", silent)
    store.recordings.save_transcript("abc", "beam 5", silent)
    assert store.recordings.transcript("abc", "base@1", "beam 5") == transcript, "the first one stays"
    assert store.recordings.transcript("abc", "base@1", "beam 1") == silent
    assert store.recordings.transcript("abc", "base@2", "beam 5") is None
    assert store.recordings.transcript("abd", "base@1", "beam 5") is None


def test_a_diarization_is_kept_by_recording_model_and_settings(store):
    segments = (SpeakerSegment(0, Span(0.5, THIRD + 1)), SpeakerSegment(1, Span(1.2, 3)))
    store.recordings.save_diarization("abc", "pyannote", "2 speakers", segments)
    store.recordings.save_diarization("abc", "pyannote", "2 speakers", ())
    store.recordings.save_diarization("abd", "pyannote", "2 speakers", ())
    assert store.recordings.diarization("abc", "pyannote", "2 speakers") == segments
    assert store.recordings.diarization("abd", "pyannote", "2 speakers") == (), (
        "nobody speaks: heard, and not unheard"
    )
    assert store.recordings.diarization("abc", "pyannote", "3 speakers") is None


# --- a call again


def test_a_call_saved_again_replaces_what_was_heard(store):
    store.calls.save(a_result(num_turns=7))
    again = a_result(num_turns=3, said="再听一遍", awarded=2.5)
    store.calls.save(again)
    assert store.calls.get("C1") == again
    counts = rows_of(store)
    assert counts == counts | {"calls": 1, "turns": 3, "evaluations": 1, "answers": 3, "findings": 3}


def test_evaluations_by_other_revisions_and_lexicons_keep_their_findings(store):
    first = a_result()
    store.calls.save(first)
    others = tuple(a_finding("C1", term) for term in ("thanks", "goodbye", "company"))
    second = replace(a_result(revision=2), findings=others)
    store.calls.save_evaluation(second)
    store.calls.save_evaluation(a_result(revision=2, lexicons="beef"))
    store.calls.save_evaluation(second)
    assert store.calls.get("C1") == second
    (by_first,) = store.calls.scored("2025-03", "KF01", 1)
    assert (by_first.evaluation, by_first.findings) == (first.evaluation, first.findings)
    assert rows_of(store)["evaluations"] == 3


def test_a_call_that_fails_again_has_no_evaluation_any_more(store):
    """Otherwise it would be counted twice in its month: as failed, and with its points."""
    store.calls.save(a_result())
    store.calls.save(a_failure())
    (scored,) = store.calls.scored("2025-03", "KF01", 1)
    assert (scored.status, scored.reason, scored.evaluation, scored.findings) == (
        Status.FAILED,
        "truncated",
        None,
        (),
    )
    assert store.calls.get("C1") == a_failure()
    assert [list(export_rows(store, what)) for what in ("turns", "findings", "evaluations")] == [[], [], []]


def test_judged_again_keeps_what_was_heard(store):
    store.calls.save(a_result(num_turns=5, fingerprint=Fingerprint.read("old")))
    judged = a_result(num_turns=0, fingerprint=Fingerprint.read("new"), revision=2, status=Status.UNSCORABLE)
    store.calls.save_evaluation(judged)
    kept = store.calls.get("C1")
    assert len(kept.hearing.turns) == 5
    assert (kept.status, kept.reason, kept.evaluation) == (Status.UNSCORABLE, "little_heard", judged.evaluation)
    assert store.calls.done(Fingerprint.read("new")) == {"C1": DoneCall(Status.UNSCORABLE, "sha256 of C1")}
    with pytest.raises(StoreError, match="has no call C2"):
        store.calls.save_evaluation(a_result("C2"))
    with pytest.raises(ValueError, match="was not judged"):
        store.calls.save_evaluation(a_failure())


def test_two_calls_with_one_recording_keep_their_own_names_for_it(store):
    results = []
    for result in a_result("C1"), a_result("C2"):
        recording = replace(result.recording, id="same")
        hearing = replace(result.hearing, recording=recording)
        results.append(replace(result, recording=recording, hearing=hearing))
    for result in results:
        store.calls.save(result)
    assert [store.calls.get("C1"), store.calls.get("C2")] == results
    assert rows_of(store)["recordings"] == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"hearing": None}, "evaluated without hearing"),
        ({"evaluation": None}, "findings without an evaluation"),
        ({"findings": ()}, "not there"),
        ({"recording": None, "uri": None}, "another recording"),
        ({"uri": "file:///elsewhere.wav"}, "lies elsewhere"),
        ({"status": Status.FAILED}, "ended otherwise"),
        ({"call": a_call("C2")}, "a finding is of another call"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(changes, problem):
    with pytest.raises(ValueError, match=problem):
        replace(a_result(), **changes)


# --- what is asked


def test_done_calls_are_those_of_the_same_fingerprint_that_did_not_fail(store):
    store.calls.save(a_result("C1"))
    store.calls.save(a_result("C2", fingerprint=Fingerprint.read("another model")))
    store.calls.save(a_failure("C3"))
    store.calls.save(a_failure("C4", status=Status.UNSCORABLE, reason="silence"))
    assert store.calls.done(BASE) == {
        "C1": DoneCall(Status.EVALUATED, "sha256 of C1"),
        "C4": DoneCall(Status.UNSCORABLE, None),
    }


def test_hearings_since_a_day_in_shanghai(store):
    midnight = datetime(2025, 3, 3, 16, 0, tzinfo=UTC)  # 00:00 of the fourth there
    for call_id, at in {"C1": midnight - timedelta(microseconds=1), "C2": midnight, "C3": None}.items():
        store.calls.save(a_result(call_id, at=at))
    store.calls.save(a_failure("C4"))
    assert [h.call.id for h in store.hearings.all()] == ["C1", "C2", "C3"]
    assert [h.call.id for h in store.hearings.all(date(2025, 3, 3))] == ["C1", "C2"]
    assert [h.call.id for h in store.hearings.all(date(2025, 3, 4))] == ["C2"]


@pytest.mark.parametrize("num_calls", [0, 2, 4, 5])
def test_hearings_are_read_in_pages_and_judged_meanwhile(store, monkeypatch, num_calls):
    monkeypatch.setattr(records, "PAGE", 2)
    for number in range(num_calls):
        store.calls.save(a_result(f"C{number}"))
    for hearing in store.hearings.all():
        store.calls.save_evaluation(a_result(hearing.call.id, revision=2))
    scored = list(store.calls.scored("2025-03", "KF01", 2))
    assert [s.call.id for s in scored] == [f"C{number}" for number in range(num_calls)]
    assert {s.evaluation.revision for s in scored} <= {2}


def test_the_month_has_every_call_of_it_and_adds_up(store):
    kf01 = find_scorecard("kf01")
    judged = tuple(c for c in kf01.criteria if c.id in ("KF01-1", "KF01-8", "KF01-9"))
    card = kf01.model_copy(update={"name": "KF01", "revision": 1, "criteria": judged})
    april = datetime(2025, 3, 31, 16, 0, tzinfo=UTC)
    store.calls.save(a_result("C1"))
    store.calls.save(a_result("C2", status=Status.UNSCORABLE))
    store.calls.save(a_failure("C3"))
    store.calls.save(CallResult.rejected(Rejected("C4", "cdr.csv:5", "no_recording", "is not there", a_call("C4"))))
    store.calls.save(CallResult.rejected(Rejected("cdr.csv:6", "cdr.csv:6", "bad_record", "no id")))
    store.calls.save(a_result("C6", at=april))
    calls = list(store.calls.scored("2025-03", "KF01", 1))
    assert [(c.call.id, c.status, c.reason) for c in calls] == [
        ("C1", Status.EVALUATED, ""),
        ("C2", Status.UNSCORABLE, "little_heard"),
        ("C3", Status.FAILED, "truncated"),
        ("C4", Status.FAILED, "no_recording"),
    ]
    assert (calls[0].speed_of_answer, calls[0].duration) == (a_result().hearing.speed_of_answer, 424_242 / 8000)
    assert calls[2].speed_of_answer == SpeedOfAnswer(by_record=9.0, by_audio=None, rings=None)
    assert [c.call.id for c in store.calls.scored(None, "KF01", 1)] == ["cdr.csv:6"]
    (agent,) = assess("2025-03", card, calls)
    assert (agent.evaluated, agent.unscorable, agent.failed) == (1, 1, 2)
    assert agent.tally == a_result().evaluation.tally
    with pytest.raises(ConfigurationError, match="callqa rescore --scorecard KF01"):
        assess("2025-03", card.model_copy(update={"revision": 2}), store.calls.scored("2025-03", "KF01", 2))


def test_the_evaluation_of_the_revision_asked_for_counts(store):
    store.calls.save(a_result())
    store.calls.save_evaluation(a_result(revision=2))
    store.calls.save_evaluation(a_result(scorecard="KF02"))
    for asked in ("KF01", 1), ("KF01", 2), ("KF02", 1):
        (scored,) = store.calls.scored("2025-03", *asked)
        assert (scored.evaluation.scorecard, scored.evaluation.revision) == asked
    (scored,) = store.calls.scored("2025-03", "KF09", 1)
    assert scored.evaluation.scorecard == "KF02", "the last one made"


# --- export


COLUMNS = {
    "calls": "call_id agent_id status reason duration channels ring_to_answer_s rings ring_source recording",
    "turns": "call_id index role start end text role_confidence",
    "findings": "call_id detector term role start end quote value confidence",
    "evaluations": "call_id agent_id scorecard revision status score answers",
    "notices": "call_id area kind about problem",
    "months": "agent_id agent_name month scorecard revision evaluated unscorable failed awarded possible score "
    "speed_of_answer_s within_three_rings banned_wording apologies_owed apologies_given score_low score_high "
    "grade state",
    "tiers": "month agent_id detector term title named suspected_open suspected_affirmed suspected_rejected judged",
}


def test_exported_rows(store, monkeypatch):
    monkeypatch.setattr(records, "PAGE", 2)
    result = a_result()
    store.calls.save(result)
    store.calls.save(a_failure("C2"))
    store.calls.save(a_result("C3"))
    criterion = CriterionMonth("KF01-8", "问候", 5, Tally(30, 100), 20, 0, 0)
    month = AgentMonth(
        "1001", "林晓雯", "2025-03", "KF01", 1, 20, 2, 1, (criterion,), 9.1 + THIRD, Tally(18, 20), 1, 3, 2,
        low=28.5, high=31.5, grade="合格",
    )  # fmt: skip
    store.months.save_trial(Closing("2025-03", "KF01", 1, "f00d", "", "", RINGING), [month])
    exported = {what: list(export_rows(store, what)) for what in EXPORTS}
    assert {what: {" ".join(row) for row in rows} for what, rows in exported.items()} == {
        what: {columns} for what, columns in COLUMNS.items()
    } | {"ratings": set()}
    assert [list(row.values()) for row in exported["calls"]][:2] == [
        ["C1", "1001", "evaluated", "", 424_242 / 8000, 2, 9.3 + THIRD, 2, "audio", "file:///录音/C1.wav"],
        ["C2", "1001", "failed", "truncated: the file ends in the middle of a frame", None, None, 9.0, None, "cdr",
         "file:///录音/C2.wav"],
    ]  # fmt: skip
    assert [row["call_id"] for row in exported["turns"]] == ["C1", "C1", "C3", "C3"]
    assert list(exported["turns"][1].values()) == ["C1", 1, "customer", 1 + THIRD, 1.9, HARD, 0.987654321012345]
    assert list(exported["findings"][1].values()) == [
        "C1", "required_phrase", "greeting", "agent", THIRD, 0.9, HARD, 3, 0.93
    ]  # fmt: skip
    place = {"detector": "required_phrase", "term": "greeting", "start": THIRD, "end": 0.9}
    assert list(exported["evaluations"][0].values()) == [
        "C1", "1001", "KF01", 1, "evaluated", 100 * (4 + 10 / 3) / (5 + 10 / 3), [
            {"criterion_id": "KF01-1", "outcome": "needs_feed", "awarded": 0.0, "possible": 0.0, "findings": [],
             "person_outcome": None},
            {"criterion_id": "KF01-8", "outcome": "partly_met", "awarded": 4.0, "possible": 5.0,
             "findings": [place, place], "person_outcome": None},
            {"criterion_id": "KF01-9", "outcome": "met", "awarded": 10 / 3, "possible": 10 / 3,
             "findings": [place], "person_outcome": None},
        ],
    ]  # fmt: skip
    assert list(exported["months"][0].values()) == [
        "1001", "林晓雯", "2025-03", "KF01", 1, 20, 2, 1, 30, 100, 30, 9.1 + THIRD, 0.9, 1, 3, 2,
        28.5, 31.5, "合格", "trial",
    ]  # fmt: skip


# --- all of it or nothing


def test_an_error_in_the_middle_leaves_what_was_there(store):
    good, bad = a_result(), a_result(num_turns=4)
    bad = replace(
        bad, findings=(*bad.findings, a_finding("C1", value=float("nan")))
    )  # JSON has none: the last insert
    with pytest.raises(StoreError, match="JSON"):
        store.calls.save(bad)
    assert set(rows_of(store).values()) == {0}
    store.calls.save(good)
    with pytest.raises(StoreError, match="JSON"):
        store.calls.save(bad)
    assert store.calls.get("C1") == good


def test_a_reader_never_sees_half_of_an_old_and_half_of_a_new_call(store):
    versions = [a_result(num_turns=1, awarded=1.0), a_result(num_turns=3, awarded=3.0, said="再听一遍")]
    store.calls.save(versions[0])
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(lambda: [store.calls.save(version) for version in versions * 40])
        while not saved.done():
            assert store.calls.get("C1") in versions
        saved.result()


SAVING = """
import os, pickle, signal, sys
from sqlalchemy import Engine, event
from pipeline.store import Store

address, path, die_at = sys.argv[1:]
def perhaps_die(connection, cursor, statement, *rest):
    if die_at and die_at in statement:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(Engine, "before_cursor_execute", perhaps_die)
with open(path, "rb") as file:
    results = pickle.load(file)
print("ready", flush=True)
sys.stdin.readline()
with Store.open(address) as store:
    for result in results:
        store.calls.save(result)
        store.recordings.save_diarization(result.recording.id, "pyannote", "2 speakers", ())
"""


@pytest.fixture
def saving(tmp_path):
    """Starts processes that save results as soon as all of them are ready, and gives their exit codes."""

    def save(address, results, num_processes=1, die_at=""):
        path = tmp_path / "results.pickle"
        path.write_bytes(pickle.dumps(results))
        command = [sys.executable, "-c", SAVING, address, str(path), die_at]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        processes = [subprocess.Popen(command, **pipes) for _ in range(num_processes)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            process.communicate(timeout=60)
        return [process.returncode for process in processes]

    return save


def test_killed_in_the_middle_leaves_no_half_call(address, saving):
    before, after = a_result("C1", num_turns=3), a_result("C1", num_turns=6, awarded=1.0)
    assert saving(address, [before, a_result("C2")], die_at="") == [0]
    assert saving(address, [after, a_result("C2")], die_at="INSERT INTO findings") == [-signal.SIGKILL]
    with Store.open(address) as store:
        assert store.calls.get("C1") == before
        store.calls.save(after)
        assert store.calls.get("C1") == after


def test_killed_while_the_tables_are_made_leaves_no_half_store(empty_address, saving):
    assert saving(empty_address, [], die_at="CREATE TABLE answers") == [-signal.SIGKILL]
    engine = create_engine(schema._parse(empty_address))
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    assert saving(empty_address, [a_result()]) == [0]


def test_processes_that_open_and_save_at_once(empty_address, saving):
    results = [a_result(f"C{number}", num_turns=5) for number in range(15)]
    assert saving(empty_address, results, num_processes=3) == [0, 0, 0]
    with Store.open(empty_address) as store:
        assert [store.calls.get(result.call.id) for result in results] == results
        counts = rows_of(store)
    assert (counts["calls"], counts["turns"], counts["evaluations"], counts["diarizations"]) == (15, 75, 15, 15)


# --- opening


def at_once(act, num_threads=6):
    """Run `act` with the number of each thread, all at the same moment, and raise what one of them raises."""
    barrier = Barrier(num_threads)

    def when_all_are_there(number):
        barrier.wait()
        act(number)

    with ThreadPoolExecutor(num_threads) as pool:
        list(pool.map(when_all_are_there, range(num_threads)))


def test_connections_to_a_new_file_queue_for_the_switch_to_wal(tmp_path):
    """SQLite itself answers `database is locked` at once."""
    for attempt in range(60):
        engines = [schema._engine(schema._parse(f"sqlite:///{tmp_path}/{attempt}.db")) for _ in range(6)]
        at_once(lambda number: engines[number].connect().close())  # noqa: B023
        for engine in engines:
            engine.dispose()


def test_threads_that_open_a_store_each(tmp_path):
    """Alembic's environment is one for all threads."""
    for attempt in range(3):
        at_once(lambda number: Store.open(f"sqlite:///{tmp_path}/{attempt}-{number}.db").close())  # noqa: B023


def test_the_newest_revision_makes_the_tables_that_the_code_knows(store):
    with store.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": schema.VERSION_TABLE,
                "compare_type": True,
                "include_name": schema.compared,
            },
        )
        assert compare_metadata(context, tables.metadata) == []


def test_opened_again_everything_is_there(address):
    for number in range(2):
        with Store.open(address) as store:
            store.calls.save(a_result(f"C{number}"))
    with Store.open(address, create=False) as store:
        assert set(store.calls.done(BASE)) == {"C0", "C1"}


def test_a_store_of_a_newer_callqa_is_refused(address):
    with Store.open(address) as store, store.engine.begin() as connection:
        connection.execute(text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer callqa \(its tables are at revision 9999\): upgrade callqa"):
        Store.open(address)


def test_reading_where_nothing_was_saved_says_what_to_run(empty_address, tmp_path):
    with pytest.raises(StoreError, match="run `callqa run` first"):
        Store.open(empty_address, create=False)
    assert not list(tmp_path.iterdir())


def test_the_tables_of_another_program_are_not_touched(empty_address, tmp_path):
    engine = create_engine(schema._parse(empty_address))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE calls (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"tables of another program \(calls\): name another --store"):
        Store.open(empty_address)


def test_a_postgresql_database_may_be_shared(postgres):
    address = postgres()
    engine = create_engine(schema._parse(address))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of Prefect')"))
    engine.dispose()
    with Store.open(address) as store:
        store.calls.save(a_result())
        assert store.calls.get("C1") == a_result()


def test_a_postgresql_database_that_cannot_hold_chinese_is_refused(postgres):
    with pytest.raises(StoreError, match=r"encoded in LATIN1.*ENCODING 'UTF8'"):
        Store.open(postgres(encoding="LATIN1"))


def test_a_postgresql_database_that_is_not_there(postgres):
    address = str(make_url(postgres()).set(database="nowhere"))
    with pytest.raises(StoreError, match=r'database "nowhere" does not exist.*name are right'):
        Store.open(address)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("callqa.db", "'callqa.db' is not the address of a database: write sqlite:///callqa.db"),
        ("", "'' is not the address"),
        ("mysql://somebody:geheim@host/name", "not supported: write sqlite:///callqa.db"),
        ("postgresql:/somebody:geheim@host/name", "is not the address"),
        ("postgresql://somebody:geheim@host:port/name", "is not the address"),
        ("nonsense://host/name", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///{folder}/nowhere/callqa.db", "there is no folder .*nowhere: create it first"),
        ("sqlite:///{folder}", "is a folder: name a file in it"),
        ("sqlite:///{folder}/notes.txt", "file is not a database: this file is something else"),
        ("postgresql://somebody:geheim@127.0.0.1:1/name", r"somebody:\*\*\*@.*refused.*see that the server runs"),
    ],
)
def test_an_address_that_cannot_be_opened_says_why(tmp_path, address, problem):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be taken for one " * 20)
    with pytest.raises(StoreError, match=problem) as caught:
        Store.open(address.format(folder=tmp_path))
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_store_that_stays_locked_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "WAIT_S", 0.05)
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        other = sqlite3.connect(tmp_path / "callqa.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert store.calls.done(BASE) == {}, "reading goes on"
        with pytest.raises(StoreError, match=re.escape("database is locked: another process has been writing")):
            store.calls.save(a_result())
        other.rollback()
        other.close()
        store.calls.save(a_result())
