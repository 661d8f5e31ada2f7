"""Exact match and rapidfuzz on constructed calls, and ours beside them."""

from dataclasses import replace

import pytest

from pipeline.findings.detection import detect
from pipeline.validation.accuracy.baselines import ExactMatch, FuzzyMatch
from pipeline.validation.accuracy.comparison import COMPARED, at_precision, compare, everything, stale_calls
from tests.builders import dialogue, lexicon
from tests.truths import a_finding, a_line, a_trial, a_truth


def hits(kind, text, *variants, own=None, slots=None, **options):
    """What a baseline finds in a text, as it was heard."""
    listed = lexicon({"variants": list(variants)}, slots=slots)
    baseline = kind(listed.file, listed.digest, listed.slots, **options)
    return [text[hit.start : hit.end] for hit in baseline.search(text, own)]


@pytest.mark.parametrize(
    ("text", "variant", "found"),
    [
        ("好,随便,你吧。", "随便你", ["随便,你"]),
        ("随变你吧", "随便你", []),
        ("工号1002,您好", "工号[是]{n}", ["工号1002"]),
        ("工号是一零零二", "工号[是]{n}", ["工号是一零零二"]),
        ("工号10", "工号{n}", []),
        ("我姓何", "我姓{x}", ["我姓何"]),
        ("不行,不行", "^不行", ["不行"]),
        ("这不行", "^不行", []),
        ("这不可能的", "不可能的$", ["不可能的"]),
        ("不可能的事", "不可能的$", []),
        ("您好阳光家政", "{company}", ["阳光家政"]),
        ("您好林晓雯", "我是{name}", []),
        ("我是林晓雯", "我是{name}", ["我是林晓雯"]),
        ("感谢您的来电再见谢谢来电", "(感谢|谢谢)[您的]来电", ["感谢您的来电", "谢谢来电"]),
    ],
)
def test_exact_match_finds_what_is_written(text, variant, found):
    slots = {"company": ["阳光家政", "阳光"]}
    assert hits(ExactMatch, text, variant, own={"name": ["林晓雯"], "staff": []}, slots=slots) == found


@pytest.mark.parametrize(
    ("text", "variant", "least", "found"),
    [
        ("好,睡变你吧。", "随便你", 0.8, ["睡变你"]),
        ("好,睡变你吧。", "随便你", 1.0, []),
        ("好,虽便,你吧。", "随便你", 1.0, ["虽便,你"]),
        ("好", "好的再见", 0.7, []),
        ("公号1002,您好", "工号{n}", 1.0, ["公号1002"]),
        ("工号,您好", "工号{n}", 0.9, []),
        ("我幸何", "我姓{x}", 1.0, ["我幸"]),
        ("这不行", "^不行", 0.9, []),
        ("不行啊", "^不行", 0.9, ["不行"]),
        ("不行啊", "不行$", 0.9, []),
        ("我是林小文", "我是{name}", 1.0, ["我是林小文"]),
    ],
)
def test_rapidfuzz_finds_what_sounds_alike_in_part(text, variant, least, found):
    own = {"name": ["林晓雯"], "staff": []}
    assert hits(FuzzyMatch, text, variant, own=own, threshold=least) == found


@pytest.mark.parametrize("kind", [ExactMatch, FuzzyMatch])
def test_guards_and_competition_are_those_of_the_lexicon(kind):
    listed = lexicon(
        {"term": "social", "variants": ["抱歉让您久等"]}, {"term": "sincere", "variants": ["抱歉"]},
        overlaps="first", unless_before=["不用"],
    )  # fmt: skip
    baseline = kind(listed.file, listed.digest, listed.slots)
    found = baseline.search_all(["抱歉让您久等", "很抱歉", "不用抱歉"])
    assert [[hit.phrase.term for hit in each] for each in found] == [["social"], ["sincere"], []]


LISTED = (
    lexicon(
        {"term": "greeting", "variants": ["您好"], "zone": "opening", "tolerance": 0.1},
        {"term": "goodbye", "variants": ["再见"], "zone": "closing", "tolerance": 0.1},
        name="required", detector="required_phrase",
    ),
    lexicon({"term": "不归我管", "variants": ["不归我管"]}, name="banned", detector="banned_wording"),
)  # fmt: skip
SAID = ["坐席：您好", "客户：你们这个不归我管吗", "坐席：这个不归我管", "客户：那好", "坐席：再见"]


def call(call_id="C1", heard=SAID, findings=None):
    """A call with greeting, goodbye and banned wording; found is what our matching finds, or what is given."""
    turns = dialogue(*heard)
    lines = [
        a_line({"坐席": "agent", "客户": "customer"}[line[:2]], turn.span.start, turn.span.end, line[3:])
        for line, turn in zip(SAID, turns, strict=True)
    ]
    truth = a_truth(call_id, lines, present={"greeting": [0], "goodbye": [4]}, banned=[(2, "不归我管")])
    trial = a_trial(truth, turns, findings or [])
    return trial if findings is not None else trial.with_findings(detect(trial.hearing, LISTED))


def test_only_the_matching_differs():
    """Heard right, all three find the same: the right role's words in the right zone."""
    baselines = compare([call()], LISTED)
    required, banned, apology, complaint = baselines.comparisons
    for each in (required, banned):
        assert [o.f1.value for o in (each.ours, each.exact, each.fuzzy, each.held)] == [1.0] * 4
    assert [o.f1.value for o in (apology.ours, complaint.exact)] == [None, None]
    assert baselines.misses.value is None, "exact match missed nothing"
    assert baselines.misses.holds is None


def test_what_exact_match_misses_ours_does_not():
    garbled = ["坐席：您号", "客户：你们这个不归我管吗", "坐席：这个不规我馆", "客户：那好", "坐席：再间"]
    baselines = compare([call(), call("C2", garbled)], LISTED)
    required, banned, *_ = baselines.comparisons
    assert [o.total.found for o in (required.ours, required.exact, required.fuzzy)] == [4, 2, 4]
    assert [o.total.found for o in (banned.ours, banned.exact, banned.fuzzy)] == [2, 1, 2]
    assert (baselines.misses.numerator, baselines.misses.denominator, baselines.misses.holds) == (0, 3, True)
    assert baselines.threshold == 1.0, "of those as good the highest"


def test_the_threshold_is_the_best_one_on_these_calls():
    garbled = ["坐席：您号", "客户：你们这个不归我管吗", "坐席：这个不规我干", "客户：那好", "坐席：再间"]
    trials = [call(), call("C2", garbled)]
    baselines = compare(trials, LISTED)

    def f1(least):
        fuzzy = [FuzzyMatch(x.file, x.digest, x.slots, threshold=least) for x in LISTED]
        return everything([t.with_findings(detect(t.hearing, fuzzy)) for t in trials]).f1.value

    best = {n / 100: f1(n / 100) for n in range(70, 101)}
    assert best[baselines.threshold] == max(best.values()) > best[1.0]
    assert baselines.everything.fuzzy.f1.value == best[baselines.threshold]


def test_misses_are_counted_where_ours_is_as_precise():
    """Ours finds greeting for sure and goodbye hardly; a false thanks lies in between, or above both."""

    def ours(confidence):
        found = [("greeting", 0.9), ("goodbye", 0.5), ("thanks", confidence)]
        findings = [a_finding("required_phrase", term, 0, 1, confidence=c) for term, c in found]
        return [call(findings=findings)]

    count = COMPARED["required_phrase"]
    precise = count([call()])
    assert precise.total.precision == 1.0
    assert [r.found for r in at_precision(ours(0.7), count, precise).by_call] == [1], (
        "goodbye goes with the false one"
    )
    assert [r.found for r in at_precision(ours(0.95), count, precise).by_call] == [0], "the surest is wrong"
    nothing = count([call(findings=[])])
    assert nothing.total.precision is None
    assert [r.found for r in at_precision(ours(0.95), count, nothing).by_call] == [2]
    half = count([call(findings=[a_finding("required_phrase", t, 0, 1) for t in ("greeting", "thanks")])])
    assert [r.found for r in at_precision(ours(0.95), count, half).by_call] == [2]


def test_calls_judged_by_another_revision_are_named():
    trial = call()
    assert stale_calls([trial], LISTED) == ()
    (required, banned) = LISTED
    assert stale_calls([trial], [replace(required, digest="0ld"), banned]) == ("C1",)
    assert stale_calls([trial.with_findings(())], [replace(required, digest="0ld"), banned]) == ()
