"""The command line: ``callqa``.

Exit codes: 0 done; 1 some calls failed, and they are listed; 2 wrong usage or configuration. The modules hold
the words of the commands; what a command does is imported when it runs, so that help costs nothing.
"""

from __future__ import annotations

import codecs
import errno
import logging
import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.calls import check, evaluate, export, show
from flows.cli.classifier import classifier_app, gate_app
from flows.cli.coaching import coaching_app
from flows.cli.form import form_app
from flows.cli.judge import judge_app
from flows.cli.labels import labels_app
from flows.cli.ledger import ledger_app
from flows.cli.models import models_app
from flows.cli.month import fairness, month, overrides, period, tickets
from flows.cli.night import rescore, run
from flows.cli.options import example
from flows.cli.review import audit_app, review, user_app
from flows.cli.rule import rule_app
from flows.cli.standard import standard_app
from flows.cli.train import train
from flows.cli.voices import voices_app
from pipeline.errors import CallqaError

app = typer.Typer(
    name="callqa",
    help="Score every recorded call of a Mandarin service line, and close the month of each agent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command(
    "run",
    epilog=example("callqa run --recordings recordings/ --cdr recordings/cdr.csv --store sqlite:///callqa.db"),
)(run)
app.command("check", epilog=example("callqa check recordings/D04.wav"))(check)
app.command("show", epilog=example("callqa show D01"))(show)
app.command("review", epilog=example("callqa review --store sqlite:///callqa.db --port 8765"))(review)
app.command("month", epilog=example("callqa month 2026-10 --standard kf01 --feeds feeds/ --out 2026-10.xlsx"))(
    month
)
app.command("period", epilog=example("callqa period 2026-Q3 --standard kf01"))(period)
app.command("overrides", epilog=example("callqa overrides 2026-10 --standard kf01 --json overrides.json"))(
    overrides
)
app.command("fairness", epilog=example("callqa fairness 2026-10 --standard kf01 --json fairness.json"))(fairness)
app.command("tickets", epilog=example("callqa tickets 2026-10 --feeds feeds/"))(tickets)
app.command("rescore", epilog=example("callqa rescore --scorecard kf01 --since 2026-10-01"))(rescore)
app.command("export", epilog=example("callqa export evaluations --out evaluations.jsonl"))(export)
app.command("eval", epilog=example("callqa eval --truth tests/calls --json accuracy.json"))(evaluate)
app.command("train", epilog=example("callqa train complaint --by 王工"))(train)
app.add_typer(models_app, name="models")
app.add_typer(standard_app, name="standard")
app.add_typer(ledger_app, name="ledger")
app.add_typer(coaching_app, name="coaching")
app.add_typer(form_app, name="form")
app.add_typer(rule_app, name="rule")
app.add_typer(labels_app, name="labels")
app.add_typer(classifier_app, name="classifier")
app.add_typer(gate_app, name="gate")
app.add_typer(judge_app, name="judge")
app.add_typer(voices_app, name="voices")
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")

INTERRUPTED = 130
_NO_PLACE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG, errno.EPIPE}

err = Console(stderr=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"callqa {version('callqa')}")
        raise typer.Exit


@app.callback()
def callqa(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that come before any command."""


def _is_news(record: logging.LogRecord) -> bool:
    """Whether Prefect's log tells more than the sentence that `main` prints: not for what the user can act on."""
    return not (record.exc_info and isinstance(record.exc_info[1], CallqaError))


def _speak_chinese() -> None:
    """Let no terminal stop an answer: ASCII means that nobody set UTF-8; others get escapes for what they lack."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            known = codecs.lookup(stream.encoding).name
            stream.reconfigure(encoding="utf-8" if known == "ascii" else known, errors="backslashreplace")


def main() -> None:
    """Run the command line; what the user can act on is one sentence, never a traceback."""
    _speak_chinese()
    for runs in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(runs).addFilter(_is_news)
    try:
        try:
            app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where a failure can still be told
    except CallqaError as error:
        err.print(Text(f"callqa: {error}", style="red"))
        sys.exit(2)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would try once more at its end
        if error.errno == errno.EPIPE:  # who reads has read enough
            sys.exit(1)
        err.print(Text(f"callqa: the output cannot be written: {error.strerror}", style="red"))
        sys.exit(2)
    except SystemExit as end:  # typer makes one of Ctrl-C
        if end.code == INTERRUPTED:
            err.print("callqa: stopped; type the same command again to go on")
        raise
