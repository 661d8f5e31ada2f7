"""What was said beside what was heard: as few edits as the error rate counts, and the likelier pair of equals."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.validation.accuracy.alterations import alterations
from pipeline.validation.accuracy.characters import edits, plain

TEXT = st.text("您好请稍等一二十零0159:.,%吗 a", max_size=14)


@given(TEXT, TEXT)
@example("四十五元九点半", "45元9:30")
@example("12号", "12号")
@example("", "好")
def test_there_are_as_many_as_the_error_rate_counts(said, heard):
    assert len(alterations(said, heard)) == edits(said, heard)


@given(TEXT, TEXT)
def test_said_and_heard_lose_and_gain_what_the_lengths_tell(said, heard):
    found = alterations(said, heard)
    swallowed, added = sum(not each.heard for each in found), sum(not each.said for each in found)
    assert all(each.said != each.heard for each in found)
    if not any(c.isdigit() for c in heard):
        assert len(plain(heard)) - len(plain(said)) == added - swallowed


@pytest.mark.parametrize(
    ("said", "heard", "pairs"),
    [
        ("请稍等", "请烧等", [("稍", "烧", True)]),
        ("我要投诉", "我要头数", [("投", "头", True), ("诉", "数", False)]),
        ("感谢来电", "感谢店", [("来", "", False), ("电", "店", True)]),  # and not 来 for 店, 电 swallowed
        ("您好", "您好啊", [("", "啊", False)]),
        ("幺〇〇二", "1002", []),
    ],
)
def test_what_stands_beside_what(said, heard, pairs):
    assert [(each.said, each.heard, each.same_sound) for each in alterations(said, heard)] == pairs
