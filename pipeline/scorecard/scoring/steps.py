"""``steps``: points fall block by block beyond a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil, floor
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pipeline.scorecard.scoring.formula import DIGITS, Formula, Line, PrintedItem, Remark, Scored
from pipeline.tally import Tally, shown

WHOLE = ("次", "个", "项", "条", "单", "声", "件", "人", "天", "工作日")
"""Units of which there is no half."""
PARTIAL_SAID = re.compile(r"每满|(不足|不满|未满)[^，。；]{0,10}(按|不?计|不?扣|算)")
"""The words with which a sentence says what a begun block costs."""


class Steps(Line):
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

    in_unit: ClassVar[tuple[str, ...]] = (*Line.in_unit, "every", "zero_beyond")

    kind: Literal["steps"]
    every: Annotated[float, Field(gt=0)]
    deduct: Annotated[float, Field(gt=0)]
    block: Literal["ceil", "floor"] = "ceil"
    zero_beyond: Annotated[float, Field(ge=0)] | None = None
    cliff: bool = True

    def score(self, points: float, value: float, subject: str) -> Scored:
        """The points for a value, out of `points`.

        Examples
        --------
        >>> Steps(kind="steps", at_most=30, every=10, deduct=2, unit="秒").score(20, 42, "平均响应").reason
        '平均响应 42 秒，超过 30 秒；每超 10 秒 扣 2 分，计 2 档，得 16 分'
        """
        sentence = f"{subject} {self.compared(value)}"
        over = self.beyond(value)
        if over <= 0:
            return Scored(Tally(points, points), f"{sentence}，达标，得 {shown(points)} 分")
        if self.cliff and self.zero_beyond is not None and self.beyond(value, self.zero_beyond) > 0:
            word = "超过" if self.at_most is not None else "低于"
            return Scored(Tally(0.0, points), f"{sentence}，且{word} {self.show(self.zero_beyond)}，得 0 分")
        blocks = {"ceil": ceil, "floor": floor}[self.block](round(over / self.every, DIGITS))
        awarded = max(0.0, points - blocks * self.deduct)
        step = f"每{'超' if self.at_most is not None else '低'} {self.show(self.every)} 扣 {shown(self.deduct)} 分"
        return Scored(Tally(awarded, points), f"{sentence}；{step}，计 {blocks} 档，得 {shown(awarded)} 分")

    def remarks(self, item: PrintedItem) -> Iterator[Remark]:
        """A line of no points on the wrong side, and a sentence that leaves open what a begun block costs.

        Examples
        --------
        >>> item = PrintedItem("响应", "每超10秒扣2分", 20, by_calls=False)
        >>> [remark.code for remark in Steps(kind="steps", at_most=30, every=10, deduct=2).remarks(item)]
        ['block']
        """
        if self.open:
            return
        if self.zero_beyond is not None and self.beyond(self.zero_beyond) < 0:
            yield Remark(
                "formula",
                "zero_beyond",
                f"“{item.title}”达标线是 {self.show(self.line)}，得 0 分的界线 "
                f"{self.show(self.zero_beyond)} 却在达标范围之内。请改正 zero_beyond。",
                refuses=True,
            )
        if PARTIAL_SAID.search(item.sentence) or (self.unit in WHOLE and self.every == 1):
            return  # there is no half of one
        if (value := self._first_half(item.points)) is not None:
            begun, full = (
                self.model_copy(update={"block": block}).score(item.points, value, "").tally.awarded
                for block in ("ceil", "floor")
            )
            yield Remark(
                "block",
                "",
                f"“{item.title}”没有说不满一档怎么算：{self.show(value)}，不满一档也扣（ceil）"
                f"得 {shown(begun)} 分，满一档才扣（floor）得 {shown(full)} 分。现用 block: {self.block}，可改。",
                refuses=False,
            )

    def _first_half(self, points: float) -> float | None:
        """The first value in the middle of a block for which it matters what a begun block costs."""
        begun, full = (self.model_copy(update={"block": block}) for block in ("ceil", "floor"))
        for number in range(ceil(points / self.deduct)):
            value = self.at((number + 0.5) * self.every)
            apart = begun.score(points, value, "").tally.awarded - full.score(points, value, "").tally.awarded
            if round(apart, DIGITS):
                return value
        return None

    def changes(self, points: float) -> Iterator[float]:
        """The end of each block, and where nothing is left.

        Examples
        --------
        >>> list(Steps(kind="steps", at_most=30, every=10, deduct=2, zero_beyond=45).changes(4))
        [30.0, 40.0, 50.0, 45.0]
        """
        yield from (self.at(number * self.every) for number in range(ceil(points / self.deduct) + 1))
        if self.zero_beyond is not None:
            yield self.zero_beyond

    def switches(self, other: Formula) -> tuple[str, ...]:
        """As for any formula; where only the end is another, the switch that turns it off.

        Examples
        --------
        >>> long = Steps(kind="steps", at_most=30, every=10, deduct=2)
        >>> Steps(kind="steps", at_most=30, every=10, deduct=2, zero_beyond=60).switches(long)
        ('cliff: false',)
        """
        if self.zero_beyond is not None and self.model_copy(update={"zero_beyond": None}) == other:
            return ("cliff: false",)
        return super().switches(other)
