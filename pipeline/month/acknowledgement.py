"""An agent's word about the own closed month: read, or objected to; and the answer to an objection.

Knows what stands after all that was said; not how it is kept (`store`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.enums import TitledEnum

LONGEST_NOTE = 500
"""Characters of an objection or an answer."""


class Word(TitledEnum):
    """What was said about a result."""

    SEEN = "seen", "已阅"
    OBJECTS = "objects", "有异议"
    ANSWERED = "answered", "已答复"  # by whoever signs: the objection is dealt with


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One word about one agent's result, as one closing gave it; a month closed again is read again.

    Parameters
    ----------
    by : str
        The account.
    at : datetime
        When, in UTC.

    Raises
    ------
    ValueError
        In Chinese, if an objection or an answer does not say what, or says too much.
    """

    closing_id: int
    agent_id: str
    word: Word
    note: str
    by: str
    at: datetime
    id: int = 0

    def __post_init__(self) -> None:
        if self.word is not Word.SEEN and not self.note.strip():
            raise ValueError("异议和答复须写明内容")
        if len(self.note) > LONGEST_NOTE:
            raise ValueError(f"最多 {LONGEST_NOTE} 字")


def objection(said: Sequence[Acknowledgement]) -> Acknowledgement | None:
    """The objection of one agent that waits for an answer: the last word, where that is one.

    Examples
    --------
    >>> at = datetime(2026, 11, 3)
    >>> objects = Acknowledgement(7, "1001", Word.OBJECTS, "漏计一单", "lin", at)
    >>> answered = Acknowledgement(7, "1001", Word.ANSWERED, "已补计，重开后生效", "chen", at)
    >>> objection([objects]) == objects, objection([objects, answered]), objection([])
    (True, None, None)
    """
    return said[-1] if said and said[-1].word is Word.OBJECTS else None
