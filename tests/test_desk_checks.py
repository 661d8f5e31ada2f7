"""人机差异 and 公平性 at the desk: tables, pictures, each figure's calls, and the same rows as files."""

import csv
import json
import re
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from shutil import copy
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.server import desk_of
from flows.month.checks import export_check, fairness, overrides
from flows.month.month import monthly
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Outcome
from pipeline.month.fairness import calls_at_ends, fairness_report
from pipeline.month.fairness.dependence import gap
from pipeline.review.answers import Kind
from pipeline.scorecard import load_scorecard
from pipeline.store import Store
from tests.builders import EARS, hearing
from tests.desks import client, people
from tests.test_fairness import CARD
from tests.test_fairness import month as made_month
from tests.test_month import BAD, GOOD, MONTH, STANDARD, call
from tests.test_overrides import act

ASKED = f"month={MONTH}&standard=hotline"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of 1002's calls forty were rude, in noise, and forty polite; wang overturns two of the rude ones, li
    confirms one, and wang one polite call in April."""
    folder = tmp_path_factory.mktemp("checked")
    (folder / "rules" / "standards").mkdir(parents=True)
    path = folder / "rules" / "standards" / "hotline.yaml"
    path.write_text(STANDARD, encoding="utf-8")
    rules, card = policy_of("kf01", load_settings()), load_scorecard(path)
    with Store.open(f"sqlite:///{folder}/callqa.db") as store:
        people(store)
        for later, number in [*((0, n) for n in range(80)), (1, 0)]:
            rude = number < 40 and not later
            heard = hearing(*(BAD if rude else GOOD), call=call(number, "1002", later))
            quality = replace(heard.quality, word_confidence=0.5 if rude else 0.95)
            heard = replace(heard, quality=quality, recording=replace(heard.recording, id=f"sha{later}{number}"))
            store.calls.save(result_of(heard, rules, EARS))
        for number, kind, by in ((0, Kind.OVERTURN, "wang"), (1, Kind.OVERTURN, "wang"), (2, Kind.CONFIRM, "li")):
            said = Outcome.NOT_MET if kind is Kind.CONFIRM else Outcome.MET
            each = act(card, f"1002-0-{number}", kind, by=by, said=said, machine=Outcome.NOT_MET)
            store.answers.save(each, store.answers.seen(each.call_id))
        each = act(card, "1002-1-0", Kind.CONFIRM)
        store.answers.save(each, store.answers.seen(each.call_id))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQA_RULES", str(folder / "rules"))
        for month in (MONTH, "2025-04"):
            monthly(f"sqlite:///{folder}/callqa.db", month, standard="hotline")
    return folder


@pytest.fixture(scope="module")
def desk(folder):
    """The tests only read, but for the lines that reading writes into the log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQA_RULES", str(folder / "rules"))
        with Store.open(f"sqlite:///{copy(folder / 'callqa.db', folder / 'desk.db')}") as store:
            yield desk_of(store, load_settings())


def read(page):
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def links(page, to):
    return [each.replace("&amp;", "&") for each in re.findall(r'href="([^"]+)"', page.text) if each.startswith(to)]


# --- people against the machine


def test_the_rates_are_shown_and_drawn(desk):
    """Two of three were overturned in March, and none of one in April."""
    page = client(desk, "wang").get(f"/overrides?{ASKED}")
    text = read(page)
    assert "人工评定 3 项，改判 2 项（66.67%" in text
    assert "王芳 2 2 100.0%" in text
    assert "李娜 1 0 0.0%" in text
    assert page.text.count('class="forest"') == 1, "one month has no picture of its own"
    april = client(desk, "wang").get("/overrides?month=2025-04&standard=hotline").text
    assert april.count('class="forest"') == 2
    assert client(desk, "wang").get("/overrides").text.count("2025 年 4 月") == april.count("2025 年 4 月")


def test_each_figure_leads_to_its_calls(desk):
    page = client(desk, "wang").get(f"/overrides?{ASKED}")
    found = links(page, "/overrides/calls")
    assert len(found) == 11, (
        "three figures of the item, the agent and wang, one of li, and the agent whose month differs"
    )
    for address in found:
        asked = parse_qs(urlsplit(address).query)
        shown = client(desk, "wang").get(address)
        calls = re.findall(r'href="/calls/([^"]+)"', shown.text)
        if asked.get("by") == ["assessor"] and asked["about"] == ["li"]:
            assert calls == ["1002-0-2"]
        elif asked.get("only"):
            assert calls == ["1002-0-0", "1002-0-1"], address
    assert "没有这样的通话" in client(desk, "wang").get(f"/overrides/calls?{ASKED}&only=lowered").text


def test_one_item_has_its_own_rates(desk):
    page = client(desk, "wang").get(f"/overrides?{ASKED}&item=礼貌")
    assert "人工评定 3 项" in read(page)
    assert "按评分项的" in read(page)
    assert "只按机器与计入人工" not in read(page)
    assert "还没有人工评定" in read(client(desk, "wang").get(f"/overrides?{ASKED}&item=解决"))


# --- points against the line


def test_what_follows_the_line_is_told_with_its_calls(desk):
    page = client(desk, "wang").get(f"/fairness?{ASKED}")
    assert "须核对" in read(page)
    assert 'class="found"' in page.text
    first = client(desk, "wang").get(
        next(each for each in links(page, "/fairness/calls") if "subject=item" in each)
    )
    assert "听写把握低 40 通" in read(first)
    worse, better = first.text.split("<h2>")[1:3]
    assert 'href="/calls/1002-0-3"' in worse, "the rude ones"
    assert 'href="/calls/1002-0-50"' in better
    wrong = client(desk, "wang").get(f"/fairness/calls?{ASKED}&subject=item&id=x&better=y")
    assert (wrong.status_code, "没有这一组比较" in wrong.text) == (404, True)


def test_the_comparisons_can_be_narrowed(desk):
    browser = client(desk, "wang")
    assert browser.get(f"/fairness?{ASKED}&subject=agent").text.count(">总分<") == 1, "in the choice alone"
    assert ">礼貌用语 <" in browser.get(f"/fairness?{ASKED}&item=礼貌").text
    assert browser.get(f"/fairness?{ASKED}&item=礼貌&subject=total").text.count("没有可以比较的通话") == 1


def test_the_calls_at_the_ends_have_the_difference_that_is_told():
    """The points at both ends, weighed as `gap` weighs them, give the figure of the report."""
    calls, hearings = made_month(3, lambda _i, _a, line, _c: 0.3 + 0.6 * line, num_agents=1)
    report = fairness_report("2026-10", CARD, calls, hearings)
    row = next(each for each in report.rows if each.subject == "item" and each.condition == "听写把握")
    ends = calls_at_ends(CARD, calls, hearings, row.subject, row.id, row.better)
    means = [np.mean([each.points for each in side]) for side in (ends.at_worse, ends.at_better)]
    assert means[1] - means[0] == pytest.approx(row.points)
    assert len(ends.at_worse) + len(ends.at_better) == row.num_calls
    assert calls_at_ends(CARD, calls, hearings, "agent", "nobody", row.better) is None
    assert gap(np.zeros(4), np.arange(4.0), np.zeros(4, np.intp)) is None


# --- rows that leave


def test_the_desk_and_the_command_write_the_same_rows(desk, folder, tmp_path):
    url = f"sqlite:///{folder}/callqa.db"
    for kind, report in (
        ("overrides", overrides(url, MONTH, "hotline")),
        ("fairness", fairness(url, MONTH, "hotline")),
    ):
        target = tmp_path / f"{kind}.csv"
        num_rows = export_check(report, target)
        own = target.read_text("utf-8-sig")
        rows = list(csv.DictReader(StringIO(own)))
        assert len(rows) == num_rows > 0
        saved = client(desk, "wang").get(f"/{kind}/export?{ASKED}&ending=csv")
        assert saved.content.decode("utf-8-sig").replace("\r\n", "\n") == own.replace("\r\n", "\n")
        sheet = load_workbook(BytesIO(client(desk, "wang").get(f"/{kind}/export?{ASKED}").content)).active
        assert [cell.value for cell in sheet[3]] == list(rows[0])
        assert sheet.max_row == 3 + num_rows
    logged = [line.note for line in desk.store.audit.newest(action="export")]
    assert {note.about for note in logged} == {f"人机差异 hotline {MONTH}", f"公平性 hotline {MONTH}"}


def test_the_command_writes_every_form_and_refuses_others(folder, tmp_path):
    def export(*words):
        done = CliRunner().invoke(app, ["export", *words, "--store", f"sqlite:///{folder}/callqa.db"])
        return done.output if done.exit_code == 0 else str(done.exception)

    of = ("overrides", MONTH, "--standard", "hotline", "--out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLQA_RULES", str(folder / "rules"))
        assert "rows" in export(*of, str(tmp_path / "o.csv"))
        assert "rows" in export(*of, str(tmp_path / "o.json"))
        assert "must end in .csv, .xlsx, .json" in export(*of, str(tmp_path / "o.txt"))
    rows = list(csv.DictReader(StringIO((tmp_path / "o.csv").read_text("utf-8-sig"))))
    whole = json.loads((tmp_path / "o.json").read_text("utf-8"))
    assert [row["编号"] for row in rows if row["分组"] == "评定人"] == [
        each["about"] for each in whole["assessors"]
    ]
    item = next(row for row in rows if row["分组"] == "评分项")
    assert (item["评定"], item["改判"], item["加分"], item["合计分"]) == ("3", "2", "2", "120.0")
    assert [row["加分"] for row in rows if row["分组"] == "月份"] == [""]


# --- who may


@pytest.mark.parametrize("path", ["/overrides", "/overrides/calls", "/fairness", "/fairness/export"])
def test_only_quality_people_who_see_everybody_open_them(desk, path):
    for who in ("lin", "sun", "zhou", "admin"):
        assert client(desk, who).get(f"{path}?{ASKED}").status_code == 403, who


def test_who_scores_a_call_of_the_month_blind_waits(desk, monkeypatch):
    monkeypatch.setattr(type(desk.store.calibrations), "blind_calls", lambda *_: frozenset({"1002-0-0"}))
    for path in ("/overrides", "/fairness", "/overrides/export", "/fairness/export"):
        assert client(desk, "wang").get(f"{path}?{ASKED}").status_code == 403


def test_a_month_without_calls_or_a_standard_that_is_not_there_is_told(desk):
    none = client(desk, "wang").get("/overrides?month=2024-01&standard=hotline")
    assert none.status_code == 422
    assert re.search("2024-01", none.text)
    assert "找不到评分表 x" in client(desk, "wang").get("/fairness?month=2025-03&standard=x").text
    with pytest.raises(ConfigurationError):
        export_check(overrides(str(desk.store.engine.url), MONTH, "hotline"), Path("x.jsonl"))
