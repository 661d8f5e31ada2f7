"""The last act on a call that somebody had on the screen: nobody decides over what another did meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastAct:
    """The last act on a call that was on the screen: ids as the store numbers them, 0 for none.

    Examples
    --------
    >>> str(LastAct(12, 3)), LastAct.of("12.3")
    ('12.3', LastAct(answer=12, correction=3))
    """

    answer: int = 0
    correction: int = 0

    def __str__(self) -> str:
        return f"{self.answer}.{self.correction}"

    @staticmethod
    def of(written: str) -> LastAct:
        """The last act of a text as `str` writes it.

        Raises
        ------
        ValueError
            In Chinese, if it is no such text.

        Examples
        --------
        >>> LastAct.of("0.7")
        LastAct(answer=0, correction=7)
        """
        if not re.fullmatch(r"[0-9]{1,18}\.[0-9]{1,18}", written):
            raise ValueError("页面已过期，请刷新后重试")
        answer, _, correction = written.partition(".")
        return LastAct(int(answer), int(correction))
