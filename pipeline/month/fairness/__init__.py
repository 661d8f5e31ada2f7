"""Fairness: whether points follow the line, the hour or the queue, and not the behaviour."""

from pipeline.month.fairness.report import FairnessReport, Following, fairness_report

__all__ = ["FairnessReport", "Following", "fairness_report"]
