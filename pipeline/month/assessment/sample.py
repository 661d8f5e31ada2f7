"""``抽查10条`` when every call is known: a reproducible draw, the mean over all draws, or the rate.

Knows counted errors and a formula over their sum; not what an error is, nor how sure it is (`interval`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import comb, fsum
from typing import TypeAlias

from pipeline.month.assessment.interval import central
from pipeline.scorecard import Errors, Sample, Scored, shown
from pipeline.scorecard.scoring import DIGITS
from pipeline.tally import Tally

Counts: TypeAlias = tuple[float, ...]
"""Errors of one call or of many, one number for each kind that costs points."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One call (or ticket) that may be drawn.

    Parameters
    ----------
    stratum : str
        What the draw must represent in proportion: the hour, the queue, the length.
    errors : float or mapping
        How many were made in it; by kind where the formula prices kinds.
    """

    id: str
    stratum: str
    errors: float | Mapping[str, float]


@dataclass(frozen=True, slots=True)
class SamplePoints:
    """The points that a rule over a sample gives.

    Parameters
    ----------
    low, high : float
        In points: what a draw may give by luck; for the other modes, which have none, the points themselves.
    drawn : tuple of str
        The ids of the draw, by stratum; empty for the other modes.
    """

    scored: Scored
    low: float
    high: float
    drawn: tuple[str, ...] = ()


def draw(units: Sequence[Unit], size: int, seed: str) -> tuple[Unit, ...]:
    """The units drawn, `size` of them or all where there are fewer.

    Parameters
    ----------
    seed : str
        ``agent|month|revision``. The same units and seed give the same draw on every machine, in any order.

    Raises
    ------
    ValueError
        If two units have the same id.

    Note
    ----
    A systematic draw: the units stand in a row, by stratum and within it by ``sha256(seed|id)``, and every
    N/size-th is taken, from a start that is ``sha256(seed)`` modulo N. Each stratum so gets its proportional share,
    rounded up or down, and each unit has the same chance, also one of a stratum too small for a seat of its own;
    by largest remainders such a call would never be looked at.

    Examples
    --------
    >>> calls = [Unit(f"C{n}", "热线" if n < 6 else "投诉", 0.0) for n in range(8)]
    >>> [unit.id for unit in draw(calls, 4, "1001|2026-07|kf01-1")]
    ['C7', 'C5', 'C3', 'C0']
    """
    if len({unit.id for unit in units}) < len(units):
        raise ValueError("two units of a draw have the same id")
    row = sorted(units, key=lambda unit: (unit.stratum, _key(f"{seed}|{unit.id}")))
    if len(row) <= size:
        return tuple(row)
    start = _key(seed) % len(row)
    return tuple(row[(start + number * len(row)) // size] for number in range(size))


def expected(errors: Sequence[float], size: int, left: Callable[[float], float]) -> float:
    """The exact mean of the points left over all draws of `size` without replacement.

    Parameters
    ----------
    errors : sequence of float
        Of each call.
    left : callable
        The points left for the errors of a whole draw, its floor and cliff included. More errors must never leave
        more points.

    Note
    ----
    Multivariate hypergeometric: calls with equally many errors are alike, so the draws are counted by how many come
    from each such class, in whole numbers of any length. For classes 0 and 1 this is sum of
    C(k, x) C(N - k, n - x) / C(N, n) left(x).

    Examples
    --------
    >>> def left(errors):
    ...     return max(0, 25 - 5 * errors)
    >>> [round(expected([1] * bad + [0] * (500 - bad), 10, left), 1) for bad in (20, 50, 150)]
    [23.0, 20.0, 10.3]
    """
    return _mean(_chances([(count,) for count in errors], size, lambda total: left(total[0])))


def spread(
    errors: Sequence[float], size: int, left: Callable[[float], float], coverage: float = 0.9
) -> tuple[float, float]:
    """The low and the high of the points that the middle `coverage` of all draws leave; otherwise as `expected`.

    Examples
    --------
    >>> spread([1] * 50 + [0] * 450, 10, lambda x: max(0, 25 - 5 * x))
    (10.0, 25.0)
    """
    return central(_chances([(count,) for count in errors], size, lambda total: left(total[0])), coverage)


def rate(errors: Sequence[float], size: int, left: Callable[[float], float]) -> float:
    """The points left for the errors of all, scaled down to `size`; fewer than `size` count as they are.

    Examples
    --------
    >>> rate([1] * 20 + [0] * 480, 10, lambda x: max(0, 25 - 5 * x))
    23.0
    """
    return left(_scaled([(count,) for count in errors], size)[0])


@dataclass(frozen=True, slots=True)
class SampleRule:
    """A formula that speaks of a sample: ``抽查10条，每条不符合扣5分``.

    Parameters
    ----------
    formula : Errors
        The points left for the errors of a whole sample, floor and cliff included.
    points : float
        The points that the criterion is worth.
    sample : Sample
        The size, and the mode that the scorecard chose.
    coverage : float
        Of all draws, 0..1, how many lie within `SamplePoints.low` and `high`.
    """

    formula: Errors
    points: float
    sample: Sample
    coverage: float = 0.9

    def value(self, counts: Counts) -> float | Mapping[str, float]:
        """The errors as the formula takes them: by kind where it prices kinds, else one number.

        Examples
        --------
        >>> by_kind = Errors(kind="errors", deduct={"错别字": 1, "漏项": 3}, counted=("错别字", "漏项"))
        >>> SampleRule(by_kind, 25, Sample(size=10)).value((2.0, 1.0))
        {'错别字': 2.0, '漏项': 1.0}
        """
        kinds = self.formula.counted
        return dict(zip(kinds, counts, strict=True)) if kinds else counts[0]

    def left(self, counts: Counts) -> float:
        """The points left for the errors of a whole sample.

        Examples
        --------
        >>> formula = Errors(kind="errors", deduct=5, unit="条")
        >>> SampleRule(formula, 25, Sample(size=10)).left((2.0,))
        15.0
        """
        return self.formula.left(self.points, self.value(counts))

    def score(self, counts: Counts, subject: str) -> Scored:
        """The same, with the sentence that begins with the subject.

        Examples
        --------
        >>> formula = Errors(kind="errors", deduct=5, unit="条")
        >>> SampleRule(formula, 25, Sample(size=10)).score((2.0,), "情绪管理").reason
        '情绪管理 2 条，扣 10 分，得 15 分'
        """
        return self.formula.score(self.points, self.value(counts), subject)


def score_sample(rule: SampleRule, units: Sequence[Unit], seed: str, subject: str) -> SamplePoints:
    """The points of a rule over a sample, in the mode that the scorecard chose, with the sentence.

    Parameters
    ----------
    units : sequence of Unit
        All calls of the month that the criterion asks.
    seed, subject : str
        As for `draw`; what the sentence begins with.

    Note
    ----
    Errors of several kinds are carried kind by kind into each draw, so floor and cliff are exact for them too; the
    kinds that the formula does not count are left out before.

    Examples
    --------
    >>> formula = Errors(kind="errors", deduct=5, unit="条")
    >>> units = [Unit(str(n), "", float(n < 20)) for n in range(500)]
    >>> rule = SampleRule(formula, 25, Sample(size=10, mode="rate"))
    >>> score_sample(rule, units, "1001|2026-07", "情绪管理").scored.reason
    '情绪管理：全月 500 条中 20 条不符合，折合每 10 条 0.4 条，扣 2 分，得 23 分'
    """
    if not units:
        return SamplePoints(Scored(Tally(), f"{subject}：全月没有可抽查的记录，不计分"), 0.0, 0.0)
    formula, sample = rule.formula, rule.sample
    row = draw(units, sample.size, seed)
    counts = [_counts(formula, unit) for unit in (row if sample.mode == "draw" else units)]
    scored = _score_counts(rule, counts, len(units), seed, subject)
    awarded = scored.tally.awarded
    if sample.mode != "draw":
        return SamplePoints(scored, awarded, awarded)
    chances = _chances([_counts(formula, unit) for unit in units], sample.size, rule.left)
    low, high = central(chances, rule.coverage)
    return SamplePoints(scored, min(low, awarded), max(high, awarded), tuple(unit.id for unit in row))


def _score_counts(rule: SampleRule, counts: Sequence[Counts], num_units: int, seed: str, subject: str) -> Scored:
    """The points for the errors of the units that were looked at, out of so many."""
    size, mode = rule.sample.size, rule.sample.mode
    total, bad = _total(counts), sum(any(errors) for errors in counts)
    failed = f"，{bad} 条不符合，计" if bad else ""
    if num_units <= size:
        return rule.score(total, f"{subject}：全月只有 {num_units} 条，全部计入{failed}")
    if mode == "draw":
        return rule.score(total, f"{subject}：随机抽取 {size} 条（种子 {seed}，名单见说明）{failed}")
    among = f"{subject}：全月 {num_units} 条中 {bad} 条不符合"
    if mode == "rate":
        return rule.score(_scaled(counts, size), f"{among}，折合每 {size} 条")
    awarded = _mean(_chances(counts, size, rule.left))
    more = _more(rule.formula, total, bad)
    return Scored(
        Tally(awarded, rule.points),
        f"{among}{more}；按“抽查{size}条”对所有可能的抽样取平均，得 {shown(awarded)} 分",
    )


def _key(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest(), "big")


def _counts(formula: Errors, unit: Unit) -> Counts:
    """The errors of a unit, a number for each kind that the formula counts; a bare one is of the first kind."""
    if not formula.counted:
        return (fsum(unit.errors.values()) if isinstance(unit.errors, Mapping) else unit.errors,)
    by_kind = unit.errors if isinstance(unit.errors, Mapping) else {formula.counted[0]: unit.errors}
    return tuple(by_kind.get(kind, 0) for kind in formula.counted)


def _total(counts: Sequence[Counts]) -> Counts:
    return tuple(round(fsum(kind), DIGITS) for kind in zip(*counts, strict=True))


def _scaled(counts: Sequence[Counts], size: int) -> Counts:
    share = min(Fraction(1), Fraction(size, len(counts)))
    return tuple(round(float(Fraction(kind) * share), DIGITS) for kind in _total(counts))


def _more(formula: Errors, total: Counts, bad: int) -> str:
    """The errors in Chinese, where they are not one for each unit."""
    if not formula.counted:
        return "" if total[0] == bad else f"（共 {formula.show(total[0])}）"
    made = [f"{kind} {formula.show(count)}" for kind, count in zip(formula.counted, total, strict=True) if count]
    return f"（{'、'.join(made)}）" if made else ""


def _chances(counts: Sequence[Counts], size: int, left: Callable[[Counts], float]) -> dict[float, Fraction]:
    """The points that draws of `size` leave, each with the share of all draws that leave them."""
    size = min(size, len(counts))
    classes = Counter(counts)
    none = tuple(0.0 for _ in counts[0])
    clean = classes.pop(none, 0)
    worst = left(_total(counts))
    ways = {(0, none): 1}  # by how many are drawn and the errors in them
    for errors, alike in sorted(classes.items()):
        more: defaultdict[tuple[int, Counts], int] = defaultdict(int)
        for (drawn, total), number in ways.items():
            for taken in range(min(alike, size - drawn) + 1):
                reached = _total([total, tuple(taken * count for count in errors)])
                if left(reached) == worst:
                    break  # more errors leave nothing less: all draws from here on are counted as the rest
                more[drawn + taken, reached] += number * comb(alike, taken)
        ways = more
    leaving: defaultdict[float, int] = defaultdict(int)
    for (drawn, total), number in ways.items():
        leaving[left(total)] += number * comb(clean, size - drawn)
    draws = comb(len(counts), size)
    leaving[worst] += draws - sum(leaving.values())
    return {points: Fraction(number, draws) for points, number in leaving.items() if number}


def _mean(chances: Mapping[float, Fraction]) -> float:
    """Rounded once, so that it is monotone and the same in every order."""
    return float(sum(Fraction(points) * chance for points, chance in chances.items()))
