"""Which wordings were made for a scenario, and what is found without them."""

import pytest

from pipeline.findings.detection import detect
from pipeline.validation.accuracy.omission import drop_wordings, measure_omission, sole_wordings
from tests.builders import dialogue, lexicon
from tests.truths import a_line, a_trial, a_truth

BANNED = {"name": "banned", "detector": "banned_wording"}


def trial(call_id, scenario, *said, **more):
    """A call in which each line, ``坐席：…`` or ``客户：…``, was heard as it was said."""
    turns = dialogue(*said)
    speakers = {"坐席": "agent", "客户": "customer"}
    lines = [
        a_line(speakers[line[:2]], turn.span.start, turn.span.end, turn.text)
        for line, turn in zip(said, turns, strict=True)
    ]
    return a_trial(a_truth(call_id, lines, scenario=scenario, **more), turns)


def taken_out(trials, *phrases, **file):
    found = sole_wordings(trials, [lexicon(*phrases, **(BANNED | file))])
    return {(each.scenario, each.wording) for each in found}


def test_what_stands_in_one_scenario_alone_is_taken_out():
    calls = [
        trial("C1", "order", "坐席：随便你，我也没办法。"),
        trial("C2", "order", "坐席：随便你吧"),
        trial("C3", "complaint", "坐席：我们也没办法，不归我管。"),
    ]
    variants = ["随便[你|您]", "我[们]也没办法", "不归我管", "爱信不信"]
    assert taken_out(calls, {"variants": variants}) == {
        ("order", "随便你"),
        ("order", "我也没办法"),
        ("complaint", "我们也没办法"),
        ("complaint", "不归我管"),
        ("order", "随便"),
    }


def test_only_what_the_role_of_the_phrase_says_counts():
    calls = [trial("C1", "order", "坐席：随便你"), trial("C2", "complaint", "客户：随便你是什么意思，我要投诉")]
    assert taken_out(calls, {"variants": ["随便你"]}) == {("order", "随便你")}
    assert taken_out(calls, {"variants": ["随便你", "投诉"], "role": "customer"}) == {
        ("complaint", "随便你"),
        ("complaint", "投诉"),
    }


@pytest.mark.parametrize(
    ("variant", "is_out"),
    [
        ("工号{n}", True),
        ("我姓{x}", True),
        ("^工号", True),
        ("^我姓", False),
        ("何$", True),
        ("我姓$", False),
        ("工号{n}我叫", False),
        ("工号{n}{name}", False),
        ("{company}", False),
    ],
)
def test_notation_stands_for_what_it_allows_but_a_deployment_is_nobodys_tuning(variant, is_out):
    calls = [trial("C1", "order", "坐席：工号1002，我姓何。"), trial("C2", "repair", "坐席：您好")]
    assert bool(taken_out(calls, {"variants": [variant]}, slots={"company": ["何"]})) is is_out


def test_a_call_without_a_scenario_keeps_its_wordings_and_keeps_them_for_nobody():
    calls = [trial("C1", "", "坐席：随便你"), trial("C2", "order", "坐席：我也没办法")]
    assert taken_out(calls, {"variants": ["随便你", "我也没办法"]}) == {("order", "我也没办法")}
    shared = [trial("C1", "", "坐席：随便你"), trial("C2", "order", "坐席：随便你")]
    assert taken_out(shared, {"variants": ["随便你"]}) == set(), "it stands in another call"


def test_without_takes_the_wordings_of_one_scenario_and_leaves_the_rest_as_written():
    calls = [trial("C1", "order", "坐席：随便你"), trial("C2", "repair", "坐席：爱信不信，说不准")]
    listed = lexicon(
        {"variants": ["随[便]你", "到时候再(看|说)"]},
        {"variants": ["爱信不信"]},
        {"variants": ["说不准"]},
        **BANNED,
    )
    out = sole_wordings(calls, [listed])
    order, repair = drop_wordings(listed, out, "order"), drop_wordings(listed, out, "repair")
    assert [p.variants for p in order.file.phrases] == [("随你", "到时候再(看|说)"), ("爱信不信",), ("说不准",)]
    assert [p.variants for p in repair.file.phrases] == [("随[便]你", "到时候再(看|说)")]
    assert [len(order.search(t)) for t in ("随便你", "随你", "到时候再说")] == [0, 1, 1]
    assert drop_wordings(lexicon({"variants": ["随便你"]}, **BANNED), out, "order") is None


def test_each_call_is_judged_without_the_wordings_of_its_own_scenario_alone():
    calls = [
        trial("C1", "order", "坐席：随便你", banned=[(0, "随便你")]),
        trial("C2", "order", "坐席：烦不烦", banned=[(0, "烦不烦")]),
        trial("C3", "repair", "坐席：烦不烦", banned=[(0, "烦不烦")]),
    ]
    listed = lexicon({"variants": ["随便你"]}, {"variants": ["烦不烦"]}, **BANNED)
    result = measure_omission(calls, [listed], detect)
    banned = next(each for each in result.things if each.plain.name == "banned")
    assert [retrieval.found for retrieval in banned.plain.by_call] == [1, 1, 1]
    assert [retrieval.found for retrieval in banned.named.by_call] == [0, 1, 1]
    assert banned.suspected.by_call == banned.named.by_call, "nothing is suspected"
    assert [(each.scenario, each.wording) for each in result.wordings] == [("order", "随便你")]
