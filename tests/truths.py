"""Truth files and what a store holds of their calls, from which the tests of accuracy build their cases."""

from dataclasses import replace

from pydantic import TypeAdapter

from pipeline.audio.ringing import Ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer
from pipeline.call import Call, Direction, Recording, Rejected, Status
from pipeline.evaluation import Evaluation
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing, Quality
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Turn
from pipeline.timeline import Span
from pipeline.validation.accuracy.truth import Trial, Truth

REQUIRED = ("greeting", "company", "staff_id", "offer_help", "anything_else", "thanks", "goodbye")


def a_line(speaker, start, end, text, **more):
    return {"speaker": speaker, "start": start, "end": end, "text": text, **more}


def a_truth(call_id="C1", lines=(), *, present=None, banned=(), rings=2, waited=9.0, **changes):
    """A truth file's content; `present` maps required terms to lines, `banned` is pairs of line and wording."""
    present = present or {}
    lines = [{"index": n} | line for n, line in enumerate(lines)]
    return {
        "call_id": call_id,
        "direction": "inbound",
        "answered": True,
        "layout": "stereo",
        "ringback": {"recorded": rings is not None, "kind": "tone", "rings_counted": rings},
        "ring_to_answer_seconds": waited,
        "required": {t: {"present": t in present, "lines": present.get(t, [])} for t in REQUIRED},
        "banned": [{"line": n, "wording": wording} | {k: lines[n][k] for k in ("start", "end")}
                   for n, wording in banned],
        "apology_present": False,
        "complaint_made": False,
        "complaint_lines": [],
        "lines": lines,
        **changes,
    }  # fmt: skip


def a_turn(role, *words):
    """A turn of words, each ``(start, end, text)``."""
    heard = tuple(Word(text, Span(start, end), 0.9) for start, end, text in words)
    span = Span(heard[0].span.start, heard[-1].span.end)
    return Turn(0, Role(role), span, "".join(word.text for word in heard), heard, 0.99)


def a_finding(detector, term, start, end, quote="…", role="agent", confidence=0.9):
    return Finding("", detector, term, 0, Role(role), Span(start, end), quote, None, confidence, "test 1")


def a_result(call_id="C1", turns=(), findings=(), *, rings=2, waited=9.0):
    call = Call(call_id, "1001", "林晓雯", None, Direction.INBOUND, None, None, None, None, f"{call_id}.wav")
    recording = Recording(f"sha256 of {call_id}", f"file:///{call_id}.wav", 8000, 1, 480_000, 60.0)
    hearing = Hearing(
        call,
        recording,
        Ringback(tuple(Span(5.0 * n, 5.0 * n + 1) for n in range(rings or 0))),
        SpeedOfAnswer(None, waited, rings),
        tuple(replace(turn, index=n) for n, turn in enumerate(turns)),
        Quality(40.0, 40.0, 0.9, 0.99, 12.0),
    )
    evaluation = Evaluation(call_id, "1001", "KF01", 1, "f00d", Status.EVALUATED, ())
    own = tuple(replace(finding, call_id=call_id) for finding in findings)
    return CallResult(
        call, Status.EVALUATED, recording=recording, hearing=hearing, findings=own, evaluation=evaluation
    )


def a_trial(truth, turns=(), findings=()):
    """A call held against its truth, without files or a store."""
    checked = TypeAdapter(Truth).validate_python(truth)
    return Trial.of(checked, a_result(truth["call_id"], turns, findings))


def a_failure(call_id):
    return CallResult.rejected(Rejected(call_id, "cdr.csv:9", "no_recording", "the recording is not there"))
