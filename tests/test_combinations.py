"""Keys of a standard together: each combination scores a month, or is refused in a sentence of ours."""

from __future__ import annotations

from datetime import date, time

import pytest

from pipeline.errors import ConfigurationError
from pipeline.scorecard import Scorecard
from pipeline.scorecard.lint import errors, lint
from pipeline.tally import Tally
from tests.test_criteria import PHRASES, call, feeds, items, judged, month_of, sure
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
