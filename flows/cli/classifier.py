"""``callqa classifier`` and ``callqa gate``: the words; what they do is in `flows.learning`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, Note, StoreUrl, example

Share = Annotated[float, typer.Option(min=0, max=0.99)]

classifier_app = typer.Typer(help="Classifiers: registered, in the shadow, live, demoted.", no_args_is_help=True)
gate_app = typer.Typer(
    help="The gate: what costs points must be right often enough, by gold labels.", no_args_is_help=True
)
out = Console()


@classifier_app.command("list", epilog=example("callqa classifier list"))
def list_classifiers(store: StoreUrl = DEFAULT_STORE) -> None:
    """Every version with its stage, who put it there, and whether it can be loaded here."""
    from flows.learning.classifiers import classifiers_table  # noqa: PLC0415

    out.print(classifiers_table(store))


@classifier_app.command("show", epilog=example("callqa classifier show complaint VERSION"))
def show(criterion: str, version: str, store: StoreUrl = DEFAULT_STORE) -> None:
    """The card of a version, and the history of its stages."""
    from flows.learning.classifiers import show_classifier  # noqa: PLC0415

    for part in show_classifier(store, criterion, version):
        out.print(part)


@classifier_app.command(
    "promote", epilog=example("callqa classifier promote complaint VERSION --to live --by 王主管")
)
def promote(
    criterion: str,
    version: str,
    to: Annotated[Literal["shadow", "live"], typer.Option("--to")],
    by: By,
    store: StoreUrl = DEFAULT_STORE,
    note: Note = "",
) -> None:
    """Let a version run in the shadow, or, if the gate lets it, count; exit code 1 where the gate refuses."""
    from flows.learning.classifiers import promote  # noqa: PLC0415
    from pipeline.validation.learning.registry import Stage  # noqa: PLC0415

    decision, changes = promote(store, criterion, version, Stage(to), by, note)
    for line in (*decision.reasons, *changes):
        out.print(Text(line))
    if not decision.passes:
        out.print(Text("未通过门槛，没有上线", style="red"))
        raise typer.Exit(1)


@classifier_app.command(
    "demote", epilog=example("callqa classifier demote complaint VERSION --by 王主管 --note 误报多")
)
def demote(
    criterion: str,
    version: str,
    by: By,
    note: Note,
    to: Annotated[Literal["flag", "shadow", "retired"], typer.Option("--to")] = "flag",
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Take the points from a version; the closed months that rest on it are listed."""
    from flows.learning.classifiers import demote, show_affected  # noqa: PLC0415
    from pipeline.validation.learning.registry import Stage  # noqa: PLC0415

    changes, affected = demote(store, criterion, version, Stage(to), by, note)
    for line in changes or ("没有改动",):
        out.print(Text(line))
    for part in show_affected(affected, bool(changes)):
        out.print(part)


@classifier_app.command("shadow", epilog=example("callqa classifier shadow"))
def shadow(store: StoreUrl = DEFAULT_STORE) -> None:
    """Where versions that are not live see something else than what is, with places to listen to."""
    from flows.learning.shadow import shadow_table  # noqa: PLC0415

    out.print(shadow_table(store))


@gate_app.command("check", epilog=example("callqa gate check"))
def check(least_precision: Share = 0.8, least_recall: Share = 0.6, store: StoreUrl = DEFAULT_STORE) -> None:
    """Measure all that costs points on the gold labels; what fell under its floor is demoted."""
    from flows.learning.classifiers import show_checked  # noqa: PLC0415
    from flows.learning.gate import check_gate  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415
    from pipeline.validation.learning.gate import Floors  # noqa: PLC0415

    with Store.open(store, create=False) as open_store:
        checked = tuple(check_gate(open_store, Floors(least_precision, least_recall)))
    for part in show_checked(checked):
        out.print(part)
    if not checked:
        out.print(Text("没有在用的分类器，也没有带金标的词条：无可检查"))


@gate_app.command("demote", epilog=example("callqa gate demote banned_wording 不归我管 --by 王主管 --note 误报多"))
def demote_term(detector: str, term: str, by: By, note: Note, store: StoreUrl = DEFAULT_STORE) -> None:
    """Take the points from a term of a phrase list or rule file: it is shown in review and costs nothing."""
    from flows.learning.classifiers import show_affected  # noqa: PLC0415
    from flows.learning.gate import demote_term  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    with Store.open(store, create=False) as open_store:
        affected = demote_term(open_store, detector, term, by, note)
    out.print(Text(f"{detector}/{term}：只提示不扣分"))
    for part in show_affected(affected, True):
        out.print(part)


@gate_app.command(
    "restore", epilog=example("callqa gate restore banned_wording 不归我管 --by 王主管 --note 已改词")
)
def restore_term(detector: str, term: str, by: By, note: Note, store: StoreUrl = DEFAULT_STORE) -> None:
    """Give a term its points back, unless the gold labels speak against it (exit code 1)."""
    from flows.learning.gate import restore_term  # noqa: PLC0415
    from pipeline.store import Store  # noqa: PLC0415

    with Store.open(store, create=False) as open_store:
        decision = restore_term(open_store, detector, term, by, note)
    for line in decision.reasons:
        out.print(Text(line))
    out.print(Text(f"{detector}/{term}：{'恢复计分' if decision.passes else '未恢复'}"))
    if not decision.passes:
        raise typer.Exit(1)
