"""Labels as a CSV table: UTF-8 with BOM, as Excel wants it, one label a row.

The columns are those of `COLUMNS`; ``holds`` is 有 or 没有, and empty where nobody has answered yet. A text that a
spreadsheet would take for a formula has an apostrophe before it, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath

from pydantic import ValidationError

from pipeline.errors import ConfigurationError
from pipeline.indicators.encodings import decoded
from pipeline.indicators.tables import DELIMITERS, SEPARATOR
from pipeline.validation.learning.labelfiles.row import (
    NO,
    YES,
    JudgementRow,
    LabelImport,
    Row,
    describe_error,
    without_time,
)
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
    name = PurePath(path).name
    text, notices = decoded(content, path, name)
    labels, places, problems = list[Label](), list[str](), list[str]()
    unanswered = timeless = 0
    for number, cells in _rows(text, path):
        place = f"{path}: row {number}"
        if isinstance(cells, str):
            problems.append(f"{place} {cells}")
            continue
        given = {column: _plain(cell) for column, cell in cells.items() if cell != "" or column in NEEDED}
        if not given["holds"].strip():
            unanswered += 1
            continue
        try:
            judged = JudgementRow.model_validate({"by": by, "at": now} | given)
            row = Row.model_validate(given)
        except ValidationError as error:
            problems.append(f"{place}: {describe_error(error)}")
            continue
        labels.append(row.question.label(judged.judgement))
        places.append(place)
        timeless += "at" not in given
    if timeless < len(labels):  # a file that callqa wrote to be filled in has no times at all
        notices = (*notices, *without_time(timeless, name))
    return LabelImport(tuple(labels), tuple(places), tuple(problems), unanswered, notices)


def _rows(text: str, path: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """The cells of each row by column, or what is wrong with the row; its number as Excel counts."""
    first, _, rest = text.partition("\n")
    if named := SEPARATOR.fullmatch(first.strip()):
        text, delimiter = rest, named[1]
    else:
        delimiter = max(DELIMITERS, key=first.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = [heading.strip().lstrip("\ufeff") for heading in next(table, [])]
        while headings and not headings[-1]:
            headings.pop()
        if missing := [column for column in NEEDED if column not in headings]:
            raise ConfigurationError(f"{path}: columns missing: {', '.join(missing)}; found: {', '.join(headings)}")
        if twice := [column for column in COLUMNS if headings.count(column) > 1]:
            raise ConfigurationError(f"{path}：有两列的标题都是 {'、'.join(twice)}，请各留一列")
        for number, cells in enumerate(table, 2):
            if len(cells) < len(headings) or any(cells[len(headings) :]):
                if any(cells):
                    yield number, "has not as many fields as there are headings"
            elif any(cells):
                yield number, dict(zip(headings, cells, strict=False))
    except (csv.Error, TypeError) as error:
        raise ConfigurationError(f"{path}: is no CSV after line {table.line_num} ({error})") from None


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
