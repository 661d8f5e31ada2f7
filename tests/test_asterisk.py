"""What Asterisk's Master.csv tells of a call, and what it does not."""

import csv
import io
from datetime import UTC, datetime

import pytest

from pipeline.call import Direction
from pipeline.call.cdr import Records, read
from pipeline.notices import NoticeKind


def local(text: str) -> datetime:
    """An instant of Asia/Shanghai, which has had no summer time since 1991."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


DIAL = (
    '"","13800132201","4008001234","from-trunk","""13800132201"" <13800132201>","PJSIP/trunk-0000002a",'
    '"PJSIP/1001-0000002b","Dial","PJSIP/1001,30,tT","2025-03-03 09:12:05","2025-03-03 09:12:14",'
    '"2025-03-03 09:13:07",62,53,"ANSWERED","DOCUMENTATION","1740964325.42","audio:D01.wav"'
)


# fmt: off
ASTERISK = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount",
    "linkedid", "sequence",
)
# fmt: on


def asterisk(*lines: str) -> Records:
    return read("\n".join(lines).encode(), "Master.csv", "asterisk")


def leg(**given: str) -> str:
    """A row of 21 fields as Asterisk quotes it, from DIAL's with some of its fields replaced."""
    fields = dict(zip(ASTERISK, [*next(csv.reader([DIAL])), "", "", "7"], strict=True)) | given
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow(fields.values())
    return line.getvalue()


def test_an_asterisk_row_becomes_a_call() -> None:
    (call,) = asterisk(DIAL).calls
    assert (call.id, call.agent_id, call.caller, call.direction) == (
        "1740964325.42",
        "1001",
        "13800132201",
        Direction.INBOUND,
    )
    assert (call.ring_at, call.ring_seconds, call.answered) == (local("2025-03-03 09:12:05"), 9.0, True)
    assert (call.recording_name, call.hangup_by, call.source) == ("D01.wav", None, "Master.csv:1")


def test_asterisk_times_in_gmt_are_told_by_the_uniqueid() -> None:
    gmt = DIAL.replace("2025-03-03 09:", "2025-03-03 01:")
    assert asterisk(gmt).calls == asterisk(DIAL).calls
    assert asterisk(gmt.replace("1740964325.42", "pbx1-1740964325.42")).calls[0].ring_at == local(
        "2025-03-03 09:12:05"
    )
    assert asterisk(gmt.replace("1740964325.42", "unknown")).calls[0].ring_at == local("2025-03-03 01:12:05")


@pytest.mark.parametrize("columns", [17, 18, 21])
def test_asterisk_with_and_without_the_optional_columns(columns: int) -> None:
    fields = next(csv.reader([leg()]))[:columns]
    (call,) = asterisk(",".join(f'"{field.replace(chr(34), chr(34) * 2)}"' for field in fields)).calls
    assert (call.id, call.recording_name) == ("1740964325.42", "D01.wav" if columns > 17 else None)


def test_asterisk_without_uniqueid_says_what_to_set() -> None:
    (rejected,) = asterisk(DIAL.removesuffix(',"1740964325.42","audio:D01.wav"')).rejected
    assert rejected.call_id == "Master.csv:1"
    assert "loguniqueid=yes" in rejected.problem


@pytest.mark.parametrize(
    ("given", "answered", "rings"),
    [
        ({}, True, 9.0),
        ({"answer": "2025-03-03 09:12:06"}, True, None),  # an IVR
        ({"lastapp": "Queue", "lastdata": "4000,t,,,60"}, True, None),  # waiting is no ringing
        ({"dstchannel": "", "lastapp": "BackGround", "answer": "2025-03-03 09:12:05"}, False, None),
        ({"disposition": "NO ANSWER", "answer": ""}, False, None),
        ({"disposition": "BUSY", "answer": ""}, False, None),
        ({"disposition": "FAILED", "answer": ""}, False, None),
    ],
)
def test_asterisk_answers(given: dict[str, str], answered: bool, rings: float | None) -> None:
    (call,) = asterisk(leg(**given)).calls
    assert (call.answered, call.ring_seconds) == (answered, rings)
    assert call.agent_id == ("1001" if answered else None)
    assert call.ring_at == local("2025-03-03 09:12:05")
    assert call.queue == ("4000" if given.get("lastapp") == "Queue" else None)


@pytest.mark.parametrize(
    "channel",
    [
        "PJSIP/1001-0000002b",
        "SIP/1001-b7E3f2a0",
        "Local/1001@from-queue-0000002a;1",
        "Agent/1001",
        "IAX2/1001-12345678",
        "Local/1001@from-queue/n-0000002a;2",
    ],
)
def test_asterisk_agents_out_of_channel_names(channel: str) -> None:
    assert asterisk(leg(dstchannel=channel)).calls[0].agent_id == "1001"


def test_an_asterisk_endpoint_may_hold_a_dash() -> None:
    assert asterisk(leg(dstchannel="PJSIP/agent-lin-0000002b")).calls[0].agent_id == "agent-lin"


@pytest.mark.parametrize(
    ("given", "direction"),
    [
        ({"dcontext": "from-trunk-mobile"}, Direction.INBOUND),
        ({"dcontext": "ext-queues"}, Direction.INBOUND),
        ({"dcontext": "outbound-allroutes", "channel": "PJSIP/1001-0000002a"}, Direction.OUTBOUND),
        ({"dcontext": "from-internal", "src": "4008001234", "channel": "PJSIP/1001-0000002a"}, Direction.OUTBOUND),
        ({"dcontext": "default", "src": "1001"}, Direction.OUTBOUND),
        ({"dcontext": "default", "src": "4008001234", "channel": "SIP/1001-0000002a"}, Direction.OUTBOUND),
        ({"dcontext": "default"}, Direction.INBOUND),
    ],
)
def test_asterisk_directions(given: dict[str, str], direction: Direction) -> None:
    (call,) = asterisk(leg(**given)).calls
    assert call.direction is direction


def test_an_asterisk_agent_who_calls_out() -> None:
    row = leg(
        dcontext="from-internal",
        src="1001",
        dst="13800132208",
        channel="PJSIP/1001-0000002a",
        dstchannel="PJSIP/trunk-0000002b",
    )
    (call,) = asterisk(row).calls
    assert (call.agent_id, call.caller) == ("1001", "13800132208")


@pytest.mark.parametrize(
    ("userfield", "name"),
    [("audio:2025/03/x.wav", "2025/03/x.wav"), ("x.mp3", "x.mp3"), ("VIP", None), ("17.42", None), ("", None)],
)
def test_asterisk_recordings_out_of_the_userfield(userfield: str, name: str | None) -> None:
    assert asterisk(leg(userfield=userfield)).calls[0].recording_name == name


def test_asterisk_legs_of_a_queue_are_one_call_of_the_agent_who_answered() -> None:
    rung = {"lastapp": "Queue", "lastdata": "4000", "disposition": "NO ANSWER", "answer": ""}
    records = asterisk(
        leg(**rung, dstchannel="PJSIP/1002-0000002c"),
        leg(lastapp="Queue", lastdata="4000"),
        leg(**rung, dstchannel="PJSIP/1003-0000002d"),
        leg(
            uniqueid="1740964399.50",
            linkedid="1740964325.42",
            start="2025-03-03 09:12:08",
            channel="Local/1001@from-queue-0000002a;2",
        ),
        leg(
            uniqueid="1740970000.60",
            start="2025-03-03 10:46:40",
            answer="2025-03-03 10:46:50",
            end="2025-03-03 10:47:00",
        ),
    )
    assert [(call.id, call.agent_id, call.source) for call in records.calls] == [
        ("1740964325.42", "1001", "Master.csv:2"),
        ("1740970000.60", "1001", "Master.csv:5"),
    ]
    assert (records.rejected, records.num_legs) == ((), 3)


FIRST = {
    "userfield": "audio:/var/spool/in-1001.wav",
    "start": "2025-03-03 09:00:00",
    "answer": "2025-03-03 09:00:08",
}
SECOND = {
    "userfield": "audio:/var/spool/in-1002.wav",
    "dstchannel": "PJSIP/1002-0000002c",
    "start": "2025-03-03 09:02:00",
    "answer": "2025-03-03 09:02:05",
    "end": "2025-03-03 09:12:00",
}


def test_asterisk_agents_after_a_transfer_each_have_the_call_that_was_recorded_of_them() -> None:
    records = asterisk(leg(**FIRST, end="2025-03-03 09:02:00"), leg(**SECOND))
    assert [(call.id, call.agent_id, call.recording_name) for call in records.calls] == [
        ("1740964325.42", "1001", "/var/spool/in-1001.wav"),
        ("1740964325.42+2", "1002", "/var/spool/in-1002.wav"),
    ]
    assert [[part.agent_id for part in call.legs] for call in records.calls] == [["1001", "1002"]] * 2
    assert not any(call.handed_over for call in records.calls)
    assert (records.num_legs, records.rejected) == (0, ())
    assert [notice.kind for notice in records.notices if notice.kind.area.value == "record"] == [
        NoticeKind.RECORD_LEGS
    ]


@pytest.mark.parametrize("second", ["", "audio:/var/spool/in-1001.wav"])
def test_asterisk_agents_after_a_transfer_in_one_recording_have_a_part_each(second: str) -> None:
    records = asterisk(leg(**FIRST, end="2025-03-03 09:02:00"), leg(**SECOND | {"userfield": second}))
    assert [(call.id, call.agent_id, call.recording_name, call.opens, call.closes) for call in records.calls] == [
        ("1740964325.42+2", "1001", "/var/spool/in-1001.wav", True, False),
        ("1740964325.42", "1002", "/var/spool/in-1001.wav", False, True),
    ]
    assert all(call.shares_recording for call in records.calls)
    assert records.num_legs == 0
    assert "按话单的时间分段" in str(records.notices)


def test_asterisk_agents_on_the_line_at_once_are_one_call_that_says_so() -> None:
    records = asterisk(leg(**FIRST, end="2025-03-03 09:05:00"), leg(**SECOND | {"userfield": ""}))
    (call,) = records.calls
    assert (call.agent_id, call.recording_name, call.part) == ("1002", "/var/spool/in-1001.wav", None)
    assert call.handed_over
    assert records.num_legs == 1
    assert "请人工核对" in str(records.notices)


def test_asterisk_decides_the_zone_for_the_file_and_tells_it() -> None:
    utc = [
        leg(uniqueid=f"{1740964325 + n}.{n}", linkedid="", start=f"2025-03-03 01:12:{5 + n:02}", answer="", end="")
        for n in range(3)
    ]
    stray = leg(uniqueid="1740964400.9", linkedid="", start="2025-03-03 09:13:20", answer="", end="")
    nameless = leg(uniqueid="abc", linkedid="", start="2025-03-03 01:14:00", answer="", end="")
    records = asterisk(*utc, stray, nameless)
    assert [call.ring_at.hour for call in records.calls] == [1, 1, 1, 9, 1], "one file has one zone"
    problems = [notice.problem for notice in records.notices if notice.kind is NoticeKind.CLOCK_ZONE]
    assert len(problems) == 2
    assert "UTC+0" in problems[0]
    assert "1 行" in problems[1]
    assert "第 4 行" in problems[1]
    assert asterisk(leg()).notices == ()


def test_asterisk_bad_rows() -> None:
    records = asterisk(DIAL, leg(disposition="MAYBE"), leg(disposition=""), leg(end="2025-03-03 09:00:00"), "x,y")
    assert len(records.calls) == 1
    assert [(r.call_id, r.source) for r in records.rejected] == [
        ("1740964325.42#2", "Master.csv:2"),
        ("1740964325.42#3", "Master.csv:3"),
        ("1740964325.42#4", "Master.csv:4"),
        ("Master.csv:5", "Master.csv:5"),
    ]
    assert "disposition 是一段 5 个字符的文字" in records.rejected[0].problem
