"""``callqa form``: the words; what they do is in `flows.form`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, FeedsFolder, ScorecardName, StoreUrl, example

form_app = typer.Typer(
    help="Evaluation forms to be signed: of a call, and of an agent's month.", no_args_is_help=True
)
out = Console()
OutFile = Annotated[Path, typer.Option("--out", help="File to write: .xlsx or .docx.")]


@form_app.command("call", epilog=example("callqa form call D04 --out D04.docx"))
def call(
    call_id: Annotated[str, typer.Argument(help="Call id, as in the records.")],
    out_file: OutFile,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """The form of the standard by which a call was judged, filled in; people's answers stand over the machine's."""
    from flows.form import write_call_form  # noqa: PLC0415

    write_call_form(store, call_id, out_file)
    out.print(Text(f"评分表：{out_file}"))


@form_app.command("agent", epilog=example("callqa form agent 1003 --month 2026-10 --standard kf01 --out 1003.xlsx"))
def agent(
    agent_id: Annotated[str, typer.Argument(help="Agent id, as in the records.")],
    month: Annotated[str, typer.Option("--month", help="YYYY-MM, closed or tried before.")],
    out_file: OutFile,
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
) -> None:
    """The form of an agent's month as it is kept: closed, or the last trial; nothing is computed anew."""
    from flows.form import write_agent_form  # noqa: PLC0415

    write_agent_form(store, agent_id, month, standard, out_file, feeds)
    out.print(Text(f"考核表：{out_file}"))
