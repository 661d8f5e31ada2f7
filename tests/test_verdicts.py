"""Verdicts kept, counted in the month, and given on the page; on SQLite and PostgreSQL where they are kept."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from flows.desk.server import desk_of
from flows.desk.verdicts import effect_on_month, judge_of
from flows.month.calls import scored_calls
from flows.month.month import monthly
from flows.month.whatif import WhatIf, what_if
from flows.night.judgement import result_of
from flows.night.rescore import rescore_calls
from flows.policy.policy import policy_of
from flows.settings import load_settings
from flows.show import show_call
from pipeline.access.accounts import Scope
from pipeline.access.audit import first_break
from pipeline.call import Call, Status
from pipeline.desk import Desk
from pipeline.errors import ConfigurationError, StaleError, StoreError
from pipeline.evaluation import Outcome
from pipeline.evaluation.result import CallResult
from pipeline.hearing.amendment import corrected, misfits
from pipeline.hearing.corrections import roles_swapped, standing_corrections, words_corrected
from pipeline.hearing.search_terms import parse
from pipeline.hearing.turns import Role
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind, Occasion, last_acts
from pipeline.review.opinions import Opinion, to_answer
from pipeline.review.overlay import machine_answers
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.store.export import export_rows
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.lessons import labels_of
from tests.builders import CALL, EARS, RECORDING, hearing
from tests.desks import client, people

KF01 = find_scorecard("kf01")
BAD = (
    "坐席：您好这里是阳光家政1001号客服员为您服务请问有什么可以帮到您",
    "客户：我要投诉你们的保洁员把桌子刮坏了",
    "坐席：这个不归我管你爱找谁找谁",
)
GOOD = (BAD[0], "客户：我想约一次保洁", "坐席：好的请问还有其他可以帮到您的吗感谢您的来电再见")
AT = datetime(2025, 4, 1, tzinfo=UTC)
MONTH = "2025-03"
SETTINGS = load_settings(companies=("阳光家政",))
HTMX = {"HX-Request": "true"}


@cache
def _judged(lines: tuple[str, ...], call_id: str) -> CallResult:
    call: Call = replace(CALL, id=call_id, recording_name=f"{call_id}.wav")
    recording = replace(RECORDING, id=f"sha {call_id}", uri=f"file:///{call_id}.wav")
    return result_of(hearing(*lines, call=call, recording=recording), policy_of("kf01", SETTINGS), EARS)


@pytest.fixture
def store(address):
    with Store.open(address) as opened:
        for call_id, lines in (("C1", BAD), ("C2", GOOD)):
            opened.calls.save(_judged(lines, call_id))
        yield opened


@pytest.fixture
def one(sqlite_address):
    """A store of one kind, for what does not depend on it."""
    with Store.open(sqlite_address) as opened:
        for call_id, lines in (("C1", BAD), ("C2", GOOD)):
            opened.calls.save(_judged(lines, call_id))
        yield opened


def an_act(store, criterion="KF01-4", kind=Kind.OVERTURN, by="wang", denies="banned_wording", **more):
    result = store.calls.get("C1")
    machine = machine_answers(result, KF01)[criterion]
    denied = [f for f in result.findings if f.detector == denies]
    given = {"reason": "" if kind is Kind.CONFIRM else "misheard", "denied": tuple(denied), "at": AT} | more
    return to_answer(KF01, "C1", machine, Opinion(kind, by, **given))


def labelled(store, act):
    result = store.calls.get("C1")
    return labels_of(act, machine_answers(result, KF01)[act.criterion_id], result.findings, result.hearing)


# --- kept


def test_an_answer_comes_back_as_it_was_with_its_line_in_the_log(store):
    act = an_act(store, note="听成“不归我管”")
    written = store.answers.save(act, store.answers.seen("C1"), labelled(store, act))
    assert replace(written, id=0) == act
    assert store.answers.acts("C1") == (written,)
    assert (
        store.answers.standing(["C1", "C2"]) == store.answers.standing_of_month(MONTH, "1001") == {"C1": (written,)}
    )
    assert store.answers.seen("C1") == LastAct(written.id, 0)
    (line,) = store.audit.newest(about="C1")
    assert (line.note.by, line.note.action) == ("wang", "answer")
    assert (line.note.old["by"], line.note.new["outcome"]) == ("machine", "met")
    labels = store.labels.all()
    assert labels
    assert {(label.source, label.holds) for label in labels} == {(Source.REVIEW, False)}
    assert store.calls.get("C1") == _judged(BAD, "C1"), "the machine's answer is what it was"


def test_undone_what_stood_before_counts_and_the_labels_are_taken_back(store):
    first = store.answers.save(an_act(store, kind=Kind.CONFIRM, denied=()), LastAct())
    act = an_act(store, at=AT.replace(hour=5))
    second = store.answers.save(act, store.answers.seen("C1"), labelled(store, act))
    assert store.labels.all()
    store.answers.undo("C1", second.id, "wang", AT, store.answers.seen("C1"))
    assert store.labels.all() == ()
    assert tuple(last_acts(store.answers.acts("C1")).values()) == (first,)
    assert len(store.answers.acts("C1")) == 3
    with pytest.raises(ValueError, match="不存在或已撤销"):
        store.answers.undo("C1", second.id, "wang", AT, store.answers.seen("C1"))
    with pytest.raises(ValueError, match="只能由本人撤销"):
        store.answers.undo("C1", first.id, "li", AT, store.answers.seen("C1"))
    assert [line.note.action for line in store.audit.newest(about="C1")] == [
        "undo_answer",
        "answer",
        "answer",
    ]
    assert first_break(store.audit.lines()) is None


def test_who_has_not_seen_the_others_answer_is_told_and_nothing_is_written(store):
    seen = store.answers.seen("C1")
    theirs = store.answers.save(an_act(store, by="li"), seen)
    with pytest.raises(StaleError, match=r"li 已于 .* 对 KF01-4 作出“符合”") as told:
        store.answers.save(an_act(store, kind=Kind.CONFIRM, denied=()), seen)
    assert told.value.standing == (theirs,)
    assert store.answers.acts("C1") == (theirs,)
    store.answers.save(an_act(store, "KF01-9", Kind.CONFIRM, denied=()), seen)  # another item is nobody's business
    store.answers.save(an_act(store, kind=Kind.CONFIRM, denied=()), store.answers.seen("C1"))
    assert len(store.answers.acts("C1")) == 3


def test_a_ruling_is_changed_by_no_review(store):
    ruled = store.answers.save(an_act(store, by="chen", source=Occasion.DISPUTE), LastAct())
    with pytest.raises(ValueError, match="申诉裁定"):
        store.answers.save(an_act(store, kind=Kind.CONFIRM, denied=()), store.answers.seen("C1"))
    with pytest.raises(ValueError, match="申诉裁定不能"):
        store.answers.undo("C1", ruled.id, "chen", AT, store.answers.seen("C1"))
    store.answers.save(an_act(store, by="zhou", source=Occasion.DISPUTE), store.answers.seen("C1"))


@pytest.mark.parametrize("statement", ["UPDATE {} SET by = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["person_answers", "corrections"])
def test_the_database_itself_refuses_to_change_what_people_said(store, table, statement):
    store.answers.save(an_act(store), LastAct())
    swap = roles_swapped(store.calls.get("C1").hearing, by="wang", at=AT)
    store.corrections.save(swap, store.answers.seen("C1"), _judged(BAD, "C1"))
    with pytest.raises(DBAPIError, match="append-only"), store.engine.begin() as connection:
        connection.execute(sql(statement.format(table).replace("by =", '"by" =')))


# --- corrected


def a_correction(store, text="您好这里是阳光家政", turn=0, by="wang"):
    heard = store.calls.get("C1").hearing
    return words_corrected(heard.turns[turn], text, call_id="C1", by=by, at=datetime.now(UTC))


def test_a_correction_is_read_wherever_the_call_is_judged_again(store):
    judge = judge_of(store, SETTINGS)
    act = a_correction(store, "我来帮您处理", turn=2)
    heard = store.hearings.original("C1")
    before = store.calls.get("C1")
    written = store.corrections.save(act, store.answers.seen("C1"), judge(corrected(heard, [act])))
    assert replace(written, id=0) == act
    after = store.calls.get("C1")
    assert after.hearing.turns[2].text == "我来帮您处理"
    assert store.hearings.original("C1") == heard == before.hearing
    assert after.evaluation.score > before.evaluation.score
    assert not [f for f in after.findings if f.detector == "banned_wording"]
    assert {h.call.id: h.turns[2].text for h in store.hearings.all()}["C1"] == "我来帮您处理"
    light = dict(store.hearings.without_turns(["C1", "C2"]))
    assert light["C1"].quality == after.hearing.quality != before.hearing.quality
    assert {h.call.id: h.quality for h, _ in store.calls.replay(MONTH, "1001")}["C1"] == light["C1"].quality
    assert store.audit.newest(about="C1")[0].note.new["kind"] == "words"
    assert "处理" not in str(store.audit.newest(about="C1")), "the log outlives what was said"


def test_a_correction_is_kept_with_its_judgement_or_not_at_all(store):
    with pytest.raises(ValueError, match="was not judged"):
        store.corrections.save(a_correction(store), LastAct(), CallResult(replace(CALL, id="X"), Status.FAILED))
    with pytest.raises(StoreError, match="has no call X"):
        store.corrections.save(a_correction(store), LastAct(), _judged(BAD, "X"))
    assert store.corrections.acts("C1") == ()


def test_a_second_correction_must_know_of_the_first(store):
    seen = store.answers.seen("C1")
    store.corrections.save(a_correction(store, by="li"), seen, _judged(BAD, "C1"))
    with pytest.raises(StaleError, match=r"li 已于 .* 更正了"):
        store.corrections.save(a_correction(store, "喂您好"), seen, _judged(BAD, "C1"))
    with pytest.raises(StaleError, match="li 刚更正了"):
        store.answers.save(an_act(store), seen)
    store.answers.save(an_act(store), store.answers.seen("C1"))


def test_undone_the_call_reads_as_it_was_heard(store):
    judge = judge_of(store, SETTINGS)
    before = store.calls.get("C1")
    act = roles_swapped(before.hearing, by="wang", at=AT)
    act = store.corrections.save(act, LastAct(), judge(corrected(before.hearing, [act])))
    assert store.calls.get("C1").hearing.turns[0].role is Role.CUSTOMER
    with pytest.raises(ValueError, match="只能由本人"):
        store.corrections.undo("C1", act.id, "li", AT, store.answers.seen("C1"), judge(before.hearing))
    store.corrections.undo("C1", act.id, "wang", AT, store.answers.seen("C1"), judge(before.hearing))
    after = store.calls.get("C1")
    assert (after.hearing, after.findings) == (before.hearing, before.findings)
    assert [a.tally for a in after.evaluation.answers] == [a.tally for a in before.evaluation.answers]
    assert standing_corrections(store.corrections.acts("C1")) == ()


def test_heard_anew_a_correction_that_no_longer_fits_is_told(store):
    act = a_correction(store)
    store.corrections.save(act, LastAct(), _judged(BAD, "C1"))
    store.calls.save(_judged(("坐席：喂", *BAD[1:]), "C1"))
    stand = standing_corrections(store.corrections.acts("C1"))
    assert misfits(store.hearings.original("C1"), stand) == stand
    assert store.calls.get("C1").hearing.turns[0].text == "喂"


def test_rescoring_follows_the_correction(one):
    act = a_correction(one, "我来帮您处理", turn=2)
    one.corrections.save(act, LastAct(), _judged(BAD, "C1"))  # as if it had been kept and not judged again
    assert [f for f in one.calls.get("C1").findings if f.detector == "banned_wording"]
    rescore_calls("kf01", str(one.engine.url), None, SETTINGS)
    assert not [f for f in one.calls.get("C1").findings if f.detector == "banned_wording"]


def score_in_queue(store, call_id="C1"):
    return store.queue.get(call_id).score


def test_a_call_judged_anew_stays_in_the_queue_as_it_counts(one):
    machine = score_in_queue(one)
    one.answers.save(an_act(one), LastAct())
    one.queue.relist("C1", KF01)
    counts = score_in_queue(one)
    assert counts > machine == one.calls.get("C1").evaluation.score
    rescore_calls("kf01", str(one.engine.url), None, SETTINGS)
    assert score_in_queue(one) == counts
    assert "banned_wording" not in {reason.code for reason in one.queue.get("C1").reasons}


def test_what_was_heard_is_read_as_it_was_corrected(store):
    first = store.hearings.original("C1")
    act = a_correction(store, "我来帮您处理", turn=2)
    store.corrections.save(act, LastAct(), _judged(BAD, "C1"))
    assert store.hearings.original("C1") == first
    assert store.hearings.get("C1") == store.calls.get("C1").hearing == corrected(first, [act]) != first
    assert store.hearings.get("nobody") is store.hearings.original("nobody") is None


def test_a_call_that_is_deleted_leaves_what_people_said_of_it(store):
    """Acts are kept for good; the queue, the index and what was judged go with the call."""
    written = store.answers.save(an_act(store), LastAct())
    act = store.corrections.save(
        a_correction(store, "我来帮您处理", turn=2), store.answers.seen("C1"), _judged(BAD, "C1")
    )
    with store.engine.begin() as connection:
        connection.execute(sql("DELETE FROM calls WHERE id = 'C1'"))
    assert (store.calls.get("C1"), store.queue.get("C1"), store.calls.whose("C1")) == (None, None, None)
    assert store.search.find(parse("可以帮"), Scope()).hits
    assert {hit.call_id for hit in store.search.find(parse("可以帮"), Scope()).hits} == {"C2"}
    assert (store.answers.acts("C1"), store.corrections.acts("C1")) == ((written,), (act,))
    store.queue.relist("C1", KF01)
    store.calls.save(_judged(BAD, "C1"))
    assert store.hearings.get("C1").turns[2].text == "我来帮您处理", "heard again, it reads as it was corrected"


def test_what_people_said_is_exported_and_shown(one):
    one.answers.save(an_act(one, note="听成“不归我管”"), LastAct())
    one.corrections.save(a_correction(one, "我来帮您处理", turn=2), one.answers.seen("C1"), _judged(BAD, "C1"))
    rows = {row["call_id"]: row["answers"] for row in export_rows(one, "evaluations")}
    said = {each["criterion_id"]: each["person_outcome"] for each in rows["C1"]}
    assert said.pop("KF01-4") == "met"
    assert {*said.values(), *(each["person_outcome"] for each in rows["C2"])} == {None}
    (table,) = [part for part in show_call(str(one.engine.url), "C1") if "人工" in str(getattr(part, "title", ""))]
    cells = [[str(cell) for cell in column.cells] for column in table.columns]
    assert cells[1] == ["KF01-4", "听写"]
    assert cells[2] == ["符合", "“这个不归我管你爱找谁找谁”改为“我来帮您处理”"]
    assert not [part for part in show_call(str(one.engine.url), "C2") if "人工" in str(getattr(part, "title", ""))]


def test_what_another_standard_judged_before_the_correction_is_not_taken(one):
    url, judge = str(one.engine.url), judge_of(one, SETTINGS)
    rescore_calls("table1", url, None, SETTINGS)
    rescore_calls("kf01", url, None, SETTINGS)
    card = find_scorecard("table1")
    before = {s.call.id: s for s in one.calls.scored(MONTH, card.name, card.revision)}
    assert before["C1"].evaluation.scorecard == "table1"
    act = replace(a_correction(one, "我来帮您处理", turn=2), at=datetime.now(UTC))
    one.corrections.save(act, LastAct(), judge(corrected(one.hearings.original("C1"), [act])))
    after = {s.call.id: s for s in one.calls.scored(MONTH, card.name, card.revision)}
    assert after["C1"].evaluation.scorecard == "kf01", "the latest, so that the month judges it again"
    assert after["C2"].evaluation.scorecard == "table1"
    assert after["C1"].banned_wording == 0


# --- the month follows


def month_of(store, standard="kf01"):
    return next(row for row in monthly(str(store.engine.url), MONTH, standard=standard).months if row.agent_id)


def test_the_month_follows_people_and_so_does_another_standard(one, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    before, other = month_of(one), month_of(one, "table1")
    one.answers.save(an_act(one), LastAct())
    after = month_of(one)
    assert (before.banned_wording, after.banned_wording) == (before.banned_wording, 0)
    assert before.banned_wording > 0
    assert after.score > before.score
    (scored,) = [s for s in scored_calls(one, KF01, MONTH) if s.call.id == "C1"]
    (answer,) = [a for a in scored.answers if a.source == "person"]
    assert answer.outcome is Outcome.MET
    assert [(a.criterion_id, a.source) for a in scored.machine] == [("KF01-4", "machine")]
    assert month_of(one, "table1").banned_wording == 0 != other.banned_wording
    (difference,) = what_if(str(one.engine.url), WhatIf(MONTH, "table1", "kf01"))
    assert difference.before.score == pytest.approx(after.score)
    assert difference.before.banned_wording == difference.after.banned_wording == 0


def test_a_formula_counts_what_the_person_said(one, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    url = str(one.engine.url)
    rescore_calls("table1", url, None, SETTINGS)
    card = find_scorecard("table1")
    item = next(a.criterion for a in card.call_criteria if a.rules and a.criterion.scoring)
    result = one.calls.get("C1")
    machine = machine_answers(result, card)[item.id]

    def counted_in_month():
        return next(c for c in month_of(one, "table1").criteria if c.criterion_id == item.id).counted.awarded

    before = counted_in_month()
    wanted = machine.outcome is not Outcome.MET
    opinion = Opinion(Kind.LEVEL, "wang", AT, met=wanted, reason="heard_by_person")
    act = to_answer(card, "C1", machine, opinion)
    one.answers.save(act, LastAct())
    assert abs(counted_in_month() - before) == 1


def test_a_closed_month_is_not_changed(one, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    url = str(one.engine.url)
    monthly(url, MONTH, close_by="陈")
    closed = one.months.rows(MONTH)
    one.answers.save(an_act(one), LastAct())
    report = monthly(url, MONTH)
    assert one.months.rows(MONTH) == closed
    assert any("已由 陈" in notice for notice in report.notices)
    (effect,) = effect_on_month(one, SETTINGS)("C1")
    assert effect.closed


def test_the_effect_on_the_month_is_told_also_of_what_is_only_supposed(one, monkeypatch):
    monkeypatch.setenv("CALLQA_COMPANIES", '["阳光家政"]')
    effect = effect_on_month(one, SETTINGS)
    machine = month_of(one).score
    act = an_act(one)
    (supposed,) = effect("C1", [act])
    assert supposed.before.score == machine
    one.answers.save(act, LastAct())
    (now,) = effect("C1")
    assert now.before.score == machine
    assert now.after.score == supposed.after.score == month_of(one).score
    assert now.gained > 0
    assert effect("C2")[0].gained == 0
    assert effect("nobody") == ()


def test_nobody_judges_where_no_rules_are_loaded(one):
    with pytest.raises(ConfigurationError, match="不能重新评分"):
        Desk(one).judge(one.calls.get("C1").hearing)
    with pytest.raises(StoreError, match="没有评分"):
        judge_of(one, SETTINGS)(hearing(*GOOD, call=replace(CALL, id="C9")))


# --- on the page


@pytest.fixture
def desk(one):
    people(one)
    return desk_of(one, SETTINGS)


def seen_in(page):
    return re.search(r'name="seen" value="([^"]+)"', page.text)[1]


def judge_by(browser, criterion="KF01-4", kind="overturn", seen=None, **more):
    seen = seen or seen_in(browser.get("/calls/C1/scorecard"))
    data = {"criterion": criterion, "kind": kind, "seen": seen, "reason": "misheard"} | more
    return browser.post("/calls/C1/answers", data=data, headers=HTMX)


def test_the_scorecard_shows_the_machine_the_evidence_and_the_rule(desk):
    page = client(desk, "wang").get("/calls/C1/scorecard")
    assert page.status_code == 200
    for shown in ("机器：", "把握", "▲语气亲切", "客服规范服务考核标准 KF01", "不归我管", 'data-play="', "认可"):
        assert shown in page.text
    banned = next(f for f in desk.store.calls.get("C1").findings if f.detector == "banned_wording")
    assert f'data-play="{banned.span.start - 2}" data-end="{banned.span.end}"' in page.text
    assert desk.store.audit.newest(about="C1")[0].note.action == "read"


def test_an_agent_sees_the_own_scorecard_and_judges_nothing(desk):
    browser = client(desk, "lin")
    page = browser.get("/calls/C1/scorecard")
    assert page.status_code == 200
    assert "<form" not in page.text
    assert judge_by(browser, seen="0.0").status_code == 403
    assert client(desk, "zhao").get("/calls/C1/scorecard").status_code == 403
    assert client(desk, "zhao").get("/calls/C1/effect").status_code == 403
    assert client(desk, "zhao").get("/calls/X/scorecard").status_code == 404


def test_a_verdict_changes_score_and_month_and_is_undone(desk):
    browser = client(desk, "wang")
    before = desk.store.calls.get("C1").evaluation.score
    page = judge_by(browser, note="<b>重听</b>")
    assert page.status_code == 200, page.text
    assert "人工：符合（wang" in page.text
    assert "&lt;b&gt;重听" in page.text
    assert "<b>重听" not in page.text
    (act,) = desk.store.answers.acts("C1")
    assert {each.detector for each in act.denied} == {"banned_wording"}, "misheard: what it rests on is denied"
    shown = float(re.search(r'id="score">([\d.]+)<', page.text)[1])
    assert shown > before
    effect = browser.get("/calls/C1/effect")
    assert "按机器" in effect.text
    assert "变化 +" in effect.text
    undone = browser.post(
        "/calls/C1/undo", data={"what": "answer", "id": act.id, "seen": seen_in(page)}, headers=HTMX
    )
    assert undone.status_code == 200
    assert "人工：符合（wang" not in undone.text
    assert desk.store.answers.standing(["C1"]) == {}


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"reason": ""}, 422, "须选一个理由"),
        ({"kind": "level", "level": "优"}, 422, "没有等级 优"),
        ({"criterion": "X"}, 422, "没有在用的评分项"),
        ({"criterion": "KF01-1"}, 422, "外部数据"),
        ({"kind": "undo"}, 422, "填写有误"),
        ({"seen": "x"}, 422, "请刷新"),
        ({"seen": "9" * 99 + ".0"}, 422, "请刷新"),
        ({"deny": "999"}, 422, "已不存在"),
        ({"deny": "-1"}, 422, "已不存在"),
        ({"note": "长" * 501}, 422, "过长"),
    ],
)
def test_what_cannot_be_said_is_told_in_a_sentence(desk, more, status, sentence):
    answer = judge_by(client(desk, "wang"), **more)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text
    assert desk.store.answers.acts("C1") == ()


def test_the_second_of_two_people_is_told_and_may_send_it_again(desk):
    wang, li = client(desk, "wang"), client(desk, "li")
    seen = seen_in(li.get("/calls/C1/scorecard"))
    judge_by(wang)
    told = judge_by(li, kind="level", level="一般符合", reason="context", note="听了两遍", seen=seen)
    assert told.status_code == 409
    assert told.headers["HX-Retarget"] == "#stale"
    for shown in ("wang 已于", "“符合”", 'value="听了两遍"', 'value="一般符合"', "仍按我的提交"):
        assert shown in told.text
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', told.text))
    again = li.post("/calls/C1/answers", data=fields, headers=HTMX)
    assert again.status_code == 200
    (standing_now,) = desk.store.answers.standing(["C1"])["C1"]
    assert (standing_now.by, standing_now.level, standing_now.note) == ("li", "一般符合", "听了两遍")


def test_a_word_corrected_judges_the_call_again_at_once_and_people_stay(desk):
    browser = client(desk, "wang")
    page = judge_by(browser, "KF01-9", "level", level="符合", reason="not_caught")
    data = {"kind": "words", "turn": 2, "text": "我来帮您处理", "seen": seen_in(page), "reason": "spelling"}
    page = browser.post("/calls/C1/corrections", data=data, headers=HTMX)
    assert page.status_code == 200, page.text
    assert page.headers["HX-Trigger"] == "corrected"
    assert "改为" in page.text
    assert "不归我管" not in page.text.split("听写更正")[0]
    assert "人工：符合（wang" in page.text
    (act,) = desk.store.corrections.acts("C1")
    data = {"what": "correction", "id": act.id, "seen": seen_in(page)}
    page = browser.post("/calls/C1/undo", data=data, headers=HTMX)
    assert page.status_code == 200
    assert "不归我管" in page.text
    for kind, more in [("turn_role", {"turn": 1, "role": "agent"}), ("swap", {})]:
        data = {"kind": kind, "seen": seen_in(page), **more}
        page = browser.post("/calls/C1/corrections", data=data, headers=HTMX)
        assert page.status_code == 200, page.text
    assert desk.store.calls.get("C1").hearing.quality.role_confidence == 1.0


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "words", "turn": 99, "text": "喂"},
        {"kind": "words", "turn": 0, "text": ""},
        {"kind": "words", "turn": 0, "text": "长" * 3000},
        {"kind": "turn_role", "turn": 0},
        {"kind": "turn_role", "turn": 0, "role": "agent"},
        {"kind": "turn_role", "turn": 0, "role": "boss"},
        {"kind": "swap", "reason": "nonsense"},
        {"kind": "nonsense"},
    ],
)
def test_a_correction_that_is_none_is_refused(desk, data):
    answer = client(desk, "wang").post("/calls/C1/corrections", data={"seen": "0.0", **data}, headers=HTMX)
    assert answer.status_code == 422
    assert desk.store.corrections.acts("C1") == ()
