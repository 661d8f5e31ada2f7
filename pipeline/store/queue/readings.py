"""What reviewers left standing of the calls that came up in the random draw.

Knows how it is counted when a review is finished and read by month; what is made of it is in
`pipeline.validation.accuracy.reviewed`. It is counted then, and not when it is asked for: a call that is heard anew
by another model was not reviewed as it reads now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from pipeline.hearing.amendment import corrected
from pipeline.review.urgency import Code
from pipeline.review.worklist import Progress
from pipeline.store.calls.hearings import corrections_of, to_hearing, turns_of
from pipeline.store.calls.records import heard_calls
from pipeline.store.queue.rows import worklist
from pipeline.store.schema import reading
from pipeline.store.tables import Values, calls, hearings
from pipeline.validation.accuracy.reviewed import Reading, reading_of


@dataclass(frozen=True, slots=True)
class DrawnCall:
    """A call of the random draw.

    Parameters
    ----------
    team : str | None
        The agent's, on the call's day.
    standard : str | None
        The scorecard by which it was judged; None where none did.
    reading : Reading | None
        None until its review is finished, and for a review that an earlier callqa finished.
    """

    month: str
    queue: str | None
    team: str | None
    standard: str | None
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of reviewed calls."""

    engine: Engine

    def drawn(self, months: Collection[str]) -> tuple[DrawnCall, ...]:
        """The calls of these months that came up in the random draw, whatever else speaks for reviewing them."""
        w = worklist.c
        query = select(w.month, w.queue, w.team, w.scorecard, w.status, w.edits, w.characters).where(
            w.month.in_(months), w.codes.bitwise_and(Code.RANDOM.bit) != 0
        )
        with reading(self.engine) as connection:
            return tuple(
                DrawnCall(month, queue, team, standard, _to_reading(status, edits, characters))
                for month, queue, team, standard, status, edits, characters in connection.execute(query)
            )


def _to_reading(status: str, edits: int | None, characters: int | None) -> Reading | None:
    if status != Progress.DONE or edits is None or characters is None:
        return None
    return Reading(edits, characters)


def reading_values(connection: Connection, call_id: str) -> Values:
    """The columns of `worklist` that tell how the call reads now beside what the machine heard."""
    query = heard_calls().where(calls.c.id == call_id, hearings.c.call_id.is_not(None))
    row = connection.execute(query).one_or_none()
    if row is None:  # nothing was heard, and nothing is misheard
        return {"edits": 0, "characters": 0}
    heard = to_hearing(row, turns_of(connection, [call_id]).get(call_id, ()))
    standing = corrections_of(connection, [call_id]).get(call_id, ())
    counts = reading_of(heard.turns, corrected(heard, standing).turns)
    return {"edits": counts.edits, "characters": counts.characters}


def count_again(connection: Connection, call_id: str) -> None:
    """Count a call that was corrected: its review may be finished already."""
    listed = update(worklist).where(worklist.c.call_id == call_id)
    connection.execute(listed.values(reading_values(connection, call_id)))
