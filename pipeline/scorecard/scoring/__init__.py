"""Formulas: from a value of the month to points, as printed standards do it; one file a kind."""

from typing import Annotated, TypeAlias

from pipeline.scorecard.kinds import Kinds
from pipeline.scorecard.scoring.count import Count
from pipeline.scorecard.scoring.errors import Errors, Sample
from pipeline.scorecard.scoring.formula import DIGITS, Formula, Line, PrintedItem, Remark, Scored, Value
from pipeline.scorecard.scoring.steps import Steps
from pipeline.scorecard.scoring.target import Missed, Target
from pipeline.tally import shown

SCORINGS: Kinds[Formula] = Kinds(
    Formula,  # type: ignore[type-abstract]
    "callqa.scoring_kinds",
    (Steps, Target, Errors, Count),
)
"""Every kind of formula."""

Scoring: TypeAlias = Annotated[Formula, SCORINGS]
"""A formula, as a file writes it."""

__all__ = [
    "DIGITS",
    "SCORINGS",
    "Count",
    "Errors",
    "Formula",
    "Line",
    "Missed",
    "PrintedItem",
    "Remark",
    "Sample",
    "Scored",
    "Scoring",
    "Steps",
    "Target",
    "Value",
    "shown",
]
