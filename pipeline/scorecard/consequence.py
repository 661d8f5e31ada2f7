"""What follows from a month's result, as it is written in a scorecard: grades, consequences, periods, plans.

Knows how they are written; who earns what is decided in `assessment` and `ledger`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from pipeline.scorecard.kinds import Policy
from pipeline.tally import shown

Base: TypeAlias = Literal["wage", "bonus"]
Whom: TypeAlias = Literal["agent", "team", "head"]
BASES: Mapping[str, str] = {"wage": "当月工资", "bonus": "绩效奖金基数"}


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


class Event(Policy):
    """What happens in calls of a month and is of itself worth a consequence, whatever the score.

    Either of two: the agent's wording, as a `detector` finds it (any of its `terms`, or these), or a `criterion`
    that is 一票否决 and was not met. `times` is how often in the month.
    """

    detector: str = ""
    terms: tuple[str, ...] = ()
    criterion: str = ""
    times: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _one_of_two(self) -> Event:
        if bool(self.detector) == bool(self.criterion) or (self.terms and not self.detector):
            raise ValueError("an event is a detector (with terms) or a criterion, one of the two")
        return self


class Trigger(Policy):
    """When a consequence is proposed, in exactly one of four forms.

    - `grade` in the month, `months` months in a row, or `quarters` quarters in a row; with `after`, only once
      the consequence of that id has been signed for an earlier month;
    - `top` share of the agents by the score of the whole `period`, 0..1;
    - an `event` in the month;
    - a `person` who proposes it, for what no score and no call tells.
    """

    grade: str = ""
    months: Annotated[int, Field(ge=1)] = 1
    quarters: Annotated[int, Field(ge=1)] | None = None
    after: str = ""
    top: Annotated[float, Field(gt=0, le=1)] | None = None
    period: Literal["month", "quarter", "year"] = "month"
    event: Event | None = None
    person: bool = False

    @model_validator(mode="after")
    def _one_form(self) -> Trigger:
        if bool(self.grade) + (self.top is not None) + (self.event is not None) + self.person != 1:
            raise ValueError("a consequence follows from a grade, a top share, an event or a person, one of these")
        if self.quarters is not None and self.months != 1:
            raise ValueError("a streak is counted in months or in quarters, not in both")
        streak = self.months != 1 or self.quarters or self.after or self.period != "month"
        if streak and (self.event is not None or self.person):
            raise ValueError("an event or a person's word is about one month: leave out months, quarters and after")
        return self


class Consequence(Policy):
    """One consequence: a proposal until a person signs it.

    Parameters
    ----------
    title : str
        What the person is told.
    coefficient : float | None
        What the bonus base is multiplied with (绩效奖金系数): the result is the bonus.
    base, share : str, float | None
        So much of a base, 0..1, is added to the bonus; a negative share is taken from it.
    amount : float | None
        So many yuan are added to the bonus; negative ones are taken from it.
    flag : bool
        What is proposed is a flag (诚信问题): with the signatures of two people the month has the failing grade.
    whom : str
        ``agent`` by the own result; ``team`` by the team's, for the team bonus of its members; ``head`` by the
        result of the team or of all that a person heads, for this person's bonus.
    """

    id: str
    title: str
    when: Trigger
    coefficient: Annotated[float, Field(ge=0)] | None = None
    base: Base | None = None
    share: Annotated[float, Field(ge=-1, le=1)] | None = None
    amount: float | None = None
    flag: bool = False
    whom: Whom = "agent"
    standard: str = ""

    @model_validator(mode="after")
    def _pay(self) -> Consequence:
        if (self.base is None) != (self.share is None):
            raise ValueError("base and share stand together: so much of what")
        if self.flag and (self.when.event is None or self.pays):
            raise ValueError("a flag follows from an event, and carries no money: the failing grade does")
        if self.when.event is not None and self.whom != "agent":
            raise ValueError("an event is an agent's: leave out whom")
        return self

    @property
    def pays(self) -> bool:
        """Whether money hangs on it.

        Examples
        --------
        >>> star = Consequence(id="星", title="证书", when=Trigger(grade="优秀"))
        >>> star.pays, star.model_copy(update={"coefficient": 1.2}).pays
        (False, True)
        """
        return any(each is not None for each in (self.coefficient, self.share, self.amount))

    @property
    def pay(self) -> str:
        """What it pays, in Chinese; empty where nothing hangs on it.

        Examples
        --------
        >>> when = Trigger(grade="优秀")
        >>> Consequence(id="A", title="", when=when, coefficient=1, base="wage", share=0.1).pay
        '绩效奖金基数×1，加当月工资的10%'
        >>> Consequence(id="B", title="", when=when, amount=-200).pay
        '减200元'
        """
        base = "团队奖金基数" if self.whom == "team" else BASES["bonus"]
        said = [] if self.coefficient is None else [f"{base}×{shown(self.coefficient)}"]
        if self.share is not None and self.base is not None:
            of = base if self.base == "bonus" else BASES[self.base]
            said.append(f"{_sign(self.share)}{of}的{shown(100 * abs(self.share))}%")
        if self.amount is not None:
            said.append(f"{_sign(self.amount)}{shown(abs(self.amount))}元")
        return "，".join(said)


def _sign(number: float) -> str:
    return "减" if number < 0 else "加"


class PayRules(Policy):
    """How amounts are made of bases: to how many decimals of a yuan, half up, and what a negative bonus becomes.

    `below_zero`: ``zero`` pays nothing, ``keep`` takes the rest from what else is paid. None: a document that
    takes from the bonus does not say; a bonus below nothing is then refused until the operator has chosen.
    """

    decimals: Annotated[int, Field(ge=0, le=4)] = 2
    below_zero: Literal["zero", "keep"] | None = None


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
