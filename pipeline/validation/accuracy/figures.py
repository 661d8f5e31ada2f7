"""A figure of accuracy, what it should reach, and the places where it falls short.

Knows how figures are counted, divided and written down; not what is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from pipeline.timeline import Seconds, place
from pipeline.validation.accuracy.bootstrap import interval

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
        """The instant as a person writes it, ``mm:ss``; empty for a whole call.

        Examples
        --------
        >>> Case("C1", "missed", "greeting", at=65.0).place
        '01:05'
        """
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
    interval : tuple of float | None
        The 95 % interval of a share, by drawing calls; None where no counts by call are known.
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
    interval: tuple[float, float] | None = None
    cases: tuple[Case, ...] = ()

    @staticmethod
    def share(stage: Stage, name: str, title: str, by_call: Iterable[tuple[float, float]]) -> Measure:
        """A share with its interval, from the numerator and the denominator of each call.

        Examples
        --------
        >>> Measure.share("transcribe", "cer", "CER", [(3, 40), (0, 10)]).value
        0.06
        """
        counts = list(by_call)
        above, below = [n for n, _ in counts], [d for _, d in counts]
        return Measure(stage, name, title, "share", sum(above), sum(below), interval=interval(above, below))

    @property
    def value(self) -> float | None:
        """The figure; None when there is nothing to measure, infinite when what should be measured is not there.

        Examples
        --------
        >>> Measure("detect", "traps", "planted traps fallen for", "share", 1, 4).value
        0.25
        """
        if self.denominator is None or self.numerator is None:
            return self.numerator
        return self.numerator / self.denominator if self.denominator else None

    @property
    def holds(self) -> bool | None:
        """Whether the floor or ceiling is kept; None where there is none, or nothing to measure.

        Examples
        --------
        >>> Measure("detect", "traps", "planted traps fallen for", "share", 1, 4, at_most=0).holds
        False
        """
        if self.value is None or (self.at_least is None and self.at_most is None):
            return None
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The hits, misses and false alarms of a detector. Retrievals are added first and divided last."""

    found: int = 0
    missed: tuple[Case, ...] = ()
    false_alarms: tuple[Case, ...] = ()

    def __add__(self, other: Retrieval) -> Retrieval:
        return Retrieval(
            self.found + other.found, self.missed + other.missed, self.false_alarms + other.false_alarms
        )

    @staticmethod
    def sum(retrievals: Iterable[Retrieval]) -> Retrieval:
        """All of them added; an empty one for none.

        Examples
        --------
        >>> Retrieval.sum([Retrieval(found=2), Retrieval(found=1)]).found
        3
        """
        return sum(retrievals, Retrieval())

    @property
    def num_true(self) -> int:
        """The number of things that there were to find.

        Examples
        --------
        >>> Retrieval(found=2, missed=(Case("C1", "missed"),)).num_true
        3
        """
        return self.found + len(self.missed)

    @property
    def num_claimed(self) -> int:
        """The number of things that were claimed to be there.

        Examples
        --------
        >>> Retrieval(found=2, false_alarms=(Case("C1", "false_alarm"),)).num_claimed
        3
        """
        return self.found + len(self.false_alarms)

    @property
    def precision(self) -> float | None:
        """The share of what was claimed that is true; None when nothing was claimed.

        Examples
        --------
        >>> Retrieval(found=3, false_alarms=(Case("C1", "false_alarm"),)).precision
        0.75
        """
        return self.found / self.num_claimed if self.num_claimed else None


@dataclass(frozen=True)
class Operator:
    """F1, precision and recall of one thing that is looked for, counted call by call.

    Parameters
    ----------
    name, title : str
        As of a `Measure`; those of the three figures end in ``_f1``, ``_precision`` and ``_recall``.
    by_call : tuple[Retrieval, ...]
        One for each call, in the order of the truth files; an empty one where there was nothing to measure.
    at_least : float | None
        The floor of F1.
    listed : bool
        Whether its cases are listed; not where they are those of another operator.

    Examples
    --------
    >>> missed = Retrieval(missed=(Case("C1", "missed", "thanks"),))
    >>> required = Operator("required", "required phrases", (Retrieval(found=3), missed))
    >>> [figure.value for figure in required.measures]
    [0.8571428571428571, 1.0, 0.75]
    """

    name: str
    title: str
    by_call: tuple[Retrieval, ...]
    at_least: float | None = None
    listed: bool = True

    @cached_property
    def total(self) -> Retrieval:
        """All calls added.

        Examples
        --------
        >>> Operator("a", "a", (Retrieval(found=2), Retrieval(found=1))).total.found
        3
        """
        return Retrieval.sum(self.by_call)

    @cached_property
    def f1(self) -> Measure:
        """The harmonic mean of precision and recall, as 2 found / (2 found + missed + false alarms).

        Examples
        --------
        >>> round(Operator("a", "a", (Retrieval(found=3), Retrieval(missed=(Case("C1", "missed"),)))).f1.value, 3)
        0.857
        """
        total = self.total
        counts = [(2 * r.found, r.num_true + r.num_claimed) for r in self.by_call]
        return replace(
            Measure.share("detect", f"{self.name}_f1", f"{self.title}, F1", counts),
            at_least=self.at_least,
            cases=total.missed + total.false_alarms if self.listed else (),
        )

    @cached_property
    def precision(self) -> Measure:
        """The share of what was claimed that is true.

        Examples
        --------
        >>> Operator("a", "a", (Retrieval(found=3, false_alarms=(Case("C1", "false_alarm"),)),)).precision.value
        0.75
        """
        counts = [(r.found, r.num_claimed) for r in self.by_call]
        return Measure.share("detect", f"{self.name}_precision", f"{self.title}, precision", counts)

    @cached_property
    def recall(self) -> Measure:
        """The share of what is true that was found.

        Examples
        --------
        >>> Operator("a", "a", (Retrieval(found=3, missed=(Case("C1", "missed"),)),)).recall.value
        0.75
        """
        counts = [(r.found, r.num_true) for r in self.by_call]
        return Measure.share("detect", f"{self.name}_recall", f"{self.title}, recall", counts)

    @cached_property
    def measures(self) -> tuple[Measure, Measure, Measure]:
        """F1, precision and recall."""
        return self.f1, self.precision, self.recall


def pair_up(alike: Iterable[tuple[float, int, int]]) -> dict[int, int]:
    """The finding that finds each truth, out of likeness, truth and finding: the likest first, each of them once.

    Examples
    --------
    >>> pair_up([(0.7, 0, 0), (0.9, 1, 0), (0.6, 1, 1), (0.5, 0, 1)])
    {1: 0, 0: 1}
    """
    finds: dict[int, int] = {}
    for _, truth, finding in sorted(alike, key=lambda pair: -pair[0]):
        if truth not in finds and finding not in finds.values():
            finds[truth] = finding
    return finds
