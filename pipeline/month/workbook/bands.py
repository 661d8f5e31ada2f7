"""The colours of grades: what is good is green on every sheet, what fails is red, what is undecided is grey."""

from __future__ import annotations

from dataclasses import replace

from pipeline.month.assessment import AgentMonth
from pipeline.month.workbook.sheet import MIDDLE, Style
from pipeline.scorecard import Scorecard

BEST, FAILING, UNDECIDED = "#B7DFC4", "#F4B6B0", "#E4E7EB"
BETWEEN = ("#DDEFD5", "#FCE8B2", "#F8CFA8")


def colours(scorecard: Scorecard) -> dict[str, str]:
    """A colour for each grade, by name."""
    last = len(scorecard.grades) - 1
    found = {}
    for place, grade in enumerate(scorecard.grades):
        between = BETWEEN[min(place, len(BETWEEN)) - 1]
        found[grade.name] = FAILING if grade.failing or 0 < place == last else between if place else BEST
    return found


def lines(scorecard: Scorecard) -> list[tuple[float, str]]:
    """The least score of each grade with its colour, from best to worst, as far as the lines are given."""
    found = []
    for grade in scorecard.grades:
        if grade.least is None:
            break
        found.append((grade.least - 1e-9, colours(scorecard)[grade.name]))  # as `Scorecard.grade` compares
    return found


def graded(scorecard: Scorecard, month: AgentMonth) -> Style:
    """The style of a cell that shows the month's grade."""
    colour = colours(scorecard).get(month.grade or "", UNDECIDED if month.undecided else None)
    return replace(MIDDLE, bold=True, fill=colour)
