"""Words that can hardly be made out: there, not heard is not not said. Detector ``unclear``; value a probability.

A phrase that belongs into a doubtful opening or closing and was not heard there is looked for in the second look
(`hearing.Look`). Heard in it, the phrase counts, with less confidence; not heard in it either, it is unclear,
unless one of the two heard every part of the zone tolerably.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing, Look
from pipeline.hearing.second_look import agent_words, weakest_run
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import ENDS, span_of_end
from pipeline.lexicon import Hit, Lexicon
from pipeline.timeline import Span

UNCLEAR = "unclear"
"""The detector of phrases that may have been said where the transcript is too poor to tell."""
ANYTHING = "*"
"""The term of an unclear stretch in which anything may have been said."""
VERSION = "unclear-2"
UNCLEAR_BELOW = 0.5
"""Mean probability under which words may be any others: of a whole turn (one that is heard right has 0.7 or
more), and of the weakest run of a zone in the better hearing. Set higher, it spares mostly what was not said.
"""
SECOND_HEARING = 0.8
"""How far a phrase is believed that only the second of two hearings made out."""


def unclear_findings(
    hearing: Hearing, lexicons: Sequence[Lexicon], findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Findings for unclear turns of the agent, and for the phrases of a doubtful zone: heard again, or unclear.

    Parameters
    ----------
    findings : sequence of Finding
        Those of the lexicons in the first hearing; a phrase among them is not looked for.

    Note
    ----
    The value of an unclear finding is the mean probability of the words in doubt: of the turn, or of the weakest
    run of the zone in the better hearing.

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
    for turn in hearing.turns_of(Role.AGENT):
        probabilities = [word.probability for word in turn.words if word.spoken]
        if probabilities and (mean := sum(probabilities) / len(probabilities)) < UNCLEAR_BELOW:
            yield _finding(hearing, ANYTHING, turn.span, mean)
    present = {(f.detector, f.term) for f in findings if f.role is Role.AGENT}
    looks = {look.zone: look for look in hearing.looks}
    for name in ENDS:
        zone = span_of_end(name, hearing.turns)
        if zone is None:
            continue
        look = looks.get(name)
        clear = max(_clearness(hearing.turns, zone), _clearness(look.turns, look.span) if look else 0.0)
        for lexicon in lexicons:
            terms = {p.term for p in lexicon.file.phrases if p.role == Role.AGENT.value and p.zone == name}
            absent = {term for term in terms if (lexicon.detector, term) not in present}
            again = _second_findings(hearing, look, lexicon, absent) if look and absent else {}
            yield from again.values()
            if clear < UNCLEAR_BELOW:
                for term in sorted(absent - again.keys()):
                    yield _finding(hearing, term, zone, clear)


def _clearness(turns: Sequence[Turn], zone: Span) -> float:
    """Mean probability of the agent's weakest words in a zone."""
    return weakest_run(agent_words(turns, zone))


def _second_findings(hearing: Hearing, look: Look, lexicon: Lexicon, terms: set[str]) -> dict[str, Finding]:
    """The first finding of each of the terms that the agent says in a second look."""
    first: dict[str, Finding] = {}
    for turn in look.turns:
        if turn.role is not Role.AGENT:
            continue
        for hit in lexicon.search(turn.text, hearing.call.own_slots):
            if hit.phrase.term in terms and hit.phrase.zone == look.zone:
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


def _finding(hearing: Hearing, term: str, span: Span, mean: float) -> Finding:
    return Finding(
        call_id=hearing.call.id,
        detector=UNCLEAR,
        term=term,
        turn_index=_turn_at(hearing, span),
        role=Role.AGENT,
        span=span,
        quote="",
        value=round(mean, 3),
        confidence=1.0,
        detector_version=VERSION,
    )


def _turn_at(hearing: Hearing, span: Span) -> int:
    """The agent's turn, by the first hearing, that a stretch of time is from."""
    turns = hearing.turns_of(Role.AGENT)
    return max(turns, key=lambda turn: (turn.span.overlap(span), -turn.span.gap(span))).index
