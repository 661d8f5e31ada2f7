"""Questions to one call: rules over its findings, one file a kind."""

from pipeline.scorecard.kinds import Kinds
from pipeline.scorecard.rules.absence import Absence
from pipeline.scorecard.rules.condition import OwnCondition
from pipeline.scorecard.rules.duty import Duty
from pipeline.scorecard.rules.hangup import Hangup
from pipeline.scorecard.rules.judged import JudgedItem
from pipeline.scorecard.rules.phrases import Phrases
from pipeline.scorecard.rules.rings import Rings
from pipeline.scorecard.rules.rule import Clock, Phrase, Rule, Sought
from pipeline.scorecard.rules.several import GROUP, SINGLE, AllOf, AnyOf
from pipeline.scorecard.rules.verdict import PLEASE_LISTEN, UNREADABLE, Case, Standing, Verdict, undecided

RULES: Kinds[Rule] = Kinds(
    Rule,  # type: ignore[type-abstract]
    GROUP,
    (*SINGLE.own, AllOf, AnyOf),
)
"""Every kind of rule."""

__all__ = [
    "PLEASE_LISTEN",
    "RULES",
    "UNREADABLE",
    "Absence",
    "AllOf",
    "AnyOf",
    "Case",
    "Clock",
    "Duty",
    "Hangup",
    "JudgedItem",
    "OwnCondition",
    "Phrase",
    "Phrases",
    "Rings",
    "Rule",
    "Sought",
    "Standing",
    "Verdict",
    "undecided",
]
