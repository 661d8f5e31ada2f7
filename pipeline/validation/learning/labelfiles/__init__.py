"""Labels in files that people and other programs write: Label Studio's JSON, and CSV.

``row``           what a label is in a file, checked at the door
``label_studio``  tasks with the recording, the turn and a choice; read from and written for Label Studio
``sheet``         the same as a table, for Excel
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from pipeline.errors import ConfigurationError
from pipeline.files import write_file
from pipeline.validation.learning.labelfiles import label_studio, sheet
from pipeline.validation.learning.labelfiles.row import LabelImport
from pipeline.validation.learning.labels import Label, Question

Format: TypeAlias = Literal["label-studio", "csv"]

ENDINGS: Mapping[str, Format] = {".json": "label-studio", ".csv": "csv"}


def format_of(path: Path) -> Format:
    """The format of a file, by its ending.

    Raises
    ------
    ConfigurationError
        If it is neither.

    Examples
    --------
    >>> format_of(Path("labels.csv")), format_of(Path("labels.JSON"))
    ('csv', 'label-studio')
    """
    try:
        return ENDINGS[path.suffix.lower()]
    except KeyError:
        raise ConfigurationError(f"{path} must end in .json (Label Studio) or .csv, or give --format") from None


def read_labels(path: Path, by: str, now: datetime, format: Format | None = None) -> LabelImport:
    """The content of a file: labels, the rows that are wrong, and how many wait for an answer.

    Parameters
    ----------
    by : str
        Who judged, where the file does not say.
    now : datetime
        When, where the file does not say.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or is not of its format at all.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from None
    read = label_studio.read if (format or format_of(path)) == "label-studio" else sheet.read
    return read(content, str(path), by, now)


def write_labels(
    path: Path,
    labels: Iterable[Label],
    recordings: Mapping[str, str],
    format: Format | None = None,
) -> int:
    """The number of labels written; reading the file gives the same labels again.

    Parameters
    ----------
    recordings : mapping
        Where the recording of a call lies, by call id.
    """
    kept = tuple(labels)
    write = label_studio.to_json if (format or format_of(path)) == "label-studio" else sheet.to_csv
    write_file(path, write(kept, (), recordings))
    return len(kept)


def write_questions(
    path: Path,
    questions: Iterable[Question],
    recordings: Mapping[str, str],
    format: Format | None = None,
) -> int:
    """The number of questions written, for a person to answer: in Label Studio, or in the column ``holds``."""
    asked = tuple(questions)
    write = label_studio.to_json if (format or format_of(path)) == "label-studio" else sheet.to_csv
    write_file(path, write((), asked, recordings))
    return len(asked)
