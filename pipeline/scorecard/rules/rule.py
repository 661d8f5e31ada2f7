"""A rule: what a part of a criterion asks of one call. Each kind of rule is a class in a file of its own.

Knows what every kind answers; how a kind decides is in its file, what a decision is worth in `evaluation`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from pydantic import model_validator

from pipeline.call import Direction
from pipeline.findings import Finding
from pipeline.findings.conditions import Condition
from pipeline.scorecard.kinds import Policy
from pipeline.scorecard.rules.verdict import Case, Verdict

Phrase: TypeAlias = tuple[str, str]
"""A detector and one of its terms."""


class Sought(Policy):
    """Findings of one detector, of some terms or of any but those of `spares`, of one role's or anybody's doing."""

    detector: str
    terms: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    role: Literal["agent", "customer"] | None = None

    def names(self, finding: Finding) -> bool:
        """Whether a finding is one of these.

        Examples
        --------
        >>> from pipeline.hearing.turns import Role
        >>> from pipeline.timeline import Span
        >>> finding = Finding("C1", "complaint", "urgent", 2, Role.CUSTOMER, Span(9, 11), "快点", None, 0.9, "1")
        >>> Sought(detector="complaint").names(finding)
        True
        >>> Sought(detector="complaint", terms=("abuse",)).names(finding)
        False
        """
        return (
            finding.detector == self.detector
            and (not self.terms or finding.term in self.terms)
            and finding.term not in self.spares
            and self.role in (None, finding.role.value)
        )


@dataclass(frozen=True, slots=True)
class Clock:
    """A time that a rule or a formula measures: under which word, by which clock, and its line in Chinese."""

    concept: str
    clock: str
    line: str


class Rule(Policy):
    """A question to one call; a kind declares its keys as fields, and overrides what is told of it.

    A kind needs ``kind: Literal["name"]`` and `decide`. Everything else has an answer here that fits a rule which
    is asked of every call and looks for no phrases.

    Attributes
    ----------
    needs : tuple of str
        The keys without which it asks nothing; empty ones are refused.
    sentence : str
        How a month is told of which some calls did not do what was asked, in Chinese, with ``{judged}``, ``{kept}``
        and ``{lost}`` calls.
    may_not_arise : bool
        Whether there are calls that it asks nothing.
    forbids : bool
        Whether it asks that something is not found.
    """

    needs: ClassVar[tuple[str, ...]] = ()
    sentence: ClassVar[str] = "符合 {kept} 通、不符合 {lost} 通"

    kind: str

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        if missing := [field for field in self.needs if not getattr(self, field)]:
            raise ValueError(f"a rule of kind {self.kind} needs {' and '.join(missing)}")
        return self

    @abstractmethod
    def decide(self, title: str, case: Case) -> Verdict:
        """The verdict on one call.

        Parameters
        ----------
        title : str
            What the rule is called in a reason.
        """

    @property
    def may_not_arise(self) -> bool:
        """Whether there are calls that it asks nothing."""
        return False

    @property
    def forbids(self) -> bool:
        """Whether it asks that something is not found."""
        return False

    @property
    def evidence_of(self) -> str:
        """The detector of the findings that show it met, or broken where it forbids; empty where none does."""
        return ""

    def single(self) -> Iterator[Rule]:
        """The rules that ask one thing each, of which it is put together; itself, as a rule."""
        yield self

    def required(self, direction: Direction) -> tuple[Phrase, ...]:  # noqa: ARG002
        """The phrases that a call must have, each of them: where one was not found, it was missed."""
        return ()

    def sought(self) -> Iterator[tuple[str, Sought]]:
        """The findings that it looks for, each beside its key; ``terms`` stands for `detector`, too."""
        yield from ()

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Each condition of the scorecard's own with the term under which it is found."""
        yield from ()

    def items(self) -> tuple[str, ...]:
        """The ids of the other items of the scorecard whose answers it asks for."""
        return ()

    @property
    def clock(self) -> Clock | None:
        """The time that it measures; None where it measures none."""
        return None
