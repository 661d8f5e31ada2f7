"""Doubtful roles are tried both ways: what hangs on them is said in points; where nothing does, nobody is asked."""

from dataclasses import replace
from functools import partial

import pytest

from pipeline.evaluation import evaluate
from pipeline.evaluation.counterfactual import dependences, with_role_effect
from pipeline.findings.detection import detect
from pipeline.hearing import Quality
from pipeline.hearing.turns import Role
from pipeline.scorecard import find_scorecard
from tests.builders import bundled, hearing

KF01 = find_scorecard("kf01")
LEXICONS = tuple(lexicon for name, lexicon in bundled().items() if name != "roles")
DOUBTFUL = Quality(40.0, 39.0, 0.9, 0.62, 12.0)
POLITE = (
    "坐席：您好，阳光家政，工号一零零一，请问有什么可以帮您",
    "客户：我想问一下钟点工怎么收费",
    "坐席：四十五元一个小时，请问还有其他可以帮到您吗",
    "客户：没有了，我再想想，跟家里人商量一下",
    "坐席：感谢您的来电，再见",
)


def judge(heard, card=KF01):
    return evaluate(heard, detect(heard, LEXICONS), card, "f00d")


def tried(*lines, card=KF01, quality=DOUBTFUL, why=()):
    heard = hearing(*lines, quality=quality)
    return with_role_effect(heard, judge(heard, card), card, partial(judge, card=card), why)


def test_the_turns_change_hands_and_the_machine_keeps_its_own():
    one = hearing("机器：您的通话将被录音", "坐席：您好请讲", "客户：喂", quality=DOUBTFUL)
    other = one.swapped()
    assert [turn.role for turn in other.turns] == [Role.SYSTEM, Role.CUSTOMER, Role.AGENT]
    assert other.quality.role_confidence == pytest.approx(0.38)
    assert other.quality.agent_seconds == pytest.approx(0.25)
    back = other.swapped()
    assert [turn.role for turn in back.turns] == [turn.role for turn in one.turns]
    assert back.quality.agent_seconds == pytest.approx(4 * 0.25)


def test_the_review_says_which_criteria_and_how_many_points():
    judged = tried(*POLITE)
    (line,) = judged.review
    assert "区分把握只有 62%" in line
    assert line.endswith("请人工核对角色")
    heard = hearing(*POLITE, quality=DOUBTFUL)
    depends = dependences(judge(heard), judge(heard.swapped()), KF01)
    assert depends
    for each in depends:
        assert str(each) in line
        assert each.as_judged.tally != each.if_swapped.tally or each.as_judged.outcome != each.if_swapped.outcome
    lost = [each for each in depends if each.if_swapped.tally.awarded < each.as_judged.tally.awarded]
    assert any(f"由 {e.as_judged.tally.awarded:g} 分变 {e.if_swapped.tally.awarded:g} 分" in line for e in lost)


def test_the_score_itself_stays():
    heard = hearing(*POLITE, quality=DOUBTFUL)
    assert tried(*POLITE).answers == judge(heard).answers


def test_where_nothing_hangs_on_the_roles_nobody_is_asked():
    same = ("坐席：嗯那个事情我知道的", "客户：嗯那个事情我知道的", "坐席：好那就这样吧", "客户：好那就这样吧")
    heard = hearing(*same, quality=DOUBTFUL)
    assert judge(heard).review, "on its own the doubt asks for a person"
    depends = dependences(judge(heard), judge(heard.swapped()), KF01)
    assert depends == ()
    assert tried(*same).review == ()


def test_sure_roles_are_not_tried():
    heard = hearing(*POLITE)
    judged = judge(heard)
    assert with_role_effect(heard, judged, KF01, lambda _: pytest.fail("tried")) is judged


def test_an_unscorable_call_stays_so():
    heard = hearing("客户：喂", quality=replace(DOUBTFUL, agent_seconds=0.1))
    judged = judge(heard)
    assert with_role_effect(heard, judged, KF01, lambda _: pytest.fail("tried")) is judged


def test_a_call_that_would_not_be_scorable_says_so():
    (line,) = tried("坐席：您好阳光家政工号一零零一请问有什么可以帮您", "客户：喂").review
    assert "本通将不可评" in line


def test_the_evidence_is_named_and_other_reviews_stay():
    heard = hearing(*POLITE, quality=DOUBTFUL)
    judged = judge(heard)
    judged = replace(judged, review=(*judged.review, "请核对录音"))
    line, kept = with_role_effect(heard, judged, KF01, judge, ["开口先后 +0.9"]).review
    assert "（依据：开口先后 +0.9）" in line
    assert kept == "请核对录音"
