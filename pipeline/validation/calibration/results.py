"""The results of a calibration: the agreement of its reviewers, which of them is off, and the machine beside them.

Knows ratings and scales; not who may see them. What is not defined is None, never 0 or 1; every figure says over
how many calls it goes, and intervals draw calls again, since what is judged in one call hangs together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.validation.accuracy.bootstrap import draw_counts
from pipeline.validation.calibration.deal import MACHINE, Rating, Scale
from pipeline.validation.calibration.sums import Figure, Grid, Sums
from pipeline.validation.learning.gate import Proportion


@dataclass(frozen=True, slots=True)
class MachineAgreement:
    """The machine against what more than half of at least two people chose.

    Parameters
    ----------
    exact : Proportion
        Of the calls in which both are there; a choice of not applicable counts as any other.
    kappa : Figure
        With quadratic weights, over the levels.
    no_majority, no_answer : int
        Calls in which people are divided, and in which the machine left open what people agree on.
    """

    exact: Proportion
    kappa: Figure
    no_majority: int
    no_answer: int


@dataclass(frozen=True, slots=True)
class CriterionAgreement:
    """The agreement of the people on one criterion, or on all of them together.

    Parameters
    ----------
    criterion : str
        Empty for all together; chance then is that of each criterion by itself.
    unanimous : Proportion
        Of the answers asked of a call that two or more gave, those on which all of them chose the same. Wilson's
        interval, which takes them as independent; of all criteria together it is a little too narrow.
    exact : Figure
        The share of pairs of answers that are the same.
    kappa : Figure
        Quadratic weights, the mean over the pairs of reviewers of whom it is defined (Light 1971).
    nominal, ordinal : Figure
        Krippendorff's alpha: over all choices, and over the levels in their order.
    """

    criterion: str
    unanimous: Proportion
    exact: Figure
    kappa: Figure
    nominal: Figure
    ordinal: Figure
    machine: MachineAgreement


@dataclass(frozen=True, slots=True)
class RaterAgreement:
    """One rater against each of the other people, over all criteria.

    Parameters
    ----------
    rater : str
        The account's id; `MACHINE` for the machine, which is none of the others.
    num_answers : int
        What the rater gave.
    exact, kappa : Figure
        As above, over the pairs that the rater is in.
    strictness : Figure
        By how many steps the rater's level lies below the mean of the others' for the same: above 0 is stricter.
    alpha : Figure
        Krippendorff's ordinal alpha of the other people without this one; None of the machine, and of two.
    by_criterion : tuple of (str, Figure)
        The strictness for each criterion.
    """

    rater: str
    num_answers: int
    exact: Figure
    kappa: Figure
    strictness: Figure
    alpha: Figure
    by_criterion: tuple[tuple[str, Figure], ...]

    @property
    def is_off(self) -> bool:
        """Whether the rater is stricter or milder than the others by more than the draws explain.

        Examples
        --------
        >>> stricter = Figure(0.5, (0.2, 0.8), num_calls=20)
        >>> RaterAgreement("wang", 40, stricter, stricter, stricter, stricter, ()).is_off
        True
        """
        interval = self.strictness.interval
        return self.strictness.enough and interval is not None and not interval[0] <= 0 <= interval[1]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers, over all criteria."""

    first: str
    second: str
    exact: Figure
    kappa: Figure


@dataclass(frozen=True, slots=True)
class Split:
    """One criterion of one call on which people differ.

    Parameters
    ----------
    apart : float
        How far, 0..1: the mean squared distance of two answers as a share of the scale's largest. A level and a
        choice of not applicable lie as far apart as can be.
    """

    call_id: str
    criterion: str
    apart: float
    ratings: tuple[Rating, ...]
    machine: Rating | None


@dataclass(frozen=True, slots=True)
class Results:
    """All that a calibration tells. `criteria` ends with all of them together; `splits` begins with the widest."""

    num_calls: int
    criteria: tuple[CriterionAgreement, ...]
    raters: tuple[RaterAgreement, ...]
    machine: RaterAgreement
    pairs: tuple[PairAgreement, ...]
    splits: tuple[Split, ...]


def results_of(
    scales: Sequence[Scale], reviewers: Sequence[str], people: Iterable[Rating], machine: Iterable[Rating] = ()
) -> Results:
    """The agreement of the ratings of a calibration.

    Parameters
    ----------
    people : iterable of Rating
        One for each reviewer, call and criterion at most; missing ones are left out of every figure.
    machine : iterable of Rating
        One for each call and criterion at most.

    Raises
    ------
    ValueError
        If a choice is on no scale, a rater is no reviewer, or somebody chose twice.

    Examples
    --------
    >>> from pipeline.validation.calibration.deal import Scale
    >>> scale = Scale("KF01-4", "禁用语", ("符合", "不符合"))
    >>> said = {"wang": ["符合", "符合", "不符合"], "li": ["符合", "不符合", "不符合"]}
    >>> people = [Rating(f"C{n}", "KF01-4", by, each) for by, given in said.items() for n, each in enumerate(given)]
    >>> results = results_of([scale], ["wang", "li"], people)
    >>> str(results.criteria[0].unanimous), round(results.criteria[0].kappa.value, 2), results.splits[0].call_id
    ('66.7%（2/3，区间 20.8–93.9%）', 0.4, 'C1')
    """
    people, machine = tuple(people), tuple(machine)
    calls = {call_id: n for n, call_id in enumerate(dict.fromkeys(sorted(r.call_id for r in people)))}
    grids = tuple(Grid.of(scale, reviewers, calls, people, machine) for scale in scales)
    times = np.vstack([np.ones(len(calls)), draw_counts(len(calls))]) if calls else np.ones((1, 0))
    sums = Sums(times, len(reviewers))
    every = range(len(reviewers))
    return Results(
        num_calls=len(calls),
        criteria=tuple(
            _criterion(sums, name, own) for name, own in [*((g.scale.criterion, (g,)) for g in grids), ("", grids)]
        ),
        raters=tuple(_rater(sums, n, reviewers[n], grids) for n in every),
        machine=_rater(sums, len(reviewers), MACHINE, grids),
        pairs=tuple(
            PairAgreement(
                reviewers[one], reviewers[two], sums.exact(grids, [(one, two)]), sums.kappa(grids, [(one, two)])
            )
            for one, two in combinations(every, 2)
        ),
        splits=_splits(grids, reviewers, people, machine),
    )


def _criterion(sums: Sums, name: str, grids: Sequence[Grid]) -> CriterionAgreement:
    pairs = list(combinations(range(sums.num_people), 2))
    votes = [grid.chosen[:-1].sum(axis=0) for grid in grids]
    double = [v.sum(axis=1) >= 2 for v in votes]
    alike = sum(int((v.max(axis=1)[d] == v.sum(axis=1)[d]).sum()) for v, d in zip(votes, double, strict=True))
    return CriterionAgreement(
        criterion=name,
        unanimous=Proportion(alike, sum(int(d.sum()) for d in double)),
        exact=sums.exact(grids, pairs),
        kappa=sums.kappa(grids, pairs),
        nominal=sums.alpha([grid.chosen[:-1] for grid in grids], "nominal"),
        ordinal=sums.alpha([grid.levels[:-1] for grid in grids], "ordinal"),
        machine=_against_majority(sums, grids),
    )


def _rater(sums: Sums, row: int, name: str, grids: Sequence[Grid]) -> RaterAgreement:
    others = [n for n in range(sums.num_people) if n != row]
    pairs = [(row, other) for other in others]
    return RaterAgreement(
        rater=name,
        num_answers=int(sum(grid.chosen[row].sum() for grid in grids)),
        exact=sums.exact(grids, pairs),
        kappa=sums.kappa(grids, pairs),
        strictness=sums.strictness(row, others, grids),
        alpha=sums.alpha([grid.levels[others] for grid in grids] if row < sums.num_people else [], "ordinal"),
        by_criterion=tuple((g.scale.criterion, sums.strictness(row, others, [g])) for g in grids),
    )


def _against_majority(sums: Sums, grids: Sequence[Grid]) -> MachineAgreement:
    """The machine against the people."""
    people = [grid.majority() for grid in grids]
    machine = [grid.chosen[-1] for grid in grids]
    both = [p.sum(axis=1) * m.sum(axis=1) for p, m in zip(people, machine, strict=True)]
    alike = sum(int((p * m).sum()) for p, m in zip(people, machine, strict=True))
    double = sum(int((grid.chosen[:-1].sum(axis=(0, 2)) >= 2).sum()) for grid in grids)
    agreed = int(sum(p.sum() for p in people))
    num_both = int(sum(b.sum() for b in both))
    levels = [(m[:, :-1], p[:, :-1]) for p, m in zip(people, machine, strict=True)]
    return MachineAgreement(Proportion(alike, num_both), sums.kappa_of(levels), double - agreed, agreed - num_both)


def _splits(
    grids: Sequence[Grid], reviewers: Sequence[str], people: Iterable[Rating], machine: Iterable[Rating]
) -> tuple[Split, ...]:
    """The criteria and calls on which people differ, the widest first, then by call."""
    scales = {grid.scale.criterion: grid.scale for grid in grids}
    order = {criterion: n for n, criterion in enumerate(scales)}
    people = sorted(people, key=lambda rating: reviewers.index(rating.rater))
    given = defaultdict[tuple[str, str], list[Rating]](list)
    for rating in people:
        if rating.criterion in scales:
            given[rating.call_id, rating.criterion].append(rating)
    by_machine = {(rating.call_id, rating.criterion): rating for rating in machine}
    splits = [
        Split(*key, apart, tuple(own), by_machine.get(key))
        for key, own in given.items()
        if (apart := _distance(scales[key[1]], [rating.choice for rating in own])) > 0
    ]
    return tuple(sorted(splits, key=lambda split: (-split.apart, split.call_id, order[split.criterion])))


def _distance(scale: Scale, choices: Sequence[str]) -> float:
    """The mean over pairs of answers of how far they are apart, 0..1."""
    largest = (len(scale.choices) - 1) ** 2
    total = 0  # in whole numbers, so that the order of the answers does not matter to the last bit
    for one, two in combinations([scale.step(choice) for choice in choices], 2):
        if one is None or two is None:
            total += largest * (one != two)
        else:
            total += (one - two) ** 2
    return total / (largest * max(1, len(choices) * (len(choices) - 1) // 2))
