"""Calls scored blind in a real browser, by keyboard alone, and the results read."""

import pytest

from pipeline.desk import Desk
from pipeline.store import Store
from pipeline.validation.calibration import NOT_APPLICABLE, Rating, scales_of
from tests.browsers import offences, served, sign_in
from tests.desks import people
from tests.test_calibrations import CARD, a_result

CALLS = [f"C{n:02}" for n in range(12)]
SCALES = scales_of(CARD)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('calibration')}/callqa.db") as store:
        people(store)
        for call_id in CALLS:
            store.calls.save(a_result(call_id))
        yield store


@pytest.fixture(scope="module")
def address(store):
    with served(Desk(store)) as address:
        yield address


@pytest.fixture
def page(browser, address):
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    yield page
    context.close()


def test_a_call_is_scored_blind_by_keyboard_alone(page, store):
    own = store.calibrations.deal("键盘", CARD, None, CALLS, ("wang", "li"), "chen")
    sign_in(page, "wang", f"/calibration/{own.id}")
    page.get_by_role("link", name="评下一通").click()
    page.wait_for_url(f"**/calibration/{own.id}/calls/1")
    page.keyboard.press("t")  # the sound stands at its beginning
    page.keyboard.press("1")
    page.keyboard.press("Enter")  # not all is chosen: nothing is sent
    page.get_by_text("还有评分项没有选").wait_for()
    page.keyboard.press("n")
    for _ in SCALES[2:]:
        page.keyboard.press("4")
    page.keyboard.press("k")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/calibration/{own.id}/calls/2")
    said = {rating.criterion: rating for rating in store.calibrations.ratings(own.id, "wang")}
    expected = ["符合", NOT_APPLICABLE, *["不符合"] * (len(SCALES) - 2)]
    expected[-2] = "一般符合"
    assert [said[scale.criterion].choice for scale in SCALES] == expected
    assert said[SCALES[0].criterion].heard_at == 0.0
    assert offences(page) == []


def test_keys_typed_into_a_field_choose_nothing(page, store):
    own = store.calibrations.deal("打字", CARD, None, CALLS[:1], ("wang", "li"), "chen")
    sign_in(page, "wang", f"/calibration/{own.id}/calls/1")
    page.get_by_label("说明").first.fill("")
    page.keyboard.type("1 nt")
    assert page.get_by_label("说明").first.input_value() == "1 nt"
    assert page.locator("input[type=radio]:checked").count() == 0


def test_a_calibration_is_dealt_closed_and_read(page, store):
    sign_in(page, "chen", "/calibration/new")
    page.get_by_label("名称").fill("三月校准")
    page.get_by_label("王芳").check()
    page.get_by_label("李娜").check()
    page.get_by_label("周数").check()
    page.get_by_label("月份").fill("2025-03")
    assert offences(page) == []
    page.get_by_role("button", name="发给评分人").click()
    page.get_by_role("heading", name="进度").wait_for()
    assert offences(page) == []
    id = int(page.url.rpartition("/")[2])
    own = store.calibrations.get(id)
    for who, shift in (("wang", 0), ("li", 1), ("zhou", 0)):
        ratings = [
            Rating(
                call_id, s.criterion, "", s.choices[min(3, (n * m) % 3 + shift)], 20.0, "见录音" if shift else ""
            )
            for n, call_id in enumerate(own.calls)
            for m, s in enumerate(SCALES)
        ]
        store.calibrations.answer(id, ratings, who)
    page.reload()
    page.get_by_role("button", name="结束并公布结果").click()
    page.get_by_role("heading", name="按评分人").wait_for()
    assert page.get_by_text("偏严").count() >= 1
    assert offences(page) == []
    page.goto("/calibration")
    assert offences(page) == []
