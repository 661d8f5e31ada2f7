"""Standards as data: criteria, formulas, grades and consequences of a printed document, by revision."""

from pipeline.scorecard.consequence import Consequence, Example, Grade, Measure, Period, Qualitative, Trigger
from pipeline.scorecard.criterion import CALLS, AnsweredBy, Criterion, Part, Printed
from pipeline.scorecard.points import NOT_APPLICABLE, score_item
from pipeline.scorecard.rules import CONDITION, Rule, Sought
from pipeline.scorecard.scorecard import (
    AskedOfCall,
    QualityGate,
    Scope,
    Scorecard,
    bundled_scorecards,
    find_scorecard,
    load_scorecard,
)
from pipeline.scorecard.scoring import Count, Errors, Sample, Scored, Scoring, Steps, Target, Value, shown

__all__ = [
    "CALLS",
    "CONDITION",
    "NOT_APPLICABLE",
    "AnsweredBy",
    "AskedOfCall",
    "Consequence",
    "Count",
    "Criterion",
    "Errors",
    "Example",
    "Grade",
    "Measure",
    "Part",
    "Period",
    "Printed",
    "Qualitative",
    "QualityGate",
    "Rule",
    "Sample",
    "Scope",
    "Scorecard",
    "Scored",
    "Scoring",
    "Sought",
    "Steps",
    "Target",
    "Trigger",
    "Value",
    "bundled_scorecards",
    "find_scorecard",
    "load_scorecard",
    "score_item",
    "shown",
]
