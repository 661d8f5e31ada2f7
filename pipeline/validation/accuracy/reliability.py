"""The reliability of confidences: of findings believed with 0.9, nine in ten should be true.

Knows confidences and truth of required phrases and banned wording, term by term in each call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.hearing.turns import Role
from pipeline.validation.accuracy.figures import Measure
from pipeline.validation.accuracy.truth import REACH, Trial

NUM_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The findings whose confidence lies in ``[low, high)``, the last bin with 1.0."""

    low: float
    high: float
    count: int
    mean_confidence: float
    share_true: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The bins that hold anything, from the least sure on."""

    bins: tuple[Bin, ...]

    @property
    def error(self) -> Measure:
        """The expected calibration error: how far confidence and truth lie apart, each bin by its size.

        Notes
        -----
        Naeini, Cooper and Hauskrecht (2015), ten bins of equal width. Of a confidence there is only something to
        check where something was found: what was missed is in the recall.

        Examples
        --------
        >>> round(Reliability((Bin(0.7, 0.8, 2, 0.75, 0.5), Bin(0.9, 1.0, 2, 0.95, 1.0))).error.value, 3)
        0.15
        """
        apart = sum(each.count * abs(each.mean_confidence - each.share_true) for each in self.bins)
        count = sum(each.count for each in self.bins)
        title = "calibration error, required and banned"
        return Measure("detect", "confidence_ece", title, "share", apart, count)


def reliability(trials: Sequence[Trial]) -> Reliability:
    """Confidence against truth, for each term found in each call.

    Examples
    --------
    >>> reliability([]).error.value is None
    True
    """
    return Reliability(make_bins([pair for trial in trials for pair in (*_required(trial), *_banned(trial))]))


def make_bins(believed: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """The bins of pairs: how sure somebody was, 0..1, and whether it is so.

    Examples
    --------
    >>> make_bins([(0.72, True), (0.78, False)])
    (Bin(low=0.7, high=0.8, count=2, mean_confidence=0.75, share_true=0.5),)
    """
    bins = []
    for n in range(NUM_BINS):
        inside = [pair for pair in believed if min(int(pair[0] * NUM_BINS), NUM_BINS - 1) == n]
        if inside:
            mean = sum(confidence for confidence, _ in inside) / len(inside)
            share = sum(is_true for _, is_true in inside) / len(inside)
            bins.append(Bin(n / NUM_BINS, (n + 1) / NUM_BINS, len(inside), mean, share))
    return tuple(bins)


def _required(trial: Trial) -> Iterator[tuple[float, bool]]:
    """Of each required phrase that was found, the highest confidence, and whether it is said in the call."""
    for term, phrase in trial.truth.required.items():
        if found := [f.confidence for f in trial.findings("required_phrase") if f.term == term]:
            yield max(found), phrase.present


def _banned(trial: Trial) -> Iterator[tuple[float, bool]]:
    """Of each banned term that was found, the highest confidence, and whether it lies on a banned line."""
    lines = [trial.truth.line(wording.line).span for wording in trial.truth.banned]
    findings = trial.findings("banned_wording", Role.AGENT)
    for term in dict.fromkeys(finding.term for finding in findings):
        surest = max((f for f in findings if f.term == term), key=lambda finding: finding.confidence)
        yield surest.confidence, any(surest.span.gap(line) <= REACH for line in lines)
