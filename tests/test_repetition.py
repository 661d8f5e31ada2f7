"""A customer who has to say the same again."""

from pipeline.findings.detectors.repetition import REPETITION
from tests.builders import dialogue, hearing


def found_in(*lines):
    return [(f.quote, f.value) for f in REPETITION.findings(hearing(*lines))]


def test_the_same_again_and_the_second_saying_is_where_to_listen():
    call = hearing("客户：我家水管漏水了", "坐席：什么事", "客户：我家水管漏水了")
    assert [(f.quote, f.value, f.span) for f in REPETITION.findings(call)] == [
        ("我家水管漏水了", 1.0, call.turns[2].span)
    ]


def test_other_words_and_sounds_misheard_are_still_the_same():
    assert found_in("客户：我要投诉你们师傅", "坐席：嗯", "客户：我要头数你们的师傅")[0][1] > 0.8


def test_something_else_is_not_the_same():
    assert not found_in("客户：我家水管漏水了", "坐席：嗯", "客户：那你们几点能过来看一下")


def test_short_sentences_back_channels_and_numbers_do_not_count():
    for text in ("没有了", "对对对是的好的", "1380013220"):
        assert not found_in(f"客户：{text}", "坐席：嗯", f"客户：{text}"), text


def test_the_agent_reading_back_is_no_repetition():
    assert not found_in("客户：我家水管漏水了", "坐席：我家水管漏水了")


def test_whoever_says_it_twice_in_a_breath_does_so_himself():
    assert not found_in("客户：我家水管漏水了，我家水管漏水了")


def test_only_turns_of_late_are_compared():
    between = [line for n in range(5) for line in ("坐席：嗯", f"客户：第{'一二三四五'[n]}件事情是别的")]
    first, last = "客户：我家水管漏水了", "客户：我家水管漏水了"
    assert ("我家水管漏水了", 1.0) in found_in(first, *between[:8], "坐席：嗯", last), "five turns of his ago"
    assert ("我家水管漏水了", 1.0) not in found_in(first, *between, "坐席：嗯", last), "six turns ago"


def test_turns_without_words_are_passed_over():
    assert not list(REPETITION.findings(hearing(turns=dialogue("坐席：您好"))))
