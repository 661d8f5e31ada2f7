"""``callqa month`` and ``callqa period``: the words; what they do is in `flows.month`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, FeedsFolder, ScorecardName, StoreUrl

if TYPE_CHECKING:
    from flows.month.whatif import WhatIf
    from pipeline.month.workbook import MonthReport
    from pipeline.month.workbook.checks import CheckReport

out, err = Console(), Console(stderr=True)
Month = Annotated[str, typer.Argument(help="YYYY-MM, cut in Asia/Shanghai.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the whole report to this file too.")]


def month(
    month: Month,
    store: StoreUrl = DEFAULT_STORE,
    out_file: Annotated[Path | None, typer.Option("--out", help="Workbook to write (.xlsx).")] = None,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
    against: Annotated[
        str | None, typer.Option(help="What if: the standard in force, beside --standard; nothing is kept.")
    ] = None,
    close: Annotated[bool, typer.Option("--close", help="Close the month; needs --by.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Reopen it; needs --by and --reason.")] = False,
    by: By = "",
    reason: Annotated[str, typer.Option(help="Why the month is reopened, or closed again.")] = "",
) -> None:
    """Assess a month, as a table and as a workbook in Chinese: a trial, until it is closed with --close."""
    from flows.month.month import monthly, reopen_month  # noqa: PLC0415
    from flows.month.periods import valid_month  # noqa: PLC0415
    from flows.month.whatif import WhatIf  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    valid_month(month)  # what is typed wrong is told first
    if out_file is not None and out_file.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"{out_file} must end in .xlsx", param_hint="--out")
    if (close or reopen) and not by.strip():
        raise typer.BadParameter("say who does it", param_hint="--by")
    if reopen and (close or against):
        raise typer.BadParameter("reopens a closed month and does nothing else", param_hint="--reopen")
    Store.open(store, create=False).close()
    if reopen:
        reopen_month(store, month, standard, by, reason)
        out.print(Text(f"{month} 已重开：{reason}"))
    elif against is not None:
        _print_what_if(store, WhatIf(month, standard, against, feeds))
    else:
        _print_report(monthly(store, month, out_file, standard, feeds, by if close else "", reason))
        if out_file is not None:
            out.print(Text(f"工作簿：{out_file.resolve()}"))


def tickets(
    month: Annotated[str, typer.Argument(help="YYYY-MM: that of the tickets' creation, in Asia/Shanghai.")],
    feeds: Annotated[Path, typer.Option("--feeds", help="Folder of tables from outside, with the feed tickets.")],
    store: StoreUrl = DEFAULT_STORE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of the table.")] = False,
) -> None:
    """Hold the tickets of a month against what was said in their calls: each difference, and where to listen."""
    from flows.month.periods import valid_month  # noqa: PLC0415
    from flows.month.tickets import against_calls, as_object, tickets_table  # noqa: PLC0415

    valid_month(month)
    report = against_calls(store, month, feeds)
    if as_json:
        typer.echo(json.dumps(as_object(report), ensure_ascii=False, indent=2))
    else:
        out.print(tickets_table(report))


def _print_what_if(store: str, asked: WhatIf) -> None:
    from flows.month.whatif import what_if  # noqa: PLC0415
    from flows.show import differences_table  # noqa: PLC0415

    with Progress(*Progress.get_default_columns(), console=err, transient=True) as bar:
        line = bar.add_task("试算", total=None)
        differences = what_if(store, asked, lambda done, total: bar.update(line, completed=done, total=total))
    out.print(differences_table(differences))
    num_changed = sum(difference.changed for difference in differences)
    out.print(Text(f"{len(differences)} 人中 {num_changed} 人的得分、等级、奖金或奖惩建议会改变"))


def _print_report(report: MonthReport) -> None:
    from flows.show import show_month  # noqa: PLC0415

    for part in show_month(report):
        out.print(part)
    for notice in report.notices:  # a line each; the workbook has the whole of it
        err.print(Text(notice, style="yellow"), no_wrap=True, overflow="ellipsis")


def overrides(
    month: Month,
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
    json_file: JsonFile = None,
) -> None:
    """How often people overturned the machine in a month: by item, agent, assessor, and over the months."""
    from flows.month import checks  # noqa: PLC0415

    _print_check(checks.overrides(store, month, standard, feeds), json_file)


def fairness(
    month: Month,
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
    json_file: JsonFile = None,
) -> None:
    """Whether points of a month follow the line, the queue, the hour or the length of calls, within agents."""
    from flows.month import checks  # noqa: PLC0415

    _print_check(checks.fairness(store, month, standard, feeds), json_file)


def _print_check(report: CheckReport, json_file: Path | None) -> None:
    from flows.month.checks import content_of, show_check  # noqa: PLC0415
    from pipeline.files import write_file  # noqa: PLC0415

    for part in show_check(report):
        out.print(part)
    if json_file is not None:
        write_file(json_file, content_of(report, ".json"))


def period(
    period: Annotated[str, typer.Argument(help="YYYY-Qn, YYYY or YYYY-MM.")],
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
) -> None:
    """A quarter or a year of closed months: agents, teams and the whole line, points summed, then divided."""
    from flows.month.periods import period_results  # noqa: PLC0415
    from flows.show import period_table  # noqa: PLC0415

    out.print(period_table(period, period_results(store, period, standard)))
