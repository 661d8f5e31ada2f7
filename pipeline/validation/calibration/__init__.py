"""Calibration (校准): agreement of machine and human answers, and of people among themselves.

What is dealt is here; what came of it is in `calibration.results`, which the store need not know.
"""

from pipeline.validation.calibration.deal import (
    LONGEST_NAME,
    MACHINE,
    MOST_CALLS,
    MOST_REVIEWERS,
    NOT_APPLICABLE,
    Calibration,
    Drawing,
    Rating,
    Scale,
    check_deal,
    choice_of,
    draw_calls,
    machine_ratings,
    scales_of,
)

__all__ = [
    "LONGEST_NAME",
    "MACHINE",
    "MOST_CALLS",
    "MOST_REVIEWERS",
    "NOT_APPLICABLE",
    "Calibration",
    "Drawing",
    "Rating",
    "Scale",
    "check_deal",
    "choice_of",
    "draw_calls",
    "machine_ratings",
    "scales_of",
]
