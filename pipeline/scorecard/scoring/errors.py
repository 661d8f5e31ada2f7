"""``errors``: each error costs points."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pipeline.errors import ConfigurationError
from pipeline.scorecard.kinds import Policy
from pipeline.scorecard.scoring.formula import DIGITS, Formula, PrintedItem, Remark, Scored, Value
from pipeline.tally import Tally, shown

BUSY = 500  # calls of one agent in a month
SAMPLED = re.compile(r"(抽查|抽取|抽检|抽)[^，。；\d]{0,6}(\d+)\s*(条|通|单|个|份|次)")
"""The words with which a sentence speaks of a sample."""
MODES = {"draw": "可复现地抽取并打印名单", "expected": "按全部抽法的平均得分计", "rate": "按全量不符合率折算"}


class Sample(Policy):
    """``抽查10条`` and what it means when every call is known.

    ``draw``      a reproducible draw of `size`, the list printed
    ``expected``  the exact mean of the points over all draws of `size`, the floor kept in each
    ``rate``      the errors of all, scaled to `size`
    """

    size: Annotated[int, Field(ge=1)]
    mode: Literal["draw", "expected", "rate"] = "expected"


class Errors(Formula):
    """``每出现1次不符合扣5分，扣完为止`` or ``每错1项扣3分，错3项及以上得0分``.

    Parameters
    ----------
    deduct : float or mapping
        Points that an error costs; by kind of error where the documents print several rules for one criterion.
    counted : tuple of str
        The kinds that count, of those in `deduct`.
    zero_at : float | None
        From so many errors on nothing is left.
    sample : Sample | None
        The rule speaks of a sample, not of all calls.
    """

    in_unit: ClassVar[tuple[str, ...]] = ("zero_at",)
    counts: ClassVar[Literal["met", "not_met"]] = "not_met"
    of_calls: ClassVar[bool] = False

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
        """The points that errors cost, before the floor: a number counts the first kind that counts.

        Examples
        --------
        >>> Errors(kind="errors", deduct={"情绪": 5, "用语": 1}, counted=("情绪",)).costs({"情绪": 1, "用语": 3})
        5.0
        """
        if not isinstance(self.deduct, dict):
            count = sum(value.values()) if isinstance(value, Mapping) else value
            return round(count * self.deduct, DIGITS)
        by_kind = value if isinstance(value, Mapping) else {self.counted[0]: value}
        return round(sum(self.deduct[kind] * by_kind.get(kind, 0) for kind in self.counted), DIGITS)

    def left(self, points: float, value: float | Mapping[str, float]) -> float:
        """The points that remain after so many errors.

        Examples
        --------
        >>> records = Errors(kind="errors", deduct=3, zero_at=3)
        >>> records.left(15, 2), records.left(15, 3)
        (9.0, 0.0)
        """
        if isinstance(value, Mapping):
            count = sum(each for kind, each in value.items() if not self.counted or kind in self.counted)
        else:
            count = value
        if self.zero_at is not None and count >= self.zero_at:
            return 0.0
        return max(0.0, points - self.costs(value))

    def score(self, points: float, value: float | Mapping[str, float], subject: str) -> Scored:
        """The points for a count of errors, out of `points`.

        Examples
        --------
        >>> Errors(kind="errors", deduct=5).score(25, 2, "本月差错").reason
        '本月差错 2 次，扣 10 分，得 15 分'
        """
        awarded = self.left(points, value)
        by_kind = value if isinstance(value, Mapping) else {"": value}
        counts = "、".join(f"{kind} {self.show(count)}".strip() for kind, count in by_kind.items()) or self.show(0)
        why = f"扣 {shown(min(points, self.costs(value)))} 分" if awarded else "扣完"
        if not any(by_kind.values()):
            why = "没有不符合"
        return Scored(Tally(awarded, points), f"{subject} {counts}，{why}，得 {shown(awarded)} 分")

    def checked(self, value: Value, owner: str) -> float | dict[str, float]:
        """A count of errors, or counts by kind.

        Raises
        ------
        ConfigurationError
            If a kind is not one of those in `deduct`, or a count is no number.

        Examples
        --------
        >>> Errors(kind="errors", deduct=5).checked(2, "T1-2")
        2.0
        """
        if not isinstance(value, Mapping):
            return float(super().checked(value, owner))
        kinds = set(self.deduct) if isinstance(self.deduct, dict) else set(value)
        if unknown := sorted(set(value) - kinds):
            raise ConfigurationError(
                f"{owner}: no kind of error {', '.join(unknown)}; write {', '.join(sorted(kinds))}"
            )
        return {kind: float(super(Errors, self).checked(count, owner)) for kind, count in value.items()}

    def remarks(self, item: PrintedItem) -> Iterator[Remark]:
        """Deductions that leave nothing from the start, several prices of one error, and rules about a sample.

        Examples
        --------
        >>> item = PrintedItem("服务态度", "抽查10条，每条不符扣5分", 25, by_calls=True)
        >>> [remark.code for remark in Errors(kind="errors", deduct=5).remarks(item)]
        ['sample']
        """
        if self.zero_at is not None and self.zero_at <= 0:
            yield Remark(
                "formula",
                "zero_at",
                f"“{item.title}”从 {shown(self.zero_at)} {self.unit}起得 0 分，没有错也得不到分。请改正 zero_at。",
                refuses=True,
            )
        if isinstance(self.deduct, dict) and len(set(self.deduct.values())) > 1:
            yield Remark("wording", "deduct", self._prices(item, self.deduct), refuses=False)
        if not item.by_calls:
            return
        wrong = BUSY * 0.04
        costs = (
            f"全量时 {BUSY} 通里 4% 不符合就是 {shown(wrong)} {self.unit}，逐{self.unit}扣分得 "
            f"{shown(self.left(item.points, wrong))} 分"
        )
        if self.sample is not None:
            ways = "、".join(f"{mode}（{way}）" for mode, way in MODES.items())
            yield Remark(
                "sample",
                "sample",
                f"“{item.title}”的扣分规则是对抽查 {self.sample.size} 条说的，而本系统评全部通话（{costs}）。现用 "
                f"sample: mode: {self.sample.mode}（{MODES[self.sample.mode]}）；可选 {ways}。",
                refuses=False,
            )
        elif printed := SAMPLED.search(item.sentence):
            yield Remark(
                "sample",
                "",
                f"“{item.title}”的原文是“{printed[0]}”，公式却没有写 sample，会按全部通话扣分：{costs}。"
                f"请写 sample: {{size: {printed[2]}, mode: expected}}。",
                refuses=True,
            )

    def _prices(self, item: PrintedItem, prices: Mapping[str, float]) -> str:
        """The sentence about kinds of error that one criterion prices differently."""
        rules = "、".join(
            f"{kind}每{self.unit}扣 {shown(cost)} 分（1 {self.unit}得 {shown(max(0, item.points - cost))} 分）"
            for kind, cost in prices.items()
        )
        return (
            f"原文给“{item.title}”的 {shown(item.points)} 分印了 {len(prices)} 种扣分规则：{rules}。现计"
            f"{'、'.join(self.counted)}，合计最多扣 {shown(item.points)} 分；可在 counted 里选择。"
        )
