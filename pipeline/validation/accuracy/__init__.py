"""The accuracy of the pipeline on calls whose truth is known, stage by stage.

Knows truth files and the results that it is handed; listens to nothing and changes nothing. A call without a
result, or that was not heard, is measured as one in which nothing was heard: leaving it out would flatter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.evaluation.result import CallResult
from pipeline.lexicon import Lexicon
from pipeline.validation.accuracy.causes import cause_figures
from pipeline.validation.accuracy.comparison import compare, stale_calls
from pipeline.validation.accuracy.detection import detections
from pipeline.validation.accuracy.figures import Case, Measure, Operator
from pipeline.validation.accuracy.omission import Judge, measure_omission
from pipeline.validation.accuracy.reliability import reliability
from pipeline.validation.accuracy.report import Accuracy
from pipeline.validation.accuracy.stages import character_figures, ending_figures, ring_figures, role_figures
from pipeline.validation.accuracy.timing import timings
from pipeline.validation.accuracy.truth import Trial, Truth, read_truths

__all__ = ["Accuracy", "Case", "Measure", "Operator", "measure"]


def measure(
    truth_folder: Path,
    result_of: Callable[[str], CallResult | None],
    lexicons: Sequence[Lexicon] = (),
    *,
    left_out: Judge | None = None,
) -> Accuracy:
    """Accuracy of what was made of the calls, against the ``*.truth.json`` of a folder.

    Parameters
    ----------
    result_of : callable
        What was made of a call, by its id; None for one that was not heard. A store's `result` will do.
    lexicons : sequence of Lexicon
        The lexicons in force, with which baselines are measured; no baselines without.
    left_out : callable, optional
        By whom each scenario is judged without the wordings that only it has; without it, none is.

    Raises
    ------
    ConfigurationError
        If the folder has no truth files, or one of them cannot be read; names the file and, where known, the line.
    """
    truths = read_truths(truth_folder)
    results = {truth.call_id: result_of(truth.call_id) for truth in truths}
    trials = tuple(Trial.of(truth, results[truth.call_id]) for truth in truths if isinstance(truth, Truth))
    return Accuracy(
        num_calls=len(truths),
        figures=(
            *ending_figures(truths, results),
            *ring_figures(trials),
            *character_figures(trials),
            *cause_figures(trials),
            *role_figures(trials),
            *detections(trials),
            *timings(trials),
        ),
        baselines=compare(trials, lexicons) if lexicons else None,
        omission=measure_omission(trials, lexicons, left_out) if left_out else None,
        stale_calls=stale_calls(trials, lexicons) if lexicons else (),
        reliability=reliability(trials),
    )
