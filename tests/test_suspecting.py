"""Suspicions: what no list foresaw is suspected, where it belongs, at no cost, until a person says yes."""

from dataclasses import replace

import pytest

from flows.night.judgement import judge
from flows.policy.policy import bundled_card, bundled_version, policy_of
from flows.settings import Settings
from models.classifiers import suspected
from models.classifiers.bundled import FAULT, bundled, packed, read
from models.classifiers.bundling import material
from models.classifiers.grams import pieces, vectors
from pipeline.evaluation import Outcome
from pipeline.findings import Finding
from pipeline.findings.suspicion import affirmed, suspected_of, suspicions
from pipeline.findings.titles import shipped_titles
from pipeline.hearing.dialogue import hearing_of
from pipeline.hearing.turns import Role
from pipeline.scorecard.rules.duty import Duty
from pipeline.scorecard.rules.phrases import Phrases
from pipeline.scorecard.rules.verdict import Case
from pipeline.timeline import Span

POLICY = policy_of("kf01", Settings(companies=("阳光家政",)))
WITHOUT = policy_of("kf01", Settings(companies=("阳光家政",), suspicions=False))


def found(*lines, policy=POLICY):
    return judge(hearing_of(lines, "C1"), policy)[0]


def terms(findings):
    return {f.term for f in findings if f.detector == "flag"}


@pytest.mark.parametrize(
    "said",
    ["关我什么事", "这不属于我的工作范围", "嫌贵你就别用", "你脑子是不是有问题", "没空"],
)
def test_what_agents_say_every_day_is_named_or_suspected(said):
    findings = found("客户：那我这个事情怎么办呢", f"坐席：{said}")
    assert any(f.detector == "banned_wording" or ((s := suspected_of(f)) and s.is_fault) for f in findings)


@pytest.mark.parametrize("said", ["好的，我帮您查一下", "请问您的手机号是多少", "您稍等，我给您转到售后同事那边"])
def test_plain_service_is_not(said):
    assert not any(suspected_of(f).is_fault for f in found(f"坐席：{said}") if suspected_of(f))


def test_a_suspicion_says_how_sure_it_is_and_what_it_is_like():
    (finding,) = suspected(hearing_of("坐席：这事儿跟我们没关系，你找厂家去"), ())
    assert finding.term == "shirking"
    assert 0 < finding.confidence < 1
    assert finding.value
    assert finding.detector_version == bundled_version() == bundled().version


def test_the_sentence_that_decides_is_quoted():
    heard = hearing_of("坐席：好的，我看一下您这个订单。这事儿跟我们没关系，你找厂家去。")
    (finding,) = suspected(heard, ())
    assert finding.quote.startswith("这事儿跟我们没关系")


def test_a_single_sound_says_nothing():
    assert suspected(hearing_of("坐席：喂"), ()) == []


def test_one_offence_is_not_suspected_besides():
    findings = found("坐席：你是不是脑子有问题")
    assert [f.term for f in findings if f.detector == "banned_wording"]
    assert not any(suspected_of(f).is_fault for f in findings if suspected_of(f))


def test_a_phrase_is_suspected_only_where_it_belongs():
    late = ["客户：嗯", "坐席：好的"] * 20
    first = suspected(hearing_of(["坐席：哪方面要我帮忙的，您说", *late]), ())
    assert "offer_help" in {f.term for f in first}
    lost = suspected(hearing_of([*late, "客户：嗯", "坐席：哪方面要我帮忙的，您说", *late]), ())
    assert "offer_help" not in {f.term for f in lost}


def test_the_customer_is_not_suspected_of_what_agents_say_nor_the_other_way():
    assert terms(found("客户：这事儿跟我们没关系，你找厂家去")) <= {"complaint"}
    assert "complaint" not in terms(found("坐席：你们这也太差劲了，修三次都修不好"))


def test_nothing_is_suspected_where_the_deployment_wants_none():
    said = "坐席：那是师傅自己弄坏的，您跟他本人掰扯去"
    assert terms(found(said)) == {"shirking"}
    assert not terms(found(said, policy=WITHOUT))
    assert WITHOUT.digest != POLICY.digest


def test_a_suspicion_costs_nothing():
    lines = (
        "坐席：您好，阳光家政，一零零一号，请问有什么可以帮您",
        "客户：我想退款",
        "坐席：这事儿跟我们没关系，你找厂家去",
    )
    with_it, without = (judge(hearing_of(lines, "C1"), policy)[1] for policy in (POLICY, WITHOUT))
    assert with_it.score == without.score


def flag(name, turn=0, role=Role.AGENT, at=0.0, quote="说吧啥事儿"):
    return Finding("C1", "flag", name, turn, role, Span(at, at + 1), quote, "", 0.8, "1")


def answer(rule, findings, lines=("坐席：喂",)):
    return rule.decide("要点", Case.of(hearing_of(lines), findings, shipped_titles()))


def test_a_phrase_that_is_suspected_waits_for_a_person():
    rule = Phrases(kind="heard", detector="required_phrase", terms=("offer_help",))
    assert answer(rule, ()).share == 0.0
    verdict = answer(rule, (flag("offer_help"),))
    assert verdict.unsure
    assert "疑似" in verdict.reasons[0]
    assert answer(rule, (flag("goodbye"),)).share == 0.0
    assert answer(rule, (affirmed(flag("offer_help")),)).share == 1.0


def test_an_apology_that_is_suspected_waits_for_a_person():
    rule = Duty(kind="duty", trigger="complaint", detector="apology", terms=("sincere",))
    complaint = Finding("C1", "complaint", "complaint", 0, Role.CUSTOMER, Span(0, 1), "我要投诉", "", 0.9, "1")
    assert answer(rule, (complaint,)).share == 0.0
    assert answer(rule, (complaint, flag("sincere_apology", 1, at=3.0))).unsure
    assert (
        answer(rule, (flag("sincere_apology", 0, at=0.0), replace(complaint, span=Span(5, 6), turn_index=1))).share
        == 0.0
    )
    assert answer(rule, (flag("complaint", role=Role.CUSTOMER),)).share is None


def test_the_file_is_what_the_seed_sentences_make():
    """Whoever edits a sentence or the code makes the file anew: ``make classifier``."""
    assert bundled_card()["version"] == bundled().version
    assert bundled_card()["material"] == material(), "run `make classifier`"


def test_the_card_says_how_it_does_on_kinds_of_fault_that_it_never_saw():
    card = bundled_card()
    kinds = {name for name in bundled().heads if name != FAULT and suspicions()[name].is_fault}
    assert set(card["unseen_category"]) == kinds
    for of in card["unseen_category"].values():
        known, left_out = of["known"], of["left_out"]
        assert left_out["recall"] < known["recall"], "whoever never saw a kind hears less of it"
        for figures in (known, left_out):
            low, high = figures["recall_interval"]
            assert low <= figures["recall"] <= high


def test_the_model_survives_its_file():
    model = bundled()
    again = read(packed(model))
    texts = ["这事儿跟我们没关系，你找厂家去", "好的"]
    assert abs(again.scores(texts) - model.scores(texts)).max() < 0.05
    assert again.heads == model.heads
    assert set(model.thresholds) <= {FAULT, *suspicions()}


def test_politeness_of_the_pronoun_says_nothing():
    model = bundled()
    assert (model.scores(["您听不懂话吗"]) == model.scores(["你听不懂话吗"])).all()


def test_a_sentence_without_known_pieces_is_a_row_of_zeros():
    model = bundled()
    assert vectors(["", "。。"], model.columns, model.idf).shape[0] == 2
    assert all(isinstance(piece, str) for channel in pieces("") for piece in channel)


def test_outcomes_are_not_moved_by_suspicions_of_faults():
    _, judged = judge(hearing_of("坐席：那是师傅自己弄坏的，您跟他本人掰扯去", "C1"), POLICY)
    assert all(a.outcome is not Outcome.NOT_MET or "疑似" not in "".join(a.reasons) for a in judged.answers)
