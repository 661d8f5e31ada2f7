"""Did it help: the share of an item's points before and after, over calls of the same kind, with an interval.

Knows shares of points in strata; those of calls are queue, class of length, and whether the customer complained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist, fmean
from typing import TypeAlias

from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.coaching.policy import CoachingPolicy
from pipeline.month.coaching.proposals import points_in

Shares: TypeAlias = Sequence[tuple[str, float]]
"""Calls, each as its stratum and its share of the item's points, 0..1."""

TOO_FEW = "通话太少，看不出"
CAUTION = (
    "提示：任务挑的是失分最多的项，即使不辅导，之后通常也会回升一些；"
    "这里说的是变化，不能证明是辅导的作用，可与没有任务的坐席对照。"
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What changed.

    Parameters
    ----------
    recheck, found : int
        Calls after the task was taken on that are asked for, and those there are.
    all_before : int
        Calls before, of whatever stratum.
    num_before, num_after : int
        Those in strata that both sides have.
    before, after : float
        Share of the item's points, 0..1, both with the strata as they are mixed after.
    raw_before, raw_after : float | None
        The same of all calls, without regard to their mix; None for no calls.
    low, high : float
        The interval of `after` less `before`; -1 and 1 where nothing can be compared.
    """

    recheck: int
    found: int
    all_before: int
    num_before: int
    num_after: int
    before: float | None
    after: float | None
    raw_before: float | None
    raw_after: float | None
    low: float
    high: float
    level: float
    least_calls: int

    @property
    def verdict(self) -> str:
        """The conclusion, in Chinese; nothing is concluded before the recheck is complete, or by looking twice."""
        if self.found < self.recheck:
            return f"{TOO_FEW}：复查要 {self.recheck} 通，目前 {self.found} 通"
        if min(self.num_before, self.num_after) < self.least_calls:
            return (
                f"{TOO_FEW}：可比的通话辅导前 {self.num_before} 通、辅导后 {self.num_after} 通，"
                f"至少各要 {self.least_calls} 通"
            )
        if self.low <= 0 <= self.high:
            return f"{TOO_FEW}：差别的区间包含 0"
        return "有好转" if self.low > 0 else "变差了"


def effect(before: Shares, after: Shares, recheck: int, policy: CoachingPolicy) -> Effect:
    """The change from calls before to those after; of the latter the first `recheck` are given.

    Note
    ----
    Both sides take the strata as they are mixed after (direct standardisation); calls of a stratum that only one
    side has are left out. The interval is Newcombe's of two shares (1998), each with Wilson's interval for as many
    calls as the weighted mean is worth (Yan and Su 2010): it is never of no width, however few and alike the calls.

    Examples
    --------
    >>> from pipeline.month.coaching.policy import bundled_coaching
    >>> once = [("保修", 1.0)] * 2 + [("保修", 0.0)] * 18
    >>> helped = effect(once, [("保修", 1.0)] * 9 + [("保修", 0.0)], 10, bundled_coaching())
    >>> helped.before, helped.after, helped.verdict
    (0.1, 0.9, '有好转')
    >>> effect(once, [("保修", 1.0)] * 3, 10, bundled_coaching()).verdict
    '通话太少，看不出：复查要 10 通，目前 3 通'
    """
    old, new = _by_stratum(before), _by_stratum(after)
    both = [stratum for stratum in new if stratum in old]
    num_after = sum(len(new[stratum]) for stratum in both)
    weights = {stratum: len(new[stratum]) / num_after for stratum in both}
    sides = [sum(weights[s] * fmean(side[s]) for s in both) if both else None for side in (old, new)]
    low, high = -1.0, 1.0
    if both and sides[0] is not None and sides[1] is not None:
        worth = 1 / sum(weights[s] ** 2 / len(old[s]) for s in both)
        low, high = _difference((sides[0], worth), (sides[1], num_after), policy.level)
    return Effect(
        recheck=recheck,
        found=len(after),
        all_before=len(before),
        num_before=sum(len(old[stratum]) for stratum in both),
        num_after=num_after,
        before=sides[0],
        after=sides[1],
        raw_before=fmean(share for _, share in before) if before else None,
        raw_after=fmean(share for _, share in after) if after else None,
        low=low,
        high=high,
        level=policy.level,
        least_calls=policy.least_calls,
    )


def shares(calls: Iterable[ScoredCall], criterion_id: str, policy: CoachingPolicy) -> tuple[tuple[str, float], ...]:
    """The calls in which a criterion has points, each as its stratum and the share of them."""
    found = ((stratum(scored, policy), points_in(scored, criterion_id)) for scored in calls)
    return tuple((kind, a.tally.awarded / a.tally.possible) for kind, a in found if a is not None)


def stratum(scored: ScoredCall, policy: CoachingPolicy) -> str:
    """Queue, class of length, and whether the customer complained, in Chinese."""
    length = "时长不明" if scored.duration is None else _class(scored.duration, policy.durations)
    complained = "有投诉" if scored.apology_owed else "无投诉"
    return f"{scored.call.queue or '队列不明'}、{length}、{complained}"


def _class(seconds: float, borders: Sequence[float]) -> str:
    number = sum(seconds >= border for border in borders)
    if number == len(borders):
        return f"{borders[-1]:g} 秒以上" if borders else "不分时长"
    return f"不到 {borders[number]:g} 秒"


def _by_stratum(calls: Shares) -> dict[str, list[float]]:
    found = defaultdict[str, list[float]](list)
    for kind, share in calls:
        found[kind].append(share)
    return found


def _difference(before: tuple[float, float], after: tuple[float, float], level: float) -> tuple[float, float]:
    """The interval of the second share less the first, each with the number of calls that it is worth."""
    (old, _), (new, _) = before, after
    (old_low, old_high), (new_low, new_high) = _wilson(*before, level), _wilson(*after, level)
    low = new - old - sqrt((new - new_low) ** 2 + (old_high - old) ** 2)
    high = new - old + sqrt((new_high - new) ** 2 + (old - old_low) ** 2)
    return low, high


def _wilson(share: float, number: float, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (share + z * z / (2 * number)) / (1 + z * z / number)
    reach = z / (1 + z * z / number) * sqrt(max(0.0, share * (1 - share)) / number + z * z / (4 * number**2))
    return max(0.0, centre - reach), min(1.0, centre + reach)
