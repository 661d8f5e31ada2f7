"""What the pages work with: the store, and what only the rooms above can do, handed in as functions.

Knows which functions there are; `flows.review` fills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from pipeline.review.oidc import Provider
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
    provider : Provider | None
        Where people may sign in besides; None where accounts are local only.
    """

    store: Store
    lasts: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)
    provider: Provider | None = None
