"""Thresholds as policy: each at its border, a deployment's own, and calls judged again by them."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from flows.policy.library import forget_library, library_of
from flows.policy.policy import covers, policy_of
from flows.policy.trial import trial_of
from flows.settings import Settings
from pipeline.errors import PolicyError
from pipeline.findings.detection import facts, measurements
from pipeline.findings.detectors.hold import HOLD
from pipeline.findings.detectors.interruption import INTERRUPTION
from pipeline.findings.detectors.loudness import LOUDNESS
from pipeline.findings.detectors.repetition import REPETITION
from pipeline.findings.detectors.silence import SILENCE
from pipeline.findings.detectors.speech_rate import SPEECH_RATE
from pipeline.findings.thresholds import Thresholds, shipped_thresholds
from pipeline.hearing.dialogue import hearing_of
from tests.builders import talk
from tests.test_loudness import levels
from tests.test_silence import after


def terms(detector, call, **own):
    return [f.term for f in detector.by(Thresholds.model_validate(own)).findings(call, ())]


def test_the_shipped_file_says_what_the_code_says():
    assert shipped_thresholds() == Thresholds()
    assert not Thresholds().version


@pytest.mark.parametrize(
    ("detector", "call", "own", "found"),
    [
        # 16 characters at 0.25 s each: 240 a minute
        (SPEECH_RATE, talk(("坐席", 0.0, "说" * 16)), {"speech_rate": {"fast": 240}}, ["call"]),
        (SPEECH_RATE, talk(("坐席", 0.0, "说" * 16)), {"speech_rate": {"fast": 239}}, ["call", "fast"]),
        (SPEECH_RATE, talk(("坐席", 0.0, "说" * 16)), {"speech_rate": {"slow": 240, "fast": 300}}, ["call"]),
        (
            SPEECH_RATE,
            talk(("坐席", 0.0, "说" * 16)),
            {"speech_rate": {"slow": 241, "fast": 300}},
            ["call", "slow"],
        ),
        (SPEECH_RATE, talk(("坐席", 0.0, "说" * 16)), {"speech_rate": {"min_characters": 17}}, []),
        # the customer's usual turn at -41.9 or -42.1 dB, the agent's at -30 dB
        (LOUDNESS, levels(-41.9, -41.9, -41.9, -41.9), {}, []),
        (LOUDNESS, levels(-42.1, -42.1, -42.1, -42.1), {}, ["quiet"]),
        (LOUDNESS, levels(-42.1, -42.1, -42.1), {}, []),
        (LOUDNESS, levels(-20, -20, -20, -20, -17), {"loudness": {"raised_db": 3}}, ["raised"]),
        (LOUDNESS, levels(-20, -20, -20, -20, -17.1), {"loudness": {"raised_db": 3}}, []),
        (SILENCE, after("我看看", 4.75)[1], {"silence": {"dead_air_s": 5}}, []),
        (SILENCE, after("我看看", 5.0)[1], {"silence": {"dead_air_s": 5}}, ["after_agent"]),
        (HOLD, after("我看看", 5.0)[1], {}, []),
    ],
)
def test_each_at_its_border(detector, call, own, found):
    assert terms(detector, call, **own) == found


def test_repetition_and_interruption_by_own_limits():
    again = hearing_of(["客户：我家厨房漏水了", "坐席：什么", "客户：我家厨房漏水了"])
    assert terms(REPETITION, again) == ["again"]
    assert terms(REPETITION, again, repetition={"min_characters": 8}) == []
    # the agent begins 1 s before the customer ends
    over = talk(("客户", 0.0, "我家的水管漏水了"), ("坐席", 1.0, "您先听我说完好不好"))
    assert terms(INTERRUPTION, over) == ["cut_in"]
    assert terms(INTERRUPTION, over, interruption={"min_overlap_s": 1.01}) == []
    assert terms(INTERRUPTION, over, interruption={"floor_s": 1.01}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"speech_rate": {"fast": 100}},
        {"speech_rate": {"fats": 300}},
        {"silence": {"dead_air_s": 0}},
        {"silence": {"musical": 1.5}},
        {"loudness": {"quiet_db": 3}},
        {"rings": {"at_most": 3}},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Thresholds.model_validate(wrong)


OWN = "name: thresholds\nrevision: 1\nthresholds:\n  silence: {dead_air_s: 5}\n"


@pytest.fixture
def own(tmp_path):
    """A deployment whose dead air begins at 5 s."""
    (tmp_path / "thresholds.yaml").write_text(OWN, encoding="utf-8")
    forget_library()
    yield Settings(rules=tmp_path)
    forget_library()


def test_a_deployments_own_are_in_force_and_judge_again(own):
    thresholds = library_of(own).thresholds
    assert thresholds.silence.dead_air_s == 5
    assert thresholds.speech_rate == Thresholds().speech_rate
    call = after("我看看", 4.0)[1]
    assert [f.term for f in facts(call, ()) if f.detector == "silence"] == ["after_agent"]
    assert not [f for f in facts(call, (), thresholds) if f.detector == "silence"]
    shipped, theirs = policy_of("kf01", Settings()).digest, policy_of("kf01", own).digest
    assert shipped != theirs
    assert not covers(shipped, theirs)
    versions = {f.detector_version for f in measurements(after("我看看", 6.0)[1], (), thresholds)}
    assert f"measures-3+{thresholds.version}" in versions


def test_they_are_tried_before_they_count(own):
    written = "坐席：" + "说" * 16
    trial = trial_of(str(own.rules / "thresholds.yaml"), written, (), own)
    assert [f.term for found in trial.found.values() for f in found] == ["call"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (OWN.replace("dead_air_s", "dead_air"), r"thresholds.yaml:4: .*did you mean dead_air_s"),
        (OWN.replace("5}", "-5}"), r"thresholds.yaml:4: .*greater than 0"),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_line(own, text, told):
    (own.rules / "thresholds.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PolicyError, match=told):
        library_of(own)


def test_two_files_of_thresholds_are_refused(own):
    (own.rules / "more.yaml").write_text(OWN, encoding="utf-8")
    with pytest.raises(PolicyError, match=r"holds thresholds twice: more\.yaml, thresholds\.yaml"):
        library_of(own)


def test_a_call_without_sounds_is_neither_quiet_nor_silent():
    call = replace(levels(-60, -60, -60, -60), acoustics=None)
    assert terms(LOUDNESS, call) == terms(SILENCE, call) == []
