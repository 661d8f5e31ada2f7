"""What was said and not caught becomes a label of the turn in which it was said."""

from dataclasses import replace

import pytest

from pipeline.call import Direction
from pipeline.review.answers import Occasion
from pipeline.review.opinions import criterion_of_call
from pipeline.scorecard import find_scorecard
from pipeline.validation.learning.labels import Source
from pipeline.validation.learning.lessons import label_of_phrase, phrases_not_found, second_of
from tests.builders import CALL, finding, hearing
from tests.test_disputes import a_ruling

KF01 = find_scorecard("kf01")
SAID = hearing("坐席：您好请讲", "客户：没有了", "坐席：那还要不要看看别的呢", "客户：不用")
ITEM = next(
    asked
    for asked in KF01.call_criteria
    if len(asked.rules) == 1 and asked.rules[0][1].kind == "heard" and len(asked.rules[0][1].terms) == 1
)
RULE = ITEM.rules[0][1]


def test_the_turn_in_which_it_was_said_is_labelled():
    act = replace(a_ruling(criterion_id=ITEM.criterion.id), reason="not_caught", source=Occasion.DISPUTE)
    at = SAID.turns[2].span.start + 0.5
    (label,) = label_of_phrase(act, ITEM, (), SAID, at)
    assert label.criterion == f"{RULE.detector}/{RULE.terms[0]}"
    assert (label.holds, label.gold, label.source, label.by) == (True, True, Source.DISPUTE, "wang")
    assert label.text == "那还要不要看看别的呢"
    assert label.before == "没有了"
    assert label_of_phrase(act, ITEM, (), SAID, SAID.turns[2].span.start - 0.5) == (label,)


def test_where_the_agent_says_nothing_is_told():
    with pytest.raises(ValueError, match="没有坐席的话"):
        label_of_phrase(a_ruling(), ITEM, (), SAID, 500.0)
    with pytest.raises(ValueError, match="没有坐席的话"):
        label_of_phrase(a_ruling(), ITEM, (), hearing("客户：喂"), 9.0)


def test_what_was_found_was_not_missed():
    heard = finding(RULE.detector, RULE.terms[0])
    assert phrases_not_found(ITEM, (heard,), SAID) == ()
    assert label_of_phrase(a_ruling(), ITEM, (heard,), SAID, 9.0) == ()


def test_of_several_phrases_none_is_labelled():
    several = next(a for a in KF01.call_criteria if len(phrases_not_found(a, (), SAID)) > 1)
    assert label_of_phrase(a_ruling(), several, (), SAID, 9.0) == ()


def test_an_outbound_call_is_not_asked_everything():
    outbound = replace(SAID, call=replace(CALL, direction=Direction.OUTBOUND))
    for asked in KF01.call_criteria:
        assert set(phrases_not_found(asked, (), outbound)) <= set(phrases_not_found(asked, (), SAID))
    assert criterion_of_call(KF01, ITEM.criterion.id) == ITEM


@pytest.mark.parametrize("written", ["", "abc", "-3", "1:2:3", "１２", "1e5", "999999"])
def test_no_time_is_no_time(written):
    with pytest.raises(ValueError, match="不是时间"):
        second_of(written)
