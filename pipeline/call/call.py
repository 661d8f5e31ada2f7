"""A recording, and the call it belongs to.

Knows how the two are described; not where they come from (`cdr`, `flows.night.sources`) nor what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pipeline.call.leg import Leg, Part, Placed, parts_of, placed
from pipeline.enums import TitledEnum
from pipeline.notices import Notice
from pipeline.timeline import Seconds

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone in which days and months are cut."""


class Direction(StrEnum):
    """Who called whom, seen from the service line."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Status(TitledEnum):
    """How a call ended in the nightly run; every call fetched has exactly one."""

    EVALUATED = "evaluated", "已评"
    UNSCORABLE = "unscorable", "不可评"
    FAILED = "failed", "失败"


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file as it was opened.

    `id` is the sha256 of its bytes, in hex: the same recording under two names is one recording.
    """

    id: str
    uri: str
    sampling_rate: int  # Hz, of the file; inside the pipeline all audio is 16 kHz
    num_channels: int
    num_samples: int  # per channel, at `sampling_rate`
    duration: Seconds
    notices: tuple[Notice, ...] = ()  # what was doubtful about the file


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the call detail records.

    Instants are timezone-aware and in UTC. `answered_at` is None for a call that nobody answered
    (`answered` False) and for a record that does not tell (`answered` None).
    `recording_name` is the file name that the record gives, or None when it gives none.
    `legs` are all rows that tell of it, in their order; none where one row tells everything. Where agents answered
    one after the other, each has a call of the same legs, of which it is a `part`. `parameters` are the other
    columns of the record (随录参数), each with its title and its text, empty where the row has none; see
    `Row.others`.
    """

    id: str
    agent_id: str | None
    agent_name: str | None
    queue: str | None
    direction: Direction
    caller: str | None
    ring_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    recording_name: str | None
    answered: bool | None = None
    agent_channel: int | None = None
    hangup_by: str | None = None
    remark: str | None = None
    source: str = ""  # "cdr.csv:7", for messages
    legs: tuple[Leg, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def handed_over(self) -> bool:
        """Whether another agent answered too, in what is the same recording for all that the records tell."""
        others = {leg.agent_id for leg in self._recorded_together if leg.answered}
        return bool(others - {self.agent_id, None})

    @property
    def _recorded_together(self) -> tuple[Leg, ...]:
        """The legs that no row puts into another recording than this call's."""
        same = ("", (self.recording_name or "").casefold())
        return tuple(leg for leg in self.legs if (leg.recording_name or "").casefold() in same)

    @property
    def part(self) -> Part | None:
        """What its agent has of a call that was handed on, by the legs; None where it has the whole call."""
        return next((part for part in parts_of(self.legs) if self._began(part)), None)

    def _began(self, part: Part) -> bool:
        return part.start == (self.answered_at or self.ring_at)

    @property
    def opens(self) -> bool:
        """Whether its agent began the call, and so owes how it is opened."""
        return self.part is None or self.part.opens

    @property
    def closes(self) -> bool:
        """Whether its agent was there at the end, and so owes how it is closed."""
        return self.part is None or self.part.closes

    @property
    def shares_recording(self) -> bool:
        """Whether it is a part of a call, and another part is in the same recording."""
        return self.part is not None and self.handed_over

    def placed(self, duration: Seconds) -> Placed | None:
        """Its part in a recording of so many seconds that others share; None where nobody knows, or it has no part.

        See `pipeline.call.leg.placed`.
        """
        number = next((part.number for part in parts_of(self._recorded_together) if self._began(part)), 0)
        return placed(number, self._recorded_together, duration)

    @property
    def ring_seconds(self) -> Seconds | None:
        """Ring to answer by the record, in seconds; None unless both instants are there."""
        if self.ring_at is None or self.answered_at is None:
            return None
        return (self.answered_at - self.ring_at).total_seconds()

    @property
    def talk_seconds(self) -> Seconds | None:
        """Answer to end by the record, in seconds; None unless both instants are there."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.answered_at).total_seconds()

    def parameter(self, title: str) -> str | None:
        """What another column of the record says, empty where nothing stands there; None without the column."""
        return next((text for named, text in self.parameters if named == title), None)

    @property
    def own_slots(self) -> dict[str, tuple[str, ...]]:
        """What phrases may name in this call: the agent's ``name`` and ``staff`` id."""
        return {
            "name": (self.agent_name,) if self.agent_name else (),
            # One or two digits are heard everywhere.
            "staff": (self.agent_id,) if self.agent_id and len(self.agent_id) > 2 else (),
        }

    @property
    def started_at(self) -> datetime | None:
        """The first instant of its record, in UTC; None where the record gives none."""
        return self.ring_at or self.answered_at or self.ended_at

    @property
    def day(self) -> date | None:
        """The day of its first instant in Asia/Shanghai."""
        return day_of(self.started_at)

    @property
    def month(self) -> str | None:
        """The month it counts for, ``YYYY-MM`` in Asia/Shanghai, by its first instant."""
        return self.started_at.astimezone(SHANGHAI).strftime("%Y-%m") if self.started_at else None


def day_of(instant: datetime | None) -> date | None:
    """The day of an instant in Asia/Shanghai; None for none.

    Examples
    --------
    >>> from datetime import UTC
    >>> day_of(datetime(2025, 3, 31, 20, tzinfo=UTC)).isoformat()
    '2025-04-01'
    """
    return instant.astimezone(SHANGHAI).date() if instant else None


def line_title(source: str) -> str:
    """A place in the records as a Chinese reader is told of it; any other place as it is.

    Examples
    --------
    >>> line_title("cdr.csv:7"), line_title("s3://calls/X.wav")
    ('cdr.csv 第 7 行', 's3://calls/X.wav')
    """
    file, _, line = source.rpartition(":")
    return f"{file} 第 {line} 行" if file and line.isdecimal() else source


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record without a usable recording, or a recording without a usable record; it ends as a `failed` row.

    `call_id` is the id of the line where it can be read, else the place itself, such as ``cdr.csv:7``; for a
    recording without a record it is the file's stem. `call` is the record where it could be read and only the
    recording is amiss, so that the row keeps its agent and its month.
    """

    call_id: str
    source: str  # line of the call detail records, or URI of the recording
    reason: str  # bad_record, duplicate_call_id, no_recording, no_answer, no_record or ambiguous_recording
    problem: str  # the sentence for a person, in Chinese
    call: Call | None = None
    row: str = ""  # sha256 of what stands there: what tells one bad row from another of the same place or id
