"""Classifiers: nobody on both sides of a test, the same model from the same labels, no foreign bytes."""

import io
import json
import re
import tempfile
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import jieba
import numpy as np
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.tree import DecisionTreeClassifier

from models.classifiers import (
    Classifier,
    Spoken,
    StagedClassifier,
    classifier_findings,
    learnable,
    load,
    measure,
    read_card,
    spoken_turns,
    train,
    tuned_criteria,
    tuned_criterion,
    version_of,
)
from models.classifiers.artifact import hash_of
from models.classifiers.bundled import bundled
from models.classifiers.criteria import Cost, ThresholdRule
from models.classifiers.features import matched_lexicons, tokenizer
from models.classifiers.figures import figures_of
from models.classifiers.groups import folds, groups_of
from models.classifiers.seeds import families, seed_labels
from models.classifiers.threshold import choose_threshold
from models.classifiers.training import out_of_fold
from pipeline.errors import ClassifierError
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Label, Source
from pipeline.validation.learning.registry import Stage
from tests.builders import dialogue, finding, hearing

NOON = datetime(2026, 11, 2, 4, tzinfo=UTC)
COMPLAINTS = ("我要投诉你们", "我投诉你们的师傅", "我要向消协投诉", "叫你们经理来我要投诉", "给我一个说法")
QUESTIONS = ("我想问一下保洁多少钱", "明天上午能上门吗", "我家水管坏了帮我报修", "好的谢谢你", "我姓王电话没变")


def label(
    holds: bool, text: str, call: str = "C1", agent: str | None = "1001", start: float = 1.0, **parts
) -> Label:
    made = Label(
        criterion="complaint",
        holds=holds,
        call_id=call,
        agent_id=agent,
        span=Span(start, start + 2),
        role=Role.CUSTOMER,
        text=text,
        before="您好请讲",
        source=Source.REVIEW,
        by="王工",
        at=NOON,
    )
    return replace(made, **parts)


@cache
def reviewed() -> tuple[Label, ...]:
    """Seventy labels of ten agents with two calls each."""
    made = []
    for n in range(70):
        holds = n % 2 == 0
        text = (COMPLAINTS if holds else QUESTIONS)[n // 2 % 5] + "，啊" * (n // 10 % 3)
        made.append(label(holds, text, call=f"C{n % 20}", agent=f"A{n % 10}", start=float(n)))
    return tuple(made)


@cache
def trained():
    return train("complaint", reviewed(), at=NOON)


# --- groups


@given(
    st.lists(st.tuples(st.integers(0, 12), st.none() | st.integers(0, 8), st.booleans()), min_size=4, max_size=60)
)
def test_no_call_and_no_agent_is_on_both_sides(drawn):
    labels = [label(holds, "x", f"C{call}", None if agent is None else f"A{agent}") for call, agent, holds in drawn]
    groups, holds = groups_of(labels), np.array([each.holds for each in labels])
    if holds.all() or not holds.any():
        return
    for train_on, test_on in folds(holds, groups, 5):
        for of in ("call_id", "agent_id"):
            seen = {getattr(labels[n], of) for n in train_on} - {None}
            assert not seen & {getattr(labels[n], of) for n in test_on}
        assert len(np.unique(holds[train_on])) == 2


def test_every_label_is_tested_once():
    groups, holds = groups_of(reviewed()), np.array([each.holds for each in reviewed()])
    tested = np.concatenate([test_on for _, test_on in folds(holds, groups, 5)])
    assert sorted(tested.tolist()) == list(range(70))


def test_a_call_with_two_agents_joins_all_their_calls():
    chain = [label(True, "x", "C1", "A1"), label(True, "x", "C1", "A2"), label(True, "x", "C2", "A2")]
    assert groups_of([*chain, label(True, "x", "C3", "A3")]).tolist() == [0, 0, 0, 1]


def test_out_of_fold_probabilities_come_from_models_that_never_saw_the_group():
    """Labels that say the opposite of their wording for one agent cannot help that agent's own probabilities."""
    odd = [
        label(not each.holds, each.text, each.call_id, "odd", float(n)) for n, each in enumerate(reviewed()[:10])
    ]
    odd = [replace(each, call_id=f"odd{n}") for n, each in enumerate(odd)]
    labels = [*reviewed(), *odd]
    holds = np.array([each.holds for each in labels])
    turns = [Spoken(each.text, each.before, each.role) for each in labels]
    probabilities = out_of_fold(turns, holds, groups_of(labels), matched_lexicons())
    assert np.all((probabilities[70:] > 0.5) != holds[70:])


# --- training


def test_the_same_labels_make_the_same_classifier_in_any_order():
    again = train("complaint", reviewed()[::-1])
    assert again.card.version == trained().card.version
    turns = [Spoken(text, "", Role.CUSTOMER) for text in COMPLAINTS + QUESTIONS]
    assert np.array_equal(again.classifier.probability(turns), trained().classifier.probability(turns))


def test_another_label_makes_another_version():
    other = (*reviewed()[:-1], replace(reviewed()[-1], text="这一句不一样"))
    assert version_of("complaint", reviewed()) == trained().card.version
    assert version_of("complaint", other) != trained().card.version


def test_gold_and_the_calls_of_gold_are_never_learned_from():
    wrong = [
        label(False, text, call="G1", agent="G", start=float(n), gold=True) for n, text in enumerate(COMPLAINTS)
    ]
    beside = label(False, "我要投诉", call="G1", agent="G", start=99.0)
    with_gold = (*reviewed(), *wrong, beside)
    assert version_of("complaint", with_gold) == trained().card.version
    assert learnable("complaint", with_gold) == learnable("complaint", reviewed())


def test_what_belongs_to_another_criterion_or_role_is_left_out():
    strangers = (label(True, "x", role=Role.AGENT), label(True, "x", criterion="empathy", role=Role.AGENT))
    assert learnable("complaint", (*reviewed(), *strangers)) == learnable("complaint", reviewed())


def test_generated_labels_do_not_count_for_the_field():
    generated = [replace(each, source=Source.GENERATED, call_id=f"s{n}") for n, each in enumerate(reviewed())]
    card = train("complaint", generated, at=NOON).card
    assert card.field is None
    assert (card.generated.num_holds, card.threshold_from) == (35, "generated")
    card = trained().card
    assert card.generated is None
    assert (card.field.num_holds, card.field.num_groups, card.threshold_from) == (35, 10, "field")
    assert [(each.source, each.num_holds, each.num_not) for each in card.counts] == [("review", 35, 35)]


@pytest.mark.parametrize(
    ("criterion", "labels", "said"),
    [
        ("rude", reviewed(), "no tuned criterion 'rude'; choose one of: shirking, blaming_question"),
        ("complaint", reviewed()[:20], "10 labels that hold and 10 that do not; at least 30 of each"),
        ("complaint", [x for x in reviewed() if x.holds], "35 labels that hold and 0 that do not (one class only)"),
        (
            "complaint",
            [replace(x, agent_id="A") for x in reviewed()],
            "(1 groups); label more calls of other agents",
        ),
    ],
)
def test_labels_that_cannot_be_learned_from(criterion, labels, said):
    with pytest.raises(ClassifierError, match=re.escape(said)):
        train(criterion, labels)


def test_it_learns():
    classifier = trained().classifier
    said = classifier.probability(
        [Spoken("我现在要投诉你们", "", Role.CUSTOMER), Spoken("多少钱一次", "", Role.CUSTOMER)]
    )
    assert said[0] > 0.8 > 0.2 > said[1]
    assert classifier.probability([Spoken("我要投诉", "", Role.AGENT)]).tolist() == [0.0]
    assert classifier.probability([]).shape == (0,)


def test_measured_on_gold_only():
    gold = [replace(each, gold=True) for each in reviewed()[:20]]
    figures = measure(trained().classifier, [*gold, *reviewed()[20:]])
    assert (figures.num_holds, figures.num_not) == (10, 10)
    assert figures.recall.value == 1.0
    assert figures.recall.low == pytest.approx(0.7225, abs=1e-3)  # Wilson: ten of ten prove no more
    assert measure(trained().classifier, reviewed()) is None


# --- threshold and figures


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60),
    st.sampled_from([0.5, 0.8, 0.9, 1.0]),
)
def test_no_threshold_keeps_the_floor_with_a_better_recall(drawn, floor):
    probabilities = np.array([p / 20 for p, _ in drawn])
    holds = np.array([h for _, h in drawn])
    chosen = choose_threshold(probabilities, holds, ThresholdRule(precision_floor=floor))

    def at(threshold):
        hits = probabilities >= threshold
        return (hits & holds).sum() / max(1, hits.sum()), (hits & holds).sum()

    keeping = [at(p) for p in probabilities if at(p)[0] >= floor]
    assert chosen.kept is bool(keeping)
    if keeping:
        assert at(chosen.threshold)[0] >= floor
        assert at(chosen.threshold)[1] == max(num for _, num in keeping)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60),
    st.integers(1, 9),
    st.integers(1, 3),
)
def test_no_threshold_costs_less(drawn, false_alarm, miss):
    probabilities = np.array([p / 20 for p, _ in drawn])
    holds = np.array([h for _, h in drawn])
    rule = ThresholdRule(cost=Cost(false_alarm=false_alarm, miss=miss))
    chosen = choose_threshold(probabilities, holds, rule)

    def cost(threshold):
        hits = probabilities >= threshold
        return false_alarm * (hits & ~holds).sum() + miss * (holds & ~hits).sum()

    assert cost(chosen.threshold if chosen.kept else 2.0) == min(cost(p) for p in (*probabilities, 2.0))


def test_figures_are_those_of_scikit_learn():
    draw = np.random.default_rng(3)
    holds = draw.random(300) < 0.3
    probabilities = np.round(np.clip(holds * 0.3 + draw.random(300) * 0.7, 0, 1), 2)  # with ties
    figures = figures_of(probabilities, holds, np.arange(300) // 10, 0.5)
    assert figures.average_precision.value == pytest.approx(average_precision_score(holds, probabilities), abs=1e-4)
    assert figures.brier.value == pytest.approx(np.mean((probabilities - holds) ** 2), abs=1e-4)
    for estimate in (figures.precision, figures.recall, figures.f1, figures.average_precision, figures.ece):
        assert estimate.low < estimate.value < estimate.high


def test_turns_of_one_call_widen_the_interval():
    holds = np.array([True, False] * 100)
    probabilities = np.where(np.arange(200) // 20 % 3 == 0, 1 - holds, holds).astype(float)  # whole calls go wrong
    alone = figures_of(probabilities, holds, np.arange(200), 0.5).f1
    together = figures_of(probabilities, holds, np.arange(200) // 20, 0.5).f1
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_what_is_not_defined_is_none():
    figures = figures_of(np.array([0.1, 0.2]), np.array([True, False]), np.array([0, 1]), 0.9)
    assert figures.precision.value is None
    assert figures.recall.value == 0.0


# --- card and artifact


def test_a_card_comes_back_as_it_was():
    card = trained().card
    assert read_card(card.to_json()) == card
    assert card.trained_at == NOON
    with pytest.raises(ClassifierError, match="threshold"):
        read_card(json.dumps({k: v for k, v in json.loads(card.to_json()).items() if k != "threshold"}))


def test_a_classifier_comes_back_as_it_was():
    turns = [Spoken(text, "您好请讲", Role.CUSTOMER) for text in COMPLAINTS + QUESTIONS]
    back = load(trained().artifact, trained().card)
    assert np.array_equal(back.probability(turns), trained().classifier.probability(turns))
    assert (back.version, back.threshold) == (trained().card.version, trained().card.threshold)


def refused(artifact: bytes, **changes) -> str:
    card = replace(trained().card, **{"artifact_hash": hash_of(artifact), **changes})
    with pytest.raises(ClassifierError) as caught:
        load(artifact, card)
    sentence = str(caught.value)
    assert card.version in sentence
    assert "callqa train complaint" in sentence
    return sentence


def test_tampered_bytes_are_refused():
    artifact = bytearray(trained().artifact)
    artifact[len(artifact) // 2] ^= 1
    assert "sha256 differs" in refused(bytes(artifact), artifact_hash=trained().card.artifact_hash)


@pytest.mark.parametrize("version", ["1.8.0", "2.0.1", "1.10.0"])
def test_another_minor_version_of_scikit_learn_is_refused(version):
    assert f"trained with scikit-learn {version}" in refused(trained().artifact, sklearn_version=version)


def test_another_patch_version_is_not():
    assert load(trained().artifact, replace(trained().card, sklearn_version="1.9.99"))


def test_what_was_trained_on_another_bundled_classifier_is_refused(monkeypatch):
    monkeypatch.setattr("models.classifiers.artifact.bundled", lambda: replace(bundled(), version="bundled-other"))
    assert "trained on top of bundled-" in refused(trained().artifact)


def test_another_bundled_classifier_makes_another_version_but_not_of_generated_labels(monkeypatch):
    generated = [replace(each, source=Source.GENERATED) for each in reviewed()]
    before = version_of("complaint", generated)
    other = replace(bundled(), version="bundled-other")
    monkeypatch.setattr("models.classifiers.training.bundled", lambda: other)
    assert version_of("complaint", reviewed()) != trained().card.version
    assert version_of("complaint", generated) == before, "the seeds are not learned on top of what has read them"


def test_unknown_types_are_refused_before_anything_runs():
    artifact = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(trained().artifact)) as read, zipfile.ZipFile(artifact, "w") as write:
        for name in read.namelist():
            content = read.read(name)
            if name == "schema.json":
                content = content.replace(b'"Words"', b'"system"').replace(
                    b'"models.classifiers.features"', b'"os"'
                )
            write.writestr(name, content)
    assert "types that are not allowed: os." in refused(artifact.getvalue())


@pytest.mark.parametrize("artifact", [b"", b"no zip at all", skops.io.dumps(LogisticRegression())])
def test_what_is_no_classifier_is_refused(artifact):
    refused(artifact)


def test_types_that_skops_does_not_know_are_named():
    tree = DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1])
    assert "not allowed" in (said := refused(skops.io.dumps(tree))) or "not a classifier" in said


# --- serving


class Sure:
    """Stands in the place of a fitted model: sure of every turn with 投诉 in it."""

    def predict_proba(self, turns):
        sure = np.array([0.9 if "投诉" in turn.text else 0.1 for turn in turns])
        return np.column_stack([1 - sure, sure])


def serving(stage: str, criterion: str = "complaint") -> StagedClassifier:
    return StagedClassifier(Classifier(criterion, f"{criterion}-1", 0.5, Sure()), Stage(stage))


CALL = hearing(
    turns=dialogue(
        "坐席：您好请问您要投诉什么", "客户：我等了三天了，我要投诉你们，你听见了吗", "坐席：好的", confidence=0.8
    )
)


def test_a_live_one_finds_under_its_detector_the_clause_that_decides():
    (found,) = classifier_findings(CALL, [serving("live")])
    assert (found.detector, found.term, found.role) == ("complaint", "complaint", Role.CUSTOMER)
    assert (found.turn_index, found.quote, found.value) == (1, "我要投诉你们，", "complaint-1")
    assert found.confidence == pytest.approx(0.9 * 0.8)
    turn = CALL.turns[1]
    assert turn.span.start < found.span.start < found.span.end < turn.span.end


@pytest.mark.parametrize(("stage", "detector"), [("draft", "shadow"), ("shadow", "shadow"), ("flag", "flag")])
def test_those_that_are_not_live_cost_nothing(stage, detector):
    (found,) = classifier_findings(CALL, [serving(stage)])
    assert (found.detector, found.term, found.value) == (detector, "complaint", "complaint-1")


def test_only_the_turns_of_its_role_are_judged():
    (found,) = classifier_findings(CALL, [serving("live", "sincere_apology")])
    assert (found.detector, found.term, found.turn_index) == ("apology", "sincere", 0)


def test_a_phrase_there_is_not_said_twice():
    (ours,) = classifier_findings(CALL, [serving("live")])
    phrase = replace(finding("complaint", "complaint", role=Role.CUSTOMER), span=ours.span)
    assert classifier_findings(CALL, [serving("live")], [phrase]) == []
    assert classifier_findings(CALL, [serving("live")], [replace(phrase, detector="apology")]) == [ours]
    assert classifier_findings(CALL, [serving("live")], [replace(phrase, role=Role.AGENT)]) == [ours]
    assert classifier_findings(CALL, [serving("live")], [replace(phrase, span=CALL.turns[0].span)]) == [ours]
    assert len(classifier_findings(CALL, [serving("shadow")], [phrase])) == 1


def test_two_live_ones_of_one_detector_are_one_offence():
    both = [serving("live", "impatience"), serving("live", "shirking")]
    assert [found.term for found in classifier_findings(CALL, both)] == ["不耐烦"]


def test_the_turn_before_is_that_of_the_other_side():
    heard = hearing("坐席：您好", "机器：通话将被录音", "客户：我要投诉", "坐席：对不起")
    assert [each.before for each in spoken_turns(heard)] == ["", "", "您好", "我要投诉"]


# --- seeds


@cache
def seeded(criterion: str) -> tuple[Label, ...]:
    return seed_labels(criterion)


def test_a_seed_makes_the_same_labels_every_time():
    assert seed_labels("complaint") == seeded("complaint") != seed_labels("complaint", seed=1)


@pytest.mark.parametrize("tuned", tuned_criteria(), ids=lambda tuned: tuned.name)
def test_seeds_are_many_and_the_same_every_time(tuned):
    labels = seeded(tuned.name)
    num = Counter(each.holds for each in labels)
    assert len(labels) >= 400
    assert min(num.values()) >= 150
    assert {(each.source, each.role, each.gold) for each in labels} == {(Source.GENERATED, tuned.speaker, False)}
    assert len({each.agent_id for each in labels if each.holds}) >= 7
    assert len({(each.call_id, each.span) for each in labels}) == len(labels)


@pytest.mark.parametrize("role", ["agent", "customer"])
def test_families_name_criteria_of_their_role_and_do_not_contradict_themselves(role):
    known = {each.name for each in tuned_criteria() if each.role == role}
    names = [family.name for family in families(role)]
    assert len(names) == len(set(names))
    for family in families(role):
        said = (*family.holds, *family.unsure)
        assert {*said, *family.near} <= known, family.name
        assert len(said) == len(set(said)), family.name
        assert not {*family.holds} & {*family.near}, family.name


def test_no_generated_turn_has_a_slot_left():
    for tuned in tuned_criteria():
        for each in seeded(tuned.name):
            assert not set(each.text + each.before) & set("{}[]()|"), each.text


def test_criteria_go_to_detectors_of_their_role():
    assert {each.name: each.detector for each in tuned_criteria() if each.role == "customer"} == {
        "complaint": "complaint"
    }
    with pytest.raises(ValueError, match="either precision_floor or cost"):
        ThresholdRule(precision_floor=0.9, cost=Cost(false_alarm=1, miss=1))
    assert tuned_criterion("plan_with_time").term == "with_time"


def test_the_dictionary_cache_is_not_left_where_others_can_write(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    tokenizer.cache_clear()
    try:
        cutter = tokenizer()
    finally:
        monkeypatch.undo()
    assert cutter.initialized
    assert not list(tmp_path.iterdir())
    assert cutter is not jieba.dt
