"""Items: what a call decides by itself, what it only suggests, and what people say of each part."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from pipeline.call import Status
from pipeline.errors import PolicyError
from pipeline.evaluation import Answer, Evaluation, Outcome, evaluate
from pipeline.evaluation.result import CallResult
from pipeline.findings.conditions import Condition
from pipeline.findings.rulebook import RuleText
from pipeline.review.answers import Kind, PersonAnswer, overrides, valid_acts
from pipeline.review.opinions import Opinion, criterion_of_call, to_answer
from pipeline.review.overlay import followed, machine_answers, overlay
from pipeline.scorecard import Scorecard, load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.scorecard.lint import lint
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


# --- items that ask for others

LATE = {
    "kind": "condition",
    "when": {"item": {"id": "A", "is": "not_met"}},
    "condition": {"found": {"detector": "apology", "terms": ["sincere"]}},
}


def depending(rule=LATE, **first) -> Scorecard:
    """A: a greeting (10 points); B: asks what A came to (10 points)."""
    return card(
        {"id": "A", "title": "问候", "parts": [{"title": "问候", "rule": GREETING}], **first},
        {"id": "B", "title": "致歉", "parts": [{"title": "致歉", "rule": rule}]},
    )


SORRY = finding("apology", "sincere")


def searched(of: Scorecard, *found) -> tuple:
    """The findings, with those of the conditions of the scorecard."""
    book = conditions_of(of)
    return (*found, *(book.search(CALL, found) if book else ()))


@pytest.mark.parametrize(
    ("found", "outcome", "total"),
    [
        ((FOUND[0],), "not_applicable", Tally(10, 10)),  # greeted: nothing to be sorry for
        ((SORRY,), "met", Tally(10, 20)),
        ((), "not_met", Tally(0, 20)),
    ],
)
def test_an_item_is_asked_only_where_another_came_to_so(found, outcome, total):
    of = depending()
    said = judged(of, found=searched(of, *found))
    assert answer(said, "B").items[0].outcome.value == outcome
    assert said.tally == total
    if outcome == "not_met":
        assert answer(said, "B").reasons == ("致歉：未听到（因“问候”不符合）",)


def test_the_order_in_which_items_stand_does_not_matter():
    of = depending()
    turned = of.model_copy(update={"criteria": of.criteria[::-1]})
    assert turned.answer_order.index("A") < turned.answer_order.index("B")
    assert answer(judged(turned, found=()), "B").outcome is Outcome.NOT_MET


def test_what_a_person_says_of_an_item_counts_in_what_asks_for_it():
    of = depending()
    assert judged(of, found=()).tally == Tally(0, 20)
    for level, outcome, total in (("符合", "not_applicable", Tally(10, 10)), ("不符合", "not_met", Tally(0, 20))):
        counts = evaluate(CALL, (), of, "", overrides(valid_acts([said(of, "A", level)], of)))
        assert answer(counts, "B").outcome.value == outcome
        assert counts.tally == total
    by_item = evaluate(CALL, (), of, "", overrides(valid_acts([said(of, "A-1", "符合")], of)))
    assert answer(by_item, "B").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ({"parts": [{"title": "问候", "rule": GREETING, "needs_person": "all"}]}, "“问候”还没有结论（待人工）"),
        (
            {"parts": [{"title": "问候", "rule": GREETING, "needs_person": "hits"}]},
            "“问候”还没有结论（听不清，待复核）",
        ),
        ({"parts": []}, "“问候”还没有结论（待人工）"),
        (
            {"parts": [{"title": "一", "rule": GREETING}, {"title": "二"}]},
            "“问候”还没有结论（待人工）",
        ),
    ],
)
def test_what_is_doubtful_makes_doubtful_and_says_for_what_it_waits(first, told):
    of = depending(**first)
    evaluation = judged(of, found=())
    (item,) = answer(evaluation, "B").items
    assert (item.outcome, item.share) == (Outcome.UNSURE, None)
    assert item.reasons == (f"致歉：取决于别的项，{told}，请人工复核",)
    assert item.reasons[0] in evaluation.review
    assert answer(evaluation, "B").tally == NOTHING, "neither met nor lost in silence"


def test_one_part_that_decides_makes_an_open_item_idle():
    open_item = {"item": {"id": "A", "is": "met"}}
    sorry = {"found": {"detector": "apology"}}
    for operator, found, expected in (
        ("any", (SORRY,), Outcome.MET),
        ("any", (), Outcome.UNSURE),
        ("all", (), Outcome.NOT_MET),
        ("all", (SORRY,), Outcome.UNSURE),
    ):
        of = depending({"kind": "condition", "condition": {operator: [open_item, sorry]}}, parts=[])
        assert answer(judged(of, found=searched(of, *found)), "B").outcome is expected, (operator, found)


def test_of_several_items_answered_as_one_only_met_tells_of_each():
    rule = LATE | {"when": {"item": {"id": "A-2", "is": "not_met"}}}
    of = depending(rule, parts=[{"title": "一", "rule": GREETING}, {"title": "二", "rule": THANKS}])
    outcomes = {
        level: answer(judged(of, said(of, "A", level), found=()), "B").outcome
        for level in ("符合", "基本符合", "不符合")
    }
    assert outcomes == {
        "符合": Outcome.NOT_APPLICABLE,
        "基本符合": Outcome.UNSURE,
        "不符合": Outcome.UNSURE,
    }


def test_a_criterion_of_rules_and_people_is_what_all_of_them_come_to():
    of = depending(graded="parts", parts=[{"title": "一", "rule": GREETING}, {"title": "二"}])
    greeted = judged(of, said(of, "A-2", "不符合"), found=(FOUND[0],))
    assert answer(greeted, "A").outcome is Outcome.MET, "the call alone"
    assert answer(greeted, "B").outcome is Outcome.NOT_APPLICABLE, "half of it is partly met"


def test_a_chain_of_items_and_how_sure_it_is():
    of = card(
        {"id": "A", "parts": [{"title": "问候", "rule": GREETING}]},
        {"id": "C", "parts": [{"title": "丙", "rule": _asks("B", "met")}]},
        {"id": "B", "parts": [{"title": "乙", "rule": _asks("A", "met")}]},
    )
    evaluation = judged(of, found=(replace(FOUND[0], confidence=0.8),))
    assert [each.outcome for each in evaluation.answers] == [Outcome.MET] * 3
    assert [each.confidence for each in evaluation.answers] == pytest.approx([0.8] * 3)
    lost = judged(of, found=())
    assert answer(lost, "C").reasons == ("丙：“项目”不符合",)


def _asks(id: str, *outcomes: str) -> dict:
    return {"kind": "condition", "condition": {"item": {"id": id, "is": list(outcomes)}}}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (_asks("A-9", "met"), "B-1 asks for the item A-9, and there is none of that id; is it A-1"),
        (_asks("B", "met"), r"items ask for each other in a ring \(.*B.*B-1.*\); take one"),
        (_asks("M", "met"), "B-1 asks for M, which has one value a month and none on a call"),
        ({"kind": "all_of", "rules": [_asks("B-1", "met")]}, "in a ring"),
    ],
)
def test_what_no_call_can_answer_is_refused_with_file_line_and_item(rule, told, tmp_path):
    of = {
        "name": "form",
        "title": "表",
        "revision": 1,
        "effective_from": "2026-01-01",
        "source": "原文",
        "levels": {"符合": 1.0, "不符合": 0.0},
        "cutoffs": {"符合": 1.0},
        "criteria": [
            {"id": id, "title": id, "standard": "原文", "points": 10, **more}
            for id, more in {
                "A": {"parts": [{"title": "问候", "rule": GREETING}]},
                "B": {"parts": [{"title": "乙", "rule": rule}]},
                "M": {"scoring": {"kind": "target", "at_least": 0.9, "missed": "zero"}},
            }.items()
        ],
    }
    path = tmp_path / "form.yaml"
    path.write_text(json.dumps(of, ensure_ascii=False, indent=1), encoding="utf-8")
    with pytest.raises(PolicyError, match=told) as refused:
        load_scorecard(path)
    assert refused.value.path == str(path)
    assert '"rule"' in path.read_text(encoding="utf-8").splitlines()[refused.value.line - 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"item": {"id": "A", "is": "good"}},
        {"item": {"id": "A", "is": []}},
        {"item": {"is": "met"}},
        {"count": {"of": {"item": {"id": "A", "is": "met"}}}},
        {
            "order": {
                "first": {"any": [{"item": {"id": "A", "is": "met"}}]},
                "then": {"keywords": {"any": ["您好"]}},
            }
        },
    ],
)
def test_an_item_has_no_place_in_a_call(wrong):
    with pytest.raises(ValidationError):
        Condition.model_validate(wrong)


def test_a_rulebook_asks_for_no_items():
    rule = {"term": "x", "title": "某", "condition": {"not": {"item": {"id": "A", "is": "met"}}}}
    with pytest.raises(ValidationError, match="ask for them in a scorecard"):
        RuleText.model_validate(rule)


def test_the_lint_names_an_item_that_waits_on_every_call():
    of = depending(parts=[])
    (notice,) = [each for each in lint(of) if each.code == "item"]
    assert "要看 A 的结论，而 A 不由通话自己得出" in notice.sentence
    assert not [each for each in lint(depending()) if each.code == "item"]
    unchosen = depending().model_copy(update={"assessed": ("B",)})
    assert "不在评定之列" in next(each.sentence for each in lint(unchosen) if each.code == "item")
    assert answer(judged(unchosen, found=()), "B").outcome is Outcome.UNSURE


def test_what_followed_from_a_persons_answer_is_told_and_its_doubt_settled():
    of = depending(parts=[{"title": "问候", "rule": GREETING, "needs_person": "hits"}])
    machine = result_of_call(of, ())
    assert len(machine.evaluation.review) == 2
    counts = overlay(machine, of, [said(of, "A", "不符合")])
    assert not counts.evaluation.review, "nobody needs to look for what follows"
    alone = machine_answers(machine, of)
    assert list(followed(alone, counts, of)) == ["“致歉”取决于“问候”，随人工结论由“听不清，待复核”变为“不符合”"]
    assert not list(followed(alone, machine, of))


def result_of_call(of: Scorecard, found: tuple) -> CallResult:
    evaluation = evaluate(CALL, found, of, "f00d")
    return CallResult(
        CALL.call, Status.EVALUATED, recording=CALL.recording, hearing=CALL, findings=found, evaluation=evaluation
    )
