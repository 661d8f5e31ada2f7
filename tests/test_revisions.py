"""Revisions of one standard: the day decides, a closed month keeps its own, what closed a month is not edited."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.months import MonthPorts
from flows.desk.server import desk_of
from flows.month.calls import edited_sentence
from flows.month.month import monthly, reopen_month
from flows.month.periods import period_results
from flows.month.whatif import WhatIf, what_if
from flows.night.judgement import result_of
from flows.night.rescore import rescore_calls
from flows.policy.library import revisions_of, scorecard_of, scorecards_of
from flows.policy.policy import policy_of
from flows.policy.revisions import card_of, scorecard_of_month, scorecard_of_revision
from flows.settings import load_settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation.fingerprint import judged_as
from pipeline.month.assessment.closing import Closing
from pipeline.scorecard import find_scorecard
from pipeline.store import Store, tables
from tests.builders import EARS, hearing
from tests.desks import client, people
from tests.test_month import BAD, STANDARD, call

BY = "王主管"


def written(revision: int, since: str, points: int = 60) -> str:
    """The standard of the tests in a revision: 礼貌 is worth so many points, 解决 the rest of 100."""
    return (
        STANDARD.replace("revision: 1", f"revision: {revision}")
        .replace("2025-01-01", since)
        .replace("points: 60", f"points: {points}")
        .replace("points: 40", f"points: {100 - points}")
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = tmp_path / "rules" / "standards"
    made.mkdir(parents=True)
    monkeypatch.setenv("CALLQA_RULES", str(made.parent))
    (made / "hotline.yaml").write_text(written(1, "2025-01-01"), encoding="utf-8")
    return made


@pytest.fixture
def url(tmp_path):
    """Three calls of a rude agent in each of March, April and May, and nine of ten tickets solved."""
    address = f"sqlite:///{tmp_path}/callqa.db"
    rules = policy_of("kf01", load_settings())
    with Store.open(address) as store:
        for later in range(3):
            for number in range(3):
                heard = hearing(*BAD, call=call(number, "1002", later))
                heard = replace(heard, recording=replace(heard.recording, id=f"sha{later}{number}"))
                store.calls.save(result_of(heard, rules, EARS))
    return address


@pytest.fixture
def feeds(tmp_path):
    made = tmp_path / "feeds"
    made.mkdir()
    rows = [f"{m}-{n},1002,2025-0{m}-10 09:00:00,{'是' if n else '否'}" for m in (3, 4, 5) for n in range(10)]
    (made / "tickets.csv").write_text("工单号,工号,创建时间,首次解决\n" + "\n".join(rows), encoding="utf-8")
    return made


def told(report) -> tuple[int, float]:
    (row,) = report.months
    return report.scorecard.revision, row.score


# the day decides


def test_the_day_decides_the_revision_whatever_the_files_are_called(folder):
    (folder / "a-later.yaml").write_text(written(3, "2025-07-01"), encoding="utf-8")
    (folder / "z-earlier.yaml").write_text(written(2, "2025-04-01"), encoding="utf-8")
    (folder / "corrected.yaml").write_text(written(4, "2025-07-01"), encoding="utf-8")
    settings = load_settings()
    assert [card.revision for card in revisions_of("hotline", settings)] == [1, 2, 3, 4]
    days = ("2025-01-01", "2025-03-31", "2025-04-01", "2025-06-30", "2025-07-01")
    found = [scorecard_of("hotline", settings, date.fromisoformat(day)).revision for day in days]
    assert found == [1, 1, 2, 2, 4], "of two that begin together the higher counts"
    assert scorecards_of(settings)["hotline"].revision == 4
    with pytest.raises(PolicyError, match="2024-12-31 没有生效的 hotline：最早的第1版从 2025-01-01 起施行"):
        scorecard_of("hotline", settings, date(2024, 12, 31))


def test_one_revision_is_one_file(folder):
    (folder / "copy.yaml").write_text(written(1, "2025-02-01"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"hotline\.yaml: hotline 第1版已在 copy\.yaml 里"):
        scorecards_of(load_settings())


def test_a_shipped_standard_counts_until_the_first_revision_of_ones_own(folder):
    shipped = find_scorecard("table1")
    later = shipped.text.replace(f"revision: {shipped.revision}", f"revision: {shipped.revision + 1}").replace(
        f"effective_from: {shipped.effective_from}", "effective_from: 2026-10-01"
    )
    (folder / "ours.yaml").write_text(later, encoding="utf-8")
    days = (date(2026, 9, 30), date(2026, 10, 1))
    assert [scorecard_of("table1", load_settings(), day).revision for day in days] == [
        shipped.revision,
        shipped.revision + 1,
    ]
    (folder / "ours.yaml").write_text(later.replace("2026-10-01", "2024-01-01"), encoding="utf-8")
    assert [card.revision for card in revisions_of("table1", load_settings())] == [shipped.revision + 1], (
        "one's own is never outdone by a shipped one"
    )


def test_a_month_is_assessed_by_the_revision_of_its_first_day(folder, url, feeds):
    """Rude (礼貌 0) and nine of ten solved (解决 full): 40 of 100 by the first revision, 70 by the second, which
    begins in the middle of April and so counts from May on."""
    (folder / "hotline-2.yaml").write_text(written(2, "2025-04-15", points=30), encoding="utf-8")
    months = ("2025-03", "2025-04", "2025-05")
    found = [told(monthly(url, month, standard="hotline", feeds=feeds)) for month in months]
    assert found == [(1, 40.0), (1, 40.0), (2, 70.0)]


def test_a_month_before_every_revision_is_refused(folder, url, feeds):
    (folder / "hotline.yaml").write_text(written(1, "2025-04-01"), encoding="utf-8")
    for refused in (
        lambda: monthly(url, "2025-03", standard="hotline", feeds=feeds),
        lambda: monthly(url, "2025-03", standard=str(folder / "hotline.yaml"), feeds=feeds),
        lambda: rescore_calls("hotline", url, None, load_settings()),
    ):
        with pytest.raises(ConfigurationError, match="2025-03-01 没有生效的 hotline"):
            refused()
    assert rescore_calls("hotline", url, date(2025, 4, 1), load_settings()).judged == 6


def test_calls_are_judged_by_the_revision_of_their_month(folder, url, feeds):
    (folder / "hotline-2.yaml").write_text(written(2, "2025-05-01", points=30), encoding="utf-8")
    assert rescore_calls("hotline", url, None, load_settings()).judged == 9
    with Store.open(url) as store:
        judged = {id: store.calls.get(id).evaluation for id in ("1002-0-0", "1002-1-0", "1002-2-0")}
    assert {id: (e.revision, e.tally.possible) for id, e in judged.items()} == {
        "1002-0-0": (1, 60.0),
        "1002-1-0": (1, 60.0),
        "1002-2-0": (2, 30.0),
    }


def test_what_if_holds_a_draft_against_the_revision_of_the_month(folder, url, feeds):
    (folder / "hotline-2.yaml").write_text(written(2, "2025-05-01", points=30), encoding="utf-8")
    draft = folder.parent.parent / "draft.yaml"
    draft.write_text(written(3, "2025-08-01", points=10), encoding="utf-8")
    for month, before in (("2025-03", 40.0), ("2025-05", 70.0)):
        (found,) = what_if(url, WhatIf(month, str(draft), "hotline", feeds))
        assert (found.before.score, found.after.score) == (before, 90.0), "a draft is tried before it begins"


# a closed month keeps its own


def test_a_closed_month_outlives_its_file(folder, url, feeds):
    closed = monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    assert told(closed) == (1, 40.0)
    (folder / "hotline.yaml").unlink()
    (folder / "next.yaml").write_text(written(2, "2025-01-01", points=30), encoding="utf-8")
    again = monthly(url, "2025-03", standard="hotline", feeds=feeds)
    assert (told(again), again.closing.id) == ((1, 40.0), closed.closing.id)
    assert told(monthly(url, "2025-04", standard="hotline", feeds=feeds)) == (2, 70.0)
    with Store.open(url) as store:
        desk = MonthPorts(store, load_settings(), feeds)
        assert told(desk.kept_report("2025-03", "hotline")) == (1, 40.0)
        assert desk.workbook("2025-03", "hotline")[:2] == b"PK"
        assert scorecard_of_revision(store, "hotline", 1, load_settings()).points_of["礼貌"] == 60
    reopen_month(url, "2025-03", "hotline", BY, "标准有误")
    assert told(monthly(url, "2025-03", standard="hotline", feeds=feeds)) == (2, 70.0), "an open month has none"


def test_a_quarter_has_the_grade_lines_of_its_last_month(folder, url, feeds):
    monthly(url, "2025-04", standard="hotline", feeds=feeds, close_by=BY)
    lenient = written(2, "2025-07-01").replace("least: 60", "least: 20")
    (folder / "hotline-2.yaml").write_text(lenient, encoding="utf-8")
    assert dict(period_results(url, "2025-Q2", "hotline"))["1002 林晓雯"].grade == "不合格"


def test_what_was_closed_is_shown_when_no_file_has_that_name(folder, url, feeds):
    monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    (folder / "hotline.yaml").unlink()
    with Store.open(url) as store:
        assert scorecard_of_month(store, "hotline", "2025-03", load_settings()).revision == 1
        with pytest.raises(PolicyError, match="hotline"):
            scorecard_of_month(store, "hotline", "2025-04", load_settings())


def test_a_closing_of_an_earlier_callqa_says_what_is_missing(folder, url):
    with Store.open(url) as store:
        closing = Closing("2025-03", "hotline", 1, "f00d", BY, "", datetime(2025, 4, 1, tzinfo=UTC))
        with pytest.raises(ConfigurationError, match=r"已不是那一版，当时也没有留存；请用当时的文件"):
            card_of(store, closing, load_settings())


def test_the_standard_of_a_month_is_shown(folder, url, feeds):
    (folder / "hotline-2.yaml").write_text(written(2, "2025-04-01", points=30), encoding="utf-8")
    monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    (folder / "hotline.yaml").unlink()
    for option, text_shown in (
        (["--month", "2025-03"], written(1, "2025-01-01")),
        ([], written(2, "2025-04-01", 30)),
    ):
        shown = CliRunner().invoke(app, ["standard", "show", "hotline", "--store", url, *option])
        assert (shown.exit_code, shown.output) == (0, text_shown)


def test_files_of_closings_are_kept_for_ever(folder, url, feeds):
    monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    with Store.open(url) as store:
        (digest,) = store.engine.connect().scalars(select(tables.scorecards.c.digest))
        assert store.scorecards.text(digest) == written(1, "2025-01-01")
        for statement in "UPDATE scorecards SET text = ''", "DELETE FROM scorecards":
            with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
                connection.execute(text(statement))
        store.scorecards.keep(scorecard_of("hotline", load_settings()))  # once more: nothing happens


# none is edited once it closed a month


def test_a_revision_that_closed_a_month_is_not_edited(folder, url, feeds):
    monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    path = folder / "hotline.yaml"
    path.write_text(written(1, "2025-01-01", points=30), encoding="utf-8")
    sentence = r"hotline\.yaml：2025-03 已用 hotline 第1版关账，.*请把 revision 改为 2 并写明 effective_from"
    for refused in (
        lambda: monthly(url, "2025-04", standard="hotline", feeds=feeds),
        lambda: monthly(url, "2025-04", standard=str(path), feeds=feeds, close_by=BY),
        lambda: monthly(url, "2025-03", standard=str(path), feeds=feeds),
        lambda: rescore_calls("hotline", url, date(2025, 4, 1), load_settings()),
    ):
        with pytest.raises(ConfigurationError, match=sentence):
            refused()
    reopen_month(url, "2025-03", "hotline", BY, "标准有误")
    with pytest.raises(ConfigurationError, match=sentence):
        monthly(url, "2025-03", standard="hotline", feeds=feeds)
    path.write_text(written(2, "2025-01-01", points=30), encoding="utf-8")
    assert told(monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)) == (2, 70.0)


def test_a_remark_is_no_other_content(folder, url, feeds):
    monthly(url, "2025-03", standard="hotline", feeds=feeds, close_by=BY)
    (folder / "hotline.yaml").write_text("# 备注\n" + written(1, "2025-01-01"), encoding="utf-8")
    assert told(monthly(url, "2025-04", standard="hotline", feeds=feeds, close_by=BY)) == (1, 40.0)


def test_before_a_month_is_closed_a_file_may_be_edited(folder, url, feeds):
    monthly(url, "2025-03", standard="hotline", feeds=feeds)
    (folder / "hotline.yaml").write_text(written(1, "2025-01-01", points=30), encoding="utf-8")
    assert told(monthly(url, "2025-03", standard="hotline", feeds=feeds)) == (1, 70.0)


# what comes with callqa


RELEASED = {
    "jiazheng": (1, "b846a7c94ddd"),
    "kf01": (2, "abe6efadc93b"),
    "kf02": (1, "9325d29f630c"),
    "kf03": (1, "a719a7226547"),
    "shimao": (1, "ae2c7fb1c50a"),
    "table1": (1, "28a62c71b9fe"),
    "table2": (1, "1e4be268a97f"),
    "table3": (1, "6d4f83665c67"),
}
"""Revision and digest of each shipped standard in the last release: months may have been closed with them."""


@pytest.mark.parametrize("name", RELEASED)
def test_a_shipped_standard_that_changed_has_a_higher_revision(name):
    revision, digest = RELEASED[name]
    card = find_scorecard(name)
    assert (card.revision, card.digest) == (revision, digest) or card.revision > revision


# An edit under the same number before any month was closed


@pytest.fixture
def judged(url, folder):
    """The calls of March are judged, and then the rule of the item is another one under the same number."""
    with Store.open(url) as store:
        people(store)
        for result in [store.calls.get(call(number, "1002").id) for number in range(3)]:
            store.calls.save_evaluation(
                result_of(result.hearing, policy_of("hotline", load_settings()), result.fingerprint.ears)
            )
    path = folder / "hotline.yaml"
    before = path.read_text(encoding="utf-8")
    changed = "{kind: absent, detector: banned_wording, at_most: 9}"
    path.write_text(before.replace("{kind: absent, detector: banned_wording}", changed), encoding="utf-8")
    return before


def test_an_edit_before_any_closing_is_told_and_the_month_is_by_the_file_as_it_is(url, folder, feeds, judged):
    """Each rude call lost the 60 points; nine banned wordings are allowed now, with ids and points as they were."""
    now = monthly(url, "2025-03", standard="hotline", feeds=feeds)
    (told_so,) = [notice for notice in now.notices if "版本号却没有变" in notice]
    assert "hotline 第1版" in told_so
    assert "2025-03 有 3 通" in told_so
    assert "callqa rescore --standard" in told_so
    assert "另存为第2版" in told_so
    assert told(now) == (1, 100.0), "by the file as it is, not as it was"
    with Store.open(url) as store:
        page = client(desk_of(store, load_settings()), "wang").get(f"/calls/{call(0, '1002').id}").text
        assert "改过，版本号没有变" in page
        month = client(desk_of(store, load_settings()), "wang").get("/months?month=2025-03&standard=hotline").text
        assert "本月有 3 通仍是按改动前的内容评的" in month
    rescore_calls("hotline", url, None, load_settings())
    again = monthly(url, "2025-03", standard="hotline", feeds=feeds)
    assert not [notice for notice in again.notices if "版本号却没有变" in notice]
    assert told(again) == (1, 100.0)


def test_a_file_put_back_or_changed_only_in_its_grades_is_no_edit(url, folder, judged):
    path = folder / "hotline.yaml"
    path.write_text(judged.replace("least: 90", "least: 80"), encoding="utf-8")
    with Store.open(url) as store:
        assert edited_sentence(store, scorecard_of("hotline", load_settings())) == ""


def test_another_standard_or_number_is_no_edit(url, folder, judged):
    with Store.open(url) as store:
        now = judged_as(scorecard_of("hotline", load_settings()))
        assert len(store.calls.edited(now)) == 3
        assert store.calls.edited(now, "2025-04") == {}
        assert store.calls.edited(now.replace("hotline-1", "hotline-2")) == {}
        assert store.calls.edited(now.replace("hotline", "hot_ine")) == {}, "no letter stands for another one"
        assert len(store.calls.edited(f"kf01-{find_scorecard('kf01').revision}-{'0' * 12}")) == 6
