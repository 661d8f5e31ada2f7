"""However an id is written in a cell, it is one id, none, or refused with the reason."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ids import id_notices, is_nothing, one_id, read_id, read_ids, spellings
from pipeline.notices import NoticeKind

# fmt: off
FORMS = (
    "{}", " {} ", "{}\t", "\t{}", "\xa0{}", "{}\u3000", "\ufeff{}", "{}\u200b", "\u200e{}\u200f", "\u2060{}",
    "{}\u00ad", '="{}"', '=""{}""', '"{}"', "'{}", "'{}'", "‘{}’", "“{}”", "＇{}", "＂{}＂", "＝＂{}＂", "`{}",
    '\ufeff="{}"', "{}\ufe0f", "{}\r\n", "\u2800{}", "\u3164{}", " '{} ",
)
# fmt: on


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("id", ["1001", "A1001", "0007", "工号7", "1740963600.10", "1740963600.0", "20250308/0001"])
def test_one_person_has_one_id_in_whatever_form(form, id):
    read = read_id(form.format(id))
    assert (read.id, read.doubt) == (id, "")
    assert read.cleaned == (form.format(id).strip() != id)


def test_full_width_digits_and_whole_numbers():
    assert [read_id(cell).id for cell in ("１００１", "Ａ１００１", "1001.0", "1001.00", "=1001")] == [
        "1001",
        "A1001",
        "1001",
        "1001",
        "1001",
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "NULL",
        "null",
        r"\N",
        "None",
        "NaN",
        "nan",
        "N/A",
        "-",
        "--",
        "—",
        "——",
        "－",
        "(null)",
        "<NULL>",
        "无",
        "'NULL",
        '="-"',
    ],
)
def test_a_word_for_nothing_is_none(cell):
    assert read_id(cell).id is None
    assert read_id(cell).nothing
    assert is_nothing(cell)


@pytest.mark.parametrize("cell", ["", " ", "\u200b", '=""', "\ufeff"])
def test_an_empty_cell_is_none_and_nothing_to_tell(cell):
    read = read_id(cell)
    assert (read.id, read.nothing, read.doubt) == (None, False, "")
    assert is_nothing(cell)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("2E+17", "科学计数法"),
        ("1E+03", "科学计数法"),
        ("1.001E+03", "科学计数法"),
        ("2.0250308e+16", "科学计数法"),
        ("２Ｅ＋１７", "科学计数法"),
        ("2025-03-01", "日期"),
        ("2025/3/1", "日期"),
        ("2025年3月1日", "日期"),
        ("2025-03-01 00:00:00", "日期"),
        ("3月1日", "日期"),
        ("1-Mar", "日期"),
        ("Mar-01", "日期"),
        ("3/1/2025", "日期"),
        ("0:16:41", "时间"),
        ("1,001", "千位"),
        ("#N/A", "公式"),
        ("########", "公式"),
        ("10\x0001", "不可显示"),
        ("x" * 201, "超过 200 字"),
    ],
)
def test_what_excel_made_of_an_id_is_refused_with_the_reason(cell, why):
    read = read_id(cell)
    assert read.id is None
    assert why in read.doubt
    with pytest.raises(ValueError, match=why):
        one_id(cell)


@pytest.mark.parametrize(
    "id",
    [
        "A1001",
        "a1001",
        "12E5",
        "1001-01",
        "10/03",
        "..",
        "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d",
        "pbx1-1740964325.42",
        "a%2Fb?c=1#2",
        "0",
        "O'Brien",
        "D01#2",
        "agent-lin",
        "123456789012345",
    ],
)
def test_an_id_that_only_looks_odd_is_left_alone(id):
    assert read_id(id).id == id
    assert not read_id(id).cleaned


def test_long_numbers_that_excel_rounded_show_in_their_column():
    whole = "20250308123456789"
    rounded = whole[:15] + "00"
    assert [read.id for read in read_ids([rounded, "T1"])] == [None, "T1"]
    assert "15 位" in read_ids([rounded])[0].doubt
    assert [read.id for read in read_ids([rounded, whole])] == [rounded, whole], (
        "one in a hundred ends so by chance"
    )
    sixteen = "1234567890123450"
    assert read_ids([sixteen, sixteen])[0].id == sixteen, "one in ten ends so by chance"
    assert read_ids([sixteen, "2234567890123450"])[0].id is None
    assert read_ids([whole + ".0"])[0].id == whole
    assert read_ids([rounded + ".0"])[0].id is None


def test_what_differs_in_case_alone_has_one_spelling():
    assert spellings(["a1", "A1", "A1", "B"]) == {"a1": "A1"}
    assert spellings(["A1", "A1"], known=["a1", "b"]) == {"A1": "a1"}
    assert spellings(["a1", "b"]) == {}


def test_notices_count_and_name_rows_and_no_id():
    reads = read_ids(["１００１", "'1001", "NULL", "2E+17", "1001", "1001\u200b", "="])
    notices = id_notices("cdr.csv", "工号", range(2, 9), reads)
    assert [(n.kind, n.about) for n in notices] == [
        (NoticeKind.ID_CLEANED, "cdr.csv"),
        (NoticeKind.ID_NOTHING, "cdr.csv"),
        (NoticeKind.ID_DOUBTFUL, "cdr.csv"),
    ]
    assert notices[0].problem.startswith("3 个工号")
    assert "第 2、3、7 行" in notices[0].problem
    assert not any("1001" in n.problem for n in notices)


@given(st.text())
def test_reading_is_stable_and_total(text):
    read = read_id(text)
    assert (read.id is None) or read_id(read.id).id == read.id
    assert read.id is None or (read.id == unicodedata.normalize("NFKC", read.id) and read.id.isprintable())
    assert sum((read.id is not None, read.nothing, bool(read.doubt))) <= 1
