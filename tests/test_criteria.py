"""One item of a month: what a manager reads beside the points, and where each point came from."""

import csv
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from pipeline.audio.speed_of_answer import SpeedOfAnswer, rings_by
from pipeline.call import Direction
from pipeline.errors import ConfigurationError
from pipeline.findings import Finding
from pipeline.hearing import Quality
from pipeline.hearing.turns import Role
from pipeline.indicators import Feeds
from pipeline.month.assessment import Origin, ScoredCall, assess, assess_one, whole_line
from pipeline.month.assessment.month_card import NO_FEEDS, Assessee
from pipeline.review.replay import replay
from pipeline.scorecard import Criterion, Sample, Scorecard, bundled_scorecards, find_scorecard
from pipeline.scorecard.trial import with_switches
from pipeline.tally import Tally
from tests.builders import CALL, changed, finding, hearing

MONTH = "2025-03"
MARCH = datetime(2025, 3, 1, tzinfo=UTC) - timedelta(hours=8)  # midnight in Shanghai
TABLE1, TABLE2, KF01, KF02, SHIMAO = map(find_scorecard, ("table1", "table2", "kf01", "kf02", "shimao"))
KF03 = changed(find_scorecard("kf03"), assessed=("KF03-四", "KF03-五-1"))
JIAZHENG = changed(find_scorecard("jiazheng"), weights="equal", missed="proportional")

CLEAR = Quality(40.0, 40.0, 1.0, 1.0, 20.0)
"""Every word is certain."""
INAUDIBLE = replace(CLEAR, transcribed_seconds=1.0)
HEARD = hearing(turns=())
OUTBOUND = {"direction": Direction.OUTBOUND}


def sure(detector: str, term: str, start: float = 10.0, role: Role = Role.AGENT) -> Finding:
    return replace(finding(detector, term, start, role), confidence=1.0)


OFFER, HARSH = sure("proactive_offer", "offer"), sure("banned_wording", "挂了")
COMPLAINT, SORRY = sure("complaint", "投诉", 5.0, Role.CUSTOMER), sure("apology", "sincere", 12.0)
SOOTHING = sure("empathy", "soothing", 8.0)
PHRASES = tuple(
    sure("required_phrase", term)
    for term in ("greeting", "company", "staff_id", "offer_help", "anything_else", "thanks", "goodbye")
)


def call(card: Scorecard, number: int = 0, *findings: Finding, **given) -> ScoredCall:
    """A call judged by the card: inbound, in the morning of 3 March, answered after 8 s, the customer hung up."""
    of = {"agent_id": "1001", "hangup_by": "customer", **given}
    wait, quality = of.pop("wait", 8.0), of.pop("quality", CLEAR)
    ring_at = MARCH + timedelta(days=of.pop("day", 3) - 1, hours=of.pop("hour", 9), seconds=number)
    at = {"ring_at": ring_at, "answered_at": ring_at + timedelta(seconds=wait or 0), "ended_at": None}
    rung = SpeedOfAnswer(wait, wait, None if wait is None else rings_by(wait))
    taken = replace(CALL, id=f"C{number:05d}", **at, **of)
    return replay(replace(HEARD, call=taken, quality=quality, speed_of_answer=rung), findings, card)


def calls(card: Scorecard, of: int, *some: tuple[int, Finding], **given) -> list[ScoredCall]:
    """So many calls; of each pair, the finding in as many of the first of them."""
    return [call(card, n, *(each for count, each in some if n < count), **given) for n in range(of)]


def feeds(folder, **tables) -> Feeds:
    """The feeds with these rows."""
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return Feeds.read(folder)


def tickets(of: int, solved: int, errors: tuple[int, ...] = (), agent: str = "1001", day: int = 3) -> list[dict]:
    """So many tickets, the first of them solved at once; the first checked, with so many errors each."""
    return [
        {
            "ticket_id": f"T{agent}-{day}-{n}",
            "agent_id": agent,
            "created_at": f"2025-03-{day:02d} 10:00",
            "first_contact": "是" if n < solved else "否",
            "record_errors": errors[n] if n < len(errors) else "",
            "closed_at": f"2025-03-{day:02d} 11:00",
        }
        for n in range(of)
    ]


def judged(given: dict[str, object], agent: str = "1001") -> list[dict]:
    return [
        {"month": MONTH, "agent_id": agent, "item": item, "value": value, "by": "主管王敏"}
        for item, value in given.items()
    ]


def hours(offered: int, answered: int, busy: int = 0) -> list[dict]:
    """Every hour of the month: one call in each of the first so many; the first of these answered and forwarded."""
    return [
        {
            "hour": f"2025-03-{1 + hour // 24:02d} {hour % 24:02d}:00",
            "offered": int(hour < offered),
            "answered": int(hour < answered),
            "busy": int(answered <= hour < answered + busy),
            "abandoned": 0,
            "after_hours": int(hour < offered),
            "forwarded": int(hour < answered),
        }
        for hour in range(31 * 24)
    ]


def month_of(card: Scorecard, taken=(), given: Feeds = NO_FEEDS, agent: str = "1001"):
    return assess_one(MONTH, card, tuple(taken), given, Assessee("agent", agent))


def items(row) -> dict:
    return {each.criterion_id: each for each in row.criteria}


def item(card: Scorecard, criterion_id: str, taken=(), given: Feeds = NO_FEEDS):
    return items(month_of(card, taken, given))[criterion_id]


def with_item(card: Scorecard, criterion_id: str, **changes) -> Scorecard:
    """The card with other values in one item."""
    edited = (
        Criterion.model_validate({**{f: getattr(c, f) for f in c.model_fields_set}, **changes})
        if c.id == criterion_id
        else c
        for c in card.criteria
    )
    return changed(card, criteria=tuple(edited))


# the printed examples


@pytest.mark.parametrize(
    ("wait", "block", "cliff", "points", "sentence"),
    [
        (28, "ceil", True, 20, "本月平均振铃应答 28 秒，不超过 30 秒，达标，得 20 分"),
        (30, "ceil", True, 20, "本月平均振铃应答 30 秒，不超过 30 秒，达标，得 20 分"),
        (35, "ceil", True, 18, "本月平均振铃应答 35 秒，超过 30 秒；每超 10 秒 扣 2 分，计 1 档，得 18 分"),
        (35, "floor", True, 20, "本月平均振铃应答 35 秒，超过 30 秒；每超 10 秒 扣 2 分，计 0 档，得 20 分"),
        (60, "ceil", True, 14, "本月平均振铃应答 60 秒，超过 30 秒；每超 10 秒 扣 2 分，计 3 档，得 14 分"),
        (61, "ceil", True, 0, "本月平均振铃应答 61 秒，超过 30 秒，且超过 60 秒，得 0 分"),
        (61, "ceil", False, 12, "本月平均振铃应答 61 秒，超过 30 秒；每超 10 秒 扣 2 分，计 4 档，得 12 分"),
    ],
)
def test_ring_to_answer_of_the_month(wait, block, cliff, points, sentence):
    scoring = TABLE1.criterion("T1-1").scoring.model_copy(update={"block": block, "cliff": cliff})
    card = with_item(TABLE1, "T1-1", scoring=scoring)
    taken = [call(card, 0, wait=wait - 4), call(card, 1, wait=wait + 4), call(card, 2, wait=90, **OUTBOUND)]
    speed = item(card, "T1-1", taken)
    assert (speed.value, speed.earned, speed.sentence) == (wait, points, sentence)
    assert (speed.answered, speed.not_applicable, speed.open) == (2, 1, 0)


@pytest.mark.parametrize(
    ("solved", "of", "points"), [(88, 100, 30), (85, 100, 30), (845, 1000, 29), (75, 100, 20), (749, 1000, 0)]
)
def test_first_contact_resolution(tmp_path, solved, of, points):
    fcr = item(TABLE1, "T1-3", (), feeds(tmp_path, tickets=tickets(of, solved)))
    assert (fcr.earned, fcr.counted, fcr.origins) == (points, Tally(solved, of), ((Origin.FEED, 30.0),))


@pytest.mark.parametrize(("errors", "points"), [((0,) * 10, 15), ((1,), 12), ((1, 1), 9), ((2, 1), 0), ((3,), 0)])
def test_records_checked(tmp_path, errors, points):
    errors += (0,) * (10 - len(errors))
    records = item(TABLE1, "T1-4", (), feeds(tmp_path, tickets=tickets(40, 40, errors)))
    assert (records.earned, records.value, records.counted.possible) == (points, sum(errors), 10)


@pytest.mark.parametrize(("offers", "points"), [(12, 10), (10, 10), (9, 9), (5, 5), (4, 0)])
def test_offers(offers, points):
    offered = item(TABLE1, "T1-5", calls(TABLE1, 100, (offers, OFFER)))
    assert (offered.earned, offered.value, offered.counted) == (points, offers / 100, Tally(offers, 100))
    assert (offered.low, offered.high) == (points, points)  # nothing is in doubt


def test_the_printed_month_has_95_points(tmp_path):
    taken = calls(TABLE2, 25, (3, OFFER), (5, HARSH), wait=28)
    row = month_of(TABLE2, taken, feeds(tmp_path, tickets=tickets(100, 88, (1, *[0] * 9))))
    assert (row.score, row.grade, row.undecided) == (95, "优秀", "")
    assert [(c.criterion_id, c.earned, c.sentence) for c in row.criteria] == [
        ("T1-1", 20, "本月平均振铃应答 28 秒，不超过 30 秒，达标，得 20 分"),
        (
            "T1-2",
            23,
            "用语规范得分：全月 25 条中 5 条不符合（用语规范 5 次）；按“抽查10条”对所有可能的抽样取平均，得 23 分",
        ),
        ("T1-3", 30, "本月首次联系解决率 88%，达到 85%，达标，得 30 分"),
        (
            "T1-4",
            12,
            "信息记录准确性：全月只有 10 条，全部计入，1 条不符合，计 1 项，扣 3 分，得 12 分；"
            "90 张工单没有填“记录错误数”，不计入",
        ),
        ("T1-5", 10, "本月主动推荐率 12%，达到 10%，达标，得 10 分"),
    ]
    assert row.origins == {Origin.CALLS: 55, Origin.FEED: 45}


# ten of all calls


@pytest.mark.parametrize(("bad", "points"), [(20, 23.0), (50, 20.0), (150, 10.3)])
def test_ten_of_five_hundred_in_three_modes(bad, points):
    taken = calls(TABLE1, 500, (bad, HARSH))
    by_mode = {}
    for mode in ("expected", "rate", "draw"):
        scoring = TABLE1.criterion("T1-2").scoring.model_copy(update={"sample": Sample(size=10, mode=mode)})
        by_mode[mode] = item(with_item(TABLE1, "T1-2", scoring=scoring), "T1-2", taken)
    assert round(by_mode["expected"].earned, 1) == points
    assert by_mode["rate"].earned == 25 - 5 * bad / 50
    drawn = by_mode["draw"]
    harsh = sum(one.call.id in drawn.drawn and HARSH in one.findings for one in taken)
    assert len(set(drawn.drawn)) == 10
    assert drawn.earned == max(0, 25 - 5 * harsh)
    assert drawn.low <= by_mode["expected"].earned <= drawn.high  # luck is in the interval
    assert drawn.low < drawn.high
    assert not by_mode["expected"].drawn


def test_a_draw_is_printed_and_seeded_by_agent_month_and_revision():
    scoring = TABLE1.criterion("T1-2").scoring.model_copy(update={"sample": Sample(size=10, mode="draw")})
    card = with_item(TABLE1, "T1-2", scoring=scoring)
    taken = calls(card, 60, (12, HARSH))
    drawn = item(card, "T1-2", taken)
    assert item(card, "T1-2", taken[::-1]) == drawn
    assert f"随机抽取 10 条（种子 1001|2025-03|table1-{TABLE1.revision}，名单见说明）" in drawn.sentence
    others = [
        items(month_of(card, taken, agent="1002"))["T1-2"],
        item(changed(card, revision=9), "T1-2", calls(changed(card, revision=9), 60, (12, HARSH))),
        items(whole_line(MONTH, card, taken))["T1-2"],
    ]
    assert len({each.drawn for each in [drawn, *others]}) == 4


def test_what_may_be_wrong_in_a_sample_widens_it():
    unsure = replace(HARSH, confidence=0.6)
    doubtful, certain = (item(TABLE1, "T1-2", calls(TABLE1, 20, (4, each))) for each in (unsure, HARSH))
    assert doubtful.earned == certain.earned
    assert (certain.low, certain.high) == (certain.earned, certain.earned)
    assert (doubtful.low, doubtful.high) == (15, 22.5)  # that all four are wrong is less likely than 1 in 20


# where the points came from


@pytest.mark.parametrize("card", [TABLE1, TABLE2, KF01, KF02, KF03, JIAZHENG, SHIMAO], ids=lambda c: c.name)
@pytest.mark.parametrize("taken", ["none", "clear", "poor", "mixed"])
def test_origins_sum_to_the_points_whatever_is_missing(tmp_path, card, taken):
    tables = {
        "tickets": tickets(20, 18, (1, 0)),
        "hours": hours(20, 19, 1),
        "judged": judged({"KF01-5": "符合", "KF01-7-2": "n_a", "KF02-2": "n_a", "H-6": 4.5, "SM-2": "符合"}),
    }
    own = {
        "none": [],
        "clear": [*calls(card, 3, (2, OFFER), (1, HARSH)), call(card, 9, *PHRASES, COMPLAINT, **OUTBOUND)],
        "poor": calls(card, 2, quality=INAUDIBLE),
    }
    own["mixed"] = [*own["clear"], *(replace(c, call=replace(c.call, id=f"P{c.call.id}")) for c in own["poor"])]
    for number, there in enumerate(t for size in range(4) for t in combinations(tables, size)):
        folder = tmp_path / str(number)
        folder.mkdir()
        row = month_of(card, own[taken], feeds(folder, **{name: tables[name] for name in there}))
        assert sum(row.origins.values()) == pytest.approx(card.points)
        for each in row.criteria:
            assert sum(points for _, points in each.origins) == pytest.approx(each.points)
            assert each.low <= each.tally.awarded <= each.high
            assert bool(each.tally.possible) == any(o in "AEM" and points for o, points in each.origins)


def test_each_origin_says_what_is_missing(tmp_path):
    nothing = month_of(KF01)
    assert nothing.origins == pytest.approx({Origin.NO_CALLS: 35, Origin.NO_FEED: 25, Origin.NO_PERSON: 40})
    assert (nothing.score, nothing.scored_share, nothing.result) == (None, 0, "没有可计分的项目")
    given = feeds(tmp_path, tickets=tickets(2, 2), hours=hours(24, 24), judged=judged({"KF01-6": "n_a"}))
    row = month_of(KF01, [call(KF01), call(KF01, 1, quality=INAUDIBLE)], given)
    assert row.origins == pytest.approx(
        {
            Origin.CALLS: 17.5,
            Origin.FEED: 25,
            Origin.NOT_APPLICABLE: 10,
            Origin.LOW_QUALITY: 17.5,
            Origin.NO_PERSON: 30,
        }
    )
    assert row.scored_share == pytest.approx(42.5 / 90)
    assert items(row)["KF01-5"].sentence == "聆听技巧：待人工评定"
    assert items(row)["KF01-6"].sentence == "人工评定，电话记录：不适用，不进分母"
    assert items(month_of(KF01))["KF01-2"].sentence == "服务资源：没有外部数据"


def test_calls_too_badly_heard_are_missing_from_a_counted_value_too():
    heard = calls(TABLE1, 1, (1, OFFER), wait=20)
    poor = [call(TABLE1, n, quality=INAUDIBLE, wait=40) for n in range(1, 4)]
    row = items(month_of(TABLE1, [*heard, *poor]))
    assert dict(row["T1-5"].origins) == {Origin.CALLS: 2.5, Origin.LOW_QUALITY: 7.5}
    assert dict(row["T1-2"].origins) == {Origin.CALLS: 6.25, Origin.LOW_QUALITY: 18.75}
    # how long it rang is known of a call that was badly heard
    assert (row["T1-1"].value, dict(row["T1-1"].origins)) == (35, {Origin.CALLS: 20})
    assert dict(items(month_of(TABLE1, poor))["T1-5"].origins) == {Origin.LOW_QUALITY: 10}


def test_the_speed_of_answer_is_one_figure():
    taken = [call(TABLE1, 0, wait=10), call(TABLE1, 1, wait=31, quality=INAUDIBLE), call(TABLE1, 2, wait=None)]
    row = month_of(TABLE1, taken)
    assert row.speed_of_answer_s == items(row)["T1-1"].value == 20.5


def test_a_wait_that_no_record_tells_is_missing_and_one_that_is_not_asked_does_not_apply():
    unknown = item(TABLE1, "T1-1", [call(TABLE1, wait=None)])
    outbound = item(TABLE1, "T1-1", [call(TABLE1, **OUTBOUND)])
    assert (unknown.origins, outbound.origins) == (((Origin.NO_CALLS, 20),), ((Origin.NOT_APPLICABLE, 20),))


def test_the_peak_is_from_seven_to_nine_in_the_evening():
    card = with_item(TABLE1, "T1-1", indicator="calls.peak_speed_of_answer")
    taken = [call(card, n, wait=10.0 * n, hour=at) for n, at in enumerate((18.99, 19, 20.99, 21.01))]
    peak = item(card, "T1-1", taken)
    assert (peak.value, peak.sentence[:12]) == (15, "本月高峰期平均振铃应答 ")


def test_a_feed_that_has_nothing_of_somebody_is_not_a_missing_feed(tmp_path):
    given = feeds(tmp_path, tickets=tickets(3, 3, agent="1002"))
    fcr, records = (item(TABLE1, name, (), given) for name in ("T1-3", "T1-4"))
    assert (fcr.origins, fcr.sentence) == (
        ((Origin.NOT_APPLICABLE, 30),),
        "首次联系解决率：本月没有相关记录，不适用",
    )
    assert records.tally == Tally()
    assert dict(item(TABLE1, "T1-3").origins) == {Origin.NO_FEED: 30}


# people


def test_what_a_person_gave_replaces_what_was_measured_and_says_so(tmp_path):
    given = feeds(tmp_path, tickets=tickets(10, 0), judged=judged({"T1-3": "90%", "T1-1": 61, "T1-2": 1}))
    row = items(month_of(TABLE1, calls(TABLE1, 12, (12, HARSH)), given))
    assert [(row[name].earned, row[name].sentence) for name in ("T1-1", "T1-2", "T1-3")] == [
        (0, "人工评定，首次响应时间 61 秒，超过 30 秒，且超过 60 秒，得 0 分"),
        (20, "人工评定，情绪管理能力 1 次，扣 5 分，得 20 分"),
        (30, "人工评定，首次联系解决率 90%，达到 85%，达标，得 30 分"),
    ]
    assert {row[name].origins[0][0] for name in ("T1-1", "T1-2", "T1-3")} == {Origin.PERSON}


def test_a_person_may_replace_an_item_of_the_calls(tmp_path):
    row = month_of(KF01, [call(KF01, n) for n in range(4)], feeds(tmp_path, judged=judged({"KF01-9": "符合"})))
    thanks, goodbye = items(row)["KF01-9"], items(row)["KF01-10"]
    assert (thanks.earned, thanks.origins, thanks.sentence) == (
        5,
        ((Origin.PERSON, 5),),
        "人工评定，感谢致电：符合，得 5 分",
    )
    assert thanks.tally.possible == goodbye.tally.possible == 20  # it weighs as much as before
    assert goodbye.earned == 3  # half of two parts: 一般符合


def test_a_person_may_replace_the_sub_items_of_the_calls_but_not_one_of_several(tmp_path):
    taken = [call(KF01)]
    goodbye = {"KF01-10-1": "符合", "KF01-10-2": "符合"}
    given = feeds(tmp_path, judged=judged(goodbye))
    assert item(KF01, "KF01-10", taken, given).earned == 5
    assert item(KF01, "KF01-10", taken, given).origins == ((Origin.PERSON, 5),)
    given = feeds(tmp_path, judged=judged({"KF01-10-1": "符合"}))
    with pytest.raises(
        ConfigurationError, match=r"2025-03, 1001: KF01-10-1 is given .*KF01-10-1, KF01-10-2 together"
    ):
        month_of(KF01, taken, given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"KF01-5": "很好"}, r"2025-03, 1001: KF01-5: '很好' is no level"),
        ({"KF01-7-1": 3}, r"2025-03, 1001: KF01-7: 3.0 is no level"),
        ({"KF01-5": 88}, r"2025-03, 1001: KF01-5: 88.0 is no level"),
    ],
)
def test_what_a_person_cannot_have_meant_is_refused(tmp_path, given, told):
    with pytest.raises(ConfigurationError, match=told):
        month_of(KF01, [call(KF01)], feeds(tmp_path, judged=judged(given)))


def test_a_figure_left_open_is_inactive_even_if_a_person_gives_a_level(tmp_path):
    given = feeds(tmp_path, judged=judged({"SM-3-1": "符合", "SM-3-2": "符合"}))
    promised = item(SHIMAO, "SM-3", (), given)
    half = promised.points / 2
    assert dict(promised.origins) == pytest.approx({Origin.PERSON: half, Origin.NO_FEED: half})
    assert promised.tally == Tally(half, half)
    assert "原文的数值未给出（[X]），停用" in promised.sentence


# several sources in one item


def test_each_part_contributes_its_share(tmp_path):
    # KF02-2: five sub-items of 2 points by people, the sixth by calls: 1 of 4 with banned wording
    taken = [call(KF02, n, *[HARSH] * (n == 0)) for n in range(4)]
    given = feeds(tmp_path, judged=judged({"KF02-2-1": "符合", "KF02-2-2": "基本符合", "KF02-2-3": "n_a"}))
    manners = item(KF02, "KF02-2", taken, given)
    assert dict(manners.origins) == pytest.approx(
        {Origin.CALLS: 2, Origin.PERSON: 4, Origin.NOT_APPLICABLE: 2, Origin.NO_PERSON: 4}
    )
    weight = 4  # each value of the month counts as much as the four calls
    assert manners.tally.possible == pytest.approx(weight * 2 + weight * 4)
    assert manners.tally.awarded == pytest.approx(3 * 2 + weight * (2 + 1.6))
    assert manners.earned == pytest.approx(12 * (1.5 + 3.6) / 6)


def test_not_applicable_is_re_spread_inside_an_item_that_no_call_answers(tmp_path):
    levels = {"KF01-7-1": "符合", "KF01-7-2": "n_a", "KF01-7-3": "n_a", "KF01-7-4": "不符合"}
    given = feeds(tmp_path, tickets=tickets(4, 4), judged=judged(levels))
    demand = item(KF01, "KF01-7", (), given)
    assert demand.tally.possible == 25  # two parts and the ticket stand for all five
    assert demand.earned == pytest.approx(25 * 0.6)  # two of three met: 一般符合
    assert dict(demand.origins) == pytest.approx({Origin.PERSON: 10, Origin.FEED: 5, Origin.NOT_APPLICABLE: 10})


def test_a_part_of_a_feed_is_graded_by_the_share_that_it_reached(tmp_path):
    given = feeds(tmp_path, hours=hours(100, 80))
    service = item(KF01, "KF01-1", [call(KF01)], given)
    assert service.earned == 8
    assert service.sentence == (
        "服务时间：（1）基本符合；（2）基本符合，合为基本符合，得 8 分"
        "（本月有来电的小时中有人接听的比例 80.0%；本月有下班后来电的夜晚中有效转接的比例 75.0%）"
    )


def test_an_hour_of_which_nothing_is_known_is_not_one_in_which_somebody_answered(tmp_path):
    """One hour of 744 is missing: 符合 if somebody answered, 基本符合 if nobody did; so 5 of the 10 points wait."""
    whole = hours(100, 100)
    for name, rows, points in (("all", whole, 10), ("one missing", whole[:500] + whole[501:], 5)):
        (tmp_path / name).mkdir()
        service = item(KF01, "KF01-1", (), feeds(tmp_path / name, hours=rows))
        assert service.tally == Tally(points, points)
    assert "1 个小时没有话务数据，补齐才能计分" in service.sentence
    assert dict(service.origins) == {Origin.NO_FEED: 5, Origin.FEED: 5}
    # where nearly nobody answered, the missing hour changes nothing: below half it is 不符合 either way
    bad = hours(100, 20)  # and of four nights one was forwarded
    (tmp_path / "bad").mkdir()
    lost = item(KF01, "KF01-1", (), feeds(tmp_path / "bad", hours=bad[:500] + bad[501:]))
    assert lost.tally == Tally(0, 10)


def test_two_measures_of_hours_and_of_calls(tmp_path):
    """Of 100 hours with a call, 10 had nobody, and in 5 of these the line was busy: 90 %, 95 % and 100 %."""
    given = feeds(tmp_path, hours=hours(100, 90, 5))
    assert "90.0%" in item(KF01, "KF01-1", (), given).sentence
    resources = item(KF01, "KF01-2", (), given)
    assert "来电未遇忙率 95.0%；本月接入来电未放弃率 100.0%" in resources.sentence
    assert resources.earned == 8  # 0.95 and 1 of its two parts: 97.5 %


def test_what_was_not_filled_in_is_told_beside_the_value(tmp_path):
    solved = [{**ticket, "first_contact": ""} if n < 3 else ticket for n, ticket in enumerate(tickets(10, 10))]
    told = item(TABLE1, "T1-3", (), feeds(tmp_path, tickets=solved))
    assert (told.value, told.counted) == (1.0, Tally(7, 7))
    assert told.sentence.endswith("得 30 分；3 张工单没有填“首次解决”，不计入")
    nothing = [{**ticket, "first_contact": ""} for ticket in tickets(4, 0)]
    (tmp_path / "none").mkdir()
    untold = item(TABLE1, "T1-3", (), feeds(tmp_path / "none", tickets=nothing))
    assert (untold.earned, dict(untold.origins)) == (None, {Origin.NO_FEED: 30})
    assert untold.sentence == "首次联系解决率：4 张工单没有填“首次解决”，不计入"


def test_a_value_of_the_month_weighs_its_printed_points(tmp_path):
    given = feeds(tmp_path, hours=hours(100, 100))
    for of in (1, 7):
        row = month_of(KF01, [call(KF01, n, *PHRASES, wait=30) for n in range(of)], given)
        # of 55 points that have a source, the five for three rings are lost, in each call
        assert row.tally == Tally(pytest.approx(of * 50), pytest.approx(of * 55))
        assert row.score == pytest.approx(100 * 50 / 55, abs=0.005)


def test_an_item_that_calls_rarely_answer_keeps_its_weight_against_the_month(tmp_path):
    # 9 points of KF03 (致歉、主动服务、道别) are asked where a customer complains, 14 come from a feed, whatever
    # the number of calls
    given = feeds(
        tmp_path,
        tickets=tickets(3, 3),
        callbacks=[
            {
                "service_id": "S1",
                "agent_id": "1001",
                "served_at": "2025-03-03 10:00",
                "called_back_at": "2025-03-04 10:00",
            }
        ],
    )
    complaints = [call(KF03, n, COMPLAINT) for n in range(2)]
    quiet = [call(KF03, n) for n in range(2, 50)]
    for taken in (complaints, [*complaints, *quiet]):
        assert month_of(KF03, taken, given).score == pytest.approx(100 * 14 / 23, abs=0.005)
    assert month_of(KF03, quiet, given).score == 100


# veto and bonus


def test_a_veto_of_a_call_leaves_nothing_of_it():
    card = with_item(KF01, "KF01-4", auto_fail=True, parts=KF01.criterion("KF01-4").parts[1:2])
    good, vetoed = call(card, 0, *PHRASES), call(card, 1, *PHRASES, HARSH)
    row = month_of(card, [good, vetoed])
    assert (row.tally, row.score, row.vetoed) == (Tally(35, 70), 50, "")
    assert items(row)["KF01-9"].tally == Tally(5, 10)


def test_a_bonus_is_added_and_never_possible(tmp_path):
    extra = Criterion(
        id="B",
        title="客户表扬",
        standard="加分",
        points=5,
        bonus=True,
        indicator="tickets.record_errors",
        scoring={"kind": "count", "each": 2},
    )
    card = changed(TABLE1, criteria=(*TABLE1.criteria, extra))
    full = {"T1-1": 1, "T1-2": 0, "T1-3": 1, "T1-4": 0, "T1-5": 1}
    without, nothing, twice, never = (
        month_of(card, (), feeds(tmp_path, judged=judged(full | given)))
        for given in ({}, {"B": 0}, {"B": 2}, {"B": "n_a"})
    )
    assert [row.score for row in (without, nothing, twice, never)] == [100, 100, 104, 100]
    assert (twice.low, twice.high, twice.grade) == (104, 104, "优秀")
    assert without.scored_share == nothing.scored_share == twice.scored_share == 1  # nobody need earn a bonus
    assert items(twice)["B"].origins == ((Origin.PERSON, 0.0),)
    assert sum(twice.origins.values()) == 100


def test_a_bonus_of_the_calls_is_inside_the_interval():
    extra = Criterion(
        id="B",
        title="主动服务",
        standard="加分",
        points=5,
        bonus=True,
        parts=({"title": "推荐", "rule": {"kind": "heard", "detector": "proactive_offer", "terms": ["offer"]}},),
    )
    card = changed(KF01, criteria=(*KF01.criteria, extra))
    taken = [call(card, n, *PHRASES, *[replace(OFFER, confidence=0.8)] * (n < 10)) for n in range(20)]
    row = month_of(card, taken)
    assert row.score == pytest.approx(100 * (35 + 2.5) / 35, abs=0.005)
    assert row.low < row.score <= row.high
    assert items(row)["B"].tally == Tally(50, 0)


def test_every_sentence_is_there_for_an_item_without_calls(tmp_path):
    given = feeds(tmp_path, judged=judged({"H-6": 4.5, "H-8": 2}))
    row = items(month_of(JIAZHENG, (), given))
    assert row["H-8"].sentence == "人工评定，团队合作 2 分，低于 4 分，完成目标的 50.0%，得 5.56 分"
    assert row["H-1"].sentence == "响应时间：没有外部数据"
    assert all(each.sentence for each in row.values())


def test_calls_of_nobody_have_no_feeds(tmp_path):
    given = feeds(tmp_path, tickets=tickets(10, 9))
    rows = assess(MONTH, TABLE1, [call(TABLE1), call(TABLE1, 1, agent_id=None)], given)
    assert [dict(items(row)["T1-3"].origins) for row in rows] == [{Origin.FEED: 30}, {Origin.NO_CALLS: 30}]
    assert rows[1].score is None


# items that a feed answers, as their documents print them


def rows_of_tickets(*rows: dict[str, str]) -> list[dict]:
    """Tickets of Friday 7 March, 10 o'clock; each row says what is special about it."""
    columns = dict.fromkeys((key for row in rows for key in row), "")
    base = {"agent_id": "1001", "created_at": "2025-03-07 10:00"}
    return [{"ticket_id": f"T{number}", **base, **columns, **row} for number, row in enumerate(rows)]


def test_service_in_time_is_scored_as_kf02_prints_it(tmp_path):
    """Six sub-items of 5: hours 符合, desk by a person; of 4 urgent ones 3, of 4 general ones 2, nights 1 of 2."""
    urgent = {"kind": "报修", "urgent": "是", "night": "否", "responded_at": "2025-03-07 10:10"}
    general = {"kind": "报修", "urgent": "否", "night": "否", "dispatched_at": "2025-03-07 10:40"}
    night = {"kind": "报修", "urgent": "否", "night": "是"}
    done, tomorrow, late = (f"2025-03-{day:02d} 16:00" for day in (7, 8, 9))
    table = rows_of_tickets(
        *[{**urgent, "closed_at": done, "work_order": "是"}] * 3,
        {**urgent, "closed_at": done, "work_order": "否"},
        *[{**general, "closed_at": done}] * 2,
        {**general, "closed_at": tomorrow, "progress_told": "是"},
        {**general, "dispatched_at": "2025-03-07 11:01", "closed_at": done},
        {**night, "closed_at": tomorrow},  # not dispatched within the hour, which is not asked at night
        {**night, "closed_at": late, "progress_told": "是"},
    )
    given = feeds(tmp_path, tickets=table, hours=hours(24, 24), judged=judged({"KF02-3-2": "符合"}))
    scored = item(KF02, "KF02-3", (), given)
    # 5 + 5 + 5×0.8 (3 of 4) + 5×0.6 (2 of 4) + 5×0.6 (1 of 2) + 5
    assert scored.tally == Tally(pytest.approx(25), 30)
    unfilled = [{**row, "night": ""} if row["urgent"] == "否" else row for row in table]
    (tmp_path / "blank").mkdir()
    given = feeds(tmp_path / "blank", tickets=unfilled, hours=hours(24, 24), judged=judged({"KF02-3-2": "符合"}))
    waiting = item(KF02, "KF02-3", (), given)
    assert dict(waiting.origins)[Origin.NO_FEED] == 10  # whether they came at night decides two of the sub-items
    assert "6 张工单没有填“类型、紧急、夜间受理”，不计入" in waiting.sentence


def test_only_major_complaints_are_replied_to_within_a_working_day(tmp_path):
    """A late enquiry costs nothing; of two major complaints one is late."""
    card = with_item(find_scorecard("kf03"), "KF03-五-2", points=30)
    criterion = card.criterion("KF03-五-2")
    assert criterion.open
    assert [(part.indicator, part.limit, part.at_least) for part in criterion.parts] == [
        ("tickets.reason_given", None, None),
        ("tickets.minor_on_the_spot", None, None),
        ("tickets.major_forwarded", None, None),
        ("tickets.major_replied", 1, None),
    ]
    filled = tuple(
        part.model_copy(update={"at_least": 1.0} | ({"limit": 10} if "上报" in part.title else {}))
        for part in criterion.parts
    )
    card = changed(with_item(card, "KF03-五-2", parts=filled), assessed=("KF03-五-2",))
    major = {"kind": "投诉", "severity": "重大", "first_contact": "否", "forwarded_at": "2025-03-07 10:05"}
    table = [
        {"kind": "咨询", "first_contact": "否", "replied_at": "2025-03-20 10:00"},
        {"kind": "投诉", "severity": "轻微", "first_contact": "是"},
        {"kind": "投诉", "severity": "不合理", "first_contact": "否", "reason_given": "是"},
        {**major, "replied_at": "2025-03-10 17:00"},  # the Monday
    ]
    good = item(card, "KF03-五-2", (), feeds(tmp_path, tickets=rows_of_tickets(*table)))
    assert good.tally == Tally(30, 30)
    (tmp_path / "late").mkdir()
    late = rows_of_tickets(*table, {**major, "replied_at": "2025-03-11 09:00"})
    # one of the four parts is not met: three quarters are 基本符合, or each part has its own level
    scored = item(card, "KF03-五-2", (), feeds(tmp_path / "late", tickets=late))
    assert scored.tally == Tally(24, 30)


def test_complaints_in_time_of_shimao_wait_for_both_figures(tmp_path):
    given = feeds(tmp_path, tickets=rows_of_tickets({"kind": "投诉", "closed_at": "2025-03-08 09:00"}))
    assert [part.open for part in SHIMAO.criterion("SM-21").parts] == [False, True, True]
    switches = {"SM-21.parts.2.at_least": "0.95"}
    shipped = bundled_scorecards()["shimao"]
    assert with_switches(shipped, switches).criterion("SM-21").parts[1].open
    card = with_switches(shipped, {**switches, "SM-21.parts.2.limit": "24"})
    scored = item(card, "SM-21", (), given)
    assert "本月投诉处理及时率 100.0%" in scored.sentence
    assert dict(scored.origins)[Origin.FEED] == pytest.approx(100 / 21 / 3)
