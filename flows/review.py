"""The review desk served: the store opened, and what only these rooms can do handed to the pages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.progress import Progress

from flows.review_month import MonthPorts
from flows.review_rules import RulePorts
from flows.settings import Settings
from flows.sources import recording_bytes
from flows.verdicts import effect_on_month, judged_again
from models.weights import cache_folder
from pipeline.dispute_policy import bundled_dispute_policy
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.ledger.entries import MACHINE
from pipeline.playback import BrowserCopies
from pipeline.review import Desk, create_app
from pipeline.review.oidc import Provider
from pipeline.scorecard import find_scorecard
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
        If there is no account to sign in with.
    """
    with Store.open(store_url, create=False) as store:
        if not any(account.active for account in store.accounts()):
            raise ConfigurationError(
                "nobody can sign in yet: make the first account with "
                f"`callqa user add admin --name 姓名 --post admin --store {store_url}`"
            )
        _fill_worklist(store)
        app = create_app(desk_of(store, settings, feeds))
        # Addresses of calls and searches stand in an access log: there is none.
        uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning", server_header=False)


def _fill_worklist(store: Store) -> None:
    """Put the calls of a store that an earlier callqa wrote into the queue: a few milliseconds each, once."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task("补入队列", total=None)
        store.fill_worklist(lambda done, of: bar.update(line, completed=done, total=of))


def desk_of(store: Store, settings: Settings, feeds: Path | None = None) -> Desk:
    """The desk over a store, with the recordings where they were when they were heard."""
    given = Feeds.read(feeds)
    if given.memberships:
        store.save_roster(given.memberships, MACHINE)
    folder = settings.playback or cache_folder().parent / "playback"
    card = cache(find_scorecard)  # read once for each server
    return Desk(
        store,
        card=card,
        provider=_provider(settings),
        judge=judged_again(store, settings),
        effect=effect_on_month(store, given, card),
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
