"""What FreeSWITCH's Master.csv tells of a call, and what it does not."""

from datetime import UTC, datetime

import pytest

from pipeline.call import Direction
from pipeline.call.cdr import Records, read
from pipeline.errors import ConfigurationError
from pipeline.timeline import Span


def local(text: str) -> datetime:
    """An instant of Asia/Shanghai, which has had no summer time since 1991."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


UUID = "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d"
BLEG = "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d"
EXAMPLE = (
    '"","13800132201","1001","default","2025-03-03 09:12:05","2025-03-03 09:12:14","2025-03-03 09:13:07",'
    f'"62","53","NORMAL_CLEARING","{UUID}","{BLEG}","","PCMA","PCMA"'
)
CUSTOM = (
    "uuid,bleg_uuid,call_direction,caller_id_number,destination_number,start_stamp,answer_stamp,end_stamp,"
    "cc_agent,cc_queue,sip_hangup_disposition,record_name"
)
QUEUED = (
    f"{UUID},,inbound,13800132201,4008001234,2025-03-03 09:12:05,2025-03-03 09:12:05,2025-03-03 09:13:07,"
    "1001@default,support@default,recv_bye,x.wav"
)


def freeswitch(*lines: str) -> Records:
    return read("\n".join(lines).encode(), "Master.csv", "freeswitch")


def test_a_freeswitch_row_becomes_a_call() -> None:
    (call,) = freeswitch(EXAMPLE).calls
    assert (call.id, call.agent_id, call.caller, call.direction) == (UUID, "1001", "13800132201", Direction.INBOUND)
    assert (call.ring_at, call.ring_seconds, call.answered) == (local("2025-03-03 09:12:05"), 9.0, True)
    assert (call.recording_name, call.hangup_by, call.source) == (None, None, "Master.csv:1")


def test_freeswitch_templates_without_a_header() -> None:
    default = EXAMPLE.removesuffix(',"PCMA","PCMA"').replace('"",', '"",', 1)
    calls = freeswitch(EXAMPLE).calls
    assert freeswitch(default).calls == calls
    assert freeswitch(default.replace(f'"{BLEG}",', f'"{BLEG}", ')).calls == calls
    assert freeswitch(f"INSERT INTO cdr VALUES ({default});").calls == calls
    assert freeswitch(EXAMPLE + ',"Yealink",""').calls == calls
    (snom,) = freeswitch(EXAMPLE + ',"snom","","","","/rec/x.wav"').calls
    assert snom.recording_name == "/rec/x.wav"


def test_freeswitch_with_a_header_and_mod_callcenter() -> None:
    (call,) = freeswitch(CUSTOM, QUEUED).calls
    assert (call.agent_id, call.queue, call.hangup_by, call.recording_name) == (
        "1001",
        "support",
        "customer",
        "x.wav",
    )
    assert (call.answered, call.answered_at) == (True, None)
    (waited,) = freeswitch(
        CUSTOM, QUEUED.replace("09:12:05,2025-03-03 09:12:05", "09:12:05,2025-03-03 09:12:30")
    ).calls
    assert waited.ring_seconds is None
    (abandoned,) = freeswitch(CUSTOM, QUEUED.replace("1001@default", "")).calls
    assert (abandoned.answered, abandoned.agent_id, abandoned.hangup_by) == (False, None, None)


@pytest.mark.parametrize(
    ("direction", "disposition", "hangup_by"),
    [
        ("inbound", "send_bye", "agent"),
        ("outbound", "recv_bye", "agent"),
        ("outbound", "send_bye", "customer"),
        ("inbound", "send_refuse", None),
    ],
)
def test_freeswitch_who_hung_up(direction: str, disposition: str, hangup_by: str | None) -> None:
    row = QUEUED.replace("inbound", direction).replace("recv_bye", disposition)
    assert freeswitch(CUSTOM, row).calls[0].hangup_by == hangup_by


def test_a_freeswitch_call_out_and_one_that_nobody_answered() -> None:
    (out,) = freeswitch(EXAMPLE.replace('"13800132201","1001"', '"1002","13800132208"')).calls
    assert (out.direction, out.agent_id, out.caller) == (Direction.OUTBOUND, "1002", "13800132208")
    (missed,) = freeswitch(EXAMPLE.replace('"2025-03-03 09:12:14"', '""')).calls
    assert (missed.answered, missed.agent_id, missed.ring_seconds) == (False, None, None)


def test_a_freeswitch_b_leg_names_the_agent_and_is_no_call() -> None:
    a_leg = EXAMPLE.replace('"1001"', '"4008001234"')
    b_leg = EXAMPLE.replace(BLEG, "").replace(UUID, BLEG).replace('"1001"', '"1007"')
    assert freeswitch(a_leg).calls[0].agent_id is None
    records = freeswitch(b_leg, a_leg)
    assert [(call.id, call.agent_id) for call in records.calls] == [(UUID, "1007")]
    assert (records.rejected, records.num_legs) == ((), 1)


def test_freeswitch_rows_that_name_themselves_or_each_other_stay_calls() -> None:
    itself = EXAMPLE.replace(BLEG, UUID)
    crossed = EXAMPLE.replace(UUID, "?").replace(BLEG, UUID).replace("?", BLEG)
    assert len(freeswitch(itself).calls) == 1
    assert len(freeswitch(EXAMPLE, crossed).calls) == 2


def test_freeswitch_duplicates_and_bad_rows() -> None:
    records = freeswitch(EXAMPLE, EXAMPLE, EXAMPLE.replace("09:13:07", "soon").replace(UUID, "E"), "not a row")
    assert len(records.calls) == 1
    assert [(r.call_id, r.reason) for r in records.rejected] == [
        (f"{UUID}#2", "duplicate_call_id"),
        ("E", "bad_record"),
        ("Master.csv:4", "bad_record"),
    ]


def half(uuid: str, agent: str, start: str, end: str, recording: str = "", *, caller: str = UUID) -> str:
    times = f"2025-03-03 {start},2025-03-03 {start},2025-03-03 {end}"
    return f"{uuid},,{caller},,13800132201,{agent},{times},{recording}"


LEGGED = (
    "uuid,bleg_uuid,originating_leg_uuid,call_direction,caller_id_number,destination_number,start_stamp,"
    "answer_stamp,end_stamp,record_name"
)
WHOLE = f"{UUID},,,inbound,13800132201,1001,2025-03-03 09:00:00,2025-03-03 09:00:08,2025-03-03 09:12:00,"


def test_freeswitch_agents_after_a_transfer_each_have_the_call_that_was_recorded_of_them() -> None:
    first = half("B1", "1001", "09:00:01", "09:02:00", "a.wav")
    records = freeswitch(LEGGED, WHOLE, first, half("B2", "1002", "09:02:00", "09:12:00", "b.wav"))
    assert [(call.id, call.agent_id, call.recording_name) for call in records.calls] == [
        (UUID, "1001", "a.wav"),
        (f"{UUID}+2", "1002", "b.wav"),
    ]
    assert (records.num_legs, records.rejected) == (1, ())
    assert "转接" in str(records.notices)


def test_freeswitch_agents_after_a_transfer_in_one_recording_have_a_part_each() -> None:
    halves = half("B1", "1001", "09:00:01", "09:02:00"), half("B2", "1002", "09:02:00", "09:12:00", "b.wav")
    calls = freeswitch(LEGGED, WHOLE + "whole.wav", *halves).calls
    assert [(call.id, call.agent_id, call.recording_name, call.part.number) for call in calls] == [
        (UUID, "1001", "whole.wav", 1),
        (f"{UUID}+2", "1002", "whole.wav", 2),
    ]
    assert calls[0].ring_seconds == 8, "the first part begins as the call does"
    assert calls[0].placed(712.0).span == Span(0.0, 112.0)
    assert "b.wav" in {leg.recording_name for leg in calls[0].legs}, "recorded beside, and so no stray recording"


def test_a_freeswitch_half_of_a_callcenter_is_the_agent_that_it_names() -> None:
    header = LEGGED + ",cc_agent,cc_queue"
    one = half("B1", "1001", "09:00:20", "09:12:00") + ",,"
    (call,) = freeswitch(header, WHOLE + "whole.wav,lin@ours,sales@ours", one).calls
    assert (call.agent_id, call.part, call.handed_over) == ("lin", None, False)
    two = half("B2", "1002", "09:12:00", "09:15:00") + ",,"
    (call,) = freeswitch(header, WHOLE + "whole.wav,lin@ours,sales@ours", one, two).calls
    assert (call.agent_id, call.part, call.handed_over) == ("lin", None, True), "nobody knows which half is lin's"


def test_a_freeswitch_recording_that_only_the_half_names_is_the_calls() -> None:
    (call,) = freeswitch(LEGGED, WHOLE, half("B1", "1001", "09:00:01", "09:12:00", "b.wav")).calls
    assert (call.id, call.recording_name, call.handed_over) == (UUID, "b.wav", False)


def test_freeswitch_json_is_called_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match="JSON"):
        freeswitch('{"core-uuid": "x", "variables": {}}')
