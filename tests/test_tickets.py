"""Tickets against speech: each field that a call does not bear out, with the place to listen to."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from flows.cli import app
from flows.month.month import monthly
from flows.month.tickets import against_calls, as_object
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.month.tickets import Side, day_said, differences
from pipeline.store import Store
from tests.builders import EARS, finding

# Wednesday, 2025-03-05, 10:00 in Shanghai
RECORD = "（话单：开始=2025-03-05 10:00，时长=120）"


def told(ticket, *lines, findings=(), **parts):
    """Field and side of each difference of a ticket and a written dialogue."""
    call = replace(hearing_of([RECORD, *lines], "D01"), **parts)
    return [(each.field, each.side) for each in differences({"ticket_id": "T1", **ticket}, call, findings)]


PHONE = "客户：我电话是幺三八零零幺三二二零幺"
BACK = "坐席：一三八零零一三二二零一对吗"


@pytest.mark.parametrize(
    ("written", "lines", "side"),
    [
        ("13800132201", [PHONE, BACK], None),
        ("138-0013-2201", [PHONE, BACK], None),
        ("13800132201", [PHONE, "坐席：好的记下了"], Side.UNREAD),
        ("13800132202", [PHONE, BACK], Side.OTHERWISE),
        (None, [PHONE, BACK], Side.UNWRITTEN),
        ("13800132201", ["客户：你好", "坐席：好的"], Side.UNSAID),
        (None, ["客户：你好"], None),
    ],
)
def test_the_telephone_number(written, lines, side):
    assert told({"phone": written}, *lines) == ([("联系电话", side)] if side else [])


def test_a_number_that_the_line_knows_needs_not_be_said():
    call = hearing_of([RECORD, "客户：你好"])
    call = replace(call, call=replace(call.call, caller="13800132201"))
    assert not differences({"ticket_id": "T1", "phone": "13800132201"}, call)
    assert differences({"ticket_id": "T1", "phone": "13800132202"}, call)


def test_a_column_that_the_feed_does_not_have_is_not_asked():
    assert told({}, PHONE, "客户：我姓王，住阳光小区三栋") == []


@pytest.mark.parametrize(
    ("ticket", "lines", "differs"),
    [
        ({"customer": "王小明"}, ["客户：我姓王"], []),
        ({"customer": "王小明"}, ["客户：我姓汪"], []),  # sounds the same
        ({"customer": "王小明"}, ["坐席：王先生您好"], []),
        ({"customer": "王小明"}, ["客户：我姓李"], [("客户姓名", Side.OTHERWISE)]),
        ({"customer": "王女士"}, ["客户：喂"], [("客户姓名", Side.UNSAID)]),
        ({"customer": None}, ["客户：我叫李小红"], [("客户姓名", Side.UNWRITTEN)]),
        ({"address": "阳光小区3栋201室"}, ["客户：阳光小区三栋二零一", "坐席：三栋二零一对吧"], []),
        ({"address": "阳光小区3栋201室"}, ["客户：阳光小区五栋二零一"], [("地址", Side.OTHERWISE)]),
        ({"appointment": datetime(2025, 3, 7, 15, 30)}, ["客户：周五下午三点半来"], []),
        ({"appointment": datetime(2025, 3, 7, 15, 30)}, ["客户：后天三点半来"], []),
        ({"appointment": datetime(2025, 3, 7, 15, 30)}, ["客户：周四下午三点半来"], [("约定时间", Side.OTHERWISE)]),
        ({"appointment": datetime(2025, 3, 7, 15, 30)}, ["客户：周五下午四点半来"], [("约定时间", Side.OTHERWISE)]),
        ({"appointment": datetime(2025, 3, 7, 15, 30)}, ["客户：尽快来"], [("约定时间", Side.UNSAID)]),
        ({"appointment": None}, ["客户：周五下午三点半来"], [("约定时间", Side.UNWRITTEN)]),
        ({"promised_at": datetime(2025, 3, 5, 12, 0)}, ["坐席：两小时内给您回电"], []),
        ({"promised_at": datetime(2025, 3, 5, 18, 0)}, ["坐席：两小时内给您回电"], [("承诺时间", Side.OTHERWISE)]),
        ({"promised_at": datetime(2025, 3, 6, 18, 0)}, ["坐席：明天给您回电"], []),
        ({"promised_at": datetime(2025, 3, 6, 18, 0)}, ["坐席：好的"], [("承诺时间", Side.UNSAID)]),
        ({"promised_at": datetime(2025, 3, 10, 18, 0)}, ["坐席：三个工作日内答复"], []),
        ({"promised_at": None}, ["坐席：两小时内给您回电"], [("承诺时间", Side.UNWRITTEN)]),
    ],
)
def test_name_address_appointment_and_promise(ticket, lines, differs):
    assert told(ticket, *lines) == differs


@pytest.mark.parametrize(
    ("kind", "differs"), [("inquiry", [("类型", Side.OTHERWISE)]), ("complaint", []), (None, [])]
)
def test_a_complaint_that_was_written_down_as_something_else(kind, differs):
    complaint = replace(finding("complaint", "complaint", 0.5, Role.CUSTOMER, "投诉"), turn_index=0)
    assert told({"kind": kind}, "客户：我要投诉", findings=[complaint]) == differs


def test_what_was_heard_badly_says_so():
    lines = [RECORD, PHONE, BACK]
    call = hearing_of(lines)
    ticket = {"ticket_id": "T1", "phone": "13800132209"}
    (sure,) = differences(ticket, call)
    assert sure.clear
    assert sure.sentence == ("联系电话：工单上是“13800132209”，00:01 处听到“13800132201”；请听录音核对")
    mumbled = tuple(
        replace(turn, words=tuple(replace(word, probability=0.5) for word in turn.words)) for turn in call.turns
    )
    (unsure,) = differences(ticket, replace(call, turns=mumbled))
    assert not unsure.clear
    assert unsure.sentence.endswith("；听得不清，请听录音核对")


def test_whether_the_agent_asked():
    asked = finding("slots_asked", "phone", 1.0)
    for findings, words in (([], "，坐席也没有问"), ([asked], "通话里没有听到；")):
        (one,) = differences(
            {"ticket_id": "T1", "phone": "13800132201"}, hearing_of([RECORD, "客户：喂"]), findings
        )
        assert words in one.sentence
        assert one.asked is bool(findings)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("+0", 5),
        ("-1", 4),
        ("w3", 5),
        ("w2", 11),
        ("w2+", 11),
        ("w7", 9),
        ("03-31", 31),
        ("2025-03-08", 8),
        ("02-30", None),
    ],
)
def test_the_day_that_is_meant(value, day):
    got = day_said(value, date(2025, 3, 5))
    assert got == (date(2025, 3, day) if day else None)


# --- from feed and store


HEADER = "工单号,工号,创建时间,通话编号,联系电话"
ROWS = (
    "T1,1001,2025-03-05 10:05:00,D01,13800132209",
    "T2,1001,2025-03-05 11:00:00,,",
    "T3,1001,2025-03-06 11:00:00,D99,1",
)


@pytest.fixture
def month(tmp_path):
    """A store with one call, and a folder with three tickets: of the call, of none, and of one nobody knows."""
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "tickets.csv").write_text("\n".join([HEADER, *ROWS]), encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'callqa.db'}"
    heard = hearing_of([RECORD, PHONE, BACK], "D01")
    call = replace(heard.call, agent_id="1001", source="cdr.csv:2", ring_at=datetime(2025, 3, 5, 2, tzinfo=UTC))
    with Store.open(url) as store:
        store.calls.save(result_of(replace(heard, call=call), policy_of("kf01", load_settings()), EARS))
    return url, feeds


def test_the_tickets_of_a_month_against_their_calls(month):
    url, feeds = month
    report = against_calls(url, "2025-03", feeds)
    assert (report.compared, report.unlinked, report.unheard) == (1, 1, 1)
    (one,) = as_object(report)["differences"]
    assert (one["ticket_id"], one["call_id"], one["field"], one["difference"]) == (
        "T1",
        "D01",
        "联系电话",
        "otherwise",
    )
    assert (one["written"], one["said"], one["start"]) == ("13800132209", "13800132201", 1.0)


def test_the_command(month):
    url, feeds = month
    asked = ["tickets", "2025-03", "--feeds", str(feeds), "--store", url]
    told = CliRunner().invoke(app, [*asked, "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["compared"] == 1
    assert "差异只供核对" in CliRunner().invoke(app, asked).stdout


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([HEADER.replace(",通话编号", ""), "T1,1001,2025-03-05 10:05:00,1"], "has no column call_id"),
        ([HEADER, ROWS[0].replace("2025-03", "2025-04")], "there are no tickets of 2025-03"),
    ],
)
def test_what_cannot_be_compared_is_told(month, lines, why):
    url, feeds = month
    (feeds / "tickets.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=why):
        against_calls(url, "2025-03", feeds)


def test_the_workbook_of_the_month_lists_the_differences_and_copies_no_number(month, tmp_path):
    url, feeds = month
    assert monthly(url, "2025-03", feeds=feeds).tickets is None, "asked where a workbook is written"
    monthly(url, "2025-03", tmp_path / "month.xlsx", feeds=feeds)
    book = load_workbook(tmp_path / "month.xlsx")
    rows = [[cell for cell in row if cell is not None] for row in book["工单核对"].iter_rows(values_only=True)]
    assert rows[1][0].startswith(
        "核对 1 张，没有通话编号 1 张，通话没有听过 0 张。差异只供核对，不自动计入任何得分"
    )
    assert rows[-1] == ["T1", "D01", "1001", "联系电话", "说的不同", "00:01", "否", "是"]
    assert "1380013220" not in str(rows)
    (feeds / "tickets.csv").write_text("\n".join([HEADER, ROWS[0].replace("2209", "2201")]), encoding="utf-8")
    monthly(url, "2025-03", tmp_path / "month.xlsx", feeds=feeds)
    assert "工单核对" not in load_workbook(tmp_path / "month.xlsx").sheetnames, "nothing differs"
