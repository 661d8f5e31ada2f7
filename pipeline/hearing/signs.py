"""The signs of who the agent is, each with what it is worth in natural log-odds.

What is worth how much is data (`role_weights.yaml`); how the signs of a call become roles is in `roles`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from pipeline.call import Call, Direction
from pipeline.enums import TitledEnum
from pipeline.hearing.turns import Utterance
from pipeline.lexicon import Lexicon, Phrase
from pipeline.policy.load import load_policy

MOST_HITS = 3  # of one term and voice; repeating oneself proves little
MOST_FORMAL = 5  # 您 more often than 你, on balance
MOST_SHAPES = 3  # questions, or answers in a word, on balance
SHORT_ANSWER = 4  # characters

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
    MACHINE_SIDE = "machine_side", "播报所在声道"


class MachineWeights(BaseModel):
    """The weight of each sign that a machine speaks an utterance, in natural log-odds; it does where they exceed 0.

    Parameters
    ----------
    prior : float
        Of any utterance.
    wording, again : float
        One wording that only machines have; and each further one, two at most.
    unanswered : float
        Nobody but this speaker has said a word yet.
    isolated : float
        It follows a pause, ringing or the start of the recording.
    repeated : float
        The same speaker says the same once more.
    last : float
        No person says anything after it.
    answers : float
        It follows at once on what the other one says.
    personal : float
        What only a person says: 我, a name, an offer to help.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prior: float
    wording: float
    again: float
    unanswered: float
    isolated: float
    repeated: float
    last: float
    answers: float
    personal: float


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
    machine_side : float
        A machine speaks in the channel of the service, inbound, and in that of who is called, outbound.
    reply : float
        One who answers another at once is at the other end, where there are more than two voices.
    most : float
        The largest log-odds that anything but the record's channel map may reach.
    strong : float
        From here on a source (the record, the talk, the agent's own voice) contradicts one that says otherwise.
    machine : MachineWeights
        What tells a machine.
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
    machine_side: float
    reply: float
    most: Annotated[float, Field(gt=0)]
    strong: Annotated[float, Field(gt=0)]
    machine: MachineWeights

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


def spoken_signs(spoken: Sequence[Utterance], call: Call, wording: Lexicon, weights: Weights) -> list[Evidence]:
    """The signs in what is said by speakers 0 and 1, each for speaker 0 and against speaker 1.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import load_lexicon
    >>> wording = load_lexicon(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> hearing = hearing_of(["坐席：您请讲", "客户：我要投诉"])
    >>> heard = [Utterance(n, turn.words) for n, turn in enumerate(hearing.turns)]
    >>> [str(sign) for sign in spoken_signs(heard, hearing.call, wording, bundled_weights())]
    ['客户诉求用语 +0.6', '敬称（您/你） +0.4', '开口先后 +0.9']
    """
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
