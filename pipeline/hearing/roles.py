"""The roles of channels or voices: evidence added up to a calibrated probability, with the reasons at hand.

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
from pipeline.enums import TitledEnum
from pipeline.hearing.hearing import Hearing
from pipeline.hearing.turns import Role, Utterance
from pipeline.lexicon import Lexicon, Phrase
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
"""Questions of who serves: for particulars, and for leave."""
ASKS_SERVICE = re.compile(
    r"什么时候(能|来|到|可以|修|解决|才|给我)|多久|多长时间|能不能|能(快|便宜|告诉我)|多少钱|怎么(收费|办|回事|还|弄|交|退)|"
    r"为什么|凭什么|有没有货|可以(来|退|换)吗|你们.{0,12}(吗|呢|什么|怎么)|怎么(又|这样)"
)
"""Questions of who is served: when, how much, why."""
QUESTION = re.compile(r"(吗|呢|什么|哪里?|几.?|多少|贵姓|称呼|是不是|有没有|对不对)[？?，。,.]*$|[？?]$")


class Sign(TitledEnum):
    """A sign of who the agent is, beside the phrases of `lexicons/roles.yaml`, which have titles of their own."""

    CHANNEL_MAP = "channel_map", "话单声道"
    FIRST_CHANNEL = "first_channel", "声道次序"
    FIRST_VOICE = "first_voice", "开口先后"
    FORMALITY = "formality", "敬称（您/你）"
    ASKING = "asking", "发问方式"
    SHORT_ANSWER = "short_answer", "简短应答"
    OWN_VOICE = "own_voice", "坐席本人声音"


class Weights(BaseModel):
    """The weight of each sign in natural log-odds, and the temperature that makes their sum a probability.

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
    """The weights in a policy file, with the hash of its content.

    Raises
    ------
    PolicyError
        With file and line.

    Examples
    --------
    >>> load_weights(files("pipeline.policy") / "role_weights.yaml").name
    'role_weights'
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
        A `Sign`, or the term of a phrase.
    title : str
        How a reviewer reads it, in Chinese.
    log_odds : float
        How much it speaks for the one who was taken for the agent; negative speaks against.

    Examples
    --------
    >>> str(Evidence.of(Sign.FORMALITY, -0.42))
    '敬称（您/你） -0.4'
    """

    term: str
    title: str
    log_odds: float

    @staticmethod
    def of(sign: Sign, log_odds: float) -> Evidence:
        """A sign with its weight and its title."""
        return Evidence(sign, sign.title, log_odds)

    def __str__(self) -> str:
        return f"{self.title} {self.log_odds:+.1f}"


@dataclass(frozen=True, slots=True)
class Roles:
    """The channel or voice of the agent in a call, with its probability and evidence.

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
        """The role of an utterance, given with its position.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> spoken = Utterance(1, hearing_of(["客户：喂"]).turns[0].words)
        >>> roles = Roles(agent=0, probability=0.9, announcement=frozenset({0}))
        >>> [roles.of(position, spoken).value for position in (0, 1)]
        ['system', 'customer']
        """
        if position in self.announcement:
            return Role.SYSTEM
        if utterance.speaker in self.ghosts:
            return Role.UNKNOWN
        return Role.AGENT if utterance.speaker == self.agent else Role.CUSTOMER


def decide_roles(
    utterances: Sequence[Utterance],
    call: Call,
    wording: Lexicon,
    by_channel: bool,
    own_voice: float = 0.0,
    weights: Weights | None = None,
) -> Roles:
    """Which channel or voice of a call is the agent's, how probably, and by what evidence.

    Parameters
    ----------
    utterances : sequence of Utterance
        In order of time, speakers 0 and 1.
    call : Call
        Its direction, and the agent's name, staff id and channel, as far as the record knows them.
    wording : Lexicon
        Phrases that agents or customers say; the term ``announcement`` tells a machine.
    by_channel : bool
        Whether a speaker is a channel, so that the record may name the agent's.
    own_voice : float
        How much nearer voice 0 is to the agent's enrolled voice than voice 1: the difference of their cosines.
    weights : Weights, optional
        What each sign is worth; the bundled ones where it is left out.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import load_lexicon
    >>> wording = load_lexicon(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> hearing = hearing_of(["坐席：您好，请问有什么可以帮您", "客户：我要投诉"])
    >>> heard = [Utterance(int(turn.role is Role.AGENT), turn.words) for turn in hearing.turns]
    >>> roles = decide_roles(heard, hearing.call, wording, by_channel=False)
    >>> roles.agent, roles.probability > 0.9, roles.evidence[0].title
    (1, True, '开口先后')
    """
    weights = weights or bundled_weights()
    announcement = _announcement(utterances, wording)
    spoken = [u for n, u in enumerate(utterances) if n not in announcement]
    ghosts = ghosts_among(spoken)
    signs = _spoken_signs([u for u in spoken if u.speaker not in ghosts], call, wording, weights)
    if own_voice:
        most = weights.own_voice_most
        signs.append(Evidence.of(Sign.OWN_VOICE, max(-most, min(most, weights.own_voice * own_voice))))
    if by_channel:
        signs.append(Evidence.of(Sign.FIRST_CHANNEL, weights.first_channel))
    log_odds = max(-weights.most, min(weights.most, sum(sign.log_odds for sign in signs)))
    if by_channel and call.agent_channel is not None:
        mapped = weights.channel_map if call.agent_channel == 0 else -weights.channel_map
        signs.append(Evidence.of(Sign.CHANNEL_MAP, mapped))
        log_odds += mapped
    agent, side = (0, 1.0) if log_odds >= 0 else (1, -1.0)
    if agent in ghosts:  # whoever is there is the one to judge
        agent, side, log_odds = 1 - agent, -side, 0.0
    evidence = [replace(sign, log_odds=side * sign.log_odds) for sign in signs]
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

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import load_lexicon
    >>> wording = load_lexicon(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> hearing = hearing_of(["坐席：您好，请问有什么可以帮您", "客户：我要投诉"])
    >>> why_these_roles(hearing, wording)
    ('开口先后 +0.9', '敬称（您/你） +0.7', '坐席结束用语 +0.6', '询问需求用语 +0.6')
    """
    speakers = {Role.AGENT: 0, Role.CUSTOMER: 1}
    utterances = [Utterance(speakers[t.role], t.words) for t in hearing.turns if t.role in speakers]
    roles = decide_roles(utterances, replace(hearing.call, agent_channel=None), wording, by_channel=False)
    side = 1.0 if roles.agent == 0 else -1.0
    return tuple(str(replace(sign, log_odds=side * sign.log_odds)) for sign in roles.evidence[:MOST_REASONS])


def ghosts_among(spoken: Sequence[Utterance]) -> frozenset[int]:
    """The speakers that are no party: with hardly any of the speech, and never more than a moment at a time.

    Nobody is a ghost where there is but one speaker.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> long, short = (hearing_of([line]).turns[0].words for line in ("坐席：" + "好" * 80, "客户：嗯"))
    >>> sorted(ghosts_among([Utterance(0, long), Utterance(1, short)]))
    [1]
    """
    seconds: defaultdict[int, list[Seconds]] = defaultdict(list)
    for utterance in spoken:
        seconds[utterance.speaker].append(sum(word.span.duration for word in utterance.words))
    least = GHOST_SHARE * sum(map(sum, seconds.values()))
    return frozenset(
        speaker for speaker, each in seconds.items() if sum(each) < least and max(each) <= GHOST_UTTERANCE_S
    )


def _spoken_signs(spoken: Sequence[Utterance], call: Call, wording: Lexicon, weights: Weights) -> list[Evidence]:
    """The signs in what is said, each for voice 0 and against voice 1."""
    formal = _balance(spoken, lambda u: u.text.count("您") - u.text.count("你"))
    balances = [
        (Sign.FORMALITY, _bounded(formal, MOST_FORMAL), weights.formality),
        (Sign.ASKING, _bounded(_balance(spoken, _serves), MOST_SHAPES), weights.asking),
        (Sign.SHORT_ANSWER, _bounded(_short_answers(spoken), MOST_SHAPES), weights.short_answer),
    ]
    if spoken:
        first = 1 if spoken[0].speaker == 0 else -1
        called = first if call.direction is Direction.INBOUND else -first
        balances.append((Sign.FIRST_VOICE, called, weights.first_voice))
    return [
        *_phrase_signs(spoken, call, wording, weights),
        *(
            Evidence.of(sign, units * weight / weights.temperature)
            for sign, units, weight in balances
            if units and weight
        ),
    ]


def _phrase_signs(
    spoken: Sequence[Utterance], call: Call, wording: Lexicon, weights: Weights
) -> Iterator[Evidence]:
    units: Counter[str] = Counter()
    phrases: dict[str, Phrase] = {}
    for speaker, sign in ((0, 1), (1, -1)):
        hits = wording.search("，".join(u.text for u in spoken if u.speaker == speaker), call.own_slots)
        phrases |= {hit.phrase.term: hit.phrase for hit in hits}
        for term, count in Counter(hit.phrase.term for hit in hits).items():
            side = sign if phrases[term].role == "agent" else -sign
            units[term] += side * min(count, MOST_HITS)
    for term, balance in units.items():
        phrase = phrases[term]
        weight = weights.wording.get(phrase.severity, 0.0)
        if balance and weight:
            yield Evidence(term, phrase.title or term, balance * weight / weights.temperature)


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
        1 if question.speaker == 0 else -1
        for question, answer in pairwise(spoken)
        if question.speaker != answer.speaker
        and QUESTION.search(question.text)
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
