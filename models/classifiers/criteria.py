"""The tuned criteria: the suspicions as a classifier is trained for them, with what each has to reach.

Knows the file ``criteria.yaml``; not how a classifier is trained.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.errors import ClassifierError
from pipeline.findings.suspicion import Suspicion, suspicions
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


class Bar(_Shape):
    """How a threshold is chosen, and what has to be reached with it."""

    threshold: ThresholdRule
    floors: Floors


class TunedCriterion(Suspicion):
    """One criterion that phrases cannot say: a suspicion that a classifier is trained for, with its bar.

    `means` is the sentence a reviewer judges by; `detector` and `term` are what its live findings are filed under.
    """

    threshold: ThresholdRule
    floors: Floors


class Bars(_Shape):
    """The bars of faults and of all others; a criterion by its name has one of its own."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Bar]

    fault: Bar
    other: Bar

    def of(self, suspicion: Suspicion) -> Bar:
        """The bar of a suspicion."""
        kind = self.fault if suspicion.is_fault else self.other
        return self.__pydantic_extra__.get(suspicion.name, kind)


class CriteriaFile(_Shape):
    """The file as it is written; `matched` names the lexicons whose hits are features."""

    revision: Annotated[int, Field(ge=1)]
    matched: Annotated[tuple[str, ...], Field(min_length=1)]
    criteria: Bars


@cache
def criteria_file() -> CriteriaFile:
    """The shipped file, checked."""
    return load_policy(files("models.classifiers") / "criteria.yaml", CriteriaFile)[0]


@cache
def tuned_criteria() -> tuple[TunedCriterion, ...]:
    """All tuned criteria, in the order of the suspicions."""
    bars = criteria_file().criteria
    return tuple(TunedCriterion(**each.model_dump(), **dict(bars.of(each))) for each in suspicions().values())


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
