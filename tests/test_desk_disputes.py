"""Disputes at the desk: an agent finds and contests the own calls, a supervisor settles, and nobody sees more."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from flows.desk.server import desk_of
from flows.month.month import monthly
from flows.night.judgement import result_of
from flows.night.rescore import gold_agreement, rescore_calls
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.indicators.roster import Membership
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind
from pipeline.review.disputes.dispute import DisputeState
from pipeline.review.opinions import Opinion, to_answer
from pipeline.review.overlay import machine_answers
from pipeline.store import Store
from tests.builders import CALL, EARS, hearing
from tests.desks import TEAM, client, people
from tests.test_month import BAD, GOOD

HTMX = {"HX-Request": "true"}
UPHELD = {"seen": 1, "ruling": "level:符合", "acts": "0.0", "words": "y"}
SAYING = "不归我管，客户说的原话是<b>爱找谁</b>"


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """A store with a good and a bad call of each of two agents, in two teams."""
    path = tmp_path_factory.mktemp("disputes") / "callqa.db"
    rules = policy_of("kf01", Settings(companies=("阳光家政",)))
    with Store.open(f"sqlite:///{path}") as store:
        people(store)
        store.roster.save(
            [
                Membership("1001", "林晓雯", TEAM, date(2025, 1, 1), None),
                Membership("1002", "赵强", "热线二组", date(2025, 1, 1), None),
            ],
            "test",
        )
        for agent, name in (("1001", "林晓雯"), ("1002", "赵强")):
            for kind, lines in (("bad", BAD), ("good", GOOD)):
                call = replace(CALL, id=f"{agent}-{kind}", agent_id=agent, agent_name=name)
                heard = hearing(*lines, call=call)
                heard = replace(heard, recording=replace(heard.recording, id=f"sha{agent}{kind}"))
                store.calls.save(result_of(heard, rules, EARS))
    return path


@pytest.fixture
def store(night, tmp_path):
    """A copy of it, to be changed."""
    copy = tmp_path / "callqa.db"
    copy.write_bytes(night.read_bytes())
    with Store.open(f"sqlite:///{copy}") as store:
        yield store


@pytest.fixture
def desk(store):
    return desk_of(store, Settings(companies=("阳光家政",)))


def lost(store, call_id="1001-bad"):
    """The item that lost most of the call's points."""
    answers = store.calls.get(call_id).evaluation.answers
    worst = max(answers, key=lambda answer: answer.tally.possible - answer.tally.awarded)
    return worst.criterion_id


def contest(desk, who="lin", call_id="1001-bad", reason="context", words=SAYING, **headers):
    form = {"criterion": lost(desk.store, call_id), "reason": reason, "words": words}
    return client(desk, who, **headers).post(f"/calls/{call_id}/disputes", data=form)


def settle(desk, who="wang", ruling="rejected", words="录音里是坐席说的", id=1, seen=1, **more):
    form = {
        "seen": seen,
        "ruling": ruling,
        "words": words,
        "acts": str(desk.store.answers.seen("1001-bad")),
        "reason": "context",
    }
    return client(desk, who).post(f"/disputes/{id}/rule", data=form | more)


def at(desk, days):
    """The same desk so many days later."""
    return replace(desk, now=lambda: datetime.now(UTC) + timedelta(days=days))


def refusals(store):
    return [(line.note.by, line.note.about) for line in store.audit.newest(action="refused")]


# --- the agent's own calls


def test_an_agent_finds_the_own_calls_with_what_they_lost(desk):
    page = client(desk, "lin").get("/mine")
    assert page.status_code == 200
    assert "1001-bad" in page.text
    assert "1001-good" in page.text
    assert "1002-" not in page.text
    assert lost(desk.store) in page.text
    assert "2025-03" in page.text


def test_only_what_lost_points_and_other_months_and_pages(desk):
    browser = client(desk, "lin")
    assert browser.get("/mine?month=2025-03&lost=1").status_code == 200
    assert "没有符合条件" in browser.get("/mine?month=2025-04").text
    assert "没有符合条件" in browser.get("/mine?page=7").text
    for wrong in ("month=2025-13", "page=0", "page=x", "lost=2", "month=%00"):
        assert browser.get(f"/mine?{wrong}").status_code == 422


def test_the_month_is_shown_as_it_was_tried(desk):
    monthly(str(desk.store.engine.url), "2025-03")
    page = client(desk, "lin").get("/mine").text
    assert "试算，未关账" in page


@pytest.mark.parametrize("who", ["wang", "sun", "chen", "zhou", "admin"])
def test_own_calls_are_an_agent_s_page(desk, who):
    assert client(desk, who).get("/mine").status_code == 403


# --- raising


def test_an_item_is_contested_with_a_form_beside_it(desk):
    browser = client(desk, "lin", **HTMX)
    item = lost(desk.store)
    beside = browser.get(f"/calls/1001-bad/disputes?criterion={item}").text
    assert "申诉</a>" in beside
    form = browser.get(f"/calls/1001-bad/disputes/new?criterion={item}").text
    assert "<html" not in form
    assert "可申诉至" in form
    assert "断章取义" in form
    after = contest(desk, **HTMX)
    assert after.status_code == 200
    assert 'href="/disputes/1"' in after.text
    assert "申诉</a>" not in after.text
    again = browser.get(f"/calls/1001-bad/disputes/new?criterion={item}")
    assert again.status_code == 422
    assert "正在处理" in again.text


def test_without_scripts_it_is_a_page_and_leads_to_the_dispute(desk):
    page = client(desk, "lin").get(f"/calls/1001-bad/disputes/new?criterion={lost(desk.store)}")
    assert "<html" in page.text
    done = contest(desk)
    assert (done.status_code, done.headers["location"]) == (303, "/disputes/1")


def test_what_was_typed_is_kept_where_something_is_missing(desk):
    wrong = contest(desk, reason="", words="我说的是<b>别的</b>")
    assert wrong.status_code == 422
    assert "请从列表中选一条" in wrong.text
    assert "我说的是&lt;b&gt;别的" in wrong.text
    assert contest(desk, words="字" * 501).status_code == 422
    assert contest(desk, words="字" * 5000).status_code == 422
    assert desk.store.disputes.of_call("1001-bad") == ()


def test_an_item_that_lost_nothing_has_no_button_and_is_refused(desk):
    answers = desk.store.calls.get("1001-good").evaluation.answers
    met = next(answer.criterion_id for answer in answers if answer.outcome == "met")
    browser = client(desk, "lin")
    assert "<button" not in client(desk, "lin", **HTMX).get(f"/calls/1001-good/disputes?criterion={met}").text
    refused = browser.get(f"/calls/1001-good/disputes/new?criterion={met}")
    assert (refused.status_code, "没有失分" in refused.text) == (422, True)
    for unknown in ("KF99", "x" * 128, "'; --"):
        assert browser.get("/calls/1001-good/disputes/new", params={"criterion": unknown}).status_code == 422
        assert browser.get("/calls/1001-good/disputes", params={"criterion": unknown}).status_code == 404
    assert browser.get("/calls/1001-good/disputes/new").status_code == 422


def test_an_expired_window_is_refused_with_the_day_it_ended(desk):
    late = at(desk, 8)
    for answer in (
        contest(late),
        client(late, "lin").get(f"/calls/1001-bad/disputes/new?criterion={lost(desk.store)}"),
    ):
        assert answer.status_code == 422
        assert re.search(r"申诉期限已于 \d{4}-\d\d-\d\d 24:00（北京时间） 截止", answer.text)
    assert desk.store.disputes.of_call("1001-bad") == ()


# --- nobody sees more


def test_another_agent_s_call_cannot_be_contested_and_the_attempt_is_logged(desk):
    assert contest(desk, who="zhao").status_code == 403
    other = client(desk, "zhao").get(f"/calls/1001-bad/disputes/new?criterion={lost(desk.store)}")
    assert other.status_code == 403
    assert refusals(desk.store) == [("zhao", "1001-bad")] * 2
    assert contest(desk, call_id="1001-bad", who="wang").status_code == 403  # no agent at all
    assert client(desk, "lin").get("/calls/none/disputes/new?criterion=a").status_code == 404


def test_another_agent_s_dispute_is_refused_whatever_is_tried(desk):
    contest(desk)
    browser = client(desk, "zhao")
    assert browser.get("/disputes/1").status_code == 403
    assert browser.post("/disputes/1/answer", data={"seen": 1, "words": "x"}).status_code == 403
    assert refusals(desk.store) == [("zhao", "1001-bad")] * 2
    assert "1 号" not in browser.get("/disputes").text
    for decision in ("rule", "return", "assign"):  # nor may the agent decide
        own = client(desk, "lin").post(f"/disputes/1/{decision}", data={"seen": 1, "acts": "0.0", "words": "x"})
        assert own.status_code == 403
    assert client(desk, "lin").get("/disputes/1/effect").status_code == 403


def test_a_team_lead_sees_the_own_team_s(desk):
    contest(desk)
    contest(desk, who="zhao", call_id="1002-bad")
    listed = client(desk, "sun").get("/disputes").text
    assert "/disputes/1" in listed
    assert "/disputes/2" not in listed
    assert client(desk, "sun").get("/disputes/2").status_code == 403
    assert client(desk, "sun").get("/disputes/2/effect").status_code == 403
    assert settle(desk, who="sun", id=2).status_code == 403
    assert "/disputes/2" in client(desk, "wang").get("/disputes").text


@pytest.mark.parametrize("who", ["zhou", "admin"])
def test_who_neither_raises_nor_settles_sees_none(desk, who):
    contest(desk)
    for path in ("/disputes", "/disputes/1", "/disputes/1/effect"):
        assert client(desk, who).get(path).status_code == 403


# --- settling


def test_a_decider_sees_words_evidence_history_and_the_effect_before_deciding(desk):
    contest(desk)
    page = client(desk, "wang").get("/disputes/1")
    assert page.status_code == 200
    assert "爱找谁" in page.text
    assert "<b>爱找谁" not in page.text, "what was written is escaped"
    assert "断章取义" in page.text
    assert "提出申诉" in page.text
    browser = client(desk, "wang", **HTMX)
    kept = browser.get("/disputes/1/effect", params={"ruling": "rejected"}).text
    assert "不变" in kept
    better = browser.get("/disputes/1/effect", params={"ruling": best(desk), "reason": "context"}).text
    assert "→" in better
    assert re.search(r"，\+\d+\.\d\d 分", better)
    assert desk.store.answers.acts("1001-bad") == (), "nothing is decided by looking"
    for wrong in ("level:最好", "perfect", "", "level:"):
        assert browser.get("/disputes/1/effect", params={"ruling": wrong}).status_code == 422


def best(desk):
    card = desk.card("kf01")
    return f"level:{card.levels[0][0]}"


def test_upholding_changes_score_month_labels_and_is_told_to_the_agent(desk):
    contest(desk)
    store, item = desk.store, lost(desk.store)
    before = desk.effect("1001-bad")[0].after
    answer = settle(desk, ruling=best(desk), words="前面说了会转给负责人", reason="misheard")
    assert (answer.status_code, answer.headers["location"]) == (303, "/disputes/1")
    assert store.disputes.get(1).state is DisputeState.UPHELD
    (act,) = store.answers.acts("1001-bad")
    assert (act.criterion_id, act.outcome, act.source) == (item, "met", "dispute")
    assert desk.effect("1001-bad")[0].after.score > before.score
    event = store.disputes.events(1)[-1]
    assert event.effect[0].startswith("2025-03")
    assert all(label.gold and label.source == "dispute" for label in store.labels.all())
    told = client(desk, "lin").get("/disputes/1").text
    assert "前面说了会转给负责人" in told
    assert "再次申诉" in told
    assert client(desk, "lin").get("/mine").status_code == 200


def test_a_month_that_is_closed_is_told_of_before_deciding(desk):
    contest(desk)
    monthly(str(desk.store.engine.url), "2025-03", close_by="陈主管")
    told = client(desk, "wang", **HTMX).get(
        "/disputes/1/effect", params={"ruling": best(desk), "reason": "context"}
    )
    assert "--standard kf01 --reopen" in told.text


def test_two_rounds_and_the_lead_s_ruling_is_final(desk):
    contest(desk)
    assert settle(desk).status_code == 303
    assert contest(desk, words="我有不同意见").status_code == 303
    second = desk.store.disputes.get(1)
    refused = settle(desk, who="li", seen=second.version)
    assert refused.status_code == 422
    assert "质检主管裁定" in refused.text
    assert settle(desk, who="chen", seen=second.version, words="维持").status_code == 303
    page = client(desk, "lin").get("/disputes/1").text
    assert "终局" in page
    assert "再次申诉</a>" not in page
    assert contest(desk).status_code == 422


def test_returned_answered_assigned(desk):
    contest(desk)
    back = client(desk, "wang").post("/disputes/1/return", data={"seen": 1, "words": "请说明是第几秒"})
    assert back.status_code == 303
    mine = client(desk, "lin").get("/disputes/1").text
    assert "请说明是第几秒" in mine
    assert "提交补充" in mine
    assert client(desk, "lin").post("/disputes/1/answer", data={"seen": 2, "words": "第 12 秒"}).status_code == 303
    page = client(desk, "sun").get("/disputes/1").text
    assert 'value="li"' in page
    assert 'value="chen"' not in page, "not in this round"
    assert client(desk, "sun").post("/disputes/1/assign", data={"seen": 3, "assignee": "li"}).status_code == 303
    assert "已指派给 li" in client(desk, "wang").get("/disputes/1").text
    assert "/disputes/1" in client(desk, "li").get("/disputes?mine=1").text
    assert "/disputes/1" not in client(desk, "wang").get("/disputes?mine=1").text
    for nobody in ("chen", "lin", "ghost", "", "x" * 128):
        answer = client(desk, "sun").post("/disputes/1/assign", data={"seen": 4, "assignee": nobody})
        assert answer.status_code == 422
    assert settle(desk, who="li", seen=4).status_code == 303


def test_the_second_of_two_deciders_is_told_and_keeps_what_was_typed(desk):
    contest(desk)
    settle(desk, who="wang", words="维持原判")
    second = settle(desk, who="li", words="我认为<b>应改</b>")
    assert second.status_code == 409
    assert "wang 已于" in second.text
    assert desk.store.disputes.get(1).version == 2


def test_who_gave_the_answer_does_not_decide(desk):
    result, card = desk.store.calls.get("1001-bad"), desk.card("kf01")
    machine = machine_answers(result, card)[lost(desk.store)]
    confirmed = to_answer(card, "1001-bad", machine, Opinion(Kind.CONFIRM, "wang", datetime.now(UTC)))
    desk.store.answers.save(confirmed, LastAct())
    contest(desk)
    page = client(desk, "wang").get("/disputes/1").text
    assert "您自己给出的" in page
    assert 'name="ruling"' not in page
    assert settle(desk).status_code == 422
    assert settle(desk, who="li").status_code == 303


def test_lists_are_filtered_and_the_late_ones_are_marked(desk):
    contest(desk)
    browser = client(at(desk, 30), "wang")
    assert "已逾期" in browser.get("/disputes").text
    assert "/disputes/1" in browser.get("/disputes?month=2025-03").text
    assert "/disputes/1" not in browser.get("/disputes?month=2025-02").text
    assert "/disputes/1" not in browser.get("/disputes?state=returned").text
    assert "/disputes/1" not in browser.get("/disputes?page=2").text
    settle(desk)
    assert "/disputes/1" in browser.get("/disputes?state=rejected").text
    assert "/disputes/1" in client(desk, "lin").get("/disputes").text
    for wrong in ("state=lost", "month=1", "page=-1", "mine=x", "page=99999999999999999999"):
        assert browser.get(f"/disputes?{wrong}").status_code == 422


@pytest.mark.parametrize("id", ["0", "-1", "x", "99999999999999999999", "2147483648", "1.5"])
def test_a_number_that_is_none_is_refused(desk, id):
    assert client(desk, "wang").get(f"/disputes/{id}").status_code == 422
    assert client(desk, "wang").post(f"/disputes/{id}/rule", data={"seen": 1, "acts": "0.0"}).status_code == 422


def test_a_dispute_that_is_not_there(desk):
    assert client(desk, "wang").get("/disputes/77").status_code == 404
    assert settle(desk, id=77).status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"seen": "x"},
        {"seen": 1, "ruling": "level:符合", "acts": "x", "words": "y"},
        {"seen": 1, "ruling": "level:没有", "acts": "0.0", "words": "y"},
        {"seen": 1, "ruling": "", "acts": "0.0", "words": "y"},
        {"seen": 1, "ruling": "level:符合", "acts": "0.0", "words": "y", "reason": "nope"},
        {"seen": 1, "ruling": "level:符合", "acts": "0.0", "words": ""},
        {"seen": 1, "ruling": "level:符合", "acts": "0.0", "words": "y", "reason": "not_caught", "said_at": "x"},
        {
            "seen": 1,
            "ruling": "level:符合",
            "acts": "0.0",
            "words": "y",
            "reason": "not_caught",
            "said_at": "99:00",
        },
        {"seen": 1, "ruling": "rejected", "acts": "0.0", "words": " "},
        {"seen": 1, "ruling": "rejected", "acts": "0.0", "words": "字" * 501},
    ],
)
def test_a_form_that_says_nothing_useful_changes_nothing(desk, form):
    contest(desk)
    assert client(desk, "wang").post("/disputes/1/rule", data=form).status_code == 422
    assert desk.store.disputes.get(1).version == 1
    assert desk.store.answers.acts("1001-bad") == ()


def test_every_look_at_a_dispute_is_in_the_audit_log(desk):
    contest(desk)
    client(desk, "wang").get("/disputes/1")
    (line,) = desk.store.audit.newest(about="1001-bad", by="wang")
    assert line.note.action == "read"


def test_the_scorecard_lets_its_agent_contest_an_item_and_shows_everybody_the_dispute(desk):
    item = lost(desk.store)
    there = f"/calls/1001-bad/disputes/new?criterion={item}"
    assert there in client(desk, "lin").get("/calls/1001-bad/scorecard").text
    assert there not in client(desk, "wang").get("/calls/1001-bad/scorecard").text
    contest(desk)
    for who in ("lin", "wang"):
        panel = client(desk, who).get("/calls/1001-bad/scorecard").text
        assert '<a href="/disputes/1" class="badge warn">申诉：待裁定</a>' in panel
        assert there not in panel


def test_the_machine_is_held_against_what_was_upheld(store, desk):
    url, settings = str(store.engine.url), Settings(companies=("阳光家政",))
    contest(desk)
    assert gold_agreement("kf01", url, settings) == (0, 0)
    assert settle(desk, ruling="level:符合").status_code == 303
    assert gold_agreement("kf01", url, settings) == (0, 1)
    before = store.calls.get("1001-bad").hearing
    heard = hearing(*GOOD, call=before.call, recording=before.recording)  # a better ear
    store.calls.save(result_of(heard, policy_of("kf01", settings), EARS))
    rescore_calls("kf01", url, None, settings)
    assert gold_agreement("kf01", url, settings) == (1, 1)
