"""The agreement of machine and people, each answer beside the other, with intervals.

Knows yes and no and which call they belong to; not what was asked, nor how it was weighed. Issues of sampling are
the caller's: agreement on stretches that were chosen because they are doubtful says little of the field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.validation.accuracy.bootstrap import draw_counts
from pipeline.validation.accuracy.chance import kappa as kappa_of
from pipeline.validation.learning.gate import Proportion


@dataclass(frozen=True, slots=True)
class Pair:
    """One stretch that both have judged: whether the machine claims it, and whether people do."""

    call_id: str
    machine: bool
    people: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of two, and how much of it is more than chance.

    Parameters
    ----------
    both, neither, only_machine, only_people : int
        Stretches by who says yes.
    num_calls : int
        Calls that they are from.
    kappa : float | None
        Cohen's kappa, -1..1; None where both always give one and the same answer, so that chance explains all.
    kappa_interval : tuple of float | None
        Its 95 % interval, calls drawn again; None where kappa is.

    References
    ----------
    J. Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960).
    """

    both: int
    neither: int
    only_machine: int
    only_people: int
    num_calls: int
    kappa: float | None
    kappa_interval: tuple[float, float] | None

    @property
    def exact(self) -> Proportion:
        """The share of stretches on which both say the same, with Wilson's interval.

        Examples
        --------
        >>> pairs = [Pair("C1", True, True), Pair("C2", False, False), Pair("C3", True, False)]
        >>> str(Agreement.of(pairs).exact)
        '66.7%（2/3，区间 20.8–93.9%）'
        """
        alike = self.both + self.neither
        return Proportion(alike, alike + self.only_machine + self.only_people)

    @staticmethod
    def of(pairs: Sequence[Pair]) -> Agreement:
        """The agreement over some stretches.

        Notes
        -----
        Calls are drawn, not stretches: what is said in one call hangs together. Draws in which kappa is not defined
        are left out. One call, or a perfect score, gives an interval without width: nothing else was seen.

        Examples
        --------
        >>> yes, no = Pair("C1", True, True), Pair("C2", False, False)
        >>> Agreement.of([yes, no]).kappa
        1.0
        """
        calls = {call_id: n for n, call_id in enumerate(dict.fromkeys(pair.call_id for pair in pairs))}
        cells = np.zeros((len(calls), 2, 2))
        for pair in pairs:
            cells[calls[pair.call_id], int(pair.machine), int(pair.people)] += 1
        total = cells.sum(axis=0)
        once = float(kappa_of(total))
        kappa = None if np.isnan(once) else once
        interval = None
        if kappa is not None:
            many = kappa_of(np.tensordot(draw_counts(len(calls)), cells, 1))
            low, high = np.quantile(many[~np.isnan(many)], (0.025, 0.975))
            interval = (min(kappa, float(low)), max(kappa, float(high)))
        (neither, only_people), (only_machine, both) = total.astype(int).tolist()
        return Agreement(both, neither, only_machine, only_people, len(calls), kappa, interval)
