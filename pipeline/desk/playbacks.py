"""Playbacks by account and call: listening is noted once, and not for every range of bytes.

Knows keys and time; what is noted is in `pages.call`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from pipeline.timeline import Seconds

LASTS_S: Seconds = 12 * 3600.0
MOST = 10_000


@dataclass
class Playbacks:
    """The playbacks of this process. One that was forgotten, or made up, is noted again: none is ever missed."""

    _seen: OrderedDict[tuple[str, str, str], float] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_new(self, account_id: str, call_id: str, opening: str) -> bool:
        """Whether it is seen for the first time; without a name (empty) it always is.

        Examples
        --------
        >>> playbacks = Playbacks()
        >>> [playbacks.is_new("wang", "D04", name) for name in ("a", "a", "b", "", "")]
        [True, False, True, True, True]
        """
        if not opening:
            return True
        key, now = (account_id, call_id, opening), time.monotonic()
        with self._lock:
            began = self._seen.setdefault(key, now)
            is_new = began == now or now - began > LASTS_S
            if is_new:
                self._seen[key] = now
            while len(self._seen) > MOST:
                self._seen.popitem(last=False)
        return is_new
