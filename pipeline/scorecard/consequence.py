"""What follows from a month's result, as it is written in a scorecard: grades, consequences, periods, plans.

Knows how they are written; who earns what is decided in `assessment` and `ledger`.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.scorecard.kinds import Policy


class Grade(Policy):
    """A band of scores, half-open: from `least` up to where the next better one begins.

    `least` None: the operator must give the line; below the last given line nobody is graded. `below` is written
    where a document prints an upper end other than the next band's beginning. `printed` is what the document says.
    """

    name: str
    least: float | None
    below: float | None = None
    printed: str = ""
    failing: bool = False


class Trigger(Policy):
    """When a consequence is proposed, in exactly one of two forms.

    - `grade` in the month, `months` months in a row, or `quarters` quarters in a row; with `after`, only once
      the consequence of that id has been signed for an earlier month;
    - `top` share of the agents by the score of the whole `period`, 0..1.
    """

    grade: str = ""
    months: Annotated[int, Field(ge=1)] = 1
    quarters: Annotated[int, Field(ge=1)] | None = None
    after: str = ""
    top: Annotated[float, Field(gt=0, le=1)] | None = None
    period: Literal["month", "quarter", "year"] = "month"

    @model_validator(mode="after")
    def _one_form(self) -> Trigger:
        if bool(self.grade) == (self.top is not None):
            raise ValueError("a consequence follows from a grade or from a top share, one of the two")
        if self.quarters is not None and self.months != 1:
            raise ValueError("a streak is counted in months or in quarters, not in both")
        return self


class Consequence(Policy):
    """One consequence: a proposal until a person signs it.

    `coefficient` multiplies the bonus (绩效奖金系数); `title` is what the person is told.
    """

    id: str
    title: str
    when: Trigger
    coefficient: Annotated[float, Field(ge=0)] | None = None
    standard: str = ""


class Period(Policy):
    """Days, and hours of these days, in which the scorecard asks for something else (大促, 高峰).

    Parameters
    ----------
    first, last : date
        Both included.
    hours : tuple of time | None
        From and to, half-open, in Asia/Shanghai; None for the whole day.
    queues : tuple of str
        Empty for all.
    exempt : tuple of str
        Criteria that calls of this time are not asked (豁免).
    points : mapping
        Criteria with other points in these days.
    """

    title: str
    first: date
    last: date
    hours: tuple[time, time] | None = None
    queues: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    points: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.last < self.first:
            raise ValueError(f"{self.title} ends before it begins")
        if self.points and (self.hours or self.queues):
            raise ValueError(f"{self.title}: points change by day, not by hour or queue")
        return self


class Qualitative(Policy):
    """A qualitative part beside the formulas (定性30%), given by a person for a drawn sample.

    The total is then `formulas` percent of the score of the criteria plus the points given, out of `points`.
    """

    id: str
    title: str
    on: bool = False
    formulas: Annotated[float, Field(gt=0, lt=100)]
    points: Annotated[float, Field(gt=0, lt=100)]
    sample: Annotated[int, Field(ge=1)]
    bands: tuple[Grade, ...]


class Measure(Policy):
    """What may be done about lost points (表3): suggested, edited by the person responsible.

    `criterion` names a criterion, `indicator` an indicator; one that loses points puts this into the plan.
    """

    problem: str
    criterion: str = ""
    indicator: str = ""
    cause: str = ""
    actions: tuple[str, ...]
    owner: str = ""
    at_most: float | None = None
    at_least: float | None = None


class Example(Policy):
    """A filled-in row that the document prints: the lint scores it by the document's own formula.

    `count` and `of` are the numerator and denominator that the row states or implies.
    """

    criterion: str
    value: float | str | dict[str, float]
    printed: float
    text: str
    count: float | None = None
    of: float | None = None
