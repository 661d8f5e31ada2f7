"""What people wrote into an improvement plan: why points were lost, what is done about it, by whom, until when.

Knows how edits lie over the drafted rows; the draft itself is never changed, so that both stay readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.month.plan import PlanRow

LONGEST = 500
"""Characters in a cause or in one action."""
MOST_ACTIONS = 12
LONGEST_OWNER = 40


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """What one person made of one row of a plan.

    Parameters
    ----------
    number : int
        Which of the criterion's rows, from 0: a criterion has a row for each measure that fits it.
    due : str
        ``YYYY-MM-DD``.
    by : str
        The account.
    at : datetime
        When, in UTC; given by the store.
    id : int
        Rises with every edit; given by the store, 0 before.

    Raises
    ------
    ValueError
        In Chinese, if a text is too long or the date is none.
    """

    month: str
    standard: str
    agent_id: str
    criterion_id: str
    number: int
    cause: str
    actions: tuple[str, ...]
    owner: str
    due: str
    by: str
    at: datetime
    id: int = 0

    def __post_init__(self) -> None:
        if any(len(text) > LONGEST for text in (self.cause, *self.actions)):
            raise ValueError(f"原因和每条措施最多 {LONGEST} 字")
        if len(self.actions) > MOST_ACTIONS:
            raise ValueError(f"最多 {MOST_ACTIONS} 条措施")
        if len(self.owner) > LONGEST_OWNER:
            raise ValueError(f"责任人最多 {LONGEST_OWNER} 字")
        try:
            given = date.fromisoformat(self.due)
        except ValueError:
            raise ValueError(f"完成时间“{self.due[:20]}”不是日期，请写成 2026-10-31") from None
        if given.isoformat() != self.due:
            raise ValueError(f"完成时间“{self.due[:20]}”请写成 2026-10-31")

    @property
    def key(self) -> tuple[str, str, int]:
        """The row that it is about, within a month and standard."""
        return self.agent_id, self.criterion_id, self.number


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of the plan as it stands.

    Parameters
    ----------
    number : int
        Which of the criterion's rows, from 0.
    drafted : PlanRow
        As callqa drafted it.
    row : PlanRow
        As people left it; the draft where nobody has written.
    edits : tuple of PlanEdit
        All that was written, in order.
    """

    number: int
    drafted: PlanRow
    row: PlanRow
    edits: tuple[PlanEdit, ...] = ()

    @property
    def last(self) -> int:
        """The id of the last edit, 0 where there is none: what a person who edits now has seen."""
        return self.edits[-1].id if self.edits else 0


def actions_of(text: str) -> tuple[str, ...]:
    r"""The actions of a text with one on each line; empty lines do not count.

    Examples
    --------
    >>> actions_of("每周听两通录音\r\n\n 对照话术演练 ")
    ('每周听两通录音', '对照话术演练')
    """
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def numbered(rows: Iterable[PlanRow]) -> Iterator[tuple[tuple[str, str, int], PlanRow]]:
    """Each row with what edits call it: agent, criterion, and which of the criterion's rows, from 0."""
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        of = (row.agent_id or "", row.criterion_id)
        yield (*of, counts.get(of, 0)), row
        counts[of] = counts.get(of, 0) + 1


def planned(rows: Sequence[PlanRow], edits: Sequence[PlanEdit]) -> tuple[PlannedRow, ...]:
    """The plan as people left it, in the order drafted; `edits` are of the same month and standard, in order."""
    found: list[PlannedRow] = []
    for key, row in numbered(rows):
        own = tuple(edit for edit in edits if edit.key == key)
        found.append(PlannedRow(key[2], row, _written(row, own[-1]) if own else row, own))
    return tuple(found)


def edited(rows: Sequence[PlanRow], edits: Sequence[PlanEdit]) -> tuple[PlanRow, ...]:
    """The rows as people left them."""
    return tuple(each.row for each in planned(rows, edits))


def _written(row: PlanRow, edit: PlanEdit) -> PlanRow:
    return replace(row, cause=edit.cause, actions=edit.actions, owner=edit.owner, due=edit.due)
