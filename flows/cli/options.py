"""Options and arguments that several commands take in the same words."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

DEFAULT_STORE = "sqlite:///callqa.db"

ProfileName: TypeAlias = Literal["cpu", "gpu"]
Profile = Annotated[ProfileName | None, typer.Option(help="Weights to listen with; CALLQA_PROFILE, or cpu.")]
StoreUrl = Annotated[str, typer.Option("--store", help="SQLAlchemy URL of the store.", envvar="CALLQA_STORE")]
ScorecardName = Annotated[
    str, typer.Option("--standard", "--scorecard", help="Name of a standard, shipped or released, or a file.")
]
ScorecardNames = Annotated[
    list[str] | None,
    typer.Option(
        "--standard",
        "--scorecard",
        help="Name or file of a standard, for the calls of its applies_to; may be repeated. Left out: the lines of "
        "CALLQA_LINES, or kf01.",
    ),
]
FeedsFolder = Annotated[
    Path | None, typer.Option("--feeds", help="Folder of tables from outside: tickets.csv, orders.xlsx ...")
]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only calls from this day on.")]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]


def example(command: str) -> str:
    r"""The epilog of a command's help: the command as somebody types it.

    Examples
    --------
    >>> example("callqa show D01")
    '\n\n\x08\nExample:\n  callqa show D01'
    """
    return f"\n\n\b\nExample:\n  {command}"
