"""What is asked of one call: a rule over its findings.

Knows how a rule is written; how it is decided is in `evaluation`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.scorecard.scoring import Policy


class Rule(Policy):
    """How a part of a criterion is decided from findings. `kind` says which fields count.

    ``heard``    share of `terms` that `detector` found; those of `inbound_only` are not asked of an outbound call
    ``absent``   `detector` found none of `terms` (of any, without `terms`), or at most `at_most` times
    ``duty``     a finding of `trigger` asks for one of `detector`/`terms` after it, within `within_turns` turns if
                 that is given; no trigger: not applicable
    ``rings``    at most `at_most` rings, heard or by the record; inbound calls only
    ``hangup``   the customer hung up first, by the call record; not applicable when the record does not tell
    """

    kind: Literal["heard", "absent", "duty", "rings", "hangup"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    inbound_only: tuple[str, ...] = ()
    trigger: str = ""
    within_turns: Annotated[int, Field(ge=1)] | None = None
    at_most: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _complete(self) -> Rule:
        needed = {
            "heard": ("detector", "terms"),
            "absent": ("detector",),
            "duty": ("trigger", "detector", "terms"),
            "rings": ("at_most",),
            "hangup": (),
        }[self.kind]
        if missing := [field for field in needed if not getattr(self, field)]:
            raise ValueError(f"a rule of kind {self.kind} needs {' and '.join(missing)}")
        return self
