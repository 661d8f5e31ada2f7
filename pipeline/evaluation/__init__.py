"""One call judged by a scorecard."""

from pipeline.evaluation.evaluation import (
    VETO,
    Answer,
    Evaluation,
    Outcome,
    Override,
    answers_before_veto,
    evaluate,
    role_doubt,
)

__all__ = [
    "VETO",
    "Answer",
    "Evaluation",
    "Outcome",
    "Override",
    "answers_before_veto",
    "evaluate",
    "role_doubt",
]
