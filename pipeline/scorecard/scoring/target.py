"""``target``: full points when a target is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from pipeline.errors import ConfigurationError
from pipeline.scorecard.scoring.formula import Line, Scored
from pipeline.tally import Tally, shown

Missed: TypeAlias = Literal["proportional", "zero"]
"""What a missed target leaves of its points."""


class Target(Line):
    """An indicator with a target and no printed formula: full points when it is reached.

    `missed` says what is left below it: ``proportional`` as much as was reached of the target, ``zero`` nothing.
    No document prints it, so there is no default: empty, the key `missed` of the whole scorecard says it, and where
    that is empty too nothing is scored.
    """

    kind: Literal["target"]
    missed: Missed | None = None

    @property
    def to_choose(self) -> str:
        """``missed`` while nobody has chosen it."""
        return "" if self.missed else "missed"

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a value, out of `points`.

        Raises
        ------
        ConfigurationError
            If it was missed, and nobody has chosen what a miss leaves.

        Examples
        --------
        >>> target = Target(kind="target", at_least=0.9, missed="proportional", unit="%")
        >>> target.score(10, 0.81, "接通率").reason
        '接通率 81%，低于 90%，完成目标的 90.0%，得 9 分'
        """
        sentence = f"{subject} {self.compared(value)}"
        if self.beyond(value) <= 0:
            return Scored(Tally(points, points), f"{sentence}，达标，得 {shown(points)} 分")
        if self.missed is None:
            raise ConfigurationError(
                f"{sentence}：没有选定不达标怎么给分，请写 missed: zero 或 missed: proportional"
            )
        if self.missed == "zero":
            return Scored(Tally(0.0, points), f"{sentence}，未达标，得 0 分")
        reached = self.line / value if self.at_most is not None else value / self.line
        awarded = points * max(0.0, min(1.0, reached))
        return Scored(Tally(awarded, points), f"{sentence}，完成目标的 {reached:.1%}，得 {shown(awarded)} 分")

    def changes(self, points: float) -> Iterator[float]:  # noqa: ARG002
        """The line, and each further tenth of it.

        Examples
        --------
        >>> list(Target(kind="target", at_least=100).changes(10))[:3]
        [100.0, 90.0, 80.0]
        """
        yield from (self.line * (1 + tenth / 10 * (1 if self.at_most is not None else -1)) for tenth in range(10))
