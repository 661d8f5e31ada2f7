"""Labels as a CSV table: UTF-8 with BOM, as Excel wants it, one label a row.

The columns are those of `COLUMNS`; ``holds`` is 有 or 没有, and empty where nobody has answered yet. A text that a
spreadsheet would take for a formula has an apostrophe before it, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from pipeline.call.cdr.table import decode
from pipeline.errors import ConfigurationError
from pipeline.validation.learning.labelfiles.row import NO, YES, JudgementRow, LabelImport, Row, describe_error
from pipeline.validation.learning.labels import Label, Question

COLUMNS = (
    *("criterion", "holds", "call_id", "agent_id", "start", "end", "role", "text", "before"),
    *("source", "by", "at", "gold", "drawn", "rate", "machine", "audio", "why"),
)
"""The columns of a file; only those of `NEEDED` must be there."""

NEEDED = ("criterion", "holds", "call_id", "start", "end", "role", "text")

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def to_csv(labels: Sequence[Label], questions: Iterable[Question], recordings: Mapping[str, str]) -> str:
    """The CSV text of these labels and questions.

    Examples
    --------
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> question = Question("complaint", "C1", None, Span(1.0, 2.5), Role.CUSTOMER, "=1+1", "")
    >>> to_csv([], [question], {}).splitlines()[1]
    "complaint,,C1,,1.0,2.5,customer,'=1+1,,,,,没有,没有,1.0,,,"
    """
    stream = io.StringIO(newline="")
    stream.write("\ufeff")
    table = csv.DictWriter(stream, COLUMNS, restval="")
    table.writeheader()
    for label in labels:
        said = {
            "holds": YES if label.holds else NO,
            "source": label.source.value,
            "by": label.by,
            "at": label.at.isoformat(),
        }
        table.writerow(_cells(Question.of(label), recordings) | {key: _safe(text) for key, text in said.items()})
    for question in questions:
        table.writerow(_cells(question, recordings))
    return stream.getvalue()


def read(content: bytes, path: str, by: str, now: datetime) -> LabelImport:
    """The labels of a file; a wrong row is told and costs no other.

    Raises
    ------
    ConfigurationError
        If the file is no CSV, or a column is missing.

    Examples
    --------
    >>> from datetime import UTC
    >>> from pipeline.hearing.turns import Role
    >>> from pipeline.timeline import Span
    >>> question = Question("complaint", "C1", None, Span(1.0, 2.5), Role.CUSTOMER, "我要投诉", "")
    >>> content = to_csv([], [question], {}).encode()
    >>> read(content, "labels.csv", "wang", datetime(2025, 4, 1, tzinfo=UTC)).unanswered
    1
    """
    table = csv.DictReader(io.StringIO(decode(content, path), newline=""), strict=True)
    labels, problems, unanswered = [], [], 0
    try:
        headings = [heading.strip().lstrip("\ufeff") for heading in table.fieldnames or ()]
        if missing := [column for column in NEEDED if column not in headings]:
            raise ConfigurationError(f"{path}: columns missing: {', '.join(missing)}; found: {', '.join(headings)}")
        table.fieldnames = headings
        for number, cells in enumerate(table, 2):
            if None in cells or None in cells.values():
                problems.append(f"{path}: row {number} has not as many fields as there are headings")
                continue
            given = {name: _plain(cell) for name, cell in cells.items() if cell != "" or name in NEEDED}
            if not given["holds"].strip():
                unanswered += 1
                continue
            try:
                judged = JudgementRow.model_validate({"by": by, "at": now} | given)
                row = Row.model_validate(given)
            except ValidationError as error:
                problems.append(f"{path}: row {number}: {describe_error(error)}")
                continue
            labels.append(row.question.label(judged.judgement))
    except csv.Error as error:
        raise ConfigurationError(f"{path}: is no CSV after line {table.line_num} ({error})") from None
    return LabelImport(tuple(labels), tuple(problems), unanswered)


def _cells(question: Question, recordings: Mapping[str, str]) -> dict[str, str]:
    row = Row.of(question, recordings.get(question.call_id, ""))
    return {
        "criterion": _safe(row.criterion),
        "call_id": _safe(row.call_id),
        "agent_id": _safe(row.agent_id or ""),
        "start": repr(row.start),
        "end": repr(row.end),
        "role": row.role.value,
        "text": _safe(row.text),
        "before": _safe(row.before),
        "gold": YES if row.gold else NO,
        "drawn": YES if row.drawn else NO,
        "rate": repr(row.rate),
        "machine": "" if row.machine is None else repr(row.machine),
        "audio": _safe(row.audio),
        "why": row.why,
    }


def _safe(text: str) -> str:
    """The text as a spreadsheet leaves it alone."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain(text: str) -> str:
    """The text as it was before `_safe`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
