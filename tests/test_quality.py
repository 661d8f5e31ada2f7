"""The data quality report: doubts of a night are counted once, kept, and shown to those whom they concern."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from flows.night.judgement import result_of
from flows.night.quality import keep_quality, quality_table
from flows.night.sources import FetchedCall, Intake, RecordingFile
from flows.policy.policy import policy_of
from flows.settings import Settings
from flows.show import show_call
from pipeline.call import Rejected, Status
from pipeline.evaluation.result import CallResult
from pipeline.indicators.roster import Membership
from pipeline.notices import MOST_EXAMPLES, Notice, NoticeKind, counted
from pipeline.store import Store, export_rows
from tests.builders import CALL, EARS, hearing
from tests.desks import PEOPLE, TEAM, client, people

KIND = NoticeKind.DURATION_APART
SHORT = Notice(KIND, "C1.wav", "录音比话单短 42 秒，缺的部分按未听到处理")
HEARD = Notice(KIND, "", "<b>另一处</b>存疑")
RECORDS = Notice(KIND, "cdr.csv:7", "话单第 7 行的时长不合理")
FOLDER = "calls"


def heard(store: Store, call_id: str, agent_id: str = "1001") -> FetchedCall:
    """Keep a call of which the file and the hearing were doubtful."""
    call = replace(CALL, id=call_id, agent_id=agent_id, source=f"cdr.csv:{call_id}")
    found = hearing("坐席：您好", call=call, notices=(HEARD,))
    found = replace(found, recording=replace(found.recording, id=f"sha{call_id}", notices=(SHORT,)))
    store.calls.save(result_of(found, policy_of("kf01", Settings()), EARS))
    return FetchedCall(call, RecordingFile(f"file:///{call_id}.wav", f"/{call_id}.wav", 1))


def a_night(store: Store, *call_ids: str, rejected: tuple[Rejected, ...] = ()) -> Intake:
    for line in rejected:
        store.calls.save(CallResult.rejected(line))
    return Intake(tuple(heard(store, call_id) for call_id in call_ids), rejected, (RECORDS,))


def ended(store: Store, intake: Intake):
    return keep_quality(store, FOLDER, intake, Counter({Status.EVALUATED: len(intake.fetched)}))


def test_files_hearings_and_records_are_counted_with_examples(store):
    (count,) = ended(store, a_night(store, "C1", "C2"))
    assert (count.kind, count.num_notices, count.num_calls) == (KIND, 5, 2)
    assert count.examples == (("", RECORDS), ("C1", SHORT), ("C2", SHORT), ("C1", HEARD), ("C2", HEARD))
    (night,) = store.nights.newest(9)
    assert night.counts == (count,)
    assert (night.num_calls, night.by_status[Status.EVALUATED], night.by_status[Status.FAILED]) == (2, 2, 0)


def test_a_night_that_is_run_again_counts_once(store):
    first = ended(store, intake := a_night(store, "C1"))
    late = Rejected("late", "file:///calls/late.wav", "no_record", "no record names it")
    store.calls.save(CallResult.rejected(late))
    again = replace(intake, rejected=(late,))
    assert ended(store, again) == first
    assert len(store.nights.newest(9)) == 1, "a recording that came late leaves it the same night"
    put_right = replace(again.fetched[0], call=replace(again.fetched[0].call, agent_id="1002"))
    ended(store, replace(again, fetched=(put_right,)))
    assert len(store.nights.newest(9)) == 1, "and so does a record that was put right"
    ended(store, a_night(store, "C2"))
    assert [night.num_calls for night in store.nights.newest(9)] == [1, 1]


def test_nights_without_records_are_told_apart_by_their_recordings(store):
    for name in ("a", "b", "a"):
        line = Rejected(name, f"file:///calls/{name}.wav", "no_record", "no record names it")
        ended(store, a_night(store, rejected=(line,)))
    assert len(store.nights.newest(9)) == 2


def test_a_night_of_thousands_keeps_few_examples_and_of_many_calls():
    (count,) = counted((f"C{n // 4}", SHORT) for n in range(4_000))
    assert (count.num_notices, count.num_calls, len(count.examples)) == (4_000, 1_000, MOST_EXAMPLES)
    assert len({call_id for call_id, _ in count.examples}) == MOST_EXAMPLES


def test_the_newest_nights_come_first_and_the_older_ones_after_them(store):
    for number in range(5):
        ended(store, a_night(store, f"C{number}"))
    newest = store.nights.newest(3)
    assert [night.at for night in newest] == sorted((night.at for night in newest), reverse=True)
    assert len(store.nights.newest(9, 3)) == 2


def test_the_call_tells_on_the_command_line_and_in_its_rows(store):
    heard(store, "C1")
    console = Console(record=True, width=120)
    for part in show_call(store.engine.url.render_as_string(hide_password=False), "C1"):
        console.print(part)
    assert console.export_text().count("数据提示：") == 2
    assert list(export_rows(store, "notices")) == [
        {"call_id": "C1", "area": "file", "kind": KIND.value, "about": each.about, "problem": each.problem}
        for each in (SHORT, HEARD)
    ]


def test_the_end_of_a_run_is_a_table_with_few_examples(store):
    console = Console(record=True, width=120)
    console.print(quality_table(ended(store, a_night(store, "C1", "C2"))))
    shown = console.export_text()
    assert "录音文件" in shown
    assert "录音时长与话单不符" in shown
    assert shown.count("42 秒") == 2
    assert "<b>" not in shown, "three examples and no more"


@pytest.mark.parametrize("who", PEOPLE)
def test_the_desk_shows_nights_to_reviewers_and_administrators(store, who):
    people(store)
    ended(store, a_night(store, "C1"))
    answer = client(store, who).get("/quality")
    if who in ("lin", "zhao", "zhou"):
        assert answer.status_code == 403
        return
    assert answer.status_code == 200
    assert "录音时长与话单不符" in answer.text
    assert "<b>另一处" not in answer.text
    assert ('href="/calls/C1"' in answer.text) is (who in ("wang", "li", "chen")), "an administrator opens no call"


def test_a_team_s_lead_is_given_no_example_of_another_team(store):
    people(store)
    store.roster.save([Membership("1001", "林晓雯", TEAM, date(2025, 1, 1), None)], "test")
    own, other = heard(store, "C1"), heard(store, "C2", "1002")
    ended(store, Intake((own, other), ()))
    shown = client(store, "sun").get("/quality").text
    assert 'href="/calls/C1"' in shown
    assert "C2" not in shown


def test_older_nights_are_led_to(store):
    people(store)
    for number in range(9):
        ended(store, a_night(store, f"C{number}"))
    browser = client(store, "wang")
    shown = browser.get("/quality").text
    assert "/calls/C8" in shown
    assert "/calls/C1" not in shown
    assert 'href="/quality?page=2"' in shown
    shown = browser.get("/quality?page=2").text
    assert "/calls/C1" in shown
    assert "/calls/C8" not in shown
    assert "没有更早的记录" in browser.get("/quality?page=3").text


def test_the_page_of_a_call_tells_what_was_doubtful(store):
    people(store)
    heard(store, "C1")
    shown = client(store, "wang").get("/calls/C1").text
    assert "数据提示" in shown
    assert SHORT.problem in shown
    assert "<b>另一处" not in shown
    clean = replace(CALL, id="C9")
    store.calls.save(result_of(hearing("坐席：您好", call=clean), policy_of("kf01", Settings()), EARS))
    assert "数据提示" not in client(store, "wang").get("/calls/C9").text
