"""What several commands take in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_STORE = "sqlite:///callqa.db"
EXAMPLE = "\n\n\b\nExample:\n  "

Url = Annotated[str, typer.Option("--store", help="SQLAlchemy URL of the store.", envvar="CALLQA_STORE")]
Standard = Annotated[
    str, typer.Option("--standard", "--scorecard", help="Name of a standard, shipped or released, or a file.")
]
FeedsFolder = Annotated[
    Path | None, typer.Option("--feeds", help="Folder of tables from outside: tickets.csv, orders.xlsx ...")
]
By = Annotated[str, typer.Option("--by", help="Who says so.")]
Note = Annotated[str, typer.Option("--note", help="Why.")]
