"""``callqa review``, ``user`` and ``audit``: the words; what they do is in `flows.desk`."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from flows.cli.options import DEFAULT_STORE, FeedsFolder, StoreUrl, example
from flows.settings import load_settings

PostName = Literal["agent", "team_lead", "qa", "qa_lead", "data_scientist", "admin"]
Account = Annotated[str, typer.Argument(help="The name to sign in with.")]
Agent = Annotated[str, typer.Option("--agent", help="Post agent: whose calls are the own ones.")]
Team = Annotated[str, typer.Option("--team", help="Post team_lead: the team that is seen.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]

user_app = typer.Typer(help="Accounts of the review desk.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log: who read or decided what.", no_args_is_help=True)
out, err = Console(), Console(stderr=True)


def review(
    store: StoreUrl = DEFAULT_STORE,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8765,
    host: Annotated[
        str, typer.Option(help="Address to listen at; other than this machine only behind TLS.")
    ] = "127.0.0.1",
    feeds: FeedsFolder = None,
) -> None:
    """Serve the review desk: supervisors hear, judge and settle disputes in the browser."""
    from flows.desk.server import serve  # noqa: PLC0415

    serve(store, host, port, load_settings(), feeds)


@user_app.command("add", epilog=example("callqa user add wangfang --name 王芳 --post qa"))
def add(
    account: Account,
    name: Annotated[str, typer.Option(help="The person's name.")],
    post: Annotated[PostName, typer.Option(help="What the account is for.")],
    agent: Agent = "",
    team: Team = "",
    password_stdin: FromStdin = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Make an account; its password is asked for."""
    from flows.desk.accounts import AccountForm, add_user  # noqa: PLC0415

    made = add_user(store, AccountForm(account, name, post, agent, team), _password(password_stdin))
    out.print(Text(f"账号 {made.id} 已建立"))


@user_app.command("change", epilog=example("callqa user change wangfang --post qa_lead"))
def change(
    account: Account,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    post: Annotated[PostName | None, typer.Option(help="What the account is for.")] = None,
    agent: Agent = "",
    team: Team = "",
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: FromStdin = False,
    store: StoreUrl = DEFAULT_STORE,
) -> None:
    """Change an account, or open a closed one again; where rights or password change, its sessions end."""
    from flows.desk.accounts import AccountForm, change_user  # noqa: PLC0415

    new = _password(password_stdin) if password or password_stdin else ""
    change_user(store, AccountForm(account, name, post or "", agent, team), new)
    out.print(Text(f"账号 {account} 已修改"))


@user_app.command("close", epilog=example("callqa user close wangfang"))
def close(account: Account, store: StoreUrl = DEFAULT_STORE) -> None:
    """Close an account: it can no longer sign in, and its sessions end at once."""
    from flows.desk.accounts import close_user  # noqa: PLC0415

    close_user(store, account)
    out.print(Text(f"账号 {account} 已停用"))


@user_app.command("list", epilog=example("callqa user list"))
def list_users(store: StoreUrl = DEFAULT_STORE) -> None:
    """Every account, with its post and how far it sees."""
    from flows.desk.accounts import users_table  # noqa: PLC0415

    out.print(users_table(store))


@audit_app.command("verify", epilog=example("callqa audit verify"))
def verify(
    store: StoreUrl = DEFAULT_STORE,
    last: Annotated[
        str, typer.Option(help="A line as an earlier run printed it, ID:HASH: tells of an end that was cut off.")
    ] = "",
) -> None:
    """Hold every line of the audit log against the one before; exit code 1 where the chain breaks."""
    from flows.desk.accounts import verify_audit  # noqa: PLC0415

    count, newest, broken = verify_audit(store, last)
    if broken is not None:
        err.print(Text(f"审计日志断裂：{broken.problem}", style="red"))
        raise typer.Exit(1)
    out.print(Text(f"审计日志完整：{count} 行。最后一行 {count}:{newest}" if count else "审计日志完整：0 行"))


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = typer.prompt("密码", hide_input=True, confirmation_prompt="再输一次")
    return password
