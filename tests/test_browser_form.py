"""The whole form of a standard on one call, filled in by keyboard in a real browser; what the call then counts."""

from __future__ import annotations

import pytest

from flows.month.calls import scored_calls_of
from pipeline.indicators import Feeds
from pipeline.month.assessment.month_card import Assessee
from pipeline.month.assessment.months import assess_one
from pipeline.review.overlay import overlay
from tests.browsers import offences, pictured

CALL = "D07"
ANSWER = "() => document.activeElement.closest('.item')?.dataset.item ?? ''"
OPEN = """() => {
  const at = document.activeElement.closest('.item');
  return [...at.querySelectorAll('form.quick')].some((each) => each.closest('.item') === at);
}"""


@pytest.fixture(scope="module")
def desk(night_desk):
    return night_desk


def counted(desk):
    result = desk.store.calls.get(CALL)
    card = desk.card("kf01")
    return overlay(result, card, desk.store.answers.standing([CALL]).get(CALL, ())).evaluation


def test_kf01_is_filled_by_keyboard_alone_in_under_40_keys(desk, come):
    page = come("wang")
    page.goto(f"/calls/{CALL}")
    page.locator("#scorecard .item").first.wait_for()
    units = page.locator("#scorecard .item:not(.elsewhere):not(.whole-item):not(.suspect)")
    num_units = units.count()
    machine = counted(desk)
    keys, shown = 0, [page.locator("#score").inner_text()]
    page.keyboard.press("s")
    keys += 1
    while page.locator("#scorecard .item:not(.elsewhere):not(.whole-item):not(.suspect):not(.judged)").count():
        assert keys < 40, "the form takes too many keys"
        at = page.evaluate(ANSWER)
        done = page.locator("#scorecard .item.judged:not(.whole-item)").count()
        if page.locator(f'.whole-item[data-item="{at}"]').count():
            page.keyboard.press("s")
            keys += 1
            continue
        page.keyboard.press(("2" if at.startswith("KF01-2-") else "1") if page.evaluate(OPEN) else "y")
        keys += 1
        page.wait_for_function(
            "n => document.querySelectorAll('#scorecard .item.judged:not(.whole-item)').length > n", arg=done
        )
        shown.append(page.locator("#score").inner_text())
    assert keys < 40
    assert not offences(page)
    pictured(page, "form")
    now = counted(desk)
    assert len({act.criterion_id for act in desk.store.answers.standing([CALL])[CALL]}) == num_units
    assert page.locator("#score").inner_text() == f"{now.score:g}"
    assert len(set(shown)) > 1, "the total moved as one answered"
    assert now.tally.possible > machine.tally.possible
    staff = next(each for each in now.answers if each.criterion_id == "KF01-2")
    assert (staff.level, staff.given.awarded, staff.given.possible) == ("基本符合", 8.0, 10.0)
    month = month_of(desk)
    printed = {"KF01-1": 10.0, "KF01-2": 10 * 0.8, "KF01-5": 10.0}  # 符合 ×1.0, 基本符合 ×0.8, of ten points each
    assert {id: month[id].earned for id in printed} == pytest.approx(printed)
    assert "人工听评 1 通" in month["KF01-2"].sentence


def month_of(desk):
    """The items of the month of the call's agent, as they count now."""
    call, card = desk.store.calls.get(CALL).call, desk.card("kf01")
    calls = scored_calls_of(desk.store, card, call.month, call.agent_id)
    row = assess_one(call.month, card, calls, Feeds.read(None), Assessee("agent", call.agent_id))
    return {each.criterion_id: each for each in row.criteria}


def test_the_total_moves_before_an_answer_is_saved(desk, come):
    page = come("li")
    page.goto("/calls/D08")
    page.locator('#scorecard .item[data-item="KF01-2-1"]').focus()
    before = page.locator("#score").inner_text()
    page.keyboard.press("n")
    page.locator('.item[data-item="KF01-2-1"] select[name=level]').select_option("不符合")
    told = page.locator('.item[data-item="KF01-2-1"] .supposed', has_text="保存后本通")
    told.wait_for()
    assert f"现为 {before} 分" in told.inner_text()
    assert desk.store.answers.acts("D08") == (), "nothing is kept"


def test_keys_that_come_while_an_answer_is_saved_are_not_lost(desk, come):
    page = come("li")
    page.goto("/calls/D03")
    page.locator("#scorecard .item").first.wait_for()
    open_units = page.locator("#scorecard .item:not(.whole-item):has(form.quick)")
    first = open_units.first.get_attribute("data-item")
    page.locator(f'#scorecard .item[data-item="{first}"]').focus()
    page.keyboard.type("12")
    page.wait_for_function(
        "() => document.querySelectorAll('#scorecard .item.judged:not(.whole-item)').length >= 2"
    )
    levels = [act.level for act in desk.store.answers.acts("D03")]
    assert levels == ["符合", "基本符合"]
