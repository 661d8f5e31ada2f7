"""Choices that people read: enumerations whose members carry their Chinese title beside their stored value."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class TitledEnum(StrEnum):
    """A choice among a few stored strings, each declared with the title that a Chinese reader sees.

    Examples
    --------
    >>> class Answered(TitledEnum):
    ...     MET = "met", "符合"
    ...     NOT_MET = "not_met", "不符合"
    >>> Answered("met").title, Answered.NOT_MET.value, f"{Answered.MET}"
    ('符合', 'not_met', 'met')
    """

    title: str  # type: ignore[assignment]  # of a choice, not the method of a text

    def __new__(cls, value: str, title: str = "") -> Self:
        """The member of this value and title; without a title, a type checker takes it for a look-up by value."""
        if not title:
            raise TypeError(f"{cls.__name__}: {value} is declared without a title")
        member = str.__new__(cls, value)
        member._value_ = value
        member.title = title
        return member
