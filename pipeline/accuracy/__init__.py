"""How right the pipeline is on calls whose truth is known, stage by stage.

Knows truth files and what a store holds; listens to nothing and changes nothing. A call that should be in the store
and is not, or that was not heard, is measured as one in which nothing was heard: leaving it out would flatter.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.accuracy.detection import detections
from pipeline.accuracy.figures import Accuracy, Case, Measure
from pipeline.accuracy.listening import attributed, outcomes, rings, transcribed
from pipeline.accuracy.truth import Trial, Truth, read_truths
from pipeline.store import Store

__all__ = ["Accuracy", "Case", "Measure", "measure"]


def measure(truth_folder: Path, store: Store) -> Accuracy:
    """Accuracy of what the store holds, against the ``*.truth.json`` of a folder.

    Raises
    ------
    ConfigurationError
        If the folder has no truth files, or one of them cannot be read; names the file and, where known, the line.
    """
    truths = read_truths(truth_folder)
    results = {truth.call_id: store.result(truth.call_id) for truth in truths}
    trials = tuple(Trial(truth, results[truth.call_id]) for truth in truths if isinstance(truth, Truth))
    return Accuracy(
        num_calls=len(truths),
        measures=(
            *outcomes(truths, results),
            *rings(trials),
            *transcribed(trials),
            *attributed(trials),
            *detections(trials),
        ),
    )
