"""Words of the first and last seconds go to who must have said them; what a customer says stays the customer's."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.hearing.edges import MOVED, protect
from pipeline.hearing.roles import Roles
from pipeline.hearing.turns import Role, Utterance, to_turns
from pipeline.hearing.zones import VOICES
from tests.builders import CALL, bundled, hearing, utterance, words

AGENT = Roles(0, 0.99, frozenset())
WORDING, REQUIRED = bundled()["roles"], bundled()["required"]
CALL_LINES = (
    "0：您好，阳光家政，工号一零零一，请问有什么可以帮您",
    "1：我想问一下钟点工怎么收费",
    "0：日常保洁四十五元一个小时两个小时起做",
    "1：好的我跟家里人商量一下",
    "0：请问还有其他可以帮到您吗",
    "1：没有了谢谢",
    "0：感谢您的来电，祝您生活愉快，再见",
    "1：再见",
)


def utterances(*lines: str) -> list[Utterance]:
    """Utterances written ``0：…`` or ``1：…``, half a second apart."""
    heard, at = [], 0.0
    for line in lines:
        heard.append(utterance(int(line[0]), line[2:], at))
        at = heard[-1].span.end + 0.5
    return heard


def flipped(line: str, wrong: set[int], start: float = 0.0) -> list[Utterance]:
    """The agent's line, a character an utterance, those at `wrong` given to the customer's voice."""
    return [Utterance(int(n in wrong), (word,)) for n, word in enumerate(words(line, start))]


def said(heard, roles: Roles = AGENT) -> dict[int, str]:
    text = {0: "", 1: ""}
    for each in protect(heard, roles, WORDING, CALL.own_slots):
        text[each.speaker] += each.text
    return text


def heard_of_agent(heard) -> set[str]:
    mended = protect(heard, AGENT, WORDING, CALL.own_slots)
    turns = to_turns(mended, lambda n: AGENT.of(n, mended[n]), 0.99)
    found = phrase_findings(hearing(turns=turns), REQUIRED)
    return {finding.term for finding in found if finding.role is Role.AGENT}


def test_a_call_whose_voices_are_right_stays_as_it_is():
    heard = utterances(*CALL_LINES)
    assert protect(heard, AGENT, WORDING, CALL.own_slots) == tuple(heard)


def test_a_greeting_given_to_the_customer_is_the_agents():
    heard = utterances("1" + CALL_LINES[0][1:], *CALL_LINES[1:])
    assert {"greeting", "company", "staff_id", "offer_help"} <= heard_of_agent(heard)


def test_a_farewell_given_to_the_customer_is_the_agents():
    heard = utterances(*CALL_LINES[:6], "1：感谢您的来电，再见", "1：再见")
    assert {"thanks", "goodbye"} <= heard_of_agent(heard)
    assert said(heard)[1].endswith("再见"), "the customer keeps a goodbye of his own"


def test_a_farewell_that_begins_in_the_customers_stretch_is_the_agents():
    heard = utterances(*CALL_LINES[:5], "1：感谢", "0：您的来电，再见", "1：再见")
    assert said(heard)[0].endswith("感谢您的来电，再见")
    assert {"thanks", "goodbye"} <= heard_of_agent(heard)


@pytest.mark.parametrize("line", ["谢谢", "没有了谢谢", "感谢你们"])
def test_what_a_customer_says_before_a_farewell_stays_his(line):
    heard = utterances(*CALL_LINES[:5], f"1：{line}", "0：感谢您的来电，再见", "1：再见")
    assert said(heard)[1].endswith(f"{line}再见")


def test_what_wording_moved_is_less_sure():
    heard = utterances("1：您好，阳光家政，请问有什么可以帮您", "1：我想问一下")
    mended = protect(heard, AGENT, WORDING, CALL.own_slots)
    assert [each.confidence for each in mended if each.speaker == 0] == [MOVED]
    turns = to_turns(mended, lambda n: AGENT.of(n, mended[n]), 0.99)
    assert [turn.confidence for turn in turns] == [pytest.approx(0.99 * MOVED), 0.99]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 19), max_size=7))
def test_single_words_lost_to_the_other_voice_come_back(wrong):
    line = "您好阳光家政工号一零零一请问有什么可以帮您"
    heard = [*flipped(line, wrong), *utterances(*CALL_LINES)[1:]]
    assert heard_of_agent(heard) >= {"greeting", "company", "staff_id", "offer_help"}


@pytest.mark.parametrize(
    "line",
    [
        "你好",
        "你好我想问一下",
        "你好是阳光家政吗",
        "喂你好你们阳光家政怎么回事",
        "你是一零零一号客服吗",
        "刚才一零零一号客服答应过我的",
        "我这里是三号楼",
    ],
)
def test_how_a_customer_begins_is_not_the_agents_greeting(line):
    heard = utterances("0：喂", f"1：{line}", *CALL_LINES[1:])
    assert said(heard)[1].startswith(line)


@pytest.mark.parametrize("line", ["再见", "没有了谢谢再见", "没有其他问题了", "好的再见", "谢谢你", "没有了"])
def test_how_a_customer_ends_is_not_the_agents_farewell(line):
    heard = utterances(*CALL_LINES[:4], "0：好的", f"1：{line}")
    assert said(heard)[1].endswith(line)


def test_an_answer_in_the_same_breath_stays_the_customers():
    question = utterance(0, "请问还有其他问题吗", 20.0)
    heard = [*utterances(*CALL_LINES[:2]), question, utterance(1, "没有", question.span.end)]
    assert said(heard)[1].endswith("没有")
    thanks = utterance(0, "感谢您的来电再见", heard[-1].span.end)
    assert said([*heard, thanks])[1].endswith("没有"), "between two phrases of the agent as well"


def test_in_the_middle_of_a_call_the_voice_decides():
    filling = utterance(0, "我帮您查一下" * 20, 0.0)
    late = utterance(1, "您好阳光家政请问有什么可以帮您", filling.span.end + 1)
    after = utterance(1, "好" * 80, late.span.end + 1)
    assert late.span.start > VOICES.opening
    assert protect([filling, late, after], AGENT, WORDING, CALL.own_slots) == (filling, late, after)


def test_the_goodbye_of_a_second_agent_is_not_given_to_the_first():
    heard = utterances("0：您好，阳光家政", "1：我要退款", "2：退好了，感谢您的来电，祝您生活愉快，再见", "1：再见")
    roles = replace(AGENT, others={2: Role.UNKNOWN})
    assert protect(heard, roles, WORDING, CALL.own_slots)[-2].speaker == 2
    closing = protect(heard, AGENT, WORDING, CALL.own_slots)[-2:]
    assert "".join(u.text for u in closing if u.speaker == 0), "as it would be of a customer"


def test_no_words_no_matter():
    assert protect([], AGENT, WORDING, {}) == ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([line[2:] for line in CALL_LINES])), max_size=6))
def test_no_word_is_lost_or_doubled_or_moved_in_time(script):
    heard = utterances(*(f"{speaker}：{text}" for speaker, text in script))
    mended = protect(heard, AGENT, WORDING, CALL.own_slots)
    assert [w for u in mended for w in u.words] == [w for u in heard for w in u.words]
