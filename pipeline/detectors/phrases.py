"""Phrases of a lexicon, in the mouth and in the part of the call in which they count."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon, Phrase
from pipeline.timeline import Seconds
from pipeline.turns import Role, Turn

OPENING_TURNS, OPENING_S = 3, 30.0  # of one role, and seconds after its first word
CLOSING_TURNS, CLOSING_S = 4, 30.0  # of one role, and seconds before its last word


def phrases_heard(hearing: Hearing, lexicon: Lexicon) -> Iterator[Finding]:
    """The phrases of `lexicon` that the right role says in the right zone.

    The confidence of a finding is the probability of the role times the likeness of the sound.
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        for order, turn in enumerate(turns):
            for hit in lexicon.search(turn.text, hearing.call.own_slots):
                phrase = hit.phrase
                if phrase.role != role.value:
                    continue
                span = turn.span_of(hit.start, hit.end)
                if _in_zone(phrase, turns, order, span.start):
                    yield Finding(
                        call_id=hearing.call.id,
                        detector=lexicon.detector,
                        term=phrase.term,
                        turn_index=turn.index,
                        role=role,
                        span=span,
                        quote=turn.text[hit.start : hit.end],
                        value=hit.variant,
                        confidence=turn.confidence * hit.likeness,
                        detector_version=lexicon.version,
                    )


def _in_zone(phrase: Phrase, turns: tuple[Turn, ...], order: int, instant: Seconds) -> bool:
    if phrase.zone == "opening":
        return order < OPENING_TURNS and instant - turns[0].span.start <= OPENING_S
    if phrase.zone == "closing":
        late = len(turns) - order <= CLOSING_TURNS or turns[-1].span.end - instant <= CLOSING_S
        return late and (order > 0 or len(turns) == 1)
    return True
