"""``callqa standard``: the words; what they do is in `flows.policy.scorecards`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, StoreUrl, example

Name = Annotated[str, typer.Argument(help="Name of a shipped standard, or a file.")]

standard_app = typer.Typer(
    help="Standards: what they ask, what is doubtful in them, what a value is worth.", no_args_is_help=True
)
out = Console()


@standard_app.command("list", epilog=example("callqa standard list"))
def list_standards() -> None:
    """The standards that come with callqa."""
    from flows.policy.scorecards import scorecards_table  # noqa: PLC0415

    out.print(scorecards_table())


@standard_app.command("lines", epilog=example("callqa standard lines"))
def list_lines() -> None:
    """The service lines in force: which calls each claims, by which standard, and what is doubtful about them."""
    from flows.policy.claims import doubts_of, lines_of  # noqa: PLC0415
    from flows.policy.policy import policy_for  # noqa: PLC0415
    from flows.policy.scorecards import lines_table  # noqa: PLC0415
    from flows.settings import load_settings  # noqa: PLC0415

    lines = lines_of((), load_settings())
    for line in lines.lines:
        policy_for(line.card, line.settings)
    out.print(lines_table(lines))
    for doubt in doubts_of(lines):
        out.print(Text(doubt))


@standard_app.command("show", epilog=example("callqa standard show table1 > my-standard.yaml"))
def show_standard(
    name: Name,
    month: Annotated[
        str | None, typer.Option(help="YYYY-MM: the revision by which that month is, or was, assessed.")
    ] = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """The file of a standard, to be read, or copied and edited: the newest revision, or that of a month."""
    from flows.policy.revisions import scorecard_shown  # noqa: PLC0415

    sys.stdout.write(scorecard_shown(name, month, store).text.removeprefix("\ufeff"))


@standard_app.command("check", epilog=example("callqa standard check my-standard.yaml"))
def check_standard(name: Name) -> None:
    """What is wrong or doubtful in a standard, with line and sentence; exit code 1 if it cannot score."""
    from flows.policy.scorecards import checked_scorecard  # noqa: PLC0415
    from pipeline.scorecard.lint import describe, errors  # noqa: PLC0415

    card, notices = checked_scorecard(name)
    for line in describe(notices):
        out.print(Text(line))
    wrong = errors(notices)
    out.print(Text(f"{card.name} 第{card.revision}版：错误 {len(wrong)}，提示 {len(notices) - len(wrong)}"))
    if wrong:
        raise typer.Exit(1)


@standard_app.command(
    "try", epilog=example("callqa standard try table1 --values values.json --set T1-1.block=floor")
)
def try_standard(
    name: Name,
    values: Annotated[Path, typer.Option(help="JSON file: values by item id; - reads standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    switches: Annotated[
        list[str] | None, typer.Option("--set", help="A key of the standard for this trial: T1-1.block=floor.")
    ] = None,
) -> None:
    """What typed-in values are worth: points and reason for each item, and the total."""
    from flows.policy.scorecards import as_object, trial_of, trial_table  # noqa: PLC0415

    card, trial = trial_of(name, values, dict(_switch(switch) for switch in switches or ()))
    if as_json:
        sys.stdout.write(json.dumps(as_object(card, trial), ensure_ascii=False, indent=2) + "\n")
        return
    out.print(trial_table(card, trial))


def _switch(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise typer.BadParameter(f"{text!r} is not KEY=VALUE, such as T1-1.block=floor", param_hint="--set")
    return key.strip(), value.strip()
