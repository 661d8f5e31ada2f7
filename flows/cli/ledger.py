"""``callqa ledger``: the words; what they do is in `flows.month.ledger`."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, By, Note, ScorecardName, StoreUrl, example

ledger_app = typer.Typer(
    help="Consequences: proposed from closed months, effective only by a person's signature.", no_args_is_help=True
)
out = Console()


@ledger_app.command("list", epilog=example("callqa ledger list --standard jiazheng.yaml"))
def list_ledger(store: StoreUrl = DEFAULT_STORE, standard: ScorecardName = "kf01") -> None:
    """Every proposal, flag and look with its state; and what a correction has changed since it was signed."""
    from flows.month.ledger import show_ledger  # noqa: PLC0415

    for part in show_ledger(store, standard):
        out.print(part)


@ledger_app.command("sign", epilog=example("callqa ledger sign 12 --by 王主管"))
def sign(
    number: int, by: By, store: StoreUrl = DEFAULT_STORE, standard: ScorecardName = "kf01", note: Note = ""
) -> None:
    """Sign a proposal or a flag; a proposal is then effective, a flag when two people have signed."""
    from flows.month.ledger import Statement, say  # noqa: PLC0415

    out.print(Text(say(Statement("signed", number, by, note), store, standard)))


@ledger_app.command("reject", epilog=example("callqa ledger reject 12 --by 王主管 --note 当月请假"))
def reject(
    number: int, by: By, note: Note, store: StoreUrl = DEFAULT_STORE, standard: ScorecardName = "kf01"
) -> None:
    """Reject a proposal or a flag; it comes again only on other figures."""
    from flows.month.ledger import Statement, say  # noqa: PLC0415

    out.print(Text(say(Statement("rejected", number, by, note), store, standard)))


@ledger_app.command("withdraw", epilog=example("callqa ledger withdraw 12 --by 王主管 --note 成绩已更正"))
def withdraw(
    number: int, by: By, note: Note, store: StoreUrl = DEFAULT_STORE, standard: ScorecardName = "kf01"
) -> None:
    """Take back what was signed."""
    from flows.month.ledger import Statement, say  # noqa: PLC0415

    out.print(Text(say(Statement("withdrawn", number, by, note), store, standard)))


@ledger_app.command("flag", epilog=example("callqa ledger flag 1003 2026-10 --by 李质检 --note 刷好评"))
def flag(
    agent: str, month: str, by: By, note: Note, store: StoreUrl = DEFAULT_STORE, standard: ScorecardName = "kf01"
) -> None:
    """Call an agent's month dishonest (刷好评): with two signatures its grade is the failing one."""
    from flows.month.ledger import Remark, raise_flag  # noqa: PLC0415

    out.print(Text(raise_flag(Remark(agent, month, by, note), store, standard)))


@ledger_app.command(
    "propose", epilog=example("callqa ledger propose 1003 2026-10 服务创新奖 --by 李质检 --note 建议已采纳")
)
def propose(
    agent: str,
    month: str,
    consequence: str,
    by: By,
    note: Note,
    store: StoreUrl = DEFAULT_STORE,
    standard: ScorecardName = "kf01",
) -> None:
    """Propose what no score and no call tells (``when: {person: true}``); it is effective once signed."""
    from flows.month.ledger import Remark, propose_by_person  # noqa: PLC0415

    out.print(Text(propose_by_person(Remark(agent, month, by, note), consequence, store, standard)))


@ledger_app.command("look", epilog=example("callqa ledger look 1003 2026-10 优秀 --by 王主管 --note 已听录音"))
def look(
    agent: str,
    month: str,
    grade: str,
    by: By,
    store: StoreUrl = DEFAULT_STORE,
    note: Note = "",
    standard: ScorecardName = "kf01",
) -> None:
    """Confirm the grade of a result in doubt, after a person has looked at it."""
    from flows.month.ledger import Remark, confirm_grade  # noqa: PLC0415

    out.print(Text(confirm_grade(Remark(agent, month, by, note), grade, store, standard)))
