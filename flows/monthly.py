"""The month closed: every agent's calls added up, kept in the store and written as a workbook."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from prefect import flow

from pipeline.assessment import AgentMonth, assess
from pipeline.call import SHANGHAI
from pipeline.errors import ConfigurationError
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from pipeline.workbook import write_month


@flow(name="callqa-monthly", validate_parameters=False)
def monthly(
    store_url: str, month: str | None = None, out: Path | str | None = None, scorecard: str = "kf01"
) -> tuple[AgentMonth, ...]:
    """Close a month: assess every agent, keep the table, write the workbook if `out` is given.

    Parameters
    ----------
    month : str | None
        ``YYYY-MM``, cut in Asia/Shanghai; None for last month.

    Raises
    ------
    ConfigurationError
        If the month is no month, or holds no calls.
    """
    month = month or last_month(datetime.now(SHANGHAI))
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        raise ConfigurationError(f"{month!r} is not a month; write it like 2026-10")
    card = find_scorecard(scorecard)
    with Store.open(store_url, create=False) as store:
        calls = tuple(store.scored_calls(month, card.name, card.revision))
        if not calls:
            raise ConfigurationError(
                f"the store holds no calls of {month}; `callqa export calls` lists what it holds"
            )
        months = assess(month, card, calls)
        store.save_months(months)
    if out is not None:
        try:
            write_month(Path(out), month, card, months, calls)
        except OSError as error:
            raise ConfigurationError(f"cannot write {out}: {error.strerror or error}") from None
    return months


def last_month(today: datetime) -> str:
    """The month before the one of `today`.

    Examples
    --------
    >>> last_month(datetime(2026, 1, 15))
    '2025-12'
    """
    return (today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
