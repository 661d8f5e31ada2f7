"""Not heard is not not said: an unclear stretch gives no points either way, from its words to the month."""

from dataclasses import replace

import pytest

from flows.night.judgement import result_of
from flows.policy.policy import policy_of
from flows.settings import load_settings
from flows.show import show_call
from pipeline.evaluation import Outcome, evaluate
from pipeline.findings.detectors.unclear import UNCLEAR_BELOW, unclear_findings
from pipeline.hearing import Unheard
from pipeline.hearing.turns import Role, Turn
from pipeline.month.assessment import assess
from pipeline.month.assessment.agent_month import Origin
from pipeline.month.workbook.basis import answers_to as answered
from pipeline.month.workbook.basis import basis, part_met
from pipeline.scorecard import find_scorecard
from pipeline.scorecard.rules import Case, Duty
from pipeline.store import Store
from pipeline.tally import Tally
from pipeline.timeline import Span
from tests.builders import EARS, bundled, changed, finding, hearing, lexicon

KF01 = find_scorecard("kf01")
LISTS = [lists for name, lists in bundled().items() if name != "roles"]
GREETED = [finding("required_phrase", term, 9.0) for term in ("greeting", "company", "staff_id")]
NOT_CLEAR = replace(finding("unclear", "offer_help", 8.0), quote="", value=0.31)
LINES = ("坐席：您好阳光家政请讲", "客户：我想问一下", "坐席：好的", "客户：没事了", "坐席：感谢您的来电再见")


def mumbled(*indices: int, probability: float = 0.3):
    """The call of `LINES`, with some turns whose words nobody can make out."""
    heard = hearing(*LINES)

    def worse(turn: Turn) -> Turn:
        return replace(turn, words=tuple(replace(word, probability=probability) for word in turn.words))

    return replace(heard, turns=tuple(worse(turn) if turn.index in indices else turn for turn in heard.turns))


def courtesy(*findings, card=KF01):
    return evaluate(hearing(*LINES), findings, card, "f00d")


def test_a_phrase_that_may_have_been_said_takes_its_points_out_of_the_item():
    missing = courtesy(*GREETED).answers[3]
    assert (missing.tally, missing.outcome) == (Tally(12, 15), Outcome.PARTLY_MET)
    evaluation = courtesy(*GREETED, NOT_CLEAR)
    answer = evaluation.answers[3]
    # 规范用语 is a third of the item; the duty does not apply, so its third goes to what was decided.
    assert answer.tally == Tally(10, 10)
    why = "规范用语：00:08 处转写不清，无法判断是否说过“询问需求（有什么可以帮到您）”，请人工复核"
    assert answer.reasons == (why,)
    assert evaluation.review == (why,)
    assert answer.findings == (3,)


def test_an_item_of_which_nothing_can_be_made_out_is_unsure():
    thanks = replace(NOT_CLEAR, term="thanks")
    evaluation = courtesy(thanks)
    answer = evaluation.answers[8]
    assert (answer.outcome, answer.level, answer.tally) == (Outcome.UNSURE, None, Tally())
    assert evaluation.review == answer.reasons
    assert courtesy(thanks, finding("required_phrase", "thanks", 20.0)).answers[8].outcome is Outcome.MET


def test_what_was_heard_wrong_stays_wrong():
    evaluation = courtesy(*GREETED, NOT_CLEAR, finding("banned_wording", "不归我管", 30.0))
    assert evaluation.answers[3].tally == Tally(0, 10)


@pytest.mark.parametrize(
    ("turns", "probability", "terms"),
    [
        ((), 0.3, set()),
        ((0, 2, 4), UNCLEAR_BELOW, set()),
        ((0,), 0.3, {"*", "greeting", "company", "staff_id", "offer_help"}),
        (
            (0, 2, 4),
            0.3,
            {
                "*",
                "greeting",
                "company",
                "staff_id",
                "offer_help",
                "anything_else",
                "thanks",
                "goodbye",
                "blessing",
            },
        ),
        ((1, 3), 0.3, {"*"}),  # the customer's words hide no phrase of the agent's
    ],
)
def test_unclear_is_what_the_recogniser_could_hardly_make_out(turns, probability, terms):
    found = list(unclear_findings(mumbled(*turns, probability=probability), LISTS, ()))
    assert {each.term for each in found} == terms
    assert all((each.detector, each.quote) == ("unclear", "") for each in found)
    assert all(each.role is Role.AGENT for each in found if each.term != "*")
    assert all(each.value == pytest.approx(probability) for each in found)


def test_an_unsure_call_from_the_words_to_the_store_and_the_month(tmp_path):
    rules = policy_of("kf01", load_settings(suspicions=False))
    calls = {
        "clear": hearing(*LINES),
        "unclear": replace(
            mumbled(0, 2, 4), turns=tuple(t for t in mumbled(0, 2, 4).turns if "再见" not in t.text)
        ),
    }
    url = f"sqlite:///{tmp_path}/callqa.db"
    with Store.open(url) as store:
        for name, heard in calls.items():
            call, recording = replace(heard.call, id=name), replace(heard.recording, id=name)
            store.calls.save(result_of(replace(heard, call=call, recording=recording), rules, EARS))
        results = {name: store.calls.get(name) for name in calls}
        scored = list(store.calls.scored("2025-03", "kf01", rules.scorecard.revision))
    thanks = {name: result.evaluation.answers[8] for name, result in results.items()}
    assert thanks["clear"].outcome is Outcome.MET
    assert thanks["unclear"].outcome is Outcome.UNSURE
    assert any("请人工复核" in line for line in results["unclear"].evaluation.review)
    shown = "".join(str(part) for part in show_call(url, "unclear") if not hasattr(part, "columns"))
    assert "人工复核：感谢致电" in shown or "处转写不清" in shown
    (agent,) = assess("2025-03", KF01, scored)
    month = next(each for each in agent.criteria if each.criterion_id == "KF01-9")
    assert (month.answered, month.open, month.tally) == (1, 1, Tally(5, 5))
    assert dict(month.origins)[Origin.LOW_QUALITY] == pytest.approx(month.points / 2)
    answers = answered("KF01-9", scored)
    assert "另 1 通听不清待复核，不计入" in basis(KF01.criterion("KF01-9"), month, answers)
    assert part_met("KF01-4-1", answered("KF01-4", scored))[1] == 1, (
        "who cannot be made out is neither kept nor lost"
    )


def test_a_formula_counts_nothing_that_nobody_could_make_out():
    criterion = KF01.criterion("KF01-9").model_copy(
        update={"scoring": find_scorecard("table1").criteria[1].scoring}
    )
    assert criterion.scoring is not None
    card = changed(KF01, criteria=(criterion,), plan=())
    assert courtesy(replace(NOT_CLEAR, term="thanks"), card=card).answers[0].outcome is Outcome.UNSURE
    assert courtesy(card=card).answers[0].outcome is Outcome.NOT_MET


def beyond(*stretches: tuple[float, float], role: Role = Role.AGENT):
    """The call of `LINES` with stretches in which somebody spoke and no word was heard."""
    return replace(hearing(*LINES), unheard=tuple(Unheard(role, Span(*each)) for each in stretches))


FIRST, LAST = hearing(*LINES).turns_of(Role.AGENT)[0].span.start, hearing(*LINES).turns[-1].span.end
CLOSING = {"anything_else", "thanks", "goodbye"}
OPENING = {"greeting", "company", "staff_id", "offer_help"}


@pytest.mark.parametrize(
    ("stretch", "role", "opening", "closing"),
    [
        ((LAST + 1.0, LAST + 4.0), Role.AGENT, True, True),  # the call is so short that either end may be there
        ((LAST + 1.0, LAST + 4.0), Role.UNKNOWN, True, True),
        ((LAST + 1.0, LAST + 4.0), Role.CUSTOMER, False, False),
        ((600.0, 642.0), Role.UNKNOWN, False, True),  # the recording lost its end
        ((FIRST - 3.0, FIRST - 1.0), Role.AGENT, True, False),
        ((FIRST - 0.3, FIRST - 0.1), Role.AGENT, False, False),  # nothing is said in a fifth of a second
    ],
)
def test_nothing_counts_as_not_said_where_speech_was_not_heard(stretch, role, opening, closing):
    required = [each for each in LISTS if each.detector == "required_phrase"]
    hidden = {each.term for each in unclear_findings(beyond(stretch, role=role), required, ())} - {"*"}
    assert hidden == (OPENING if opening else set()) | (CLOSING if closing else set())


def test_a_phrase_of_no_fixed_place_hides_where_there_is_time_to_say_it_and_an_offence_never():
    anywhere = lexicon({"term": "offer", "variants": ["帮您登记预约上门"]})
    offence = lexicon({"term": "rude", "variants": ["不归我管"], "severity": "fatal"})
    middle = FIRST + 3.0

    def hides(listed, seconds):
        found = unclear_findings(beyond((middle, middle + seconds)), [listed], ())
        return any(each.term != "*" for each in found)

    assert hides(anywhere, 2.0)
    assert not hides(anywhere, 0.9)
    assert not hides(offence, 2.0)


def test_the_end_that_was_not_heard_leaves_the_goodbye_to_a_person():
    lost = replace(
        hearing("坐席：您好阳光家政请讲", "客户：我想问一下", "坐席：好的"),
        unheard=(Unheard(Role.UNKNOWN, Span(60.0, 102.0)),),
    )
    findings = list(unclear_findings(lost, LISTS, ()))
    outcomes = {a.criterion_id: a.outcome for a in evaluate(lost, findings, KF01, "f00d").answers}
    assert {outcomes[each] for each in ("KF01-8", "KF01-9")} == {Outcome.UNSURE}


@pytest.mark.parametrize("probability", [0.3, 0.9])
def test_an_offence_in_words_that_can_hardly_be_made_out_is_left_to_a_person(probability):
    lines = ("坐席：您好阳光家政请讲", "客户：我想问一下", "坐席：你必须这样那样", "客户：好")
    call = hearing(*lines)
    turns = list(call.turns)
    words = tuple(replace(word, probability=probability) for word in turns[2].words)
    turns[2] = replace(turns[2], words=words)
    call = replace(call, turns=tuple(turns))
    rude = replace(finding("banned_wording", "你必须", turns[2].span.start), value="你必须")
    findings = [rude, *unclear_findings(call, (), ())]
    answer = evaluate(call, findings, KF01, "f00d").answers[3]
    blamed = any("禁语" in reason for reason in answer.reasons)
    assert blamed is (probability == 0.9)
    if not blamed:
        assert any("转写不清" in reason and "你必须" in reason for reason in answer.reasons)


def test_a_complaint_in_words_that_can_hardly_be_made_out_blames_nobody():
    call = mumbled(1)
    turn = call.turns[1]
    complaint = replace(
        finding("complaint", "urgent", turn.span.start, Role.CUSTOMER), value="快点", span=turn.span
    )
    rule = Duty(kind="duty", trigger="complaint", detector="apology", terms=("sincere",))
    for heard, unsure in ((call, True), (hearing(*LINES), False)):
        findings = [complaint, *unclear_findings(heard, (), ())]
        verdict = rule.decide("致歉", Case.of(heard, findings, KF01.titles))
        assert verdict.unsure is unsure
        assert verdict.share == (None if unsure else 0.0)
