"""What a person heard otherwise: how it is written, and how a call reads with it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hearing import Look
from pipeline.hearing.amendment import corrected, misfits
from pipeline.hearing.corrections import (
    Correction,
    CorrectionKind,
    role_corrected,
    roles_swapped,
    standing_corrections,
    words_corrected,
)
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from tests.builders import dialogue, hearing, talk, words

AT = datetime(2025, 4, 1, tzinfo=UTC)
HEARD = hearing("坐席：您好这里是阳光家政", "客户：我想约保洁", "坐席：好的再见")
BY = {"call_id": "C1", "by": "wang", "at": AT}


def respelt(text, turn=0, heard=HEARD):
    return words_corrected(heard.turns[turn], text, **BY)


def test_only_the_words_that_change_are_replaced_and_keep_their_time():
    act = respelt("您好这里是洋洸家政")
    assert (act.old, act.new, act.turn_index) == ("阳光", "洋洸", 0)
    first = HEARD.turns[0].words
    assert act.span == Span(first[5].span.start, first[6].span.end)
    after = corrected(HEARD, [act])
    turn = after.turns[0]
    assert turn.text == "您好这里是洋洸家政"
    assert [word.span for word in turn.words] == [word.span for word in first]
    assert [word.probability for word in turn.words[4:8]] == [0.9, 1.0, 1.0, 0.9]
    assert after.turns[1:] == HEARD.turns[1:]
    assert HEARD.turns[0].text == "您好这里是阳光家政", "what was heard stays"


def test_more_and_fewer_characters_share_the_time_of_those_replaced():
    longer = corrected(HEARD, [respelt("您好这里是大阳太光家政")]).turns[0]
    assert longer.text == "您好这里是大阳太光家政"
    assert longer.span == HEARD.turns[0].span
    starts = [word.span.start for word in longer.words]
    assert starts == sorted(starts)
    shorter = corrected(HEARD, [respelt("您好这里是家政")]).turns[0]
    assert shorter.text == "您好这里是家政"
    assert shorter.words[-1].span == HEARD.turns[0].words[-1].span


def test_the_whole_of_a_turn_may_be_others_words():
    act = respelt("喂喂", turn=2)
    assert (act.old, act.new) == ("好的再见", "喂喂")
    turn = corrected(HEARD, [act]).turns[2]
    assert [(w.text, w.span.duration) for w in turn.words] == [("喂", 0.5), ("喂", 0.5)]


@pytest.mark.parametrize(
    ("text", "why"),
    [("您好这里是阳光家政", "没有更正"), ("", "没有内容"), ("。，", "没有内容"), ("长" * 2001, "过长")],
)
def test_what_changes_nothing_or_leaves_nothing_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        respelt(text)


@given(st.text("您好这里是阳光家政约保洁。", min_size=1, max_size=14))
def test_any_text_is_read_as_it_was_typed_in_order_and_inside_the_turn(text):
    try:
        act = respelt(text)
    except ValueError:
        return
    turn = corrected(HEARD, [act]).turns[0]
    assert turn.text == text
    span = HEARD.turns[0].span
    assert all(span.start <= w.span.start <= w.span.end <= span.end + 1e-9 for w in turn.words)
    assert [w.span.start for w in turn.words] == sorted(w.span.start for w in turn.words)
    assert misfits(HEARD, [act]) == ()


def test_how_sure_the_words_are_follows():
    after = corrected(HEARD, [respelt("喂喂", turn=2)])
    letters = sum(len(turn.text) for turn in HEARD.turns)
    assert after.quality.word_confidence == pytest.approx(((letters - 4) * 0.9 + 2) / (letters - 2))
    assert after.quality.agent_seconds == pytest.approx(HEARD.quality.agent_seconds)


def test_a_second_look_at_the_same_words_reads_as_corrected():
    again = replace(HEARD.turns[0], words=words("你号这里是太阳光家政", 8.7), text="你号这里是太阳光家政")
    heard = replace(HEARD, looks=(Look("opening", Span(8.7, 12.0), (again,)),))
    after = corrected(heard, [respelt("您好这里是洋洸家政")])
    assert "洋洸" in after.looks[0].turns[0].text
    assert after.looks[0].turns[0].text.startswith("你号这里")


def test_somebody_else_said_it():
    heard = talk(("坐席", 10.0, "您好"), ("客户", 12.0, "请稍等"), ("客户", 20.0, "好"))
    act = role_corrected(heard.turns[1], Role.AGENT, **BY)
    after = corrected(heard, [act])
    assert [turn.role for turn in after.turns] == [Role.AGENT, Role.AGENT]
    assert after.turns[1].confidence == 1.0
    assert [each.role for each in after.acoustics.stretches] == [Role.AGENT, Role.AGENT, Role.AGENT]
    assert after.quality.agent_seconds > heard.quality.agent_seconds
    with pytest.raises(ValueError, match="没有更正"):
        role_corrected(heard.turns[1], Role.CUSTOMER, **BY)


def test_swapped_by_a_person_it_is_certain():
    after = corrected(HEARD, [roles_swapped(HEARD, by="wang", at=AT)])
    assert [turn.role for turn in after.turns] == [Role.CUSTOMER, Role.AGENT, Role.CUSTOMER]
    assert after.quality.role_confidence == 1.0
    assert {turn.confidence for turn in after.turns} == {1.0}
    back = corrected(HEARD, [roles_swapped(HEARD, by="wang", at=AT), roles_swapped(after, by="li", at=AT)])
    assert [turn.role for turn in back.turns] == [turn.role for turn in HEARD.turns]
    with pytest.raises(ValueError, match="无从对调"):
        roles_swapped(hearing("机器：欢迎致电"), by="wang", at=AT)


def test_corrections_follow_each_other():
    first = respelt("您好这里是洋洸家政")
    second = respelt("您好这里是阳洸家政", heard=corrected(HEARD, [first]))
    assert (second.old, second.new) == ("洋", "阳")
    assert corrected(HEARD, [first, second]).turns[0].text == "您好这里是阳洸家政"
    assert misfits(HEARD, [second]) == (second,), "without the first its words are not there"


def test_heard_anew_a_correction_is_laid_over_only_where_its_words_still_are():
    act = respelt("您好这里是洋洸家政")
    moved = hearing("机器：欢迎", "坐席：您好这里是阳光家政", turns=dialogue("坐席：您好这里是阳光家政", start=8.8))
    assert corrected(moved, [act]).turns[0].text == "您好这里是洋洸家政", "a little later, the same words"
    right = hearing("坐席：您好这里是洋洸家政")
    assert corrected(right, [act]) == right
    assert misfits(right, [act]) == (act,)
    swap = roles_swapped(HEARD, by="wang", at=AT)
    already = hearing("客户：您好这里是阳光家政", "坐席：我想约保洁")
    assert misfits(already, [swap]) == (swap,), "heard the right way round, it is not turned again"


def test_what_was_undone_counts_no_more():
    act = replace(respelt("您好"), id=1)
    undo = Correction("C1", CorrectionKind.UNDO, 0, act.span, "", "", "wang", AT, id=2, undoes=1)
    assert standing_corrections([act, undo]) == ()
    assert standing_corrections([act]) == (act,)
    with pytest.raises(ValueError, match="names what it undoes"):
        replace(undo, undoes=None)
    with pytest.raises(ValueError, match="says where"):
        replace(act, span=None)
    with pytest.raises(ValueError, match="署名"):
        replace(act, by="")
    with pytest.raises(ValueError, match="changes nothing by itself"):
        corrected(HEARD, [undo])
