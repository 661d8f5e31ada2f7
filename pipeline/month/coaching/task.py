"""辅导任务: what is proposed to an agent, what people did with it, and what stands after all of that.

Knows proposals and acts; not how either is kept (`store`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.enums import TitledEnum
from pipeline.timeline import Seconds

LONGEST_NOTE = 500
"""Characters of a note."""
LONGEST_COACH = 64
"""Characters of the name of somebody to whom a task is given."""


class ActKind(TitledEnum):
    """What was done with a task; the title is the state that it leaves."""

    PROPOSED = "proposed", "待接手"
    TAKEN = "taken", "进行中"
    ASSIGNED = "assigned", "已指派"
    SEEN = "seen", "坐席已阅"
    DUE = "due", "改期"
    DONE = "done", "已辅导，待复查"
    CLOSED = "closed", "已完成"
    CANCELLED = "cancelled", "已取消"


@dataclass(frozen=True, slots=True)
class Listening:
    """A call to listen to.

    Parameters
    ----------
    at : float | None
        The second; None for a call without a place: something was not said in it.
    lost : float
        Points of the item.
    """

    call_id: str
    at: Seconds | None
    lost: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an agent should work on.

    Parameters
    ----------
    criterion_digest : str
        Of the item as it was worded then; see `pipeline.scorecard.Criterion.digest`.
    lost, points : float
        Lost in the month, of how many.
    recheck : int
        Calls after the task was taken on, by which it is told whether it helped.
    """

    month: str
    standard: str
    revision: int
    agent_id: str
    criterion_id: str
    criterion_digest: str
    title: str
    lost: float
    points: float
    calls: tuple[Listening, ...]
    recheck: int


@dataclass(frozen=True, slots=True)
class Act:
    """One act on a task.

    Parameters
    ----------
    task_id : int
        The id of the task's first act, its proposal; 0 for that act itself.
    due : date | None
        Of a proposal and of a change of it.
    coach : str
        Whom a task is given to, where it is.
    proposal : Proposal | None
        There for a proposal alone.
    at : datetime
        In UTC.

    Raises
    ------
    ValueError
        In Chinese, if nobody is named, a reason is wanting or too long.
    """

    kind: ActKind
    by: str
    at: datetime
    note: str = ""
    task_id: int = 0
    due: date | None = None
    coach: str = ""
    proposal: Proposal | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if not self.by.strip():
            raise ValueError("须写明由谁操作")
        if self.kind in (ActKind.DUE, ActKind.CLOSED, ActKind.CANCELLED) and not self.note.strip():
            raise ValueError("改期、完成和取消须写明说明")
        if self.kind is ActKind.ASSIGNED and not 0 < len(self.coach.strip()) <= LONGEST_COACH:
            raise ValueError(f"指派须写明由谁辅导，最多 {LONGEST_COACH} 字")
        if len(self.note) > LONGEST_NOTE:
            raise ValueError(f"说明最多 {LONGEST_NOTE} 字")


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands after its acts, the first of which proposed it."""

    id: int
    proposal: Proposal
    acts: tuple[Act, ...]

    @property
    def state(self) -> ActKind:
        """What the last act has made of it; another day, or that the agent has read it, makes nothing of it."""
        return next(act.kind for act in reversed(self.acts) if act.kind not in (ActKind.DUE, ActKind.SEEN))

    @property
    def open(self) -> bool:
        """Whether something is still to be done."""
        return self.state not in (ActKind.CLOSED, ActKind.CANCELLED)

    @property
    def due(self) -> date | None:
        """The day until which it is to be done, as it was last set."""
        return next((act.due for act in reversed(self.acts) if act.due is not None), None)

    @property
    def taken(self) -> Act | None:
        """The act by which somebody first had it: took it on, or was given it."""
        return next((act for act in self.acts if act.kind in (ActKind.TAKEN, ActKind.ASSIGNED)), None)

    @property
    def coach(self) -> str:
        """Who coaches now; empty for nobody."""
        had = next((act for act in reversed(self.acts) if act.kind in (ActKind.TAKEN, ActKind.ASSIGNED)), None)
        return "" if had is None else had.coach or had.by

    @property
    def seen(self) -> Act | None:
        """The act by which the agent said to have read it."""
        return next((act for act in self.acts if act.kind is ActKind.SEEN), None)

    def overdue(self, today: date) -> bool:
        """Whether nobody has coached yet, after its day."""
        waits = self.open and self.state is not ActKind.DONE
        return waits and self.due is not None and today > self.due

    def refusal(self, kind: ActKind) -> str:
        """Why an act cannot follow, in Chinese; empty where it can.

        Examples
        --------
        >>> from datetime import UTC
        >>> proposal = Proposal("2026-10", "kf01", 1, "1001", "KF01-4", "", "电话礼仪", 3.0, 15.0, (), 10)
        >>> first = Act(ActKind.PROPOSED, "王主管", datetime(2026, 11, 3, tzinfo=UTC), proposal=proposal)
        >>> task = Task(7, proposal, (first,))
        >>> task.refusal(ActKind.TAKEN), task.refusal(ActKind.CLOSED)
        ('', '任务 7 还没有人接手，不能完成；请先接手，或取消')
        """
        if not self.open:
            return f"任务 {self.id} {self.state.title}，不能再改"
        if kind is ActKind.TAKEN and self.coach:
            return f"任务 {self.id} 已由 {self.coach} 接手"
        if kind in (ActKind.DONE, ActKind.CLOSED) and self.taken is None:
            return f"任务 {self.id} 还没有人接手，不能完成；请先接手，或取消"
        if kind in (ActKind.DONE, ActKind.ASSIGNED) and self.state is ActKind.DONE:
            return f"任务 {self.id} 已辅导过，等待复查"
        if kind is ActKind.SEEN and self.seen is not None:
            return f"任务 {self.id} 坐席已经确认过"
        return ""


def same_need(task: Task, proposal: Proposal) -> bool:
    """Whether a task is there already for what is proposed: open, or once proposed from the same month."""
    own = task.proposal
    keys = ("standard", "agent_id", "criterion_id")
    same = all(getattr(own, key) == getattr(proposal, key) for key in keys)
    return same and (task.open or own.month == proposal.month)


def tasks_of(acts: Iterable[Act]) -> tuple[Task, ...]:
    """The tasks after acts in the order written.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 3, tzinfo=UTC)
    >>> proposal = Proposal("2026-10", "kf01", 1, "1001", "KF01-4", "", "电话礼仪", 3.0, 15.0, (), 10)
    >>> first = Act(ActKind.PROPOSED, "王主管", at, due=date(2026, 11, 17), proposal=proposal, id=7)
    >>> later = Act(ActKind.DUE, "王主管", at, "请假", task_id=7, due=date(2026, 11, 20), id=8)
    >>> (task,) = tasks_of([first, later])
    >>> task.state.title, task.due, task.overdue(date(2026, 11, 20)), task.overdue(date(2026, 11, 21))
    ('待接手', datetime.date(2026, 11, 20), False, True)
    """
    found: dict[int, list[Act]] = {}
    for act in acts:
        found.setdefault(act.task_id or act.id, []).append(act)
    return tuple(Task(id, own[0].proposal, tuple(own)) for id, own in found.items() if own[0].proposal is not None)
