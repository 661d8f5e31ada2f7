"""One call judged by a scorecard."""

from pipeline.evaluation.answer import Answer, ItemAnswer, Outcome, Override, Said
from pipeline.evaluation.criterion import points_of_items
from pipeline.evaluation.evaluation import VETO, Evaluation, answers_before_veto, evaluate, role_doubt

__all__ = [
    "VETO",
    "Answer",
    "Evaluation",
    "ItemAnswer",
    "Outcome",
    "Override",
    "Said",
    "answers_before_veto",
    "evaluate",
    "points_of_items",
    "role_doubt",
]
