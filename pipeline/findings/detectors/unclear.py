"""Words that can hardly be made out: there, not heard is not not said. Detector ``unclear``; value a probability.

A phrase that belongs into a doubtful opening or closing and was not heard there is looked for in the second look
(`hearing.Look`). Heard in it, the phrase counts, with less confidence; not heard in it either, it is unclear,
unless one of the two heard every part of the zone tolerably. A phrase that was heard nowhere is unclear as well
where the agent spoke for long enough to say it and no word was made out (`hearing.Unheard`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing, Look, Unheard
from pipeline.hearing.second_look import agent_words, weakest_run
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import ENDS, End, span_of_end, touches
from pipeline.lexicon import Hit, Lexicon, Phrase, wordings
from pipeline.timeline import Seconds, Span

UNCLEAR = "unclear"
"""The detector of phrases that may have been said where the transcript is too poor to tell."""
ANYTHING = "*"
"""The term of an unclear stretch in which anything may have been said."""
VERSION = "unclear-3"
UNCLEAR_BELOW = 0.5
"""Mean probability under which words may be any others: of a whole turn (one that is heard right has 0.7 or
more), and of the weakest run of a zone in the better hearing. Set higher, it spares mostly what was not said.
"""
SECOND_HEARING = 0.8
"""How far a phrase is believed that only the second of two hearings made out."""
QUICKEST = 8.0
"""Syllables a second at which a phrase may be rattled off."""
_SLOT = re.compile(r"\{.*?\}")  # two characters, at least


@dataclass(frozen=True, slots=True)
class _End:
    """The opening or closing of a call, and how clear its weakest words are in the better hearing."""

    name: End
    span: Span
    look: Look | None
    clear: float


def unclear_findings(
    hearing: Hearing, lexicons: Sequence[Lexicon], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Findings for unclear turns and speech without words, and for the phrases that may hide there.

    Such a phrase is heard again in the second look, or unclear.

    Parameters
    ----------
    findings : sequence of Finding
        Those of the lexicons in the first hearing; a phrase among them is not looked for.

    Note
    ----
    The value of an unclear finding is the mean probability of the words in doubt: of the turn, or of the weakest
    run of the zone in the better hearing; 0.0 where there are none.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of("坐席：您好请讲")
    >>> (turn,) = call.turns
    >>> words = tuple(replace(word, probability=0.3) for word in turn.words)
    >>> mumble = replace(call, turns=(replace(turn, words=words),))
    >>> [(f.detector, f.term, f.value) for f in unclear_findings(mumble, (), ())]
    [('unclear', '*', 0.3)]
    """
    for turn in hearing.turns:
        if turn.role.is_party and (mean := _mean(turn.words)) < UNCLEAR_BELOW:
            yield _finding(hearing, ANYTHING, turn.role, turn.span, mean)
    gaps = [each for each in hearing.unheard if each.role in (Role.AGENT, Role.UNKNOWN)]
    for gap in gaps:
        yield _finding(hearing, ANYTHING, gap.role, gap.span, 0.0)
    said = {(f.detector, f.term) for f in findings if f.role is Role.AGENT}
    ends = tuple(_ends(hearing))
    for lexicon in lexicons:
        absent = [
            phrase
            for phrase in lexicon.file.phrases
            if phrase.role == Role.AGENT.value and (lexicon.detector, phrase.term) not in said
        ]
        again = _second_findings(hearing, lexicon, absent, ends)
        hidden = _behind_words(hearing, absent, ends) | _behind_gaps(hearing, absent, gaps)
        yield from again.values()
        yield from (hidden[term] for term in sorted(hidden.keys() - again.keys()))


def _mean(words: Iterable[Word]) -> float:
    """Mean probability of the spoken words; 1.0 without any, which says nothing."""
    probabilities = [word.probability for word in words if word.spoken]
    return sum(probabilities) / len(probabilities) if probabilities else 1.0


def _ends(hearing: Hearing) -> Iterator[_End]:
    """Opening and closing, where the agent speaks."""
    looks = {look.zone: look for look in hearing.looks}
    for name in ENDS:
        zone, look = span_of_end(name, hearing.turns), looks.get(name)
        if zone is not None:
            clear = _clearness(hearing.turns, zone)
            yield _End(name, zone, look, max(clear, _clearness(look.turns, look.span)) if look else clear)


def _behind_words(hearing: Hearing, absent: Iterable[Phrase], ends: Sequence[_End]) -> dict[str, Finding]:
    """The terms that doubtful words at an end of the call may hide."""
    return {
        phrase.term: _finding(hearing, phrase.term, Role.AGENT, end.span, end.clear)
        for phrase in absent
        for end in ends
        if end.name == phrase.zone and end.clear < UNCLEAR_BELOW
    }


def _behind_gaps(hearing: Hearing, absent: Iterable[Phrase], gaps: Iterable[Unheard]) -> dict[str, Finding]:
    """The terms that speech without words may hide, each with the longest such stretch in its zone."""
    turns, hidden = hearing.turns_of(Role.AGENT), dict[str, Finding]()
    longest_first = sorted(gaps, key=lambda gap: -gap.span.duration)
    for phrase in absent if turns else ():
        for gap in longest_first:
            fits = gap.span.duration >= _shortest(phrase.variants)
            if fits and _lies_in(phrase, turns, gap.span):
                hidden.setdefault(phrase.term, _finding(hearing, phrase.term, gap.role, gap.span, 0.0))
    return hidden


def _lies_in(phrase: Phrase, turns: Sequence[Turn], span: Span) -> bool:
    """Whether a phrase said in a stretch counts there; offences (they have a severity) are not asked for."""
    if phrase.zone in ENDS:
        return touches(phrase.zone, turns, span)
    return phrase.zone == "anywhere" and not phrase.severity


@cache
def _shortest(variants: tuple[str, ...]) -> Seconds:
    """The time that the shortest wording takes, slots at their shortest."""
    return min(len(_SLOT.sub("某某", w)) for variant in variants for w in wordings(variant)) / QUICKEST


def _clearness(turns: Sequence[Turn], zone: Span) -> float:
    """Mean probability of the agent's weakest words in a zone."""
    return weakest_run(agent_words(turns, zone))


def _second_findings(
    hearing: Hearing, lexicon: Lexicon, absent: Iterable[Phrase], ends: Iterable[_End]
) -> dict[str, Finding]:
    """The first finding of each absent phrase that the agent says in the second look at its zone."""
    wanted = {(phrase.term, phrase.zone) for phrase in absent}
    first: dict[str, Finding] = {}
    for end in ends:
        for turn in end.look.turns if end.look else ():
            hits = lexicon.search(turn.text, hearing.call.own_slots) if turn.role is Role.AGENT else ()
            for hit in hits:
                if (hit.phrase.term, end.name) in wanted and hit.phrase.zone == end.name:
                    first.setdefault(hit.phrase.term, _second_finding(hearing, lexicon, turn, hit))
    return first


def _second_finding(hearing: Hearing, lexicon: Lexicon, turn: Turn, hit: Hit) -> Finding:
    span = turn.span_of(hit.start, hit.end)
    return Finding(
        call_id=hearing.call.id,
        detector=lexicon.detector,
        term=hit.phrase.term,
        turn_index=_turn_at(hearing, span),
        role=Role.AGENT,
        span=span,
        quote=turn.text[hit.start : hit.end],
        value=hit.variant,
        confidence=turn.confidence * hit.probability * SECOND_HEARING,
        detector_version=f"{lexicon.version}+{VERSION}",
    )


def _finding(hearing: Hearing, term: str, role: Role, span: Span, mean: float) -> Finding:
    return Finding(
        call_id=hearing.call.id,
        detector=UNCLEAR,
        term=term,
        turn_index=_turn_at(hearing, span, role),
        role=role,
        span=span,
        quote="",
        value=round(mean, 3),
        confidence=1.0,
        detector_version=VERSION,
    )


def _turn_at(hearing: Hearing, span: Span, role: Role = Role.AGENT) -> int | None:
    """The turn of a role, by the first hearing, that a stretch of time is from or next to; of anybody's else."""
    turns = hearing.turns_of(role) or hearing.turns
    near = max(turns, key=lambda turn: (turn.span.overlap(span), -turn.span.gap(span)), default=None)
    return None if near is None else near.index
