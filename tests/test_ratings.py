"""Monthly values that people give: checked by the standard, kept for ever, counted like those of a file."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DBAPIError

from flows.month.month import monthly, reopen_month
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.month.assessment import assess
from pipeline.month.assessment.month_card import NO_FEEDS
from pipeline.month.ratings import Rating, checked_value, rated_item, rated_items, waiting, with_ratings
from pipeline.scorecard import find_scorecard
from pipeline.store import Store, export_rows
from tests.builders import changed

MONTH, NOW = "2025-03", datetime(2025, 4, 2, 9, 0, tzinfo=UTC)
KF01, KF02 = find_scorecard("kf01"), find_scorecard("kf02")
SHEET = "月份,工号,项目,值,评定人,说明\n"


def rated(item, value, card=KF01, agent="1001", **more):
    digest = rated_item(card, item).digest
    given = Rating(MONTH, card.name, agent, item, digest, value, "", "sun", NOW)
    return replace(given, **more)


def filed(folder, *lines):
    (folder / "judged.csv").write_text(SHEET + "\n".join(lines) + "\n", encoding="utf-8")
    return Feeds.read(folder)


def items_of(card, feeds):
    (row,) = assess(MONTH, card, [], feeds)
    return {item.criterion_id: item for item in row.criteria}


# --- what may be entered


@pytest.mark.parametrize(
    ("standard", "item", "text", "kept"),
    [
        ("kf01", "KF01-5", "基本符合", "基本符合"),
        ("kf01", "KF01-5", " 不适用", "n_a"),
        ("kf01", "KF01-7-2", "符合", "符合"),
        ("kf02", "KF02-1-2", "一般符合", "一般符合"),
        ("table1", "T1-3", "88%", "88%"),
        ("table1", "T1-3", "0.88", "0.88"),
        ("table1", "T1-1", "42", "42"),
    ],
)
def test_what_the_standard_knows_is_taken(standard, item, text, kept):
    card = find_scorecard(standard)
    assert checked_value(card, rated_item(card, item), text) == kept


@pytest.mark.parametrize(
    ("standard", "item", "text", "told"),
    [
        ("kf01", "KF01-5", "优秀", "应填符合、基本符合、一般符合、不符合或不适用"),
        ("kf01", "KF01-5", "0.8", "应填符合"),
        ("kf01", "KF01-5", "", "应填符合"),
        ("table1", "T1-3", "88", "应填百分比"),
        ("table1", "T1-1", "-1", "不小于 0 的数（秒）"),
        ("table1", "T1-1", "nan", "不小于 0 的数"),
        ("table1", "T1-1", "很快", "不小于 0 的数"),
    ],
)
def test_what_it_does_not_know_is_refused_in_chinese(standard, item, text, told):
    card = find_scorecard(standard)
    with pytest.raises(ConfigurationError, match=told):
        checked_value(card, rated_item(card, item), text)


def test_a_printed_scale_bounds_the_value_and_the_qualitative_part_its_points():
    card = find_scorecard("jiazheng")
    for item in ("H-6", "H-8"):
        assert checked_value(card, rated_item(card, item), "4.5") == "4.5"
        for text in ("0", "5.1", "45"):
            with pytest.raises(ConfigurationError, match="1 到 5 之间的数或不适用"):
                checked_value(card, rated_item(card, item), text)
    table = find_scorecard("table1")
    on = changed(table, qualitative=table.qualitative.model_copy(update={"on": True}))
    item = rated_item(on, table.qualitative.id)
    assert checked_value(on, item, "30") == "30"
    for text in ("30.5", "-1", "优秀", "n_a"):
        with pytest.raises(ConfigurationError, match="0 到 30 之间的分数"):
            checked_value(on, item, text)


def test_an_item_that_is_not_assessed_is_refused():
    with pytest.raises(ConfigurationError, match="没有可以评定的项目 KF09-1"):
        rated_item(KF01, "KF09-1")
    shimao = find_scorecard("shimao")
    open_parts = [
        f"{criterion.id}-{number}"
        for criterion in shimao.chosen
        for number, part in enumerate(criterion.parts, 1)
        if part.open
    ]
    assert open_parts, "those of which the document leaves a figure open"
    assert not set(open_parts) & {item.id for item in rated_items(shimao)}


# --- how it takes part in the month


def test_a_rating_counts_as_the_value_of_a_file_does(tmp_path):
    feeds = with_ratings(NO_FEEDS, KF01, MONTH, [rated("KF01-5", "基本符合")])
    by_desk, by_file = (
        items_of(KF01, feeds)["KF01-5"],
        items_of(KF01, filed(tmp_path, f"{MONTH},1001,KF01-5,基本符合,孙丽,"))["KF01-5"],
    )
    assert (by_desk.tally.awarded, by_desk.tally.possible) == (8.0, 10.0), "基本符合 is 0.8 of 10 points"
    assert by_desk.tally == by_file.tally
    assert by_desk.sentence == "人工评定（复核台录入），聆听技巧：基本符合，得 8 分"
    assert by_file.sentence == "人工评定，聆听技巧：基本符合，得 8 分"


def test_parts_are_rated_one_by_one():
    acts = [rated("KF02-1-1", "符合", KF02), rated("KF02-1-2", "一般符合", KF02), rated("KF02-1-3", "n_a", KF02)]
    item = items_of(KF02, with_ratings(NO_FEEDS, KF02, MONTH, acts))["KF02-1"]
    assert item.tally.share == pytest.approx((4 * 1.0 + 4 * 0.6) / 8), "the third part left the denominator"


def test_the_last_act_stands_and_what_was_taken_back_waits_again():
    first, second = rated("KF01-5", "符合"), rated("KF01-5", "不符合", id=2)
    assert items_of(KF01, with_ratings(NO_FEEDS, KF01, MONTH, [first, second]))["KF01-5"].tally.awarded == 0
    back = [first, second, rated("KF01-5", None, id=3)]
    assert with_ratings(NO_FEEDS, KF01, MONTH, back).given(MONTH, "1001") == {}
    assert with_ratings(NO_FEEDS, KF01, MONTH, back).agents(MONTH) == ()


def test_file_and_desk_never_count_twice_and_a_disagreement_is_told(tmp_path):
    both = filed(tmp_path, f"{MONTH},1001,KF01-5,不符合,孙丽,", f"{MONTH},1001,KF01-6,符合,孙丽,")
    feeds = with_ratings(both, KF01, MONTH, [rated("KF01-5", "符合"), rated("KF01-6", "符合")])
    items = items_of(KF01, feeds)
    assert items["KF01-5"].tally.share == 1.0, "the desk's counts"
    assert items["KF01-5"].sentence.startswith("人工评定（复核台录入，外部表为“不符合”，不计）")
    assert items["KF01-6"].sentence.startswith("人工评定（复核台录入，外部表相同）")
    assert [str(notice) for notice in feeds.notices] == [
        f"外部表与复核台的评定不同（{MONTH} 1001 KF01-5）：外部表为“不符合”，复核台为“符合”；以复核台为准"
    ]


def test_a_whole_in_the_file_does_not_stand_beside_a_part_from_the_desk(tmp_path):
    whole = filed(tmp_path, f"{MONTH},1001,KF02-1,符合,孙丽,")
    feeds = with_ratings(whole, KF02, MONTH, [rated("KF02-1-2", "不符合", KF02)])
    assert set(feeds.given(MONTH, "1001")) == {"KF02-1-2"}
    assert items_of(KF02, feeds)["KF02-1"].tally.awarded == 0
    assert "外部表 KF02-1 为“符合”" in str(feeds.notices[0])


def test_a_rating_of_an_item_that_said_something_else_counts_no_more():
    feeds = with_ratings(NO_FEEDS, KF01, MONTH, [rated("KF01-5", "符合", item_digest="older")])
    assert feeds.given(MONTH, "1001") == {}
    assert "请重新评定" in str(feeds.notices[0])


def test_what_waits_for_a_person_is_listed_until_it_is_rated(tmp_path):
    ids = [item.id for item in waiting(KF01, NO_FEEDS, MONTH, "1001")]
    assert ids == [item.id for item in rated_items(KF01) if item.by_people]
    parts = {*(f"KF01-5-{n}" for n in range(1, 6)), "KF01-6-1", "KF01-6-2"}
    assert parts <= set(ids)
    feeds = with_ratings(filed(tmp_path, f"{MONTH},1001,KF01-6,符合,孙丽,"), KF01, MONTH, [rated("KF01-5", "符合")])
    left = [item.id for item in waiting(KF01, feeds, MONTH, "1001")]
    assert set(ids) - set(left) == parts


# --- how it is kept


def test_acts_are_kept_for_ever_with_who_when_and_why(address):
    with Store.open(address) as store:
        first = store.ratings.add(rated("KF01-5", "符合"), seen=0)
        with pytest.raises(ConfigurationError, match=r"sun 已于 .* 评定过 KF01-5"):
            store.ratings.add(rated("KF01-5", "不符合", by="li", reason="听过录音"), seen=0)
        with pytest.raises(ConfigurationError, match="须写明原因"):
            store.ratings.add(rated("KF01-5", "不符合"), seen=first.id)
        with pytest.raises(ConfigurationError, match="没有变化"):
            store.ratings.add(rated("KF01-5", "符合", reason="再存一次"), seen=first.id)
        second = store.ratings.add(rated("KF01-5", "不符合", by="li", reason="听过录音"), seen=first.id)
        assert [(act.value, act.by, act.reason) for act in store.ratings.of_month(MONTH, "kf01")] == [
            ("符合", "sun", ""),
            ("不符合", "li", "听过录音"),
        ]
        assert second.id > first.id
        note = store.audit.newest(about=f"kf01 {MONTH} 1001 KF01-5")[0].note
        assert (note.by, note.title, note.old, note.new, note.why) == (
            "li", "月度评定", {"value": "符合"}, {"value": "不符合"}, "听过录音",
        )  # fmt: skip
        for statement in ("UPDATE ratings SET value = '符合'", "DELETE FROM ratings"):
            with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
                connection.exec_driver_sql(statement)


def test_a_closed_month_takes_no_rating_until_it_is_reopened(tmp_path):
    address = f"sqlite:///{tmp_path}/callqa.db"
    with Store.open(address) as store:
        for item in KF01.chosen:
            given = rated(item.id, "符合") if item.id != "KF01-5" else rated("KF01-5", "基本符合")
            store.ratings.add(given, seen=0)
    report = monthly(address, MONTH, close_by="陈主管")
    assert report.months[0].score == 98.0, "all 符合 but 8 of 10"
    assert dict(report.closing.feeds).keys() == {"ratings"}
    with Store.open(address) as store:
        last = store.ratings.of_month(MONTH, "kf01")[-1]
        change = rated(last.item, "不符合", reason="更正")
        with pytest.raises(ConfigurationError, match=r"已由 陈主管 于 .* 关账，不能再评定"):
            store.ratings.add(change, seen=last.id)
    reopen_month(address, MONTH, "kf01", "陈主管", "更正")
    with Store.open(address) as store:
        store.ratings.add(change, seen=last.id)
    assert monthly(address, MONTH).months[0].score == 93.0, "KF01-10 is worth 5"


def test_the_exported_rows_tell_every_act_and_which_stands(tmp_path):
    """A store of its own: the database refuses to take a rating out again. One item is changed, one taken back."""
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        first = store.ratings.add(rated("KF01-5", "符合"), 0)
        store.ratings.add(rated("KF01-5", "一般符合", reason="漏记地址", by="wang"), first.id)
        given = store.ratings.add(rated("KF01-6", "符合", agent="1002"), 0)
        store.ratings.add(rated("KF01-6", None, agent="1002", reason="录错人"), given.id)
        rows = list(export_rows(store, "ratings"))
        kept = [act.at for act in store.ratings.all()]
    about = ("month", "standard", "agent_id", "item", "value", "reason", "by", "stands")
    assert [tuple(row[name] for name in about) for row in rows] == [
        (MONTH, "kf01", "1001", "KF01-5", "符合", "", "sun", False),
        (MONTH, "kf01", "1001", "KF01-5", "一般符合", "漏记地址", "wang", True),
        (MONTH, "kf01", "1002", "KF01-6", "符合", "", "sun", False),
        (MONTH, "kf01", "1002", "KF01-6", None, "录错人", "sun", False),
    ]
    assert [datetime.fromisoformat(row["at"]) for row in rows] == [at.replace(microsecond=0) for at in kept]
    assert all(row["at"].endswith("+08:00") for row in rows), "in Shanghai"
