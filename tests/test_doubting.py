"""The second opinion on what phrase lists find: what counts, what waits for a person, what is dropped."""

from dataclasses import replace

import pytest

from flows.night.judgement import judge
from flows.policy.policy import policy_of
from flows.settings import load_settings
from models.classifiers.doubting import LEAST_LIKELY, LEAST_SURE, flag_doubted
from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.findings.finding import FLAG
from pipeline.findings.suspicion import FAULTS, affirmed, is_doubted
from pipeline.hearing.dialogue import hearing_of
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons
from pipeline.review.suspected import LISTED, suspected
from pipeline.validation.learning.gate import phrase_hits
from tests.test_labels import a_label

LISTS = tuple(each for each in bundled_lexicons() if each.detector == FAULTS)
MEANT = "给个好评吧亲"
UNCLEAR = "看精神科不等于是神经病，好多人就是睡不好"
NOT_MEANT = "卖家叫您改差评的记录留好，平台要罚他，您不用改"


def listed(said, lists=LISTS):
    heard = hearing_of([f"坐席：{said}"])
    return heard, [finding for each in lists for finding in phrase_findings(heard, each)]


def test_what_is_meant_counts_as_it_was_found():
    heard, found = listed(MEANT)
    assert found
    assert flag_doubted(heard, found, LISTS) == tuple(found)


def test_what_may_not_be_meant_waits_for_a_person_and_a_yes_brings_it_back():
    heard, found = listed(UNCLEAR)
    (flag,) = flag_doubted(heard, found, LISTS)
    assert (flag.detector, flag.term, is_doubted(flag)) == (FLAG, "banned_wording/辱骂", True)
    assert LEAST_LIKELY <= flag.confidence < LEAST_SURE
    assert (affirmed(flag).detector, affirmed(flag).term) == (FAULTS, "辱骂")
    (shown,) = suspected([flag])
    assert (shown.is_listed, shown.means) == (True, LISTED)


def test_what_is_said_after_a_long_silence_is_not_doubted_for_what_was_said_before_it():
    before, rude = "我先帮您转给售后的同事，您稍等两分钟，他会给您登记", "你自己看着办"
    for silence, counted in (("（3秒）", [rude]), ("", [])):
        heard = hearing_of([each for each in (f"坐席：{before}", silence, f"坐席：{rude}") if each])
        assert len(heard.turns) == 1
        found = [finding for each in LISTS for finding in phrase_findings(heard, each)]
        assert [f.quote for f in flag_doubted(heard, found, LISTS) if f.detector == FAULTS] == counted


def test_what_is_hardly_meant_is_dropped():
    heard, found = listed(NOT_MEANT)
    assert found
    assert flag_doubted(heard, found, LISTS) == ()


def test_the_lists_of_a_deployment_are_not_doubted():
    written = {"name": "own", "revision": 1, "detector": FAULTS, "title": "本公司忌语"}
    phrase = {"term": "内部代号", "role": "agent", "variants": ["凤凰计划"]}
    own = Lexicon(LexiconFile.model_validate(written | {"phrases": [phrase]}), "f00d", {})
    heard, found = listed("您的账号在凤凰计划里，明天上午给您回电", [own])
    assert flag_doubted(heard, found, [own]) == tuple(found)
    asked = replace(own, file=own.file.model_copy(update={"second_opinion": True}))
    assert flag_doubted(heard, found, [asked]) != tuple(found)


@pytest.mark.parametrize("suspects", [True, False])
def test_without_suspicions_there_is_no_second_opinion(suspects):
    policy = policy_of("kf01", load_settings())
    policy = policy if suspects else replace(policy, suspects="")
    found, _ = judge(hearing_of([f"坐席：{NOT_MEANT}"]), policy)
    assert any(each.detector == FAULTS for each in found) is not suspects


def test_a_term_is_not_measured_by_what_is_doubted():
    heard, found = listed(UNCLEAR)
    flagged = flag_doubted(heard, found, LISTS)
    label = replace(
        a_label(), criterion="banned_wording/辱骂", call_id=heard.call.id, span=heard.turns[0].span, holds=False
    )
    assert phrase_hits([label], {heard.call.id: found}, FAULTS, "辱骂").false_alarms == 1
    assert phrase_hits([label], {heard.call.id: flagged}, FAULTS, "辱骂").false_alarms == 0
