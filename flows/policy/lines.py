"""The file of service lines: each line's queues and teams, its standard, and how it is listened to. Policy as data.

Knows how the file is read; which line claims a call is in `claims`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from flows.settings import Packs
from pipeline.policy.load import load_policy
from pipeline.scorecard import Scope
from pipeline.scorecard.kinds import Policy


class LineEntry(Policy):
    """One service line (业务线) as it is written.

    Parameters
    ----------
    name : str
        By which messages name it.
    standard : str
        Name of a standard, or a file beside this one.
    queues, teams : tuple of str
        Whose calls it claims; where neither is given, those of the standard's `applies_to`.
    companies : tuple of str | None
        How the company calls itself on this line; None: as everywhere.
    hotwords : tuple of str
        Words that the recogniser is told to expect.
    packs : tuple of str | None
        Industry packs that its calls are searched with; None: as everywhere.
    rules : str
        A folder beside this file with phrase lists and rule files of this line alone; empty for none.
    """

    name: Annotated[str, Field(min_length=1)]
    standard: Annotated[str, Field(min_length=1)]
    queues: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    companies: tuple[str, ...] | None = None
    hotwords: tuple[str, ...] = ()
    packs: Packs | None = None
    rules: str = ""

    @property
    def scope(self) -> Scope | None:
        """Whose calls it claims by its own word; None where the standard says it.

        Examples
        --------
        >>> LineEntry(name="售后", standard="kf01", queues=("售后",)).scope.queues
        ('售后',)
        """
        return Scope(queues=self.queues, teams=self.teams) if self.queues or self.teams else None


class LinesFile(Policy):
    """The service lines of a deployment; of two that claim a call, the first one has it."""

    lines: Annotated[tuple[LineEntry, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> LinesFile:
        names = [entry.name for entry in self.lines]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"line {', '.join(twice)} stands twice")
        return self


def read_lines(path: Path | None) -> tuple[LineEntry, ...]:
    """The lines of a file in their order, standards and folders beside it by their paths; none for None.

    Raises
    ------
    PolicyError
        With file and line.

    Examples
    --------
    >>> read_lines(None)
    ()
    """
    if path is None:
        return ()
    stat = path.stat() if path.is_file() else None
    return _read(path, stat and (stat.st_mtime_ns, stat.st_size))


@cache
def _read(path: Path, _stamp: object) -> tuple[LineEntry, ...]:
    folder = path.parent
    return tuple(
        entry.model_copy(
            update={
                "standard": str(folder / entry.standard) if (folder / entry.standard).is_file() else entry.standard,
                "rules": str(folder / entry.rules) if entry.rules else "",
            }
        )
        for entry in load_policy(path, LinesFile)[0].lines
    )
