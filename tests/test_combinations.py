"""Keys of a standard together: each combination scores a month, or is refused in a sentence of ours."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from math import inf, isfinite
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.month.report import MonthFigures, plans_of
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings.detection import compose
from pipeline.indicators import Feeds
from pipeline.indicators.schemas import SCHEMAS
from pipeline.month.assessment import AgentMonth
from pipeline.month.assessment.month_card import NO_FEEDS, in_scope
from pipeline.month.assessment.periods import add_months
from pipeline.month.ledger import Entry, find_changes, machine_entries, propose
from pipeline.month.payroll import payroll
from pipeline.month.workbook import MonthReport, write_month
from pipeline.scorecard import Scorecard, load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.scorecard.lint import errors, lint, refuse
from pipeline.tally import Tally
from tests.builders import CALL, dialogue
from tests.made import IDS, VALUES, keys, models, standards
from tests.test_criteria import (
    COMPLAINT,
    HEARD,
    MONTH,
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
from tests.test_months import period, roster

NOW = datetime(2025, 4, 1, tzinfo=UTC)

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

SAYINGS = st.lists(
    st.sampled_from([PHRASES[0], PHRASES[3], sure("banned_wording", INSULT, 20.0), COMPLAINT, SORRY]), max_size=4
)
GIVEN = st.dictionaries(
    st.sampled_from([*IDS, "A-1", "A-2", "B-1", "C-1", "定性"]),
    st.sampled_from(["符合", "不符合", "n_a", "0.5", "2", "25"]),
    max_size=4,
)
SPOKEN = (
    dialogue("坐席：您好请讲", "客户：我要投诉你们的保洁八月三十号没有来", "坐席：实在抱歉保洁没有来我登记一下"),
    dialogue("坐席：您好", "客户：我的电话是一三八零零一三八零零零", "坐席：好的再见"),
)
"""What conditions are searched in."""


@cache
def whole_feeds() -> dict[str, list[dict]]:
    """All feeds but those that people fill in, each with a row, and blanks where a cell may be blank."""
    at, agent, optional = "2025-03-03 10:00", "1001", {"first_contact": "", "replied_at": ""}
    solved = [{**row, "replied_at": "", "kind": "投诉", "severity": "重大"} for row in tickets(6, 4, (0, 3, 1))]
    solved[0] |= optional
    return {
        "tickets": solved,
        "hours": hours(40, 30, 2),
        "satisfaction": [
            {"survey_id": f"S{n}", "agent_id": agent, "rated_at": at, "score": score, "empathy": ""}
            for n, score in enumerate((4, 5, ""))
        ],
        "orders": [{"order_id": "O1", "agent_id": agent, "created_at": at, "accurate": "是", "checked_at": ""}],
        "callbacks": [{"service_id": "B1", "agent_id": agent, "served_at": at, "called_back_at": ""}],
        "exams": [{"agent_id": agent, "exam": "话术", "taken_at": "2025-03-05", "score": 80}],
        "chat": [{"chat_id": "W1", "agent_id": agent, "asked_at": at, "first_reply_at": "2025-03-03 10:09"}],
        "holidays": [{"day": "2025-03-07", "works": ""}],
        "roster": roster((agent, "甲组", "2025-01-01", "")),
        "wages": [
            {"month": MONTH, "agent_id": agent, "wage": 6000, "bonus": 800, "team_bonus": "", "heads": "甲组"}
        ],
        "exemptions": [
            {
                "agent_id": agent,
                "start": "2025-03-04",
                "end": "2025-03-05",
                "items": "B",
                "reason": "培训",
                "by": "吴",
            }
        ],
    }


@pytest.fixture(scope="module")
def filed(tmp_path_factory) -> Feeds:
    return feeds(tmp_path_factory.mktemp("feeds"), **whole_feeds())


def test_every_feed_is_among_them():
    assert {*whole_feeds(), "judged"} == SCHEMAS.keys()


def test_every_key_of_a_standard_has_a_generator():
    """A key that somebody adds to a scorecard, a rule or a condition is tried in combinations too."""
    assert {model.__name__ for model in models()} == {model.__name__ for model in VALUES}
    assert {model.__name__: keys(model) for model in models()} == {
        model.__name__: set(values) for model, values in VALUES.items()
    }


def judged_calls(card: Scorecard, said: list) -> list:
    """Calls judged by the card, with what its own conditions find in what was spoken."""
    book, taken = conditions_of(card), []
    for number, findings in enumerate(said):
        made_of = [*findings, *(sure(*place) for place in _found(book, number))]
        taken.append(call(card, number, *sorted(made_of, key=lambda f: f.span)))
    return taken


def _found(book, number: int):
    heard = replace(HEARD, call=CALL, turns=SPOKEN[number % 2])
    found = compose(heard, (), [book]) if book else ()
    return [(each.detector, each.term, each.span.start, each.role) for each in found]


def whole_month(card: Scorecard, taken: list, told, folder: Path) -> AgentMonth | None:
    """The agent's month, and on the way what follows from it: teams, ledger, plan, pay, workbook."""
    figures = MonthFigures.of(card, MONTH, tuple(taken), told)
    row = figures.agents.get("1001")
    if row is None:
        return None
    closed = (*figures.rows, *figures.teams)
    ledger = [
        replace(entry, id=n) for n, entry in enumerate(machine_entries(find_changes(card, closed, ()), NOW), 1)
    ]
    signed = [Entry(100 + e.id, NOW, "signed", e.id, e.agent_id, e.month, e.standard, by="王") for e in ledger]
    proposals = propose(card, closed, ledger)
    payroll(card, MONTH, closed, (*ledger, *signed), told.wages(MONTH))
    add_months([row], "2025-Q1", card)
    plans = plans_of(card, figures)
    report = MonthReport(
        MONTH, card, figures.rows, figures.calls, figures.line, figures.teams, plans=plans, proposals=proposals
    )
    write_month(folder / "month.xlsx", report)
    return row


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    standards(),
    st.lists(SAYINGS, max_size=3) | st.lists(SAYINGS, min_size=2, max_size=4),
    st.sampled_from([True, True, False]),
    st.just({}) | GIVEN,
)
def test_any_combination_of_keys_scores_or_is_refused(tmp_path_factory, filed, written, said, fed, given_):
    folder = tmp_path_factory.mktemp("made")
    path = folder / "made.yaml"
    path.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    try:
        card = load_scorecard(path)
        taken = judged_calls(card, said)
    except PolicyError:  # which names the file, and the line where one is to blame
        return
    notices = lint(card)
    if wrong := errors(notices):
        assert all(each.sentence and each.line for each in wrong)
        with pytest.raises(PolicyError, match=r"made\.yaml"):
            refuse(card, notices)
        return
    told = filed if fed else NO_FEEDS
    if given_:
        people = feeds(tmp_path_factory.mktemp("people"), judged=judged(given_)).given(MONTH, "1001")
        told = told.with_given(MONTH, {"1001": people}, (), "")
    taken = [each for each in taken if in_scope(card, each.call, told)]
    try:
        row = whole_month(card, taken, told, folder)
        if row is None:
            return  # neither calls nor feeds tell of anybody
    except ConfigurationError:
        if not given_:  # nothing but what a person gave may be wrong with a month
            raise
        return
    check(card, row)


def check(card: Scorecard, row: AgentMonth) -> None:
    """What holds of every month, whatever its standard."""
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
