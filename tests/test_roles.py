"""Each sign of who the agent is moves the probability its own way, and what a machine says is no sign at all."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.call import Direction
from pipeline.hearing.roles import decide_roles, why_these_roles
from pipeline.hearing.signs import MOST_HITS, bundled_weights
from pipeline.hearing.turns import Role
from tests.bench import roles as bench
from tests.builders import CALL, bundled, hearing, lexicon, utterance

WORDING = lexicon(
    {"term": "announcement", "variants": ["通话将被录音"]},
    {"term": "agent_offer", "variants": ["有什么可以帮您"], "severity": "serious"},
    {"term": "agent_name", "variants": ["我是{name}"], "severity": "serious"},
    {"term": "agent_service", "variants": ["马上登记"], "severity": "medium"},
    {"term": "agent_hint", "variants": ["查到了"], "severity": "light"},
    {"term": "customer_request", "variants": ["我要投诉"], "role": "customer", "severity": "serious"},
)
BUNDLED = bundled()["roles"]
OUTBOUND = replace(CALL, direction=Direction.OUTBOUND)
LINES = ["喂", "请讲", "有什么可以帮您", "我要投诉", "马上登记", "你听我说", "您请讲", "查到了", "我是林晓雯"]


def utterances(*lines: str, pause: float = 0.5):
    """Utterances written ``0：…`` or ``1：…``, `pause` seconds apart."""
    heard, at = [], 0.0
    for line in lines:
        heard.append(utterance(int(line[0]), line[2:], at))
        at = heard[-1].span.end + pause
    return heard


def decided(*lines: str, call=CALL, wording=WORDING, by_channel=False, pause=0.5, own_voice=0.0):
    return decide_roles(utterances(*lines, pause=pause), call, wording, by_channel, own_voice)


def belief(*lines: str, **circumstances) -> float:
    """The probability that voice 0 is the agent's."""
    roles = decided(*lines, **circumstances)
    return roles.probability if roles.agent == 0 else 1 - roles.probability


# --- one sign at a time


def test_who_is_called_speaks_first():
    assert belief("0：喂", "1：喂") == pytest.approx(1 - belief("1：喂", "0：喂"))
    assert belief("0：喂", "1：喂") > 0.6
    assert belief("0：喂", "1：喂", call=OUTBOUND) < 0.4


@pytest.mark.parametrize("line", ["有什么可以帮您", "我是林晓雯", "马上登记", "查到了", "有神么可以帮您"])
def test_what_agents_say_makes_a_voice_the_agents(line):
    nothing = belief("0：喂", "1：喂", "0：好", "1：好")
    assert belief("0：喂", "1：喂", f"0：{line}", "1：好") > nothing + 0.03
    assert belief("0：喂", "1：喂", "0：好", f"1：{line}") < nothing - 0.03


def test_what_customers_say_makes_a_voice_the_customers():
    nothing = belief("0：喂", "1：喂", "0：好", "1：好")
    assert belief("0：喂", "1：喂", "0：我要投诉", "1：好") < nothing - 0.05
    assert belief("0：喂", "1：喂", "0：好", "1：我要投诉") > nothing + 0.05


def test_stronger_wording_weighs_more():
    light, medium, serious = (
        belief("0：喂", "1：喂", f"0：{line}") for line in ("查到了", "马上登记", "有什么可以帮您")
    )
    assert light < medium < serious


def test_the_name_of_another_agent_proves_nothing():
    assert (
        belief("0：喂", "1：喂", "0：我是林晓雯")
        > belief("0：喂", "1：喂", "0：我是何静")
        == belief("0：喂", "1：喂")
    )


def test_repeating_oneself_proves_little():
    told = [belief("0：喂", *["1：我要投诉"] * times) for times in range(MOST_HITS + 3)]
    assert told[: MOST_HITS + 1] == sorted(set(told))
    assert set(told[MOST_HITS:]) == {told[MOST_HITS]}


def test_who_is_formal_is_the_agent_up_to_a_point():
    nothing = belief("0：喂", "1：喂")
    assert belief("0：喂", "1：喂", "0：您请讲", "1：你说") > nothing
    assert belief("0：喂", "1：喂", "0：你请讲", "1：您说") < nothing
    assert belief("0：喂", "0：您您您您您", "1：喂") == belief("0：喂", f"0：{'您' * 50}", "1：喂")


def test_the_record_names_the_channel_of_the_agent():
    first, second = (replace(CALL, agent_channel=channel) for channel in (0, 1))
    assert belief("0：喂", "1：喂", call=first, by_channel=True) > 0.99
    assert belief("0：喂", "1：喂", call=second, by_channel=True) < 0.02
    told = [belief("1：有什么可以帮您", "0：我要投诉", call=call, by_channel=True) for call in (first, CALL)]
    assert told[0] > 0.5 > told[1], "the map outweighs a couple of phrases"


def test_a_voice_is_no_channel():
    first = replace(CALL, agent_channel=1)
    assert belief("0：喂", "1：喂", call=first) == belief("0：喂", "1：喂")


def test_recorders_mostly_put_the_agent_first():
    assert belief("0：喂", "1：喂", by_channel=True) > belief("0：喂", "1：喂")


def test_with_no_sign_it_is_even():
    assert decided().probability == 0.5
    assert decided().announcement == frozenset()


@settings(max_examples=50, deadline=None)  # the first search makes the wording ready
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(LINES)), max_size=8), st.sampled_from(Direction))
def test_it_does_not_matter_which_voice_has_which_number(script, direction):
    call = replace(CALL, direction=direction)
    one, other = (
        belief(*(f"{int(first is swapped)}：{text}" for first, text in script), call=call)
        for swapped in (True, False)
    )
    assert one == pytest.approx(1 - other)


@settings(max_examples=50, deadline=None)  # the first search makes the wording ready
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(LINES)), max_size=8))
def test_the_agent_is_whoever_is_likelier(script):
    roles = decided(*(f"{speaker}：{text}" for speaker, text in script))
    assert 0.5 <= roles.probability < 1
    assert roles.agent in (0, 1)


# --- voices, ghosts, reasons


def test_the_agents_own_voice_is_evidence_up_to_a_point():
    nothing = belief("0：喂", "1：喂")
    assert nothing < belief("0：喂", "1：喂", own_voice=0.3) < belief("0：喂", "1：喂", own_voice=1.0)
    assert belief("0：喂", "1：喂", own_voice=1.0) == belief("0：喂", "1：喂", own_voice=2.0) < 0.99
    assert belief("0：喂", "1：喂", own_voice=-0.5) < nothing


def test_who_asks_for_particulars_serves_and_who_asks_when_is_served():
    nothing = belief("0：喂", "1：喂")
    assert belief("0：喂", "1：喂", "0：住几号楼") > nothing
    assert belief("0：喂", "1：喂", "0：什么时候能修") < nothing


def test_an_answer_in_a_word_is_the_customers():
    asked = belief("0：喂", "1：喂", "0：周三有空吗", "1：有")
    assert asked > belief("0：喂", "1：喂", "0：周三有空吗", "1：有一点不过要看是什么事")


def test_a_scrap_of_a_voice_is_no_party():
    long = "这个事情说来话长" * 20
    heard = utterances(f"0：{long}", "1：嗯", "0：我要投诉")
    roles = decide_roles(heard, CALL, WORDING, by_channel=False)
    assert roles.ghosts == {1}
    assert roles.agent == 0
    assert [roles.of(n, each) for n, each in enumerate(heard)] == [Role.AGENT, Role.UNKNOWN, Role.AGENT]
    assert not decided(f"0：{long}", "1：嗯", "0：好", "1：我要投诉你们").ghosts
    assert not decided("0：我要投诉").ghosts, "the only speaker is one"


def test_a_quiet_party_that_once_speaks_for_long_is_a_party():
    assert not decided(f"0：{'这个事情说来话长' * 100}", f"1：{'好' * 9}").ghosts


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from(LINES)), min_size=1, max_size=8))
def test_the_evidence_adds_up_to_the_probability(script):
    roles = decided(*(f"{speaker}：{text}" for speaker, text in script))
    total = sum(sign.log_odds for sign in roles.evidence)
    if not roles.ghosts and abs(total) < 8:
        assert roles.probability == pytest.approx(1 / (1 + math.exp(-total)))
    assert [abs(sign.log_odds) for sign in roles.evidence] == sorted(
        (abs(sign.log_odds) for sign in roles.evidence), reverse=True
    )


def test_a_reviewer_reads_why():
    heard = hearing("坐席：喂", "客户：您好我要投诉", "坐席：你说")
    why = why_these_roles(heard, BUNDLED)
    assert "客户诉求用语" in " ".join(why)
    assert any(sign.startswith("敬称（您/你） -") for sign in why), "what speaks against is said too"


def test_the_probability_comes_true_on_problems_that_were_made():
    dialogues = bench.read_dialogues()
    given = list(bench.problems(dialogues[::3], each=5, seed=5))
    probability, right = bench.outcomes(given, BUNDLED, bundled_weights())
    overconfident = 1 / (1 + (1 / probability - 1) ** 5)
    assert right.mean() > 0.7
    assert bench.calibration_error(probability, right) < 0.2
    assert bench.log_loss(probability, right) < bench.log_loss(overconfident, right)


def test_calibration_error_is_the_gap_of_belief_and_truth():
    believed, right = np.full(100, 0.8), np.array([1.0] * 60 + [0.0] * 40)
    mixed = np.random.default_rng(0).permutation(right)
    assert bench.calibration_error(believed, mixed) == pytest.approx(0.2, abs=0.1)
    assert bench.brier(believed, right) == pytest.approx(0.6 * 0.04 + 0.4 * 0.64)


# --- whole calls, with the wording that comes with callqa


@pytest.mark.parametrize("agent", [0, 1])
@pytest.mark.parametrize(
    ("call", "script"),
    [
        (
            CALL,
            "客服：您好，阳光家政，工号1001，有什么可以帮到您？ 客户：我想问一下钟点工怎么收费 客服：请问您贵姓",
        ),
        (CALL, "客服：泥好，有什么可以棒您 客户：我要投诉你们的育儿嫂 客服：非常抱歉给您添麻烦了，马上为您登记"),
        (CALL, "客服：喂 客户：我要投诉 客服：不归我管 客户：你们什么时候来"),
        (OUTBOUND, "客户：喂？ 客服：您好，我是阳光家政的客服，给您做一个简单回访 客户：好的 客服：感谢您的支持"),
        (CALL, "客服：请问您遇到什么问题了？我是林晓雯"),
        (CALL, "客户：喂，我要投诉，你们到底什么时候来"),
    ],
)
def test_a_call_is_understood_whichever_voice_is_which(agent, call, script):
    voice = {"客服": agent, "客户": 1 - agent}
    lines = [f"{voice[line[:2]]}{line[2:]}" for line in script.split(" ")]
    roles = decided(*lines, call=call, wording=BUNDLED)
    assert roles.agent == agent
    assert roles.probability > 0.7


# --- announcements


MACHINE = "0：您的通话将被录音"


def test_what_a_machine_says_first_is_nobodys():
    heard = [*utterances(MACHINE, MACHINE, pause=0.2), utterance(1, "喂", 9.0), utterance(0, "您好", 10.0)]
    roles = decide_roles(heard, CALL, WORDING, by_channel=False)
    assert roles.announcement == {0, 1}
    assert [roles.of(n, each) for n, each in enumerate(heard)] == [
        *(Role.SYSTEM, Role.SYSTEM),
        *((Role.AGENT, Role.CUSTOMER) if roles.agent == 1 else (Role.CUSTOMER, Role.AGENT)),
    ]


def test_what_a_machine_says_is_no_evidence():
    with_machine = belief("0：您的通话将被录音您您您", "1：喂", "0：我要投诉", pause=1.5)
    assert with_machine == belief("1：喂", "0：我要投诉")


@pytest.mark.parametrize(
    ("lines", "pause"),
    [
        (["0：您好请讲", "1：喂"], 1.5),  # no machine
        (["0：您好", "1：喂", "0：我们的通话将被录音，请问有什么可以帮您", "1：喂"], 1.5),  # a person says it
        (["0：喂", "1：您好", "0：你们这个通话将被录音吗", "1：是"], 0.3),  # in an answer, by a person
    ],
)
def test_what_a_person_says_is_no_announcement(lines, pause):
    assert decided(*lines, wording=BUNDLED, pause=pause).announcement == frozenset()


@pytest.mark.parametrize(
    ("lines", "pause", "machine"),
    [
        ([MACHINE], 1.5, {0}),  # nobody else
        ([MACHINE, "1：喂"], 0.2, {0}),  # no pause in the whole call
        (["0：您好", "1：喂", MACHINE, "1：喂"], 1.5, {2}),  # not at the head
    ],
)
def test_what_a_machine_says_is_set_apart_wherever_it_is(lines, pause, machine):
    assert decided(*lines, pause=pause).announcement == machine


def test_an_agent_who_answers_after_the_machine_is_the_agent():
    lines = ["0：为保证服务质量您的通话将被录音", "0：您好，请问有什么可以帮您", "1：我要投诉"]
    roles = decided(*lines, wording=BUNDLED, pause=1.5)
    heard = utterances(*lines)
    assert [roles.of(n, each) for n, each in enumerate(heard)] == [Role.SYSTEM, Role.AGENT, Role.CUSTOMER]
