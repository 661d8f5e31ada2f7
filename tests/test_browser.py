"""The review desk in a real browser, end to end."""

import pytest

from pipeline.review import Desk
from pipeline.store import Store
from tests.browsers import served
from tests.desks import PASSWORD, people


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a desk."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('desk')}/callqa.db") as store:
        people(store)
        with served(Desk(store)) as address:
            yield address


@pytest.fixture
def page(browser, address):
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"a script failed: {error}"))
    page.on(
        "console",
        lambda said: (
            pytest.fail(f"the policy was broken: {said.text}") if "Content Security" in said.text else None
        ),
    )
    yield page
    context.close()


def test_sign_in_and_out(page):
    page.goto("/audit")
    page.get_by_label("账号").fill("chen")
    page.get_by_label("密码").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/audit")
    page.get_by_role("button", name="校验哈希链").click()
    page.get_by_text("哈希链完整").wait_for()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")
