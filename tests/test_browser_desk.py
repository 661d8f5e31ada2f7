"""Every page of the desk in a real browser: used as it is meant to be, fit for every eye, and for the screen."""

import pytest

from pipeline.access.accounts import Account, Post
from pipeline.call import Status
from pipeline.desk.passwords import hashed
from pipeline.notices import Notice, NoticeKind, counted
from pipeline.validation.calibration import Rating, scales_of
from tests.browsers import offences, pictured
from tests.desks import PASSWORD, client
from tests.nights import MONTH

LEI = Account("lei", "王磊", Post.AGENT, agent_id="1003")
SIZES = ((1024, 768), (1280, 800))
"""A tablet, and the smallest screen on a desk."""

SHORT = "录音比话单短 42 秒，缺的部分按未听到处理"

LIST = """\
name: motto
revision: 1
detector: motto
title: 公司口号
phrases:
  - {term: motto, role: agent, variants: [阳光家政], examples: [您好阳光家政]}
"""


@pytest.fixture(scope="module")
def desk(night_desk):
    """The night a few days on: a dispute waits and one is settled, a calibration is open and one is closed."""
    store = night_desk.store
    store.accounts.save(LEI, "test", hashed(PASSWORD))
    agent, reviewer, lead = (client(night_desk, who) for who in ("lei", "li", "chen"))
    for call_id, criterion, words in (
        ("D04", "KF01-3", "线路坏了，铃响的时候我已经接了"),
        ("D14", "KF01-4", "“不好意思”就是道歉"),
    ):
        made = agent.post(
            f"/calls/{call_id}/disputes", data={"criterion": criterion, "reason": "other", "words": words}
        )
        assert made.status_code == 303, made.text
    ruling = {"seen": 1, "acts": str(store.answers.seen("D14")), "ruling": "rejected", "words": "听过了"}
    kept = reviewer.post("/disputes/2/rule", data=ruling)
    assert kept.status_code == 303, kept.text
    assert lead.post("/queue/plans", data={"name": "低分全查", "percent": 100, "below": 60}).status_code == 303
    short = [(f"D{n:02}", Notice(NoticeKind.DURATION_APART, f"D{n:02}.wav", SHORT)) for n in (4, 7, 8, 14, 15)]
    lines = ("", Notice(NoticeKind.DURATION_APART, "cdr.csv:7", "话单的通话时长为负，按未知处理"))
    for night, doubts in enumerate(([], [*short, lines])):
        store.nights.save(
            str(night), {Status.EVALUATED: 10, Status.UNSCORABLE: 2, Status.FAILED: 3}, counted(doubts)
        )
    card = night_desk.card("kf01")
    calls = ["D03", "D04", "D07", "D08", "D24", "D14", "D15", "D17", "D19", "D12"]
    store.calibrations.deal("四月校准", card, None, calls[-2:], ("chen", "li"), "chen")
    closed = store.calibrations.deal("三月校准", card, None, calls, ("wang", "li", "zhou"), "chen")
    for who, shift in (("wang", 0), ("li", 1), ("zhou", 0)):
        ratings = [
            Rating(call_id, each.criterion, "", each.choices[min(len(each.choices) - 1, n * m % 3 + shift)], 20.0)
            for n, call_id in enumerate(calls)
            for m, each in enumerate(scales_of(card))
        ]
        store.calibrations.answer(closed.id, ratings, who)
    store.calibrations.close(closed.id, "chen", "")
    return night_desk


def heard(page):
    page.locator('[data-player][data-audible="true"][data-ready="true"]').wait_for()


def judging(page):
    heard(page)
    page.keyboard.press("n")


def ruling(page):
    page.get_by_label("结果").select_option(label="改判：符合")
    page.locator("#effect", has_text="→").wait_for()


def trying(page):
    page.get_by_label("通话编号").fill("D03 D04")
    page.get_by_role("button", name="试一试").click()
    page.locator("#tried table").first.wait_for()


def chosen(page):
    page.keyboard.press("1")
    page.keyboard.press("2")


def nothing(page):
    pass


AGENT = f"month={MONTH}&standard=kf01&agent=1003"
PAGES = (
    ("", "", "/sign-in", nothing),
    ("queue", "chen", "/queue", nothing),
    ("plans", "chen", "/queue/plans", nothing),
    ("call", "wang", "/calls/D15", heard),
    ("verdict", "wang", "/calls/D15", judging),
    ("", "lei", "/calls/D04", heard),
    ("", "wang", "/calls/D25", nothing),
    ("mine", "lei", "/mine", nothing),
    ("", "lei", "/calls/D17/disputes/new?criterion=KF01-4", nothing),
    ("disputes", "wang", "/disputes", nothing),
    ("dispute", "wang", "/disputes/1", ruling),
    ("", "lei", "/disputes/2", nothing),
    ("", "chen", "/calibration", nothing),
    ("", "chen", "/calibration/new", nothing),
    ("", "chen", "/calibration/1", nothing),
    ("calibration", "li", "/calibration/1/calls/1", chosen),
    ("results", "chen", "/calibration/2", nothing),
    ("month", "chen", "/months", nothing),
    ("agent", "chen", f"/months/agent?{AGENT}", nothing),
    ("", "chen", f"/months/lost?{AGENT}&criterion=KF01-4", nothing),
    ("rules", "chen", "/rules", nothing),
    ("", "chen", "/rules/file?kind=lexicon&name=apology", trying),
    ("", "chen", "/rules/file?kind=rules&name=service", nothing),
    ("", "chen", "/rules/file?kind=standard&name=kf01", nothing),
    ("", "zhou", "/rules/draft?kind=lexicon&name=apology", nothing),
    ("search", "wang", "/search?q=投诉", nothing),
    ("quality", "chen", "/quality", nothing),
    ("", "admin", "/quality", nothing),
    ("accounts", "admin", "/accounts", nothing),
    ("audit", "chen", "/audit", nothing),
    ("", "wang", "/me", nothing),
    ("", "lin", "/calls/D04", nothing),
)


@pytest.mark.parametrize(("name", "who", "there", "act"), PAGES, ids=[f"{page[1]}{page[2]}" for page in PAGES])
def test_a_page_is_fit_for_every_eye_and_fits_the_screen(come, name, who, there, act):
    page = come(who)
    page.goto(there)
    act(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    if name:
        pictured(page, name)
    assert offences(page) == []


def test_scored_blind_by_keyboard_and_read_when_it_is_closed(come, desk):
    lead = come("chen")
    lead.goto("/calibration/new")
    lead.get_by_label("名称").fill("键盘")
    lead.get_by_label("李娜").check()
    lead.get_by_label("王芳").check()
    lead.get_by_label("指定通话").check()
    lead.get_by_label("通话编号").fill("D08")
    lead.get_by_role("button", name="发给评分人").click()
    lead.get_by_role("heading", name="进度").wait_for()
    there = lead.url[lead.url.index("/calibration") :]
    num = len(desk.store.calibrations.get(int(there.rpartition("/")[2])).scales)
    for who in "wang", "li":
        page = come(who)
        page.goto(there)
        page.get_by_role("link", name="评下一通").click()
        page.locator(".asked.focused").first.wait_for()  # the keys are listened to
        assert "机器" not in page.inner_text("main")
        for _ in range(num):
            page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{there}")
        assert page.goto("/calls/D08").status == 403, "what the machine said is not shown before it is closed"
    lead.goto(there)
    lead.get_by_role("button", name="结束并公布结果").click()
    lead.get_by_role("heading", name="按评分人").wait_for()
    assert lead.get_by_text("样本不足").count() > 1


def test_from_the_month_to_the_second_at_which_points_were_lost(come):
    page = come("chen")
    page.goto("/months")
    page.get_by_role("link", name="1003").click()
    page.get_by_role("heading", name="王磊").wait_for()
    page.get_by_role("link", name="电话礼仪 失分通话").click()
    page.get_by_role("link", name="听 D04").click()
    page.wait_for_url("**/calls/D04?at=*")
    page.locator('[data-player][data-audible="true"]').wait_for()
    at = float(page.url.rpartition("=")[2])
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(at, abs=0.05)


def test_a_rule_is_proposed_by_one_and_released_by_another(come, desk):
    author, lead = come("zhou"), come("chen")
    author.goto("/rules/draft")
    author.get_by_label("文件内容").fill(LIST.replace("[您好阳光家政]", "[祝您愉快]"))
    author.get_by_role("button", name="检查").click()
    author.locator("#checked .problems").wait_for()
    author.get_by_label("文件内容").fill(LIST)
    author.locator("#checked .problems").wait_for(state="detached")
    author.get_by_label("为什么要改").fill("新口号")
    author.get_by_role("button", name="提出", exact=True).click()
    author.get_by_role("heading", name="草案 1").wait_for()
    assert author.get_by_role("button", name="发布").count() == 0

    lead.goto("/rules")
    lead.locator("tr", has_text="新口号").get_by_role("link").click()
    lead.get_by_label("月份").first.fill(MONTH)
    lead.get_by_role("button", name="测算").click()
    lead.locator("#reports article").wait_for()
    assert offences(lead) == []
    hint = lead.locator(".hint", has_text=str(desk.rules.folder))
    hint.evaluate(
        "(it, own) => { it.textContent = it.textContent.replace(own, '/srv/callqa/rules'); scrollTo(0, 0) }",
        str(desk.rules.folder),
    )  # no folder of ours in the README
    pictured(lead, "draft")
    lead.get_by_label("意见").fill("已听过")
    lead.get_by_role("button", name="发布").click()
    lead.locator(".heading .badge", has_text="已发布").wait_for()
    assert "阳光家政" in (desk.rules.folder / "motto.yaml").read_text(encoding="utf-8")
    lead.goto("/rules")
    lead.get_by_role("row").filter(has_text="motto").get_by_text("本单位").wait_for()
