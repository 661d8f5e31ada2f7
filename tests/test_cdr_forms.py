"""What Excel, databases and telephone systems write around records: read as it is meant, and told."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import Workbook

from pipeline.call.cdr import DIALECTS, Records, read
from pipeline.call.cdr.encoding import decoded
from pipeline.errors import CallqaError, ConfigurationError
from pipeline.notices import NoticeKind
from tests.mutations import mutants
from tests.sentences import is_chinese

HEADER = "call_id,agent_id,agent_name,direction,started_at,answered_at,ended_at,recording"
ROW = "D0{n},1001,林晓雯,inbound,2025-03-03 09:12:05,2025-03-03 09:12:14,2025-03-03 09:13:07,D0{n}.wav"
START = datetime(2025, 3, 3, 1, 12, 5, tzinfo=UTC)


def plain(*lines: str, dialect: str = "csv") -> Records:
    return read("\n".join(lines).encode(), "cdr.csv", dialect)


def line(n: int = 1, **given: str) -> str:
    fields = dict(zip(HEADER.split(","), ROW.format(n=n).split(","), strict=True)) | given
    return ",".join(fields.values())


def kinds(records: Records) -> set[NoticeKind]:
    return {notice.kind for notice in records.notices}


# ---- ids


@pytest.mark.parametrize(
    "cell", ["１００１", '"=""1001"""', "'1001", "1001.0", "1001\u200b", "\ufeff1001", " 1001\xa0", "1001\t"]
)
def test_an_agent_is_one_however_the_id_is_written(cell):
    records = plain(HEADER, line(1), line(2, agent_id=cell))
    assert {call.agent_id for call in records.calls} == {"1001"}
    assert records.rejected == ()
    assert NoticeKind.ID_CLEANED in kinds(records) or cell.strip() == "1001"


@pytest.mark.parametrize("cell", ["NULL", r"\N", "None", "-", "(null)", "N/A", "nan", "——", "无"])
def test_a_word_for_nothing_is_nobody(cell):
    records = plain(HEADER, line(agent_id=cell, agent_name=cell, answered_at=cell, ended_at=cell, recording=cell))
    (call,) = records.calls
    assert (call.agent_id, call.agent_name, call.answered_at, call.recording_name) == (None, None, None, None)
    assert call.answered is False
    assert NoticeKind.ID_NOTHING in kinds(records)


@pytest.mark.parametrize("cell", ["1E+03", "2025-03-01", "3月1日", "1.001E+03", "#N/A"])
def test_a_doubtful_id_costs_its_row_and_says_why(cell):
    records = plain(HEADER, line(1, agent_id=cell), line(2))
    (bad,) = records.rejected
    assert (bad.call_id, bad.source) == ("D01", "cdr.csv:2")
    assert "agent_id 是" in bad.problem
    assert NoticeKind.ID_DOUBTFUL in kinds(records)
    assert len(records.calls) == 1


def test_call_ids_that_excel_has_rounded_are_refused_and_others_are_not():
    rounded, whole = "20250308123456700", "20250308123456789"
    assert "15 位" in plain(HEADER, line(call_id=rounded)).rejected[0].problem
    assert plain(HEADER, line(call_id=rounded), line(call_id=whole)).rejected == ()
    assert "科学计数法" in plain(HEADER, line(call_id="2.02503E+16")).rejected[0].problem


def test_a_person_in_two_cases_is_one():
    records = plain(HEADER, line(1, agent_id="A1001"), line(2, agent_id="a1001"), line(3, agent_id="A1001"))
    assert {call.agent_id for call in records.calls} == {"A1001"}
    assert NoticeKind.ID_CASE in kinds(records)


# ---- what is no call


MORE = ["------,----", "制表人：王磊", "第 1 页 共 1 页", "Total,3"]


@pytest.mark.parametrize(
    "total",
    [
        "合计,,,,,,3,",
        "总计：3 通",
        "小计,3",
        ",,合计,,,,,3",
        "共 3 条",
        "合 计,3,,,,,,",
        "导出时间：2025-03-04 08:00:00",
        "------,----",
        "制表人：王磊",
        "第 1 页 共 1 页",
        "Total,3",
    ],
)
def test_totals_and_footers_are_no_calls_and_told(total):
    records = plain(HEADER, line(1), line(2), total)
    assert [call.id for call in records.calls] == ["D01", "D02"]
    assert records.rejected == ()
    (notice,) = records.notices
    assert (notice.kind, "第 4 行" in notice.problem) == (NoticeKind.RECORD_ASIDE, True)


def test_a_call_that_begins_like_a_total_is_a_call():
    (call,) = plain(HEADER, line(call_id="合计01")).calls
    assert call.id == "合计01"
    assert [bad.call_id for bad in plain(HEADER, "D05", line()).rejected] == ["cdr.csv:2"]


def test_titles_above_and_headers_between_are_no_calls_and_told():
    records = plain("热线通话记录（2025年3月）", "导出人：admin,,", "", HEADER, line(1), HEADER, line(2))
    assert [(call.id, call.source) for call in records.calls] == [("D01", "cdr.csv:5"), ("D02", "cdr.csv:7")]
    assert records.rejected == ()
    assert [notice.kind for notice in records.notices] == [NoticeKind.RECORD_ASIDE] * 2


@pytest.mark.parametrize("first", ["sep=,", "SEP=,", '"sep=,"', "\ufeffsep=,"])
def test_the_first_line_of_excel_says_what_is_between(first):
    assert plain(first, HEADER, line()).calls[0].source == "cdr.csv:3"
    semicolons = [text.replace(",", ";") for text in (first, HEADER, line())]
    assert len(plain(*semicolons).calls) == 1


def test_nul_behind_a_file_is_nothing():
    assert plain(HEADER, line(), "\0" * 4096).rejected == ()


def test_empty_files():
    for content in (b"", b"\xef\xbb\xbf", b"\n\r\n ", b"\0\0"):
        with pytest.raises(ConfigurationError, match="is empty"):
            read(content, "cdr.csv", "csv")
        empty = read(content, "Master.csv", "asterisk")
        assert (empty.calls, kinds(empty)) == ((), {NoticeKind.RECORD_EMPTY})
    assert kinds(plain(HEADER)) == {NoticeKind.RECORD_EMPTY}


def test_what_is_no_text_is_called_by_its_name():
    book = io.BytesIO()
    Workbook().save(book)
    for content, what in (
        (book.getvalue(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500, "Excel workbook"),
        (b"<html><table><tr><td>call_id</td></tr></table>", "web page"),
        (b"\x1f\x8b\x08\x00", "gzip"),
    ):
        with pytest.raises(ConfigurationError, match=what):
            read(content, "cdr.csv", "csv")


# ---- encodings


@pytest.mark.parametrize("name", ["郑姚", "姚耀", "郑"])
def test_gbk_that_is_utf8_by_chance_is_chinese(name):
    content = "\n".join((HEADER, line(agent_name=name))).encode("gbk")
    content.decode("utf-8")
    records = read(content, "cdr.csv", "csv")
    assert records.calls[0].agent_name == name
    assert NoticeKind.ENCODING_GUESSED in kinds(records)


@pytest.mark.parametrize("name", ["José", "Müller", "林晓雯", "郑姚", "Ngô Bảo"])
def test_utf8_stays_utf8(name):
    assert decoded(name.encode(), "cdr.csv") == (name, ())


def test_utf16_without_a_mark():
    for encoding in ("utf-16-le", "utf-16-be"):
        records = read("\n".join((HEADER, line())).encode(encoding), "cdr.csv", "csv")
        assert records.calls[0].agent_name == "林晓雯"
        assert NoticeKind.ENCODING_GUESSED in kinds(records)


# ---- times


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2025年3月3日 9:12:05", False),
        ("2025年3月3日 9时12分05秒", False),
        ("2025年03月03日09时12分05秒", False),
        ("2025/3/3 上午 9:12:05", False),
        ("2025/3/3 9:12:05 AM", False),
        ("2025-3-3 星期一 9:12:05", False),
        ("2025-03-03T09:12:05.0000000+08:00", False),
        ("2025-03-03 09:12:05.1234567 +08:00", False),
        ("２０２５-03-03 09:12:05", False),
        ("'2025-03-03 09:12:05", False),
        ("20250303091205", False),
        ("20250303 09:12:05", False),
        ("1740964325", True),
        ("1740964325.4", True),
        ("1740964325000", True),
        ("45719.38339", True),
        ("45719.383391203701", True),
        ("2025-03-03T01:12:05Z", True),
    ],
)
def test_times_however_they_are_written(cell, told):
    records = plain(HEADER, line(started_at=cell, answered_at="", ended_at=""))
    (call,) = records.calls
    assert abs(call.ring_at - START) < timedelta(seconds=1)
    assert bool(kinds(records) & {NoticeKind.CLOCK_FORM, NoticeKind.CLOCK_ZONE}) == told


def test_times_to_the_minute_give_the_call_and_no_seconds_of_ringing():
    records = plain(HEADER, line(started_at="2025/3/3 9:12", answered_at="2025/3/3 9:12", ended_at="2025/3/3 9:13"))
    (call,) = records.calls
    assert (call.ring_at, call.ring_seconds, call.answered) == (START.replace(second=0), None, True)
    assert (call.answered_at, call.ended_at) == (None, None)
    assert NoticeKind.CLOCK_COARSE in kinds(records)


def test_day_or_month_first_is_decided_for_the_file():
    times = ("03/08/2025 09:12:05", "25/03/2025 09:12:05")
    rows = [line(n, started_at=at, answered_at="", ended_at="") for n, at in enumerate(times)]
    assert [call.ring_at.month for call in plain(HEADER, *rows).calls] == [8, 3]
    lone = plain(HEADER, line(started_at="03/08/2025 09:12:05", answered_at="", ended_at=""))
    assert "分不清日和月哪个在前" in lone.rejected[0].problem


@pytest.mark.parametrize("cell", ["0000-00-00 00:00:00", "NULL", "0"])
def test_a_time_that_never_was_is_none(cell):
    (call,) = plain(HEADER, line(answered_at=cell)).calls
    assert (call.answered_at, call.answered) == (None, False)


@pytest.mark.parametrize(
    "cell", ["2025-03-03", "9:12:05", "45719", "4008001234", "1900-01-01 00:00:00", "2025-03-03 25:00:00"]
)
def test_what_is_no_instant_is_refused(cell):
    assert plain(HEADER, line(started_at=cell)).rejected[0].reason == "bad_record"


# ---- whatever comes

GOOD = {
    "csv": "\r\n".join(("通话记录", HEADER, *(line(n) for n in range(1, 6)), "合计,5")).encode("gb18030"),
    "asterisk": "\n".join(
        '"","13800132201","400","from-trunk","""x"" <1>","PJSIP/t-0000002a","PJSIP/100{n}-0000002b",'
        '"Dial","PJSIP/1","2025-03-03 09:12:05","2025-03-03 09:12:14","2025-03-03 09:13:07",62,53,"ANSWERED","DOC",'
        '"1740964325.4{n}","audio:D0{n}.wav"'.replace("{n}", str(n))
        for n in range(5)
    ).encode(),
    "freeswitch": "\n".join(
        '"","13800132201","1001","default","2025-03-03 09:12:05","2025-03-03 09:12:14","2025-03-03 09:13:07",'
        f'"62","53","NORMAL_CLEARING","a5c9f6c{n}","e29ff0a{n}","","PCMA","PCMA"'
        for n in range(5)
    ).encode("utf-16"),
}


@pytest.mark.parametrize("dialect", [dialect.name for dialect in DIALECTS])
def test_broken_files_are_read_or_refused(dialect):
    assert len(read(GOOD[dialect], "cdr.csv", dialect).calls) == 5
    for content in mutants(GOOD[dialect]):
        try:
            records = read(content, "cdr.csv", dialect)
        except CallqaError:
            continue
        ids = [call.id for call in records.calls] + [bad.call_id for bad in records.rejected]
        assert len(set(ids)) == len(ids)
        assert all(is_chinese(bad.problem) for bad in records.rejected)
