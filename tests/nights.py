"""The bundled night with ears that know what was said: real recordings, records, rules and store, but no model.

For tests of what comes after hearing, such as the review desk; what the models hear is proved in `test_night`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.night.assignment import Assignment, assignment_of
from flows.night.identity import recognised
from flows.night.night import fingerprints, hear_calls, keep_rejected
from flows.night.sources import Intake, join, list_recordings, read_records
from flows.night.stages import run_call
from flows.night.unclaimed import keep_unclaimed, unclaimed_notices
from flows.policy.claims import Lines, lines_of
from flows.policy.policy import policy_of
from flows.settings import Settings
from models.ears import Ears
from pipeline.call.cdr.records import one_spelling
from pipeline.evaluation.result import CallResult
from pipeline.hearing.transcript import Segment, Word
from pipeline.hearing.turns import SpeakerSegment
from pipeline.store import Store
from pipeline.timeline import Span
from pipeline.validation.accuracy.truth import Truth, read_truths

CALLS = Path(__file__).parent / "calls"
FEEDS = Path(__file__).parent / "feeds" / "2025-03"
MONTH = "2025-03"
SETTINGS = Settings(companies=("阳光家政", "锦绣物业"))
CHANNELS = {"agent": 0, "customer": 1, "ivr": 1}


class Knowing:
    """A recogniser and diarizer that hears what the truth file says, each character as a word."""

    name, settings = "truth", "1"

    def __init__(self, truth: Truth | None) -> None:
        self.lines = truth.lines if truth else ()
        self.is_mixed = truth is None or truth.layout != "stereo"

    def transcribe(self, _audio, _spans, channel):
        """One segment a line that is said in the channel."""
        own = (line for line in self.lines if self.is_mixed or CHANNELS[line.speaker] == channel)
        return tuple(Segment(channel, _words(line.text, line.span)) for line in own)

    def second_opinion(self):
        """Itself: it knows."""
        return self

    def diarize(self, _audio, _speech):
        """One stretch a line."""
        return tuple(SpeakerSegment(CHANNELS[line.speaker], line.span) for line in self.lines)


def _words(text: str, span: Span) -> tuple[Word, ...]:
    each = span.duration / len(text)
    return tuple(
        Word(one, Span(span.start + n * each, span.start + (n + 1) * each), 0.95) for n, one in enumerate(text)
    )


def night_of(
    store: Store, recordings: str, cdr: str, ears: Ears, dialect: str = "csv", lines: Lines | None = None
) -> Intake:
    """A night as `callqa run` has it, but for the orchestrator, by other ears; the intake as the store keeps it."""
    assignment: Assignment = assignment_of(lines or lines_of(("kf01",), SETTINGS), store)
    records = one_spelling(read_records(cdr, dialect), cdr, store.calls.all_agents())
    intake = join(records, list_recordings(recordings, records))
    known = recognised(intake, store, fingerprints(ears, assignment))
    unclaimed = keep_unclaimed(known.unclaimed, assignment, store)
    list(keep_rejected(known.intake.rejected, assignment, store))
    list(hear_calls(known.todo, ears, assignment, store, lambda _: None))
    return replace(known.intake, notices=(*known.intake.notices, *unclaimed_notices(unclaimed)))


def bundled_night(store: Store, scorecard: str = "kf01") -> None:
    """Fill the store with the bundled night, every call through the stages of a real one."""
    truths = {truth.call_id: truth for truth in read_truths(CALLS)}
    rules = policy_of(scorecard, SETTINGS)
    joined = join(read_records(str(CALLS / "cdr.csv"), "csv"), list_recordings(str(CALLS)))
    for line in joined.rejected:
        store.calls.save(CallResult.rejected(line))
    for fetched in joined.fetched:
        truth = truths.get(fetched.call.id)
        knowing = Knowing(truth if isinstance(truth, Truth) else None)
        store.calls.save(run_call(fetched, Ears(knowing, knowing), rules, store))
