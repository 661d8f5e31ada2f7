"""人工改判: how often people overturn the machine, in which direction, by how many points, and what hangs on it.

Knows pairs of what machine and person said of one item of a call; not how either is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from pipeline.evaluation import Answer
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.assessment.comparison import Difference
from pipeline.tally import shown

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Override:
    """What the machine and people said of one criterion of one call; only where the machine had said something.

    Parameters
    ----------
    month : str
        Of the call, ``YYYY-MM``.
    by : str
        Who spoke last.
    overturned : bool
        Whether people say something else.
    points : float | None
        What people give less what the machine gave; None where one of the two gives no points, or it is not known.
    """

    month: str
    call_id: str
    agent_id: str | None
    criterion_id: str
    by: str
    overturned: bool
    points: float | None = None


@dataclass(frozen=True, slots=True)
class OverrideRate:
    """How often the machine was overturned, out of what people answered.

    Parameters
    ----------
    about : str
        The id of the criterion, agent, assessor or month; empty for all.
    low, high : float
        The 95 % interval of `rate`.
    raised, lowered : int
        Of the overturned ones, those by which points were won, and lost; the others change none, or whether the
        criterion applies.
    points : float
        Won less lost.
    """

    about: str
    answered: int
    overturned: int
    low: float
    high: float
    raised: int
    lowered: int
    points: float

    @property
    def rate(self) -> float:
        """The share that was overturned, 0..1."""
        return self.overturned / self.answered

    @property
    def sentence(self) -> str:
        """The figures in Chinese."""
        return (
            f"人工评定 {self.answered} 项，改判 {self.overturned} 项（{shown(100 * self.rate)}%，95% 区间 "
            f"{shown(100 * self.low)}%–{shown(100 * self.high)}%）：加分 {self.raised}、减分 {self.lowered}、"
            f"分数不变或改为不适用 {self.overturned - self.raised - self.lowered}；合计 {self.points:+.1f} 分"
        )


@dataclass(frozen=True, slots=True)
class OverridesReport:
    """The overrides of a month, by item, agent and assessor, and over the months; what grades hang on them.

    Parameters
    ----------
    titles : mapping
        Of criteria, agents and assessors, by id.
    filled : int
        Criteria that people answered and of which the machine had said nothing: there was nothing to overturn.
    months : tuple of OverrideRate
        This month and those before it in which people answered, in order; without points.
    differences : tuple of Difference
        Agents whose month differs: as if the machine alone counted, and as it counts.
    calls : tuple of Override
        What was counted, one by one.
    history : tuple of Override
        The same of `months`, without agents and points.
    """

    month: str
    standard: str
    revision: int
    titles: Mapping[str, str]
    filled: int
    total: OverrideRate | None
    items: tuple[OverrideRate, ...]
    agents: tuple[OverrideRate, ...]
    assessors: tuple[OverrideRate, ...]
    months: tuple[OverrideRate, ...]
    differences: tuple[Difference, ...]
    calls: tuple[Override, ...] = ()
    history: tuple[Override, ...] = ()

    @property
    def remark(self) -> str:
        """How far the figures reach, in Chinese."""
        filled = f"另有 {self.filled} 项机器没有结论、由人工填写，不算改判。" if self.filled else ""
        return (
            f"只统计机器已有结论、又经人工评定的项；认可也算评定。{filled}"
            "人工先看的多是系统存疑或被申诉的通话，所以改判率不是全部通话的出错率。"
        )


def rates(overrides: Iterable[Override], key: Callable[[Override], str]) -> tuple[OverrideRate, ...]:
    """The rates by a key, those that were overturned most often first.

    Examples
    --------
    >>> both = [Override("2026-10", f"C{n}", "1001", "A", "wang", n == 0, -5.0 * (n == 0)) for n in range(4)]
    >>> [(each.about, each.answered, each.rate, each.lowered, each.points) for each in rates(both, lambda o: o.by)]
    [('wang', 4, 0.25, 1, -5.0)]
    """
    found: dict[str, list[Override]] = {}
    for each in overrides:
        found.setdefault(key(each), []).append(each)
    return tuple(sorted((_rate(about, own) for about, own in found.items()), key=lambda r: (-r.rate, r.about)))


def by_month(overrides: Iterable[Override]) -> tuple[OverrideRate, ...]:
    """The rates of the months in their order.

    Examples
    --------
    >>> two = [Override(month, "C1", None, "A", "wang", month > "2026-09") for month in ("2026-10", "2026-09")]
    >>> [(each.about, each.rate) for each in by_month(two)]
    [('2026-09', 0.0), ('2026-10', 1.0)]
    """
    return tuple(sorted(rates(overrides, lambda each: each.month), key=lambda rate: rate.about))


def points_apart(machine: Answer, counts: Answer) -> float | None:
    """What counts less what the machine gave; None where either gives no points.

    Examples
    --------
    >>> from pipeline.evaluation import Outcome
    >>> from pipeline.tally import NOTHING, Tally
    >>> met = Answer("A", Outcome.MET, None, Tally(5.0, 5.0), (), ())
    >>> missed, none = (Answer("A", outcome, None, tally, (), ())
    ...     for outcome, tally in ((Outcome.NOT_MET, Tally(0.0, 5.0)), (Outcome.NOT_APPLICABLE, NOTHING)))
    >>> points_apart(missed, met), points_apart(missed, none)
    (5.0, None)
    """
    if not machine.tally.possible or not counts.tally.possible:
        return None
    return counts.tally.awarded - machine.tally.awarded


def answered_calls(calls: Iterable[ScoredCall]) -> Iterable[tuple[ScoredCall, Answer, Answer]]:
    """Each criterion of which people said something: the call, the machine's answer, and the one that counts.

    Examples
    --------
    >>> list(answered_calls([]))
    []
    """
    for scored in calls:
        counts = {answer.criterion_id: answer for answer in scored.answers}
        for machine in scored.machine:
            if machine.criterion_id in counts:
                yield scored, machine, counts[machine.criterion_id]


def _rate(about: str, own: Sequence[Override]) -> OverrideRate:
    by_call: dict[str, list[Override]] = {}
    for each in own:
        by_call.setdefault(each.call_id, []).append(each)
    counts = [(sum(each.overturned for each in same), len(same)) for same in by_call.values()]
    low, high = share_interval(counts)
    changes = [each.points for each in own if each.overturned and each.points]
    return OverrideRate(
        about=about,
        answered=len(own),
        overturned=sum(each.overturned for each in own),
        low=low,
        high=high,
        raised=sum(change > 0 for change in changes),
        lowered=sum(change < 0 for change in changes),
        points=float(sum(changes)),
    )


def share_interval(counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """The 95 % interval of a share that is counted on calls, each with so many out of so many.

    Note
    ----
    Wilson's, with as many answers as tell something of their own: what is said of one call hangs together, so the
    variance is that between calls. Where all calls agree, each call counts once.

    Examples
    --------
    >>> [round(end, 3) for end in share_interval([(1, 1)] * 2 + [(0, 1)] * 8)]  # Wilson of 2 in 10
    [0.057, 0.51]
    >>> [round(end, 3) for end in share_interval([(3, 3)] * 2 + [(0, 3)] * 8)]  # 6 in 30, of 10 calls
    [0.057, 0.51]
    """
    hits, size, calls = sum(hit for hit, _ in counts), sum(of for _, of in counts), len(counts)
    share = hits / size
    between = sum((hit - share * of) ** 2 for hit, of in counts) / size**2
    number = min(float(size), share * (1 - share) / between) if between else float(calls)
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    centre = (share + z * z / (2 * number)) / (1 + z * z / number)
    reach = z / (1 + z * z / number) * sqrt(share * (1 - share) / number + z * z / (4 * number**2))
    return max(0.0, centre - reach), min(1.0, centre + reach)
