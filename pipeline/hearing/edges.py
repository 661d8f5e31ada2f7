"""The first and the last seconds of a mixed recording, where greeting and goodbye live, kept from errors of voice.

A diarizer errs most where a stretch is short and little has been heard yet. Greeting and goodbye decide criteria of
their own, so wording has a say: a run of words too short for a turn goes with what surrounds it, and what only an
agent says (`agent_greeting`, `agent_goodbye` in `lexicons/roles.yaml`) is the agent's, whichever voice it was
given to. A bare 您好 or 再见 proves nothing and stays where the voice put it, unless it belongs to such a phrase.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pipeline.hearing.roles import Roles
from pipeline.hearing.transcript import Word, text_of
from pipeline.hearing.turns import Utterance
from pipeline.hearing.zones import VOICES, End
from pipeline.lexicon import Lexicon
from pipeline.timeline import Seconds

PAUSE_S: Seconds = 0.3  # parts one stretch of words from the next
LEADING_ON_S: Seconds = 0.8
"""Over which a phrase of the end leads on: where the customer's 没有了 before it was not made out, the 感谢 of
感谢您的来电 is timed into his stretch, and the rest into the agent's."""
SLIVER_S: Seconds = 0.4  # nobody takes and gives back the word in less
UNSURE_S: Seconds = 0.8  # a run of words this short may have been given to the wrong voice
MOVED = 0.9
"""Probability that a word belongs where wording, against the voice, puts it."""
ONLY_AGENTS: Mapping[End, str] = {"opening": "agent_greeting", "closing": "agent_goodbye"}


@dataclass(frozen=True, slots=True)
class _Said:
    """A word with who says it, how sure that is, and the utterance that it came in."""

    word: Word
    speaker: int
    confidence: float
    utterance: int

    def by(self, speaker: int) -> _Said:
        """The same word, said by another one as wording has it."""
        return self if speaker == self.speaker else replace(self, speaker=speaker, confidence=MOVED)


def protect(
    utterances: Sequence[Utterance],
    roles: Roles,
    wording: Lexicon,
    own: Mapping[str, Sequence[str]],
) -> tuple[Utterance, ...]:
    """The utterances, the words of their first and last seconds given to who must have said them.

    Parameters
    ----------
    utterances : sequence of Utterance
        Of the people in a mixed recording, in order of time, without what machines say.
    roles : Roles
        Which voice is the agent's; what further voices say stays theirs.
    wording : Lexicon
        The wording that tells roles, with the two terms that only agents say.
    own : mapping
        Name and staff id of the call's agent.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from importlib.resources import files
    >>> from pipeline.lexicon import load_lexicon
    >>> wording = load_lexicon(files("pipeline.policy") / "lexicons" / "roles.yaml")
    >>> greeting = hearing_of(["坐席：您好，这里是客服中心"]).turns[0].words
    >>> said = [Utterance(1, greeting[:4]), Utterance(0, greeting[4:])]
    >>> [(u.speaker, u.text) for u in protect(said, Roles(0, 0.9, frozenset()), wording, {})]
    [(0, '您好,这'), (0, '里是客服中心')]
    """
    sayings = [
        _Said(word, utterance.speaker, utterance.confidence, n)
        for n, utterance in enumerate(utterances)
        for word in utterance.words
    ]
    if not sayings:
        return tuple(utterances)
    head_ends = sayings[0].word.span.start + VOICES.opening
    tail_begins = max(each.word.span.end for each in sayings) - VOICES.closing
    mended: list[_Said] = []
    for stretch in _stretches(sayings, PAUSE_S):
        words = stretch
        if stretch[0].word.span.start < head_ends:
            words = _mended(words, "opening", roles, wording, own)
        if stretch[-1].word.span.end > tail_begins:
            words = _mended(words, "closing", roles, wording, own)
        mended += words
    result: list[_Said] = []
    for stretch in _stretches(mended, LEADING_ON_S):
        is_tail = stretch[-1].word.span.end > tail_begins
        result += _led_on(stretch, roles, wording, own) if is_tail else stretch
    return tuple(_regrouped(result))


def _stretches(sayings: Sequence[_Said], pause: Seconds) -> Iterator[list[_Said]]:
    """Words that follow each other without a longer pause."""
    stretch: list[_Said] = []
    for each in sayings:
        if stretch and each.word.span.start - stretch[-1].word.span.end > pause:
            yield stretch
            stretch = []
        stretch.append(each)
    yield stretch


def _mended(
    stretch: Sequence[_Said], end: End, roles: Roles, wording: Lexicon, own: Mapping[str, Sequence[str]]
) -> list[_Said]:
    result, agent = _without_slivers(stretch), roles.agent
    if {each.speaker for each in result} == {agent} or any(each.speaker in roles.others for each in result):
        return result
    theirs = {n for phrase in _agents_phrases(result, end, wording, own) for n in phrase}
    if not theirs:
        return result
    moves = [each.by(agent) if n in theirs else each for n, each in enumerate(result)]
    if end == "opening":  # at the end 没有了 stands between two phrases of the agent, as fast and as short
        for n in _hanging_on(moves, min(theirs), max(theirs)):
            moves[n] = moves[n].by(agent)
    for n in range(1, len(moves)):
        if not moves[n].word.spoken:  # punctuation goes with the word before it
            moves[n] = replace(moves[n], speaker=moves[n - 1].speaker, confidence=moves[n - 1].confidence)
    return moves


def _led_on(
    stretch: Sequence[_Said], roles: Roles, wording: Lexicon, own: Mapping[str, Sequence[str]]
) -> list[_Said]:
    """The stretch, what the agent's phrases of the end begin with being the agent's beyond a pause, too."""
    result = list(stretch)
    for phrase in _agents_phrases(stretch, "closing", wording, own):
        *_, last = parts = list(_stretches([stretch[n] for n in phrase], PAUSE_S))
        own_phrase = any(_agents_phrases(last, "closing", wording, own))
        if len(parts) > 1 and last[-1].speaker == roles.agent and not own_phrase:
            for n in phrase:
                result[n] = result[n].by(roles.agent)
    return result


def _agents_phrases(
    stretch: Sequence[_Said], end: End, wording: Lexicon, own: Mapping[str, Sequence[str]]
) -> Iterator[range]:
    """The positions of the words of each phrase that only agents say."""
    owners = [n for n, each in enumerate(stretch) for _ in each.word.text]
    for hit in wording.search(text_of([each.word for each in stretch]), own):
        if hit.phrase.term == ONLY_AGENTS[end]:
            yield range(owners[hit.start], owners[hit.end - 1] + 1)


def _hanging_on(stretch: Sequence[_Said], first: int, last: int) -> set[int]:
    """The short runs between the agent's phrases, and those that lead up to the first: 您好 before 这里是…."""
    unsure = {n for run in _runs(stretch) if _seconds(stretch, run) < UNSURE_S for n in run}
    begins = first
    while begins - 1 in unsure:
        begins -= 1
    return unsure & set(range(begins, last + 1))


def _without_slivers(stretch: Sequence[_Said]) -> list[_Said]:
    """The stretch in which no run too short for a turn stands between two of the other voice."""
    result = list(stretch)
    runs = _runs(stretch)
    for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
        around = min(_seconds(stretch, before), _seconds(stretch, after))
        if _seconds(stretch, run) < min(SLIVER_S, around):
            for n in run:
                result[n] = result[n].by(stretch[before[0]].speaker)
    return result


def _runs(stretch: Sequence[_Said]) -> list[list[int]]:
    """Positions of words that follow each other in one voice."""
    return [list(run) for _, run in groupby(range(len(stretch)), key=lambda n: stretch[n].speaker)]


def _seconds(stretch: Sequence[_Said], run: Sequence[int]) -> Seconds:
    return stretch[run[-1]].word.span.end - stretch[run[0]].word.span.start


def _regrouped(sayings: Sequence[_Said]) -> Iterator[Utterance]:
    """Utterances again: a new one where the voice, its certainty or the old utterance changes."""
    for (speaker, confidence, _), group in groupby(sayings, key=lambda s: (s.speaker, s.confidence, s.utterance)):
        yield Utterance(speaker, tuple(each.word for each in group), confidence)
