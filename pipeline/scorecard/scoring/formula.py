"""A formula: how one value of the month becomes points. Each kind of formula is a class in a file of its own.

Knows what every kind answers; not where a value comes from (`indicators`, `assessment`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from pipeline.errors import ConfigurationError
from pipeline.scorecard.kinds import Policy
from pipeline.tally import Tally, shown

Value: TypeAlias = float | str | Mapping[str, float] | list[Any]
"""The value of a criterion: a number, a level, counts by kind, or one for each part (None: not given)."""

DIGITS = 9  # a quotient nearer to a whole number than this is that number: 0.85 - 0.75 is ten times 0.01


@dataclass(frozen=True, slots=True)
class Scored:
    """Points for one value, with the sentence that explains them (评分依据) and the level, where there is one.

    `worth` is the share of its points that the value earned, 0..1, also where there are none to earn; None where
    nothing was scored.
    """

    tally: Tally
    reason: str
    level: str | None = None
    worth: float | None = None

    @property
    def failed(self) -> bool:
        """Whether something was scored and nothing of it earned: what a 一票否决 asks.

        Examples
        --------
        >>> Scored(Tally(), "不符合", "不符合", 0.0).failed, Scored(Tally(), "没有给值").failed
        (True, False)
        """
        return self.worth == 0.0


@dataclass(frozen=True, slots=True)
class PrintedItem:
    """The criterion that a formula scores, as its document prints it.

    Parameters
    ----------
    sentence : str
        The criterion's own sentence.
    points : float
        What it is worth, to show figures with.
    by_calls : bool
        Whether its value is counted on the calls.
    """

    title: str
    sentence: str
    points: float
    by_calls: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A doubt about a formula, for the lint to tell.

    Parameters
    ----------
    code : str
        What it is about, in a word.
    key : str
        The key of the formula that is concerned; empty for the formula as a whole.
    sentence : str
        In Chinese: what is wrong, with its figures, and what to do.
    refuses : bool
        Whether nothing may be scored before it is settled.
    """

    code: Literal["formula", "wording", "block", "sample"]
    key: str
    sentence: str
    refuses: bool


class Formula(Policy):
    """The way from a value to points; a kind declares its keys as fields.

    A kind needs ``kind: Literal["name"]`` and `score`. Everything else has an answer here that fits a formula over
    the share of calls in which the criterion was met.

    Attributes
    ----------
    in_unit : tuple of str
        The keys whose figures are in the unit of the value.
    counts : str
        Of calls: whether those that met the criterion are counted, or those that did not.
    of_calls : bool
        Of calls: whether the value is their share, 0..1; else it is their number.
    only_adds : bool
        Whether it only adds points, so that its criterion must be a bonus.
    scale : (float, float) | None
        The least and the most that the value can be (5分制: 1, 5); None where the document prints no scale.
    """

    in_unit: ClassVar[tuple[str, ...]] = ()
    counts: ClassVar[Literal["met", "not_met"]] = "met"
    of_calls: ClassVar[bool] = True
    only_adds: ClassVar[bool] = False

    unit: str = ""
    scale: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _rises(self) -> Formula:
        if self.scale is not None and not self.scale[0] < self.scale[1]:
            raise ValueError(
                f"scale runs from the least to the most, not from {self.scale[0]:g} to {self.scale[1]:g}"
            )
        return self

    @abstractmethod
    def score(self, points: float, value: Any, subject: str) -> Scored:
        """The points for a value, out of `points`.

        Parameters
        ----------
        value : float
            As `checked` lets it through.
        subject : str
            What the sentence begins with.
        """

    def show(self, number: float) -> str:
        """The number with its unit; a share as percent.

        Examples
        --------
        >>> from pipeline.scorecard import Steps
        >>> Steps(kind="steps", at_least=0.85, every=0.01, deduct=1, unit="%").show(0.875)
        '87.5%'
        """
        return f"{shown(number * 100)}%" if self.unit == "%" else f"{shown(number)} {self.unit}".strip()

    def checked(self, value: Value, owner: str) -> Any:
        """The value as `score` takes it: a number, 0 or more; a share up to 1.

        Parameters
        ----------
        owner : str
            The criterion, for the sentence of an error.

        Raises
        ------
        ConfigurationError
            If it cannot be one.

        Examples
        --------
        >>> from pipeline.scorecard import Count
        >>> Count(kind="count", each=1).checked(3, "X")
        3.0
        """
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ConfigurationError(f"{owner}: {value!r} is not a number of {self.unit or 'points'}, 0 or more")
        if self.unit == "%" and value > 1:
            raise ConfigurationError(f"{owner}: {value:g} is not a share; write {value:g} % as {value / 100:g}")
        if self.scale is not None and not self.scale[0] <= value <= self.scale[1]:
            between = f"{self.scale[0]:g} to {self.scale[1]:g}"
            raise ConfigurationError(f"{owner}: {value:g} is not on the scale from {between}")
        return float(value)

    @property
    def open(self) -> bool:
        """Whether the document leaves a figure open without which nothing can be scored."""
        return False

    @property
    def to_choose(self) -> str:
        """The key that the document leaves to the operator and that is still empty; empty where there is none."""
        return ""

    @property
    def bound(self) -> str:
        """Its line, in a few signs; empty where it has none."""
        return ""

    def figures(self) -> Iterator[tuple[str, float]]:
        """The figures that are in the unit of the value, with their keys.

        Examples
        --------
        >>> from pipeline.scorecard import Errors
        >>> list(Errors(kind="errors", deduct=3, zero_at=3).figures())
        [('zero_at', 3.0)]
        """
        for key in self.in_unit:
            if (figure := getattr(self, key)) is not None:
                yield key, figure

    def remarks(self, item: PrintedItem) -> Iterator[Remark]:  # noqa: ARG002
        """The doubts about it, for the criterion that it scores."""
        yield from ()

    def comparable(self, other: Formula) -> bool:
        """Whether both take the same value from the same side.

        Examples
        --------
        >>> from pipeline.scorecard import Count, Errors
        >>> Count(kind="count", each=1).comparable(Errors(kind="errors", deduct=1))
        False
        """
        return type(self) is type(other)

    def switches(self, other: Formula) -> tuple[str, ...]:
        """The keys to write, with their figures, so that this formula becomes the other.

        Examples
        --------
        >>> from pipeline.scorecard import Errors
        >>> Errors(kind="errors", deduct=3, zero_at=3).switches(Errors(kind="errors", deduct=5))
        ('deduct: 5', 'zero_at: （不写）')
        """
        ours, theirs = self.model_dump(), other.model_dump()
        return tuple(
            f"{key}: {_written(figure)}"
            for key, figure in theirs.items()
            if ours.get(key) != figure and key not in ("counted", "sample", "unit", "scale")
        )


class Line(Formula):
    """A formula around a line that must not be passed: from above (`at_most`) or from below (`at_least`).

    Both None is a line that the document leaves open (``[X]``): nothing can be scored before it is given.
    """

    in_unit: ClassVar[tuple[str, ...]] = ("at_most", "at_least")

    at_most: Annotated[float, Field(ge=0)] | None = None
    at_least: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_line(self) -> Line:
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
        """The line, whichever side is wanted.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_least=0.9).line
        0.9
        """
        return self.at_most if self.at_most is not None else self.at_least or 0.0

    def beyond(self, value: float, line: float | None = None) -> float:
        """The distance of a value on the wrong side of a line, by default the formula's own; 0 or less is right.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_most=25).beyond(30)
        5.0
        """
        line = self.line if line is None else line
        return round(value - line if self.at_most is not None else line - value, DIGITS)

    def compared(self, value: float) -> str:
        """The value against the line, as a clause.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_most=25, unit="秒").compared(30)
        '30 秒，超过 25 秒'
        """
        if self.at_most is not None:
            word = "不超过" if self.beyond(value) <= 0 else "超过"
        else:
            word = "达到" if self.beyond(value) <= 0 else "低于"
        return f"{self.show(value)}，{word} {self.show(self.line)}"

    @property
    def bound(self) -> str:
        """``≤30 秒``; empty while the line is open.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_least=0.9, unit="%").bound
        '≥90%'
        """
        return "" if self.open else f"{'≤' if self.at_most is not None else '≥'}{self.show(self.line)}"

    def at(self, distance: float) -> float:
        """The value so far on the wrong side of the line.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_least=0.9).at(0.05)
        0.85
        """
        return round(self.line + (distance if self.at_most is not None else -distance), DIGITS)

    def comparable(self, other: Formula) -> bool:
        """Whether both have a line, on the same side and in the same unit.

        Examples
        --------
        >>> from pipeline.scorecard import Target
        >>> Target(kind="target", at_least=0.9).comparable(Target(kind="target", at_most=25))
        False
        """
        if not isinstance(other, Line):
            return False
        sides = (self.at_most is None) == (other.at_most is None)
        return sides and not self.open and not other.open and (other.unit != "%" or self.unit == "%")

    def changes(self, points: float) -> Iterator[float]:  # noqa: ARG002
        """The values at which the points change, as far as `points` can fall."""
        yield self.line


def _written(value: object) -> str:
    """A figure as it stands in the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "（不写）" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
