"""``count``: points for each, for 加分项."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.scorecard.scoring.formula import DIGITS, Formula, Scored
from pipeline.tally import Tally, shown


class Count(Formula):
    """So many points for each, up to the criterion's points: for 加分项."""

    only_adds: ClassVar[bool] = True

    kind: Literal["count"]
    each: Annotated[float, Field(gt=0)]
    unit: str = "次"

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a count, up to `points`.

        Examples
        --------
        >>> Count(kind="count", each=2).score(5, 3, "表扬").reason
        '表扬 3 次，得 5 分'
        """
        awarded = min(points, round(self.each * value, DIGITS))
        return Scored(Tally(awarded, points), f"{subject} {self.show(value)}，得 {shown(awarded)} 分")
