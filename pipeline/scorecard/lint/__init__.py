"""The doubts about a scorecard, found from its file: in Chinese, with line, figures, and what to do."""

from pipeline.scorecard.lint.check import lint
from pipeline.scorecard.lint.notice import Notice, describe, errors, refuse

__all__ = ["Notice", "describe", "errors", "lint", "refuse"]
