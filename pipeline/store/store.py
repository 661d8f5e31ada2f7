"""The store: what is done, what was heard and what was judged; its other parts keep months and what is learned.

Knows what is written together and what is read together; how types become rows is in `heard` and `judged`.
How agents sound is in `voices`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from types import EllipsisType, TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from pipeline.call import SHANGHAI, Status, day_of
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.corrections import corrected
from pipeline.hearing.transcript import Transcript
from pipeline.hearing.turns import SpeakerSegment
from pipeline.month.assessment.calls import ScoredCall
from pipeline.review.overlay import counted
from pipeline.scorecard import Scorecard
from pipeline.store import heard, judged, tables
from pipeline.store.accounts import Accounts
from pipeline.store.affected import Affected
from pipeline.store.answers import Answers
from pipeline.store.audit import Audit
from pipeline.store.calibrations import Calibrations
from pipeline.store.closings import Closings
from pipeline.store.corrected import corrections_of, corrections_of_agent
from pipeline.store.corrections import Corrections
from pipeline.store.disputes import Disputes
from pipeline.store.drafts import Drafts
from pipeline.store.judging import add, provenance, put_evaluation, put_judgement
from pipeline.store.labels import Labels
from pipeline.store.ledger import Ledger
from pipeline.store.listing import Listing, list_calls
from pipeline.store.own_calls import OwnCalls
from pipeline.store.plan_edits import PlanEdits
from pipeline.store.queries import (
    PAGE,
    heard_calls,
    hearings_of,
    judgements_of,
    latest_findings,
    pages,
    replayable,
    turns_of,
)
from pipeline.store.registry import Registry
from pipeline.store.sampling import SamplingPlans
from pipeline.store.schema import open_engine, reading, writing
from pipeline.store.search import Search, index_call
from pipeline.store.shown_months import ShownMonths
from pipeline.store.tables import STARTED_AT, AnyRow, Values, calls, evaluations, hearings
from pipeline.store.upsert import upsert
from pipeline.store.voices import Voices
from pipeline.store.waveforms import Waveforms
from pipeline.store.worklist import Worklist


@dataclass(frozen=True, slots=True)
class DoneCall:
    """A call that need not be listened to again: how it ended, and the sha256 of its recording if it has one."""

    status: Status
    recording_id: str | None


class Store(
    Closings,
    Ledger,
    Labels,
    Registry,
    Affected,
    Voices,
    Accounts,
    Audit,
    Answers,
    Corrections,
    Waveforms,
    Worklist,
    Listing,
    SamplingPlans,
    Disputes,
    OwnCalls,
    Calibrations,
    Search,
    PlanEdits,
    Drafts,
    ShownMonths,
):
    """What is kept of the calls, on SQLite or PostgreSQL. May be shared by threads; other processes open their own.

    Every method raises `StoreError` when the database stays locked, is full, or is gone.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Store.open(f"sqlite:///{folder}/callqa.db") as store:
    ...     store.done_calls(fingerprint="whisper base, KF01 revision 1")
    {}
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, address: str, *, create: bool = True) -> Store:
        """The store at an SQLAlchemy URL, its tables made or brought up to date.

        Parameters
        ----------
        create : bool
            False for commands that only read: a store that is not there is then an error.

        Raises
        ------
        StoreError
            If the address is wrong, nothing can be reached there, it is not a store, or one of a newer callqa.
        """
        return cls(open_engine(address, create=create))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def transcript(self, recording_id: str, model: str, settings: str) -> Transcript | None:
        """What `model` heard in the recording under `settings`; None when it has not listened yet."""
        row = self._kept(tables.transcripts, recording_id, model, settings)
        return None if row is None else heard.to_transcript(row)

    def save_transcript(self, recording_id: str, settings: str, transcript: Transcript) -> None:
        """Keep what `transcript.model` heard in the recording; the first one saved stays."""
        key = {"recording_id": recording_id, "model": transcript.model, "settings": settings}
        with writing(self.engine) as connection:
            _put(connection, tables.transcripts, key | heard.transcript_values(transcript), replace=False)

    def diarization(self, recording_id: str, model: str, settings: str) -> tuple[SpeakerSegment, ...] | None:
        """Who spoke when in the recording, by `model` under `settings`; None when it has not listened yet."""
        row = self._kept(tables.diarizations, recording_id, model, settings)
        return None if row is None else heard.to_diarization(row)

    def save_diarization(
        self, recording_id: str, model: str, settings: str, segments: Iterable[SpeakerSegment]
    ) -> None:
        """Keep who spoke when in the recording; the first one saved stays."""
        key = {"recording_id": recording_id, "model": model, "settings": settings}
        with writing(self.engine) as connection:
            _put(connection, tables.diarizations, key | heard.diarization_values(segments), replace=False)

    def _kept(self, table: Table[Any], recording_id: str, model: str, settings: str) -> AnyRow | None:
        c = table.c
        query = select(table).where(c.recording_id == recording_id, c.model == model, c.settings == settings)
        with reading(self.engine) as connection:
            return connection.execute(query).one_or_none()

    def done_calls(self, fingerprint: str) -> dict[str, DoneCall]:
        """The calls that ended evaluated or unscorable under this fingerprint, by id; failed ones are not done."""
        query = select(calls.c.id, calls.c.status, calls.c.recording_id).where(
            calls.c.fingerprint == fingerprint, calls.c.status != Status.FAILED
        )
        with reading(self.engine) as connection:
            return {row.id: DoneCall(Status(row.status), row.recording_id) for row in connection.execute(query)}

    def statuses(self) -> dict[str, Status]:
        """How every call in the store ended, by id."""
        with reading(self.engine) as connection:
            return {row.id: Status(row.status) for row in connection.execute(select(calls.c.id, calls.c.status))}

    def save_result(self, result: CallResult) -> None:
        """Keep how a call ended, all of it or nothing; what an earlier run of the call heard is replaced.

        Evaluations by other scorecards, revisions or lexicons stay, with the findings they were based on.
        """
        with writing(self.engine) as connection:
            if result.recording is not None:
                _put(connection, tables.recordings, heard.recording_values(result.recording))
            _put(connection, calls, heard.call_values(result))  # holds the call against all who save it meanwhile
            connection.execute(delete(hearings).where(hearings.c.call_id == result.call.id))
            if result.hearing is not None:
                connection.execute(insert(hearings), heard.hearing_values(result.hearing))
                add(connection, tables.turns, heard.turn_values(result.hearing))
                otherwise = corrections_of(connection, [result.call.id]).get(result.call.id)
                reads_as = corrected(result.hearing, otherwise).turns if otherwise else None
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

    def result(self, call_id: str) -> CallResult | None:
        """How a call ended, as it was last saved; None for a call that the store does not have.

        Its hearing reads as people corrected it; the machine's own words are in `first_heard`.
        """
        with reading(self.engine) as connection:
            row = connection.execute(heard_calls().where(calls.c.id == call_id)).one_or_none()
            if row is None:
                return None
            hearing = hearings_of(connection, [row]).get(call_id)
            judgement = judgements_of(connection, [call_id]).get(call_id)
        return judged.to_result(row, hearing, judgement)

    def relist(self, call_id: str, card: Scorecard) -> None:
        """List a call for review by what counts of it now, people's answers to the card's items in it.

        Saving a result lists what the machine said: whoever lets people answer, or judges anew what they answered,
        lists the call again.
        """
        result = self.result(call_id)
        if result is None:
            return
        counts = counted(result, card, self.counting_answers([call_id]).get(call_id, ()))
        with writing(self.engine) as connection:
            list_calls(connection, [counts])

    def first_heard(self, call_id: str) -> Hearing | None:
        """The call as the machine heard it, whatever people corrected since; None where it was not heard."""
        query = heard_calls().where(calls.c.id == call_id, hearings.c.call_id.is_not(None))
        with reading(self.engine) as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else heard.to_hearing(row, turns_of(connection, [call_id]).get(call_id, ()))

    def hearing(self, call_id: str) -> Hearing | None:
        """The call as it was heard and corrected; None where it was not heard."""
        query = heard_calls().where(calls.c.id == call_id)
        with reading(self.engine) as connection:
            return hearings_of(connection, connection.execute(query).all()).get(call_id)

    def whose(self, call_id: str) -> tuple[str | None, str | None] | None:
        """The agent of a call and the agent's team on its day; None for a call that the store does not have."""
        with reading(self.engine) as connection:
            query = select(calls.c.agent_id, STARTED_AT).where(calls.c.id == call_id)
            row = connection.execute(query).one_or_none()
        return None if row is None else (row.agent_id, self.team_of(row.agent_id, day_of(row.started_at)))

    def hearings(self, since: date | None = None) -> Iterator[Hearing]:
        """Every call as it was heard and corrected, by call id, to be judged again; saving meanwhile is safe.

        Parameters
        ----------
        since : date | None
            Only calls whose first instant is on this day in Asia/Shanghai or later.
        """
        query = heard_calls().where(hearings.c.call_id.is_not(None))
        if since is not None:
            query = query.where(datetime.combine(since, time(), SHANGHAI) <= STARTED_AT)

        def read(connection: Connection, rows: Sequence[AnyRow]) -> list[Hearing]:
            return list(hearings_of(connection, rows).values())

        return pages(self.engine, query, read)

    def agents_of(self, month: str | None) -> tuple[str | None, ...]:
        """The agents who have calls in the month, by id; None, for calls without an agent, comes last."""
        query = select(calls.c.agent_id).where(calls.c.month == month).distinct()
        with reading(self.engine) as connection:
            return tuple(sorted(connection.scalars(query), key=lambda agent_id: (agent_id is None, agent_id)))

    def searched_by(self, month: str | None) -> frozenset[str]:
        """The hashes of the phrase lists behind the latest judgements of a month's calls."""
        c = evaluations.c
        latest = (
            select(func.max(c.id))
            .join(calls, calls.c.id == c.call_id)
            .where(calls.c.month == month, calls.c.judged)
        )
        query = select(c.lexicons).where(c.id.in_(latest.group_by(c.call_id))).distinct()
        with reading(self.engine) as connection:
            return frozenset(connection.scalars(query))

    def scored_calls(
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
            return [judged.to_scored_call(row, judgements.get(row.id)) for row in rows]

        query = heard_calls().where(calls.c.month == month)
        return pages(self.engine, query if agent_id is ... else query.where(calls.c.agent_id == agent_id), read)

    def unjudged_calls(self, month: str | None, agent_id: str | None) -> tuple[ScoredCall, ...]:
        """The calls of one agent in a month that never reached a judgement: with `heard_findings` all of them."""
        query = heard_calls().where(replayable(month, agent_id, yes=False)).order_by(calls.c.id)
        with reading(self.engine) as connection:
            rows = connection.execute(query)
            return tuple(judged.to_scored_call(row, None) for row in rows)

    def heard_findings(
        self, month: str | None, agent_id: str | None
    ) -> Iterator[tuple[Hearing, tuple[Finding, ...]]]:
        """The judged calls of one agent in a month, by id, each with the findings of its latest judgement.

        What `evaluate` needs and no more: neither turns nor answers are read, and the hearings have no turns.
        """
        query = heard_calls().where(replayable(month, agent_id, yes=True)).order_by(calls.c.id)
        with reading(self.engine) as connection:
            rows = connection.execute(query).all()
            found = latest_findings(connection, month, agent_id)
            otherwise = corrections_of_agent(connection, month, agent_id)
            again = hearings_of(connection, [row for row in rows if row.id in otherwise])
        for row in rows:
            hearing = again.get(row.id)
            yield replace(hearing, turns=()) if hearing else heard.to_hearing(row, ()), found.get(row.id, ())

    def hearings_without_turns(self, call_ids: Sequence[str]) -> dict[str, Hearing]:
        """What `evaluate` needs of each of these calls that was heard, corrected, by id."""
        made: dict[str, Hearing] = {}
        for start in range(0, len(call_ids), PAGE):
            query = heard_calls().where(calls.c.id.in_(call_ids[start : start + PAGE]))
            with reading(self.engine) as connection:
                rows = connection.execute(query.where(hearings.c.call_id.is_not(None))).all()
                made |= hearings_of(connection, rows)
        return {call_id: replace(hearing, turns=()) for call_id, hearing in made.items()}


def _put(connection: Connection, table: Table[Any], values: Values, *, replace: bool = True) -> None:
    """Write one row, over the one with the same key or, unless `replace`, only if there is none."""
    values = values | provenance()
    upsert(connection, table, values, tuple(values) if replace else ())
