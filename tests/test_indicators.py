from __future__ import annotations

import csv
import io
import sqlite3
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError
from pipeline.indicators import INDICATORS, Feeds, ManualValue, Ratio
from pipeline.indicators.cells import COUNT, DAY, INSTANT, MONTH, NUMBER, YES_NO, read_cells
from pipeline.indicators.counts import FEED_INDICATORS
from pipeline.indicators.schemas import SCHEMAS
from pipeline.indicators.working_days import WorkingDays

EXAMPLES = Path(__file__).parent / "feeds"
TICKETS = "工单号,工号,创建时间,首次解决"


def feeds(folder: Path, **files: str) -> Feeds:
    """The feeds of CSV texts by name."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Feeds.read(folder)


def refusal(folder: Path, **files: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        feeds(folder, **files)
    return str(caught.value)


def test_every_indicator_of_a_feed_is_measured_on_columns_that_the_feed_has():
    assert {name for name, known in INDICATORS.items() if known.feed != "calls"} == FEED_INDICATORS
    for name, known in INDICATORS.items():
        assert known.name == name
        assert name.startswith(f"{known.feed}.")
        if known.feed != "calls":
            assert set(known.columns) <= set(SCHEMAS[known.feed].columns)
            assert set(known.columns).isdisjoint(
                column for column, spec in SCHEMAS[known.feed].columns.items() if spec.required
            )


def test_no_feeds_know_nothing():
    none = Feeds.read(None)
    assert none.names == ()
    assert none.measured("tickets.closed", "2025-03") is None
    assert not none.measures("tickets.closed", "2025-03")
    assert none.errors_per_ticket("2025-03") is None
    assert none.agents("2025-03") == ()
    assert (none.team("1001", date(2025, 3, 3)), none.name("1001")) == (None, None)
    assert dict(none.given("2025-03", "1001")) == {}
    assert none.exemptions_of("1001", "热线", datetime(2025, 3, 3, tzinfo=UTC)) == ()
    assert not none.has_exemptions


class TestWritten:
    """A table means the same however it was written."""

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_csv(self, tmp_path, encoding, delimiter):
        text = f"{TICKETS},备注\r\nT1,0012,2025-03-03 09:12:05,是,“换行\r\n\r\nT2,0012,2025/3/4 9:12,否,\r\n"
        (tmp_path / "tickets.csv").write_bytes(text.replace(",", delimiter).encode(encoding))
        read = Feeds.read(tmp_path)
        assert read.measured("tickets.first_contact", "2025-03", agent_id="0012") == Ratio(1, 2)
        assert read.measured("tickets.first_contact", "2025-03", agent_id="12") is None

    @pytest.mark.parametrize("title", ["工号", "agent_id", "Agent ID", "坐席工号", " 工号 "])
    def test_headings(self, tmp_path, title):
        read = feeds(tmp_path, exams=f"{title},科目,考试日期,成绩\n0012,业务,2025-03-20,85\n")
        assert read.measured("exams.score", "2025-03", agent_id="0012") == Ratio(85, 1)

    @pytest.mark.parametrize("written", ["0012", '"=""0012"""', "0012\t", "００１２"])
    def test_an_id_keeps_its_zeros(self, tmp_path, written):
        read = feeds(tmp_path, exams=f"工号,科目,考试日期,成绩\n{written},业务,2025-03-20,85\n")
        assert read.agents("2025-03") == ("0012",)

    def test_a_feed_may_have_its_chinese_name(self, tmp_path):
        (tmp_path / "考试.csv").write_text("工号,科目,考试日期,成绩\n1001,业务,2025-03-20,85\n", encoding="utf-8")
        (tmp_path / ".DS_Store").write_bytes(b"\0")
        (tmp_path / "~$考试.xlsx").write_bytes(b"\0")
        assert Feeds.read(tmp_path).names == ("exams",)

    def test_xlsx(self, tmp_path):
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["工号", "队列", "开始时间", "结束时间", "项目", "原因", "批准人"])
        sheet.append([12, None, datetime(2025, 3, 3, 9, 30), datetime(2025, 3, 4), "T1-1", "停电", "吴刚"])
        sheet["A2"].number_format = "0000"
        sheet["C2"].number_format = "yyyy-mm-dd hh:mm"
        sheet["D2"].number_format = "yyyy/m/d"
        book.create_sheet("说明").append(["不读"])
        book.save(tmp_path / "exemptions.xlsx")
        read = Feeds.read(tmp_path)
        (only,) = read.exemptions_of("0012", "任何", datetime(2025, 3, 4, 15, 59, tzinfo=UTC))
        assert (only.items, only.reason, only.by) == (("T1-1",), "停电", "吴刚")
        assert not read.exemptions_of("0012", "任何", datetime(2025, 3, 4, 16, 0, tzinfo=UTC))  # 24:00 in Shanghai
        assert not read.exemptions_of("0012", "任何", datetime(2025, 3, 3, 1, 29, tzinfo=UTC))

    def test_sql(self, tmp_path, monkeypatch):
        database = tmp_path / "crm.db"
        with sqlite3.connect(database) as crm:
            crm.execute("CREATE TABLE crm_tickets (ticket_no, agent_no, created, solved_at_once, title)")
            crm.executemany(
                "INSERT INTO crm_tickets VALUES (?, ?, ?, ?, ?)",
                [
                    ("T1", "0012", "2025-03-03 09:12:05", 1, "空调"),
                    ("T2", "0012", "2025-03-04 10:00:00", 0, "漏水"),
                    ("T3", "0012", "2025-03-04 11:00:00", None, "漏水"),
                    ("T4", "0012", "2025-03-04 11:00:00", 1, "测试单"),
                ],
            )
        folder = tmp_path / "feeds"
        folder.mkdir()
        (folder / "tickets.sql").write_bytes((EXAMPLES / "sql" / "tickets.sql").read_bytes())
        with pytest.raises(ConfigurationError, match="the environment variable CRM_URL is not set"):
            Feeds.read(folder)
        monkeypatch.setenv("CRM_URL", f"sqlite:///{database}")
        read = Feeds.read(folder)
        assert read.measured("tickets.first_contact", "2025-03", agent_id="0012") == Ratio(1, 2, unknown=1)
        with sqlite3.connect(database) as crm:
            crm.execute("UPDATE crm_tickets SET solved_at_once = 1 WHERE ticket_no = 'T3'")
        crm.close()
        assert Feeds.read(folder).digests != read.digests  # the same query, other rows

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("SELECT 1", "the first line must be `-- database: URL`"),
            ("-- database: sqlite://\n", "a SELECT follow"),
            ("-- database: nowhere\nSELECT 1", "cannot be opened"),
            ("-- database: sqlite://\nSELECT * FROM absent", "sqlite:// answers: no such table: absent"),
            ("-- database: sqlite://\nCREATE TABLE x (y)", "it must be a SELECT"),
        ],
    )
    def test_a_query_that_cannot_be_asked(self, tmp_path, text, said):
        (tmp_path / "tickets.sql").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"tickets\.sql: ") as caught:
            Feeds.read(tmp_path)
        assert said in str(caught.value)

    def test_a_password_is_never_told(self, tmp_path):
        (tmp_path / "tickets.sql").write_text(
            "-- database: postgresql+psycopg://u:geheim@127.0.0.1:1/x\nSELECT 1", encoding="utf-8"
        )
        with pytest.raises(ConfigurationError, match="answers") as caught:
            Feeds.read(tmp_path)
        assert "geheim" not in str(caught.value)

    def test_digest_is_of_the_bytes(self, tmp_path):
        one = feeds(tmp_path / "a", holidays="日期\n2025-01-01\n").digests
        two = feeds(tmp_path / "b", holidays="日期\n2025-01-02\n").digests
        assert [len(digest) for digest in one.values()] == [12]
        assert one != two
        assert feeds(tmp_path / "c", holidays="日期\n2025-01-01\n").digests == one


class TestCells:
    @pytest.mark.parametrize(
        "written",
        [
            "2025-03-03 09:12:05",
            "2025/3/3 9:12:05",
            "2025.3.3 9:12:05",
            "2025年3月3日 9:12:05",
            "20250303 09:12:05",
            "2025-03-03T09:12:05",
            "2025-03-03T01:12:05Z",
            "2025-03-03 09:12:05+08:00",
            "2025-03-02 20:12:05 -0500",
            "2025-03-03 09:12:05.000",
        ],
    )
    def test_instants(self, written):
        (read,) = read_cells(pd.Series([written], dtype="str"), INSTANT)
        assert read.to_pydatetime() == datetime(2025, 3, 3, 1, 12, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("dtype", "written", "value"),
        [
            (DAY, "2025年3月3日", pd.Timestamp(2025, 3, 3)),
            (DAY, "20250303", pd.Timestamp(2025, 3, 3)),
            (MONTH, "2025-03", pd.Period("2025-03")),
            (MONTH, "2025年3月", pd.Period("2025-03")),
            (MONTH, "2025-03-01 00:00:00", pd.Period("2025-03")),
            (NUMBER, "４.５", 4.5),
            (COUNT, "3.0", 3),
            (YES_NO, "√", True),
            (YES_NO, "FALSE", False),
        ],
    )
    def test_others(self, dtype, written, value):
        assert read_cells(pd.Series([written], dtype="str"), dtype).tolist() == [value]

    @pytest.mark.parametrize(
        ("dtype", "written"),
        [
            (INSTANT, "昨天"),
            (INSTANT, "2025-02-30"),
            (INSTANT, "2025-03-03 25:00"),
            (INSTANT, "45719.4"),
            (INSTANT, "2025303"),
            (MONTH, "2025-03-02"),
            (MONTH, "2025-13"),
            (COUNT, "1.5"),
            (NUMBER, "nan"),
            (NUMBER, "4分"),
            (YES_NO, "也许"),
        ],
    )
    def test_what_cannot_be_read_is_missing(self, dtype, written):
        assert read_cells(pd.Series([written], dtype="str"), dtype).isna().tolist() == [True]


class TestWrong:
    """A wrong table is one message with file, row, column, value and what is right."""

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("T2,1001,昨天,是", "第 3 行 创建时间（created_at）：是“昨天”，应为时间，如 2025-03-03"),
            (
                "T2,1001,2205-03-03,是",
                "第 3 行 创建时间（created_at）：是“2205-03-03”，应为 2000 至 2099 年的时间",
            ),
            ("T2,1001,,是", "第 3 行 创建时间（created_at）：是空的，应填写"),
            ("T2,,2025-03-04,是", "第 3 行 工号（agent_id）：是空的，应填写"),
            ("T2,#N/A,2025-03-04,是", "第 3 行 工号（agent_id）：显示为“#N/A”，是公式的错误，不是编号"),
            ("2.0E+15,1001,2025-03-04,是", "第 3 行 工单号（ticket_id）：显示为“2.0E+15”，是科学计数法"),
            ("T2,1001,2025-03-04,也许", "第 3 行 首次解决（first_contact）：是“也许”，应为“是”或“否”"),
            ("T1,1001,2025-03-04,是", "第 3 行 工单号（ticket_id）：是“T1”，应只出现在一行"),
            ("T2,1001,2025-03-04", "第 3 行只有 3 个字段，标题有 4 个"),
            ("T2,1001,2025-03-04,是,多", "第 3 行有 5 个字段，标题有 4 个"),
            ('T2,1001,2025-03-04,"是', "是不是有引号没有闭合"),
        ],
    )
    def test_a_value(self, tmp_path, row, said):
        message = refusal(tmp_path, tickets=f"{TICKETS}\nT1,1001,2025-03-03,是\n{row}\n")
        assert message.startswith(str(tmp_path / "tickets.csv"))
        assert said in message
        assert "第 2 行" not in message

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("tickets", "工单号,工号\n", "缺少列：创建时间（created_at）；现有的列：工单号、工号"),
            ("tickets", f"{TICKETS},工号\n", "有两列的标题都是“工号”，请只留一列"),
            ("tickets", "", "the first row has no column headings"),
            (
                "tickets",
                f"{TICKETS},类型\nT1,1,2025-03-03,是,抱怨\n",
                "类型（kind）：是“抱怨”，应为咨询、",
            ),
            (
                "tickets",
                f"{TICKETS},关闭时间\nT1,1,2025-03-03,是,2025-03-02\n",
                "第 2 行 关闭时间（closed_at）：是“2025-03-02”，应不早于 created_at",
            ),
            ("tickets", f"{TICKETS},记录错误数\nT1,1,2025-03-03,是,-1\n", "是“-1”，应为 0 或更大"),
            (
                "tickets",
                f"{TICKETS},记录错误数\nT1,1,2025-03-03,是,1.5\n",
                "是“1.5”，应为整数",
            ),
            (
                "satisfaction",
                "评价编号,工号,评价时间,满意度\nS1,1001,2025-03-03,92\n",
                "第 2 行 满意度（score）：是“92”，应为 1 至 5 的数",
            ),
            (
                "exams",
                "工号,科目,考试日期,成绩\n1,业务,2025-03-20,101\n",
                "是“101”，应为 0 至 100 的数",
            ),
            (
                "exams",
                "工号,科目,考试日期,成绩\n1,业务,2025-03-20,80\n1,业务,2025-03-20,90\n",
                "第 3 行 工号（agent_id）：是“1”，应只出现在一行（exam、taken_at 相同时）",
            ),
            (
                "chat",
                "会话编号,工号,发起时间,首次回复时间\nC1,1,2025-03-03 09:00,\n",
                "首次回复时间（first_reply_at）：是空的，应为时间；没有人回复的会话要填 ended_at",
            ),
            (
                "hours",
                "时段,呼入量,接通量\n2025-03-03 09:00,10,11\n",
                "第 2 行 呼入量（offered）：是“10”，应不小于 answered",
            ),
            (
                "hours",
                "时段,呼入量,接通量,放弃量\n2025-03-03 09:00,10,5,11\n",
                "第 2 行 呼入量（offered）：是“10”，应不小于 busy + abandoned",
            ),
            (
                "judged",
                "月份,工号,项目,值,评定人\n2025-03,1,H-6,4,李\n2025-3,1,H-6,5,李\n",
                "第 3 行 项目（item）：是“H-6”，应只出现在一行（month、agent_id 相同时）",
            ),
            ("judged", "月份,工号,项目,值,评定人\n三月,1,H-6,4,李\n", "是“三月”，应为月份"),
            ("judged", "月份,工号,项目,值,评定人\n2025-03,1,H-6,4,\n", "评定人（by）：是空的"),
            (
                "roster",
                "工号,姓名,班组,起始日期,结束日期\n1,林,甲,2025-01-01,2025-03-15\n1,林,乙,2025-03-15,\n",
                "第 3 行 起始日期（first_day）：是“2025-03-15”，应晚于此人上一行的 last_day",
            ),
            (
                "roster",
                "工号,姓名,班组,起始日期\n1,林,乙,2025-03-15\n1,林,甲,2025-01-01\n",
                "第 2 行 起始日期（first_day）：是“2025-03-15”",
            ),
            (
                "roster",
                "工号,姓名,班组,起始日期,结束日期\n1,林,甲,2025-03-15,2025-03-14\n",
                "第 2 行 结束日期（last_day）：是“2025-03-14”，应不早于 first_day",
            ),
            (
                "exemptions",
                "工号,开始时间,结束时间,项目,原因,批准人\n,2025-03-03 10:00,2025-03-03 10:00,T1-1,停电,吴\n",
                "结束时间（end）：是“2025-03-03 10:00”，应晚于 start",
            ),
        ],
    )
    def test_a_table(self, tmp_path, name, text, said):
        assert said in refusal(tmp_path, **{name: text})

    def test_the_first_of_many_in_the_order_of_rows(self, tmp_path):
        rows = "".join(f"T{n},1001,不详,是\n" for n in range(8))
        message = refusal(tmp_path, tickets=f"{TICKETS}\n\n{rows}")
        lines = message.splitlines()
        assert lines[0].endswith("有 8 处不对，请改正后重新运行：")
        assert [line.split(" 创")[0].strip() for line in lines[1:-1]] == [f"第 {n} 行" for n in range(3, 8)]
        assert lines[-1] == "  另有 3 处"

    def test_all_wrong_tables_are_told_at_once(self, tmp_path):
        message = refusal(tmp_path, tickets="工号\n", orders="工号\n", holidays="日期\n2025-01-01\n")
        assert "tickets.csv：缺少列" in message
        assert "orders.csv：缺少列" in message
        assert "holidays" not in message

    @pytest.mark.parametrize("name", ["ticket.csv", "tickets.doc", "README.md", "2025"])
    def test_an_unknown_file(self, tmp_path, name):
        (tmp_path / name).write_text("x", encoding="utf-8")
        with pytest.raises(ConfigurationError, match="is not a feed") as caught:
            Feeds.read(tmp_path)
        assert all(known in str(caught.value) for known in SCHEMAS)

    def test_a_feed_twice(self, tmp_path):
        for name in ("tickets.csv", "工单.csv"):
            (tmp_path / name).write_text(f"{TICKETS}\n", encoding="utf-8")
        with pytest.raises(ConfigurationError, match=r"the feed tickets is already in tickets\.csv"):
            Feeds.read(tmp_path)

    def test_no_folder_and_no_workbook(self, tmp_path):
        with pytest.raises(ConfigurationError, match="there is no folder"):
            Feeds.read(tmp_path / "none")
        (tmp_path / "orders.xlsx").write_bytes(b"PK\3\4 no workbook")
        with pytest.raises(ConfigurationError, match="工作簿已损坏"):
            Feeds.read(tmp_path)

    def test_names_that_nothing_has(self, tmp_path):
        read = feeds(tmp_path, tickets=f"{TICKETS}\n")
        for name in ("tickets.first_contac", "calls.speed_of_answer"):
            with pytest.raises(ConfigurationError, match=r"no feed has an indicator .* there are tickets\."):
                read.measured(name, "2025-03")
        with pytest.raises(ConfigurationError, match="takes no limit"):
            read.measured("tickets.closed", "2025-03", limit=3)


MOVED = """工号,姓名,班组,起始日期,结束日期
1,林晓雯,甲组,2025-01-01,2025-03-15
1,林晓文,乙组,2025-03-16,
2,周敏,乙组,2025-01-01,2025-03-31
"""


class TestWhose:
    def test_a_transfer_within_the_month(self, tmp_path):
        tickets = (
            f"{TICKETS}\nA,1,2025-03-15 23:59:59,是\nB,1,2025-03-16 00:00:00,否\n"
            "C,1,2025-03-20,是\nD,2,2025-03-20,否\nE,3,2025-03-20,是\nF,2,2025-04-01,是\n"
        )
        read = feeds(tmp_path, roster=MOVED, tickets=tickets)
        name = "tickets.first_contact"
        assert read.measured(name, "2025-03", agent_id="1") == Ratio(2, 3)
        assert read.measured(name, "2025-03", team="甲组") == Ratio(1, 1)
        assert read.measured(name, "2025-03", team="乙组") == Ratio(1, 3)
        assert read.measured(name, "2025-03") == Ratio(3, 5)  # 3 is in no team
        assert read.measured(name, "2025-04", team="乙组") is None  # 2 has left
        assert read.team("1", date(2025, 3, 15)) == "甲组"
        assert read.team("1", date(2025, 3, 16)) == "乙组"
        assert read.team("1", date(2024, 12, 31)) is None
        assert read.name("1") == "林晓文"
        assert read.agents("2025-03") == ("1", "2", "3")
        assert read.agents("2025-05") == ("1",)
        assert read.agents("2024-12") == ()

    def test_the_month_is_cut_in_shanghai(self, tmp_path):
        tickets = (
            f"{TICKETS}\nA,1,2025-02-28T15:59:59Z,否\nB,1,2025-02-28T16:00:00Z,是\n"
            "C,1,2025-03-31 23:59:59,是\nD,1,2025-03-31T16:00:00Z,否\n"
        )
        read = feeds(tmp_path, tickets=tickets)
        assert read.measured("tickets.first_contact", "2025-02") == Ratio(0, 1)
        assert read.measured("tickets.first_contact", "2025-03") == Ratio(2, 2)
        assert read.measured("tickets.first_contact", "2025-04") == Ratio(0, 1)

    def test_missing_is_not_the_same_as_not_asked(self, tmp_path):
        read = feeds(tmp_path, tickets=f"{TICKETS},类型\nA,1,2025-03-03,是,咨询\nB,2,2025-03-03,,投诉\n")
        assert read.measured("tickets.first_contact", "2025-03", agent_id="2") == Ratio(0, 0, unknown=1)
        assert read.measured("tickets.first_contact", "2025-03", agent_id="3") is None
        assert read.measures("tickets.first_contact", "2025-03")
        assert not read.measures("tickets.first_contact", "2025-04")  # no rows of the month
        assert not read.measures("tickets.complaints_resolved", "2025-03")  # no column
        assert read.measured("tickets.complaints_resolved", "2025-03") is None
        assert not read.measures("orders.accuracy", "2025-03")  # no feed

    @pytest.mark.parametrize("name", sorted(SCHEMAS))
    def test_an_empty_table_is_a_feed_without_rows(self, tmp_path, name):
        read = feeds(tmp_path, **{name: ",".join(SCHEMAS[name].columns) + "\n"})
        assert read.names == (name,)
        assert read.agents("2025-03") == ()
        for indicator, known in INDICATORS.items():
            if known.feed == name:
                assert read.measured(indicator, "2025-03", limit=2 if known.limit_in else None) is None
                assert not read.measures(indicator, "2025-03")
        assert read.errors_per_ticket("2025-03") is None

    def test_hours_hold_for_everybody(self, tmp_path):
        read = feeds(
            tmp_path,
            hours="时段,呼入量,接通量,遇忙量,放弃量,夜间来电量,夜间转接量\n"
            "2025-03-03 09:00,20,18,1,,,\n2025-03-03 23:00,10,9,0,2,8,6\n",
        )
        for whose in ({}, {"agent_id": "1"}, {"team": "甲组"}):
            assert read.measured("hours.answered", "2025-03", **whose) == Ratio(27, 30)
            assert read.measured("hours.served", "2025-03", **whose) == Ratio(8, 10, unknown=1)
            assert read.measured("hours.lines_free", "2025-03", **whose) == Ratio(29, 30)  # 1 of 30 met a busy line
            assert read.measured("hours.stayed", "2025-03", **whose) == Ratio(8, 10, unknown=1)
            assert read.measured("hours.forwarded", "2025-03", **whose) == Ratio(6, 8, unknown=1)


DAY = {"kind": "求助", "urgent": "否", "night": "否"}
NIGHT = {"kind": "诉求", "urgent": "否", "night": "是"}
TICKET = tuple(SCHEMAS["tickets"].columns)


def ticket(**cells: str) -> dict[str, str]:
    return {"agent_id": "1", "created_at": "2025-03-07 10:00:00", **cells}  # a Friday


def tickets_of(folder: Path, *rows: dict[str, str], **others: str) -> Feeds:
    text = io.StringIO()
    table = csv.DictWriter(text, TICKET)
    table.writeheader()
    table.writerows({"ticket_id": f"T{number}", **row} for number, row in enumerate(rows, 1))
    return feeds(folder, tickets=text.getvalue(), **others)


class TestMeasured:
    """Each indicator on a few rows, counted by hand."""

    @pytest.mark.parametrize(
        ("name", "limit", "rows", "counted"),
        [
            (
                "first_contact",
                None,
                [("first_contact", "是"), ("first_contact", "否"), ("first_contact", "")],
                (1, 2, 1),
            ),
            (
                "record_errors",
                None,
                [("record_errors", "0"), ("record_errors", "3"), ("record_errors", "")],
                (3, 2, 1),
            ),
            ("closed", None, [("closed_at", "2025-05-01"), ("closed_at", "")], (1, 2)),
            (
                "accuracy",
                None,
                [("accurate", "是"), ("accurate", "是"), ("accurate", "否"), ("accurate", "")],
                (2, 3, 1),
            ),
        ],
    )
    def test_of_all_tickets(self, tmp_path, name, limit, rows, counted):
        read = tickets_of(tmp_path, *(ticket(**{column: cell}) for column, cell in rows))
        assert read.measured(f"tickets.{name}", "2025-03", limit=limit) == Ratio(*counted)

    def test_of_complaints(self, tmp_path):
        read = tickets_of(
            tmp_path,
            ticket(
                kind="投诉",
                resolved="是",
                closed_at="2025-03-08 10:00:00",  # 24 hours, and Saturday
                forwarded_at="2025-03-07 10:30:00",
                verified_at="2025-03-11 23:59:59",  # Monday, Tuesday: 2 working days
            ),
            ticket(
                kind="客诉",
                resolved="否",
                closed_at="2025-03-08 10:00:01",
                forwarded_at="2025-03-07 10:30:01",
                verified_at="2025-03-12 00:00:00",
            ),
            ticket(kind="投诉"),
            ticket(kind="建议", resolved="否", closed_at="2025-04-01", assessed_at="2025-03-10 09:00"),
            ticket(kind="建议"),
        )

        def measured(name: str, limit: float | None = None) -> Ratio | None:
            return read.measured(f"tickets.{name}", "2025-03", limit=limit)

        assert measured("complaints_resolved") == Ratio(1, 2, unknown=1)
        assert measured("complaints_in_time") is None  # no document prints after how many hours it is late
        assert measured("complaints_in_time", 24) == Ratio(1, 3)
        assert measured("complaints_in_time", 25) == Ratio(2, 3)
        assert measured("forwarded_in_minutes", 30) == Ratio(1, 3)
        assert measured("forwarded_in_minutes") is None  # the document leaves it open, and so does the caller
        assert measured("verified_in_days", 2) == Ratio(1, 3)
        assert measured("verified_in_days", 3) == Ratio(2, 3)
        assert measured("suggestions_in_days", 1) == Ratio(1, 2)

    def test_of_requests(self, tmp_path):
        read = tickets_of(
            tmp_path,
            ticket(
                kind="报修",
                urgent="是",
                responded_at="2025-03-07 10:15:00",
                closed_at="2025-03-20",
                work_order="是",
                progress_told="是",
            ),
            ticket(kind="报修", urgent="是", responded_at="2025-03-07 10:15:01", progress_told="否"),
            ticket(kind="报修", urgent="是", responded_at="2025-03-07 10:01", closed_at="2025-03-07 11:00"),
            ticket(kind="报修", urgent="是", responded_at="2025-03-07 10:01"),  # not done: no work order is due
            ticket(**DAY, dispatched_at="2025-03-07 11:00:00", closed_at="2025-03-07 23:59:59"),
            ticket(**DAY, dispatched_at="2025-03-07 11:00:00", closed_at="2025-03-08 00:00:00", progress_told="是"),
            ticket(**DAY, dispatched_at="2025-03-07 11:00:01", closed_at="2025-03-07 12:00:00"),
            ticket(**NIGHT, closed_at="2025-03-08 23:59:59"),  # dispatched by nobody, and in time
            ticket(**NIGHT, closed_at="2025-03-09 00:00:00", progress_told="是"),
            ticket(**NIGHT),
            ticket(kind="求助", urgent="否", dispatched_at="2025-03-07 12:00", closed_at="2025-03-08 09:00"),
            ticket(kind="求助", night="否", dispatched_at="2025-03-07 12:00", closed_at="2025-03-07 13:00"),
            ticket(kind="咨询"),
        )
        measured = {
            name: read.measured(f"tickets.{name}", "2025-03", agent_id="1", limit=limit)
            for name, limit in {
                "urgent_in_time": 15,
                "urgent_handled": 15,
                "dispatched_in_time": 60,
                "same_day": None,
                "general_handled": 60,
                "next_day": None,
                "progress_told": None,
            }.items()
        }
        assert measured == {
            "urgent_in_time": Ratio(3, 4, unknown=1),
            "urgent_handled": Ratio(2, 3, unknown=2),  # of one that is done nobody said whether the order followed
            "dispatched_in_time": Ratio(2, 3, unknown=2),
            "same_day": Ratio(2, 3, unknown=2),
            "general_handled": Ratio(1, 3, unknown=2),
            "next_day": Ratio(1, 3, unknown=1),  # of the last but two nobody said whether it came at night
            # 1, 2, 6, 9 are told of; 4 and 10 are not closed and nobody said; 11 came by day or at night
            "progress_told": Ratio(3, 4, unknown=3),
        }
        assert read.measured("tickets.urgent_in_time", "2025-03", limit=16) == Ratio(4, 4, unknown=1)
        assert read.measured("tickets.urgent_in_time", "2025-03") is None

    def test_a_complaint_is_what_its_severity_says_and_a_late_enquiry_is_none(self, tmp_path):
        read = tickets_of(
            tmp_path,
            ticket(kind="咨询", first_contact="否", replied_at="2025-03-20"),  # late, and no complaint
            ticket(
                kind="投诉", severity="重大", first_contact="否", replied_at="2025-03-10 18:00"
            ),  # the next working day
            ticket(kind="投诉", severity="重大", first_contact="否", replied_at="2025-03-11 09:00"),
            ticket(kind="投诉", severity="重大", first_contact="是", forwarded_at="2025-03-07 10:05"),
            ticket(kind="投诉", severity="轻微", first_contact="是"),
            ticket(kind="投诉", severity="轻微投诉", first_contact="否"),
            ticket(kind="投诉", severity="轻微"),
            ticket(kind="投诉", severity="不合理", reason_given="是"),
            ticket(kind="投诉", first_contact="否", reason_given="是"),
        )

        def measured(name: str, limit: float | None = None) -> Ratio | None:
            return read.measured(f"tickets.{name}", "2025-03", limit=limit)

        assert measured("major_replied", 1) == Ratio(2, 3, unknown=1)
        assert measured("major_forwarded", 10) == Ratio(1, 3, unknown=1)
        assert measured("major_forwarded") is None
        assert measured("minor_on_the_spot") == Ratio(1, 2, unknown=2)
        assert measured("reason_given") == Ratio(1, 1, unknown=1)

    def test_a_night_without_anybody_is_not_drowned_by_the_day(self, tmp_path):
        """February 2025 has 672 hours and 28 nights; 40 of 41 calls by day were answered."""
        read = feeds(
            tmp_path,
            hours="时段,队列,呼入量,接通量,夜间来电量,夜间转接量\n"
            "2025-02-03 09:00,甲,20,20,0,0\n2025-02-03 09:00,乙,1,0,0,0\n"
            "2025-02-03 14:00,甲,20,20,0,0\n2025-02-03 23:00,甲,3,0,3,0\n2025-02-04 03:00,甲,0,0,0,0\n"
            "2025-02-05 02:00,甲,4,1,4,1\n2025-02-01 03:00,甲,2,2,2,2\n",
        )
        assert read.measured("hours.answered", "2025-02") == Ratio(43, 50)
        # of 5 hours with calls, the 23rd of the 3rd had nobody; 6 of 672 hours are told of, one without calls
        assert read.measured("hours.staffed", "2025-02") == Ratio(4, 5, unknown=672 - 6)
        assert read.measured("hours.staffed", "2025-02", limit=0.5) == Ratio(
            3, 5, unknown=672 - 6
        )  # 1 of 4 is too few
        # the nights of the 3rd (3 came, none forwarded) and the 4th (1 of 4); that of 31 January is of January
        assert read.measured("hours.nights_forwarded", "2025-02") == Ratio(1, 2, unknown=28 - 3)
        assert read.measured("hours.nights_forwarded", "2025-02", limit=0.5) == Ratio(0, 2, unknown=28 - 3)

    def test_a_wait_is_of_the_calls_that_waited(self, tmp_path):
        read = feeds(
            tmp_path,
            hours="时段,呼入量,接通量,平均排队秒数\n2025-02-03 09:00,20,20,30\n2025-02-03 10:00,10,10,31\n"
            "2025-02-03 11:00,0,0,\n2025-02-03 12:00,5,5,\n",
        )
        assert read.measured("hours.waited_in_time", "2025-02", limit=30) == Ratio(20, 30, unknown=1)
        assert read.measured("hours.waited_in_time", "2025-02") is None

    def test_replies_in_working_days(self, tmp_path):
        rows = (
            ticket(first_contact="是"),
            ticket(first_contact="否", replied_at="2025-03-09 12:00:00"),  # on Sunday: no working day has passed
            ticket(first_contact="否", replied_at="2025-03-10 23:00:00"),
            ticket(first_contact="", replied_at="2025-03-11 00:00:00"),
            ticket(first_contact="否"),
        )
        read = tickets_of(tmp_path / "a", *rows)
        assert read.measured("tickets.replied_in_days", "2025-03", limit=1) == Ratio(2, 3, unknown=1)
        off = tickets_of(tmp_path / "b", *rows, holidays="日期\n2025-03-10\n")
        assert off.measured("tickets.replied_in_days", "2025-03", limit=1) == Ratio(2, 3, unknown=1)
        worked = tickets_of(
            tmp_path / "c", *rows, holidays="日期,上班\n2025-03-08,是\n2025-03-09,是\n2025-03-15,\n"
        )
        assert worked.measured("tickets.replied_in_days", "2025-03", limit=1) == Ratio(0, 3, unknown=1)

    def test_errors_per_ticket(self, tmp_path):
        read = tickets_of(
            tmp_path,
            ticket(created_at="2025-03-09 08:00", record_errors="2"),
            ticket(created_at="2025-03-08 08:00", record_errors="0"),
            ticket(record_errors=""),
            ticket(agent_id="2", record_errors="1"),
            ticket(created_at="2025-04-01", record_errors="5"),
            roster="工号,姓名,班组,起始日期\n1,林,甲组,2025-03-09\n2,周,乙组,2025-01-01\n",
        )
        assert read.errors_per_ticket("2025-03", agent_id="1") == (("T2", 0), ("T1", 2))
        assert read.errors_per_ticket("2025-03") == (("T4", 1), ("T2", 0), ("T1", 2))
        assert read.errors_per_ticket("2025-03", team="甲组") == (("T1", 2),)
        assert read.errors_per_ticket("2025-03", agent_id="3") is None

    def test_of_other_feeds(self, tmp_path):
        read = feeds(
            tmp_path,
            orders="订单号,工号,下单时间,录入准确,核实时间\nO1,1,2025-03-03 09:00,是,2025-03-03 09:05\n"
            "O2,1,2025-03-03 09:00,否,2025-03-03 09:05:01\nO3,1,2025-03-03 09:00,,\n",
            satisfaction="评价编号,工号,评价时间,满意度,同理心\nS1,1,2025-03-03,5,4\nS2,1,2025-03-03,4.5,\n",
            callbacks="服务单号,工号,服务完成时间,回访时间\nF1,1,2025-03-05 18:00,2025-03-10 23:00\n"
            "F2,1,2025-03-05 18:00,2025-03-11 00:00\nF3,1,2025-03-05 18:00,\n",
            exams="工号,科目,考试日期,成绩\n1,业务,2025-03-20,80\n1,礼仪,2025-03-20,91\n",
            chat="chat_id,agent_id,asked_at,first_reply_at,ended_at\n"
            "C1,1,2025-03-03 09:00:00,2025-03-03 09:00:30,\nC2,1,2025-03-03 09:00:00,,2025-03-03 09:20:00\n",
        )
        measured = {
            name: read.measured(name, "2025-03", agent_id="1", limit={"分钟": 5, "工作日": 3}.get(known.limit_in))
            for name, known in INDICATORS.items()
            if name.partition(".")[0] in read.names
        }
        assert measured == {
            "orders.accuracy": Ratio(1, 2, unknown=1),
            "orders.checked_in_minutes": Ratio(1, 3),
            "satisfaction.score": Ratio(9.5, 2),
            "satisfaction.empathy": Ratio(4, 1, unknown=1),
            "callbacks.rate": Ratio(2, 3),
            "callbacks.in_days": Ratio(1, 3),
            "exams.score": Ratio(171, 2),
            "chat.first_reply": Ratio(20.5, 2),
        }
        assert measured["chat.first_reply"].value == 10.25

    def test_given_values(self, tmp_path):
        read = feeds(
            tmp_path,
            judged="月份,工号,项目,值,评定人,说明\n2025-03,1,KF01-5,基本符合,李芳,\n2025-03,1,KF01-4-2,n_a,李芳,无投诉\n"
            "2025年3月,1,H-6,4.5,赵军,\n2025-03,1,T1-3,88%,赵军,\n2025-04,2,H-6,4,赵军,\n",
        )
        assert dict(read.given("2025-03", "1")) == {
            "KF01-5": ManualValue("基本符合", "李芳", ""),
            "KF01-4-2": ManualValue("n_a", "李芳", "无投诉"),
            "H-6": ManualValue(4.5, "赵军", ""),
            "T1-3": ManualValue(0.88, "赵军", ""),
        }
        assert dict(read.given("2025-03", "2")) == {}
        assert read.agents("2025-04") == ("2",)

    def test_exemptions(self, tmp_path):
        read = feeds(
            tmp_path,
            exemptions="工号,队列,开始时间,结束时间,项目,原因,批准人\n"
            ",热线,2025-03-03 19:00,2025-03-03 21:00,T1-1、KF01-3,高峰,吴\n"
            "1,,2025-03-03,2025-03-03,T1-5，T1-2,系统切换,吴\n",
        )
        assert read.has_exemptions

        def items(agent: str | None, queue: str | None, hour: int, minute: int = 0) -> list[str]:
            at = datetime(2025, 3, 3, hour - 8, minute, tzinfo=UTC)
            return [item for exemption in read.exemptions_of(agent, queue, at) for item in exemption.items]

        assert items("1", "热线", 19) == ["T1-1", "KF01-3", "T1-5", "T1-2"]
        assert items("2", "热线", 20, 59) == ["T1-1", "KF01-3"]
        assert items("2", "热线", 21) == []
        assert items("2", "外呼", 20) == []
        assert items(None, None, 20) == []
        assert items("1", None, 23, 59) == ["T1-5", "T1-2"]


@given(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.integers(0, 40), st.sets(st.integers(0, 40)))
def test_working_days_are_counted_one_by_one(first, length, changed):
    """Against a loop over days; each changed day is off in the week and worked at the weekend."""
    days = [pd.Timestamp(first) + pd.Timedelta(days=n) for n in range(length + 1)]
    special = [days[n] for n in changed if n < len(days)]
    calendar = WorkingDays(
        tuple(day for day in special if day.weekday() < 5), tuple(day for day in special if day.weekday() >= 5)
    )
    expected = sum((day.weekday() < 5) != (day in special) for day in days[1:])
    start, end = (
        pd.Series([day], dtype="datetime64[us]").dt.tz_localize("Asia/Shanghai") for day in (days[0], days[-1])
    )
    assert calendar.between(start, end).tolist() == [expected]


ROWS = st.lists(
    st.tuples(
        st.sampled_from("123"),
        st.integers(1, 60),  # a day of March or April
        st.sampled_from(["是", "否", ""]),
        st.sampled_from(["0", "1", "4", ""]),
    ),
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_agents_teams_and_errors_add_up(tmp_path_factory, rows):
    """Every row is in exactly one agent's denominator and in at most one team's; nothing is lost or twice."""
    read = tickets_of(
        tmp_path_factory.mktemp("feeds"),
        *(
            ticket(
                agent_id=agent,
                created_at=str(pd.Timestamp(2025, 3, 1) + pd.Timedelta(days=day)),
                first_contact=solved,
                record_errors=errors,
            )
            for agent, day, solved, errors in rows
        ),
        roster="工号,姓名,班组,起始日期,结束日期\n1,林,甲,2025-01-01,2025-03-20\n1,林,乙,2025-03-21,\n2,周,乙,2025-01-01,\n"
        "3,王,甲,2025-01-01,\n",
    )
    expected: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for agent, day, solved, _ in rows:
        month = "2025-03" if day <= 30 else "2025-04" if day <= 60 else ""
        for whose in (agent, "all"):
            expected[month, whose][0] += solved == "是"
            expected[month, whose][1] += solved != ""
            expected[month, whose][2] += solved == ""
    for month in ("2025-03", "2025-04"):
        for whose in ("1", "2", "3", "all"):
            got = read.measured("tickets.first_contact", month, agent_id=None if whose == "all" else whose)
            count, of, unknown = expected[month, whose]
            assert got == (Ratio(count, of, unknown) if of or unknown else None)
        for name in ("tickets.first_contact", "tickets.record_errors"):
            teams = [read.measured(name, month, team=team) or Ratio(0, 0) for team in ("甲", "乙")]
            everybody = read.measured(name, month) or Ratio(0, 0)
            assert sum(team.count for team in teams) == everybody.count
            assert sum(team.of for team in teams) == everybody.of
        per_ticket = read.errors_per_ticket(month) or ()
        errors = read.measured("tickets.record_errors", month) or Ratio(0, 0)
        assert (sum(count for _, count in per_ticket), len(per_ticket)) == (errors.count, errors.of)


@pytest.mark.parametrize(
    ("month", "agents"),
    [
        ("2025-03", ("1001", "1002", "1003", "2001", "2002")),
        ("2026-10", ("1001", "1002", "1003", "1004", "1005", "1006")),
    ],
)
def test_the_examples(month, agents):
    read = Feeds.read(EXAMPLES / month)
    assert read.agents(month) == agents
    for name, known in INDICATORS.items():
        if known.feed != "calls":
            limit = 2 if known.needs_limit else None
            assert read.measures(name, month)
            everybody = read.measured(name, month, limit=limit)
            assert everybody.of > 0
            if known.feed != "hours":
                own = [read.measured(name, month, agent_id=agent, limit=limit) for agent in agents]
                assert sum(each.of for each in own if each) == everybody.of
    assert all(read.given(month, agent)["H-6"].by for agent in agents)
    assert read.has_exemptions


def test_the_example_of_a_transfer():
    read = Feeds.read(EXAMPLES / "2026-10")
    assert read.team("1003", date(2026, 10, 15)) == "家政二组"
    assert read.team("1003", date(2026, 10, 16)) == "物业组"
    assert read.measured("tickets.first_contact", "2026-10", agent_id="1001") == Ratio(22, 25)
