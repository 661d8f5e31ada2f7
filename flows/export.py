"""Rows of the store written to a file."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.files import write_file
from pipeline.store import Export, Store, export_rows

COLUMNS: dict[Export, str] = {
    "calls": "call_id agent_id status reason duration channels ring_to_answer_s rings ring_source recording",
    "turns": "call_id index role start end text role_confidence",
    "findings": "call_id detector term role start end quote value confidence",
    "evaluations": "call_id agent_id scorecard revision status score answers",
    "notices": "call_id area kind about problem",
    "ratings": "month standard agent_id item value reason by at stands",
    "months": "agent_id agent_name month scorecard revision evaluated unscorable failed awarded possible score "
    "speed_of_answer_s within_three_rings banned_wording apologies_owed apologies_given score_low score_high grade "
    "state",
    "tiers": "month agent_id detector term title named suspected_open suspected_affirmed suspected_rejected judged",
}


def export_file(store_url: str, what: Export, path: Path) -> int:
    """The number of rows written; ``.jsonl`` has one object a line, ``.csv`` is UTF-8 with BOM, as Excel wants it.

    Raises
    ------
    ConfigurationError
        If the ending is neither, or the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Store.open(f"sqlite:///{folder}/callqa.db").close()
    ...     export_file(f"sqlite:///{folder}/callqa.db", "calls", Path(folder) / "calls.csv")
    0
    """
    _check_ending(path)
    with Store.open(store_url, create=False) as store:
        return write_rows(path, COLUMNS[what], list(export_rows(store, what)))


def write_rows(path: Path, columns: str, rows: list[dict[str, Any]]) -> int:
    """The number of rows written, each with these columns (names, with spaces between), as `export_file` says.

    Raises
    ------
    ConfigurationError
        If the ending is neither, or the file cannot be written.
    """
    _check_ending(path)
    if path.suffix == ".jsonl":
        write_file(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    else:
        write_file(path, csv_of(columns.split(), rows).encode("utf-8-sig"))
    return len(rows)


def _check_ending(path: Path) -> None:
    if path.suffix not in (".jsonl", ".csv"):
        raise ConfigurationError(f"{path} must end in .jsonl or .csv")


def csv_of(columns: list[str], rows: list[dict[str, Any]]) -> str:
    r"""The rows as CSV with a header; what a spreadsheet would take for a formula is written as text.

    Examples
    --------
    >>> csv_of(["坐席", "得分"], [{"坐席": "=1+1", "得分": -2.5}])
    "坐席,得分\r\n'=1+1,-2.5\r\n"
    """
    content = StringIO()
    writer = csv.DictWriter(content, columns)
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return content.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value  # what a customer said must not become a formula in a spreadsheet
    return value
