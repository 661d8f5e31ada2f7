"""The revisions of a standard: which of them is in force on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pipeline.errors import PolicyError
from pipeline.scorecard.scorecard import Scorecard


def in_force(revisions: Iterable[Scorecard], day: date) -> Scorecard:
    """The revision that began last, up to and including the day; of several that began then, the highest.

    Raises
    ------
    PolicyError
        In Chinese, if none had begun.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> in_force([find_scorecard("table1")], date(2026, 10, 1)).name
    'table1'
    >>> in_force([find_scorecard("table1")], date(2024, 6, 1))  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    pipeline.errors.PolicyError: 2024-06-01 没有生效的 table1：最早的第1版从 2025-01-01 起施行……
    """
    known = sorted(revisions, key=age)
    begun = [card for card in known if card.effective_from <= day]
    if begun:
        return begun[-1]
    first = known[0]
    raise PolicyError(
        first.path,
        None,
        f"{day} 没有生效的 {first.name}：最早的第{first.revision}版从 {first.effective_from} 起施行，"
        "不能用来评更早的通话和月份；请放入当时施行的版本（写明 effective_from），或只评之后的",
    )


def age(card: Scorecard) -> tuple[date, int]:
    """By this key the revisions of a standard stand in order, the newest last."""
    return card.effective_from, card.revision
