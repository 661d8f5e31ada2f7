"""Disputes as they are kept: each act in one transaction with its event, its answer, its labels and its audit line.

Knows what is written together, and that who acts must have seen the last event; what may be done is in
`pipeline.review.disputes.dispute`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, select, true, update

from pipeline.access.accounts import Account, Scope
from pipeline.access.audit import Action, Note
from pipeline.call import SHANGHAI
from pipeline.errors import DisputeError
from pipeline.evaluation import Outcome
from pipeline.review.acts import LastAct
from pipeline.review.answers import Occasion, PersonAnswer, last_acts
from pipeline.review.disputes.dispute import Dispute, DisputeEvent, DisputeState, Ruling
from pipeline.review.disputes.moves import Claim, Move, apply_move, raise_dispute
from pipeline.review.disputes.policy import DisputePolicy
from pipeline.review.disputes.subject import Subject
from pipeline.store.people.answers import JUDGED, acts_on, put_answer
from pipeline.store.people.audit import noted
from pipeline.store.people.dispute_rows import (
    dispute_events,
    dispute_values,
    disputes,
    event_values,
    raising_values,
    to_dispute,
    to_event,
)
from pipeline.store.queue.places import set_due
from pipeline.store.schema import reading, writing_alone
from pipeline.validation.learning.labels import Label


@dataclass(frozen=True, slots=True)
class GoldCase:
    """A criterion of a call of which a person decided on appeal what is right: what the machine is measured by."""

    call_id: str
    scorecard: str
    revision: int
    criterion_id: str
    ruling: Ruling
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Disputes:
    """The disputes and their events."""

    engine: Engine

    def file(
        self, subject: Subject, policy: DisputePolicy, by: Account, at: datetime, reason: str, words: str = ""
    ) -> Dispute:
        """The dispute as it was raised, new or in its next round.

        Raises
        ------
        DisputeError
            As `pipeline.review.disputes.dispute.raise_dispute` does.
        """
        with writing_alone(self.engine, "audit") as connection:
            item = (subject.call_id, subject.scorecard, subject.criterion_id)
            before = _last_of(connection, item)
            dispute = raise_dispute(subject, policy, Claim(by, at, reason, words), before)
            if dispute.id:
                _rewrite(connection, dispute)
            else:
                made = insert(disputes).values(dispute_values(dispute)).returning(disputes.c.id)
                dispute = replace(dispute, id=connection.execute(made).scalar_one())
            connection.execute(insert(dispute_events).values(raising_values(dispute, words)))
            _list_due(connection, subject.call_id)
            _note(connection, before, dispute, by, policy.reason(reason).title)
            return dispute

    def move(
        self,
        id: int,
        seen: int,
        move: Move,
        policy: DisputePolicy,
        acts_seen: LastAct | None = None,
        labels: Iterable[Label] = (),
        effect: Sequence[str] = (),
    ) -> Dispute:
        """The dispute after the move, which was made knowing its version `seen`.

        Parameters
        ----------
        acts_seen : Seen | None
            With a ruling: the last acts on the call that the decider had seen.
        labels : iterable of Label
            What an upheld dispute teaches.
        effect : sequence of str
            What the decider was shown of month and grade, a sentence each.

        Raises
        ------
        DisputeError
            As `review.disputes.dispute.moved` does; ``changed_meanwhile`` if somebody acted since, which says who
            and what; ``unknown`` if there is no such dispute.
        StaleError
            If somebody judged the criterion, or corrected the call, since the decider looked.
        """
        with writing_alone(self.engine, JUDGED) as connection:
            before = _dispute(connection, id)
            if before is None:
                raise DisputeError("unknown", f"没有 {id} 号申诉。")
            if before.version != seen:
                raise DisputeError("changed_meanwhile", _meanwhile(connection, id))
            after = apply_move(before, move, policy, _answered_by(connection, before))
            _rewrite(connection, after)
            answer_id = None
            if after.state is DisputeState.UPHELD and move.ruling is not None:
                answer_id = put_answer(connection, move.ruling, acts_seen or LastAct(), labels).id
            connection.execute(insert(dispute_events).values(event_values(after, move, answer_id, list(effect))))
            _list_due(connection, after.subject.call_id)
            # What an agent wrote stays out of the log: it may repeat what a customer said.
            why = "" if move.state is DisputeState.ANSWERED else move.words.strip()
            _note(connection, before, after, move.by, why, move.ruling)
            return after

    def get(self, id: int) -> Dispute | None:
        """The dispute; None where there is none."""
        with reading(self.engine) as connection:
            return _dispute(connection, id)

    def events(self, id: int) -> tuple[DisputeEvent, ...]:
        """The history of a dispute, in order."""
        e = dispute_events.c
        query = select(dispute_events).where(e.dispute_id == id).order_by(e.id)
        with reading(self.engine) as connection:
            return tuple(to_event(row) for row in connection.execute(query))

    def of_call(self, call_id: str) -> tuple[Dispute, ...]:
        """All disputes about a call, the newest of a criterion last."""
        return self.of_calls([call_id]).get(call_id, ())

    def of_calls(self, call_ids: Sequence[str]) -> dict[str, tuple[Dispute, ...]]:
        """The disputes about several calls, by call, the newest last; calls without any are left out."""
        found = defaultdict[str, list[Dispute]](list)
        query = select(disputes).where(disputes.c.call_id.in_(call_ids)).order_by(disputes.c.id)
        with reading(self.engine) as connection:
            for row in connection.execute(query):
                found[row.call_id].append(to_dispute(row))
        return {call_id: tuple(own) for call_id, own in found.items()}

    def page(
        self,
        scope: Scope,
        *,
        pending: bool,
        state: DisputeState | None = None,
        assignee: str | None = None,
        month: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Dispute, ...]:
        """A page of the disputes that wait, the most urgent first, or of those that were decided, the newest first.

        Parameters
        ----------
        assignee : str | None
            Only those that this account is to decide.
        """
        d = disputes.c
        query = select(disputes).where(_within(scope), d.pending.is_(pending)).limit(limit).offset(offset)
        for column, wanted in ((d.state, state), (d.assignee, assignee), (d.month, month)):
            if wanted is not None:
                query = query.where(column == wanted)
        query = query.order_by(d.due_at, d.id) if pending else query.order_by(d.ruled_at.desc(), d.id.desc())
        with reading(self.engine) as connection:
            return tuple(to_dispute(row) for row in connection.execute(query))

    def count(self, scope: Scope, *, pending: bool = True, month: str | None = None) -> int:
        """The number of disputes that wait, or that were decided."""
        query = select(func.count()).select_from(disputes).where(_within(scope), disputes.c.pending.is_(pending))
        if month is not None:
            query = query.where(disputes.c.month == month)
        with reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def undecided(self, month: str, scorecard: str) -> int:
        """The number of disputes about calls of the month, by this scorecard, that wait for a ruling."""
        d = disputes.c
        query = (
            select(func.count())
            .select_from(disputes)
            .where(d.month == month, d.scorecard == scorecard, d.pending.is_(True))
        )
        with reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def pending_of_month(self, month: str, scorecard: str) -> tuple[Dispute, ...]:
        """The disputes about calls of the month, by this scorecard, that wait for a ruling, in the order raised."""
        d = disputes.c
        query = (
            select(disputes).where(d.month == month, d.scorecard == scorecard, d.pending.is_(True)).order_by(d.id)
        )
        with reading(self.engine) as connection:
            return tuple(to_dispute(row) for row in connection.execute(query))

    def gold_cases(self, scorecard: str | None = None) -> tuple[GoldCase, ...]:
        """The gold cases: the last ruling of each dispute that was upheld, in the order decided."""
        d, e = disputes.c, dispute_events.c
        last = select(func.max(e.id)).where(e.state == DisputeState.UPHELD).group_by(e.dispute_id)
        query = (
            select(disputes, e.by.label("ruled_by"), e.at.label("decided_at"), e.outcome.label("ruled"))
            .add_columns(e.level.label("ruled_level"))
            .join(dispute_events, e.dispute_id == d.id)
            .where(e.id.in_(last))
            .order_by(e.id)
        )
        if scorecard is not None:
            query = query.where(d.scorecard == scorecard)
        with reading(self.engine) as connection:
            return tuple(
                GoldCase(
                    row.call_id,
                    row.scorecard,
                    row.revision,
                    row.criterion_id,
                    Ruling(Outcome(row.ruled), row.ruled_level),
                    row.ruled_by,
                    row.decided_at,
                )
                for row in connection.execute(query)
            )


def _list_due(connection: Connection, call_id: str) -> None:
    """Have the queue tell until when the call's disputes are to be settled."""
    d = disputes.c
    due_at = connection.scalar(select(func.min(d.due_at)).where(d.call_id == call_id, d.pending.is_(True)))
    set_due(connection, call_id, due_at)


def _within(scope: Scope) -> ColumnElement[bool]:
    """The condition that a dispute is within a scope."""
    d = disputes.c
    pairs = ((d.agent_id, scope.agent_id), (d.team, scope.team))
    return and_(true(), *(column == wanted for column, wanted in pairs if wanted is not None))


def _dispute(connection: Connection, id: int) -> Dispute | None:
    row = connection.execute(select(disputes).where(disputes.c.id == id)).one_or_none()
    return None if row is None else to_dispute(row)


def _last_of(connection: Connection, item: tuple[str, str, str]) -> Dispute | None:
    d = disputes.c
    query = select(disputes).where(d.call_id == item[0], d.scorecard == item[1], d.criterion_id == item[2])
    row = connection.execute(query.order_by(d.id.desc()).limit(1)).one_or_none()
    return None if row is None else to_dispute(row)


def _answered_by(connection: Connection, dispute: Dispute) -> str | None:
    """The person whose answer to the criterion stands now."""
    c = dispute.subject
    stands = last_acts(acts_on(connection, c.call_id)).get((c.scorecard, c.criterion_id))
    return None if stands is None or stands.source is Occasion.DISPUTE else stands.by


def _rewrite(connection: Connection, dispute: Dispute) -> None:
    connection.execute(update(disputes).where(disputes.c.id == dispute.id).values(dispute_values(dispute)))


def _meanwhile(connection: Connection, id: int) -> str:
    """The sentence that tells who did what to a dispute last, in Chinese."""
    e = dispute_events.c
    query = select(dispute_events).where(e.dispute_id == id).order_by(e.id.desc()).limit(1)
    last = to_event(connection.execute(query).one())
    at = last.at.astimezone(SHANGHAI)
    return f"{last.by} 已于 {at:%Y-%m-%d %H:%M} 处理（{last.state.title}）。您的操作没有保存，请看过后再定。"


def _note(
    connection: Connection,
    before: Dispute | None,
    after: Dispute,
    by: Account,
    why: str,
    ruling: PersonAnswer | None = None,
) -> None:
    c = after.subject
    old: dict[str, Any] | None = None
    if before is not None and before.id == after.id:
        old = {"state": before.state.value, "round": before.round, "assignee": before.assignee}
    new: dict[str, Any] = {
        "dispute": after.id,
        "criterion": c.criterion_id,
        "scorecard": c.scorecard,
        "state": after.state.value,
        "round": after.round,
        "assignee": after.assignee,
    }
    if after.state is DisputeState.UPHELD and ruling is not None and ruling.outcome is not None:
        new |= {"was": [c.outcome.value, c.level], "is": [ruling.outcome.value, ruling.level]}
    noted(connection, Note(by.id, Action(f"dispute_{after.state}"), c.call_id, old, new, why))
