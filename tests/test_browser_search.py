"""The search page in a real browser: found, walked through and opened by keyboard alone."""

import pytest

from pipeline.desk import Desk
from pipeline.store import Store
from tests.browsers import served, sign_in
from tests.desks import people
from tests.test_search import saved


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a desk with a few calls."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('search')}/callqa.db") as store:
        people(store)
        for n in range(30):
            saved(
                store,
                f"C{n:02d}",
                "坐席：您好，请问有什么可以帮您？",
                f"客户：我要投诉{'' if n % 3 else '，别提了'}。",
            )
        with served(Desk(store)) as address:
            yield address


@pytest.fixture
def page(browser, address):
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    sign_in(page, "wang", "/search")
    yield page
    context.close()


def test_by_keyboard_from_the_words_to_the_second(page):
    page.keyboard.type("投诉")  # the field has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator("mark").first.inner_text() == "投诉"
    focused = page.locator(".said:focus")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert focused.get_attribute("href") == page.locator(".said").nth(0).get_attribute("href")
    page.keyboard.press("/")
    assert page.locator("#q:focus").count() == 1
    page.keyboard.press("Escape")
    assert focused.count() == 1
    for _ in range(25):
        page.keyboard.press("j")
    assert page.locator(".more .button:focus").count() == 1
    page.keyboard.press("Enter")
    page.get_by_text("没有更早的了").wait_for()
    assert focused.get_attribute("href") == page.locator(".said").nth(25).get_attribute("href")
    assert page.locator(".said").count() == 30
    there = focused.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{there}")
