"""What people judged, as it is kept: acts are added, and none is ever changed or taken out, not even by SQL.

Knows how acts are written, by whom they may be undone, and when somebody decided on what is no longer so; what they
mean together is in `pipeline.review.answers`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Named,
    Select,
    Table,
    TypedColumns,
    delete,
    func,
    insert,
    select,
    text,
)

from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.errors import StaleError
from pipeline.evaluation import Outcome
from pipeline.review.acts import LastAct
from pipeline.review.answers import ON_SUSPICIONS, Kind, Mark, Occasion, PersonAnswer, acts_by_call, last_acts
from pipeline.store.calls.hearings import corrections
from pipeline.store.learning.labels import labels as kept_labels
from pipeline.store.learning.labels import put_labels
from pipeline.store.people.audit import noted
from pipeline.store.schema import reading, writing_alone
from pipeline.store.tables import AnyRow, Instant, Json, Text, Values, calls, metadata
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Label


class PersonAnswerColumns(TypedColumns):
    """One row an act of a person about one criterion. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    call_id: Named[str] = Column(Text)
    scorecard: Named[str] = Column(Text)
    criterion_id: Named[str] = Column(Text)
    criterion_digest: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    outcome: Named[str | None] = Column(Text)
    level: Named[str | None] = Column(Text)
    share: Named[float | None]
    reason: Named[str] = Column(Text)
    note: Named[str] = Column(Text)
    denied: Named[Any] = Column(Json, nullable=False)  # [[detector, term, start, end], …]
    affirmed: Named[Any] = Column(Json, server_default=text("'[]'"))  # the same
    machine_outcome: Named[str] = Column(Text)
    machine_level: Named[str | None] = Column(Text)
    by: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    source: Named[str] = Column(Text)
    undoes: Named[int | None] = Column(ForeignKey("person_answers.id"))


person_answers: Table[Any] = Table(
    "person_answers",
    metadata,
    PersonAnswerColumns,
    Index("ix_person_answers_call_id", "call_id", "id"),
    sqlite_autoincrement=True,
)
JUDGED = "person_answers, labels, audit"
"""What nobody else may write while somebody judges, in the order in which it is held."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of people to criteria of calls."""

    engine: Engine

    def save(self, act: PersonAnswer, seen: LastAct, labels: Iterable[Label] = ()) -> PersonAnswer:
        """The answer as it was written, with its id; its labels and its line in the audit log with it, or nothing.

        Parameters
        ----------
        seen : Seen
            The last act on the call that `act.by` had seen.

        Raises
        ------
        StaleError
            If somebody else judged the same criterion, or corrected the call, since then.
        ValueError
            In Chinese, if a dispute was ruled on the criterion, and this is no ruling.
        """
        if act.kind is Kind.UNDO:
            raise ValueError("an act is undone with `undo`, which knows who may")
        with writing_alone(self.engine, JUDGED) as connection:
            return put_answer(connection, act, seen, labels)

    def undo(self, call_id: str, id: int, by: str, at: datetime, seen: LastAct) -> PersonAnswer:
        """The act that undoes another; what stood before that one counts again, and its labels are taken back.

        Raises
        ------
        StaleError
            If somebody else judged the same criterion since.
        ValueError
            In Chinese, if there is no such act that counts, or it is somebody else's, or a ruling.
        """
        with writing_alone(self.engine, JUDGED) as connection:
            acts = acts_on(connection, call_id)
            undone = {act.undoes for act in acts}
            act = next((a for a in acts if a.id == id and a.kind is not Kind.UNDO and a.id not in undone), None)
            if act is None:
                raise ValueError("这次评定不存在或已撤销")
            undoing = _undoing(act, by, at)
            _check_fresh(connection, undoing, acts, seen)
            if act.by != by:
                raise ValueError(f"这次评定由 {act.by} 作出，只能由本人撤销；可以另行改判")
            if act.source is Occasion.DISPUTE:
                raise ValueError("申诉裁定不能在这里撤销")
            if last_acts(acts)[act.scorecard, act.criterion_id].id != id:
                raise ValueError("这次评定之后又有新的评定，请先撤销新的")
            written = _append(connection, undoing)
            k = kept_labels.c
            connection.execute(delete(kept_labels).where(k.call_id == call_id, k.by == by, k.at == act.at))
            now = last_acts((*acts, written)).get((act.scorecard, act.criterion_id))
            noted(connection, _note(Action.UNDO_ANSWER, act, act, now))
            return written

    def acts(self, call_id: str) -> tuple[PersonAnswer, ...]:
        """All acts on a call, in the order made, what was undone too; see `pipeline.review.answers.standing`."""
        with reading(self.engine) as connection:
            return acts_on(connection, call_id)

    def standing(self, call_ids: Sequence[str]) -> dict[str, tuple[PersonAnswer, ...]]:
        """The answers of people that count now, by call; calls without any are left out."""
        with reading(self.engine) as connection:
            return counting_on(connection, call_ids)

    def standing_of_month(self, month: str | None, agent_id: str | None) -> dict[str, tuple[PersonAnswer, ...]]:
        """The answers of people that count now for the calls of one agent in a month, by call."""
        own = select(calls.c.id).where(calls.c.month == month, calls.c.agent_id == agent_id)
        query = _ordered().where(person_answers.c.call_id.in_(own))
        with reading(self.engine) as connection:
            return acts_by_call(map(_to_answer, connection.execute(query)))

    def standing_by_month(self, scorecard: str) -> dict[str, tuple[PersonAnswer, ...]]:
        """The answers of people by a scorecard that count now, by the month of their calls."""
        query = _ordered().add_columns(calls.c.month).join(calls, calls.c.id == person_answers.c.call_id)
        query = query.where(person_answers.c.scorecard == scorecard, calls.c.month.is_not(None))
        found = defaultdict[str, list[PersonAnswer]](list)
        with reading(self.engine) as connection:
            for row in connection.execute(query):
                found[row.month].append(_to_answer(row))
        return {
            month: tuple(act for acts in acts_by_call(own).values() for act in acts) for month, own in found.items()
        }

    def seen(self, call_id: str) -> LastAct:
        """The last acts on a call: what somebody sees who looks now."""
        with reading(self.engine) as connection:
            return LastAct(*(_last(connection, table, call_id) for table in (person_answers, corrections)))


def put_answer(
    connection: Connection, act: PersonAnswer, seen: LastAct, labels: Iterable[Label] = ()
) -> PersonAnswer:
    """The answer as it was written, in a transaction that holds `JUDGED`; see `Answers.save`."""
    acts = acts_on(connection, act.call_id)
    _check_fresh(connection, act, acts, seen)
    before = last_acts(acts).get((act.scorecard, act.criterion_id))
    if before is not None and before.source is Occasion.DISPUTE is not act.source:
        raise ValueError(f"该项已由申诉裁定（{before.by}），复核不能再改")
    ruled = next((a for a in last_acts(acts).values() if a.source is Occasion.DISPUTE and _shares(a, act)), None)
    if ruled is not None and act.kind in ON_SUSPICIONS:
        raise ValueError(f"该处已由申诉裁定（{ruled.by}），复核不能再改")
    written = _append(connection, act)
    put_labels(connection, labels)
    noted(connection, _note(Action.ANSWER, written, before, written))
    return written


def _check_fresh(connection: Connection, act: PersonAnswer, acts: Sequence[PersonAnswer], seen: LastAct) -> None:
    """Refuse what was decided without knowing what somebody else did meanwhile."""
    item = (act.scorecard, act.criterion_id)
    since = [
        a
        for a in acts
        if a.id > seen.answer and a.by != act.by and (item == (a.scorecard, a.criterion_id) or _shares(a, act))
    ]
    if since:
        last = since[-1]
        at = f"{last.at.astimezone(SHANGHAI):%m-%d %H:%M}"
        about = act.criterion_id if act.scorecard else "这一处"
        raise StaleError(f"{last.by} 已于 {at} 对 {about} 作出“{last.title}”", tuple(since))
    c = corrections.c
    by = connection.scalars(
        select(c.by).where(c.call_id == act.call_id, c.id > seen.correction, c.by != act.by).order_by(c.id)
    ).all()
    if by:
        raise StaleError(f"{by[-1]} 刚更正了这通电话的听写，评分已重算，请看过再评")


def _shares(act: PersonAnswer, other: PersonAnswer) -> bool:
    """Whether one of the two is about a suspicion of which the other speaks, too."""
    about = {act.kind, other.kind} & ON_SUSPICIONS
    return bool(about) and any(mark.means(each) for mark in act.marks for each in other.marks)


def _last(connection: Connection, table: Table[Any], call_id: str) -> int:
    return connection.scalar(select(func.max(table.c.id)).where(table.c.call_id == call_id)) or 0


def _ordered() -> Select[*tuple[Any, ...]]:
    return select(person_answers).order_by(person_answers.c.id)


def counting_on(connection: Connection, call_ids: Sequence[str]) -> dict[str, tuple[PersonAnswer, ...]]:
    """The answers of people that count now, by call; see `Answers.standing`."""
    return acts_by_call(
        map(_to_answer, connection.execute(_ordered().where(person_answers.c.call_id.in_(call_ids))))
    )


def acts_on(connection: Connection, call_id: str) -> tuple[PersonAnswer, ...]:
    """All acts on a call, in the order made, what was undone too."""
    return tuple(map(_to_answer, connection.execute(_ordered().where(person_answers.c.call_id == call_id))))


def _append(connection: Connection, act: PersonAnswer) -> PersonAnswer:
    statement = insert(person_answers).values(_values(act)).returning(person_answers)
    return _to_answer(connection.execute(statement).one())


def _undoing(act: PersonAnswer, by: str, at: datetime) -> PersonAnswer:
    return PersonAnswer(
        call_id=act.call_id,
        scorecard=act.scorecard,
        criterion_id=act.criterion_id,
        criterion_digest=act.criterion_digest,
        kind=Kind.UNDO,
        outcome=None,
        level=None,
        by=by,
        at=at,
        machine_outcome=act.machine_outcome,
        machine_level=act.machine_level,
        source=act.source,
        undoes=act.id,
    )


def _note(action: Action, act: PersonAnswer, old: PersonAnswer | None, new: PersonAnswer | None) -> Note:
    why = "：".join(part for part in (act.reason, act.note) if part) if action is Action.ANSWER else ""
    machine = {"by": "machine", "outcome": act.machine_outcome.value, "level": act.machine_level}
    was, becomes = (machine if each is None else _told(each) for each in (old, new))
    item = {"scorecard": act.scorecard, "criterion": act.criterion_id}
    return Note(act.by, action, act.call_id, old=item | was, new=item | becomes, why=why)


def _told(act: PersonAnswer) -> Values:
    outcome = act.outcome.value if act.outcome else None
    return {
        "id": act.id,
        "by": act.by,
        "source": act.source.value,
        "outcome": outcome,
        "level": act.level,
        "denied": _places(act.denied),
        "affirmed": _places(act.affirmed),
    }


def _values(act: PersonAnswer) -> Values:
    return {
        "call_id": act.call_id,
        "scorecard": act.scorecard,
        "criterion_id": act.criterion_id,
        "criterion_digest": act.criterion_digest,
        "kind": act.kind,
        "outcome": act.outcome,
        "level": act.level,
        "share": act.share,
        "reason": act.reason,
        "note": act.note,
        "denied": _places(act.denied),
        "affirmed": _places(act.affirmed),
        "machine_outcome": act.machine_outcome,
        "machine_level": act.machine_level,
        "by": act.by,
        "at": act.at,
        "source": act.source,
        "undoes": act.undoes,
    }


def _to_answer(row: AnyRow) -> PersonAnswer:
    return PersonAnswer(
        id=row.id,
        call_id=row.call_id,
        scorecard=row.scorecard,
        criterion_id=row.criterion_id,
        criterion_digest=row.criterion_digest,
        kind=Kind(row.kind),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        level=row.level,
        share=row.share,
        reason=row.reason,
        note=row.note,
        denied=_marks(row.denied),
        affirmed=_marks(row.affirmed),
        machine_outcome=Outcome(row.machine_outcome),
        machine_level=row.machine_level,
        by=row.by,
        at=row.at,
        source=Occasion(row.source),
        undoes=row.undoes,
    )


def _places(marks: Iterable[Mark]) -> list[list[Any]]:
    return [[each.detector, each.term, each.span.start, each.span.end] for each in marks]


def _marks(stored: Any) -> tuple[Mark, ...]:
    return tuple(Mark(detector, term, Span(start, end)) for detector, term, start, end in stored)
