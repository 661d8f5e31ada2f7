"""The tables, one class of columns each, and the three column types that both databases keep alike.

Knows the shape of what is kept; how it maps to our types is in `heard`, `judged` and `closed`. A change here
needs a migration: the tests compare the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Named,
    Row,
    String,
    Table,
    TypedColumns,
    TypeDecorator,
    UniqueConstraint,
    func,
    text,
)

Values: TypeAlias = dict[str, Any]
"""What is written into one row, by column."""

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""What is read; which columns it has is the query's knowledge."""


def storable(text: str) -> str:
    r"""The text as both databases can hold it: without NUL, and with ``?`` for half a surrogate pair.

    Examples
    --------
    >>> storable("您好\0😊")
    '您好😊'
    """
    return str(text).replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Text(TypeDecorator[str]):
    """Text of any length."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text as it can be held."""
        return None if value is None else storable(value)


class Json(TypeDecorator[Any]):
    """A list or a scalar as JSON; None is SQL's NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value with each text in it as it can be held."""
        return storable_json(value)


def storable_json(value: Any) -> Any:
    """The value as JSON gives it back from both databases: lists for tuples, each text as it can be held."""
    match value:
        case str():
            return storable(value)
        case list() | tuple():
            return [storable_json(element) for element in value]
        case dict():
            return {storable(key): storable_json(element) for key, element in value.items()}
        case _:
            return value


class Instant(TypeDecorator[datetime]):
    """An instant: timezone-aware on both sides, kept and returned in UTC. SQLite itself knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant in UTC; ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an instant without a time zone cannot be stored: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Provenance(TypedColumns):
    """By which version of callqa the row was written, and when."""

    code_version: Named[str] = Column(Text)
    created_at: Named[datetime] = Column(Instant)


class RecordingColumns(Provenance):
    """One row an audio file, by the sha256 of its bytes. Where it lies is the call's knowledge."""

    id: Named[str] = Column(Text, primary_key=True)
    sampling_rate: Named[int]
    num_channels: Named[int]
    num_samples: Named[int]
    duration: Named[float]
    file_notices: Named[Any] = Column(Json, server_default=text("'[]'"))  # [[kind, about, problem], …]


class TranscriptColumns(Provenance):
    """One row a recording, recogniser and settings: a recording is listened to once for each."""

    recording_id: Named[str] = Column(Text, primary_key=True)
    model: Named[str] = Column(Text, primary_key=True)
    settings: Named[str] = Column(Text, primary_key=True)
    segments: Named[Any] = Column(Json, nullable=False)  # [[channel, [[text, start, end, probability], …]], …]
    speech: Named[Any] = Column(Json, nullable=False)  # [[[start, end], …] a channel]


class DiarizationColumns(Provenance):
    """One row a recording, diarizer and settings."""

    recording_id: Named[str] = Column(Text, primary_key=True)
    model: Named[str] = Column(Text, primary_key=True)
    settings: Named[str] = Column(Text, primary_key=True)
    segments: Named[Any] = Column(Json, nullable=False)  # [[speaker, start, end], …]


class VoiceColumns(Provenance):
    """One row a recording and embedder: how the agent sounds in it. Kept only where a deployment asks for it."""

    recording_id: Named[str] = Column(Text, primary_key=True)
    embedder: Named[str] = Column(Text, primary_key=True)
    agent_id: Named[str] = Column(Text, index=True)
    speaker: Named[int]
    seconds: Named[float]
    role_confidence: Named[float]
    vector: Named[bytes]  # float32, little-endian


class CallColumns(Provenance):
    """One row a call: its record, and how it ended. `judged` tells that the last run reached an evaluation."""

    id: Named[str] = Column(Text, primary_key=True)
    agent_id: Named[str | None] = Column(Text, index=True)
    agent_name: Named[str | None] = Column(Text)
    queue: Named[str | None] = Column(Text)
    direction: Named[str] = Column(Text)
    caller: Named[str | None] = Column(Text)
    ring_at: Named[datetime | None] = Column(Instant)
    answered_at: Named[datetime | None] = Column(Instant)
    ended_at: Named[datetime | None] = Column(Instant)
    recording_name: Named[str | None] = Column(Text)
    answered: Named[bool | None]
    agent_channel: Named[int | None]
    hangup_by: Named[str | None] = Column(Text)
    remark: Named[str | None] = Column(Text)
    source: Named[str] = Column(Text)
    # [[agent_id, answered, ring_at, answered_at, ended_at, recording_name, source], …]
    legs: Named[Any] = Column(Json, server_default=text("'[]'"))
    parameters: Named[Any] = Column(Json, server_default=text("'[]'"))  # [[title, text], …]
    row: Named[str] = Column(Text, server_default=text("''"))  # sha256 of a line that gave no call
    month: Named[str | None] = Column(Text)  # YYYY-MM in Asia/Shanghai
    uri: Named[str | None] = Column(Text)
    recording_id: Named[str | None] = Column(Text, ForeignKey("recordings.id"), index=True)
    status: Named[str] = Column(Text)
    stage: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    problem: Named[str] = Column(Text)
    fingerprint: Named[str] = Column(Text)
    judged: Named[bool]


class HearingColumns(TypedColumns):
    """One row a call that was heard: what was measured in the audio."""

    call_id: Named[str] = Column(Text, ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    bursts: Named[Any] = Column(Json, nullable=False)  # [[start, end] a ring]
    ring_by_record: Named[float | None]
    ring_by_audio: Named[float | None]
    rings: Named[int | None]
    speech_seconds: Named[float]
    transcribed_seconds: Named[float]
    word_confidence: Named[float]
    role_confidence: Named[float]
    agent_seconds: Named[float] = Column(server_default=text("0"))
    customer_seconds: Named[float | None]
    stretches: Named[Any] = Column(Json, nullable=True)  # [[role, start, end, level_db], …]; NULL: not measured
    music: Named[Any] = Column(Json, nullable=True)  # [[start, end], …]
    # [[zone, start, end, [[role, words, confidence], …]], …]
    looks: Named[Any] = Column(Json, server_default=text("'[]'"))
    unheard: Named[Any] = Column(Json, server_default=text("'[]'"))  # [[role, start, end], …]
    notices: Named[Any] = Column(Json, server_default=text("'[]'"))  # [[kind, about, problem], …]
    hung_up: Named[str | None] = Column(Text)  # the role whose line went dead first, by the tone at the end
    fell_silent: Named[Any] = Column(Json, nullable=True)  # [role, start, end] of a line that died while one spoke
    part_start: Named[float | None]  # where the agent's part of a shared recording is; NULL: all of it, or unknown
    part_end: Named[float | None]


class TurnColumns(TypedColumns):
    """One row a turn of a call that was heard."""

    call_id: Named[str] = Column(Text, ForeignKey("hearings.call_id", ondelete="CASCADE"), primary_key=True)
    position: Named[int] = Column(primary_key=True)
    role: Named[str] = Column(Text)
    span_start: Named[float]
    span_end: Named[float]
    text: Named[str] = Column(Text)
    words: Named[Any] = Column(Json, nullable=False)  # [[text, start, end, probability], …]
    confidence: Named[float]


class EvaluationColumns(Provenance):
    """One row a call, scorecard revision and set of lexicons."""

    id: Named[int] = Column(primary_key=True)
    call_id: Named[str] = Column(Text, ForeignKey("calls.id", ondelete="CASCADE"))
    agent_id: Named[str | None] = Column(Text)
    scorecard: Named[str] = Column(Text)
    revision: Named[int]
    lexicons: Named[str] = Column(Text)
    status: Named[str] = Column(Text)
    review: Named[Any] = Column(Json, nullable=False)  # [sentence, …]


class AnswerColumns(TypedColumns):
    """One row a criterion of an evaluation, in the order of the scorecard."""

    evaluation_id: Named[int] = Column(ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True)
    position: Named[int] = Column(primary_key=True)
    criterion_id: Named[str] = Column(Text)
    outcome: Named[str] = Column(Text)
    level: Named[str | None] = Column(Text)
    awarded: Named[float]
    possible: Named[float]
    findings: Named[Any] = Column(Json, nullable=False)  # [position in the evaluation's findings, …]
    reasons: Named[Any] = Column(Json, nullable=False)  # [sentence, …]
    source: Named[str] = Column(Text)
    confidence: Named[float] = Column(server_default=text("0.5"))  # 0.5: answered before revision 0002, unknown
    # [[id, outcome, share, level, findings, reasons, source, confidence], …]
    by_item: Named[Any] = Column(Json, server_default=text("'[]'"))


class FindingColumns(TypedColumns):
    """One row a fact that an evaluation was based on.

    Kept with the evaluation and not with the call: a call heard or searched anew gets new findings, and the
    evidence of an older evaluation must stay what it was.
    """

    evaluation_id: Named[int] = Column(ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True)
    position: Named[int] = Column(primary_key=True)
    detector: Named[str] = Column(Text)
    term: Named[str] = Column(Text)
    turn_index: Named[int | None]
    role: Named[str] = Column(Text)
    span_start: Named[float]
    span_end: Named[float]
    quote: Named[str] = Column(Text)
    value: Named[Any] = Column(Json, nullable=True)  # a number or a text
    confidence: Named[float]
    detector_version: Named[str] = Column(Text)


class ClosingColumns(TypedColumns):
    """One row a trial, closing or reopening of a month, in the order in which they were made.

    Only a trial is ever replaced: the database itself refuses to change or delete any other.
    """

    id: Named[int] = Column(primary_key=True)
    month: Named[str] = Column(Text, index=True)
    standard: Named[str] = Column(Text)  # the scorecard's name
    revision: Named[int]
    digest: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    by: Named[str] = Column(Text)
    reason: Named[str] = Column(Text)
    at: Named[datetime] = Column(Instant)
    feeds: Named[Any] = Column(Json, nullable=False)  # [[name, digest], …]
    notices: Named[Any] = Column(Json, nullable=False)  # [sentence, …]
    code_version: Named[str] = Column(Text)


class MonthColumns(TypedColumns):
    """One row an agent or team of a trial or closing, in the order of the table handed out."""

    closing_id: Named[int] = Column(ForeignKey("closings.id", ondelete="CASCADE"), primary_key=True)
    position: Named[int] = Column(primary_key=True)
    agent_id: Named[str | None] = Column(Text, index=True)
    agent_name: Named[str | None] = Column(Text)
    team: Named[str | None] = Column(Text)
    calls_evaluated: Named[int]
    calls_unscorable: Named[int]
    calls_failed: Named[int]
    awarded: Named[float]
    possible: Named[float]
    score: Named[float | None]
    score_low: Named[float | None]
    score_high: Named[float | None]
    heard: Named[Any] = Column(Json, nullable=True)  # [low, high] by what was heard alone
    grade: Named[str | None] = Column(Text)
    undecided: Named[str] = Column(Text)
    vetoed: Named[str] = Column(Text)
    qualitative: Named[Any] = Column(Json, nullable=True)  # [points given, percent that the formulas count]
    speed_of_answer_s: Named[float | None]
    answered_within_three_rings: Named[float]
    possible_within_three_rings: Named[float]
    banned_wording: Named[int]
    apologies_owed: Named[int]
    apologies_given: Named[int]
    criteria: Named[Any] = Column(Json, nullable=False)  # an object a criterion, named as `CriterionMonth` names it
    incidents: Named[Any] = Column(Json, nullable=False)  # [[consequence, what, call, second], …]


class ScorecardColumns(Provenance):
    """One row a file of a scorecard with which a month was computed. Never changed or deleted."""

    digest: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    revision: Named[int]
    text: Named[str] = Column(Text)


class PlanColumns(TypedColumns):
    """One row a problem of a month's improvement plan (表3)."""

    closing_id: Named[int] = Column(ForeignKey("closings.id", ondelete="CASCADE"), primary_key=True)
    position: Named[int] = Column(primary_key=True)
    row: Named[Any] = Column(Json, nullable=False)  # an object, named as `PlanRow` names it


class LedgerColumns(TypedColumns):
    """One row an entry of the ledger, in the order written. The database itself refuses to change or delete any."""

    id: Named[int] = Column(primary_key=True)
    at: Named[datetime] = Column(Instant)
    kind: Named[str] = Column(Text)
    about: Named[int | None] = Column(ForeignKey("ledger.id"))
    agent_id: Named[str] = Column(Text)
    month: Named[str] = Column(Text)
    standard: Named[str] = Column(Text, index=True)
    consequence_id: Named[str] = Column(Text)
    title: Named[str] = Column(Text)
    evidence: Named[Any] = Column(Json, nullable=False)  # [[period, score, grade, [place, …]], …]
    by: Named[str] = Column(Text)
    note: Named[str] = Column(Text)


recordings = Table("recordings", metadata, RecordingColumns)
transcripts = Table("transcripts", metadata, TranscriptColumns)
diarizations = Table("diarizations", metadata, DiarizationColumns)
voices = Table("voices", metadata, VoiceColumns)
calls = Table(
    "calls",
    metadata,
    CallColumns,
    Index("ix_calls_month_id", "month", "id"),  # a page of a month
    Index("ix_calls_month_agent_id", "month", "agent_id", "id"),  # an agent's calls of a month
)
STARTED_AT = func.coalesce(calls.c.ring_at, calls.c.answered_at, calls.c.ended_at).label("started_at")
"""The first instant of a call, as `Call.started_at`."""

hearings = Table("hearings", metadata, HearingColumns)
turns = Table("turns", metadata, TurnColumns)
evaluations = Table(
    "evaluations", metadata, EvaluationColumns, UniqueConstraint("call_id", "scorecard", "revision", "lexicons")
)
answers = Table("answers", metadata, AnswerColumns)
findings = Table("findings", metadata, FindingColumns)
closings = Table("closings", metadata, ClosingColumns, sqlite_autoincrement=True)  # no number is given twice
months = Table("months", metadata, MonthColumns)
scorecards = Table("scorecards", metadata, ScorecardColumns, Index("ix_scorecards_name", "name", "revision"))
plans = Table("plans", metadata, PlanColumns)
ledger = Table("ledger", metadata, LedgerColumns)
