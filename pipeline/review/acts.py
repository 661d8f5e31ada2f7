"""What somebody had seen of a call when deciding: so that nobody decides over what another did meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """The last act on a call that was on the screen: ids as the store numbers them, 0 for none.

    Examples
    --------
    >>> str(Seen(12, 3)), Seen.of("12.3")
    ('12.3', Seen(answer=12, correction=3))
    """

    answer: int = 0
    correction: int = 0

    def __str__(self) -> str:
        return f"{self.answer}.{self.correction}"

    @staticmethod
    def of(written: str) -> Seen:
        """The two ids as `str` writes them.

        Raises
        ------
        ValueError
            In Chinese, if it is no such text.
        """
        if not re.fullmatch(r"[0-9]{1,18}\.[0-9]{1,18}", written):
            raise ValueError("页面已过期，请刷新后重试")
        answer, _, correction = written.partition(".")
        return Seen(int(answer), int(correction))
