"""``condition``: a condition that the scorecard writes itself holds, or must not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import prod
from typing import ClassVar, Literal

from pipeline.findings.absence import RARELY_SAID, USUALLY_SAID, absence
from pipeline.findings.conditions import Condition
from pipeline.findings.detectors.unclear import ANYTHING, UNCLEAR
from pipeline.findings.rulebook import CONDITION
from pipeline.scorecard.rules.rule import Rule, Sought
from pipeline.scorecard.rules.truth import Truth, searched_of, truth_of
from pipeline.scorecard.rules.verdict import PLEASE_LISTEN, Case, Verdict, undecided
from pipeline.timeline import place


class OwnCondition(Rule):
    """`condition` holds (with ``expect: absent``: does not); where `when` does not hold, it is not asked."""

    needs: ClassVar[tuple[str, ...]] = ("condition",)

    kind: Literal["condition"]
    condition: Condition | None = None
    when: Condition | None = None
    expect: Literal["heard", "absent"] = "heard"

    def decide(self, title: str, case: Case) -> Verdict:
        """By what was searched for when the call was, and what the items that it asks for came to."""
        when, one = (truth_of(each, case) if each else Truth(True) for each in (self.when, self.condition))
        elsewhere = case.lacks({end for _, condition in self.conditions() for end in condition.ends})
        if elsewhere or when.holds is False:
            return Verdict(None, elsewhere=elsewhere)
        if when.holds is None or one.holds is None:
            return _unknown(title, case, [each for each in (when, one) if each.holds is None])
        evidence = tuple(dict.fromkeys((*when.found[:1], *one.found)))
        heard, sure = self.expect == "heard", prod(case.standing(id).confidence for id in self.items())
        surest = max((case.findings[n].confidence for n in one.found), default=0.0)
        if one.holds is heard:
            sure *= surest if one.found else self._absence(case, RARELY_SAID)
            return Verdict(1.0, evidence, (), sure)
        unclear = case.of_term(UNCLEAR, ANYTHING) if heard else one.found
        if self._searches and unclear and (heard or all(case.doubtful(n) for n in one.found)):
            return undecided(title, case, unclear, [title])
        because = f"（因{'、'.join(when.told)}）" if when.told else ""
        if not heard and one.found:
            matches = (case.findings[n] for n in one.found)
            reasons = tuple(f"{title}：{place(f.span.start)} “{f.quote}”{because}" for f in matches)
            return Verdict(0.0, evidence, reasons, sure * surest)
        why = "、".join(one.told) or "未听到"
        return Verdict(0.0, evidence, (f"{title}：{why}{because}",), sure * self._absence(case, USUALLY_SAID))

    def _absence(self, case: Case, usually: float) -> float:
        """How sure it is that what was not heard was not said; sure, where nothing had to be said."""
        return absence(case.hearing.quality, usually) if self._searches else 1.0

    @cached_property
    def _searches(self) -> bool:
        """Whether the condition asks for anything but items."""
        return self.condition is not None and any(True for _ in searched_of(self.condition))

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
        """What of both has to be searched for."""
        for condition in (self.condition, self.when):
            if condition is not None:
                yield from searched_of(condition)

    def items(self) -> tuple[str, ...]:
        """The items that `when` and `condition` ask for."""
        return tuple(dict.fromkeys(id for each in (self.when, self.condition) if each for id in each.items))


def _unknown(title: str, case: Case, open_ones: Sequence[Truth]) -> Verdict:
    """The verdict where nobody knows whether it holds: by what was heard, or by an item that waits for a person."""
    unclear = [n for each in open_ones for n in each.unclear]
    told = [each for one in open_ones for each in one.told]
    heard = undecided(title, case, unclear, [title]).reasons if unclear else ()
    waits = (f"{title}：取决于别的项，{'、'.join(told)}，{PLEASE_LISTEN}",) if told else ()
    return Verdict(None, tuple(unclear), (*heard, *waits), 1.0, unsure=True)
