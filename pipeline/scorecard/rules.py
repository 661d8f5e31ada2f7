"""What is asked of one call: a rule over its findings.

Knows how a rule is written; how it is decided is in `verdict`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.findings import Finding
from pipeline.findings.conditions import Condition
from pipeline.scorecard.scoring import Policy

CONDITION = "condition"
"""The detector of the conditions that a scorecard writes itself."""


class Sought(Policy):
    """Findings of one detector, of some terms or of any."""

    detector: str
    terms: tuple[str, ...] = ()

    def names(self, finding: Finding) -> bool:
        """Whether a finding is one of these."""
        return finding.detector == self.detector and (not self.terms or finding.term in self.terms)


class Rule(Policy):
    """How a part of a criterion is decided from findings. `kind` says which fields count.

    ``heard``      share of `terms` that `detector` found; those of `inbound_only` are not asked of an outbound call
    ``absent``     `detector` found none of `terms` (of any, without `terms`), or at most `at_most` times
    ``duty``       a finding of `trigger` asks for one of `detector`/`terms` after it; no trigger: not applicable
    ``condition``  `condition` holds (with `expect: absent`: does not); `when` does not hold: not applicable
    ``rings``      at most `at_most` rings, heard or by the record; inbound calls only
    ``hangup``     the customer hung up first, by the call record; not applicable when the record does not tell

    Parameters
    ----------
    trigger : tuple of Sought
        What makes a duty; the name of a detector alone stands for all that it finds.
    within_turns, within_seconds : int, float | None
        How long after the trigger a duty may be done: turns of both roles, seconds from the end of the trigger.
    turns_before : int | None
        A duty done so many turns before the trigger counts too; 0 is the turn of the trigger itself.
    before : tuple of Sought
        What the agent may say only after the duty is done, such as an excuse before an apology.
    every : bool
        Each trigger asks anew, and the share of those answered counts; else the first one asks for all.
    """

    kind: Literal["heard", "absent", "duty", "condition", "rings", "hangup"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    inbound_only: tuple[str, ...] = ()
    trigger: tuple[Sought, ...] = ()
    within_turns: Annotated[int, Field(ge=1)] | None = None
    within_seconds: Annotated[float, Field(gt=0)] | None = None
    turns_before: Annotated[int, Field(ge=0)] | None = None
    before: tuple[Sought, ...] = ()
    every: bool = False
    at_most: Annotated[int, Field(ge=0)] = 0
    condition: Condition | None = None
    when: Condition | None = None
    expect: Literal["heard", "absent"] = "heard"

    @field_validator("trigger", "before", mode="before")
    @classmethod
    def _listed(cls, written: object) -> object:
        """One detector's name, one mapping, or a list of either."""
        listed = written if isinstance(written, list | tuple) else [written] if written else []
        return [{"detector": each} if isinstance(each, str) else each for each in listed]

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        needed = {
            "heard": ("detector", "terms"),
            "absent": ("detector",),
            "duty": ("trigger", "detector", "terms"),
            "condition": ("condition",),
            "rings": ("at_most",),
            "hangup": (),
        }[self.kind]
        if missing := [field for field in needed if not getattr(self, field)]:
            raise ValueError(f"a rule of kind {self.kind} needs {' and '.join(missing)}")
        if self.kind != "condition" and (self.condition or self.when):
            raise ValueError(
                f"condition and when belong to a rule of kind condition, not to one of kind {self.kind}"
            )
        return self

    @cached_property
    def term(self) -> str:
        """The term under which `condition` is found; empty without one."""
        return _term_of(self.condition)

    @cached_property
    def when_term(self) -> str:
        """The term under which `when` is found; empty without one."""
        return _term_of(self.when)

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Each condition of the rule with the term under which it is found."""
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
