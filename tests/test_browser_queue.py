"""The queue worked through by keyboard, in a real browser."""

from datetime import timedelta

import pytest

from pipeline.access.accounts import Scope
from pipeline.desk import Desk
from pipeline.desk.visit import COOKIE
from pipeline.review.worklist import Progress
from pipeline.store import Store
from tests.browsers import offences, served
from tests.desks import client, people
from tests.test_store_queue import RINGING, result


@pytest.fixture
def store(sqlite_address):
    with Store.open(sqlite_address) as store:
        people(store)
        for n in range(8):
            store.calls.save(result(f"D{n}", banned=n < 4, at=RINGING - timedelta(hours=n)))
        yield store


@pytest.fixture
def page(browser, store):
    """The queue as a QA lead sees it."""
    token = client(store, "chen").cookies[COOKIE]
    with served(Desk(store)) as address:
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
        context.add_cookies([{"name": COOKIE, "value": token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
        page.goto("/queue")
        yield page
        context.close()


def focused(page):
    return page.evaluate("document.activeElement.dataset.call")


def test_the_queue_by_keyboard(page, store):
    assert offences(page) == []
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "D1"
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    assert page.inner_text("#chosen") == "2"
    page.keyboard.press("t")
    page.get_by_text("领取 2 通").wait_for()
    assert store.queue.get("D0").assignee == store.queue.get("D1").assignee == "chen"
    assert focused(page) == "D2", "the row that took the place of the one that was focused"
    page.keyboard.press("a")
    page.select_option("#to", "li")
    page.get_by_role("button", name="分派").click()
    page.get_by_text("分派 1 通").wait_for()
    assert store.queue.get("D2").assignee == "li"
    page.keyboard.press("n")
    page.wait_for_url("**/calls/D3")
    assert store.queue.get("D3").assignee == "chen"


def test_a_filter_swaps_the_table_stays_in_the_address_and_is_saved(page, store):
    store.queue.take(["D0"], "wang", Scope())
    page.get_by_label("状态").select_option("taken")
    page.wait_for_url("**/queue?status=taken*")
    page.get_by_text("共 1 通").wait_for()
    assert page.get_attribute("a[data-next]", "href") == "/queue/next?status=taken"
    page.get_by_label("名字").fill("已领取的")
    page.get_by_role("button", name="保存当前筛选").click()
    page.get_by_role("link", name="已领取的").wait_for()
    page.goto("/queue")
    page.get_by_role("link", name="已领取的").click()
    page.get_by_text("共 1 通").wait_for()
    page.get_by_role("link", name="D0").wait_for()


def test_a_second_claim_is_told_beside_the_work(page, store):
    store.queue.take(["D0"], "wang", Scope())
    page.get_by_label("选中 D0").check()
    page.get_by_role("button", name="领取", exact=False).first.click()
    page.get_by_text("D0：已由 wang 于").wait_for()
    assert store.queue.get("D0").status is Progress.TAKEN


def test_a_plan_is_tried_before_it_is_made(page):
    page.get_by_role("link", name="抽样计划").click()
    page.get_by_label("名字").fill("全部")
    page.get_by_label("比例").fill("100")
    page.get_by_role("button", name="试算").click()
    page.get_by_text("现有通话中会抽到 8 通").wait_for()
    assert offences(page) == []
    page.get_by_role("button", name="启用").click()
    page.get_by_text("在用").wait_for()
