"""A scorecard: criteria, points and levels of one standard, by revision. Policy as data.

Knows how such a file is read and checked; not how a call is judged (`evaluation`).
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import PolicyError
from pipeline.policy import load_policy
from pipeline.timeline import Seconds

Share = Annotated[float, Field(ge=0, le=1)]


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Rule(_Policy):
    """How a part of a criterion is decided from findings. `kind` says which fields count.

    ``heard``    share of `terms` that `detector` found; those of `inbound_only` are not asked of an outbound call
    ``absent``   nothing found by `detector`
    ``duty``     a finding of `trigger` asks for one of `detector`/`terms` after it; no trigger: not applicable
    ``rings``    at most `at_most` rings, heard or by the record; inbound calls only
    ``hangup``   the customer hung up first, by the call record; not applicable when the record does not tell
    """

    kind: Literal["heard", "absent", "duty", "rings", "hangup"]
    detector: str = ""
    terms: tuple[str, ...] = ()
    inbound_only: tuple[str, ...] = ()
    trigger: str = ""
    at_most: int = 0

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


class Part(_Policy):
    """A ▲ of a criterion, with its weight inside it."""

    title: str
    weight: Annotated[float, Field(gt=0)]
    rule: Rule


class Criterion(_Policy):
    """One item of a scorecard.

    `answered_by` is ``calls`` (from the audio and the record), ``feed`` or ``person``; the last two are left
    open. `standard` is the sentence of the printed document.
    """

    id: str
    title: str
    standard: str
    points: Annotated[float, Field(gt=0)]
    answered_by: Literal["calls", "feed", "person"]
    parts: tuple[Part, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _decidable(self) -> Criterion:
        if (self.answered_by == "calls") != bool(self.parts):
            raise ValueError(f"{self.id}: parts belong to a criterion answered by calls, and to no other")
        return self


class QualityGate(_Policy):
    """Below any of these a call is unscorable. See `hearing.Quality` for the quantities."""

    agent_speech_seconds: Annotated[Seconds, Field(ge=0)]
    coverage: Share
    word_confidence: Share


class Scorecard(_Policy):
    """One signed-off revision of a standard.

    `levels` maps a level's name to the share of the points; `cutoffs` maps it to the least share of the parts met
    that earns it. Both run from best to worst; what is below the last cut-off is the last level.
    `review_below` is the probability of the roles under which a person should look.
    """

    name: str
    title: str
    revision: Annotated[int, Field(ge=1)]
    effective_from: date
    source: str
    lexicons: tuple[str, ...]
    levels: tuple[tuple[str, Share], ...]
    cutoffs: tuple[tuple[str, Share], ...]
    quality: QualityGate
    review_below: Share
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]

    @field_validator("levels", "cutoffs", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        return tuple(value.items()) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _consistent(self) -> Scorecard:
        if len(self.levels) < 2 or [name for name, _ in self.cutoffs] != [name for name, _ in self.levels[:-1]]:
            raise ValueError("cutoffs must name every level but the last, in the order of levels")
        for figures in (self.levels, self.cutoffs):
            shares = [share for _, share in figures]
            if any(worse >= better for better, worse in pairwise(shares)):
                raise ValueError("levels and cutoffs must fall from best to worst")
        ids = [criterion.id for criterion in self.criteria]
        if twice := sorted({id for id in ids if ids.count(id) > 1}):
            raise ValueError(f"criterion {', '.join(twice)} stands twice")
        return self

    @property
    def points(self) -> float:
        """The printed total."""
        return sum(criterion.points for criterion in self.criteria)

    def level(self, share: float) -> tuple[str, float]:
        """The level that a share of met parts, 0..1, earns: its name and its share of the points."""
        earned = next((name for name, cutoff in self.cutoffs if share >= cutoff - 1e-9), self.levels[-1][0])
        return earned, dict(self.levels)[earned]


def load_scorecard(path: Traversable | Path) -> Scorecard:
    """A scorecard file, checked.

    Raises
    ------
    PolicyError
        With file and line.
    """
    return load_policy(path, Scorecard)[0]


def find_scorecard(name: str) -> Scorecard:
    """A scorecard that comes with callqa, by name, or a file of the user's, by path.

    Raises
    ------
    PolicyError
        If there is neither, or it is wrong.
    """
    folder = files("pipeline") / "scorecards"
    bundled = {path.name.removesuffix(".yaml"): path for path in folder.iterdir() if path.name.endswith(".yaml")}
    if name in bundled:
        return load_scorecard(bundled[name])
    if Path(name).is_file():
        return load_scorecard(Path(name))
    raise PolicyError(name, None, f"there is no such scorecard; choose {', '.join(sorted(bundled))} or give a file")
