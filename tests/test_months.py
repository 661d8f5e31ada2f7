"""Whole months: who is asked what on which day, how it adds up, and what no order or exemption may change."""

from dataclasses import replace
from datetime import date, time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.call import Status
from pipeline.errors import ConfigurationError
from pipeline.evaluation import Answer, Outcome
from pipeline.indicators import Feeds
from pipeline.month.assessment import Origin, ScoredCall, assess, assess_teams, grade_month, whole_line
from pipeline.month.assessment.month_card import NO_FEEDS, in_scope
from pipeline.scorecard import Grade, Period, Scorecard
from pipeline.tally import Tally
from tests.builders import changed
from tests.test_criteria import (
    CLEAR,
    COMPLAINT,
    HARSH,
    INAUDIBLE,
    JIAZHENG,
    KF01,
    KF02,
    KF03,
    MONTH,
    OFFER,
    OUTBOUND,
    PHRASES,
    SHIMAO,
    SOOTHING,
    SORRY,
    TABLE1,
    TABLE2,
    call,
    calls,
    feeds,
    hours,
    items,
    judged,
    month_of,
    tickets,
    with_item,
)

LINES = tuple(
    Grade(name=name, least=least, failing=not least) for name, least in (("优秀", 90), ("合格", 60), ("差", 0))
)


def period(**given) -> Period:
    return Period(title="大促", **{"first": date(2025, 3, 1), "last": date(2025, 3, 31), **given})


def roster(*rows: tuple[str, str, str, str]) -> list[dict]:
    """Agent, team, and the first and last day."""
    return [
        {"agent_id": agent, "name": f"坐席{agent}", "team": team, "first_day": first, "last_day": last}
        for agent, team, first, last in rows
    ]


# grades


def test_a_month_of_which_too_little_was_scored_has_no_grade(tmp_path):
    full = {"T1-1": 20, "T1-2": 0, "T1-5": 0.5}
    missing = month_of(TABLE1, (), feeds(tmp_path, judged=judged(full)))
    assert (missing.score, missing.grade) == (100, None)
    assert missing.undecided == "只有 55% 的分值得到评分，不足 60%，不定级"
    assert missing.result == "100 分（100–100） 只有 55% 的分值得到评分，不足 60%，不定级"
    enough = changed(TABLE1, least_scored=0.55)
    assert month_of(enough, (), feeds(tmp_path, judged=judged(full))).grade == "优秀"
    tenths = changed(
        TABLE1, least_scored=0.7, criteria=TABLE1.criteria[:3], plan=()
    )  # 20 + 25 + 30, weighed in floats
    shares = month_of(tenths, (), feeds(tmp_path, judged=judged({"T1-1": 1, "T1-2": 0, "T1-3": "n_a"})))
    assert (shares.scored_share, shares.grade) == (1, "优秀")


def test_a_score_whose_interval_crosses_a_line_has_no_grade():
    card = changed(KF01, grades=LINES, least_scored=0.3)
    unsure = replace(HARSH, confidence=0.6)
    row = month_of(card, [call(card, n, *PHRASES, *[unsure] * (n < 5)) for n in range(12)])
    low, high = row.heard
    assert low < 90 < row.score < high  # what was heard may be wrong, which would be in the agent's favour
    assert row.undecided == f"得分区间 {low:.2f}–{high:.2f} 跨过 90 分线，须人工复核后定级"
    certain = month_of(card, [call(card, n, *PHRASES, *[HARSH] * (n < 5)) for n in range(12)])
    assert (certain.score, certain.grade, certain.undecided) == (pytest.approx(row.score), "优秀", "")
    assert certain.heard == (certain.unrounded, certain.unrounded)


def test_below_the_last_line_that_is_given_there_is_no_grade(tmp_path):
    values = {"T1-1": 61, "T1-2": 0, "T1-3": 1, "T1-4": 0, "T1-5": 1}
    row = month_of(TABLE1, (), feeds(tmp_path, judged=judged(values)))
    assert (row.score, row.grade, row.undecided) == (80, None, "低于已给出的分数线，其余等级的分数线尚未填写")


def test_a_line_belongs_to_the_better_grade(tmp_path):
    given = {f"H-{n}": "n_a" for n in range(1, 10)}
    rows = [
        month_of(JIAZHENG, (), feeds(tmp_path, judged=judged(given | {"H-6": 4 * share})))
        for share in (0.9, 0.8999, 0.8, 0.795)
    ]
    assert [(row.score, row.grade) for row in rows] == [
        (pytest.approx(100 * share, abs=0.005), grade)
        for share, grade in ((0.9, "优秀"), (0.8999, "合格"), (0.8, "合格"), (0.795, "不合格"))
    ]


def test_a_veto_of_the_month_leaves_nothing_and_fails(tmp_path):
    card = with_item(TABLE1, "T1-3", auto_fail=True)
    values = {"T1-1": 1, "T1-2": 0, "T1-4": 0, "T1-5": 1}
    row = month_of(card, (), feeds(tmp_path, judged=judged(values), tickets=tickets(10, 7)))
    assert (row.score, row.low, row.high, row.vetoed) == (0, 0, 0, "首次联系解决率")
    assert row.grade == "需改进"  # although the lines above it are not given
    kept = month_of(card, (), feeds(tmp_path, judged=judged(values), tickets=tickets(10, 8)))
    assert (kept.score, kept.vetoed) == (95, "")


def test_a_veto_in_doubt_waits_for_a_person():
    card = with_item(TABLE1, "T1-5", auto_fail=True)
    card = changed(card, grades=LINES, least_scored=0.4)
    unsure = replace(OFFER, confidence=0.5)
    for offers, vetoed in ((calls(card, 20, (1, OFFER)), ""), (calls(card, 20), "主动推荐率")):
        assert month_of(card, offers).vetoed == vetoed
        assert month_of(card, offers).grade == ("差" if vetoed else "优秀")
    row = month_of(card, calls(card, 20, (1, unsure)))
    assert (row.vetoed, row.low, row.grade) == ("", 0, None)
    hardly = replace(CLEAR, transcribed_seconds=24.0)  # what was not heard may have been said
    row = month_of(card, calls(card, 20, quality=hardly))
    assert (row.vetoed, row.score, row.low, row.grade) == ("主动推荐率", 0, 0, None)
    assert row.high > 90


def test_the_qualitative_part_has_thirty_of_a_hundred_points(tmp_path):
    part = TABLE1.qualitative.model_copy(update={"on": True})
    card = changed(TABLE1, qualitative=part)
    values = {"T1-1": 61, "T1-2": 0, "T1-3": 1, "T1-4": 0, "T1-5": 1}  # 80 by the formulas
    rows = [
        month_of(each, (), feeds(tmp_path, judged=judged(values | given)))
        for each, given in ((TABLE1, {"T1-定性": 27}), (card, {"T1-定性": 27}), (card, {"T1-定性": 30}), (card, {}))
    ]
    assert [row.score for row in rows] == [80, pytest.approx(83), pytest.approx(86), 80]
    assert (rows[1].low, rows[1].high) == (pytest.approx(83), pytest.approx(83))
    assert rows[3].undecided == "定性评价（30 分）待人工评定，不定级"
    for wrong in (31, "优秀"):
        with pytest.raises(ConfigurationError, match=r"2025-03, 1001: T1-定性: .* is not a number from 0 to 30"):
            month_of(card, (), feeds(tmp_path, judged=judged(values | {"T1-定性": wrong})))


def test_a_month_is_graded_again_as_it_was():
    card = changed(KF01, grades=LINES, least_scored=0.3)
    row = month_of(card, [call(card, 0, *PHRASES)])
    assert grade_month(replace(row, grade=None, undecided=""), card) == row


# periods


def test_points_of_a_value_of_the_month_are_the_mean_over_its_days(tmp_path):
    # 17 to 31 March: 15 of 31 days
    rush = period(first=date(2025, 3, 17), points={"T1-1": 5, "T1-4": 30})
    card = changed(TABLE1, periods=(rush,))
    values = {"T1-1": 35, "T1-2": 0, "T1-3": 1, "T1-4": 1, "T1-5": 1}
    row = month_of(card, (), feeds(tmp_path, judged=judged(values)))
    speed, records = items(row)["T1-1"], items(row)["T1-4"]
    worth = (20 * 16 + 5 * 15) / 31
    assert speed.points == pytest.approx(worth)
    assert speed.earned == pytest.approx(worth * 18 / 20)
    assert records.points == pytest.approx(15 + 15 * 15 / 31)
    assert speed.sentence.endswith("得 18 分；本月此项按天数折合分值 12.74 分，得 11.47 分")
    assert row.unrounded == pytest.approx(
        100 * (speed.earned + records.earned + 65) / (speed.points + records.points + 65)
    )
    assert sum(row.origins.values()) == pytest.approx(speed.points + records.points + 65)


def test_points_of_a_call_are_those_of_its_day():
    card = changed(KF01, periods=(period(first=date(2025, 3, 17), points={"KF01-9": 15}),))
    taken = [call(card, 0, PHRASES[5], day=16, hour=23.99), call(card, 1, day=17, hour=0)]
    thanks = items(month_of(card, taken))["KF01-9"]
    assert thanks.tally == Tally(5, 20)
    assert items(month_of(KF01, [call(KF01, 0, PHRASES[5]), call(KF01, 1)]))["KF01-9"].tally == Tally(5, 10)


def test_the_doubt_of_a_call_is_about_the_points_of_its_day():
    card = changed(KF01, periods=(period(first=date(2025, 3, 17), points={"KF01-9": 15}),))
    thanked = replace(PHRASES[5], confidence=0.5)
    thanks = items(month_of(card, [call(card, 0, thanked, day=16), call(card, 1, thanked, day=17)]))["KF01-9"]
    assert (thanks.low, thanks.tally, thanks.high) == (0, Tally(20, 20), 20)
    unsaid = replace(CLEAR, transcribed_seconds=28.0)
    thanks = items(month_of(card, [call(card, 1, day=17, quality=unsaid)]))["KF01-9"]
    assert (thanks.low, thanks.tally, thanks.high) == (0, Tally(0, 15), 15)


def test_points_change_by_day_for_everybody():
    for narrower in ({"hours": (time(19), time(21))}, {"queues": ("热线",)}):
        with pytest.raises(ValueError, match="points change by day"):
            period(points={"T1-1": 5}, **narrower)


@pytest.mark.parametrize(
    ("given", "exempt"),
    [
        ({}, {0, 1, 2, 3}),
        ({"hours": (time(19), time(21))}, {1, 2}),  # half-open
        ({"last": date(2025, 3, 3)}, {0, 1, 2}),
        ({"queues": ("投诉线",)}, {2}),
        ({"first": date(2025, 3, 4), "last": date(2025, 3, 4), "queues": ("投诉线",)}, set()),
    ],
)
def test_hours_and_queues_that_are_exempt(given, exempt):
    card = changed(KF01, periods=(period(exempt=("KF01-9",), **given),))
    where = [{"hour": 18.99}, {"hour": 19}, {"hour": 20.99, "queue": "投诉线"}, {"hour": 21 - 3 / 3600, "day": 4}]
    taken = [call(card, n, **each) for n, each in enumerate(where)]
    assert taken[3].started_at.minute == taken[3].started_at.second == 0
    row = month_of(card, taken)
    thanks, goodbye = items(row)["KF01-9"], items(row)["KF01-10"]
    assert (thanks.not_applicable, thanks.answered) == (len(exempt), 4 - len(exempt))
    assert (goodbye.not_applicable, goodbye.answered) == (0, 4)
    assert thanks.tally == Tally(0, 5 * (4 - len(exempt)))
    assert dict(thanks.origins).get(Origin.NOT_APPLICABLE, 0) == 5 * len(exempt) / 4


def test_exemptions_of_a_feed(tmp_path):
    kinds = [
        {"agent_id": "1001", "queue": "", "start": "2025-03-03 09:00", "end": "2025-03-03 10:00"},
        {"agent_id": "", "queue": "投诉线", "start": "2025-03-04", "end": "2025-03-04"},
    ]
    given = feeds(
        tmp_path,
        exemptions=[{**kind, "items": "KF01-9、T1-1", "reason": "线路抢修", "by": "经理"} for kind in kinds],
    )
    where = [{"hour": 9}, {"hour": 10}, {"day": 4}, {"day": 4, "queue": "投诉线"}, {"day": 5, "queue": "投诉线"}]
    row = month_of(KF01, [call(KF01, n, **each) for n, each in enumerate(where)], given)
    assert (items(row)["KF01-9"].not_applicable, items(row)["KF01-9"].tally) == (2, Tally(0, 15))
    waits = [call(TABLE1, n, wait=90 if n in (0, 3) else 20, **each) for n, each in enumerate(where)]
    speed = items(month_of(TABLE1, waits, given))["T1-1"]
    assert (speed.value, speed.earned, speed.answered, speed.not_applicable) == (20, 20, 3, 2)
    assert items(month_of(TABLE1, waits[:1], given))["T1-1"].origins == ((Origin.NOT_APPLICABLE, 20),)
    assert items(month_of(TABLE1, waits, NO_FEEDS))["T1-1"].value == 48


# teams


def test_a_transfer_in_mid_month(tmp_path):
    given = feeds(
        tmp_path,
        roster=roster(
            ("1001", "甲组", "2025-01-01", "2025-03-15"),
            ("1001", "乙组", "2025-03-16", ""),
            ("1002", "乙组", "2025-01-01", ""),
        ),
        tickets=[*tickets(4, 4, day=15), *tickets(6, 3, day=16), *tickets(10, 9, agent="1002")],
    )
    mine = [call(TABLE1, n, day=day, wait=wait) for n, (day, wait) in enumerate([(1, 20), (15, 30), (16, 50)])]
    other = call(TABLE1, 9, agent_id="1002", wait=10)
    taken = [*mine, other]
    one, two = assess(MONTH, TABLE1, taken, given)
    first, second = sorted(assess_teams(MONTH, TABLE1, taken, given), key=lambda row: row.team != "甲组")
    line = whole_line(MONTH, TABLE1, taken, given)
    assert [(row.agent_id, row.agent_name, row.team, row.calls) for row in (one, two, first, second, line)] == [
        ("1001", "坐席1001", "乙组", 3),
        ("1002", "坐席1002", "乙组", 1),
        (None, "甲组", "甲组", 2),
        (None, "乙组", "乙组", 2),
        (None, "合计", None, 4),
    ]
    fcr = [items(row)["T1-3"].counted for row in (one, two, first, second, line)]
    assert fcr == [Tally(7, 10), Tally(9, 10), Tally(4, 4), Tally(12, 16), Tally(16, 20)]
    speed = [items(row)["T1-1"].value for row in (one, two, first, second)]
    assert speed == [pytest.approx(100 / 3), 10, 25, 30]


def test_teams_add_up_to_the_line(tmp_path):
    given = feeds(
        tmp_path,
        roster=roster(
            ("1001", "甲组", "2025-01-01", "2025-03-10"),
            ("1001", "乙组", "2025-03-11", ""),
            ("1002", "乙组", "2025-01-01", ""),
        ),
        tickets=[*tickets(9, 7, (1, 0, 2), day=10), *tickets(5, 5, (0,), day=11), *tickets(8, 2, agent="1002")],
    )
    for card in (KF01, KF02, TABLE1, SHIMAO):
        taken = [
            call(card, n, *PHRASES[: n % 7], *[HARSH] * (n % 3 == 0), agent_id=f"100{1 + n % 2}", day=1 + n)
            for n in range(24)
        ]
        taken.append(call(card, 99, quality=INAUDIBLE))
        rows, teams = assess(MONTH, card, taken, given), assess_teams(MONTH, card, taken, given)
        line = whole_line(MONTH, card, taken, given)
        for parts in (rows, teams):
            for count in ("calls", "evaluated", "unscorable", "failed", "banned_wording", "apologies_owed"):
                assert sum(getattr(row, count) for row in parts) == getattr(line, count)
            for criterion, whole in items(line).items():
                own = [items(row)[criterion] for row in parts]
                assert sum(each.answered for each in own) == whole.answered
                assert Tally.sum(each.counted for each in own) == whole.counted or whole.counted == Tally()
                if card is SHIMAO and dict(whole.origins).keys() == {Origin.CALLS}:
                    tally = Tally.sum(each.tally for each in own)
                    assert tally == Tally(pytest.approx(whole.tally.awarded), pytest.approx(whole.tally.possible))


def test_a_team_that_only_feeds_know_has_a_month_too(tmp_path):
    given = feeds(
        tmp_path, roster=roster(("1001", "甲组", "2025-01-01", "2025-03-02"), ("1002", "乙组", "2025-02-01", ""))
    )
    assert [row.team for row in assess_teams(MONTH, JIAZHENG, [], given)] == ["乙组", "甲组"]
    assert [row.agent_id for row in assess(MONTH, JIAZHENG, [], given)] == ["1001", "1002"]
    assert assess_teams("2025-04", JIAZHENG, [], given)[0].team == "乙组"


def test_what_was_given_to_agents_is_not_given_to_their_team(tmp_path):
    given = feeds(tmp_path, roster=roster(("1001", "甲组", "2025-01-01", "")), judged=judged({"H-6": 4, "H-8": 4}))
    (agent,), (team,) = assess(MONTH, JIAZHENG, [], given), assess_teams(MONTH, JIAZHENG, [], given)
    assert agent.score == 100
    assert team.score is None
    assert team.origins[Origin.NO_PERSON] == pytest.approx(200 / 9)


# scope


def test_a_standard_is_for_its_queues_and_teams(tmp_path):
    given = feeds(
        tmp_path,
        roster=roster(
            ("1001", "甲组", "2025-01-01", "2025-03-15"),
            ("1001", "乙组", "2025-03-16", ""),
            ("1002", "乙组", "2025-01-01", ""),
        ),
        tickets=[*tickets(4, 4), *tickets(4, 4, agent="1002")],
    )
    early, late, other = (
        call(TABLE1, 0, day=15),
        call(TABLE1, 1, day=16),
        call(TABLE1, 2, agent_id="1002", queue="投诉线"),
    )
    nobody = call(TABLE1, 3, agent_id=None)
    undated = replace(early.call, ring_at=None, answered_at=None)
    everybody = [early.call, late.call, other.call, nobody.call, undated]
    for scope, wanted, agents, teams in (
        ({}, [True] * 5, ["1001", "1002", None], ["乙组", "甲组"]),
        ({"queues": ["投诉线"]}, [False, False, True, False, False], ["1002"], ["乙组"]),
        ({"teams": ["甲组"]}, [True, False, False, False, False], ["1001"], ["甲组"]),
        ({"teams": ["甲组"], "queues": ["投诉线"]}, [False] * 5, [], []),
    ):
        card = changed(TABLE1, applies_to=scope)
        assert [in_scope(card, each, given) for each in everybody] == wanted
        taken = [each for each in (early, late, other, nobody) if in_scope(card, each.call, given)]
        assert [row.agent_id for row in assess(MONTH, card, taken, given)] == agents
        assert [row.team for row in assess_teams(MONTH, card, taken, given)] == teams


# what must hold for every month


def graded_card(card: Scorecard, **given) -> Scorecard:
    return changed(card, grades=LINES, least_scored=0.0, **given)


RUSH = period(first=date(2025, 3, 20), points={"KF01-9": 12.5, "KF01-5": 3})
QUIET = period(hours=(time(12), time(13)), exempt=tuple(c.id for c in KF01.criteria))
VETOED = with_item(KF01, "KF01-4", auto_fail=True)
STANDARDS = {
    "kf01": graded_card(KF01),
    "kf01 periods": graded_card(KF01, periods=(RUSH, QUIET)),
    "kf01 veto": graded_card(VETOED),
    "kf02": graded_card(KF02),
    "kf03": graded_card(KF03),
    "table1": graded_card(TABLE1),
    "table1 veto": graded_card(with_item(TABLE1, "T1-2", auto_fail=True)),
    "table2": graded_card(TABLE2),
    "jiazheng": graded_card(JIAZHENG),
    "shimao": graded_card(SHIMAO),
}
SAID = (*PHRASES, HARSH, COMPLAINT, SORRY, SOOTHING, OFFER)
GOOD = (*PHRASES, COMPLAINT, SORRY, SOOTHING, OFFER, replace(PHRASES[4]), replace(PHRASES[6]))
"""Everything that is asked, after the complaint too."""
GIVEN = {
    "KF01-5": "基本符合",
    "KF01-6": "不符合",
    "KF01-7-1": "符合",
    "KF01-7-2": "n_a",
    "KF02-2-1": "一般符合",
    "KF03-四": "不符合",
    "H-6": 3,
    "H-8": "n_a",
    "SM-2": "不符合",
}


@cache
def some_feeds(poor: bool, given: bool) -> Feeds:
    """What feeds say, little or much of it bad; with or without what a person says."""
    bad = {"tickets": tickets(20, 2, (4, 1, 0)), "hours": hours(100, 10, 80)}
    good = {"tickets": tickets(20, 20, (0, 0, 0)), "hours": hours(100, 100)}
    with TemporaryDirectory() as folder:
        tables = (bad if poor else good) | ({"judged": judged(GIVEN)} if given else {})
        return feeds(Path(folder), **tables)


@st.composite
def heard(draw, doubtful=True):
    """What is said in a call, when, how long it rang, how well it was heard; not yet judged."""
    confidence = st.floats(0.3, 1.0) if doubtful else st.just(1.0)
    said = draw(st.lists(st.sampled_from(SAID), max_size=8))
    found = sorted((replace(f, confidence=draw(confidence)) for f in said), key=lambda f: f.span)
    ratio = draw(st.sampled_from([1.0, 1.0, 0.9, 0.1])) if doubtful else 1.0
    given = {
        "day": draw(st.integers(1, 31)),
        "hour": draw(st.sampled_from([9, 12, 20])),
        "wait": draw(st.sampled_from([4.0, 28.0, 35.0, 70.0, None])),
        "quality": replace(CLEAR, transcribed_seconds=40.0 * ratio, role_confidence=ratio),
        "hangup_by": draw(st.sampled_from(["agent", "customer", None])),
        **draw(st.sampled_from([{}, OUTBOUND])),
    }
    return found, given


def taken_by(card: Scorecard, all_heard) -> list[ScoredCall]:
    return [call(card, number, *found, **given) for number, (found, given) in enumerate(all_heard)]


months = st.lists(heard(), max_size=14)
standards = st.sampled_from(sorted(STANDARDS))
several_feeds = st.sampled_from(
    [NO_FEEDS, None, *((poor, given) for poor in (True, False) for given in (True, False))]
)


def feeds_of(kind) -> Feeds:
    return some_feeds(*kind) if isinstance(kind, tuple) else NO_FEEDS


@settings(deadline=None, max_examples=120)
@given(standards, months, several_feeds, st.randoms(use_true_random=False))
def test_the_order_of_calls_is_irrelevant_to_the_last_bit(name, all_heard, kind, random):
    card, given_ = STANDARDS[name], feeds_of(kind)
    taken = taken_by(card, all_heard)
    row = month_of(card, random.sample(taken, len(taken)), given_)
    assert row == month_of(card, taken, given_)
    again = taken_by(card, all_heard)
    assert repr(month_of(card, again, given_)).encode() == repr(row).encode()


@settings(deadline=None, max_examples=200)
@given(standards, months, several_feeds)
def test_the_score_lies_in_its_interval(name, all_heard, kind):
    card = STANDARDS[name]
    row = month_of(card, taken_by(card, all_heard), feeds_of(kind))
    if row.score is None:
        assert (row.low, row.high, row.grade) == (None, None, None)
    else:
        assert 0 <= row.low <= row.unrounded <= row.high <= 100
        assert bool(row.grade) != bool(row.undecided)
    for each in row.criteria:
        assert each.low - 1e-9 <= each.tally.awarded <= each.high + 1e-9
        assert 0 <= each.tally.awarded <= each.tally.possible + 1e-9


@settings(deadline=None, max_examples=200)
@given(standards, months, several_feeds)
def test_origins_always_sum_to_the_points(name, all_heard, kind):
    card = STANDARDS[name]
    row = month_of(card, taken_by(card, all_heard), feeds_of(kind))
    assert sum(row.origins.values()) == pytest.approx(sum(each.points for each in row.criteria))
    if not card.periods:
        assert sum(row.origins.values()) == pytest.approx(card.points)
    for each in row.criteria:
        assert sum(points for _, points in each.origins) == pytest.approx(each.points)
        assert not any(points < 0 for _, points in each.origins)


@settings(deadline=None, max_examples=250)
@given(
    standards,
    st.lists(heard(doubtful=False), min_size=1, max_size=12),
    several_feeds,
    st.sampled_from([{}, OUTBOUND]),
    st.booleans(),
    st.integers(1, 31),
)
def test_a_good_call_never_lowers_a_score(name, all_heard, kind, where, complaint, day):
    card, given_ = STANDARDS[name], feeds_of(kind)
    taken = taken_by(card, all_heard)
    found = [f for f in GOOD if complaint or f not in (COMPLAINT, SORRY, SOOTHING)]
    good = call(card, 999, *found, wait=4.0, day=day, **where)
    assert not any(answer.outcome in (Outcome.NOT_MET, Outcome.PARTLY_MET) for answer in good.answers)
    before, after = (month_of(card, some, given_) for some in (taken, [*taken, good]))
    assert before.score is None or after.score >= before.score - 1e-9


@settings(deadline=None, max_examples=200)
@given(standards, months, several_feeds, st.sampled_from([Outcome.NOT_APPLICABLE, "exempt"]))
def test_what_does_not_apply_never_changes_a_score(name, all_heard, kind, why):
    plain, given_ = STANDARDS[name], feeds_of(kind)
    away = period(exempt=tuple(c.id for c in plain.criteria), hours=(time(3), time(4)))
    card = changed(plain, periods=(*plain.periods, away))
    taken = taken_by(card, all_heard)
    silent = call(card, 999, HARSH, hour=3, wait=90)
    if why is Outcome.NOT_APPLICABLE:
        nothing = tuple(Answer(c.id, why, None, Tally(), (), ()) for c in card.chosen)
        silent = call(card, 999, hour=9, wait=None)
        silent = replace(silent, evaluation=replace(silent.evaluation, answers=nothing))
    before, after = (month_of(card, some, given_) for some in (taken, [*taken, silent]))
    assert silent.status is Status.EVALUATED
    assert after.evaluated == before.evaluated + 1
    assert (after.score, after.low, after.high) == (before.score, before.low, before.high)
    for was, becomes in zip(before.criteria, after.criteria, strict=True):
        assert becomes.tally == was.tally
        assert becomes.answered == was.answered
