"""Phrases of a lexicon, in the mouth and in the part of the call in which they count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.hearing.zones import in_zone
from pipeline.lexicon import After, Lexicon


def phrases_heard(hearing: Hearing, lexicon: Lexicon) -> Iterator[Finding]:
    """The phrases of `lexicon` that the right role says in the right zone; see `after_their_events` for the rest.

    The confidence of a finding is the probability of the role times that of the phrase, given how it sounded.
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        found = lexicon.search_all([turn.text for turn in turns], hearing.call.own_slots)
        for order, (turn, hits) in enumerate(zip(turns, found, strict=True)):
            for hit in hits:
                phrase = hit.phrase
                span = turn.span_of(hit.start, hit.end)
                if phrase.role == role.value and in_zone(phrase.zone, turns, order, span.start):
                    yield Finding(
                        call_id=hearing.call.id,
                        detector=lexicon.detector,
                        term=phrase.term,
                        turn_index=turn.index,
                        role=role,
                        span=span,
                        quote=turn.text[hit.start : hit.end],
                        value=hit.variant,
                        confidence=turn.confidence * hit.probability,
                        detector_version=lexicon.version,
                    )


def after_their_events(found: Sequence[Finding], lexicons: Iterable[Lexicon]) -> tuple[Finding, ...]:
    """The findings without those of phrases that count only after an event which is not among them."""
    events = {
        (lexicon.detector, phrase.term): phrase.after
        for lexicon in lexicons
        for phrase in lexicon.file.phrases
        if phrase.after
    }
    return tuple(
        finding
        for finding in found
        if (after := events.get((finding.detector, finding.term))) is None
        or any(_follows(finding, event, after) for event in found)
    )


def _follows(finding: Finding, event: Finding, after: After) -> bool:
    if event.detector != after.detector or after.term not in (None, event.term) or finding.span <= event.span:
        return False
    if after.seconds is not None:
        return finding.span.start - event.span.end <= after.seconds
    if finding.turn_index is None or event.turn_index is None or after.turns is None:
        return False
    return finding.turn_index - event.turn_index <= after.turns
