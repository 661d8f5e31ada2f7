"""Forms on paper: of a call with people's answers, and of a month; read back, with points added by hand."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from flows.desk.server import desk_of
from flows.form import write_agent_form, write_call_form
from flows.month.month import monthly
from flows.settings import Settings
from pipeline.errors import ConfigurationError
from pipeline.form.call import call_form
from pipeline.form.excel import call_workbook
from pipeline.form.month import month_form
from pipeline.review.answers import Kind
from pipeline.review.opinions import Opinion, to_answer
from pipeline.review.overlay import machine_answers, overlay
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.desks import client
from tests.test_desk_disputes import night  # noqa: F401  the fixture is found by its name

KF01 = find_scorecard("kf01")
CALL, MONTH = "1001-bad", "2025-03"
ASKED = {"month": MONTH, "standard": "kf01", "agent": "1001"}
AT = datetime(2025, 4, 1, tzinfo=UTC)


def answer(store, item, kind, **more):
    machine = machine_answers(store.calls.get(CALL), KF01)
    said = to_answer(KF01, CALL, machine[item], Opinion(kind, "li", AT, **more))
    store.answers.save(said, store.answers.seen(CALL))


@pytest.fixture
def store(night, tmp_path):  # noqa: F811
    """A bad call of 1001 on which li gave the first part of 服务时间 the level 基本符合."""
    (copy := tmp_path / "callqa.db").write_bytes(night.read_bytes())
    with Store.open(f"sqlite:///{copy}") as store:
        answer(store, "KF01-1-1", Kind.LEVEL, level="基本符合", reason="assessed")
        yield store


def url(store):
    return store.engine.url.render_as_string(hide_password=False)


def rows_of(content):
    (sheet,) = load_workbook(BytesIO(content))
    return sheet, [[cell.value for cell in row] for row in sheet.iter_rows()]


def filled(store, **more):
    result = store.calls.get(CALL)
    return call_form(KF01, result, store.answers.standing([CALL])[CALL], **more)


def test_the_form_of_a_call_has_every_item_and_part_and_adds_up(store, tmp_path):
    out = tmp_path / "form.xlsx"
    write_call_form(url(store), CALL, out)
    sheet, rows = rows_of(out.read_bytes())
    assert rows[0][0] == KF01.title
    said = {label: value for row in rows[1:4] for label, value in ((row[0], row[2]), (row[3], row[5]))}
    assert said["被考核单位"] == "家政一组"
    assert said["被考核人"] == "1001 林晓雯"
    assert said["通话编号"] == CALL
    assert re.fullmatch(r"2025-03-\d\d \d\d:\d\d", said["考核时间"])
    assert rows[1][7] == "督办记录表　KF01"
    head = rows.index(["序号", "项目", "标准", "考核与评分方法", "标准分值", "实际得分", "评定", "评分依据"])
    items = [row for row in rows[head + 1 :] if isinstance(row[0], int)]
    assert [(row[1], row[4]) for row in items] == [(c.title, c.points) for c in KF01.criteria]
    parts = [row for row in rows[head + 1 :] if re.fullmatch(r"（\d+）", str(row[1]))]
    assert [row[2] for row in parts] == [
        part.title for c in KF01.criteria if len(c.parts) > 1 for part in c.parts if not part.open
    ]
    total = next(row for row in rows if row[0] == "合计")
    points = [row[5] for row in items if isinstance(row[5], int | float)]
    assert (total[4], total[5]) == (100, pytest.approx(sum(points)))
    now = overlay(store.calls.get(CALL), KF01, store.answers.standing([CALL])[CALL]).evaluation
    assert total[5] == pytest.approx(now.tally.awarded)
    assert "被考核人签字" in rows[-1][0]
    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
    assert store.audit.newest(action="export")[0].note.about == CALL


def test_a_person_s_answer_stands_in_the_form_with_its_points(store):
    form = filled(store, called=lambda account: {"li": "李娜"}[account])
    rows = [cells for _, cells in form.rows]
    item = next(cells for cells in rows if cells[1] == "服务时间")
    part = next(cells for cells in rows if cells[2] == "24小时有人接听")
    assert part[6] == "基本符合\n（人工：李娜）"
    assert "人工复核（li）评定" in part[7]
    assert item[4:6] == ("10.0", "4.00"), "half of 10 points is answered, x 0.8"
    assert "已评 5 分，其余待定或不适用" in item[7]
    machine = next(cells for cells in rows if cells[1].startswith("电话礼仪"))
    assert machine[6].endswith("（系统）") or "\n" not in machine[6]
    suggested = [cells[6] for cells in rows if "系统建议" in cells[6]]
    assert suggested, "what only suggests is told as waiting for a person"
    assert all(told.startswith("待人工") for told in suggested)


def test_a_document_says_what_the_sheet_says(store, tmp_path):
    from docx import Document  # noqa: PLC0415

    paper, sheet = tmp_path / "form.docx", tmp_path / "form.xlsx"
    for out in (paper, sheet):
        write_call_form(url(store), CALL, out)
    document = Document(str(paper))
    head, table, signed = document.tables
    form = filled(store, unit="家政一组", called={"li": "李娜"}.get)
    assert [[cell.text for cell in row.cells] for row in head.rows] == [list(line) for line in form.fields]
    read = [tuple(cell.text for cell in row.cells) for row in table.rows]
    assert read == [tuple(column.head for column in form.columns), *(cells for _, cells in form.rows)]
    assert "被考核人签字" in signed.rows[0].cells[0].text
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (297, 210)
    assert "w:tblHeader" in table.rows[0]._tr.xml
    _, rows = rows_of(sheet.read_bytes())
    says = {row[2]: row[7] for row in rows if str(row[1]).startswith("（")}
    assert says == {cells[2]: cells[7] or None for kind, cells in form.rows if kind == "part"}


def test_the_document_of_a_month_has_its_points(store, tmp_path):
    from docx import Document  # noqa: PLC0415

    monthly(url(store), MONTH, close_by="王主管")
    write_agent_form(url(store), "1001", MONTH, "kf01", tmp_path / "m.docx")
    _, table, _ = Document(str(tmp_path / "m.docx")).tables
    total = [cell.text for cell in table.rows[-1].cells]
    (row,) = (row for _, row in store.months.shown(MONTH, "1001"))
    assert total[:1] + total[3:5] == ["合计（得分按百分制）", "100.0", f"{row.score:.2f}"]


def test_hostile_names_stay_text_in_a_cell(store):
    result = store.calls.get(CALL)
    evil = '=HYPERLINK("http://x")\x07'
    call = replace(result.call, agent_name=evil)
    hearing = replace(result.hearing, call=call)
    content = call_workbook(call_form(KF01, replace(result, call=call, hearing=hearing), (), unit="=1+1"))
    sheet, _ = rows_of(content)
    cells = {cell.value: cell.data_type for row in sheet.iter_rows() for cell in row}
    assert cells["=1+1"] == "s"
    assert any("HYPERLINK" in str(value) and kind == "s" for value, kind in cells.items())
    assert "f" not in cells.values()


def test_a_call_without_a_score_has_no_form(store, tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        write_call_form(url(store), "nowhere", tmp_path / "a.xlsx")
    with pytest.raises(ConfigurationError, match=r"must end in .*\.xlsx"):
        write_call_form(url(store), CALL, tmp_path / "a.pdf")
    result = store.calls.get(CALL)
    silent = replace(result, evaluation=replace(result.evaluation, answers=()))
    with pytest.raises(ConfigurationError, match="没有可打印的评分表"):
        call_form(KF01, silent)


def test_the_form_of_a_month_is_the_sheet_of_the_workbook(store, tmp_path):
    book, out = tmp_path / "month.xlsx", tmp_path / "1001.xlsx"
    with pytest.raises(ConfigurationError, match="先试算或关账"):
        write_agent_form(url(store), "1001", MONTH, "kf01", out)
    monthly(url(store), MONTH, book, close_by="王主管")
    write_agent_form(url(store), "1001", MONTH, "kf01", out)
    _, rows = rows_of(out.read_bytes())
    sheet = load_workbook(book)["1001 林晓雯"]
    assert rows == [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_month_changed_since_says_so_and_keeps_its_points(store):
    monthly(url(store), MONTH, close_by="王主管")
    desk = desk_of(store, Settings(companies=("阳光家政",)))
    before = month_form(*desk.months.form(MONTH, "kf01", "1001"))
    answer(store, "KF01-9", Kind.LEVEL, level="符合", reason="assessed")
    after = month_form(*desk.months.form(MONTH, "kf01", "1001"))
    assert [cells[4] for _, cells in after.rows if cells[0]] == [cells[4] for _, cells in before.rows if cells[0]]
    assert any("所依据的通话从略" in note for note in after.notes)
    text = str(after.rows)
    assert "成绩算出以后通话有改判或增补" in text
    assert "本月没有已评通话" not in text


def test_table_2_is_printed_as_the_document_has_it(store, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    monthly(url(store), MONTH, standard="table2")
    desk = desk_of(store, Settings(companies=("阳光家政",)))
    form = month_form(*desk.months.form(MONTH, "table2", "1001"))
    heads = [column.head for column in form.columns]
    assert [head for head in heads if head not in ("标准", "来源")] == ["维度", "指标", "权重", "得分", "评分依据"]
    assert [line[0] for line in form.fields][:1] == ["被考核人"]
    assert form.fields[0][2:4] == ("考核周期", "2025年3月")
    weights = {cells[1]: cells[3] for kind, cells in form.rows if kind == "item"}
    assert weights["首次响应时间"] == "20.0%"
    assert form.notes[0].startswith("备注：")


def test_the_desk_prints_what_the_page_shows_to_whom_it_shows_it(store):
    monthly(url(store), MONTH, close_by="王主管")
    desk = desk_of(store, Settings(companies=("阳光家政",)))
    month = "/months/agent/form"
    for who, told in (("wang", "人工：李娜"), ("lin", "人工：考核人员")):
        browser = client(desk, who)
        assert f'href="/calls/{CALL}/form"' in browser.get(f"/calls/{CALL}").text
        assert 'href="/months/agent/form?' in browser.get("/months/agent", params=ASKED).text
        page = browser.get(f"/calls/{CALL}/form")
        assert told in page.text
        assert "style=" not in page.text
        assert browser.get(month, params=ASKED).status_code == 200
        files = [browser.get(f"/calls/{CALL}/form?as=xlsx"), browser.get(month, params=ASKED | {"as": "xlsx"})]
        assert [each.status_code for each in files] == [200, 200 if who == "wang" else 403]
        _, rows = rows_of(files[0].content)
        assert ("李娜" in str(rows)) is (who == "wang")
        for path, query in ((f"/calls/{CALL}/form", {}), (month, ASKED)):
            paper = browser.get(path, params=query | {"as": "docx"})
            assert (paper.status_code, paper.content[:2]) == (200, b"PK")
    for path, query in ((f"/calls/{CALL}/form", {}), (month, ASKED)):
        assert client(desk, "zhao").get(path, params=query).status_code == 403, "another agent's"
        assert client(desk, "admin").get(path, params=query).status_code == 403
    lines = [line.note for line in store.audit.newest(by="wang")]
    noted = [(note.action, note.about) for note in lines if note.new]
    of_month = ("export", f"kf01 {MONTH} 1001")
    assert noted[::-1] == [("read", CALL), of_month, ("export", CALL), of_month, ("export", CALL), of_month]
