"""``all_of`` and ``any_of``: several rules that answer one part together, for a sentence that asks for more."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.findings.conditions import Condition
from pipeline.scorecard.kinds import Kinds
from pipeline.scorecard.rules.absence import Absence
from pipeline.scorecard.rules.condition import OwnCondition
from pipeline.scorecard.rules.duty import Duty, listed
from pipeline.scorecard.rules.hangup import Hangup
from pipeline.scorecard.rules.judged import JudgedItem
from pipeline.scorecard.rules.phrases import Phrases
from pipeline.scorecard.rules.rings import Rings
from pipeline.scorecard.rules.rule import Phrase, Rule, Sought
from pipeline.scorecard.rules.verdict import ELSEWHERE, Case, Verdict

GROUP = "callqa.rule_kinds"
"""The entry points under which installed packages declare kinds of their own."""
SINGLE: Kinds[Rule] = Kinds(
    Rule,  # type: ignore[type-abstract]
    GROUP,
    (Phrases, Absence, Duty, OwnCondition, Rings, Hangup, JudgedItem),
)
"""Every kind of rule that asks one thing."""


class _Several(Rule):
    """Rules that are asked together.

    Parameters
    ----------
    when : tuple of Sought
        Asked only where one of these was found; the name of a detector alone stands for all that it finds.
    """

    needs: ClassVar[tuple[str, ...]] = ("rules",)

    rules: Annotated[tuple[Annotated[Rule, SINGLE], ...], Field(min_length=1)]
    when: tuple[Sought, ...] = ()

    @field_validator("when", mode="before")
    @classmethod
    def _listed(cls, written: object) -> object:
        return listed(written)

    def decide(self, title: str, case: Case) -> Verdict:
        """What the rules that ask something of the call come to; nothing is asked where none does."""
        cause = next((n for n, finding in enumerate(case.findings) if self._named(finding)), None)
        if self.when and cause is None:
            return Verdict(None)
        verdicts = [(rule, rule.decide(title, case)) for rule in self.rules]
        asked = self._asked([(rule, each) for rule, each in verdicts if each.share is not None or each.unsure])
        elsewhere = any(each.elsewhere for _, each in verdicts)
        if not asked:
            return ELSEWHERE if elsewhere else Verdict(None)
        together = self._together(title, asked, elsewhere)
        evidence = together.evidence if cause is None else (cause, *together.evidence)
        return replace(together, evidence=tuple(dict.fromkeys(evidence)))

    def _asked(self, verdicts: Sequence[tuple[Rule, Verdict]]) -> list[Verdict]:
        """The verdicts that count, of the rules that ask something of the call."""
        return [verdict for _, verdict in verdicts]

    @abstractmethod
    def _together(self, title: str, asked: Sequence[Verdict], elsewhere: bool = False) -> Verdict:
        """What the rules that ask something, of which there is one at least, come to.

        Parameters
        ----------
        elsewhere : bool
            Whether another one is owed by the agent of another part of the call.
        """

    @property
    def may_not_arise(self) -> bool:
        """Whether there are calls of which none of the rules asks anything."""
        return bool(self.when) or all(rule.may_not_arise for rule in self.rules)

    @property
    def forbids(self) -> bool:
        """Whether all of them forbid something."""
        return all(rule.forbids for rule in self.rules)

    def single(self) -> Iterator[Rule]:
        """The rules."""
        for rule in self.rules:
            yield from rule.single()

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """What the rules look for, and what `when` names."""
        for rule in self.rules:
            yield from (("rules", sought) for _, sought in rule.sought())
        yield from (("when", each) for each in self.when)

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Those of the rules."""
        for rule in self.rules:
            yield from rule.conditions()

    def items(self) -> tuple[str, ...]:
        """Those of the rules."""
        return tuple(dict.fromkeys(id for rule in self.rules for id in rule.items()))

    def _named(self, finding: Finding) -> bool:
        return any(sought.names(finding) for sought in self.when)


class AllOf(_Several):
    """Each of `rules` is asked for; met in part where some are.

    Beside something to be done, what must not be found counts only where it was: to have said nothing wrong is no
    half of an apology.
    """

    kind: Literal["all_of"]

    def _asked(self, verdicts: Sequence[tuple[Rule, Verdict]]) -> list[Verdict]:
        wanted = [verdict for rule, verdict in verdicts if not rule.forbids or verdict.share != 1.0]
        return wanted if any(not rule.forbids for rule, _ in verdicts) else [verdict for _, verdict in verdicts]

    def _together(self, title: str, asked: Sequence[Verdict], elsewhere: bool = False) -> Verdict:  # noqa: ARG002
        """The mean share; left to a person as a whole where one of them cannot be made out."""
        evidence = tuple(n for verdict in asked for n in verdict.evidence)
        reasons = tuple(reason for verdict in asked for reason in verdict.reasons)
        shares = [verdict.share for verdict in asked if verdict.share is not None and not verdict.unsure]
        if len(shares) < len(asked):
            return Verdict(None, evidence, reasons, 1.0, unsure=True)
        return Verdict(sum(shares) / len(shares), evidence, reasons, prod(verdict.confidence for verdict in asked))

    def required(self, direction: Direction) -> tuple[Phrase, ...]:
        """The phrases of all of them.

        Examples
        --------
        >>> thanks = {"kind": "heard", "detector": "required_phrase", "terms": ["thanks"]}
        >>> AllOf(kind="all_of", rules=[thanks]).required(Direction.INBOUND)
        (('required_phrase', 'thanks'),)
        """
        return tuple(phrase for rule in self.rules for phrase in rule.required(direction))


class AnyOf(_Several):
    """One of `rules` is enough: the best of them counts."""

    kind: Literal["any_of"]

    def _together(self, title: str, asked: Sequence[Verdict], elsewhere: bool = False) -> Verdict:
        """The best share; unless one was met, left to a person where another cannot be made out.

        Where one of them may yet be met in another part of the call, none is missed in this one.
        """
        decided = [verdict for verdict in asked if verdict.share is not None and not verdict.unsure]
        best = max(decided, key=lambda verdict: (verdict.share or 0.0, verdict.confidence), default=None)
        if best is not None and best.share == 1.0:
            return best
        if elsewhere:
            return ELSEWHERE
        evidence = tuple(n for verdict in asked for n in verdict.evidence)
        if unsure := [verdict for verdict in asked if verdict.unsure]:
            return Verdict(None, evidence, tuple(r for v in unsure for r in v.reasons), 1.0, unsure=True)
        missed = [reason.removeprefix(f"{title}：") for verdict in decided for reason in verdict.reasons]
        share = best.share if best else None
        reasons = (f"{title}：{'；也'.join(missed)}",) if missed else ()
        return Verdict(share, evidence, reasons, prod(verdict.confidence for verdict in decided))
