"""Every row of a call detail record is a call, a leg or a rejection with its place; nothing is lost or guessed."""

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli import app
from pipeline.call import Direction
from pipeline.call.cdr import DIALECTS, CallIds, Records, dialects, read
from pipeline.errors import CallqaError, ConfigurationError
from tests.sentences import is_chinese
from tests.strangers import stranger

HEADER = "call_id,agent_id,agent_name,queue,direction,caller,started_at,answered_at,ended_at,recording,remark"
D01 = (
    "D01,1001,林晓雯,家政服务热线,inbound,13800132201,"
    "2025-03-03 09:12:05,2025-03-03 09:12:14,2025-03-03 09:13:07,D01.wav,"
)
D02 = (
    "D02,1002,周敏,家政服务热线,inbound,13800132202,"
    "2025-03-03 10:05:41,2025-03-03 10:05:45,2025-03-03 10:06:31,D02.wav,"
)
D25 = "D25,,,物业服务热线,inbound,13800132225,2025-03-07 21:05:00,,2025-03-07 21:05:42,D25.wav,no_answer"


def plain(*lines: str, end: str = "\r\n", encoding: str = "utf-8") -> Records:
    return read(end.join(lines).encode(encoding), "cdr.csv", "csv")


def local(text: str) -> datetime:
    """An instant of Asia/Shanghai, which has had no summer time since 1991."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


# ---- the plain form


def test_a_plain_row_becomes_a_call_in_utc() -> None:
    records = plain(HEADER, D01, D25)
    first, unanswered = records.calls
    assert first.agent_name == "林晓雯"
    assert first.direction is Direction.INBOUND
    assert (first.ring_at, first.answered_at) == (local("2025-03-03 09:12:05"), local("2025-03-03 09:12:14"))
    assert first.ring_seconds == 9.0
    assert first.answered is True
    assert (first.recording_name, first.remark, first.source) == ("D01.wav", None, "cdr.csv:2")
    assert (unanswered.answered, unanswered.answered_at, unanswered.agent_id) == (False, None, None)
    assert records.rejected == ()


def test_the_month_is_the_local_one() -> None:
    late = D01.replace("2025-03-03 09:1", "2025-03-31 23:5").replace("D01", "D26")
    assert plain(HEADER, late.replace("23:53:07", "23:59:07")).calls[0].month == "2025-03"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_of_an_excel_export_reads_alike(encoding: str, end: str) -> None:
    assert plain(HEADER, D01, D02, D25, encoding=encoding, end=end) == plain(HEADER, D01, D02, D25)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in (HEADER, D01)]
    assert plain(*lines) == plain(HEADER, D01)


def test_column_names_are_read_without_regard_to_case_and_spaces() -> None:
    titles = HEADER.replace("call_id", " Call ID ").replace("started_at", "STARTED-AT").replace("caller", "Caller")
    assert plain(titles, D01) == plain(HEADER, D01)


def test_optional_columns() -> None:
    more = HEADER + ",agent_channel,hangup_by,answered"
    call, other, empty = plain(more, D01 + ",0,customer,1", D02 + ",1,坐席,是", D25 + ",,,").calls
    assert (call.agent_channel, call.hangup_by, call.answered) == (0, "customer", True)
    assert (other.agent_channel, other.hangup_by, other.answered) == (1, "agent", True)
    assert (empty.agent_channel, empty.hangup_by, empty.answered) == (None, None, False)


def test_a_record_without_the_column_does_not_tell_whether_it_was_answered() -> None:
    (call,) = plain("call_id,agent_id,direction,started_at", "D01,1001,呼出,2025/3/3 09:12:05").calls
    assert (call.answered, call.answered_at, call.direction) == (None, None, Direction.OUTBOUND)


@pytest.mark.parametrize(
    "written",
    [
        "2025-3-3 9:12:05",
        "2025/03/03 09:12:05",
        "2025年3月3日 9:12:05",
        "2025-03-03T01:12:05Z",
        "2025-03-03 02:12:05+0100",
    ],
)
def test_times_as_excel_and_others_write_them(written: str) -> None:
    (call,) = plain(HEADER, D01.replace("2025-03-03 09:12:05", written)).calls
    assert call.ring_at == local("2025-03-03 09:12:05")


def test_a_file_without_its_columns_is_a_configuration_error_that_lists_them() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"cdr\.csv: .*: agent_id, started_at \(found: call_id, direction, begin\)",
    ):
        plain("call_id,direction,begin", "D01,inbound,x")


def test_a_file_without_a_header_is_refused_without_repeating_its_first_record() -> None:
    with pytest.raises(ConfigurationError, match="--cdr-format") as refused:
        plain(D01, D02)
    assert "13800132201" not in str(refused.value)
    with pytest.raises(ConfigurationError):
        plain("")


def test_a_header_alone_is_a_night_without_calls() -> None:
    assert plain(HEADER) == Records((), ())


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (
            b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\n\x00" + "上上\nx".encode("utf-16-le") + b"\x00\xd8",
            r"cdr\.csv:3:",
        ),
        (b"\xef\xbb\xbf" + HEADER.encode() + b"\nD01,1001,\xff", r"cdr\.csv:2: the byte at offset 112 "),
        (HEADER.encode() + b"\n\nD01,1001,\x80\xff", r"cdr\.csv:3: the byte at offset 110 "),
        # UTF-8 with one broken byte, which as GB18030 would give wrong names in silence
        ("\n".join((HEADER, D01, D02)).encode().replace("敏".encode(), "敏".encode()[:2]), r"cdr\.csv:3:"),
    ],
)
def test_what_is_no_text_is_named_by_line_and_byte(content: bytes, place: str) -> None:
    with pytest.raises(ConfigurationError, match=place):
        read(content, "cdr.csv", "csv")


# ---- rows that are no calls


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "2025-03-03 09:12:05",
            "yesterday",
            "started_at 是一段 9 个字符的文字，不是时间；请写成 2025-03-03",
        ),
        ("2025-03-03 09:12:05", "2025-02-30 09:12:05", "started_at 是一段 19 个字符的文字，不是时间"),
        ("2025-03-03 09:12:05", "0001-01-01 00:00:00", "started_at 是一段 19 个字符的文字，不是时间"),
        ("2025-03-03 09:12:05", "", "started_at 是空的"),
        ("2025-03-03 09:12:05", "2025年3月3日", "started_at 是一段 9 个字符的文字，不是时间"),
        ("2025-03-03 09:12:14", "13800132201", "answered_at 是一个 11 位的数字，不是时间"),
        ("2025-03-03 09:12:14", "2025-03-03 09:12:04", "answered_at 早于 started_at"),
        ("2025-03-03 09:13:07", "2025-03-03 09:12:13", "ended_at 早于 answered_at"),
        ("inbound", "sideways", "direction 是一段 8 个字符的文字；可以填：inbound、in、"),
        ("inbound", "", "direction 是空的"),
        ("D01.wav,", "D01.wav,,2", "agent_channel 是一个 1 位的数字；可以填：0、1"),
        ("D01.wav,", "D01.wav,,,nobody", "hangup_by 是一段 6 个字符的文字；可以填：agent、"),
        ("D01.wav,", "D01.wav,,,,no", "answered 写的是未接听，answered_at 却有时间"),
        ("D01.wav,", "D01", "有 10 个字段，应为 14 个"),
        ("D01.wav,", "D01.wav,,,,,x", "有 15 个字段，应为 14 个"),
        ("林晓雯", "林\0雯", "含有空字符"),
    ],
)
def test_a_bad_row_names_place_column_and_kind_and_costs_only_itself(old: str, new: str, problem: str) -> None:
    bad = D01.replace(old, new)
    if "字段" not in problem:
        bad += "," * (13 - bad.count(","))
    records = plain(HEADER + ",agent_channel,hangup_by,answered", D02 + ",,,", bad, D25 + ",,,")
    assert [call.id for call in records.calls] == ["D02", "D25"]
    (rejected,) = records.rejected
    assert (rejected.call_id, rejected.source, rejected.reason) == ("D01", "cdr.csv:3", "bad_record")
    assert rejected.problem.startswith(f"cdr.csv 第 3 行：{problem}")
    assert is_chinese(rejected.problem)
    assert not any(secret in rejected.problem for secret in ("13800132201", "林晓雯"))


def test_a_row_without_an_id_is_known_by_its_place() -> None:
    records = plain(HEADER, D01.replace("D01,", " ,"), "a stray line", D02)
    assert [(r.call_id, r.reason) for r in records.rejected] == [
        ("cdr.csv:2", "bad_record"),
        ("cdr.csv:3", "bad_record"),
    ]
    assert [call.id for call in records.calls] == ["D02"]


def test_blank_lines_and_empty_rows_are_no_rows_and_lines_are_counted_as_they_stand() -> None:
    note = D01 + '"客户要求\n\n三点回电"'
    records = plain("", HEADER, "", note, "  ", "," * 10, D02 + ",,", end="\n")
    assert [(call.id, call.source) for call in records.calls] == [("D01", "cdr.csv:4"), ("D02", "cdr.csv:9")]
    assert records.calls[0].remark == "客户要求\n\n三点回电"
    assert records.rejected == ()


def test_a_quote_left_open_swallows_no_other_call() -> None:
    records = plain(HEADER, '"' + D01, D02, D25, *(D02.replace("D02", f"E{n}") for n in range(60)))
    assert len(records.calls) == 63
    assert records.calls[1].id == "D02"
    with_cut = plain(HEADER, D01.replace("林晓雯", '"林晓雯').replace(",inbound", ""), D02, D25)
    assert [call.id for call in with_cut.calls] == ["D02", "D25"]
    assert [(r.call_id, r.source) for r in with_cut.rejected] == [("D01", "cdr.csv:2")]


def test_a_repeated_id_is_rejected_under_an_id_of_its_own() -> None:
    third = D01.replace("1001", "1003")
    records = plain(HEADER, D01, D02, third, D02.replace("D02", "D01#2"), third)
    assert [(call.id, call.agent_id) for call in records.calls] == [
        ("D01", "1001"),
        ("D02", "1002"),
        ("D01#2", "1002"),
    ]
    assert [(r.call_id, r.reason) for r in records.rejected] == [
        ("D01#3", "duplicate_call_id"),
        ("D01#4", "duplicate_call_id"),
    ]
    assert records.rejected[0].problem.startswith("cdr.csv 第 4 行：通话编号已用于 cdr.csv 第 2 行")


def test_a_good_row_keeps_the_id_of_a_bad_one_before_it() -> None:
    records = plain(HEADER, D01.replace("inbound", "?"), D01)
    assert [call.source for call in records.calls] == ["cdr.csv:3"]
    assert [r.call_id for r in records.rejected] == ["D01#2"]


# ---- whatever comes


DIALECT_NAMES = [dialect.name for dialect in DIALECTS]


def test_dialects_are_listed() -> None:
    assert DIALECT_NAMES == ["csv", "asterisk", "freeswitch"]
    assert list(dialects()) == DIALECT_NAMES
    assert all(dialect.title for dialect in DIALECTS)


def test_a_dialect_that_there_is_not_is_told_with_the_choices() -> None:
    with pytest.raises(ConfigurationError, match=r"no dialect 'asterix' .*: csv .*; asterisk .*; freeswitch"):
        read(b"", "cdr.csv", "asterix")


@pytest.fixture
def fresh_dialects():
    dialects.cache_clear()
    yield
    dialects.cache_clear()


PBX = """
from functools import partial

from pipeline.call import Call, Direction
from pipeline.call.cdr.dialect import Dialect
from pipeline.call.cdr.records import collect, required_id, required_instant
from pipeline.call.cdr.table import Layout


def call_of(row):
    rest = dict.fromkeys(("agent_name", "queue", "caller", "answered_at", "ended_at", "recording_name"))
    call_id, ring_at = required_id(row, "Number"), required_instant(row, "Time")
    return Call(call_id, row.text("Extension"), direction=Direction.INBOUND, ring_at=ring_at, **rest)


OURS = Dialect("ours", "our PBX", Layout(("Number", "Time")), partial(collect, id_column="Number", call_of=call_of))
CLASH = Dialect("csv", "our CSV", OURS.layout, OURS.records)
"""


def test_a_dialect_of_another_package_is_read_and_is_a_choice_of_the_command(tmp_path, fresh_dialects) -> None:
    entries = "[callqa.dialects]\nours = ours.pbx:OURS\n"
    with stranger(tmp_path, {"ours/pbx.py": PBX}, entries):
        (call,) = read(b"Number,Time,Extension\nA1,2025-03-03 09:12:05,1001", "cdr.csv", "ours").calls
        assert (call.id, call.agent_id, call.ring_at) == ("A1", "1001", local("2025-03-03 09:12:05"))
        wanted = ["run", "--recordings", "x", "--cdr", "y", "--cdr-format"]
        slip = CliRunner().invoke(app, [*wanted, "hours"])
        assert slip.exit_code == 2
        told = re.sub(r"[│\s]+", " ", slip.output)
        assert "'hours' is not one of 'csv', 'asterisk', 'freeswitch', 'ours'" in told
        right = CliRunner().invoke(app, [*wanted, "ours"])
        assert isinstance(right.exception, ConfigurationError), "the format is one; there is no such file"


def test_a_dialect_of_a_name_that_is_taken_is_refused(tmp_path, fresh_dialects) -> None:
    entries = "[callqa.dialects]\ntheirs = ours.pbx:CLASH\n"
    with (
        stranger(tmp_path, {"ours/pbx.py": PBX}, entries),
        pytest.raises(
            ConfigurationError, match=r"theirs = ours\.pbx:CLASH .* is called 'csv', and so is callqa's own"
        ),
    ):
        dialects()


FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["D01", "D02", "", "inbound", "ANSWERED", "1001", "2025-03-03 09:12:05", "2025-03-03 09:13:05", "1", "x.wav"]
)
DIRECT = {
    "csv": (",".join(["call_id", "agent_id", "direction", "started_at", "answered_at"]), 5),
    "asterisk": ("", 18),
    "freeswitch": ("", 13),
}


@given(dialect=st.sampled_from(DIALECT_NAMES), table=st.data())
def test_rows_add_up_and_ids_are_unique(dialect: str, table: st.DataObject) -> None:
    header, width = DIRECT[dialect]
    row = st.lists(FIELD, min_size=width - 1, max_size=width + 1)
    given_rows = [["D02", *fields[1:]] for fields in table.draw(st.lists(row, max_size=8))]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [[cell.replace("\r", "").replace("\n", "") for cell in fields] for fields in given_rows]
    )
    records = read(f"{header}\n{written.getvalue()}".encode(), "cdr.csv", dialect)
    assert len(records.calls) + len(records.rejected) + records.num_legs == len(given_rows)
    ids = [call.id for call in records.calls] + [line.call_id for line in records.rejected]
    assert len(set(ids)) == len(ids)
    assert len({line.source for line in records.rejected}) == len(records.rejected)
    assert all(is_chinese(line.problem) for line in records.rejected)


DAY = "2025-03-03"
MIXED = {
    "csv": (HEADER, D01, D02, D25, D01.replace("inbound", "?"), D02 + ",,x", "torn"),
    "asterisk": (
        "uniqueid,linkedid,src,channel,dstchannel,start,answer,end,disposition",
        f"1,9,13800132201,SIP/t-00000001,SIP/1001-00000002,{DAY} 09:00:00,{DAY} 09:00:09,{DAY} 09:01:00,ANSWERED",
        f"2,9,13800132201,SIP/t-00000001,SIP/1002-00000003,{DAY} 09:00:00,,{DAY} 09:01:00,NO ANSWER",
        f"3,,13800132201,SIP/t-00000004,,{DAY} 09:00:00,,{DAY} 09:01:00,NO ANSWER",
        "4,,,,,,,,",
        "torn",
    ),
    "freeswitch": (
        "uuid,bleg_uuid,caller_id_number,destination_number,start_stamp,answer_stamp",
        f"A,B,13800132201,1001,{DAY} 09:00:00,{DAY} 09:00:09",
        f"B,,13800132201,1001,{DAY} 09:00:00,{DAY} 09:00:09",
        f"C,A,13800132201,1001,{DAY} 09:00:00,",
        "D,B,,,,",
        "torn",
    ),
}


@given(dialect=st.sampled_from(DIALECT_NAMES), drawn=st.data())
def test_good_bad_and_repeated_rows_add_up(dialect: str, drawn: st.DataObject) -> None:
    header, *pool = MIXED[dialect]
    lines = drawn.draw(st.lists(st.sampled_from(pool), max_size=12))
    records = read("\n".join([header, *lines]).encode(), "cdr.csv", dialect)
    assert len(records.calls) + len(records.rejected) + records.num_legs == len(lines)
    ids = [call.id for call in records.calls] + [line.call_id for line in records.rejected]
    assert len(set(ids)) == len(ids)


@given(dialect=st.sampled_from(DIALECT_NAMES), content=st.binary(max_size=400))
@example(dialect="asterisk", content=b'"' + b"x" * 140_000 + b"\nA,B\n")
@example(dialect="csv", content=HEADER.encode() + b"\n" + b"x" * 140_000)
@example(dialect="freeswitch", content=b"\xff\xfe\x00\xd8\x00")
def test_random_bytes_are_read_or_refused(dialect: str, content: bytes) -> None:
    try:
        records = read(content, "cdr.csv", dialect)
    except CallqaError:
        return
    ids = [call.id for call in records.calls] + [line.call_id for line in records.rejected]
    assert len(set(ids)) == len(ids)
    assert all(name.isprintable() for name in ids)


@given(ids=st.lists(st.sampled_from(["D01", "D01#2", "D01#3", "D02"])))
def test_claimed_ids_are_unique(ids: list[str]) -> None:
    given_out = CallIds(["D01"])
    claimed = [given_out.claim(call_id) for call_id in ids]
    assert len({"D01", *claimed}) == len(claimed) + 1
