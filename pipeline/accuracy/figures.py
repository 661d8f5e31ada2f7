"""A figure of accuracy, what it should reach, and the places where it falls short.

Knows how figures are counted, divided and written down; not what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, Literal, TypeAlias

from pipeline.timeline import Seconds, place

Stage: TypeAlias = Literal["fetch", "ringing", "transcribe", "attribute", "detect"]
Unit: TypeAlias = Literal["share", "count", "s"]


@dataclass(frozen=True, slots=True)
class Case:
    """One place where truth and store differ, for a person to listen to.

    Parameters
    ----------
    kind : str
        ``missing`` (the store has no such call), ``ended`` (unscorable or failed, with the reason), ``missed`` (it
        was said and not found), ``false_alarm`` (it was found and not said), ``wrong`` (not the true value).
    term : str
        What it is about: ``greeting``, ``不归我管``, ``agent``.
    at : float | None
        Where to listen, in seconds of the recording; None for what concerns the whole call.
    said, heard : str
        What is true there and what the store has, words with who says them.
    """

    call_id: str
    kind: Literal["missing", "ended", "missed", "false_alarm", "wrong"]
    term: str = ""
    at: Seconds | None = None
    said: str = ""
    heard: str = ""

    @property
    def place(self) -> str:
        """The instant as a person writes it, ``mm:ss``; empty for a whole call."""
        return "" if self.at is None else place(self.at)


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: a row of the table.

    Parameters
    ----------
    stage : str
        The verb of the stage it tells about.
    name : str
        Short and lasting, ``cer_agent``; `title` is for people.
    unit : str
        ``share`` (0..1 for most; a CER may pass 1), ``count`` or ``s``.
    numerator : float | None
        The count or the seconds themselves where there is no denominator; None when there is nothing to measure.
    denominator : float | None
        What a share is of.
    at_least, at_most : float | None
        The floor, or the ceiling, that the figure must keep.
    cases : tuple[Case, ...]
        Where it falls short. Those of an F1 stand with it, not again with its precision and recall.
    """

    stage: Stage
    name: str
    title: str
    unit: Unit
    numerator: float | None
    denominator: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    cases: tuple[Case, ...] = ()

    @property
    def value(self) -> float | None:
        """The figure; None when there is nothing to measure, infinite when what should be measured is not there."""
        if self.denominator is None or self.numerator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    @property
    def holds(self) -> bool | None:
        """Whether the floor or ceiling is kept; None where there is none, or nothing to measure."""
        if self.value is None or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a detector found of what there was to find. Retrievals are added first and divided last.

    Examples
    --------
    >>> missed = Retrieval(missed=(Case("C1", "missed", "thanks"),))
    >>> [m.value for m in (Retrieval(found=3) + missed).measures("required", "required phrases")]
    [0.8571428571428571, 1.0, 0.75]
    """

    found: int = 0
    missed: tuple[Case, ...] = ()
    false_alarms: tuple[Case, ...] = ()

    def __add__(self, other: Retrieval) -> Retrieval:
        return Retrieval(
            self.found + other.found, self.missed + other.missed, self.false_alarms + other.false_alarms
        )

    @staticmethod
    def sum(retrievals: Iterable[Retrieval]) -> Retrieval:
        """All of them added; an empty one for none."""
        return sum(retrievals, Retrieval())

    def f1(self, name: str, title: str, at_least: float | None = None) -> Measure:
        """The harmonic mean of precision and recall, as 2 found / (2 found + missed + false alarms)."""
        cases = self.missed + self.false_alarms
        return Measure(
            "detect",
            f"{name}_f1",
            f"{title}, F1",
            "share",
            2 * self.found,
            2 * self.found + len(cases),
            at_least=at_least,
            cases=cases,
        )

    def measures(self, name: str, title: str, at_least: float | None = None) -> tuple[Measure, Measure, Measure]:
        """F1, precision and recall; `at_least` is the floor of F1."""
        found, claimed, true = self.found, self.found + len(self.false_alarms), self.found + len(self.missed)
        return (
            self.f1(name, title, at_least),
            Measure("detect", f"{name}_precision", f"{title}, precision", "share", found, claimed),
            Measure("detect", f"{name}_recall", f"{title}, recall", "share", found, true),
        )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """All figures over one folder of truth files, in the order of the stages."""

    num_calls: int
    measures: tuple[Measure, ...]

    def __getitem__(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    @property
    def holds(self) -> bool:
        """Whether no figure breaks its floor or ceiling."""
        return all(measure.holds is not False for measure in self.measures)

    def as_json(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers. JSON has no infinity: an infinite figure is None, and does not hold."""
        return {
            "num_calls": self.num_calls,
            "holds": self.holds,
            "measures": [
                {
                    "stage": measure.stage,
                    "name": measure.name,
                    "title": measure.title,
                    "unit": measure.unit,
                    "value": _finite(measure.value),
                    "numerator": _finite(measure.numerator),
                    "denominator": measure.denominator,
                    "at_least": measure.at_least,
                    "at_most": measure.at_most,
                    "holds": measure.holds,
                    "cases": [asdict(case) | {"place": case.place} for case in measure.cases],
                }
                for measure in self.measures
            ],
        }


def _finite(figure: float | None) -> float | None:
    return figure if figure is None or isfinite(figure) else None
