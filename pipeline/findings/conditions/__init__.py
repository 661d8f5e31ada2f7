"""Conditions over the words and findings of a call, as rulebooks and scorecards write them, and their search."""

from pipeline.findings.conditions.scene import Occurrence, Scene, UnknownFactError, Vocabulary
from pipeline.findings.conditions.search import UNKNOWN, occurrences
from pipeline.findings.conditions.shapes import Condition

__all__ = ["UNKNOWN", "Condition", "Occurrence", "Scene", "UnknownFactError", "Vocabulary", "occurrences"]
