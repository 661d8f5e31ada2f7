"""An id is not unique for ever: what is another call, a corrected record, a replaced recording, a bad row."""

from collections import Counter
from pathlib import Path

import pytest

from models.ears import Ears
from pipeline.access.audit import Action
from pipeline.call import Status
from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import SpeakerSegment
from pipeline.notices import NoticeKind
from pipeline.timeline import Span
from tests.nights import night_of

CALLS = Path(__file__).parent / "calls"
HEADER = "call_id,agent_id,agent_name,direction,started_at,answered_at,ended_at,recording"


class Counting:
    """Ears that hear the same greeting in everything, and count how often they listened."""

    name, settings = "counting", "1"

    def __init__(self):
        self.listened = 0

    def transcribe(self, _audio, spans, channel):
        self.listened += 1
        at = Span(1.0 + channel, 1.8 + channel)
        return (Segment(channel, (Word("您", Span(at.start, at.start + 0.4), 0.95), Word("好", at, 0.95))),)

    def second_opinion(self):
        return self

    def diarize(self, _audio, _speech):
        return (SpeakerSegment(0, Span(1.0, 1.8)),)


@pytest.fixture
def ears():
    counting = Counting()
    return Ears(counting, counting)


def row(call_id="0001", agent="1003", day="2025-05-05", at="09:00:00", name="王磊", recording="0001.wav"):
    return f"{call_id},{agent},{name},inbound,{day} {at},{day} {at[:5]}:17,{day} {at[:5]}:50,{recording}"


@pytest.fixture
def run(tmp_path, store, ears):
    """Runs a night of these rows, with recordings by name and content; gives its intake."""

    def night(*rows, folder="n1", cdr="cdr.csv", **recordings):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        for name, content in recordings.items():
            (place / f"{name.removeprefix('r')}.wav").write_bytes((CALLS / f"{content}.wav").read_bytes())
        (place / cdr).write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8")
        return night_of(store, str(place), str(place / cdr), ears)

    return night


def kinds(intake):
    return Counter(notice.kind for notice in intake.notices)


NEXT = {"day": "2025-05-06", "agent": "2002", "name": "周静"}


def test_an_id_used_again_the_next_night_is_another_call(run, store, ears):
    run(row(), r0001="D04")
    heard = ears.recognizer.listened
    intake = run(row(**NEXT), folder="n2", r0001="D25")
    assert [pair.call.id for pair in intake.fetched] == ["0001@2025-05-06"]
    assert ears.recognizer.listened > heard
    assert store.calls.get("0001").call.agent_id == "1003"
    assert store.calls.get("0001@2025-05-06").call.agent_id == "2002"
    assert kinds(intake)[NoticeKind.ID_REUSED] == 1
    assert store.audit.newest(action=Action.RECORD_CORRECTED) == ()


def test_a_night_again_in_whatever_order_changes_nothing(run, store, ears):
    run(row(**NEXT), folder="n2", r0001="D25")
    run(row(), r0001="D04")
    assert set(store.calls.statuses()) == {"0001", "0001@2025-05-05"}
    before, heard = {id: store.calls.get(id) for id in store.calls.statuses()}, ears.recognizer.listened
    assert [pair.call.id for pair in run(row()).fetched] == ["0001@2025-05-05"]
    assert [pair.call.id for pair in run(row(**NEXT), folder="n2").fetched] == ["0001"]
    assert {id: store.calls.get(id) for id in store.calls.statuses()} == before
    assert ears.recognizer.listened == heard


def test_a_corrected_record_is_judged_again_and_noted_and_not_heard_again(run, store, ears):
    run(row(), r0001="D04")
    heard = ears.recognizer.listened
    intake = run(row(agent="1001", name="林晓雯"))
    (line,) = store.audit.newest(action=Action.RECORD_CORRECTED)
    result = store.calls.get("0001")
    assert (result.call.agent_id, result.call.agent_name) == ("1001", "林晓雯")
    assert result.evaluation.agent_id == "1001"
    assert ears.recognizer.listened == heard
    assert (line.note.about, line.note.old["agent_id"], line.note.new["agent_id"]) == ("0001", "1003", "1001")
    assert "王磊" not in str(line.note)
    assert kinds(intake)[NoticeKind.RECORD_CORRECTED] == 1
    run(row(agent="1001", name="林晓雯"))
    assert len(store.audit.newest(action=Action.RECORD_CORRECTED)) == 1


def test_a_recording_that_was_replaced_is_heard_again(run, store, ears):
    run(row(), r0001="D25")
    heard, before = ears.recognizer.listened, store.calls.get("0001").recording.id
    intake = run(row(), r0001="D04")
    assert ears.recognizer.listened > heard
    assert set(store.calls.statuses()) == {"0001"}
    (line,) = store.audit.newest(action=Action.RECORDING_REPLACED)
    assert line.note.old == before != store.calls.get("0001").recording.id == line.note.new
    assert kinds(intake)[NoticeKind.RECORDING_REPLACED] == 1


def test_a_record_whose_times_were_corrected_is_the_same_call_by_its_recording(run, store):
    run(row(), r0001="D04")
    run(row(at="01:00:00"))
    assert set(store.calls.statuses()) == {"0001"}
    assert "ring_at" in store.audit.newest(action=Action.RECORD_CORRECTED)[0].note.new


def test_a_record_that_is_corrected_after_its_recording_was_archived(run, store, tmp_path):
    run(row(), r0001="D04")
    (tmp_path / "n1" / "0001.wav").unlink()
    run(row(agent="1001"))
    result = store.calls.get("0001")
    assert (result.call.agent_id, result.evaluation.agent_id) == ("1001", "1001")
    assert result.hearing.turns
    assert len(store.audit.newest(action=Action.RECORD_CORRECTED)) == 1


def test_a_call_of_another_night_without_a_recording_is_not_the_one_that_was_heard(run, store):
    run(row(), r0001="D04")
    intake = run(row(**NEXT), folder="n2")
    assert [line.call_id for line in intake.rejected] == ["0001@2025-05-06"]
    assert store.calls.get("0001@2025-05-06").status is Status.FAILED
    assert store.calls.get("0001").status is not Status.FAILED


def test_bad_rows_of_two_nights_do_not_overwrite_each_other(run, store):
    bad = row(call_id="", at="soon")
    first = run(bad, row(), r0001="D04").rejected[0].call_id
    again = run(bad, row()).rejected[0].call_id
    other = run(row(call_id="", at="later", agent="2002"), folder="n2").rejected[0].call_id
    assert first == again != other
    assert {first, other} <= set(store.calls.statuses())


def test_a_bad_row_does_not_touch_the_call_of_another_night(run, store):
    run(row(), r0001="D04")
    before = store.calls.get("0001")
    intake = run(row(at="soon", day="2025-05-06"), folder="n2", r0001="D25")
    (line,) = intake.rejected
    assert line.call_id.startswith("0001@")
    assert store.calls.get(line.call_id).status is Status.FAILED
    assert store.calls.get("0001") == before
    statuses = store.calls.statuses()
    assert Counter(statuses[line.call_id] for line in intake.rejected) == {Status.FAILED: 1}


def test_a_row_that_was_bad_and_is_mended_is_the_call(run, store):
    run(row(at="soon"), r0001="D04")
    assert store.calls.statuses() == {"0001": Status.FAILED}
    run(row())
    assert set(store.calls.statuses()) == {"0001"}
    assert store.calls.get("0001").recording is not None


def test_a_recording_without_a_record_does_not_touch_the_call_of_its_name(run, store):
    run(row(), r0001="D04")
    before = store.calls.get("0001")
    intake = run(folder="n2", r0001="D25")
    assert [line.reason for line in intake.rejected] == ["no_record"]
    assert intake.rejected[0].call_id != "0001"
    assert store.calls.get("0001") == before
    same = run(folder="n3", r0001="D04")
    assert [line.call_id for line in same.rejected] == ["0001"], "the same recording, copied elsewhere"
    assert store.calls.get("0001") == before


def test_an_id_used_twice_in_one_file_is_two_calls_where_both_began_apart(run, store):
    rows = row(), row(**NEXT, recording="0002.wav"), row(**NEXT, at="10:00:00", recording="0003.wav")
    intake = run(*rows, r0001="D04", r0002="D25", r0003="D17")
    assert [pair.call.id for pair in intake.fetched] == ["0001", "0001@2025-05-06", "0001@2025-05-06T100000"]
    assert kinds(intake)[NoticeKind.ID_REUSED] == 1
    assert intake.rejected == ()


def test_one_person_in_two_spellings_is_one_agent(run, store):
    run(row(agent="A1003"), r0001="D04")
    intake = run(row(call_id="0002", agent="ａ1003", recording="0002.wav"), folder="n2", r0002="D25")
    assert store.calls.all_agents() == ("A1003",)
    assert kinds(intake)[NoticeKind.ID_CASE] == 1
