"""The calls: saved whole with what was heard and judged of them, judged again, and read by agent and month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import EllipsisType

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from pipeline.call import Call, Status, day_of
from pipeline.call.identity import id_in_records, id_of_whole
from pipeline.errors import StoreError
from pipeline.evaluation.fingerprint import BETWEEN, LETTERS, Fingerprint
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.amendment import corrected
from pipeline.month.assessment.calls import ScoredCall
from pipeline.store import tables
from pipeline.store.calls.evaluations import Judgement, judgements_of, put_judgement
from pipeline.store.calls.findings import latest_findings
from pipeline.store.calls.hearings import (
    corrections,
    corrections_of,
    corrections_of_agent,
    hearing_values,
    hearings_of,
    to_hearing,
    turn_values,
)
from pipeline.store.calls.kept import KeptCall, to_kept
from pipeline.store.calls.kept import corrections as corrections_of_record
from pipeline.store.calls.records import (
    PAGE,
    call_values,
    heard_calls,
    outcome_values,
    pages,
    recording_values,
    replayable,
    to_call,
    to_recording,
    to_speed_of_answer,
)
from pipeline.store.failures import shown
from pipeline.store.people.answers import person_answers
from pipeline.store.people.audit import noted
from pipeline.store.people.roster import team_of
from pipeline.store.queue.places import list_calls
from pipeline.store.schema import reading, writing, writing_alone
from pipeline.store.search import index_call
from pipeline.store.tables import STARTED_AT, AnyRow, calls, hearings
from pipeline.store.upsert import add, provenance, put


@dataclass(frozen=True, slots=True)
class DoneCall:
    """A call that need not be listened to again: how it ended, and the sha256 of its recording if it has one."""

    status: Status
    recording_id: str | None


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls: how each ended, and which there are."""

    engine: Engine

    def done(self, fingerprint: Fingerprint) -> dict[str, DoneCall]:
        """The calls that ended evaluated or unscorable under this fingerprint, by id; failed ones are not done."""
        query = select(calls.c.id, calls.c.status, calls.c.recording_id).where(
            calls.c.fingerprint == str(fingerprint), calls.c.status != Status.FAILED
        )
        with reading(self.engine) as connection:
            return {row.id: DoneCall(Status(row.status), row.recording_id) for row in connection.execute(query)}

    def kept(self, call_ids: Iterable[str]) -> dict[str, KeptCall]:
        """The calls of these ids that the store has, by id, without what was heard."""
        wanted = list(dict.fromkeys(call_ids))
        found: dict[str, KeptCall] = {}
        for start in range(0, len(wanted), PAGE):
            query = select(calls).where(calls.c.id.in_(wanted[start : start + PAGE]))
            with reading(self.engine) as connection:
                found |= {row.id: to_kept(row) for row in connection.execute(query)}
        return found

    def namesakes(self, call_ids: Iterable[str]) -> tuple[KeptCall, ...]:
        """The calls that have one of these ids in the records, whatever they are called in the store; by id."""
        wanted = {id_in_records(call_id) for call_id in call_ids}
        with reading(self.engine) as connection:
            ids = [id for id in connection.scalars(select(calls.c.id)) if id_in_records(id) in wanted]
        return tuple(kept for _, kept in sorted(self.kept(ids).items()))

    def parts(self, call: Call) -> dict[int, Call]:
        """The parts of the same call that the store has, by number, itself among them; none for a whole call."""
        if call.part is None:
            return {}
        whole = id_of_whole(id_in_records(call.id))
        names = [whole, *(f"{whole}+{number}" for number in range(2, call.part.of + 1))]
        same = (kept.call for kept in self.namesakes(names) if kept.call.legs == call.legs)
        return dict(sorted((each.part.number, each) for each in same if each.part is not None))

    def statuses(self) -> dict[str, Status]:
        """The status of every call in the store, by id."""
        with reading(self.engine) as connection:
            return {row.id: Status(row.status) for row in connection.execute(select(calls.c.id, calls.c.status))}

    def save(self, result: CallResult) -> None:
        """Keep the result of a call, all of it or nothing; the hearing of an earlier run is replaced.

        Evaluations by other scorecards, revisions or lexicons stay, with the findings they were based on. A record
        or a recording that is another than before is noted in the audit log.
        """
        before = self.kept([result.call.id]).get(result.call.id)
        recording_id = result.recording.id if result.recording else None
        notes = corrections_of_record(before, result.call, recording_id) if before else []
        with writing_alone(self.engine, "audit") if notes else writing(self.engine) as connection:
            for note in notes:
                noted(connection, note)
            if result.recording is not None:
                put(connection, tables.recordings, recording_values(result.recording))
            put(connection, calls, call_values(result))  # holds the call against all who save it meanwhile
            connection.execute(delete(hearings).where(hearings.c.call_id == result.call.id))
            if result.hearing is not None:
                connection.execute(insert(hearings), hearing_values(result.hearing))
                add(connection, tables.turns, turn_values(result.hearing))
                standing = corrections_of(connection, [result.call.id]).get(result.call.id)
                reads_as = corrected(result.hearing, standing).turns if standing else None
                index_call(connection, result.call.id, reads_as)
            if result.evaluation is not None:
                put_judgement(connection, result.evaluation, result.findings)
            list_calls(connection, [result])

    def save_evaluation(self, result: CallResult) -> None:
        """Keep outcome, findings and evaluation of a call that was judged again; what was heard stays untouched.

        Raises
        ------
        StoreError
            If the store has no such call.
        ValueError
            If the result has no evaluation.
        """
        with writing(self.engine) as connection:
            put_evaluation(connection, result)

    def get(self, call_id: str) -> CallResult | None:
        """The result of a call, as it was last saved; None for a call that the store does not have.

        Its hearing reads as people corrected it; the machine's own words are in `first_heard`.
        """
        with reading(self.engine) as connection:
            return result_of(connection, call_id)

    def whose(self, call_id: str) -> tuple[str | None, str | None] | None:
        """The agent of a call and the agent's team on its day; None for a call that the store does not have."""
        with reading(self.engine) as connection:
            query = select(calls.c.agent_id, STARTED_AT).where(calls.c.id == call_id)
            row = connection.execute(query).one_or_none()
            return (
                None if row is None else (row.agent_id, team_of(connection, row.agent_id, day_of(row.started_at)))
            )

    def all_agents(self) -> tuple[str, ...]:
        """Every agent who has a call, by id."""
        query = select(calls.c.agent_id).where(calls.c.agent_id.is_not(None)).distinct().order_by(calls.c.agent_id)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))

    def agents(self, month: str | None) -> tuple[str | None, ...]:
        """The agents who have calls in the month, by id; None, for calls without an agent, comes last."""
        query = select(calls.c.agent_id).where(calls.c.month == month).distinct()
        with reading(self.engine) as connection:
            return tuple(sorted(connection.scalars(query), key=lambda agent_id: (agent_id is None, agent_id)))

    def scored(
        self, month: str | None, scorecard: str, revision: int, agent_id: str | EllipsisType | None = ...
    ) -> Iterator[ScoredCall]:
        """Every call of a month, however it ended, with its evaluation by this revision of the scorecard.

        Where there is one by another revision only, that one is given: `assess` refuses it and says what to do.

        Parameters
        ----------
        month : str | None
            ``YYYY-MM`` in Asia/Shanghai; None for the calls whose record gives no instant.
        agent_id : str | None
            Only the calls of this agent; None for those without one. All calls where it is left out.
        """

        def read(connection: Connection, rows: Sequence[AnyRow]) -> list[ScoredCall]:
            judgements = judgements_of(connection, [row.id for row in rows], prefer=(scorecard, revision))
            return [to_scored_call(row, judgements.get(row.id)) for row in rows]

        query = heard_calls().where(calls.c.month == month)
        return pages(self.engine, query if agent_id is ... else query.where(calls.c.agent_id == agent_id), read)

    def edited(self, judged: str, month: str | None = None) -> dict[str, str | None]:
        """The calls last judged by the same revision of a scorecard with another content, each with its month.

        Parameters
        ----------
        judged : str
            The scorecard as it is now, as `judged_as` has it.
        month : str | None
            Only calls of this month.
        """
        c, number = calls.c, judged[:-LETTERS]
        part = number.replace("/", "//").replace("%", "/%").replace("_", "/_")
        same = c.fingerprint.like(f"%{BETWEEN}{part}{'_' * LETTERS}{BETWEEN}%", escape="/")
        now = c.fingerprint.contains(f"{BETWEEN}{judged}{BETWEEN}", autoescape=True)
        query = select(c.id, c.month).where(c.judged, same, ~now)
        with reading(self.engine) as connection:
            rows = connection.execute(query if month is None else query.where(c.month == month))
            return {row.id: row.month for row in rows}

    def unjudged(self, month: str | None, agent_id: str | None) -> tuple[ScoredCall, ...]:
        """The calls of one agent in a month that never reached a judgement: with `heard_findings` all of them."""
        query = heard_calls().where(replayable(month, agent_id, yes=False)).order_by(calls.c.id)
        with reading(self.engine) as connection:
            rows = connection.execute(query)
            return tuple(to_scored_call(row, None) for row in rows)

    def replay(self, month: str | None, agent_id: str | None) -> Iterator[tuple[Hearing, tuple[Finding, ...]]]:
        """The judged calls of one agent in a month, by id, each with the findings of its latest judgement.

        What `evaluate` needs and no more: neither turns nor answers are read, and the hearings have no turns.
        """
        query = heard_calls().where(replayable(month, agent_id, yes=True)).order_by(calls.c.id)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            found = latest_findings(connection, month, agent_id)
            by_call = corrections_of_agent(connection, month, agent_id)
            corrections = hearings_of(connection, [row for row in rows if row.id in by_call])
        for row in rows:
            hearing = corrections.get(row.id)
            yield replace(hearing, turns=()) if hearing else to_hearing(row, ()), found.get(row.id, ())

    def months(self, agent_id: str) -> tuple[str, ...]:
        """The months in which the agent has calls, the newest first."""
        c = calls.c
        query = select(c.month).where(c.agent_id == agent_id, c.month.is_not(None)).distinct()
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query.order_by(c.month.desc())))

    def page(self, agent_id: str, month: str, limit: int, offset: int = 0) -> tuple[ScoredCall, ...]:
        """The calls of an agent in a month, as the machine judged them, the newest first."""
        c = calls.c
        query = heard_calls().where(c.month == month, c.agent_id == agent_id)
        query = query.order_by(STARTED_AT.desc(), c.id).limit(limit).offset(offset)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            judgements = judgements_of(connection, [row.id for row in rows])
            return tuple(to_scored_call(row, judgements.get(row.id)) for row in rows)

    def count(self, agent_id: str, month: str) -> int:
        """The number of calls of an agent in a month."""
        c = calls.c
        query = select(func.count()).select_from(calls).where(c.month == month, c.agent_id == agent_id)
        with reading(self.engine) as connection:
            return connection.scalar(query) or 0

    def state(self, month: str, agent_id: str) -> tuple[object, ...]:
        """A state that changes whenever a call of an agent's month is saved, judged, answered or corrected."""
        c = calls.c
        own = c.month == month, c.agent_id == agent_id
        with reading(self.engine) as connection:
            saved = connection.execute(select(func.count(), func.max(c.created_at)).where(*own)).one()
            acts = (connection.scalar(select(func.max(table.c.id))) for table in (person_answers, corrections))
            return *saved, *acts

    def ids(self, month: str) -> tuple[str, ...]:
        """The ids of the month's calls that were heard, in order: of which a sample is drawn."""
        query = select(calls.c.id).where(calls.c.month == month, calls.c.judged).order_by(calls.c.id)
        with reading(self.engine) as connection:
            return tuple(connection.scalars(query))


def result_of(connection: Connection, call_id: str) -> CallResult | None:
    """The result of a call, as it was last saved; see `Calls.get`."""
    row = connection.execute(heard_calls().where(calls.c.id == call_id)).one_or_none()
    if row is None:
        return None
    hearing = hearings_of(connection, [row]).get(call_id)
    return to_result(row, hearing, judgements_of(connection, [call_id]).get(call_id))


def put_evaluation(connection: Connection, result: CallResult) -> None:
    """Write outcome, findings and evaluation of a call that was judged again; what was heard stays untouched.

    Raises
    ------
    StoreError
        If the store has no such call.
    ValueError
        If the result has no evaluation.
    """
    if result.evaluation is None:
        raise ValueError(f"call {result.call.id} was not judged: it has no evaluation")
    outcome = outcome_values(result) | provenance()
    changed = connection.execute(update(calls).where(calls.c.id == result.call.id).values(outcome))
    if not changed.rowcount:
        raise StoreError(f"{shown(connection.engine.url)} has no call {result.call.id}: run `callqa run` first")
    put_judgement(connection, result.evaluation, result.findings)
    list_calls(connection, [result])


def to_scored_call(row: AnyRow, judgement: Judgement | None) -> ScoredCall:
    """The call of a row of calls, recordings and hearings, as it was judged."""
    status = judgement.evaluation.status if judgement else Status(row.status)
    return ScoredCall(
        call=to_call(row),
        status=status,
        reason="" if status is Status.EVALUATED else row.reason,
        problem="" if status is Status.EVALUATED else row.problem,
        evaluation=judgement.evaluation if judgement else None,
        findings=judgement.findings if judgement else (),
        speed_of_answer=to_speed_of_answer(row),
        duration=row.duration,
    )


def to_result(row: AnyRow, hearing: Hearing | None, judgement: Judgement | None) -> CallResult:
    """The result of a row of calls, recordings and hearings, with its hearing and judgement if it has them."""
    return CallResult(
        call=to_call(row),
        status=Status(row.status),
        stage=row.stage,
        reason=row.reason,
        problem=row.problem,
        fingerprint=Fingerprint.read(row.fingerprint),
        uri=row.uri,
        recording=to_recording(row) if row.recording_id else None,
        hearing=hearing,
        findings=judgement.findings if judgement else (),
        evaluation=judgement.evaluation if judgement else None,
        row=row.row,
    )
