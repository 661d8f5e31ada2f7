"""What a person may say of an item, what counts of all that was said, and how a call is judged with it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.call import Status
from pipeline.evaluation import VETO, Answer, Outcome, answers_before_veto, evaluate
from pipeline.evaluation.result import CallResult
from pipeline.hearing.turns import Role
from pipeline.review.answers import (
    Kind,
    Mark,
    Occasion,
    PersonAnswer,
    counting_findings,
    last_acts,
    overrides,
    valid_acts,
)
from pipeline.review.opinions import Opinion, decisive_findings, to_answer
from pipeline.review.overlay import machine_answers, overlay
from pipeline.review.reasons import reasons
from pipeline.review.replay import replay
from pipeline.scorecard import find_scorecard
from pipeline.tally import NOTHING, Tally
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.lessons import labels_of
from tests.builders import changed, finding, hearing

KF01, TABLE1 = find_scorecard("kf01"), find_scorecard("table1")
AT = datetime(2025, 4, 1, 2, 30, tzinfo=UTC)
HEARD = hearing("坐席：您好这个不归我管", "客户：我要投诉", "坐席：再见")
FOUND = (
    finding("required_phrase", "greeting", 9.0, quote="您好"),
    finding("banned_wording", "不归我管", 10.0),
    finding("complaint", "complaint", 14.0, role=Role.CUSTOMER),
)
REASON = {
    Kind.CONFIRM: "",
    Kind.OVERTURN: "context",
    Kind.LEVEL: "not_enough",
    Kind.NOT_APPLICABLE: "not_this_call",
}


def said(criterion, kind, card=KF01, found=FOUND, **more):
    machine = next(a for a in answers_before_veto(HEARD, found, card) if a.criterion_id == criterion)
    given = {"by": "wang", "at": AT, "reason": REASON.get(kind, "")} | more
    return to_answer(card, "C1", machine, Opinion(kind, **given))


def judged(*acts, card=KF01, found=FOUND):
    people = valid_acts(last_acts([replace(act, id=n) for n, act in enumerate(acts, 1)]).values(), card)
    evaluation = evaluate(HEARD, counting_findings(found, acts), card, "f00d", overrides(people))
    return {answer.criterion_id: answer for answer in evaluation.answers}


def test_a_digest_changes_with_what_the_item_says_and_only_then():
    item = KF01.criterion("KF01-3")
    assert item.digest == find_scorecard("kf01").criterion("KF01-3").digest
    assert len(item.digest) == 12
    assert (
        item.digest
        != item.model_copy(update={"points": 6.0})
        .model_validate(item.model_dump(exclude_unset=True) | {"points": 6.0})
        .digest
    )


def test_an_answer_overturned_has_the_points_that_the_machine_would_give_and_says_who_and_why():
    alone = judged()["KF01-9"]
    assert (alone.outcome, alone.tally, alone.source) == (Outcome.NOT_MET, Tally(0, 5), "machine")
    answer = judged(said("KF01-9", Kind.OVERTURN, reason="not_caught", note="结尾处"))["KF01-9"]
    assert (answer.outcome, answer.level, answer.tally) == (Outcome.MET, "符合", Tally(5, 5))
    assert (answer.source, answer.confidence) == ("person", 1.0)
    assert answer.reasons == ("人工复核（wang）推翻，机器判不符合；说了，机器没有听出来：结尾处",)


def test_a_level_is_worth_what_the_card_says():
    answer = judged(said("KF01-9", Kind.LEVEL, level="基本符合"))["KF01-9"]
    assert (answer.outcome, answer.level, answer.tally) == (Outcome.PARTLY_MET, "基本符合", Tally(4, 5))


def test_not_applicable_leaves_the_denominator():
    answer = judged(said("KF01-9", Kind.NOT_APPLICABLE))["KF01-9"]
    assert (answer.outcome, answer.tally) == (Outcome.NOT_APPLICABLE, NOTHING)


@pytest.mark.parametrize("criterion", ["KF01-3", "KF01-4", "KF01-8", "KF01-10"])
def test_a_confirmation_changes_no_points_and_keeps_the_reasons(criterion):
    before, after = judged()[criterion], judged(said(criterion, Kind.CONFIRM))[criterion]
    assert (after.outcome, after.level, after.source) == (before.outcome, before.level, "person")
    assert (
        after.tally == pytest.approx((before.tally.awarded, before.tally.possible)) or after.tally == before.tally
    )
    assert after.reasons[1:] == before.reasons


def test_what_a_call_is_not_asked_is_refused_with_who_is():
    table1 = find_scorecard("table1")
    for criterion, why in [("T1-1", "全月的数值"), ("T1-3", "外部数据")]:
        machine = Answer(criterion, Outcome.COUNTED, None, Tally(), (), ())
        with pytest.raises(ValueError, match=why):
            to_answer(table1, "C1", machine, Opinion(Kind.NOT_APPLICABLE, "w", AT, reason="not_this_call"))
    machine = answers_before_veto(HEARD, FOUND, KF01)[0]
    with pytest.raises(ValueError, match="没有在用的评分项 X"):
        to_answer(KF01, "C1", replace(machine, criterion_id="X"), Opinion(Kind.CONFIRM, "w", AT))


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        (Kind.LEVEL, {"level": "优秀"}, "没有等级 优秀"),
        (Kind.LEVEL, {}, "没有等级 （空）"),
        (Kind.OVERTURN, {"reason": ""}, "须选一个理由"),
        (Kind.OVERTURN, {"reason": "agreed"}, "须选一个理由"),
        (Kind.OVERTURN, {"reason": "other"}, "须写明"),
        (Kind.OVERTURN, {"note": "长" * 501}, "过长"),
        (Kind.UNDO, {"reason": ""}, "撤销"),
        (Kind.CONFIRM, {"by": " "}, "署名"),
        (Kind.CONFIRM, {"at": AT.replace(tzinfo=None)}, "time zone"),
    ],
)
def test_what_cannot_be_said_is_refused(kind, more, why):
    with pytest.raises(ValueError, match=why):
        said("KF01-9", kind, **{"reason": REASON.get(kind, ""), **more})


def test_evaluate_refuses_what_the_card_does_not_ask():
    act = said("KF01-9", Kind.CONFIRM)
    with pytest.raises(ValueError, match="asks no X"):
        evaluate(HEARD, FOUND, KF01, "f00d", overrides({"X": act}))
    table1 = find_scorecard("table1")
    with pytest.raises(ValueError, match="asks no T1-1"):
        evaluate(HEARD, FOUND, table1, "f00d", overrides({"T1-1": act}))


def test_a_veto_is_taken_back_and_given_by_a_person():
    items = [c.model_copy(update={"auto_fail": c.id == "KF01-4"}) for c in KF01.criteria]
    card = changed(KF01, criteria=tuple(items))
    vetoed = judged(card=card, found=(FOUND[1],))
    banned = evaluate(HEARD, (FOUND[1],), card, "f00d")
    assert (banned.score, vetoed["KF01-3"].outcome) == (0.0, Outcome.NOT_MET)
    free = said("KF01-4", Kind.LEVEL, card=card, found=(FOUND[1],), level="符合")
    assert judged(free, card=card, found=(FOUND[1],))["KF01-3"].tally == Tally(5, 5)
    taken = judged(said("KF01-4", Kind.LEVEL, card=card, level="不符合"), card=card)["KF01-3"]
    assert (taken.tally, taken.confidence) == (Tally(0, 5), 1.0)
    assert taken.reasons[0].startswith(VETO)


def test_under_a_veto_the_item_for_itself_is_confirmed():
    items = [c.model_copy(update={"auto_fail": c.id == "KF01-4"}) for c in KF01.criteria]
    card = changed(KF01, criteria=tuple(items))
    act = said("KF01-3", Kind.CONFIRM, card=card, found=(FOUND[1],))
    assert (act.outcome, act.machine_outcome) == (Outcome.MET, Outcome.MET)


def test_a_formula_item_has_an_outcome_and_no_level():
    formula = next(a.criterion.id for a in TABLE1.call_criteria if a.rules and a.criterion.scoring)
    machine = next(a for a in answers_before_veto(HEARD, FOUND, TABLE1) if a.criterion_id == formula)
    given = {"by": "wang", "at": AT, "reason": "not_enough"}
    with pytest.raises(ValueError, match="请判符合或不符合"):
        to_answer(TABLE1, "C1", machine, Opinion(Kind.LEVEL, **given, level="符合"))
    for met, outcome in [(True, Outcome.MET), (False, Outcome.NOT_MET)]:
        act = to_answer(TABLE1, "C1", machine, Opinion(Kind.LEVEL, **given, met=met))
        answer = judged(act, card=TABLE1)[formula]
        assert (answer.outcome, answer.level, answer.tally, answer.source) == (outcome, None, NOTHING, "person")


def test_what_nobody_could_make_out_is_answered_and_no_longer_waits():
    unclear = (finding("unclear", "thanks", 12.0),)
    unsure = evaluate(HEARD, unclear, KF01, "f00d")
    assert any("感谢" in line for line in unsure.review)
    with pytest.raises(ValueError, match="请直接评定"):
        said("KF01-9", Kind.CONFIRM, found=unclear)
    with pytest.raises(ValueError, match="请直接评定"):
        said("KF01-9", Kind.OVERTURN, found=unclear)
    act = said("KF01-9", Kind.LEVEL, found=unclear, level="符合", reason="heard_by_person")
    after = evaluate(HEARD, unclear, KF01, "f00d", overrides({"KF01-9": act}))
    assert {a.criterion_id: a.tally for a in after.answers}["KF01-9"] == Tally(5, 5)
    assert not any("感谢" in line for line in after.review)


def test_undoing_brings_back_what_stood_before():
    first = replace(said("KF01-9", Kind.OVERTURN), id=1)
    second = replace(said("KF01-9", Kind.CONFIRM, by="li"), id=2)
    undo = PersonAnswer(
        "C1", "kf01", "KF01-9", "x", Kind.UNDO, None, None, "li", AT, Outcome.NOT_MET, id=3, undoes=2
    )
    key = ("kf01", "KF01-9")
    assert last_acts([first, second]) == {key: second}
    assert last_acts([first, second, undo]) == {key: first}
    assert last_acts([first, replace(undo, undoes=1)]) == {}


def test_an_answer_stands_while_the_item_says_what_it_said():
    act = said("KF01-9", Kind.OVERTURN)
    items = [c.model_copy(update={"standard": "另一句"}) if c.id == "KF01-9" else c for c in KF01.criteria]
    reworded = changed(
        KF01, criteria=tuple(type(c).model_validate(c.model_dump(exclude_unset=True)) for c in items)
    )
    assert valid_acts([act], KF01) == {"KF01-9": act}
    assert valid_acts([act], reworded) == {}
    assert valid_acts([act], changed(KF01, revision=9)) == {"KF01-9": act}
    assert valid_acts([act], TABLE1) == {}


def test_a_denied_finding_counts_nowhere():
    act = said("KF01-4", Kind.OVERTURN, reason="misheard", denied=FOUND[1:2])
    assert counting_findings(FOUND, [act]) == (FOUND[0], FOUND[2])
    before, after = replay(HEARD, FOUND, TABLE1), replay(HEARD, FOUND, TABLE1, acts=[act])
    assert (before.banned_wording, after.banned_wording) == (1, 0)
    assert before.evaluation != after.evaluation, "another standard does not count it either"
    assert before.machine == after.machine == ()
    by_kf01 = replay(HEARD, FOUND, KF01, acts=[act])
    assert [answer.outcome for answer in by_kf01.machine] == [Outcome.NOT_MET]


def test_a_finding_is_known_again_though_timed_a_little_differently():
    denied = Mark.of(FOUND[1])
    assert denied.means(replace(FOUND[1], span=Span(10.2, 11.1)))
    assert not denied.means(replace(FOUND[1], span=Span(10.9, 12.0)))
    assert not denied.means(replace(FOUND[1], term="等着"))


def test_what_the_machine_rests_on_is_what_a_misheard_word_denies():
    alone = {a.criterion_id: a for a in answers_before_veto(HEARD, FOUND, KF01)}
    asked = {each.criterion.id: each for each in KF01.call_criteria}
    assert decisive_findings(asked["KF01-4"], alone["KF01-4"], FOUND) == (FOUND[1],), (
        "not the greeting, nor the complaint"
    )
    thanks = (*FOUND, finding("required_phrase", "thanks", 15.0))
    met = next(a for a in answers_before_veto(HEARD, thanks, KF01) if a.criterion_id == "KF01-9")
    assert decisive_findings(asked["KF01-9"], met, thanks) == thanks[3:]


def result(found=FOUND):
    evaluation = evaluate(HEARD, found, KF01, "f00d")
    return CallResult(
        HEARD.call,
        Status.EVALUATED,
        recording=HEARD.recording,
        hearing=HEARD,
        findings=found,
        evaluation=evaluation,
    )


def test_what_counts_is_laid_over_and_the_machine_stays():
    machine = result()
    act = said("KF01-4", Kind.OVERTURN, reason="misheard", denied=FOUND[1:2])
    now = overlay(machine, KF01, [act])
    assert now.evaluation.score > machine.evaluation.score
    assert overlay(machine, KF01, []) is machine
    assert machine_answers(machine, KF01)["KF01-4"].outcome is Outcome.NOT_MET


def test_a_confirmation_is_a_label_of_all_evidence_and_a_denial_of_what_is_not_there():
    act = said("KF01-4", Kind.CONFIRM)
    machine = machine_answers(result(), KF01)["KF01-4"]
    confirmed = labels_of(act, machine, FOUND, HEARD)
    assert {(label.criterion, label.holds, label.gold, label.source) for label in confirmed} == {
        ("required_phrase/greeting", True, False, Source.REVIEW),
        ("banned_wording/不归我管", True, False, Source.REVIEW),
        ("complaint/complaint", True, False, Source.REVIEW),
    }
    ruled = said("KF01-4", Kind.OVERTURN, reason="misheard", denied=FOUND[1:2], source=Occasion.DISPUTE)
    (label,) = labels_of(ruled, machine, FOUND, HEARD)
    assert (label.criterion, label.holds, label.gold, label.source, label.by, label.at) == (
        "banned_wording/不归我管", False, True, Source.DISPUTE, "wang", AT,
    )  # fmt: skip
    assert labels_of(said("KF01-4", Kind.OVERTURN), machine, FOUND, HEARD) == (), "said, and excused"
    silence = (finding("silence", "after_agent"),)
    assert labels_of(act, replace(machine, findings=(0,)), silence, HEARD) == (), "measured, and not said"


def test_the_reasons_are_of_kinds_that_exist():
    kinds = {*map(str, Kind), "correction"}
    assert reasons()["misheard"].denies
    for reason in reasons().values():
        assert set(reason.kinds) <= kinds
        assert reason.title
