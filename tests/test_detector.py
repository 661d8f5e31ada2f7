"""A detector is one declaration; one of another package is found, listened with, shown and known to lint."""

from contextlib import ExitStack

import pytest

from pipeline.errors import ConfigurationError
from pipeline.findings.detection import detect
from pipeline.findings.detectors import SHIPPED, Detector, Measurement, detectors, distinct
from pipeline.findings.titles import titles_of
from pipeline.scorecard import find_scorecard
from pipeline.scorecard.lint import lint
from pipeline.scorecard.rules import RULES
from tests.builders import hearing
from tests.strangers import stranger
from tests.test_own_titles import CARD

MONOLOGUE = """
from pipeline.findings.detectors import Detector, Measurement


def turns(hearing, phrases):
    for turn in hearing.turns:
        if len(turn.text) > 20:
            yield Measurement("long", turn.span, turn.span.duration, turn.role, turn, turn.text)


DETECTOR = Detector("monologue", "独白", "秒", {"long": "一口气说得太长"}, turns)
OTHER = Detector("silence", "我的静音", "秒", {"long": "很久"}, turns)
NONE = turns
"""
LONG = "客户：我家水管漏水了厨房客厅都是水师傅说今天来到现在还没有人来"


@pytest.fixture
def installed(tmp_path):
    """A package `ours` with a detector; what its entry points say."""

    with ExitStack() as stack:

        def install(entry):
            files = {"ours_monologue.py": MONOLOGUE}
            stack.enter_context(stranger(tmp_path, files, f"[callqa.detectors]\n{entry}\n"))
            detectors.cache_clear()

        yield install
    detectors.cache_clear()


def test_a_detector_of_another_package_listens_after_the_shipped_ones(installed):
    installed("monologue = ours_monologue:DETECTOR")
    assert [each.name for each in detectors()] == [*(each.name for each in SHIPPED), "monologue"]
    found = [f for f in detect(hearing("坐席：您好", LONG), ()) if f.detector == "monologue"]
    assert [(f.term, f.value, f.role.value, f.turn_index, f.detector_version) for f in found] == [
        ("long", 7.0, "customer", 1, "1")
    ]


def test_its_titles_derive_from_its_declaration(installed):
    installed("monologue = ours_monologue:DETECTOR")
    titles = titles_of(())
    assert titles.detector("monologue") == "独白"
    assert titles.term("monologue", "long") == "一口气说得太长"
    assert titles.value("monologue", 7.0) == "7 秒"
    assert {each.name: dict(each.terms) for each in titles.table}["monologue"] == {"long": "一口气说得太长"}


def test_a_scorecard_may_ask_for_it(installed, tmp_path):
    (tmp_path / "card.yaml").write_text(
        CARD.replace("lexicons: [green]\n", "").replace(
            "{kind: heard, detector: green, terms: [first, name]}", "{kind: absent, detector: monologue}"
        ),
        encoding="utf-8",
    )

    def told():
        return [n.code for n in lint(find_scorecard(str(tmp_path / "card.yaml"))) if n.code == "phrases"]

    assert told() == ["phrases"]
    installed("monologue = ours_monologue:DETECTOR")
    assert told() == []
    assert RULES.read({"kind": "absent", "detector": "monologue"})


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("x = ours_monologue:OTHER", "two detectors are called silence: “静音” and “我的静音”"),
        ("x = ours_monologue:NONE", "is a function, not a Detector"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(installed, entry, told):
    installed(entry)
    with pytest.raises(ConfigurationError, match=told):
        detectors()


def test_a_term_that_is_not_declared_is_refused():
    def odd(hearing, phrases):
        yield Measurement("other", hearing.turns[0].span, 1.0)

    detector = Detector("odd", "怪", "", {"one": "一"}, odd)
    with pytest.raises(ConfigurationError, match="detector odd finds 'other', which it does not declare"):
        list(detector.findings(hearing("坐席：您好")))
    assert distinct([detector]) == (detector,)
