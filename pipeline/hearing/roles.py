"""Which voice is the agent's: evidence added up to a calibrated probability, with the reasons at hand.

Evidence is the record's channel map, what each voice says (`lexicons/roles.yaml`), who asks and who answers in a
word, who is formal, who speaks first, and the agent's own voice where one is enrolled (`voices`). Each piece is a
named term in natural log-odds, and they add up; what each is worth is data (`role_weights.yaml`), and so is the
temperature that makes the sum a probability that comes true.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from pipeline.call import Call, Direction
from pipeline.hearing.hearing import Hearing
from pipeline.hearing.turns import Role, Utterance
from pipeline.lexicon import Lexicon
from pipeline.policy.load import load_policy
from pipeline.timeline import Seconds

MOST_HITS = 3  # of one term and voice; repeating oneself proves little
MOST_FORMAL = 5  # 您 more often than 你, on balance
MOST_SHAPES = 3  # questions, or answers in a word, on balance
SHORT_ANSWER = 4  # characters
MOST_REASONS = 4  # that a reviewer is shown
ANNOUNCEMENT_PAUSE_S: Seconds = 0.9  # an announcement ends in a pause before a person answers
GHOST_SHARE, GHOST_UTTERANCE_S = 0.02, 2.0  # of all speech, and the longest utterance: below both is no party

ASKS_DETAILS = re.compile(
    r"请问您|贵姓|怎么称呼|方便(吗|说|提供)|对吗|您看(行|可以|方便)|[报说留]一下|提供一下|还需要|"
    r"(电话|号码|地址|姓名|单号|卡号|户号|票号|合同号|编号|型号|位置|预算)(方便)?(是|呢|[？?]|多少|几|哪)|"
    r"(哪|几)(栋|楼|号楼|单元|位|个小区)|住(哪|在哪)|(多大|几岁)"
)
"""How who serves asks: for particulars, and for leave."""
ASKS_SERVICE = re.compile(
    r"什么时候(能|来|到|可以|修|解决|才|给我)|多久|多长时间|能不能|能(快|便宜|告诉我)|多少钱|怎么(收费|办|回事|还|弄|交|退)|"
    r"为什么|凭什么|有没有货|可以(来|退|换)吗|你们.{0,12}(吗|呢|什么|怎么)|怎么(又|这样)"
)
"""How who is served asks: when, how much, why."""
QUESTION = re.compile(r"(吗|呢|什么|哪里?|几.?|多少|贵姓|称呼|是不是|有没有|对不对)[？?，。,.]*$|[？?]$")

TITLES = {
    "channel_map": "话单声道",
    "first_channel": "声道次序",
    "first_voice": "开口先后",
    "formality": "敬称（您/你）",
    "asking": "发问方式",
    "short_answer": "简短应答",
    "own_voice": "坐席本人声音",
    "announcement": "语音播报",
    "agent_offer": "询问需求用语",
    "agent_opening": "坐席开场用语",
    "agent_closing": "坐席结束用语",
    "agent_service": "坐席服务用语",
    "agent_greeting": "坐席问候用语",
    "agent_goodbye": "坐席道别用语",
    "customer_request": "客户诉求用语",
}
"""What a reviewer reads for a term; the terms of other wordings are shown as they are."""


class Weights(BaseModel):
    """What each piece of evidence is worth, in natural log-odds, and how the sum becomes a probability.

    Parameters
    ----------
    wording : mapping of str to float
        One hit in the wording of roles, by its severity.
    asking, short_answer, formality : float
        One question that serves, one answer in a word (both on balance), one 您 more than 你.
    first_voice : float
        Who is called speaks first: the agent inbound, the customer outbound.
    first_channel, channel_map : float
        Recorders mostly put the agent first; the record says which channel is the agent's.
    own_voice, own_voice_most : float
        One unit of the difference of both voices' cosines to the agent's own, and the most that it may say.
    temperature : float
        What the sum of the wording is divided by; above 1 where signs repeat each other.
    most : float
        The largest log-odds that anything but the record's channel map may reach.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    fitted_on: str
    wording: Mapping[str, float]
    asking: float
    short_answer: float
    formality: float
    first_voice: float
    first_channel: float
    channel_map: float
    own_voice: float
    own_voice_most: Annotated[float, Field(ge=0)]
    temperature: Annotated[float, Field(gt=0)]
    most: Annotated[float, Field(gt=0)]

    _digest: str = PrivateAttr(default="")

    @property
    def version(self) -> str:
        """Name, revision and content hash."""
        return f"{self.name}-{self.revision}-{self._digest}"


def load_weights(path: Traversable | Path) -> Weights:
    """A file of weights.

    Raises
    ------
    PolicyError
        With file and line.
    """
    weights, digest = load_policy(path, Weights)
    weights._digest = digest
    return weights


@cache
def bundled_weights() -> Weights:
    """The weights that come with callqa."""
    return load_weights(files("pipeline.policy") / "role_weights.yaml")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign of who the agent is.

    Parameters
    ----------
    term : str
        What kind of sign; `TITLES` says it in Chinese.
    log_odds : float
        How much it speaks for the one who was taken for the agent; negative speaks against.
    """

    term: str
    log_odds: float

    def __str__(self) -> str:
        return f"{TITLES.get(self.term, self.term)} {self.log_odds:+.1f}"


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who in a call.

    Parameters
    ----------
    agent : int
        The agent's channel or voice.
    probability : float
        That it is not the other way round, 0.5..1.
    announcement : frozenset of int
        Positions of the utterances that a machine spoke before the agent.
    ghosts : frozenset of int
        Channels or voices that are no party of the call: echo, a cough, a scrap of the other one.
    evidence : tuple of Evidence
        Why, the weightiest first; the sum is the log-odds of `probability` before its bounds.
    """

    agent: int
    probability: float
    announcement: frozenset[int]
    ghosts: frozenset[int] = frozenset()
    evidence: tuple[Evidence, ...] = field(default=())

    def of(self, position: int, utterance: Utterance) -> Role:
        """The role of an utterance, given with its position."""
        if position in self.announcement or utterance.speaker in self.ghosts:
            return Role.UNKNOWN
        return Role.AGENT if utterance.speaker == self.agent else Role.CUSTOMER


def decide_roles(
    utterances: Sequence[Utterance],
    call: Call,
    wording: Lexicon,
    own: Mapping[str, Sequence[str]],
    by_channel: bool,
    own_voice: float = 0.0,
    weights: Weights | None = None,
) -> Roles:
    """Who is the agent.

    Parameters
    ----------
    utterances : sequence of Utterance
        In order of time, speakers 0 and 1.
    wording : Lexicon
        Phrases that agents or customers say; the term ``announcement`` tells a machine.
    own : mapping
        Name and staff id of the call's agent.
    by_channel : bool
        Whether a speaker is a channel, so that the record may name the agent's.
    own_voice : float
        How much nearer voice 0 is to the agent's enrolled voice than voice 1: the difference of their cosines.
    weights : Weights, optional
        What each sign is worth; the bundled ones where it is left out.
    """
    weights = weights or bundled_weights()
    announcement = _announcement(utterances, wording)
    spoken = [u for n, u in enumerate(utterances) if n not in announcement]
    ghosts = ghosts_among(spoken)
    spoken = [u for u in spoken if u.speaker not in ghosts]
    signs = [
        Evidence(term, units * weight / weights.temperature)
        for term, units, weight in _said(spoken, call.direction, wording, own, weights)
        if units and weight
    ]
    if own_voice:
        most = weights.own_voice_most
        signs.append(Evidence("own_voice", max(-most, min(most, weights.own_voice * own_voice))))
    if by_channel:
        signs.append(Evidence("first_channel", weights.first_channel))
    log_odds = max(-weights.most, min(weights.most, sum(sign.log_odds for sign in signs)))
    if by_channel and call.agent_channel is not None:
        mapped = weights.channel_map if call.agent_channel == 0 else -weights.channel_map
        signs.append(Evidence("channel_map", mapped))
        log_odds += mapped
    agent, side = (0, 1.0) if log_odds >= 0 else (1, -1.0)
    if agent in ghosts:  # whoever is there is the one to judge
        agent, side, log_odds = 1 - agent, -side, 0.0
    evidence = [Evidence(sign.term, side * sign.log_odds) for sign in signs]
    return Roles(
        agent,
        1 / (1 + math.exp(-abs(log_odds))),
        announcement,
        ghosts,
        tuple(sorted(evidence, key=lambda sign: -abs(sign.log_odds))),
    )


def why_these_roles(hearing: Hearing, wording: Lexicon) -> tuple[str, ...]:
    """The weightiest signs for and against the roles of a call that was heard, in Chinese, for a reviewer.

    From the turns alone, so it costs nothing to keep; an enrolled voice is not among them.
    """
    speakers = {Role.AGENT: 0, Role.CUSTOMER: 1}
    utterances = [Utterance(speakers[t.role], t.words) for t in hearing.turns if t.role in speakers]
    call = replace(hearing.call, agent_channel=None)
    roles = decide_roles(utterances, call, wording, call.own_slots, by_channel=False)
    side = 1.0 if roles.agent == 0 else -1.0
    return tuple(str(Evidence(sign.term, side * sign.log_odds)) for sign in roles.evidence[:MOST_REASONS])


def ghosts_among(spoken: Sequence[Utterance]) -> frozenset[int]:
    """The speakers that are no party: hardly any of the speech, and never more than a moment at a time.

    Nobody is a ghost where there is but one speaker.
    """
    seconds: defaultdict[int, list[Seconds]] = defaultdict(list)
    for utterance in spoken:
        seconds[utterance.speaker].append(sum(word.span.duration for word in utterance.words))
    least = GHOST_SHARE * sum(map(sum, seconds.values()))
    return frozenset(
        speaker for speaker, each in seconds.items() if sum(each) < least and max(each) <= GHOST_UTTERANCE_S
    )


def _said(
    spoken: Sequence[Utterance],
    direction: Direction,
    wording: Lexicon,
    own: Mapping[str, Sequence[str]],
    weights: Weights,
) -> Iterator[tuple[str, float, float]]:
    """Every sign in what is said: its term, its units for voice 0 less those for voice 1, the weight of a unit."""
    yield from _wording(spoken, wording, own, weights)
    formal = _balance(spoken, lambda u: u.text.count("您") - u.text.count("你"))
    yield "formality", _bounded(formal, MOST_FORMAL), weights.formality
    yield "asking", _bounded(_balance(spoken, _serves), MOST_SHAPES), weights.asking
    yield "short_answer", _bounded(_short_answers(spoken), MOST_SHAPES), weights.short_answer
    if spoken:
        first = 1 if spoken[0].speaker == 0 else -1
        yield "first_voice", first if direction is Direction.INBOUND else -first, weights.first_voice


def _wording(
    spoken: Sequence[Utterance], wording: Lexicon, own: Mapping[str, Sequence[str]], weights: Weights
) -> Iterator[tuple[str, float, float]]:
    units: Counter[str] = Counter()
    worth: dict[str, float] = {}
    for speaker, sign in ((0, 1), (1, -1)):
        hits = wording.search("，".join(u.text for u in spoken if u.speaker == speaker), own)
        phrases = {hit.phrase.term: hit.phrase for hit in hits}
        for term, count in Counter(hit.phrase.term for hit in hits).items():
            side = sign if phrases[term].role == "agent" else -sign
            units[term] += side * min(count, MOST_HITS)
            worth[term] = weights.wording.get(phrases[term].severity, 0.0)
    for term, balance in units.items():
        yield term, balance, worth[term]


def _serves(utterance: Utterance) -> int:
    return len(ASKS_DETAILS.findall(utterance.text)) - len(ASKS_SERVICE.findall(utterance.text))


def _balance(spoken: Sequence[Utterance], count: Callable[[Utterance], int]) -> int:
    counts = [count(u) if u.speaker == 0 else -count(u) for u in spoken]
    return sum(counts)


def _bounded(balance: int, most: int) -> int:
    return max(-most, min(most, balance))


def _short_answers(spoken: Sequence[Utterance]) -> int:
    """Answers in a word to a question of the other one, by the one who asks: voice 0's questions less voice 1's."""
    return sum(
        1 if asked.speaker == 0 else -1
        for asked, answer in pairwise(spoken)
        if asked.speaker != answer.speaker
        and QUESTION.search(asked.text)
        and sum(map(str.isalnum, answer.text)) <= SHORT_ANSWER
    )


def _announcement(utterances: Sequence[Utterance], wording: Lexicon) -> frozenset[int]:
    """The utterances at the head, up to the first pause, if a machine speaks them and no person answers in them."""
    head: list[int] = []
    for n, utterance in enumerate(utterances):
        if head and utterance.span.start - utterances[head[-1]].span.end > ANNOUNCEMENT_PAUSE_S:
            break
        head.append(n)
    terms = {hit.phrase.term for hit in wording.search("".join(utterances[n].text for n in head))}
    machine = "announcement" in terms and "agent_offer" not in terms
    return frozenset(head) if machine and len(head) < len(utterances) else frozenset()
