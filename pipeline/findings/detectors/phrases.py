"""Phrases of the lexicons, in the mouth and in the part of the call in which they count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.findings.finding import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.hearing.zones import in_zone
from pipeline.lexicon import After, Lexicon


def phrase_findings(hearing: Hearing, lexicon: Lexicon) -> Iterator[Finding]:
    """A finding for each phrase of a lexicon that its role says in its zone; for `after` see `drop_unprompted`.

    The confidence of a finding is the probability of the role times that of the phrase, given how it sounded.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import LexiconFile, Phrase
    >>> phrase = Phrase(term="refund", role="customer", variants=("[我]要退款",))
    >>> file = LexiconFile(name="money", revision=1, detector="money", title="退款", phrases=(phrase,))
    >>> call = hearing_of(["坐席：要退款吗", "客户：我要退款"])
    >>> [(f.term, f.role.value, f.quote, f.value) for f in phrase_findings(call, Lexicon(file, "f00d", {}))]
    [('refund', 'customer', '我要退款', '[我]要退款')]
    """
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = hearing.turns_of(role)
        hits_of_turns = lexicon.search_all([turn.text for turn in turns], hearing.call.own_slots)
        for order, (turn, hits) in enumerate(zip(turns, hits_of_turns, strict=True)):
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


def drop_unprompted(findings: Sequence[Finding], lexicons: Iterable[Lexicon]) -> tuple[Finding, ...]:
    """The findings without those of phrases that count only after an event which is not among them.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import LexiconFile, Phrase
    >>> after = After(detector="complaint", turns=2)
    >>> phrase = Phrase(term="sorry", role="agent", zone="after", after=after, variants=("抱歉",))
    >>> file = LexiconFile(name="sorry", revision=1, detector="sorry", title="致歉", phrases=(phrase,))
    >>> lexicon = Lexicon(file, "f00d", {})
    >>> (sorry,) = phrase_findings(hearing_of("坐席：抱歉"), lexicon)
    >>> drop_unprompted([sorry], [lexicon])
    ()
    """
    events = {
        (lexicon.detector, phrase.term): phrase.after
        for lexicon in lexicons
        for phrase in lexicon.file.phrases
        if phrase.after
    }
    return tuple(
        finding
        for finding in findings
        if (after := events.get((finding.detector, finding.term))) is None
        or any(_follows(finding, event, after) for event in findings)
    )


def _follows(finding: Finding, event: Finding, after: After) -> bool:
    if event.detector != after.detector or after.term not in (None, event.term) or finding.span <= event.span:
        return False
    if after.seconds is not None:
        return finding.span.start - event.span.end <= after.seconds
    if finding.turn_index is None or event.turn_index is None or after.turns is None:
        return False
    return finding.turn_index - event.turn_index <= after.turns
