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
from pipeline.findings.finding import FLAG
from pipeline.findings.suspicion import is_doubted
from pipeline.validation.learning.labels import Label
from pipeline.validation.learning.registry import Term, phrase_criterion

Z = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """A count out of a total, with a 95 % interval.

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
        """0..1; None of nothing.

        Examples
        --------
        >>> Proportion(16, 20).value, Proportion(0, 0).value
        (0.8, None)
        """
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's score interval, 95 %; (0, 1) of nothing.

        References
        ----------
        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

        Examples
        --------
        >>> [round(end, 3) for end in Proportion(16, 20).interval]
        [0.584, 0.919]
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
class HitCounts:
    """The hits, false alarms and misses against what people found, on labels that nothing was trained on."""

    found: int  # claimed, and people say so
    false_alarms: int
    missed: int

    @staticmethod
    def of(judged: Iterable[tuple[bool, bool]]) -> HitCounts:
        """The counts of pairs: whether the machine claims it, and whether it holds.

        Examples
        --------
        >>> HitCounts.of([(True, True), (True, False), (False, True), (False, False)])
        HitCounts(found=1, false_alarms=1, missed=1)
        """
        pairs = list(judged)
        return HitCounts(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True)))

    @property
    def precision(self) -> Proportion:
        """The share of what was claimed that holds.

        Examples
        --------
        >>> str(HitCounts(found=16, false_alarms=4, missed=8).precision)
        '80.0%（16/20，区间 58.4–91.9%）'
        """
        return Proportion(self.found, self.found + self.false_alarms)

    @property
    def recall(self) -> Proportion:
        """The share of what holds that was claimed.

        Examples
        --------
        >>> str(HitCounts(found=16, false_alarms=4, missed=8).recall)
        '66.7%（16/24，区间 46.7–82.0%）'
        """
        return Proportion(self.found, self.found + self.missed)

    @property
    def figures(self) -> tuple[tuple[str, Proportion, str], ...]:
        """Precision and recall, each with its Chinese name and what it is counted over.

        Examples
        --------
        >>> [name for name, _, _ in HitCounts(found=16, false_alarms=4, missed=8).figures]
        ['查准率', '查全率']
        """
        return (("查准率", self.precision, "检出"), ("查全率", self.recall, "确有其事"))


@dataclass(frozen=True, slots=True)
class Floors:
    """The floors that precision and recall must reach, 0..1."""

    precision: float = 0.8
    recall: float = 0.6

    def __post_init__(self) -> None:
        if not (0 <= self.precision < 1 and 0 <= self.recall < 1):
            raise ValueError(f"floors lie in [0, 1): {self.precision}, {self.recall}")


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of the gate.

    Parameters
    ----------
    passes : bool
        Whether it may go live, or stay so.
    reasons : tuple of str
        In Chinese, a sentence for each figure that was looked at, those that decide against it first.
    """

    passes: bool
    reasons: tuple[str, ...]


def least_labels(floor: float) -> int:
    """The number of labels that it takes at least to tell that a floor is cleared, if all of them are right.

    Examples
    --------
    >>> least_labels(0.8), least_labels(0.9), least_labels(0.0)
    (16, 35, 1)
    """
    return max(1, ceil(Z * Z * floor / (1 - floor)))


def may_go_live(candidate: HitCounts, live: HitCounts | None, floors: Floors) -> Decision:
    """Whether a candidate may cost points in place of the live one; both measured on the same labels.

    Examples
    --------
    >>> decision = may_go_live(HitCounts(found=40, false_alarms=1, missed=2), None, Floors(0.8, 0.6))
    >>> decision.passes, decision.reasons[0]
    (True, '查准率 97.6%（40/41，区间 87.4–99.6%），达到门槛 80%')
    >>> may_go_live(HitCounts(found=10, false_alarms=0, missed=0), None, Floors(0.8, 0.6)).passes  # too few to tell
    False
    """
    against, fine = [], []
    for (name, share, over), floor, before in _by_floor(candidate, floors, live):
        low, least = share.interval[0], least_labels(floor)
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


def may_stay(live: HitCounts, floors: Floors) -> Decision:
    """Whether what is live may go on costing points; with too few labels to say, it may.

    Examples
    --------
    >>> may_stay(HitCounts(found=10, false_alarms=20, missed=0), Floors(0.8, 0.6)).passes
    False
    """
    against, fine = [], []
    for (name, share, over), floor, _ in _by_floor(live, floors):
        least = least_labels(floor)
        if share.value is not None and (share.interval[1] < floor or (share.of >= least and share.value < floor)):
            against.append(f"{name} {share}，低于门槛 {floor:.0%}")
        elif share.of < least:
            fine.append(f"{name}：{over}的只有 {share.of} 条，不足 {least} 条，暂不判断")
        else:
            fine.append(f"{name} {share}，达到门槛 {floor:.0%}")
    return Decision(not against, (*against, *fine))


def _by_floor(
    measured: HitCounts, floors: Floors, live: HitCounts | None = None
) -> Iterable[tuple[tuple[str, Proportion, str], float, Proportion | None]]:
    before = (live.precision, live.recall) if live else (None, None)
    return zip(measured.figures, (floors.precision, floors.recall), before, strict=True)


def phrase_hits(
    labels: Iterable[Label], findings: Mapping[str, Sequence[Finding]], detector: str, term: str
) -> HitCounts:
    """The hits of a term of a lexicon or rulebook against what people found; where it is demoted, of its flags.

    A hit that a second opinion doubts is none: it costs nothing.

    Parameters
    ----------
    labels : iterable of Label
        Gold labels of this term, one a stretch.
    findings : mapping
        The findings of each call that has labels, by call id.

    Examples
    --------
    >>> phrase_hits([], {}, "banned_wording", "不归我管")
    HitCounts(found=0, false_alarms=0, missed=0)
    """
    own: set[Term] = {(detector, term), (FLAG, phrase_criterion(detector, term))}

    def claimed(label: Label) -> bool:
        return any(
            (f.detector, f.term) in own and not is_doubted(f) and f.span.overlap(label.span) > 0
            for f in findings.get(label.call_id, ())
        )

    return HitCounts.of((claimed(label), label.holds) for label in labels)
