"""Long work of the desk, one piece at a time: the pages of everybody else must not wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from pipeline.errors import ConfigurationError

_busy = Lock()


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """A block that one thread at a time is in.

    Raises
    ------
    ConfigurationError
        If another one is: who asks tries again, and nobody waits without knowing.

    Examples
    --------
    >>> with one_at_a_time("测算"), one_at_a_time("试词库"):
    ...     pass
    Traceback (most recent call last):
    pipeline.errors.ConfigurationError: 服务器正在为别人测算，现在不能试词库；请过一会儿再试
    """
    if not _busy.acquire(blocking=False):
        raise ConfigurationError(f"服务器正在为别人测算，现在不能{what}；请过一会儿再试")
    try:
        yield
    finally:
        _busy.release()
