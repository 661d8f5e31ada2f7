"""What people heard otherwise, as it is kept: beside what the machine heard, which is never overwritten.

Knows how corrections are written and read; how a hearing reads with them is in `pipeline.hearing.corrections`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, insert

from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.errors import StaleError
from pipeline.evaluation.result import CallResult
from pipeline.hearing.corrections import Correction, CorrectionKind, standing_corrections
from pipeline.review.acts import LastAct
from pipeline.store.calls.calls import put_evaluation
from pipeline.store.calls.hearings import corrections, ordered, to_correction
from pipeline.store.people.audit import noted
from pipeline.store.queue.readings import count_again
from pipeline.store.schema import reading, writing_alone
from pipeline.store.search import index_call
from pipeline.store.tables import Values


@dataclass(frozen=True, slots=True)
class Corrections:
    """The corrections that people make to hearings."""

    engine: Engine

    def save(self, act: Correction, seen: LastAct, result: CallResult) -> Correction:
        """The correction as it was written, with its id; the call judged by it is kept with it, or nothing is.

        Parameters
        ----------
        seen : Seen
            The last act on the call that `act.by` had seen.
        result : CallResult
            The call judged with this correction laid over (`Desk.judge`); what was heard is not written.

        Raises
        ------
        StaleError
            If somebody else corrected the call since then.
        StoreError
            If the store has no such call.
        """
        if act.kind is CorrectionKind.UNDO:
            raise ValueError("a correction is undone with `undo`, which knows who may")
        with writing_alone(self.engine, "corrections, audit") as connection:
            _check_fresh(_acts(connection, act.call_id), act.by, seen)
            return _put(connection, act, result, Action.CORRECT, act)

    def undo(self, call_id: str, id: int, by: str, at: datetime, seen: LastAct, result: CallResult) -> Correction:
        """The act that undoes a correction; the call as judged without it is kept with it.

        Raises
        ------
        StaleError
            If somebody else corrected the call since.
        ValueError
            In Chinese, if no such correction stands, or it is somebody else's.
        """
        with writing_alone(self.engine, "corrections, audit") as connection:
            acts = _acts(connection, call_id)
            _check_fresh(acts, by, seen)
            act = undoable(acts, id, by)
            undoing = replace(act, kind=CorrectionKind.UNDO, by=by, at=at, reason="", id=0, undoes=id)
            return _put(connection, undoing, result, Action.UNDO_CORRECTION, act)

    def acts(self, call_id: str) -> tuple[Correction, ...]:
        """All acts on a call, in the order made, what was undone too."""
        with reading(self.engine) as connection:
            return _acts(connection, call_id)


def undoable(acts: Sequence[Correction], id: int, by: str) -> Correction:
    """The correction of that id, when it stands and is by this person; ValueError in Chinese otherwise."""
    act = next((each for each in standing_corrections(acts) if each.id == id), None)
    if act is None:
        raise ValueError("这次更正不存在或已撤销")
    if act.by != by:
        raise ValueError(f"这次更正由 {act.by} 作出，只能由本人撤销；可以另行更正")
    return act


def _check_fresh(acts: Sequence[Correction], by: str, seen: LastAct) -> None:
    since = [act for act in acts if act.id > seen.correction and act.by != by]
    if since:
        last = since[-1]
        at = f"{last.at.astimezone(SHANGHAI):%m-%d %H:%M}"
        raise StaleError(f"{last.by} 已于 {at} 更正了这通电话（{last.kind.title}）", tuple(since))


def _put(
    connection: Connection, act: Correction, result: CallResult, action: Action, about: Correction
) -> Correction:
    statement = insert(corrections).values(_values(act)).returning(corrections)
    written = to_correction(connection.execute(statement).one())
    put_evaluation(connection, result)
    count_again(connection, act.call_id)
    index_call(connection, act.call_id, result.hearing.turns if result.hearing else None)
    what = {"kind": about.kind.value, "turn": about.turn_index, "id": about.id or written.id}
    score = result.evaluation.score if result.evaluation else None
    why = act.reason if action is Action.CORRECT else ""
    noted(connection, Note(act.by, action, act.call_id, new=what | {"score": score}, why=why))
    return written


def _acts(connection: Connection, call_id: str) -> tuple[Correction, ...]:
    return tuple(map(to_correction, connection.execute(ordered().where(corrections.c.call_id == call_id))))


def _values(act: Correction) -> Values:
    return {
        "call_id": act.call_id,
        "kind": act.kind,
        "turn_index": act.turn_index,
        "span_start": act.span.start if act.span else None,
        "span_end": act.span.end if act.span else None,
        "old": act.old,
        "new": act.new,
        "reason": act.reason,
        "by": act.by,
        "at": act.at,
        "undoes": act.undoes,
    }
