"""The policy of coaching, from `coaching.yaml`: how much is proposed, until when, and when a change can be told."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.policy.load import load_policy


class CoachingPolicy(BaseModel):
    """How coaching tasks are proposed and rechecked.

    Parameters
    ----------
    items : int
        Proposed for an agent and month at most, those that lost the most points first.
    least_lost : float
        Points that an item must have lost in the month.
    calls : int
        To listen to, for each item at most.
    due_days : int
        From the day of the proposal.
    recheck_calls : int
        Calls after the task was taken on, in which the item has points.
    least_calls : int
        Comparable calls, before and after each, below which nothing is concluded.
    level : float
        Probability of the interval.
    durations : tuple of float
        Seconds at which the next class of length begins, rising.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    items: Annotated[int, Field(ge=1)]
    least_lost: Annotated[float, Field(gt=0)]
    calls: Annotated[int, Field(ge=1)]
    due_days: Annotated[int, Field(ge=1, le=365)]
    recheck_calls: Annotated[int, Field(ge=2)]
    least_calls: Annotated[int, Field(ge=2)]
    level: Annotated[float, Field(ge=0.5, lt=1)]
    durations: tuple[Annotated[float, Field(gt=0)], ...]

    @field_validator("durations")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(shorter >= longer for shorter, longer in pairwise(value)):
            raise ValueError("the classes of length must rise")
        return value


@cache
def bundled_coaching() -> CoachingPolicy:
    """The policy that comes with callqa.

    Examples
    --------
    >>> bundled_coaching().due_days, bundled_coaching().recheck_calls
    (14, 10)
    """
    return load_policy(files("pipeline.policy") / "coaching.yaml", CoachingPolicy)[0]
