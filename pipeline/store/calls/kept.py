"""A call as the store has it, beside the same call as the records of another night tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.access.audit import Action, Note
from pipeline.call import Call, Status
from pipeline.store.calls.records import record_values, to_call
from pipeline.store.tables import AnyRow, storable_json

BY = "callqa"
"""Who corrects a record: the night, which was given other records."""
_PERSONAL = ("agent_name", "caller", "remark", "parameters")


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as the store has it, without what was heard.

    Parameters
    ----------
    recording_id : str | None
        The sha256 of its recording; None where none could be opened.
    row : str
        The sha256 of the line that gave no call; see `Rejected`.
    """

    call: Call
    status: Status
    fingerprint: str
    uri: str | None
    recording_id: str | None
    row: str

    def has_record(self, call: Call) -> bool:
        """Whether the record of the call is the one that is kept."""
        return not changes(self.call, call)


def to_kept(row: AnyRow) -> KeptCall:
    """The call of a row of calls."""
    return KeptCall(to_call(row), Status(row.status), row.fingerprint, row.uri, row.recording_id, row.row)


def changes(before: Call, after: Call) -> dict[str, tuple[Any, Any]]:
    """What a record says otherwise than before, by column: the old and the new value.

    Where it stands does not count, nor do legs and parameters that earlier versions did not keep.
    """
    old, new = (storable_json(record_values(call)) for call in (before, after))
    left_out = {"id", "source", *(kept for kept in ("legs", "parameters") if not old[kept])}
    return {name: (old[name], new[name]) for name in old if name not in left_out and old[name] != new[name]}


def corrections(before: KeptCall, after: Call, recording_id: str | None) -> list[Note]:
    """The lines for the audit log where a call that was heard is saved with another record or recording."""
    notes = []
    if before.recording_id is not None and (changed := changes(before.call, after)):
        old, new = ({name: _told(name, pair[at]) for name, pair in changed.items()} for at in (0, 1))
        notes.append(Note(BY, Action.RECORD_CORRECTED, after.id, old, new, after.source))
    if before.recording_id is not None and recording_id not in (None, before.recording_id):
        notes.append(Note(BY, Action.RECORDING_REPLACED, after.id, before.recording_id, recording_id))
    return notes


def _told(name: str, value: Any) -> Any:
    """A value as the log may keep it: it outlives the call, and has nothing personal of the customer."""
    if name in _PERSONAL:
        return value and "…"
    return value.isoformat() if isinstance(value, datetime) else value
