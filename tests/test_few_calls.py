"""What few calls leave open, and what people said on the calls that they listened to, in a month."""

from dataclasses import replace
from math import sqrt

import pytest

from pipeline.evaluation import evaluate
from pipeline.indicators import Feeds
from pipeline.month.assessment import ScoredCall
from pipeline.month.assessment.agent_month import AgentMonth, Origin
from pipeline.month.assessment.chance import reach, widened
from pipeline.month.assessment.month_card import Assessee
from pipeline.month.assessment.months import assess_one
from pipeline.review.answers import PersonAnswer
from pipeline.review.replay import replay
from pipeline.scorecard import Scorecard
from pipeline.tally import Tally
from tests.builders import CALL, changed, finding, hearing
from tests.test_items import GREETING, MIXED, THANKS, card, said

MONTH = "2025-03"
Z90 = 1.6448536269514722
GRADES = [{"name": "优秀", "least": 90}, {"name": "不合格", "least": 0, "failing": True}]
PLAIN = card({"id": "A", "parts": [{"title": "问候", "rule": GREETING}, {"title": "感谢", "rule": THANKS}]})


def taken(of: Scorecard, number: int, *acts: PersonAnswer, terms=("greeting", "thanks")) -> ScoredCall:
    """A call in which these phrases were found, surely heard."""
    heard = hearing("坐席：您好这里是阳光家政请问", call=replace(CALL, id=f"C{number}"))
    found = tuple(
        replace(finding("required_phrase", term), confidence=1.0, call_id=heard.call.id) for term in terms
    )
    scored = replay(heard, found, of, "", [replace(act, call_id=heard.call.id) for act in acts])
    assert scored.evaluation == evaluate(heard, found, of, "") or acts
    return scored


def month(of: Scorecard, calls: list[ScoredCall], feeds: Feeds | None = None) -> AgentMonth:
    return assess_one(MONTH, of, calls, feeds or Feeds.read(None), Assessee("agent", "1001"))


def test_one_call_says_little_and_says_so():
    row = month(changed(PLAIN, grades=GRADES), [taken(PLAIN, 1)])
    # R = 1, q = (1 + 1/2) / 2 = 3/4: z sqrt(q (1 - q)) = 1.645 * 0.4330 = 0.712 of the points
    assert row.score == 100.0
    assert row.heard == (100.0, 100.0)
    assert (row.low, row.high) == (pytest.approx(100 - 100 * Z90 * sqrt(3 / 16)), 100.0)
    assert row.grade is None
    assert row.undecided.startswith("只有 1 通，得分区间 28.78–100 跨过 90 分线")
    assert row.shares_told == "其中因听写、角色判断有疑 100–100，其余因为只有 1 通"


def test_of_many_calls_chance_withholds_no_grade():
    calls = [taken(PLAIN, n, terms=("greeting",) if n == 0 else ("greeting", "thanks")) for n in range(12)]
    row = month(changed(PLAIN, grades=GRADES), calls)
    # eleven calls 符合, one 基本符合 (half of it heard): (11 * 10 + 7) / 120
    assert row.score == 97.5
    assert row.low < 90 < row.heard[0], "by chance it might lie below the line"
    assert row.grade == "优秀", "but what was heard in twelve calls is not in doubt"
    assert month(changed(PLAIN, grades=GRADES, few_calls=13), calls).grade is None


@pytest.mark.parametrize("count", [4, 16])
def test_the_reach_falls_with_the_root_of_the_number(count):
    half = [Tally(10.0 * (n % 2), 10.0) for n in range(count)]
    share = reach(half) / (10 * count)
    assert share == pytest.approx(Z90 * sqrt(count * 0.25 + 0.25) / count)


def test_chance_and_doubt_add_by_squares():
    assert widened(87.0, 90.0, 94.0, [(4.0, 3.0), (0.0, 0.0)]) == (85.0, 95.0)
    assert widened(90.0, 90.0, 90.0, []) == (90.0, 90.0)


def test_what_people_said_on_some_calls_counts_as_their_mean():
    acts = [said(MIXED, "A-2", "符合"), said(MIXED, "A-3", "不符合", 2)], [said(MIXED, "A-3", "基本符合")]
    calls = [taken(MIXED, n, *more) for n, more in enumerate([*acts, [], []])]
    row = month(MIXED, calls)
    by_rules, people = Tally(16.0, 16.0), Tally(3 + 0 + 2.1, 3 + 3 + 3)
    # The mean of the six points that people answered, counted as often as there are calls: four.
    a = row.criteria[0]
    assert a.tally.possible == pytest.approx(by_rules.possible + 4 * 6)
    assert a.tally.awarded == pytest.approx(by_rules.awarded + 4 * 6 * people.share)
    assert dict(a.origins) == {Origin.CALLS: 4.0, Origin.PERSON: 6.0}
    assert "人工听评 2 通取平均，得 3.4/6 分" in a.sentence
    assert dict(row.criteria[1].origins) == {Origin.NO_PERSON: 10.0}, "nobody said anything of B"


def test_an_item_that_rules_decide_does_not_count_a_second_time_where_a_person_overruled_it():
    row = month(MIXED, [taken(MIXED, 1, said(MIXED, "A-1", "不符合")), taken(MIXED, 2)])
    assert row.criteria[0].tally == Tally(4.0, 8.0)


def test_an_item_that_arose_on_no_call_leaves_the_month():
    row = month(MIXED, [taken(MIXED, 1, said(MIXED, "A-2", None), said(MIXED, "B", "基本符合", 2))])
    assert dict(row.criteria[0].origins) == {Origin.CALLS: 4.0, Origin.NOT_APPLICABLE: 3.0, Origin.NO_PERSON: 3.0}
    assert row.criteria[1].earned == pytest.approx(7.0)


def test_a_value_of_the_month_goes_before_the_calls_and_never_counts_twice(tmp_path):
    (tmp_path / "judged.csv").write_text("agent_id,month,item,value,by\n1001,2025-03,B,符合,王\n", encoding="utf-8")
    calls = [taken(MIXED, 1, said(MIXED, "B", "不符合"))]
    row = month(MIXED, calls, Feeds.read(tmp_path))
    assert row.criteria[1].earned == 10.0
    assert row.criteria[1].sentence.endswith("已有按月的评定，1 通通话上的人工评定不再计入")
    assert month(MIXED, calls).criteria[1].earned == 0.0


def test_an_auto_fail_that_people_see_takes_its_call_and_not_the_month():
    of = card(
        {"id": "A", "parts": [{"title": "问候", "rule": GREETING}]}, {"id": "F", "auto_fail": True, "points": 10}
    )
    row = month(of, [taken(of, 1, said(of, "F", "不符合")), taken(of, 2)])
    assert (row.vetoed, row.score) == ("", 50.0)
