"""How a value becomes points: the formulas that printed standards use, each with its switches by name.

Knows numbers and their sentences; not where a value comes from (`indicators`, `assessment`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.tally import Tally

Value: TypeAlias = float | str | Mapping[str, float] | list[Any]
"""What an item is scored from: a number, a level, counts by kind, or one for each sub-item (None: not given)."""

DIGITS = 9  # a quotient nearer to a whole number than this is that number: 0.85 - 0.75 is ten times 0.01


class Policy(BaseModel):
    """A part of a policy file: unknown keys are refused, nothing is changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Scored:
    """Points for one value, with the sentence that explains them (评分依据) and the level, where there is one."""

    tally: Tally
    reason: str
    level: str | None = None


class Sample(Policy):
    """``抽查10条`` and what it means when every call is known.

    ``draw``      a reproducible draw of `size`, the list printed
    ``expected``  the exact mean of the points over all draws of `size`, the floor kept in each
    ``rate``      the errors of all, scaled to `size`
    """

    size: Annotated[int, Field(ge=1)]
    mode: Literal["draw", "expected", "rate"] = "expected"


class _Formula(Policy):
    unit: str = ""

    def show(self, number: float) -> str:
        """The number with its unit; a share as percent.

        Examples
        --------
        >>> Steps(kind="steps", at_least=0.85, every=0.01, deduct=1, unit="%").show(0.875)
        '87.5%'
        """
        return f"{shown(number * 100)}%" if self.unit == "%" else f"{shown(number)} {self.unit}".strip()


class _Line(_Formula):
    """A formula around a line that must not be passed: from above (`at_most`) or from below (`at_least`).

    Both None is a line that the document leaves open (``[X]``): nothing can be scored before it is given.
    """

    at_most: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_line(self) -> _Line:
        if self.at_most is not None and self.at_least is not None:
            raise ValueError("a line is at_most or at_least, not both")
        if not {"at_most", "at_least"} & self.model_fields_set:
            raise ValueError("needs at_most or at_least")
        return self

    @property
    def open(self) -> bool:
        """Whether the line itself is not given."""
        return self.at_most is None and self.at_least is None

    @property
    def line(self) -> float:
        """The line, whichever side is wanted."""
        return self.at_most if self.at_most is not None else self.at_least or 0.0

    def beyond(self, value: float, line: float | None = None) -> float:
        """How far a value lies on the wrong side of a line, by default the formula's own; 0 or less is right."""
        line = self.line if line is None else line
        return round(value - line if self.at_most is not None else line - value, DIGITS)

    def compared(self, value: float) -> str:
        """The value against the line, as a clause."""
        if self.at_most is not None:
            word = "不超过" if self.beyond(value) <= 0 else "超过"
        else:
            word = "达到" if self.beyond(value) <= 0 else "低于"
        return f"{self.show(value)}，{word} {self.show(self.line)}"


class Steps(_Line):
    """``每超10秒扣2分，超60秒得0分`` or ``每低1%扣1分，低于75%得0分``.

    Parameters
    ----------
    every, deduct : float
        Width of a block in the value's unit, and the points that a block costs.
    block : str
        What a block that has only begun costs: ``ceil`` all of it, ``floor`` nothing.
    zero_beyond : float | None
        Beyond this value nothing is left; only while `cliff` is on. Without it points fall to 0 step by step.
    """

    kind: Literal["steps"]
    every: Annotated[float, Field(gt=0)]
    deduct: Annotated[float, Field(gt=0)]
    block: Literal["ceil", "floor"] = "ceil"
    zero_beyond: float | None = None
    cliff: bool = True

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a value, out of `points`."""
        said = f"{subject} {self.compared(value)}"
        over = self.beyond(value)
        if over <= 0:
            return Scored(Tally(points, points), f"{said}，达标，得 {shown(points)} 分")
        if self.cliff and self.zero_beyond is not None and self.beyond(value, self.zero_beyond) > 0:
            word = "超过" if self.at_most is not None else "低于"
            return Scored(Tally(0.0, points), f"{said}，且{word} {self.show(self.zero_beyond)}，得 0 分")
        blocks = {"ceil": ceil, "floor": floor}[self.block](round(over / self.every, DIGITS))
        awarded = max(0.0, points - blocks * self.deduct)
        step = f"每{'超' if self.at_most is not None else '低'} {self.show(self.every)} 扣 {shown(self.deduct)} 分"
        return Scored(Tally(awarded, points), f"{said}；{step}，计 {blocks} 档，得 {shown(awarded)} 分")


class Target(_Line):
    """An indicator with a target and no printed formula: full points when it is reached.

    `missed` says what is left below it: ``proportional`` as much as was reached of the target, ``zero`` nothing.
    """

    kind: Literal["target"]
    missed: Literal["proportional", "zero"] = "proportional"

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a value, out of `points`."""
        said = f"{subject} {self.compared(value)}"
        if self.beyond(value) <= 0:
            return Scored(Tally(points, points), f"{said}，达标，得 {shown(points)} 分")
        if self.missed == "zero":
            return Scored(Tally(0.0, points), f"{said}，未达标，得 0 分")
        reached = self.line / value if self.at_most is not None else value / self.line
        awarded = points * max(0.0, min(1.0, reached))
        return Scored(Tally(awarded, points), f"{said}，完成目标的 {reached:.1%}，得 {shown(awarded)} 分")


class Errors(_Formula):
    """``每出现1次不符合扣5分，扣完为止`` or ``每错1项扣3分，错3项及以上得0分``.

    Parameters
    ----------
    deduct : float or mapping
        Points that an error costs; by kind of error where the documents print several rules for one item.
    counted : tuple of str
        The kinds that count, of those in `deduct`.
    zero_at : float | None
        From so many errors on nothing is left.
    sample : Sample | None
        The rule speaks of a sample, not of all calls.
    """

    kind: Literal["errors"]
    deduct: Annotated[float, Field(gt=0)] | dict[str, Annotated[float, Field(gt=0)]]
    counted: tuple[str, ...] = ()
    zero_at: float | None = None
    sample: Sample | None = None
    unit: str = "次"

    @model_validator(mode="after")
    def _counts_something(self) -> Errors:
        kinds = set(self.deduct) if isinstance(self.deduct, dict) else set()
        if kinds and not self.counted:
            raise ValueError(f"counted must say which of {', '.join(sorted(kinds))} cost points")
        if unknown := sorted(set(self.counted) - kinds):
            raise ValueError(f"deduct has no {', '.join(unknown)}")
        return self

    def costs(self, value: float | Mapping[str, float]) -> float:
        """The points that errors cost, before the floor: a number counts the first kind that counts."""
        if not isinstance(self.deduct, dict):
            count = sum(value.values()) if isinstance(value, Mapping) else value
            return round(count * self.deduct, DIGITS)
        by_kind = value if isinstance(value, Mapping) else {self.counted[0]: value}
        return round(sum(self.deduct[kind] * by_kind.get(kind, 0) for kind in self.counted), DIGITS)

    def left(self, points: float, value: float | Mapping[str, float]) -> float:
        """The points that remain after so many errors."""
        if isinstance(value, Mapping):
            count = sum(each for kind, each in value.items() if not self.counted or kind in self.counted)
        else:
            count = value
        if self.zero_at is not None and count >= self.zero_at:
            return 0.0
        return max(0.0, points - self.costs(value))

    def score(self, points: float, value: float | Mapping[str, float], subject: str) -> Scored:
        """The points for a count of errors, out of `points`."""
        awarded = self.left(points, value)
        by_kind = value if isinstance(value, Mapping) else {"": value}
        said = "、".join(f"{kind} {self.show(count)}".strip() for kind, count in by_kind.items()) or self.show(0)
        why = f"扣 {shown(min(points, self.costs(value)))} 分" if awarded else "扣完"
        if not any(by_kind.values()):
            why = "没有不符合"
        return Scored(Tally(awarded, points), f"{subject} {said}，{why}，得 {shown(awarded)} 分")


class Count(_Formula):
    """So many points for each, up to the item's points: for 加分项."""

    kind: Literal["count"]
    each: Annotated[float, Field(gt=0)]
    unit: str = "次"

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a count, up to `points`."""
        awarded = min(points, round(self.each * value, DIGITS))
        return Scored(Tally(awarded, points), f"{subject} {self.show(value)}，得 {shown(awarded)} 分")


Scoring: TypeAlias = Annotated[Steps | Target | Errors | Count, Field(discriminator="kind")]


def shown(number: float) -> str:
    """A number as people write it: no more decimals than needed, two at most.

    Examples
    --------
    >>> shown(20.0), shown(23.04), shown(0.999)
    ('20', '23.04', '1')
    """
    return f"{number:.2f}".rstrip("0").rstrip(".")
