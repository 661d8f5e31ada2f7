"""The month as an Excel file in Chinese: the ranking, the teams, a form for each agent, and what follows from it.

Knows what a manager reads and in which order; every figure comes from `assessment`, every sentence from the
scorecard's formulas, `basis` and `wording`, every cell from `sheet`. Nothing is a formula: what was handed out
stays what was signed.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pipeline.files import write_file
from pipeline.month.assessment import by_agent
from pipeline.month.workbook.disagreements import DISAGREEMENTS, write_disagreements
from pipeline.month.workbook.explanations import EXPLANATIONS, write_explanations
from pipeline.month.workbook.failures import FAILURES, write_failures
from pipeline.month.workbook.fairness import FAIRNESS, write_fairness
from pipeline.month.workbook.form import write_form
from pipeline.month.workbook.overrides import OVERRIDES, write_overrides
from pipeline.month.workbook.plans import PLANS, write_plans
from pipeline.month.workbook.proposals import PROPOSALS, write_proposals
from pipeline.month.workbook.report import Chapter, MonthReport
from pipeline.month.workbook.sheet import Book, sheet_name
from pipeline.month.workbook.summary import SUMMARY, write_summary
from pipeline.month.workbook.teams import TEAMS, write_teams
from pipeline.month.workbook.tickets import TICKETS, write_tickets
from pipeline.month.workbook.tiers import TIERS, write_tiers

__all__ = ["MonthReport", "write_month"]

OWN = (SUMMARY, TEAMS, PROPOSALS, PLANS, DISAGREEMENTS, OVERRIDES, TIERS, FAIRNESS, TICKETS, FAILURES, EXPLANATIONS)
"""Names that no agent's sheet may take."""


def write_month(path: Path, report: MonthReport) -> None:
    """Write the month's workbook; sheets that would be empty are left out.

    Parameters
    ----------
    path : Path
        The .xlsx file; an older one is replaced.

    Raises
    ------
    ValueError
        If the months and the calls of the report are not the same agents with as many calls, or a month is not of
        the report's scorecard.
    ConfigurationError
        If the file cannot be written.
    """
    chapters = _chapters(report)
    content = BytesIO()
    book = Book(content)
    write_summary(book, report, chapters)
    write_teams(book, report, chapters)
    write_proposals(book, report)
    for chapter in chapters:
        write_form(book, report, chapter)
    write_plans(book, report)
    write_disagreements(book, report)
    write_overrides(book, report)
    write_tiers(book, report)
    write_fairness(book, report)
    write_tickets(book, report)
    write_failures(book, report.calls)
    write_explanations(book, report)
    book.file.close()
    write_file(path, content.getvalue())


def _chapters(report: MonthReport) -> list[Chapter]:
    """The agents, each with the calls taken and the name of a sheet."""
    taken = dict(by_agent(report.calls))
    counts = {m.agent_id: m.calls for m in report.months if m.calls and m.agent_id not in report.unlisted}
    if counts != {id: len(own) for id, own in taken.items()}:
        raise ValueError(f"the months are not those of the calls: {[(m.agent_id, m.calls) for m in report.months]}")
    asked = [criterion.id for criterion in report.scorecard.chosen]
    for month in (*report.months, *report.teams, report.line):
        if [criterion.criterion_id for criterion in month.criteria] != asked:
            raise ValueError(f"{month.agent_name}: the month is not of {report.scorecard.name}")
    chapters: list[Chapter] = []
    names = list(OWN)
    for agent in report.months:
        shown = agent.agent_id is not None or agent.evaluated  # calls without an agent: only if any was scored
        name = sheet_name(f"{agent.agent_id or ''} {agent.agent_name or ''}", names) if shown else None
        names += [name] if name else []
        chapters.append(Chapter(agent, taken.get(agent.agent_id, ()), name))
    return chapters
