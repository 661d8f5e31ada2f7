"""The command line: ``callqa``.

Exit codes: 0 done; 1 some calls failed, and they are listed; 2 wrong usage or configuration.
"""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from flows.cli.classifier import classifier_app, gate_app
from flows.cli.labels import labels_app
from flows.cli.ledger import ledger_app
from flows.cli.options import DEFAULT_STORE, EXAMPLE, By, FeedsFolder, Standard, Url
from flows.cli.review import REVIEW_EXAMPLE, audit_app, review, user_app
from flows.cli.rule import rule_app
from flows.cli.standard import standard_app
from flows.cli.train import EPILOG as TRAIN_EXAMPLE
from flows.cli.train import train
from flows.cli.voices import voices_app
from flows.settings import load_settings
from pipeline.errors import CallqaError

Profile = Annotated[
    Literal["cpu", "gpu"] | None, typer.Option(help="Weights to listen with; CALLQA_PROFILE, or cpu.")
]

app = typer.Typer(
    name="callqa",
    help="Score every recorded call of a Mandarin service line, and close the month of each agent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
models_app = typer.Typer(help="The weights that callqa listens with.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(standard_app, name="standard")
app.add_typer(ledger_app, name="ledger")
app.add_typer(rule_app, name="rule")
app.add_typer(labels_app, name="labels")
app.add_typer(classifier_app, name="classifier")
app.add_typer(gate_app, name="gate")
app.command(name="train", epilog=TRAIN_EXAMPLE)(train)
app.add_typer(voices_app, name="voices")
app.command(name="review", epilog=REVIEW_EXAMPLE)(review)
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")

out = Console()
err = Console(stderr=True)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether Prefect's log tells more than the sentence that `main` prints: not for what the user can act on."""
    return not (record.exc_info and isinstance(record.exc_info[1], CallqaError))


def main() -> None:
    """Run the command line; what the user can act on is one sentence, never a traceback."""
    for runs in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(runs).addFilter(_is_news)
    try:
        app()
    except CallqaError as error:
        err.print(Text(f"callqa: {error}", style="red"))
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("callqa: stopped; type the same command again to go on")
        sys.exit(130)


@models_app.command("fetch", epilog=f"{EXAMPLE}callqa models fetch --profile cpu")
def models_fetch(profile: Literal["cpu", "gpu"] = "cpu") -> None:
    """Bring the pinned weights onto this machine and verify them."""
    from models import weights  # noqa: PLC0415  heavy rooms are entered by the commands that need them

    weights.fetch(profile, lambda sentence: out.print(Text(sentence)))


@models_app.command("list", epilog=f"{EXAMPLE}callqa models list")
def models_list() -> None:
    """Every pinned weight file: profile, revision, licence, and whether it is here."""
    from models import weights  # noqa: PLC0415

    table = Table("profile", "model", "revision", "licence", "from", "here")
    for pin in weights.pins():
        origin = pin.hub or ", ".join(sorted({wheel for file in pin.files for wheel, _ in file.parts}))
        table.add_row(pin.profile, pin.title, pin.revision, pin.licence, origin, "yes" if pin.fetched else "no")
    out.print(table)
    out.print(Text(f"cache: {weights.cache_folder()}"))


@app.command(
    epilog=f"{EXAMPLE}callqa run --recordings recordings/ --cdr recordings/cdr.csv --store sqlite:///callqa.db"
)
def run(
    recordings: Annotated[str, typer.Option(help="Folder of recordings, any fsspec URL.")],
    cdr: Annotated[str, typer.Option(help="Call detail records, any fsspec URL.")],
    cdr_format: Annotated[Literal["csv", "asterisk", "freeswitch"], typer.Option(help="Their dialect.")] = "csv",
    store: Url = DEFAULT_STORE,
    scorecard: Standard = "kf01",
    profile: Profile = None,
    weights: Annotated[Path | None, typer.Option(help="A folder with weights of your own.")] = None,
) -> None:
    """Hear and score every call of a night. Safe to start again: what is done is not heard twice."""
    from flows.night.sources import list_recordings, read_records  # noqa: PLC0415
    from flows.policy.rules import load_rules  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    settings = load_settings(profile=profile, weights=weights)
    load_rules(scorecard, settings)  # what is typed wrong is told before models and orchestrator are started
    read_records(cdr, cdr_format)
    list_recordings(recordings)
    Store.open(store).close()

    from flows.learning.classifiers import show_checked  # noqa: PLC0415
    from flows.learning.shadow import shadow_line  # noqa: PLC0415
    from flows.night.nightly import nightly  # noqa: PLC0415
    from pipeline.month.workbook.wording import STATUS  # noqa: PLC0415

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=err,
    )

    def progress(total: int, todo: int):  # type: ignore[no-untyped-def]
        line = bar.add_task("质检", total=total, completed=total - todo)
        return lambda done: bar.advance(line, done)

    with bar:
        night = nightly(recordings, cdr, store, cdr_format, scorecard, settings, progress)
    counts = "，".join(f"{name} {night.ended[status]}" for status, name in STATUS.items())
    out.print(Text(f"通话 {night.fetched}：{counts}；本次处理 {night.heard}"))
    if line := shadow_line(night.compared):
        out.print(Text(line))
    for part in show_checked(night.demoted):
        out.print(part)
    for result in night.failed:
        err.print(Text(f"失败 {result.call.id}（{result.stage}）{result.reason}: {result.problem}", style="red"))
    if night.failed:
        raise typer.Exit(1)


@app.command(epilog=f"{EXAMPLE}callqa month 2026-10 --standard kf01 --feeds feeds/ --out 2026-10.xlsx")
def month(
    month: Annotated[str, typer.Argument(help="YYYY-MM, cut in Asia/Shanghai.")],
    store: Url = DEFAULT_STORE,
    out_file: Annotated[Path | None, typer.Option("--out", help="Workbook to write (.xlsx).")] = None,
    standard: Standard = "kf01",
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
    from flows.month.monthly import checked, monthly, reopen_month  # noqa: PLC0415
    from flows.show import differences_table, show_month  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    checked(month)  # what is typed wrong is told before the orchestrator is started
    Store.open(store, create=False).close()
    if out_file is not None and out_file.suffix.lower() != ".xlsx":
        raise typer.BadParameter(f"{out_file} must end in .xlsx", param_hint="--out")
    if (close or reopen) and not by.strip():
        raise typer.BadParameter("say who does it", param_hint="--by")
    if reopen and (close or against):
        raise typer.BadParameter("reopens a closed month and does nothing else", param_hint="--reopen")
    if reopen:
        reopen_month(store, month, standard, by, reason)
        out.print(Text(f"{month} 已重开：{reason}"))
        return
    if against is not None:
        from flows.month.whatif import what_if  # noqa: PLC0415

        with Progress(*Progress.get_default_columns(), console=err, transient=True) as bar:
            line = bar.add_task("试算", total=None)
            found = what_if(
                store,
                month,
                standard,
                against,
                feeds,
                lambda done, total: bar.update(line, completed=done, total=total),
            )
        out.print(differences_table(found))
        changed = sum(difference.changed for difference in found)
        out.print(Text(f"{len(found)} 人中 {changed} 人的得分、等级、奖金系数或奖惩建议会改变"))
        return
    report = monthly(store, month, out_file, standard, feeds, by if close else "", reason)
    for part in show_month(report):
        out.print(part)
    for notice in report.notices:  # a line each; the workbook has the whole of it
        err.print(Text(notice, style="yellow"), no_wrap=True, overflow="ellipsis")
    if out_file is not None:
        out.print(Text(f"工作簿：{out_file.resolve()}"))


@app.command(epilog=f"{EXAMPLE}callqa period 2026-Q3 --standard kf01")
def period(
    period: Annotated[str, typer.Argument(help="YYYY-Qn, YYYY or YYYY-MM.")],
    store: Url = DEFAULT_STORE,
    standard: Standard = "kf01",
) -> None:
    """A quarter or a year of closed months: agents, teams and the whole line, points summed, then divided."""
    from flows.month.monthly import period_results  # noqa: PLC0415
    from flows.show import period_table  # noqa: PLC0415

    out.print(period_table(period, period_results(store, period, standard)))


@app.command(epilog=f"{EXAMPLE}callqa rescore --scorecard kf01 --since 2026-10-01")
def rescore(
    scorecard: Standard,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only calls from this day on.")
    ] = None,
    store: Url = DEFAULT_STORE,
) -> None:
    """Judge the stored calls again, from their turns alone: no audio, no model."""
    from flows.night.rescore import gold_agreement, rescore_calls  # noqa: PLC0415

    settings = load_settings()
    num_judged = rescore_calls(scorecard, store, since.date() if since else None, settings)
    out.print(Text(f"重新评分 {num_judged} 通"))
    right, ruled = gold_agreement(scorecard, store, settings)
    if ruled:
        out.print(Text(f"申诉改判的 {ruled} 项，机器现在与其中 {right} 项一致"))


@app.command(epilog=f"{EXAMPLE}callqa show D01")
def show(
    call_id: Annotated[str, typer.Argument(help="Call id, as in the records.")], store: Url = DEFAULT_STORE
) -> None:
    """One call: the dialogue with roles and times, the findings, and the score with its reasons."""
    from flows.show import show_call  # noqa: PLC0415

    for part in show_call(store, call_id):
        out.print(part)


@app.command(epilog=f"{EXAMPLE}callqa export evaluations --out evaluations.jsonl")
def export(
    what: Annotated[Literal["calls", "turns", "findings", "evaluations", "months"], typer.Argument()],
    out_file: Annotated[Path, typer.Option("--out", help="File to write: .jsonl or .csv by ending.")],
    store: Url = DEFAULT_STORE,
) -> None:
    """Write the rows of the store to a file; the columns are an interface (see the README)."""
    from flows.export import export_file  # noqa: PLC0415

    out.print(Text(f"{export_file(store, what, out_file)} rows: {out_file}"))


@app.command(name="eval", epilog=f"{EXAMPLE}callqa eval --truth tests/calls --json accuracy.json")
def evaluate(
    truth: Annotated[Path, typer.Option(help="Folder of *.truth.json files.")],
    store: Url = DEFAULT_STORE,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")] = None,
    left_out: Annotated[
        bool, typer.Option("--left-out", help="Also judge each scenario without the wordings only it has (slower).")
    ] = False,
) -> None:
    """Accuracy of what is stored against truth files, by stage, beside exact and fuzzy matching."""
    from flows.learning.accuracy import WIDTH, show_accuracy  # noqa: PLC0415

    wide = Console(width=max(out.width, WIDTH))
    for part in show_accuracy(truth, store, json_file, left_out, load_settings()):
        wide.print(part)
