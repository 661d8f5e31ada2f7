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
class Sampled:
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


def score_sample(
    formula: Errors,
    points: float,
    units: Sequence[Unit],
    sample: Sample,
    seed: str,
    subject: str,
    coverage: float = 0.9,
) -> Sampled:
    """The points of a formula that speaks of a sample, in the mode that the standard chose, with the sentence.

    Parameters
    ----------
    points : float
        What the item is worth.
    units : sequence of Unit
        All calls of the month that the item asks.
    seed, subject : str
        As for `draw`; what the sentence begins with.

    Note
    ----
    Errors of several kinds are carried kind by kind into each draw, so floor and cliff are exact for them too; the
    kinds that the formula does not count are left out before.
    """
    if not units:
        return Sampled(Scored(Tally(), f"{subject}：全月没有可抽查的记录，不计分"), 0.0, 0.0)

    def value(counts: Counts) -> float | Mapping[str, float]:
        return dict(zip(formula.counted, counts, strict=True)) if formula.counted else counts[0]

    def left(counts: Counts) -> float:
        return formula.left(points, value(counts))

    size = sample.size
    row = draw(units, size, seed)
    counts = [_counts(formula, unit) for unit in (row if sample.mode == "draw" else units)]
    total, bad = _total(counts), sum(any(errors) for errors in counts)
    failed = f"，{bad} 条不符合，计" if bad else ""
    if len(units) <= size:
        scored = formula.score(points, value(total), f"{subject}：全月只有 {len(units)} 条，全部计入{failed}")
    elif sample.mode == "draw":
        said = f"{subject}：随机抽取 {size} 条（种子 {seed}，名单见说明）{failed}"
        scored = formula.score(points, value(total), said)
    elif sample.mode == "rate":
        said = f"{subject}：全月 {len(units)} 条中 {bad} 条不符合，折合每 {size} 条"
        scored = formula.score(points, value(_scaled(counts, size)), said)
    else:
        awarded = _mean(_chances(counts, size, left))
        scored = Scored(
            Tally(awarded, points),
            f"{subject}：全月 {len(units)} 条中 {bad} 条不符合{_more(formula, total, bad)}；"
            f"按“抽查{size}条”对所有可能的抽样取平均，得 {shown(awarded)} 分",
        )
    awarded = scored.tally.awarded
    if sample.mode != "draw":
        return Sampled(scored, awarded, awarded)
    low, high = central(_chances([_counts(formula, unit) for unit in units], size, left), coverage)
    return Sampled(scored, min(low, awarded), max(high, awarded), tuple(unit.id for unit in row))


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
    """How many errors that were, where it is not one for each unit."""
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
