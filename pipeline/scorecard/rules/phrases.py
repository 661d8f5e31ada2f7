"""``heard``: what share of the phrases that a call must have was found."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar, Literal

from pipeline.call import Direction
from pipeline.findings.absence import USUALLY_SAID, absence
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.findings.suspicion import affirmed
from pipeline.scorecard.rules.rule import Phrase, Rule, Sought
from pipeline.scorecard.rules.verdict import ELSEWHERE, Case, Verdict, undecided


class Phrases(Rule):
    """Each of `terms` is asked for; met in part where some were found.

    Parameters
    ----------
    inbound_only : tuple of str
        Terms that are not asked of an outbound call.
    """

    needs: ClassVar[tuple[str, ...]] = ("detector", "terms")
    sentence: ClassVar[str] = "应说 {judged} 通、未听到或未说全 {lost} 通"

    kind: Literal["heard"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    inbound_only: tuple[str, ...] = ()

    def decide(self, title: str, case: Case) -> Verdict:
        """The share of the phrases found; unsure where a missing one may hide.

        It may hide in unclear speech, or in words that are on no list. Of an agent who took the call over, or
        handed it on, nothing is asked that is said at the other's end of it.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Phrases(kind="heard", detector="required_phrase", terms=("goodbye",))
        >>> rule.decide("要点", case)
        Verdict(share=0.0, evidence=(), reasons=('要点：未听到道别语',), confidence=1.0, unsure=False)
        """
        hearing, findings = case.hearing, case.findings
        terms = [term for _, term in self.required(hearing.call.direction)]
        if not terms:
            return Verdict(None)
        terms = list(case.owed(self.detector, terms))
        if not terms:
            return ELSEWHERE
        first = {term: case.first.get((self.detector, term)) for term in terms}
        missing = [term for term, n in first.items() if n is None]
        if unclear := {term: n for term in missing if (n := case.first.get((UNCLEAR, term))) is not None}:
            wanted = [case.titles.term(self.detector, term) for term in unclear]
            return undecided(title, case, tuple(unclear.values()), wanted)
        if suspected := case.suspected(lambda f: f.detector == self.detector and f.term in missing):
            wanted = [case.titles.term(self.detector, affirmed(findings[n]).term) for n in suspected]
            return undecided(title, case, suspected, tuple(dict.fromkeys(wanted)))
        evidence = tuple(n for n in first.values() if n is not None)
        confidence = prod(findings[n].confidence for n in evidence)
        confidence *= absence(hearing.quality, USUALLY_SAID) ** len(missing)
        reasons = tuple(f"{title}：未听到{case.titles.term(self.detector, term)}" for term in missing)
        return Verdict(len(evidence) / len(terms), evidence, reasons, confidence)

    @property
    def may_not_arise(self) -> bool:
        """Whether something is asked of inbound calls only."""
        return bool(self.inbound_only)

    @property
    def evidence_of(self) -> str:
        """The detector of the phrases."""
        return self.detector

    def required(self, direction: Direction) -> tuple[Phrase, ...]:
        """The phrases asked of a call in this direction.

        Examples
        --------
        >>> written = {"detector": "required_phrase", "terms": ["greeting", "offer_help"]}
        >>> rule = Phrases(kind="heard", **written, inbound_only=["offer_help"])
        >>> rule.required(Direction.OUTBOUND)
        (('required_phrase', 'greeting'),)
        """
        spared = self.inbound_only if direction is Direction.OUTBOUND else ()
        return tuple((self.detector, term) for term in self.terms if term not in spared)

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """The phrases, and those of inbound calls once more."""
        yield "terms", Sought(detector=self.detector, terms=self.terms)
        if self.inbound_only:
            yield "inbound_only", Sought(detector=self.detector, terms=self.inbound_only)
