"""The colours of grades: what is good is green on every sheet, what fails is red, what is undecided is grey."""

from __future__ import annotations

from dataclasses import replace

from pipeline.month.assessment import AgentMonth
from pipeline.month.workbook.sheet import MIDDLE, Style
from pipeline.scorecard import Scorecard

BEST, FAILING, UNDECIDED = "#B7DFC4", "#F4B6B0", "#E4E7EB"
BETWEEN = ("#DDEFD5", "#FCE8B2", "#F8CFA8")


def grade_colours(scorecard: Scorecard) -> dict[str, str]:
    """A colour for each grade, by name.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> grade_colours(find_scorecard("jiazheng"))
    {'优秀': '#B7DFC4', '合格': '#DDEFD5', '不合格': '#F4B6B0'}
    """
    last = len(scorecard.grades) - 1
    found = {}
    for place, grade in enumerate(scorecard.grades):
        between = BETWEEN[min(place, len(BETWEEN)) - 1]
        found[grade.name] = FAILING if grade.failing or 0 < place == last else between if place else BEST
    return found


def grade_lines(scorecard: Scorecard) -> list[tuple[float, str]]:
    """The least score of each grade with its colour, from best to worst, as far as the lines are given.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [(round(least, 6), colour) for least, colour in grade_lines(find_scorecard("jiazheng"))][:2]
    [(90.0, '#B7DFC4'), (80.0, '#DDEFD5')]
    """
    found = []
    for grade in scorecard.grades:
        if grade.least is None:
            break
        found.append((grade.least - 1e-9, grade_colours(scorecard)[grade.name]))  # as `Scorecard.grade` compares
    return found


def grade_style(scorecard: Scorecard, month: AgentMonth) -> Style:
    """The style of a cell that shows the month's grade.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> from pipeline.tally import NOTHING
    >>> row = AgentMonth("", None, "", "", 1, 0, 0, 0, (), None, NOTHING, 0, 0, 0, grade="优秀")
    >>> grade_style(find_scorecard("jiazheng"), row).fill
    '#B7DFC4'
    """
    colour = grade_colours(scorecard).get(month.grade or "", UNDECIDED if month.undecided else None)
    return replace(MIDDLE, bold=True, fill=colour)
