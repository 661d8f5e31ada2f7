"""``absent``: something must not be found, or not more often than so many times."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.findings.absence import RARELY_SAID, absence
from pipeline.findings.detectors.unclear import UNCLEAR
from pipeline.scorecard.rules.rule import Rule, Sought
from pipeline.scorecard.rules.verdict import Case, Verdict, undecided
from pipeline.timeline import place


class Absence(Rule):
    """`detector` finds none of `terms` (nothing at all, without `terms`), or at most `at_most` times.

    `spares` names terms that are no such thing, where the detector finds more than the sentence speaks of. `role`
    names whose doing it may not be; without one it may be nobody's.
    """

    needs: ClassVar[tuple[str, ...]] = ("detector",)
    sentence: ClassVar[str] = "不应出现而出现 {lost} 通"

    kind: Literal["absent"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    role: Literal["agent", "customer"] | None = None
    at_most: Annotated[int, Field(ge=0)] = 0

    def decide(self, title: str, case: Case) -> Verdict:
        """Met unless it was found more often than allowed; the reasons name each place.

        Unsure where it was found so often only together with words that can hardly be made out.

        Examples
        --------
        >>> from pipeline.hearing.dialogue import hearing_of
        >>> from pipeline.findings.titles import shipped_titles
        >>> case = Case.of(hearing_of(['坐席：您好']), (), shipped_titles())
        >>> rule = Absence(kind="absent", detector="banned_wording")
        >>> rule.decide("要点", case)
        Verdict(share=1.0, evidence=(), reasons=(), confidence=1.0, unsure=False)
        """
        findings = case.findings
        unwanted = self._unwanted
        found = tuple(n for n, finding in enumerate(findings) if unwanted.names(finding))
        unknown = [
            n
            for term in self.terms
            for n in case.of_term(UNCLEAR, term)
            if isinstance(findings[n].value, str)  # a rule that nobody could decide
        ]
        if unknown and len(found) <= self.at_most:
            return undecided(title, case, unknown, tuple(case.titles.term(self.detector, t) for t in self.terms))
        if len(found) <= self.at_most:
            return Verdict(1.0, found, (), absence(case.hearing.quality, RARELY_SAID))
        if sum(not case.doubtful(n) for n in found) <= self.at_most:
            doubtful = [n for n in found if case.doubtful(n)]
            terms = dict.fromkeys(case.titles.term(self.detector, findings[n].term) for n in doubtful)
            return undecided(title, case, doubtful, tuple(terms))
        what = "禁语" if self.detector == "banned_wording" else case.titles.detector(self.detector)
        said = ((findings[n], case.titles.term(self.detector, findings[n].term)) for n in found)
        reasons = tuple(
            f"{title}：{place(f.span.start)}{f' “{f.quote}”' if f.quote else ''}（{what}：{term}）"
            for f, term in said
        )
        # It stands as long as one more than allowed was really said: all but the surest of these may be wrong.
        sure = sorted((findings[n].confidence for n in found), reverse=True)[: self.at_most + 1]
        return Verdict(0.0, found, reasons, prod(sure))

    @property
    def forbids(self) -> bool:
        """True: it asks that something is not found."""
        return True

    @property
    def evidence_of(self) -> str:
        """The detector of what must not be found."""
        return self.detector

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """The findings that must not be there."""
        yield "terms", self._unwanted

    @property
    def _unwanted(self) -> Sought:
        return Sought(detector=self.detector, terms=self.terms, spares=self.spares, role=self.role)
