"""All figures of one run over one folder of truth files, and how they are written as JSON.

Knows how figures stand together; how each is counted is told where it is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isfinite
from typing import Any

from pipeline.validation.accuracy.comparison import Baselines
from pipeline.validation.accuracy.figures import Measure, Operator
from pipeline.validation.accuracy.omission import Omission
from pipeline.validation.accuracy.reliability import Reliability


@dataclass(frozen=True)
class Accuracy:
    """All figures, in the order of the stages.

    Parameters
    ----------
    figures : tuple of Measure or Operator
        An operator stands for its F1, precision and recall.
    baselines : Baselines | None
        None without lexicons.
    omission : Omission | None
        None where it was not asked for.
    stale_calls : tuple of str
        The calls whose findings come from other lexicons than the baselines: not to be compared with them.
    """

    num_calls: int
    figures: tuple[Measure | Operator, ...]
    reliability: Reliability
    baselines: Baselines | None = None
    omission: Omission | None = None
    stale_calls: tuple[str, ...] = ()

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Every figure by itself.

        Examples
        --------
        >>> figures = (Measure("detect", "traps", "traps", "count", 0), Operator("apology", "apology", ()))
        >>> [measure.name for measure in Accuracy(1, figures, Reliability(())).measures]
        ['traps', 'apology_f1', 'apology_precision', 'apology_recall', 'confidence_ece']
        """
        return tuple(self._measures())

    def _measures(self) -> Iterator[Measure]:
        for figure in self.figures:
            yield from figure.measures if isinstance(figure, Operator) else (figure,)
        yield self.reliability.error
        if self.baselines:
            yield self.baselines.misses

    def __getitem__(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    @property
    def holds(self) -> bool:
        """Whether no figure breaks its floor or ceiling.

        Examples
        --------
        >>> broken = Measure("detect", "traps", "traps", "count", 1, at_most=0)
        >>> Accuracy(1, (broken,), Reliability(())).holds
        False
        """
        return all(measure.holds is not False for measure in self.measures)

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers. JSON has no infinity: an infinite figure is None, and does not hold.

        Examples
        --------
        >>> Accuracy(1, (), Reliability(())).as_json()["holds"]
        True
        """
        return {
            "num_calls": self.num_calls,
            "holds": self.holds,
            "measures": [
                _figure(measure) | {"cases": [asdict(case) | {"place": case.place} for case in measure.cases]}
                for measure in self.measures
            ],
            "baselines": _comparisons(self.baselines) if self.baselines else None,
            "left_out": _left_out(self.omission) if self.omission else None,
            "judged_otherwise": self.stale_calls,
            "reliability": [asdict(each) for each in self.reliability.bins],
        }


def _figure(measure: Measure) -> dict[str, Any]:
    return {
        "stage": measure.stage,
        "name": measure.name,
        "title": measure.title,
        "unit": measure.unit,
        "value": _finite(measure.value),
        "interval": measure.interval,
        "numerator": _finite(measure.numerator),
        "denominator": measure.denominator,
        "at_least": measure.at_least,
        "at_most": measure.at_most,
        "holds": measure.holds,
    }


def _comparisons(baselines: Baselines) -> dict[str, Any]:
    return {
        "threshold": baselines.threshold,
        "things": [
            {
                "name": each.ours.name,
                "ours": _operator(each.ours),
                "exact": _operator(each.exact),
                "rapidfuzz": _operator(each.fuzzy),
                "ours_at_precision_of_exact": _operator(each.held),
                "misses": _figure(each.misses),
            }
            for each in baselines.comparisons
        ],
    }


def _left_out(omission: Omission) -> dict[str, Any]:
    return {
        "taken_out": [asdict(each) for each in omission.wordings],
        "things": [
            {
                "name": each.plain.name,
                "plain": _operator(each.plain),
                "named": _operator(each.named),
                "named_or_suspected": _operator(each.suspected),
            }
            for each in omission.things
        ],
    }


def _operator(operator: Operator) -> dict[str, Any]:
    total = operator.total
    counts = {"found": total.found, "missed": len(total.missed), "false_alarms": len(total.false_alarms)}
    figures = zip(("f1", "precision", "recall"), operator.measures, strict=True)
    return counts | {name: {"value": figure.value, "interval": figure.interval} for name, figure in figures}


def _finite(figure: float | None) -> float | None:
    return figure if figure is None or isfinite(figure) else None
