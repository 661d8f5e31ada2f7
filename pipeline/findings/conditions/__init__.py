"""Conditions over what was heard and found, as they are written in rule files and scorecards, and their search."""

from pipeline.findings.conditions.scene import Occurrence, Scene, Vocabulary
from pipeline.findings.conditions.search import occurrences
from pipeline.findings.conditions.shapes import Condition

__all__ = ["Condition", "Occurrence", "Scene", "Vocabulary", "occurrences"]
