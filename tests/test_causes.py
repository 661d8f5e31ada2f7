"""Why characters are heard wrong: one cause for each edit, and as many causes as edits."""

import pytest

from pipeline.validation.accuracy.causes import causes
from pipeline.validation.accuracy.characters import edits


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("您好再见", "您好再见", []),
        ("我要投诉", "我要头诉", ["homophones"]),
        ("我要投诉", "我要走路", ["other", "other"]),
        ("工号一零零二", "工号1003", ["numerals"]),
        ("工号一零零二", "工号1002", []),
        ("一共四十五元", "一共是五元", ["numerals", "numerals"]),
        ("阳光家政您好", "阳光家郑您号", ["names", "homophones"]),
        ("好的我们明天上午过去", "好的过去", ["dropped"] * 6),
        ("好的过去", "好的谢谢观看谢谢过去", ["invented"] * 6),
        ("好的", "好", ["other"]),
    ],
)
def test_each_edit_has_one_cause(said, heard, expected):
    found = list(causes(said, heard, names=["阳光家政"]))
    assert found == expected
    assert len(found) == edits(said, heard)


def test_what_the_other_one_said_is_a_matter_of_roles():
    agent, customer = ("请问有什么可以帮您", "请问"), ("我要退款", "有什么可以帮您我要退款")
    assert list(causes(*agent, other=customer)) == ["other_role"] * 7
    assert list(causes(*customer, other=agent)) == ["other_role"] * 7
