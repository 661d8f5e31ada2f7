"""Fairness: whether points follow the line, the hour or the queue, and not the behaviour."""

from pipeline.month.fairness.report import Ends, FairnessReport, Following, Subject, calls_at_ends, fairness_report

__all__ = ["Ends", "FairnessReport", "Following", "Subject", "calls_at_ends", "fairness_report"]
