"""Phrases of a lexicon, in the mouth and in the part of the call in which they count."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.lexicon import Lexicon
from pipeline.turns import Role
from pipeline.zones import in_zone


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
                if in_zone(phrase.zone, turns, order, span.start):
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
