"""Standards as data: criteria, formulas, grades and consequences of a printed document, by revision."""

from pipeline.scorecard.call_criterion import CallCriterion, Item, items_of
from pipeline.scorecard.consequence import (
    Consequence,
    Event,
    Example,
    Grade,
    Measure,
    PayRules,
    Period,
    Qualitative,
    Trigger,
)
from pipeline.scorecard.criterion import CALLS, AnsweredBy, Criterion, Part, Printed
from pipeline.scorecard.points import NOT_APPLICABLE, score_criterion
from pipeline.scorecard.rules import RULES, Rule, Sought, Verdict
from pipeline.scorecard.scope import QualityGate, Scope
from pipeline.scorecard.scorecard import (
    Scorecard,
    bundled_scorecards,
    find_scorecard,
    load_scorecard,
    read_scorecard,
)
from pipeline.scorecard.scoring import (
    SCORINGS,
    Count,
    Errors,
    Formula,
    Line,
    Sample,
    Scored,
    Scoring,
    Steps,
    Target,
    Value,
    shown,
)

__all__ = [
    "CALLS",
    "NOT_APPLICABLE",
    "RULES",
    "SCORINGS",
    "AnsweredBy",
    "CallCriterion",
    "Consequence",
    "Count",
    "Criterion",
    "Errors",
    "Event",
    "Example",
    "Formula",
    "Grade",
    "Item",
    "Line",
    "Measure",
    "Part",
    "PayRules",
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
    "Verdict",
    "bundled_scorecards",
    "find_scorecard",
    "items_of",
    "load_scorecard",
    "read_scorecard",
    "score_criterion",
    "shown",
]
