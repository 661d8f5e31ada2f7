"""Our matching beside two usual ones on the same calls: who finds how much, and who misses how much.

Knows what counts as found; how the baselines match is in `baselines`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import inf
from typing import TypeAlias

from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.lexicon import Lexicon
from pipeline.validation.accuracy.baselines import LEAST_LIKELY, ExactMatch, FuzzyMatch
from pipeline.validation.accuracy.detection import apology, banned, complaint, required
from pipeline.validation.accuracy.figures import Measure, Operator, Retrieval
from pipeline.validation.accuracy.truth import Trial

MISSES = "misses for one of exact match's, at its precision"
MOST_MISSES = 1 / 3
THRESHOLDS = tuple(n / 100 for n in range(round(100 * LEAST_LIKELY), 101))

Count: TypeAlias = Callable[[Sequence[Trial]], Operator]

COMPARED: dict[str, Count] = {
    "required_phrase": required,
    "banned_wording": banned,
    "apology": apology,
    "complaint": complaint,
}
"""The count of each detector's findings."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing, found by three ways to match.

    Parameters
    ----------
    ours, exact, fuzzy : Operator
        What is in the store; exact match; rapidfuzz.
    held : Operator
        Ours, of the findings so sure that their precision is not below that of exact match.
    """

    ours: Operator
    exact: Operator
    fuzzy: Operator
    held: Operator

    @property
    def misses(self) -> Measure:
        """Misses of ours for one of exact match's, at its precision."""
        by_call = zip(self.held.by_call, self.exact.by_call, strict=True)
        counts = [(len(ours.missed), len(exact.missed)) for ours, exact in by_call]
        return Measure.share("detect", f"misses_{self.ours.name}", f"{MISSES}, {self.ours.title}", counts)


@dataclass(frozen=True, slots=True)
class Baselines:
    """All comparisons, and that of everything compared; `threshold` is the one that serves rapidfuzz best here."""

    threshold: float
    comparisons: tuple[Comparison, ...]
    everything: Comparison

    @property
    def misses(self) -> Measure:
        """Misses of ours for one of exact match's, over everything, at its precision."""
        return replace(self.everything.misses, name="misses", title=MISSES, at_most=MOST_MISSES)


def compare(trials: Sequence[Trial], lexicons: Sequence[Lexicon]) -> Baselines:
    """Ours, exact match and rapidfuzz, with the wordings of the same lexicons.

    Notes
    -----
    The threshold of rapidfuzz, one for all phrases, is the one with the best F1 over all that is compared, chosen
    on the calls on which it is measured: this flatters it.
    """
    searched = [lexicon for lexicon in lexicons if lexicon.detector in COMPARED]
    exact = _search_calls(trials, [ExactMatch(each.file, each.digest, each.slots) for each in searched])
    fuzzy = [FuzzyMatch(each.file, each.digest, each.slots) for each in searched]
    tried = {
        least: _search_calls(trials, [replace(each, threshold=least) for each in fuzzy]) for least in THRESHOLDS
    }
    best = max(THRESHOLDS, key=lambda threshold: (everything(tried[threshold]).f1.value or 0.0, threshold))

    def compare_by(count: Count) -> Comparison:
        return Comparison(
            count(trials), count(exact), count(tried[best]), at_precision(trials, count, count(exact))
        )

    return Baselines(best, tuple(compare_by(count) for count in COMPARED.values()), compare_by(everything))


def everything(trials: Sequence[Trial]) -> Operator:
    """The figures of all that is compared, added call by call.

    Examples
    --------
    >>> everything([]).f1.value is None
    True
    """
    by_call = zip(*(count(trials).by_call for count in COMPARED.values()), strict=True)
    return Operator(
        "everything", "all of these", tuple(Retrieval.sum(in_call) for in_call in by_call), listed=False
    )


def at_precision(trials: Sequence[Trial], count: Count, other: Operator) -> Operator:
    """Ours, of the findings from the lowest confidence on at which their precision is not below another's.

    Where even the surest findings are less precise, it is nothing found and everything missed.
    """
    wanted = other.total.precision
    confidences = {f.confidence for trial in trials for f in trial.found if f.detector in COMPARED}
    for least in (0.0, *sorted(confidences), inf):
        ours = count([trial.with_findings(f for f in trial.found if f.confidence >= least) for trial in trials])
        reached = ours.total.precision
        if wanted is None or reached is None or reached >= wanted:
            break
    return ours


def stale_calls(trials: Sequence[Trial], lexicons: Sequence[Lexicon]) -> tuple[str, ...]:
    """The calls in which something was found by other revisions of what is compared than these lexicons."""
    versions = tuple(lexicon.version for lexicon in lexicons)  # with more behind it, where heard a second time
    return tuple(
        trial.call_id
        for trial in trials
        if any(f.detector in COMPARED and not f.detector_version.startswith(versions) for f in trial.found)
    )


def _search_calls(trials: Sequence[Trial], lexicons: Sequence[Lexicon]) -> list[Trial]:
    """The calls with what those lexicons find in them."""
    return [
        trial.with_findings(chain.from_iterable(phrase_findings(trial.hearing, each) for each in lexicons))
        if trial.hearing
        else trial
        for trial in trials
    ]
