"""The gate: whether a classifier or a phrase is good enough to cost anybody points, by what people said of calls.

Knows counts, intervals and floors; not how a classifier is asked, nor where labels are kept.

The rule
--------
Going live and staying live are asked differently, so that nothing goes in and out with every new label.

- *In*: the lower end of the 95 % interval of precision and of recall must reach the floor, since a person's pay
  depends on it; and neither figure may lie below the lower end of the one that is live, on the same labels.
- *Out*: the figure itself has fallen under its floor, on enough labels to say so; or on fewer, if even the upper
  end of the interval lies under the floor.

Enough are as many as would clear the floor if all of them were right: n/(n + z²) >= floor, the lower end of
Wilson's interval for n of n. For a floor of 0.8 that is 16.

What it assumes: labels err independently of each other. Several turns of one call tell less than they count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from pipeline.findings import Finding
from pipeline.validation.learning.labels import Label
from pipeline.validation.learning.registry import FLAG, Term, phrase_criterion

Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """So many of so many, with a 95 % interval.

    Examples
    --------
    >>> str(Proportion(16, 16))
    '100.0%（16/16，区间 80.6–100.0%）'
    """

    hits: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"{self.hits} of {self.of} is no proportion")

    @property
    def value(self) -> float | None:
        """0..1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval, 95 %; (0, 1) of nothing.

        References
        ----------
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
        """
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.hits / self.of
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        return (
            0.0 if self.hits == 0 else max(0.0, middle - half),
            1.0 if self.hits == n else min(1.0, middle + half),
        )

    def __str__(self) -> str:
        if self.value is None:
            return "无（0/0）"
        low, high = self.interval
        return f"{self.value:.1%}（{self.hits}/{self.of}，区间 {100 * low:.1f}–{high:.1%}）"


@dataclass(frozen=True, slots=True)
class Measured:
    """How well something finds what people found, on labels that nothing was trained on."""

    found: int  # claimed, and people say so
    false_alarms: int
    missed: int

    @staticmethod
    def of(judged: Iterable[tuple[bool, bool]]) -> Measured:
        """From pairs: whether the machine claims it, and whether it holds."""
        pairs = list(judged)
        return Measured(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True)))

    @property
    def precision(self) -> Proportion:
        """Of what was claimed, how much holds."""
        return Proportion(self.found, self.found + self.false_alarms)

    @property
    def recall(self) -> Proportion:
        """Of what holds, how much was claimed."""
        return Proportion(self.found, self.found + self.missed)

    @property
    def figures(self) -> tuple[tuple[str, Proportion, str], ...]:
        """Precision and recall, each with its Chinese name and what it is counted over."""
        return (("查准率", self.precision, "检出"), ("查全率", self.recall, "确有其事"))


@dataclass(frozen=True, slots=True)
class Floors:
    """What precision and recall must reach, 0..1."""

    precision: float = 0.8
    recall: float = 0.6

    def __post_init__(self) -> None:
        if not (0 <= self.precision < 1 and 0 <= self.recall < 1):
            raise ValueError(f"floors lie in [0, 1): {self.precision}, {self.recall}")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says.

    Parameters
    ----------
    passes : bool
        Whether it may go live, or stay so.
    reasons : tuple of str
        In Chinese, a sentence for each figure that was looked at, those that decide against it first.
    """

    passes: bool
    reasons: tuple[str, ...]


def needed(floor: float) -> int:
    """How many labels there must be at least to tell that a floor is cleared, if all of them are right.

    Examples
    --------
    >>> needed(0.8), needed(0.9), needed(0.0)
    (16, 35, 1)
    """
    return max(1, ceil(Z * Z * floor / (1 - floor)))


def may_go_live(candidate: Measured, live: Measured | None, floors: Floors) -> Decision:
    """Whether a candidate may cost points in place of the live one; both measured on the same labels."""
    against, fine = [], []
    for (name, share, over), floor, before in _asked(candidate, floors, live):
        low, least = share.interval[0], needed(floor)
        if share.value is None or share.of < least:
            against.append(
                f"{name}：金标样本不足：{over}的只有 {share.of} 条，至少需要 {least} 条，还缺 {least - share.of} 条"
            )
        elif low < floor:
            against.append(f"{name} {share}，区间下限低于门槛 {floor:.0%}")
        elif before is not None and share.value < before.interval[0]:
            against.append(f"{name} {share}，低于在用版本的区间下限 {before.interval[0]:.1%}")
        else:
            fine.append(f"{name} {share}，达到门槛 {floor:.0%}")
    return Decision(not against, (*against, *fine))


def may_stay(live: Measured, floors: Floors) -> Decision:
    """Whether what is live may go on costing points; with too few labels to say, it may."""
    against, fine = [], []
    for (name, share, over), floor, _ in _asked(live, floors):
        least = needed(floor)
        if share.value is not None and (share.interval[1] < floor or (share.of >= least and share.value < floor)):
            against.append(f"{name} {share}，低于门槛 {floor:.0%}")
        elif share.of < least:
            fine.append(f"{name}：{over}的只有 {share.of} 条，不足 {least} 条，暂不判断")
        else:
            fine.append(f"{name} {share}，达到门槛 {floor:.0%}")
    return Decision(not against, (*against, *fine))


def _asked(
    measured: Measured, floors: Floors, live: Measured | None = None
) -> Iterable[tuple[tuple[str, Proportion, str], float, Proportion | None]]:
    before = (live.precision, live.recall) if live else (None, None)
    return zip(measured.figures, (floors.precision, floors.recall), before, strict=True)


def measured_phrase(
    labels: Iterable[Label], findings: Mapping[str, Sequence[Finding]], detector: str, term: str
) -> Measured:
    """How well a term of a phrase list or rule file finds what people found; as a flag it is measured too.

    Parameters
    ----------
    labels : iterable of Label
        Gold labels of this term, one a stretch.
    findings : mapping
        The findings of each call that has labels, by call id.
    """
    own: set[Term] = {(detector, term), (FLAG, phrase_criterion(detector, term))}

    def claimed(label: Label) -> bool:
        return any(
            (f.detector, f.term) in own and f.span.overlap(label.span) > 0 for f in findings.get(label.call_id, ())
        )

    return Measured.of((claimed(label), label.holds) for label in labels)
