"""``callqa models``: the words; what they do is in `models.weights`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.options import ProfileName, example

models_app = typer.Typer(help="The weights that callqa listens with.", no_args_is_help=True)
out = Console()


@models_app.command("fetch", epilog=example("callqa models fetch --profile cpu"))
def models_fetch(profile: ProfileName = "cpu") -> None:
    """Bring the pinned weights onto this machine and verify them."""
    from models import weights  # noqa: PLC0415  heavy rooms are entered by the commands that need them

    weights.fetch(profile, lambda sentence: out.print(Text(sentence)))


@models_app.command("list", epilog=example("callqa models list"))
def models_list() -> None:
    """Every pinned weight file: profile, revision, licence, and whether it is here."""
    from models import weights  # noqa: PLC0415

    table = Table("profile", "model", "revision", "licence", "from", "here")
    for pin in weights.pins():
        origin = pin.hub or ", ".join(sorted({wheel for file in pin.files for wheel, _ in file.parts}))
        table.add_row(pin.profile, pin.title, pin.revision, pin.licence, origin, "yes" if pin.fetched else "no")
    out.print(table)
    out.print(Text(f"cache: {weights.cache_folder()}"))
