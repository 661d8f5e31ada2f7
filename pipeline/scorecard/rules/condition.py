"""``condition``: a condition that the scorecard writes itself holds, or must not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, Literal

from pipeline.findings.absence import RARELY_SAID, USUALLY_SAID, absence
from pipeline.findings.conditions import Condition
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.findings.rulebook import CONDITION
from pipeline.scorecard.rules.rule import CallFacts, Rule, Sought
from pipeline.scorecard.rules.verdict import Case, Verdict, undecided
from pipeline.timeline import place


class OwnCondition(Rule):
    """`condition` holds (with ``expect: absent``: does not); where `when` does not hold, it is not asked."""

    needs: ClassVar[tuple[str, ...]] = ("condition",)

    kind: Literal["condition"]
    condition: Condition | None = None
    when: Condition | None = None
    expect: Literal["heard", "absent"] = "heard"

    def decide(self, title: str, case: Case) -> Verdict:
        """Looked up among the findings: the condition was searched for when the call was."""
        unknown = [n for term, _ in self.conditions() if (n := case.first.get((UNCLEAR, term))) is not None]
        applies = case.of_term(CONDITION, self.when_term) if self.when else ()
        if self.when and not applies and (UNCLEAR, self.when_term) not in case.first:
            return Verdict(None)
        if unknown:
            return undecided(title, case, unknown, [title])
        found = case.of_term(CONDITION, self.term)
        evidence = tuple(dict.fromkeys((*applies[:1], *found)))
        surest = max((case.findings[n].confidence for n in found), default=0.0)
        heard = self.expect == "heard"
        if bool(found) is heard:
            return Verdict(1.0, evidence, (), surest if found else absence(case.hearing.quality, RARELY_SAID))
        unclear = case.of_term(UNCLEAR, ANYTHING) if heard else found
        if unclear and (heard or all(case.doubtful(n) for n in found)):
            return undecided(title, case, unclear, [title])
        if heard:
            return Verdict(0.0, evidence, (f"{title}：未听到",), absence(case.hearing.quality, USUALLY_SAID))
        matches = (case.findings[n] for n in found)
        reasons = tuple(f"{title}：{place(f.span.start)} “{f.quote}”" for f in matches)
        return Verdict(0.0, evidence, reasons, surest)

    def applies(self, facts: CallFacts) -> bool:
        """Whether `when` holds, or there is none."""
        when = (CONDITION, self.when_term)
        return self.when is None or any((f.detector, f.term) == when for f in facts.findings)

    @cached_property
    def term(self) -> str:
        """The term under which `condition` is found; empty without one."""
        return _term_of(self.condition)

    @cached_property
    def when_term(self) -> str:
        """The term under which `when` is found; empty without one."""
        return _term_of(self.when)

    @property
    def may_not_arise(self) -> bool:
        """Whether it is asked only at times."""
        return self.when is not None

    @property
    def forbids(self) -> bool:
        """Whether the condition must not hold."""
        return self.expect == "absent"

    @property
    def evidence_of(self) -> str:
        """The detector of such conditions."""
        return CONDITION

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """The findings that the conditions name."""
        for key, condition in (("condition", self.condition), ("when", self.when)):
            for node in condition.nodes() if condition else ():
                if node.found:
                    yield key, Sought(detector=node.found.detector, terms=node.found.terms)

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Both conditions, as far as they are written."""
        if self.condition is not None:
            yield self.term, self.condition
        if self.when is not None:
            yield self.when_term, self.when


def _term_of(condition: Condition | None) -> str:
    """The term of a condition that has no name: a hash of what it says, so that no other one is taken for it."""
    if condition is None:
        return ""
    written = condition.model_dump_json(by_alias=True, exclude_defaults=True)
    return hashlib.sha256(written.encode()).hexdigest()[:12]
