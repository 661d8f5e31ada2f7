"""The character error rate by what reviewers corrected: counted by hand, kept on both databases, shown."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from flows.desk.server import desk_of
from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.access.accounts import Scope
from pipeline.desk import Desk
from pipeline.hearing.amendment import corrected
from pipeline.hearing.corrections import role_corrected, roles_swapped, words_corrected
from pipeline.hearing.turns import Role
from pipeline.review.urgency import Code
from pipeline.review.worklist import Stream
from pipeline.store import Store
from pipeline.validation.accuracy.bootstrap import interval
from pipeline.validation.accuracy.reviewed import FEWEST_CALLS, Reading, error_rate, reading_of
from tests.builders import CALL, EARS, hearing
from tests.desks import PEOPLE, client, people
from tests.test_store_queue import with_lot, without_lot

AT = datetime(2025, 3, 20, tzinfo=UTC)
MONTH = "2025-03"
HEARD = ("坐席：您好这里是羊光家政", "客户：我要头诉你们", "坐席：好的")  # 9, 6 and 2 characters
LAST = CALL.ring_at - timedelta(days=28)


# --- counted


@pytest.mark.parametrize(
    ("was", "right", "wrong", "of"),
    [
        ("我要头诉", "我要投诉", 1, 4),
        ("您好这里阳光", "您好这里是阳光", 1, 7),
        ("嗯嗯您好", "您好", 2, 2),
        ("好，的。", "好的", 0, 2),
        ("嗯", "一共四十五元", 6, 6),
        ("一共四十五元", "一共45元", 0, 5),
        ("一共45元", "一共四十五元", 0, 6),
        ("工号1001", "工号1002", 1, 6),
        ("工号1001", "攻号1001", 1, 6),
        ("ＯＫ", "ok", 0, 2),
    ],
)
def test_a_turn_is_counted_in_spoken_characters(was, right, wrong, of):
    one, other = hearing(f"客户：{was}", "坐席：好的"), hearing(f"客户：{right}", "坐席：好的")
    assert reading_of(one.turns, other.turns) == Reading(wrong, of + 2)


def test_who_said_it_is_no_error_of_a_character_and_corrections_of_one_turn_are_counted_once():
    heard = hearing(*HEARD)
    by = {"call_id": "C1", "by": "wang", "at": AT}
    first = words_corrected(heard.turns[0], "您好这里是杨光家政", **by)
    second = words_corrected(corrected(heard, [first]).turns[0], "您好这里是阳光家政", **by)
    others = role_corrected(heard.turns[2], Role.CUSTOMER, **by), roles_swapped(heard, by="wang", at=AT)
    assert reading_of(heard.turns, heard.turns) == Reading(0, 17)
    assert reading_of(heard.turns, corrected(heard, [first, second, *others]).turns) == Reading(1, 17)


def test_the_rate_is_edits_by_characters_over_reviewed_calls():
    readings = [Reading(n % 3, 10 + n) for n in range(FEWEST_CALLS)]
    rate = error_rate([*readings, None, None])
    assert (rate.num_drawn, rate.num_reviewed) == (FEWEST_CALLS + 2, FEWEST_CALLS)
    assert (rate.edits, rate.characters) == (19, 390)
    assert rate.rate == pytest.approx(19 / 390)
    in_order = sorted(readings, key=lambda each: (each.edits, each.characters))
    assert rate.interval == interval([r.edits for r in in_order], [r.characters for r in in_order])
    assert error_rate(readings[::-1]).interval == rate.interval, "the order of the calls means nothing"
    assert rate.interval[0] < rate.rate < rate.interval[1]


def test_too_few_calls_give_neither_rate_nor_interval():
    few = error_rate([Reading(1, 10)] * (FEWEST_CALLS - 1) + [None] * 100)
    assert (few.rate, few.interval) == (None, None)
    assert error_rate([Reading(1, 10)] * FEWEST_CALLS).rate == 0.1
    silent = error_rate([Reading(0, 0)] * FEWEST_CALLS)
    assert (silent.rate, silent.interval) == (None, None)


def test_many_calls_drawn_in_bundles_have_the_interval_of_calls_drawn_one_by_one():
    chance = np.random.default_rng(7)
    readings = [Reading(int(chance.poisson(30 * chance.beta(0.6, 9))), 30) for _ in range(900)]
    low, high = error_rate(readings).interval
    alone = interval([r.edits for r in readings], [r.characters for r in readings])
    assert (low, high) != alone
    assert high - low == pytest.approx(alone[1] - alone[0], rel=0.15)
    assert low + high == pytest.approx(sum(alone), rel=0.02)


def test_a_rate_of_nothing_has_no_interval():
    untouched = error_rate([Reading(0, 10)] * FEWEST_CALLS)
    assert (untouched.rate, untouched.interval) == (0.0, None)


# --- kept


def heard(store: Store, call_id: str, lines=HEARD, **call) -> None:
    made = hearing(*lines, call=replace(CALL, id=call_id, **call))
    made = replace(made, recording=replace(made.recording, id=f"sha{call_id}"))
    store.calls.save(result_of(made, policy_of("kf01", Settings()), EARS))


def correct(store: Store, call_id: str, turn: int, text: str):
    before = store.hearings.get(call_id)
    act = words_corrected(before.turns[turn], text, call_id=call_id, by="wang", at=AT)
    judged = result_of(corrected(before, [act]), policy_of("kf01", Settings()), EARS)
    return store.corrections.save(act, store.answers.seen(call_id), judged)


def finish(store: Store, *call_ids: str) -> None:
    assert store.queue.finish(call_ids, "wang", Scope()).done == call_ids


def drawn(store: Store, *months: str):
    return sorted((call.reading for call in store.readings.drawn(months or (MONTH,))), key=str)


def test_drawn_calls_count_once_their_review_is_finished(store):
    one, other, third = with_lot(3)
    for call_id in (one, other, third):
        heard(store, call_id)
    correct(store, one, 1, "我要投诉你们")
    correct(store, other, 1, "我要投诉")
    assert drawn(store) == [None, None, None], "nobody has finished"
    finish(store, one, third)
    assert drawn(store) == [None, Reading(0, 17), Reading(1, 17)]


def test_what_was_reviewed_for_its_risk_alone_does_not_count_and_what_was_drawn_does_whatever_its_risk(store):
    risky, lucky = without_lot(1)[0], with_lot(1)[0]
    for call_id in (risky, lucky):
        heard(store, call_id)
        correct(store, call_id, 0, "您好这里是阳光家政")
        finish(store, call_id)
    assert {reason.code for reason in store.queue.get(lucky).reasons} >= {Code.LOW_SCORE, Code.RANDOM}
    assert store.queue.get(risky).stream is store.queue.get(lucky).stream is Stream.BY_RISK
    assert drawn(store) == [Reading(1, 17)]


def test_a_call_of_another_month_is_asked_for_by_that_month(store):
    one, other = with_lot(2)
    heard(store, one)
    heard(store, other, ring_at=LAST, answered_at=None, ended_at=None)
    finish(store, one, other)
    assert len(drawn(store, "2025-02")) == 1
    assert len(drawn(store, "2025-02", MONTH)) == 2
    assert drawn(store, "2025-01") == []


def test_a_call_tells_queue_team_and_standard(store):
    (call_id,) = with_lot(1)
    heard(store, call_id)
    (call,) = store.readings.drawn([MONTH])
    assert (call.month, call.queue, call.team, call.standard, call.reading) == (MONTH, "热线", None, "kf01", None)


def test_corrected_or_undone_after_the_review_it_is_counted_again(store):
    (call_id,) = with_lot(1)
    heard(store, call_id)
    finish(store, call_id)
    act = correct(store, call_id, 1, "我要投诉你们")
    assert drawn(store) == [Reading(1, 17)]
    as_it_was = result_of(store.hearings.original(call_id), policy_of("kf01", Settings()), EARS)
    store.corrections.undo(call_id, act.id, "wang", AT, store.answers.seen(call_id), as_it_was)
    assert drawn(store) == [Reading(0, 17)]


def test_given_back_a_call_counts_no_more_until_it_is_finished_again(store):
    (call_id,) = with_lot(1)
    heard(store, call_id)
    finish(store, call_id)
    store.queue.give_back([call_id], "wang", Scope())
    assert drawn(store) == [None]
    correct(store, call_id, 0, "您好这里是阳光家政")
    assert drawn(store) == [None]
    finish(store, call_id)
    assert drawn(store) == [Reading(1, 17)]


def test_heard_anew_a_call_counts_as_it_was_reviewed(store):
    (call_id,) = with_lot(1)
    heard(store, call_id)
    correct(store, call_id, 0, "您好这里是阳光家政")
    finish(store, call_id)
    heard(store, call_id, ("坐席：喂", "客户：你好"))
    assert drawn(store) == [Reading(1, 17)], "nobody has reviewed what is heard now"


# --- shown


@pytest.fixture(scope="module")
def desk(new_file, tmp_path_factory):
    """One line with one queue that is reviewed enough, another queue that is not, and calls that were not drawn."""
    with Store.open(f"sqlite:///{shutil.copy(new_file, tmp_path_factory.mktemp('desk'))}") as store:
        people(store)
        often, seldom = with_lot(2 * FEWEST_CALLS)[:FEWEST_CALLS], with_lot(2 * FEWEST_CALLS)[-3:]
        for call_id in often:
            heard(store, call_id)
        for call_id in seldom:
            heard(store, call_id, queue="<b>售后</b>")
        for call_id in often[:5]:
            correct(store, call_id, 1, "我要投诉你们")
        for call_id in without_lot(2):
            heard(store, call_id)
            correct(store, call_id, 0, "喂喂喂")
            finish(store, call_id)
        finish(store, *often, seldom[0])
        yield Desk(store, now=lambda: AT, line=lambda queue, *_: "家政" if queue == "热线" else "")


def rows_of(text: str) -> list[list[str]]:
    """The texts of the cells of each row of the card."""
    card = text[text.index('aria-labelledby="characters"') :]
    card = card[card.index("<tbody>") : card.index("</tbody>")]
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in card.split("</tr>")[:-1]]
    return [[" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in row] for row in cells]


def test_the_page_tells_the_rate_by_line_and_queue(desk):
    rows = rows_of(client(desk, "wang").get("/quality").text)
    low, high = (f"{100 * end:.1f}" for end in interval([0] * 15 + [1] * 5, [17] * 20))
    rate = f"1.5% [{low}–{high}]"  # 5 of 20 × 17
    nothing = ["样本不足", "0 / 0", "0"]
    assert rows == [
        ["", "全部通话", "1.4% " + rows[0][2].partition(" ")[2], "21 / 23", "357", *nothing],
        ["业务线", "家政", rate, "20 / 20", "340", *nothing],
        ["", "不属于任何业务线", "样本不足", "1 / 3", "17", *nothing],
        ["队列", "热线", rate, "20 / 20", "340", *nothing],
        ["", "&lt;b&gt;售后&lt;/b&gt;", "样本不足", "1 / 3", "17", *nothing],
    ]


def test_the_last_month_stands_beside_this_one_and_where_there_are_no_lines_none_is_told(desk):
    later = Desk(desk.store, now=lambda: datetime(2025, 3, 31, 17, tzinfo=UTC))  # April in Shanghai
    rows = rows_of(client(later, "wang").get("/quality").text)
    assert [row[:2] for row in rows] == [["", "全部通话"], ["队列", "热线"], ["", "&lt;b&gt;售后&lt;/b&gt;"]]
    assert rows[0][2:5] == ["样本不足", "0 / 0", "0"]
    assert rows[1][5].startswith("1.5% [")


@pytest.mark.parametrize("who", PEOPLE)
def test_the_rate_is_for_those_who_see_everybody(desk, who):
    shown = client(desk, who).get("/quality")
    assert ("听写错字率" in shown.text) is (who in ("wang", "li", "chen", "admin"))
    assert "听写错字率" not in client(desk, who).get("/quality?page=2").text


def test_a_call_that_no_standard_judged_is_of_the_line_that_claims_it(sqlite_address, tmp_path):
    file = tmp_path / "lines.yaml"
    file.write_text("lines:\n  - {name: 家政, standard: kf01, queues: [热线]}\n", "utf-8")
    with Store.open(sqlite_address) as store:
        line = desk_of(store, Settings(lines=file, playback=tmp_path / "playback")).line
        claimed = [line("热线", None, judged) for judged in ("", "kf01", "kf02")]
        assert claimed == ["家政", "家政", ""]
        assert line("别的", None, "") == ""
