"""The roles of channels or voices: evidence added up to a calibrated probability, with the reasons at hand.

Evidence is the record's channel map, what each voice says (`lexicons/roles.yaml`), who asks and who answers in a
word, who is formal, who speaks first, and the agent's own voice where one is enrolled (`voices`). Each piece is a
named term in natural log-odds (`signs`), and they add up. Voices are counted, not assumed two: machines are set
apart (`machines`), and of several people at one end the first is the party; a later one at the agent's is unknown.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise

from pipeline.call import Call, Direction
from pipeline.hearing.hearing import Hearing
from pipeline.hearing.machines import announced
from pipeline.hearing.signs import Evidence, Sign, Weights, bundled_weights, spoken_signs
from pipeline.hearing.turns import Role, Utterance
from pipeline.lexicon import Lexicon
from pipeline.timeline import Seconds, Span

TALK = "说话内容"
"""The source that all signs in what is said make together."""
REPLY_S: Seconds = 2.0  # in which people answer each other
MOST_REASONS = 4  # that a reviewer is shown
GHOST_SHARE, GHOST_UTTERANCE_S = 0.02, 2.0  # of all speech, and the longest utterance: below both is no party


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
        Positions of the utterances that a machine speaks.
    ghosts : frozenset of int
        Channels or voices that are no party of the call: echo, a cough, a scrap of the other one.
    evidence : tuple of Evidence
        Why, the weightiest first; the sum is the log-odds of `probability` before its bounds.
    others : mapping of int to Role
        The role of each further voice: the customer's at the customer's end, unknown at the agent's.
    parties : tuple of int
        The first voice at each end of the line, the one that is compared with the other.
    contradiction : tuple of str
        The two sources, in Chinese, that say strongly and differently who the agent is; empty where they agree.
    """

    agent: int
    probability: float
    announcement: frozenset[int]
    ghosts: frozenset[int] = frozenset()
    evidence: tuple[Evidence, ...] = field(default=())
    others: Mapping[int, Role] = field(default_factory=dict)
    parties: tuple[int, int] = (0, 1)
    contradiction: tuple[str, ...] = ()

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
        if utterance.speaker in self.others:
            return self.others[utterance.speaker]
        return Role.AGENT if utterance.speaker == self.agent else Role.CUSTOMER

    def apart(self, utterances: Sequence[Utterance]) -> tuple[list[Utterance], list[Utterance]]:
        """What people say and what machines say, each in order.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> spoken = [Utterance(0, hearing_of(["坐席：您好"]).turns[0].words)]
        >>> [len(each) for each in Roles(0, 0.9, frozenset({0})).apart(spoken)]
        [0, 1]
        """
        people = [u for n, u in enumerate(utterances) if n not in self.announcement]
        return people, [u for n, u in enumerate(utterances) if n in self.announcement]


def decide_roles(
    utterances: Sequence[Utterance],
    call: Call,
    wording: Lexicon,
    by_channel: bool,
    own_voice: float = 0.0,
    weights: Weights | None = None,
    tones: Sequence[Span] = (),
) -> Roles:
    """Which channel or voice of a call is the agent's, how probably, and by what evidence.

    Parameters
    ----------
    utterances : sequence of Utterance
        In order of time. A speaker is a voice, counted from 0; `by_channel`, the voices of channel 0 have the even
        numbers and those of channel 1 the odd ones.
    call : Call
        Its direction, and the agent's name, staff id and channel, as far as the record knows them.
    wording : Lexicon
        Phrases that agents, customers and machines say.
    by_channel : bool
        Whether speakers have channels, so that the record may name the agent's.
    own_voice : float
        How much nearer the first party is to the agent's enrolled voice than the second: the difference of their
        cosines; see `parties`.
    weights : Weights, optional
        What each sign is worth; the bundled ones where it is left out.
    tones : sequence of Span
        Ringing.

    Examples
    --------
    >>> from importlib.resources import files
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
    channels = {u.speaker: u.speaker % 2 for u in utterances} if by_channel else None
    announcement = announced(utterances, call, wording, weights.machine, tones, channels)
    spoken = [u for n, u in enumerate(utterances) if n not in announcement]
    ghosts = ghosts_among(spoken)
    people = [u for u in spoken if u.speaker not in ghosts]
    sides, sure = (channels, True) if channels else _ends(people, call, wording, weights)
    signs = spoken_signs([replace(u, speaker=sides[u.speaker]) for u in people], call, wording, weights)
    if own_voice:
        most = weights.own_voice_most
        signs.append(Evidence.of(Sign.OWN_VOICE, max(-most, min(most, weights.own_voice * own_voice))))
    if by_channel:
        signs.append(Evidence.of(Sign.FIRST_CHANNEL, weights.first_channel))
        if (machine := _machine_side(utterances, announcement, call)) is not None:
            signs.append(Evidence.of(Sign.MACHINE_SIDE, weights.machine_side * (1 - 2 * machine)))
    log_odds = max(-weights.most, min(weights.most, sum(sign.log_odds for sign in signs)))
    if by_channel and call.agent_channel is not None:
        mapped = weights.channel_map if call.agent_channel == 0 else -weights.channel_map
        signs.append(Evidence.of(Sign.CHANNEL_MAP, mapped))
        log_odds += mapped
    end, side = (0, 1.0) if log_odds >= 0 else (1, -1.0)
    first = {sides[u.speaker]: u.speaker for u in reversed(people)}  # of several at one end, who spoke first
    parties = (first.get(0, 0), first.get(1, 1))
    if parties[end] in ghosts:  # whoever is there is the one to judge
        end, side, log_odds = 1 - end, -side, 0.0
    evidence = [replace(sign, log_odds=side * sign.log_odds) for sign in signs]
    return Roles(
        parties[end],
        1 / (1 + math.exp(-abs(log_odds))),
        announcement,
        ghosts,
        tuple(sorted(evidence, key=lambda sign: -abs(sign.log_odds))),
        {
            voice: Role.CUSTOMER if sure and sides[voice] != end else Role.UNKNOWN
            for voice in sorted(set(sides) - set(parties) - ghosts)
        },
        parties,
        _contradiction(signs, weights.strong),
    )


def why_these_roles(hearing: Hearing, wording: Lexicon) -> tuple[str, ...]:
    """The weightiest signs for and against the roles of a call that was heard, in Chinese, for a reviewer.

    From the turns alone, so it costs nothing to keep; an enrolled voice is not among them.

    Examples
    --------
    >>> from importlib.resources import files
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


def _ends(
    people: Sequence[Utterance], call: Call, wording: Lexicon, weights: Weights
) -> tuple[dict[int, int], bool]:
    """The end of the line, 0 or 1, of each voice of a mix, and whether that is sure.

    Of more than two voices one is alone at its end: the one that differs in what it says from each of the others,
    who are like each other and do not answer each other.
    """
    voices = sorted({u.speaker for u in people})
    if len(voices) < 3:
        numbered = {0, 1}.issuperset(voices)
        return {voice: voice if numbered else n for n, voice in enumerate(voices)}, True
    replies = Counter(
        frozenset((one.speaker, other.speaker))
        for one, other in pairwise(people)
        if one.speaker != other.speaker and other.span.start - one.span.end < REPLY_S
    )

    def apart(pair: tuple[int, int]) -> float:
        both = [replace(u, speaker=pair.index(u.speaker)) for u in people if u.speaker in pair]
        difference = abs(sum(sign.log_odds for sign in spoken_signs(both, call, wording, weights)))
        return difference + weights.reply * replies[frozenset(pair)]

    far = {pair: apart(pair) for pair in combinations(voices, 2)}
    alone = {v: sum(each if v in pair else -each for pair, each in far.items()) for v in voices}
    best, second, *_ = sorted(voices, key=lambda voice: -alone[voice])
    return {voice: int(voice != best) for voice in voices}, alone[best] - alone[second] >= weights.strong


def _machine_side(utterances: Sequence[Utterance], announcement: frozenset[int], call: Call) -> int | None:
    """The agent's channel as machines tell it: they speak in the service's, outbound in that of who is called."""
    sides = {utterances[n].speaker % 2 for n in announcement}
    if len(sides) != 1:
        return None
    (side,) = sides
    return side if call.direction is Direction.INBOUND else 1 - side


def _contradiction(signs: Sequence[Evidence], strong: float) -> tuple[str, ...]:
    """The strongest source for and the strongest against, if both are strong; else nothing."""
    sums: defaultdict[str, float] = defaultdict(float)
    for sign in signs:
        if sign.term not in (Sign.FIRST_CHANNEL, Sign.MACHINE_SIDE):
            sums[sign.title if sign.term in (Sign.CHANNEL_MAP, Sign.OWN_VOICE) else TALK] += sign.log_odds
    if not sums:
        return ()
    most, least = max(sums, key=lambda source: sums[source]), min(sums, key=lambda source: sums[source])
    return (most, least) if sums[most] >= strong and sums[least] <= -strong else ()
