"""Machines, second agents and second customers are told from the two parties, in channels and in a mix."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flows.night.judgement import judge, silence_of
from flows.policy.policy import policy_of
from flows.settings import Settings
from pipeline.audio.ringing import Ringback
from pipeline.call import Direction
from pipeline.hearing import Quality
from pipeline.hearing.doubts import doubts_of
from pipeline.hearing.roles import Roles, decide_roles
from pipeline.hearing.turns import Role, Utterance, to_turns
from pipeline.notices import NoticeKind
from pipeline.timeline import Span
from tests.builders import CALL, bundled, hearing, utterance

WORDING = bundled()["roles"]
POLICY = policy_of("kf01", Settings(companies=("阳光家政",)))
PAUSE, RINGS = re.compile(r"（(.+)秒）"), (Span(0.5, 1.5), Span(5.5, 6.5))


@dataclass
class Dialogue:
    """Lines as they stand in `speakers.txt`."""

    name: str
    direction: Direction
    lines: list[str]

    def heard(self, *, stereo: bool) -> tuple[list[str], list[Utterance], list[Span]]:
        """Who speaks, what is heard with its voices told apart, and the ringing."""
        at, who, said, tones = 0.6, [], [], []
        voices: dict[int, list[str]] = {}
        for line in self.lines:
            if line == "~":
                tones += [ring.shift(at) for ring in RINGS]
                at += 8.0
            elif pause := PAUSE.fullmatch(line):
                at += float(pause[1])
            elif "：" in line:
                speaker, text = line.split("：", 1)
                far = speaker in "CD" or (speaker == "M" and self.direction is Direction.OUTBOUND)
                channel = int(far) if stereo else 0
                known = voices.setdefault(channel, [])
                known += [] if speaker in known else [speaker]
                voice = channel + (2 if stereo else 1) * known.index(speaker)
                said.append(utterance(voice, text.rstrip("，。？"), at))
                who.append(speaker)
                at = said[-1].span.end + 0.7
        return who, said, tones


def dialogues() -> Iterator[Dialogue]:
    for line in (Path(__file__).parent / "speakers.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            _, name, direction, *_ = line.split()
            lines: list[str] = []
            yield Dialogue(name, Direction(direction), lines)
        elif line and not line.startswith("# "):
            lines.append(line)


ALL = {dialogue.name: dialogue for dialogue in dialogues()}
RIGHT = {
    "M": {Role.SYSTEM},
    "A": {Role.AGENT},
    "B": {Role.UNKNOWN},
    "C": {Role.CUSTOMER},
    "D": {Role.CUSTOMER},
}
HARD = {"H05", "H11"}  # nobody but a caller who says 喂; a machine that holds a conversation


def roles_of(dialogue: Dialogue, *, stereo: bool) -> tuple[list[str], list[Utterance], Roles]:
    who, said, tones = dialogue.heard(stereo=stereo)
    call = replace(CALL, direction=dialogue.direction, agent_name=None)
    return who, said, decide_roles(said, call, WORDING, by_channel=stereo, tones=tones)


@pytest.mark.parametrize("stereo", [True, False], ids=["channels", "mix"])
@pytest.mark.parametrize("name", sorted(ALL.keys() - HARD))
def test_everybody_has_a_role_of_his_own(name, stereo):
    who, said, roles = roles_of(ALL[name], stereo=stereo)
    wrong = [
        (speaker, roles.of(n, one).value, one.text)
        for n, (speaker, one) in enumerate(zip(who, said, strict=True))
        if roles.of(n, one) not in RIGHT[speaker]
    ]
    assert wrong == []


def judged(name: str, *, stereo: bool = True):
    """The call as a night would judge it, and its reviews."""
    _, said, roles = roles_of(ALL[name], stereo=stereo)
    notices, unheard = doubts_of(said, roles)
    turns = to_turns(said, lambda n: roles.of(n, said[n]), roles.probability)
    heard = hearing(turns=turns, notices=notices, unheard=unheard)
    return heard, *judge(heard, POLICY)


@pytest.mark.parametrize("stereo", [True, False], ids=["channels", "mix"])
def test_the_rudeness_of_a_second_agent_is_not_the_first_ones(stereo):
    heard, findings, evaluation = judged("H06", stereo=stereo)
    assert not [f.term for f in findings if f.detector == "banned_wording"]
    assert [n.kind for n in heard.notices] == [NoticeKind.AGENT_CHANGED]
    assert any("请人工核对由谁负责" in line for line in evaluation.review)
    assert {each.role for each in heard.unheard} == {Role.UNKNOWN}


def test_a_spouse_on_the_line_does_not_ruin_the_call():
    heard, findings, evaluation = judged("H08")
    assert {f.term for f in findings if f.detector == "required_phrase"} >= {"greeting", "offer_help"}
    assert [n.kind for n in heard.notices] == [NoticeKind.CUSTOMER_CHANGED]
    assert evaluation.review == ()


def test_what_a_menu_says_is_no_credit_and_its_apology_no_duty_done():
    _, findings, _ = judged("H13")
    assert not {f.term for f in findings if f.detector == "required_phrase"} & {"company", "staff_id"}
    _, findings, _ = judged("H02")
    assert not [f for f in findings if f.detector == "apology"]


def test_a_call_of_machines_alone_is_not_scored():
    heard, *_ = judged("H03")
    assert silence_of(heard) == ("machine_only", "录音中只有语音播报，没有人说话")


@pytest.mark.parametrize(("answered", "reason"), [(True, "no_speech"), (None, "no_answer")])
def test_a_record_that_says_answered_is_not_called_unanswered(answered, reason):
    silent = Quality(0.0, 0.0, 0.0, 1.0, 0.0)
    rang = replace(hearing(turns=(), quality=silent), ringback=Ringback((Span(0.5, 1.5), Span(5.5, 6.5))))
    assert silence_of(replace(rang, call=replace(rang.call, answered=answered)))[0] == reason


def test_one_party_alone_is_told_and_reviewed():
    heard, _, evaluation = judged("H12")
    (notice,) = heard.notices
    assert notice.kind is NoticeKind.PARTY_MISSING
    assert notice.problem in evaluation.review
    assert [each.role for each in heard.unheard] == [Role.CUSTOMER]


def test_a_customer_who_is_cut_off_in_the_middle_is_told():
    lines = "0：您好请讲 1：我要约一个师傅 0：请问您贵姓 1：我姓赵 0：好的电话呢 0：跟您核对一遍，对吗 0：再见"
    said, at = [], 0.0
    for line in lines.split():
        said.append(utterance(int(line[0]), line[2:], at))
        at = said[-1].span.end + 2.0
    roles = Roles(0, 0.99, frozenset())
    (notice,), (missing,) = doubts_of(said, roles)
    assert notice.kind is NoticeKind.PARTY_MISSING
    assert (missing.role, missing.span.start) == (Role.CUSTOMER, said[3].span.end)
    answered = [*said[:5], utterance(1, "一三九", said[5].span.start - 1.0), *said[5:]]
    assert doubts_of(answered, roles) == ((), ())


def test_a_machine_that_two_voices_were_made_of_is_one():
    said, at = [], 8.0
    for _ in range(3):
        said += [utterance(0, "您好您拨打的电话暂时无人接听", at), utterance(1, "请稍后再拨", at + 3.6)]
        at += 7.0
    roles = decide_roles(said, replace(CALL, direction=Direction.OUTBOUND), WORDING, by_channel=False)
    assert roles.announcement == set(range(len(said)))


# --- strong signs that contradict each other


SERVES = ("您好，阳光家政，请问有什么可以帮您", "好的，已经为您登记好了", "感谢您的来电，祝您生活愉快")
ASKS = ("我要投诉，你们什么时候来", "我家水管漏水了", "没有了谢谢")


def in_channels(agent: int, mapped: int, own_voice: float = 0.0) -> Roles:
    said, at = [], 0.0
    for one, other in zip(SERVES, ASKS, strict=True):
        for speaker, text in ((agent, one), (1 - agent, other)):
            said.append(utterance(speaker, text, at))
            at = said[-1].span.end + 0.5
    return decide_roles(said, replace(CALL, agent_channel=mapped), WORDING, True, own_voice)


@pytest.mark.parametrize("agent", [0, 1])
def test_a_channel_map_that_the_talk_contradicts_asks_for_review(agent):
    assert in_channels(agent, agent).contradiction == ()
    told = in_channels(agent, 1 - agent)
    assert set(told.contradiction) == {"话单声道", "说话内容"}
    notices, _ = doubts_of([utterance(0, "您好")], told)
    assert "请人工核对哪一方是坐席" in notices[0].problem


def test_an_own_voice_in_the_other_channel_asks_for_review():
    assert "坐席本人声音" in in_channels(0, 0, own_voice=-0.5).contradiction


def test_weak_signs_contradict_nothing():
    said = [utterance(1, "喂"), utterance(0, "喂", 1.0), utterance(1, "好的", 2.0)]
    assert decide_roles(said, replace(CALL, agent_channel=0), WORDING, True).contradiction == ()


def test_a_contradiction_is_reviewed_however_sure_the_sum_is():
    heard, *_ = judged("H10")
    told, _ = doubts_of([], in_channels(0, 1))
    _, evaluation = judge(replace(heard, notices=told), POLICY)
    assert heard.quality.role_confidence > POLICY.scorecard.review_below
    assert any("所示的坐席相反" in line for line in evaluation.review)
    assert any("若对调" in line for line in evaluation.review)
