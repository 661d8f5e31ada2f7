"""The suspicions of one call: what no list foresaw, by the bundled classifier. Detector ``flag``, at no cost.

Knows what was found already, which is not suspected once more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from models.classifiers.bundled import Bundled, bundled
from models.classifiers.grams import said
from pipeline.findings import Finding
from pipeline.findings.finding import FLAG
from pipeline.findings.suspicion import FAULTS, Suspicion, filed_under, suspicions
from pipeline.findings.titles import shipped_titles
from pipeline.hearing import Hearing
from pipeline.hearing.reading import utterances
from pipeline.hearing.turns import Role, Turn
from pipeline.hearing.zones import ENDS, in_zone

_SENTENCE = re.compile(r"[^。？！?!；;]+[。？！?!；;]*")
LEAST_SAID = 2
"""Spoken characters under which nothing is suspected: 喂 is heard everywhere."""


def suspected(hearing: Hearing, found: Collection[Finding], model: Bundled | None = None) -> list[Finding]:
    """What the turns of a call may be besides what was found in them, in order of time.

    A turn is heard as a whole, from silence to silence and sentence by sentence; what is likeliest of it counts,
    once a turn.

    Parameters
    ----------
    found : collection of Finding
        What was found in this call: an offence that a list has, or a phrase that was heard, is not suspected again.

    Note
    ----
    The value is the nearest sentence that the model was trained on; the confidence its probability times that of
    the role.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> [found.term for found in suspected(hearing_of("坐席：这事儿跟我们没关系，你找厂家去"), ())]
    ['shirking']
    """
    model = model or bundled()
    known = {(f.detector, f.term) for f in found}
    faulty = {f.turn_index for f in found if FAULTS in (f.detector, *(filed_under(f) or ()))}
    complained = {f.turn_index for f in found if f.detector == "complaint"}
    made = []
    for role in (Role.AGENT, Role.CUSTOMER):
        turns = [turn for turn in hearing.turns if turn.role is role]
        for turn, order, claims in _claimed(model, turns, role):
            for name, claim in claims.items():
                meant = suspicions()[name]
                if meant.is_fault:
                    again = turn.index in faulty
                elif role is Role.CUSTOMER:
                    again = turn.index in complained
                else:
                    again = (meant.detector, meant.term) in known
                if not again and _in_place(meant, turns, order, turn.span_of(claim.start, claim.end).start):
                    made.append(_finding(hearing, turn, meant, claim, model))
    return sorted(made, key=lambda f: (f.span, f.term))


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a turn may be, how probably, and the characters that say so."""

    probability: float
    start: int
    end: int

    def or_more(self, other: _Claim | None) -> _Claim:
        """The higher probability of two claims of one turn, and the shorter place."""
        if other is None:
            return self
        place = min(self, other, key=lambda claim: (claim.end - claim.start, -claim.probability))
        return replace(place, probability=max(self.probability, other.probability))


def _claimed(model: Bundled, turns: Sequence[Turn], role: Role) -> Iterator[tuple[Turn, int, dict[str, _Claim]]]:
    """Each turn with its order and what it may be; of the kinds of fault only the likeliest."""
    places = [(order, start, end) for order, turn in enumerate(turns) for start, end in _places(turn)]
    texts = [turns[order].text[start:end] for order, start, end in places]
    of_turns: list[dict[str, _Claim]] = [{} for _ in turns]
    for (order, start, end), claims in zip(places, model.claims(texts, role), strict=True):
        known = of_turns[order]
        for name, probability in claims.items():
            known[name] = _Claim(probability, start, end).or_more(known.get(name))
    for order, known in enumerate(of_turns):
        faults = [name for name in known if suspicions()[name].is_fault]
        for name in sorted(faults, key=lambda name: -known[name].probability)[1:]:
            del known[name]
        yield turns[order], order, known


def _places(turn: Turn) -> list[tuple[int, int]]:
    """The whole, what is said between long silences, and the sentences of each, every place once."""
    spans = utterances(turn)
    places = [(start + a, start + b) for start, end in spans for a, b in parts_of(turn.text[start:end])]
    return places if len(spans) == 1 else [(0, len(turn.text)), *places]


def parts_of(text: str) -> list[tuple[int, int]]:
    """The whole, and each of its sentences where there are several, as far as they say something."""
    sentences = [m.span() for m in _SENTENCE.finditer(text)]
    parts = [(0, len(text)), *(sentences if len(sentences) > 1 else ())]
    return [(start, end) for start, end in parts if len(said(text[start:end])) >= LEAST_SAID]


def _in_place(meant: Suspicion, turns: Sequence[Turn], order: int, instant: float) -> bool:
    """Whether it is said at the end of the call where it belongs; anywhere, for what belongs nowhere."""
    ends = shipped_titles().ends(meant.detector, meant.term)
    return not ends or any(in_zone(end, turns, order, instant) for end in ENDS if end in ends)


def _finding(hearing: Hearing, turn: Turn, meant: Suspicion, claim: _Claim, model: Bundled) -> Finding:
    quote = turn.text[claim.start : claim.end].strip()
    return Finding(
        call_id=hearing.call.id,
        detector=FLAG,
        term=meant.name,
        turn_index=turn.index,
        role=turn.role,
        span=turn.span_of(claim.start, claim.end),
        quote=quote,
        value=model.nearest(quote, meant.name),
        confidence=claim.probability * turn.confidence,
        detector_version=model.version,
    )
