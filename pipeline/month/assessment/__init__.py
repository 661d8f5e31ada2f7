"""Months: points, counts and measures of every agent over all calls, feeds and people's judgements."""

from pipeline.month.assessment.agent_month import AgentMonth, CriterionMonth, Incident, Origin
from pipeline.month.assessment.calls import UNASSIGNED, ScoredCall, by_agent
from pipeline.month.assessment.months import assess, assess_one, assess_teams, grade_month, whole_line

__all__ = [
    "UNASSIGNED",
    "AgentMonth",
    "CriterionMonth",
    "Incident",
    "Origin",
    "ScoredCall",
    "assess",
    "assess_one",
    "assess_teams",
    "by_agent",
    "grade_month",
    "whole_line",
]
