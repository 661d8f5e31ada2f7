"""How right the pipeline is on calls whose truth is known, stage by stage.

Knows truth files and the results that it is handed; listens to nothing and changes nothing. A call without a
result, or that was not heard, is measured as one in which nothing was heard: leaving it out would flatter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.evaluation.result import CallResult
from pipeline.lexicon import Lexicon
from pipeline.validation.accuracy.accuracy import Accuracy
from pipeline.validation.accuracy.comparison import compare, judged_otherwise
from pipeline.validation.accuracy.detection import detections
from pipeline.validation.accuracy.figures import Case, Measure, Operator
from pipeline.validation.accuracy.left_out import leave_out
from pipeline.validation.accuracy.listening import attributed, outcomes, rings, transcribed
from pipeline.validation.accuracy.reliability import reliability
from pipeline.validation.accuracy.timing import timings
from pipeline.validation.accuracy.truth import Trial, Truth, read_truths

__all__ = ["Accuracy", "Case", "Measure", "Operator", "measure"]


def measure(
    truth_folder: Path,
    result_of: Callable[[str], CallResult | None],
    lexicons: Sequence[Lexicon] = (),
    *,
    left_out: bool = False,
) -> Accuracy:
    """Accuracy of what was made of the calls, against the ``*.truth.json`` of a folder.

    Parameters
    ----------
    result_of : callable
        What was made of a call, by its id; None for one that was not heard. A store's `result` will do.
    lexicons : sequence of Lexicon
        The phrase lists in force, with which baselines are measured; no baselines without.
    left_out : bool
        Whether each scenario is judged without the wordings that only it has, too.

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
            *outcomes(truths, results),
            *rings(trials),
            *transcribed(trials),
            *attributed(trials),
            *detections(trials),
            *timings(trials),
        ),
        baselines=compare(trials, lexicons) if lexicons else None,
        left_out=leave_out(trials, lexicons) if left_out else None,
        judged_otherwise=judged_otherwise(trials, lexicons) if lexicons else (),
        reliability=reliability(trials),
    )
