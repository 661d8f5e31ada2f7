"""One call by KF01: every level, every point lost with its reason, and no point moved by what does not apply."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Direction, Status
from pipeline.evaluation import Outcome, evaluate
from pipeline.hearing import Quality
from pipeline.hearing.turns import Role
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.tally import Tally
from pipeline.timeline import Span, place
from tests.builders import CALL, changed, dialogue, finding, hearing

KF01 = find_scorecard("kf01")
TALK = ("坐席：您好这里是阳光家政请讲", "客户：我想问一下", "坐席：好的再见")
GREETED = [finding("required_phrase", term, 9.0) for term in ("greeting", "company", "staff_id", "offer_help")]
CLOSED = [finding("required_phrase", term, 50.0) for term in ("anything_else", "thanks", "goodbye")]
RANG = [finding("ringing", "rings", 0.5, Role.UNKNOWN)]
GOOD = [*RANG, *GREETED, *CLOSED]
COMPLAINT = finding("complaint", "complaint", 20.0, Role.CUSTOMER, "我要投诉")
SINCERE = finding("apology", "sincere", 24.0, quote="非常抱歉")
PERFUNCTORY = finding("apology", "perfunctory", 26.0, quote="行了对不起行了吧")
SOCIAL = finding("apology", "social", 27.0, quote="不好意思没听清")
OFFENCE = finding("banned_wording", "不归我管", 75.0, quote="这不归我管")
NO_RINGING = {"ringback": Ringback(())}


def evaluation(*findings, card: Scorecard = KF01, **parts):
    return evaluate(hearing(*TALK, **parts), findings, card, "f00d")


def answer(criterion: int, *findings, **parts):
    """The answer to an item of KF01 by its number."""
    return evaluation(*findings, **parts).answers[criterion - 1]


def without(findings, *terms: str):
    return [each for each in findings if each.term not in terms]


# --- levels


def test_a_good_call_has_every_point_that_a_call_can_have():
    judged = evaluation(*GOOD)
    assert judged.status is Status.EVALUATED
    assert judged.tally == Tally(35, 35)
    assert judged.score == 100
    assert judged.review == ()
    assert {a.outcome for a in judged.answers if a.tally.possible} == {Outcome.MET}
    assert (judged.call_id, judged.agent_id) == ("C1", "1001")
    assert (judged.scorecard, judged.revision, judged.lexicons) == ("kf01", KF01.revision, "f00d")


@pytest.mark.parametrize(
    ("missing", "more", "level", "points"),
    [
        ([], [], "符合", 15),
        (["staff_id"], [], "基本符合", 12),
        (["staff_id", "company"], [], "基本符合", 12),
        (["staff_id", "company", "greeting"], [], "一般符合", 9),
        (["staff_id", "company", "greeting", "offer_help"], [], "一般符合", 9),
        ([], [OFFENCE], "一般符合", 9),
        ([], [OFFENCE, OFFENCE], "一般符合", 9),
        (["staff_id"], [OFFENCE], "不符合", 0),
        ([], [COMPLAINT, SINCERE], "符合", 15),
        ([], [COMPLAINT], "一般符合", 9),
        (["staff_id"], [COMPLAINT, SINCERE], "基本符合", 12),
        (["staff_id", "company"], [COMPLAINT], "一般符合", 9),
        (["staff_id", "company", "greeting"], [COMPLAINT], "不符合", 0),
        ([], [COMPLAINT, OFFENCE], "不符合", 0),
    ],
)
def test_courtesy_is_judged_in_four_levels(missing, more, level, points):
    given = answer(4, *without(GOOD, *missing), *more)
    assert (given.level, given.tally) == (level, Tally(points, 15))
    outcomes = {15: Outcome.MET, 12: Outcome.PARTLY_MET, 9: Outcome.PARTLY_MET, 0: Outcome.NOT_MET}
    assert given.outcome is outcomes[points]


@pytest.mark.parametrize(
    ("goodbye", "hangup_by", "level", "points"),
    [
        (True, "customer", "符合", 5),
        (True, "agent", "一般符合", 3),
        (False, "customer", "一般符合", 3),
        (False, "agent", "不符合", 0),
        (True, None, "符合", 5),
        (False, None, "不符合", 0),
        (True, "network", "符合", 5),
    ],
)
def test_who_hung_up_counts_where_the_record_tells(goodbye, hangup_by, level, points):
    findings = GOOD if goodbye else without(GOOD, "goodbye")
    given = answer(10, *findings, call=replace(CALL, hangup_by=hangup_by))
    assert (given.level, given.tally) == (level, Tally(points, 5))


@pytest.mark.parametrize(("criterion", "term"), [(8, "anything_else"), (9, "thanks")])
def test_a_single_phrase_is_said_or_not(criterion, term):
    assert answer(criterion, *GOOD).tally == Tally(5, 5)
    given = answer(criterion, *without(GOOD, term))
    assert (given.outcome, given.level, given.tally) == (Outcome.NOT_MET, "不符合", Tally(0, 5))


# --- rings


@pytest.mark.parametrize(
    ("speed", "points"),
    [
        (SpeedOfAnswer(None, 11.0, 3), 5),
        (SpeedOfAnswer(None, 16.0, 4), 0),
        (SpeedOfAnswer(11.0, 16.0, 4), 0),  # what was heard counts
        (SpeedOfAnswer(16.0, 11.0, 3), 5),
        (SpeedOfAnswer(14.9, None, None), 5),
        (SpeedOfAnswer(15.0, None, None), 0),
    ],
)
def test_three_rings_are_in_time_and_four_are_not(speed, points):
    ringing = Ringback(tuple(Span(5.0 * n, 5.0 * n + 1) for n in range(speed.rings or 0)))
    assert answer(3, *GOOD, speed_of_answer=speed, ringback=ringing).tally == Tally(points, 5)


def test_rings_that_nobody_knows_are_not_judged_and_it_is_said():
    given = answer(3, *GREETED, **NO_RINGING, speed_of_answer=SpeedOfAnswer(None, None, None))
    assert (given.outcome, given.level, given.tally) == (Outcome.NOT_APPLICABLE, None, Tally())
    assert "无法判断" in given.reasons[0]


def test_a_call_that_the_agent_made_rings_at_the_customers():
    late = SpeedOfAnswer(40.0, 40.0, 8)
    given = answer(3, *GOOD, speed_of_answer=late, call=replace(CALL, direction=Direction.OUTBOUND))
    assert (given.outcome, given.tally, given.reasons) == (Outcome.NOT_APPLICABLE, Tally(), ())


# --- apologies


def points_of_courtesy(*findings) -> float:
    return answer(4, *GOOD, *findings).tally.awarded


def test_only_a_complaint_asks_for_an_apology():
    assert points_of_courtesy() == points_of_courtesy(SINCERE) == 15
    assert points_of_courtesy(COMPLAINT) == 9


@pytest.mark.parametrize(
    ("apologies", "points"),
    [
        ([SINCERE], 15),
        ([PERFUNCTORY, SINCERE], 15),
        ([replace(SINCERE, span=COMPLAINT.span)], 15),
        ([replace(SINCERE, span=Span(5.0, 6.0))], 9),  # before there was anything to apologise for
        ([replace(SINCERE, role=Role.CUSTOMER)], 9),
        ([PERFUNCTORY], 9),
        ([SOCIAL], 9),
        ([PERFUNCTORY, SOCIAL], 9),
    ],
)
def test_a_sincere_apology_after_the_complaint_discharges_it(apologies, points):
    assert points_of_courtesy(COMPLAINT, *apologies) == points


def test_a_second_complaint_needs_no_second_apology():
    assert points_of_courtesy(COMPLAINT, SINCERE, replace(COMPLAINT, span=Span(40.0, 41.0))) == 15


# --- reasons


def test_every_lost_point_says_why():
    findings = [*RANG, COMPLAINT, PERFUNCTORY, OFFENCE]
    four = Ringback(tuple(Span(0.5 + 5 * n, 1.5 + 5 * n) for n in range(4)))
    judged = evaluation(
        *findings,
        ringback=four,
        speed_of_answer=SpeedOfAnswer(16.0, 16.2, 4),
        call=replace(CALL, hangup_by="agent"),
    )
    reasons = {a.criterion_id: a.reasons for a in judged.answers}
    assert judged.score == 0
    assert reasons["KF01-3"] == ("三声内接听：00:00 起录音中响铃 4 声，超过 3 声",)
    assert reasons["KF01-4"] == (
        "规范用语：未听到问候语",
        "规范用语：未听到单位名称",
        "规范用语：未听到工号或姓名",
        "规范用语：未听到询问需求（有什么可以帮到您）",
        "语气亲切、不亢不卑：01:15 “这不归我管”（禁语：不归我管）",
        "对客户投诉主动致歉：00:20 客户投诉后 6 个话轮内未听到真诚致歉，只有 00:26 “行了对不起行了吧”",
    )
    assert reasons["KF01-8"] == ("询问其他需要，或推介便民服务：未听到询问其他需要；也未听到主动推荐",)
    assert reasons["KF01-9"] == ("感谢：未听到感谢来电",)
    assert reasons["KF01-10"] == ("道别：未听到道别语", "让客户先收线：话单显示坐席先挂机")


def test_rings_by_the_record_say_so():
    given = answer(3, **NO_RINGING, speed_of_answer=SpeedOfAnswer(16.0, None, None))
    assert given.reasons == ("三声内接听：话单振铃 16 秒，合 4 声，超过 3 声",)


def test_items_for_a_feed_or_a_person_stay_open_and_say_what_they_wait_for():
    judged = evaluation(*GOOD)
    opened = {a.criterion_id: a for a in judged.answers if a.criterion_id in {f"KF01-{n}" for n in (1, 2, 5, 6, 7)}}
    outcomes = {criterion_id: a.outcome for criterion_id, a in opened.items()}
    assert outcomes == {
        **{f"KF01-{n}": Outcome.NEEDS_FEED for n in (1, 2)},
        **{f"KF01-{n}": Outcome.NEEDS_PERSON for n in (5, 6, 7)},
    }
    assert all((a.level, a.tally, a.findings) == (None, Tally(), ()) for a in opened.values())
    notes = {criterion.id: criterion.note for criterion in KF01.criteria}
    assert all(a.reasons == (notes[criterion_id],) for criterion_id, a in opened.items())


def test_answers_point_at_their_evidence():
    findings = [*GOOD, COMPLAINT, SINCERE, OFFENCE, OFFENCE]
    judged = evaluation(*findings)
    named = [(each.detector, each.term) for each in findings]
    evidence = {a.criterion_id: {named[n] for n in a.findings} for a in judged.answers}
    assert evidence["KF01-3"] == {("ringing", "rings")}
    assert evidence["KF01-4"] == {
        *(("required_phrase", term) for term in ("greeting", "company", "staff_id", "offer_help")),
        *(("complaint", "complaint"), ("apology", "sincere"), ("banned_wording", "不归我管")),
    }
    assert evidence["KF01-9"] == {("required_phrase", "thanks")}
    (courtesy,) = [a for a in judged.answers if a.criterion_id == "KF01-4"]
    assert {len(findings) - 1, len(findings) - 2} <= set(courtesy.findings), "each offence is evidence"


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.0, "00:00"), (59.99, "00:59"), (60.0, "01:00"), (3661.0, "61:01"), (7.5, "00:07")]
)
def test_a_place_is_written_in_minutes_and_seconds(seconds, written):
    assert place(seconds) == written


# --- whatever was heard

FINDINGS = st.lists(
    st.builds(
        lambda each, start: replace(each, span=Span(start, start + 1)),
        st.sampled_from([*GOOD, COMPLAINT, SINCERE, PERFUNCTORY, SOCIAL, OFFENCE]),
        st.integers(0, 120),
    ),
    max_size=14,
).map(lambda found: sorted(found, key=lambda each: each.span))
CALLS = st.builds(
    lambda direction, hangup_by: replace(CALL, direction=direction, hangup_by=hangup_by),
    st.sampled_from(Direction),
    st.sampled_from(["agent", "customer", None]),
)
SPEEDS = st.sampled_from(
    [SpeedOfAnswer(8.0, 8.2, 2), SpeedOfAnswer(21.0, None, None), SpeedOfAnswer(None, None, None)]
)
BASED_ON = re.compile(r"\d\d:\d\d|未听到|话单")


@given(FINDINGS, CALLS, SPEEDS)
def test_points_and_reasons_always_agree(findings, call, speed):
    judged = evaluation(*findings, call=call, speed_of_answer=speed)
    assert [a.criterion_id for a in judged.answers] == [criterion.id for criterion in KF01.criteria]
    for judgement, criterion in zip(judged.answers, KF01.criteria, strict=True):
        is_open = judgement.outcome in (Outcome.NEEDS_FEED, Outcome.NEEDS_PERSON)
        if judgement.level is None:
            assert judgement.tally == Tally()
            assert is_open or judgement.outcome is Outcome.NOT_APPLICABLE
        else:
            assert judgement.tally == Tally(criterion.points * dict(KF01.levels)[judgement.level], criterion.points)
            assert (judgement.outcome is Outcome.MET) == (judgement.tally.share == 1)
        loses = judgement.tally.awarded < judgement.tally.possible
        assert bool(judgement.reasons) == (loses or is_open) or judgement.outcome is Outcome.NOT_APPLICABLE
        assert is_open or all(BASED_ON.search(reason) for reason in judgement.reasons)
        assert all(0 <= n < len(findings) for n in judgement.findings)
        assert len(set(judgement.findings)) == len(judgement.findings)


@given(FINDINGS, CALLS, SPEEDS)
def test_what_does_not_apply_never_changes_the_score(findings, call, speed):
    whole = evaluation(*findings, call=call, speed_of_answer=speed)
    carrying = {a.criterion_id for a in whole.answers if a.tally.possible}
    kept = tuple(criterion for criterion in KF01.criteria if criterion.id in carrying)
    only = changed(KF01, criteria=kept, plan=())
    assert evaluation(*findings, card=only, call=call, speed_of_answer=speed).score == whole.score


@given(FINDINGS)
def test_a_duty_that_nobody_owes_never_changes_the_score(findings):
    calm = [each for each in findings if each.detector != "complaint"]
    courtesy = KF01.criteria[3]
    relaxed = courtesy.model_copy(update={"parts": courtesy.parts[:2]})
    card = changed(KF01, criteria=(*KF01.criteria[:3], relaxed, *KF01.criteria[4:]))
    assert evaluation(*calm).score == evaluation(*calm, card=card).score


@settings(max_examples=60)
@given(FINDINGS, st.sampled_from([OFFENCE, COMPLAINT, PERFUNCTORY, SOCIAL]), st.data())
def test_one_more_offence_never_raises_the_score(findings, offence, data):
    if offence is COMPLAINT:  # an apology that was no duty before may become one that is discharged
        findings = [each for each in findings if each.detector != "apology"]
    at = data.draw(st.integers(0, len(findings)))
    assert evaluation(*findings[:at], offence, *findings[at:]).score <= evaluation(*findings).score


@settings(max_examples=60)
@given(FINDINGS, st.sampled_from([*GREETED, *CLOSED, replace(SINCERE, span=Span(200.0, 201.0))]))
def test_one_more_courtesy_never_lowers_the_score(findings, courtesy):
    assert evaluation(*findings, courtesy).score >= evaluation(*findings).score


# --- what cannot be scored


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"turns": ()}, "坐席话音只有 0.0 秒，不足 1 秒"),
        ({"turns": dialogue("坐席：喂您好", "客户：我要投诉你们的保洁员")}, "坐席话音只有 0.8 秒，不足 1 秒"),
        ({"turns": dialogue("机器：为保证服务质量通话将被录音", "客户：喂")}, "坐席话音只有 0.0 秒，不足 1 秒"),
        ({"quality": Quality(40.0, 19.6, 0.9, 0.99, 12.0)}, "有人说话的时间只转写出 49%，不足 50%"),
        ({"quality": Quality(40.0, 10.0, 0.9, 0.99, 12.0)}, "有人说话的时间只转写出 25%，不足 50%"),
        ({"quality": Quality(40.0, 39.0, 0.29, 0.99, 12.0)}, "转写把握度 0.29，低于 0.3"),
        ({"quality": Quality(0.0, 0.0, 0.0, 0.99, 12.0)}, "有人说话的时间只转写出 0%，不足 50%"),
    ],
)
def test_a_call_that_was_hardly_heard_gets_no_points_either_way(parts, why):
    for findings in ([], GOOD, [OFFENCE]):
        judged = evaluation(*findings, **parts)
        assert judged.status is Status.UNSCORABLE
        assert judged.answers == ()
        assert judged.tally == Tally()
        assert judged.score is None
        assert judged.review == (why,)


def test_a_call_just_heard_well_enough_is_scored():
    just = Quality(40.0, 20.0, 0.3, 0.99, 12.0)
    assert evaluation(quality=just, turns=dialogue("坐席：您好请讲")).status is Status.EVALUATED


@pytest.mark.parametrize(
    ("probability", "review"), [(0.9, ()), (0.62, ("坐席与客户的区分把握只有 62%，请人工核对角色",))]
)
def test_doubtful_roles_are_scored_and_sent_to_a_person(probability, review):
    judged = evaluation(*GOOD, quality=Quality(40.0, 39.0, 0.9, probability, 12.0))
    assert judged.status is Status.EVALUATED
    assert judged.score == 100
    assert judged.review == review


# --- tallies


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda t: Tally(min(t), max(t)))))
def test_tallies_are_added_first_and_divided_last(tallies):
    total = Tally.sum(tallies)
    assert total == Tally(sum(t.awarded for t in tallies), sum(t.possible for t in tallies))
    assert total.share is None if not total.possible else 0 <= total.share <= 1
    assert Tally.sum([*tallies, Tally()]).share == total.share
