"""A working day at the review desk in a real browser, over the bundled night: heard, judged, disputed, settled."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.access.accounts import Account, Post
from pipeline.desk.passwords import hashed
from pipeline.findings import Finding
from pipeline.hearing.turns import Role
from tests.browsers import served, sign_in, visitors
from tests.desks import PASSWORD

LEI = Account("lei", "王磊", Post.AGENT, agent_id="1003")
GU = Account("gu", "顾班长", Post.TEAM_LEAD, team="家政二组")
RINGS = "接听速度"
"""The item that D04 and D15 lost by ringing too often; nothing else hangs on it."""


@pytest.fixture(scope="module")
def desk(night_desk):
    for account in (LEI, GU):
        night_desk.store.accounts.save(account, "test", hashed(PASSWORD))
    return night_desk


def ready(page):
    """Wait for the scripts of a call's page: what is clicked before is a page of its own, or nothing."""
    page.locator("[data-player][data-ready='true']").wait_for()


def item(page, title):
    """An item of the scorecard."""
    return page.locator("#scorecard .item").filter(has=page.get_by_role("heading", name=title))


def score(page):
    return float(page.inner_text("#score"))


def open_form(page, title, note="", reason="context"):
    """The form by which the item is judged otherwise, filled in."""
    own = item(page, title)
    own.locator("details.judge > summary").click()
    own.locator("select[name=reason]").select_option(reason)
    own.get_by_label("说明").fill(note)
    return own


def wait_until(page, condition):
    page.wait_for_function(f"() => {{ const audio = document.querySelector('audio'); return {condition} }}")


# --- signing in, hearing


def test_sign_in_and_out(come):
    page = come()
    sign_in(page, "chen", "/audit")
    page.get_by_role("button", name="校验哈希链").click()
    page.get_by_text("哈希链完整").wait_for()
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/sign-in")


def test_from_signing_in_to_the_decisive_second_of_the_riskiest_call(come, desk):
    page = come()
    sign_in(page, "wang", "/", lands="/queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/D15**")
    page.locator('[data-player][data-audible="true"]').wait_for()
    chip = page.locator("#scorecard .chip", has_text="怎么又是你").or_(
        page.locator("#scorecard li", has_text="“怎么又是你”").locator(".chip")
    )
    chip.first.click()
    began = float(chip.first.get_attribute("data-play"))
    wait_until(page, f"!audio.paused && audio.currentTime > {began} + 0.3")
    first = page.locator(".lit").inner_text(), page.evaluate("document.querySelector('audio').currentTime")
    wait_until(page, f"audio.currentTime > {first[1]} + 1.2")
    page.keyboard.press("Space")
    wait_until(page, "audio.paused")
    lit = page.locator(".lit")
    assert lit.count() == 1
    assert float(lit.get_attribute("data-w")) <= page.evaluate("document.querySelector('audio').currentTime") + 0.05
    assert desk.store.audit.newest(about="D15", action="listen")[0].note.by == "wang"


def test_search_leads_to_the_second(come):
    page = come("wang")
    page.goto("/search")
    page.keyboard.type("tousu")
    page.get_by_label("按读音").check()
    page.get_by_role("button", name="搜索").click()
    hit = page.locator(".said", has_text="我要投诉他").or_(page.locator(".said", has_text="正式投诉")).first
    there = float(parse_qs(urlsplit(hit.get_attribute("href")).query)["at"][0])
    hit.click()
    page.locator('[data-player][data-audible="true"]').wait_for()
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(there, abs=0.05)
    page.keyboard.press("Space")
    wait_until(page, f"audio.currentTime > {there} + 0.3")


# --- judging


def test_overturned_by_keyboard_alone_score_and_month_follow_and_undone(come):
    page = come("wang")
    page.goto("/calls/D15")
    assert score(page) == 0
    item(page, RINGS).focus()
    page.keyboard.press("n")
    assert item(page, RINGS).locator("select[name=reason]:focus").count() == 1
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text(f"已改判“{RINGS}”").wait_for()
    assert score(page) == pytest.approx(100 * 5 / 35, abs=0.05)
    assert page.get_by_text("机器 0 分").is_visible()
    assert item(page, RINGS).get_by_text("机器：不符合").is_visible()
    effect = page.locator("#effect")
    effect.get_by_text("本通的人工结论使月度得分变化 +").first.wait_for()
    assert effect.get_by_role("rowheader", name="按人工").first.is_visible()

    other = come("li")
    other.goto("/queue")
    assert other.locator("tr[data-call=D15] td").nth(4).inner_text() == "14.29"

    page.keyboard.press("u")
    page.get_by_text("已撤销").first.wait_for()
    assert score(page) == 0
    other.reload()
    assert other.locator("tr[data-call=D15] td").nth(4).inner_text() == "0"


def test_a_correction_of_the_words_is_scored_at_once_and_undone(come):
    page = come("wang")
    page.goto("/calls/D17")
    before = score(page)
    page.locator("[data-correct='11']").click()
    assert page.locator("#correct-text").input_value() == "再见。"
    page.locator("#correct-text").fill("感谢您的来电，再见。")
    page.get_by_role("button", name="改字并重新评分").click()
    page.get_by_text("评分已按更正后的内容重算").wait_for()
    assert score(page) == pytest.approx(before + 100 * 5 / 30, abs=0.1)
    page.locator("[data-turn='11'] p", has_text="感谢您的来电，再见。").wait_for()
    page.locator(".found").get_by_text("感谢").wait_for()
    page.locator(".changes").get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销更正").wait_for()
    assert score(page) == before
    page.locator("[data-turn='11'] p", has_text=re.compile("^再见。$")).wait_for()


def test_roles_swapped_for_the_whole_call(come):
    page = come("wang")
    page.goto("/calls/D12")
    before = score(page)
    page.locator("#correct > summary").click()
    page.get_by_role("button", name="整通对调坐席与客户").click()
    page.get_by_text("评分已按更正后的内容重算").wait_for()
    assert score(page) < before
    page.locator(".changes").get_by_role("button", name="撤销").click()
    page.get_by_text("已撤销更正").wait_for()
    assert score(page) == before


# --- two at once, and rights that end


def test_a_call_is_claimed_by_two(come, desk):
    first, second = come("wang"), come("li")
    for page in first, second:
        page.goto("/calls/D07")
    first.get_by_role("button", name="领取").click()
    first.get_by_role("button", name="退回队列").wait_for()
    second.get_by_role("button", name="领取").click()
    second.get_by_text("已由 wang 于").wait_for()
    assert desk.store.queue.get("D07").assignee == "wang"


def test_two_judge_the_same_item_and_nothing_is_lost(come, desk):
    first, second = come("wang"), come("li")
    for page in first, second:
        page.goto("/calls/D24")
    open_form(first, RINGS).get_by_role("button", name="推翻机器的").click()
    first.get_by_text("已改判").wait_for()
    own = open_form(second, RINGS, note="七声之后才接")
    answers = []
    second.on("response", lambda response: answers.append(response.status))
    own.get_by_role("button", name="不适用").click()
    second.get_by_text("您的操作尚未生效，内容没有丢失").wait_for()
    assert 409 in answers
    assert own.get_by_label("说明").input_value() == "七声之后才接"
    assert [act.by for act in desk.store.answers.acts("D24")] == ["wang"]
    second.get_by_role("button", name="仍按我的提交").click()
    second.get_by_text("已改判").wait_for()
    assert [(act.by, act.note) for act in desk.store.answers.acts("D24")] == [("wang", ""), ("li", "七声之后才接")]


def test_a_session_ends_in_the_middle_of_work(come, desk):
    desk.store.accounts.save(Account("qian", "钱进", Post.QA), "test", hashed(PASSWORD))
    page, admin = come("qian"), come("admin")
    page.goto("/calls/D14")
    own = open_form(page, "主动协助", note="听到一半")
    admin.goto("/accounts")
    admin.get_by_label("账号", exact=True).fill("qian")
    admin.get_by_label("姓名", exact=True).fill("钱进")
    admin.locator("select[name=post]").select_option("data_scientist")
    admin.get_by_role("button", name="保存").click()
    admin.get_by_role("row").filter(has_text="qian").get_by_text("数据分析").wait_for()
    own.get_by_role("button", name="不适用").click()
    page.locator("#notice").get_by_text("登录已失效").wait_for()
    assert own.get_by_label("说明").input_value() == "听到一半"
    assert desk.store.answers.acts("D14") == ()


def test_another_agents_call_is_refused_and_noted(come):
    agent, auditor = come("lin"), come("chen")
    for path in "/calls/D04", "/calls/D04/peaks", "/calls/D04/audio":
        assert agent.goto(path).status == 403
    agent.goto("/calls/D04")
    agent.get_by_text("您没有权限查看或操作此内容，本次访问已记入审计日志").wait_for()
    auditor.goto("/audit?about=D04&by=lin&action=refused")
    assert auditor.get_by_text("GET /calls/D04", exact=True).first.is_visible()


# --- a dispute


def test_disputed_by_the_agent_and_settled_by_the_lead_who_saw_the_effect_first(come):
    agent, lead = come("lei"), come("gu")
    agent.goto("/mine")
    agent.get_by_role("link", name="D04", exact=True).click()
    ready(agent)
    own = item(agent, RINGS)
    own.get_by_role("link", name="申诉").click()
    own.get_by_label("理由").select_option("equipment")
    own.get_by_role("textbox", name="说明").fill("线路坏了，铃响的时候我已经接了")
    own.get_by_role("button", name="提交申诉").click()
    agent.get_by_role("link", name="申诉：待裁定").click()

    lead.goto("/disputes")
    lead.get_by_role("link", name="1 号").click()
    lead.get_by_text("铃响的时候我已经接了").wait_for()
    lead.get_by_label("结果").select_option(label="改判：符合")
    lead.locator("#effect", has_text="→").wait_for()
    lead.get_by_label("理由（坐席会看到").fill("线路故障单已核对")
    lead.get_by_role("button", name="裁定", exact=True).click()
    lead.locator(".heading .badge", has_text="改判").wait_for()

    agent.reload()
    agent.get_by_text("线路故障单已核对", exact=True).wait_for()
    agent.get_by_role("link", name="通话 D04").click()
    assert score(agent) == pytest.approx(100 * 5 / 35, abs=0.05)
    agent.get_by_role("link", name="申诉：改判").wait_for()
    assert agent.goto("/queue").status == 403


def test_the_window_of_a_dispute_has_closed(browser, desk):
    late = replace(desk, now=lambda: datetime.now(UTC) + timedelta(days=8))
    with served(late) as address, visitors(browser, late, address) as come:
        agent = come("lei")
        agent.goto("/calls/D14")
        ready(agent)
        own = item(agent, "电话礼仪")
        own.get_by_role("link", name="申诉").click()
        agent.get_by_text("申诉期限已于").wait_for()


# --- suspicions


@pytest.fixture
def suspected(desk):
    """A call of the agent's own in which a turn of theirs is suspected to shirk."""
    result = desk.store.calls.get("D17")
    turn = next(each for each in result.hearing.turns if each.role is Role.AGENT and each.index > 1)
    clause = turn.span_of(0, min(6, len(turn.text)))
    flag = Finding(
        "D17", "flag", "shirking", turn.index, turn.role, clause, turn.text[:6], "这个您找物业去", 0.72, "suspect-1"
    )
    desk.store.calls.save_evaluation(replace(result, findings=(*result.findings, flag)))
    yield flag
    desk.store.calls.save_evaluation(result)


def test_a_suspicion_is_heard_at_its_second_and_settled_by_keyboard(come, desk, suspected):
    page = come("wang")
    page.goto("/calls/D17")
    page.locator('[data-player][data-audible="true"][data-ready="true"]').wait_for()
    own = page.locator(".suspect", has_text="疑似推诿")
    assert "多半是，72%" in own.inner_text()
    assert "像：“这个您找物业去”" in own.inner_text()
    before, after = map(float, re.search(r"是：([\d.]+) → ([\d.]+) 分", own.inner_text()).groups())
    assert score(page) == before > after
    for _ in range(page.locator(".suspect").count()):
        page.keyboard.press("d")
        if "focused" in own.get_attribute("class"):
            break
    wait_until(page, f"!audio.paused && audio.currentTime >= {suspected.span.start} - 0.05")
    assert page.evaluate("document.querySelector('audio').currentTime") < suspected.span.start + 1.5
    page.keyboard.press("y")
    page.get_by_text("已确认疑似“推诿”").wait_for()
    assert score(page) == pytest.approx(after, abs=0.01)
    assert "人工确认" in own.inner_text()
    assert page.locator(".suspect.focused").count() == 1, "one goes on where one was"
    agent = come("lei")
    agent.goto("/calls/D17")
    shown = agent.locator(".suspect").first
    assert "推诿" in shown.inner_text()
    assert "人工确认" in shown.inner_text()
    assert "王芳" not in agent.content()
    assert shown.get_by_role("button").count() == 1, "to listen, and nothing to say"
    page.keyboard.press("u")
    page.get_by_text("已撤销").wait_for()
    assert score(page) == before
    page.keyboard.press("n")
    page.get_by_text("已排除疑似“推诿”").wait_for()
    assert score(page) == before
