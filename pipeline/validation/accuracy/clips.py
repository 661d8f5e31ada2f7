"""Read clips with their text, and how far what was heard differs from it, by source.

A clip is one sentence without roles or phrases: it tells how well words are heard, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.validation.accuracy.characters import edits, plain
from pipeline.validation.accuracy.figures import Measure

ALL = "all"


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording of one sentence.

    Parameters
    ----------
    path : Path
        The recording.
    text : str
        What is said in it.
    source : str
        Where it is from: clips of one source are counted together.
    """

    path: Path
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class HeardClip:
    """What was heard of a clip on one line."""

    clip: Clip
    line: str
    heard: str

    @property
    def counts(self) -> tuple[float, float]:
        """Characters that are wrong, and characters that were said."""
        return edits(self.clip.text, self.heard), len(plain(self.clip.text))


def read_clips(file: Path) -> tuple[Clip, ...]:
    """The clips of a file of JSON lines, each with `file` (relative to it), `text` and `source`.

    What follows an ``@`` in `source` says which part or revision of it a clip is, and is left out.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or holds nothing, or a line lacks a field or names no recording that is there.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: is not UTF-8; save it as UTF-8") from None
    clips = tuple(_clip(file, n, line) for n, line in enumerate(lines, start=1) if line.strip())
    if not clips:
        raise ConfigurationError(f'{file}: holds no clips; a line is {{"file": ..., "text": ..., "source": ...}}')
    return clips


def _clip(file: Path, n: int, line: str) -> Clip:
    try:
        row: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{file}:{n}: is not valid JSON: {error.msg}") from None
    name, text, source = (_field(row, field, f"{file}:{n}") for field in ("file", "text", "source"))
    path = file.parent / name
    if not path.is_file():
        raise ConfigurationError(f"{file}:{n}: {path} is not there; `file` is relative to {file.name}")
    if not plain(text):
        raise ConfigurationError(f"{file}:{n}: `text` holds nothing that could be said")
    return Clip(path, text, source.partition("@")[0])


def _field(row: Any, field: str, place: str) -> str:
    value = row.get(field) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{place}: lacks `{field}`, a text")
    return value


def cer_by_source(heard: Sequence[HeardClip]) -> dict[str, dict[str, Measure]]:
    """The CER of each source and of all, by line, with intervals; clips are drawn, not characters.

    Examples
    --------
    >>> clip = Clip(Path("a.wav"), "您好请讲", "corpus")
    >>> cer_by_source([HeardClip(clip, "wide", "您好请将")])["all"]["wide"].value
    0.25
    """
    sources = sorted({each.clip.source for each in heard})
    groups = {source: [each for each in heard if each.clip.source == source] for source in sources} | {ALL: heard}
    return {
        source: {
            line: Measure.share("transcribe", "cer", "CER", [e.counts for e in group if e.line == line])
            for line in dict.fromkeys(each.line for each in group)
        }
        for source, group in groups.items()
    }
