"""Which voice is the agent's: evidence added up to a probability.

Evidence is the record's channel map, what each voice says (`lexicons/roles.yaml`), who is formal, and who speaks
first. Weights are natural log-odds, set by hand from what each sign is worth; they are not fitted to any calls.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.call import Call, Direction
from pipeline.lexicon import Lexicon
from pipeline.timeline import Seconds
from pipeline.turns import Role, Utterance

WORDING = {"serious": 1.5, "medium": 0.8, "light": 0.4}
"""Log-odds of one hit in `lexicons/roles.yaml`, by its severity."""
MOST_HITS = 3  # of one term and voice; repeating oneself proves little
CHANNEL_MAP = 6.0  # the record says which channel is the agent's
FIRST_CHANNEL = 0.5  # recorders mostly put the agent on the first channel
FIRST_VOICE = 0.8  # who is called speaks first: the agent inbound, the customer outbound
FORMAL, MOST_FORMAL = 0.2, 1.0  # 您 more often than 你, for each and at most
ANNOUNCEMENT_PAUSE_S: Seconds = 0.9  # an announcement ends in a pause before a person answers


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
    """

    agent: int
    probability: float
    announcement: frozenset[int]

    def of(self, position: int, utterance: Utterance) -> Role:
        """The role of an utterance, given with its position."""
        if position in self.announcement:
            return Role.UNKNOWN
        return Role.AGENT if utterance.speaker == self.agent else Role.CUSTOMER


def decide_roles(
    utterances: Sequence[Utterance],
    call: Call,
    wording: Lexicon,
    own: Mapping[str, Sequence[str]],
    by_channel: bool,
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
    """
    announcement = _announcement(utterances, wording)
    spoken = [u for n, u in enumerate(utterances) if n not in announcement]
    log_odds = _wording(spoken, wording, own) + _formality(spoken)
    if spoken:
        first = 1.0 if spoken[0].speaker == 0 else -1.0
        log_odds += FIRST_VOICE * (first if call.direction is Direction.INBOUND else -first)
    if by_channel:
        log_odds += FIRST_CHANNEL
        if call.agent_channel is not None:
            log_odds += CHANNEL_MAP if call.agent_channel == 0 else -CHANNEL_MAP
    return Roles(0 if log_odds >= 0 else 1, 1 / (1 + math.exp(-abs(log_odds))), announcement)


def _wording(spoken: Sequence[Utterance], wording: Lexicon, own: Mapping[str, Sequence[str]]) -> float:
    """Log-odds, by what the two voices say, that voice 0 is the agent."""
    evidence = 0.0
    for speaker, sign in ((0, 1.0), (1, -1.0)):
        text = "，".join(u.text for u in spoken if u.speaker == speaker)
        hits = wording.search(text, own)
        phrases = {hit.phrase.term: hit.phrase for hit in hits}
        for term, count in Counter(hit.phrase.term for hit in hits).items():
            phrase = phrases[term]
            side = 1.0 if phrase.role == "agent" else -1.0
            evidence += sign * side * WORDING.get(phrase.severity, 0.0) * min(count, MOST_HITS)
    return evidence


def _formality(spoken: Sequence[Utterance]) -> float:
    formal = [sum(u.text.count("您") - u.text.count("你") for u in spoken if u.speaker == s) for s in (0, 1)]
    return max(-MOST_FORMAL, min(MOST_FORMAL, FORMAL * (formal[0] - formal[1])))


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
