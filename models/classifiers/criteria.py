"""The tuned criteria: what a classifier judges, in whose turn, where its findings go and what it has to reach.

Knows the file ``criteria.yaml``; not how a classifier is trained.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ClassifierError
from pipeline.hearing.turns import Role
from pipeline.policy.load import load_policy

Share = Annotated[float, Field(gt=0, le=1)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cost(_Shape):
    """What a false alarm and a miss cost, in the same unit."""

    false_alarm: Annotated[float, Field(gt=0)]
    miss: Annotated[float, Field(gt=0)]


class ThresholdRule(_Shape):
    """How the threshold is chosen: for the best recall at a least precision, or for the least cost; one of them."""

    precision_floor: Share | None = None
    cost: Cost | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.precision_floor is None) == (self.cost is None):
            raise ValueError("give either precision_floor or cost")
        return self


class Floors(_Shape):
    """What precision and recall on the gold set must reach before the classifier may go live."""

    least_precision: Share
    least_recall: Share


class TunedCriterion(_Shape):
    """One criterion that phrases cannot say.

    `means` is the sentence a reviewer judges by; `detector` and `term` are what its live findings are filed under.
    """

    name: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    title: str
    means: str
    role: Literal["agent", "customer"]
    detector: str
    term: str
    threshold: ThresholdRule
    floors: Floors

    @property
    def speaker(self) -> Role:
        """Whose turns are judged."""
        return Role(self.role)


class CriteriaFile(_Shape):
    """The file as it is written; `matched` names the lexicons whose hits are features."""

    revision: Annotated[int, Field(ge=1)]
    matched: Annotated[tuple[str, ...], Field(min_length=1)]
    criteria: Annotated[tuple[TunedCriterion, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.name for each in self.criteria]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"criterion {twice[0]} stands twice")
        return self


@cache
def criteria_file() -> CriteriaFile:
    """The shipped file, checked."""
    return load_policy(files("models.classifiers") / "criteria.yaml", CriteriaFile)[0]


def tuned_criteria() -> tuple[TunedCriterion, ...]:
    """All tuned criteria, in the order of the file."""
    return criteria_file().criteria


def tuned_criterion(name: str) -> TunedCriterion:
    """The criterion of that name.

    Raises
    ------
    ClassifierError
        Naming those that there are.

    Examples
    --------
    >>> tuned_criterion("complaint").speaker
    <Role.CUSTOMER: 'customer'>
    """
    for each in tuned_criteria():
        if each.name == name:
            return each
    known = ", ".join(each.name for each in tuned_criteria())
    raise ClassifierError(f"there is no tuned criterion {name!r}; choose one of: {known}")
