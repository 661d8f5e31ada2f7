"""A lexicon of a deployment's own is told by its own titles: in reasons, `callqa show`, desk and workbook."""

from dataclasses import replace

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.server import desk_of
from flows.night.judgement import result_of
from flows.policy.library import forget_library, scorecard_of, titles_in_force
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.store import Store
from tests.builders import CALL, EARS, hearing
from tests.desks import client, people

GREEN = """\
name: green
revision: 1
detector: green
title: 环保提示
phrases:
  - term: first
    title: 提醒先分类
    role: agent
    variants: [请您先把垃圾分类]
    examples: [请您先把垃圾分类]
  - term: name
    title: 说出分类名称
    role: agent
    variants: [这是可回收物]
    examples: [这是可回收物]
"""
CARD = """\
name: greencard
revision: 1
title: 环保考核
effective_from: 2025-01-01
source: 本单位办法
lexicons: [green]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
not_applicable: 不适用的不计
criteria:
  - id: G1
    title: 环保提示
    standard: 提醒客户垃圾分类。
    source_class: A
    points: 100
    parts:
      - {title: 环保提示, rule: {kind: heard, detector: green, terms: [first, name]}}
"""
TALK = ("坐席：您好请讲", "客户：垃圾放哪里", "坐席：请您先把垃圾分类", "客户：好的", "坐席：再见")


@pytest.fixture
def rules(tmp_path):
    folder = tmp_path / "rules"
    (folder / "standards").mkdir(parents=True)
    (folder / "green.yaml").write_text(GREEN, encoding="utf-8")
    (folder / "standards" / "greencard.yaml").write_text(CARD, encoding="utf-8")
    return folder


@pytest.fixture
def store(tmp_path, rules):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        people(store)
        store.calls.save(result_of(hearing(*TALK), policy_of("greencard", Settings(rules=rules)), EARS))
        yield store


@pytest.fixture
def environment(tmp_path, rules, monkeypatch):
    monkeypatch.setenv("CALLQA_STORE", f"sqlite:///{tmp_path}/callqa.db")
    monkeypatch.setenv("CALLQA_RULES", str(rules))
    monkeypatch.setenv("COLUMNS", "200")


def test_in_the_reasons_of_an_answer(store):
    (answer,) = store.calls.get("C1").evaluation.answers
    assert answer.reasons == ("环保提示：未听到说出分类名称",)


def test_in_callqa_show(store, environment):
    told = CliRunner().invoke(app, ["show", "C1"]).output
    assert "环保提示" in told
    assert "提醒先分类" in told
    assert "先挂机" in told, "who hung up first is a term of the same name"


def test_at_the_desk(store, rules):
    desk = desk_of(store, Settings(rules=rules))
    page = client(desk, "wang").get("/calls/C1").text
    assert "环保提示：提醒先分类" in page
    assert "环保提示·提醒先分类" in page
    assert "未听到说出分类名称" in page
    assert "挂机：先挂机" in page
    assert "提醒先分类" in client(desk, "wang").get("/rules/file?kind=lexicon&name=green").text


def test_in_the_workbook(store, environment, tmp_path):
    book = tmp_path / "month.xlsx"
    told = CliRunner().invoke(app, ["month", "2025-03", "--standard", "greencard", "--out", str(book)])
    assert told.exit_code == 0, told.output
    cells = [str(cell) for sheet in load_workbook(book) for row in sheet.values for cell in row if cell]
    assert any("未听到说出分类名称" in cell for cell in cells)


def test_a_title_that_is_changed_is_shown_at_once(store, rules):
    settings = Settings(rules=rules)
    assert titles_in_force(settings).term("green", "name") == "说出分类名称"
    (rules / "green.yaml").write_text(GREEN.replace("说出分类名称", "讲明是哪一类"), encoding="utf-8")
    forget_library()
    assert titles_in_force(settings).term("green", "name") == "讲明是哪一类"
    assert scorecard_of("greencard", settings).titles.term("green", "name") == "讲明是哪一类"


def test_a_file_that_cannot_be_read_leaves_the_titles_of_the_others(rules):
    (rules / "wrong.yaml").write_text("phrases: [", encoding="utf-8")
    assert titles_in_force(Settings(rules=rules)).term("green", "first") == "提醒先分类"


def test_a_lexicon_without_titles_takes_the_place_of_the_shipped_one_and_keeps_its_titles(rules):
    own = GREEN.replace("name: green", "name: apology").replace("detector: green", "detector: apology")
    own = own.replace("    title: 提醒先分类\n", "").replace("term: first", "term: sincere")
    (rules / "apology.yaml").write_text(own, encoding="utf-8")
    titles = titles_in_force(Settings(rules=rules))
    assert (titles.detector("apology"), titles.term("apology", "sincere")) == ("致歉", "真诚致歉")


def test_a_swap_of_roles_is_judged_with_the_same_titles(rules):
    doubtful = hearing(*TALK)
    doubtful = replace(doubtful, call=CALL, quality=replace(doubtful.quality, role_confidence=0.6))
    result = result_of(doubtful, policy_of("greencard", Settings(rules=rules)), EARS)
    assert result.evaluation.answers[0].reasons == ("环保提示：未听到说出分类名称",)
