"""How right the pipeline is on calls whose truth is known, stage by stage.

Knows truth files and what a store holds; listens to nothing and changes nothing. A call that should be in the store
and is not, or that was not heard, is measured as one in which nothing was heard: leaving it out would flatter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.accuracy.accuracy import Accuracy
from pipeline.accuracy.comparison import compare, judged_otherwise
from pipeline.accuracy.detection import detections
from pipeline.accuracy.figures import Case, Measure, Operator
from pipeline.accuracy.left_out import leave_out
from pipeline.accuracy.listening import attributed, outcomes, rings, transcribed
from pipeline.accuracy.reliability import reliability
from pipeline.accuracy.timing import timings
from pipeline.accuracy.truth import Trial, Truth, read_truths
from pipeline.lexicon import Lexicon
from pipeline.store import Store

__all__ = ["Accuracy", "Case", "Measure", "Operator", "measure"]


def measure(
    truth_folder: Path, store: Store, lexicons: Sequence[Lexicon] = (), *, left_out: bool = False
) -> Accuracy:
    """Accuracy of what the store holds, against the ``*.truth.json`` of a folder.

    Parameters
    ----------
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
    results = {truth.call_id: store.result(truth.call_id) for truth in truths}
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
