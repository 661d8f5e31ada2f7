"""A dispute in a real browser: raised by an agent, settled by a reviewer who was shown its effect first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.review import desk_of
from flows.settings import Settings
from tests.browsers import served
from tests.desks import PASSWORD
from tests.test_review_disputes import lost, night, store  # noqa: F401  the store with a good and a bad call

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def desk(store):  # noqa: F811
    return desk_of(store, Settings(companies=("阳光家政",)))


def at_the_desk(browser, address, who, there):
    """Somebody's page, signed in, at a place."""
    page = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN").new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    page.goto(there)
    page.get_by_label("账号").fill(who)
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{there}")
    return page


def check_accessible(page):
    """No serious finding of axe-core."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    serious = [
        (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_raised_by_the_agent_and_settled_with_the_effect_shown_first(browser, desk):
    there = f"/calls/1001-bad/disputes/new?criterion={lost(desk.store)}"
    with served(desk) as address:
        agent = at_the_desk(browser, address, "lin", "/mine")
        check_accessible(agent)
        agent.goto(there)
        check_accessible(agent)
        agent.get_by_label("理由").select_option("context")
        agent.get_by_role("textbox", name="说明").fill("我后来解释过了")
        agent.get_by_role("button", name="提交申诉").click()
        agent.get_by_role("link", name="申诉：待裁定").click()
        agent.get_by_text("我后来解释过了").wait_for()

        decider = at_the_desk(browser, address, "wang", "/disputes")
        check_accessible(decider)
        decider.get_by_role("link", name="1 号").click()
        decider.get_by_text("不变：").wait_for()  # keeping it: told at once
        decider.get_by_label("结果").select_option(label="改判：符合")
        decider.get_by_text("→").wait_for()
        check_accessible(decider)
        decider.get_by_label("改判的原因").select_option("context")
        decider.get_by_role("textbox", name="理由（坐席会看到").fill("听过，前面已说明")
        decider.get_by_role("button", name="裁定", exact=True).click()
        decider.locator(".badge", has_text="改判").wait_for()
        agent.reload()
        agent.locator(".words", has_text="听过，前面已说明").wait_for()
        check_accessible(agent)


def test_an_expired_window_is_told(browser, desk, tmp_path):
    late = type(desk)(desk.store, now=lambda: datetime.now(UTC) + timedelta(days=8))
    with served(late) as address:
        agent = at_the_desk(browser, address, "lin", "/mine")
        agent.goto(f"/calls/1001-bad/disputes/new?criterion={lost(desk.store)}")
        agent.get_by_text("申诉期限已于").wait_for()
