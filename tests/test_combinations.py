"""Keys of a standard together: each combination scores a month, or is refused in a sentence of ours."""

from __future__ import annotations

import json
from datetime import date, time
from functools import cache
from math import inf, isfinite

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigurationError, PolicyError
from pipeline.month.assessment.month_card import in_scope
from pipeline.scorecard import Scorecard, load_scorecard
from pipeline.scorecard.lint import errors, lint, refuse
from pipeline.tally import Tally
from tests.test_criteria import (
    COMPLAINT,
    PHRASES,
    SORRY,
    call,
    feeds,
    hours,
    items,
    judged,
    month_of,
    sure,
    tickets,
)
from tests.test_months import period

INSULT = "辱骂"


def card_of(*criteria: dict, **given) -> Scorecard:
    """A scorecard of two levels with these criteria."""
    whole = {
        "name": "made",
        "title": "拼出来的标准",
        "revision": 1,
        "effective_from": date(2025, 1, 1),
        "source": "",
        "lexicons": ("required", "banned"),
        "levels": {"符合": 1.0, "不符合": 0.0},
        "cutoffs": {"符合": 1.0},
        "grades": ({"name": "合格", "least": 60}, {"name": "不合格", "least": 0, "failing": True}),
    }
    return Scorecard.model_validate({**whole, "criteria": criteria, **given})


GREETING = {
    "id": "问候",
    "title": "问候",
    "standard": "说“您好”。",
    "source_class": "A",
    "points": 100,
    "parts": [{"title": "问候", "rule": {"kind": "heard", "detector": "required_phrase", "terms": ["greeting"]}}],
}
NO_INSULT = {
    "id": "红线",
    "title": "不辱骂",
    "standard": "辱骂客户的，当通为零分。",
    "source_class": "A",
    "points": None,
    "auto_fail": True,
    "parts": [{"title": "不辱骂", "rule": {"kind": "absent", "detector": "banned_wording", "terms": [INSULT]}}],
}
NO_FRAUD = {
    "id": "诚信",
    "title": "不刷好评",
    "standard": "刷好评的，当月为零分。",
    "source_class": "M",
    "points": None,
    "auto_fail": True,
}


def insulted(card: Scorecard, number: int, day: int = 3):
    """A call that was opened as it should be, and in which the agent insulted the customer."""
    return call(card, number, PHRASES[0], sure("banned_wording", INSULT, 20.0), day=day)


# a 一票否决 without points


@pytest.mark.parametrize(
    "when",
    [
        {"points": {"问候": 100}},
        {"points": {"问候": 40}, "first": date(2025, 3, 10)},
        {"hours": (time(12), time(13)), "exempt": ("问候",)},
        {"queues": ("别的",), "exempt": ("问候",)},
    ],
)
def test_a_veto_without_points_takes_its_call_in_any_period(when):
    """Of two calls on 3 March, 9 o'clock, both greeted; in one the agent insulted: 50 of 100."""
    card = card_of(GREETING, NO_INSULT, periods=(period(**when),))
    assert errors(lint(card)) == ()
    clean = call(card, 1, PHRASES[0])
    assert month_of(card, [clean]).score == 100
    row = month_of(card, [clean, insulted(card, 2)])
    assert row.score == 50
    assert items(row)["红线"].tally == Tally()
    assert sum(row.origins.values()) == pytest.approx(sum(each.points for each in row.criteria))


@pytest.mark.parametrize("periods", [(), (period(points={"问候": 50}),)])
def test_a_veto_of_the_month_without_points_leaves_nothing(tmp_path, periods):
    card = card_of(GREETING, NO_FRAUD, periods=periods)
    assert errors(lint(card)) == ()
    taken = [call(card, number, PHRASES[0]) for number in range(5)]

    def result(name: str, **given):
        tables = {"judged": judged(given)} if given else {}
        (tmp_path / name).mkdir()
        row = month_of(card, taken, feeds(tmp_path / name, **tables))
        return row.score, *row.heard, row.grade, row.vetoed

    assert result("nobody looked") == (100, 100, 100, "合格", "")
    assert result("honest", 诚信="符合") == (100, 100, 100, "合格", "")
    assert result("spared", 诚信="n_a") == (100, 100, 100, "合格", "")
    assert result("caught", 诚信="不符合") == (0, 0, 0, "不合格", "不刷好评")


def test_a_veto_alone_leaves_nothing_of_a_month_of_which_nothing_else_was_scored(tmp_path):
    card = card_of({**GREETING, "parts": [], "source_class": "M"}, NO_FRAUD, least_scored=0.0)
    caught = month_of(card, (), feeds(tmp_path, judged=judged({"诚信": "不符合"})))
    assert (caught.score, caught.grade) == (0, "不合格")


def test_a_veto_by_parts_without_points_fails_the_month_when_no_part_is_met(tmp_path):
    parts = [{"title": "不刷好评"}, {"title": "不泄密"}]
    card = card_of(GREETING, {**NO_FRAUD, "parts": parts, "graded": "parts"})
    taken = [call(card, 1, PHRASES[0])]
    for name, one, other, score in (("both", "不符合", "不符合", 0), ("one", "符合", "不符合", 100)):
        (tmp_path / name).mkdir()
        given = judged({"诚信-1": one, "诚信-2": other})
        assert month_of(card, taken, feeds(tmp_path / name, judged=given)).score == score


def test_a_period_gives_no_points_to_a_veto_that_has_none_and_spares_none_that_takes_calls():
    pointed = card_of(GREETING, NO_INSULT, periods=(period(points={"红线": 10}),))
    assert [notice.code for notice in errors(lint(pointed))] == ["period"]
    sparing = card_of(GREETING, NO_INSULT, periods=(period(exempt=("红线",)),))
    (refused,) = errors(lint(sparing))
    assert "豁免一票否决项“不辱骂”" in refused.sentence
    with pytest.raises(ConfigurationError, match="红线 不辱骂 是一票否决项，不能单独豁免"):
        month_of(sparing, [insulted(sparing, 1)])
    monthly = card_of(GREETING, NO_FRAUD, periods=(period(exempt=("诚信",)),))
    assert errors(lint(monthly)) == ()


def test_an_exemption_of_a_feed_spares_no_veto_either(tmp_path):
    card = card_of(GREETING, NO_INSULT)
    spared = {"agent_id": "1001", "start": "2025-03-03", "end": "2025-03-04", "items": "红线", "reason": "培训"}
    given = feeds(tmp_path, exemptions=[{**spared, "by": "吴刚"}])
    with pytest.raises(ConfigurationError, match="豁免：培训"):
        month_of(card, [insulted(card, 1)], given)


# every combination of the keys


def some(**keys):
    """A mapping with some of these keys."""
    return st.fixed_dictionaries({}, optional=keys)


def both(*mappings):
    return st.tuples(*mappings).map(lambda each: {key: value for part in each for key, value in part.items()})


RULES = st.sampled_from(
    [
        {"kind": "heard", "detector": "required_phrase", "terms": ["greeting", "offer_help"]},
        {"kind": "heard", "detector": "required_phrase", "terms": ["greeting"], "inbound_only": ["greeting"]},
        {"kind": "absent", "detector": "banned_wording"},
        {"kind": "absent", "detector": "banned_wording", "terms": ["辱骂"], "at_most": 1},
        {"kind": "duty", "trigger": "complaint", "detector": "apology", "terms": ["sincere"], "within_turns": 6},
        {"kind": "rings", "at_most": 3},
        {"kind": "hangup"},
    ]
)
INDICATOR = st.sampled_from(
    [
        *("tickets.first_contact", "tickets.closed", "tickets.record_errors", "tickets.replied_in_days"),
        *("hours.staffed", "satisfaction.score", "calls.speed_of_answer", "calls.peak_speed_of_answer"),
    ]
)
FIGURE = st.sampled_from([None, 0, 0.5, 1, 3])
LINE = st.sampled_from([{"at_most": 10}, {"at_least": 0.8}, {"at_least": 0}, {"at_most": 0}, {"at_least": None}])
UNIT = st.sampled_from([{}, {}, {"unit": "秒"}, {"unit": "%"}])
SAMPLE = st.builds(
    lambda size, mode: {"size": size, "mode": mode},
    st.integers(1, 4),
    st.sampled_from(["draw", "expected", "rate"]),
)
FORMULAS = st.one_of(
    both(
        st.just({"kind": "steps", "every": 2, "deduct": 5}),
        LINE,
        UNIT,
        some(zero_beyond=st.sampled_from([0, 20]), cliff=st.booleans(), block=st.sampled_from(["ceil", "floor"])),
    ),
    both(st.just({"kind": "target"}), LINE, UNIT, some(missed=st.sampled_from(["zero", "proportional", None]))),
    both(st.just({"kind": "errors", "deduct": 5}), some(zero_at=st.sampled_from([0, 2]), sample=SAMPLE)),
    both(
        st.just({"kind": "errors", "deduct": {"用语": 1, "情绪": 5}}),
        some(counted=st.sampled_from([["用语"], ["用语", "情绪"]]), sample=SAMPLE),
    ),
    st.just({"kind": "count", "each": 2}),
)
PART = both(
    st.just({"title": "子项"}),
    some(points=st.sampled_from([5, 10]), limit=FIGURE, at_least=FIGURE),
    st.one_of(
        st.just({}),
        st.builds(lambda rule, more: {"rule": rule, **more}, RULES, st.just({})),
        st.builds(lambda rule, who: {"rule": rule, "needs_person": who}, RULES, st.sampled_from(["all", "hits"])),
        st.builds(lambda name: {"indicator": name}, INDICATOR),
    ),
)
CRITERION = both(
    st.just({"standard": "要求一条。"}),
    st.builds(lambda points: {"points": points}, st.sampled_from([None, 10, 20, 20])),
    some(
        source_class=st.sampled_from(["A", "E", "M", "A*+M"]),
        graded=st.sampled_from(["whole", "parts"]),
        settle=st.sampled_from(["cap", "scale", None]),
        auto_fail=st.booleans(),
        bonus=st.sampled_from([False, False, True]),
        limit=FIGURE,
    ),
    st.one_of(
        st.just({}),
        st.builds(lambda name: {"indicator": name}, INDICATOR),
        st.builds(lambda parts: {"parts": parts}, st.lists(PART, min_size=1, max_size=3)),
        st.builds(lambda parts: {"parts": parts}, st.lists(PART, min_size=1, max_size=3)),
    ),
    st.one_of(st.just({}), st.just({}), st.builds(lambda formula: {"scoring": formula}, FORMULAS)),
)
IDS = ["A", "B", "C"]
PERIOD = both(
    st.just({"title": "大促", "first": "2025-03-01"}),
    st.sampled_from([{"last": "2025-03-31"}, {"last": "2025-03-10"}]),
    some(
        hours=st.just(["09:00", "10:00"]),
        queues=st.just(["热线"]),
        exempt=st.lists(st.sampled_from(IDS), max_size=2, unique=True),
        points=st.dictionaries(st.sampled_from(IDS), st.sampled_from([0, 5, 20]), max_size=2),
    ),
)
GRADES = st.sampled_from(
    [
        [],
        [{"name": "好", "least": 80}, {"name": "差", "least": 0, "failing": True}],
        [{"name": "好", "least": 90}, {"name": "中", "least": None}, {"name": "差", "least": 0}],
    ]
)
LEVELS = st.sampled_from(
    [
        {"levels": {"符合": 1.0, "不符合": 0.0}, "cutoffs": {"符合": 1.0}},
        {"levels": {"符合": 0.9, "一般": 0.5, "不符合": 0.1}, "cutoffs": {"符合": 1.0, "一般": 0.5}},
        {"levels": {"符合": 1.0, "一般": 0.6, "不符合": 0.0}, "cutoffs": {"符合": 0.8, "一般": 0.0}},
    ]
)
STANDARD = both(
    st.just({"name": "made", "title": "拼出来的标准", "revision": 1, "effective_from": "2025-01-01", "source": ""}),
    st.just({"lexicons": ["required", "banned", "apology", "complaint"]}),
    LEVELS,
    some(
        weights=st.sampled_from(["printed", "equal", None]),
        missed=st.sampled_from(["zero", "proportional", None]),
        assessed=st.sampled_from(["all", ["A"], ["A", "B"], None]),
        total=st.sampled_from([None, 20, 40]),
        least_scored=st.sampled_from([0.0, 0.6, 1.0]),
        grades=GRADES,
        periods=st.lists(PERIOD, max_size=2),
        applies_to=st.sampled_from([{}, {"queues": ["热线"]}, {"teams": ["甲组"]}]),
        consequences=st.sampled_from(
            [[], [{"id": "奖", "title": "奖", "when": {"grade": "好"}, "coefficient": 1.1}]]
        ),
        qualitative=st.sampled_from(
            [
                {"id": "定性", "title": "定性", "formulas": 70, "points": 30, "sample": 10, "on": on, "bands": []}
                for on in (True, False)
            ]
        ),
    ),
    st.lists(CRITERION, min_size=1, max_size=3).map(
        lambda each: {"criteria": [{"id": IDS[n], "title": f"项目{IDS[n]}", **one} for n, one in enumerate(each)]}
    ),
)
SHARES = ("tickets.first_contact", "tickets.closed", "hours.staffed")


def tidied(written: dict) -> dict:
    """The standard without what is refused at once, so that most come to a month; the rest stays as drawn."""
    ids = {each["id"] for each in written["criteria"]}
    for each in written["criteria"]:
        parts, formula = each.get("parts", []), each.get("scoring")
        if formula is not None or not parts:
            each.pop("graded", None)
        if formula is not None and (formula["kind"] == "count" or each.get("bonus")):
            each |= {"bonus": True, "auto_fail": False, "points": each["points"] or 10}
        if formula is not None and isinstance(formula.get("deduct"), dict):
            formula.setdefault("counted", ["用语"])
        if "indicator" not in each:
            each.pop("limit", None)
        for asked in (each, *parts):
            if formula is None and "indicator" in asked and asked["indicator"] not in SHARES:
                asked["indicator"] = SHARES[len(asked["indicator"]) % 3]
            if asked.get("indicator", "") in SHARES[:2]:
                asked.pop("limit", None)
            if "indicator" not in asked:
                asked.pop("limit", None)
                asked.pop("at_least", None)
            if asked.get("at_least") is not None:
                asked["at_least"] = min(1, asked["at_least"])
        if formula is not None:
            each["parts"] = [{"title": "子项", "rule": part["rule"]} for part in parts if "rule" in part]
            formula.pop("unit", None)
            if formula.get("zero_beyond") is not None:
                formula["zero_beyond"] = 20 if "at_most" in formula else 0
        if any("points" in part for part in each.get("parts", [])):
            for part in each["parts"]:
                part.setdefault("points", 5)
            each |= {"settle": each.get("settle") or "cap", "points": each["points"] or 10}
        if each.get("bonus"):
            each |= {"auto_fail": False, "points": each["points"] or 10}
        if each["points"] is None and not (each.get("auto_fail") and formula is None):
            each["points"] = 20
    for each in written.get("periods", []):
        each["points"] = {id: points for id, points in each.get("points", {}).items() if id in ids}
        each["exempt"] = [id for id in each.get("exempt", []) if id in ids]
        if each["points"]:
            each |= {"hours": None, "queues": []}
    if len(written.get("periods", [])) == 2:
        written["periods"][1]["points"] = {}
    written |= {"assessed": written.get("assessed") if written.get("assessed") == ["A"] else "all", "total": None}
    written |= {"missed": written.get("missed") or "zero", "weights": written.get("weights") or "printed"}
    if not written.get("grades"):
        written["consequences"] = []
    return written


SAYINGS = st.lists(
    st.sampled_from([PHRASES[0], PHRASES[3], sure("banned_wording", INSULT, 20.0), COMPLAINT, SORRY]), max_size=4
)
GIVEN = st.dictionaries(
    st.sampled_from([*IDS, "A-1", "A-2", "B-1", "C-1", "定性"]),
    st.sampled_from(["符合", "不符合", "n_a", "0.5", "2", "25"]),
    max_size=4,
)


@cache
def whole_feeds() -> dict[str, list[dict]]:
    """Feeds that say something of everything, with blanks."""
    rated = {"agent_id": "1001", "rated_at": "2025-03-03 10:00"}
    solved = [{**row, "replied_at": ""} for row in tickets(6, 4, (0, 3, 1))]
    solved[0]["first_contact"] = ""
    return {
        "tickets": solved,
        "hours": hours(40, 30, 2),
        "satisfaction": [{"survey_id": f"S{n}", **rated, "score": score} for n, score in enumerate((4, 5, ""))],
    }


@settings(deadline=None, max_examples=120, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(STANDARD, *[STANDARD.map(tidied)] * 6),
    st.lists(SAYINGS, max_size=3) | st.lists(SAYINGS, min_size=2, max_size=4),
    st.sampled_from([True, True, False]),
    st.just({}) | GIVEN,
)
def test_any_combination_of_keys_scores_or_is_refused(tmp_path_factory, written, said, fed, given_):
    folder = tmp_path_factory.mktemp("made")
    path = folder / "made.yaml"
    path.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    try:
        card = load_scorecard(path)
    except PolicyError:
        return
    notices = lint(card)
    if wrong := errors(notices):
        assert all(each.sentence and each.line for each in wrong)
        with pytest.raises(PolicyError, match=r"made\.yaml"):
            refuse(card, notices)
        return
    (folder / "feeds").mkdir()
    tables = (whole_feeds() if fed else {}) | ({"judged": judged(given_)} if given_ else {})
    told = feeds(folder / "feeds", **tables)
    taken = [call(card, number, *sorted(each, key=lambda f: f.span)) for number, each in enumerate(said)]
    taken = [each for each in taken if in_scope(card, each.call, told)]
    try:
        row = month_of(card, taken, told)
    except ConfigurationError:
        if not given_:  # nothing but what a person gave may be wrong with a month
            raise
        return
    for each in row.criteria:
        assert all(map(isfinite, (each.points, each.tally.awarded, each.tally.possible, each.low, each.high)))
        assert each.low - 1e-9 <= each.tally.awarded <= each.high + 1e-9
        bonus = card.criterion(each.criterion_id).bonus
        assert 0 <= each.tally.awarded <= (inf if bonus else each.tally.possible + 1e-9)
        assert sum(points for _, points in each.origins) == pytest.approx(0 if bonus else each.points)
        assert all(points >= 0 for _, points in each.origins)
    if row.score is None:
        assert (row.low, row.high, row.grade) == (None, None, None)
    else:
        assert 0 <= row.low <= row.unrounded <= row.high
        assert row.unrounded <= 100 + 1e-9 or any(c.bonus for c in card.chosen)
        assert bool(row.grade) != bool(row.undecided) or not card.grades
