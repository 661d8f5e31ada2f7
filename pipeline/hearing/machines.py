"""The utterances that a machine speaks: menus, queues, announcements of the network, surveys.

A person says 请稍等，正在为您转接 as well, so wording alone proves nothing. Counted with it are the position
(before anybody answers, or after everybody has done), the pauses around it, whether it answers the other side, and
whether it is said once more. What is certain carries along what the same voice says around it and nobody answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio

from pipeline.call import Call
from pipeline.hearing.signs import MachineWeights
from pipeline.hearing.turns import Utterance
from pipeline.lexicon import Lexicon
from pipeline.timeline import Seconds, Span

MACHINE, HINT = "announcement", "announcement_hint"
PERSONAL = frozenset({"agent_offer", "person"})
PAUSE_S: Seconds = 1.2  # before what is said into the air
ANSWER_S: Seconds = 1.2  # in which people answer each other
MOST_AGAIN = 2
ROUNDS = 2
SAME_TEXT, LEAST_TEXT = 80, 4  # likeness in percent, and characters, of a text that is said again
MACHINE_SHARE = 0.5  # of a voice's words, at least, for all it says to be a machine's


def announced(
    utterances: Sequence[Utterance],
    call: Call,
    wording: Lexicon,
    weights: MachineWeights,
    tones: Sequence[Span] = (),
    sides: Mapping[int, int] | None = None,
) -> frozenset[int]:
    """The positions of the utterances that a machine speaks.

    Parameters
    ----------
    utterances : sequence of Utterance
        In order of time.
    wording : Lexicon
        The terms ``announcement`` (only machines), ``announcement_hint`` (machines, and people too), and what only
        people say.
    tones : sequence of Span
        Ringing.
    sides : mapping of int to int
        The channel of each speaker, where speakers have channels.

    Examples
    --------
    >>> from importlib.resources import files
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.hearing.signs import bundled_weights
    >>> from pipeline.lexicon import load_lexicon
    >>> wording = load_lexicon(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> hearing = hearing_of(["录音：人工服务请按零", "客户：喂", "坐席：请稍等，正在为您转接", "客户：好"])
    >>> heard = [Utterance(int(turn.role.value == "customer"), turn.words) for turn in hearing.turns]
    >>> sorted(announced(heard, hearing.call, wording, bundled_weights().machine))
    [0]
    """
    scene = _Scene.of(utterances, call, wording, tones, sides)
    certain: frozenset[int] = frozenset()
    for _ in range(ROUNDS):  # what a machine says is nobody's answer to another one
        certain = frozenset(n for n in range(len(utterances)) if scene.log_odds(n, weights, certain) > 0)
    return _with_voices(scene, certain | {n for n in range(len(utterances)) if scene.is_carried(n, certain)})


@dataclass(frozen=True)
class _Scene:
    """The utterances of a call with the side and the terms of each, and where it rings."""

    said: Sequence[Utterance]
    sides: Sequence[int]
    terms: Sequence[Counter[str]]
    rings_until: Seconds
    by_channel: bool

    @staticmethod
    def of(
        said: Sequence[Utterance],
        call: Call,
        wording: Lexicon,
        tones: Sequence[Span],
        sides: Mapping[int, int] | None,
    ) -> _Scene:
        hits = wording.search_all([u.text for u in said], call.own_slots)
        return _Scene(
            said,
            [sides[u.speaker] if sides else u.speaker for u in said],
            [Counter(hit.phrase.term for hit in each) for each in hits],
            max((tone.end for tone in tones), default=0.0),
            sides is not None,
        )

    def log_odds(self, n: int, weights: MachineWeights, machine: frozenset[int]) -> float:
        """How much speaks for a machine, given what others say that is known for one's; nothing without wording."""
        hits, utterance = self.terms[n][MACHINE], self.said[n]
        if not hits:
            return weights.prior
        told = (
            (weights.wording, True),
            (weights.again * min(hits - 1, MOST_AGAIN), True),
            (weights.unanswered, not self._others(range(n), n, machine)),
            (weights.isolated, n == 0 or self._quiet_before(n) >= PAUSE_S),
            (weights.repeated, any(_same(utterance, other) for m, other in enumerate(self.said) if m != n)),
            (weights.last, not self._others(range(n + 1, len(self.said)), n, machine)),
            (weights.answers, self._others(range(n)[-1:], n, machine) and self._quiet_before(n) < ANSWER_S),
            (weights.personal, self._personal(n)),
        )
        return weights.prior + sum(weight for weight, is_so in told if is_so)

    def is_carried(self, n: int, certain: frozenset[int]) -> bool:
        """Whether an utterance that is not certain goes with one that is, and nobody answers in between."""
        if n in certain or self._personal(n):
            return False
        before = max((m for m in certain if m < n), default=None)
        after = min((m for m in certain if m > n), default=None)
        if after is not None and self._others(range(n, after), after, certain):
            after = None
        if before is not None and self._others(range(before + 1, n + 1), before, certain):
            before = None
        if after is not None and (before is not None or not self._others(range(n), after, certain)):
            return True  # between two, or before the first
        if before is None:
            return False
        rest = range(n + 1, len(self.said))
        at_the_end = any(m not in certain for m in range(before)) and not self._others(rest, n)
        goes_on = n + 1 == len(self.said) or self.sides[n + 1] == self.sides[n]
        return at_the_end or (self.terms[n][HINT] > 0 and goes_on)

    def _others(self, positions: Iterable[int], n: int, machine: frozenset[int] = frozenset()) -> bool:
        """Whether a person of another side than that of an utterance speaks in one of these."""
        return any(self.sides[m] != self.sides[n] and m not in machine for m in positions)

    def _quiet_before(self, n: int) -> Seconds:
        if n == 0:
            return self.said[0].span.start
        end = max(u.span.end for u in self.said[:n])
        rings = end < self.rings_until <= self.said[n].span.start
        return PAUSE_S if rings else self.said[n].span.start - end

    def _personal(self, n: int) -> bool:
        return any(self.terms[n][term] for term in PERSONAL)


def _same(one: Utterance, other: Utterance) -> bool:
    least = min(len(one.text), len(other.text))
    return one.speaker == other.speaker and least >= LEAST_TEXT and ratio(one.text, other.text) >= SAME_TEXT


def _with_voices(scene: _Scene, machine: frozenset[int]) -> frozenset[int]:
    """With all that a voice says of which most is a machine's, where another voice is there for the person."""
    sides = {u.speaker: side for u, side in zip(scene.said, scene.sides, strict=True)}
    voices = {
        speaker
        for speaker in sides
        if _share([n for n, u in enumerate(scene.said) if u.speaker == speaker], scene, machine) > MACHINE_SHARE
    }
    for speaker in tuple(voices):
        others = [s for s in sides if s != speaker and (not scene.by_channel or sides[s] == sides[speaker])]
        if len(others) < (1 if scene.by_channel else 2):
            voices.discard(speaker)
    return machine | {n for n, u in enumerate(scene.said) if u.speaker in voices}


def _share(positions: Sequence[int], scene: _Scene, machine: frozenset[int]) -> float:
    """The share of a machine in some utterances, by time, 0..1."""
    seconds = [scene.said[n].span.duration for n in positions]
    own = sum(s for n, s in zip(positions, seconds, strict=True) if n in machine)
    return own / sum(seconds) if sum(seconds) else 0.0
