"""Overrides: how often people overturned the machine, by how much, and what a month would be without them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from flows.cli import app
from flows.month.checks import overrides
from flows.month.month import monthly
from pipeline.evaluation import Outcome
from pipeline.month.overrides import Override, rates, share_interval
from pipeline.review.answers import Kind, PersonAnswer
from pipeline.review.overrides import overturns, spoke
from pipeline.scorecard import load_scorecard
from pipeline.store import Store
from tests.test_month import MONTH, feeds, standard, url

__all__ = ["feeds", "standard", "url"]
AT = datetime(2025, 4, 1, tzinfo=UTC)


def act(card, call_id, kind, by="wang", said=Outcome.MET, machine=Outcome.MET):
    levels = {Outcome.MET: "符合", Outcome.NOT_MET: "不符合"}
    return PersonAnswer(
        call_id=call_id,
        scorecard="hotline",
        criterion_id="礼貌",
        criterion_digest=card.criterion("礼貌").digest,
        kind=kind,
        outcome=said,
        level=levels.get(said),
        by=by,
        at=AT,
        machine_outcome=machine,
        machine_level=levels.get(machine),
    )


@pytest.fixture
def answered(url, standard):
    """1002 was rude in three calls: wang overturns two of these answers, li confirms one; wang confirms two of 1001
    in March and one in April."""
    card, not_met = load_scorecard(Path(standard)), Outcome.NOT_MET
    acts = [
        act(card, "1002-0-0", Kind.OVERTURN, machine=not_met),
        act(card, "1002-0-1", Kind.OVERTURN, machine=not_met),
        act(card, "1002-0-2", Kind.CONFIRM, by="li", said=not_met, machine=not_met),
        act(card, "1001-0-0", Kind.CONFIRM),
        act(card, "1001-0-1", Kind.CONFIRM),
        act(card, "1001-1-0", Kind.CONFIRM),
    ]
    with Store.open(url) as store:
        for each in acts:
            store.answers.save(each, store.answers.seen(each.call_id))
    return url


def figures(found) -> dict[str, tuple]:
    return {each.about: (each.answered, each.overturned, each.raised, each.lowered, each.points) for each in found}


def test_overturned_answers_are_counted_by_item_agent_and_assessor(answered, standard, feeds):
    """Two of five were overturned, each by 60 points in the agent's favour; Wilson's interval of 2 in 5."""
    found = overrides(answered, "2025-03", standard, feeds())
    assert figures([found.total]) == {"": (5, 2, 2, 0, 120.0)}
    assert (found.total.low, found.total.high) == pytest.approx((0.1176, 0.7693), abs=0.0001)
    assert figures(found.items) == {"礼貌": (5, 2, 2, 0, 120.0)}
    assert figures(found.agents) == {"1002": (3, 2, 2, 0, 120.0), "1001": (2, 0, 0, 0, 0.0)}
    assert figures(found.assessors) == {"wang": (4, 2, 2, 0, 120.0), "li": (1, 0, 0, 0, 0.0)}
    assert found.total.sentence.startswith(
        "人工评定 5 项，改判 2 项（40%，95% 区间 11.76%–76.93%）：加分 2、减分 0"
    )


def test_a_month_with_the_machine_alone_is_told(answered, standard, feeds):
    """By the machine 1002 has (0 + 40) of 100: 40 = 不合格; with people (2 · 60 + 3 · 40) / 300 = 80 = 合格."""
    (difference,) = overrides(answered, "2025-03", standard, feeds()).differences
    assert (difference.before.score, difference.before.grade) == (40.0, "不合格")
    assert (difference.after.score, difference.after.grade) == (80.0, "合格")
    assert difference.after.agent_id == "1002"


def test_the_months_stand_beside_each_other(answered, standard, feeds):
    known = [
        (each.about, each.answered, each.overturned) for each in overrides(answered, "2025-04", standard).months
    ]
    assert known == [("2025-03", 5, 2), ("2025-04", 1, 0)]
    assert [each.about for each in overrides(answered, "2025-03", standard).months] == ["2025-03"]


def test_nobody_answered(url, standard, feeds):
    found = overrides(url, "2025-05", standard)
    assert (found.total, found.items, found.differences) == (None, (), ())


def test_what_the_machine_left_open_is_filled_and_not_overturned(standard):
    card = load_scorecard(Path(standard))
    for left in (Outcome.NEEDS_PERSON, Outcome.UNSURE, Outcome.NEEDS_FEED, Outcome.COUNTED):
        assert not spoke(act(card, "C1", Kind.LEVEL, machine=left))
    assert spoke(act(card, "C1", Kind.LEVEL, machine=Outcome.NOT_APPLICABLE))
    assert overturns(act(card, "C1", Kind.LEVEL, machine=Outcome.NOT_APPLICABLE))
    better = replace(act(card, "C1", Kind.LEVEL, machine=Outcome.PARTLY_MET), outcome=Outcome.PARTLY_MET)
    assert overturns(replace(better, level="基本符合", machine_level="一般符合"))
    assert not overturns(replace(better, level="基本符合", machine_level="基本符合"))


def test_answers_on_one_call_hang_together():
    """Three answers each on ten calls, overturned together in two: as sure as 2 in 10, not as 6 in 30."""
    assert share_interval([(3, 3)] * 2 + [(0, 3)] * 8) == pytest.approx(share_interval([(1, 1)] * 2 + [(0, 1)] * 8))
    apart = share_interval([(1, 3)] * 6 + [(0, 3)] * 4)
    assert apart[1] - apart[0] < 0.3
    assert share_interval([(0, 3)] * 10) == pytest.approx(share_interval([(0, 1)] * 10)), "no call tells thrice"
    none = [Override("2025-03", f"C{n}", "1001", "A", "wang", True, None) for n in range(3)]
    assert figures(rates(none, lambda each: each.by)) == {"wang": (3, 3, 0, 0, 0.0)}


def test_command_and_workbook_tell_it(answered, standard, feeds, tmp_path):
    out, told = tmp_path / "month.xlsx", tmp_path / "overrides.json"
    monthly(answered, MONTH, out, standard, feeds())
    sheet = load_workbook(out)["人工改判"]
    cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {"按评分项", "按坐席", "按评定人", "1002 林晓雯", "合格"} <= set(cells)
    done = CliRunner().invoke(
        app,
        [
            "overrides",
            MONTH,
            "--store",
            answered,
            "--standard",
            standard,
            "--feeds",
            str(feeds()),
            "--json",
            str(told),
        ],
    )
    assert done.exit_code == 0, done.output
    assert "只按机器与计入人工，得分 40 → 80，等级 不合格 → 合格" in done.output.replace("\n", "")
    written = json.loads(told.read_text(encoding="utf-8"))
    assert written["total"]["rate"] == 0.4
    (difference,) = written["differences"]
    assert (difference["machine_score"], difference["score"]) == (40.0, 80.0)
    assert (difference["machine_grade"], difference["grade"]) == ("不合格", "合格")
    found = CliRunner().invoke(
        app, ["fairness", MONTH, "--store", answered, "--standard", standard, "--json", str(told)]
    )
    assert found.exit_code == 0, found.output
    assert "没有查出得分随线路" in found.output
    assert json.loads(told.read_text(encoding="utf-8"))["num_calls"] == 6
