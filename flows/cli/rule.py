"""``callqa rule``: the words; what they do is in `flows.policy.trial`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from flows.cli.options import example
from flows.settings import load_settings

rule_app = typer.Typer(
    help="Phrase lists, rule files and conditions: what there is, and what one hits before it ships.",
    no_args_is_help=True,
)
out = Console()


@rule_app.command("list", epilog=example("callqa rule list"))
def list_rules() -> None:
    """Every phrase list and rule file that calls are searched for."""
    from flows.policy.trial import library_table  # noqa: PLC0415

    out.print(library_table(load_settings()))


@rule_app.command("test", epilog=example("callqa rule test my-rules.yaml --on sqlite:///callqa.db --calls D01,D02"))
def try_file(
    file: Annotated[
        str,
        typer.Argument(help="A rule file, a phrase list, thresholds, or a scorecard with conditions; or a name."),
    ],
    on: Annotated[
        str,
        typer.Option(help="A store's URL, a text file of 坐席：/客户： lines, a folder of these, or such a text."),
    ],
    calls: Annotated[str, typer.Option(help="Only these calls of the store: D01,D02.")] = "",
) -> None:
    """What a file hits: its own examples first, then every hit with time, role and heard words."""
    from flows.policy.trial import show_trial, trial_of  # noqa: PLC0415

    calls_asked = tuple(call.strip() for call in calls.replace("，", ",").split(",") if call.strip())
    for part in show_trial(trial_of(file, on, calls_asked, load_settings())):
        out.print(part)
