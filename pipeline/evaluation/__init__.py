"""One call judged by a scorecard."""

from pipeline.evaluation.evaluation import (
    LEFT_TO,
    VETO,
    Answer,
    Evaluation,
    Outcome,
    Override,
    answers_alone,
    doubt_of_roles,
    evaluate,
)

__all__ = [
    "LEFT_TO",
    "VETO",
    "Answer",
    "Evaluation",
    "Outcome",
    "Override",
    "answers_alone",
    "doubt_of_roles",
    "evaluate",
]
