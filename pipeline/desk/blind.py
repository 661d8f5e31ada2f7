"""What somebody who scores a call blind must not see of it while the calibration is open.

Knows which calls those are; what a page shows instead is the page's.
"""

from __future__ import annotations

from pipeline.access.accounts import Account
from pipeline.store import Store

BLIND = "校准中：您正在盲评这通通话，校准结束之前看不到机器和别人的评分"
"""What is shown in place of a score."""


def blind(store: Store, account: Account, call_id: str) -> int | None:
    """The open calibration in which the account scores the call blind; None where it may see what others say."""
    return store.blinding_calibration(account.id, call_id)


def blind_calls(store: Store, account: Account) -> frozenset[str]:
    """All calls that the account scores blind now: for lists, which leave their scores out."""
    return store.blind_calls(account.id)
