"""``callqa show``, ``export`` and ``eval``: what is stored of calls, read, written and measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, FeedsFolder, ScorecardName, StoreUrl
from flows.settings import load_settings

out = Console()


def show(
    call_id: Annotated[str, typer.Argument(help="Call id, as in the records.")], store: StoreUrl = DEFAULT_STORE
) -> None:
    """One call: the dialogue with roles and times, the findings, and the score with its reasons."""
    from flows.show import show_call  # noqa: PLC0415

    for part in show_call(store, call_id):
        out.print(part)


def export(
    what: Annotated[
        Literal[
            "calls",
            "turns",
            "findings",
            "evaluations",
            "notices",
            "ratings",
            "months",
            "tiers",
            "payroll",
            "overrides",
            "fairness",
            "tickets",
        ],
        typer.Argument(),
    ],
    out_file: Annotated[
        Path,
        typer.Option(
            "--out",
            help="File to write: .jsonl or .csv by ending; payroll, overrides, fairness .csv, .xlsx or .json.",
        ),
    ],
    month: Annotated[
        str, typer.Argument(help="Of payroll, overrides, fairness and tickets: YYYY-MM; of a payroll a closed one.")
    ] = "",
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
    provisional: Annotated[
        bool,
        typer.Option(
            "--provisional", help="Of a payroll: also while something open could change a grade; remarked."
        ),
    ] = False,
) -> None:
    """Write the rows of the store, or of a month, to a file (columns: docs/rows.md)."""
    if what == "payroll":
        from flows.month.payroll import export_payroll  # noqa: PLC0415

        made = export_payroll(store, month, standard, out_file, feeds, provisional=provisional)
        open_items = f"；暂定，未决 {len(made.pending)} 项" if made.pending else ""
        out.print(Text(f"工资表 {len(made.rows)} 人：{out_file}{open_items}"))
        return
    if provisional:
        raise typer.BadParameter("is of a payroll", param_hint="--provisional")
    if what == "overrides":
        from flows.month.checks import export_check, overrides  # noqa: PLC0415

        out.print(Text(f"{export_check(overrides(store, month, standard, feeds), out_file)} rows: {out_file}"))
        return
    if what == "fairness":
        from flows.month.checks import export_check, fairness  # noqa: PLC0415

        out.print(Text(f"{export_check(fairness(store, month, standard, feeds), out_file)} rows: {out_file}"))
        return
    if what == "tickets":
        from flows.month.tickets import export_tickets  # noqa: PLC0415

        if feeds is None:
            raise typer.BadParameter("the tickets of a month are one of the feeds", param_hint="--feeds")
        out.print(Text(f"{export_tickets(store, month, feeds, out_file)} rows: {out_file}"))
        return
    if month or feeds is not None:
        raise typer.BadParameter(
            "a month and --feeds are of payroll, overrides, fairness and tickets", param_hint=what
        )
    from flows.export import export_file  # noqa: PLC0415

    out.print(Text(f"{export_file(store, what, out_file)} rows: {out_file}"))


def check(
    recordings: Annotated[
        list[str], typer.Argument(metavar="RECORDING...", help="Files or folders, any fsspec URL.")
    ],
) -> None:
    """What can be made of recordings before a night: channels, levels, noise, ringing, and what will be scorable.

    No store, no records, and no words: whether an announcement speaks is not told.
    """
    from rich.progress import track  # noqa: PLC0415

    from flows.night.check import check_recording, files_of, show_checked  # noqa: PLC0415

    files = [file for place in recordings for file in files_of(place)]
    watched = track(files, "检查录音", console=Console(stderr=True), transient=True, disable=len(files) == 1)
    num_unusable = 0
    for file in watched:
        checked = check_recording(file)
        num_unusable += not checked.is_usable
        for part in show_checked(checked):
            out.print(part)
    if len(files) > 1:
        out.print(Text(f"录音 {len(files)}：可用 {len(files) - num_unusable}，不可用 {num_unusable}"))
    if num_unusable:
        raise typer.Exit(1)


def evaluate(
    truth: Annotated[Path | None, typer.Option(help="Folder of *.truth.json files.")] = None,
    store: StoreUrl = DEFAULT_STORE,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Also judge each scenario without the wordings only it has (slower).")
    ] = False,
    clips: Annotated[
        Path | None, typer.Option(help="JSON lines of read clips (file, text, source): they are heard now.")
    ] = None,
    snr: Annotated[
        list[float] | None, typer.Option(help="Hear the clips also in noise, so many dB below; may be repeated.")
    ] = None,
) -> None:
    """Accuracy of what is stored against truth files, by stage, beside exact and fuzzy matching; or CER of clips.

    With --clips nothing stored is looked at: each clip is heard wide, on a telephone, and there in noise.
    """
    from flows.learning.accuracy import WIDTH, show_accuracy  # noqa: PLC0415

    if (truth is None) == (clips is None):
        raise typer.BadParameter("give either --truth with a folder or --clips with a file")
    if snr and clips is None:
        raise typer.BadParameter("--snr is for --clips: stored calls are as they were heard")
    wide = Console(width=max(out.width, WIDTH))
    if clips is not None:
        from flows.learning.clips import show_clips  # noqa: PLC0415  what hears is loaded where something is heard

        parts = show_clips(clips, snr or (), json_file, load_settings())
    elif truth is not None:
        parts = show_accuracy(truth, store, json_file, left_out, load_settings())
    for part in parts:
        wide.print(part)
