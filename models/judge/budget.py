"""What a night may spend on the judge: requests, tokens and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.timeline import Seconds


@dataclass
class Budget:
    """What may be spent, and what is.

    Parameters
    ----------
    calls, tokens : int
        Requests to the server, retries among them; tokens by its own count, of questions and answers.
    seconds : float
        From the first question on.

    Examples
    --------
    >>> budget = Budget(calls=2, tokens=1000, seconds=60)
    >>> budget.charge(calls=1, tokens=1200)
    >>> budget.exhausted
    '用量 1000 个词元'
    """

    calls: int
    tokens: int
    seconds: Seconds
    clock: Callable[[], Seconds] = time.monotonic
    spent_calls: int = 0
    spent_tokens: int = 0
    started: Seconds | None = field(default=None, repr=False)

    def charge(self, calls: int = 0, tokens: int = 0) -> None:
        """Add what was spent; the clock begins to run with the first."""
        self.started = self.clock() if self.started is None else self.started
        self.spent_calls += calls
        self.spent_tokens += tokens

    @property
    def spent_seconds(self) -> Seconds:
        """Since the first question."""
        return 0.0 if self.started is None else self.clock() - self.started

    @property
    def exhausted(self) -> str:
        """Which limit is reached, in Chinese; empty while none is."""
        if self.spent_calls >= self.calls:
            return f"请求 {self.calls} 次"
        if self.spent_tokens >= self.tokens:
            return f"用量 {self.tokens} 个词元"
        if self.spent_seconds >= self.seconds:
            return f"时间 {self.seconds:g} 秒"
        return ""
