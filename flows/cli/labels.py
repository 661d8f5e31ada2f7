"""``callqa labels``: the words; what they do is in `flows.learning.labels`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, Since, StoreUrl, example

Format = Annotated[
    Literal["label-studio", "csv"] | None, typer.Option("--format", help="By the file's ending if left out.")
]
Criterion = Annotated[str, typer.Argument(help="A tuned criterion, or detector/term for a phrase.")]

labels_app = typer.Typer(
    help="Labels: what people said of turns, to learn from and to measure by.", no_args_is_help=True
)
out, err = Console(), Console(stderr=True)


@labels_app.command("list", epilog=example("callqa labels list"))
def list_labels(store: StoreUrl = DEFAULT_STORE) -> None:
    """How many there are, by criterion, source and class; how many are gold, and how many were drawn by lot."""
    from flows.learning.labels import labels_table  # noqa: PLC0415

    out.print(labels_table(store))


@labels_app.command("export", epilog=example("callqa labels export complaint.json --criterion complaint"))
def export_labels(
    file: Path,
    criterion: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    file_format: Format = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Write the labels that count to a file for Label Studio (.json) or a spreadsheet (.csv)."""
    from flows.learning import labels  # noqa: PLC0415

    out.print(Text(f"{labels.export_labels(store, file, criterion, file_format)} labels: {file}"))


@labels_app.command("import", epilog=example("callqa labels import complaint.json --by 李质检"))
def import_labels(file: Path, by: By, file_format: Format = None, store: StoreUrl = DEFAULT_STORE) -> None:
    """Add the labels of a file; rows that are wrong are listed and left out (exit code 1), and cost no other."""
    from flows.learning import labels  # noqa: PLC0415

    said, problems = labels.import_labels(store, file, by, file_format)
    out.print(Text(said))
    for problem in problems:
        err.print(Text(problem, style="red"))
    if problems:
        raise typer.Exit(1)


@labels_app.command("queue", epilog=example("callqa labels queue complaint -n 50 --out complaint.json"))
def queue(
    criterion: Criterion,
    out_file: Annotated[Path, typer.Option("--out", help="File to write: .json or .csv.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="How many turns.")] = 50,
    random_share: Annotated[float, typer.Option("--random", min=0, max=1, help="Share drawn by lot.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The same seed and calls give the same queue.")] = 0,
    since: Since = None,
    file_format: Format = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Write the turns that a person should judge next: uncertain ones, the likeliest, and some drawn by lot."""
    from flows.learning.labels import QueueRequest, write_queue  # noqa: PLC0415

    asked = QueueRequest(criterion, number, random_share, seed, since.date() if since else None)
    written, machine = write_queue(store, asked, out_file, file_format)
    out.print(Text(f"{written} 条待标注（{machine}）：{out_file}"))


@labels_app.command("estimate", epilog=example("callqa labels estimate complaint"))
def estimate(
    criterion: Criterion,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="The classifier's if left out.")] = None,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Precision and recall in the field, from the labels drawn by lot alone, with 95 % intervals."""
    from flows.learning.labels import field_line  # noqa: PLC0415

    out.print(Text(field_line(store, criterion, threshold)))


@labels_app.command("config", epilog=example("callqa labels config > callqa.xml"))
def config() -> None:
    """The labelling interface that a Label Studio project needs for these files."""
    from pipeline.validation.learning.labelfiles.label_studio import CONFIG  # noqa: PLC0415

    sys.stdout.write(CONFIG)
