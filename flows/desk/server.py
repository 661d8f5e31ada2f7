"""The review desk as a server: the store opened, and the functions of these rooms handed to the pages."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.progress import Progress

from flows.desk.months import MonthPorts
from flows.desk.rules import RulePorts
from flows.desk.verdicts import effect_on_month, judge_of
from flows.month.tickets import tickets_of_call
from flows.night.sources import recording_bytes
from flows.policy.claims import line_claiming, names_of
from flows.policy.library import scorecard_of, titles_in_force
from flows.policy.revisions import scorecard_of_revision
from flows.settings import Settings
from models.weights import cache_folder
from pipeline.audio.playback import BrowserCopies
from pipeline.desk import Desk, create_app
from pipeline.desk.oidc import Provider
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.month.ledger.entries import MACHINE
from pipeline.review.disputes.policy import bundled_dispute_policy
from pipeline.scorecard import Scorecard
from pipeline.store import Store


def serve(store_url: str, host: str, port: int, settings: Settings, feeds: Path | None = None) -> None:
    """Serve the desk until it is interrupted.

    Parameters
    ----------
    feeds : Path | None
        Folder of tables from outside, as the months were closed with them; its roster tells who is in which team.

    Raises
    ------
    ConfigurationError
        If there is no account to sign in with, or the address cannot be listened at.
    """
    with Store.open(store_url, create=False) as store:
        if not any(account.active for account in store.accounts.all()):
            raise ConfigurationError(
                "nobody can sign in yet: make the first account with "
                f"`callqa user add admin --name 姓名 --post admin --store {store_url}`"
            )
        _fill_worklist(store)
        app = create_app(desk_of(store, settings, feeds))
        with _listening(host, port) as listening:
            Console(stderr=True).print(f"复核台：http://{host}:{port}　（Ctrl+C 结束）", highlight=False)
            # Addresses of calls and searches stand in an access log: there is none.
            config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False)
            uvicorn.Server(config).run(sockets=[listening])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen at {host}:{port} ({error.strerror}): choose another --port or --host"
        ) from None


def _fill_worklist(store: Store) -> None:
    """Put the calls of a store that an earlier callqa wrote into the queue: a few milliseconds each, once."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("补入队列", total=None)
        store.queue.fill(lambda done, of: bar.update(line, completed=done, total=of))


def _card(store: Store, settings: Settings, name: str, revision: int | None = None) -> Scorecard:
    if revision is None:
        return scorecard_of(name, settings)
    return scorecard_of_revision(store, name, revision, settings)


def _line(settings: Settings, queue: str | None, team: str | None, standard: str) -> str:
    """The name of the line that claims such a call; empty where none does, or another standard judged the call."""
    line = line_claiming(settings, queue, team)
    return line.name if line is not None and standard in ("", line.card.name) else ""


def desk_of(store: Store, settings: Settings, feeds: Path | None = None) -> Desk:
    """The desk over a store, with the recordings where they were when they were heard."""
    feed_tables = Feeds.read(feeds)
    if feed_tables.memberships:
        store.roster.save(feed_tables.memberships, MACHINE)
    folder = settings.playback or cache_folder().parent / "playback"
    return Desk(
        store,
        provider=_provider(settings),
        judge=judge_of(store, settings),
        effect=effect_on_month(store, settings, feed_tables),
        card=partial(_card, store, settings),
        titles=partial(titles_in_force, settings),
        line=partial(_line, settings),
        names=partial(names_of, settings),
        tickets=partial(tickets_of_call, feed_tables),
        dispute_policy=bundled_dispute_policy(settings.dispute_days),
        copies=BrowserCopies(folder, recording_bytes),
        months=MonthPorts(store, settings, feeds),
        rules=RulePorts(store, settings, feeds),
    )


def _provider(settings: Settings) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_secret.get_secret_value()
    if not settings.oidc_client or not secret:
        raise ConfigurationError(
            "CALLQA_OIDC_ISSUER is set: CALLQA_OIDC_CLIENT and CALLQA_OIDC_SECRET must be, too"
        )
    return Provider(settings.oidc_issuer, settings.oidc_client, secret, settings.oidc_claim)
