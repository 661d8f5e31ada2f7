"""``callqa coaching``: the words; what they do is in `flows.month.coaching`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, FeedsFolder, Note, ScorecardName, StoreUrl, example

coaching_app = typer.Typer(
    help="Coaching tasks: proposed from a month's losses, taken on by people, and whether they helped.",
    no_args_is_help=True,
)
out = Console()
Agent = Annotated[str, typer.Option(help="Only this agent, by id.")]
Number = Annotated[int, typer.Argument(help="Of a task, as `callqa coaching list` shows it.")]


@coaching_app.command("plan", epilog=example("callqa coaching plan 2026-10 --standard kf01 --take 王主管"))
def plan(
    month: Annotated[str, typer.Argument(help="YYYY-MM; closed, or tried.")],
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
    feeds: FeedsFolder = None,
    agent: Agent = "",
    propose: Annotated[str, typer.Option(help="Who proposes them: they are kept, and wait for somebody.")] = "",
    take: Annotated[str, typer.Option(help="Who proposes them and takes them on.")] = "",
) -> None:
    """What each agent should work on after a month, and where to listen; nothing is kept unless told to."""
    from flows.month.coaching import Asked  # noqa: PLC0415
    from flows.month.coaching import plan as plan_of  # noqa: PLC0415

    if propose and take:
        raise typer.BadParameter("proposes as well; leave out --propose", param_hint="--take")
    by = (take or propose).strip()
    for part in plan_of(store, Asked(month, standard, feeds, agent), by, take=bool(take)):
        out.print(part)


@coaching_app.command("list", epilog=example("callqa coaching list --open"))
def list_tasks(
    store: StoreUrl = DEFAULT_STORE,
    agent: Agent = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not done.")] = False,
) -> None:
    """Every task: who, what, where to listen, state, day."""
    from flows.month.coaching import show_tasks  # noqa: PLC0415

    for part in show_tasks(store, agent, only_open=only_open):
        out.print(part)


@coaching_app.command("take", epilog=example("callqa coaching take 12 --by 王主管"))
def take_on(number: Number, by: By, store: StoreUrl = DEFAULT_STORE, note: Note = "") -> None:
    """Take a task on; the calls after this moment are those by which it is rechecked."""
    _act(store, number, "taken", by, note)


@coaching_app.command("assign", epilog=example("callqa coaching assign 12 li --by 王主管"))
def assign(
    number: Number,
    coach: Annotated[str, typer.Argument(help="Who coaches: an account of the desk, or a name.")],
    by: By,
    store: StoreUrl = DEFAULT_STORE,
    note: Note = "",
) -> None:
    """Give a task to somebody; calls after it was first given or taken on are those by which it is rechecked."""
    _act(store, number, "assigned", by, note, coach=coach)


@coaching_app.command("done", epilog=example("callqa coaching done 12 --by 王主管"))
def done(number: Number, by: By, store: StoreUrl = DEFAULT_STORE, note: Note = "") -> None:
    """Say that the agent was coached; the task stays open until it is rechecked and closed."""
    _act(store, number, "done", by, note)


@coaching_app.command("due", epilog=example("callqa coaching due 12 2026-11-20 --by 王主管 --note 当月请假"))
def due(
    number: Number,
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="YYYY-MM-DD.")],
    by: By,
    note: Note,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Set another day for a task."""
    _act(store, number, "due", by, note, day.date())


@coaching_app.command("close", epilog=example("callqa coaching close 12 --by 王主管 --note 已一起听过三通"))
def close(number: Number, by: By, note: Note, store: StoreUrl = DEFAULT_STORE) -> None:
    """Close a task after its recheck."""
    _act(store, number, "closed", by, note)


@coaching_app.command("cancel", epilog=example("callqa coaching cancel 12 --by 王主管 --note 已转岗"))
def cancel(number: Number, by: By, note: Note, store: StoreUrl = DEFAULT_STORE) -> None:
    """Say that a task will not be done."""
    _act(store, number, "cancelled", by, note)


@coaching_app.command("check", epilog=example("callqa coaching check 12"))
def check(
    number: Number,
    store: StoreUrl = DEFAULT_STORE,
    standard: Annotated[
        str, typer.Option("--standard", "--scorecard", help="The file, where the standard is not at hand by name.")
    ] = "",
    feeds: FeedsFolder = None,
) -> None:
    """Whether it helped: points before and after, over calls of the same kind, with an interval."""
    from flows.month.coaching import check as effect_shown  # noqa: PLC0415

    for part in effect_shown(store, number, standard, feeds):
        out.print(part)


def _act(
    store: str, number: int, kind: str, by: str, note: str = "", day: date | None = None, coach: str = ""
) -> None:
    from flows.month.coaching import act  # noqa: PLC0415
    from pipeline.month.coaching import ActKind  # noqa: PLC0415

    out.print(Text(act(store, number, ActKind(kind), by, note, day, coach)))
