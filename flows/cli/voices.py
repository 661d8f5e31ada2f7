"""``callqa voices``: the words; what they do is in `flows.night.voices`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, StoreUrl, example

voices_app = typer.Typer(
    help="Voice prints of agents: personal data, kept only with CALLQA_VOICES=true.", no_args_is_help=True
)
out = Console()


@voices_app.command("list", epilog=example("callqa voices list"))
def list_voices(store: StoreUrl = DEFAULT_STORE) -> None:
    """Of which agents a voice is kept, and of how many calls."""
    from flows.night.voices import show_voices  # noqa: PLC0415

    out.print(show_voices(store))


@voices_app.command("forget", epilog=example("callqa voices forget 1003"))
def forget(
    agent: Annotated[str, typer.Argument(help="Agent id, as in the records.")], store: StoreUrl = DEFAULT_STORE
) -> None:
    """Erase all that is kept of an agent's voice."""
    from flows.night.voices import forget_voices  # noqa: PLC0415

    out.print(Text(forget_voices(store, agent)))
