"""The agreement of two who give verdicts on items of calls, people or models: exact, and beyond chance.

Knows verdicts and the calls they are of; not who gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.validation.accuracy.bootstrap import draw_counts
from pipeline.validation.accuracy.chance import Counts, beyond_chance
from pipeline.validation.learning.opinions import Judged

Pair: TypeAlias = tuple[str, Judged, Judged]
"""A call, and the verdicts of both."""


@dataclass(frozen=True, slots=True)
class VerdictAgreement:
    """The agreement of two on the same items of the same calls.

    Parameters
    ----------
    pairs, calls : int
        Items that both gave a verdict on, and the calls that these are of.
    exact : float | None
        The share with the same verdict, 0..1; None of nothing.
    kappa : float | None
        Cohen's kappa, unweighted: who cannot tell is no neighbour of anybody. None where both always give one and
        the same verdict, so that chance explains all.
    exact_interval, kappa_interval : tuple of float | None
        95 %, calls drawn again. Draws in which kappa is not defined are left out.

    References
    ----------
    J. Cohen, "A coefficient of agreement for nominal scales", Educ. Psychol. Meas. 20 (1960).
    """

    pairs: int
    calls: int
    exact: float | None
    exact_interval: tuple[float, float] | None
    kappa: float | None
    kappa_interval: tuple[float, float] | None

    @staticmethod
    def of(pairs: Sequence[Pair]) -> VerdictAgreement:
        """The agreement over some pairs.

        Examples
        --------
        >>> met, missed = Judged.MET, Judged.NOT_MET
        >>> same = [("C1", met, met), ("C2", missed, missed), ("C3", met, met), ("C4", missed, met)]
        >>> found = VerdictAgreement.of(same)
        >>> found.exact, found.kappa
        (0.75, 0.5)
        >>> VerdictAgreement.of([]).exact
        """
        if not pairs:
            return VerdictAgreement(0, 0, None, None, None, None)
        levels = {level: n for n, level in enumerate(Judged)}
        calls = {call_id: n for n, call_id in enumerate(dict.fromkeys(call_id for call_id, *_ in pairs))}
        cells = np.zeros((len(calls), len(levels), len(levels)))
        for call_id, one, other in pairs:
            cells[calls[call_id], levels[one], levels[other]] += 1
        once, many = cells.sum(axis=0), np.tensordot(draw_counts(len(calls)), cells, 1)
        exact, kappa = float(_exact(once)), float(_kappa(once))
        return VerdictAgreement(
            len(pairs),
            len(calls),
            exact,
            _interval(exact, _exact(many)),
            None if np.isnan(kappa) else kappa,
            None if np.isnan(kappa) else _interval(kappa, _kappa(many)),
        )


def _exact(cells: Counts) -> Counts:
    return np.asarray(np.trace(cells, axis1=-2, axis2=-1) / cells.sum(axis=(-2, -1)))


def _kappa(cells: Counts) -> Counts:
    total = cells.sum(axis=(-2, -1))
    alike = (cells.sum(axis=-1) * cells.sum(axis=-2)).sum(axis=-1) / total
    return beyond_chance(total - np.trace(cells, axis1=-2, axis2=-1), total - alike)


def _interval(once: float, many: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.quantile(many[~np.isnan(many)], (0.025, 0.975))
    return min(once, float(low)), max(once, float(high))
