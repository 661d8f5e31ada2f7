"""Findings: facts of a call with a place to listen to, and what finds them."""

from pipeline.findings.finding import Finding

__all__ = ["Finding"]
