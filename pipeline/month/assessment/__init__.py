"""Months: points, counts and measures of every agent over all calls, feeds and people's judgements."""

from pipeline.month.assessment.assess import assess, assess_one, assess_teams, graded, whole_line
from pipeline.month.assessment.calls import UNASSIGNED, ScoredCall, by_agent
from pipeline.month.assessment.month import AgentMonth, CriterionMonth, Origin

__all__ = [
    "UNASSIGNED",
    "AgentMonth",
    "CriterionMonth",
    "Origin",
    "ScoredCall",
    "assess",
    "assess_one",
    "assess_teams",
    "by_agent",
    "graded",
    "whole_line",
]
