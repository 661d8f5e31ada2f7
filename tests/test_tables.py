"""A table is read as a person sees it in Excel or WPS, or refused with sheet, cell and what is shown there."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from pipeline.errors import CallqaError, ConfigurationError
from pipeline.indicators import Feeds, Ratio
from tests.mutations import mutants
from tests.workbooks import SHEET, STYLES, WORKBOOK, edit, save, with_format

TICKETS = ["工单号", "工号", "创建时间", "首次解决"]
TICKET = ["T1", "1001", "2025-03-03 09:00:00", "是"]
ROSTER = ["工号", "姓名", "班组", "起始日期"]
EXAMS = ["工号", "科目", "考试日期", "成绩"]
JUDGED = ["月份", "工号", "项目", "值", "评定人"]
HOURS = ["时段", "呼入量", "接通量"]
MARCH = "2025-03"


def refusal(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Feeds.read(folder)
    return str(caught.value)


def told(feeds: Feeds) -> str:
    return "\n".join(map(str, getattr(feeds, "notices", ())))


def solved(feeds: Feeds, month: str = MARCH) -> Ratio | None:
    return feeds.measured("tickets.first_contact", month)


def score(feeds: Feeds) -> Ratio | None:
    return feeds.measured("exams.score", MARCH)


class TestSheets:
    def test_a_hidden_sheet_is_not_seen(self, tmp_path):
        def hide(old, new):
            old.sheet_state = "hidden"

        old = [TICKETS, ["T0", "1001", "2025-03-01 09:00:00", "否"]]
        save(tmp_path / "tickets.xlsx", {"字典": old, "三月": [TICKETS, TICKET]}, hide)
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert "三月" in told(read)
        assert "字典" in told(read)

    def test_the_sheet_with_the_headings_is_read(self, tmp_path):
        save(tmp_path / "tickets.xlsx", {"说明": [["填写说明"], ["每单一行"]], "数据": [TICKETS, TICKET]})
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_two_sheets_of_the_feed_are_refused(self, tmp_path):
        april = ["T2", "1001", "2025-04-03 09:00:00", "是"]
        save(tmp_path / "tickets.xlsx", {"三月": [TICKETS, TICKET], "四月": [TICKETS, april]})
        said = refusal(tmp_path)
        assert "三月" in said
        assert "四月" in said

    def test_an_empty_second_sheet_is_nothing_to_tell(self, tmp_path):
        save(tmp_path / "tickets.xlsx", {"Sheet1": [TICKETS, TICKET], "Sheet2": [], "Sheet3": []})
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert told(read) == ""

    def test_only_a_hidden_sheet_fits(self, tmp_path):
        def hide(shown, hidden):
            hidden.sheet_state = "veryHidden"

        save(tmp_path / "tickets.xlsx", {"封面": [["三月工单"]], "数据": [TICKETS, TICKET]}, hide)
        said = refusal(tmp_path)
        assert "封面" in said
        assert "数据" in said

    def test_a_title_above_the_headings(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("A1:D1")

        rows = [["三月工单明细", None, None, None], TICKETS, TICKET, ["T2", "1001", "昨天", "是"]]
        save(tmp_path / "a" / "tickets.xlsx", rows[:3], merge)
        assert solved(Feeds.read(tmp_path / "a")) == Ratio(1, 1)
        save(tmp_path / "b" / "tickets.xlsx", rows, merge)
        assert "Sheet!C4" in refusal(tmp_path / "b")


class TestHidden:
    def test_a_hidden_row(self, tmp_path):
        def hide(sheet):
            sheet.row_dimensions[3].hidden = True

        save(tmp_path / "tickets.xlsx", [TICKETS, TICKET, ["T2", "1001", "2025-03-04", "否"]], hide)
        said = refusal(tmp_path)
        assert "Sheet" in said
        assert "第 3 行" in said

    def test_a_filtered_row(self, tmp_path):
        def hide(sheet):
            sheet.auto_filter.ref = "A1:D4"
            sheet.row_dimensions[2].hidden = sheet.row_dimensions[4].hidden = True

        rows = [TICKETS, *([f"T{n}", "1001", "2025-03-04", "否"] for n in range(3))]
        save(tmp_path / "tickets.xlsx", rows, hide)
        said = refusal(tmp_path)
        assert "筛选" in said
        assert "第 2、4 行" in said

    def test_a_hidden_empty_row_is_nothing(self, tmp_path):
        def hide(sheet):
            sheet.row_dimensions[2].hidden = True

        save(tmp_path / "tickets.xlsx", [TICKETS, [None] * 4, TICKET], hide)
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_a_hidden_column_of_the_feed(self, tmp_path):
        def hide(sheet):
            sheet.column_dimensions["D"].hidden = True

        save(tmp_path / "tickets.xlsx", [TICKETS, TICKET], hide)
        said = refusal(tmp_path)
        assert "D 列" in said
        assert "首次解决" in said

    def test_a_hidden_double_is_not_seen(self, tmp_path):
        def hide(sheet):
            sheet.column_dimensions["E"].hidden = True

        save(tmp_path / "tickets.xlsx", [[*TICKETS, "工号"], [*TICKET, "9999"]], hide)
        assert Feeds.read(tmp_path).agents(MARCH) == ("1001",)

    def test_a_hidden_column_that_nobody_reads(self, tmp_path):
        def hide(sheet):
            sheet.column_dimensions["E"].hidden = True

        save(tmp_path / "tickets.xlsx", [[*TICKETS, "备注"], [*TICKET, "x"]], hide)
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_zeros_that_are_not_shown(self, tmp_path):
        def zeros(sheet):
            sheet.sheet_view.showZeros = False

        save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], 0]], zeros)
        assert "Sheet!D2" in refusal(tmp_path)


class TestMerged:
    def test_down_a_column(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("C2:C4")

        rows = [[f"100{n}", f"林{n}", "甲组" if n == 1 else None, date(2025, 1, 1)] for n in (1, 2, 3)]
        save(tmp_path / "roster.xlsx", [ROSTER, *rows], merge)
        read = Feeds.read(tmp_path)
        assert {read.team(f"100{n}", date(2025, 3, 3)) for n in (1, 2, 3)} == {"甲组"}
        assert "C2:C4" in told(read)

    def test_a_number_over_rows_is_refused(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("B2:B3")

        rows = [["2025-03-03 09:00", 300, 100], ["2025-03-03 10:00", None, 100]]
        save(tmp_path / "hours.xlsx", [HOURS, *rows], merge)
        assert "Sheet!B2:B3" in refusal(tmp_path)

    def test_an_optional_time_over_rows_is_refused(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("E2:E3")

        rows = [[*TICKET, "2025-03-04"], ["T2", *TICKET[1:], None]]
        save(tmp_path / "tickets.xlsx", [[*TICKETS, "关闭时间"], *rows], merge)
        assert "Sheet!E2:E3" in refusal(tmp_path)

    def test_a_heading_over_two_columns_is_refused(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("C1:D1")

        rows = [["工单号", "工号", "创建时间", None, "首次解决"], ["T1", "1001", "2025-03-03", "09:12:05", "是"]]
        save(tmp_path / "tickets.xlsx", rows, merge)
        assert "Sheet!C1:D1" in refusal(tmp_path)

    def test_a_merge_in_a_column_that_nobody_reads(self, tmp_path):
        def merge(sheet):
            sheet.merge_cells("E2:E3")

        rows = [[*TICKETS, "备注"], [*TICKET, "早班"], ["T2", *TICKET[1:], None]]
        save(tmp_path / "tickets.xlsx", rows, merge)
        assert solved(Feeds.read(tmp_path)) == Ratio(2, 2)


def judged(folder: Path, month: object, format: str = "General") -> Path:
    def style(sheet):
        sheet["A2"].number_format = format

    return save(folder / "judged.xlsx", [JUDGED, [month, "1001", "H-6", 4, "李"]], style)


class TestMonths:
    def test_a_number_that_may_have_lost_a_zero(self, tmp_path):
        judged(tmp_path, 2025.10)
        said = refusal(tmp_path)
        assert "Sheet!A2" in said
        assert "2025.1" in said

    @pytest.mark.parametrize(
        ("month", "format", "read"),
        [
            (2025.10, "0.00", "2025-10"),
            (2025.03, "General", "2025-03"),
            (2025.12, "General", "2025-12"),
            ("2025.1", "@", "2025-01"),
            (202510, "General", "2025-10"),
            (date(2025, 3, 15), 'yyyy"年"m"月"', "2025-03"),
            (date(2025, 3, 15), "yyyy-mm", "2025-03"),
            (date(2025, 3, 1), "mmm-yy", "2025-03"),
            (date(2025, 3, 1), "yyyy/m/d", "2025-03"),
        ],
    )
    def test_as_shown(self, tmp_path, month, format, read):
        judged(tmp_path, month, format)
        assert Feeds.read(tmp_path).given(read, "1001")["H-6"].value == 4

    def test_of_a_csv_that_excel_has_saved(self, tmp_path):
        (tmp_path / "judged.csv").write_text(f"{','.join(JUDGED)}\n2025.1,1001,H-6,4,李\n", encoding="utf-8")
        assert "2025.1" in refusal(tmp_path)

    @pytest.mark.parametrize("number", [27, 36, 50, 52, 57])
    def test_in_the_formats_of_chinese_excel(self, tmp_path, number):
        with_format(judged(tmp_path, 45717, "m-d"), number)
        assert "H-6" in Feeds.read(tmp_path).given("2025-03", "1001")


def created(folder: Path, value: object, format: str | None = None) -> Path:
    def style(sheet):
        if format:
            sheet["C2"].number_format = format

    return save(folder / "tickets.xlsx", [TICKETS, ["T1", "1001", value, "是"]], style)


class TestTimes:
    @pytest.mark.parametrize("number", [28, 29, 30, 31, 51, 53, 54, 58])
    def test_days_in_the_formats_of_chinese_excel(self, tmp_path, number):
        with_format(created(tmp_path, 45721, "m-d"), number)
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert ("年" in told(read)) == (number not in (30, 31)), "the year that is not shown is told"

    @pytest.mark.parametrize("number", [32, 33, 34, 35, 55, 56])
    def test_a_time_of_day_is_no_time(self, tmp_path, number):
        with_format(created(tmp_path, 0.38, "m-d"), number)
        said = refusal(tmp_path)
        assert "Sheet!C2" in said
        assert "9时07分" in said

    def test_a_time_of_day_only(self, tmp_path):
        created(tmp_path, time(9, 12))
        assert "9:12" in refusal(tmp_path)

    def test_the_system_of_1904(self, tmp_path):
        path = created(tmp_path, 45719 - 1462, "yyyy-mm-dd")
        edit(path, WORKBOOK, "<workbookPr />", '<workbookPr date1904="1" />')
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_a_time_in_strict_form(self, tmp_path):
        path = created(tmp_path, 45719.375, "yyyy-mm-dd hh:mm")
        edit(path, SHEET, 't="n"><v>45719.375</v>', 't="d"><v>2025-03-03T09:00:00</v>')
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_a_number_is_no_time(self, tmp_path):
        created(tmp_path, 45719.375, "General")
        said = refusal(tmp_path)
        assert "Sheet!C2" in said
        assert "45719.375" in said

    def test_a_day_that_ends_as_it_is_shown(self, tmp_path):
        head = ["工号", "开始时间", "结束时间", "项目", "原因", "批准人"]
        row = [None, datetime(2025, 3, 3, 9), datetime(2025, 3, 4, 15, 30), "T1-2", "停电", "吴"]

        def style(sheet):
            sheet["C2"].number_format = "yyyy/m/d"

        save(tmp_path / "exemptions.xlsx", [head, row], style)
        read = Feeds.read(tmp_path)
        assert read.exemptions_of("1001", "热线", datetime(2025, 3, 4, 15, 59, tzinfo=UTC)), "24:00 in Shanghai"

    @pytest.mark.parametrize(
        ("written", "counts"),
        [
            ("2025-03-03T09:00:00.1234567+08:00", True),
            ("2025-03-03 09:00:00.123456789Z", True),
            ("2025-03-03 09:00:00.1234567", True),
            ("2025-03-31T23:30:00.1234567-01:00", False),
        ],
    )
    def test_seven_digits_and_a_zone(self, tmp_path, written, counts):
        (tmp_path / "tickets.csv").write_text(f"{','.join(TICKETS)}\nT1,1001,{written},是\n", encoding="utf-8")
        assert solved(Feeds.read(tmp_path)) == (Ratio(1, 1) if counts else None)

    def test_with_and_without_a_zone_in_one_column(self, tmp_path):
        rows = "T1,1001,2025-03-03T01:00:00Z,是\nT2,1001,2025-03-03 09:00:00,是\n"
        (tmp_path / "tickets.csv").write_text(f"{','.join(TICKETS)}\n{rows}", encoding="utf-8")
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(2, 2)
        assert "时区" in told(read)


def exam(folder: Path, value: object, format: str = "General") -> Path:
    def style(sheet):
        sheet["D2"].number_format = format

    return save(folder / "exams.xlsx", [EXAMS, ["1001", "业务", "2025-03-20", value]], style)


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "format", "read"),
        [
            (88, "General", 88),
            ("88", "@", 88),
            (88.5, "0.0", 88.5),
            (88.6, "0", 89),
            (88.5, "#,##0", 89),
            (87.34999999999999, "General", 87.35),
            (60, '0"分"', 60),
            (60, "[Red]0;[Blue]-0", 60),
        ],
    )
    def test_as_shown(self, tmp_path, value, format, read):
        exam(tmp_path, value, format)
        feeds = Feeds.read(tmp_path)
        assert score(feeds) == Ratio(read, 1)
        assert ("D2" in told(feeds)) == (value in (88.6, 88.5) and read == 89), "a rounded one is told"

    @pytest.mark.parametrize(
        ("value", "format", "shown"),
        [
            (0.85, "0%", "85%"),
            (45.0, "yyyy/m/d", "1900/2/14"),
            (88, ";;;", ""),
            (True, "General", "TRUE"),
            ("八十八", "@", "八十八"),
        ],
    )
    def test_what_is_no_number_as_shown(self, tmp_path, value, format, shown):
        exam(tmp_path, value, format)
        said = refusal(tmp_path)
        assert "Sheet!D2" in said
        assert shown in said

    def test_a_share_that_somebody_gave(self, tmp_path):
        def style(sheet):
            sheet["D2"].number_format = "0%"
            sheet["D3"].number_format = "0.0%"

        rows = [[MARCH, "1001", "H-6", 0.885, "李"], [MARCH, "1002", "H-6", 0.885, "李"]]
        save(tmp_path / "judged.xlsx", [JUDGED, *rows], style)
        read = Feeds.read(tmp_path)
        assert read.given(MARCH, "1001")["H-6"].value == pytest.approx(0.89)
        assert read.given(MARCH, "1002")["H-6"].value == pytest.approx(0.885)

    def test_yes_and_no_by_a_format(self, tmp_path):
        def style(sheet):
            for cell in ("D2", "D3"):
                sheet[cell].number_format = '"是";;"否"'

        save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], 1], ["T2", *TICKET[1:3], 0]], style)
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 2)

    @pytest.mark.parametrize(("value", "counts"), [(True, 1), (False, 0), (1, 1), (0, 0)])
    def test_yes_and_no(self, tmp_path, value, counts):
        save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], value]])
        assert solved(Feeds.read(tmp_path)) == Ratio(counts, 1)


class TestFormulas:
    def test_without_a_result(self, tmp_path):
        save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], '=IF(1=1,"是","否")']])
        said = refusal(tmp_path)
        assert "Sheet!D2" in said
        assert "公式" in said

    def test_with_an_empty_result(self, tmp_path):
        path = save(tmp_path / "tickets.xlsx", [TICKETS, TICKET, ["T2", *TICKET[1:3], '=""']])
        edit(path, SHEET, '<c r="D3"><f>""</f><v /></c>', '<c r="D3" t="str"><f>""</f><v></v></c>')
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1, unknown=1)

    def test_with_a_result(self, tmp_path):
        path = save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], '=IF(1=1,"是","否")']])
        edit(path, SHEET, "<v /></c>", "<v>是</v></c>")
        edit(path, SHEET, '<c r="D2">', '<c r="D2" t="str">')
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    @pytest.mark.parametrize("error", ["#N/A", "#REF!", "#SPILL!", "#CALC!", "#GETTING_DATA"])
    @pytest.mark.parametrize("column", ["B", "D"])
    def test_that_failed(self, tmp_path, column, error):
        path = save(tmp_path / "exams.xlsx", [EXAMS, ["1001", 7777, "2025-03-20", 7777]])
        edit(path, SHEET, f'<c r="{column}2" t="n"><v>7777</v>', f'<c r="{column}2" t="e"><v>{error}</v>')
        said = refusal(tmp_path)
        assert f"Sheet!{column}2" in said
        assert error in said


class TestIds:
    @pytest.mark.parametrize(
        ("id", "format", "read"),
        [(12, "0000", "0012"), (2025030300001, "General", "2025030300001"), (1001.0, "0.00", None)],
    )
    def test_of_numbers(self, tmp_path, id, format, read):
        def style(sheet):
            sheet["B2"].number_format = format

        save(tmp_path / "tickets.xlsx", [TICKETS, ["T1", id, *TICKET[2:]]], style)
        assert Feeds.read(tmp_path).agents(MARCH) == (read or "1001",)

    @pytest.mark.parametrize(
        ("id", "format", "shown"),
        [
            (202503030000012400, "General", "2.02503E+17"),
            (202503030000012400, "0", "202503030000012000"),
            (date(2025, 3, 1), "m-d", "3-1"),
            (12.5, "General", "12.5"),
            (True, "General", "TRUE"),
        ],
    )
    def test_that_excel_has_changed(self, tmp_path, id, format, shown):
        def style(sheet):
            sheet["A2"].number_format = format

        save(tmp_path / "tickets.xlsx", [TICKETS, [id, *TICKET[1:]]], style)
        said = refusal(tmp_path)
        assert "Sheet!A2" in said
        assert shown in said


class TestFiles:
    """The content decides, not the ending; what cannot be read says what to do."""

    OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("tickets.xls", OLD, "xls"),
            ("tickets.xlsx", OLD, "xls"),
            ("tickets.et", OLD, "xls"),
            ("tickets.xlsx", OLD + "EncryptedPackage".encode("utf-16-le"), "密码"),
            ("tickets.xls", b"<html><table><tr><td>1</td></tr></table>", "网页"),
            ("tickets.xlsx", b"", "空"),
            ("tickets.csv", b"%PDF-1.7\n", "PDF"),
            ("tickets.xlsx", b"PK\x03\x04" + bytes(50), "损坏"),
            ("tickets.csv", "工单号\n".encode("utf-16-le"), "UTF-8"),
        ],
    )
    def test_a_sentence(self, tmp_path, name, content, said):
        (tmp_path / name).write_bytes(content)
        sentence = refusal(tmp_path)
        assert said in sentence
        assert name in sentence

    @pytest.mark.parametrize("name", ["tickets.xlsm", "tickets.csv", "tickets.et", "tickets.xls"])
    def test_a_workbook_by_another_name(self, tmp_path, name):
        save(tmp_path / "x.xlsx", [TICKETS, TICKET]).rename(tmp_path / name)
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert ("Excel" in told(read)) == (name != "tickets.xlsm")

    @pytest.mark.parametrize("name", ["tickets.xlsx", "tickets.xls", "tickets.txt"])
    def test_text_by_another_name(self, tmp_path, name):
        (tmp_path / name).write_text(f"{chr(9).join(TICKETS)}\n{chr(9).join(TICKET)}\n", encoding="gb18030")
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert ("文本" in told(read)) == (name != "tickets.txt")

    @pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;"])
    def test_the_line_that_names_the_separator(self, tmp_path, line):
        (tmp_path / "tickets.csv").write_text(
            f"{line}\n{';'.join(TICKETS)}\n{';'.join(TICKET)}\n", encoding="utf-8"
        )
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_a_title_above_the_headings(self, tmp_path):
        rows = f"三月工单,,,\n\n{','.join(TICKETS)}\n{','.join(TICKET)}\n"
        (tmp_path / "tickets.csv").write_text(rows, encoding="utf-8")
        read = Feeds.read(tmp_path)
        assert solved(read) == Ratio(1, 1)
        assert "三月工单" in told(read)

    @pytest.mark.parametrize("word", ["一", "英一"])
    def test_gbk_that_is_utf8_too(self, tmp_path, word):
        content = f"agent_id,name,team,first_day\n1001,{word},{word},2025-01-01\n".encode("gbk")
        content.decode("utf-8")
        (tmp_path / "roster.csv").write_bytes(content)
        read = Feeds.read(tmp_path)
        assert read.team("1001", date(2025, 3, 3)) == word
        assert "GB" in told(read)

    @pytest.mark.parametrize("word", ["张·丽", "José", "×"])
    def test_utf8_that_is_gbk_too(self, tmp_path, word):
        (tmp_path / "roster.csv").write_text(
            f"agent_id,name,team,first_day\n1001,{word},{word},2025-01-01\n", encoding="utf-8"
        )
        assert Feeds.read(tmp_path).team("1001", date(2025, 3, 3)) == word


class TestBroken:
    """A workbook that Excel repairs or refuses is one sentence; one that Excel opens is read."""

    @pytest.mark.parametrize(
        ("part", "old", "new", "said"),
        [
            (SHEET, "</row><row", "</row>\x0b<row", "损坏"),
            (SHEET, "</sheetData>", "", "损坏"),
            (SHEET, '<c r="D2" t="n"><v>7777</v>', '<c r="D2" t="n"><v>12x</v>', "Sheet!D2"),
            (SHEET, '<c r="D2" t="n"><v>7777</v>', '<c r="D2" t="s"><v>99</v>', "Sheet!D2"),
            (SHEET, '<c r="D2" t="n"><v>7777</v>', '<c r="D2" t="n" s="99"><v>7777</v>', "7777"),
            (SHEET, '<row r="2"', '<row r="x"', "损坏"),
            (WORKBOOK, "</sheets>", "", "损坏"),
        ],
    )
    def test_a_sentence(self, tmp_path, part, old, new, said):
        path = save(tmp_path / "tickets.xlsx", [TICKETS, [*TICKET[:3], 7777]])
        edit(path, part, old, new)
        sentence = refusal(tmp_path)
        assert said in sentence
        assert "tickets.xlsx" in sentence

    @pytest.mark.parametrize(
        ("part", "old", "new"),
        [
            (STYLES, "<fill><patternFill /></fill>", "<fill/>"),
            (SHEET, '<row r="2"', "<row"),
            (SHEET, '<c r="A2"', "<c"),
            (SHEET, '<dimension ref="A1:D2" />', '<dimension ref="A1" />'),
        ],
    )
    def test_what_excel_opens(self, tmp_path, part, old, new):
        path = save(tmp_path / "tickets.xlsx", [TICKETS, TICKET])
        edit(path, part, old, new)
        assert solved(Feeds.read(tmp_path)) == Ratio(1, 1)

    def test_a_part_whose_bytes_have_turned(self, tmp_path):
        path = save(tmp_path / "tickets.xlsx", [TICKETS, TICKET])
        content = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as archive:
            place = archive.getinfo(SHEET).header_offset + 120
        content[place : place + 8] = bytes(8)
        path.write_bytes(content)
        assert "损坏" in refusal(tmp_path)

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_mutants(self, tmp_path, kind):
        path = tmp_path / f"tickets.{kind}"
        head = [*TICKETS, "类型", "记录错误数", "关闭时间"]
        rows = [
            [f"T{n}", n, datetime(2025, 3, 3, 9, n), "是", "投诉", n, datetime(2025, 3, 4)] for n in range(1, 9)
        ]
        if kind == "xlsx":
            save(path, [head, *rows])
        else:
            lines = (",".join(map(str, row)) for row in [head, *rows])
            path.write_text("\r\n".join(lines), encoding="utf-8")
        for content in mutants(path.read_bytes()):
            path.write_bytes(content)
            try:
                Feeds.read(tmp_path)
            except CallqaError as error:
                assert path.name in str(error)  # noqa: PT017  most mutants are refused, and say where

    def test_mutants_of_the_parts(self, tmp_path):
        """The bytes of a zip are guarded by checksums: what is broken inside passes them."""
        path = save(tmp_path / "tickets.xlsx", [TICKETS, TICKET])
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for part in (SHEET, STYLES, WORKBOOK, "xl/_rels/workbook.xml.rels"):
            for content in mutants(parts[part], 75):
                with zipfile.ZipFile(path, "w") as archive:
                    for name, own in parts.items():
                        archive.writestr(name, content if name == part else own)
                try:
                    Feeds.read(tmp_path)
                except CallqaError as error:
                    assert path.name in str(error)  # noqa: PT017
