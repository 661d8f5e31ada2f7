"""The month as an Excel file in Chinese: one sheet of agents, one sheet per agent, and what could not be scored.

Knows what a manager reads; every figure comes from `assessment`, every sentence from `wording`, every cell from
`sheet`. Nothing is a formula: what was handed out stays what was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from pipeline.assessment import AgentMonth, ScoredCall, by_agent
from pipeline.errors import ConfigurationError
from pipeline.scorecard import Scorecard
from pipeline.workbook.form import Chapter, write_form
from pipeline.workbook.notes import EXPLANATIONS, NOT_SCORED, write_explanations, write_not_scored
from pipeline.workbook.sheet import Book, sheet_name
from pipeline.workbook.summary import SUMMARY, write_summary


def write_month(
    path: Path, month: str, scorecard: Scorecard, months: Sequence[AgentMonth], calls: Iterable[ScoredCall]
) -> None:
    """Write the month's workbook: 坐席汇总, a sheet for each agent, 失败与不可评, 说明.

    Parameters
    ----------
    path : Path
        The .xlsx file; an older one is replaced.
    month : str
        ``YYYY-MM``.
    months : Sequence[AgentMonth]
        As `assess` gives them for `calls`.
    calls : Iterable[ScoredCall]
        Every call of the month.

    Raises
    ------
    ValueError
        If `months` and `calls` are not the same agents with as many calls.
    ConfigurationError
        If the file cannot be written.
    """
    taken = dict(by_agent(calls))
    if {m.agent_id: m.calls for m in months} != {agent_id: len(own) for agent_id, own in taken.items()}:
        raise ValueError(f"the months are not those of the calls: {[(m.agent_id, m.calls) for m in months]}")
    chapters: list[Chapter] = []
    names = [SUMMARY, NOT_SCORED, EXPLANATIONS]
    for agent in months:
        shown = agent.agent_id is not None or agent.evaluated  # calls without an agent: only if any was scored
        name = sheet_name(f"{agent.agent_id or ''} {agent.agent_name or ''}", names) if shown else None
        names += [name] if name else []
        chapters.append(Chapter(agent, taken[agent.agent_id], name))
    content = BytesIO()
    book = Book(content)
    write_summary(book, month, scorecard, chapters)
    for chapter in chapters:
        write_form(book, scorecard, chapter)
    everything = [scored for own in taken.values() for scored in own]
    write_not_scored(book, everything)
    write_explanations(book, scorecard, everything)
    book.file.close()
    try:
        path.write_bytes(content.getvalue())
    except OSError as error:
        raise ConfigurationError(f"cannot write {path}: {error.strerror}; is it open in Excel?") from error
