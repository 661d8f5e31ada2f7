"""The month closed: every agent's calls added up, kept in the store and written as a workbook."""

from __future__ import annotations

import re
from pathlib import Path

from prefect import flow

from pipeline.assessment import AgentMonth, assess
from pipeline.errors import ConfigurationError
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.workbook import write_month


@flow(name="callqa-monthly", validate_parameters=False)
def monthly(month: str, store_url: str, out: Path | None = None, scorecard: str = "kf01") -> tuple[AgentMonth, ...]:
    """Close a month: assess every agent, keep the table, write the workbook if `out` is given.

    Parameters
    ----------
    month : str
        ``YYYY-MM``, cut in Asia/Shanghai.

    Raises
    ------
    ConfigurationError
        If the month is no month, or holds no calls.
    """
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise ConfigurationError(f"{month!r} is not a month; write it like 2026-10")
    card = find_scorecard(scorecard)
    with Store.open(store_url, create=False) as store:
        calls = tuple(store.scored_calls(month, card.name, card.revision))
        if not calls:
            raise ConfigurationError(f"the store holds no calls of {month}; `callqa export calls` lists what it holds")
        months = assess(month, card, calls)
        store.save_months(months)
    if out is not None:
        try:
            write_month(out, month, card, months, calls)
        except OSError as error:
            raise ConfigurationError(f"cannot write {out}: {error.strerror or error}") from None
    return months
