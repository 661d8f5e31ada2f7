"""Items: what a call decides by itself, what it only suggests, and what people say of each part."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipeline.evaluation import Answer, Evaluation, Outcome, evaluate
from pipeline.review.answers import Kind, PersonAnswer, overrides, valid_acts
from pipeline.review.opinions import Opinion, criterion_of_call, to_answer
from pipeline.scorecard import Scorecard
from pipeline.tally import NOTHING, Tally
from tests.builders import finding, hearing

AT = datetime(2026, 10, 1, tzinfo=UTC)
HEARD = {"kind": "heard", "detector": "required_phrase"}
GREETING, THANKS, GOODBYE = ({**HEARD, "terms": [term]} for term in ("greeting", "thanks", "goodbye"))
ABSENT = {"kind": "absent", "detector": "banned_wording"}
CALL = hearing("坐席：您好请讲", "客户：我问一下", "坐席：谢谢您的来电")
FOUND = (finding("required_phrase", "greeting"), finding("required_phrase", "thanks"))


def card(*criteria: dict, **more) -> Scorecard:
    """Two levels and the half between them; each criterion with what a document prints of it."""
    printed = {"title": "项目", "standard": "原文", "source_class": "A", "points": 10}
    return Scorecard.model_validate(
        {
            "name": "form",
            "title": "表",
            "revision": 1,
            "effective_from": "2026-01-01",
            "source": "原文",
            "levels": {"符合": 1.0, "基本符合": 0.7, "不符合": 0.0},
            "cutoffs": {"符合": 1.0, "基本符合": 0.5},
            "criteria": [printed | each for each in criteria],
        }
        | more
    )


MIXED = card(
    {
        "id": "A",
        "graded": "parts",
        "parts": [
            {"title": "问候", "points": 4, "rule": GREETING},
            {"title": "感谢", "points": 3, "rule": THANKS, "needs_person": "all"},
            {"title": "听懂", "points": 3},
        ],
    },
    {"id": "B", "title": "耐心"},
)


def judged(of: Scorecard, *acts: PersonAnswer, found=FOUND) -> Evaluation:
    return evaluate(CALL, found, of, "f00d", overrides(valid_acts(acts, of)))


def said(of: Scorecard, id: str, level: str | None, number: int = 1, **more) -> PersonAnswer:
    """A level given to a criterion or an item; None for not applicable."""
    machine = judged(of)
    answer = next(each for each in machine.answers if id == each.id or each.item(id))
    kind = Kind.LEVEL if level or "met" in more else Kind.NOT_APPLICABLE
    opinion = Opinion(kind, "wang", AT, level=level, reason="heard_by_person", **more)
    return replace(to_answer(of, "C1", answer if answer.id == id else answer.item(id), opinion), id=number)


def answer(of: Evaluation, criterion: str) -> Answer:
    return next(each for each in of.answers if each.id == criterion)


def test_a_suggestion_is_shown_and_costs_and_gives_nothing():
    of = answer(judged(MIXED), "A")
    assert [(each.id, each.outcome.value, each.source) for each in of.items] == [
        ("A-1", "met", "machine"),
        ("A-2", "met", "suggestion"),
        ("A-3", "needs_person", "machine"),
    ]
    assert of.items[1].findings == (1,), "with its place to listen"
    assert of.tally == Tally(4.0, 4.0)
    assert of.given == NOTHING
    silent = answer(judged(MIXED, found=FOUND[:1]), "A")
    assert silent.item("A-2").outcome is Outcome.NOT_MET
    assert silent.tally == Tally(4.0, 4.0), "nobody has confirmed it"
    assert silent.reasons == (), "and it is no reason for a lost point"


def test_what_people_say_of_an_item_counts_beside_what_the_call_decides():
    of = answer(judged(MIXED, said(MIXED, "A-2", "符合"), said(MIXED, "A-3", "基本符合")), "A")
    assert of.tally == Tally(4.0, 4.0)
    assert of.given.possible == 6.0
    assert of.given.awarded == pytest.approx(3 + 3 * 0.7)
    assert all("wang" in reason for reason in of.reasons)


def test_the_total_moves_with_each_answer():
    before = judged(MIXED)
    after = judged(MIXED, said(MIXED, "A-3", "不符合"))
    assert before.score == 100.0
    assert after.tally == Tally(4.0, 7.0)


def test_what_does_not_apply_leaves_its_points_to_the_other_item():
    of = answer(judged(MIXED, said(MIXED, "A-2", None), said(MIXED, "A-3", "基本符合")), "A")
    assert of.given.possible == 6.0
    assert of.given.awarded == pytest.approx(6 * 0.7)


def test_an_item_that_the_call_decides_is_overruled_alone():
    of = answer(judged(MIXED, said(MIXED, "A-1", "不符合")), "A")
    assert (of.tally, of.source, of.outcome) == (Tally(0.0, 4.0), "person", Outcome.NOT_MET)


def test_a_person_grades_a_criterion_that_no_rule_answers():
    of = answer(judged(MIXED, said(MIXED, "B", "基本符合")), "B")
    assert (of.level, of.tally, of.outcome) == ("基本符合", NOTHING, Outcome.PARTLY_MET)
    assert of.given.awarded == pytest.approx(7.0)
    assert answer(judged(MIXED, said(MIXED, "B", None)), "B").outcome is Outcome.NOT_APPLICABLE


def test_the_answer_to_a_whole_criterion_without_rules_stands_for_its_parts():
    of = card({"id": "C", "parts": [{"title": "一"}, {"title": "二"}]})
    whole = answer(judged(of, said(of, "C", "基本符合")), "C")
    assert (whole.level, [each.level for each in whole.items]) == ("基本符合", ["基本符合", "基本符合"])
    assert whole.given.awarded == pytest.approx(7.0), "the level that was given, whatever the cut-offs say"
    one = answer(judged(of, said(of, "C-1", "符合")), "C")
    assert one.given == Tally(5.0, 5.0), "the other part still waits"


def test_parts_of_a_whole_make_one_level_by_the_cutoffs():
    of = card({"id": "C", "parts": [{"title": "一"}, {"title": "二"}]})
    both = answer(judged(of, said(of, "C-1", "符合"), said(of, "C-2", "不符合")), "C")
    assert both.level == "基本符合", "half of it, and the cut-off is one half"
    assert both.given.awarded == pytest.approx(7.0)


@pytest.mark.parametrize(("whole", "part", "stands"), [(1, 2, "不符合"), (2, 1, "符合")])
def test_of_a_criterion_and_its_item_the_later_answer_stands(whole, part, stands):
    of = card({"id": "D", "parts": [{"title": "问候", "rule": GREETING}]})
    acts = [said(of, "D", "符合", whole), said(of, "D-1", "不符合", part)]
    assert answer(judged(of, *acts), "D").level == stands


def test_hits_wait_for_a_person_and_what_was_kept_counts():
    of = card({"id": "E", "parts": [{"title": "无禁语", "rule": ABSENT, "needs_person": "hits"}]})
    clean, hit = judged(of), judged(of, found=(finding("banned_wording", "不知道"),))
    assert answer(clean, "E").tally == Tally(10.0, 10.0)
    assert (answer(hit, "E").outcome, answer(hit, "E").tally) == (Outcome.UNSURE, NOTHING)
    assert any("请人工复核后才计" in why for why in hit.review), "and the call is listed for it"
    confirmed = evaluate(
        CALL, (finding("banned_wording", "不知道"),), of, "", overrides({"E-1": said(of, "E-1", "不符合")})
    )
    assert answer(confirmed, "E").tally == Tally(0.0, 10.0)
    assert confirmed.review == ()


def test_a_person_fails_a_call_by_an_auto_fail_that_only_people_see():
    of = card(
        {"id": "F", "auto_fail": True, "points": None}, {"id": "G", "parts": [{"title": "", "rule": GREETING}]}
    )
    of = of.model_copy(update={"weights": "printed"})
    assert judged(of).score == 100.0
    assert judged(of, said(of, "F", "不符合")).score == 0.0


def test_a_formula_counts_what_people_say_of_its_parts():
    errors = {"kind": "errors", "deduct": 5}
    of = card({"id": "H", "scoring": errors, "parts": [{"title": "", "rule": THANKS, "needs_person": "all"}]})
    assert answer(judged(of), "H").outcome is Outcome.NEEDS_PERSON
    assert answer(judged(of, said(of, "H-1", None, met=False)), "H").outcome is Outcome.NOT_MET
    assert answer(judged(of, said(of, "H-1", None, met=True)), "H").outcome is Outcome.MET


def test_an_item_names_itself_and_its_title():
    assert criterion_of_call(MIXED, "A-3").title("A-3") == "听懂"
    with pytest.raises(ValueError, match="没有在用的评分项 A-4"):
        criterion_of_call(MIXED, "A-4")
