"""What the pages work with: the store, and what only the rooms above can do, handed in as functions.

Knows which functions there are; `flows.review` fills them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.playback import BrowserCopies
from pipeline.privacy import Open, Privacy
from pipeline.review.oidc import Provider
from pipeline.review.openings import Openings
from pipeline.store import Store


@dataclass(frozen=True)
class Desk:
    """One review desk.

    Parameters
    ----------
    store : Store
        Shared by the threads of the server.
    lasts, idle : timedelta
        After which a session ends: since signing in, and since its last use.
    copies : BrowserCopies | None
        What browsers play; None where the desk cannot reach the recordings.
    privacy : Privacy
        What is masked for accounts without clearance.
    openings : Openings
        Who opened which recording lately.
    provider : Provider | None
        Where people may sign in besides; None where accounts are local only.
    """

    store: Store
    lasts: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)
    copies: BrowserCopies | None = None
    privacy: Privacy = field(default_factory=Open)
    openings: Openings = field(default_factory=Openings)
    provider: Provider | None = None
