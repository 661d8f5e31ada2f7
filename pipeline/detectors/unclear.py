"""Where the recogniser heard speech and could hardly make out the words: there, not heard is not not said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.timeline import Span
from pipeline.turns import Role, Turn
from pipeline.unsaid import ANYTHING, UNCLEAR
from pipeline.zones import in_zone

VERSION = "unclear-1"
UNCLEAR_BELOW = 0.5
"""Mean probability of the words under which they may be others: a turn that is heard right has 0.7 and more."""


def unclear(hearing: Hearing, lexicons: Sequence[Lexicon]) -> Iterator[Finding]:
    """The agent's turns in which anything may have been said, and the phrases that belong where all of it is so.

    A required phrase is told when the words of its whole zone are below `UNCLEAR_BELOW` on average; the value is
    that average.
    """
    turns = hearing.turns_of(Role.AGENT)
    for turn in turns:
        if (mean := _probability([turn])) < UNCLEAR_BELOW:
            yield _finding(hearing, ANYTHING, turn.span, turn.index, mean)
    zones = dict.fromkeys(
        (phrase.term, phrase.zone)
        for lexicon in lexicons
        for phrase in lexicon.file.phrases
        if phrase.role == Role.AGENT.value and phrase.zone in ("opening", "closing")
    )
    for term, zone in zones:
        inside = [turn for n, turn in enumerate(turns) if in_zone(zone, turns, n, turn.span.start)]
        if inside and (mean := _probability(inside)) < UNCLEAR_BELOW:
            yield _finding(hearing, term, Span(inside[0].span.start, inside[-1].span.end), inside[0].index, mean)


def _probability(turns: Sequence[Turn]) -> float:
    """Mean probability of the spoken words, 0..1; 1 without any."""
    heard = [word.probability for turn in turns for word in turn.words if word.spoken]
    return sum(heard) / len(heard) if heard else 1.0


def _finding(hearing: Hearing, term: str, span: Span, turn: int, mean: float) -> Finding:
    return Finding(
        call_id=hearing.call.id,
        detector=UNCLEAR,
        term=term,
        turn_index=turn,
        role=Role.AGENT,
        span=span,
        quote="",
        value=round(mean, 3),
        confidence=1.0,
        detector_version=VERSION,
    )
